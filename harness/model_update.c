/* SPDX-License-Identifier: MIT */
/* UPDATE_SA: which upper halves are in force, and which may be. */
#include "model_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What one well-formed UPDATE element asks for, and whether it may be done. */
struct update_view {
    uint32_t symbol; /* 0: it names no SA */
    uint32_t layer;
    uint32_t hi;
    const char *law; /* NULL: it need not be refused; else the law of the refusal */
    const char *reason;
    uint32_t open;   /* for how many reasons it may be done or refused */
    bool has_effect; /* done means that the half changes */
    /* If there is one reason, and it is a point of part C: */
    const char *reading;
    const char *accepted;
    const char *refused;
};

/* The whole request. */
struct update_count {
    uint32_t good;    /* elements that nothing speaks against */
    uint32_t refused; /* elements that must not be done, or whose header is wrong */
    uint32_t open;
    uint32_t repeated; /* elements that name an SA again */
};

static void refuse_update(struct update_view *update, const char *law, const char *reason)
{
    update->law = law;
    update->reason = reason;
    update->has_effect = false;
}

static void open_update(struct update_view *update, const char *reading, const char *accepted, const char *refused)
{
    update->open++;
    update->reading = update->open == 1 ? reading : NULL;
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

/* What speaks for or against an element that names a live SA, or one that may be. */
static void judge_update_sa(struct update_view *update, const struct request_view *view, const uint32_t members[3])
{
    const struct model_sa *sa = &view->device->sas[update->symbol - 1];
    struct bundle bundle;
    uint32_t layer;

    if (!model_bundle(view->model, &bundle, view->device_index, update->symbol)) {
        open_update(update, NULL, NULL, NULL);
        update->has_effect = false;
        return;
    }
    for (layer = 0; layer < bundle.layer_count && bundle.layers[layer].operation != members[0]; layer++)
        ;
    if (layer == bundle.layer_count) {
        refuse_update(update, "UPD-011", "an Operation that the bundle does not contain fails");
        return;
    }
    update->layer = layer;
    /* Asked while its ADD was out, it may have named no handle. */
    if (sa->state != MODEL_LIVE || sa->leaving || bundle.is_open || sa->told_at >= view->number)
        open_update(update, NULL, NULL, NULL);
    if (read_spi(&view->device->profile, members[1]) != bundle.layers[layer].spi)
        open_update(update, "A-09", "ignore-spi", "verify");
    if (!bundle.layers[layer].esn) {
        open_update(update, "A-35", "ignore", "fail");
        update->has_effect = false;
    } else if (update->hi <= bundle.layers[layer].hi || sa->has_other[layer]) {
        bool is_lower = update->hi < bundle.layers[layer].hi && !sa->has_other[layer];
        open_update(update, is_lower ? "A-35-lower" : NULL, "store", "refuse");
    } else if (view->device->profile.esn_infer) {
        open_update(update, NULL, NULL, NULL); /* the device may have come as far by itself */
    }
}

static struct update_view judge_update_node(const struct request_view *view, uint32_t node)
{
    const struct model_sa *named = request_named(view, node);
    struct update_view update;
    uint32_t members[3];

    memset(&update, 0, sizeof update);
    update.has_effect = true;
    read_update(members, view, node);
    update.hi = members[2];
    update.symbol = request_sa(view, node);
    if (!view->device->profile.caps.ExtendedSequenceNumbers) {
        refuse_update(&update, "UPD-008", "INVALID_PARAMETER where ESN is not supported");
    } else if (members[0] != IPSEC_OFFLOAD_V2_OPERATION_AH && members[0] != IPSEC_OFFLOAD_V2_OPERATION_ESP) {
        refuse_update(&update, "UPD-010", "an Operation other than AH and ESP fails");
    } else if (update.symbol) {
        judge_update_sa(&update, view, members);
    } else if (named && (named->state == MODEL_PENDING || named->told_at >= view->number)) {
        open_update(&update, NULL, NULL, NULL); /* the device may have told its handle already */
        update.has_effect = false;
    } else {
        refuse_update(&update, "UPD-030", "INVALID_PARAMETER for a handle that names no SA");
    }
    return update;
}

static void count_updates(struct update_count *count, const struct request_view *view)
{
    uint32_t stamp = ++view->device->stamp;

    memset(count, 0, sizeof *count);
    for (uint32_t place = 0; place < view->walk.count; place++) {
        struct update_view update = judge_update_node(view, view->walk.nodes[place]);
        struct model_sa *sa = update.symbol ? &view->device->sas[update.symbol - 1] : NULL;
        count->refused += update.law != NULL;
        count->open += update.open > 0;
        count->good += !update.law && update.open == 0;
        count->repeated += sa && sa->stamp == stamp;
        if (sa)
            sa->stamp = stamp;
    }
}

enum update_effect {
    UPDATE_DONE,  /* what is good is done, what is open may be */
    UPDATE_GROUP, /* what is good is done, or nothing is (UPD-028) */
    UPDATE_EACH,  /* each may be done */
};

static void apply_updates(const struct request_view *view, enum update_effect effect)
{
    for (uint32_t place = 0; place < view->walk.count; place++) {
        struct update_view update = judge_update_node(view, view->walk.nodes[place]);
        struct model_sa *sa = update.symbol ? &view->device->sas[update.symbol - 1] : NULL;
        if (!sa || update.law || !update.has_effect)
            continue;
        if (effect == UPDATE_DONE && (update.open == 0 || view->walk.count == 1)) {
            if (view->walk.count == 1)
                model_seen(view->device, view->judgement, update.symbol, true);
            model_half_set(sa, update.layer, update.hi);
        } else {
            uint32_t request = effect == UPDATE_GROUP && update.open == 0 ? view->number : 0;
            model_half_open(sa, update.layer, update.hi, request);
        }
    }
}

void model_update_waits(const struct request_view *view)
{
    apply_updates(view, UPDATE_GROUP);
}

/* Two failures have a code of their own, if nothing else is wrong with the request. */
static void judge_update_code(const struct request_view *view, const struct update_view *update)
{
    char text[32];
    bool is_named = strcmp(update->law, "UPD-008") == 0 || strcmp(update->law, "UPD-030") == 0;

    if (!is_named || view->status == NDIS_STATUS_INVALID_PARAMETER || view->may_fail ||
        view->status == NDIS_STATUS_NOT_ACCEPTED || view->status == NDIS_STATUS_REQUEST_ABORTED)
        return;
    judgement_break(view->judgement, update->law, NULL, "INVALID_PARAMETER", "%s", request_status(text, view->status));
}

/* SUCCESS for a list of which nothing could be done.  One with good elements may have passed over the others. */
static void judge_update_done(const struct request_view *view, const struct update_count *count)
{
    for (uint32_t place = 0; place < view->walk.count; place++) {
        struct update_view update = judge_update_node(view, view->walk.nodes[place]);
        char name[TRACE_NAME_MAX + 16];
        request_node_name(name, sizeof name, &view->list, view->walk.nodes[place]);
        if (update.law && count->good + count->open == 0)
            request_accepted(view, update.law, name, update.reason);
        else if (update.reading && view->walk.count == 1)
            judgement_read(view->judgement, update.reading, update.accepted);
    }
}

static void judge_update_failed(const struct request_view *view, const struct update_count *count, bool has_excuse)
{
    struct update_view update = judge_update_node(view, view->walk.nodes[0]);
    char name[TRACE_NAME_MAX + 16];
    char text[32];

    request_node_name(name, sizeof name, &view->list, view->walk.nodes[0]);
    if (view->walk.count == 1 && update.law && !has_excuse)
        judge_update_code(view, &update);
    else if (view->walk.count == 1 && update.reading && !has_excuse)
        judgement_read(view->judgement, update.reading, update.refused);
    else if (count->refused + count->open + count->repeated == 0 && !has_excuse)
        judgement_break(view->judgement, view->walk.count > 1 ? "UPD-025" : "UPD-001", name,
                        "SUCCESS for a live ESN SA", "%s", request_status(text, view->status));
}

/* A device may stop behind as many elements as it could have SAs. */
static bool is_too_long(const struct request_view *view)
{
    return view->walk.count > 1 && view->walk.count > view->device->profile.caps.SaOffloadCapacity;
}

void model_judge_update(const struct request_view *view)
{
    const char *refusal = request_refusal(view);
    bool is_open = view->walk.is_cyclic || view->walk.is_wild || is_too_long(view);
    bool done = is_success(view->status);
    struct update_count count;
    struct plain_count header;

    if (view->is_completion)
        model_half_drop(view->device, view->number);
    request_count(view, &header);
    if (refusal || view->walk.count == 0) {
        if (done && refusal)
            request_accepted(view, refusal, NULL, NULL);
        return;
    }
    count_updates(&count, view);
    if (done || count.refused + count.open == 0)
        request_read_header(view, &header);
    is_open = is_open || header.open > 0;
    if (header.bad > 0) {
        const char *law = strcmp(header.law, "HDR-015") == 0 ? "UPD-026" : header.law;
        if (done)
            request_accepted(view, law, header.name, header.reason);
    } else if (done && !is_open) {
        judge_update_done(view, &count);
    } else if (!done) {
        judge_update_failed(view, &count, is_open || view->may_fail);
    }
    if (is_open)
        apply_updates(view, UPDATE_EACH);
    else if (done && header.bad == 0)
        apply_updates(view, UPDATE_DONE);
    else if (done || view->walk.count > 1)
        apply_updates(view, UPDATE_GROUP);
}
