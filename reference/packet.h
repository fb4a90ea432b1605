/* SPDX-License-Identifier: MIT */
/*
 * Packets: gathering fragments into one frame, and finding in that frame the IP datagram and its AH and ESP headers.
 *
 *   | media header (14, 18) | IP header, options, extension headers | AH | UDP | ESP ... | trailing bytes |
 *   0                       ip                                       ah   udp   esp       end              frame_len
 *
 * A tunnel carries a datagram of its own, from its IP header to its end, within the same frame.
 */
#ifndef OV2_REFERENCE_PACKET_H
#define OV2_REFERENCE_PACKET_H

#include "ov2/adapter.h"

#include <stdbool.h>
#include <stdint.h>

/* No IP datagram is longer; a frame that is has nothing that IPsec could protect. */
#define PACKET_FRAME_MAX (65535u + 40u + 18u)

/* How far behind the start of the IP header AH and ESP headers are looked for. */
#define PACKET_HEADERS_MAX 2048u

/* What a tunnel carries, as the header in front of it says (RFC 4303 2.6). */
#define PROTOCOL_IPV4 4u
#define PROTOCOL_IPV6 41u

/* The one port of UDP-ESP (RFC 3948 2.1, A-48). */
#define PACKET_UDP_ESP_PORT 4500u

/* One datagram within a frame. */
struct packet {
    uint8_t *frame;
    uint32_t frame_len;
    uint32_t ip;  /* offset of the IP header */
    uint32_t end; /* offset behind the datagram, by its own length field */
    bool ipv6;
    bool fragment;         /* needs reassembly */
    bool options;          /* IPv4 options, or IPv6 extension headers beside the IPsec ones */
    uint32_t ah;           /* offset of the AH header, 0: none */
    uint32_t ah_len;       /* by its own length field; not checked against end */
    uint32_t udp;          /* offset of the UDP header that ESP is encapsulated in, 0: none */
    uint32_t esp;          /* offset of the ESP header, 0: none; it may be cut short by end */
    uint32_t ah_named_at;  /* offset of the byte that says that AH comes */
    uint32_t esp_named_at; /* offset of the byte that says that ESP, or UDP in front of it, comes */
    uint32_t upper;        /* offset of the first header that is none of all these */
    uint8_t protocol;      /* what that header is */
};

/* packet_is_esp_port: whether ESP may stand behind this UDP port. */
bool packet_is_esp_port(uint32_t port);

/* packet_source, packet_destination: the addresses, in the frame; 4 or 16 bytes. */
static inline const uint8_t *packet_source(const struct packet *packet)
{
    return packet->frame + packet->ip + (packet->ipv6 ? 8 : 12);
}

static inline const uint8_t *packet_destination(const struct packet *packet)
{
    return packet->frame + packet->ip + (packet->ipv6 ? 24 : 16);
}

/* What became of a packet that was opened. */
enum packet_check {
    PACKET_GOOD,
    PACKET_FORGED,    /* its ICV is another */
    PACKET_MALFORMED, /* its lengths leave no room for what it needs */
    PACKET_UNCHECKED  /* the library failed */
};

enum packet_kind {
    PACKET_OTHER, /* not a well-formed IP datagram */
    PACKET_PLAIN, /* no AH or ESP header where one can be found */
    PACKET_IPSEC
};

/* packet_len: the bytes of all fragments. */
uint64_t packet_len(const struct ov2_packet *fragments);

/* packet_gather: copies all fragments to out; false when they do not fit into size bytes. */
bool packet_gather(uint8_t *out, uint32_t size, const struct ov2_packet *fragments);

/* packet_scatter: the other way: frame fills all fragments. */
void packet_scatter(const struct ov2_packet *fragments, const uint8_t *frame);

/* packet_parse: finds out what lies in frame, which begins with an Ethernet header with or without one VLAN tag.  Looks
 * at no byte beyond frame_len and follows no chain that does not grow. */
enum packet_kind packet_parse(struct packet *packet, uint8_t *frame, uint32_t frame_len);

/* packet_parse_inner: the same for the datagram at offset at that outer carries; protocol says which family, limit
 * where the last byte of it can be.  What stands between its end and the limit is no part of it (RFC 4303 2.7). */
enum packet_kind packet_parse_inner(struct packet *inner, const struct packet *outer, uint8_t protocol, uint32_t at,
                                    uint32_t limit);

/* packet_set_end: the datagram now ends at end; its length fields follow, UDP's too, and the IPv4 header checksum. */
void packet_set_end(struct packet *packet, uint32_t end);

/* packet_set_checksum: the IPv4 header checksum becomes right; an IPv6 header has none. */
void packet_set_checksum(struct packet *packet);

/* packet_cut: takes len bytes out of the frame at offset at; end and frame_len follow, length fields do not. */
void packet_cut(struct packet *packet, uint32_t at, uint32_t len);

#endif
