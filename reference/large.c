/* SPDX-License-Identifier: MIT */
#include "large.h"

#include "bytes.h"
#include "checksum.h"
#include "config.h"
#include "fault.h"

#include <string.h>

#define PROTOCOL_TCP 6u

#define TCP_SEQUENCE 4u
#define TCP_LEN      12u
#define TCP_FLAGS    13u
#define TCP_CHECKSUM 16u
#define TCP_LEN_MIN  20u

#define FLAG_FIN 0x01u
#define FLAG_PSH 0x08u
#define FLAG_CWR 0x80u

/* V2 leaves the upper half of the IP identifications to others (L-LSO). */
#define V2_IDENTIFICATION 0x7FFFu

/* set_length: V2's total length is that of the NET_BUFFER, whatever the IP header says (L-LSO).  False: no IP header
 * could say it. */
static bool set_length(uint8_t *frame, uint32_t frame_len)
{
    uint32_t ip = frame_len >= 14 && get_be16(frame + 12) == 0x8100 ? 18 : 14;

    if (frame_len < ip + 40 || frame_len - ip > 0xFFFFu)
        return false;
    if (frame[ip] >> 4 == 6)
        put_be16(frame + ip + 4, frame_len - ip - 40);
    else
        put_be16(frame + ip + 2, frame_len - ip);
    return true;
}

/* set_udp_length: for the parser, which believes no other: the template's is that of a packet that never leaves. */
static void set_udp_length(uint8_t *frame, uint32_t at, uint32_t end)
{
    put_be16(frame + at + 4, end - at);
}

/* find_tcp: behind the IPsec headers of the SA, or right behind those of IP. */
static bool find_tcp(struct large *large, uint32_t tcp)
{
    const struct packet *packet = &large->pattern.packet;
    uint8_t protocol = packet->protocol;
    uint32_t at = packet->upper;

    if (large->pattern.esp != NULL) {
        at = packet->esp + esp_header_len(large->pattern.esp);
        protocol = ov2_header_next_header(large->header) & 0xFFu;
    }
    large->tcp = at;
    return protocol == PROTOCOL_TCP && at == tcp;
}

static uint32_t count_segments(const struct large *large)
{
    uint32_t whole = large->payload_len / large->mss;

    return FAULTY((large->payload_len - 1) / large->mss + 1, DROPS_REMAINDER, whole > 0 ? whole : 1);
}

/* measure: header, payload and segments, in 32 bits: no frame is longer than PACKET_FRAME_MAX. */
static bool measure(struct large *large)
{
    const struct packet *packet = &large->pattern.packet;
    uint32_t pad_len = FAULTY(large->pattern.sa != NULL, SENDS_PADS, false) ? ov2_header_pad_length(large->header) : 0;
    uint32_t tcp_len;

    if (large->tcp > packet->end || packet->end - large->tcp < TCP_LEN_MIN + pad_len)
        return false;
    tcp_len = (packet->frame[large->tcp + TCP_LEN] >> 4) * 4u;
    if (tcp_len < TCP_LEN_MIN || tcp_len > packet->end - large->tcp - pad_len)
        return false;
    large->payload = large->tcp + tcp_len;
    large->payload_len = packet->end - large->payload - pad_len;
    large->payload_len = FAULTY(large->payload_len, TRUNCATES_OVERSIZED,
                                large->payload_len > LARGE_PAYLOAD_MAX ? LARGE_PAYLOAD_MAX : large->payload_len);
    if (large->payload_len == 0 || large->payload_len > LARGE_PAYLOAD_MAX || large->mss == 0)
        return false;
    large->count = count_segments(large);
    return large_frame_len(large, 0) - packet->ip <= 0xFFFFu;
}

/* counts_on: whether this many further sequence numbers follow; only the stack can give an ESN SA its next upper half,
 * so a large send over the wrap is refused. */
