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
#include "wrong_data.h"

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

static uint32_t iv_at(const struct sa_operation *operation)
{
    return FIXED_LEN + FAULTY(0u, ICV_BEFORE_IV, operation->icv_len);
}

static uint32_t icv_at(const struct sa_operation *operation)
{
    return FIXED_LEN + FAULTY(operation->mac->iv_len, ICV_BEFORE_IV, 0);
}

/* expected_len: padded to four octets in IPv4 and eight in IPv6 (RFC 4302 2.6, RFC 4543 erratum 3643). */
static uint32_t expected_len(const struct packet *packet, const struct sa_operation *operation)
{
    uint32_t unit = packet->ipv6 ? FAULTY(8, PADS_AH_OF_IPV6_TO_4, 4) : FAULTY(4, PADS_AH_TO_8, 8);
    uint32_t len = FIXED_LEN + operation->mac->iv_len + operation->icv_len;

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
    uint32_t icv_len = FAULTY(operation->icv_len, LEAVES_ICV_IN, 0);
    memset(cover->headers + before + icv_at(operation) - iv_len, 0, icv_len + iv_len);
    cover->headers_len = before + packet->ah_len;
    put_be32(cover->high, high);
    return true;
}

static bool compute(uint8_t icv[CRYPTO_DIGEST_MAX], const struct ah_cover *cover, const struct packet *packet,
                    struct sa_operation *operation)
{
    uint32_t rest = packet->ah + packet->ah_len;
    size_t half = FAULTY(operation->esn, ADDS_HALF_OF_ZERO, true) ? sizeof(cover->high) : 0;
    size_t within = FAULTY(0, HIGH_HALF_WITHIN_AH, half);
    const struct crypto_piece pieces[] = {
        {cover->headers, cover->headers_len},
        {cover->high, within},
        {packet->frame + rest, packet->end - rest},
        {cover->high, half - within},
    };
    uint8_t nonce[CRYPTO_NONCE_LEN];

    if (operation->mac->kind == SUITE_HMAC)
        return crypto_digest(operation->mac_context, icv, pieces, 4);
    memcpy(nonce, operation->salt, SUITE_SALT_LEN);
    memcpy(nonce + SUITE_SALT_LEN, packet->frame + packet->ah + iv_at(operation), 8);
    return crypto_seal(operation->mac_context, icv, NULL, 0, nonce, pieces, 4);
}

/* compute_without_ttl: for a fault: the TTL of what is in a tunnel is zero, too. */
static bool compute_without_ttl(uint8_t icv[CRYPTO_DIGEST_MAX], const struct ah_cover *cover,
                                const struct packet *packet, struct sa_operation *operation)
{
    uint8_t *ttl = wrong_ttl_inside(packet), kept = *ttl;

    *ttl = 0;
    bool ok = compute(icv, cover, packet, operation);
    *ttl = kept;
    return ok;
}

static bool make_icv(uint8_t icv[CRYPTO_DIGEST_MAX], const struct ah_cover *cover, const struct packet *packet,
                     struct sa_operation *operation)
{
    return FAULTY(compute(icv, cover, packet, operation), CLEARS_TTL_INSIDE,
                  compute_without_ttl(icv, cover, packet, operation));
}

bool ah_seal(struct packet *packet, struct sa_operation *operation, bool make_iv)
{
    uint8_t icv[CRYPTO_DIGEST_MAX];
    uint8_t *header = packet->frame + packet->ah;
    struct ah_cover cover;

    if (!has_room(packet, operation) || !sa_load(operation))
        return false;
    if (make_iv && operation->mac->kind == SUITE_GMAC)
        iv_count_up(header + iv_at(operation), operation);
    if (!gather_cover(&cover, packet, operation, operation->high) || !make_icv(icv, &cover, packet, operation))
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
    if (!sa_load(operation) || !make_icv(icv, &cover, packet, operation))
        return PACKET_UNCHECKED;
    if (!crypto_equal(icv, packet->frame + packet->ah + icv_at(operation), operation->icv_len))
        return PACKET_FORGED;
    return PACKET_GOOD;
}
