/* SPDX-License-Identifier: MIT */
/*
 * Frames on their way in.  A frame lives here from its receive line until it is indicated, which may be lines later;
 * every packet that is indicated is given to the first frame of which it can be what came.
 */
#include "model_internal.h"

#include <stdlib.h>
#include <string.h>

#include "stack_internal.h"

#define RUNT_LEN MEDIA_LEN /* shorter than a media header */

/* How well a packet goes with a frame, the best last. */
enum fit {
    FIT_NONE,
    FIT_ALIKE,  /* it looks like it, and is wrong */
    FIT_LATE,   /* it can be what came, but a later frame has been indicated, and this one need not come */
    FIT_MISSED, /* anything may become of the frame, which need not come */
    FIT_SAFE,   /* anything may become of it */
    FIT_WHOLE,  /* it is untouched, and should not be */
    FIT_RIGHT,
};

/* What came of one packet, if it was this frame. */
struct reception {
    enum fit fit;
    struct model_matches matches;
    bool is_clean[MODEL_MATCHES]; /* no law is broken, if the frame is seen so */
    bool is_judged;               /* one of these ways is clean by all that is known, and not for want of it */
    uint32_t clean_count;
};

static void free_arrival(struct model_arrival *arrival)
{
    free(arrival->bytes);
    free(arrival->base);
    free(arrival->plain);
    free(arrival);
}

void model_free_arrivals(struct model_arrival **first)
{
    while (*first) {
        struct model_arrival *arrival = *first;
        *first = arrival->next;
        free_arrival(arrival);
    }
}

/* ---- From the line to the device ---- */

static bool receives(const struct model_device *device)
{
    return !device->is_paused && !device->is_low_power && !device->is_removed && !device->is_link_down &&
           !device->is_resetting;
}

void model_receive_begin(struct model *model, uint32_t device, const struct outcome *outcome)
{
    struct model_device *at = &model->devices[device];
    struct model_arrival **end = &at->arrivals;

    if (outcome->result != OV2_OK)
        return;
    while (*end)
        end = &(*end)->next;
    *end = model->arrivals;
    model->arrivals = NULL;
    for (struct model_arrival *arrival = *end; arrival; arrival = arrival->next)
        arrival->may_miss = arrival->may_miss || !receives(at) || arrival->len < RUNT_LEN;
}

/* The hardware goes on where it was stopped. */
static bool is_release(const struct trace_line *line)
{
    const struct trace_word *event = trace_option(line, KEY_EVENT);

    return line->verb == VERB_EVENT && event && event->number == OV2_EVENT_RELEASE;
}

void model_receive_disturb(struct model_device *device, const struct trace_line *line, const struct outcome *outcome)
{
    bool interrupts = model_interrupts(device, line);
    bool changes = line->verb != VERB_DRAIN && line->verb != VERB_CAPS && !is_release(line);

    for (uint32_t i = 0; i < outcome->completion_count; i++)
        changes = changes || outcome->completions[i].kind == COMPLETION_REQUEST;
    for (struct model_arrival *arrival = device->arrivals; arrival; arrival = arrival->next) {
        arrival->may_miss = arrival->may_miss || interrupts;
        arrival->is_disturbed = arrival->is_disturbed || changes;
    }
}

/* ---- Which frame a packet is ---- */

static void receive_as(struct reception *reception, struct packet_view *view, const struct model_arrival *arrival)
{
    struct judgement *judgement = view->judgement;

    view->arrival = arrival;
    view->judgement = view->model->trial;
    reception->clean_count = 0;
    reception->is_judged = false;
    model_find_matches(&reception->matches, view->model, view->device_index, arrival);
    for (uint32_t i = 0; i < reception->matches.count; i++) {
        view->judgement->break_count = 0;
        bool is_judged = packet_check(view, &reception->matches.list[i]);
        reception->is_clean[i] = view->judgement->break_count == 0;
        reception->clean_count += reception->is_clean[i];
        reception->is_judged = reception->is_judged || (is_judged && reception->is_clean[i]);
    }
    view->judgement = judgement;
}

static bool same_flow(const struct model_arrival *a, const struct model_arrival *b)
{
    return a->layout.ipv6 == b->layout.ipv6 && a->layout.spi == b->layout.spi &&
           memcmp(a->layout.src, b->layout.src, sizeof a->layout.src) == 0 &&
           memcmp(a->layout.dst, b->layout.dst, sizeof a->layout.dst) == 0;
}

