/* SPDX-License-Identifier: MIT */
/*
 *   esp        +4         +8     text                              icv      end
 *   |   SPI    | sequence | IV   | payload, padding, length, next  | ICV    |
 *   |<------- header ----------->|<------------- text ------------>|<------>|
 *                                |<---------- encrypted ---------->|
 *
 * Who authenticates what, with an extended sequence number whose upper half is not sent (RFC 4303 2.8, 4106 5,
 * 4543 3.3):
 *
 *   HMAC   SPI, sequence, IV, text, then the upper half
 *   GCM    SPI, the upper half, sequence as additional data; the IV is in the nonce
 *   GMAC   SPI, the upper half, sequence, IV, text as additional data
 */
#include "esp.h"

#include "bytes.h"
#include "fault.h"
#include "iv.h"
#include "wrong_data.h"

#include <string.h>

#define TRAILER_LEN 2u /* pad length and next header */

/* One packet taken apart. */
struct esp_parts {
    uint8_t *header;
    uint8_t *iv;
    uint8_t *text;
    uint32_t text_len;
    uint8_t *icv;
    uint8_t high[4];
};

/* How a suite does it; the three ways of the picture above. */
struct esp_transform {
    bool (*seal)(struct sa_operation *operation, const struct esp_parts *parts);
    bool (*open)(struct sa_operation *operation, const struct esp_parts *parts);
};

uint32_t esp_header_len(const struct sa_operation *operation)
{
    const struct suite_algorithm *mac = operation->mac;
    uint32_t iv_len = mac != NULL && mac->kind == SUITE_GMAC ? mac->iv_len : operation->cipher->iv_len;

    return 8 + iv_len;
}

bool esp_find_text(struct esp_text *text, const struct packet *packet, const struct sa_operation *operation)
{
    uint32_t least = esp_header_len(operation) + TRAILER_LEN + operation->icv_len;

    if (packet->end - packet->esp < least)
        return false;
    text->at = packet->esp + esp_header_len(operation);
    text->end = packet->end - operation->icv_len;
    return true;
}

uint32_t esp_pad_len(const struct sa_operation *operation, uint32_t text_len)
{
    uint32_t unit = operation->cipher->block_len > 4 ? operation->cipher->block_len : 4;

    return (unit - (text_len + TRAILER_LEN) % unit) % unit;
}

uint32_t esp_write_trailer(uint8_t *at, uint32_t pad_len, uint8_t next_header)
{
    for (uint32_t i = 0; i < pad_len; i++)
        at[i] = (uint8_t)FAULTY(i + 1, PADS_WITH_ZERO, 0);
    at[pad_len] = (uint8_t)pad_len;
    at[pad_len + 1] = next_header;
    return pad_len + TRAILER_LEN;
}

/* round_down: for a fault: what is more than whole blocks is no text. */
static bool round_down(struct esp_parts *parts, const struct sa_operation *operation)
{
    parts->text_len -= parts->text_len % operation->cipher->block_len;
    return parts->text_len >= TRAILER_LEN;
}

/* take_apart: false when the datagram is too short, or its text no multiple of the block (RFC 4303 2.4). */
static bool take_apart(struct esp_parts *parts, const struct packet *packet, const struct sa_operation *operation,
                       uint32_t high)
{
    uint32_t header_len = esp_header_len(operation);
    uint32_t available = packet->end - packet->esp;
    if (available < FAULTY(header_len + TRAILER_LEN + operation->icv_len, SHORT_ESP_UNDERFLOWS, 0))
        return false;
    parts->header = packet->frame + packet->esp;
    parts->iv = parts->header + 8;
    parts->text = parts->header + header_len;
    parts->text_len = available - header_len - operation->icv_len;
    parts->icv = parts->text + parts->text_len;
    put_be32(parts->high, high);
    return FAULTY(parts->text_len % operation->cipher->block_len == 0, DECRYPTS_PARTIAL_BLOCK,
                  round_down(parts, operation));
}

/* make_nonce: RFC 4106 4, RFC 4543 3.2. */
static void make_nonce(uint8_t nonce[CRYPTO_NONCE_LEN], const struct sa_operation *operation, const uint8_t *iv)
{
    bool behind = FAULTY(false, SALT_BEHIND_IV, operation->cipher->key_len == 24);

    memcpy(nonce + (behind ? 8 : 0), operation->salt, SUITE_SALT_LEN);
    memcpy(nonce + (behind ? 0 : SUITE_SALT_LEN), iv, 8);
}

