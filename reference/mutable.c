/* SPDX-License-Identifier: MIT */
#include "mutable.h"

#include "bytes.h"
#include "fault.h"

#include <string.h>

#define OPTION_END    0u
#define OPTION_NOP    1u
#define OPTION_LSRR   131u
#define OPTION_SSRR   137u
#define OPTION_CHANGE 0x20u /* IPv6: the option's data may change en route */

#define HEADER_HOP_BY_HOP  0u
#define HEADER_ROUTING     43u
#define HEADER_FRAGMENT    44u
#define HEADER_DESTINATION 60u

/* is_immutable: the table of RFC 4302 appendix A1; all other IPv4 options are zeroed whole. */
static bool is_immutable(uint8_t type)
{
    static const uint8_t TYPES[] = {130, 133, 134, 148, 149};

    return FAULTY(memchr(TYPES, type, sizeof(TYPES)) != NULL, KNOWS_OPTIONS_BY_NUMBER,
                  memchr("\x02\x05\x06\x14\x15", type & 31, 5) != NULL);
}

/* follow_route: the address that a source route ends at is the destination that the receiver sees. */
static void follow_route(uint8_t *ip, const uint8_t *option, uint32_t len)
{
    if (len >= 7 && option[2] >= 4 && option[2] + 3u <= len && FAULTY(true, COVERS_CURRENT_HOP, false))
        memcpy(ip + 16, option + len - 4, 4);
}

static bool clear_ipv4_options(uint8_t *ip, uint32_t header_len)
{
    uint32_t at = 20;

    while (at < header_len && ip[at] != OPTION_END) {
        if (ip[at] == OPTION_NOP) {
            at++;
            continue;
        }
        uint32_t len = at + 1 < header_len ? ip[at + 1] : 0;
        if (FAULTY(len < 2, FOLLOWS_EMPTY_OPTIONS, false) || len > header_len - at)
            return false;
        if (ip[at] == OPTION_LSRR || ip[at] == OPTION_SSRR)
            follow_route(ip, ip + at, len);
        if (!is_immutable(ip[at]))
            memset(ip + at, 0, len);
        at += len;
    }
    FAULTY((void)0, CLEARS_BEHIND_END, memset(ip + at, 0, header_len - at));
    return true;
}

static bool clear_ipv4(uint8_t *ip, uint32_t len)
{
    ip[1] = FAULTY(0, COVERS_DSCP, ip[1]);                              /* DSCP, ECN */
    put_be16(ip + 6, FAULTY(0, COVERS_DF, get_be16(ip + 6) & 0x4000u)); /* flags, fragment offset */
    FAULTY((void)0, CLEARS_IDENTIFICATION, put_be16(ip + 4, 0));
    ip[8] = 0;            /* TTL */
    put_be16(ip + 10, 0); /* checksum */
    return clear_ipv4_options(ip, len);
}

/* clear_ipv6_options: one hop-by-hop or destination options header of len bytes. */
static bool clear_ipv6_options(uint8_t *header, uint32_t len)
{
    uint32_t at = 2;

    while (at < len) {
        if (header[at] == 0) { /* Pad1 */
            at++;
            continue;
        }
        if (len - at < 2 || header[at + 1] > len - at - 2)
            return false;
        uint32_t data_len = header[at + 1];
        if ((header[at] & FAULTY(OPTION_CHANGE, CHANGE_BIT_IS_NEXT, 0x40u)) != 0)
            memset(header + at + 2, 0, data_len);
        at += 2 + data_len;
    }
    return true;
}

/* follow_segments: a type 0 routing header as it will be at the end of the route: each hop still to come has swapped
 * its address with the destination. */
static bool follow_segments(uint8_t *ip, uint8_t *header, uint32_t len)
{
    uint32_t count = (len - 8) / 16;
    uint32_t left = header[3];

    if (header[2] != 0 || FAULTY(false, COVERS_ROUTE_SO_FAR, true))
        return true;
    if (left > count)
        return false;
    for (uint32_t i = count - left; i < count; i++) {
        uint8_t *address = header + 8 + (size_t)i * 16, hop[16];
        memcpy(hop, ip + 24, 16);
        memcpy(ip + 24, address, 16);
        memcpy(address, hop, 16);
    }
    header[3] = 0;
    return true;
}

/* drop_fragment: AH is computed as if the atomic fragment header, which is made after it, were not there. */
static void drop_fragment(uint8_t *ip, uint32_t at, uint32_t named_at, uint32_t *len)
{
    ip[named_at] = ip[at];
    memmove(ip + at, ip + at + 8, *len - at - 8);
    *len -= 8;
    put_be16(ip + 4, get_be16(ip + 4) - 8u);
}

static bool clear_extension(uint8_t *ip, uint8_t protocol, uint8_t *header, uint32_t len)
{
    switch (protocol) {
    case HEADER_HOP_BY_HOP:
    case HEADER_DESTINATION:
        return clear_ipv6_options(header, len);
    case HEADER_ROUTING:
        return follow_segments(ip, header, len);
    default:
        return false;
    }
}

static bool clear_ipv6(uint8_t *ip, uint32_t *len)
{
    uint32_t at = 40, named_at = 6;

    put_be32(ip, FAULTY(0x60000000u, COVERS_FLOW_LABEL, get_be32(ip) & 0xF00FFFFFu)); /* traffic class, flow label */
    ip[7] = 0;                                                                        /* hop limit */
    while (at < *len) {
        uint32_t header_len = ((uint32_t)ip[at + 1] + 1) * 8;
        if (FAULTY(true, COVERS_ATOMIC_FRAGMENT, false) && ip[named_at] == HEADER_FRAGMENT) {
            drop_fragment(ip, at, named_at, len);
            continue;
        }
        if (header_len > *len - at || !clear_extension(ip, ip[named_at], ip + at, header_len))
            return false;
        named_at = at;
        at += header_len;
    }
    return true;
}

bool mutable_clear(uint8_t *headers, uint32_t *len, bool ipv6)
{
    return ipv6 ? clear_ipv6(headers, len) : clear_ipv4(headers, *len);
}
