/* SPDX-License-Identifier: MIT */
/* Frames that leave a device: to which packet each belongs, and whether it is what must become of that packet. */
#include "model_internal.h"

#include <stdlib.h>
#include <string.h>

#include "stack_internal.h"

#define TELLING_LEN 8u /* so many bytes are not equal by chance */
#define TASK_BYTES  4u /* of the checksums of IP and of TCP or UDP */

/* A frame beside the packet that it was made of. */
struct wire_view {
    struct model *model;
    struct model_device *device;
    uint32_t device_index;
    struct judgement *judgement;
    const struct model_sending *sending;
    const struct model_sent *sent;
    const uint8_t *wire;
    uint32_t len;
};

/* Keeps a frame that left a device; NULL: no memory. */
static struct model_frame *keep_frame(struct model *model, uint32_t device, const uint8_t *bytes, uint32_t len)
{
    struct model_frame *frame;

    if (model->frame_count == model->frame_size) {
        uint32_t wanted = model->frame_size ? model->frame_size * 2 : 16;
        struct model_frame *frames = realloc(model->frames, wanted * sizeof *frames);
        if (!frames)
            return NULL;
        model->frames = frames;
        model->frame_size = wanted;
    }
    frame = &model->frames[model->frame_count];
    memset(frame, 0, sizeof *frame);
    frame->device = device;
    frame->len = len;
    frame->bytes = malloc(len ? len : 1);
    if (!frame->bytes)
        return NULL;
    memcpy(frame->bytes, bytes, len);
    model->frame_count++;
    return frame;
}

/* ---- IVs ---- */

static bool is_filled(const uint8_t *bytes, uint32_t len, uint8_t value)
{
    for (uint32_t i = 0; i < len; i++) {
        if (bytes[i] != value)
            return false;
    }
    return len > 0;
}

/* IV_BY=stack; but one IV would not do for all segments of a large packet. */
static bool is_stack_iv(const struct wire_view *view)
{
    return view->device->profile.iv_by_stack && !view->sending->is_large;
}

/* An IV that the device has to make. */
static void check_iv(const struct wire_view *view, const struct bundle_layer *layer, struct stack_span iv)
{
    bool is_des = layer->suite->enc == IPSEC_OFFLOAD_V2_ENCRYPTION_DES_CBC ||
                  layer->suite->enc == IPSEC_OFFLOAD_V2_ENCRYPTION_3_DES_CBC;

    if (iv.len == 0 || is_stack_iv(view) || iv.at + iv.len > view->len)
        return;
    if (is_des && memcmp(view->wire + iv.at, view->sent->bytes + iv.at, iv.len) == 0)
        judgement_break(view->judgement, "TX-024", NULL, "an IV that the NIC made", "the stack's mark");
    else if (model_repeats_iv(view->device, view->sending->symbol * 2 + (layer->operation & 1), view->wire + iv.at,
                              iv.len))
        judgement_break(view->judgement, view->sending->is_large ? "LSO-007" : "TX-023", NULL,
                        "an IV that this SA has not used yet", "one that it has");
}

/* ---- One frame ---- */

static bool within(const struct stack_span *span, uint32_t at)
{
    return at >= span->at && at < span->at + span->len;
}

/* The IV of GMAC stands between the fixed part of AH and the ICV (RFC 4543 4). */
static struct stack_span ah_iv_of(const struct stack_layout *layout)
{
    uint32_t at = layout->ah.at + AH_LEN;
    struct stack_span none = {0, 0};

    return layout->ah_icv.at > at ? (struct stack_span){at, layout->ah_icv.at - at} : none;
}

static bool is_sequence(const struct stack_layout *layout, uint32_t at)
{
    return within(&layout->esp, at) ||
           (within(&layout->ah, at) && at >= layout->ah.at + 4 && at < layout->ah.at + AH_LEN);
}

static const char *masked_law(const struct wire_view *view, const struct stack_layout *layout, uint32_t at)
{
    bool is_udp = model_is_in_udp(layout) && at >= layout->ip.at + layout->ip.len && at < layout->esp.at;

    if (is_udp)
        return view->sending->is_large ? "LSO-016" : "UDP-009";
    if (is_sequence(layout, at))
        return view->sending->is_large ? "LSO-006" : "TX-006";
    return view->sending->is_large ? "LSO-008" : "TX-007";
}

