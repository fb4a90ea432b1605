/* SPDX-License-Identifier: MIT */
#include "packet.h"

#include "bytes.h"
#include "checksum.h"
#include "fault.h"

#include <assert.h>
#include <string.h>

#define ETHERTYPE_IPV4 0x0800u
#define ETHERTYPE_IPV6 0x86DDu
#define ETHERTYPE_VLAN 0x8100u

#define HEADER_HOP_BY_HOP  0u
#define HEADER_UDP         17u
#define HEADER_ROUTING     43u
#define HEADER_FRAGMENT    44u
#define HEADER_ESP         50u
#define HEADER_AH          51u
#define HEADER_DESTINATION 60u

#define UDP_LEN 8u

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

void packet_scatter(const struct ov2_packet *fragments, const uint8_t *frame)
{
    for (uint32_t i = 0; i < fragments->count; i++) {
        const struct ov2_fragment *fragment = &fragments->fragments[i];

        if (fragment->length > 0)
            memcpy(fragment->buffer + fragment->offset, frame, fragment->length);
        frame += fragment->length;
    }
}

/* A step on the way through the headers. */
struct step {
    uint32_t protocol; /* of the header at at */
    uint32_t at;
    uint32_t named_at; /* offset of the byte that says so */
};

/* walk_ah: AH may be followed by destination options or ESP (RFC 4302 3.1.1).  False: it cannot hold an SPI, or it ends
 * the walk because its length leads nowhere. */
static bool walk_ah(struct packet *packet, struct step *step)
{
    const uint8_t *header = packet->frame + step->at;

    if (packet->ah != 0 || packet->end - step->at < 12)
        return false;
    packet->ah = step->at;
    packet->ah_len = ((uint32_t)header[1] + 2) * 4;
    packet->ah_named_at = step->named_at;
    if (packet->ah_len < 12 || packet->ah_len > packet->end - step->at)
        return false;
    step->protocol = header[0];
    step->named_at = step->at;
    step->at += packet->ah_len;
    return true;
}

/* walk_extension: one IPv6 extension header.  False: it is cut short, or it is a fragment. */
static bool walk_extension(struct packet *packet, struct step *step)
{
    const uint8_t *header = packet->frame + step->at;
    uint32_t left = packet->end - step->at;
    uint32_t len = 8;

    if (left < 8)
        return false;
    if (step->protocol == HEADER_FRAGMENT)
        packet->fragment = /* offset or M; an atomic fragment is whole */
            FAULTY((get_be16(header + 2) & ~6u) != 0, ATOMIC_IS_FRAGMENT, true);
    else
        len = ((uint32_t)header[1] + FAULTY(1u, CHAINS_NEED_NOT_GROW, 0u)) * 8;
    if (len > left || packet->fragment)
        return false;
    packet->options = true;
    step->protocol = header[0];
    step->named_at = step->at;
    step->at += len;
    return true;
}

static bool is_extension(const struct packet *packet, uint32_t protocol)
{
    return packet->ipv6 && (protocol == HEADER_HOP_BY_HOP || protocol == HEADER_ROUTING ||
                            protocol == HEADER_FRAGMENT || protocol == HEADER_DESTINATION);
}

/* walk_esp: false: there is no room for an SPI and a sequence number. */
static bool walk_esp(struct packet *packet, const struct step *step, uint32_t at)
{
    if (packet->end - at < 8)
        return false;
    packet->esp = at;
    packet->esp_named_at = step->named_at;
    return true;
}

bool packet_is_esp_port(uint32_t port)
{
    return FAULTY(port == PACKET_UDP_ESP_PORT, ANY_PORT_IS_ESP, true);
}

/* has_udp_length: UDP is as long as IP says. */
static bool has_udp_length(struct packet *packet, const uint8_t *udp, uint32_t left)
{
    uint32_t len = get_be16(udp + 4);

    return FAULTY(len == left, BELIEVES_UDP_LENGTH, (packet->end += len - left) != 0);
}

/* walk_udp: UDP-ESP, but neither IKE behind four zero octets nor what is too short to be ESP (RFC 3948 2.1 - 2.3).  A
 * datagram of another length than IP says is not well-formed, and AH never has one in it. */
