/* SPDX-License-Identifier: MIT */
/* UPDATE_SA: which upper halves are in force, and which may be. */
#include "model_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What one well-formed UPDATE element asks for, and whether it may be done. */
struct update_view {
    uint32_t symbol; /* 0: unknown handle */
    uint32_t layer;
    uint32_t hi;
    const char *law; /* NULL: it must be done; else the law of the refusal */
    const char *reason;
    bool is_open;    /* it may be done or fail */
    bool has_effect; /* done means that the half changes */
    const char *reading;
    const char *accepted;
    const char *refused;
};

static void refuse_update(struct update_view *update, const char *law, const char *reason)
{
    update->law = law;
    update->reason = reason;
    update->has_effect = false;
}

static void open_update(struct update_view *update, const char *reading, const char *accepted, const char *refused)
{
    update->is_open = true;
    update->reading = reading;
    update->accepted = accepted;
    update->refused = refused;
}

static uint32_t read_spi(const struct profile *profile, uint32_t value)
{
    uint8_t bytes[4];

    if (profile->spi_host_order)
        return value;
    memcpy(bytes, &value, sizeof bytes);
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* UPDATE_SA's members behind OffloadHandle stand at the same distance from it in both layouts. */
static void read_update(uint32_t members[3], const struct request_view *view, uint32_t node)
{
    uint8_t bytes[LIST_NODE_BYTES] = {0};
    size_t at = view->list.linked ? offsetof(struct ipsec_offload_v2_update_sa_linked, Operation)
                                  : offsetof(struct ipsec_offload_v2_update_sa, Operation);

    list_encode(&view->list, node, bytes, NULL, NULL);
    memcpy(members, bytes + at, 3 * sizeof *members);
}

static struct update_view judge_update_node(const struct request_view *view, uint32_t node)
{
    struct update_view update;
    struct bundle bundle;
    uint32_t members[3];
    uint32_t layer;

    memset(&update, 0, sizeof update);
    update.has_effect = true;
    read_update(members, view, node);
    update.hi = members[2];
    update.symbol = request_sa(view, node);
    if (!view->device->profile.caps.ExtendedSequenceNumbers)
        refuse_update(&update, "UPD-008", "INVALID_PARAMETER where ESN is not supported");
    else if (members[0] != IPSEC_OFFLOAD_V2_OPERATION_AH && members[0] != IPSEC_OFFLOAD_V2_OPERATION_ESP)
        refuse_update(&update, "UPD-010", "an Operation other than AH and ESP fails");
    else if (!update.symbol || !model_bundle(view->model, &bundle, view->device_index, update.symbol))
        refuse_update(&update, "UPD-030", "INVALID_PARAMETER for a handle that names no SA");
    if (update.law)
        return update;
    for (layer = 0; layer < bundle.layer_count && bundle.layers[layer].operation != members[0]; layer++)
        ;
    update.layer = layer;
    if (layer == bundle.layer_count) {
        refuse_update(&update, "UPD-011", "an Operation that the bundle does not contain fails");
        return update;
    }
    if (read_spi(&view->device->profile, members[1]) != bundle.layers[layer].spi)
        open_update(&update, "A-09", "ignore-spi", "verify");
    if (!bundle.layers[layer].esn) {
        open_update(&update, "A-35", "ignore", "fail");
        update.has_effect = false;
    } else if (update.hi <= bundle.layers[layer].hi && !update.is_open) {
        open_update(&update, "A-35-lower", "store", "refuse");
    }
    return update;
}

static void apply_update(const struct request_view *view, const struct update_view *update, bool certain)
{
    struct model_sa *sa = update->symbol ? &view->device->sas[update->symbol - 1] : NULL;

    if (!sa || update->law || !update->has_effect)
        return;
    if (certain) {
        sa->hi[update->layer] = update->hi;
        sa->has_other[update->layer] = false;
    } else if (update->hi != sa->hi[update->layer]) {
        sa->other_hi[update->layer] = update->hi;
        sa->has_other[update->layer] = true;
    }
}

static void judge_update_code(const struct request_view *view, const struct update_view *update)
{
    char text[32];
    bool is_named = strcmp(update->law, "UPD-008") == 0 || strcmp(update->law, "UPD-030") == 0;

    if (!is_named || view->status == NDIS_STATUS_INVALID_PARAMETER || view->may_fail ||
        view->status == NDIS_STATUS_NOT_ACCEPTED || view->status == NDIS_STATUS_REQUEST_ABORTED)
        return;
    judgement_break(view->judgement, update->law, NULL, "INVALID_PARAMETER", "%s", request_status(text, view->status));
}

static void judge_update_done(const struct request_view *view, const struct update_view *update, const char *name)
{
    if (update->law)
        request_accepted(view, update->law, name, update->reason);
    else if (update->is_open && view->walk.count == 1)
        judgement_read(view->judgement, update->reading, update->accepted);
}

static void judge_update_failed(const struct request_view *view, const struct update_view *update, const char *name,
                                bool has_excuse)
{
    char text[32];

    if (update->law) {
        if (view->walk.count == 1)
            judge_update_code(view, update);
    } else if (update->is_open) {
        if (view->walk.count == 1)
            judgement_read(view->judgement, update->reading, update->refused);
    } else if (!has_excuse) {
        judgement_break(view->judgement, view->walk.count > 1 ? "UPD-025" : "UPD-001", name,
                        "SUCCESS for a live ESN SA", "%s", request_status(text, view->status));
    }
}

static bool has_update_excuse(const struct request_view *view)
{
    for (uint32_t place = 0; place < view->walk.count; place++) {
        struct update_view update = judge_update_node(view, view->walk.nodes[place]);
        if (update.law || update.is_open)
            return true;
        for (uint32_t earlier = 0; view->walk.count <= 256 && earlier < place; earlier++) {
            if (request_sa(view, view->walk.nodes[earlier]) == update.symbol)
                return true; /* UPD-029: the request may fail */
        }
    }
    return false;
}

void model_judge_update(const struct request_view *view)
{
    const char *refusal = request_refusal(view);
    struct plain_count count;
    bool is_open = view->walk.is_cyclic || view->walk.is_wild || view->may_fail;
    bool done = is_success(view->status);
    bool has_excuse;

    request_count(view, &count);
    if (refusal || count.bad > 0) {
        const char *law = refusal ? refusal : strcmp(count.law, "HDR-015") == 0 ? "UPD-026" : count.law;
        /* A wrong element behind good ones: these may be updated or not (UPD-028). */
        for (uint32_t place = 0; !refusal && place < view->walk.count; place++) {
            struct update_view update = judge_update_node(view, view->walk.nodes[place]);
            apply_update(view, &update, false);
        }
        if (done)
            request_accepted(view, law, refusal ? NULL : count.name, refusal ? NULL : count.reason);
        return;
    }
    has_excuse = is_open || count.open > 0 || has_update_excuse(view);
    for (uint32_t place = 0; place < view->walk.count; place++) {
        struct update_view update = judge_update_node(view, view->walk.nodes[place]);
        char name[TRACE_NAME_MAX + 16];
        request_node_name(name, sizeof name, &view->list, view->walk.nodes[place]);
        if (done && !is_open && count.open == 0)
            judge_update_done(view, &update, name);
        else if (!done)
            judge_update_failed(view, &update, name, has_excuse);
        /* A failed list of several may have updated its good elements, or none (UPD-028). */
        if (done || view->walk.count > 1)
            apply_update(view, &update, done && !(update.is_open && update.law));
    }
}
