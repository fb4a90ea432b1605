/* SPDX-License-Identifier: MIT */
/* Framing: RFC 4303 2 and 3.1, RFC 4302 2, RFC 3948 2.1, as the stack does it before the NIC (requirements.md, TX). */
#include "stack.h"

#include <stdlib.h>
#include <string.h>

#include "ov2/ndis_ipsec.h"
#include "stack_internal.h"

#define IP_LEN_MAX       0xFFFFu
#define SLOT_OFFSET_MAX  (0xFFu * 4) /* slot 12 counts units of 4 in 8 bits */
#define IPV4_OPTIONS_MAX 40u
#define OPTION_NOP       1
#define OPTION_PAD1      0
#define OPTION_PADN      1
#define PADN_DATA_MAX    255u
#define TTL              64
#define DONT_FRAGMENT    0x4000u

/* Locally administered, so they are nobody's. */
static const uint8_t MAC_DESTINATION[6] = {0x02, 0x00, 0x5E, 0x00, 0x00, 0x02};
static const uint8_t MAC_SOURCE[6] = {0x02, 0x00, 0x5E, 0x00, 0x00, 0x01};
#define VLAN_ID 1

/* A frame that is being built: which parts it has, and how long they are. */
struct plan {
    const struct stack_packet *packet;
    const uint8_t *data; /* the payload, what it is, and how much of it the frame has not: room that is appended */
    uint32_t data_len;
    uint32_t data_missing;
    uint8_t next_header;
    const struct bundle_layer *esp; /* NULL: not there */
    const struct bundle_layer *ah;
    bool ipv6;
    bool has_udp;
    uint32_t media_len;
    uint32_t ip_len;
    uint32_t ah_len;
    uint32_t udp_len;
    uint32_t esp_len; /* SPI to ICV room */
    uint32_t pad;
    uint32_t trailer_len; /* 0 in a template, as the ICV */
    uint32_t icv;
    uint32_t room;    /* bytes of the ESP ICV that stand in the frame */
    uint32_t behind;  /* the IP packet without its header, the whole ICV room included */
    uint32_t present; /* bytes of the frame */
};

const struct bundle_layer *stack_layer(const struct bundle *bundle, uint32_t operation)
{
    for (uint32_t i = 0; bundle && i < bundle->layer_count && i < 2; i++) {
        if (bundle->layers[i].operation == operation && bundle->layers[i].suite)
            return &bundle->layers[i];
    }
    return NULL;
}

uint32_t stack_ah_len(const struct suite *suite, bool ipv6)
{
    uint32_t unit = ipv6 ? 8 : 4;

    return (AH_LEN + suite->iv + suite->icv + unit - 1) / unit * unit;
}

/* The checksum field itself, at 10, counts as zero (RFC 791 3.1). */
uint16_t stack_ip_checksum(const uint8_t *header, uint32_t len)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i + 1 < len; i += 2) {
        if (i != 10)
            sum += get_be16(header + i);
    }
    while (sum > 0xFFFF)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint16_t)~sum;
}

/* ---- Planning ---- */

/* Whether the IPv6 extension headers end where they should; *last: where the last one begins. */
static bool find_last_header(uint32_t *last, const struct stack_packet *packet)
{
    const uint8_t *headers = packet->headers + 1;
    uint8_t type = packet->headers[0];
    uint32_t at = 0;

    while (packet->options - at >= 8) {
        uint32_t len = type == PROTOCOL_FRAGMENT ? 8 : (headers[at + 1] + 1u) * 8;
        *last = at;
        type = headers[at];
        if (len > packet->options - at)
            return false;
        at += len;
    }
    return at > 0 && at == packet->options;
}

