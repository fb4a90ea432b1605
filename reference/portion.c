/* SPDX-License-Identifier: MIT */
#include "portion.h"

#include "ah.h"
#include "bytes.h"
#include "esn.h"
#include "fault.h"
#include "wrong_data.h"

void portion_set(struct portion *portion, struct sa *sa)
{
    portion->sa = sa;
    portion->esp = sa != NULL ? sa_operation_of(sa, SA_PROTOCOL_ESP) : NULL;
    portion->ah = sa != NULL ? sa_operation_of(sa, SA_PROTOCOL_AH) : NULL;
}

bool portion_content(struct portion_content *content, const struct portion *portion)
{
    const struct packet *packet = &portion->packet;
    struct esp_text text;

    if (portion->esp == NULL) {
        content->protocol = packet->frame[packet->ah];
        content->at = packet->ah + packet->ah_len;
        content->limit = packet->end;
        return content->at <= content->limit;
    }
    if (!esp_find_text(&text, packet, portion->esp))
        return false;
    /* At least two octets are there: pad length, next header. */
    uint32_t tail = packet->frame[text.end - 2] + 2u;
    content->protocol = packet->frame[text.end - 1];
    content->at = text.at;
    bool fits = FAULTY(tail <= text.end - text.at, PADDING_UNDERFLOWS, true);
    content->limit = fits ? text.end - tail : text.at;
    return true;
}

bool portion_is_tunnel(const struct portion_content *content)
{
    return content->protocol == PROTOCOL_IPV4 || content->protocol == PROTOCOL_IPV6;
}

bool portion_fits(const struct portion *portion)
{
    const struct sa_operation *esp = portion->esp, *ah = portion->ah;
    const struct packet *packet = &portion->packet;

    if ((ah != NULL) != (packet->ah != 0) || (esp != NULL && packet->esp == 0))
        return false;
    return (ah == NULL || get_be32(packet->frame + packet->ah + 4) == ah->spi) &&
           (esp == NULL || get_be32(packet->frame + packet->esp) == esp->spi);
}

bool portion_fits_udp(const struct portion *portion)
{
    bool encapsulated = portion->packet.udp != 0;

    switch (portion->sa->udp) {
    case IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_NONE:
        return FAULTY(!encapsulated, UDP_FITS_PLAIN_SA, true);
    case IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TRANSPORT_OVER_TUNNEL:
        return encapsulated && portion->inside;
    default:
        return FAULTY(encapsulated, PLAIN_FITS_UDP_SA, true) && !portion->inside;
    }
}

bool portion_may_carry(const struct portion *outside, const struct portion *inside)
{
    uint32_t udp = outside->sa->udp;

    if (udp == IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_NONE)
        return true;
    if (FAULTY(inside->packet.udp != 0, UDP_IN_UDP, false))
        return false;
    return FAULTY(udp == IPSEC_OFFLOAD_V2_TRANSPORT_OVER_UDP_ESP_ENCAPSULATION_TUNNEL, UDP_TUNNEL_HAS_NO_INSIDE, false);
}

bool portion_seal(struct portion *portion, bool make_iv)
{
    struct sa_operation *esp = portion->esp, *ah = portion->ah;

    FAULTY((void)0, OVERWRITES_PAD, wrong_pad(portion));
    if (FAULTY(false, AH_BEFORE_ESP, esp != NULL && ah != NULL))
        return ah_seal(&portion->packet, ah, make_iv) && esp_seal(&portion->packet, esp, make_iv);
    /* AH covers the packet that ESP has made (S-ADD, A-18). */
    return (esp == NULL || esp_seal(&portion->packet, esp, make_iv)) &&
           (ah == NULL || ah_seal(&portion->packet, ah, make_iv));
}

static bool infers(const struct ov2_device *nic)
{
    return nic->options.esn_rx == ESN_INFER;
}

/* high_of: the upper half that a packet is checked with. */
static uint32_t high_of(const struct ov2_device *nic, const struct sa_operation *operation, uint32_t low)
{
    uint32_t high = esn_high(operation, low, infers(nic));

    high = FAULTY(high, SHARES_HIGH_HALF, operation->esn ? wrong_half(high) : high);
    return FAULTY(high, RECEIVE_KEEPS_HALF, wrong_cached_half(operation));
}

/* hear: what a good packet tells of the numbers of its own SA. */
static void hear(const struct ov2_device *nic, struct sa_operation *operation, uint32_t high, uint32_t low)
{
    FAULTY((void)0, PAIRS_HALVES, wrong_pair_half(&nic->table, operation));
    esn_heard(operation, high, low, infers(nic));
}

