/* SPDX-License-Identifier: MIT */
/*
 * Exact-size memory: where in its slot a block lies, what surrounds it, and who wrote where they may not.  The pages
 * are those of slot.h.
 */
#include "guard.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include "race.h"
#include "slot.h"

#define WRITES 64u

/* Blocks are taken and completed by any thread; the fault handler only looks. */
static atomic_flag is_busy = ATOMIC_FLAG_INIT;
static uint8_t slack_byte;
static bool strict_mode;
static uint32_t last_id;
static const struct slot *last_completed;
static uint32_t last_completed_id;

/* The writes noted by the fault handler: a ring that the handlers of any threads fill and guard_writes() empties. */
static struct {
    struct guard_write write;
    atomic_uint ready; /* its number in the order of all writes, from 1, once it is complete */
} noted[WRITES];
static atomic_uint noted_count;
static atomic_uint taken_count;

static void enter(void)
{
    while (atomic_flag_test_and_set_explicit(&is_busy, memory_order_acquire)) {
        race_yield();
    }
}

static void leave(void)
{
    atomic_flag_clear_explicit(&is_busy, memory_order_release);
}

bool guard_start(uint8_t slack, bool strict)
{
    slack_byte = slack;
    strict_mode = strict;
    guard_reset();
    return slots_start();
}

bool guard_adopt(uint8_t slack, bool strict)
{
    return guard_start(slack, strict);
}

void guard_reset(void)
{
    slots_reset();
    last_id = 0;
    last_completed = NULL;
    atomic_store(&taken_count, atomic_load(&noted_count));
}

static int64_t block_offset(const struct slot *slot, uintptr_t address)
{
    return (int64_t)(address - (uintptr_t)slot->device) - (int64_t)slot->offset;
}

/* surround: everything from the start of the block's first page to the guard page becomes the slack byte, whatever was
 * there before; only what may have changed is written. */
static void surround(struct slot *slot, bool device_wrote)
{
    size_t first = slot->offset / slot_page() * slot_page();
    size_t from = slot->dirty < slot->offset ? slot->dirty : slot->offset;
    size_t end = slot->offset + slot->size;

    if (device_wrote && slot->filled < from) {
        from = slot->filled;
    }
    if (first < slot->filled) {
        slot->filled = first;
        from = first < from ? first : from;
    }
    if (from < slot->offset) {
        memset(slot->host + from, slack_byte, slot->offset - from);
    }
    if (end < slot->bytes) {
        memset(slot->host + end, slack_byte, slot->bytes - end);
    }
    slot->dirty = slot->offset;
    slot_poison(slot);
}

static bool take(struct guard_block *block, size_t size, size_t align, size_t shift, enum guard_access access)
{
    struct slot *slot;
    bool device_wrote;

    assert((align == 1 || align == 2 || align == 4 || align == 8) && shift < 8);
    if (size > SIZE_MAX / 4 || (slot = slot_take(size + shift, access)) == NULL) {
        return false;
    }
    device_wrote = access == GUARD_OUTPUT || slot_opened(slot);
    if (!slot_show(slot, access == GUARD_INPUT ? SLOT_READ : SLOT_WRITE)) {
        return false;
    }
    slot->size = size;
    if (size == 0) {
        slot->offset = slot->bytes + shift;
    } else {
        slot->offset = (slot->bytes - shift - size) / align * align + shift;
        surround(slot, device_wrote);
    }
    last_id = last_id == UINT32_MAX ? 1 : last_id + 1;
    slot->id = last_id;
    slot->state = SLOT_LIVE;
    block->device = slot->device + slot->offset;
    block->host = slot->host + slot->offset;
    block->size = size;
    block->id = slot->id;
    return true;
}

bool guard_take(struct guard_block *block, size_t size, size_t align, size_t shift, enum guard_access access)
{
    bool ok;

    enter();
    ok = take(block, size, align, shift, access);
    leave();
    return ok;
}

void guard_complete(const struct guard_block *block)
{
    struct slot *slot;

    enter();
    slot = slot_at((uintptr_t)block->device);
    assert(slot != NULL && slot->id == block->id && slot->state == SLOT_LIVE);
    memset(slot->host + slot->offset, GUARD_POISON, slot->size);
    if (slot->size != 0) {
        last_completed = slot;
        last_completed_id = slot->id;
    }
    if (strict_mode) {
        (void)slot_show(slot, SLOT_NOTHING);
    }
    slot_complete(slot);
    leave();
}

#define STRIDE 64u

static bool is_poison(const uint8_t bytes[STRIDE])
{
    uint64_t words[STRIDE / sizeof(uint64_t)];
    uint64_t differs = 0;

    memcpy(words, bytes, sizeof words);
    for (size_t i = 0; i < STRIDE / sizeof(uint64_t); i++) {
        differs |= words[i] ^ UINT64_C(0x0101010101010101) * GUARD_POISON;
    }
    return differs == 0;
}

