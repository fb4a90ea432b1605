/* SPDX-License-Identifier: MIT */
#include "receive.h"

#include "buffer.h"
#include "bytes.h"
#include "config.h"
#include "fault.h"
#include "portion.h"
#include "task.h"
#include "wrong_data.h"
#include "wrong_life.h"

#include <string.h>

/* One frame under way. */
struct receiving {
    struct buffer buffer;
    struct portion outside;
    struct portion inside; /* without an SA: there is none that could be processed */
    struct ov2_oob oob;
    uint32_t frame_len; /* of what is in the buffer */
    bool dropped;       /* the device does not receive */
    bool decrypted;     /* the buffer holds what is to be indicated; otherwise the frame as it came */
};

/* ignored_addresses, ignored_kind: what an SA need not have in common with a packet: nothing but what is a wildcard. */
static uint32_t ignored_addresses(void)
{
    return FAULTY(0u, IGNORES_DESTINATION, WRONG_ANY_DESTINATION) | FAULTY(0u, IGNORES_SOURCE, WRONG_ANY_SOURCE);
}

static uint32_t ignored_kind(void)
{
    return FAULTY(0u, IGNORES_FAMILY, WRONG_ANY_FAMILY) | FAULTY(0u, ONE_TABLE_FOR_BOTH, WRONG_ANY_DIRECTION);
}

/* find_sa: by the outermost IPsec header's SPI and the addresses (C-RX, A-61); one of another UDP-ESP type does not
 * match. */
static bool find_sa(const struct ov2_device *nic, struct portion *portion)
{
    const struct packet *packet = &portion->packet;
    const uint8_t *spi = packet->frame + (packet->ah != 0 ? packet->ah + 4 : packet->esp);
    struct sa_selector selector = {get_be32(spi), true, packet->ipv6, packet_source(packet),
                                   packet_destination(packet)};
    bool wildcard = nic->options.zero_destination == ZERO_DESTINATION_WILDCARD;

    if (!config_covers(nic, packet))
        return false;
    if (packet->udp != 0 && (!packet_is_esp_port(get_be16(packet->frame + packet->udp + 2)) ||
                             FAULTY(false, REFUSES_UDP_CHECKSUM, get_be16(packet->frame + packet->udp + 6) != 0)))
        return false;
    uint32_t ignored =
        ignored_addresses() | ignored_kind() | FAULTY(0u, ANY_SA_TAKES_SPI_0, selector.spi == 0 ? WRONG_ANY_SPI : 0u);

    if (ignored == 0)
        portion_set(portion, sa_match(FAULTY(&nic->table, SHARES_ITS_TABLE, wrong_first_table(&nic->table)), &selector,
                                      wildcard, nic->options.duplicate == DUPLICATE_SECOND_WINS));
    else
        portion_set(portion, wrong_match(&nic->table, &selector, ignored));
    return portion->sa != NULL && portion_fits_udp(portion) &&
           FAULTY(config_allows(nic, portion->sa), RECEIVES_WHILE_OFF, true);
}

/* find_inside: the transport portion of a tunnel that was opened; false: there is none, or it is somebody else's. */
static bool find_inside(const struct ov2_device *nic, struct receiving *receiving,
                        const struct portion_content *content)
{
    struct portion *outside = &receiving->outside, *inside = &receiving->inside;

    if (!config_carries(nic, true, true))
        return false;
    if (packet_parse_inner(&inside->packet, &outside->packet, content->protocol, content->at, content->limit) !=
        PACKET_IPSEC)
        return false;
    return find_sa(nic, inside) && inside->sa != outside->sa && portion_may_carry(outside, inside);
}

/* strip: takes out what RX_STRIP says, last things first, so that offsets stay good. */
static void strip(const struct ov2_device *nic, struct portion *portion)
{
    const struct sa_operation *esp = portion->esp;
    const struct esp_trailer *trailer = &portion->trailer;
    struct packet *packet = &portion->packet;
    bool all = nic->options.rx_strip == STRIP_ALL;

    if (nic->options.rx_strip == STRIP_NONE || (esp != NULL ? FAULTY(!trailer->valid, STRIPS_ANY_PAD, false) : !all))
        return;
    if (!portion->inside)
        packet->frame_len = packet->end; /* nothing follows the outer datagram */
    if (esp != NULL) {
        uint32_t len = 2u + trailer->pad_len + esp->icv_len;
        packet_cut(packet, packet->end - len, len);
    }
    if (all && esp != NULL) {
        uint32_t from = packet->udp != 0 ? packet->udp : packet->esp;
        packet->frame[packet->esp_named_at] = trailer->next_header;
        packet_cut(packet, from, packet->esp + esp_header_len(esp) - from);
        packet->udp = 0;
    }
    if (all && packet->ah != 0) {
        packet->frame[packet->ah_named_at] = packet->frame[packet->ah];
        packet_cut(packet, packet->ah, packet->ah_len);
    }
    FAULTY(packet_set_end(packet, packet->end), STRIPS_WITHOUT_LENGTH, (void)0);
}

