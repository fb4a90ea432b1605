/* SPDX-License-Identifier: MIT */
/*
 * The pages behind guard.h: slots of memory that are mapped twice, once for the host and once for the device, each with
 * a page behind it that nobody may touch.
 *
 *   device view   gap | slot 0 |////| slot 1 |////| ...
 *   host view           slot 0 | slot 1 | ...
 */
#ifndef SLOT_H
#define SLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guard.h"

enum slot_state {
    SLOT_UNUSED,
    SLOT_LIVE,
    SLOT_COMPLETED,
};

enum slot_view { /* what the device may do */
    SLOT_NOTHING,
    SLOT_READ,
    SLOT_WRITE,
};

struct slot {
    uint8_t *device;
    uint8_t *host;
    size_t bytes;  /* without the guard page; 0: not mapped */
    size_t offset; /* of the block */
    size_t size;
    size_t filled;     /* from here to the end everything has once been set to the slack byte ... */
    size_t dirty;      /* ... and from here on something else was written over it */
    struct slot *next; /* in the queue of completed slots */
    uint32_t id;       /* of the block, live or completed; 0: none */
    enum slot_state state;
    enum guard_access access;
    enum slot_view view; /* as far as the host knows */
    bool opened;         /* the fault handler made it writable; atomic: slot_opened() */
};

/* slots_start: fresh memory, without any block.  After a fork: at the same addresses, and no longer shared with the
 * parent.  False: no memory. */
bool slots_start(void);

/* slots_reset: no slot has a block any more; they are used again in the same order. */
void slots_reset(void);

/* slot_take: a slot of at least size bytes whose view is the one that access asks for; of those that are completed the
 * one longest ago.  NULL: no memory, or none left. */
struct slot *slot_take(size_t size, enum guard_access access);

/* slot_complete: the slot may be handed out again, later. */
void slot_complete(struct slot *slot);

/* slot_at: the slot with a block whose pages, or whose guard page, hold the address; or NULL.  Async-signal-safe. */
struct slot *slot_at(uintptr_t address);

/* slot_show: changes what the device may do.  slot_open: the same for the fault handler: makes it writable; *first if
 * nobody had done so before. */
bool slot_show(struct slot *slot, enum slot_view view);
bool slot_open(struct slot *slot, bool *first);
bool slot_opened(const struct slot *slot);

/* slot_poison: in the device's view AddressSanitizer, if it is linked, lets nobody touch what surrounds the block. */
void slot_poison(const struct slot *slot);

size_t slot_page(void);        /* bytes in a page */
uintptr_t slot_unmapped(void); /* an address that never has memory */

#endif
