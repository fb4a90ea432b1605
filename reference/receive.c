/* SPDX-License-Identifier: MIT */
#include "receive.h"

#include "ah.h"
#include "buffer.h"
#include "bytes.h"
#include "config.h"
#include "esn.h"
#include "esp.h"
#include "fault.h"
#include "packet.h"

/* One frame under way. */
struct receiving {
    struct buffer buffer;
    struct packet packet;
    struct esp_trailer trailer;
    struct ov2_oob oob;
    bool dropped;   /* the device does not receive */
    bool decrypted; /* the buffer holds what is to be indicated; otherwise the frame as it came */
};

static bool infers(const struct ov2_device *nic)
{
    return nic->options.esn_rx == ESN_INFER;
}

/* find_sa: by the outermost IPsec header's SPI and the addresses (C-RX, A-61). */
static struct sa *find_sa(const struct ov2_device *nic, const struct packet *packet)
{
    const uint8_t *spi = packet->frame + (packet->ah != 0 ? packet->ah + 4 : packet->esp);
    struct sa_selector selector = {get_be32(spi), true, packet->ipv6, packet->source, packet->destination};
    bool wildcard = nic->options.zero_destination == ZERO_DESTINATION_WILDCARD;

    return sa_match(&nic->table, &selector, wildcard, nic->options.duplicate == DUPLICATE_SECOND_WINS);
}

static uint32_t open_esp(const struct ov2_device *nic, struct receiving *receiving, struct sa_operation *esp)
{
    struct packet *packet = &receiving->packet;
    uint32_t low = get_be32(packet->frame + packet->esp + 4);
    uint32_t high = esn_high(esp, low, infers(nic));
    uint32_t status = esp_open(packet, &receiving->trailer, esp, high);

    if (status == CRYPTO_SUCCESS)
        esn_heard(esp, high, low, infers(nic));
    return status;
}

static uint32_t open_ah(const struct ov2_device *nic, struct receiving *receiving, struct sa_operation *ah)
{
    const struct packet *packet = &receiving->packet;
    uint32_t low = get_be32(packet->frame + packet->ah + 8);
    uint32_t high = esn_high(ah, low, infers(nic));
    uint32_t status = ah_open(packet, ah, high);

    if (status == CRYPTO_SUCCESS)
        esn_heard(ah, high, low, infers(nic));
    return status;
}

/* check: the CryptoStatus of a packet under its SA; the first failure in the order of processing. */
static uint32_t check(const struct ov2_device *nic, struct receiving *receiving, struct sa *sa)
{
    struct sa_operation *esp = sa_operation_of(sa, SA_PROTOCOL_ESP), *ah = sa_operation_of(sa, SA_PROTOCOL_AH);
    const struct packet *packet = &receiving->packet;
    uint32_t status = CRYPTO_SUCCESS;

    /* the SPI was found, but for the other protocol. */
    if ((ah != NULL) != (packet->ah != 0) || (esp != NULL && packet->esp == 0))
        return CRYPTO_INVALID_PROTOCOL;
    if ((ah != NULL && get_be32(packet->frame + packet->ah + 4) != ah->spi) ||
        (esp != NULL && get_be32(packet->frame + packet->esp) != esp->spi))
        return CRYPTO_INVALID_PROTOCOL;
    /* AH is over the encrypted packet, so it is checked first. */
    if (ah != NULL)
        status = open_ah(nic, receiving, ah);
    if (status == CRYPTO_SUCCESS && esp != NULL)
        status = open_esp(nic, receiving, esp);
    return status;
}

