/* SPDX-License-Identifier: MIT */
/*
 * The ways in which a device may see a frame that arrives: which SAs it may belong to, and what follows from each.  A
 * frame is authentic for an SA if and only if every byte that an ICV covers is as a device sent it under equal keys and
 * halves, or as a published vector has it.
 */
#include "model_internal.h"

#include <string.h>

#include "stack_internal.h"

/* A frame beside one SA. */
struct match_view {
    struct model_matches *matches;
    struct model *model;
    struct model_device *device;
    uint32_t device_index;
    const struct model_arrival *arrival;
    const struct model_frame *frame;   /* what it was when it was sent, or NULL */
    const struct stack_layout *layout; /* as it arrived, read without an SA */
};

static bool is_zero(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i])
            return false;
    }
    return true;
}

static struct model_match *add_match(struct model_matches *matches, enum packet_duty duty, const char *law)
{
    struct model_match *match;

    if (matches->count == MODEL_MATCHES) {
        matches->is_complete = false;
        return NULL;
    }
    match = &matches->list[matches->count++];
    memset(match, 0, sizeof *match);
    match->duty = duty;
    match->law = law;
    return match;
}

/* ---- Authenticity ---- */

static bool same_cipher(const struct bundle_layer *a, const struct bundle_layer *b)
{
    return a->suite == b->suite && a->enc_key_len == b->enc_key_len &&
           memcmp(a->enc_key, b->enc_key, sizeof a->enc_key) == 0;
}

bool model_same_keys(bool *is_garbled, const struct bundle_layer *sent, const struct bundle_layer *mine)
{
    *is_garbled = !same_cipher(sent, mine);
    return sent->operation == mine->operation && sent->suite->auth == mine->suite->auth && sent->icv == mine->icv &&
           sent->esn == mine->esn && sent->spi == mine->spi && sent->auth_key_len == mine->auth_key_len &&
           memcmp(sent->auth_key, mine->auth_key, sizeof sent->auth_key) == 0 &&
           (mine->auth_key_len > 0 || !*is_garbled);
}

/* What is known about one layer of an SA and a frame. */
enum layer_verdict {
    LAYER_GOOD,
    LAYER_BAD,
    LAYER_WRONG_KEY,
    LAYER_WRONG_HALF,
    LAYER_OPEN,    /* it may be good or bad */
    LAYER_ODD,     /* the same, and whether its headers are well-formed is open, too */
    LAYER_GARBLED, /* it is authentic, and decrypts to anything */
    LAYER_VERDICTS,
};

/* ESN_RX=infer: the half that the device finds by itself. */
static enum layer_verdict infer(const struct match_view *view, const struct model_sa *sa, uint32_t sent, uint32_t mine)
{
    static const enum layer_verdict verdicts[] = {
        [HALF_RIGHT] = LAYER_GOOD, [HALF_WRONG] = LAYER_WRONG_HALF, [HALF_OPEN] = LAYER_OPEN};

    return verdicts[model_stream_half(sa, view->layout->seq, sent, mine)];
}

static enum layer_verdict judge_half(const struct match_view *view, const struct model_sa *sa,
                                     const struct model_match *match, uint32_t which, uint32_t sent_which)
{
    const struct model_frame *frame = view->frame;
    uint32_t sent = match->sent_other[sent_which] ? frame->other_hi[sent_which] : frame->bundle.layers[sent_which].hi;
    uint32_t mine = match->bundle.layers[which].hi;

    if (!match->bundle.layers[which].esn)
        return LAYER_GOOD;
    if (sa->is_unsettled)
        return LAYER_OPEN;
    if (view->device->profile.esn_infer)
        return infer(view, sa, sent, mine);
    return sent == mine ? LAYER_GOOD : LAYER_WRONG_HALF;
}

