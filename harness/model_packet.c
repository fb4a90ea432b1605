/* SPDX-License-Identifier: MIT */
/* Packets: what may leave the device, and what the stack may be told of a frame that arrived. */
#include "model_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

#define AH_FIXED_LEN 12u /* up to and with the sequence number */

static const char *status_name(uint32_t status)
{
    const char *name = names_of(NAMES_STATUS, status);

    return name ? name : "an undefined status";
}

static const char *crypto_name(uint32_t status)
{
    const char *name = names_of(NAMES_CRYPTO_STATUS, status);

    return name ? name : "an undefined CryptoStatus";
}

/* ---- Send ---- */

enum send_duty {
    SEND_PLAIN,   /* no handle: byte for byte */
    SEND_PROTECT, /* a live outbound SA */
    SEND_REFUSE,  /* no usable SA: fail, nothing on the wire */
    SEND_EITHER,  /* the documents leave it open; never plaintext */
};

struct send_view {
    struct model *model;
    struct model_device *device;
    uint32_t device_index;
    struct judgement *judgement;
    const struct prepared *prepared;
    const struct outcome *outcome;
    uint32_t next_packet; /* of the outcome: the first that belongs to no list yet */
};

static bool same_slot(const struct prepared_list *list, uint32_t device)
{
    return list->sa_symbol && list->sa_twist == TWIST_NONE && list->sa_device == device;
}

/* What must become of a list, and the law that says so. */
static enum send_duty duty_of(const struct send_view *view, const struct prepared_list *list, const char **law)
{
    const struct model_sa *sa;
    struct bundle bundle;

    *law = "TX-001";
    if (view->device->is_paused || view->device->is_low_power) {
        *law = "TX-037";
        return SEND_REFUSE;
    }
    if (list->sa == 0 && list->tunnel == 0)
        return SEND_PLAIN;
    if (list->tunnel != 0)
        return SEND_EITHER;
    *law = "TX-002";
    if (!same_slot(list, view->device_index))
        return SEND_REFUSE;
    sa = model_sa(view->model, view->device_index, list->sa);
    if (sa && sa->state == MODEL_FAILED && sa->handle == 0)
        return SEND_PLAIN; /* the add left NULL, and slot 1 with NULL is a packet without an SA */
    *law = "TX-021";
    if (!sa || sa->state == MODEL_FAILED || sa->state == MODEL_DELETED)
        return SEND_REFUSE;
    *law = "TX-020";
    if (sa->inbound)
        return SEND_REFUSE;
    *law = "TX-005";
    if (sa->state != MODEL_LIVE || sa->leaving ||
        view->device->ipsec != NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_AND_ESP_ENABLED || !view->device->encapsulation_on)
        return SEND_EITHER;
    return model_bundle(view->model, &bundle, view->device_index, list->sa) && bundle.is_open ? SEND_EITHER
                                                                                              : SEND_PROTECT;
}

static const struct completion *completion_of(const struct send_view *view, uint32_t list)
{
    for (uint32_t i = 0; i < view->outcome->completion_count; i++) {
        const struct completion *completion = &view->outcome->completions[i];
        if (completion->kind == COMPLETION_SEND && completion->number == view->outcome->first_send + list)
            return completion;
    }
    return NULL;
}

static bool within(const struct stack_span *span, uint32_t at)
{
    return at >= span->at && at < span->at + span->len;
}

/* The IV of GMAC stands between the fixed part of AH and the ICV (RFC 4543 4). */
static struct stack_span ah_iv_of(const struct stack_layout *layout)
{
    uint32_t at = layout->ah.at + AH_FIXED_LEN;
    struct stack_span none = {0, 0};

    return layout->ah_icv.at > at ? (struct stack_span){at, layout->ah_icv.at - at} : none;
}

/* Only what the NIC writes may differ from what the stack framed. */
static void check_masked(const struct send_view *view, const struct stack_layout *layout, const uint8_t *sent,
                         const uint8_t *wire, uint32_t len, bool iv_by_stack)
{
    struct stack_span ah_iv = ah_iv_of(layout);

    for (uint32_t i = 0; i < len; i++) {
        bool is_iv = within(&layout->iv, i) || within(&ah_iv, i);
        bool nic = (is_iv && !iv_by_stack) || within(&layout->payload, i) || within(&layout->trailer, i) ||
                   within(&layout->icv, i) || within(&layout->ah_icv, i);
        if (wire[i] == sent[i] || nic)
            continue;
        judgement_break(view->judgement, within(&layout->esp, i) ? "TX-006" : "TX-007", NULL,
                        "the frame as the transport built it", "byte %u is %02x, was %02x", (unsigned)i,
                        (unsigned)wire[i], (unsigned)sent[i]);
        return;
    }
}

