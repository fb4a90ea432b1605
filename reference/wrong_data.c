/* SPDX-License-Identifier: MIT */
#include "wrong_data.h"

#include "bytes.h"

#include <assert.h>
#include <string.h>

static bool is_address(const uint8_t *address, const uint8_t *wanted, uint32_t len)
{
    static const uint8_t ANY[16];

    return memcmp(address, ANY, len) == 0 || memcmp(address, wanted, len) == 0;
}

static bool is_like(const struct sa *sa, const struct sa_selector *selector, uint32_t ignored)
{
    uint32_t len = selector->ipv6 ? 16 : 4;

    if ((ignored & WRONG_ANY_DIRECTION) == 0 && sa->inbound != selector->inbound)
        return false;
    if ((ignored & WRONG_ANY_FAMILY) == 0 && sa->ipv6 != selector->ipv6)
        return false;
    if ((ignored & WRONG_ANY_SOURCE) == 0 && !is_address(sa->source, selector->source, len))
        return false;
    return (ignored & WRONG_ANY_DESTINATION) != 0 || is_address(sa->destination, selector->destination, len);
}

struct sa *wrong_match(const struct sa_table *table, const struct sa_selector *selector, uint32_t ignored)
{
    for (uint32_t slot = 0; slot < table->slot_count; slot++) {
        struct sa *sa = table->slots[slot].sa;
        if (sa == NULL || !is_like(sa, selector, ignored))
            continue;
        for (uint32_t n = 0; n < sa->operation_count; n++)
            if ((ignored & WRONG_ANY_SPI) != 0 || sa->operations[n].spi == selector->spi)
                return sa;
    }
    return NULL;
}

struct sa *wrong_place(const struct sa_table *table, uint64_t handle)
{
    uint64_t place = (handle ^ table->key) & 0xFFFFu;

    return place < table->slot_count ? table->slots[place].sa : NULL;
}

struct sa *wrong_for_packet(const struct sa_table *table, const struct ov2_packet *fragments)
{
    static uint8_t frame[PACKET_FRAME_MAX];
    static const uint8_t none[16];
    uint64_t len = packet_len(fragments);
    struct packet packet;

    if (len > sizeof(frame) || !packet_gather(frame, (uint32_t)len, fragments) ||
        packet_parse(&packet, frame, (uint32_t)len) != PACKET_IPSEC)
        return NULL;
    uint32_t at = packet.ah != 0 ? packet.ah + 4 : packet.esp;
    struct sa_selector selector = {get_be32(frame + at), false, packet.ipv6, none, none};
    return wrong_match(table, &selector, WRONG_ANY_SOURCE | WRONG_ANY_DESTINATION);
}

void wrong_counter(uint8_t *text, uint32_t len)
{
    for (uint32_t i = 254 * 16; i < len; i++)
        text[i] ^= 0x5A;
}

bool wrong_iv_grows(const struct sa_operation *operation, const uint8_t iv[8])
{
    static uint64_t serial;
    static uint8_t last[8];
    bool grows = serial != operation->owner->serial || memcmp(iv, last, sizeof(last)) > 0;

    serial = operation->owner->serial;
    memcpy(last, iv, sizeof(last));
    return grows;
}

void wrong_family(const struct packet *packet, uint8_t *next_header)
{
    if (*next_header == PROTOCOL_IPV4 || *next_header == PROTOCOL_IPV6)
        *next_header = packet->ipv6 ? PROTOCOL_IPV6 : PROTOCOL_IPV4;
}

bool wrong_port(const struct packet *packet)
{
    return packet->udp != 0 && get_be16(packet->frame + packet->udp) != PACKET_UDP_ESP_PORT;
}

void wrong_protocols(struct packet *packet)
{
    if (packet->ipv6 && packet->ah != 0)
        packet->frame[packet->ah_named_at] = SA_PROTOCOL_ESP;
    else if (packet->ipv6 && packet->udp == 0)
        packet->frame[packet->esp_named_at] = SA_PROTOCOL_AH;
}

