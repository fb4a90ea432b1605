/* SPDX-License-Identifier: MIT */
/*
 * crypto.h over OpenSSL 3.  An algorithm is fetched once for the process, because an implicit fetch for every context
 * costs more than a small packet; a context then gets its key once.
 */
#include "crypto.h"

#include "bytes.h"

#include <assert.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

struct crypto {
    EVP_CIPHER_CTX *cipher;
    EVP_MAC_CTX *mac;
    bool encrypt;
};

/* What OpenSSL calls a primitive: a cipher's name, or the digest under an HMAC. */
struct recipe {
    const char *cipher;
    const char *digest;
    uint8_t key_len;
};

/* Single DES lives in OpenSSL's legacy module, which need not be installed; EDE with three equal keys is the same
 * function. */
static const struct recipe RECIPES[PRIMITIVE_COUNT] = {
    [PRIMITIVE_DES_CBC] = {"DES-EDE3-CBC", NULL, 8},
    [PRIMITIVE_3DES_CBC] = {"DES-EDE3-CBC", NULL, 24},
    [PRIMITIVE_AES_128_CBC] = {"AES-128-CBC", NULL, 16},
    [PRIMITIVE_AES_192_CBC] = {"AES-192-CBC", NULL, 24},
    [PRIMITIVE_AES_256_CBC] = {"AES-256-CBC", NULL, 32},
    [PRIMITIVE_AES_128_GCM] = {"AES-128-GCM", NULL, 16},
    [PRIMITIVE_AES_192_GCM] = {"AES-192-GCM", NULL, 24},
    [PRIMITIVE_AES_256_GCM] = {"AES-256-GCM", NULL, 32},
    [PRIMITIVE_HMAC_MD5] = {NULL, "MD5", 16},
    [PRIMITIVE_HMAC_SHA1] = {NULL, "SHA1", 20},
    [PRIMITIVE_HMAC_SHA256] = {NULL, "SHA2-256", 32},
};

static pthread_mutex_t fetch_lock = PTHREAD_MUTEX_INITIALIZER;
static EVP_CIPHER *fetched_ciphers[PRIMITIVE_COUNT];
static EVP_MAC *fetched_hmac;

static EVP_CIPHER *fetch_cipher(enum crypto_primitive primitive)
{
    pthread_mutex_lock(&fetch_lock);
    if (fetched_ciphers[primitive] == NULL)
        fetched_ciphers[primitive] = EVP_CIPHER_fetch(NULL, RECIPES[primitive].cipher, NULL);
    EVP_CIPHER *cipher = fetched_ciphers[primitive];
    pthread_mutex_unlock(&fetch_lock);
    return cipher;
}

static EVP_MAC *fetch_hmac(void)
{
    pthread_mutex_lock(&fetch_lock);
    if (fetched_hmac == NULL)
        fetched_hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC *hmac = fetched_hmac;
    pthread_mutex_unlock(&fetch_lock);
    return hmac;
}

static bool open_cipher(struct crypto *crypto, enum crypto_primitive primitive, const uint8_t *key, bool encrypt)
{
    EVP_CIPHER *cipher = fetch_cipher(primitive);
    uint8_t ede[24];
    bool ok = false;

    if (primitive == PRIMITIVE_DES_CBC) {
        for (size_t i = 0; i < sizeof(ede); i += 8)
            memcpy(ede + i, key, 8);
        key = ede;
    }
    crypto->cipher = EVP_CIPHER_CTX_new();
    if (cipher != NULL && crypto->cipher != NULL)
        ok = EVP_CipherInit_ex2(crypto->cipher, cipher, key, NULL, encrypt, NULL) == 1;
    /* Only where there are blocks to pad: OpenSSL repeats the setting, at some cost, for every packet. */
    if (ok && EVP_CIPHER_get_block_size(cipher) > 1)
        ok = EVP_CIPHER_CTX_set_padding(crypto->cipher, 0) == 1;
    bytes_wipe(ede, sizeof(ede));
    return ok;
}

static bool open_mac(struct crypto *crypto, const struct recipe *recipe, const uint8_t *key)
{
    EVP_MAC *hmac = fetch_hmac();
    char digest[16];

    if (hmac == NULL)
        return false;
    crypto->mac = EVP_MAC_CTX_new(hmac);
    if (crypto->mac == NULL)
        return false;
    (void)snprintf(digest, sizeof(digest), "%s", recipe->digest);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                           OSSL_PARAM_construct_end()};
    return EVP_MAC_init(crypto->mac, key, recipe->key_len, params) == 1;
}

struct crypto *crypto_open(enum crypto_primitive primitive, const uint8_t *key, bool encrypt)
{
    assert(primitive > PRIMITIVE_NONE && primitive < PRIMITIVE_COUNT);
    const struct recipe *recipe = &RECIPES[primitive];
    struct crypto *crypto = calloc(1, sizeof(*crypto));
    bool ok = false;

