/* SPDX-License-Identifier: MIT */
/* What the parts of the mutator share: mutator.c (lines), mutator_list.c (elements and shapes), mutator_value.c. */
#ifndef MUTATOR_INTERNAL_H
#define MUTATOR_INTERNAL_H

#include <stdbool.h>

#include "mutator.h"

#define MUTATOR_ARENA (512u << 10)

/* One line of the trace that is being changed: a request, as text. */
struct mutator_text {
    const char *at;
    uint32_t len;
};

struct mutator {
    const struct target *target;
    uint64_t random; /* state */
    struct mutator_text lines[MUTATOR_LINES_MAX];
    uint32_t count;
    uint32_t current; /* the line that is being changed */
    uint32_t sas;     /* SA symbols that the lines before it give */
    uint32_t frames;  /* frames that they may have sent */
    struct trace_line *line;
    struct trace_line *other; /* to look at another line beside it */
    char *arena;              /* texts made in this call */
    size_t used;
};

/* ---- mutator.c ---- */

uint64_t mutator_random(struct mutator *mutator);
uint32_t mutator_below(struct mutator *mutator, uint32_t limit); /* limit 0 counts as 1 */
bool mutator_chance(struct mutator *mutator, uint32_t percent);

/* mutator_print: text in the arena, or "" with *len 0 if it is full. */
const char *mutator_print(struct mutator *mutator, uint32_t *len, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* mutator_read: parses a line of the trace into *line. */
bool mutator_read(const struct mutator *mutator, struct trace_line *line, uint32_t index);

/* ---- mutator_value.c ---- */

/* mutator_value: a value for a key of the current line, in *mutator->line; was: what stands there, or NULL; element:
 * where, or NULL.  NULL: none comes to mind. */
const char *mutator_value(struct mutator *mutator, uint32_t *len, const struct trace_element *element,
                          enum trace_key key, enum trace_type type, const struct trace_word *was);

/* mutator_set: gives a key of the line (element NULL) or of an element a value; a NULL text makes it a flag. */
bool mutator_set(struct mutator *mutator, uint32_t element, enum trace_key key, const char *text, uint32_t len);
#define MUTATOR_NO_ELEMENT UINT32_MAX

/* ---- mutator_list.c ---- */

/* mutator_elements: makes up the elements of a line of this verb, as text. */
const char *mutator_elements(struct mutator *mutator, uint32_t *len, enum trace_verb verb);

/* mutator_shape: bends the list of *mutator->line into a class of shape.h; false: it has no list. */
bool mutator_shape(struct mutator *mutator);

/* mutator_element: adds, removes, doubles, exchanges or multiplies elements of *mutator->line. */
bool mutator_element(struct mutator *mutator);

#endif
