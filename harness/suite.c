/* SPDX-License-Identifier: MIT */
/* The suites that the interface can express.  Lengths: RFC 2403, 2404, 2405, 2410, 2451, 3602, 4106, 4543, 4868. */
#include "suite.h"

#include <ov2/ndis_ipsec.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Short for the columns below; the interface's own names are in ndis_ipsec.h. */
enum {
    NONE = 0,
    MD5 = IPSEC_OFFLOAD_V2_AUTHENTICATION_MD5,
    SHA1 = IPSEC_OFFLOAD_V2_AUTHENTICATION_SHA_1,
    SHA256 = IPSEC_OFFLOAD_V2_AUTHENTICATION_SHA_256,
    GMAC_128 = IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_128,
    GMAC_192 = IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_192,
    GMAC_256 = IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_256,
    NULL_ENC = IPSEC_OFFLOAD_V2_ENCRYPTION_NONE,
    DES = IPSEC_OFFLOAD_V2_ENCRYPTION_DES_CBC,
    DES3 = IPSEC_OFFLOAD_V2_ENCRYPTION_3_DES_CBC,
    GCM_128 = IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_128,
    GCM_192 = IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_192,
    GCM_256 = IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_256,
    CBC_128 = IPSEC_OFFLOAD_V2_ENCRYPTION_AES_CBC_128,
    CBC_192 = IPSEC_OFFLOAD_V2_ENCRYPTION_AES_CBC_192,
    CBC_256 = IPSEC_OFFLOAD_V2_ENCRYPTION_AES_CBC_256,
};

/* ESP: name, enc, auth, enc_key, auth_key, salt, iv, block, icv.  The last six protect nothing against change: RFC 4303
 * allows encryption alone and forbids "null" alone, so they are for negative cases. */
static const struct suite esp_suites[] = {
    {"aes-gcm-128", GCM_128, NONE, 16, 0, 4, 8, 4, 16},
    {"aes-gcm-192", GCM_192, NONE, 24, 0, 4, 8, 4, 16},
    {"aes-gcm-256", GCM_256, NONE, 32, 0, 4, 8, 4, 16},
    {"null+md5", NULL_ENC, MD5, 0, 16, 0, 0, 4, 12},
    {"null+sha1", NULL_ENC, SHA1, 0, 20, 0, 0, 4, 12},
    {"null+sha256", NULL_ENC, SHA256, 0, 32, 0, 0, 4, 16},
    {"null+gmac-128", NULL_ENC, GMAC_128, 0, 16, 4, 8, 4, 16},
    {"null+gmac-192", NULL_ENC, GMAC_192, 0, 24, 4, 8, 4, 16},
    {"null+gmac-256", NULL_ENC, GMAC_256, 0, 32, 4, 8, 4, 16},
    {"des-cbc+md5", DES, MD5, 8, 16, 0, 8, 8, 12},
    {"des-cbc+sha1", DES, SHA1, 8, 20, 0, 8, 8, 12},
    {"des-cbc+sha256", DES, SHA256, 8, 32, 0, 8, 8, 16},
    {"3des-cbc+md5", DES3, MD5, 24, 16, 0, 8, 8, 12},
    {"3des-cbc+sha1", DES3, SHA1, 24, 20, 0, 8, 8, 12},
    {"3des-cbc+sha256", DES3, SHA256, 24, 32, 0, 8, 8, 16},
    {"aes-cbc-128+md5", CBC_128, MD5, 16, 16, 0, 16, 16, 12},
    {"aes-cbc-128+sha1", CBC_128, SHA1, 16, 20, 0, 16, 16, 12},
    {"aes-cbc-128+sha256", CBC_128, SHA256, 16, 32, 0, 16, 16, 16},
    {"aes-cbc-192+md5", CBC_192, MD5, 24, 16, 0, 16, 16, 12},
    {"aes-cbc-192+sha1", CBC_192, SHA1, 24, 20, 0, 16, 16, 12},
    {"aes-cbc-192+sha256", CBC_192, SHA256, 24, 32, 0, 16, 16, 16},
    {"aes-cbc-256+md5", CBC_256, MD5, 32, 16, 0, 16, 16, 12},
    {"aes-cbc-256+sha1", CBC_256, SHA1, 32, 20, 0, 16, 16, 12},
    {"aes-cbc-256+sha256", CBC_256, SHA256, 32, 32, 0, 16, 16, 16},
    {"des-cbc", DES, NONE, 8, 0, 0, 8, 8, 0},
    {"3des-cbc", DES3, NONE, 24, 0, 0, 8, 8, 0},
    {"aes-cbc-128", CBC_128, NONE, 16, 0, 0, 16, 16, 0},
    {"aes-cbc-192", CBC_192, NONE, 24, 0, 0, 16, 16, 0},
    {"aes-cbc-256", CBC_256, NONE, 32, 0, 0, 16, 16, 0},
    {"null", NULL_ENC, NONE, 0, 0, 0, 0, 4, 0},
};

/* AH, in the same columns.  AH has no trailer, so block is not used; the IV of GMAC stands before the ICV inside the AH
 * (RFC 4543 4). */
static const struct suite ah_suites[] = {
    {"ah-md5", NONE, MD5, 0, 16, 0, 0, 4, 12},           /* RFC 2403 */
    {"ah-sha1", NONE, SHA1, 0, 20, 0, 0, 4, 12},         /* RFC 2404 */
    {"ah-sha256", NONE, SHA256, 0, 32, 0, 0, 4, 16},     /* RFC 4868 */
    {"ah-gmac-128", NONE, GMAC_128, 0, 16, 4, 8, 4, 16}, /* RFC 4543 */
    {"ah-gmac-192", NONE, GMAC_192, 0, 24, 4, 8, 4, 16}, /* RFC 4543 */
    {"ah-gmac-256", NONE, GMAC_256, 0, 32, 4, 8, 4, 16}, /* RFC 4543 */
};

const struct suite *suite_esp(uint32_t index)
{
    return index < COUNT_OF(esp_suites) ? &esp_suites[index] : NULL;
}

const struct suite *suite_ah(uint32_t index)
{
    return index < COUNT_OF(ah_suites) ? &ah_suites[index] : NULL;
}
