/* SPDX-License-Identifier: MIT */
/*
 * Raw cryptography.  A context holds one loaded key, is made once for an SA and kept: a packet costs only its IV and
 * its data.  A context is used by one thread at a time.
 */
#ifndef OV2_REFERENCE_CRYPTO_H
#define OV2_REFERENCE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum crypto_primitive {
    PRIMITIVE_NONE,
    PRIMITIVE_DES_CBC,
    PRIMITIVE_3DES_CBC,
    PRIMITIVE_AES_128_CBC,
    PRIMITIVE_AES_192_CBC,
    PRIMITIVE_AES_256_CBC,
    PRIMITIVE_AES_128_GCM,
    PRIMITIVE_AES_192_GCM,
    PRIMITIVE_AES_256_GCM,
    PRIMITIVE_HMAC_MD5,
    PRIMITIVE_HMAC_SHA1,
    PRIMITIVE_HMAC_SHA256,
    PRIMITIVE_COUNT
};

#define CRYPTO_NONCE_LEN  12u
#define CRYPTO_TAG_MAX    16u
#define CRYPTO_DIGEST_MAX 32u

struct crypto;

/* Bytes to authenticate, in order, wherever they lie. */
struct crypto_piece {
    const uint8_t *data;
    size_t len;
};

/* crypto_open: loads the key, whose length the primitive fixes; encrypt picks the direction of a cipher.  NULL when the
 * library has no memory or not this primitive. */
struct crypto *crypto_open(enum crypto_primitive primitive, const uint8_t *key, bool encrypt);

/* crypto_close: forgets the key; NULL is allowed. */
void crypto_close(struct crypto *crypto);

/* crypto_seal: GCM, encrypts text in place and makes its whole tag; len 0 makes a GMAC. */
bool crypto_seal(struct crypto *crypto, uint8_t tag[CRYPTO_TAG_MAX], uint8_t *text, size_t len,
                 const uint8_t nonce[CRYPTO_NONCE_LEN], const struct crypto_piece *aad, size_t count);

/* crypto_unseal: GCM, decrypts text in place; false when the tag does not fit, and text is then spoiled. */
bool crypto_unseal(struct crypto *crypto, uint8_t *text, size_t len, const uint8_t nonce[CRYPTO_NONCE_LEN],
                   const struct crypto_piece *aad, size_t count, const uint8_t *tag, size_t tag_len);

/* crypto_chain: CBC in place, in the context's direction; len is a multiple of the block. */
bool crypto_chain(struct crypto *crypto, uint8_t *text, size_t len, const uint8_t *iv);

/* crypto_digest: HMAC over the pieces, untruncated. */
bool crypto_digest(struct crypto *crypto, uint8_t digest[CRYPTO_DIGEST_MAX], const struct crypto_piece *pieces,
                   size_t count);

/* crypto_equal: compares in constant time. */
bool crypto_equal(const uint8_t *a, const uint8_t *b, size_t len);

/* crypto_load: does now what the library would do at the first packet, so that processes forked later need not. */
void crypto_load(void);

/* crypto_unload: gives back what the library keeps for the process; no context is open. */
void crypto_unload(void);

#endif
