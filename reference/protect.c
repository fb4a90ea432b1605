/* SPDX-License-Identifier: MIT */
#include "protect.h"

#include "config.h"
#include "fault.h"
#include "task.h"
#include "wrong_data.h"
#include "bytes.h"

/* find_sa: an outbound SA that may be used; one for the other direction is as good as unknown. */
static struct sa *find_sa(const struct ov2_device *nic, uint64_t handle)
{
    struct sa *sa = FAULTY(sa_find(&nic->table, handle), STALE_HANDLES_LIVE, wrong_place(&nic->table, handle));

    if (sa == NULL || sa->inbound || !config_allows(nic, sa))
        return NULL;
    return sa;
}

bool protect_find(struct protection *protection, bool *needed, const struct ov2_device *nic, const struct ov2_oob *oob)
{
    protection->sa = NULL;
    protection->tunnel = NULL;
    protection->header = oob->header;
    protection->checksum = (oob->checksum & (OV2_CHECKSUM_IS_IPV4 | OV2_CHECKSUM_IS_IPV6)) != 0 ? oob->checksum : 0;
    *needed = oob->ipsec != 0 || FAULTY(oob->tunnel != 0, TUNNEL_ALONE_GOES_PLAIN, false);
    if (!*needed)
        return true;
    protection->sa = find_sa(nic, oob->ipsec);
    if (oob->tunnel != 0)
        protection->tunnel = find_sa(nic, oob->tunnel);
    return protection->sa != NULL &&
           FAULTY(oob->tunnel == 0 || protection->tunnel != NULL, IGNORES_UNKNOWN_TUNNEL, true);
}

/* The last octets of a frame are those of the outermost ESP. */
uint32_t protect_room(const struct ov2_device *nic, const struct protection *protection)
{
    struct sa *outside = protection->tunnel != NULL ? protection->tunnel : protection->sa;
    const struct sa_operation *esp = sa_operation_of(outside, SA_PROTOCOL_ESP);

    if (esp == NULL)
        esp = sa_operation_of(protection->sa, SA_PROTOCOL_ESP);
    return esp != NULL && nic->options.icv_space == ICV_SPACE_APPENDED ? esp->icv_len : 0;
}

bool protect_is_framed(const struct ov2_device *nic, const struct portion *portion)
{
    bool has_esp = portion->packet.esp != 0;

    if (portion->packet.ipv6 != portion->sa->ipv6 || has_esp != (portion->esp != NULL))
        return false;
    return portion_fits(portion) && portion_fits_udp(portion) && config_covers(nic, &portion->packet);
}

/* names: an offset of slot 12, counted from the outermost IP header, is that of the header in one of the portions
 * (A-54). */
static bool names(uint32_t offset, uint32_t ip, uint32_t outside, uint32_t inside)
{
    if (outside == 0 && inside == 0)
        return true;
    return (outside != 0 && offset == outside - ip) || (inside != 0 && offset == inside - ip);
}

bool protect_is_named(const struct packet *outside, const struct packet *inside, uint64_t header)
{
    bool long_header = FAULTY(false, OFFSETS_COUNT_BYTES, outside->options);
    uint32_t esp = long_header ? (header >> 24) & 0xFFu : ov2_header_esp_offset(header);
    uint32_t ip = outside->ip;

    return names(esp, ip, outside->esp, inside != NULL ? inside->esp : 0) &&
           names(ov2_header_ah_offset(header), ip, outside->ah, inside != NULL ? inside->ah : 0);
}

/* find_inside: the transport portion within the tunnel. */
static bool find_inside(const struct ov2_device *nic, struct portion *inside, const struct portion *outside)
{
    struct portion_content content;

    if (!portion_content(&content, outside) || !portion_is_tunnel(&content))
        return false;
    if (packet_parse_inner(&inside->packet, &outside->packet, content.protocol, content.at, content.limit) !=
        PACKET_IPSEC)
        return false;
    return protect_is_framed(nic, inside) && portion_may_carry(outside, inside) && config_carries(nic, true, true);
}