static enum layer_verdict judge_layer(const struct match_view *view, const struct model_sa *sa,
                                      const struct model_match *match, const struct stack_layout *layout,
                                      uint32_t which)
{
    const struct bundle_layer *mine = &match->bundle.layers[which];
    enum layer_verdict verdict;
    bool is_garbled = false;
    bool is_odd = false;

    if (!model_is_intact(&is_odd, view->arrival, layout, mine->operation))
        return LAYER_BAD;
    if (is_odd)
        return LAYER_ODD;
    if (view->arrival->has_plain)
        return LAYER_GOOD;
    if (!view->frame)
        return LAYER_BAD;
    if (view->frame->is_stray)
        return LAYER_OPEN;
    for (uint32_t i = 0; i < view->frame->bundle.layer_count; i++) {
        const struct bundle_layer *sent = &view->frame->bundle.layers[i];
        if (sent->operation != mine->operation)
            continue;
        if (!model_same_keys(&is_garbled, sent, mine))
            return LAYER_WRONG_KEY;
        verdict = judge_half(view, sa, match, which, i);
        return verdict == LAYER_GOOD && is_garbled ? LAYER_GARBLED : verdict;
    }
    return LAYER_BAD;
}

static const char *law_of(enum layer_verdict verdict)
{
    return verdict == LAYER_WRONG_HALF ? "ESN-006" : verdict == LAYER_WRONG_KEY ? "RX-039" : "RX-013";
}

static bool is_wrong(enum layer_verdict verdict)
{
    return verdict == LAYER_BAD || verdict == LAYER_WRONG_KEY || verdict == LAYER_WRONG_HALF;
}

/* Whether a frame is authentic for the SA of a match, with the halves that the match assumes. */
static void judge_match(const struct match_view *view, struct model_match *match, const struct stack_layout *layout)
{
    const struct model_sa *sa = &view->device->sas[match->symbol - 1];
    struct model_match *other;
    bool seen[LAYER_VERDICTS] = {false};

    match->duty = PACKET_GOOD;
    match->law = "RX-007";
    model_find_defects(match, view->arrival, layout);
    for (uint32_t i = 0; i < match->bundle.layer_count; i++) {
        enum layer_verdict verdict = judge_layer(view, sa, match, layout, i);
        seen[verdict] = true;
        match->is_failing[i] = is_wrong(verdict);
        if (!match->is_failing[i] || match->duty == PACKET_BAD)
            continue;
        match->duty = PACKET_BAD;
        match->law = law_of(verdict);
    }
    match->is_oversized =
        match->duty == PACKET_GOOD && !seen[LAYER_GARBLED] && model_is_oversized(&match->bundle, view->frame, layout);
    if (match->duty == PACKET_GOOD && (match->is_malformed || match->is_oversized || seen[LAYER_GARBLED]))
        match->duty = PACKET_SAFE; /* somebody sent it like that */
    if (match->duty == PACKET_BAD)
        match->is_malformed = match->is_malformed || seen[LAYER_ODD];
    if (match->duty != PACKET_GOOD || !(seen[LAYER_OPEN] || seen[LAYER_ODD]))
        return;
    other = add_match(view->matches, PACKET_BAD, "RX-013");
    if (!other)
        return;
    *other = *match;
    other->duty = PACKET_BAD;
    other->is_malformed = seen[LAYER_ODD];
    for (uint32_t i = 0; i < match->bundle.layer_count; i++)
        other->is_failing[i] = true;
}

/* ---- The SAs ---- */

static bool is_open_half(const struct model_sa *sa, uint32_t layer)
{
    return sa->has_other[layer];
}

/* One match for each combination of halves that may be in force. */
static void add_halves(const struct match_view *view, const struct model_match *like, const struct stack_layout *layout)
{
    const struct model_sa *sa = &view->device->sas[like->symbol - 1];
    const struct model_frame *frame = view->frame;

    for (uint32_t bits = 0; bits < 16; bits++) {
        struct model_match *match;
        bool is_possible = true;
        for (uint32_t i = 0; i < 2; i++) {
            is_possible = is_possible && (!(bits & 1u << i) || is_open_half(sa, i));
            is_possible = is_possible && (!(bits & 4u << i) || (frame && frame->has_other[i]));
        }
        match = is_possible ? add_match(view->matches, PACKET_SAFE, NULL) : NULL;
        if (!match)
            continue;
        *match = *like;
        for (uint32_t i = 0; i < 2; i++) {
            match->uses_other[i] = (bits & 1u << i) != 0;
            match->sent_other[i] = (bits & 4u << i) != 0;
            match->bundle.layers[i].hi = match->uses_other[i] ? sa->other_hi[i] : sa->hi[i];
        }
        judge_match(view, match, layout);
    }
}

