/* SPDX-License-Identifier: MIT */
/* Pages of memory that are mapped twice, once for the host and once for the device: what slot.h needs of an operating
 * system. */
#ifndef PAGES_H
#define PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "slot.h"

/* pages_size: bytes in a page. */
size_t pages_size(void);

/* pages_reserve: fresh memory of so many bytes, seen from two addresses; *host may be written, in *device nothing is
 * placed yet.  Called again it replaces both; after a fork they stay at the same addresses, and are no longer shared
 * with the parent.  False: no memory. */
bool pages_reserve(uint8_t **host, uint8_t **device, size_t bytes);

/* pages_place: the bytes at `at` of what was reserved can now be seen by the device. */
bool pages_place(size_t at, size_t bytes, enum slot_view view);

/* pages_show: changes what the device may do with pages that are placed.  Async-signal-safe. */
bool pages_show(uint8_t *device, size_t bytes, enum slot_view view);

/* pages_apart: memory of its own, with a page in front of the device's view and one behind it that nobody may touch.
 * pages_release: gives it back. */
bool pages_apart(uint8_t **host, uint8_t **device, size_t bytes, enum slot_view view);
void pages_release(uint8_t *host, uint8_t *device, size_t bytes);

#endif
