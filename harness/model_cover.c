/* SPDX-License-Identifier: MIT */
/* What an ICV covers of a frame that arrives, and whether the frame's parts can be found at all. */
#include "model_internal.h"

#include <string.h>

#include "stack_internal.h"

#define IP_LEN_MAX 65535u /* of any packet */

uint32_t model_ip_end(const struct stack_layout *layout, const uint8_t *bytes)
{
    const uint8_t *ip = bytes + layout->ip.at;

    return layout->ip.at + (layout->ipv6 ? IPV6_LEN + get_be16(ip + 4) : get_be16(ip + 2));
}

static bool same_bytes(const struct model_arrival *arrival, uint32_t at, uint32_t base_at, uint32_t end,
                       uint32_t base_end)
{
    return end <= arrival->len && base_end <= arrival->base_len && at <= end && base_at <= base_end &&
           end - at == base_end - base_at && memcmp(arrival->bytes + at, arrival->base + base_at, end - at) == 0;
}

/* Bytes of the IP header that a router may change, and AH takes for zero (RFC 4302 3.3.3.1). */
static bool is_mutable(const struct stack_layout *layout, uint32_t offset)
{
    static const uint8_t ipv4[] = {1, 6, 7, 8, 10, 11};

    if (layout->ipv6)
        return offset < 4 || offset == 7;
    for (size_t i = 0; i < sizeof ipv4; i++) {
        if (ipv4[i] == offset)
            return true;
    }
    return false;
}

/* The IP header as AH sees it.  What AH makes of options is between the documents: *is_odd if they differ. */
static bool same_header(bool *is_odd, const struct model_arrival *arrival, const struct stack_layout *layout,
                        const struct stack_layout *base)
{
    uint32_t fixed = layout->ipv6 ? IPV6_LEN : IPV4_LEN;

    if (layout->ipv6 != base->ipv6 || layout->ip.len != base->ip.len)
        return false;
    for (uint32_t i = 0; i < layout->ip.len; i++) {
        if (arrival->bytes[layout->ip.at + i] == arrival->base[base->ip.at + i])
            continue;
        *is_odd = *is_odd || i >= fixed;
        if (i < fixed && !is_mutable(layout, i))
            return false;
    }
    return true;
}

bool model_is_intact(bool *is_odd, const struct model_arrival *arrival, const struct stack_layout *layout,
                     uint32_t operation)
{
    struct stack_layout base;
    uint32_t end;
    uint32_t base_end;

    if (!arrival->is_edited)
        return true;
    stack_parse(&base, arrival->base, arrival->base_len, NULL, NULL);
    if (!base.parsed)
        return false;
    end = model_ip_end(layout, arrival->bytes);
    base_end = model_ip_end(&base, arrival->base);
    if (operation == IPSEC_OFFLOAD_V2_OPERATION_ESP)
        return base.esp.len > 0 && same_bytes(arrival, layout->esp.at, base.esp.at, end, base_end);
    return base.ah.len > 0 && same_header(is_odd, arrival, layout, &base) &&
           same_bytes(arrival, layout->ah.at, base.ah.at, end, base_end);
}

/* A pad length that anybody can read, and that does not fit. */
static bool is_odd_trailer(const uint8_t *bytes, const struct stack_layout *layout, const struct bundle_layer *layer)
{
    uint32_t clear = layout->payload.len + layout->trailer.len;

    return layer->suite->enc == IPSEC_OFFLOAD_V2_ENCRYPTION_NONE && clear >= TRAILER_LEN &&
           (uint32_t)bytes[layout->payload.at + clear - TRAILER_LEN] + TRAILER_LEN > clear;
}

bool model_is_oversized(const struct bundle *bundle, const struct model_frame *frame, const struct stack_layout *layout)
{
    uint32_t clear = layout->payload.len + layout->trailer.len;

    return stack_layer(bundle, IPSEC_OFFLOAD_V2_OPERATION_ESP) && frame && frame->plain && clear >= TRAILER_LEN &&
           layout->payload.at + clear <= frame->plain_len &&
           frame->plain[layout->payload.at + clear - TRAILER_LEN] + (uint32_t)TRAILER_LEN > clear;
}