enum selection {
    SELECTS_NOT,
    SELECTS_OTHER_FAMILY,
    SELECTS_OTHER_DESTINATION,
    SELECTS_OTHER_SOURCE,
    SELECTS,
};

static enum selection select_addresses(const struct bundle *bundle, const struct stack_layout *layout)
{
    size_t len = bundle->ipv6 ? 16 : 4;

    if (!bundle->inbound)
        return SELECTS_NOT;
    if (bundle->ipv6 != layout->ipv6)
        return SELECTS_OTHER_FAMILY;
    if (!is_zero(bundle->dst, len) && memcmp(bundle->dst, layout->dst, len) != 0)
        return SELECTS_OTHER_DESTINATION;
    if (!is_zero(bundle->src, len) && memcmp(bundle->src, layout->src, len) != 0)
        return SELECTS_OTHER_SOURCE;
    return SELECTS;
}

bool model_selects(const struct bundle *bundle, const struct stack_layout *layout)
{
    return select_addresses(bundle, layout) == SELECTS;
}

/* The frame has ESP in UDP, which is for SAs that say so, and for no others (UDP-007). */
bool model_is_in_udp(const struct stack_layout *layout)
{
    return layout->ah.len == 0 && layout->esp.len > 0 && layout->esp.at == layout->ip.at + layout->ip.len + UDP_LEN;
}

static bool fits_udp(const struct bundle *bundle, const struct stack_layout *layout)
{
    return (bundle->udp != 0) == model_is_in_udp(layout);
}

/* What the SA protects is not what the frame has. */
static bool is_foreign(const struct bundle *bundle, const struct stack_layout *layout)
{
    bool ah = stack_layer(bundle, IPSEC_OFFLOAD_V2_OPERATION_AH) != NULL;
    bool esp = stack_layer(bundle, IPSEC_OFFLOAD_V2_OPERATION_ESP) != NULL;

    return ah != (layout->ah.len > 0) || (ah && esp && layout->esp.len == 0);
}

/* SPI of the second header: where it is another one, a device finds one of the two, or none. */
static bool is_halfway(const struct bundle *bundle, const struct model_arrival *arrival)
{
    const struct stack_layout *layout = &arrival->layout;
    const struct bundle_layer *esp = stack_layer(bundle, IPSEC_OFFLOAD_V2_OPERATION_ESP);

    return bundle->layer_count == 2 && esp && layout->esp.len > 0 &&
           get_be32(arrival->bytes + layout->esp.at) != esp->spi;
}

/* The SA is another one's: a device may say so, or may not see it. */
static void add_foreign(const struct match_view *view, uint32_t symbol, const struct bundle *bundle, const char *law)
{
    struct model_match *match = add_match(view->matches, PACKET_FOREIGN, "RX-018");

    add_match(view->matches, PACKET_UNTOUCHED, law);
    if (match) {
        match->symbol = symbol;
        match->bundle = *bundle;
    }
}

static void add_sa(const struct match_view *view, uint32_t symbol, const struct bundle *bundle)
{
    const struct model_sa *sa = &view->device->sas[symbol - 1];
    struct stack_layout layout;
    struct model_match like;

    memset(&like, 0, sizeof like);
    like.symbol = symbol;
    like.bundle = *bundle;
    like.is_sure = sa->state == MODEL_LIVE && !sa->leaving; /* */
    like.is_wild = is_zero(bundle->dst, bundle->ipv6 ? 16 : 4);
    view->matches->has_sa = true;
    if (bundle->is_open || bundle->udp > IPSEC_OFFLOAD_V2_TRANSPORT_OVER_UDP_ESP_ENCAPSULATION_TUNNEL) {
        add_match(view->matches, PACKET_SAFE, "RX-007");
    } else if (is_foreign(bundle, view->layout)) {
        add_foreign(view, symbol, bundle, "RX-018");
    } else {
        stack_parse(&layout, view->arrival->bytes, view->arrival->len, bundle, NULL);
        add_halves(view, &like, &layout);
        if (is_halfway(bundle, view->arrival))
            add_foreign(view, symbol, bundle, "RX-002");
    }
}