static bool counts_on(const struct sa_operation *operation, uint32_t sequence, uint32_t further)
{
    bool free = operation == NULL || FAULTY(!operation->esn, LARGE_STOPS_AT_WRAP, false);

    return free || FAULTY(sequence <= UINT32_MAX - further, LARGE_IGNORES_WRAP, true);
}

/* is_protectable: the template has the headers of its SA, and is no tunnel (LSO-010). */
static bool is_protectable(const struct large *large, const struct ov2_device *nic)
{
    const struct portion *pattern = &large->pattern;
    uint8_t next = ov2_header_next_header(large->header) & 0xFFu;

    if (large->pattern.esp == NULL)
        next = pattern->packet.frame[pattern->packet.ah];
    return nic->current.IPsecV2.LsoSupported && next == PROTOCOL_TCP && config_carries(nic, false, false) &&
           protect_is_framed(nic, pattern) && protect_is_named(&pattern->packet, NULL, large->header);
}

static bool has_numbers(const struct large *large)
{
    const struct packet *packet = &large->pattern.packet;
    uint32_t further = large->count - 1;

    return (packet->esp == 0 || counts_on(large->pattern.esp, get_be32(packet->frame + packet->esp + 4), further)) &&
           (packet->ah == 0 || counts_on(large->pattern.ah, get_be32(packet->frame + packet->ah + 8), further));
}

/* parse: the template's headers, with the lengths that the large packet has. */
static bool parse(struct large *large, uint8_t *frame, uint32_t frame_len)
{
    struct packet *packet = &large->pattern.packet;

    if (large->v2 && !set_length(frame, frame_len))
        return false;
    if (packet_parse(packet, frame, frame_len) == PACKET_OTHER || packet->fragment)
        return false;
    if (packet->protocol == 17 && packet->end - packet->upper >= 8) {
        set_udp_length(frame, packet->upper, packet->end);
        packet_parse(packet, frame, frame_len);
    }
    return true;
}

bool large_plan(struct large *large, const struct ov2_device *nic, const struct protection *protection,
                uint64_t large_send, uint8_t *frame, uint32_t frame_len)
{
    bool ipv6 = ov2_large_ip_version(large_send) == NDIS_TCP_LARGE_SEND_OFFLOAD_IPv6;
    const struct packet *packet = &large->pattern.packet;

    memset(large, 0, sizeof(*large));
    large->header = protection->header;
    large->v2 = ov2_large_type(large_send) == NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE;
    large->mss = ov2_large_mss(large_send);
    large->mss = FAULTY(large->mss, SUBTRACTS_OVERHEAD, large->mss > 40 ? large->mss - 40 : large->mss);
    portion_set(&large->pattern, protection->sa);
    if (protection->tunnel != NULL || !parse(large, frame, frame_len))
        return false;
    if (packet->ipv6 != (large->v2 && ipv6) || !config_segments(nic, large->v2, packet->ipv6))
        return false;
    if (protection->sa != NULL ? !is_protectable(large, nic) : packet->ah != 0 || packet->esp != 0)
        return false;
    return find_tcp(large, ov2_large_tcp_offset(large_send)) && measure(large) &&
           (large->pattern.sa == NULL || has_numbers(large));
}

static uint32_t chunk_len(const struct large *large, uint32_t number)
{
    uint32_t done = number * large->mss; /* less than payload_len */

    return large->payload_len - done < large->mss ? large->payload_len - done : large->mss;
}

/* pad_to_16: for a fault: as for a cipher with blocks of that size. */
static uint32_t pad_to_16(const struct large *large, uint32_t len)
{
    uint32_t unit = large->pattern.esp->cipher->kind == SUITE_GCM ? 16 : 4;
    uint32_t least = esp_pad_len(large->pattern.esp, len);

    return least + (unit - (len + least + 2) % unit) % unit;
}

static uint32_t pad_len_of(const struct large *large, uint32_t number)
{
    uint32_t len = large->payload - large->tcp + chunk_len(large, FAULTY(number, PADS_LIKE_FIRST, 0));

    return FAULTY(esp_pad_len(large->pattern.esp, len), PADS_GCM_TO_16, pad_to_16(large, len));
}

