/* SPDX-License-Identifier: MIT */
/* crypto.h over Windows' CNG (bcrypt.dll).  It authenticates one buffer, so that pieces are gathered first. */
#include "crypto.h"

#include "bytes.h"
#include "gcm_cng.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include <bcrypt.h>

#define BLOCK_MAX     16u
#define CNG_TAG_LEAST 12u /* bytes of a tag that its GCM takes */

struct crypto {
    BCRYPT_KEY_HANDLE key;
    BCRYPT_KEY_HANDLE single; /* GCM: the same key, for single blocks */
    bool has_gcm;             /* CNG has GCM for a key of this length */
    BCRYPT_ALG_HANDLE hmac;
    uint8_t secret[CRYPTO_DIGEST_MAX]; /* of the HMAC */
    ULONG secret_len;
    bool encrypt;
};

/* What CNG calls a primitive: a cipher with its way to chain, or the digest under an HMAC. */
struct recipe {
    const wchar_t *algorithm;
    const wchar_t *chaining; /* NULL: an HMAC */
    uint8_t key_len;
};

/* EDE with three equal keys is single DES, which need not be there. */
static const struct recipe RECIPES[PRIMITIVE_COUNT] = {
    [PRIMITIVE_DES_CBC] = {BCRYPT_3DES_ALGORITHM, BCRYPT_CHAIN_MODE_CBC, 8},
    [PRIMITIVE_3DES_CBC] = {BCRYPT_3DES_ALGORITHM, BCRYPT_CHAIN_MODE_CBC, 24},
    [PRIMITIVE_AES_128_CBC] = {BCRYPT_AES_ALGORITHM, BCRYPT_CHAIN_MODE_CBC, 16},
    [PRIMITIVE_AES_192_CBC] = {BCRYPT_AES_ALGORITHM, BCRYPT_CHAIN_MODE_CBC, 24},
    [PRIMITIVE_AES_256_CBC] = {BCRYPT_AES_ALGORITHM, BCRYPT_CHAIN_MODE_CBC, 32},
    [PRIMITIVE_AES_128_GCM] = {BCRYPT_AES_ALGORITHM, BCRYPT_CHAIN_MODE_GCM, 16},
    [PRIMITIVE_AES_192_GCM] = {BCRYPT_AES_ALGORITHM, BCRYPT_CHAIN_MODE_GCM, 24},
    [PRIMITIVE_AES_256_GCM] = {BCRYPT_AES_ALGORITHM, BCRYPT_CHAIN_MODE_GCM, 32},
    [PRIMITIVE_HMAC_MD5] = {BCRYPT_MD5_ALGORITHM, NULL, 16},
    [PRIMITIVE_HMAC_SHA1] = {BCRYPT_SHA1_ALGORITHM, NULL, 20},
    [PRIMITIVE_HMAC_SHA256] = {BCRYPT_SHA256_ALGORITHM, NULL, 32},
};

/* Providers are opened once for the process; which of two threads comes first does not matter. */
static BCRYPT_ALG_HANDLE providers[PRIMITIVE_COUNT];

static PUCHAR bytes_of(const void *data)
{
    return (PUCHAR)(uintptr_t)data; /* CNG's input is not const */
}

static bool provide(BCRYPT_ALG_HANDLE *out, const struct recipe *recipe)
{
    ULONG flags = recipe->chaining == NULL ? BCRYPT_ALG_HANDLE_HMAC_FLAG : 0;
    BCRYPT_ALG_HANDLE provider;

    if (BCryptOpenAlgorithmProvider(&provider, recipe->algorithm, NULL, flags) != 0)
        return false;
    if (recipe->chaining != NULL &&
        BCryptSetProperty(provider, BCRYPT_CHAINING_MODE, bytes_of(recipe->chaining),
                          (ULONG)((wcslen(recipe->chaining) + 1) * sizeof(wchar_t)), 0) != 0) {
        BCryptCloseAlgorithmProvider(provider, 0);
        return false;
    }
    *out = provider;
    return true;
}

static BCRYPT_ALG_HANDLE provider_of(enum crypto_primitive primitive)
{
    BCRYPT_ALG_HANDLE fresh = NULL;
    BCRYPT_ALG_HANDLE before = InterlockedCompareExchangePointer(&providers[primitive], NULL, NULL);

    if (before != NULL || !provide(&fresh, &RECIPES[primitive]))
        return before;
    before = InterlockedCompareExchangePointer(&providers[primitive], fresh, NULL);
    if (before == NULL)
        return fresh;
    BCryptCloseAlgorithmProvider(fresh, 0);
    return before;
}

static bool run_block(void *context, uint8_t block[BLOCK_MAX])
{
    struct crypto *crypto = context;
    ULONG done = 0;

    return BCryptEncrypt(crypto->single, block, BLOCK_MAX, NULL, NULL, 0, block, BLOCK_MAX, &done, 0) == 0;
}

