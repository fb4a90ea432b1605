/* SPDX-License-Identifier: MIT */
#include "ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Present where AddressSanitizer is linked: then released memory and the tails are out of bounds to instrumented code.
 */
void __asan_poison_memory_region(const volatile void *, size_t) __attribute__((weak));
void __asan_unpoison_memory_region(const volatile void *, size_t) __attribute__((weak));

#define POISON     0x5A
#define LIVE       0x6f7632216c697665u
#define RELEASED   0x6f76322164656164u
#define KEPT_BYTES (16u << 20) /* released memory that is kept back */
#define TAIL       16u         /* bytes behind each block that must stay as they are */

/* What stands before each block; its size keeps the block aligned to 16. */
struct entry {
    uint64_t state;
    uint32_t size;
    uint32_t pool_tag;
    struct entry *next;
    struct entry *previous;
    uint64_t digest; /* of released memory as it was left */
    uint64_t reserved;
};
_Static_assert(sizeof(struct entry) % 16 == 0, "blocks stay aligned");

struct ledger {
    struct entry live; /* ring */
    struct entry kept; /* ring, oldest first */
    uint32_t live_count;
    uint64_t live_bytes;
    uint64_t kept_bytes;
    uint64_t taken; /* allocations so far */
    uint64_t fail_in;
    bool has_failed;
};

static void forbid(const void *memory, size_t len)
{
    if (__asan_poison_memory_region)
        __asan_poison_memory_region(memory, len);
}

static void permit(const void *memory, size_t len)
{
    if (__asan_unpoison_memory_region)
        __asan_unpoison_memory_region(memory, len);
}

static void link_before(struct entry *ring, struct entry *entry)
{
    entry->next = ring;
    entry->previous = ring->previous;
    ring->previous->next = entry;
    ring->previous = entry;
}

static void unlink_entry(struct entry *entry)
{
    entry->previous->next = entry->next;
    entry->next->previous = entry->previous;
}

/* As a bug check would: the memory of the process can no longer be trusted. */
static void bug_check(const char *what, const void *memory)
{
    fprintf(stderr, "ov2: bug check: %s (%p)\n", what, memory);
    abort();
}

struct ledger *ledger_open(void)
{
    struct ledger *ledger = calloc(1, sizeof *ledger);

    if (!ledger)
        return NULL;
    ledger->live.next = ledger->live.previous = &ledger->live;
    ledger->kept.next = ledger->kept.previous = &ledger->kept;
    return ledger;
}

void *ledger_allocate(struct ledger *ledger, uint32_t size, uint32_t pool_tag)
{
    struct entry *entry;

    if (ledger->fail_in > 0 && --ledger->fail_in == 0) {
        ledger->has_failed = true;
        return NULL;
    }
    entry = calloc(1, sizeof *entry + size + TAIL);
    if (!entry)
        return NULL;
    entry->state = LIVE;
    entry->size = size;
    entry->pool_tag = pool_tag;
    memset((uint8_t *)(entry + 1) + size, POISON, TAIL);
    forbid((uint8_t *)(entry + 1) + size, TAIL);
    link_before(&ledger->live, entry);
    ledger->taken++;
    ledger->live_count++;
    ledger->live_bytes += size;
    return entry + 1;
}

static bool is_filled(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != POISON)
            return false;
    }
    return true;
}

/* Released memory is inverted in some bits and not overwritten: no pointer and no number in it is what it was, and what
 * it held can still be searched. */
static void scramble(uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        bytes[i] ^= POISON;
}

static uint64_t digest_of(const uint8_t *bytes, size_t len)
{
    uint64_t digest = len;

    for (size_t i = 0; i < len; i += sizeof digest) {
        uint64_t word = 0;
        memcpy(&word, bytes + i, len - i < sizeof word ? len - i : sizeof word);
        digest = (digest ^ word) * 0x9E3779B97F4A7C15u;
        digest ^= digest >> 29;
    }
    return digest;
}

static void check_tail(const struct entry *entry)
{
    const uint8_t *end = (const uint8_t *)(entry + 1) + entry->size;

    permit(end, TAIL);
    if (!is_filled(end, TAIL))
        bug_check("bytes behind the end of an allocation were written to", entry + 1);
}

/* Frees an entry that is in no ring any more; what was released must be as it was left. */
static void free_entry(struct entry *entry)
{
    permit(entry + 1, entry->size);
    check_tail(entry);
    if (entry->state == RELEASED && digest_of((const uint8_t *)(entry + 1), entry->size) != entry->digest)
        bug_check("released memory was written to", entry + 1);
    free(entry);
}

static void free_ring(const struct entry *ring)
{
    struct entry *next;

    for (struct entry *entry = ring->next; entry != ring; entry = next) {
        next = entry->next;
        free_entry(entry);
    }
}

void ledger_close(struct ledger *ledger)
{
    if (!ledger)
        return;
    free_ring(&ledger->live);
    free_ring(&ledger->kept);
    free(ledger);
}

static void forget_oldest(struct ledger *ledger)
{
    struct entry *entry = ledger->kept.next;
    struct entry *next = entry->next;

    ledger->kept.next = next;
    next->previous = &ledger->kept;
    ledger->kept_bytes -= entry->size + sizeof *entry;
    free_entry(entry);
}

void ledger_release(struct ledger *ledger, void *memory)
{
    struct entry *entry;

    if (!memory)
        return;
    entry = (struct entry *)memory - 1;
    if (entry->state == RELEASED)
        bug_check("memory was released twice", memory);
    if (entry->state != LIVE)
        bug_check("released memory was never allocated", memory);
    check_tail(entry);
    unlink_entry(entry);
    ledger->live_count--;
    ledger->live_bytes -= entry->size;
    entry->state = RELEASED;
    scramble(memory, entry->size);
    entry->digest = digest_of(memory, entry->size);
    forbid(memory, entry->size + TAIL);
    link_before(&ledger->kept, entry);
    ledger->kept_bytes += entry->size + sizeof *entry;
    while (ledger->kept_bytes > KEPT_BYTES)
        forget_oldest(ledger);
}

void ledger_fail(struct ledger *ledger, uint64_t n)
{
    ledger->fail_in = n;
    ledger->has_failed = false;
}

bool ledger_failed(const struct ledger *ledger)
{
    return ledger->has_failed;
}

uint32_t ledger_live(const struct ledger *ledger, uint64_t *bytes)
{
    if (bytes)
        *bytes = ledger->live_bytes;
    return ledger->live_count;
}

bool ledger_is_used(const struct ledger *ledger)
{
    return ledger->taken > 0;
}

static bool holds(const struct entry *entry, const uint8_t *bytes, size_t len)
{
    const uint8_t *at = (const uint8_t *)(entry + 1);
    uint8_t mask = entry->state == RELEASED ? POISON : 0;
    bool found = false;

    if (entry->state == RELEASED)
        permit(at, entry->size);
    for (size_t i = 0; !found && i + len <= entry->size; i++) {
        size_t same = 0;
        while (same < len && (at[i + same] ^ mask) == bytes[same])
            same++;
        found = same == len;
    }
    if (entry->state == RELEASED)
        forbid(at, entry->size);
    return found;
}

bool ledger_find(const struct ledger *ledger, const void *bytes, size_t len, bool released)
{
    const struct entry *ring = released ? &ledger->kept : &ledger->live;

    for (const struct entry *entry = ring->next; entry != ring; entry = entry->next) {
        if (holds(entry, bytes, len))
            return true;
    }
    return false;
}
