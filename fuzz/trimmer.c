/* SPDX-License-Identifier: MIT */
#include "trimmer.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"

#define LINES_MAX 1024u

struct span {
    const char *at;
    size_t len;
};

struct trimmer {
    struct span lines[LINES_MAX];
    uint32_t count;
    struct trace_line line;
    char text[TRACE_LINE_MAX + 1]; /* a line that has been changed */
    char value[64];
};

struct trimmer *trimmer_new(void)
{
    return calloc(1, sizeof(struct trimmer));
}

void trimmer_free(struct trimmer *trimmer)
{
    free(trimmer);
}

static void split(struct trimmer *trimmer, const char *text, size_t len)
{
    const char *end = text + len;

    for (trimmer->count = 0; text < end && trimmer->count < LINES_MAX;) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t line_len = newline ? (size_t)(newline - text) : (size_t)(end - text);
        trimmer->lines[trimmer->count++] = (struct span){text, line_len};
        text += line_len + (newline != NULL);
    }
}

/* join: all lines but `count` from `first` on; or with the changed line in place of one of them. */
static size_t join(const struct trimmer *trimmer, char *out, size_t size, uint32_t first, uint32_t count,
                   struct span changed)
{
    size_t used = 0;

    for (uint32_t i = 0; i < trimmer->count; i++) {
        struct span line = i == first && changed.at ? changed : trimmer->lines[i];
        if (i >= first && i < first + count && !changed.at)
            continue;
        if (line.len + 1 > size - used)
            return 0;
        memcpy(out + used, line.at, line.len);
        used += line.len;
        out[used++] = '\n';
    }
    return used;
}

/* ---- Changes to one line ---- */

static void drop_element(struct trace_line *line, uint32_t index)
{
    while (line->elements[index].word_count > 0)
        trace_drop_word(line, line->elements[index].first_word);
    memmove(line->elements + index, line->elements + index + 1,
            (line->element_count - index - 1) * sizeof *line->elements);
    line->element_count--;
}

/* A run becomes one element, half of it, one less. */
static bool shrink_run(struct trace_element *element, uint32_t way)
{
    uint32_t smaller[] = {1, element->count / 2, element->count - 1};

    if (!element->is_run || element->count < 2 || smaller[way] == 0)
        return false;
    element->count = smaller[way];
    element->is_run = way != 0;
    return true;
}

/* A number becomes zero, half of it, one less; bytes become none, half of them as zeroes. */
static bool shrink_word(struct trimmer *trimmer, struct trace_word *word, uint32_t way)
{
    unsigned long long smaller[] = {0, word->number / 2, word->number - 1};
    int len = 0;

    if (word->type == TYPE_NUMBER && word->number > 0 && (way == 0 || word->number > 1))
        len = snprintf(trimmer->value, sizeof trimmer->value, "%llu", smaller[way]);
    else if (word->type == TYPE_BYTES && word->base != BASE_NULL && word->count > 0 && way == 0)
        len = snprintf(trimmer->value, sizeof trimmer->value, "-");
    else if (word->type == TYPE_BYTES && word->base != BASE_NULL && word->count > 1 && way == 1)
        len = snprintf(trimmer->value, sizeof trimmer->value, "%u*00", (unsigned)word->count / 2);
    if (len <= 0)
        return false;
    word->text = trimmer->value;
    word->text_len = (uint32_t)len;
    return true;
}

/* change: the n-th change of a line, counted down in *n; false: there are not so many. */
static bool change(struct trimmer *trimmer, uint32_t *n, bool *done)
{
    struct trace_line *line = &trimmer->line;
    uint32_t elements = line->element_count;
    uint32_t words = line->word_count;

    *done = false;
    if (*n < elements) {
        drop_element(line, elements - 1 - *n);
        return *done = true;
    }
    *n -= elements;
    if (*n < 3 * elements) {
        *done = shrink_run(&line->elements[*n / 3], *n % 3);
        return true;
    }
    *n -= 3 * elements;
    if (*n < words) {
        trace_drop_word(line, words - 1 - *n);
        return *done = true;
    }
    *n -= words;
    if (*n < 3 * words) {
        *done = shrink_word(trimmer, &line->words[*n / 3], *n % 3);
        return true;
    }
    *n -= 3 * words;
    return false;
}

static bool reads(struct trimmer *trimmer, struct span text)
{
    struct trace_error error;

    return trace_parse(&trimmer->line, &error, text.at, text.len) == TRACE_REQUEST;
}

/* ---- Candidates ---- */

/* drop_lines: the n-th way to drop some, half of them first; false: there are not so many. */
static bool drop_lines(const struct trimmer *trimmer, uint32_t *n, uint32_t *first, uint32_t *count)
{
    for (uint32_t chunk = trimmer->count / 2; chunk > 0; chunk /= 2) {
        uint32_t places = (trimmer->count + chunk - 1) / chunk;
        if (*n < places) {
            *first = (places - 1 - *n) * chunk;
            *count = chunk;
            return true;
        }
        *n -= places;
    }
    return false;
}

/* One candidate: its length, or 0 if it is none; *over: there are not so many. */
static size_t candidate(struct trimmer *trimmer, char *out, size_t size, uint32_t n, bool *over)
{
    const struct span none = {NULL, 0};
    uint32_t first = 0;
    uint32_t count = 0;

    *over = false;
    if (drop_lines(trimmer, &n, &first, &count))
        return join(trimmer, out, size, first, count, none);
    for (uint32_t i = trimmer->count; i-- > 0;) {
        struct span changed = {trimmer->text, 0};
        bool done;
        if (!reads(trimmer, trimmer->lines[i]) || !change(trimmer, &n, &done))
            continue;
        changed.len = done ? trace_print(trimmer->text, sizeof trimmer->text, &trimmer->line) : 0;
        if (changed.len == 0 || !reads(trimmer, changed))
            return 0;
        return join(trimmer, out, size, i, 1, changed);
    }
    *over = true;
    return 0;
}

size_t trimmer_next(struct trimmer *trimmer, char *out, size_t size, const char *text, size_t len, uint32_t *n)
{
    bool over = false;

    split(trimmer, text, len);
    for (; !over; ++*n) {
        size_t found = candidate(trimmer, out, size, *n, &over);
        if (found > 0)
            return found;
    }
    return 0;
}

size_t trimmer_minimise(struct trimmer *trimmer, char *text, size_t size, size_t len, uint32_t most,
                        int (*is_good)(void *context, const char *text, size_t len), void *context)
{
    char *other = malloc(size);
    bool is_smaller = true;

    while (other && is_smaller && most > 0) {
        uint32_t n = 0;
        size_t found;
        is_smaller = false;
        while (most > 0 && (found = trimmer_next(trimmer, other, size, text, len, &n)) > 0) {
            most--;
            if (!is_good(context, other, found)) {
                n++;
                continue;
            }
            memcpy(text, other, found);
            len = found;
            is_smaller = true;
        }
    }
    free(other);
    return len;
}
