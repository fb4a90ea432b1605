/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the judgement share: bundle_header.c (writing a verdict, the header), bundle_read.c (an ADD element
 * taken apart), bundle.c (its contents).
 */
#ifndef BUNDLE_INTERNAL_H
#define BUNDLE_INTERNAL_H

#include "bundle.h"

/* ---- bundle_header.c ---- */

void bundle_verdict_init(struct bundle_verdict *verdict);

/* bundle_note: adds a finding; false if one that wins is there already.  The first of its kind stays. */
bool bundle_note(struct bundle_verdict *verdict, enum bundle_permit permit, const char *requirement,
                 const char *reason);

/* A point of part C that leaves a finding open, with the names that readings.toml gives to the two answers. */
struct bundle_point {
    const char *requirement;
    const char *reading;
    const char *when_accepted;
    const char *when_refused;
};
void bundle_note_point(struct bundle_verdict *verdict, const struct bundle_point *point, const char *reason);

/* bundle_header: bundle_judge_header() on top of what the verdict already says. */
bool bundle_header(struct bundle_verdict *verdict, const struct bundle_input *input, uint32_t fixed);

/* ---- bundle_read.c: nothing is judged there ---- */

/* The members of IPSEC_OFFLOAD_V2_ADD_SA or IPSEC_OFFLOAD_V2_ADD_SA_EX. */
struct bundle_element {
    const struct bundle_input *input;
    uint32_t ext; /* NumExtHdrs */
    uint32_t flags;
    uint32_t udp;
    bool has_handle; /* OffloadHandle is not NULL */
    uint8_t endpoints[32];
    struct ipsec_offload_v2_security_association sa[2];
    uint32_t sa_count; /* how many of them count: 0 if NumExtHdrs is neither 1 nor 2 */
    uint32_t key_at;   /* of the key area, from the start of the structure */
    uint32_t key_len;
    uint32_t switch_port; /* 0 for ADD_SA, like vlan */
    uint32_t vlan;
};

/* The key of one algorithm that is used. */
struct bundle_key {
    const struct ipsec_offload_v2_algorithm_info *info;
    uint32_t sa; /* index in bundle_element.sa */
    bool is_auth;
    uint32_t want; /* the length that fits the algorithm */
};
#define BUNDLE_KEYS 4u

/* The defined UDP-ESP types. */
#define BUNDLE_UDP                                                                                                     \
    (IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TRANSPORT | IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TUNNEL |                \
     IPSEC_OFFLOAD_V2_TRANSPORT_OVER_UDP_ESP_ENCAPSULATION_TUNNEL |                                                    \
     IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TRANSPORT_OVER_TUNNEL)

/* bundle_element_read: the fixed part of the structure must exist. */
void bundle_element_read(struct bundle_element *element, const struct bundle_input *input);

/* bundle_keys: the keys of the algorithms that are known, in the order ESP or AH as they stand, encryption first. */
uint32_t bundle_keys(struct bundle_key keys[BUNDLE_KEYS], const struct bundle_element *element);

/* bundle_key_at: where a key begins, from the start of the structure (EX_KEYBASE). */
uint64_t bundle_key_at(const struct bundle_element *element, const struct bundle_key *key);

/* bundle_key_bytes: the bytes of a key, NULL if they do not exist. */
const uint8_t *bundle_key_bytes(const struct bundle_element *element, const struct bundle_key *key);

/* bundle_fill: the bundle as the element says, as far as it makes sense. */
void bundle_fill(struct bundle *bundle, const struct bundle_element *element);

/* bundle_is_gcm, bundle_is_gmac: one of the AES_GCM values, in the name space of encryption or authentication. */
bool bundle_is_gcm(uint32_t encryption);
bool bundle_is_gmac(uint32_t authentication);

/* bundle_icv_len: what AdditionalInfo of AES-GCM means in this profile, in bytes; 0 means 16 and UINT32_MAX nothing. */
uint32_t bundle_icv_len(const struct bundle_element *element, uint32_t additional_info);

/* bundle_note_unsteady: of an element that changes while it is read only safety is judged. */
void bundle_note_unsteady(struct bundle_verdict *verdict, const struct bundle_input *input);

#endif