/* Keeps a frame that left a device, with what is known of it. */
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

static void attach_plain(struct model_frame *frame, uint32_t symbol, const struct bundle *bundle, const uint8_t *plain,
                         uint32_t len)
{
    frame->plain = malloc(len ? len : 1);
    if (!frame->plain)
        return;
    memcpy(frame->plain, plain, len);
    frame->plain_len = len;
    frame->symbol = symbol;
    frame->bundle = *bundle;
}

static void judge_protected(const struct send_view *view, const struct prepared_list *list,
                            const struct outcome_packet *sent, const struct outcome_packet *wire,
                            struct model_frame *frame)
{
    const uint8_t *sent_bytes = view->prepared->bytes + sent->at;
    const uint8_t *wire_bytes = view->outcome->bytes + wire->at;
    const struct profile *profile = &view->device->profile;
    struct stack_layout layout;
    struct bundle bundle;
    uint32_t icv;

    if (!model_bundle(view->model, &bundle, list->sa_device, list->sa))
        return;
    if (frame) {
        const struct model_sa *sa = model_sa(view->model, list->sa_device, list->sa);
        attach_plain(frame, (uint32_t)list->sa, &bundle, sent_bytes, sent->len);
        memcpy(frame->has_other, sa->has_other, sizeof frame->has_other);
        memcpy(frame->other_hi, sa->other_hi, sizeof frame->other_hi);
        frame->is_stray = sa->is_unsettled;
    }
    if (bundle.is_open)
        return;
    stack_parse(&layout, wire_bytes, wire->len, &bundle, profile);
    icv = profile->icv_appended ? layout.icv.len : 0;
    if (wire->len != sent->len + icv) {
        judgement_break(view->judgement, "TX-007", NULL, "the frame's length as the transport built it",
                        "%u bytes, was %u", (unsigned)wire->len, (unsigned)sent->len);
        return;
    }
    check_masked(view, &layout, sent_bytes, wire_bytes, sent->len, profile->iv_by_stack);
    if (bundle.layers[0].suite && bundle.layers[0].suite->enc > IPSEC_OFFLOAD_V2_ENCRYPTION_NONE &&
        layout.payload.len >= 8 &&
        memcmp(wire_bytes + layout.payload.at, sent_bytes + layout.payload.at, layout.payload.len) == 0)
        judgement_break(view->judgement, "TX-005", NULL, "ciphertext on the wire", "the plaintext");
}

static void judge_plain(const struct send_view *view, const struct outcome_packet *sent,
                        const struct outcome_packet *wire)
{
    if (wire->len != sent->len ||
        memcmp(view->outcome->bytes + wire->at, view->prepared->bytes + sent->at, sent->len) != 0)
        judgement_break(view->judgement, "TX-001", NULL, "the frame byte for byte", "%u bytes that differ, of %u",
                        (unsigned)wire->len, (unsigned)sent->len);
}

/* The next frame that left the device, or NULL. */
static const struct outcome_packet *next_wire(struct send_view *view)
{
    while (view->next_packet < view->outcome->packet_count) {
        const struct outcome_packet *packet = &view->outcome->packets[view->next_packet++];
        if (!packet->indicated)
            return packet;
    }
    return NULL;
}

static void judge_sent_list(struct send_view *view, uint32_t index, enum send_duty duty)
{
    const struct prepared_list *list = &view->prepared->lists[index];

    for (uint32_t i = 0; i < list->count; i++) {
        const struct outcome_packet *sent = &view->prepared->packets[list->first + i];
        const struct outcome_packet *wire = next_wire(view);
        struct model_frame *frame;
        if (!wire) {
            judgement_break(view->judgement, i > 0 ? "TX-016" : "TX-005", NULL, "a frame for each packet",
                            "%u of %u left the device", (unsigned)i, (unsigned)list->count);
            return;
        }
        frame = keep_frame(view->model, view->device_index, view->outcome->bytes + wire->at, wire->len);
        if (duty == SEND_PLAIN)
            judge_plain(view, sent, wire);
        else
            judge_protected(view, list, sent, wire, frame);
    }
}

