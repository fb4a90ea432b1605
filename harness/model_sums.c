/* SPDX-License-Identifier: MIT */
/* What a device says of the checksums inside IPsec (RX-045): only if it declares that it does both, and only the truth.
 */
#include "model_internal.h"

#include "stack_internal.h"

enum {
    TCP_LEN = 20,
    UDP_CHECKSUM = 6, /* where it stands; zero means that there is none (RFC 768) */
    TCP_RESULTS = OV2_CHECKSUM_TCP_FAILED | OV2_CHECKSUM_TCP_SUCCEEDED,
    UDP_RESULTS = OV2_CHECKSUM_UDP_FAILED | OV2_CHECKSUM_UDP_SUCCEEDED,
    SUCCEEDED = OV2_CHECKSUM_TCP_SUCCEEDED | OV2_CHECKSUM_UDP_SUCCEEDED,
};

static uint32_t add(uint32_t total, const uint8_t *bytes, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++)
        total += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
    return (total & 0xFFFF) + (total >> 16);
}

/* Over the pseudo-header and the datagram (RFC 793 3.1, RFC 768, RFC 8200 8.1). */
static bool is_right(const struct stack_layout *layout, const uint8_t *datagram, uint32_t len, uint32_t protocol)
{
    uint32_t addresses = layout->ipv6 ? 16 : 4;
    uint32_t total = protocol + len;

    total = add(total, layout->src, addresses);
    total = add(total, layout->dst, addresses);
    total = add(total, datagram, len);
    total = (total & 0xFFFF) + (total >> 16);
    return total == 0xFFFF;
}

/* The result that a datagram must have, if it has one; 0: it is none that a device could read. */
static uint32_t true_result(const struct stack_layout *layout, const uint8_t *datagram, uint32_t len, uint32_t protocol)
{
    if (protocol == PROTOCOL_TCP && len >= TCP_LEN)
        return is_right(layout, datagram, len, protocol) ? OV2_CHECKSUM_TCP_SUCCEEDED : OV2_CHECKSUM_TCP_FAILED;
    if (protocol != PROTOCOL_UDP || len < UDP_LEN || get_be16(datagram + 4) < UDP_LEN || get_be16(datagram + 4) > len)
        return 0;
    if (get_be16(datagram + UDP_CHECKSUM) == 0)
        return OV2_CHECKSUM_UDP_SUCCEEDED; /* nothing to fail */
    return is_right(layout, datagram, get_be16(datagram + 4), protocol) ? OV2_CHECKSUM_UDP_SUCCEEDED
                                                                        : OV2_CHECKSUM_UDP_FAILED;
}

void packet_check_sums(const struct packet_view *view, const struct stack_layout *layout, const uint8_t *datagram,
                       uint32_t len, uint32_t protocol)
{
    uint32_t results = (uint32_t)view->oob->checksum & (TCP_RESULTS | UDP_RESULTS);
    uint32_t flags = view->device->profile.offload_flags;
    uint32_t wanted;

    if (results == 0)
        return;
    if (((results & TCP_RESULTS) && !(flags & IPSEC_OFFLOAD_V2_AND_TCP_CHECKSUM_COEXISTENCE)) ||
        ((results & UDP_RESULTS) && !(flags & IPSEC_OFFLOAD_V2_AND_UDP_CHECKSUM_COEXISTENCE))) {
        judgement_break(view->judgement, "RX-045", NULL, "no result without the flag of coexistence", "slot 0 is %llx",
                        (unsigned long long)view->oob->checksum);
        return;
    }
    wanted = true_result(layout, datagram, len, protocol);
    if (wanted == 0 ? (results & SUCCEEDED) != 0 : results != wanted)
        judgement_break(view->judgement, "RX-045", NULL, "the result of the checksum inside", "slot 0 is %llx, not %x",
                        (unsigned long long)view->oob->checksum, (unsigned)wanted);
}
