/* SPDX-License-Identifier: MIT */
/*
 * Packets on their way out.  A list lives here from its send line until it is completed and all its packets have left,
 * which may be lines later; every frame that leaves the device is given to the packet that it looks like.
 */
#include "model_internal.h"

#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "stack_internal.h"

#define MANY_PACKETS 64u /* so many at once may be more than a device has room for */

struct send_view {
    struct model *model;
    struct model_device *device;
    uint32_t device_index;
    struct judgement *judgement;
    const struct outcome *outcome;
    const struct prepared *prepared;
    const struct trace_line *line;
    bool has_unknown_segments; /* among the frames of this line */
};

static bool is_configured(const struct model_device *device)
{
    return device->ipsec == NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_AND_ESP_ENABLED && device->encapsulation_on[0] &&
           device->encapsulation_on[1] && !device->is_foggy;
}

/* ---- What is due of a list ---- */

/* The value of slot 1 or 11, and the live SA that it names. */
struct slot {
    bool is_known;
    uint64_t value;
    const struct model_sa *sa; /* NULL: none */
    uint32_t symbol;
    bool may_be_null; /* its ADD is out: the device may have told no handle yet, which is as good as none */
};

static struct slot read_slot(const struct send_view *view, uint64_t value, uint32_t is_symbol, uint32_t twist,
                             uint32_t owner)
{
    struct slot slot = {true, value, NULL, 0, false};

    if (is_symbol)
        slot.is_known =
            model_handle(view->model, &slot.value, view->device_index, owner, value, (enum trace_twist)twist);
    slot.may_be_null = !slot.is_known;
    if (slot.is_known && slot.value != 0)
        slot.symbol = model_find_handle(view->device, slot.value);
    if (slot.symbol)
        slot.sa = &view->device->sas[slot.symbol - 1];
    else if (slot.value != 0 && (view->device->pending_count > 0 || view->device->is_foggy))
        slot.is_known = false; /* of an SA whose handle only the device knows yet */
    return slot;
}

static void set_duty(struct model_sending *sending, enum send_duty duty, const char *law, uint32_t wanted)
{
    sending->duty = duty;
    sending->law = law;
    sending->wanted = wanted;
}

/* Whether an edit changes only what routers or hosts may set as they like: class and identification, DF, TTL. */
static bool is_routine(const struct trace_word *edit, bool ipv6)
{
    uint64_t byte = edit->number;

    if (edit->count != 2 || memcmp(edit->text, "ip", 2) != 0)
        return false;
    if (ipv6)
        return (byte == 0 && edit->index < 4) || (byte >= 1 && byte <= 3) || byte == 7;
    return byte == 1 || byte == 4 || byte == 5 || (byte == 6 && edit->index == 6) || byte == 8;
}

/* Slot 12 says what was there before. */
static bool has_odd_edit(const struct send_view *view, const struct trace_element *element, bool ipv6)
{
    for (uint32_t i = 0; i < element->word_count; i++) {
        const struct trace_word *edit = &view->line->words[element->first_word + i];
        if (edit->key == KEY_FLIP && !is_routine(edit, ipv6))
            return true;
    }
    return false;
}

/* A fragment, be it an atomic one. */
static bool is_fragment(const struct stack_layout *layout, const uint8_t *frame)
{
    uint32_t at = layout->ip.at + IPV6_LEN;
    uint8_t type = layout->ipv6 ? frame[layout->ip.at + 6] : 0;

    while (layout->ipv6 && type != PROTOCOL_FRAGMENT && at + 8 <= layout->ip.at + layout->ip.len) {
        type = frame[at];
        at += (frame[at + 1] + 1u) * 8;
    }
    return layout->fragment || type == PROTOCOL_FRAGMENT;
}

/* A payload that says of itself that it is one more IPsec header, which no SA is there for, or that of a fragment. */
static bool claims_header(const struct trace_word *next_header)
{
    return next_header && (next_header->number == PROTOCOL_ESP || next_header->number == PROTOCOL_AH ||
                           next_header->number == PROTOCOL_FRAGMENT);
}

/* The law under which a packet with a live SA need not be protected, as long as it is not seen in plain; NULL: it must
 * be. */