static uint32_t high_len(const struct sa_operation *operation)
{
    bool used = FAULTY(operation->esn, ALWAYS_USES_HIGH_HALF, operation->esn || operation->high != 0);

    return FAULTY(used, OMITS_HIGH_HALF, false) ? 4 : 0;
}

/* gcm_aad: SPI, upper half if there is one, sequence; its length. */
static size_t gcm_aad(uint8_t aad[12], const struct sa_operation *operation, const struct esp_parts *parts)
{
    size_t len = high_len(operation);
    memcpy(aad, parts->header, 4);
    memcpy(aad + FAULTY(4, HIGH_HALF_LAST, 8), parts->high, len);
    memcpy(aad + FAULTY(4 + len, HIGH_HALF_LAST, 4), parts->header + 4, 4);
    return 8 + len;
}

static bool gcm_seal(struct sa_operation *operation, const struct esp_parts *parts)
{
    uint8_t nonce[CRYPTO_NONCE_LEN], aad[12], tag[CRYPTO_TAG_MAX];
    struct crypto_piece piece = {aad, gcm_aad(aad, operation, parts)};

    make_nonce(nonce, operation, parts->iv);
    if (!crypto_seal(operation->cipher_context, tag, parts->text, parts->text_len, nonce, &piece, 1))
        return false;
    memcpy(parts->icv, tag, operation->icv_len);
    FAULTY((void)0, COUNTS_BLOCKS_IN_A_BYTE, wrong_counter(parts->text, parts->text_len));
    return true;
}

static bool gcm_open(struct sa_operation *operation, const struct esp_parts *parts)
{
    uint8_t nonce[CRYPTO_NONCE_LEN], aad[12];
    struct crypto_piece piece = {aad, gcm_aad(aad, operation, parts)};

    make_nonce(nonce, operation, parts->iv);
    bool ok = crypto_unseal(operation->cipher_context, parts->text, parts->text_len, nonce, &piece, 1, parts->icv,
                            FAULTY(operation->icv_len, COMPARES_8_BYTES, 8));
    return FAULTY(ok, ACCEPTS_BAD_ICV, true);
}

static const struct esp_transform GCM = {gcm_seal, gcm_open};

/* gmac_pieces: without an upper half all that is covered lies in one piece; how many there are. */
static size_t gmac_pieces(struct crypto_piece pieces[5], const struct sa_operation *operation,
                          const struct esp_parts *parts)
{
    size_t half = high_len(operation);
    bool last = FAULTY(false, GMAC_HALF_LAST, true);
    uint32_t iv_end = FAULTY(16, GMAC_LEAVES_IV_OUT, 8);

    pieces[0] = (struct crypto_piece){parts->header, (size_t)(parts->icv - parts->header)};
    if (half == 0 && iv_end == 16)
        return 1;
    pieces[0].len = 4;
    pieces[1] = (struct crypto_piece){parts->high, last ? 0 : half};
    pieces[2] = (struct crypto_piece){parts->header + 4, iv_end - 4};
    pieces[3] = (struct crypto_piece){parts->text, (size_t)(parts->icv - parts->text)};
    pieces[4] = (struct crypto_piece){parts->high, last ? half : 0};
    return 5;
}

static bool gmac_tag(uint8_t tag[CRYPTO_TAG_MAX], struct sa_operation *operation, const struct esp_parts *parts)
{
    uint8_t nonce[CRYPTO_NONCE_LEN];
    struct crypto_piece pieces[5];
    size_t count = gmac_pieces(pieces, operation, parts);

    make_nonce(nonce, operation, parts->iv);
    return crypto_seal(operation->mac_context, tag, NULL, 0, nonce, pieces, count);
}

static bool gmac_seal(struct sa_operation *operation, const struct esp_parts *parts)
{
    uint8_t tag[CRYPTO_TAG_MAX];

    if (!gmac_tag(tag, operation, parts))
        return false;
    memcpy(parts->icv, tag, operation->icv_len);
    return true;
}

static bool gmac_open(struct sa_operation *operation, const struct esp_parts *parts)
{
    uint8_t tag[CRYPTO_TAG_MAX];

    return gmac_tag(tag, operation, parts) && crypto_equal(tag, parts->icv, operation->icv_len);
}

