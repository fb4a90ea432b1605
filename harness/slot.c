/* SPDX-License-Identifier: MIT */
/*
 * Slots, of pages.h: those of one size and access lie in an arena; what is too large for any has pages of its own.
 * Completed slots wait in a queue and the one longest in it is handed out first; fresh ones are taken only as long as
 * the queue is short, so that late accesses are seen without touching ever more memory.
 */
#include "slot.h"

#include <assert.h>
#include <string.h>

#include "pages.h"
#include "sanitizer.h"

#define SMALL_SLOTS  GUARD_BLOCKS
#define MEDIUM_SLOTS 32u
#define MEDIUM_PAGES 16u
#define LARGE_SLOTS  64u
#define LARGE_KEPT   ((size_t)256 << 20) /* bytes of completed large blocks that stay mapped */
#define LARGE_AGAIN  ((size_t)64 << 20)  /* bytes of large slots that stay mapped for the next run */
#define LARGE_ROUND  ((size_t)16 << 20)  /* up to here a large slot has room for others of about its size */
#define GAP_PAGES    16u                 /* in front of the first slot; slot_unmapped() lies in it */

struct queue {
    struct slot *oldest;
    struct slot *newest;
    uint32_t count;
};

/* All slots of one size and access. */
struct arena {
    struct slot *slots;
    uint32_t slot_count;
    uint32_t fresh; /* slots below this index have been used since slots_reset() */
    uint32_t kept;  /* how long the queue must be before a slot is used again */
    uint32_t pages;
    enum guard_access access;
    uint8_t *device;
    struct queue completed;
};

static struct slot small_input[SMALL_SLOTS];
static struct slot small_output[SMALL_SLOTS];
static struct slot medium_input[MEDIUM_SLOTS];
static struct slot medium_output[MEDIUM_SLOTS];

static struct arena arenas[] = {
    {.slots = small_input, .slot_count = SMALL_SLOTS, .kept = 32, .pages = 1, .access = GUARD_INPUT},
    {.slots = small_output, .slot_count = SMALL_SLOTS, .kept = 32, .pages = 1, .access = GUARD_OUTPUT},
    {.slots = medium_input, .slot_count = MEDIUM_SLOTS, .kept = 4, .pages = MEDIUM_PAGES, .access = GUARD_INPUT},
    {.slots = medium_output, .slot_count = MEDIUM_SLOTS, .kept = 4, .pages = MEDIUM_PAGES, .access = GUARD_OUTPUT},
};
#define ARENAS (sizeof arenas / sizeof arenas[0])

static struct slot large[LARGE_SLOTS]; /* each has mappings of its own, with a guard page on either side */
static size_t large_count;             /* of them that are mapped */
static struct queue large_completed;
static size_t large_completed_bytes;

static size_t page;
static uint8_t *host_view;
static uint8_t *device_view;
static size_t view_pages;

size_t slot_page(void)
{
    return page;
}

uintptr_t slot_unmapped(void)
{
    return (uintptr_t)(device_view + GAP_PAGES / 2 * page);
}

void slot_poison(const struct slot *slot)
{
    size_t end = slot->offset + slot->size;

    sanitizer_poison(slot->device + slot->filled, slot->offset - slot->filled);
    sanitizer_unpoison(slot->device + slot->offset, slot->size);
    sanitizer_poison(slot->device + end, slot->bytes - end);
}

/* ---- Queues and look-up ---- */

static void queue_push(struct queue *queue, struct slot *slot)
{
    slot->next = NULL;
    if (queue->newest != NULL) {
        queue->newest->next = slot;
    } else {
        queue->oldest = slot;
    }
    queue->newest = slot;
    queue->count++;
}

static struct slot *queue_pop(struct queue *queue)
{
    struct slot *slot = queue->oldest;

    if (slot != NULL) {
        queue->oldest = slot->next;
        queue->newest = queue->oldest == NULL ? NULL : queue->newest;
        queue->count--;
    }
    return slot;
}