static const char *find_excuse(const struct send_view *view, uint32_t index)
{
    static const struct {
        enum trace_key key;
        const char *law;
    } odd[] = {{KEY_FRAME, "TX-032"}, {KEY_AH_OFFSET, "TX-010"}, {KEY_ESP_OFFSET, "TX-010"}};
    const struct trace_element *element = &view->line->elements[index];
    const struct prepared_list *list = &view->prepared->lists[index];
    const struct profile *profile = &view->device->profile;

    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        if (trace_field(view->line, element, odd[i].key))
            return odd[i].law;
    }
    if (claims_header(trace_field(view->line, element, KEY_NH)))
        return "TX-032";
    for (uint32_t i = 0; i < list->count && !list->is_large; i++) {
        const struct outcome_packet *packet = &view->prepared->packets[list->first + i];
        struct stack_layout layout;
        stack_parse(&layout, view->prepared->bytes + packet->at, packet->len, NULL, profile);
        if (has_odd_edit(view, element, layout.ipv6))
            return layout.fragment ? "TX-028" : "TX-034";
        if (is_fragment(&layout, view->prepared->bytes + packet->at) ||
            packet->len > profile->media_header + MODEL_ORDINARY_IP_LEN)
            return "TX-028";
        if (model_has_odd_options(&layout, view->prepared->bytes + packet->at))
            return "TX-032";
        if (layout.ipv6 ? layout.ip.len > IPV6_LEN && !profile->caps.IPv6NonIPsecExtensionHeaders
                        : layout.ip.len > IPV4_LEN && !profile->caps.IPv4Options)
            return "TX-027";
    }
    return NULL;
}

/* What an element's packets are like: the SA of their outermost headers, and what is inside. */
struct framing_view {
    const struct bundle *bundle;
    const struct bundle *inner; /* NULL: no transport SA inside */
    bool is_tunnel;
};

static bool has_field(const struct send_view *view, uint32_t index, enum trace_key key)
{
    return trace_field(view->line, &view->line->elements[index], key) != NULL;
}

static bool carries_packet(const struct send_view *view, uint32_t index)
{
    const struct trace_word *next_header = trace_field(view->line, &view->line->elements[index], KEY_NH);

    return has_field(view, index, KEY_INNER_SRC) || has_field(view, index, KEY_INNER_DST) ||
           (next_header && stack_is_tunnel((uint32_t)next_header->number));
}

/* The UDP-ESP types are for one layout each (V1-UDP). */
static bool is_udp_layout(const struct framing_view *framing)
{
    uint32_t udp = framing->bundle->udp;

    if (!framing->inner)
        return udp == 0 || udp == (framing->is_tunnel ? IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TUNNEL
                                                      : IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TRANSPORT);
    if (udp == IPSEC_OFFLOAD_V2_TRANSPORT_OVER_UDP_ESP_ENCAPSULATION_TUNNEL)
        return framing->inner->udp == 0;
    return udp == 0 && (framing->inner->udp == 0 ||
                        framing->inner->udp == IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TRANSPORT_OVER_TUNNEL);
}

static bool is_offered(const struct send_view *view, const struct framing_view *framing)
{
    const struct ndis_ipsec_offload_v2 *caps = &view->device->profile.caps;

    if (framing->inner)
        return caps->TransportTunnelCombined;
    return framing->is_tunnel ? caps->Tunnel : caps->Transport;
}

static bool is_own_symbol(const struct send_view *view, const struct slot *slot, uint64_t value, uint32_t is_symbol,
                          uint32_t twist, uint32_t owner)
{
    return is_symbol && owner == view->device_index && value == slot->symbol && twist == TWIST_NONE;
}

/* With SPI 0 in UDP it is IKE (RFC 3948, 2.2). */
static bool is_no_esp(const struct bundle *bundle)
{
    return bundle->udp != 0 && bundle_spi(bundle) == 0;
}