/* Only what the NIC writes may differ from what the stack framed. */
static void check_masked(const struct wire_view *view, const struct stack_layout *layout, bool is_encrypted)
{
    const uint8_t *sent = view->sent->bytes;
    struct stack_span ah_iv = ah_iv_of(layout);
    bool own_iv = !is_stack_iv(view);

    for (uint32_t i = 0; i < view->sent->len; i++) {
        bool is_iv = within(&layout->iv, i) || within(&ah_iv, i);
        bool is_text = is_encrypted && (within(&layout->payload, i) || within(&layout->trailer, i));
        bool nic = (is_iv && own_iv) || is_text || within(&layout->icv, i) || within(&layout->ah_icv, i);
        if (view->wire[i] == sent[i] || nic)
            continue;
        judgement_break(view->judgement, masked_law(view, layout, i), NULL, "the frame as the transport built it",
                        "byte %u is %02x, was %02x", (unsigned)i, (unsigned)view->wire[i], (unsigned)sent[i]);
        return;
    }
}

/* A device that did nothing leaves the plaintext, or the room of the ICV as the stack marked it. */
static void check_done(const struct wire_view *view, const struct stack_layout *layout, const struct bundle *bundle)
{
    const struct bundle_layer *esp = stack_layer(bundle, IPSEC_OFFLOAD_V2_OPERATION_ESP);
    const char *law = view->sending->law;
    uint32_t clear = layout->payload.len + layout->trailer.len;

    if (esp && esp->suite->enc > IPSEC_OFFLOAD_V2_ENCRYPTION_NONE && clear >= TELLING_LEN &&
        memcmp(view->wire + layout->payload.at, view->sent->bytes + layout->payload.at, clear) == 0)
        judgement_break(view->judgement, law, NULL, "ciphertext on the wire", "the plaintext");
    else if (is_filled(view->wire + layout->icv.at, layout->icv.len, STACK_ICV_MARK))
        judgement_break(view->judgement, law, NULL, "an ICV on the wire", "the room for it");
    if (is_filled(view->wire + layout->ah_icv.at, layout->ah_icv.len, 0))
        judgement_break(view->judgement, law, NULL, "an ICV in AH", "the room for it");
}

/* Of a large packet nothing of a segment's payload may be there in plain, whatever became of it. */
static void check_text(const struct wire_view *view)
{
    const struct stack_span *text = &view->sent->text;

    for (uint32_t at = 0; text->len >= TELLING_LEN && at + text->len <= view->len; at++) {
        if (memcmp(view->wire + at, view->sent->bytes + text->at, text->len) == 0) {
            judgement_break(view->judgement, view->sending->law, NULL, "no plaintext of a packet with a handle",
                            "it is there at byte %u", (unsigned)at);
            return;
        }
    }
}

/* With ICV_SPACE=appended: that of the outermost ESP, which may be inside a tunnel of AH. */
static uint32_t appended_icv(const struct wire_view *view, const struct bundle *bundle)
{
    const struct bundle_layer *esp = stack_layer(bundle, IPSEC_OFFLOAD_V2_OPERATION_ESP);
    struct bundle inner;

    if (!esp && view->sending->inner && model_bundle(view->model, &inner, view->device_index, view->sending->inner))
        esp = stack_layer(&inner, IPSEC_OFFLOAD_V2_OPERATION_ESP);
    return esp ? esp->icv : 0;
}

/* Whether the SA of a packet hides its payload; one that nobody knows has to. */
static bool encrypts(const struct wire_view *view)
{
    const struct bundle_layer *esp;
    struct bundle bundle;

    if (!view->sending->symbol || !model_bundle(view->model, &bundle, view->device_index, view->sending->symbol))
        return true;
    esp = stack_layer(&bundle, IPSEC_OFFLOAD_V2_OPERATION_ESP);
    return esp && esp->suite->enc > IPSEC_OFFLOAD_V2_ENCRYPTION_NONE;
}

