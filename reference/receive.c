/* SPDX-License-Identifier: MIT */
#include "receive.h"

#include "buffer.h"
#include "bytes.h"
#include "config.h"
#include "fault.h"
#include "portion.h"
#include "task.h"

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
    if (packet->udp != 0 && get_be16(packet->frame + packet->udp + 2) != PACKET_UDP_ESP_PORT)
        return false;
    portion_set(portion, sa_match(&nic->table, &selector, wildcard, nic->options.duplicate == DUPLICATE_SECOND_WINS));
    return portion->sa != NULL && portion_fits_udp(portion) && config_allows(nic, portion->sa);
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

    if (nic->options.rx_strip == STRIP_NONE || (esp != NULL ? !trailer->valid : !all))
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
    packet_set_end(packet, packet->end);
}

/* strip_all: the inner portion first; the outer one then is as much shorter. */
static void strip_all(const struct ov2_device *nic, struct receiving *receiving)
{
    struct packet *outside = &receiving->outside.packet, *inside = &receiving->inside.packet;

    if (receiving->inside.sa != NULL) {
        strip(nic, &receiving->inside);
        outside->end -= outside->frame_len - inside->frame_len;
        outside->frame_len = inside->frame_len;
        packet_set_end(outside, outside->end);
    }
    strip(nic, &receiving->outside);
    receiving->frame_len = outside->frame_len;
}

static uint64_t flags_of(const struct receiving *receiving, uint32_t status)
{
    uint64_t both = receiving->inside.sa != NULL ? OV2_OOB_NEXT_CRYPTO_DONE : 0u;

    return OV2_OOB_CRYPTO_DONE | FAULTY(both, CLAIMS_BOTH_PORTIONS, OV2_OOB_NEXT_CRYPTO_DONE) |
           FAULTY(0u, FORGED_SETS_RESERVED, status != CRYPTO_SUCCESS ? 8u : 0u);
}

static uint32_t trailer_word(const struct esp_trailer *trailer)
{
    return FAULTY((uint32_t)trailer->pad_len << 8 | trailer->next_header, SWAPS_TRAILER_FIELDS,
                  (uint32_t)trailer->next_header << 8 | trailer->pad_len);
}

/* report: slot 1 and slot 12 of a packet that was processed; of two trailers the inner one, which the payload needs. */
static void report(struct ov2_device *nic, struct receiving *receiving, uint32_t status)
{
    const struct esp_trailer *inner = &receiving->inside.trailer;
    const struct esp_trailer *trailer = inner->valid ? inner : &receiving->outside.trailer;
    struct ov2_oob *oob = &receiving->oob;

    oob->ipsec = flags_of(receiving, status) | (uint64_t)status << OV2_OOB_CRYPTO_STATUS_SHIFT;
    if (nic->pressure)
        oob->ipsec = FAULTY(oob->ipsec, PRESSURE_HIDES_STATUS, 0) | OV2_OOB_SA_DELETE_REQ;
    nic->pressure = false;
    if (status == CRYPTO_SUCCESS && trailer->valid)
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

/* open_all: the outer portion, then on its result the inner one (V1-UPROC).  False: the packet turned out to be beyond
 * the capabilities. */
static bool open_all(struct ov2_device *nic, struct receiving *receiving, uint32_t *status)
{
    struct portion_content content;
    bool tunnel = false;

    *status = portion_open(nic, &receiving->outside);
    if (*status != CRYPTO_SUCCESS || !portion_content(&content, &receiving->outside))
        return true;
    tunnel = portion_is_tunnel(&content);
    if (!config_carries(nic, tunnel, false))
        return false;
    if (tunnel && find_inside(nic, receiving, &content))
        *status = portion_open(nic, &receiving->inside);
    else
        receiving->inside.sa = NULL;
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

/* process: everything that needs the lock. */
static void process(struct ov2_device *nic, struct receiving *receiving, const struct ov2_packet *frame)
{
    struct packet *packet = &receiving->outside.packet;
    uint64_t len = packet_len(frame);
    uint32_t status = CRYPTO_SUCCESS;

    receiving->dropped = nic->paused || nic->low_power || nic->removed;
    if (receiving->dropped || nic->table.count == 0 || len > PACKET_FRAME_MAX)
        return;
    if (!buffer_take(&receiving->buffer, nic, (uint32_t)len) ||
        !packet_gather(receiving->buffer.data, (uint32_t)len, frame))
        return;
    receiving->frame_len = (uint32_t)len;
    if (packet_parse(packet, receiving->buffer.data, (uint32_t)len) != PACKET_IPSEC)
        return;
    if (!FAULTY(nic->receive_on[packet->ipv6], RECEIVES_BEFORE_ENCAPSULATION, true))
        return;
    if (!find_sa(nic, &receiving->outside) || !open_all(nic, receiving, &status))
        return;
    report(nic, receiving, status);
    receiving->decrypted = status == CRYPTO_SUCCESS;
    receiving->dropped = FAULTY(false, DROPS_FORGED, status != CRYPTO_SUCCESS);
    if (receiving->decrypted) {
        report_checksum(nic, receiving);
        strip_all(nic, receiving);
    }
    make_room(nic, receiving, receiving->outside.sa);
}

void receive_frame(struct ov2_device *nic, const struct ov2_packet *frame)
{
    struct receiving receiving;

    begin(&receiving);
    nic_lock(nic);
    process(nic, &receiving, frame);
    nic_unlock(nic);
    if (receiving.decrypted) {
        struct ov2_fragment fragment = {receiving.buffer.data, receiving.frame_len, 0, receiving.frame_len, 0};
        struct ov2_packet whole = {&fragment, 1, 0};
        nic->memory.ops->indicated(nic->memory.host, &whole, &receiving.oob);
    } else if (!receiving.dropped) {
        nic->memory.ops->indicated(nic->memory.host, frame, &receiving.oob);
    }
    if (receiving.buffer.block != NULL) {
        nic_lock(nic);
        buffer_give(&receiving.buffer, nic);
        nic_unlock(nic);
    }
}