/* The two have the same bytes up to the sequence number, as far as both are there. */
static bool looks_like(const struct model_arrival *arrival, const struct packet_view *view)
{
    const struct stack_layout *layout = &arrival->layout;
    uint32_t known = layout->ah.len > 0    ? layout->ah.at + AH_LEN
                     : layout->esp.len > 0 ? layout->esp.at + ESP_LEN
                                           : arrival->len;

    return view->got_len >= known && memcmp(view->got, arrival->bytes, known) == 0;
}

static bool is_whole(const struct model_arrival *arrival, const struct packet_view *view)
{
    return view->got_len == arrival->len && memcmp(view->got, arrival->bytes, arrival->len) == 0;
}

static enum fit fit_of(const struct reception *reception, const struct packet_view *view,
                       const struct model_arrival *arrival)
{
    bool whole = is_whole(arrival, view);

    if (reception->clean_count == 0)
        return whole && !(view->oob->ipsec & OV2_OOB_CRYPTO_DONE) ? FIT_WHOLE
               : looks_like(arrival, view)                        ? FIT_ALIKE
                                                                  : FIT_NONE;
    if (!reception->is_judged && !whole)
        return arrival->may_miss ? FIT_MISSED : FIT_SAFE;
    return arrival->may_miss && arrival->is_overtaken ? FIT_LATE : FIT_RIGHT;
}

/* The first frame with which the packet goes best.  NULL: there is none. */
static struct model_arrival **find_arrival(struct reception *reception, struct packet_view *view)
{
    struct model_arrival **found = NULL;
    enum fit best = FIT_NONE;

    for (struct model_arrival **link = &view->device->arrivals; *link && best < FIT_RIGHT; link = &(*link)->next) {
        enum fit fit;
        receive_as(reception, view, *link);
        fit = fit_of(reception, view, *link);
        if (!found || fit > best) {
            found = link;
            best = fit;
        }
    }
    if (found && best < FIT_RIGHT)
        receive_as(reception, view, *found);
    reception->fit = best;
    return found;
}

/* ---- What a packet tells ---- */

/* What all ways to see a packet that break no law have in common. */
struct facts {
    bool is_absent;    /* no SA took it because none is there */
    bool is_processed; /* by this SA: */
    const struct model_match *match;
    bool is_good;
    bool settles[2]; /* which half is in force is the same in all */
    bool settles_sender[2];
};

static bool is_processing(const struct model_match *match)
{
    return match->symbol != 0 && (match->duty == PACKET_GOOD || match->duty == PACKET_BAD);
}

static void find_facts(struct facts *facts, const struct reception *reception)
{
    const struct model_match *first = NULL;

    memset(facts, 0, sizeof *facts);
    for (uint32_t i = 0; i < reception->matches.count; i++) {
        const struct model_match *match = &reception->matches.list[i];
        if (!reception->is_clean[i])
            continue;
        if (!first) {
            first = match;
            facts->match = match;
            facts->is_absent = match->duty == PACKET_UNTOUCHED && match->is_absence;
            facts->is_processed = is_processing(match);
            facts->is_good = match->duty == PACKET_GOOD;
            facts->settles[0] = facts->settles[1] = facts->is_processed;
            facts->settles_sender[0] = facts->settles_sender[1] = facts->is_processed;
            continue;
        }
        facts->is_absent = facts->is_absent && match->duty == PACKET_UNTOUCHED && match->is_absence;
        facts->is_processed = facts->is_processed && is_processing(match) && match->symbol == first->symbol;
        facts->is_good = facts->is_good && match->duty == PACKET_GOOD;
        for (uint32_t n = 0; n < 2; n++) {
            facts->settles[n] =
                facts->settles[n] && facts->is_processed && match->uses_other[n] == first->uses_other[n];
            facts->settles_sender[n] =
                facts->settles_sender[n] && facts->is_processed && match->sent_other[n] == first->sent_other[n];
        }
    }
}

/* An SA that must have taken the packet, had it been there. */
static void tell_absent(const struct packet_view *view, const struct reception *reception)
{
    const struct model_match *only = NULL;
    bool is_only = true;

    for (uint32_t i = 0; i < reception->matches.count; i++) {
        const struct model_match *match = &reception->matches.list[i];
        if (match->symbol == 0)
            continue;
        is_only = is_only && (!only || only->symbol == match->symbol);
        only = match;
        if (!match->is_wild)
            model_seen(view->device, view->judgement, match->symbol, false);
    }
    if (only && is_only && only->is_wild && only->is_sure)
        judgement_read(view->judgement, "A-24", "never");
}