static bool plan_ip(struct plan *plan)
{
    uint32_t options = plan->packet->options;
    uint32_t last;

    if (plan->ipv6 ? options % 8 != 0 || options > SLOT_OFFSET_MAX : options % 4 != 0 || options > IPV4_OPTIONS_MAX)
        return false;
    if (plan->packet->headers && plan->ipv6 && !find_last_header(&last, plan->packet))
        return false;
    plan->ip_len = (plan->ipv6 ? IPV6_LEN : IPV4_LEN) + options;
    plan->media_len = plan->packet->profile->media_header == VLAN_MEDIA_LEN ? VLAN_MEDIA_LEN : MEDIA_LEN;
    return true;
}

/* The trailer ends a cipher block (P-PAD-002) and a 4-byte word (P-PAD-003); every block is a multiple of 4. */
static bool plan_esp(struct plan *plan)
{
    const struct stack_packet *packet = plan->packet;
    const struct suite *suite = plan->esp->suite;
    uint32_t tail = (plan->data_len + TRAILER_LEN) % suite->block;

    plan->has_udp = packet->bundle->udp != 0 && !plan->ah;
    plan->udp_len = plan->has_udp ? UDP_LEN : 0;
    if (packet->is_template) {
        plan->esp_len = ESP_LEN + suite->iv + plan->data_len;
        return true;
    }
    plan->pad = packet->pad == UINT32_MAX ? (suite->block - tail) % suite->block : packet->pad;
    if (plan->pad > 0xFF || (tail + plan->pad) % suite->block != 0)
        return false;
    plan->trailer_len = plan->pad + TRAILER_LEN;
    plan->icv = plan->esp->icv;
    plan->esp_len = ESP_LEN + suite->iv + plan->data_len + plan->trailer_len + plan->icv;
    plan->room = packet->profile->icv_appended ? 0 : plan->icv;
    return true;
}

/* plan->data are there already. */
static bool plan_frame(struct plan *plan, size_t size, const struct stack_packet *packet)
{
    const struct bundle *bundle = packet->bundle;
    uint32_t missing;

    plan->packet = packet;
    plan->pad = packet->is_template ? packet->pad : 0;
    plan->ipv6 = bundle ? bundle->ipv6 : packet->ipv6;
    plan->esp = stack_layer(bundle, IPSEC_OFFLOAD_V2_OPERATION_ESP);
    plan->ah = stack_layer(bundle, IPSEC_OFFLOAD_V2_OPERATION_AH);
    if (bundle && (bundle->layer_count == 0 || (plan->esp != NULL) + (plan->ah != NULL) != (int)bundle->layer_count))
        return false;
    if (plan->data_len > IP_LEN_MAX || !plan_ip(plan))
        return false;
    if (plan->ah)
        plan->ah_len = stack_ah_len(plan->ah->suite, plan->ipv6);
    if (plan->esp && !plan_esp(plan))
        return false;
    if (bundle && plan->ip_len + plan->ah_len + plan->udp_len > SLOT_OFFSET_MAX)
        return false;
    plan->behind = plan->ah_len + plan->udp_len + (plan->esp ? plan->esp_len : plan->data_len + plan->data_missing);
    missing = plan->esp ? plan->icv - plan->room : plan->data_missing;
    plan->present = plan->media_len + plan->ip_len + plan->behind - missing;
    return plan->present <= size && plan->behind + plan->ip_len - (plan->ipv6 ? IPV6_LEN : 0) <= IP_LEN_MAX;
}

/* ---- Writing ---- */

static struct stack_span span(uint32_t at, uint32_t len)
{
    return (struct stack_span){at, len};
}

static void put_media(uint8_t *out, const struct plan *plan)
{
    uint32_t ethertype = plan->ipv6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;

    memcpy(out, MAC_DESTINATION, sizeof MAC_DESTINATION);
    memcpy(out + 6, MAC_SOURCE, sizeof MAC_SOURCE);
    if (plan->media_len == VLAN_MEDIA_LEN) {
        put_be16(out + 12, ETHERTYPE_VLAN);
        put_be16(out + 14, VLAN_ID);
    }
    put_be16(out + plan->media_len - 2, ethertype);
}

