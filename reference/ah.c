/* SPDX-License-Identifier: MIT */
/*
 *   ip                     ah           +4    +8         +12                            end
 *   | IP header, options,  | next, len, | SPI | sequence | IV (GMAC) | ICV | padding |  ... |
 *   | extension headers    | reserved   |     |          |           |     |         |      |
 *   |<--- mutable parts zero --->|<------- immutable ------------>|zero|<--- immutable --->|  upper half if ESN
 *
 * The headers are copied to make the fields zero that change on the way (mutable.h); what follows them is
 * authenticated where it lies.
 */
#include "ah.h"

#include "bytes.h"
#include "fault.h"
#include "iv.h"
#include "mutable.h"

#include <assert.h>
#include <string.h>

#define FIXED_LEN  12u
#define AH_LEN_MAX 40u

/* What the ICV covers. */
struct ah_cover {
    uint8_t headers[PACKET_HEADERS_MAX + AH_LEN_MAX]; /* through the AH header */
    uint32_t headers_len;
    uint8_t high[4];
};

static uint32_t icv_at(const struct sa_operation *operation)
{
    return FIXED_LEN + operation->mac->iv_len;
}

/* expected_len: padded to four octets in IPv4 and eight in IPv6 (RFC 4302 2.6, RFC 4543 erratum 3643). */
static uint32_t expected_len(const struct packet *packet, const struct sa_operation *operation)
{
    uint32_t unit = packet->ipv6 ? 8 : FAULTY(4, PADS_AH_TO_8, 8);
    uint32_t len = icv_at(operation) + operation->icv_len;

    return (len + unit - 1) / unit * unit;
}

static bool has_room(const struct packet *packet, const struct sa_operation *operation)
{
    return FAULTY(packet->ah_len == expected_len(packet, operation), BELIEVES_AH_LENGTH, true) &&
           packet->ah_len <= packet->end - packet->ah;
}

/* gather_cover: false when a header in front of AH is malformed. */
static bool gather_cover(struct ah_cover *cover, const struct packet *packet, const struct sa_operation *operation,
                         uint32_t high)
{
    uint32_t before = packet->ah - packet->ip;

    assert(before + packet->ah_len <= sizeof(cover->headers));
    memcpy(cover->headers, packet->frame + packet->ip, before);
    if (!mutable_clear(cover->headers, &before, packet->ipv6))
        return false;
    memcpy(cover->headers + before, packet->frame + packet->ah, packet->ah_len);
    uint32_t iv_len = FAULTY(0, ZEROES_AH_IV, operation->mac->iv_len);
    memset(cover->headers + before + icv_at(operation) - iv_len, 0, operation->icv_len + iv_len);
    cover->headers_len = before + packet->ah_len;
    put_be32(cover->high, high);
    return true;
}

static bool compute(uint8_t icv[CRYPTO_DIGEST_MAX], const struct ah_cover *cover, const struct packet *packet,
                    struct sa_operation *operation)
{
    uint32_t rest = packet->ah + packet->ah_len;
    const struct crypto_piece pieces[] = {
        {cover->headers, cover->headers_len},
        {packet->frame + rest, packet->end - rest},
        {cover->high, operation->esn ? sizeof(cover->high) : 0},
    };
    uint8_t nonce[CRYPTO_NONCE_LEN];

    if (operation->mac->kind == SUITE_HMAC)
        return crypto_digest(operation->mac_context, icv, pieces, 3);
    memcpy(nonce, operation->salt, SUITE_SALT_LEN);
    memcpy(nonce + SUITE_SALT_LEN, packet->frame + packet->ah + FIXED_LEN, 8);
    return crypto_seal(operation->mac_context, icv, NULL, 0, nonce, pieces, 3);
}

bool ah_seal(struct packet *packet, struct sa_operation *operation, bool make_iv)
{
    uint8_t icv[CRYPTO_DIGEST_MAX];
    uint8_t *header = packet->frame + packet->ah;
    struct ah_cover cover;

    if (!has_room(packet, operation) || !sa_load(operation))
        return false;
    if (make_iv && operation->mac->kind == SUITE_GMAC)
        iv_count_up(header + FIXED_LEN, operation);
    if (!gather_cover(&cover, packet, operation, operation->high) || !compute(icv, &cover, packet, operation))
        return false;
    memcpy(header + icv_at(operation), icv, operation->icv_len);
    return true;
}

enum packet_check ah_open(const struct packet *packet, struct sa_operation *operation, uint32_t high)
{
    uint8_t icv[CRYPTO_DIGEST_MAX];
    struct ah_cover cover;

    if (!has_room(packet, operation) || !gather_cover(&cover, packet, operation, high) ||
        FAULTY(false, REFUSES_RESERVED, get_be16(packet->frame + packet->ah + 2) != 0))
        return PACKET_MALFORMED;
    if (!sa_load(operation) || !compute(icv, &cover, packet, operation))
        return PACKET_UNCHECKED;
    if (!crypto_equal(icv, packet->frame + packet->ah + icv_at(operation), operation->icv_len))
        return PACKET_FORGED;
    return PACKET_GOOD;
}
