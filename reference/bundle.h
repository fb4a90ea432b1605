/* SPDX-License-Identifier: MIT */
/*
 * Checking one ADD element (S-ADD, S-EX, S-SA, S-ALG): which bundle it describes, whether the device does that, and
 * where its keys are.
 */
#ifndef OV2_REFERENCE_BUNDLE_H
#define OV2_REFERENCE_BUNDLE_H

#include "nic.h"

#include <stdint.h>

/* What ADD_SA and ADD_SA_EX have in common, copied from the caller, and the caller's key area. */
struct bundle_request {
    uint32_t NumExtHdrs;
    uint32_t Flags;
    union ipsec_offload_v2_endpoints Endpoints;
    uint32_t UdpEspEncapsulation;
    struct ipsec_offload_v2_security_association SecAssoc[IPSEC_OFFLOAD_V2_MAX_EXTENSION_HEADERS];
    const uint8_t *keys; /* key_len readable bytes */
    uint32_t key_len;
    uint32_t key_base; /* what KeyOffsetBytes says for the first of them */
};

/* bundle_check: fills *model, ready for sa_insert(); it holds keys, so wipe it.  SUCCESS, or the status for bad content
 * (A-07). */
uint32_t bundle_check(struct sa *model, const struct ov2_device *nic, const struct bundle_request *request);

#endif
