/* SPDX-License-Identifier: MIT */
/* Large TCP packets (L-LSO), and the segments into which a NIC has to cut them. */
#include <stdlib.h>
#include <string.h>

#include "ov2/ndis_ipsec.h"
#include "stack_internal.h"

#define TCP_LEN         20u
#define TCP_OPTIONS_MAX 40u
#define TCP_FLAG_FIN    0x01u
#define TCP_FLAG_PSH    0x08u
#define TCP_FLAG_CWR    0x80u
#define TCP_NOP         1
#define PORT_SOURCE     49152u
#define PORT_TARGET     5001u
#define PAD_MARK        0xDD    /* what stands where the NIC is to discard */
#define V2_ID           0x7FFFu /* V2 counts the IP identification in 15 bits (L-LSO) */

/* One TCP packet: the whole, or a segment. */
struct tcp_part {
    uint32_t from; /* of the payload */
    uint32_t len;
    uint32_t pad; /* bytes behind it */
    uint8_t flags;
};

static uint32_t header_len(const struct stack_large *large)
{
    return TCP_LEN + large->tcp_options;
}

static uint32_t add_words(uint32_t sum, const uint8_t *bytes, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++)
        sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
    while (sum > 0xFFFF)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return sum;
}

/* The pseudo-header of RFC 793 3.1 and RFC 8200 8.1. */
static uint32_t pseudo_sum(const struct stack_layout *layout, uint32_t tcp_len)
{
    uint32_t len = layout->ipv6 ? 16 : 4;

    return add_words(add_words(PROTOCOL_TCP + tcp_len, layout->src, len), layout->dst, len);
}

static void put_tcp(uint8_t *out, const struct stack_packet *packet, const struct stack_large *large,
                    const struct tcp_part *part)
{
    memset(out, 0, TCP_LEN);
    put_be16(out, PORT_SOURCE);
    put_be16(out + 2, PORT_TARGET);
    put_be32(out + 4, large->tcp_seq + part->from);
    put_be32(out + 8, 1); /* what was heard so far */
    out[12] = (uint8_t)(header_len(large) / 4 << 4);
    out[13] = part->flags;
    put_be16(out + 14, 0xFFFF); /* the window */
    memset(out + TCP_LEN, TCP_NOP, large->tcp_options);
    out += header_len(large);
    if (part->len > 0)
        memcpy(out, packet->data + part->from, part->len);
    memset(out + part->len, PAD_MARK, part->pad);
}

/* The frame of a part; the checksum field is still zero. */
static bool frame_part(uint8_t *out, size_t size, uint32_t *len, uint64_t *header_slot, struct stack_layout *layout,
                       struct stack_packet *packet, const struct stack_large *large, const struct tcp_part *part)
{
    uint32_t data_len = header_len(large) + part->len + part->pad;
    uint8_t *data = malloc(data_len);
    bool ok;

    if (!data)
        return false;
    put_tcp(data, packet, large, part);
    packet->data = data;
    packet->data_len = data_len;
    packet->next_header = PROTOCOL_TCP;
    ok = stack_frame(out, size, len, header_slot, layout, packet);
    free(data);
    return ok;
}

static bool is_possible(const struct stack_packet *packet, const struct stack_large *large)
{
    return large->mss > 0 && large->tcp_options % 4 == 0 && large->tcp_options <= TCP_OPTIONS_MAX && !packet->inner &&
           packet->data_len <= STACK_FRAME_MAX;
}

/* V2 takes the length of the packet for that of the NET_BUFFER: the IP header does not say it. */
static void clear_length(uint8_t *ip, bool ipv6, uint32_t ip_len)
{
    put_be16(ip + (ipv6 ? 4 : 2), 0);
    if (!ipv6)
        put_be16(ip + 10, stack_ip_checksum(ip, ip_len));
}

bool stack_large(uint8_t *out, size_t size, uint32_t *len, uint64_t *header_slot, uint64_t *large_slot,
                 const struct stack_packet *packet, const struct stack_large *large)
{
    struct stack_packet whole = *packet;
    struct tcp_part part = {0, packet->data_len, packet->pad == UINT32_MAX ? 0 : packet->pad, large->tcp_flags};
    struct stack_layout layout;
    uint32_t type = large->is_v2 ? NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE : NDIS_TCP_LARGE_SEND_OFFLOAD_V1_TYPE;

    if (!is_possible(packet, large) || part.pad > 0xFF)
        return false;
    whole.is_template = true;
    whole.pad = part.pad;
    if (!frame_part(out, size, len, header_slot, &layout, &whole, large, &part))
        return false;
    /* The sum of the pseudo-header without the length, which will be that of each segment (L-LSO). */
    put_be16(out + layout.payload.at + 16, pseudo_sum(&layout, 0));
    if (large->is_v2)
        clear_length(out + layout.ip.at, layout.ipv6, layout.ip.len);
    *large_slot = ov2_large_send(large->mss, layout.payload.at, type, large->is_v2 && layout.ipv6);
    return true;
}

uint32_t stack_segments(const struct stack_packet *packet, const struct stack_large *large)
{
    if (large->mss == 0)
        return 0;
    return packet->data_len == 0 ? 1 : (packet->data_len - 1) / large->mss + 1;
}

bool stack_segment(uint8_t *out, size_t size, uint32_t *len, struct stack_span *text, const struct stack_packet *packet,
                   const struct stack_large *large, uint32_t number)
{
    struct stack_packet segment = *packet;
    struct profile profile = *packet->profile;
    uint32_t done = number * large->mss;
    uint32_t left = packet->data_len - done;
    struct tcp_part part = {done, left < large->mss ? left : large->mss, 0, large->tcp_flags};
    struct stack_layout layout;
    uint64_t header_slot;
    uint8_t *tcp;

    if (!is_possible(packet, large) || number >= stack_segments(packet, large))
        return false;
    profile.icv_appended = false; /* there is no room that anybody could leave off */
    segment.profile = &profile;
    segment.pad = UINT32_MAX;
    segment.iv = NULL; /* one IV of the stack's would not do for all */
    segment.seq += number;
    segment.ah_seq += number;
    segment.id = (uint16_t)(packet->id + number);
    if (large->is_v2)
        segment.id &= V2_ID;
    if (number > 0)
        part.flags &= (uint8_t)~TCP_FLAG_CWR;
    if (left > large->mss)
        part.flags &= (uint8_t) ~(TCP_FLAG_FIN | TCP_FLAG_PSH);
    if (!frame_part(out, size, len, &header_slot, &layout, &segment, large, &part))
        return false;
    tcp = out + layout.payload.at;
    put_be16(tcp + 16,
             ~add_words(pseudo_sum(&layout, header_len(large) + part.len), tcp, header_len(large) + part.len));
    *text = (struct stack_span){layout.payload.at + header_len(large), part.len};
    return true;
}
