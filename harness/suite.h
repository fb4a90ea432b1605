/* SPDX-License-Identifier: MIT */
/*
 * The algorithm suites of IPsecOV2, as data: what the stack has to know to frame a packet.  No cryptography.
 */
#ifndef SUITE_H
#define SUITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One ESP or AH suite.  Lengths are bytes. */
struct suite {
    const char *name;  /* "aes-gcm-128", "aes-cbc-128+sha1", "null+gmac-128", "ah-sha1" */
    uint32_t enc;      /* IPSEC_OFFLOAD_V2_ENCRYPTION_*; 0 for AH */
    uint32_t auth;     /* IPSEC_OFFLOAD_V2_AUTHENTICATION_*; 0 for AES-GCM */
    uint32_t enc_key;  /* length of the cipher's key, without a salt */
    uint32_t auth_key; /* length of the MAC's key, without a salt */
    uint32_t salt;     /* 4 for AES-GCM and AES-GMAC, behind the key that uses it when GCM_KEY=key+salt */
    uint32_t iv;       /* explicit IV in the packet: 0, 8, 16 */
    uint32_t block;    /* what payload + pad + 2 is a multiple of: 4, 8, 16 */
    uint32_t icv;      /* length of the ICV in the packet, the default one for AES-GCM */
};

#define SUITE_NONE UINT32_MAX

/* suite_esp, suite_ah: the suite at an index, NULL behind the last. */
const struct suite *suite_esp(uint32_t index);
const struct suite *suite_ah(uint32_t index);

#endif