static uint8_t protocol_of(const struct plan *plan)
{
    if (plan->ah)
        return PROTOCOL_AH;
    if (plan->has_udp)
        return PROTOCOL_UDP;
    return plan->esp ? PROTOCOL_ESP : plan->next_header;
}

/* A selector that is zero is a wildcard: then the packet says who it is. */
static const uint8_t *address_of(const uint8_t selector[16], const uint8_t own[16], uint32_t len)
{
    static const uint8_t wildcard[16];

    return memcmp(selector, wildcard, len) == 0 ? own : selector;
}

static void find_addresses(struct stack_layout *layout, const struct plan *plan)
{
    const struct stack_packet *packet = plan->packet;
    uint32_t len = plan->ipv6 ? 16 : 4;
    const uint8_t *src = packet->bundle ? address_of(packet->bundle->src, packet->src, len) : packet->src;
    const uint8_t *dst = packet->bundle ? address_of(packet->bundle->dst, packet->dst, len) : packet->dst;

    memcpy(layout->src, src, len);
    memcpy(layout->dst, dst, len);
}

static void put_ipv4(uint8_t *out, const struct plan *plan, const struct stack_layout *layout)
{
    memset(out, OPTION_NOP, plan->ip_len);
    if (plan->packet->headers)
        memcpy(out + IPV4_LEN, plan->packet->headers, plan->ip_len - IPV4_LEN);
    out[0] = (uint8_t)(0x40 | plan->ip_len / 4);
    out[1] = 0;
    put_be16(out + 2, plan->ip_len + plan->behind);
    put_be16(out + 4, plan->packet->has_id ? plan->packet->id : layout->seq);
    put_be16(out + 6, DONT_FRAGMENT);
    out[8] = TTL;
    out[9] = protocol_of(plan);
    memcpy(out + 12, layout->src, 4);
    memcpy(out + 16, layout->dst, 4);
    put_be16(out + 10, stack_ip_checksum(out, plan->ip_len));
}

/* One destination options header, filled with padding (RFC 8200 4.2, 4.6). */
static void put_options_ipv6(uint8_t *out, uint32_t len, uint8_t next_header)
{
    uint32_t at = 2;

    memset(out, 0, len);
    out[0] = next_header;
    out[1] = (uint8_t)(len / 8 - 1);
    while (len - at >= 2) {
        uint32_t data = len - at - 2 < PADN_DATA_MAX ? len - at - 2 : PADN_DATA_MAX;
        out[at] = OPTION_PADN;
        out[at + 1] = (uint8_t)data;
        at += 2 + data;
    }
    if (at < len)
        out[at] = OPTION_PAD1;
}

static void put_ipv6(uint8_t *out, const struct plan *plan, const struct stack_layout *layout)
{
    uint32_t options = plan->ip_len - IPV6_LEN;
    uint32_t last = 0;

    put_be32(out, 0x60000000u);
    put_be16(out + 4, options + plan->behind);
    out[6] = options > 0 ? PROTOCOL_DESTINATION : protocol_of(plan);
    out[7] = TTL;
    memcpy(out + 8, layout->src, 16);
    memcpy(out + 24, layout->dst, 16);
    if (plan->packet->headers && find_last_header(&last, plan->packet)) {
        out[6] = plan->packet->headers[0];
        memcpy(out + IPV6_LEN, plan->packet->headers + 1, options);
        out[IPV6_LEN + last] = protocol_of(plan);
    } else if (options > 0) {
        put_options_ipv6(out + IPV6_LEN, options, protocol_of(plan));
    }
}

/* AH alone takes ah_seq, or seq if only that is given. */
static uint32_t ah_seq_of(const struct plan *plan)
{
    return plan->esp || plan->packet->ah_seq != 0 ? plan->packet->ah_seq : plan->packet->seq;
}

static void put_iv(uint8_t *out, const uint8_t *iv, uint32_t len)
{
    if (iv)
        memcpy(out, iv, len);
    else
        memset(out, STACK_IV_MARK, len);
}

