/* SPDX-License-Identifier: MIT */
/* What framing (stack.c) and parsing (stack_parse.c) share: the numbers of the headers, and wire order. */
#ifndef STACK_INTERNAL_H
#define STACK_INTERNAL_H

#include <stdint.h>

#include "stack.h"

enum {
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_VLAN = 0x8100,
    ETHERTYPE_IPV6 = 0x86DD,

    PROTOCOL_HOP_BY_HOP = 0,
    PROTOCOL_IPV4 = 4, /* an IP packet within (RFC 2003) */
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    PROTOCOL_IPV6 = 41,
    PROTOCOL_ROUTING = 43,
    PROTOCOL_FRAGMENT = 44,
    PROTOCOL_ESP = 50,
    PROTOCOL_AH = 51,
    PROTOCOL_DESTINATION = 60,

    MEDIA_LEN = 14,
    VLAN_MEDIA_LEN = 18,
    IPV4_LEN = 20,
    IPV6_LEN = 40,
    UDP_LEN = 8,
    AH_LEN = 12, /* in front of IV and ICV */
    ESP_LEN = 8,
    TRAILER_LEN = 2, /* without padding */

    UDP_ESP_PORT = 4500, /* RFC 3948 2.1 */
};

static inline uint16_t get_be16(const uint8_t *in)
{
    return (uint16_t)(in[0] << 8 | in[1]);
}

static inline uint32_t get_be32(const uint8_t *in)
{
    return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

static inline void put_be16(uint8_t *out, uint32_t value)
{
    out[0] = (uint8_t)(value >> 8);
    out[1] = (uint8_t)value;
}

static inline void put_be32(uint8_t *out, uint32_t value)
{
    put_be16(out, value >> 16);
    put_be16(out + 2, value);
}

/* stack_ah_len: the whole AH of a suite; a multiple of 4, with IPv6 of 8 (RFC 4302 2.6, RFC 4543 4 and erratum 3643).
 */
uint32_t stack_ah_len(const struct suite *suite, bool ipv6);

/* stack_layer: the layer of a bundle with this operation and a suite, or NULL; the bundle may be NULL. */
const struct bundle_layer *stack_layer(const struct bundle *bundle, uint32_t operation);

#endif