/* ESP within AH whose SA is for the ESP alone. */
static void add_enclosed(const struct match_view *view)
{
    struct bundle bundle;
    uint32_t symbol = 0;
    uint32_t spi;

    if (view->layout->ah.len == 0 || view->layout->esp.len == 0)
        return;
    spi = get_be32(view->arrival->bytes + view->layout->esp.at);
    while (spi != view->layout->spi && (symbol = model_next_by_spi(view->device, spi, symbol)) != 0) {
        if (model_bundle(view->model, &bundle, view->device_index, symbol) &&
            select_addresses(&bundle, view->layout) == SELECTS) {
            add_match(view->matches, PACKET_SAFE, "RX-018");
            view->matches->has_sa = true;
        }
    }
}

bool model_may_find_pair(struct model *model, uint32_t device, uint32_t symbol, const struct stack_layout *layout)
{
    const struct model_sa *sa = &model->devices[device].sas[symbol - 1];
    struct bundle bundle;

    return sa->inbound && (sa->state == MODEL_LIVE || sa->state == MODEL_MAYBE) &&
           model_bundle(model, &bundle, device, symbol) && bundle.layer_count == 2 &&
           bundle.layers[0].spi == layout->spi && select_addresses(&bundle, layout) == SELECTS;
}

/* An SA of two operations, found by its inner SPI, be it in a header of the other protocol. */
static void add_inner(const struct match_view *view)
{
    if (!view->device->has_pairs)
        return;
    if (view->device->sa_count > MODEL_SEARCH_MAX) { /* who knows */
        add_match(view->matches, PACKET_SAFE, "RX-018");
        view->matches->has_sa = true;
        return;
    }
    for (uint32_t symbol = 1; symbol <= view->device->sa_count; symbol++) {
        if (!model_may_find_pair(view->model, view->device_index, symbol, view->layout))
            continue;
        add_match(view->matches, PACKET_SAFE, "RX-018");
        view->matches->has_sa = true;
    }
}

/* The law by which a frame that no SA takes stays as it is: the selector that does not fit, if there is one. */
static const char *law_of_none(const struct match_view *view, enum selection nearest)
{
    static const char *const laws[] = {
        [SELECTS_NOT] = "RX-002",
        [SELECTS_OTHER_FAMILY] = "RX-005",
        [SELECTS_OTHER_DESTINATION] = "RX-003",
        [SELECTS_OTHER_SOURCE] = "RX-004",
        [SELECTS] = "UDP-007",
    };

    return nearest == SELECTS_NOT && model_is_in_udp(view->layout) ? "UDP-005" : laws[nearest];
}

static void add_sas(const struct match_view *view)
{
    enum selection nearest = SELECTS_NOT;
    struct bundle bundle;
    struct model_match *absent;
    uint32_t symbol = 0;
    bool is_shadowed = false;
    bool is_sure = false;

    while ((symbol = model_next_by_spi(view->device, view->layout->spi, symbol)) != 0) {
        enum selection selection;
        if (!model_bundle(view->model, &bundle, view->device_index, symbol))
            continue;
        selection = select_addresses(&bundle, view->layout);
        nearest = selection > nearest ? selection : nearest;
        is_shadowed = is_shadowed || (selection == SELECTS && !fits_udp(&bundle, view->layout));
        if (selection != SELECTS || !(fits_udp(&bundle, view->layout) || bundle.is_open))
            continue;
        add_sa(view, symbol, &bundle);
    }
    /* Whether a device finds an SA by the other SPI is its own business. */
    add_inner(view);
    add_enclosed(view);
    for (uint32_t i = 0; i < view->matches->count; i++) {
        const struct model_match *match = &view->matches->list[i];
        is_sure = is_sure || (match->is_sure && !match->is_wild);
    }
    if (is_shadowed && view->matches->has_sa) /* by its selectors the frame is the other one's, too */
        add_match(view->matches, PACKET_UNTOUCHED, "UDP-007");
    if (view->matches->has_sa && is_sure)
        return;
    absent = add_match(view->matches, PACKET_UNTOUCHED, law_of_none(view, nearest));
    if (absent)
        absent->is_absence = true;
    if (view->device->pending_count > 0) { /* an SA that is just being added may take it already */
        view->matches->has_sa = true;
        add_match(view->matches, PACKET_SAFE, NULL);
    }
}

