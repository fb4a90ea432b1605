/* SPDX-License-Identifier: MIT */
/*
 * Acts that happen at the same moment, each in a thread of its own.  The threads gather at a gate; whoever began the
 * race opens it when ready and may go on with something else meanwhile.
 */
#ifndef RACE_H
#define RACE_H

#include <stdbool.h>
#include <stdint.h>

struct race;

/* race_begin: count threads, each of which calls act(contexts[i]) once the gate is open.  The contexts must outlive the
 * race.  NULL: no memory, or no thread; then nothing is called. */
struct race *race_begin(void (*act)(void *context), void *const *contexts, uint32_t count);

/* race_go: waits until every thread stands at the gate, then opens it; opening it again is nothing. */
void race_go(struct race *race);

/* race_join: opens the gate if nobody has, waits for the end of all acts and frees the race; NULL is allowed. */
void race_join(struct race *race);

/* race_yield: lets another thread go on, for one that cannot. */
void race_yield(void);

#endif
