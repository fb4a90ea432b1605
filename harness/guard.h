/* SPDX-License-Identifier: MIT */
/*
 * Exact-size memory for what is handed to a driver.
 *
 * A block ends where an unmapped page begins, up to the slack that natural alignment costs (0 to 7 bytes, filled with
 * the slack byte, ASan-poisoned where ASan is linked).  The memory is one memory file mapped twice: the host writes
 * through its own view, the device sees a second view that is read-only for what is input, so a run costs no system
 * call.  A write to input faults once; the handler notes it, makes the page writable and lets the driver go on, so that
 * it is a law broken with an address, not a crash.
 *
 *          host view    | ........ [block  ]|          always writable
 *          device view  | ........ [block  ]|//////    read-only or writable, then a page that nobody may touch
 */
#ifndef GUARD_H
#define GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum guard_access {
    GUARD_INPUT,  /* the device may only read */
    GUARD_OUTPUT, /* the device may write */
};

#define GUARD_POISON                                                                                                   \
    0x5A                   /* what completed memory holds; a pointer made of it has no valid form on x86-64 and faults \
                            */
#define GUARD_BLOCKS 4096u /* live blocks */

struct guard_block {
    uint8_t *device; /* the address the device gets; offset bytes are below the guard page */
    uint8_t *host;   /* the same bytes for the host */
    size_t size;
    uint32_t id; /* names the block in guard_find(); 0 is never used */
};

/* guard_start: maps the arenas; call once per process before anything else, before a fork if there is one (the child
 * calls guard_adopt(), which gives it memory of its own).  strict: completed blocks are unmapped, not only poisoned.
 * False: no memory. */
bool guard_start(uint8_t slack, bool strict);

/* guard_adopt: after a fork, in the child: replaces the shared arenas by private ones at the same addresses, with this
 * slack byte. */
bool guard_adopt(uint8_t slack, bool strict);

/* guard_take: a block of size bytes whose device address is a multiple of align (1, 2, 4, 8), plus shift (0 to 7, for
 * the `unaligned` placement).  Large blocks get a mapping of their own.  size 0 gives an address whose first byte is
 * the guard page.  Contents are undefined.  False: no memory or no block left. */
bool guard_take(struct guard_block *block, size_t size, size_t align, size_t shift, enum guard_access access);

/* guard_complete: the device is done with the block: poisons it (strict: unmaps it until guard_reset()).  The memory is
 * not handed out again soon. */
void guard_complete(const struct guard_block *block);

/* guard_tampered: true if a completed block no longer holds its poison; *offset is the first byte that differs. */
bool guard_tampered(const struct guard_block *block, size_t *offset);

/* guard_reset: forgets all blocks; between runs of a fuzz target. */
void guard_reset(void);

/* guard_find: which block, live or completed, an address of the device view lies in, or just behind (the guard page).
 * *offset counts from the block's start and may be negative or beyond its size.  False: not ours. */
bool guard_find(uint32_t *id, int64_t *offset, uintptr_t address);

/* guard_block_of: the block that an address of the device view lies in; *is_live: it is not completed.  False: none. */
bool guard_block_of(struct guard_block *block, bool *is_live, uintptr_t address);

/* guard_freed, guard_unmapped, guard_noncanonical: wild addresses for `next=`: inside a completed block (NULL if there
 * is none yet), without memory, and of no valid form. */
uintptr_t guard_freed(void);
uintptr_t guard_unmapped(void);
uintptr_t guard_noncanonical(void);

/* One write of the device to memory that is input. */
struct guard_write {
    uint32_t id;
    int64_t offset;
    uintptr_t code; /* the instruction */
};

/* guard_writes: takes the writes to input noted since the last call, at most max; returns how many. */
size_t guard_writes(struct guard_write *out, size_t max);

/* guard_watch: from now on each instruction of the device that touches the block is told to seen(context), right after
 * it; seen() runs in a fault handler.  One block at a time; NULL: none any more.  False: this processor cannot. */
bool guard_watch(const struct guard_block *block, void (*seen)(void *context), void *context);

/* guard_on_fault: for the fault handler: true if the fault was a write to input that has been noted and may be retried,
 * or an access to the watched block: then *step is set, and after one instruction guard_on_step() is due; it returns
 * false if nobody waits for it.  Async-signal-safe. */
bool guard_on_fault(bool *step, uintptr_t address, bool is_write, uintptr_t code);
bool guard_on_step(void);

#endif