static void judge_list(struct send_view *view, uint32_t index)
{
    const struct prepared_list *list = &view->prepared->lists[index];
    const struct completion *completion = completion_of(view, index);
    const char *law;
    enum send_duty duty = duty_of(view, list, &law);

    if (!completion)
        return; /* still out, or a law of the device has said so */
    if (is_success(completion->status)) {
        if (duty == SEND_REFUSE)
            judgement_break(view->judgement, law, NULL, "the list fails", "SUCCESS");
        if (duty == SEND_EITHER && same_slot(list, view->device_index))
            model_seen(view->device, view->judgement, (uint32_t)list->sa, true);
        judge_sent_list(view, index, duty);
        return;
    }
    if (duty == SEND_PLAIN || duty == SEND_PROTECT)
        judgement_break(view->judgement, law, NULL, "SUCCESS", "%s", status_name(completion->status));
    else if (duty == SEND_EITHER && same_slot(list, view->device_index) && view->device->encapsulation_on &&
             view->device->ipsec == NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_AND_ESP_ENABLED)
        model_seen(view->device, view->judgement, (uint32_t)list->sa, false);
    if (view->device->is_paused && completion->status != NDIS_STATUS_PAUSED)
        judgement_break(view->judgement, "TX-037", NULL, "PAUSED", "%s", status_name(completion->status));
    else if (duty == SEND_REFUSE && !view->device->is_paused && !view->device->is_low_power &&
             completion->status != NDIS_STATUS_FAILURE)
        judgement_break(view->judgement, "TX-002", NULL, "FAILURE", "%s", status_name(completion->status));
}

/* Frames that no list accounts for: of one that is still out, or of nobody. */
static uint32_t keep_others(struct send_view *view)
{
    const struct outcome_packet *wire;
    uint32_t count = 0;

    for (; (wire = next_wire(view)) != NULL; count++) {
        struct model_frame *frame =
            keep_frame(view->model, view->device_index, view->outcome->bytes + wire->at, wire->len);
        if (frame)
            frame->is_stray = true;
    }
    return count;
}

void model_keep_strays(struct model *model, uint32_t device, const struct outcome *outcome)
{
    struct send_view view = {model, &model->devices[device], device, NULL, NULL, outcome, 0};

    keep_others(&view);
}

void model_judge_send(struct model *model, struct judgement *judgement, uint32_t device, const struct trace_line *line,
                      const struct prepared *prepared, const struct outcome *outcome)
{
    struct send_view view = {model, &model->devices[device], device, judgement, prepared, outcome, 0};
    uint32_t surplus;
    bool is_out = false;

    (void)line;
    if (outcome->result != OV2_OK)
        return;
    for (uint32_t i = 0; i < prepared->list_count; i++) {
        judge_list(&view, i);
        is_out = is_out || !completion_of(&view, i);
    }
    surplus = keep_others(&view);
    if (surplus > 0 && !is_out)
        judgement_break(judgement, "TX-003", NULL, "nothing of a failed list on the wire",
                        "%u frames more than were due", (unsigned)surplus);
}

/* ---- Receive ---- */

enum receive_duty {
    RECEIVE_UNTOUCHED, /* no SA, or no business of the NIC */
    RECEIVE_GOOD,
    RECEIVE_BAD,
    RECEIVE_OPEN,   /* an SA of which it is not known whether it lives, or whose half is open */
    RECEIVE_RIVALS, /* several SAs, or one that may not match */
    RECEIVE_SAFE,   /* only consistency is judged */
};

struct receive_view {
    struct model *model;
    struct model_device *device;
    uint32_t device_index;
    struct judgement *judgement;
    const struct model_arrival *arrival;
    const uint8_t *bytes; /* the frame as it arrived */
    uint32_t len;
    const uint8_t *got; /* the packet as it was indicated */
    uint32_t got_len;
    const struct ov2_oob *oob;
    uint32_t symbol; /* the SA that the frame is judged by; 0: none */
    struct bundle bundle;
    uint32_t match_count;
    struct model_match matches[MODEL_MATCHES];
    const char *law; /* UNTOUCHED: which */
};

