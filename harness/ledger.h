/* SPDX-License-Identifier: MIT */
/*
 * The memory a driver takes through allocate(): what is live, what was released and must stay untouched, and the n-th
 * allocation that is meant to fail.  Released memory is scrambled and kept back for a while; a second release, a
 * foreign pointer or a write behind a block's end ends the process as a bug check would.
 */
#ifndef LEDGER_H
#define LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ledger;

/* ledger_open: an empty ledger; NULL: no memory.  ledger_close() frees it and everything in it; NULL is allowed. */
struct ledger *ledger_open(void);
void ledger_close(struct ledger *ledger);

/* ledger_allocate: zeroed, 16-byte aligned; NULL when memory is short or is meant to be. */
void *ledger_allocate(struct ledger *ledger, uint32_t size, uint32_t pool_tag);
void ledger_release(struct ledger *ledger, void *memory);

/* ledger_fail: the n-th allocation from now on fails, once; 0: none.  ledger_failed: whether it has. */
void ledger_fail(struct ledger *ledger, uint64_t n);
bool ledger_failed(const struct ledger *ledger);

/* ledger_live: how many blocks are live, and how many bytes they hold. */
uint32_t ledger_live(const struct ledger *ledger, uint64_t *bytes);

/* ledger_is_used: whether anything was ever allocated. */
bool ledger_is_used(const struct ledger *ledger);

/* ledger_find: whether live memory holds these bytes, or memory that was released and is still kept back held them when
 * it was released. */
bool ledger_find(const struct ledger *ledger, const void *bytes, size_t len, bool released);

#endif
