/* SPDX-License-Identifier: MIT */
/*
 * Elements that change while a driver reads them, as a careless caller's would: with twitch=b the words in which
 * element b differs alternate between what stands in them and what stands in b.  Next and OffloadHandle stay as they
 * are.  A driver that reads a member twice may see both.
 */
#ifndef TWITCH_H
#define TWITCH_H

#include <stdbool.h>

#include "list.h"
#include "memory.h"

struct twitch;

/* twitch_read: what is to change in a list that lies in memory; *twitch is NULL if nothing is.  False: no memory. */
bool twitch_read(struct twitch **twitch, const struct list *list, const struct memory *memory);

/* twitch_free: NULL is allowed. */
void twitch_free(struct twitch *twitch);

/* twitch_set: all words at once: as b has them, or as they were. */
void twitch_set(const struct twitch *twitch, bool other);

#endif
