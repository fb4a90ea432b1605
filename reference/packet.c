/* SPDX-License-Identifier: MIT */
#include "packet.h"

#include "bytes.h"
#include "fault.h"

#include <assert.h>
#include <string.h>

#define ETHERTYPE_IPV4 0x0800u
#define ETHERTYPE_IPV6 0x86DDu
#define ETHERTYPE_VLAN 0x8100u

#define HEADER_HOP_BY_HOP  0u
#define HEADER_ROUTING     43u
#define HEADER_FRAGMENT    44u
#define HEADER_ESP         50u
#define HEADER_AH          51u
#define HEADER_DESTINATION 60u

uint64_t packet_len(const struct ov2_packet *fragments)
{
    uint64_t len = 0;

    for (uint32_t i = 0; i < fragments->count; i++)
        len += fragments->fragments[i].length;
    return len;
}

bool packet_gather(uint8_t *out, uint32_t size, const struct ov2_packet *fragments)
{
    for (uint32_t i = 0; i < fragments->count; i++) {
        const struct ov2_fragment *fragment = &fragments->fragments[i];
        uint32_t len = fragment->length;

        if (len > size)
            return false;
        if (len > 0)
            memcpy(out, fragment->buffer + fragment->offset, len);
        out += len;
        size -= len;
    }
    return true;
}

/* walk_ah: AH may be followed by destination options or ESP (RFC 4302 3.1.1).  False: it cannot hold an SPI, or it ends
 * the walk because its length leads nowhere. */
static bool walk_ah(struct packet *packet, uint32_t *protocol, uint32_t *at, uint32_t *named_at)
{
    const uint8_t *header = packet->frame + *at;

    if (packet->ah != 0 || packet->end - *at < 12)
        return false;
    packet->ah = *at;
    packet->ah_len = ((uint32_t)header[1] + 2) * 4;
    packet->ah_named_at = *named_at;
    packet->upper = *at;
    if (packet->ah_len < 12 || packet->ah_len > packet->end - *at)
        return false;
    *protocol = header[0];
    *named_at = *at;
    *at += packet->ah_len;
    packet->upper = *at;
    return true;
}

/* walk_extension: one IPv6 extension header.  False: it is cut short, or it is a fragment. */
static bool walk_extension(struct packet *packet, uint32_t *protocol, uint32_t *at, uint32_t *named_at)
{
    const uint8_t *header = packet->frame + *at;
    uint32_t left = packet->end - *at;
    uint32_t len = 8;

    if (left < 8)
        return false;
    if (*protocol == HEADER_FRAGMENT)
        packet->fragment = (get_be16(header + 2) & ~6u) != 0; /* offset or M; an atomic fragment is whole */
    else
        len = ((uint32_t)header[1] + 1) * 8;
    if (len > left || packet->fragment)
        return false;
    packet->options = true;
    *protocol = header[0];
    *named_at = *at;
    *at += len;
    return true;
}

static bool is_extension(const struct packet *packet, uint32_t protocol)
{
    return packet->ipv6 && (protocol == HEADER_HOP_BY_HOP || protocol == HEADER_ROUTING ||
                            protocol == HEADER_FRAGMENT || protocol == HEADER_DESTINATION);
}

/* walk: from the first header behind the IP header to ESP or to the upper layer; each step moves on. */
static enum packet_kind walk(struct packet *packet, uint32_t protocol, uint32_t at, uint32_t named_at)
{
    packet->upper = at;
    while (at - packet->ip <= PACKET_HEADERS_MAX) {
        if (protocol == HEADER_ESP) {
            if (packet->end - at >= 8) {
                packet->esp = at;
                packet->esp_named_at = named_at;
            }
            break;
        }
        if (protocol == HEADER_AH) {
            if (!walk_ah(packet, &protocol, &at, &named_at))
                break;
        } else if (is_extension(packet, protocol)) {
            if (!walk_extension(packet, &protocol, &at, &named_at))
                break;
        } else {
            break;
        }
    }
    return packet->esp != 0 || packet->ah != 0 ? PACKET_IPSEC : PACKET_PLAIN;
}

