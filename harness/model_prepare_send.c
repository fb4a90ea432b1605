/* SPDX-License-Identifier: MIT */
/* What a send line asks for, as frames: framing for the SAs of the table. */
#include <stdlib.h>
#include <string.h>

#include "model_prepare.h"
#include "stack_internal.h"

#define MSS_USUAL     1000u
#define TCP_SEQ_USUAL 0x10000000u
#define TCP_FLAG_ACK  0x10u

#define HEADERS_MAX 1021u /* of options or extension headers; slot 12 can tell no larger offset */

static const uint8_t default_src4[4] = {192, 0, 2, 1};
static const uint8_t default_dst4[4] = {192, 0, 2, 2};
static const uint8_t default_src6[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
static const uint8_t default_dst6[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2};

static void set_slot(uint64_t *value, uint32_t *is_symbol, uint32_t *twist, uint32_t *owner,
                     const struct trace_word *word)
{
    *value = 0;
    *is_symbol = 0;
    if (!word)
        return;
    *value = word->base == BASE_NULL ? 0 : word->number;
    *is_symbol = word->base == BASE_SYMBOL || word->base == BASE_RUN;
    *twist = (uint32_t)word->twist;
    *owner = word->device;
}

/* The SA that a slot of an element names, as far as it decides how packets are framed. */
struct framing {
    struct model_sa *sa; /* NULL: none that is known */
    bool has_bundle;     /* an SA that failed may have had no suite */
    struct bundle bundle;
};

/* One element of a send line, and the SAs of its slots 1 and 11. */
struct element_view {
    const struct preparation *preparation;
    const struct trace_element *element;
    struct framing own;
    struct framing tunnel;
};

static const struct trace_word *field_of(const struct element_view *view, enum trace_key key)
{
    return trace_field(view->preparation->line, view->element, key);
}

static uint32_t number_of(const struct element_view *view, enum trace_key key, uint32_t absent)
{
    return prepare_number(view->preparation->line, view->element, key, absent);
}

/* A symbol that the device gave no handle for is the null handle: there is nothing to frame the packet for. */
static void find_framing(struct framing *framing, const struct preparation *preparation, uint64_t value,
                         uint32_t is_symbol, uint32_t owner)
{
    framing->sa = NULL;
    framing->has_bundle = false;
    if (!is_symbol || owner >= TRACE_DEVICES)
        return;
    framing->sa = model_sa(preparation->model, owner, value);
    if (framing->sa && framing->sa->handle == 0 && framing->sa->state != MODEL_PENDING)
        framing->sa = NULL;
    framing->has_bundle = framing->sa && model_bundle(preparation->model, &framing->bundle, owner, value) &&
                          framing->bundle.layers[0].suite;
}

/* The two addresses of a packet, where its SA does not say them. */
static void fill_addresses(struct stack_packet *packet, const struct trace_word *src, const struct trace_word *dst)
{
    bool ipv6 = packet->bundle ? packet->bundle->ipv6 : (src && src->count == 16) || (dst && dst->count == 16);

    packet->ipv6 = ipv6;
    if (ipv6) {
        memcpy(packet->src, src ? src->address : default_src6, 16);
        memcpy(packet->dst, dst ? dst->address : default_dst6, 16);
    } else {
        memcpy(packet->src, src ? src->address : default_src4, 4);
        memcpy(packet->dst, dst ? dst->address : default_dst4, 4);
    }
}

/* With IV_BY=stack the stack makes the IV: the sequence number is unique for each packet of a key. */
static void make_iv(uint8_t iv[16], uint32_t seq)
{
    memset(iv, 0, 16);
    for (uint32_t i = 0; i < 4; i++) {
        iv[4 + i] = (uint8_t)(seq >> (24 - 8 * i));
        iv[12 + i] = (uint8_t)(seq >> (24 - 8 * i));
    }
}

static uint32_t next_seq(const struct element_view *view, enum trace_key key, struct model_sa *sa, uint32_t index)
{
    const struct trace_word *seq = field_of(view, key);

    if (seq)
        return (uint32_t)seq->number + index;
    return sa ? ++sa->seq[0] : index + 1;
}

static uint64_t override_offsets(uint64_t header, const struct element_view *view)
{
    const struct trace_word *ah = field_of(view, KEY_AH_OFFSET);
    const struct trace_word *esp = field_of(view, KEY_ESP_OFFSET);

    if (ah)
        header = (header & ~0xFF0000ull) | (ah->number & 0xFF) << 16;
    if (esp)
        header = (header & ~0xFF000000ull) | (esp->number & 0xFF) << 24;
    return header;
}

/* ---- One packet ---- */

/* What a line changes of a frame before the NIC has it; the IPv4 header gets its checksum again. */
static bool edit_frame(uint8_t *bytes, uint32_t len, const struct stack_layout *layout, const struct element_view *view)
{
    uint8_t *ip = bytes + layout->ip.at;
    bool is_edited = false;

    for (uint32_t i = 0; i < view->element->word_count; i++) {
        const struct trace_word *edit = &view->preparation->line->words[view->element->first_word + i];
        if (edit->key != KEY_FLIP)
            continue;
        is_edited = true;
        if (!prepare_flip(bytes, len, layout, edit))
            return false;
    }
    if (is_edited && !layout->ipv6)
        put_be16(ip + 10, stack_ip_checksum(ip, layout->ip.len));
    return true;
}

/* The options or extension headers that a line gives; false: they are too long. */
static bool take_headers(struct stack_packet *packet, uint8_t room[HEADERS_MAX], const struct element_view *view)
{
    const struct trace_word *word = field_of(view, KEY_HEADERS);
    size_t len = 0;

    packet->options = number_of(view, KEY_OPTIONS, 0);
    if (!word)
        return true;
    if (!trace_bytes(room, HEADERS_MAX, &len, word) || len == 0)
        return false;
    packet->headers = room;
    packet->options = (uint32_t)len - packet->ipv6;
    return true;
}

/* A packet and the one that may be inside it. */
struct packets {
    struct stack_packet outer;
    struct stack_packet inner;
    uint8_t outer_iv[16];
    uint8_t inner_iv[16];
    uint8_t headers[HEADERS_MAX]; /* of the outer one */
};

/* What stands in a header of this packet; false: its IV is none. */
static bool fill_header(struct stack_packet *packet, uint8_t iv[16], const struct element_view *view, uint32_t seq,
                        enum trace_key pad)
{
    const struct trace_word *given = field_of(view, KEY_IV);
    size_t len = 0;

    packet->seq = seq;
    packet->ah_seq = seq;
    packet->pad = number_of(view, pad, UINT32_MAX);
    make_iv(iv, seq);
    if (given && (!trace_bytes(iv, 16, &len, given) || len == 0))
        return false;
    packet->iv = given || packet->profile->iv_by_stack ? iv : NULL;
    return true;
}

/* The packet with the data: in a tunnel it is the one inside. */
static bool fill_packets(struct packets *packets, const struct element_view *view, const struct framing *innermost,
                         uint32_t index)
{
    const struct preparation *preparation = view->preparation;
    const struct trace_word *inner_src = field_of(view, KEY_INNER_SRC);
    const struct trace_word *inner_dst = field_of(view, KEY_INNER_DST);
    const struct framing *outermost = view->tunnel.has_bundle ? &view->tunnel : &view->own;
    bool has_both = outermost != innermost;
    bool is_tunnel = outermost->has_bundle && (has_both || inner_src || inner_dst);
    uint32_t seq;

    memset(packets, 0, sizeof *packets);
    packets->outer.profile = packets->inner.profile = &preparation->model->devices[preparation->device].profile;
    packets->outer.bundle = outermost->has_bundle ? &outermost->bundle : NULL;
    packets->inner.bundle = has_both && innermost->has_bundle ? &innermost->bundle : NULL;
    fill_addresses(&packets->outer, field_of(view, KEY_SRC), field_of(view, KEY_DST));
    fill_addresses(&packets->inner, inner_src, inner_dst);
    packets->outer.inner = is_tunnel ? &packets->inner : NULL;
    seq = next_seq(view, KEY_SEQ, innermost->sa, index);
    if (!has_both)
        return fill_header(&packets->outer, packets->outer_iv, view, seq, KEY_PAD);
    return fill_header(&packets->inner, packets->inner_iv, view, seq, KEY_PAD) &&
           fill_header(&packets->outer, packets->outer_iv, view, next_seq(view, KEY_TUNNEL_SEQ, outermost->sa, index),
                       KEY_TUNNEL_PAD);
}

static bool frame_packet(struct outcome_packet *out, const struct element_view *view, uint32_t index)
{
    const struct preparation *preparation = view->preparation;
    const char *name = view->element->name;
    const struct trace_word *data = field_of(view, KEY_DATA);
    /* A tunnel without a transport SA has the numbers of its own. */
    const struct framing *innermost = view->own.has_bundle || !view->tunnel.has_bundle ? &view->own : &view->tunnel;
    uint8_t *bytes = preparation->prepared->bytes + out->at;
    uint8_t *payload = bytes + STACK_FRAME_MAX; /* behind the frame, until the next packet takes the room */
    struct stack_layout layout;
    struct packets packets;
    struct stack_packet *carrier;
    size_t len = 0;

    if (data && !trace_bytes(payload, STACK_FRAME_MAX, &len, data))
        return prepare_fail(preparation, name, "its data are too long");
    if (!fill_packets(&packets, view, innermost, index))
        return prepare_fail(preparation, name, "an IV is at most 16 bytes");
    if (!take_headers(&packets.outer, packets.headers, view))
        return prepare_fail(preparation, name, "no such options");
    carrier = packets.outer.inner ? &packets.inner : &packets.outer;
    carrier->data = payload;
    carrier->data_len = (uint32_t)len;
    carrier->next_header = (uint8_t)number_of(view, KEY_NH, 17);
    if (!stack_frame(bytes, STACK_FRAME_MAX, &out->len, &out->oob.header, &layout, &packets.outer) ||
        !edit_frame(bytes, out->len, &layout, view))
        return prepare_fail(preparation, name, "no such frame can be built");
    return true;
}

/* ---- A large packet ---- */

/* What the wire must have of it. */
static bool keep_segments(const struct element_view *view, struct prepared_list *list, uint8_t *room,
                          const struct stack_packet *packet, const struct stack_large *large)
{
    struct prepared *prepared = view->preparation->prepared;
    uint32_t count = stack_segments(packet, large);

    if (count == 0 || count > OUTCOME_PACKETS - list->segments)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        struct stack_span text;
        uint32_t len;
        if (!stack_segment(room, STACK_FRAME_MAX, &len, &text, packet, large, i) ||
            !model_keep_segment(view->preparation->model, (uint32_t)(list - prepared->lists), room, len, text))
            return false;
    }
    list->is_large = 1;
    list->payload += packet->data_len;
    list->segments += count;
    return true;
}