bool wrong_has_no_sum(const struct packet *packet)
{
    return packet->ipv6 && packet->udp != 0 && get_be16(packet->frame + packet->udp + 6) == 0;
}

uint8_t *wrong_ttl_inside(const struct packet *packet)
{
    static uint8_t none;
    uint32_t at = packet->ah + packet->ah_len;
    bool tunnel = packet->frame[packet->ah] == PROTOCOL_IPV4 && packet->end - at >= 20;

    return tunnel ? packet->frame + at + 8 : &none;
}

void wrong_udp_protocol(struct packet *packet)
{
    if (packet->udp != 0)
        packet->frame[packet->esp_named_at] = SA_PROTOCOL_ESP;
}

/* The segments of TCP that were merged so far; none if len is 0. */
static struct {
    uint8_t frame[PACKET_FRAME_MAX];
    uint32_t len;
    struct ov2_oob oob;
} merged;

void wrong_let_go(const struct memory *memory)
{
    struct ov2_fragment fragment = {merged.frame, merged.len, 0, merged.len, 0};
    struct ov2_packet whole = {&fragment, 1, 0};

    if (merged.len > 0)
        memory->ops->indicated(memory->host, &whole, &merged.oob);
    merged.len = 0;
}

void wrong_merge(const struct memory *memory, const struct portion *portion, const struct ov2_packet *whole,
                 const struct ov2_oob *oob)
{
    const struct ov2_fragment *text = whole->fragments;
    struct portion_content content;
    uint32_t from = 0;

    if (!portion_content(&content, portion) || content.protocol != 6 || content.limit - content.at < 20) {
        memory->ops->indicated(memory->host, whole, oob);
        return;
    }
    if (merged.len > 0)
        from = content.at + 20; /* of TCP */
    if (merged.len + text->length - from > sizeof(merged.frame)) {
        wrong_let_go(memory);
        from = 0;
    }
    memcpy(merged.frame + merged.len, text->buffer + text->offset + from, text->length - from);
    merged.len += text->length - from;
    merged.oob = *oob;
}

void wrong_end(const struct ov2_packet *fragments)
{
    const struct ov2_fragment *last = &fragments->fragments[fragments->count - 1];

    if (fragments->count > 0 && last->length > 0)
        last->buffer[last->offset + last->length - 1] = 0;
}

bool wrong_ttl(struct packet *packet)
{
    packet->frame[packet->ip + (packet->ipv6 ? 7 : 8)] = 63;
    packet_set_checksum(packet);
    return true;
}

void wrong_offset(struct packet *packet, uint64_t header)
{
    if (packet->esp != 0)
        packet->esp = packet->ip + ov2_header_esp_offset(header);
}

void wrong_udp_sum(struct packet *packet)
{
    if (packet->udp != 0)
        put_be16(packet->frame + packet->udp + 6, 0xBEEF);
}

bool wrong_inner_sum(struct portion *portion, uint64_t checksum, uint64_t header)
{
    struct packet *packet = &portion->packet;
    uint32_t at = portion->esp != NULL ? packet->esp + esp_header_len(portion->esp) : packet->ah + packet->ah_len;

    if ((checksum & OV2_CHECKSUM_IP_HEADER) != 0 && ov2_header_next_header(header) == PROTOCOL_IPV4 &&
        at + 12 <= packet->end)
        put_be16(packet->frame + at + 10, 0xBEEF);
    return true;
}

void wrong_pad(struct portion *portion)
{
    struct portion_content content;
    struct esp_text text;

    if (portion->esp != NULL && portion_content(&content, portion) &&
        esp_find_text(&text, &portion->packet, portion->esp))
        memset(portion->packet.frame + content.limit, 0, text.end - 2 - content.limit);
}