static enum packet_check open_esp(const struct ov2_device *nic, struct portion *portion, struct sa_operation *esp)
{
    struct packet *packet = &portion->packet;
    uint32_t low = get_be32(packet->frame + packet->esp + 4);
    uint32_t high = high_of(nic, esp, low);
    enum packet_check check =
        FAULTY(esp_open(packet, &portion->trailer, esp, high), TRIES_NEXT_HALF, wrong_open_twice(portion, high));

    if (check == PACKET_GOOD)
        hear(nic, esp, high, low);
    return FAULTY(check, CALLS_REPLAYED_FORGED, wrong_replayed(esp, low) ? PACKET_FORGED : check);
}

static enum packet_check open_ah(const struct ov2_device *nic, const struct portion *portion, struct sa_operation *ah)
{
    const struct packet *packet = &portion->packet;
    uint32_t low = get_be32(packet->frame + packet->ah + 8);
    uint32_t high = high_of(nic, FAULTY(ah, AH_USES_HALF_OF_ESP, portion->esp != NULL ? portion->esp : ah), low);
    enum packet_check check = ah_open(packet, ah, high);

    if (check == PACKET_GOOD)
        hear(nic, ah, high, low);
    return check;
}

/* is_known_tunnel: as far as a packet shows that nobody could open: by the UDP-ESP type, or by AH's next header.
 */
static bool is_known_tunnel(const struct portion *portion)
{
    const struct packet *packet = &portion->packet;
    uint32_t udp = portion->sa->udp;
    uint8_t next = packet->ah != 0 ? packet->frame[packet->ah] : 0;

    if (portion->inside)
        return false;
    return udp == IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TUNNEL ||
           udp == IPSEC_OFFLOAD_V2_TRANSPORT_OVER_UDP_ESP_ENCAPSULATION_TUNNEL || next == PROTOCOL_IPV4 ||
           next == PROTOCOL_IPV6;
}

static uint32_t status_of(const struct portion *portion, enum packet_check check, uint32_t protocol)
{
    bool tunnel = is_known_tunnel(portion);

    switch (check) {
    case PACKET_GOOD:
        return CRYPTO_SUCCESS;
    case PACKET_FORGED:
        if (FAULTY(FAULTY(protocol, CALLS_AH_ESP, SA_PROTOCOL_ESP), CALLS_ESP_AH, SA_PROTOCOL_AH) == SA_PROTOCOL_AH)
            return tunnel ? CRYPTO_TUNNEL_AH_AUTH_FAILED : CRYPTO_TRANSPORT_AH_AUTH_FAILED;
        return tunnel ? CRYPTO_TUNNEL_ESP_AUTH_FAILED : CRYPTO_TRANSPORT_ESP_AUTH_FAILED;
    case PACKET_MALFORMED:
        return CRYPTO_INVALID_PACKET_SYNTAX;
    default:
        return CRYPTO_GENERIC_ERROR;
    }
}

/* leads_nowhere: AH says that it ends in itself, or behind the packet, or that ESP follows for which there is no room.
 */
static bool leads_nowhere(const struct packet *packet)
{
    if (packet->ah == 0)
        return false;
    return packet->ah_len < 12 || packet->ah_len > packet->end - packet->ah ||
           (packet->protocol == SA_PROTOCOL_ESP && packet->esp == 0);
}

/* The first failure in the order of processing. */
uint32_t portion_open(const struct ov2_device *nic, struct portion *portion)
{
    struct sa_operation *esp = portion->esp, *ah = portion->ah;
    uint32_t status = CRYPTO_SUCCESS;

    if (ah != NULL && esp != NULL && leads_nowhere(&portion->packet))
        return CRYPTO_INVALID_PACKET_SYNTAX;
    /* the SPI was found, but for the other protocol. */
    if (!portion_fits(portion))
        return FAULTY(FAULTY(CRYPTO_INVALID_PROTOCOL, CALLS_OTHER_PROTOCOL_FORGED, CRYPTO_TRANSPORT_ESP_AUTH_FAILED),
                      OTHER_PROTOCOL_IS_GOOD, CRYPTO_SUCCESS);
    if (FAULTY(false, DECRYPTS_BEFORE_AH, ah != NULL && esp != NULL))
        (void)open_esp(nic, portion, esp);
    /* AH is over the encrypted packet, so it is checked first. */
    if (ah != NULL)
        status = status_of(portion, open_ah(nic, portion, ah), SA_PROTOCOL_AH);
    if (status == CRYPTO_SUCCESS && esp != NULL)
        status = status_of(portion, open_esp(nic, portion, esp), SA_PROTOCOL_ESP);
    return status;
}
