/* SPDX-License-Identifier: MIT */
/* What faulty devices do in a reset, in low power and at their end: only the last argument of a FAULTY() calls these.
 */
#ifndef OV2_REFERENCE_WRONG_LIFE_H
#define OV2_REFERENCE_WRONG_LIFE_H

#include "nic.h"

#include <stdbool.h>
#include <stdint.h>

/* wrong_lose_keys: the operation has neither keys nor contexts any more. */
void wrong_lose_keys(struct sa_operation *operation);

/* wrong_forget_keys: every SA stays, and its keys become zero. */
void wrong_forget_keys(struct sa_table *table);

/* wrong_forget_halves: every upper half becomes zero. */
void wrong_forget_halves(struct sa_table *table);

/* wrong_restart_ivs: every SA counts its IVs from the start again. */
void wrong_restart_ivs(struct sa_table *table);

/* wrong_remove: removes every SA, and remembers the memory of some.  wrong_free_again: releases that of the SA that
 * once had this handle, if it is remembered. */
void wrong_remove(struct sa_table *table);
void wrong_free_again(const struct sa_table *table, uint64_t handle);

/* wrong_keep_back: keeps the end of a list to itself until wrong_give_back() tells it.  wrong_lose: it never will. */
void wrong_keep_back(uint64_t tag, uint32_t status);
void wrong_give_back(const struct memory *memory);
void wrong_lose(void);

/* wrong_grow: takes memory for every SA that there ever was.  wrong_shrink: the device is closed. */
void wrong_grow(const struct memory *memory);
void wrong_shrink(const struct memory *memory);

/* wrong_lose_one: of every so many calls one removes the oldest SA. */
void wrong_lose_one(struct sa_table *table);

/* wrong_first_table: that of the device which received something first, while it is there.  wrong_table_goes: it is
 * not.
 */
const struct sa_table *wrong_first_table(const struct sa_table *table);
void wrong_table_goes(const struct sa_table *table);

/* wrong_start_timer: a timer runs for this device.  wrong_fire: it is over. */
void wrong_start_timer(const struct memory *memory);
void wrong_fire(void);

/* wrong_lock_second: takes a spin lock, lingers, and takes the lock of the device.  wrong_unlock_second: gives it back.
 * wrong_pass_second: takes it and gives it back. */
void wrong_lock_second(struct ov2_device *nic);
void wrong_unlock_second(void);
void wrong_pass_second(void);

#endif
