/* SPDX-License-Identifier: MIT */
/*
 * The vocabulary of the trace language as tables: verbs, devices and keys by name, which verb knows which key, and
 * which numbers have names.  The grammar is in trace.h.
 */
#ifndef TRACE_KEYS_H
#define TRACE_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "names.h"
#include "trace.h"

/* trace_verb_find, trace_device_find, trace_key_find: by a name of len bytes; false if there is none. */
bool trace_verb_find(enum trace_verb *verb, const char *name, size_t len);
bool trace_device_find(uint32_t *device, const char *name, size_t len);
bool trace_key_find(enum trace_key *key, const char *name, size_t len);

/* trace_verb_takes_elements: whether a line of this verb may have elements. */
bool trace_verb_takes_elements(enum trace_verb verb);

/* trace_key_names: the table that gives names to the numbers of a key; false if they have none. */
bool trace_key_names(enum names_table *table, enum trace_key key);

#endif
