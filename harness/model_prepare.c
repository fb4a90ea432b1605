/* SPDX-License-Identifier: MIT */
/* What a send or receive line asks for, as frames: framing for the SAs of the table, and edits of frames that passed.
 */
#include "model_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stack_internal.h"

#define HEADERS_MAX 1021u /* of options or extension headers; slot 12 can tell no larger offset */

static const uint8_t default_src4[4] = {192, 0, 2, 1};
static const uint8_t default_dst4[4] = {192, 0, 2, 2};
static const uint8_t default_src6[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
static const uint8_t default_dst6[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2};

/* One send or receive line on its way to frames. */
struct preparation {
    struct model *model;
    struct prepared *prepared;
    uint32_t device;
    const struct trace_line *line;
    char *error;
    size_t error_size;
};

static uint32_t number_or(const struct trace_line *line, const struct trace_element *element, enum trace_key key,
                          uint32_t absent)
{
    const struct trace_word *word = trace_field(line, element, key);

    return word ? (uint32_t)word->number : absent;
}

static bool fail(const struct preparation *preparation, const char *element, const char *why)
{
    snprintf(preparation->error, preparation->error_size, "%s: %s", element, why);
    return false;
}

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

/* Room for one more packet; NULL if there is none. */
static struct outcome_packet *add_packet(struct prepared *prepared, uint32_t list)
{
    struct outcome_packet *packet;

    if (prepared->packet_count == PREPARED_PACKETS || OUTCOME_BYTES - prepared->byte_count < STACK_FRAME_MAX * 2)
        return NULL;
    packet = &prepared->packets[prepared->packet_count++];
    memset(packet, 0, sizeof *packet);
    packet->at = prepared->byte_count;
    packet->list = list;
    prepared->lists[list].count++;
    return packet;
}

/* The bytes of a frame word: a frame that passed, or those of the line. */
static bool frame_bytes(const struct preparation *preparation, uint8_t *out, uint32_t *len,
                        const struct trace_word *word)
{
    size_t expanded = 0;

    if (word->base == BASE_SYMBOL) {
        const struct model_frame *frame = model_frame(preparation->model, word->number);
        if (!frame || frame->len > STACK_FRAME_MAX)
            return false;
        memcpy(out, frame->bytes, frame->len);
        *len = frame->len;
        return true;
    }
    if (!trace_bytes(out, STACK_FRAME_MAX, &expanded, word))
        return false;
    *len = (uint32_t)expanded;
    return true;
}

/* ---- Send ---- */

static void fill_addresses(struct stack_packet *packet, const struct preparation *preparation,
                           const struct trace_element *element)
{
    const struct trace_word *src = trace_field(preparation->line, element, KEY_SRC);
    const struct trace_word *dst = trace_field(preparation->line, element, KEY_DST);
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

static uint32_t next_seq(const struct preparation *preparation, const struct trace_element *element,
                         struct model_sa *sa, uint32_t index)
{
    const struct trace_word *seq = trace_field(preparation->line, element, KEY_SEQ);

    if (seq)
        return (uint32_t)seq->number + index;
    return sa ? ++sa->seq[0] : index + 1;
}

static uint64_t override_offsets(uint64_t header, const struct preparation *preparation,
                                 const struct trace_element *element)
{
    const struct trace_word *ah = trace_field(preparation->line, element, KEY_AH_OFFSET);
    const struct trace_word *esp = trace_field(preparation->line, element, KEY_ESP_OFFSET);

    if (ah)
        header = (header & ~0xFF0000ull) | (ah->number & 0xFF) << 16;
    if (esp)
        header = (header & ~0xFF000000ull) | (esp->number & 0xFF) << 24;
    return header;
}

static bool flip(uint8_t *bytes, uint32_t len, const struct stack_layout *layout, const struct trace_word *edit)
{
    struct stack_span span;
    uint64_t at;

    if (!stack_region(&span, layout, edit->text, edit->count))
        return false;
    at = span.at + edit->number;
    if (edit->number >= span.len || at >= len)
        return false;
    bytes[at] ^= (uint8_t)(edit->index == UINT32_MAX ? 0xFFu : 1u << (edit->index & 7));
    return true;
}

/* What a line changes of a frame before the NIC has it; the IPv4 header gets its checksum again. */
static bool edit_frame(uint8_t *bytes, uint32_t len, const struct stack_layout *layout,
                       const struct preparation *preparation, const struct trace_element *element)
{
    uint8_t *ip = bytes + layout->ip.at;
    bool is_edited = false;

    for (uint32_t i = 0; i < element->word_count; i++) {
        const struct trace_word *edit = &preparation->line->words[element->first_word + i];
        if (edit->key != KEY_FLIP)
            continue;
        is_edited = true;
        if (!flip(bytes, len, layout, edit))
            return false;
    }
    if (is_edited && !layout->ipv6)
        put_be16(ip + 10, stack_ip_checksum(ip, layout->ip.len));
    return true;
}

/* The options or extension headers that a line gives; false: they are too long. */
static bool take_headers(struct stack_packet *packet, uint8_t room[HEADERS_MAX], const struct preparation *preparation,
                         const struct trace_element *element)
{
    const struct trace_word *word = trace_field(preparation->line, element, KEY_HEADERS);
    size_t len = 0;

    packet->options = number_or(preparation->line, element, KEY_OPTIONS, 0);
    if (!word)
        return true;
    if (!trace_bytes(room, HEADERS_MAX, &len, word) || len == 0)
        return false;
    packet->headers = room;
    packet->options = (uint32_t)len - packet->ipv6;
    return true;
}

static bool frame_one(const struct preparation *preparation, const struct trace_element *element,
                      const struct bundle *bundle, struct model_sa *sa, uint32_t list, uint32_t index)
{
    const struct trace_line *line = preparation->line;
    const struct trace_word *data = trace_field(line, element, KEY_DATA);
    const struct trace_word *iv = trace_field(line, element, KEY_IV);
    const struct trace_word *raw = trace_field(line, element, KEY_FRAME);
    struct outcome_packet *out = add_packet(preparation->prepared, list);
    uint8_t *bytes;
    uint8_t *payload;
    uint8_t iv_bytes[16];
    uint8_t headers[HEADERS_MAX];
    struct stack_layout layout;
    struct stack_packet packet;
    size_t len = 0;
    bool ok;

    if (!out)
        return fail(preparation, element->name, "too many packets in one line");
    bytes = preparation->prepared->bytes + out->at;
    payload = bytes + STACK_FRAME_MAX; /* behind the frame, until the next packet takes the room */
    memset(&packet, 0, sizeof packet);
    packet.bundle = bundle;
    packet.profile = &preparation->model->devices[preparation->device].profile;
    packet.next_header = (uint8_t)number_or(line, element, KEY_NH, 17);
    packet.pad = number_or(line, element, KEY_PAD, UINT32_MAX);
    if (raw) {
        ok = frame_bytes(preparation, bytes, &out->len, raw);
        out->oob.header = ov2_header_send(packet.next_header, packet.pad == UINT32_MAX ? 0 : packet.pad, 0, 0);
    } else {
        if (data && !trace_bytes(payload, STACK_FRAME_MAX, &len, data))
            return fail(preparation, element->name, "its data are too long");
        packet.data = payload;
        packet.data_len = (uint32_t)len;
        packet.seq = next_seq(preparation, element, sa, index);
        packet.ah_seq = packet.seq;
        make_iv(iv_bytes, packet.seq);
        if (iv && (!trace_bytes(iv_bytes, sizeof iv_bytes, &len, iv) || len == 0))
            return fail(preparation, element->name, "an IV is at most 16 bytes");
        packet.iv = iv || packet.profile->iv_by_stack ? iv_bytes : NULL;
        fill_addresses(&packet, preparation, element);
        if (!take_headers(&packet, headers, preparation, element))
            return fail(preparation, element->name, "no such options");
        ok = stack_frame(bytes, STACK_FRAME_MAX, &out->len, &out->oob.header, &layout, &packet) &&
             edit_frame(bytes, out->len, &layout, preparation, element);
    }
    if (!ok)
        return fail(preparation, element->name, "no such frame can be built");
    out->oob.header = override_offsets(out->oob.header, preparation, element);
    out->oob.checksum = number_or(line, element, KEY_CHECKSUM, 0);
    preparation->prepared->byte_count += out->len;
    return true;
}

static bool prepare_send_element(const struct preparation *preparation, uint32_t index)
{
    const struct trace_line *line = preparation->line;
    const struct trace_element *element = &line->elements[index];
    const struct trace_word *sa_word = trace_field(line, element, KEY_SA);
    const struct trace_word *tunnel_word = trace_field(line, element, KEY_TUNNEL);
    struct prepared_list *list = &preparation->prepared->lists[preparation->prepared->list_count];
    struct model_sa *sa = NULL;
    struct bundle bundle;
    bool has_bundle = false;

    memset(list, 0, sizeof *list);
    list->first = preparation->prepared->packet_count;
    list->cut = number_or(line, element, KEY_CUT, 0);
    list->room = number_or(line, element, KEY_ROOM, 0);
    list->read_only = trace_field(line, element, KEY_READ_ONLY) != NULL;
    set_slot(&list->sa, &list->sa_symbol, &list->sa_twist, &list->sa_device, sa_word);
    set_slot(&list->tunnel, &list->tunnel_symbol, &list->tunnel_twist, &list->tunnel_device, tunnel_word);
    if (list->sa_symbol && list->sa_device < TRACE_DEVICES) {
        sa = model_sa(preparation->model, list->sa_device, list->sa);
        /* An SA that failed may have had no suite: then the packet is a plain one that carries its handle. */
        has_bundle =
            sa && model_bundle(preparation->model, &bundle, list->sa_device, list->sa) && bundle.layers[0].suite;
    }
    preparation->prepared->list_count++;
    for (uint32_t i = 0; i < element->count; i++) {
        if (!frame_one(preparation, element, has_bundle ? &bundle : NULL, sa, preparation->prepared->list_count - 1, i))
            return false;
    }
    return true;
}

/* ---- Receive ---- */

/* The bundle whose lengths say where the parts of a frame are: of the SA that sent it, or of one that may get it. */
static const struct bundle *bundle_of(struct bundle *bundle, const struct preparation *preparation,
                                      const struct model_arrival *arrival)
{
    const struct model_frame *frame = model_frame(preparation->model, arrival->frame);
    const struct model_device *device = &preparation->model->devices[preparation->device];
    uint32_t symbol;

    if (frame && frame->symbol)
        return &frame->bundle;
    symbol = model_next_by_spi(device, arrival->layout.spi, 0);
    return symbol && model_bundle(preparation->model, bundle, preparation->device, symbol) ? bundle : NULL;
}

static bool edit_arrival(const struct preparation *preparation, const struct trace_element *element,
                         struct model_arrival *arrival)
{
    uint32_t shorten = number_or(preparation->line, element, KEY_SHORTEN, 0);
    uint32_t grow = number_or(preparation->line, element, KEY_GROW, 0);
    struct stack_layout layout;
    struct bundle bundle;

    if (grow > STACK_FRAME_MAX - arrival->len)
        return fail(preparation, element->name, "grow= makes no frame");
    arrival->len -= shorten < arrival->len ? shorten : arrival->len;
    memset(arrival->bytes + arrival->len, 0, grow);
    arrival->len += grow;
    stack_parse(&arrival->layout, arrival->bytes, arrival->len, NULL, NULL);
    stack_parse(&layout, arrival->bytes, arrival->len, bundle_of(&bundle, preparation, arrival), NULL);
    for (uint32_t i = 0; i < element->word_count; i++) {
        const struct trace_word *edit = &preparation->line->words[element->first_word + i];
        if (edit->key == KEY_FLIP && !flip(arrival->bytes, arrival->len, &layout, edit))
            return fail(preparation, element->name, "flip= names no byte of this frame");
    }
    /* An edit may have changed what the frame looks like. */
    stack_parse(&arrival->layout, arrival->bytes, arrival->len, NULL, NULL);
    arrival->is_edited = arrival->len != arrival->base_len || memcmp(arrival->bytes, arrival->base, arrival->len) != 0;
    /* What is for another station, or for another network, a device need not take. */
    arrival->may_miss = arrival->is_edited && arrival->len >= arrival->layout.media.len &&
                        memcmp(arrival->bytes, arrival->base, arrival->layout.media.len) != 0;
    return true;
}

/* The frame of an SA that has these bytes: one that was sent on as it is, or written down. */
static uint32_t find_original(const struct preparation *preparation, const struct model_arrival *arrival)
{
    for (uint32_t number = model_frame_count(preparation->model); number > 0; number--) {
        const struct model_frame *frame = model_frame(preparation->model, number);
        if (frame->symbol && frame->len == arrival->base_len && memcmp(frame->bytes, arrival->base, frame->len) == 0)
            return number;
    }
    return 0;
}

static bool take_plain(const struct preparation *preparation, const struct trace_element *element,
                       struct model_arrival *arrival)
{
    const struct trace_word *plain = trace_field(preparation->line, element, KEY_PLAIN);
    size_t len = 0;

    if (!plain)
        return true;
    arrival->plain = malloc(plain->count ? plain->count : 1);
    if (!arrival->plain || !trace_bytes(arrival->plain, plain->count, &len, plain))
        return fail(preparation, element->name, "plain= is too long");
    arrival->has_plain = true;
    arrival->plain_len = (uint32_t)len;
    arrival->next_header = (uint8_t)number_or(preparation->line, element, KEY_NH_PLAIN, 0);
    return true;
}

/* Fills a zeroed arrival from an element. */
static bool fill_arrival(const struct preparation *preparation, const struct trace_element *element,
                         struct model_arrival *arrival)
{
    const struct trace_word *word = trace_field(preparation->line, element, KEY_FRAME);
    const struct model_frame *frame;

    if (!word)
        return fail(preparation, element->name, "a received element needs frame=");
    arrival->bytes = malloc(STACK_FRAME_MAX);
    arrival->base = malloc(STACK_FRAME_MAX);
    if (!arrival->bytes || !arrival->base)
        return fail(preparation, element->name, "no memory");
    if (!frame_bytes(preparation, arrival->bytes, &arrival->len, word))
        return fail(preparation, element->name, "there is no such frame");
    memcpy(arrival->base, arrival->bytes, arrival->len);
    arrival->base_len = arrival->len;
    frame = word->base == BASE_SYMBOL ? model_frame(preparation->model, word->number) : NULL;
    arrival->frame = frame ? (uint32_t)word->number : 0;
    if (!frame || (!frame->symbol && !frame->is_stray)) {
        uint32_t original = find_original(preparation, arrival);
        arrival->frame = original ? original : arrival->frame;
    }
    return edit_arrival(preparation, element, arrival) && take_plain(preparation, element, arrival);
}

/* Arrivals keep their bytes, and not more room than they need. */
static void trim(struct model_arrival *arrival)
{
    uint8_t *bytes = realloc(arrival->bytes, arrival->len ? arrival->len : 1);
    uint8_t *base = realloc(arrival->base, arrival->base_len ? arrival->base_len : 1);

    arrival->bytes = bytes ? bytes : arrival->bytes;
    arrival->base = base ? base : arrival->base;
}

static bool prepare_arrival(const struct preparation *preparation, const struct trace_element *element, uint32_t list)
{
    struct model *model = preparation->model;
    struct outcome_packet *out = add_packet(preparation->prepared, list);
    struct model_arrival *arrival = calloc(1, sizeof *arrival);
    bool ok;

    if (!out || !arrival) {
        free(arrival);
        return fail(preparation, element->name, "too many frames");
    }
    *model->arrivals_end = arrival;
    model->arrivals_end = &arrival->next;
    ok = fill_arrival(preparation, element, arrival);
    if (!ok)
        return false;
    trim(arrival);
    memcpy(preparation->prepared->bytes + out->at, arrival->bytes, arrival->len);
    out->len = arrival->len;
    preparation->prepared->byte_count += out->len;
    return true;
}

static bool prepare_receive_element(const struct preparation *preparation, uint32_t index)
{
    const struct trace_element *element = &preparation->line->elements[index];
    struct prepared_list *list = &preparation->prepared->lists[preparation->prepared->list_count];

    memset(list, 0, sizeof *list);
    list->first = preparation->prepared->packet_count;
    list->cut = number_or(preparation->line, element, KEY_CUT, 0);
    list->room = number_or(preparation->line, element, KEY_ROOM, 0);
    preparation->prepared->list_count++;
    for (uint32_t i = 0; i < element->count; i++) {
        if (!prepare_arrival(preparation, element, preparation->prepared->list_count - 1))
            return false;
    }
    return true;
}

bool model_prepare(struct model *model, struct prepared *prepared, char *error, size_t size, uint32_t device,
                   const struct trace_line *line)
{
    struct preparation preparation = {model, prepared, device, line, error, size};

    prepared->device = device;
    prepared->list_count = 0;
    prepared->packet_count = 0;
    prepared->byte_count = 0;
    model_free_arrivals(&model->arrivals);
    model->arrivals_end = &model->arrivals;
    for (uint32_t i = 0; i < line->element_count; i++) {
        bool ok =
            line->verb == VERB_SEND ? prepare_send_element(&preparation, i) : prepare_receive_element(&preparation, i);
        if (!ok)
            return false;
    }
    return true;
}
