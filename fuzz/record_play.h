/* SPDX-License-Identifier: MIT */
/*
 * Does a recording of requests again, with nothing around it: from memory that is laid out beforehand, on a host that
 * only counts.  What a fuzzer costs beside its driver is measured against this.
 */
#ifndef RECORD_PLAY_H
#define RECORD_PLAY_H

#include <stdbool.h>

#include "record.h"

struct player;

/* player_new: for a recording that is complete and has no packets, which must stay; NULL: it is another, or there is no
 * memory. */
struct player *player_new(const struct recording *recording, const struct ov2_adapter *adapter);
void player_free(struct player *player);

/* player_run: once, from its first call to its last. */
void player_run(struct player *player);

#endif
