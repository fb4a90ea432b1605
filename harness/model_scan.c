/* SPDX-License-Identifier: MIT */
/* Keys that no SA has any more: where a driver may still hold them. */
#include "model_internal.h"

#include <string.h>

static bool has(const uint8_t *key, uint32_t key_len, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i + len <= key_len; i++) {
        if (memcmp(key + i, bytes, len) == 0)
            return true;
    }
    return false;
}

/* The bytes are part of a key, or the key is part of them. */
static bool overlaps(const uint8_t *key, uint32_t key_len, const uint8_t *bytes, size_t len)
{
    return has(key, key_len, bytes, len) || (key_len > 0 && has(bytes, (uint32_t)len, key, key_len));
}

/* Whether an SA has these bytes in a key; true also if its keys are not known. */
static bool has_key(struct model *model, uint32_t device, uint32_t symbol, const uint8_t *bytes, size_t len)
{
    struct bundle bundle;

    if (!model_bundle(model, &bundle, device, symbol))
        return true;
    for (uint32_t i = 0; i < bundle.layer_count; i++) {
        const struct bundle_layer *layer = &bundle.layers[i];
        if (overlaps(layer->enc_key, layer->enc_key_len, bytes, len) ||
            overlaps(layer->auth_key, layer->auth_key_len, bytes, len))
            return true;
    }
    return false;
}

/* Whether an SA that is there, or may be, has these bytes in a key; was_used: or one that is gone. */
static bool is_in_use(bool *was_used, struct model *model, uint32_t device, const uint8_t *bytes, size_t len)
{
    *was_used = false;
    for (uint32_t symbol = 1; symbol <= model->devices[device].sa_count; symbol++) {
        const struct model_sa *sa = model_sa(model, device, symbol);
        bool is_gone = sa->state == MODEL_FAILED || sa->state == MODEL_DELETED;
        if (sa->state == MODEL_PENDING)
            return true;
        if (!has_key(model, device, symbol, bytes, len))
            continue;
        if (!is_gone)
            return true;
        *was_used = true;
    }
    return false;
}

void model_judge_scan(struct model *model, struct judgement *judgement, uint32_t device, const struct trace_line *line,
                      const struct outcome *outcome)
{
    const struct trace_word *key = trace_option(line, KEY_KEY);
    uint8_t bytes[BUNDLE_KEY_MAX];
    bool was_used;
    size_t len;

    if (outcome->result != OV2_OK || !key || !trace_bytes(bytes, sizeof bytes, &len, key) ||
        is_in_use(&was_used, model, device, bytes, len))
        return;
    if (outcome->found == OUTCOME_FOUND_LIVE)
        judgement_break(judgement, "KEY-016", NULL, "no copy of a key that no SA has", "the driver's memory holds it");
    else if (was_used) /* in this life of the device, which is as far as its memory is known */
        judgement_read(judgement, "A-67", outcome->found == OUTCOME_FOUND_RELEASED ? "release" : "wipe");
}