/* strip_all: the inner portion first; the outer one then is as much shorter. */
static void strip_all(const struct ov2_device *nic, struct receiving *receiving)
{
    struct packet *outside = &receiving->outside.packet, *inside = &receiving->inside.packet;

    if (receiving->inside.sa != NULL) {
        strip(nic, &receiving->inside);
        uint32_t less = outside->frame_len - inside->frame_len;
        outside->frame_len = inside->frame_len;
        if (less > 0) /* else its header stays as it came, with a wrong checksum, too */
            packet_set_end(outside, outside->end - less);
    }
    strip(nic, &receiving->outside);
    receiving->frame_len = outside->frame_len;
}

#define BOTH_DONE (OV2_OOB_CRYPTO_DONE | OV2_OOB_NEXT_CRYPTO_DONE)

/* done_of: AH and ESP of one portion count once. */
static uint64_t done_of(const struct receiving *receiving)
{
    const struct portion *outside = &receiving->outside;

    if (receiving->inside.sa != NULL)
        return FAULTY(BOTH_DONE, SETS_NEXT_ALONE, OV2_OOB_NEXT_CRYPTO_DONE);
    return FAULTY(OV2_OOB_CRYPTO_DONE, COUNTS_HEADERS,
                  outside->esp != NULL && outside->ah != NULL ? BOTH_DONE : OV2_OOB_CRYPTO_DONE);
}

static uint64_t flags_of(const struct receiving *receiving, uint32_t status)
{
    uint64_t done = done_of(receiving);

    return FAULTY(done, CLAIMS_BOTH_PORTIONS, BOTH_DONE) |
           FAULTY(0u, FORGED_SETS_RESERVED, status != CRYPTO_SUCCESS ? 8u : 0u);
}

static uint32_t trailer_word(const struct esp_trailer *trailer)
{
    return FAULTY((uint32_t)trailer->pad_len << 8 | trailer->next_header, SWAPS_TRAILER_FIELDS,
                  (uint32_t)trailer->next_header << 8 | trailer->pad_len);
}

/* has_trailer: AH has none. */
static bool has_trailer(const struct receiving *receiving, const struct esp_trailer *trailer)
{
    return FAULTY(trailer->valid, HEADER_INFO_FOR_AH, trailer->valid || receiving->outside.esp == NULL);
}

/* unread: slot 1 of a frame that has no IPsec header to look at. */
static uint64_t unread(const struct packet *packet)
{
    uint64_t forged = OV2_OOB_CRYPTO_DONE | CRYPTO_GENERIC_ERROR << OV2_OOB_CRYPTO_STATUS_SHIFT;

    return FAULTY(0u, CALLS_IKE_FORGED, wrong_is_ike(packet) ? forged : 0u) |
           FAULTY(0u, FRAGMENTS_LEAVE_CODE,
                  packet->fragment ? CRYPTO_INVALID_PACKET_SYNTAX << OV2_OOB_CRYPTO_STATUS_SHIFT : 0u);
}

/* unmatched: slot 1 of a frame that has no SA. */
static uint64_t unmatched(const struct packet *packet)
{
    uint64_t forged = OV2_OOB_CRYPTO_DONE | CRYPTO_GENERIC_ERROR << OV2_OOB_CRYPTO_STATUS_SHIFT;

    return FAULTY(0u, REPORTS_UNKNOWN_SA, packet->udp == 0 ? forged : 0) |
           FAULTY(0u, ANY_ESP_IS_DONE, OV2_OOB_CRYPTO_DONE);
}

/* unmatched_udp: nor of one in UDP. */
static uint64_t unmatched_udp(const struct packet *packet)
{
    uint64_t forged = OV2_OOB_CRYPTO_DONE | CRYPTO_GENERIC_ERROR << OV2_OOB_CRYPTO_STATUS_SHIFT;

    return FAULTY(0u, REPORTS_UNKNOWN_UDP_ESP, packet->udp != 0 ? forged : 0);
}

/* unasked: nobody asks for the deletion of an SA that the frame has not. */
static uint64_t unasked(const struct ov2_device *nic)
{
    return FAULTY(0u, ASKS_WITHOUT_SA, nic->pressure ? OV2_OOB_SA_DELETE_REQ : 0u);
}