/* ---- The frame ---- */

static bool has_malformed(const struct model_matches *matches)
{
    for (uint32_t i = 0; i < matches->count; i++) {
        if (matches->list[i].is_malformed)
            return true;
    }
    return false;
}

/* A frame that claims to be IPsec, and that cannot be read to its SPI, or not by everybody. */
static void add_unreadable(const struct match_view *view)
{
    bool has_ah = view->layout->protocol == PROTOCOL_AH;
    struct model_match *match;

    if (view->device->live_count == 0 || (!has_ah && view->layout->protocol != PROTOCOL_ESP && !view->layout->ipv6))
        return;
    match = add_match(view->matches, PACKET_BAD, "RX-013");
    match->is_malformed = true;
    match->is_cut = !has_ah;
    match->bundle.layer_count = 1;
    match->bundle.layers[0].operation = has_ah ? IPSEC_OFFLOAD_V2_OPERATION_AH : IPSEC_OFFLOAD_V2_OPERATION_ESP;
    match->is_failing[0] = true;
    view->matches->has_sa = true;
    add_match(view->matches, PACKET_FOREIGN, "RX-018"); /* of an SA of the other protocol, if the SPI is there */
    if (view->layout->ah.len > 0) /* what is cut off comes behind AH, and is payload to an SA of AH alone */
        add_match(view->matches, PACKET_SAFE, NULL);
}

/* What has to be there before any SA is looked for; false: it is not, and that is all. */
static bool check_gates(const struct match_view *view)
{
    const struct model_device *device = view->device;
    const struct ndis_ipsec_offload_v2 *caps = &device->profile.caps;
    const struct stack_layout *layout = view->layout;
    bool has_extra = layout->ip.len > (layout->ipv6 ? IPV6_LEN : IPV4_LEN);
    bool is_ipsec = layout->parsed && (layout->ah.len > 0 || layout->esp.len > 0);
    bool is_on = device->encapsulation_on[layout->ipv6];
    const char *law = NULL;

    if (device->is_foggy || view->arrival->is_disturbed || device->is_paused || device->is_low_power ||
        device->is_removed || device->ipsec == MODEL_IPSEC_UNKNOWN ||
        (is_on && !device->encapsulation_on[!layout->ipv6])) { /* a portion may be of the family that is off */
        add_match(view->matches, PACKET_SAFE, NULL);
        view->matches->has_sa = true; /* who knows */
        return false;
    }
    if (!is_on)
        law = device->had_encapsulation[layout->ipv6] ? "CFG-014" : "CFG-012";
    else if (layout->parsed && layout->fragment)
        law = "RX-025";
    else if (!is_ipsec)
        law = "RX-002";
    else if (has_extra && !(layout->ipv6 ? caps->IPv6NonIPsecExtensionHeaders : caps->IPv4Options))
        law = "RX-008";
    if (law)
        add_match(view->matches, PACKET_UNTOUCHED, law);
    if (law && is_on && !layout->parsed)
        add_unreadable(view);
    return law == NULL;
}

void model_find_matches(struct model_matches *matches, struct model *model, uint32_t device,
                        const struct model_arrival *arrival)
{
    struct match_view view = {
        matches, model, &model->devices[device], device, arrival, model_frame(model, arrival->frame), &arrival->layout};

    matches->count = 0;
    matches->has_sa = false;
    matches->is_complete = true;
    if (!check_gates(&view))
        return;
    if (view.device->ipsec == NDIS_OFFLOAD_PARAMETERS_IPSECV2_DISABLED)
        add_match(matches, PACKET_UNTOUCHED, "RX-001");
    add_sas(&view);
    /* SAs that are there while their protocol is switched off: between the documents. */
    if (matches->has_sa && (view.device->ipsec != NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_AND_ESP_ENABLED ||
                            model_is_doubtful(view.arrival) || has_malformed(matches)))
        add_match(matches, PACKET_UNTOUCHED, "RX-017");
    if (!matches->is_complete)
        matches->list[MODEL_MATCHES - 1].duty = PACKET_SAFE;
}