/* An SA that nobody else disputes: the frame is judged by it alone. */
static enum receive_duty duty_under(struct receive_view *view)
{
    static const enum receive_duty duties[] = {
        [MATCH_GOOD] = RECEIVE_GOOD,
        [MATCH_BAD] = RECEIVE_BAD,
        [MATCH_EITHER] = RECEIVE_OPEN,
        [MATCH_UNKNOWN] = RECEIVE_SAFE,
    };
    const struct model_match *match = &view->matches[0];

    view->symbol = match->symbol;
    view->bundle = match->bundle;
    if (view->match_count > 1 || match->is_wild || (!match->is_sure && match->verdict == MATCH_BAD))
        return RECEIVE_RIVALS;
    return match->is_sure || match->verdict == MATCH_UNKNOWN ? duties[match->verdict] : RECEIVE_OPEN;
}

static enum receive_duty receive_duty(struct receive_view *view)
{
    const struct stack_layout *layout = &view->arrival->layout;
    const struct ndis_ipsec_offload_v2 *caps = &view->device->profile.caps;
    bool has_extra = layout->ip.len > (layout->ipv6 ? 40u : 20u);

    bool is_disabled = view->device->ipsec == NDIS_OFFLOAD_PARAMETERS_IPSECV2_DISABLED;

    /* SAs that were there when IPsecOV2 was disabled may still be active: then as if it were enabled. */
    view->law = "RX-001";
    if (!view->device->encapsulation_on || (is_disabled && !(view->oob->ipsec & OV2_OOB_CRYPTO_DONE)))
        return RECEIVE_UNTOUCHED;
    if (!is_disabled && view->device->ipsec != NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_AND_ESP_ENABLED)
        return RECEIVE_SAFE;
    view->law = "RX-002";
    view->match_count = model_matches(view->matches, view->model, view->device_index, view->arrival);
    if (view->match_count == 0)
        return RECEIVE_UNTOUCHED;
    view->symbol = view->matches[0].symbol;
    if (view->bundle.is_open)
        return RECEIVE_SAFE;
    view->law = "RX-025";
    if (layout->fragment)
        return RECEIVE_UNTOUCHED;
    view->law = "RX-008";
    if (has_extra && !(layout->ipv6 ? caps->IPv6NonIPsecExtensionHeaders : caps->IPv4Options))
        return RECEIVE_UNTOUCHED;
    return duty_under(view);
}

static void check_slots(const struct receive_view *view)
{
    uint64_t ipsec = view->oob->ipsec;

    if ((ipsec & OV2_OOB_NEXT_CRYPTO_DONE) && !(ipsec & OV2_OOB_CRYPTO_DONE))
        judgement_break(view->judgement, "RX-011", NULL, "NextCryptoDone only with CryptoDone", "slot 1 is %llx",
                        (unsigned long long)ipsec);
    if ((ipsec & OV2_OOB_RESERVED) || ipsec > UINT32_MAX)
        judgement_break(view->judgement, "RX-021", NULL, "reserved bits zero", "slot 1 is %llx",
                        (unsigned long long)ipsec);
    if (ov2_crypto_status(ipsec) > CRYPTO_INVALID_PROTOCOL)
        judgement_break(view->judgement, "RX-022", NULL, "a CryptoStatus from 0 to 7", "%u",
                        (unsigned)ov2_crypto_status(ipsec));
    if ((ipsec & OV2_OOB_SA_DELETE_REQ) && !view->symbol)
        judgement_break(view->judgement, "RX-041", NULL, "SaDeleteReq only on a frame of an SA", "set");
}

static void judge_untouched(const struct receive_view *view)
{
    if (view->oob->ipsec & ~(uint64_t)OV2_OOB_SA_DELETE_REQ)
        judgement_break(view->judgement, (view->oob->ipsec & OV2_OOB_CRYPTO_DONE) ? view->law : "RX-020", NULL,
                        "slot 1 zero: the frame is not processed", "%llx", (unsigned long long)view->oob->ipsec);
    if (view->oob->header & OV2_OOB_HEADER_INFO_SET)
        judgement_break(view->judgement, "RX-028", NULL, "HeaderInfoSet clear on an unprocessed frame", "set");
    if (view->got_len != view->len || memcmp(view->got, view->bytes, view->len) != 0)
        judgement_break(view->judgement, view->law, NULL, "the frame as it arrived", "%u bytes that differ, of %u",
                        (unsigned)view->got_len, (unsigned)view->len);
}