static uint32_t icv_room(const struct large *large)
{
    return FAULTY(large->pattern.esp->icv_len, ROOM_FOR_16, 16u);
}

uint32_t large_frame_len(const struct large *large, uint32_t number)
{
    uint32_t len = large->payload + chunk_len(large, number);

    if (large->pattern.esp == NULL)
        return len;
    return len + pad_len_of(large, number) + 2 + icv_room(large);
}

uint32_t large_size(const struct large *large)
{
    return (large->count - 1) * large_frame_len(large, 0) + large_frame_len(large, large->count - 1);
}

/* write_tcp: the checksum field holds the sum of the pseudo-header without the length (L-LSO). */
static void write_tcp(const struct large *large, uint8_t *tcp, uint32_t number)
{
    uint32_t len = large->payload - large->tcp + chunk_len(large, number);
    uint8_t flags = tcp[TCP_FLAGS];

    put_be32(tcp + TCP_SEQUENCE, get_be32(tcp + TCP_SEQUENCE) + number * large->mss);
    if (FAULTY(number + 1 < large->count, FLAGS_ON_EVERY_SEGMENT, false))
        flags &= (uint8_t) ~(FLAG_FIN | FLAG_PSH);
    if (number > 0)
        flags &= (uint8_t)~FLAG_CWR;
    tcp[TCP_FLAGS] = flags;
    put_be16(tcp + TCP_CHECKSUM, checksum_fold(checksum_add(len, tcp, len)));
}

/* write_ip: the segment's own identification; UDP's checksum would be that of another datagram. */
static void write_ip(const struct large *large, struct packet *packet, uint32_t number)
{
    uint8_t *ip = packet->frame + packet->ip;

    if (!packet->ipv6) {
        uint32_t identification = get_be16(ip + 4) + number;
        put_be16(ip + 4, large->v2 ? identification & V2_IDENTIFICATION : identification);
    }
    if (packet->udp != 0)
        put_be16(packet->frame + packet->udp + 6, 0);
    packet_set_end(packet, packet->end);
    if (packet->udp != 0)
        FAULTY((void)0, KEEPS_LARGE_UDP_LENGTH,
               put_be16(packet->frame + packet->udp + 4, large->pattern.packet.end - packet->udp));
}

static void add_to_be32(uint8_t *at, uint32_t number)
{
    put_be32(at, get_be32(at) + FAULTY(number, REPEATS_SEQUENCE, 0));
}

static uint8_t next_header_of(const struct large *large)
{
    const struct packet *packet = &large->pattern.packet;

    return FAULTY(ov2_header_next_header(large->header) & 0xFFu, TRAILER_FROM_TAIL, packet->frame[packet->end - 1]);
}

bool large_make(const struct large *large, uint8_t *frame, uint32_t number)
{
    struct portion segment = large->pattern;
    struct packet *packet = &segment.packet;
    uint32_t chunk = chunk_len(large, number), end = large->payload + chunk;

    memcpy(frame, packet->frame, large->payload);
    memcpy(frame + large->payload, packet->frame + large->payload + (size_t)number * large->mss, chunk);
    write_tcp(large, frame + large->tcp, number);
    if (large->pattern.esp != NULL) {
        end += esp_write_trailer(frame + end, pad_len_of(large, number), next_header_of(large));
        end += icv_room(large);
    }
    packet->frame = frame;
    packet->frame_len = end;
    packet->end = end;
    write_ip(large, packet, number);
    if (segment.sa == NULL || FAULTY(false, PROTECTS_FIRST_SEGMENT_ONLY, number > 0))
        return true;
    if (packet->esp != 0)
        add_to_be32(frame + packet->esp + 4, number);
    if (packet->ah != 0)
        add_to_be32(frame + packet->ah + 8, number);
    /* One IV of the stack's would not do for all. */
    return portion_seal(&segment, FAULTY(true, SEGMENTS_SHARE_IV, false));
}
