/* SPDX-License-Identifier: MIT */
#include "iv.h"

#include "bytes.h"
#include "fault.h"

static uint64_t next_count(struct sa_operation *operation)
{
    uint64_t count = operation->iv_count;

    operation->iv_count += FAULTY(1, REPEATS_IV, 0);
    return count;
}

/* Each operation counts from a start of its own, so that neither a key that is added again nor one that serves both
 * operations of a bundle meets an IV twice. */
void iv_count_up(uint8_t iv[8], struct sa_operation *operation)
{
    uint64_t start = operation->owner->serial << 32 | (operation->protocol == SA_PROTOCOL_AH ? 1u << 31 : 0);

    put_be64(iv, start + next_count(operation));
}

/* bytes_mix() is a bijection: the first eight octets differ for every count. */
void iv_scatter(uint8_t *iv, uint32_t len, struct sa_operation *operation)
{
    uint64_t secret = bytes_mix(operation->owner->serial ^ 0x5EC7E7C0FFEEull);
    uint64_t word = bytes_mix(secret + next_count(operation));

    for (uint32_t at = 0; at < len; at += 8) {
        put_be64(iv + at, word);
        word = bytes_mix(word ^ ~secret);
    }
}
