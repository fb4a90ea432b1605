/* SPDX-License-Identifier: MIT */
/* Large packets on their way out: the model knows the segments, and each is judged as a packet of its own. */
#include <stdlib.h>
#include <string.h>

#include "model_internal.h"
#include "stack_internal.h"

#define TCP_LEN   20u
#define BLOCK_MAX 16u /* no padding makes more of a difference */

void model_free_segments(struct model *model)
{
    while (model->segments) {
        struct model_segment *segment = model->segments;
        model->segments = segment->next;
        free(segment->bytes);
        free(segment);
    }
    model->segments_end = &model->segments;
}

bool model_keep_segment(struct model *model, uint32_t list, const uint8_t *bytes, uint32_t len, struct stack_span text)
{
    struct model_segment *segment = calloc(1, sizeof *segment);

    if (!segment)
        return false;
    segment->bytes = malloc(len ? len : 1);
    if (!segment->bytes) {
        free(segment);
        return false;
    }
    memcpy(segment->bytes, bytes, len);
    segment->list = list;
    segment->len = len;
    segment->text = text;
    *model->segments_end = segment;
    model->segments_end = &segment->next;
    return true;
}

uint32_t model_take_segments(struct model_sending *sending, struct model *model, uint32_t list)
{
    for (struct model_segment *segment = model->segments; segment; segment = segment->next) {
        struct model_sent *sent = &sending->packets[sending->packet_count];
        if (segment->list != list || !segment->bytes)
            continue;
        sent->bytes = segment->bytes;
        sent->len = segment->len;
        sent->text = segment->text;
        segment->bytes = NULL;
        sending->packet_count++;
    }
    return sending->packet_count;
}

static const struct model_segment *first_segment(const struct model *model, uint32_t list)
{
    const struct model_segment *segment = model->segments;

    while (segment && segment->list != list)
        segment = segment->next;
    return segment;
}

static bool is_supported(uint32_t options, uint32_t shift)
{
    return (options >> shift & 3) == NDIS_OFFLOAD_SUPPORTED;
}

/* Options of IP and TCP in a large packet are abilities of their own (L-LSO). */
static bool has_unknown_options(const struct stack_layout *layout, const struct model_segment *segment, uint32_t kind,
                                uint32_t options)
{
    bool has_tcp = segment->text.at > layout->payload.at + TCP_LEN;
    bool has_ip = layout->ip.len > (layout->ipv6 ? IPV6_LEN : IPV4_LEN);

    if (kind == PROFILE_LARGE_V1)
        return (has_tcp && !is_supported(options, 0)) || (has_ip && !is_supported(options, 2));
    if (kind == PROFILE_LARGE_V2_IPV6)
        return (has_ip && !is_supported(options, 0)) || (has_tcp && !is_supported(options, 2));
    return has_ip;
}

/* Only the stack can give an ESN SA its next upper half. */
static bool wraps(const struct bundle *bundle, const struct stack_layout *layout, uint32_t segments)
{
    return bundle->layers[0].esn && layout->seq > UINT32_MAX - (segments - 1);
}

/* The law under which a large packet of a live SA need not be segmented; NULL: it must be. */
static const char *find_excuse(struct model_sending *sending, struct model *model, uint32_t device,
                               const struct prepared *prepared, uint32_t index)
{
    const struct profile *profile = &model->devices[device].profile;
    const struct prepared_list *list = &prepared->lists[index];
    const struct model_segment *segment = first_segment(model, index);
    uint64_t large_send = prepared->packets[list->first].oob.large_send;
    const struct profile_large *can;
    struct stack_layout layout;
    struct bundle bundle;
    uint32_t kind;

    if (!profile->caps.LsoSupported)
        return "LSO-011";
    if (!segment || !model_bundle(model, &bundle, device, sending->symbol))
        return "LSO-001";
    stack_parse(&layout, segment->bytes, segment->len, &bundle, NULL);
    kind = ov2_large_type(large_send) == NDIS_TCP_LARGE_SEND_OFFLOAD_V1_TYPE ? PROFILE_LARGE_V1
           : layout.ipv6                                                     ? PROFILE_LARGE_V2_IPV6
                                                                             : PROFILE_LARGE_V2_IPV4;
    can = &profile->large[kind];
    /* A second NET_BUFFER; V1 is for IPv4; segments that no wire takes. */
    if (list->count != 1 || (kind == PROFILE_LARGE_V1 && layout.ipv6) ||
        segment->len > profile->media_header + MODEL_ORDINARY_IP_LEN)
        return "LSO-001";
    sending->is_wrapping = wraps(&bundle, &layout, list->segments);
    if (sending->is_wrapping)
        return "LSO-017";
    if (list->payload > can->most || list->segments < can->least || list->payload == 0)
        return "LSO-014";
    if (bundle.udp != 0)
        return "LSO-016";
    if (model_has_odd_options(&layout, segment->bytes))
        return "TX-032";
    return has_unknown_options(&layout, segment, kind, can->options) ? "LSO-008" : NULL;
}

static void set_duty(struct model_sending *sending, enum send_duty duty, const char *law)
{
    sending->duty = duty;
    sending->law = law;
}

void model_judge_large(struct model_sending *sending, struct model *model, uint32_t device,
                       const struct prepared *prepared, uint32_t index)
{
    const struct prepared_list *list = &prepared->lists[index];
    bool is_refused = sending->duty == SEND_REFUSE;
    bool tells = sending->tells;
    const char *excuse;

    sending->is_large = true;
    sending->tells = false;
    if (sending->duty == SEND_SAFE)
        return;
    if (is_refused && sending->wanted == NDIS_STATUS_FAILURE) {
        sending->law = "LSO-012";
    } else if (!is_refused && model->devices[device].segmentation_off) {
        set_duty(sending, SEND_REFUSE, "LSO-015");
        sending->wanted = NDIS_STATUS_SUCCESS;
        sending->may_drop = true;
        sending->is_framed = false;
    } else if (sending->duty == SEND_PLAIN) {
        set_duty(sending, SEND_SAFE, "LSO-001"); /* no matter of IPsec */
    } else if (!is_refused && (sending->inner || list->tunnel != 0)) {
        set_duty(sending, SEND_EITHER, "LSO-010");
        sending->is_framed = false;
    } else if (!is_refused) {
        excuse = find_excuse(sending, model, device, prepared, index);
        sending->tells = tells && !excuse; /* else that may be why nothing is sent */
        set_duty(sending, excuse ? SEND_EITHER : sending->duty, excuse ? excuse : "LSO-001");
    }
}

const char *model_large_law(const struct model_sending *sending, const struct model_sent *sent, uint32_t len)
{
    bool is_last = sent == &sending->packets[sending->packet_count - 1];
    uint32_t difference = len > sent->len ? len - sent->len : sent->len - len;

    if (difference < BLOCK_MAX)
        return "LSO-004";
    return is_last ? "LSO-005" : "LSO-009";
}

const char *model_large_stray(const struct model_device *device)
{
    for (const struct model_sending *sending = device->sendings; sending; sending = sending->next) {
        if (sending->is_large && sending->duty == SEND_REFUSE)
            return sending->law;
    }
    return "TX-003";
}

bool model_has_unknown_segments(const struct model_device *device)
{
    const struct model_sending *sending = device->sendings;

    while (sending && (!sending->is_large || sending->is_framed || sending->duty == SEND_REFUSE))
        sending = sending->next;
    return sending != NULL;
}