/* What the frame must have decrypted to: payload, and the trailer if it is known. */
struct plaintext {
    const uint8_t *payload;
    uint32_t len;
    int next_header; /* -1: not known */
    int pad_length;
};

static struct plaintext plaintext_of(const struct receive_view *view, const struct stack_layout *layout)
{
    struct plaintext plain = {NULL, 0, -1, -1};
    const struct model_frame *frame = model_frame(view->model, view->arrival->frame);

    if (view->arrival->has_plain) {
        plain.payload = view->arrival->plain;
        plain.len = view->arrival->plain_len;
        plain.next_header = view->arrival->next_header;
    } else if (frame && frame->plain &&
               layout->payload.at + layout->payload.len + layout->trailer.len <= frame->plain_len) {
        const uint8_t *trailer = frame->plain + layout->payload.at + layout->payload.len;
        uint32_t clear = layout->payload.len + layout->trailer.len;
        plain.payload = frame->plain + layout->payload.at;
        plain.len = layout->payload.len;
        if (layout->esp.len > 0 && clear >= 2) {
            const uint8_t *end = frame->plain + layout->payload.at + clear;
            plain.pad_length = end[-2];
            plain.next_header = end[-1];
            plain.len = (uint32_t)plain.pad_length + 2 <= clear ? clear - 2 - (uint32_t)plain.pad_length : 0;
        }
        (void)trailer;
    }
    return plain;
}

static void check_plaintext(const struct receive_view *view)
{
    const struct profile *profile = &view->device->profile;
    struct stack_layout layout;
    struct plaintext plain;
    uint32_t at;

    stack_parse(&layout, view->bytes, view->len, &view->bundle, profile);
    plain = plaintext_of(view, &layout);
    if (!plain.payload)
        return;
    /* RX_STRIP=all: nothing stands between the IP header and the payload. */
    at = profile->strip == 2 ? layout.ip.at + layout.ip.len : layout.payload.at;
    if (profile->strip == 0 && view->got_len != view->len)
        judgement_break(view->judgement, "RX-052", NULL, "RX_STRIP=none: the length of the frame", "%u bytes, was %u",
                        (unsigned)view->got_len, (unsigned)view->len);
    if (at + plain.len > view->got_len || memcmp(view->got + at, plain.payload, plain.len) != 0)
        judgement_break(view->judgement, "RX-014", NULL, "the plaintext that was sent", "other bytes");
    if (!(view->oob->header & OV2_OOB_HEADER_INFO_SET))
        return;
    if (plain.next_header >= 0 && ov2_header_next_header(view->oob->header) != (uint32_t)plain.next_header)
        judgement_break(view->judgement, "RX-027", NULL, "the NextHeader of the trailer", "%u, not %d",
                        (unsigned)ov2_header_next_header(view->oob->header), plain.next_header);
    if (plain.pad_length >= 0 && ov2_header_pad_length(view->oob->header) != (uint32_t)plain.pad_length)
        judgement_break(view->judgement, "RX-027", NULL, "the PadLength of the trailer", "%u, not %d",
                        (unsigned)ov2_header_pad_length(view->oob->header), plain.pad_length);
}

static void judge_good(const struct receive_view *view)
{
    uint32_t status = ov2_crypto_status(view->oob->ipsec);

    if (!(view->oob->ipsec & OV2_OOB_CRYPTO_DONE)) {
        judgement_break(view->judgement, "RX-007", NULL, "CryptoDone: the frame matches a live SA", "slot 1 is %llx",
                        (unsigned long long)view->oob->ipsec);
        return;
    }
    if (status != CRYPTO_SUCCESS) {
        judgement_break(view->judgement, "RX-014", NULL, "success for an authentic frame", "%s", crypto_name(status));
        return;
    }
    if (view->oob->ipsec & OV2_OOB_NEXT_CRYPTO_DONE)
        judgement_break(view->judgement, "RX-010", NULL, "NextCryptoDone clear: the frame has one portion", "set");
    check_plaintext(view);
}