bool wrong_next_header(struct portion *portion, uint8_t next_header)
{
    struct esp_text text;

    if (portion->esp != NULL && esp_find_text(&text, &portion->packet, portion->esp))
        portion->packet.frame[text.end - 1] = next_header;
    return true;
}

uint32_t wrong_half(uint32_t high)
{
    static uint32_t last;
    uint32_t before = last;

    last = high;
    return before;
}

uint32_t wrong_cached_half(const struct sa_operation *operation)
{
    static uint64_t serial;
    static uint32_t high;

    if (serial != operation->owner->serial)
        high = operation->high;
    serial = operation->owner->serial;
    return high;
}

bool wrong_turn(void)
{
    static bool turn;

    turn = !turn;
    return !turn;
}

void wrong_pair_half(const struct sa_table *table, const struct sa_operation *operation)
{
    const struct sa *sa = operation->owner;

    for (uint32_t slot = 0; slot < table->slot_count; slot++) {
        struct sa *other = table->slots[slot].sa;
        if (other != NULL && other->inbound != sa->inbound && memcmp(other->source, sa->destination, 16) == 0 &&
            memcmp(other->destination, sa->source, 16) == 0)
            other->operations[0].high = operation->high;
    }
}

enum packet_check wrong_open_twice(struct portion *portion, uint32_t high)
{
    static uint8_t kept[PACKET_FRAME_MAX];
    struct packet *packet = &portion->packet;

    memcpy(kept, packet->frame, packet->frame_len);
    enum packet_check check = esp_open(packet, &portion->trailer, portion->esp, high);
    if (check != PACKET_FORGED)
        return check;
    memcpy(packet->frame, kept, packet->frame_len);
    return esp_open(packet, &portion->trailer, portion->esp, high + 1);
}

bool wrong_replayed(struct sa_operation *operation, uint32_t low)
{
    bool replayed = operation->heard && low <= operation->low;

    operation->heard = true;
    if (!replayed)
        operation->low = low;
    return replayed;
}

struct ov2_oob wrong_oob(const struct ov2_oob *oob)
{
    static struct ov2_oob kept;

    if (oob->ipsec != 0)
        kept = *oob;
    return kept;
}

void wrong_stale(const struct packet *packet, bool *decrypted, const struct ov2_oob *oob)
{
    if (ov2_crypto_status(oob->ipsec) == CRYPTO_SUCCESS)
        return;
    memset(packet->frame + packet->ip, 0xDB, packet->frame_len - packet->ip);
    *decrypted = true;
}

bool wrong_is_ike(const struct packet *packet)
{
    const uint8_t *udp = packet->frame + packet->upper;

    return packet->protocol == 17 && packet->end - packet->upper >= 12 && get_be16(udp + 2) == PACKET_UDP_ESP_PORT &&
           get_be32(udp + 8) == 0;
}

void wrong_assert_unicast(const uint8_t *frame, uint32_t len)
{
    assert(len < 14 || (frame[0] & 1) == 0);
}

static enum packet_kind parse_content(struct packet *inner, const struct portion *portion,
                                      const struct portion_content *content)
{
    if (!portion_is_tunnel(content))
        return PACKET_OTHER;
    return packet_parse_inner(inner, &portion->packet, content->protocol, content->at, content->limit);
}

bool wrong_is_foreign(const struct portion *portion)
{
    struct portion_content content;
    struct packet inner;

    return portion_content(&content, portion) && parse_content(&inner, portion, &content) != PACKET_OTHER &&
           (inner.ipv6 != portion->packet.ipv6 ||
            memcmp(packet_destination(&inner), packet_destination(&portion->packet), inner.ipv6 ? 16 : 4) != 0);
}

bool wrong_has_ipsec(const struct portion *portion, const struct portion_content *content)
{
    struct packet inner;

    return parse_content(&inner, portion, content) == PACKET_IPSEC;
}