/* A list for live outbound SAs: of slot 1, or of slot 11 with that of slot 1 inside. */
static void set_protected(struct model_sending *sending, const struct send_view *view, uint32_t index,
                          const struct slot *outer, const struct slot *inner)
{
    const struct prepared_list *list = &view->prepared->lists[index];
    struct bundle bundle;
    struct bundle inner_bundle;
    struct framing_view framing = {&bundle, inner ? &inner_bundle : NULL, carries_packet(view, index)};
    const struct slot *own = inner ? inner : outer;
    const char *excuse = find_excuse(view, index);
    const char *law = inner ? "TX-013" : framing.is_tunnel ? "TX-014" : "TX-005";
    bool is_live = outer->sa->state == MODEL_LIVE && !outer->sa->leaving;
    bool is_sound = is_own_symbol(view, own, list->sa, list->sa_symbol, list->sa_twist, list->sa_device);

    sending->symbol = outer->symbol;
    memcpy(sending->hi, outer->sa->hi, sizeof sending->hi);
    if (inner) {
        sending->inner = inner->symbol;
        memcpy(sending->inner_hi, inner->sa->hi, sizeof sending->inner_hi);
        is_live = is_live && inner->sa->state == MODEL_LIVE && !inner->sa->leaving;
        is_sound =
            is_sound &&
            is_own_symbol(view, outer, list->tunnel, list->tunnel_symbol, list->tunnel_twist, list->tunnel_device) &&
            model_bundle(view->model, &inner_bundle, view->device_index, inner->symbol) && !inner_bundle.is_open &&
            inner->symbol != outer->symbol;
    } else {
        /* framed for two SAs, while the handle in slot 11 is 0 */
        is_sound = is_sound && (!list->tunnel_symbol || list->tunnel_twist == TWIST_NONE);
    }
    is_sound = is_sound && model_bundle(view->model, &bundle, view->device_index, outer->symbol) && !bundle.is_open;
    sending->is_framed = is_sound && !has_field(view, index, KEY_FRAME);
    is_sound = is_sound && !excuse && is_offered(view, &framing) && is_udp_layout(&framing) && !is_no_esp(&bundle) &&
               !(inner && is_no_esp(&inner_bundle));
    if (is_sound && is_configured(view->device) && is_live)
        set_duty(sending, SEND_PROTECT, law, NDIS_STATUS_SUCCESS);
    else
        set_duty(sending, SEND_EITHER,
                 !is_configured(view->device) ? "TX-026"
                 : excuse                     ? excuse
                                              : law,
                 NDIS_STATUS_FAILURE);
    sending->tells =
        !inner && is_sound && is_configured(view->device) && outer->sa->state == MODEL_MAYBE && !outer->sa->leaving;
}

/* With two handles: transport in a tunnel.  With either handle unknown it fails. */
static void set_tunnelled(struct model_sending *sending, const struct send_view *view, uint32_t index,
                          const struct slot *inner, const struct slot *tunnel)
{
    if (!inner->is_known || !tunnel->is_known) {
        set_duty(sending, SEND_SAFE, "TX-015", NDIS_STATUS_SUCCESS);
        /* Framed for two SAs, given to one: which of its parts that one hides is not known. */
        sending->has_handle = sending->has_handle && !tunnel->may_be_null;
    } else if (!tunnel->sa || tunnel->sa->inbound)
        set_duty(sending, SEND_REFUSE, "TX-004", tunnel->sa ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE);
    else if (inner->value != 0 && (!inner->sa || inner->sa->inbound))
        set_duty(sending, SEND_REFUSE, "TX-002", inner->sa ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE);
    else if (inner->value == 0)
        set_duty(sending, SEND_EITHER, "TX-015", NDIS_STATUS_FAILURE);
    else
        set_protected(sending, view, index, tunnel, inner);
}

static void set_due(struct model_sending *sending, const struct send_view *view, uint32_t index)
{
    const struct model_device *device = view->device;
    const struct prepared_list *list = &view->prepared->lists[index];
    struct slot inner = read_slot(view, list->sa, list->sa_symbol, list->sa_twist, list->sa_device);
    struct slot tunnel = read_slot(view, list->tunnel, list->tunnel_symbol, list->tunnel_twist, list->tunnel_device);

    sending->is_read_only = list->read_only != 0;
    sending->has_task = list->count > 0 && view->prepared->packets[list->first].oob.checksum != 0;
    sending->has_handle = (inner.value != 0 && !inner.may_be_null) || (tunnel.value != 0 && !tunnel.may_be_null);
    if (device->is_removed) /* whatever else it is */
        set_duty(sending, SEND_SAFE, "TX-003", NDIS_STATUS_SUCCESS);
    else if (device->is_paused)
        set_duty(sending, SEND_REFUSE, "TX-037", NDIS_STATUS_PAUSED);
    else if (device->is_low_power)
        set_duty(sending, SEND_REFUSE, "REL-007", NDIS_STATUS_LOW_POWER_STATE);
    else if (list->count == 0)
        set_duty(sending, SEND_SAFE, "TX-003", NDIS_STATUS_SUCCESS);
    else if (tunnel.value != 0 || !tunnel.is_known)
        set_tunnelled(sending, view, index, &inner, &tunnel);
    else if (!inner.is_known)
        set_duty(sending, SEND_SAFE, "TX-021", NDIS_STATUS_SUCCESS);
    else if (inner.value == 0)
        set_duty(sending, SEND_PLAIN, is_configured(device) ? "TX-001" : "TX-025", NDIS_STATUS_SUCCESS);
    else if (!inner.sa)
        set_duty(sending, SEND_REFUSE, list->sa_symbol ? "TX-021" : "TX-002", NDIS_STATUS_FAILURE);
    else if (inner.sa->inbound)
        set_duty(sending, SEND_REFUSE, "TX-020", NDIS_STATUS_SUCCESS); /* with any failure: A-60 */
    else
        set_protected(sending, view, index, &inner, NULL);
    sending->may_fail = device->is_link_down || device->is_resetting;
    sending->may_vanish = sending->may_fail;
}

