/* SPDX-License-Identifier: MIT */
/*
 * Tunnels that are received: what the outer portion decrypts to, and whether the packet inside has a portion that an SA
 * of the device must take as well.  That one is authentic by its history, too: a device put it into this tunnel, or the
 * packet is, byte for byte, one that a device sent by itself.
 */
#include "model_internal.h"

#include <string.h>

#include "stack_internal.h"

enum {
    BYTE_UNKNOWN, /* the NIC's: IV, ICV */
    BYTE_KNOWN,
    BYTE_CIPHER, /* known when the inner portion was decrypted */
};

/* ---- What the outer portion decrypts to ---- */

#define NOTHING_KNOWN                                                                                                  \
    {                                                                                                                  \
        .next_header = -1, .pad_length = -1, .inner_next_header = -1, .inner_pad_length = -1                           \
    }

static void mark(uint8_t *known, struct stack_span span, uint32_t from, uint8_t value)
{
    if (span.len > 0)
        memset(known + (span.at - from), value, span.len);
}

/* The bytes of a packet that its NIC has written; spans count from `from`. */
static void mark_written(uint8_t *known, uint32_t from, const struct stack_layout *layout, const struct bundle *bundle)
{
    const struct bundle_layer *esp = stack_layer(bundle, IPSEC_OFFLOAD_V2_OPERATION_ESP);
    struct stack_span ah_iv = {layout->ah.at + AH_LEN, 0};

    if (layout->ah_icv.at > ah_iv.at)
        ah_iv.len = layout->ah_icv.at - ah_iv.at;
    mark(known, ah_iv, from, BYTE_UNKNOWN);
    mark(known, layout->ah_icv, from, BYTE_UNKNOWN);
    mark(known, layout->iv, from, BYTE_UNKNOWN);
    mark(known, layout->icv, from, BYTE_UNKNOWN);
    if (!esp || esp->suite->enc == IPSEC_OFFLOAD_V2_ENCRYPTION_NONE)
        return;
    mark(known, layout->payload, from, BYTE_CIPHER);
    mark(known, layout->trailer, from, BYTE_CIPHER);
}

/* A packet that was put into a tunnel: what the stack framed inside is not what the tunnel carries. */
static void mark_inner(struct packet_plain *plain, struct model *model, const struct model_frame *frame)
{
    struct stack_span where = {0, plain->len};
    struct stack_layout inner;

    if (!frame->has_inner || plain->next_header < 0)
        return;
    stack_parse_inner(&inner, plain->payload, where, (uint32_t)plain->next_header, &frame->inner);
    memset(model->known, BYTE_KNOWN, plain->len + plain->trailer_len);
    mark_written(model->known, 0, &inner, &frame->inner);
    plain->known = model->known;
}

struct packet_plain packet_plain_read(const struct packet_view *view, const struct stack_layout *layout,
                                      const struct bundle *bundle)
{
    struct packet_plain plain = NOTHING_KNOWN;
    const struct model_arrival *arrival = view->arrival;
    const struct model_frame *frame = model_frame(view->model, arrival->frame);
    uint32_t clear = layout->payload.len + layout->trailer.len;
    const uint8_t *end;

    if (!stack_layer(bundle, IPSEC_OFFLOAD_V2_OPERATION_ESP)) { /* what AH encloses stays as it is */
        plain.payload = arrival->bytes + layout->payload.at;
        plain.len = layout->payload.len;
        return plain;
    }
    if (arrival->has_plain) {
        plain.payload = arrival->plain;
        plain.len = arrival->plain_len;
        plain.next_header = arrival->next_header;
        return plain;
    }
    if (!frame || !frame->plain || layout->payload.at + clear > frame->plain_len)
        return plain;
    plain.payload = frame->plain + layout->payload.at;
    plain.len = clear;
    if (layout->esp.len == 0 || layout->trailer.len < TRAILER_LEN)
        return plain;
    end = plain.payload + clear;
    plain.trailer_len = (uint32_t)end[-2] + TRAILER_LEN;
    if (plain.trailer_len > clear) /* no trailer that anybody can read (RX-029) */
        return (struct packet_plain)NOTHING_KNOWN;
    plain.pad_length = end[-2];
    plain.next_header = end[-1];
    plain.len = clear - plain.trailer_len;
    mark_inner(&plain, view->model, frame);
    return plain;
}

/* ---- The portion inside ---- */

/* What is looked for in a packet inside. */
struct inner_search {
    const struct packet_view *view;
    const struct model_match *outer;
    const uint8_t *content; /* the packet inside, as the tunnel carries it, or as the stack framed it */
    uint32_t len;
    uint32_t next_header;
};