/* A packet with a handle whose protection the model does not understand: at least it must not be there in plain. */
static void check_hidden(const struct wire_view *view)
{
    struct stack_layout layout;
    uint32_t len;

    if (!encrypts(view)) {
        if (view->len == view->sent->len && memcmp(view->wire, view->sent->bytes, view->len) == 0)
            judgement_break(view->judgement, view->sending->law, NULL, "an ICV on the wire", "the packet as it was");
        return;
    }
    stack_parse(&layout, view->sent->bytes, view->sent->len, NULL, &view->device->profile);
    len = layout.payload.len;
    for (uint32_t at = 0; len >= TELLING_LEN && at + len <= view->len; at++) {
        if (memcmp(view->wire + at, view->sent->bytes + layout.payload.at, len) == 0) {
            judgement_break(view->judgement, view->sending->law, NULL, "no plaintext of a packet with a handle",
                            "it is there at byte %u", (unsigned)at);
            return;
        }
    }
}

static void check_protected(const struct wire_view *view, const struct bundle *bundle)
{
    const struct profile *profile = &view->device->profile;
    struct stack_layout layout;
    uint32_t icv;

    stack_parse(&layout, view->sent->bytes, view->sent->len, bundle, profile);
    if (layout.esp.len + layout.ah.len == 0) { /* a fragment, or not framed as IPsec */
        check_hidden(view);
        return;
    }
    stack_parse(&layout, view->wire, view->len, bundle, profile);
    icv = profile->icv_appended && !view->sending->is_large ? appended_icv(view, bundle) : 0;
    if (view->len != view->sent->len + icv) {
        judgement_break(view->judgement,
                        view->sending->is_large ? model_large_law(view->sending, view->sent, view->len) : "TX-007",
                        NULL, "the frame's length as the transport built it", "%u bytes, was %u", (unsigned)view->len,
                        (unsigned)view->sent->len);
        check_text(view);
        return;
    }
    check_masked(view, &layout, stack_layer(bundle, IPSEC_OFFLOAD_V2_OPERATION_ESP) != NULL || view->sending->inner);
    check_done(view, &layout, bundle);
    for (uint32_t i = 0; i < bundle->layer_count; i++) {
        const struct bundle_layer *layer = &bundle->layers[i];
        if (layer->suite)
            check_iv(view, layer, layer->operation == IPSEC_OFFLOAD_V2_OPERATION_ESP ? layout.iv : ah_iv_of(&layout));
    }
}

static uint32_t count_differences(const uint8_t *a, const uint8_t *b, uint32_t len)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < len; i++)
        count += a[i] != b[i];
    return count;
}

static void check_plain(const struct wire_view *view)
{
    uint32_t len = view->len < view->sent->len ? view->len : view->sent->len;
    uint32_t differences = count_differences(view->wire, view->sent->bytes, len);

    if (view->len != view->sent->len || differences > (view->sending->has_task ? TASK_BYTES : 0))
        judgement_break(view->judgement, view->sending->law, NULL, "the frame byte for byte",
                        "%u bytes that differ, of %u", (unsigned)differences, (unsigned)view->sent->len);
}

/* The same of the SA inside. */
static void attach_inner(struct model_frame *frame, const struct wire_view *view)
{
    const struct model_sa *sa;

    if (!view->sending->inner)
        return;
    sa = &view->device->sas[view->sending->inner - 1];
    frame->has_inner = model_bundle(view->model, &frame->inner, view->device_index, view->sending->inner);
    frame->has_other_inner = sa->has_other[0] || sa->has_other[1] || sa->is_unsettled ||
                             memcmp(sa->hi, view->sending->inner_hi, sizeof sa->hi) != 0;
    frame->is_stray = frame->is_stray || !frame->has_inner;
}

/* What is known of a frame of an SA: the stack's packet, and the bundle as it is now. */
static void attach(struct model_frame *frame, const struct wire_view *view, const struct bundle *bundle)
{
    const struct model_sa *sa = &view->device->sas[view->sending->symbol - 1];

    /* Which half was in force? */
    frame->is_stray =
        view->sending->is_wrapping || sa->is_unsettled || memcmp(sa->hi, view->sending->hi, sizeof sa->hi) != 0;
    frame->plain = malloc(view->sent->len ? view->sent->len : 1);
    if (!frame->plain)
        return;
    memcpy(frame->plain, view->sent->bytes, view->sent->len);
    frame->plain_len = view->sent->len;
    frame->symbol = view->sending->symbol;
    frame->bundle = *bundle;
    memcpy(frame->has_other, sa->has_other, sizeof frame->has_other);
    memcpy(frame->other_hi, sa->other_hi, sizeof frame->other_hi);
    frame->is_segment = view->sending->is_large;
    attach_inner(frame, view);
}

