/* SPDX-License-Identifier: MIT */
/* Source: NIST SP 800-38D.  Bit by bit: it is the exception, and tables of a key would have to be wiped. */
#include "gcm_cng.h"

#include <string.h>

#define BLOCK 16u

struct hash {
    uint8_t key[BLOCK];
    uint8_t sum[BLOCK];
};

/* double_it: multiplies by x: bits go from the first byte's highest to the last byte's lowest. */
static void double_it(uint8_t value[BLOCK])
{
    uint8_t carry = 0;

    for (size_t i = 0; i < BLOCK; i++) {
        uint8_t next = (uint8_t)(value[i] << 7);

        value[i] = (uint8_t)(value[i] >> 1 | carry);
        carry = next;
    }
    value[0] = (uint8_t)(value[0] ^ (carry != 0 ? 0xE1 : 0));
}

static void hash_block(struct hash *hash, const uint8_t block[BLOCK])
{
    uint8_t power[BLOCK];
    uint8_t product[BLOCK] = {0};

    memcpy(power, hash->key, BLOCK);
    for (size_t i = 0; i < BLOCK; i++)
        hash->sum[i] ^= block[i];
    for (unsigned bit = 0; bit < 8 * BLOCK; bit++) {
        if ((hash->sum[bit / 8] >> (7 - bit % 8) & 1) != 0)
            for (size_t i = 0; i < BLOCK; i++)
                product[i] ^= power[i];
        double_it(power);
    }
    memcpy(hash->sum, product, BLOCK);
}

/* hash_bytes: the last block is filled up with zeros. */
static void hash_bytes(struct hash *hash, const uint8_t *bytes, size_t len)
{
    for (size_t at = 0; at < len; at += BLOCK) {
        uint8_t block[BLOCK] = {0};

        memcpy(block, bytes + at, len - at < BLOCK ? len - at : BLOCK);
        hash_block(hash, block);
    }
}

static void hash_lengths(struct hash *hash, uint64_t aad_len, uint64_t text_len)
{
    uint8_t block[BLOCK];

    for (size_t i = 0; i < 8; i++) {
        block[i] = (uint8_t)(aad_len * 8 >> (56 - 8 * i));
        block[8 + i] = (uint8_t)(text_len * 8 >> (56 - 8 * i));
    }
    hash_block(hash, block);
}

/* count: the counter block with this number, encrypted. */
static bool count(uint8_t out[BLOCK], const uint8_t *nonce, uint32_t number, gcm_block *block, void *context)
{
    memcpy(out, nonce, CRYPTO_NONCE_LEN);
    for (size_t i = 0; i < 4; i++)
        out[CRYPTO_NONCE_LEN + i] = (uint8_t)(number >> (24 - 8 * i));
    return block(context, out);
}

bool gcm_run(uint8_t tag[CRYPTO_TAG_MAX], uint8_t *text, size_t len, const uint8_t nonce[CRYPTO_NONCE_LEN],
             const struct crypto_piece *aad, bool encrypt, gcm_block *block, void *context)
{
    struct hash hash = {{0}, {0}};
    uint8_t stream[BLOCK];
    uint32_t number = 1;

    if (!block(context, hash.key))
        return false;
    hash_bytes(&hash, aad->data, aad->len);
    if (!encrypt)
        hash_bytes(&hash, text, len);
    for (size_t at = 0; at < len; at++) {
        if (at % BLOCK == 0 && !count(stream, nonce, ++number, block, context))
            return false;
        text[at] ^= stream[at % BLOCK];
    }
    if (encrypt)
        hash_bytes(&hash, text, len);
    hash_lengths(&hash, aad->len, len);
    if (!count(tag, nonce, 1, block, context))
        return false;
    for (size_t i = 0; i < BLOCK; i++)
        tag[i] ^= hash.sum[i];
    return true;
}