static struct packet_inner inner_with(enum inner_duty duty, const char *law)
{
    struct packet_inner inner;

    memset(&inner, 0, sizeof inner);
    inner.duty = duty;
    inner.law = law;
    return inner;
}

static bool has_ipsec(const struct stack_layout *layout)
{
    return layout->ah.len > 0 || layout->esp.len > 0;
}

/* Which UDP-ESP types may stand in which (UDP-004, UDP-008, A-48): true if an SA of type `inner` may take the packet.
 * *is_open: the documents leave it to the device. */
static bool fits_udp(bool *is_open, uint32_t outer, uint32_t inner, bool in_udp)
{
    if (in_udp)
        *is_open = inner == IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TRANSPORT;
    else
        *is_open = outer != IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_NONE &&
                   outer != IPSEC_OFFLOAD_V2_TRANSPORT_OVER_UDP_ESP_ENCAPSULATION_TUNNEL;
    if (in_udp)
        return *is_open || inner == IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TRANSPORT_OVER_TUNNEL;
    return inner == IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_NONE;
}

/* Whether a packet by itself is one that a device sent, and under which bundle: the frame, or NULL. */
static const struct model_frame *find_sent(const struct inner_search *search)
{
    struct model *model = search->view->model;

    for (uint32_t number = model_frame_count(model); number > 0; number--) {
        const struct model_frame *frame = model_frame(model, number);
        struct stack_layout layout;
        if (!frame->symbol || !frame->plain || frame->has_inner || frame->len < search->len)
            continue;
        stack_parse(&layout, frame->bytes, frame->len, NULL, NULL);
        if (layout.parsed && frame->len - layout.ip.at == search->len &&
            memcmp(frame->bytes + layout.ip.at, search->content, search->len) == 0)
            return frame;
    }
    return NULL;
}

/* What made the portion inside, and what the stack had framed: NULL: nobody known. */
static const struct bundle *find_maker(const uint8_t **clear, bool *is_open, const struct inner_search *search)
{
    const struct model_frame *frame = model_frame(search->view->model, search->view->arrival->frame);
    struct stack_layout layout;

    *is_open = !frame || frame->is_stray || search->view->arrival->has_plain;
    if (frame && frame->has_inner && frame->plain) {
        stack_parse(&layout, frame->plain, frame->plain_len, &frame->bundle, NULL);
        *is_open = *is_open || frame->has_other_inner;
        *clear = frame->plain + layout.payload.at;
        return &frame->inner;
    }
    frame = find_sent(search);
    if (!frame)
        return NULL;
    stack_parse(&layout, frame->plain, frame->plain_len, NULL, NULL);
    *is_open = *is_open || frame->is_stray || frame->has_other[0] || frame->has_other[1];
    *clear = frame->plain + layout.ip.at;
    return &frame->bundle;
}

/* Whether what was made under one bundle is authentic under another; garbled: it decrypts to anything. */
static bool is_authentic(bool *is_garbled, const struct bundle *maker, const struct bundle *mine)
{
    *is_garbled = false;
    if (!maker || maker->layer_count != mine->layer_count)
        return false;
    for (uint32_t i = 0; i < mine->layer_count; i++) {
        const struct bundle_layer *sent = &maker->layers[i];
        const struct bundle_layer *own = &mine->layers[i];
        bool is_other = false;
        if (!model_same_keys(&is_other, sent, own) || (own->esn && sent->hi != own->hi))
            return false;
        *is_garbled = *is_garbled || is_other;
    }
    return true;
}

static bool is_certain(const struct packet_view *view, const struct model_sa *sa, const struct bundle *bundle)
{
    static const uint8_t wildcard[16];
    bool is_wild = memcmp(bundle->dst, wildcard, bundle->ipv6 ? 16 : 4) == 0;

    return sa->state == MODEL_LIVE && !sa->leaving && !sa->is_unsettled && !sa->has_other[0] && !sa->has_other[1] &&
           !bundle->is_open && !is_wild && !(view->device->profile.esn_infer && bundle->layers[0].esn);
}