/* strip: takes out what RX_STRIP says, last things first, so that offsets stay good. */
static void strip(const struct ov2_device *nic, struct receiving *receiving, struct sa *sa)
{
    const struct sa_operation *esp = sa_operation_of(sa, SA_PROTOCOL_ESP);
    const struct esp_trailer *trailer = &receiving->trailer;
    struct packet *packet = &receiving->packet;
    bool all = nic->options.rx_strip == STRIP_ALL;

    if (nic->options.rx_strip == STRIP_NONE || (esp != NULL ? !trailer->valid : !all))
        return;
    if (esp != NULL)
        packet->end -= 2u + trailer->pad_len + esp->icv_len;
    packet->frame_len = packet->end;
    if (all && esp != NULL) {
        packet->frame[packet->esp_named_at] = trailer->next_header;
        packet_cut(packet, packet->esp, esp_header_len(esp));
    }
    if (all && packet->ah != 0) {
        packet->frame[packet->ah_named_at] = packet->frame[packet->ah];
        packet_cut(packet, packet->ah, packet->ah_len);
    }
    packet_set_end(packet, packet->end);
}

static uint64_t flags_of(uint32_t status)
{
    return OV2_OOB_CRYPTO_DONE | FAULTY(0u, CLAIMS_BOTH_PORTIONS, OV2_OOB_NEXT_CRYPTO_DONE) |
           FAULTY(0u, FORGED_SETS_RESERVED, status != CRYPTO_SUCCESS ? 8u : 0u);
}

static uint32_t trailer_word(const struct esp_trailer *trailer)
{
    return FAULTY((uint32_t)trailer->pad_len << 8 | trailer->next_header, SWAPS_TRAILER_FIELDS,
                  (uint32_t)trailer->next_header << 8 | trailer->pad_len);
}

/* report: slot 1 and slot 12 of a packet that was processed. */
static void report(struct ov2_device *nic, struct receiving *receiving, uint32_t status)
{
    const struct esp_trailer *trailer = &receiving->trailer;
    struct ov2_oob *oob = &receiving->oob;
    oob->ipsec = flags_of(status) | (uint64_t)status << OV2_OOB_CRYPTO_STATUS_SHIFT;
    if (nic->pressure)
        oob->ipsec = FAULTY(oob->ipsec, PRESSURE_HIDES_STATUS, 0) | OV2_OOB_SA_DELETE_REQ;
    nic->pressure = false;
    if (status == CRYPTO_SUCCESS && trailer->valid)
        oob->header = OV2_OOB_HEADER_INFO_SET | trailer_word(trailer);
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

/* process: everything that needs the lock. */
static void process(struct ov2_device *nic, struct receiving *receiving, const struct ov2_packet *frame)
{
    struct packet *packet = &receiving->packet;
    uint64_t len = packet_len(frame);
    struct sa *sa = NULL;

    receiving->dropped = nic->paused || nic->low_power || nic->removed;
    if (receiving->dropped || nic->table.count == 0 || len > PACKET_FRAME_MAX)
        return;
    if (!buffer_take(&receiving->buffer, nic, (uint32_t)len) ||
        !packet_gather(receiving->buffer.data, (uint32_t)len, frame))
        return;
    if (packet_parse(packet, receiving->buffer.data, (uint32_t)len) != PACKET_IPSEC)
        return;
    if (!FAULTY(nic->receive_on[packet->ipv6], RECEIVES_BEFORE_ENCAPSULATION, true) || !config_covers(nic, packet))
        return;
    sa = find_sa(nic, packet);
    if (sa == NULL || sa->udp != 0 || !config_allows(nic, sa))
        return;
    uint32_t status = check(nic, receiving, sa);
    report(nic, receiving, status);
    receiving->decrypted = status == CRYPTO_SUCCESS;
    receiving->dropped = FAULTY(false, DROPS_FORGED, status != CRYPTO_SUCCESS);
    if (receiving->decrypted)
        strip(nic, receiving, sa);
    make_room(nic, receiving, sa);
}

void receive_frame(struct ov2_device *nic, const struct ov2_packet *frame)
{
    struct receiving receiving = {.decrypted = false};

    nic_lock(nic);
    process(nic, &receiving, frame);
    nic_unlock(nic);
    if (receiving.decrypted) {
        struct ov2_fragment fragment = {receiving.packet.frame, receiving.packet.frame_len, 0,
                                        receiving.packet.frame_len, 0};
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