    if (crypto == NULL)
        return NULL;
    crypto->encrypt = encrypt;
    if (recipe->cipher != NULL)
        ok = open_cipher(crypto, primitive, key, encrypt);
    else
        ok = open_mac(crypto, recipe, key);
    if (!ok) {
        crypto_close(crypto);
        crypto = NULL;
    }
    return crypto;
}

void crypto_close(struct crypto *crypto)
{
    if (crypto == NULL)
        return;
    EVP_CIPHER_CTX_free(crypto->cipher);
    EVP_MAC_CTX_free(crypto->mac);
    free(crypto);
}

/* begin_gcm: the key stays, the nonce is new; then the data that is only authenticated. */
static bool begin_gcm(struct crypto *crypto, const uint8_t *nonce, const struct crypto_piece *aad, size_t count)
{
    int n = 0;
    bool ok = EVP_CipherInit_ex2(crypto->cipher, NULL, NULL, nonce, -1, NULL) == 1;

    for (size_t i = 0; ok && i < count; i++)
        if (aad[i].len > 0)
            ok = EVP_CipherUpdate(crypto->cipher, NULL, &n, aad[i].data, (int)aad[i].len) == 1;
    return ok;
}

bool crypto_seal(struct crypto *crypto, uint8_t tag[CRYPTO_TAG_MAX], uint8_t *text, size_t len,
                 const uint8_t nonce[CRYPTO_NONCE_LEN], const struct crypto_piece *aad, size_t count)
{
    uint8_t none[16];
    int n = 0;

    assert(crypto->encrypt && len <= INT_MAX);
    if (!begin_gcm(crypto, nonce, aad, count))
        return false;
    if (len > 0 && EVP_EncryptUpdate(crypto->cipher, text, &n, text, (int)len) != 1)
        return false;
    OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, CRYPTO_TAG_MAX),
                           OSSL_PARAM_construct_end()};
    return EVP_EncryptFinal_ex(crypto->cipher, none, &n) == 1 && EVP_CIPHER_CTX_get_params(crypto->cipher, params) == 1;
}

bool crypto_unseal(struct crypto *crypto, uint8_t *text, size_t len, const uint8_t nonce[CRYPTO_NONCE_LEN],
                   const struct crypto_piece *aad, size_t count, const uint8_t *tag, size_t tag_len)
{
    uint8_t expected[CRYPTO_TAG_MAX], none[16];
    int n = 0;

    assert(len <= INT_MAX && tag_len <= sizeof(expected));
    memcpy(expected, tag, tag_len);
    if (!begin_gcm(crypto, nonce, aad, count))
        return false;
    if (len > 0 && EVP_DecryptUpdate(crypto->cipher, text, &n, text, (int)len) != 1)
        return false;
    OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, expected, tag_len),
                           OSSL_PARAM_construct_end()};
    return EVP_CIPHER_CTX_set_params(crypto->cipher, params) == 1 && EVP_DecryptFinal_ex(crypto->cipher, none, &n) == 1;
}

bool crypto_chain(struct crypto *crypto, uint8_t *text, size_t len, const uint8_t *iv)
{
    uint8_t none[16];
    int n = 0;

    assert(len <= INT_MAX);
    return EVP_CipherInit_ex2(crypto->cipher, NULL, NULL, iv, -1, NULL) == 1 &&
           EVP_CipherUpdate(crypto->cipher, text, &n, text, (int)len) == 1 &&
           EVP_CipherFinal_ex(crypto->cipher, none, &n) == 1;
}

bool crypto_digest(struct crypto *crypto, uint8_t digest[CRYPTO_DIGEST_MAX], const struct crypto_piece *pieces,
                   size_t count)
{
    size_t len = 0;
    bool ok = EVP_MAC_init(crypto->mac, NULL, 0, NULL) == 1;

    for (size_t i = 0; ok && i < count; i++)
        if (pieces[i].len > 0)
            ok = EVP_MAC_update(crypto->mac, pieces[i].data, pieces[i].len) == 1;
    return ok && EVP_MAC_final(crypto->mac, digest, &len, CRYPTO_DIGEST_MAX) == 1;
}

bool crypto_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}

void crypto_load(void)
{
    static const uint8_t key[32];

    for (int i = PRIMITIVE_NONE + 1; i < PRIMITIVE_COUNT; i++)
        crypto_close(crypto_open((enum crypto_primitive)i, key, true));
}

void crypto_unload(void)
{
    pthread_mutex_lock(&fetch_lock);
    for (size_t i = 0; i < PRIMITIVE_COUNT; i++) {
        EVP_CIPHER_free(fetched_ciphers[i]);
        fetched_ciphers[i] = NULL;
    }
    EVP_MAC_free(fetched_hmac);
    fetched_hmac = NULL;
    pthread_mutex_unlock(&fetch_lock);
}
