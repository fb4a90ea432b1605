/* SPDX-License-Identifier: MIT */
#include "sa.h"

#include "bytes.h"
#include "fault.h"
#include "ov2/ndis_ipsec.h"
#include "wrong_data.h"
#include "wrong_life.h"

#include <assert.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#define SLOTS_AT_FIRST 64u
#define CACHE_LINE     64u
#define NO_SLOT        UINT32_MAX

/*
 * A handle is the SA's serial number above its slot, exclusive-or a key of the device:
 *
 *   63              32 31               0
 *   |     serial      |      slot       |  ^  key
 *
 * A slot is used again, its serial number is not, so a stale handle finds a slot that holds another handle, and so does
 * one of another device.  A pointer or a guess decodes to a slot far out of range.  Where a pointer has 32 bits the
 * serial number has fewer and comes round.  The key's lower bits are those of every device: what a handle that is off
 * by one names does not depend on how many devices there have been.
 */
#define SLOT_BITS  (sizeof(void *) == 8 ? 32u : 21u)
#define SLOT_LIMIT (sizeof(void *) == 8 ? 1u << 25 : 1u << 20)

static const uint8_t ANY[16];

static uint64_t make_handle(const struct sa_table *table, uint64_t serial, uint32_t slot)
{
    return (uintptr_t)((serial << SLOT_BITS | slot) ^ table->key);
}

static uint32_t slot_of(const struct sa_table *table, uint64_t handle)
{
    return (uint32_t)((handle ^ table->key) & ((1ull << SLOT_BITS) - 1));
}

static uint32_t address_len(bool ipv6)
{
    return ipv6 ? FAULTY(16u, COMPARES_4_BYTES_OF_IPV6, 4u) : 4u;
}

static bool is_zero(const uint8_t *address, bool ipv6)
{
    return memcmp(address, ANY, address_len(ipv6)) == 0;
}

/* wild_of: bit 0 for a wildcard source, bit 1 for a wildcard destination. */
static uint32_t wild_of(const struct sa *sa)
{
    return (is_zero(sa->source, sa->ipv6) ? 1u : 0u) | (is_zero(sa->destination, sa->ipv6) ? 2u : 0u);
}

/* hash_of: all that must be equal for two SAs to be the same; a wildcard is the address zero. */
static uint32_t hash_of(const struct sa_selector *selector)
{
    uint64_t hash = bytes_mix((uint64_t)selector->spi << 2 | (uint64_t)selector->inbound << 1 | selector->ipv6);

    for (uint32_t i = 0; i < address_len(selector->ipv6); i += 4) {
        uint64_t word = (uint64_t)get_be32(selector->source + i) << 32 | get_be32(selector->destination + i);
        hash = bytes_mix(hash ^ word);
    }
    return (uint32_t)hash;
}

/* size_of: a million SAs are usual in a test, and nearly all of them have one operation. */
static size_t size_of(const struct sa *sa)
{
    return offsetof(struct sa, operations) + sa->operation_count * sizeof(struct sa_operation);
}

static struct sa_selector selector_of(const struct sa *sa, uint32_t spi)
{
    struct sa_selector selector = {spi, sa->inbound, sa->ipv6, sa->source, sa->destination};

    return selector;
}

/* source_of: for a fault, where the caller had it. */
static const uint8_t *source_of(const struct sa *sa)
{
    return FAULTY(sa->source, KEEPS_POINTER,
                  sa->ipv6 && sa->element != NULL
                      ? (const uint8_t *)sa->element + offsetof(struct ipsec_offload_v2_add_sa, Endpoints)
                      : sa->source);
}

static bool is_equal(const struct sa_operation *operation, const struct sa_selector *selector)
{
    const struct sa *sa = operation->owner;
    uint32_t len = address_len(selector->ipv6);

    return operation->spi == selector->spi && sa->inbound == selector->inbound && sa->ipv6 == selector->ipv6 &&
           memcmp(source_of(sa), selector->source, len) == 0 &&
           memcmp(sa->destination, selector->destination, len) == 0;
}

static void link_operation(struct sa_operation **buckets, uint32_t bucket_count, struct sa_operation *operation)
{
    struct sa_selector selector = selector_of(operation->owner, operation->spi);
    struct sa_operation **bucket = &buckets[hash_of(&selector) & (bucket_count - 1)];

    operation->next = *bucket;
    *bucket = operation;
}

static void unlink_operation(struct sa_table *table, struct sa_operation *operation)
{
    struct sa_selector selector = selector_of(operation->owner, operation->spi);
    struct sa_operation **at = &table->buckets[hash_of(&selector) & (table->slot_count - 1)];

    while (*at != operation)
        at = &(*at)->next;
    *at = operation->next;
}

