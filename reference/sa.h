/* SPDX-License-Identifier: MIT */
/*
 * Security associations of one device, and the table that finds them: by handle for the stack, by SPI and addresses for
 * a received packet.  Every operation costs the same with one SA as with a million; an empty table holds no memory.
 *
 * The table does not lock and does not count against the advertised capacity: its caller does both.
 */
#ifndef OV2_REFERENCE_SA_H
#define OV2_REFERENCE_SA_H

#include "memory.h"
#include "suite.h"

#include <stdbool.h>
#include <stdint.h>

#define SA_PROTOCOL_ESP 50u /* as in an IP header */
#define SA_PROTOCOL_AH  51u
#define SA_OPERATIONS   2u

struct sa;

/* One operation of a bundle.  Its key area is wiped when the SA goes. */
struct sa_operation {
    uint8_t protocol; /* SA_PROTOCOL_* */
    bool esn;
    bool staged;     /* staged_high counts: an update is under way */
    bool heard;      /* an inbound packet verified since high was set (ESN_RX=infer) */
    uint8_t icv_len; /* 0: no integrity */
    uint32_t spi;    /* as get_be32() reads it from a packet */
    uint32_t high;   /* upper half of the sequence number */
    uint32_t staged_high;
    uint32_t low;                         /* highest lower half that verified under high (ESN_RX=infer) */
    const struct suite_algorithm *cipher; /* NULL for AH */
    const struct suite_algorithm *mac;    /* NULL for a combined cipher and for none */
    uint8_t salt[SUITE_SALT_LEN];
    uint8_t cipher_key[SUITE_KEY_MAX];
    uint8_t mac_key[SUITE_KEY_MAX];
    struct crypto *cipher_context; /* opened by the first packet, so that adding stays cheap */
    struct crypto *mac_context;
    uint64_t iv_count; /* IVs made so far */
    struct sa *owner;
    struct sa_operation *next; /* in its hash chain */
};

struct sa {
    uint64_t handle;
    uint64_t serial; /* adds of this device so far: its age, and the start of its IVs */
    bool inbound;
    bool ipv6;
    bool marked; /* on the list of the request that is being carried out */
    uint8_t operation_count;
    uint32_t udp;       /* UDP-ESP type */
    uint8_t source[16]; /* IPv4 addresses take the first four; zero is a wildcard */
    uint8_t destination[16];
    struct sa *next_marked;
    void *element; /* the caller's element that asked for it, while the request is carried out */
    /* In the order of sending: ESP, AH.  A live SA has memory for operation_count of them only. */
    struct sa_operation operations[SA_OPERATIONS];
};

struct sa_slot {
    struct sa *sa;
    uint32_t next_free; /* when sa is NULL */
};

struct sa_table {
    const struct memory *memory;
    bool wipes;   /* sa_remove() wipes the memory that it returns */
    uint64_t key; /* makes the handles of each device its own */
    uint64_t serial;
    struct sa_slot *slots;
    struct sa_operation **buckets;
    uint32_t slot_count; /* also the number of buckets; a power of two or 0 */
    uint32_t first_free;
    uint32_t count;       /* live SAs */
    uint32_t count_of[4]; /* of them, by which of their addresses are wildcards */
};

/* What a packet, or another SA, is compared with. */
struct sa_selector {
    uint32_t spi;
    bool inbound;
    bool ipv6;
    const uint8_t *source;      /* 4 or 16 bytes */
    const uint8_t *destination; /* 4 or 16 bytes */
};

/* sa_table_init: an empty table; memory must outlive it. */
void sa_table_init(struct sa_table *table, const struct memory *memory);

/* sa_table_clear: removes every SA. */
void sa_table_clear(struct sa_table *table);

/* sa_insert: copies *model (operations, addresses, keys) into a new live SA with a fresh handle.  NULL: no memory, and
 * the table is as before. */
struct sa *sa_insert(struct sa_table *table, const struct sa *model);

/* sa_remove: the SA is gone: contexts closed, keys wiped if the table does so, memory returned. */
void sa_remove(struct sa_table *table, struct sa *sa);

/* sa_find: the live SA with this handle or NULL; the handle may be any 64 bits. */
struct sa *sa_find(const struct sa_table *table, uint64_t handle);

/* sa_fetch_slot, sa_fetch: a handle that is looked for soon: begins to bring its slot, or then its SA, from memory, for
 * each of which sa_find() would wait.  Nothing else comes of it. */
void sa_fetch_slot(const struct sa_table *table, uint64_t handle);
void sa_fetch(const struct sa_table *table, uint64_t handle);

/* sa_duplicate: a live SA with this SPI, direction and exactly these selector addresses, or NULL. */
struct sa *sa_duplicate(const struct sa_table *table, const struct sa_selector *selector);

/* sa_opposite: a live SA with the same SPI for the other direction of the same two addresses, or NULL.  Nothing but a
 * fault sees a pair in them. */
struct sa *sa_opposite(const struct sa_table *table, const struct sa *sa);

/* sa_match: the inbound SA for a packet with this SPI and these addresses: the most specific, then the oldest (newest:
 * the latest instead).  zero_destination tells whether an SA without destination matches. */
struct sa *sa_match(const struct sa_table *table, const struct sa_selector *selector, bool zero_destination,
                    bool newest);

/* sa_load: opens the contexts that the operation needs, once; false: the library failed. */
bool sa_load(struct sa_operation *operation);

/* sa_operation_of: the SA's operation for SA_PROTOCOL_*, or NULL. */
struct sa_operation *sa_operation_of(struct sa *sa, uint32_t protocol);

#endif
