/* SPDX-License-Identifier: MIT */
/*
 * What TCP/IP would do: frames packets for the SAs of a bundle, fills the out-of-band words, and edits frames on their
 * way.  No cryptography: where the NIC writes (IV, ciphertext, ICV), the stack leaves marked room.
 *
 *   | media | IP [options] | AH | ESP: SPI seq | IV | payload | pad | padlen nh | ICV |
 */
#ifndef STACK_H
#define STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bundle.h"
#include "outcome.h"
#include "profile.h"

#define STACK_FRAME_MAX 66000u
#define STACK_ICV_MARK  0xE5 /* what stands where the NIC writes the ICV */
#define STACK_IV_MARK   0xA7 /* and the IV */

/* Where the parts of one frame are; offsets from the frame's start, a length of 0: not there. */
struct stack_span {
    uint32_t at;
    uint32_t len;
};
struct stack_layout {
    bool parsed; /* an IP packet whose parts were found */
    bool ipv6;
    bool fragment;
    uint32_t spi; /* of the outermost IPsec header */
    uint32_t seq;
    uint8_t protocol; /* of the outermost IPsec header: 50, 51; else what the IP header carries */
    uint8_t src[16];
    uint8_t dst[16];
    struct stack_span media;
    struct stack_span ip;     /* header with options or extension headers */
    struct stack_span ah;     /* whole AH */
    struct stack_span ah_icv; /* its ICV field, the IV of GMAC not included */
    struct stack_span esp;    /* SPI and sequence number */
    struct stack_span iv;
    struct stack_span payload; /* what is protected, without the trailer; needs the suite to be exact */
    struct stack_span trailer; /* pad, pad length, next header */
    struct stack_span icv;     /* of ESP */
};

/* What to put into one packet. */
struct stack_packet {
    const struct bundle *bundle; /* its layers; NULL: no IPsec, the payload stands behind the IP header */
    const struct profile *profile;
    uint8_t src[16]; /* used where the bundle's selector is a wildcard; 4 or 16 bytes by family */
    uint8_t dst[16];
    bool ipv6; /* only without a bundle */
    uint32_t seq;
    uint32_t ah_seq;
    const uint8_t *data;
    uint32_t data_len;
    uint8_t next_header;
    uint32_t pad;           /* UINT32_MAX: the least that aligns */
    const uint8_t *iv;      /* NULL: marked room */
    uint32_t options;       /* bytes of IPv4 options (multiple of 4, up to 40) or of IPv6 extension headers (of 8) */
    const uint8_t *headers; /* NULL: they are padding; else what they are, IPv6: behind the type of the first one */
    /* A tunnel: the payload is this packet, an IP packet of its own; data and next_header are not looked at. */
    const struct stack_packet *inner;
    bool has_id; /* an IPv4 identification of its own; else it is the low half of seq */
    uint16_t id;
    bool is_template; /* a large packet: without trailer and ICV of ESP; pad bytes end the data (LSO-002, LSO-003) */
};

/* stack_frame: builds the frame as the stack hands it to the NIC, and the slot 12 word that goes with it: of the
 * outermost headers, and of those inside that are missing there.  layout says where everything of the outermost portion
 * is.  With ICV_SPACE=appended the room of the outermost ICV of ESP is not in the frame, but in the IP lengths.  False:
 * it does not fit into size, or the pad length or options are impossible. */
bool stack_frame(uint8_t *out, size_t size, uint32_t *len, uint64_t *header_slot, struct stack_layout *layout,
                 const struct stack_packet *packet);

/* A TCP segment that is larger than the wire takes: the NIC cuts it.  The packet's data are its payload. */
struct stack_large {
    bool is_v2;
    uint32_t mss;
    uint32_t tcp_seq;
    uint8_t tcp_flags;
    uint32_t tcp_options; /* bytes of TCP options, a multiple of 4 up to 40 */
};

/* stack_large: the frame of a large packet as the stack hands it to the NIC, with its words for slots 12 and 2.
 * packet->pad bytes behind the data are to be discarded.  False: as stack_frame(). */
bool stack_large(uint8_t *out, size_t size, uint32_t *len, uint64_t *header_slot, uint64_t *large_slot,
                 const struct stack_packet *packet, const struct stack_large *large);

/* stack_segments: into how many segments it is cut; 0: an MSS of 0 cuts nothing. */
uint32_t stack_segments(const struct stack_packet *packet, const struct stack_large *large);

/* stack_segment: one of them, from 0 on, as if the stack had framed it itself, with room for what the NIC writes;
 * *text: where its part of the payload is. */
bool stack_segment(uint8_t *out, size_t size, uint32_t *len, struct stack_span *text, const struct stack_packet *packet,
                   const struct stack_large *large, uint32_t number);

/* stack_parse: finds the parts of a frame.  bundle (may be NULL) gives the lengths that are not on the wire.  Robust
 * against any bytes: what cannot be found has length 0. */
void stack_parse(struct stack_layout *layout, const uint8_t *frame, uint32_t len, const struct bundle *bundle,
                 const struct profile *profile);

/* stack_parse_inner: the same for the IP packet in the clear text of a tunnel, [at, at + len) of clear; next_header
 * says of which family it is.  Offsets are those of clear; there is no media header. */
void stack_parse_inner(struct stack_layout *layout, const uint8_t *clear, struct stack_span where, uint32_t next_header,
                       const struct bundle *bundle);

/* stack_is_tunnel: a next header that stands for a whole IP packet. */
bool stack_is_tunnel(uint32_t next_header);

/* stack_region: the span that an edit names: media ip ah ah-icv esp spi seq iv payload trailer pad-length next-header
 * icv src dst frame.  False: unknown name. */
bool stack_region(struct stack_span *span, const struct stack_layout *layout, const char *name, size_t name_len);

/* stack_ip_checksum: the IPv4 header checksum, for tests and for rewritten headers. */
uint16_t stack_ip_checksum(const uint8_t *header, uint32_t len);

#endif
