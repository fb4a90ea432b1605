/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include "ov2/ndis_ipsec.h"

#include <stddef.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* name, identifier, kind, primitive, key, salt, IV, block, ICV: RFC 2405, 2410, 2451, 3602, 4106. */
static const struct suite_algorithm ENCRYPTION[] = {
    {"null", IPSEC_OFFLOAD_V2_ENCRYPTION_NONE, SUITE_NULL, PRIMITIVE_NONE, 0, 0, 0, 1, 0},
    {"des-cbc", IPSEC_OFFLOAD_V2_ENCRYPTION_DES_CBC, SUITE_CBC, PRIMITIVE_DES_CBC, 8, 0, 8, 8, 0},
    {"3des-cbc", IPSEC_OFFLOAD_V2_ENCRYPTION_3_DES_CBC, SUITE_CBC, PRIMITIVE_3DES_CBC, 24, 0, 8, 8, 0},
    {"aes-gcm-128", IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_128, SUITE_GCM, PRIMITIVE_AES_128_GCM, 16, 4, 8, 1, 16},
    {"aes-gcm-192", IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_192, SUITE_GCM, PRIMITIVE_AES_192_GCM, 24, 4, 8, 1, 16},
    {"aes-gcm-256", IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_256, SUITE_GCM, PRIMITIVE_AES_256_GCM, 32, 4, 8, 1, 16},
    {"aes-cbc-128", IPSEC_OFFLOAD_V2_ENCRYPTION_AES_CBC_128, SUITE_CBC, PRIMITIVE_AES_128_CBC, 16, 0, 16, 16, 0},
    {"aes-cbc-192", IPSEC_OFFLOAD_V2_ENCRYPTION_AES_CBC_192, SUITE_CBC, PRIMITIVE_AES_192_CBC, 24, 0, 16, 16, 0},
    {"aes-cbc-256", IPSEC_OFFLOAD_V2_ENCRYPTION_AES_CBC_256, SUITE_CBC, PRIMITIVE_AES_256_CBC, 32, 0, 16, 16, 0},
};

/* RFC 2403, 2404, 4868, 4543. */
static const struct suite_algorithm AUTHENTICATION[] = {
    {"hmac-md5-96", IPSEC_OFFLOAD_V2_AUTHENTICATION_MD5, SUITE_HMAC, PRIMITIVE_HMAC_MD5, 16, 0, 0, 1, 12},
    {"hmac-sha1-96", IPSEC_OFFLOAD_V2_AUTHENTICATION_SHA_1, SUITE_HMAC, PRIMITIVE_HMAC_SHA1, 20, 0, 0, 1, 12},
    {"hmac-sha256-128", IPSEC_OFFLOAD_V2_AUTHENTICATION_SHA_256, SUITE_HMAC, PRIMITIVE_HMAC_SHA256, 32, 0, 0, 1, 16},
    {"aes-gmac-128", IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_128, SUITE_GMAC, PRIMITIVE_AES_128_GCM, 16, 4, 8, 1, 16},
    {"aes-gmac-192", IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_192, SUITE_GMAC, PRIMITIVE_AES_192_GCM, 24, 4, 8, 1, 16},
    {"aes-gmac-256", IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_256, SUITE_GMAC, PRIMITIVE_AES_256_GCM, 32, 4, 8, 1, 16},
};

static const struct suite_algorithm *find(const struct suite_algorithm *table, size_t count, uint32_t identifier)
{
    for (size_t i = 0; i < count; i++)
        if (table[i].identifier == identifier)
            return &table[i];
    return NULL;
}

const struct suite_algorithm *suite_encryption(uint32_t identifier)
{
    return find(ENCRYPTION, COUNT(ENCRYPTION), identifier);
}

const struct suite_algorithm *suite_authentication(uint32_t identifier)
{
    return find(AUTHENTICATION, COUNT(AUTHENTICATION), identifier);
}
