/* SPDX-License-Identifier: MIT */
/* What a line asks for, as frames: those that arrive, frames that passed and edits of them. */
#include "model_prepare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint32_t prepare_number(const struct trace_line *line, const struct trace_element *element, enum trace_key key,
                        uint32_t absent)
{
    const struct trace_word *word = trace_field(line, element, key);

    return word ? (uint32_t)word->number : absent;
}

bool prepare_fail(const struct preparation *preparation, const char *element, const char *why)
{
    snprintf(preparation->error, preparation->error_size, "%s: %s", element, why);
    return false;
}

struct outcome_packet *prepare_packet(struct prepared *prepared, uint32_t list)
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

bool prepare_frame_bytes(const struct preparation *preparation, uint8_t *out, uint32_t *len,
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

bool prepare_flip(uint8_t *bytes, uint32_t len, const struct stack_layout *layout, const struct trace_word *edit)
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
    uint32_t shorten = prepare_number(preparation->line, element, KEY_SHORTEN, 0);
    uint32_t grow = prepare_number(preparation->line, element, KEY_GROW, 0);
    struct stack_layout layout;
    struct bundle bundle;

    if (grow > STACK_FRAME_MAX - arrival->len)
        return prepare_fail(preparation, element->name, "grow= makes no frame");
    arrival->len -= shorten < arrival->len ? shorten : arrival->len;
    memset(arrival->bytes + arrival->len, 0, grow);
    arrival->len += grow;
    stack_parse(&arrival->layout, arrival->bytes, arrival->len, NULL, NULL);
    stack_parse(&layout, arrival->bytes, arrival->len, bundle_of(&bundle, preparation, arrival), NULL);
    for (uint32_t i = 0; i < element->word_count; i++) {
        const struct trace_word *edit = &preparation->line->words[element->first_word + i];
        if (edit->key == KEY_FLIP && !prepare_flip(arrival->bytes, arrival->len, &layout, edit))
            return prepare_fail(preparation, element->name, "flip= names no byte of this frame");
    }
    /* An edit may have changed what the frame looks like. */
    stack_parse(&arrival->layout, arrival->bytes, arrival->len, NULL, NULL);
    arrival->is_edited = arrival->len != arrival->base_len || memcmp(arrival->bytes, arrival->base, arrival->len) != 0;
    /* What is for another station, or for another network, a device need not take. */
    arrival->may_miss = arrival->is_edited && arrival->len >= arrival->layout.media.len &&
                        memcmp(arrival->bytes, arrival->base, arrival->layout.media.len) != 0;
    return true;
}

/* The frame of an SA that was sent on, or written down: with the same bytes from its SPI on.  In front of it a device
 * may have filled in checksums.  One of which nobody knows what it is will do if there is none better. */
static const struct model_frame *find_original(uint32_t *number, const struct preparation *preparation,
                                               const struct model_arrival *arrival)
{
    struct stack_layout layout;
    uint32_t stray = 0;
    uint32_t at;

    stack_parse(&layout, arrival->base, arrival->base_len, NULL, NULL);
    at = layout.ah.len > 0 ? layout.ah.at : layout.esp.at;
    for (*number = model_frame_count(preparation->model); *number > 0; --*number) {
        const struct model_frame *frame = model_frame(preparation->model, *number);
        if (frame->len != arrival->base_len || memcmp(frame->bytes + at, arrival->base + at, frame->len - at) != 0)
            continue;
        if (frame->symbol)
            return frame;
        if (frame->is_stray && stray == 0)
            stray = *number;
    }
    *number = stray;
    return model_frame(preparation->model, stray);
}

static bool take_plain(const struct preparation *preparation, const struct trace_element *element,
                       struct model_arrival *arrival)
{
    const struct trace_word *plain = trace_field(preparation->line, element, KEY_PLAIN);
    uint32_t next_header = prepare_number(preparation->line, element, KEY_NH_PLAIN, 0);
    size_t len = 0;

    if (next_header > 0xFF)
        return prepare_fail(preparation, element->name, "nh_plain= is above 255");
    if (!plain)
        return true;
    arrival->plain = malloc(plain->count ? plain->count : 1);
    if (!arrival->plain || !trace_bytes(arrival->plain, plain->count, &len, plain))
        return prepare_fail(preparation, element->name, "plain= is too long");
    arrival->has_plain = true;
    arrival->plain_len = (uint32_t)len;
    arrival->next_header = (uint8_t)next_header;
    return true;
}

/* Fills a zeroed arrival from an element. */
static bool fill_arrival(const struct preparation *preparation, const struct trace_element *element,
                         struct model_arrival *arrival)
{
    const struct trace_word *word = trace_field(preparation->line, element, KEY_FRAME);
    const struct model_frame *frame;

    if (!word)
        return prepare_fail(preparation, element->name, "a received element needs frame=");
    arrival->bytes = malloc(STACK_FRAME_MAX);
    arrival->base = malloc(STACK_FRAME_MAX);
    if (!arrival->bytes || !arrival->base)
        return prepare_fail(preparation, element->name, "no memory");
    if (!prepare_frame_bytes(preparation, arrival->bytes, &arrival->len, word))
        return prepare_fail(preparation, element->name, "there is no such frame");
    memcpy(arrival->base, arrival->bytes, arrival->len);
    arrival->base_len = arrival->len;
    frame = word->base == BASE_SYMBOL ? model_frame(preparation->model, word->number) : NULL;
    arrival->frame = frame ? (uint32_t)word->number : 0;
    if (!frame || (!frame->symbol && !frame->is_stray)) {
        uint32_t number;
        const struct model_frame *original = find_original(&number, preparation, arrival);
        if (original) {
            arrival->frame = number;
            memcpy(arrival->base, original->bytes, original->len);
        }
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
    struct outcome_packet *out = prepare_packet(preparation->prepared, list);
    struct model_arrival *arrival = calloc(1, sizeof *arrival);
    bool ok;

    if (!out || !arrival) {
        free(arrival);
        return prepare_fail(preparation, element->name, "too many frames");
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
    list->cut = prepare_number(preparation->line, element, KEY_CUT, 0);
    list->room = prepare_number(preparation->line, element, KEY_ROOM, 0);
    preparation->prepared->list_count++;
    if (list->room > PREPARED_ROOM_MAX)
        return prepare_fail(preparation, element->name, "room= is above 4096");
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
    model_free_segments(model);
    for (uint32_t i = 0; i < line->element_count; i++) {
        bool ok =
            line->verb == VERB_SEND ? prepare_send_element(&preparation, i) : prepare_receive_element(&preparation, i);
        if (!ok)
            return false;
    }
    return true;
}
