/* SPDX-License-Identifier: MIT */
/*
 * What a device declares and reports: the words of its open line and its capability report.  The choices the documents
 * leave open are made once, by the device, and the model then holds it to them (requirements.md, "Profile").
 */
#ifndef PROFILE_H
#define PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ov2/ndis_ipsec.h"
#include "trace.h"

#define PROFILE_NO_KEYWORD UINT32_MAX

/* What a device can do with large packets of one kind (LsoV1, LsoV2). */
struct profile_large {
    uint32_t most;    /* MaxOffLoadSize: bytes of TCP payload; 0: nothing */
    uint32_t least;   /* MinSegmentCount */
    uint32_t options; /* as they lie in NDIS_OFFLOAD */
};
#define PROFILE_LARGE_V1      0
#define PROFILE_LARGE_V2_IPV4 1
#define PROFILE_LARGE_V2_IPV6 2
#define PROFILE_LARGE         3

struct profile {
    /* The choices; the first value named is the default. */
    bool key_without_salt; /* GCM_KEY = key+salt | key */
    bool icv_in_bits;      /* ICV_UNIT = bytes | bits */
    bool iv_by_stack;      /* IV_BY = nic | stack */
    bool icv_appended;     /* ICV_SPACE = in_nb | appended */
    bool spi_host_order;   /* SPI_ORDER = network | host */
    bool key_base_struct;  /* EX_KEYBASE = keyarea | struct */
    bool update_linked;    /* UPDATE_LAYOUT = header | linked */
    bool no_add_on_630;    /* ADD_ON_630 = yes | no */
    bool esn_infer;        /* ESN_RX = update_only | infer */
    uint32_t strip;        /* RX_STRIP = none | trailer | all: 0, 1, 2 */
    /* The host's own words. */
    uint32_t system_ndis;  /* system_ndis=6.85: major << 16 | minor */
    uint32_t media_header; /* media=14 | 18 */
    bool no_bring_up;      /* bring_up=no: without OID_OFFLOAD_ENCAPSULATION */
    /* The registry keywords *IPsecOffloadV2 and *IPsecOffloadV2IPv4, or PROFILE_NO_KEYWORD. */
    uint32_t keyword;
    uint32_t keyword_ipv4;
    /* What the device registered. */
    uint32_t ndis_version;
    uint32_t offload_revision;
    uint32_t characteristics; /* the revision of NDIS_MINIPORT_DRIVER_CHARACTERISTICS */
    uint32_t handlers;        /* OV2_HANDLES_* */
    uint32_t offload_flags;   /* IPSEC_OFFLOAD_V2_AND_*_COEXISTENCE */
    bool offers_ipsec;        /* an NDIS_OFFLOAD with room for IPsecV2, and ESP or AH in it */
    struct ndis_ipsec_offload_v2 caps;
    struct profile_large large[PROFILE_LARGE];
};

/* profile_read: fills the choices from an open line.  False: error holds one sentence about the word that is wrong. */
bool profile_read(struct profile *profile, char *error, size_t size, const struct trace_line *line);

/* profile_is_host_word: whether a word of an open line is meant for the host alone (system_ndis=, media=, bring_up=).
 */
bool profile_is_host_word(const struct trace_word *word);

#endif