/* How much of a packet tells it from the others, whatever a device does to the rest: to the sequence number. */
static uint32_t known_len(const struct send_view *view, const uint8_t *bytes, uint32_t len)
{
    struct stack_layout layout;
    uint32_t known;

    stack_parse(&layout, bytes, len, NULL, &view->device->profile);
    known = layout.ah.len > 0    ? layout.ah.at + AH_LEN
            : layout.esp.len > 0 ? layout.esp.at + ESP_LEN
                                 : layout.ip.at + layout.ip.len;
    return known > len || known == 0 ? len : known;
}

static void take_packets(struct model_sending *sending, const struct send_view *view, const struct prepared_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        const struct outcome_packet *packet = &view->prepared->packets[list->first + i];
        struct model_sent *sent = &sending->packets[i];
        sent->bytes = malloc(packet->len ? packet->len : 1);
        if (!sent->bytes)
            break;
        sent->len = packet->len;
        memcpy(sent->bytes, view->prepared->bytes + packet->at, packet->len);
        sending->packet_count++;
    }
}

static struct model_sending *new_sending(const struct send_view *view, uint32_t index)
{
    const struct prepared_list *list = &view->prepared->lists[index];
    uint32_t room = list->count > list->segments ? list->count : list->segments;
    struct model_sending *sending = calloc(1, sizeof *sending + room * sizeof sending->packets[0]);

    if (!sending)
        return NULL;
    sending->number = view->outcome->first_send + index;
    sending->status = NDIS_STATUS_PENDING;
    set_due(sending, view, index);
    if (list->is_large)
        model_judge_large(sending, view->model, view->device_index, view->prepared, index);
    if (!sending->is_large || !sending->is_framed || model_take_segments(sending, view->model, index) == 0)
        take_packets(sending, view, list);
    for (uint32_t i = 0; i < sending->packet_count; i++)
        sending->packets[i].known = known_len(view, sending->packets[i].bytes, sending->packets[i].len);
    if (list->count > 0 && !list->is_large)
        model_fill_sums(sending, view->model, view->device_index, view->prepared->packets[list->first].oob.checksum);
    return sending;
}

static void free_sending(struct model_sending *sending)
{
    for (uint32_t i = 0; i < sending->packet_count; i++)
        free(sending->packets[i].bytes);
    free(sending->data);
    free(sending);
}

void model_free_sendings(struct model_device *device)
{
    while (device->sendings) {
        struct model_sending *sending = device->sendings;
        device->sendings = sending->next;
        free_sending(sending);
    }
}

void model_send_begin(struct model *model, uint32_t device, const struct trace_line *line,
                      const struct prepared *prepared, const struct outcome *outcome)
{
    struct send_view view = {model, &model->devices[device], device, NULL, outcome, prepared, line, false};
    struct model_sending **end = &view.device->sendings;

    while (*end)
        end = &(*end)->next;
    for (uint32_t i = 0; i < prepared->list_count && outcome->result == OV2_OK; i++) {
        *end = new_sending(&view, i);
        if (!*end)
            return;
        (*end)->may_fail = (*end)->may_fail || prepared->packet_count > MANY_PACKETS;
        end = &(*end)->next;
    }
}

void model_send_disturb(struct model_device *device, const struct trace_line *line, const struct outcome *outcome)
{
    bool interrupts = model_interrupts(device, line);
    bool changes = line->verb == VERB_CONFIG || line->verb == VERB_DELETE_SA || line->verb == VERB_OID;

    for (uint32_t i = 0; i < outcome->completion_count; i++)
        changes = changes || outcome->completions[i].kind == COMPLETION_REQUEST;
    for (struct model_sending *sending = device->sendings; sending; sending = sending->next) {
        sending->may_fail = sending->may_fail || interrupts || changes;
        sending->may_vanish = sending->may_vanish || interrupts;
        sending->tells = sending->tells && !interrupts && !changes;
    }
}

/* ---- What became of it ---- */

static const char *status_name(uint32_t status)
{
    const char *name = names_of(NAMES_STATUS, status);

    return name ? name : "an undefined status";
}