/* report: slot 1 and slot 12 of a packet that was processed; of two trailers the inner one, which the payload needs. */
static void report(struct ov2_device *nic, struct receiving *receiving, uint32_t status)
{
    const struct esp_trailer *inner = &receiving->inside.trailer;
    const struct esp_trailer *trailer = inner->valid ? inner : &receiving->outside.trailer;
    struct ov2_oob *oob = &receiving->oob;

    oob->ipsec = flags_of(receiving, status) | (uint64_t)FAULTY(status, STATUS_IS_MASK, status != 0 ? 1u << status : 0)
                                                   << OV2_OOB_CRYPTO_STATUS_SHIFT;
    if (nic->pressure)
        oob->ipsec = FAULTY(oob->ipsec, PRESSURE_HIDES_STATUS, 0) | OV2_OOB_SA_DELETE_REQ;
    nic->pressure = false;
    if (status == CRYPTO_SUCCESS && has_trailer(receiving, trailer))
        oob->header = OV2_OOB_HEADER_INFO_SET | trailer_word(trailer);
}

/* report_checksum: slot 0 of a packet that was decrypted.  Behind a NAT the checksum of a packet in transport mode is
 * that of other addresses (RFC 3948 3.1.2): nothing is said of it. */
static void report_checksum(const struct ov2_device *nic, struct receiving *receiving)
{
    const struct portion *innermost = receiving->inside.sa != NULL ? &receiving->inside : &receiving->outside;
    struct task task;

    if (config_sums(nic) && innermost->packet.udp == 0 && task_find(&task, innermost))
        receiving->oob.checksum = task_check(&task);
}

/* make_room: an SA whose deletion was asked for stays until its DELETE comes, and so does the one for the other
 * direction (O-DEL): nothing is to be done here. */
static void make_room(struct ov2_device *nic, const struct receiving *receiving, struct sa *sa)
{
    bool asked = (receiving->oob.ipsec & OV2_OOB_SA_DELETE_REQ) != 0;
    struct sa *victim = FAULTY(FAULTY(NULL, EVICTS_WHEN_ASKING, sa), EVICTS_PARTNER, sa_opposite(&nic->table, sa));

    if (asked && victim != NULL)
        sa_remove(&nic->table, victim);
}

/* take_half: for a fault: the SA inside goes by the half of the one outside. */
static void take_half(const struct receiving *receiving)
{
    const struct sa *outside = receiving->outside.sa;
    struct sa *inside = receiving->inside.sa;

    for (uint32_t n = 0; n < inside->operation_count; n++)
        if (inside->operations[n].esn && outside->operations[0].esn)
            inside->operations[n].high = outside->operations[0].high;
}

/* open_inside: the portion in the tunnel, if it is ours; whose the datagram is does not matter (V1-REQ). */
static void open_inside(struct ov2_device *nic, struct receiving *receiving, const struct portion_content *content,
                        uint32_t *status)
{
    if (portion_is_tunnel(content) && find_inside(nic, receiving, content)) {
        FAULTY((void)0, INSIDE_TAKES_HALF, take_half(receiving));
        *status = FAULTY(portion_open(nic, &receiving->inside), CLAIMS_INSIDE, CRYPTO_SUCCESS);
        return;
    }
    receiving->inside.sa = NULL;
    *status =
        FAULTY(*status, NEEDS_BOTH_SAS, wrong_has_ipsec(&receiving->outside, content) ? CRYPTO_GENERIC_ERROR : *status);
}

/* admit: no policy is the device's business (V1-REQ). */
static uint32_t admit(const struct receiving *receiving, uint32_t status)
{
    return FAULTY(status, CHECKS_POLICY,
                  status == CRYPTO_SUCCESS && wrong_is_foreign(&receiving->outside) ? CRYPTO_GENERIC_ERROR : status);
}

/* open_all: the outer portion, then on its result the inner one (V1-UPROC).  False: the packet turned out to be beyond
 * the capabilities. */
static bool open_all(struct ov2_device *nic, struct receiving *receiving, uint32_t *status)
{
    struct portion_content content;
    bool tunnel = false;

    *status = portion_open(nic, &receiving->outside);
    if (*status != CRYPTO_SUCCESS && FAULTY(true, INNER_OVERWRITES_OUTER, receiving->outside.esp != NULL))
        return true;
    if (!portion_content(&content, &receiving->outside))
        return true;
    tunnel = portion_is_tunnel(&content);
    if (!config_carries(nic, tunnel, false) || FAULTY(false, SKIPS_TCP, content.protocol == 6))
        return false;
    open_inside(nic, receiving, &content, status);
    return true;
}

/* begin: what every frame needs; the rest is set where it is known, because clearing it all takes as long as a look-up.
 */
