/* SPDX-License-Identifier: MIT */
/* The suite's own reader: lines, values, the profile of an open line, the bytes of lists.  Here it is the harness that
 * is watched, not a driver. */
#include "target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "profile.h"

#define EXPANDED_MAX 4096u

static struct trace_line line;
static struct trace_line again;
static char first[TRACE_LINE_MAX * 2];
static char second[TRACE_LINE_MAX * 2];

/* Every node that a list says it has can be built, and links to one that it has. */
static bool builds(void)
{
    static struct profile profile;
    uint8_t bytes[LIST_NODE_BYTES];
    struct list list;

    list_read(&list, &line, &profile);
    for (uint32_t node = 0; node < list.node_count && node < 64; node++) {
        uint32_t next_at;
        uint32_t handle_at;
        uint32_t len = list_encode(&list, node, bytes, &next_at, &handle_at);
        struct list_link link = list_next(&list, node);
        if (len > sizeof bytes || (next_at != UINT32_MAX && next_at + sizeof(void *) > len) ||
            (handle_at != UINT32_MAX && handle_at + sizeof(void *) > len))
            return false;
        if ((link.target == TARGET_NODE || link.target == TARGET_MIDDLE) && link.node >= list.node_count)
            return false;
    }
    return true;
}

/* What a value of bytes expands to is as long as it says. */
static bool expands(void)
{
    for (uint32_t i = 0; i < line.word_count; i++) {
        const struct trace_word *word = &line.words[i];
        uint8_t bytes[EXPANDED_MAX];
        size_t len = 0;
        bool fits;
        if (word->type != TYPE_BYTES || word->base == BASE_NULL)
            continue;
        fits = trace_bytes(bytes, sizeof bytes, &len, word);
        if (fits != (word->count <= sizeof bytes) || (fits && len != word->count))
            return false;
    }
    return true;
}

/* Printed, a line reads as it was. */
static bool prints(const char **why)
{
    struct trace_error error;
    size_t len = trace_print(first, sizeof first, &line);

    *why = "what is printed reads as it was";
    if (len == 0)
        return false;
    if (len > TRACE_LINE_MAX)
        return true;
    if (trace_parse(&again, &error, first, len) != TRACE_REQUEST)
        return false;
    return trace_print(second, sizeof second, &again) == len && memcmp(first, second, len) == 0;
}

static bool read_one(const char *text, size_t len, const char **why)
{
    struct trace_error error;
    struct profile profile;
    char sentence[160];
    bool is_list;

    if (trace_parse(&line, &error, text, len) != TRACE_REQUEST)
        return true;
    if (!prints(why))
        return false;
    *why = "bytes are as many as they say";
    if (!expands())
        return false;
    if (line.verb == VERB_OPEN)
        (void)profile_read(&profile, sentence, sizeof sentence, &line);
    *why = "every node of a list can be built";
    is_list = line.verb >= VERB_ADD_SA && line.verb <= VERB_DELETE_SA;
    return !is_list || builds();
}

static bool run(const uint8_t *data, size_t len, const char **why)
{
    const char *text = (const char *)data;
    const char *end = text + len;

    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t line_len = newline ? (size_t)(newline - text) : (size_t)(end - text);
        /* An exact copy: who reads beyond the end of a line is seen. */
        char *exact = malloc(line_len ? line_len : 1);
        bool ok;
        if (!exact)
            return true;
        memcpy(exact, text, line_len);
        ok = read_one(exact, line_len, why);
        free(exact);
        if (!ok)
            return false;
        text += line_len + (newline != NULL);
    }
    return true;
}

const struct target the_target = {
    .name = "fuzz_harness",
    .property = "no text harms the reader, and what it reads it can print and build",
    .run = run,
};
