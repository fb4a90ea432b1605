/* SPDX-License-Identifier: MIT */
/*
 * The values of the trace language: how the text behind "=" becomes numbers, by type.  The grammar is in trace.h.
 */
#ifndef TRACE_VALUE_H
#define TRACE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace.h"

/* Text that is being read.  A read that succeeds moves `at` behind what it took; one that fails leaves it at the first
 * byte that does not fit and says in `want` what the text should have been ("a number"). */
struct trace_reader {
    const char *at;
    const char *end;
    const char *want;
};

/* trace_value_read: the whole text of *word, as its type has it; fills the members that the type has.  word->device
 * must be the line's. */
bool trace_value_read(struct trace_word *word, struct trace_reader *reader);

/* trace_number_read: a decimal or hexadecimal number; what follows it is left. */
bool trace_number_read(uint64_t *number, struct trace_reader *reader);

/* trace_name_len: how many bytes at the reader may belong to an element's name; does not move. */
size_t trace_name_len(const struct trace_reader *reader);

/* trace_name_is_place: whether these bytes mean a place of their own, so that no element can have them as its name. */
bool trace_name_is_place(const char *name, size_t len);

#endif
