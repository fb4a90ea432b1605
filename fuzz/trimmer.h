/* SPDX-License-Identifier: MIT */
/*
 * The trimmer: smaller traces that may still do the same.  It drops lines, most of them first, then elements, runs and
 * words, then shrinks values.  It knows neither engine nor device: who asks decides which candidate is as good.
 *
 *   for (uint32_t n = 0; (candidate_len = trimmer_next(trimmer, candidate, size, text, len, &n)) > 0; n++)
 *       if (as_good(candidate)) { text = candidate; n = where it was; }
 *
 * Pure.  Every candidate parses, and is smaller by a measure that ends: fewer lines, elements, words or bytes, or a
 * smaller number.
 */
#ifndef TRIMMER_H
#define TRIMMER_H

#include <stddef.h>
#include <stdint.h>

struct trimmer;

/* trimmer_new: keep it, it is large.  NULL: no memory. */
struct trimmer *trimmer_new(void);
void trimmer_free(struct trimmer *trimmer);

/* trimmer_next: the first candidate of text from number *n on, whose number is then in *n; returns its length, or 0 if
 * there is none any more.  out has room for size bytes, at least len + 1. */
size_t trimmer_next(struct trimmer *trimmer, char *out, size_t size, const char *text, size_t len, uint32_t *n);

/* trimmer_minimise: trims text as far as is_good(context, candidate, len) goes along with it; in place, size bytes of
 * room; returns the length.  After `most` candidates it stops. */
size_t trimmer_minimise(struct trimmer *trimmer, char *text, size_t size, size_t len, uint32_t most,
                        int (*is_good)(void *context, const char *text, size_t len), void *context);

#endif