/* The codes that a failure of this frame may have. */
static bool is_true_code(const struct receive_view *view, uint32_t status)
{
    bool has_ah = view->arrival->layout.ah.len > 0;

    switch (status) {
    case CRYPTO_GENERIC_ERROR:
        return true;
    case CRYPTO_TRANSPORT_AH_AUTH_FAILED:
    case CRYPTO_TUNNEL_AH_AUTH_FAILED:
        return has_ah;
    case CRYPTO_TRANSPORT_ESP_AUTH_FAILED:
    case CRYPTO_TUNNEL_ESP_AUTH_FAILED:
        return view->arrival->layout.esp.len > 0 && !view->arrival->is_cut;
    case CRYPTO_INVALID_PACKET_SYNTAX:
        return true;
    case CRYPTO_INVALID_PROTOCOL:
        return has_ah != (view->bundle.layers[view->bundle.layer_count - 1].operation == IPSEC_OFFLOAD_V2_OPERATION_AH);
    default:
        return false;
    }
}

static void judge_bad(const struct receive_view *view)
{
    uint32_t status = ov2_crypto_status(view->oob->ipsec);

    if (!(view->oob->ipsec & OV2_OOB_CRYPTO_DONE)) {
        if (!view->arrival->is_cut)
            judgement_break(view->judgement, "RX-007", NULL, "CryptoDone: the frame matches a live SA",
                            "slot 1 is %llx", (unsigned long long)view->oob->ipsec);
        return;
    }
    if (status == CRYPTO_SUCCESS)
        judgement_break(view->judgement, "RX-013", NULL, "a failure: the frame is not authentic", "success");
    else if (!is_true_code(view, status))
        judgement_break(view->judgement, view->arrival->is_cut ? "RX-017" : "RX-016", NULL,
                        "a code that is true for this frame", "%s", crypto_name(status));
    if (view->oob->header & OV2_OOB_HEADER_INFO_SET)
        judgement_break(view->judgement, "RX-026", NULL, "HeaderInfoSet only with a valid trailer", "set on a failure");
}

/* The sender's half was open: the receiver has told which it was. */
static void tell_sender(const struct receive_view *view, uint32_t layer, bool good)
{
    struct model_frame *frame = &view->model->frames[view->arrival->frame - 1];
    bool is_same = view->bundle.layers[layer].hi == frame->other_hi[layer];
    bool is_other = good == is_same;

    model_half_seen(&view->model->devices[frame->device], frame->symbol, layer, is_other);
    if (is_other)
        frame->bundle.layers[layer].hi = frame->other_hi[layer];
    frame->has_other[layer] = false;
}

/* What was open is settled by what the device did. */
static void judge_open(const struct receive_view *view)
{
    struct model_sa *sa = &view->device->sas[view->symbol - 1];
    const struct model_frame *frame = model_frame(view->model, view->arrival->frame);
    bool done = (view->oob->ipsec & OV2_OOB_CRYPTO_DONE) != 0;
    bool good = done && ov2_crypto_status(view->oob->ipsec) == CRYPTO_SUCCESS;

    if (!done && sa->state == MODEL_LIVE && !sa->leaving)
        judgement_break(view->judgement, "RX-007", NULL, "CryptoDone: the frame matches a live SA", "slot 1 is %llx",
                        (unsigned long long)view->oob->ipsec);
    model_seen(view->device, view->judgement, view->symbol, done);
    if (!done)
        return;
    for (uint32_t i = 0; frame && i < view->bundle.layer_count; i++) {
        if (frame->has_other[i])
            tell_sender(view, i, good);
        else if (sa->has_other[i])
            model_half_seen(view->device, view->symbol, i, good == (frame->bundle.layers[i].hi == sa->other_hi[i]));
    }
    if (good)
        check_plaintext(view);
}

/* Which of two duplicates the device went by.  A frame that the newer one took shows nothing. */
static void tell_a50(const struct receive_view *view, bool good)
{
    const struct model_match *newer = &view->matches[view->matches[0].symbol < view->matches[1].symbol];
    const struct model_match *older = newer == view->matches ? &view->matches[1] : view->matches;

    if (view->match_count != 2 || !bundle_same_selectors(&older->bundle, &newer->bundle))
        return;
    if (older->verdict == MATCH_GOOD && newer->verdict == MATCH_BAD)
        judgement_read(view->judgement, "A-50", good ? "both" : "second-wins");
    else if (older->verdict == MATCH_BAD && newer->verdict == MATCH_GOOD && !good)
        judgement_read(view->judgement, "A-50", "both");
}