static enum packet_kind parse_ipv4(struct packet *packet, uint32_t available)
{
    const uint8_t *ip = packet->frame + packet->ip;
    uint32_t header_len, total_len;

    if (available < 20 || ip[0] >> 4 != 4)
        return PACKET_OTHER;
    header_len = (ip[0] & 15u) * 4;
    total_len = get_be16(ip + 2);
    if (header_len < 20 || total_len < header_len || total_len > available)
        return PACKET_OTHER;
    packet->end = packet->ip + total_len;
    packet->options = header_len > 20;
    packet->fragment = (get_be16(ip + 6) & FAULTY(0x3FFFu, FIRST_FRAGMENT_IS_WHOLE, 0x1FFFu)) != 0; /* MF, offset */
    packet->source = ip + 12;
    packet->destination = ip + 16;
    if (packet->fragment)
        return PACKET_PLAIN;
    return walk(packet, ip[9], packet->ip + header_len, packet->ip + 9);
}

static enum packet_kind parse_ipv6(struct packet *packet, uint32_t available)
{
    const uint8_t *ip = packet->frame + packet->ip;
    uint32_t payload_len;

    if (available < 40 || ip[0] >> 4 != 6)
        return PACKET_OTHER;
    payload_len = get_be16(ip + 4);
    if (payload_len > available - 40)
        return PACKET_OTHER;
    packet->ipv6 = true;
    packet->end = packet->ip + 40 + payload_len;
    packet->source = ip + 8;
    packet->destination = ip + 24;
    enum packet_kind kind = walk(packet, ip[6], packet->ip + 40, packet->ip + 6);
    return packet->fragment ? PACKET_PLAIN : kind;
}

enum packet_kind packet_parse(struct packet *packet, uint8_t *frame, uint32_t frame_len)
{
    uint32_t type = 0;

    memset(packet, 0, sizeof(*packet));
    packet->frame = frame;
    packet->frame_len = frame_len;
    packet->ip = 14;
    if (frame_len < packet->ip || frame_len > PACKET_FRAME_MAX)
        return PACKET_OTHER;
    type = get_be16(frame + 12);
    if (type == ETHERTYPE_VLAN && frame_len >= 18) {
        packet->ip = 18;
        type = get_be16(frame + 16);
    }
    if (type == ETHERTYPE_IPV4)
        return parse_ipv4(packet, frame_len - packet->ip);
    if (type == ETHERTYPE_IPV6)
        return parse_ipv6(packet, frame_len - packet->ip);
    return PACKET_OTHER;
}

static void set_ipv4_checksum(uint8_t *ip)
{
    uint32_t sum = 0;

    put_be16(ip + 10, 0);
    for (uint32_t i = 0; i < (ip[0] & 15u) * 4; i += 2)
        sum += get_be16(ip + i);
    sum = (sum & 0xFFFFu) + (sum >> 16);
    sum = (sum & 0xFFFFu) + (sum >> 16);
    put_be16(ip + 10, ~sum);
}

void packet_set_end(struct packet *packet, uint32_t end)
{
    uint8_t *ip = packet->frame + packet->ip;

    assert(end >= packet->ip + (packet->ipv6 ? 40u : 20u) && end <= packet->frame_len);
    packet->end = end;
    if (packet->ipv6) {
        put_be16(ip + 4, end - packet->ip - 40);
    } else {
        put_be16(ip + 2, end - packet->ip);
        set_ipv4_checksum(ip);
    }
}

void packet_cut(struct packet *packet, uint32_t at, uint32_t len)
{
    assert(at + len <= packet->end && packet->end <= packet->frame_len);
    memmove(packet->frame + at, packet->frame + at + len, packet->frame_len - at - len);
    packet->end -= len;
    packet->frame_len -= len;
}