/* It is framed for the transport SA, or a plain one; a tunnel's handle changes nothing. */
static bool frame_large(struct outcome_packet *out, struct element_view *view, const struct trace_word *type,
                        uint32_t index)
{
    const struct preparation *preparation = view->preparation;
    struct prepared_list *list = &preparation->prepared->lists[out->list];
    struct framing *framing = view->own.has_bundle || !view->tunnel.has_bundle ? &view->own : &view->tunnel;
    uint8_t *bytes = preparation->prepared->bytes + out->at;
    const struct trace_word *data = field_of(view, KEY_DATA);
    struct packets packets;
    struct stack_large large = {
        .is_v2 = type->number == NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE,
        .mss = number_of(view, KEY_MSS, MSS_USUAL),
        .tcp_seq = number_of(view, KEY_TCP_SEQ, TCP_SEQ_USUAL),
        .tcp_flags = (uint8_t)number_of(view, KEY_TCP_FLAGS, TCP_FLAG_ACK),
        .tcp_options = number_of(view, KEY_TCP_OPTIONS, 0),
    };
    uint8_t *payload = malloc(STACK_FRAME_MAX);
    size_t len = 0;
    bool ok;

    view->tunnel.has_bundle = view->tunnel.has_bundle && framing == &view->tunnel;
    /* Only an SA gives a packet padding. */
    ok = payload && (framing->has_bundle || !field_of(view, KEY_PAD)) &&
         (!data || trace_bytes(payload, STACK_FRAME_MAX, &len, data)) && fill_packets(&packets, view, framing, index) &&
         take_headers(&packets.outer, packets.headers, view);
    if (ok) {
        packets.outer.inner = NULL;
        packets.outer.data = payload;
        packets.outer.data_len = (uint32_t)len;
        packets.outer.has_id = true;
        packets.outer.id = (uint16_t)number_of(view, KEY_IP_ID, packets.outer.seq & 0x7FFF);
        ok = keep_segments(view, list, bytes, &packets.outer, &large) &&
             stack_large(bytes, STACK_FRAME_MAX, &out->len, &out->oob.header, &out->oob.large_send, &packets.outer,
                         &large);
    }
    if (ok && framing->sa && !field_of(view, KEY_SEQ))
        framing->sa->seq[0] += stack_segments(&packets.outer, &large) - 1;
    free(payload);
    return ok || prepare_fail(preparation, view->element->name, "no such large packet can be built");
}