/* gather: the pieces as one, to be freed; NULL: no memory. */
static uint8_t *gather(ULONG *len, const struct crypto_piece *pieces, size_t count)
{
    size_t total = 0;
    uint8_t *all;

    for (size_t i = 0; i < count; i++)
        total += pieces[i].len;
    all = malloc(total + 1);
    *len = (ULONG)total;
    total = 0;
    for (size_t i = 0; all != NULL && i < count; i++) {
        if (pieces[i].len > 0)
            memcpy(all + total, pieces[i].data, pieces[i].len);
        total += pieces[i].len;
    }
    return all;
}

/* run_blocks: as run_gcm(), where CNG cannot. */
static bool run_blocks(struct crypto *crypto, uint8_t *text, size_t len, const uint8_t *nonce,
                       const struct crypto_piece *aad, uint8_t *tag, size_t tag_len)
{
    uint8_t made[CRYPTO_TAG_MAX];

    if (!gcm_run(made, text, len, nonce, aad, crypto->encrypt, run_block, crypto))
        return false;
    if (!crypto->encrypt)
        return crypto_equal(made, tag, tag_len);
    memcpy(tag, made, tag_len);
    return true;
}

static bool run_gcm(struct crypto *crypto, uint8_t *text, size_t len, const uint8_t *nonce,
                    const struct crypto_piece *aad, size_t count, uint8_t *tag, size_t tag_len)
{
    BCRYPT_AUTHENTICATED_CIPHER_MODE_INFO info;
    uint8_t none[BLOCK_MAX];
    ULONG aad_len;
    ULONG done = 0;
    NTSTATUS status;
    uint8_t *whole = gather(&aad_len, aad, count);
    bool ok;

    if (whole == NULL)
        return false;
    if (!crypto->has_gcm || tag_len < CNG_TAG_LEAST) {
        ok = run_blocks(crypto, text, len, nonce, &(struct crypto_piece){whole, aad_len}, tag, tag_len);
        free(whole);
        return ok;
    }
    if (len == 0)
        text = none;
    BCRYPT_INIT_AUTH_MODE_INFO(info);
    info.pbNonce = bytes_of(nonce);
    info.cbNonce = CRYPTO_NONCE_LEN;
    info.pbAuthData = whole;
    info.cbAuthData = aad_len;
    info.pbTag = tag;
    info.cbTag = (ULONG)tag_len;
    if (crypto->encrypt)
        status = BCryptEncrypt(crypto->key, text, (ULONG)len, &info, NULL, 0, text, (ULONG)len, &done, 0);
    else
        status = BCryptDecrypt(crypto->key, text, (ULONG)len, &info, NULL, 0, text, (ULONG)len, &done, 0);
    free(whole);
    return status == 0;
}

/* can_gcm: wine has no GCM for keys of 192 bits, which shows only when it is used. */
static bool can_gcm(const struct crypto *crypto)
{
    struct crypto sealer = {.key = crypto->key, .has_gcm = true, .encrypt = true};
    uint8_t nonce[CRYPTO_NONCE_LEN] = {0};
    uint8_t tag[CRYPTO_TAG_MAX];

    return run_gcm(&sealer, NULL, 0, nonce, NULL, 0, tag, sizeof(tag));
}

static bool open_single(struct crypto *crypto, const uint8_t *key, ULONG len)
{
    static const struct recipe single = {BCRYPT_AES_ALGORITHM, BCRYPT_CHAIN_MODE_ECB, 0};
    BCRYPT_ALG_HANDLE provider;

    if (!provide(&provider, &single))
        return false;
    if (BCryptGenerateSymmetricKey(provider, &crypto->single, NULL, 0, bytes_of(key), len, 0) != 0)
        crypto->single = NULL;
    BCryptCloseAlgorithmProvider(provider, 0);
    return crypto->single != NULL;
}

static bool open_cipher(struct crypto *crypto, enum crypto_primitive primitive, const uint8_t *key)
{
    BCRYPT_ALG_HANDLE provider = provider_of(primitive);
    ULONG len = RECIPES[primitive].key_len;
    uint8_t ede[24];
    bool ok;

    if (primitive == PRIMITIVE_DES_CBC) {
        for (size_t i = 0; i < sizeof(ede); i += 8)
            memcpy(ede + i, key, 8);
        key = ede;
        len = sizeof(ede);
    }
    ok = provider != NULL && BCryptGenerateSymmetricKey(provider, &crypto->key, NULL, 0, bytes_of(key), len, 0) == 0;
    if (ok && wcscmp(RECIPES[primitive].chaining, BCRYPT_CHAIN_MODE_GCM) == 0) {
        crypto->has_gcm = primitive != PRIMITIVE_AES_192_GCM || can_gcm(crypto);
        ok = open_single(crypto, key, len);
    }
    bytes_wipe(ede, sizeof(ede));
    return ok;
}

