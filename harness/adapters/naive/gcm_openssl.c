/* SPDX-License-Identifier: MIT */
/* AES-GCM of OpenSSL for a driver that is wrong on purpose: see naive.h. */
#include "naive.h"

#include <openssl/evp.h>

int naive_gcm(const struct naive_gcm *gcm, uint8_t *text, uint32_t len, int encrypt)
{
    const EVP_CIPHER *cipher = gcm->key_len == 32   ? EVP_aes_256_gcm()
                               : gcm->key_len == 24 ? EVP_aes_192_gcm()
                                                    : EVP_aes_128_gcm();
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int done;
    int good;

    EVP_CipherInit_ex(context, cipher, NULL, gcm->key, gcm->nonce, encrypt);
    if (!encrypt) {
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, (int)gcm->icv_len, text + len);
    }
    EVP_CipherUpdate(context, NULL, &done, gcm->aad, (int)gcm->aad_len);
    EVP_CipherUpdate(context, text, &done, text, (int)len);
    good = EVP_CipherFinal_ex(context, text + len, &done) > 0;
    if (encrypt) {
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, (int)gcm->icv_len, text + len);
    }
    EVP_CIPHER_CTX_free(context);
    return good;
}