bool guard_tampered(const struct guard_block *block, size_t *offset)
{
    const struct slot *slot = slot_at((uintptr_t)block->device);
    const uint8_t *bytes;
    size_t at = 0;

    if (slot == NULL || slot->id != block->id || slot->state != SLOT_COMPLETED) {
        return false;
    }
    bytes = slot->host + slot->offset;
    /* not memcmp(): where the next page has no memory yet, its wide loads are slow */
    while (slot->size - at >= STRIDE && is_poison(bytes + at)) {
        at += STRIDE;
    }
    while (at < slot->size && bytes[at] == GUARD_POISON) {
        at++;
    }
    *offset = at;
    return at < slot->size;
}

bool guard_find(uint32_t *id, int64_t *offset, uintptr_t address)
{
    const struct slot *slot = slot_at(address);

    if (slot == NULL) {
        return false;
    }
    *id = slot->id;
    *offset = block_offset(slot, address);
    return true;
}

bool guard_block_of(struct guard_block *block, bool *is_live, uintptr_t address)
{
    const struct slot *slot = slot_at(address);
    int64_t offset = slot != NULL ? block_offset(slot, address) : -1;

    if (slot == NULL || offset < 0 || (uint64_t)offset > slot->size) {
        return false;
    }
    block->device = slot->device + slot->offset;
    block->host = slot->host + slot->offset;
    block->size = slot->size;
    block->id = slot->id;
    *is_live = slot->state == SLOT_LIVE;
    return true;
}

uintptr_t guard_freed(void)
{
    if (last_completed == NULL || last_completed->id != last_completed_id || last_completed->state != SLOT_COMPLETED) {
        return 0;
    }
    return (uintptr_t)(last_completed->device + last_completed->offset);
}

uintptr_t guard_unmapped(void)
{
    return slot_unmapped();
}

uintptr_t guard_noncanonical(void)
{
    return (uintptr_t)0xA5A5A5A5A5A5A5A0u;
}

size_t guard_writes(struct guard_write *out, size_t max)
{
    unsigned taken = atomic_load(&taken_count);
    size_t count = 0;

    while (count < max && taken != atomic_load(&noted_count) &&
           atomic_load(&noted[taken % WRITES].ready) == taken + 1) {
        out[count++] = noted[taken % WRITES].write;
        atomic_store(&taken_count, ++taken);
    }
    return count;
}

static void note_write(const struct slot *slot, uintptr_t address, uintptr_t code)
{
    unsigned number = atomic_load(&noted_count);

    do {
        if (number - atomic_load(&taken_count) >= WRITES) {
            return; /* one is enough to break the law */
        }
    } while (!atomic_compare_exchange_weak(&noted_count, &number, number + 1));
    noted[number % WRITES].write =
        (struct guard_write){.id = slot->id, .offset = block_offset(slot, address), .code = code};
    atomic_store(&noted[number % WRITES].ready, number + 1);
}

/* ---- Watching ---- */

#if defined(__x86_64__)
#define CAN_STEP true
#else
#define CAN_STEP false
#endif

static struct {
    struct slot *slot;
    void (*seen)(void *context);
    void *context;
} watched;
static _Thread_local struct slot *stepping; /* over an instruction that touches it */

static enum slot_view view_of(const struct slot *slot)
{
    return slot->access == GUARD_INPUT ? SLOT_READ : SLOT_WRITE;
}

bool guard_watch(const struct guard_block *block, void (*seen)(void *context), void *context)
{
    struct slot *before = watched.slot;

    watched.slot = NULL;
    if (before != NULL) {
        (void)slot_show(before, view_of(before));
    }
    if (block == NULL || !CAN_STEP) {
        return block == NULL;
    }
    watched.seen = seen;
    watched.context = context;
    watched.slot = slot_at((uintptr_t)block->device);
    return watched.slot != NULL && slot_show(watched.slot, SLOT_NOTHING);
}

static bool is_watched(const struct slot *slot, uintptr_t address)
{
    return slot == watched.slot && slot->view == SLOT_NOTHING && address - (uintptr_t)slot->device < slot->bytes;
}

bool guard_on_step(void)
{
    struct slot *slot = stepping;

    if (slot == NULL) {
        return false;
    }
    stepping = NULL;
    if (slot == watched.slot) {
        (void)slot_show(slot, SLOT_NOTHING);
        watched.seen(watched.context);
    }
    return true;
}

bool guard_on_fault(bool *step, uintptr_t address, bool is_write, uintptr_t code)
{
    struct slot *slot = slot_at(address);
    bool first;

    *step = stepping != NULL;
    if (slot != NULL && is_watched(slot, address)) {
        stepping = slot;
        *step = true;
        return slot_show(slot, view_of(slot));
    }
    if (slot == NULL || !is_write || slot->access != GUARD_INPUT || slot->view != SLOT_READ ||
        address - (uintptr_t)slot->device >= slot->bytes || !slot_open(slot, &first)) {
        return false;
    }
    if (first) {
        note_write(slot, address, code);
    }
    return true;
}
