/* SPDX-License-Identifier: MIT */
/* Which SAs a frame that arrives may belong to, and whether it is authentic for them. */
#include "model_internal.h"

#include <string.h>

static bool is_zero(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (bytes[i])
            return false;
    }
    return true;
}

static bool selects(const struct bundle *bundle, const struct stack_layout *layout)
{
    size_t len = bundle->ipv6 ? 16 : 4;

    return bundle->inbound && bundle->ipv6 == layout->ipv6 &&
           (is_zero(bundle->dst, len) || memcmp(bundle->dst, layout->dst, len) == 0) &&
           (is_zero(bundle->src, len) || memcmp(bundle->src, layout->src, len) == 0);
}

static bool same_layer(const struct bundle_layer *a, const struct bundle_layer *b)
{
    return a->operation == b->operation && a->suite == b->suite && a->icv == b->icv && a->esn == b->esn &&
           a->spi == b->spi && a->enc_key_len == b->enc_key_len && a->auth_key_len == b->auth_key_len &&
           memcmp(a->enc_key, b->enc_key, sizeof a->enc_key) == 0 &&
           memcmp(a->auth_key, b->auth_key, sizeof a->auth_key) == 0;
}

/* GOOD if the frame is what an equal SA sent; the upper halves are compared with those of the moment. */
static enum match_verdict authenticity(const struct model *model, const struct model_match *match,
                                       const struct model_sa *sa, const struct model_arrival *arrival,
                                       const struct profile *profile)
{
    const struct model_frame *frame = model_frame(model, arrival->frame);
    bool is_open = false;

    if (arrival->has_plain)
        return MATCH_GOOD;
    if (!frame || frame->is_stray)
        return MATCH_UNKNOWN;
    if (!arrival->is_intact || !frame->symbol || frame->bundle.layer_count != match->bundle.layer_count)
        return MATCH_BAD;
    for (uint32_t i = 0; i < match->bundle.layer_count; i++) {
        const struct bundle_layer *sent = &frame->bundle.layers[i];
        const struct bundle_layer *mine = &match->bundle.layers[i];
        if (!same_layer(sent, mine))
            return MATCH_BAD;
        if (!mine->esn)
            continue;
        if (sa->is_unsettled) {
            is_open = true;
            continue;
        }
        if (frame->has_other[i] && mine->hi == frame->other_hi[i])
            is_open = true;
        else if (frame->has_other[i] && mine->hi == sent->hi)
            is_open = true;
        else if (sa->has_other[i] && sent->hi == sa->other_hi[i])
            is_open = true;
        else if (sent->hi != mine->hi)
            return profile->esn_infer ? MATCH_UNKNOWN : MATCH_BAD;
        else if (sa->has_other[i])
            is_open = true;
    }
    return is_open ? MATCH_EITHER : MATCH_GOOD;
}

uint32_t model_matches(struct model_match matches[MODEL_MATCHES], struct model *model, uint32_t device_index,
                       const struct model_arrival *arrival)
{
    const struct model_device *device = &model->devices[device_index];
    const struct stack_layout *layout = &arrival->layout;
    uint32_t symbol = 0;
    uint32_t count = 0;

    if (!layout->parsed || (layout->protocol != 50 && layout->protocol != 51))
        return 0;
    while (count < MODEL_MATCHES && (symbol = model_next_by_spi(device, layout->spi, symbol)) != 0) {
        const struct model_sa *sa = &device->sas[symbol - 1];
        struct model_match *match = &matches[count];
        if (!model_bundle(model, &match->bundle, device_index, symbol) || !selects(&match->bundle, layout))
            continue;
        match->symbol = symbol;
        match->is_sure = sa->state == MODEL_LIVE && !sa->leaving; /* */
        match->is_wild = is_zero(match->bundle.dst, match->bundle.ipv6 ? 16 : 4);
        match->verdict = authenticity(model, match, sa, arrival, &device->profile);
        count++;
    }
    return count;
}