/* Which of two duplicates the device went by.  A frame that the newer one took shows nothing. */
static void tell_twins(const struct packet_view *view, const struct reception *reception)
{
    bool good = ov2_crypto_status(view->oob->ipsec) == CRYPTO_SUCCESS;
    const struct model_match *older = &reception->matches.list[0];
    const struct model_match *newer = &reception->matches.list[1];

    if (reception->matches.count != 2 || older->symbol == 0 || newer->symbol == 0 || older->symbol == newer->symbol ||
        !bundle_same_selectors(&older->bundle, &newer->bundle))
        return;
    if (older->symbol > newer->symbol) {
        newer = older;
        older = &reception->matches.list[1];
    }
    if (older->duty == PACKET_GOOD && newer->duty == PACKET_BAD)
        judgement_read(view->judgement, "A-50", good ? "both" : "second-wins");
    else if (older->duty == PACKET_BAD && newer->duty == PACKET_GOOD && !good)
        judgement_read(view->judgement, "A-50", "both");
}

/* The sender's halves, if nothing has changed them since. */
static void settle_sender(const struct packet_view *view, const struct facts *facts)
{
    struct model_frame *frame = view->arrival->frame ? &view->model->frames[view->arrival->frame - 1] : NULL;
    struct model_sa *sa = frame ? model_sa(view->model, frame->device, frame->symbol) : NULL;

    for (uint32_t i = 0; sa && i < 2; i++) {
        bool other = facts->match->sent_other[i];
        if (!facts->settles_sender[i] || !frame->has_other[i])
            continue;
        if (sa->has_other[i] && sa->other_hi[i] == frame->other_hi[i] && sa->hi[i] == frame->bundle.layers[i].hi)
            model_half_seen(&view->model->devices[frame->device], frame->symbol, i, other);
        frame->bundle.layers[i].hi = other ? frame->other_hi[i] : frame->bundle.layers[i].hi;
        frame->has_other[i] = false;
    }
}

/* An authentic packet moves the stack's window, and with ESN_RX=infer the device's. */
static void hear(const struct packet_view *view, const struct facts *facts, struct model_sa *sa)
{
    const struct model_frame *frame = model_frame(view->model, view->arrival->frame);
    uint32_t low = view->arrival->layout.seq;

    if (!frame || frame->bundle.layer_count == 0)
        return;
    model_stream_accept(sa, frame, low);
    if (view->device->profile.esn_infer && facts->match->bundle.layers[0].esn)
        model_stream_hear(sa, frame, low);
}

static void take_facts(const struct packet_view *view, const struct reception *reception)
{
    struct facts facts;
    struct model_sa *sa;

    find_facts(&facts, reception);
    if (facts.is_absent)
        tell_absent(view, reception);
    if ((view->oob->ipsec & OV2_OOB_CRYPTO_DONE) && reception->clean_count > 0)
        tell_twins(view, reception);
    if (!facts.is_processed)
        return;
    sa = &view->device->sas[facts.match->symbol - 1];
    model_seen(view->device, view->judgement, facts.match->symbol, true);
    if (facts.match->is_wild)
        judgement_read(view->judgement, "A-24", "wildcard");
    for (uint32_t i = 0; i < 2; i++) {
        if (facts.settles[i])
            model_half_seen(view->device, facts.match->symbol, i, facts.match->uses_other[i]);
    }
    settle_sender(view, &facts);
    if (facts.is_good)
        hear(view, &facts, sa);
}

/* ---- Judging ---- */

/* What a device breaks whose AH the peer refuses: of options and extension headers the RFC alone speaks. */
static const char *law_of_ah(const struct packet_view *view, const struct model_frame *frame)
{
    const struct stack_layout *layout = &view->arrival->layout;

    if (layout->ip.len > (layout->ipv6 ? IPV6_LEN : IPV4_LEN))
        return "P-AH-005";
    return frame->bundle.layer_count == 2 ? "TX-012" : "TX-011";
}

/* The peer is the clean device: what it says of a frame that the DUT sent is said of the DUT. */
static void blame_sender(const struct packet_view *view, uint32_t first_break)
{
    const struct model_frame *frame = model_frame(view->model, view->arrival->frame);
    uint32_t status = ov2_crypto_status(view->oob->ipsec);
    bool is_ah = status == CRYPTO_TRANSPORT_AH_AUTH_FAILED || status == CRYPTO_TUNNEL_AH_AUTH_FAILED;
    uint32_t count = view->judgement->break_count < MODEL_BREAKS ? view->judgement->break_count : MODEL_BREAKS;

    if (view->device_index < TRACE_FIRST_PEER || !frame || frame->device >= TRACE_FIRST_PEER)
        return;
    for (uint32_t i = first_break; i < count; i++) {
        char *requirement = view->judgement->breaks[i].requirement;
        const char *law = frame->is_segment                    ? (status == CRYPTO_SUCCESS ? "LSO-008" : "LSO-001")
                          : frame->has_inner                   ? "TX-013"
                          : is_ah                              ? law_of_ah(view, frame)
                          : strcmp(requirement, "RX-027") == 0 ? "TX-008"
                                                               : "TX-005";
        memcpy(requirement, law, strlen(law) + 1);
    }
}