/* ---- One packet of an element ---- */

/* A frame that is given as it is. */
static bool copy_frame(struct outcome_packet *out, const struct element_view *view, const struct trace_word *raw)
{
    const struct preparation *preparation = view->preparation;

    if (!prepare_frame_bytes(preparation, preparation->prepared->bytes + out->at, &out->len, raw))
        return prepare_fail(preparation, view->element->name, "no such frame can be built");
    out->oob.header = ov2_header_send(number_of(view, KEY_NH, 17), number_of(view, KEY_PAD, 0), 0, 0);
    return true;
}

static bool add_packet(struct element_view *view, uint32_t list, uint32_t index)
{
    const struct trace_word *large = field_of(view, KEY_LSO);
    const struct preparation *preparation = view->preparation;
    const struct trace_word *raw = field_of(view, KEY_FRAME);
    struct outcome_packet *out = prepare_packet(preparation->prepared, list);

    if (!out)
        return prepare_fail(preparation, view->element->name, "too many packets in one line");
    if (raw     ? !copy_frame(out, view, raw)
        : large ? !frame_large(out, view, large, index)
                : !frame_packet(out, view, index))
        return false;
    out->oob.header = override_offsets(out->oob.header, view);
    out->oob.checksum = number_of(view, KEY_CHECKSUM, 0);
    preparation->prepared->byte_count += out->len;
    return true;
}