/* The one SA that takes the packet inside, as far as that is certain. */
static struct packet_inner judge_sa(const struct inner_search *search, const struct stack_layout *plain_layout,
                                    uint32_t symbol, const struct bundle *bundle)
{
    struct packet_inner inner = inner_with(INNER_GOOD, "RX-036");
    struct stack_span where = {0, search->len};
    bool is_open;
    bool is_garbled;
    const struct bundle *maker = find_maker(&inner.clear, &is_open, search);
    bool has_ah = stack_layer(bundle, IPSEC_OFFLOAD_V2_OPERATION_AH) != NULL;
    bool has_esp = stack_layer(bundle, IPSEC_OFFLOAD_V2_OPERATION_ESP) != NULL;

    stack_parse_inner(&inner.layout, search->content, where, search->next_header, bundle);
    inner.symbol = symbol;
    inner.bundle = *bundle;
    /* Another protocol than the SA's, or lengths that nobody can read. */
    if (has_ah != (plain_layout->ah.len > 0) || has_esp != (inner.layout.esp.len > 0) ||
        (has_esp && inner.layout.trailer.len == 0))
        return inner_with(INNER_OPEN, NULL);
    if (is_authentic(&is_garbled, maker, bundle))
        inner.duty = is_open || is_garbled ? INNER_OPEN : INNER_GOOD;
    else
        inner.duty = is_open && maker ? INNER_OPEN : INNER_BAD;
    inner.is_misfit = model_is_misfit(bundle, &inner.layout, search->content);
    if (search->outer->bundle.udp != 0 || bundle->udp != 0)
        inner.law = inner.duty == INNER_GOOD ? "UDP-012" : inner.law;
    return inner;
}

/* Whether one of the SAs of two operations may be found by the inner SPI. */
static bool may_find_pair(const struct inner_search *search, const struct stack_layout *layout)
{
    const struct packet_view *view = search->view;

    if (!view->device->has_pairs || view->device->sa_count > MODEL_SEARCH_MAX)
        return view->device->has_pairs;
    for (uint32_t symbol = 1; symbol <= view->device->sa_count; symbol++) {
        if (symbol != search->outer->symbol && model_may_find_pair(view->model, view->device_index, symbol, layout))
            return true;
    }
    return false;
}

static struct packet_inner find_sa(const struct inner_search *search, const struct stack_layout *layout)
{
    struct model_device *device = search->view->device;
    struct packet_inner inner = inner_with(INNER_NONE, "RX-037");
    bool in_udp = model_is_in_udp(layout);
    bool is_shadowed = false; /* by an SA that differs in its UDP alone */
    uint32_t symbol = 0;
    uint32_t count = 0;

    if (in_udp && search->outer->bundle.udp != 0)
        return inner_with(INNER_NONE, "UDP-008");
    while ((symbol = model_next_by_spi(device, layout->spi, symbol)) != 0) {
        struct bundle bundle;
        bool is_open = false;
        if (symbol == search->outer->symbol ||
            !model_bundle(search->view->model, &bundle, search->view->device_index, symbol) ||
            !model_selects(&bundle, layout))
            continue;
        if (!fits_udp(&is_open, search->outer->bundle.udp, bundle.udp, in_udp)) {
            is_shadowed = true;
            continue;
        }
        if (++count > 1 || is_open || !is_certain(search->view, &device->sas[symbol - 1], &bundle))
            return inner_with(INNER_OPEN, NULL);
        inner = judge_sa(search, layout, symbol, &bundle);
    }
    if (may_find_pair(search, layout) || (count > 0 && is_shadowed))
        return inner_with(INNER_OPEN, NULL);
    return inner;
}

struct packet_inner packet_inner_find(const struct packet_view *view, const struct model_match *match,
                                      const struct stack_layout *outer, const struct packet_plain *plain)
{
    const struct ndis_ipsec_offload_v2 *caps = &view->device->profile.caps;
    struct inner_search search = {view, match, plain->payload, plain->len, (uint32_t)plain->next_header};
    struct stack_span where = {0, plain->len};
    struct stack_layout layout;

    if (!stack_layer(&match->bundle, IPSEC_OFFLOAD_V2_OPERATION_ESP) && outer->ah.len > 0)
        search.next_header = view->arrival->bytes[outer->ah.at];
    if (!plain->payload || search.next_header > 0xFF)
        return inner_with(INNER_OPEN, NULL);
    if (!stack_is_tunnel(search.next_header))
        return inner_with(INNER_NONE, NULL);
    stack_parse_inner(&layout, plain->payload, where, search.next_header, NULL);
    if (!layout.parsed)
        return inner_with(INNER_OPEN, NULL);
    if (layout.fragment || !has_ipsec(&layout))
        return inner_with(INNER_NONE, NULL);
    /* Padding of traffic flow confidentiality (RFC 4303 2.7) is not part of the packet. */
    search.len = model_ip_end(&layout, plain->payload);
    if (search.len > plain->len || !caps->TransportTunnelCombined || view->device->pending_count > 0 ||
        view->device->ipsec != NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_AND_ESP_ENABLED || /* */
        (layout.ip.len > (layout.ipv6 ? IPV6_LEN : IPV4_LEN) &&
         !(layout.ipv6 ? caps->IPv6NonIPsecExtensionHeaders : caps->IPv4Options)))
        return inner_with(INNER_OPEN, NULL);
    return find_sa(&search, &layout);
}

