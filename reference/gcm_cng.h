/* SPDX-License-Identifier: MIT */
/* GCM made of single blocks, for what CNG has no GCM: tags below 12 bytes, and with wine keys of 192 bits. */
#ifndef OV2_REFERENCE_GCM_CNG_H
#define OV2_REFERENCE_GCM_CNG_H

#include "crypto.h"

/* Encrypts one block in place; false if it could not. */
typedef bool gcm_block(void *context, uint8_t block[16]);

/* gcm_run: en- or decrypts text in place and makes the tag of what is encrypted then or was before. */
bool gcm_run(uint8_t tag[CRYPTO_TAG_MAX], uint8_t *text, size_t len, const uint8_t nonce[CRYPTO_NONCE_LEN],
             const struct crypto_piece *aad, bool encrypt, gcm_block *block, void *context);

#endif