struct crypto *crypto_open(enum crypto_primitive primitive, const uint8_t *key, bool encrypt)
{
    assert(primitive > PRIMITIVE_NONE && primitive < PRIMITIVE_COUNT);
    struct crypto *crypto = calloc(1, sizeof(*crypto));
    bool ok = false;

    if (crypto == NULL)
        return NULL;
    crypto->encrypt = encrypt;
    if (RECIPES[primitive].chaining != NULL) {
        ok = open_cipher(crypto, primitive, key);
    } else {
        crypto->hmac = provider_of(primitive);
        crypto->secret_len = RECIPES[primitive].key_len;
        memcpy(crypto->secret, key, crypto->secret_len);
        ok = crypto->hmac != NULL;
    }
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
    if (crypto->key != NULL)
        BCryptDestroyKey(crypto->key);
    if (crypto->single != NULL)
        BCryptDestroyKey(crypto->single);
    bytes_wipe(crypto->secret, sizeof(crypto->secret));
    free(crypto);
}

bool crypto_seal(struct crypto *crypto, uint8_t tag[CRYPTO_TAG_MAX], uint8_t *text, size_t len,
                 const uint8_t nonce[CRYPTO_NONCE_LEN], const struct crypto_piece *aad, size_t count)
{
    assert(crypto->encrypt);
    return run_gcm(crypto, text, len, nonce, aad, count, tag, CRYPTO_TAG_MAX);
}

bool crypto_unseal(struct crypto *crypto, uint8_t *text, size_t len, const uint8_t nonce[CRYPTO_NONCE_LEN],
                   const struct crypto_piece *aad, size_t count, const uint8_t *tag, size_t tag_len)
{
    uint8_t expected[CRYPTO_TAG_MAX];

    assert(tag_len <= sizeof(expected));
    memcpy(expected, tag, tag_len);
    return run_gcm(crypto, text, len, nonce, aad, count, expected, tag_len);
}

bool crypto_chain(struct crypto *crypto, uint8_t *text, size_t len, const uint8_t *iv)
{
    uint8_t changing[BLOCK_MAX] = {0}; /* CNG writes the next IV over it */
    BCRYPT_KEY_HANDLE fresh;           /* wine's goes on where it was if an IV comes twice */
    ULONG block = 0;
    ULONG done = 0;
    bool ok;

    if (BCryptGetProperty(crypto->key, BCRYPT_BLOCK_LENGTH, (PUCHAR)&block, sizeof(block), &done, 0) != 0 ||
        block > sizeof(changing) || BCryptDuplicateKey(crypto->key, &fresh, NULL, 0, 0) != 0)
        return false;
    memcpy(changing, iv, block);
    if (crypto->encrypt)
        ok = BCryptEncrypt(fresh, text, (ULONG)len, NULL, changing, block, text, (ULONG)len, &done, 0) == 0;
    else
        ok = BCryptDecrypt(fresh, text, (ULONG)len, NULL, changing, block, text, (ULONG)len, &done, 0) == 0;
    BCryptDestroyKey(fresh);
    return ok;
}

bool crypto_digest(struct crypto *crypto, uint8_t digest[CRYPTO_DIGEST_MAX], const struct crypto_piece *pieces,
                   size_t count)
{
    BCRYPT_HASH_HANDLE hash;
    ULONG len = 0;
    ULONG done = 0;
    bool ok;

    if (BCryptGetProperty(crypto->hmac, BCRYPT_HASH_LENGTH, (PUCHAR)&len, sizeof(len), &done, 0) != 0 ||
        BCryptCreateHash(crypto->hmac, &hash, NULL, 0, crypto->secret, crypto->secret_len, 0) != 0)
        return false;
    ok = len <= CRYPTO_DIGEST_MAX;
    for (size_t i = 0; ok && i < count; i++)
        if (pieces[i].len > 0)
            ok = BCryptHashData(hash, bytes_of(pieces[i].data), (ULONG)pieces[i].len, 0) == 0;
    ok = ok && BCryptFinishHash(hash, digest, len, 0) == 0;
    BCryptDestroyHash(hash);
    return ok;
}

bool crypto_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
    volatile uint8_t differs = 0;

    for (size_t i = 0; i < len; i++)
        differs = differs | (uint8_t)(a[i] ^ b[i]);
    return differs == 0;
}

void crypto_load(void)
{
    for (int i = PRIMITIVE_NONE + 1; i < PRIMITIVE_COUNT; i++)
        (void)provider_of((enum crypto_primitive)i);
}

void crypto_unload(void)
{
    for (size_t i = 0; i < PRIMITIVE_COUNT; i++)
        if (providers[i] != NULL) {
            BCryptCloseAlgorithmProvider(providers[i], 0);
            providers[i] = NULL;
        }
}