/* The device left the frame alone: none of the SAs is there, or matches. */
static void judge_rivals_skipped(struct receive_view *view)
{
    const struct model_match *only = view->match_count == 1 ? view->matches : NULL;

    if (only && only->is_sure && only->is_wild)
        judgement_read(view->judgement, "A-24", "never");
    for (uint32_t i = 0; i < view->match_count; i++) {
        if (!view->matches[i].is_wild)
            model_seen(view->device, view->judgement, view->matches[i].symbol, false);
    }
    judge_untouched(view);
}

/* Any of the SAs may have processed the frame, as long as one of them explains what came of it. */
static void judge_rivals(struct receive_view *view)
{
    bool done = (view->oob->ipsec & OV2_OOB_CRYPTO_DONE) != 0;
    bool good = done && ov2_crypto_status(view->oob->ipsec) == CRYPTO_SUCCESS;
    bool may_skip = true;
    const struct model_match *took = NULL;

    for (uint32_t i = 0; i < view->match_count; i++) {
        const struct model_match *match = &view->matches[i];
        if (match->verdict == MATCH_UNKNOWN)
            return;
        may_skip = may_skip && (match->is_wild || !match->is_sure);
        if (!took || (match->verdict == (good ? MATCH_GOOD : MATCH_BAD)) || match->verdict == MATCH_EITHER)
            took = match;
    }
    if (!done && may_skip) {
        judge_rivals_skipped(view);
        return;
    }
    view->symbol = took->symbol;
    view->bundle = took->bundle;
    if (took->verdict == MATCH_GOOD || (good && took->verdict == MATCH_EITHER))
        judge_good(view);
    else
        judge_bad(view);
    if (!done)
        return;
    if (view->match_count == 1)
        model_seen(view->device, view->judgement, took->symbol, true);
    if (took->is_wild)
        judgement_read(view->judgement, "A-24", "wildcard");
    tell_a50(view, good);
}

static void judge_arrival(struct receive_view *view)
{
    enum receive_duty duty = receive_duty(view); /* finds the SA */

    check_slots(view);
    switch (duty) {
    case RECEIVE_UNTOUCHED:
        judge_untouched(view);
        break;
    case RECEIVE_GOOD:
        judge_good(view);
        break;
    case RECEIVE_BAD:
        judge_bad(view);
        break;
    case RECEIVE_OPEN:
        judge_open(view);
        break;
    case RECEIVE_RIVALS:
        judge_rivals(view);
        break;
    case RECEIVE_SAFE:
        break;
    }
}

static uint32_t count_indicated(const struct outcome *outcome)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < outcome->packet_count; i++)
        count += outcome->packets[i].indicated;
    return count;
}

void model_judge_receive(struct model *model, struct judgement *judgement, uint32_t device,
                         const struct prepared *prepared, const struct outcome *outcome)
{
    uint32_t count = count_indicated(outcome);
    uint32_t at = 0;

    if (outcome->result != OV2_OK)
        return;
    if (count != prepared->packet_count) {
        judgement_break(judgement, count < prepared->packet_count ? "RX-019" : "RX-042", NULL,
                        "each frame indicated once", "%u indications for %u frames", (unsigned)count,
                        (unsigned)prepared->packet_count);
        return;
    }
    for (uint32_t i = 0; i < prepared->packet_count; i++) {
        const struct outcome_packet *frame = &prepared->packets[i];
        struct receive_view view;
        while (!outcome->packets[at].indicated)
            at++;
        memset(&view, 0, sizeof view);
        view.model = model;
        view.device = &model->devices[device];
        view.device_index = device;
        view.judgement = judgement;
        view.arrival = &model->arrivals[i];
        view.bytes = prepared->bytes + frame->at;
        view.len = frame->len;
        view.got = outcome->bytes + outcome->packets[at].at;
        view.got_len = outcome->packets[at].len;
        view.oob = &outcome->packets[at].oob;
        judge_arrival(&view);
        at++;
    }
}
