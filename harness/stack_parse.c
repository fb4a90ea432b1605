/* SPDX-License-Identifier: MIT */
/*
 * Parsing: finds the parts of a frame, whatever bytes it has.  A frame counts as parsed when its IP header and every
 * header that announces ESP or AH are there; what they enclose may still be too short, then these spans are empty.
 * Then, and without a bundle, the payload is all that was not understood.
 */
#include <string.h>

#include "ov2/ndis_ipsec.h"
#include "stack.h"
#include "stack_internal.h"

#define MORE_FRAGMENTS  0x2000u
#define FRAGMENT_OFFSET 0x1FFFu
#define IPV6_MORE       0x0001u
#define IPV6_OFFSET     0xFFF8u

struct cursor {
    const uint8_t *frame;
    uint32_t at;
    uint32_t end;      /* of the IP packet, or of the frame where that is shorter */
    uint32_t missing;  /* bytes of the IP packet behind the frame's end */
    uint32_t protocol; /* of what begins at `at` */
};

static uint32_t left(const struct cursor *cursor)
{
    return cursor->end - cursor->at;
}

static struct stack_span take(struct cursor *cursor, uint32_t len)
{
    struct stack_span span = {cursor->at, len};

    cursor->at += len;
    return span;
}

/* ---- IP ---- */

static void limit(struct cursor *cursor, uint64_t end)
{
    if (end > cursor->end)
        cursor->missing = (uint32_t)(end - cursor->end);
    else
        cursor->end = (uint32_t)end;
}

static bool parse_ipv4(struct stack_layout *layout, struct cursor *cursor)
{
    const uint8_t *ip = cursor->frame + cursor->at;
    uint32_t header_len;
    uint32_t total;

    if (left(cursor) < IPV4_LEN || ip[0] >> 4 != 4)
        return false;
    header_len = (ip[0] & 0xFu) * 4;
    total = get_be16(ip + 2);
    if (header_len < IPV4_LEN || header_len > left(cursor) || total < header_len)
        return false;
    limit(cursor, (uint64_t)cursor->at + total);
    layout->fragment = (get_be16(ip + 6) & (MORE_FRAGMENTS | FRAGMENT_OFFSET)) != 0;
    memcpy(layout->src, ip + 12, 4);
    memcpy(layout->dst, ip + 16, 4);
    cursor->protocol = ip[9];
    layout->ip = take(cursor, header_len);
    return true;
}

static bool is_extension(uint32_t protocol)
{
    return protocol == PROTOCOL_HOP_BY_HOP || protocol == PROTOCOL_ROUTING || protocol == PROTOCOL_DESTINATION ||
           protocol == PROTOCOL_FRAGMENT;
}

/* The extension headers become part of ip.  An atomic fragment is none (RFC 8200 4.5, erratum 133 to RFC 4303). */
static bool parse_extensions(struct stack_layout *layout, struct cursor *cursor)
{
    while (is_extension(cursor->protocol) && !layout->fragment) {
        const uint8_t *header = cursor->frame + cursor->at;
        bool is_fragment = cursor->protocol == PROTOCOL_FRAGMENT;
        uint32_t len;
        if (left(cursor) < 8)
            return false;
        len = is_fragment ? 8 : (header[1] + 1u) * 8;
        if (len > left(cursor))
            return false;
        if (is_fragment)
            layout->fragment = (get_be16(header + 2) & (IPV6_MORE | IPV6_OFFSET)) != 0;
        cursor->protocol = header[0];
        layout->ip.len += take(cursor, len).len;
    }
    return true;
}

static bool parse_ipv6(struct stack_layout *layout, struct cursor *cursor)
{
    const uint8_t *ip = cursor->frame + cursor->at;

    if (left(cursor) < IPV6_LEN || ip[0] >> 4 != 6)
        return false;
    limit(cursor, (uint64_t)cursor->at + IPV6_LEN + get_be16(ip + 4));
    layout->ipv6 = true;
    memcpy(layout->src, ip + 8, 16);
    memcpy(layout->dst, ip + 24, 16);
    cursor->protocol = ip[6];
    layout->ip = take(cursor, IPV6_LEN);
    return parse_extensions(layout, cursor);
}

static bool parse_ip(struct stack_layout *layout, struct cursor *cursor)
{
    uint32_t media_len = MEDIA_LEN;
    uint32_t ethertype;

    if (left(cursor) >= VLAN_MEDIA_LEN && get_be16(cursor->frame + 12) == ETHERTYPE_VLAN)
        media_len = VLAN_MEDIA_LEN;
    if (left(cursor) < media_len)
        return false;
    ethertype = get_be16(cursor->frame + media_len - 2);
    layout->media = take(cursor, media_len);
    if (ethertype == ETHERTYPE_IPV4)
        return parse_ipv4(layout, cursor);
    return ethertype == ETHERTYPE_IPV6 && parse_ipv6(layout, cursor);
}

