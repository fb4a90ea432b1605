/* SPDX-License-Identifier: MIT */
/* AES-GCM of Windows' CNG for a driver that is wrong on purpose: see naive.h. */
#include "naive.h"

#include <string.h>

#include <windows.h>

#include <bcrypt.h>

#define NONCE_LEN 12

static int run(BCRYPT_KEY_HANDLE key, const struct naive_gcm *gcm, uint8_t *text, uint32_t len, uint8_t tag[16])
{
    BCRYPT_AUTHENTICATED_CIPHER_MODE_INFO info;
    ULONG done;

    BCRYPT_INIT_AUTH_MODE_INFO(info);
    info.pbNonce = (PUCHAR)gcm->nonce;
    info.cbNonce = NONCE_LEN;
    info.pbAuthData = (PUCHAR)gcm->aad;
    info.cbAuthData = gcm->aad_len;
    info.pbTag = tag;
    info.cbTag = 16;
    return BCryptEncrypt(key, text, len, &info, NULL, 0, text, len, &done, 0) == 0;
}

/* CNG takes no ICV of 8 bytes.  But to encrypt is to decrypt, and what is encrypted has a whole tag.  One of no bytes
 * fits as little as it does with OpenSSL. */
int naive_gcm(const struct naive_gcm *gcm, uint8_t *text, uint32_t len, int encrypt)
{
    BCRYPT_ALG_HANDLE aes;
    BCRYPT_KEY_HANDLE key;
    uint8_t tag[16];
    uint8_t other[16];
    int good;

    BCryptOpenAlgorithmProvider(&aes, BCRYPT_AES_ALGORITHM, NULL, 0);
    BCryptSetProperty(aes, BCRYPT_CHAINING_MODE, (PUCHAR)BCRYPT_CHAIN_MODE_GCM, sizeof BCRYPT_CHAIN_MODE_GCM, 0);
    BCryptGenerateSymmetricKey(aes, &key, NULL, 0, (PUCHAR)gcm->key, gcm->key_len, 0);
    good = run(key, gcm, text, len, tag);
    if (encrypt) {
        memcpy(text + len, tag, gcm->icv_len);
    } else {
        good = good && run(key, gcm, text, len, tag) && run(key, gcm, text, len, other) && gcm->icv_len > 0 &&
               gcm->icv_len <= sizeof tag && memcmp(tag, text + len, gcm->icv_len) == 0;
    }
    BCryptDestroyKey(key);
    BCryptCloseAlgorithmProvider(aes, 0);
    return good;
}