struct slot *slot_at(uintptr_t address)
{
    for (size_t i = 0; i < ARENAS; i++) {
        uintptr_t from = (uintptr_t)arenas[i].device;
        size_t stride = (arenas[i].pages + 1u) * page;

        if (stride != 0 && address >= from && (address - from) / stride < arenas[i].slot_count) {
            struct slot *slot = &arenas[i].slots[(address - from) / stride];

            return slot->id != 0 ? slot : NULL;
        }
    }
    for (size_t i = 0; i < LARGE_SLOTS; i++) {
        uintptr_t from = (uintptr_t)large[i].device;

        if (large[i].id != 0 && address >= from && address - from < large[i].bytes + page) {
            return &large[i];
        }
    }
    return NULL;
}

/* ---- What the device may do ---- */

static enum slot_view access_view(enum guard_access access)
{
    return access == GUARD_INPUT ? SLOT_READ : SLOT_WRITE;
}

bool slot_opened(const struct slot *slot)
{
    return __atomic_load_n(&slot->opened, __ATOMIC_SEQ_CST);
}

bool slot_show(struct slot *slot, enum slot_view view)
{
    if (slot->view == view && !slot_opened(slot)) {
        return true;
    }
    if (!pages_show(slot->device, slot->bytes, view)) {
        return false;
    }
    slot->view = view;
    __atomic_store_n(&slot->opened, false, __ATOMIC_SEQ_CST);
    return true;
}

bool slot_open(struct slot *slot, bool *first)
{
    if (!pages_show(slot->device, slot->bytes, SLOT_WRITE)) {
        return false;
    }
    *first = !__atomic_exchange_n(&slot->opened, true, __ATOMIC_SEQ_CST);
    return true;
}

/* ---- The two views ---- */

static void views_measure(void)
{
    page = pages_size();
    view_pages = GAP_PAGES;
    for (size_t i = 0; i < ARENAS; i++) {
        view_pages += (size_t)arenas[i].slot_count * (arenas[i].pages + 1u);
    }
}

/* views_forget: the slots of the parent are not ours; the caller replaces both views. */
static void views_forget(void)
{
    for (size_t i = 0; i < ARENAS; i++) {
        for (uint32_t n = 0; n < arenas[i].slot_count && arenas[i].slots[n].bytes != 0; n++) {
            sanitizer_unpoison(arenas[i].slots[n].device, arenas[i].slots[n].bytes + page);
            arenas[i].slots[n] = (struct slot){0};
        }
    }
}

static bool views_map(void)
{
    size_t at = GAP_PAGES * page;

    if (!pages_reserve(&host_view, &device_view, view_pages * page)) {
        return false;
    }
    for (size_t i = 0; i < ARENAS; i++) {
        arenas[i].device = device_view + at;
        at += (size_t)arenas[i].slot_count * (arenas[i].pages + 1u) * page;
    }
    return true;
}

/* ---- Slots of the arenas ---- */

static void slot_made(struct slot *slot, enum guard_access access, size_t bytes)
{
    slot->access = access;
    slot->view = access_view(access);
    slot->bytes = bytes;
    slot->filled = bytes;
    slot->dirty = bytes;
    __atomic_store_n(&slot->opened, false, __ATOMIC_SEQ_CST);
    sanitizer_poison(slot->device + bytes,
                     page); /* an instrumented driver then gets the sanitizer's report, with its stack */
}

static bool slot_map(struct arena *arena, struct slot *slot)
{
    size_t index = (size_t)(slot - arena->slots);
    size_t bytes = arena->pages * page;
    size_t at = (size_t)(arena->device - device_view) + index * (bytes + page);

    slot->device = device_view + at;
    slot->host = host_view + at;
    if (!pages_place(at, bytes, access_view(arena->access))) {
        return false;
    }
    slot_made(slot, arena->access, bytes);
    return true;
}

static struct slot *arena_take(struct arena *arena)
{
    struct slot *slot;

    if (arena->fresh == arena->slot_count || arena->completed.count >= arena->kept) {
        return queue_pop(&arena->completed);
    }
    slot = &arena->slots[arena->fresh];
    if (slot->bytes == 0 && !slot_map(arena, slot)) {
        return queue_pop(&arena->completed);
    }
    arena->fresh++;
    return slot;
}

/* ---- Large slots: a mapping each ---- */

static void large_unmap(struct slot *slot)
{
    sanitizer_unpoison(slot->device, slot->bytes + page);
    pages_release(slot->host, slot->device, slot->bytes);
    *slot = (struct slot){0};
    large_count--;
}

