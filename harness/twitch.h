/* SPDX-License-Identifier: MIT */
/*
 * An element that changes while a driver reads it, as a careless caller's would: with twitch=b each word in which it
 * differs from element b holds what it held when it is read first, and what stands in b from then on.  Next and
 * OffloadHandle stay as they are.  A driver that reads a member once sees one value.
 */
#ifndef TWITCH_H
#define TWITCH_H

#include <stdbool.h>

#include "list.h"
#include "memory.h"

struct twitch;

/* twitch_read: what is to change in a list that lies in memory: its first element with twitch=; *twitch is NULL if
 * there is none.  An instruction that reads memory counts as having read `reach` bytes (4 to 32).  False: no memory. */
bool twitch_read(struct twitch **twitch, const struct list *list, const struct memory *memory, uint32_t reach);

/* twitch_begin: the driver may read now.  False: this processor does not tell of it.  twitch_end: it has read, and
 * everything is as it was; NULL is allowed.  twitch_free: NULL is allowed. */
bool twitch_begin(struct twitch *twitch);
void twitch_end(struct twitch *twitch);
void twitch_free(struct twitch *twitch);

#endif
