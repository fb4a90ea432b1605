/* SPDX-License-Identifier: MIT */
/*
 * The mutator: changes traces as traces.  It reads lines, changes what they mean (shapes of lists, fields by their
 * type, headers, handles, packets, the order of lines) and prints them again.  It knows no engine.
 *
 * Pure: the same text, bound and seed give the same result.  What it returns always parses, line by line, and is never
 * longer than the bound; lines that cannot be read are left out.
 */
#ifndef MUTATOR_H
#define MUTATOR_H

#include <stddef.h>
#include <stdint.h>

#include "target.h"

#define MUTATOR_LINES_MAX 128u        /* lines of a trace it makes */
#define MUTATOR_LEN_MAX   (64u << 10) /* bytes of one */

struct mutator;

/* mutator_new: for the lines of one target; keep it, it is large.  NULL: no memory. */
struct mutator *mutator_new(const struct target *of);
void mutator_free(struct mutator *mutator);

/* mutator_change: a trace that differs from text in one to a few places; from nothing it makes one up.  out has room
 * for size bytes; returns how many it took, without a NUL.  0 only if not even "open" fits. */
size_t mutator_change(struct mutator *mutator, char *out, size_t size, const char *text, size_t len, uint64_t seed);

/* mutator_cross: lines of both, in their order. */
size_t mutator_cross(struct mutator *mutator, char *out, size_t size, const char *a, size_t a_len, const char *b,
                     size_t b_len, uint64_t seed);

#endif