/* Numbers that have to fit into a member of a header or a slot, or into memory. */
static const struct {
    enum trace_key key;
    uint32_t most;
    const char *text;
} limits[] = {
    {KEY_NH, 0xFF, "nh= is above 255"},
    {KEY_TCP_FLAGS, 0xFF, "tcp_flags= is above 255"},
    {KEY_IP_ID, 0xFFFF, "ip_id= is above 65535"},
    {KEY_MSS, 0xFFFFF, "mss= has more than 20 bits"}, /* NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO */
    {KEY_ROOM, PREPARED_ROOM_MAX, "room= is above 4096"},
};

static bool check_limits(const struct element_view *view)
{
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        if (number_of(view, limits[i].key, 0) > limits[i].most)
            return prepare_fail(view->preparation, view->element->name, limits[i].text);
    }
    return true;
}

bool prepare_send_element(const struct preparation *preparation, uint32_t index)
{
    struct prepared *prepared = preparation->prepared;
    struct prepared_list *list = &prepared->lists[prepared->list_count];
    struct element_view view;

    view.preparation = preparation;
    view.element = &preparation->line->elements[index];
    memset(list, 0, sizeof *list);
    list->first = prepared->packet_count;
    list->cut = number_of(&view, KEY_CUT, 0);
    list->room = number_of(&view, KEY_ROOM, 0);
    list->read_only = field_of(&view, KEY_READ_ONLY) != NULL;
    set_slot(&list->sa, &list->sa_symbol, &list->sa_twist, &list->sa_device, field_of(&view, KEY_SA));
    set_slot(&list->tunnel, &list->tunnel_symbol, &list->tunnel_twist, &list->tunnel_device,
             field_of(&view, KEY_TUNNEL));
    find_framing(&view.own, preparation, list->sa, list->sa_symbol, list->sa_device);
    find_framing(&view.tunnel, preparation, list->tunnel, list->tunnel_symbol, list->tunnel_device);
    prepared->list_count++;
    if (!check_limits(&view))
        return false;
    for (uint32_t i = 0; i < view.element->count; i++) {
        if (!add_packet(&view, prepared->list_count - 1, i))
            return false;
    }
    return true;
}