/* grow: doubles slots and buckets together, or changes nothing. */
static bool grow(struct sa_table *table)
{
    uint32_t count = table->slot_count == 0 ? SLOTS_AT_FIRST : table->slot_count * 2;
    struct sa_slot *slots = NULL;
    struct sa_operation **buckets = NULL;

    if (count > SLOT_LIMIT)
        return false;
    slots = memory_allocate(table->memory, count * sizeof(*slots));
    buckets = memory_allocate(table->memory, count * sizeof(struct sa_operation *));
    if (slots == NULL || buckets == NULL) {
        memory_release(table->memory, FAULTY(slots, LEAKS_WHEN_SHORT, NULL));
        memory_release(table->memory, buckets);
        return false;
    }
    for (uint32_t i = 0; i < table->slot_count; i++) {
        struct sa *sa = FAULTY(table->slots[i].sa, GROWTH_LOSES_SAS, NULL);
        slots[i] = table->slots[i];
        for (uint32_t n = 0; sa != NULL && n < sa->operation_count; n++)
            link_operation(buckets, count, &sa->operations[n]);
    }
    for (uint32_t i = table->slot_count; i < count; i++)
        slots[i].next_free = i + 1 < count ? i + 1 : table->first_free;
    table->first_free = table->slot_count;
    memory_release(table->memory, table->slots);
    memory_release(table->memory, table->buckets);
    table->slots = slots;
    table->buckets = buckets;
    table->slot_count = count;
    return true;
}

/* shrink: an empty table holds nothing, so that deleting the last SA gives everything back (DEL-027). */
static void shrink(struct sa_table *table)
{
    memory_release(table->memory, table->slots);
    memory_release(table->memory, table->buckets);
    table->slots = NULL;
    table->buckets = NULL;
    table->slot_count = 0;
    table->first_free = NO_SLOT;
}

void sa_table_init(struct sa_table *table, const struct memory *memory)
{
    static _Atomic uint64_t tables;
    const uint64_t below = (1ull << SLOT_BITS) - 1;
    const uint64_t device = 0x0FF10ADull + atomic_fetch_add(&tables, 1);

    memset(table, 0, sizeof(*table));
    table->memory = memory;
    table->wipes = true;
    table->key = (bytes_mix(device) & ~below) | (0x0FF10ADull & below);
    table->first_free = NO_SLOT;
}

void sa_table_clear(struct sa_table *table)
{
    uint32_t slot = 0;

    while (table->count > 0) {
        struct sa *sa = table->slots[slot++].sa;
        if (sa != NULL)
            sa_remove(table, sa);
    }
    shrink(table);
}

/* keep_last_keys: for a fault: a new SA gets the keys that its SPI had before. */
static void keep_last_keys(struct sa *sa)
{
    static struct sa_operation last;

    if (last.spi == sa->operations[0].spi) {
        memcpy(sa->operations[0].cipher_key, last.cipher_key, sizeof(last.cipher_key));
        memcpy(sa->operations[0].mac_key, last.mac_key, sizeof(last.mac_key));
    }
    last = sa->operations[0];
}

struct sa *sa_insert(struct sa_table *table, const struct sa *model)
{
    struct sa *sa = NULL;

    if (table->first_free == NO_SLOT && !grow(table))
        return NULL;
    sa = memory_allocate(table->memory, size_of(model));
    if (sa == NULL) {
        if (table->count == 0)
            shrink(table);
        return NULL;
    }
    memcpy(sa, model, size_of(model));
    FAULTY((void)0, REKEY_KEEPS_KEYS, keep_last_keys(sa));
    uint32_t slot = table->first_free;
    do
        sa->handle = make_handle(table, ++table->serial, slot);
    while (sa->handle == 0);
    sa->serial = table->serial;
    for (uint32_t n = 0; n < sa->operation_count; n++) {
        sa->operations[n].owner = sa;
        link_operation(table->buckets, table->slot_count, &sa->operations[n]);
    }
    table->first_free = table->slots[slot].next_free;
    table->slots[slot].sa = sa;
    table->count++;
    table->count_of[wild_of(sa)]++;
    FAULTY((void)0, GROWS_WITH_EVERY_ADD, wrong_grow(table->memory));
    return sa;
}

/* keep_keys: for a fault: the driver remembers them. */
static void keep_keys(const struct sa *sa)
{
    static volatile uint8_t kept[2 * SUITE_KEY_MAX];

    for (uint32_t i = 0; i < SUITE_KEY_MAX; i++) {
        kept[i] = sa->operations[0].cipher_key[i];
        kept[SUITE_KEY_MAX + i] = sa->operations[0].mac_key[i];
    }
    (void)kept[0];
}

void sa_remove(struct sa_table *table, struct sa *sa)
{
    uint32_t slot = slot_of(table, sa->handle);

    assert(table->slots[slot].sa == sa);
    table->slots[slot].sa = NULL;
    table->slots[slot].next_free = table->first_free;
    table->first_free = slot;
    table->count_of[wild_of(sa)]--;
    for (uint32_t n = 0; n < sa->operation_count; n++) {
        unlink_operation(table, &sa->operations[n]);
        crypto_close(sa->operations[n].cipher_context);
        crypto_close(sa->operations[n].mac_context);
    }
    FAULTY((void)0, KEEPS_KEYS, keep_keys(sa));
    if (table->wipes)
        bytes_wipe(sa, size_of(sa));
    memory_release(table->memory, sa);
    if (--table->count == 0)
        FAULTY(shrink(table), KEEPS_EMPTY_TABLE, (void)0);
    FAULTY((void)0, LOSES_SAS_IN_TIME, wrong_lose_one(table));
}