/* ---- What is indicated when both portions were processed ---- */

static void cut(struct packet_plain *plain, uint8_t *bytes, uint8_t *known, uint32_t at, uint32_t len)
{
    uint32_t end = plain->len + plain->trailer_len;

    memmove(bytes + at, bytes + at + len, end - at - len);
    memmove(known + at, known + at + len, end - at - len);
    plain->len -= len;
}

/* RX_STRIP takes the same out of the packet inside as of the one around it.  False: its trailer cannot be one. */
static bool strip(struct packet_plain *plain, uint8_t *bytes, uint8_t *known, const struct packet_inner *inner,
                  bool headers_too)
{
    const struct stack_layout *layout = &inner->layout;
    uint32_t header_len = layout->esp.len + layout->iv.len + layout->ah.len;
    uint32_t ip_len = model_ip_end(layout, bytes);
    uint32_t text_end = layout->trailer.at + layout->trailer.len;
    bool has_esp = layout->esp.len > 0;
    uint32_t next_header = bytes[has_esp ? text_end - 1 : layout->ah.at];
    uint32_t tail = has_esp ? bytes[text_end - 2] + TRAILER_LEN : 0;

    if (tail > layout->payload.len + layout->trailer.len)
        return false;
    cut(plain, bytes, known, has_esp ? text_end - tail : ip_len, tail + layout->icv.len);
    ip_len -= tail + layout->icv.len;
    if (model_is_in_udp(layout)) /* a length of its own, and a checksum */
        memset(known + layout->esp.at - UDP_LEN / 2, BYTE_UNKNOWN, UDP_LEN / 2);
    if (headers_too) {
        cut(plain, bytes, known, layout->ip.len, header_len);
        ip_len -= header_len;
        bytes[layout->ipv6 ? 6 : 9] = (uint8_t)next_header;
    }
    if (layout->ipv6) {
        put_be16(bytes + 4, ip_len - IPV6_LEN);
    } else {
        put_be16(bytes + 2, ip_len);
        put_be16(bytes + 10, stack_ip_checksum(bytes, layout->ip.len));
    }
    plain->is_stripped = true;
    return true;
}

void packet_inner_apply(struct packet_plain *plain, const struct packet_view *view, const struct packet_inner *inner)
{
    const struct stack_layout *layout = &inner->layout;
    uint8_t *bytes = view->model->clear;
    uint8_t *known = view->model->known;
    uint32_t mode = view->device->profile.strip;
    uint32_t end = plain->len + plain->trailer_len;

    if (layout->trailer.len >= TRAILER_LEN) {
        plain->inner_next_header = inner->clear[layout->trailer.at + layout->trailer.len - 1];
        plain->inner_pad_length = inner->clear[layout->trailer.at + layout->trailer.len - 2];
    }
    /* Whether UDP in front of ESP is taken out as well is nowhere said; nor what is made of extension headers. */
    if (mode == 2 && (model_is_in_udp(layout) || layout->ip.len > (layout->ipv6 ? IPV6_LEN : IPV4_LEN))) {
        plain->payload = NULL;
        return;
    }
    memcpy(bytes, plain->payload, end);
    memset(known, BYTE_KNOWN, end);
    mark_written(known, 0, layout, &inner->bundle);
    for (uint32_t i = 0; i < end; i++) {
        if (known[i] != BYTE_CIPHER)
            continue;
        bytes[i] = inner->clear[i];
        known[i] = BYTE_KNOWN;
    }
    plain->payload = bytes;
    plain->known = known;
    if ((mode == 2 || (mode == 1 && layout->esp.len > 0)) && !strip(plain, bytes, known, inner, mode == 2))
        plain->payload = NULL;
}

uint32_t packet_plain_difference(const struct packet_plain *plain, const uint8_t *got, uint32_t len)
{
    uint32_t at = 0;

    while (at < len && (got[at] == plain->payload[at] || (plain->known && plain->known[at] != BYTE_KNOWN)))
        at++;
    return at;
}