/* ---- IPsec ---- */

/* Without a bundle, any ESP on port 4500 is taken for it, a zero SPI for IKE (RFC 3948 2.2). */
static bool is_udp_esp(const struct cursor *cursor, const struct bundle *bundle)
{
    const uint8_t *udp = cursor->frame + cursor->at;

    if (cursor->protocol != PROTOCOL_UDP || left(cursor) < UDP_LEN + ESP_LEN || (bundle && bundle->udp == 0))
        return false;
    return (get_be16(udp) == UDP_ESP_PORT || get_be16(udp + 2) == UDP_ESP_PORT) && get_be32(udp + UDP_LEN) != 0;
}

static bool parse_ah(struct stack_layout *layout, struct cursor *cursor, const struct bundle *bundle)
{
    const struct bundle_layer *layer = stack_layer(bundle, IPSEC_OFFLOAD_V2_OPERATION_AH);
    const uint8_t *ah = cursor->frame + cursor->at;
    uint32_t iv_len = layer ? layer->suite->iv : 0;
    uint32_t icv_len;
    uint32_t len;

    if (left(cursor) < AH_LEN)
        return false;
    len = (ah[1] + 2u) * 4;
    if (len < AH_LEN || len > left(cursor))
        return false;
    layout->protocol = PROTOCOL_AH;
    layout->spi = get_be32(ah + 4);
    layout->seq = get_be32(ah + 8);
    icv_len = layer ? layer->icv : len - AH_LEN;
    if (AH_LEN + iv_len + icv_len <= len)
        layout->ah_icv = (struct stack_span){cursor->at + AH_LEN + iv_len, icv_len};
    cursor->protocol = ah[0];
    layout->ah = take(cursor, len);
    return true;
}

/* The trailer as far as it can be known.  What is encrypted has no readable pad length: there the padding counts only
 * if it is the default one, 1, 2, 3 (RFC 4303 2.4), else the trailer is its last two bytes. */
static uint32_t trailer_len(const uint8_t *body, uint32_t len, bool is_null)
{
    uint32_t pad = body[len - TRAILER_LEN];

    if (pad + TRAILER_LEN > len)
        return TRAILER_LEN;
    for (uint32_t i = 0; i < pad && !is_null; i++) {
        if (body[len - TRAILER_LEN - pad + i] != i + 1)
            return TRAILER_LEN;
    }
    return pad + TRAILER_LEN;
}

static void parse_body(struct stack_layout *layout, struct cursor *cursor, const struct bundle_layer *layer,
                       const struct profile *profile)
{
    bool is_null = layer->suite->enc == IPSEC_OFFLOAD_V2_ENCRYPTION_NONE;
    bool is_whole = cursor->missing == 0;
    uint32_t icv = layer->icv;
    uint32_t body;

    /* With ICV_SPACE=appended the room is counted, but not there before the NIC has written it. */
    if (profile && profile->icv_appended && icv > 0 && cursor->missing == icv) {
        icv = 0;
        is_whole = true;
    }
    if (left(cursor) < layer->suite->iv)
        return;
    layout->iv = take(cursor, layer->suite->iv);
    if (!is_whole || left(cursor) < icv || left(cursor) - icv < TRAILER_LEN)
        return;
    body = left(cursor) - icv;
    layout->trailer.len = trailer_len(cursor->frame + cursor->at, body, is_null);
    layout->payload = take(cursor, body - layout->trailer.len);
    layout->trailer = take(cursor, layout->trailer.len);
    layout->icv = take(cursor, icv);
}

static bool parse_esp(struct stack_layout *layout, struct cursor *cursor, const struct bundle *bundle,
                      const struct profile *profile)
{
    const struct bundle_layer *layer = stack_layer(bundle, IPSEC_OFFLOAD_V2_OPERATION_ESP);
    const uint8_t *esp = cursor->frame + cursor->at;

    if (left(cursor) < ESP_LEN)
        return false;
    if (layout->ah.len == 0) {
        layout->protocol = PROTOCOL_ESP;
        layout->spi = get_be32(esp);
        layout->seq = get_be32(esp + 4);
    }
    layout->esp = take(cursor, ESP_LEN);
    if (layer)
        parse_body(layout, cursor, layer, profile);
    return true;
}