static void walk_udp(struct packet *packet, const struct step *step)
{
    const uint8_t *udp = packet->frame + step->at;
    uint32_t left = packet->end - step->at;

    if (packet->ah != 0 || left < FAULTY(UDP_LEN + 8, READS_SPI_PAST_END, UDP_LEN))
        return;
    if (!packet_is_esp_port(get_be16(udp)) && !packet_is_esp_port(get_be16(udp + 2)))
        return;
    if (FAULTY(get_be32(udp + UDP_LEN) == 0, MARKER_IS_SPI_0, false) || !has_udp_length(packet, udp, left))
        return;
    if (walk_esp(packet, step, step->at + FAULTY(UDP_LEN, ESP_BEGINS_AT_UDP, 0)))
        packet->udp = step->at;
}

/* walk: from the first header behind the IP header to ESP or to the upper layer; each step moves on. */
static enum packet_kind walk(struct packet *packet, uint32_t protocol, uint32_t at, uint32_t named_at)
{
    struct step step = {protocol, at, named_at};
    bool on = true;

    while (on && step.at - packet->ip <= PACKET_HEADERS_MAX) {
        if (step.protocol == HEADER_AH)
            on = walk_ah(packet, &step);
        else if (is_extension(packet, step.protocol))
            on = walk_extension(packet, &step);
        else
            break;
    }
    packet->upper = step.at;
    packet->protocol = (uint8_t)step.protocol;
    if (step.protocol == HEADER_ESP)
        walk_esp(packet, &step, step.at);
    else if (step.protocol == HEADER_UDP)
        walk_udp(packet, &step);
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
    if (header_len < 20 || total_len > available || FAULTY(total_len < header_len, TRUSTS_IHL, false))
        return PACKET_OTHER;
    packet->end = packet->ip + total_len;
    packet->options = header_len > 20;
    packet->fragment = (get_be16(ip + 6) & FAULTY(0x3FFFu, FIRST_FRAGMENT_IS_WHOLE, 0x1FFFu)) != 0; /* MF, offset */
    if (packet->fragment)
        return PACKET_PLAIN;
    return walk(packet, ip[9], packet->ip + FAULTY(header_len, ASSUMES_20_OCTETS, 20), packet->ip + 9);
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
    if (FAULTY(type == ETHERTYPE_VLAN, FORGETS_VLAN, false) && frame_len >= 18) {
        packet->ip = 18;
        type = get_be16(frame + 16);
    }
    if (type == ETHERTYPE_IPV4)
        return parse_ipv4(packet, frame_len - packet->ip);
    if (type == ETHERTYPE_IPV6)
        return parse_ipv6(packet, frame_len - packet->ip);
    return PACKET_OTHER;
}

enum packet_kind packet_parse_inner(struct packet *inner, const struct packet *outer, uint8_t protocol, uint32_t at,
                                    uint32_t limit)
{
    assert(at <= limit && limit <= outer->end);
    memset(inner, 0, sizeof(*inner));
    inner->frame = outer->frame;
    inner->frame_len = outer->frame_len;
    inner->ip = at;
    if (protocol == PROTOCOL_IPV4)
        return parse_ipv4(inner, limit - at);
    if (protocol == PROTOCOL_IPV6)
        return parse_ipv6(inner, limit - at);
    return PACKET_OTHER;
}

void packet_set_checksum(struct packet *packet)
{
    uint8_t *ip = packet->frame + packet->ip;

    if (packet->ipv6)
        return;
    put_be16(ip + 10, 0);
    put_be16(ip + 10, checksum_fold(checksum_add(0, ip, (ip[0] & 15u) * 4)));
}

void packet_set_end(struct packet *packet, uint32_t end)
{
    uint8_t *ip = packet->frame + packet->ip;

    assert(end >= packet->ip + (packet->ipv6 ? 40u : 20u) && end <= packet->frame_len);
    packet->end = end;
    if (packet->udp != 0)
        put_be16(packet->frame + packet->udp + 4, end - packet->udp);
    if (packet->ipv6)
        put_be16(ip + 4, end - packet->ip - 40);
    else
        put_be16(ip + 2, end - packet->ip);
    packet_set_checksum(packet);
}

void packet_cut(struct packet *packet, uint32_t at, uint32_t len)
{
    assert(at + len <= packet->end && packet->end <= packet->frame_len);
    memmove(packet->frame + at, packet->frame + at + len, packet->frame_len - at - len);
    packet->end -= len;
    packet->frame_len -= len;
}