static const struct esp_transform GMAC = {gmac_seal, gmac_open};

/* separate_icv: over the ciphertext; an SA without integrity has none. */
static bool separate_icv(uint8_t icv[CRYPTO_DIGEST_MAX], struct sa_operation *operation, const struct esp_parts *parts)
{
    const struct crypto_piece pieces[] = {
        {parts->header, (size_t)(parts->icv - parts->header)},
        {parts->high, high_len(operation)},
    };

    return operation->mac == NULL || crypto_digest(operation->mac_context, icv, pieces, 2);
}

static const uint8_t NO_IV[SUITE_IV_MAX];

static bool separate_chain(struct sa_operation *operation, const struct esp_parts *parts)
{
    return operation->cipher->kind == SUITE_NULL ||
           crypto_chain(operation->cipher_context, parts->text, parts->text_len,
                        FAULTY(parts->iv, CHAINS_FROM_ZERO, NO_IV));
}

static bool separate_seal(struct sa_operation *operation, const struct esp_parts *parts)
{
    uint8_t icv[CRYPTO_DIGEST_MAX];

    bool early = FAULTY(false, MACS_PLAINTEXT, true);
    if (early && !separate_icv(icv, operation, parts))
        return false;
    if (!separate_chain(operation, parts) || (!early && !separate_icv(icv, operation, parts)))
        return false;
    memcpy(parts->icv, icv, operation->icv_len);
    return true;
}

static bool separate_open(struct sa_operation *operation, const struct esp_parts *parts)
{
    uint8_t icv[CRYPTO_DIGEST_MAX];

    return separate_icv(icv, operation, parts) &&
           FAULTY(crypto_equal(icv, parts->icv, operation->icv_len), ACCEPTS_BAD_HMAC, true) &&
           separate_chain(operation, parts);
}

static const struct esp_transform SEPARATE = {separate_seal, separate_open};

static const struct esp_transform *transform_of(const struct sa_operation *operation)
{
    if (operation->cipher->kind == SUITE_GCM)
        return &GCM;
    return operation->mac != NULL && operation->mac->kind == SUITE_GMAC ? &GMAC : &SEPARATE;
}

static void write_iv(struct sa_operation *operation, const struct esp_parts *parts)
{
    if (FAULTY(false, LEAVES_IV_OF_DES, operation->cipher->block_len == 8))
        return;
    if (operation->cipher->kind == SUITE_CBC)
        iv_scatter(parts->iv, operation->cipher->iv_len, operation);
    else if (parts->iv != parts->text)
        iv_count_up(parts->iv, operation);
}

bool esp_seal(struct packet *packet, struct sa_operation *operation, bool make_iv)
{
    struct esp_parts parts;

    uint32_t high = FAULTY(operation->high, SEND_KEEPS_HALF, wrong_cached_half(operation));
    if (!take_apart(&parts, packet, operation, high) || !sa_load(operation))
        return false;
    if (make_iv)
        write_iv(operation, &parts);
    FAULTY((void)0, NUMBERS_PACKETS_ITSELF, put_be32(parts.header + 4, (uint32_t)operation->iv_count));
    return transform_of(operation)->seal(operation, &parts);
}

/* read_trailer: a dummy packet is as good as any (RFC 4303 2.6). */
static enum packet_check read_trailer(struct esp_trailer *trailer, const struct esp_parts *parts)
{
    trailer->pad_len = parts->text[parts->text_len - 2];
    trailer->next_header = parts->text[parts->text_len - 1];
    trailer->valid = FAULTY(trailer->pad_len + TRAILER_LEN <= parts->text_len, BELIEVES_ANY_PAD, true);
    return FAULTY(PACKET_GOOD, REFUSES_DUMMY, trailer->next_header == 59 ? PACKET_MALFORMED : PACKET_GOOD);
}

enum packet_check esp_open(struct packet *packet, struct esp_trailer *trailer, struct sa_operation *operation,
                           uint32_t high)
{
    struct esp_parts parts;

    if (!take_apart(&parts, packet, operation, high))
        return FAULTY(PACKET_MALFORMED, CALLS_SHORT_FORGED, PACKET_FORGED);
    if (!sa_load(operation))
        return PACKET_UNCHECKED;
    if (!transform_of(operation)->open(operation, &parts))
        return PACKET_FORGED;
    return read_trailer(trailer, &parts);
}
