/* SPDX-License-Identifier: MIT */
/*
 * The reference beside a device under test: it runs a trace first, and then tells how it answered each line.  What is
 * legal the model says, of each for itself: that two devices differ is no find, that only one of them breaks a law is.
 */
#ifndef BESIDE_H
#define BESIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct beside;
struct ov2_adapter;
struct session_last;

/* beside_new: for the clean reference, which is also the peer; words as in run.h.  NULL: no memory. */
struct beside *beside_new(const struct ov2_adapter *reference, const char *words);
void beside_free(struct beside *beside);

/* beside_run: runs a trace, and forgets what it knew. */
void beside_run(struct beside *beside, const char *text, size_t len);

/* beside_breaks: it broke this law in this line (from 1), too: then the model is wrong, or the trace asks for it. */
bool beside_breaks(const struct beside *beside, uint32_t line, const char *law);

/* beside_differs: another status, other handles or other packets came of this line. */
bool beside_differs(const struct beside *beside, uint32_t line, const struct session_last *last);

#endif