/*
 *   | next header | length | reserved | SPI | sequence | IV of GMAC | ICV | padding |
 *
 * The ICV field is zero, as RFC 4302 3.3.3.1 computes over it.  An IV of the stack is for ESP where there is one; AH
 * shares it if it is long enough.
 */
static void put_ah(uint8_t *out, const struct plan *plan, struct stack_layout *layout)
{
    const struct suite *suite = plan->ah->suite;
    bool has_iv = !plan->esp || plan->esp->suite->iv >= suite->iv;
    uint32_t at = layout->ah.at;

    memset(out + at, 0, plan->ah_len);
    out[at] = plan->esp ? PROTOCOL_ESP : plan->next_header;
    out[at + 1] = (uint8_t)(plan->ah_len / 4 - 2);
    put_be32(out + at + 4, plan->ah->spi);
    put_be32(out + at + 8, ah_seq_of(plan));
    put_iv(out + at + AH_LEN, has_iv ? plan->packet->iv : NULL, suite->iv);
    layout->ah_icv = span(at + AH_LEN + suite->iv, suite->icv);
}

static void put_udp(uint8_t *out, const struct plan *plan)
{
    put_be16(out, UDP_ESP_PORT);
    put_be16(out + 2, UDP_ESP_PORT);
    put_be16(out + 4, UDP_LEN + plan->esp_len);
    put_be16(out + 6, 0); /* RFC 3948 2.1 */
}

static void put_data(uint8_t *out, const struct plan *plan)
{
    if (plan->data_len > 0)
        memcpy(out, plan->data, plan->data_len);
}

/* | pad 1, 2, 3 ... | pad length | next header | room for the ICV | */
static void put_trailer(uint8_t *out, const struct plan *plan)
{
    for (uint32_t i = 0; i < plan->pad; i++)
        out[i] = (uint8_t)(i + 1);
    out[plan->pad] = (uint8_t)plan->pad;
    out[plan->pad + 1] = plan->next_header;
    memset(out + plan->trailer_len, STACK_ICV_MARK, plan->room);
}

static void put_esp(uint8_t *out, const struct plan *plan, struct stack_layout *layout)
{
    const struct stack_packet *packet = plan->packet;
    uint32_t at = layout->esp.at;

    put_be32(out + at, plan->esp->spi);
    put_be32(out + at + 4, packet->seq);
    at += ESP_LEN;
    layout->iv = span(at, plan->esp->suite->iv);
    put_iv(out + at, packet->iv, layout->iv.len);
    at += layout->iv.len;
    layout->payload = span(at, plan->data_len);
    put_data(out + at, plan);
    at += plan->data_len;
    if (plan->trailer_len == 0)
        return;
    put_trailer(out + at, plan);
    layout->trailer = span(at, plan->trailer_len);
    layout->icv = span(at + plan->trailer_len, plan->room);
}

/* What is known before a byte is written. */
static void fill_layout(struct stack_layout *layout, const struct plan *plan)
{
    uint32_t at = plan->media_len;

    memset(layout, 0, sizeof *layout);
    layout->parsed = true;
    layout->ipv6 = plan->ipv6;
    layout->protocol = plan->ah || !plan->esp ? protocol_of(plan) : PROTOCOL_ESP;
    layout->seq = plan->ah ? ah_seq_of(plan) : plan->packet->seq;
    layout->spi = plan->ah ? plan->ah->spi : plan->esp ? plan->esp->spi : 0;
    find_addresses(layout, plan);
    layout->media = span(0, at);
    layout->ip = span(at, plan->ip_len);
    at += plan->ip_len;
    layout->ah = span(plan->ah ? at : 0, plan->ah_len);
    at += plan->ah_len + plan->udp_len;
    if (plan->esp)
        layout->esp = span(at, ESP_LEN);
    else
        layout->payload = span(at, plan->data_len);
}

