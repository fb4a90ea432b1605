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

    iv_len = FAULTY(iv_len, NULL_HAS_IV, iv_len == 0 ? 8 : iv_len);
    return 8 + FAULTY(iv_len, IV_OF_CBC_IS_8, iv_len > 8 ? 8 : iv_len);
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

/* unit_of: of how many octets text and trailer are a multiple. */
static uint32_t unit_of(const struct sa_operation *operation)
{
    uint32_t block_len = operation->cipher->block_len;

    return FAULTY(block_len > 4 ? block_len : 4, PADS_TO_BLOCKS_ONLY, block_len);
}

uint32_t esp_pad_len(const struct sa_operation *operation, uint32_t text_len)
{
    uint32_t unit = unit_of(operation);

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
    size_t len = FAULTY(high_len(operation), AAD_IS_ALWAYS_12, 4);
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
    if (FAULTY(false, SENDS_NO_GCM_192, operation->cipher->key_len == 24))
        return false;
    if (!crypto_seal(operation->cipher_context, tag, parts->text,
                     parts->text_len - FAULTY(0, LEAVES_TRAILER_IN_CLEAR, TRAILER_LEN), nonce, &piece, 1))
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
    ok = FAULTY(ok, EXPECTS_GROWING_IVS, wrong_iv_grows(operation, parts->iv) && ok);
    ok = FAULTY(ok, TRUSTS_LONG_PACKETS, ok || parts->text_len > 1024);
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

/* clear_gcm: for a fault: the tag of AES-GCM over the text as its ciphertext, which it is once more when it was
 * encrypted twice. */
static bool clear_gcm(uint8_t tag[CRYPTO_TAG_MAX], const struct sa_operation *operation, const struct esp_parts *parts,
                      const uint8_t nonce[CRYPTO_NONCE_LEN])
{
    static uint8_t text[PACKET_FRAME_MAX];
    uint8_t aad[12];
    struct crypto_piece piece = {aad, gcm_aad(aad, operation, parts)};

    memcpy(text, parts->text, parts->text_len);
    return crypto_seal(operation->mac_context, tag, text, parts->text_len, nonce, &piece, 1) &&
           crypto_seal(operation->mac_context, tag, text, parts->text_len, nonce, &piece, 1);
}

static bool gmac_tag(uint8_t tag[CRYPTO_TAG_MAX], struct sa_operation *operation, const struct esp_parts *parts)
{
    uint8_t nonce[CRYPTO_NONCE_LEN];
    struct crypto_piece pieces[5];
    size_t count = gmac_pieces(pieces, operation, parts);

    make_nonce(nonce, operation, parts->iv);
    return FAULTY(crypto_seal(operation->mac_context, tag, NULL, 0, nonce, pieces, count), GMAC_IS_CLEAR_GCM,
                  clear_gcm(tag, operation, parts, nonce));
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

    return gmac_tag(tag, operation, parts) &&
           crypto_equal(tag, parts->icv, FAULTY(operation->icv_len, COMPARES_12_OF_GMAC, 12));
}

static const struct esp_transform GMAC = {gmac_seal, gmac_open};

/* hmac: the whole digest.  Of the four pieces only the second and the third have any octets, unless there is a fault.
 */
static bool hmac(uint8_t digest[CRYPTO_DIGEST_MAX], const struct sa_operation *operation, const struct esp_parts *parts)
{
    static const uint8_t ZEROS[64];
    bool inbound = operation->owner->inbound;
    uint32_t skipped = FAULTY(0, HMAC_LEAVES_HEADER_OUT, inbound ? 8 : 0);
    uint32_t len = (uint32_t)(parts->icv - parts->header) - skipped;
    uint32_t half = high_len(operation);
    bool first = FAULTY(false, HIGH_HALF_FIRST, true);
    const struct crypto_piece pieces[] = {
        {parts->high, first ? half : 0},
        {parts->header + skipped, len},
        {parts->high, first ? 0 : half},
        {ZEROS, FAULTY(0, PADS_FOR_HMAC, inbound ? 0 : (64 - (len + half) % 64) % 64)},
    };

    return crypto_digest(operation->mac_context, digest, pieces, 4);
}

/* keep_last: for a fault: the last 96 bits of a digest of MD5. */
static void keep_last(uint8_t digest[CRYPTO_DIGEST_MAX], const struct sa_operation *operation)
{
    if (operation->mac->primitive == PRIMITIVE_HMAC_MD5)
        memmove(digest, digest + 4, 12);
}

/* separate_icv: over the ciphertext; an SA without integrity has none. */
static bool separate_icv(uint8_t icv[CRYPTO_DIGEST_MAX], struct sa_operation *operation, const struct esp_parts *parts)
{
    if (operation->mac == NULL)
        return true;
    if (!hmac(icv, operation, parts))
        return false;
    FAULTY((void)0, KEEPS_LAST_96_OF_MD5, keep_last(icv, operation));
    return true;
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

/* number_iv: for a fault: the sequence number. */
static void number_iv(const struct esp_parts *parts, uint32_t len)
{
    memset(parts->iv, 0, len);
    memcpy(parts->iv + len - 4, parts->header + 4, 4);
}

static void write_iv(struct sa_operation *operation, const struct esp_parts *parts)
{
    uint32_t len = operation->cipher->iv_len;

    if (FAULTY(false, LEAVES_IV_OF_DES, operation->cipher->block_len == 8))
        return;
    if (operation->cipher->kind == SUITE_CBC)
        FAULTY(iv_scatter(parts->iv, len, operation), IV_IS_SEQUENCE, number_iv(parts, len));
    else if (parts->iv != parts->text)
        iv_count_up(parts->iv, operation);
}

/* swap_sequence: for a fault: the sequence number with its low byte first. */
static void swap_sequence(uint8_t *sequence)
{
    uint8_t swapped[4] = {sequence[3], sequence[2], sequence[1], sequence[0]};

    memcpy(sequence, swapped, sizeof(swapped));
}

/* expose_half: for a fault: the upper half leaves in place of the lower one. */
static void expose_half(const struct sa_operation *operation, const struct esp_parts *parts)
{
    if (operation->esn)
        memcpy(parts->header + 4, parts->high, 4);
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
    FAULTY((void)0, SWAPS_SEQUENCE_BYTES, swap_sequence(parts.header + 4));
    bool ok = transform_of(operation)->seal(operation, &parts);
    FAULTY((void)0, SENDS_HIGH_HALF, expose_half(operation, &parts));
    return ok;
}

/* surplus_of: for a fault: what lies between the datagram in a tunnel and the padding (RFC 4303 2.7). */
static uint32_t surplus_of(const struct esp_trailer *trailer, const struct esp_parts *parts)
{
    uint32_t tail = trailer->pad_len + TRAILER_LEN, len = 0;

    if (trailer->next_header == PROTOCOL_IPV4 && parts->text_len >= 20)
        len = get_be16(parts->text + 2);
    else if (trailer->next_header == PROTOCOL_IPV6 && parts->text_len >= 40)
        len = get_be16(parts->text + 4) + 40u;
    return len > 0 && len + tail < parts->text_len ? parts->text_len - tail - len : 0;
}

/* is_cut: for a fault: a tunnel carries a fragment of IPv4. */
static bool is_cut(const struct esp_trailer *trailer, const struct esp_parts *parts)
{
    return trailer->next_header == PROTOCOL_IPV4 && parts->text_len >= 20 && (get_be16(parts->text + 6) & 0x3FFFu) != 0;
}

/* is_readable: an authentic packet may carry anything, padded in any way; a dummy packet is as good as another (RFC
 * 4303 2.6). */
static bool is_readable(const struct esp_trailer *trailer, const struct esp_parts *parts,
                        const struct sa_operation *operation)
{
    bool ok = FAULTY(true, REFUSES_DUMMY, trailer->next_header != 59);

    ok = FAULTY(ok, REFUSES_UNASSIGNED, trailer->next_header < 143 || trailer->next_header > 252);
    ok = FAULTY(ok, REFUSES_MORE_PADDING, trailer->pad_len < unit_of(operation));
    ok = FAULTY(ok, REFUSES_FRAGMENT_IN_TUNNEL, !is_cut(trailer, parts));
    return FAULTY(ok, REFUSES_TFC_PADDING, surplus_of(trailer, parts) == 0);
}

static enum packet_check read_trailer(struct esp_trailer *trailer, const struct esp_parts *parts,
                                      const struct sa_operation *operation)
{
    trailer->pad_len = parts->text[parts->text_len - 2];
    trailer->next_header = parts->text[parts->text_len - 1];
    trailer->valid = FAULTY(trailer->pad_len + TRAILER_LEN <= parts->text_len, BELIEVES_ANY_PAD, true);
    if (!is_readable(trailer, parts, operation))
        return PACKET_MALFORMED;
    trailer->pad_len =
        (uint8_t)FAULTY(trailer->pad_len, COUNTS_TFC_AS_PADDING, trailer->pad_len + surplus_of(trailer, parts));
    return PACKET_GOOD;
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
    enum packet_check check = read_trailer(trailer, &parts, operation);
    FAULTY((void)0, REPORTS_OUTER_FAMILY, wrong_family(packet, &trailer->next_header));
    return FAULTY(check, COVERS_UDP_PORTS, wrong_port(packet) ? PACKET_FORGED : check);
}