static bool are_odd_ipv4(const uint8_t *options, uint32_t len)
{
    uint32_t at = 0;

    while (at < len && options[at] != 0) { /* End of Option List */
        uint32_t each = at + 1 < len ? options[at + 1] : 0;
        if (options[at] == 1) /* No-Operation */
            each = 1;
        else if (each < 2 || each > len - at)
            return true;
        at += each;
    }
    return false;
}

/* One hop-by-hop or destination options header. */
static bool are_odd_ipv6(const uint8_t *header, uint32_t len)
{
    uint32_t at = 2;

    while (at < len) {
        if (header[at] != 0 && (len - at < 2 || header[at + 1] > len - at - 2)) /* 0: Pad1 */
            return true;
        at += header[at] == 0 ? 1 : 2u + header[at + 1];
    }
    return false;
}

static bool has_odd_extension(const uint8_t *ip, uint32_t len)
{
    uint32_t protocol = ip[6];
    uint32_t each;

    for (uint32_t at = IPV6_LEN; at < len; protocol = ip[at], at += each) {
        const uint8_t *header = ip + at;
        each = protocol == PROTOCOL_FRAGMENT ? 8 : (header[1] + 1u) * 8;
        if ((protocol == PROTOCOL_HOP_BY_HOP || protocol == PROTOCOL_DESTINATION) && are_odd_ipv6(header, each))
            return true;
        if (protocol == PROTOCOL_ROUTING && header[2] == 0 && header[3] > (each - 8) / 16) /* Segments Left */
            return true;
    }
    return false;
}

bool model_has_odd_options(const struct stack_layout *layout, const uint8_t *bytes)
{
    const uint8_t *ip = bytes + layout->ip.at;

    return layout->ipv6 ? has_odd_extension(ip, layout->ip.len)
                        : are_odd_ipv4(ip + IPV4_LEN, layout->ip.len - IPV4_LEN);
}

bool model_is_misfit(const struct bundle *bundle, const struct stack_layout *layout, const uint8_t *bytes)
{
    const struct bundle_layer *esp = stack_layer(bundle, IPSEC_OFFLOAD_V2_OPERATION_ESP);
    const struct bundle_layer *ah = stack_layer(bundle, IPSEC_OFFLOAD_V2_OPERATION_AH);

    if (ah && (layout->ah.len != stack_ah_len(ah->suite, layout->ipv6) || model_has_odd_options(layout, bytes)))
        return true;
    return esp &&
           ((layout->payload.len + layout->trailer.len) % esp->suite->block != 0 || is_odd_trailer(bytes, layout, esp));
}

void model_find_defects(struct model_match *match, const struct model_arrival *arrival,
                        const struct stack_layout *layout)
{
    const struct bundle_layer *esp = stack_layer(&match->bundle, IPSEC_OFFLOAD_V2_OPERATION_ESP);

    match->is_cut =
        !layout->parsed || model_ip_end(layout, arrival->bytes) > arrival->len || (esp && layout->trailer.len == 0);
    match->is_ah_cut = layout->ah.len == 0 || model_ip_end(layout, arrival->bytes) > arrival->len;
    match->is_malformed = match->is_cut || model_is_misfit(&match->bundle, layout, arrival->bytes);
}

bool model_is_doubtful(const struct model_arrival *arrival)
{
    const struct stack_layout *layout = &arrival->layout;
    const uint8_t *ip = arrival->bytes + layout->ip.at;
    const uint8_t *udp = ip + layout->ip.len;

    if (arrival->len > layout->media.len + IP_LEN_MAX ||
        (!layout->ipv6 && stack_ip_checksum(ip, (ip[0] & 0xFu) * 4u) != get_be16(ip + 10)))
        return true;
    if (model_is_in_udp(layout) &&
        (get_be16(udp + 2) != UDP_ESP_PORT ||
         layout->ip.at + layout->ip.len + get_be16(udp + 4) != model_ip_end(layout, arrival->bytes)))
        return true;
    /* From nobody knows where, it need not be a frame that a device takes for one. */
    return arrival->frame == 0 && !arrival->has_plain;
}