/* Of a frame that could have been any other nothing is known. */
static void check_order(const struct packet_view *view, const struct model_arrival *arrival, enum fit fit)
{
    struct model_arrival *earlier = view->device->arrivals;

    if (fit == FIT_SAFE || fit == FIT_MISSED)
        return;
    for (; earlier && earlier != arrival; earlier = earlier->next)
        earlier->is_overtaken = earlier->is_overtaken || same_flow(earlier, arrival);
    if (arrival->is_overtaken)
        judgement_break(view->judgement, "RX-042", NULL, "the frames of a flow in the order of their arrival",
                        "one behind a later one");
}

/* Of two equal frames of which one need not come, it does not matter which one has come. */
static void excuse_twin(const struct model_arrival *arrival)
{
    struct model_arrival *twin = arrival->next;

    while (twin &&
           (twin->may_miss || twin->len != arrival->len || memcmp(twin->bytes, arrival->bytes, arrival->len) != 0))
        twin = twin->next;
    if (twin)
        twin->may_miss = true;
}

static void judge_packet(struct packet_view *view)
{
    struct reception reception;
    struct model_arrival **link = find_arrival(&reception, view);
    struct model_arrival *arrival = link ? *link : NULL;
    uint32_t first_break = view->judgement->break_count;

    if (!arrival) {
        judgement_break(view->judgement, "RX-042", NULL, "each frame indicated once",
                        "a packet of %u bytes that did not arrive", (unsigned)view->got_len);
        return;
    }
    packet_check_slots(view, reception.matches.has_sa);
    check_order(view, arrival, reception.fit);
    if (reception.clean_count == 0)
        (void)packet_check(view, &reception.matches.list[0]);
    blame_sender(view, first_break);
    take_facts(view, &reception);
    if (arrival->may_miss)
        excuse_twin(arrival);
    *link = arrival->next;
    free_arrival(arrival);
}

/* A VLAN tag that the device has moved out of band is put back. */
static void restore_tag(struct packet_view *view)
{
    uint8_t *tagged = view->model->tagged;
    uint32_t tag = (uint32_t)view->oob->vlan;

    if (view->oob->vlan == 0 || view->device->profile.media_header != VLAN_MEDIA_LEN || view->got_len < MEDIA_LEN ||
        view->got_len > STACK_FRAME_MAX - 4 || get_be16(view->got + 12) == ETHERTYPE_VLAN)
        return;
    memcpy(tagged, view->got, 12);
    put_be16(tagged + 12, ETHERTYPE_VLAN);
    /* NDIS_NET_BUFFER_LIST_8021Q_INFO: UserPriority 3 bits, CanonicalFormatId 1, VlanId 12. */
    put_be16(tagged + 14, (tag & 7) << 13 | (tag >> 3 & 1) << 12 | (tag >> 4 & 0xFFF));
    memcpy(tagged + 16, view->got + 12, view->got_len - 12);
    view->got = tagged;
    view->got_len += 4;
}

/* What is left when nothing more can come was lost. */
static void judge_missing(struct model_device *device, struct judgement *judgement, const struct outcome *outcome)
{
    uint32_t missing = 0;

    for (const struct model_arrival *arrival = device->arrivals; arrival; arrival = arrival->next)
        missing += !arrival->may_miss;
    if (missing > 0 && outcome->lost == 0)
        judgement_break(judgement, "RX-019", NULL, "each frame indicated", "%u frames were not", (unsigned)missing);
    model_free_arrivals(&device->arrivals);
}

void model_judge_received(struct model *model, struct judgement *judgement, uint32_t device,
                          const struct outcome *outcome, bool is_idle)
{
    if (outcome->result == OV2_BROKEN) { /* what did not come, or came in pieces, is the adapter's error */
        model_free_arrivals(&model->devices[device].arrivals);
        return;
    }
    for (uint32_t i = 0; i < outcome->packet_count; i++) {
        const struct outcome_packet *packet = &outcome->packets[i];
        struct packet_view view = {
            .model = model, .device = &model->devices[device], .device_index = device, .judgement = judgement};
        if (!packet->indicated)
            continue;
        view.got = outcome->bytes + packet->at;
        view.got_len = packet->len;
        view.oob = &packet->oob;
        restore_tag(&view);
        judge_packet(&view);
    }
    if (is_idle)
        judge_missing(&model->devices[device], judgement, outcome);
}