static bool parse_ipsec(struct stack_layout *layout, struct cursor *cursor, const struct bundle *bundle,
                        const struct profile *profile)
{
    layout->protocol = (uint8_t)cursor->protocol;
    if (layout->fragment)
        return true;
    if (cursor->protocol == PROTOCOL_AH && !parse_ah(layout, cursor, bundle))
        return false;
    /* What an AH SA by itself protects is payload, ESP of somebody else too. */
    if (layout->ah.len > 0 && stack_layer(bundle, IPSEC_OFFLOAD_V2_OPERATION_AH) &&
        !stack_layer(bundle, IPSEC_OFFLOAD_V2_OPERATION_ESP))
        return true;
    if (layout->ah.len == 0 && is_udp_esp(cursor, bundle)) {
        take(cursor, UDP_LEN);
        cursor->protocol = PROTOCOL_ESP;
    }
    return cursor->protocol != PROTOCOL_ESP || parse_esp(layout, cursor, bundle, profile);
}

void stack_parse(struct stack_layout *layout, const uint8_t *frame, uint32_t len, const struct bundle *bundle,
                 const struct profile *profile)
{
    struct cursor cursor = {frame, 0, len, 0, 0};

    memset(layout, 0, sizeof *layout);
    layout->parsed = parse_ip(layout, &cursor) && parse_ipsec(layout, &cursor, bundle, profile);
    if (layout->trailer.len == 0)
        layout->payload = take(&cursor, left(&cursor));
}

bool stack_is_tunnel(uint32_t next_header)
{
    return next_header == PROTOCOL_IPV4 || next_header == PROTOCOL_IPV6;
}

void stack_parse_inner(struct stack_layout *layout, const uint8_t *clear, struct stack_span where, uint32_t next_header,
                       const struct bundle *bundle)
{
    struct cursor cursor = {clear, where.at, where.at + where.len, 0, 0};
    bool has_ip;

    memset(layout, 0, sizeof *layout);
    has_ip = next_header == PROTOCOL_IPV6 ? parse_ipv6(layout, &cursor)
                                          : next_header == PROTOCOL_IPV4 && parse_ipv4(layout, &cursor);
    layout->parsed = has_ip && parse_ipsec(layout, &cursor, bundle, NULL);
    if (layout->trailer.len == 0)
        layout->payload = take(&cursor, left(&cursor));
}

/* ---- Regions ---- */

static bool is_name(const char *name, size_t name_len, const char *known)
{
    return strlen(known) == name_len && memcmp(name, known, name_len) == 0;
}

/* From the frame's start to the end of its last part. */
static struct stack_span whole_frame(const struct stack_layout *layout)
{
    const struct stack_span *const parts[] = {
        &layout->media, &layout->ip,      &layout->ah,      &layout->esp,
        &layout->iv,    &layout->payload, &layout->trailer, &layout->icv,
    };
    struct stack_span whole = {0, 0};

    for (uint32_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i]->len > 0 && parts[i]->at + parts[i]->len > whole.len)
            whole.len = parts[i]->at + parts[i]->len;
    }
    return whole;
}

/* A part of a span, which must be long enough to have it. */
static struct stack_span part(const struct stack_span *span, uint32_t at, uint32_t len)
{
    if (span->len < len || span->len - len < at)
        return (struct stack_span){0, 0};
    return (struct stack_span){span->at + at, len};
}

static struct stack_span ip_address(const struct stack_layout *layout, bool is_dst)
{
    uint32_t len = layout->ipv6 ? 16 : 4;

    return part(&layout->ip, (layout->ipv6 ? 8 : 12) + (is_dst ? len : 0), len);
}

bool stack_region(struct stack_span *span, const struct stack_layout *layout, const char *name, size_t name_len)
{
    /* SPI and sequence number of the outermost header. */
    bool has_ah = layout->ah.len > 0;
    uint32_t tail = layout->trailer.len;
    const struct {
        const char *name;
        struct stack_span span;
    } regions[] = {
        {"media", layout->media},
        {"ip", layout->ip},
        {"ah", layout->ah},
        {"ah-icv", layout->ah_icv},
        {"esp", layout->esp},
        {"spi", has_ah ? part(&layout->ah, 4, 4) : part(&layout->esp, 0, 4)},
        {"seq", has_ah ? part(&layout->ah, 8, 4) : part(&layout->esp, 4, 4)},
        {"iv", layout->iv},
        {"payload", layout->payload},
        {"trailer", layout->trailer},
        {"pad-length", tail >= TRAILER_LEN ? part(&layout->trailer, tail - 2, 1) : (struct stack_span){0, 0}},
        {"next-header", tail >= TRAILER_LEN ? part(&layout->trailer, tail - 1, 1) : part(&layout->ah, 0, 1)},
        {"icv", layout->icv},
        {"src", ip_address(layout, false)},
        {"dst", ip_address(layout, true)},
        {"frame", whole_frame(layout)},
    };

    for (uint32_t i = 0; i < sizeof regions / sizeof regions[0]; i++) {
        if (is_name(name, name_len, regions[i].name)) {
            *span = regions[i].span;
            return true;
        }
    }
    return false;
}