static void read_completions(struct model_device *device, const struct outcome *outcome)
{
    for (uint32_t i = 0; i < outcome->completion_count; i++) {
        const struct completion *completion = &outcome->completions[i];
        for (struct model_sending *sending = device->sendings; sending; sending = sending->next) {
            if (completion->kind != COMPLETION_SEND || completion->number != sending->number)
                continue;
            sending->status = completion->status;
            model_take_data(sending, completion, outcome);
        }
    }
}

/* Plain frames among segments that nobody knows: which is which? */
static bool is_confused(const struct send_view *view, const struct model_sending *sending)
{
    return view->has_unknown_segments && !sending->is_large && !sending->has_handle;
}

static void judge_success(const struct send_view *view, const struct model_sending *sending)
{
    bool is_counted = sending->is_large ? sending->is_framed : !is_confused(view, sending);
    const char *law = sending->left_count == 0 ? sending->law : sending->is_large ? "LSO-005" : "TX-016";

    if (sending->duty == SEND_REFUSE && !sending->may_drop)
        judgement_break(view->judgement, sending->law, NULL, "the list fails", "SUCCESS");
    else if (is_counted && sending->duty != SEND_REFUSE && sending->left_count < sending->packet_count &&
             sending->duty != SEND_SAFE && !sending->may_vanish && view->outcome->lost == 0)
        judgement_break(view->judgement, law, NULL, "a frame for each packet", "%u of %u left the device",
                        (unsigned)sending->left_count, (unsigned)sending->packet_count);
    if (sending->tells && sending->left_count > 0)
        model_seen(view->device, view->judgement, sending->symbol, true);
}

static void judge_failure(const struct send_view *view, const struct model_sending *sending)
{
    bool is_due = sending->duty == SEND_PLAIN || sending->duty == SEND_PROTECT;
    bool is_unknown = sending->wanted == NDIS_STATUS_FAILURE && !sending->is_large;
    bool is_other = (view->device->is_paused && sending->status == NDIS_STATUS_PAUSED) ||
                    (view->device->is_low_power && sending->status == NDIS_STATUS_LOW_POWER_STATE);

    if (is_due && !sending->may_fail)
        judgement_break(view->judgement, sending->law, NULL, "SUCCESS", "%s", status_name(sending->status));
    if (sending->duty == SEND_EITHER && sending->left_count > 0 && !sending->may_vanish)
        judgement_break(view->judgement, "TX-003", NULL, "nothing of a failed list on the wire", "%u frames of it",
                        (unsigned)sending->left_count);
    if (sending->duty == SEND_REFUSE && sending->wanted != NDIS_STATUS_SUCCESS && sending->status != sending->wanted &&
        !is_other && !sending->may_fail)
        judgement_break(view->judgement, is_unknown ? "TX-002" : sending->law, NULL, status_name(sending->wanted), "%s",
                        status_name(sending->status));
    if (sending->tells && sending->status == NDIS_STATUS_FAILURE)
        model_seen(view->device, view->judgement, sending->symbol, false);
}

/* Whether all has come that will: what failed is over, what succeeded is when its frames are there. */
static bool is_over(const struct model_sending *sending, bool is_idle)
{
    if (is_idle)
        return true;
    return sending->status != NDIS_STATUS_PENDING &&
           (sending->status != NDIS_STATUS_SUCCESS || sending->left_count == sending->packet_count);
}

void model_judge_sent(struct model *model, struct judgement *judgement, uint32_t device, const struct outcome *outcome,
                      bool is_idle)
{
    struct send_view view = {model, &model->devices[device], device, judgement, outcome, NULL, NULL, false};
    struct model_sending **link = &view.device->sendings;

    read_completions(view.device, outcome);
    view.has_unknown_segments = model_has_unknown_segments(view.device);
    model_judge_wire(model, judgement, device, outcome);
    if (outcome->result == OV2_BROKEN) { /* what is missing is the adapter's error */
        model_free_sendings(view.device);
        return;
    }
    while (*link) {
        struct model_sending *sending = *link;
        if (!is_over(sending, is_idle)) {
            link = &sending->next;
            continue;
        }
        /* One that was never completed is a law of transfer.c. */
        if (!is_confused(&view, sending))
            model_judge_data(model, judgement, device, sending);
        if (is_success(sending->status))
            judge_success(&view, sending);
        else if (sending->status != NDIS_STATUS_PENDING)
            judge_failure(&view, sending);
        *link = sending->next;
        free_sending(sending);
    }
}