static void judge_frame(const struct wire_view *view, struct model_frame *frame)
{
    const struct model_sending *sending = view->sending;
    struct bundle bundle;

    if (sending->duty == SEND_PLAIN) {
        check_plain(view);
        return;
    }
    if (sending->duty == SEND_REFUSE) {
        judgement_break(view->judgement,
                        sending->wanted == NDIS_STATUS_FAILURE && !sending->is_large ? "TX-003" : sending->law, NULL,
                        "nothing on the wire", "a frame of %u bytes", (unsigned)view->len);
        return;
    }
    if (sending->is_framed && model_bundle(view->model, &bundle, view->device_index, sending->symbol)) {
        if (frame)
            attach(frame, view, &bundle);
        check_protected(view, &bundle);
        return;
    }
    if (frame)
        frame->is_stray = true;
    if (sending->has_handle)
        check_hidden(view);
}

/* ---- Whose frame it is ---- */

static bool resembles(const struct model_sending *sending, const struct model_sent *sent, const uint8_t *wire,
                      uint32_t len)
{
    if (!sending->has_handle)
        return len == sent->len && memcmp(wire, sent->bytes, len) == 0;
    return len >= sent->known && memcmp(wire, sent->bytes, sent->known) == 0;
}

static bool is_refused(const struct model_sending *sending)
{
    return sending->duty == SEND_REFUSE ||
           (sending->status != NDIS_STATUS_SUCCESS && sending->status != NDIS_STATUS_PENDING);
}

/* How well a frame goes with a packet, the best last. */
enum likeness {
    LIKE_NONE,
    LIKE_ANY,     /* it is due, and broken */
    LIKE_REFUSED, /* it looks like one that is not due */
    LIKE_OPEN,    /* there is one of which anything may become */
    LIKE_TASK,    /* it is due, and plain but for what a task may have written into it */
    LIKE_RIGHT,
};

static enum likeness likeness_of(const struct model_sending *sending, const struct model_sent *sent,
                                 const uint8_t *wire, uint32_t len)
{
    if (!sent->has_left && resembles(sending, sent, wire, len))
        return is_refused(sending) ? LIKE_REFUSED : LIKE_RIGHT;
    if (sent->has_left || is_refused(sending))
        return LIKE_NONE;
    if (sending->duty == SEND_SAFE && !sending->has_handle)
        return LIKE_OPEN;
    if (!sending->has_task || sending->has_handle || len != sent->len)
        return LIKE_ANY;
    return count_differences(wire, sent->bytes, len) <= TASK_BYTES ? LIKE_TASK : LIKE_ANY;
}

/* The first packet of those that go best with a frame; NULL: it may be a segment. */
static struct model_sending *find_packet(uint32_t *index, struct model_device *device, const uint8_t *wire,
                                         uint32_t len)
{
    struct model_sending *found[LIKE_RIGHT + 1] = {NULL};
    uint32_t at[LIKE_RIGHT + 1] = {0};
    uint32_t best;

    for (struct model_sending *sending = device->sendings; sending && !found[LIKE_RIGHT]; sending = sending->next) {
        for (uint32_t i = 0; i < sending->packet_count && !found[LIKE_RIGHT]; i++) {
            enum likeness likeness = likeness_of(sending, &sending->packets[i], wire, len);
            if (likeness == LIKE_NONE || found[likeness])
                continue;
            found[likeness] = sending;
            at[likeness] = i;
        }
    }
    for (best = LIKE_RIGHT; best > LIKE_NONE && !found[best]; best--)
        ;
    if (best < LIKE_TASK && model_has_unknown_segments(device)) /* which may look like what was refused, too */
        return NULL;
    *index = at[best];
    return found[best];
}