static void large_release_oldest(void)
{
    struct slot *slot = queue_pop(&large_completed);

    large_completed_bytes -= slot->bytes;
    large_unmap(slot);
}

static bool large_map(struct slot *slot, size_t bytes, enum guard_access access)
{
    if (!pages_apart(&slot->host, &slot->device, bytes, access_view(access))) {
        return false;
    }
    slot_made(slot, access, bytes);
    large_count++;
    return true;
}

/* is_spare: mapped, and without a block since slots_reset(). */
static bool is_spare(const struct slot *slot)
{
    return slot->bytes != 0 && slot->state == SLOT_UNUSED;
}

static size_t large_size(size_t size)
{
    size_t bytes = size == 0 ? page : (size + page - 1) / page * page;
    size_t rounded = page;

    while (rounded < bytes && rounded < LARGE_ROUND) {
        rounded *= 2;
    }
    return rounded < bytes ? bytes : rounded;
}

/* large_unused: a slot that is spare and fits, or one that can be mapped; NULL: neither. */
static struct slot *large_unused(size_t bytes, enum guard_access access)
{
    struct slot *free_slot = NULL;

    for (size_t i = 0; i < LARGE_SLOTS; i++) {
        if (is_spare(&large[i]) && large[i].bytes == bytes && large[i].access == access) {
            return &large[i];
        }
        if (large[i].bytes == 0) {
            free_slot = &large[i];
        }
    }
    return free_slot != NULL && large_map(free_slot, bytes, access) ? free_slot : NULL;
}

static bool large_give_up_one(void)
{
    for (size_t i = 0; i < LARGE_SLOTS; i++) {
        if (is_spare(&large[i])) {
            large_unmap(&large[i]);
            return true;
        }
    }
    if (large_completed.count == 0) {
        return false;
    }
    large_release_oldest();
    return true;
}

static struct slot *large_take(size_t size, enum guard_access access)
{
    size_t bytes = large_size(size);
    struct slot *slot;

    while (large_completed.count > 0 && large_completed_bytes > LARGE_KEPT) {
        large_release_oldest();
    }
    do {
        slot = large_unused(bytes, access);
    } while (slot == NULL && large_give_up_one());
    return slot;
}

/* large_keep: so many bytes stay mapped, without blocks. */
static void large_keep(size_t bytes)
{
    for (size_t i = 0; large_count > 0 && i < LARGE_SLOTS; i++) {
        if (large[i].bytes > bytes) {
            large_unmap(&large[i]);
        } else if (large[i].bytes != 0) {
            bytes -= large[i].bytes;
            large[i].id = 0;
            large[i].state = SLOT_UNUSED;
        }
    }
    large_completed = (struct queue){0};
    large_completed_bytes = 0;
}

/* ---- Taking and giving back ---- */

struct slot *slot_take(size_t size, enum guard_access access)
{
    struct slot *slot = NULL;

    for (size_t i = 0; slot == NULL && i < ARENAS; i++) {
        if (arenas[i].access == access && size <= arenas[i].pages * page) {
            slot = arena_take(&arenas[i]);
        }
    }
    return slot != NULL ? slot : large_take(size, access);
}

void slot_complete(struct slot *slot)
{
    slot->state = SLOT_COMPLETED;
    for (size_t i = 0; i < ARENAS; i++) {
        if (slot >= arenas[i].slots && slot < arenas[i].slots + arenas[i].slot_count) {
            queue_push(&arenas[i].completed, slot);
            return;
        }
    }
    queue_push(&large_completed, slot);
    large_completed_bytes += slot->bytes;
}

void slots_reset(void)
{
    for (size_t i = 0; i < ARENAS; i++) {
        for (uint32_t n = 0; n < arenas[i].fresh; n++) {
            arenas[i].slots[n].id = 0;
            arenas[i].slots[n].state = SLOT_UNUSED;
        }
        arenas[i].fresh = 0;
        arenas[i].completed = (struct queue){0};
    }
    large_keep(LARGE_AGAIN);
}

bool slots_start(void)
{
    if (page == 0) {
        views_measure();
    }
    slots_reset();
    large_keep(0);
    views_forget();
    return views_map();
}
