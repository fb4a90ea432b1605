/* SPDX-License-Identifier: MIT */
/*
 * One SA bundle as the model sees it: read from the bytes of an ADD element, with the verdict that the requirements
 * permit on it.  The bytes are judged as they lie in memory, whatever way the line made them.
 */
#ifndef BUNDLE_H
#define BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profile.h"
#include "suite.h"

#define BUNDLE_KEY_MAX 64u

/* One operation of a bundle. */
struct bundle_layer {
    uint32_t operation; /* IPSEC_OFFLOAD_V2_OPERATION_*; 0: not there */
    uint32_t spi;       /* as a person reads it */
    uint32_t hi;        /* SequenceNumberHighOrder; the model keeps it current */
    bool esn;
    const struct suite *suite; /* NULL if the algorithms make no suite */
    uint32_t icv;              /* ICV length in the packet */
    uint32_t enc_key_len;      /* salt included, if the profile has it in the key */
    uint32_t auth_key_len;
    uint8_t enc_key[BUNDLE_KEY_MAX];
    uint8_t auth_key[BUNDLE_KEY_MAX];
};

struct bundle {
    bool inbound;
    bool ipv6;
    uint8_t src[16]; /* the first 4 for IPv4; zero is a wildcard */
    uint8_t dst[16];
    uint32_t udp;
    bool is_open;         /* BUNDLE_SAFE: if a device accepts it, what its packets look like is not known */
    uint32_t layer_count; /* 1 or 2; layers[0] is ESP where there is one */
    struct bundle_layer layers[2];
};

enum bundle_permit {
    BUNDLE_ACCEPT, /* must be accepted */
    BUNDLE_REJECT, /* must fail */
    BUNDLE_EITHER, /* accept it (and then it must work) or fail it: the documents leave it open */
    BUNDLE_SAFE,   /* only memory safety and consistency are judged; *bundle may be unusable */
};

/* The verdict, and which requirement is broken if the device does otherwise. */
struct bundle_verdict {
    enum bundle_permit permit;
    char requirement[16];      /* ACCEPT: broken by a refusal; REJECT: broken by acceptance; else what the row is */
    char reading[8];           /* EITHER: the point of part C it is about, "A-59", or empty */
    char reason[96];           /* "KeyOffsetBytes + KeyLength of the encryption key end behind the key area" */
    const char *when_accepted; /* EITHER with a reading: the name of the reading taken, as in readings.toml */
    const char *when_refused;
};

/* What the judgement may look at. */
struct bundle_input {
    const uint8_t *bytes; /* the element, as it lies in memory */
    uint32_t len;         /* how many bytes of it exist */
    uint32_t limit;       /* head: InformationBufferLength; others: UINT32_MAX */
    bool is_ex;
    bool is_head;
    bool is_unsteady; /* the bytes change while the device reads them */
    const struct profile *profile;
};

/* bundle_may_lack_oid: whether the device may not know this request at all. */
bool bundle_may_lack_oid(const struct bundle_input *input);

/* bundle_judge: reads and judges one ADD element.  Several defects: any REJECT wins over EITHER, EITHER over ACCEPT;
 * the first in the order header, counts, flags, operations, algorithms, keys names the requirement. */
void bundle_judge(struct bundle *bundle, struct bundle_verdict *verdict, const struct bundle_input *input);

/* bundle_judge_header: the header rules that all element structures share; fixed is NDIS_SIZEOF_..._REVISION_1.
 * Returns false if the rest of the element must not be looked at. */
bool bundle_judge_header(struct bundle_verdict *verdict, const struct bundle_input *input, uint32_t fixed);

/* bundle_spi: the SPI of the outermost header, by which a receiver looks for the SA: of AH where there is one. */
uint32_t bundle_spi(const struct bundle *bundle);

/* What tells whether one bundle is a duplicate of another, in little room. */
struct bundle_selectors {
    uint64_t hash;      /* of direction, family and addresses */
    uint32_t spis[2];   /* of the layers */
    uint32_t spi_count; /* 0: of no bundle */
};
struct bundle_selectors bundle_selectors(const struct bundle *bundle);

/* bundle_meets: direction, family, SPI of a layer and addresses are equal; bundle_same_selectors: the same. */
bool bundle_meets(const struct bundle_selectors *a, const struct bundle_selectors *b);
bool bundle_same_selectors(const struct bundle *a, const struct bundle *b);

#endif