/* Whether a packet is out of which anything may become, and not only segments in plain. */
static bool has_open_packet(const struct model_device *device)
{
    const struct model_sending *sending = device->sendings;

    for (; sending; sending = sending->next) {
        bool is_cut = sending->is_large && !sending->is_framed && sending->duty == SEND_EITHER;
        bool is_safe = sending->duty == SEND_SAFE && strcmp(sending->law, "LSO-001") != 0;
        if ((is_cut || is_safe) && sending->left_count < sending->packet_count)
            return true;
    }
    return false;
}

static void check_order(const struct wire_view *view, struct model_sending *sending, uint32_t index)
{
    struct model_sa *sa = sending->symbol ? &view->device->sas[sending->symbol - 1] : NULL;

    if (index < sending->next_index)
        judgement_break(view->judgement, "TX-017", NULL, "the packets of a list in their order",
                        "packet %u behind packet %u", (unsigned)index, (unsigned)sending->next_index - 1);
    else
        sending->next_index = index + 1;
    if (!sa || has_open_packet(view->device)) /* which may look the same */
        return;
    if (sending->number < sa->newest)
        judgement_break(view->judgement, "TX-039", NULL, "the lists of a connection in their order",
                        "list %u behind list %u", (unsigned)sending->number, (unsigned)sa->newest);
    else
        sa->newest = sending->number;
}

/* Whether a packet of these lists has left already that looks like this frame. */
static const struct model_sending *find_twin(const struct model_device *device, const uint8_t *wire, uint32_t len)
{
    for (const struct model_sending *sending = device->sendings; sending; sending = sending->next) {
        for (uint32_t i = 0; i < sending->packet_count; i++) {
            if (sending->packets[i].has_left && resembles(sending, &sending->packets[i], wire, len))
                return sending;
        }
    }
    return NULL;
}

/* A frame that nobody sent: a twin, what was refused, or something that bears the SPI of an SA. */
static void judge_stray(const struct wire_view *view)
{
    const struct model_sending *twin = find_twin(view->device, view->wire, view->len);
    struct stack_layout layout;

    if (twin && model_has_unknown_segments(view->device))
        return; /* it may be one of them */
    if (twin) {
        judgement_break(view->judgement, twin->law, NULL, "one frame for each packet", "one more of %u bytes",
                        (unsigned)view->len);
        return;
    }
    if (has_open_packet(view->device))
        return;
    stack_parse(&layout, view->wire, view->len, NULL, &view->device->profile);
    for (uint32_t i = 0; layout.ah.len + layout.esp.len > 0 && i < view->device->sa_count; i++) {
        const struct model_sa *sa = &view->device->sas[i];
        if (sa->state == MODEL_FAILED || sa->inbound || sa->spi != layout.spi)
            continue;
        judgement_break(view->judgement, model_large_stray(view->device), NULL, "only what was sent on the wire",
                        "a frame with the SPI of #%u that nobody sent", (unsigned)i + 1);
        return;
    }
}

static void keep_stray(const struct wire_view *view)
{
    struct model_frame *frame = keep_frame(view->model, view->device_index, view->wire, view->len);

    if (frame)
        frame->is_stray = true;
}

static void judge_wire(struct wire_view *view)
{
    uint32_t index = 0;
    struct model_sending *sending = find_packet(&index, view->device, view->wire, view->len);
    struct model_frame *frame;

    if (!sending) {
        keep_stray(view);
        judge_stray(view);
        return;
    }
    frame = keep_frame(view->model, view->device_index, view->wire, view->len);
    view->sending = sending;
    view->sent = &sending->packets[index];
    check_order(view, sending, index);
    sending->packets[index].has_left = true;
    sending->packets[index].frame = model_frame_count(view->model);
    sending->left_count++;
    judge_frame(view, frame);
}

void model_judge_wire(struct model *model, struct judgement *judgement, uint32_t device, const struct outcome *outcome)
{
    for (uint32_t i = 0; i < outcome->packet_count; i++) {
        const struct outcome_packet *packet = &outcome->packets[i];
        struct wire_view view = {
            .model = model, .device = &model->devices[device], .device_index = device, .judgement = judgement};
        if (packet->indicated)
            continue;
        view.wire = outcome->bytes + packet->at;
        view.len = packet->len;
        if (outcome->result == OV2_BROKEN)
            keep_stray(&view);
        else
            judge_wire(&view);
    }
}
