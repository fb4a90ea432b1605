/* SPDX-License-Identifier: MIT */
/*
 * The algorithms of IPsecOV2 as data: one const struct for each constant of the two name spaces, which overlap
 * numerically.  Everything that differs between algorithms is a member here.
 */
#ifndef OV2_REFERENCE_SUITE_H
#define OV2_REFERENCE_SUITE_H

#include "crypto.h"

#include <stdint.h>

enum suite_kind {
    SUITE_NULL, /* no encryption */
    SUITE_CBC,  /* encryption only */
    SUITE_GCM,  /* encryption and integrity (RFC 4106) */
    SUITE_GMAC, /* integrity only, with an IV of its own (RFC 4543) */
    SUITE_HMAC  /* integrity only */
};

#define SUITE_KEY_MAX  32u
#define SUITE_SALT_LEN 4u
#define SUITE_IV_MAX   16u

struct suite_algorithm {
    const char *name;
    uint32_t identifier; /* its one bit, NDIS constant */
    enum suite_kind kind;
    enum crypto_primitive primitive;
    uint8_t key_len;   /* without the salt */
    uint8_t salt_len;  /* behind the key, where the profile counts it as part of the key */
    uint8_t iv_len;    /* on the wire */
    uint8_t block_len; /* what the encrypted bytes are a multiple of */
    uint8_t icv_len;   /* on the wire, the default where it can be chosen */
};

/* suite_encryption, suite_authentication: the algorithm of that name space, NULL unless identifier is exactly one
 * defined bit. */
const struct suite_algorithm *suite_encryption(uint32_t identifier);
const struct suite_algorithm *suite_authentication(uint32_t identifier);

#endif