/* Slot 12 counts from the outermost IP header. */
static uint64_t header_slot_of(const struct plan *plan, const struct stack_layout *layout, uint64_t inner)
{
    uint32_t behind = (layout->payload.at - layout->ip.at) / 4;
    uint32_t ah = plan->ah ? (layout->ah.at - layout->ip.at) / 4 : 0;
    uint32_t esp = plan->esp ? (layout->esp.at - layout->ip.at) / 4 : 0;

    if (!plan->ah && !plan->esp)
        return 0;
    if (ah == 0 && ov2_header_ah_offset(inner) != 0)
        ah = behind + ov2_header_ah_offset(inner) / 4;
    if (esp != 0 || ov2_header_esp_offset(inner) == 0)
        return ov2_header_send(plan->next_header, plan->pad, ah, esp);
    return ov2_header_send(ov2_header_next_header(inner), ov2_header_pad_length(inner), ah,
                           behind + ov2_header_esp_offset(inner) / 4);
}

/* The frame of a packet whose payload is planned. */
static bool frame_payload(uint8_t *out, size_t size, uint32_t *len, struct stack_layout *layout, struct plan *plan,
                          const struct stack_packet *packet)
{
    if (!plan_frame(plan, size, packet))
        return false;
    fill_layout(layout, plan);
    put_media(out, plan);
    if (plan->ipv6)
        put_ipv6(out + layout->ip.at, plan, layout);
    else
        put_ipv4(out + layout->ip.at, plan, layout);
    if (plan->ah)
        put_ah(out, plan, layout);
    if (plan->has_udp)
        put_udp(out + layout->esp.at - UDP_LEN, plan);
    if (plan->esp)
        put_esp(out, plan, layout);
    else
        put_data(out + layout->payload.at, plan);
    if (!plan->ah && !plan->esp)
        layout->seq = 0;
    *len = plan->present;
    return true;
}

/* The packet inside: without a media header, and with its room unless it holds the outermost ESP. */
static bool frame_inner(uint8_t *out, size_t size, struct plan *plan, uint64_t *header_slot,
                        const struct stack_packet *packet)
{
    struct stack_packet inner = *packet->inner;
    struct profile profile = *packet->profile;
    struct stack_layout layout;
    uint32_t len;
    bool is_outermost = stack_layer(packet->bundle, IPSEC_OFFLOAD_V2_OPERATION_ESP) == NULL;
    const struct bundle_layer *esp = stack_layer(inner.bundle, IPSEC_OFFLOAD_V2_OPERATION_ESP);

    profile.media_header = MEDIA_LEN;
    profile.icv_appended = profile.icv_appended && is_outermost;
    inner.profile = &profile;
    if (!stack_frame(out, size, &len, header_slot, &layout, &inner))
        return false;
    plan->data = out + MEDIA_LEN;
    plan->data_len = len - MEDIA_LEN;
    plan->data_missing = esp && profile.icv_appended ? esp->icv : 0;
    plan->next_header = layout.ipv6 ? PROTOCOL_IPV6 : PROTOCOL_IPV4;
    return true;
}

bool stack_frame(uint8_t *out, size_t size, uint32_t *len, uint64_t *header_slot, struct stack_layout *layout,
                 const struct stack_packet *packet)
{
    uint8_t *payload = packet->inner ? malloc(size) : NULL;
    uint64_t inner_slot = 0;
    struct plan plan;
    bool ok = !packet->inner || payload;

    memset(&plan, 0, sizeof plan);
    plan.data = packet->data;
    plan.data_len = packet->data_len;
    plan.next_header = packet->next_header;
    ok = ok && (!packet->inner || frame_inner(payload, size, &plan, &inner_slot, packet)) &&
         frame_payload(out, size, len, layout, &plan, packet);
    if (ok)
        *header_slot = header_slot_of(&plan, layout, inner_slot);
    free(payload);
    return ok;
}