struct sa *sa_find(const struct sa_table *table, uint64_t handle)
{
    uint32_t slot = slot_of(table, handle);
    if (slot >= table->slot_count || table->slots[slot].sa == NULL)
        return NULL;
    uint64_t difference = table->slots[slot].sa->handle ^ handle;
    difference = FAULTY(difference, TRUNCATES_HANDLES, (uint32_t)difference);
    if (FAULTY(difference, COMPARES_ADDRESS_BITS, difference << 16) != 0)
        return NULL;
    return table->slots[slot].sa;
}

void sa_fetch_slot(const struct sa_table *table, uint64_t handle)
{
    uint32_t slot = slot_of(table, handle);

    if (slot < table->slot_count)
        __builtin_prefetch(&table->slots[slot]);
}

void sa_fetch(const struct sa_table *table, uint64_t handle)
{
    uint32_t slot = slot_of(table, handle);

    if (slot >= table->slot_count || table->slots[slot].sa == NULL)
        return;
    const uint8_t *sa = (const uint8_t *)table->slots[slot].sa;
    for (uint32_t i = 0; i < sizeof(struct sa) - sizeof(struct sa_operation); i += CACHE_LINE)
        __builtin_prefetch(sa + i);
}

/* find_equal: among equal SAs (A-50 lets them be) the oldest, or the newest. */
static struct sa *find_equal(const struct sa_table *table, const struct sa_selector *selector, bool newest)
{
    struct sa *found = NULL;

    if (table->slot_count == 0)
        return NULL;
    struct sa_operation *at = table->buckets[hash_of(selector) & (table->slot_count - 1)];
    for (; at != NULL; at = at->next)
        if (is_equal(at, selector) && (found == NULL || (at->owner->serial > found->serial) == newest))
            found = at->owner;
    return found;
}

struct sa *sa_duplicate(const struct sa_table *table, const struct sa_selector *selector)
{
    return find_equal(table, selector, false);
}

struct sa *sa_opposite(const struct sa_table *table, const struct sa *sa)
{
    struct sa_selector selector = {sa->operations[0].spi, !sa->inbound, sa->ipv6, sa->destination, sa->source};

    return find_equal(table, &selector, false);
}

/* find_spi_0: for a fault: the SA with SPI 0 between the same addresses. */
static struct sa *find_spi_0(const struct sa_table *table, const struct sa_selector *selector)
{
    struct sa_selector probe = *selector;

    probe.spi = 0;
    return find_equal(table, &probe, false);
}

/* is_backwards: the specific SAs come first. */
static bool is_backwards(void)
{
    return FAULTY(false, WILDCARDS_TAKE_TURNS, wrong_turn());
}

/* A wildcard is stored as the address zero, so the four kinds of SA that may match are four exact look-ups, and a kind
 * that the table does not hold costs nothing. */
struct sa *sa_match(const struct sa_table *table, const struct sa_selector *selector, bool zero_destination,
                    bool newest)
{
    bool backwards = is_backwards();

    for (uint32_t i = 0; i < 4; i++) {
        uint32_t wild = backwards ? 3 - i : i;
        struct sa_selector probe = *selector;
        bool wild_source = (wild & 1) != 0;
        bool wild_destination = (wild & 2) != 0;

        if (table->count_of[wild] == 0)
            continue;
        if (FAULTY(wild_source, ZERO_SOURCE_IS_LITERAL, false))
            probe.source = ANY;
        if (wild_destination)
            probe.destination = ANY;
        if (!zero_destination && is_zero(probe.destination, probe.ipv6))
            continue;
        struct sa *sa = find_equal(table, &probe, newest);
        if (sa != NULL)
            return sa;
    }
    return FAULTY(NULL, SPI_0_TAKES_ALL, find_spi_0(table, selector));
}

/* The integrity algorithms authenticate in one direction only, whichever way the packet goes. */
bool sa_load(struct sa_operation *operation)
{
    const struct suite_algorithm *cipher = operation->cipher, *mac = operation->mac;
    bool needs_cipher = cipher != NULL && cipher->kind != SUITE_NULL;

    if (mac != NULL && mac->primitive == PRIMITIVE_HMAC_SHA1)
        FAULTY((void)0, CUTS_KEY_OF_SHA1, memset(operation->mac_key + 16, 0, 4));
    if (needs_cipher && operation->cipher_context == NULL)
        operation->cipher_context = crypto_open(cipher->primitive, operation->cipher_key, !operation->owner->inbound);
    if (mac != NULL && operation->mac_context == NULL)
        operation->mac_context = crypto_open(mac->primitive, operation->mac_key, true);
    return (!needs_cipher || operation->cipher_context != NULL) && (mac == NULL || operation->mac_context != NULL);
}

struct sa_operation *sa_operation_of(struct sa *sa, uint32_t protocol)
{
    for (uint32_t n = 0; n < sa->operation_count; n++)
        if (sa->operations[n].protocol == protocol)
            return &sa->operations[n];
    return NULL;
}