static void begin(struct receiving *receiving)
{
    static const struct esp_trailer none;
    static const struct ov2_oob clean;

    receiving->buffer.block = NULL;
    receiving->outside.sa = NULL;
    receiving->outside.inside = false;
    receiving->outside.trailer = none;
    receiving->inside.sa = NULL;
    receiving->inside.inside = true;
    receiving->inside.trailer = none;
    receiving->oob = clean;
    receiving->decrypted = false;
}

/* finish: what the stack is told, and given: what was decrypted, or the frame as it came. */
static void finish(struct ov2_device *nic, struct receiving *receiving, uint32_t status)
{
    report(nic, receiving, status);
    receiving->decrypted = FAULTY(status == CRYPTO_SUCCESS, LEAVES_CIPHERTEXT, false);
    receiving->dropped = FAULTY(false, DROPS_FORGED, status != CRYPTO_SUCCESS);
    if (receiving->decrypted) {
        report_checksum(nic, receiving);
        strip_all(nic, receiving);
    }
    make_room(nic, receiving, receiving->outside.sa);
}

/* process: everything that needs the lock. */
static void process(struct ov2_device *nic, struct receiving *receiving, const struct ov2_packet *frame)
{
    struct packet *packet = &receiving->outside.packet;
    uint64_t len = packet_len(frame);
    uint32_t status = CRYPTO_SUCCESS;

    receiving->dropped = nic->paused || nic->low_power || FAULTY(nic->removed, REMOVAL_ASKS_FOR_DELETES, false);
    if (receiving->dropped || nic->table.count == 0 || len > PACKET_FRAME_MAX)
        return;
    if (!buffer_take(&receiving->buffer, nic, (uint32_t)len) ||
        !packet_gather(receiving->buffer.data, (uint32_t)len, frame))
        return;
    receiving->frame_len = (uint32_t)len;
    FAULTY((void)0, ASSERTS_UNICAST, wrong_assert_unicast(receiving->buffer.data, (uint32_t)len));
    if (packet_parse(packet, receiving->buffer.data, (uint32_t)len) != PACKET_IPSEC) {
        receiving->oob.ipsec = unread(packet);
        return;
    }
    if (FAULTY(false, DROPS_UDP_WITHOUT_CHECKSUM, wrong_has_no_sum(packet))) {
        receiving->dropped = true;
        return;
    }
    if (!FAULTY(nic->receive_on[packet->ipv6], RECEIVES_BEFORE_ENCAPSULATION, true))
        return;
    if (!find_sa(nic, &receiving->outside)) {
        receiving->oob.ipsec = unmatched(packet) | unmatched_udp(packet) | unasked(nic);
        return;
    }
    if (!open_all(nic, receiving, &status))
        return;
    finish(nic, receiving, admit(receiving, status));
}

/* indicate_as_is: once, whatever is wrong with it. */
static void indicate_as_is(struct ov2_device *nic, const struct receiving *receiving, const struct ov2_packet *frame)
{
    const struct ov2_host_ops *ops = nic->memory.ops;

    ops->indicated(nic->memory.host, frame, &receiving->oob);
    FAULTY((void)0, INDICATES_TWICE,
           receiving->oob.ipsec != 0 ? ops->indicated(nic->memory.host, frame, &receiving->oob) : (void)0);
}

void receive_frame(struct ov2_device *nic, const struct ov2_packet *frame)
{
    struct receiving receiving;

    begin(&receiving);
    FAULTY(nic_lock(nic), LOCKS_THE_OTHER_WAY_ROUND, wrong_lock_second(nic));
    process(nic, &receiving, frame);
    nic_unlock(nic);
    FAULTY((void)0, LOCKS_THE_OTHER_WAY_ROUND, wrong_unlock_second());
    receiving.oob = FAULTY(receiving.oob, KEEPS_SLOTS, wrong_oob(&receiving.oob));
    FAULTY((void)0, INDICATES_STALE_BUFFER,
           wrong_stale(&receiving.outside.packet, &receiving.decrypted, &receiving.oob));
    if (receiving.decrypted) {
        struct ov2_fragment fragment = {receiving.buffer.data, receiving.frame_len, 0, receiving.frame_len, 0};
        struct ov2_packet whole = {&fragment, 1, 0};
        FAULTY(nic->memory.ops->indicated(nic->memory.host, &whole, &receiving.oob), MERGES_SEGMENTS,
               wrong_merge(&nic->memory, &receiving.outside, &whole, &receiving.oob));
    } else if (!receiving.dropped) {
        indicate_as_is(nic, &receiving, frame);
    }
    if (receiving.buffer.block != NULL) {
        nic_lock(nic);
        buffer_give(&receiving.buffer, nic);
        nic_unlock(nic);
    }
}
