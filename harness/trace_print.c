/* SPDX-License-Identifier: MIT */
/* Printing lines. */
#include "trace.h"

#include <stdio.h>
#include <string.h>

struct printer {
    char *out;
    size_t size;
    size_t len;
    bool full;
};

/* put: appends, always keeping room for the NUL. */
static void put(struct printer *printer, const char *text, size_t len)
{
    if (printer->full || len >= printer->size - printer->len) {
        printer->full = true;
        return;
    }
    memcpy(printer->out + printer->len, text, len);
    printer->len += len;
}

static void put_text(struct printer *printer, const char *text)
{
    put(printer, text, strlen(text));
}

/* put_word: an option as it was written; the event of an event line stands alone. */
static void put_word(struct printer *printer, const struct trace_word *word)
{
    if (word->key == KEY_OTHER) {
        put(printer, word->key_text, word->key_len);
    } else if (word->key != KEY_EVENT) {
        put_text(printer, trace_key_name(word->key));
    }
    if (word->text != NULL) {
        put_text(printer, word->key != KEY_EVENT ? "=" : "");
        put(printer, word->text, word->text_len);
    }
}

static void put_element(struct printer *printer, const struct trace_line *line, const struct trace_element *element)
{
    char count[16];

    put_text(printer, element->name);
    if (element->is_run) {
        (void)snprintf(count, sizeof(count), "[%u]", (unsigned)element->count);
        put_text(printer, count);
    }
    put_text(printer, "{");
    for (uint32_t i = 0; i < element->word_count; i++) {
        put_text(printer, i > 0 ? " " : "");
        put_word(printer, &line->words[element->first_word + i]);
    }
    put_text(printer, "}");
}

size_t trace_print(char *out, size_t size, const struct trace_line *line)
{
    struct printer printer = {.out = out, .size = size, .full = size == 0};

    if (line->device != 0) {
        put_text(&printer, trace_device_name(line->device));
        put_text(&printer, " ");
    }
    put_text(&printer, trace_verb_name(line->verb));
    for (uint32_t i = 0; i < line->option_count; i++) {
        put_text(&printer, " ");
        put_word(&printer, &line->words[i]);
    }
    for (uint32_t i = 0; i < line->element_count; i++) {
        put_text(&printer, " ");
        put_element(&printer, line, &line->elements[i]);
    }
    if (printer.full) {
        return 0;
    }
    out[printer.len] = '\0';
    return printer.len;
}