/* find_only: the packet has one portion, of either kind. */
static bool find_only(const struct ov2_device *nic, const struct portion *outside)
{
    struct portion_content content;

    if (!portion_content(&content, outside) || FAULTY(false, FAILS_EMPTY_PAYLOAD, content.at == content.limit))
        return false;
    return config_carries(nic, portion_is_tunnel(&content), false) &&
           FAULTY(true, TUNNELS_NEED_SLOT_11, !portion_is_tunnel(&content));
}

/* refuse: the frame is of a form that cannot be protected. */
static bool refuse(const struct ov2_device *nic, const struct packet *packet)
{
    bool plain = FAULTY(false, FRAGMENTS_GO_PLAIN, packet->fragment);

    return FAULTY(plain, OPTIONS_GO_PLAIN, packet->options && !config_covers(nic, packet));
}

/* is_whole: the packet has what its headers promise; it does not matter what number it has. */
static bool is_whole(const struct portion *outside)
{
    const struct packet *packet = &outside->packet;

    return FAULTY(true, STOPS_AT_ZERO, packet->esp == 0 || get_be32(packet->frame + packet->esp + 4) != 0);
}

/* prepare: nothing but IV, ciphertext and ICV is the device's. */
static bool prepare(const struct protection *protection, struct portion *outside)
{
    uint8_t next = ov2_header_next_header(protection->header) & 0xFFu;

    return FAULTY(true, LOWERS_TTL, wrong_ttl(&outside->packet)) &&
           FAULTY(true, REWRITES_NEXT_HEADER, wrong_next_header(outside, next));
}

/* fill_checksums: while the packet is in the clear. */
static void fill_checksums(const struct ov2_device *nic, struct portion *outside, const struct portion *innermost,
                           uint64_t checksum)
{
    struct task task;

    if (FAULTY(config_sums(nic), LEAVES_INNER_CHECKSUM, false) && task_find(&task, innermost))
        task_fill(&task, checksum);
    task_fill_ip(&outside->packet, checksum);
}

/* conclude: what is encrypted stays as it is. */
static bool conclude(const struct protection *protection, struct portion *outside)
{
    FAULTY((void)0, WRITES_UDP_CHECKSUM, wrong_udp_sum(&outside->packet));
    FAULTY((void)0, SWAPS_PROTOCOLS, wrong_protocols(&outside->packet));
    FAULTY((void)0, NAMES_ESP_IN_FRONT_OF_UDP, wrong_udp_protocol(&outside->packet));
    return FAULTY(true, SUMS_INNER_HEADER, wrong_inner_sum(outside, protection->checksum, protection->header));
}

/* outer_of: slot 11 names the tunnel, slot 1 what is inside it. */
static struct sa *outer_of(const struct protection *protection)
{
    return FAULTY(protection->tunnel, SWAPS_TUNNEL_HANDLES, protection->sa);
}

bool protect_frame(const struct ov2_device *nic, const struct protection *protection, uint8_t *frame,
                   uint32_t frame_len)
{
    bool both = protection->tunnel != NULL, make_iv = nic->options.iv_by == IV_BY_NIC;
    struct portion outside, inside;

    portion_set(&outside, both ? outer_of(protection) : protection->sa);
    outside.inside = false;
    if (both)
        portion_set(&inside, outer_of(protection) == protection->tunnel ? protection->sa : protection->tunnel);
    inside.inside = true;
    if (packet_parse(&outside.packet, frame, frame_len) != PACKET_IPSEC)
        return refuse(nic, &outside.packet);
    FAULTY((void)0, TRUSTS_OFFSETS, wrong_offset(&outside.packet, protection->header));
    if (!protect_is_framed(nic, &outside))
        return refuse(nic, &outside.packet);
    if (both ? !find_inside(nic, &inside, &outside) : !find_only(nic, &outside))
        return FAULTY(false, SHORT_GOES_PLAIN, !both);
    /* The IP length says where the datagram ends; room that we appended must be its very end. */
    if (nic->options.icv_space == ICV_SPACE_APPENDED && outside.packet.end != frame_len)
        return false;
    if (!protect_is_named(&outside.packet, both ? &inside.packet : NULL, protection->header))
        return false;
    if (protection->checksum != 0)
        fill_checksums(nic, &outside, both ? &inside : &outside, protection->checksum);
    return is_whole(&outside) && prepare(protection, &outside) && (!both || portion_seal(&inside, make_iv)) &&
           portion_seal(&outside, make_iv) && conclude(protection, &outside);
}
