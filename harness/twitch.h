/* SPDX-License-Identifier: MIT */
/*
 * An element that changes while a driver reads it, as a careless caller's would: with twitch=b after=7 it takes on the
 * bytes of element b when seven instructions have read it, all at once; only Next and OffloadHandle stay as they are.
 * One request for each number shows a driver every moment at which its input could change.
 */
#ifndef TWITCH_H
#define TWITCH_H

#include <stdbool.h>

#include "list.h"
#include "memory.h"

struct twitch;

/* twitch_read: what is to change in a list that lies in memory: its first element with twitch=; *twitch is NULL if
 * there is none.  False: no memory. */
bool twitch_read(struct twitch **twitch, const struct list *list, const struct memory *memory);

/* twitch_begin: the driver may read now.  False: this processor does not tell of it.  twitch_end: it has read, and
 * everything is as it was; returns whether it has changed.  twitch_end() and twitch_free(): NULL is allowed. */
bool twitch_begin(struct twitch *twitch);
bool twitch_end(struct twitch *twitch);
void twitch_free(struct twitch *twitch);

#endif
