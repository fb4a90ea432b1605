/* SPDX-License-Identifier: MIT */
#include "portion.h"

#include "ah.h"
#include "bytes.h"
#include "esn.h"
#include "fault.h"

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
    content->limit = tail <= text.end - text.at ? text.end - tail : text.at;
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
        return !encapsulated;
    case IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TRANSPORT_OVER_TUNNEL:
        return encapsulated && portion->inside;
    default:
        return encapsulated && !portion->inside;
    }
}

bool portion_may_carry(const struct portion *outside, const struct portion *inside)
{
    uint32_t udp = outside->sa->udp;

    if (udp == IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_NONE)
        return true;
    return udp == IPSEC_OFFLOAD_V2_TRANSPORT_OVER_UDP_ESP_ENCAPSULATION_TUNNEL && inside->packet.udp == 0;
}

bool portion_seal(struct portion *portion, bool make_iv)
{
    struct sa_operation *esp = portion->esp, *ah = portion->ah;

    /* AH covers the packet that ESP has made (S-ADD, A-18). */
    return (esp == NULL || esp_seal(&portion->packet, esp, make_iv)) &&
           (ah == NULL || ah_seal(&portion->packet, ah, make_iv));
}

static bool infers(const struct ov2_device *nic)
{
    return nic->options.esn_rx == ESN_INFER;
}

static enum packet_check open_esp(const struct ov2_device *nic, struct portion *portion, struct sa_operation *esp)
{
    struct packet *packet = &portion->packet;
    uint32_t low = get_be32(packet->frame + packet->esp + 4);
    uint32_t high = esn_high(esp, low, infers(nic));
    enum packet_check check = esp_open(packet, &portion->trailer, esp, high);

    if (check == PACKET_GOOD)
        esn_heard(esp, high, low, infers(nic));
    return check;
}

static enum packet_check open_ah(const struct ov2_device *nic, const struct portion *portion, struct sa_operation *ah)
{
    const struct packet *packet = &portion->packet;
    uint32_t low = get_be32(packet->frame + packet->ah + 8);
    uint32_t high = esn_high(ah, low, infers(nic));
    enum packet_check check = ah_open(packet, ah, high);

    if (check == PACKET_GOOD)
        esn_heard(ah, high, low, infers(nic));
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
        if (protocol == SA_PROTOCOL_AH)
            return tunnel ? CRYPTO_TUNNEL_AH_AUTH_FAILED : CRYPTO_TRANSPORT_AH_AUTH_FAILED;
        return tunnel ? CRYPTO_TUNNEL_ESP_AUTH_FAILED : CRYPTO_TRANSPORT_ESP_AUTH_FAILED;
    case PACKET_MALFORMED:
        return CRYPTO_INVALID_PACKET_SYNTAX;
    default:
        return CRYPTO_GENERIC_ERROR;
    }
}

/* The first failure in the order of processing. */
uint32_t portion_open(const struct ov2_device *nic, struct portion *portion)
{
    struct sa_operation *esp = portion->esp, *ah = portion->ah;
    uint32_t status = CRYPTO_SUCCESS;

    /* the SPI was found, but for the other protocol. */
    if (!portion_fits(portion))
        return CRYPTO_INVALID_PROTOCOL;
    /* AH is over the encrypted packet, so it is checked first. */
    if (ah != NULL)
        status = status_of(portion, open_ah(nic, portion, ah), SA_PROTOCOL_AH);
    if (status == CRYPTO_SUCCESS && esp != NULL)
        status = status_of(portion, open_esp(nic, portion, esp), SA_PROTOCOL_ESP);
    return status;
}
