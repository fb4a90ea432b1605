/* SPDX-License-Identifier: MIT */
/* DELETE_SA: which SAs are gone, and which may be. */
#include "model_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An SA whose ADD is out: the device may have told its handle already. */
static void mark_early(const struct request_view *view)
{
    for (uint32_t place = 0; place < view->walk.count; place++) {
        struct model_sa *sa = request_named(view, view->walk.nodes[place]);
        if (sa && sa->state == MODEL_PENDING)
            sa->is_early = true;
    }
}

void model_delete_waits(const struct request_view *view)
{
    mark_early(view);
    for (uint32_t place = 0; place < view->walk.count; place++) {
        uint32_t symbol = request_sa(view, view->walk.nodes[place]);
        if (symbol)
            view->device->sas[symbol - 1].leaving = view->number;
    }
}

static void stop_waiting(const struct request_view *view)
{
    for (uint32_t i = 0; view->is_completion && i < view->device->sa_count; i++) {
        if (view->device->sas[i].leaving == view->number)
            view->device->sas[i].leaving = 0;
    }
}

/* A device may stop behind as many elements as it could have SAs. */
static bool is_beyond(const struct request_view *view, uint32_t place)
{
    return place > view->device->profile.caps.SaOffloadCapacity;
}

enum delete_effect {
    EFFECT_GONE,   /* all live SAs of the list are gone */
    EFFECT_UNSURE, /* all, or none */
    EFFECT_A06,    /* the same, and it depends on the reading of A-06 */
};

static void delete_nodes(const struct request_view *view, enum delete_effect effect)
{
    for (uint32_t place = 0; place < view->walk.count; place++) {
        uint32_t symbol = request_sa(view, view->walk.nodes[place]);
        struct model_sa *sa = symbol ? &view->device->sas[symbol - 1] : NULL;
        if (!sa)
            continue;
        if (effect == EFFECT_GONE && !is_beyond(view, place) && !sa->is_early) {
            model_go_dead(view->device, symbol, MODEL_DELETED);
            continue;
        }
        sa->state = MODEL_MAYBE;
        sa->request = is_beyond(view, place) || sa->is_early ? 0 : view->number;
        sa->tells_a06 = effect == EFFECT_A06 && sa->request != 0;
    }
}

/* Elements that name no live SA, or one that the list has named before; those of which that is not known are open. */
static void count_unknown(const struct request_view *view, struct plain_count *count)
{
    uint32_t stamp = ++view->device->stamp;

    for (uint32_t place = 0; place < view->walk.count; place++) {
        uint32_t symbol = request_sa(view, view->walk.nodes[place]);
        struct model_sa *sa = symbol ? &view->device->sas[symbol - 1] : NULL;
        const struct model_sa *named = request_named(view, view->walk.nodes[place]);
        count->open += named && (named->is_early || named->state == MODEL_MAYBE);
        count->unknown += !sa || sa->stamp == stamp;
        if (sa)
            sa->stamp = stamp;
    }
}

/* A device that does not delete an SA which may be gone says that it is. */
static bool settles_it(const struct request_view *view, const struct plain_count *count)
{
    const struct model_sa *sa = view->walk.count == 1 ? request_named(view, view->walk.nodes[0]) : NULL;

    /* nothing else may have been the reason */
    if (!sa || sa->state != MODEL_MAYBE || count->open != 1)
        return false;
    model_seen(view->device, view->judgement, request_sa(view, view->walk.nodes[0]), false);
    return true;
}

static void judge_delete_failure(const struct request_view *view, const struct plain_count *count)
{
    char text[32];
    bool is_verifier_clean = view->status == NDIS_STATUS_NOT_ACCEPTED || view->status == NDIS_STATUS_REQUEST_ABORTED;
    bool is_readable = count->bad == 0 && count->open == 0;

    request_status(text, view->status);
    if (count->bad == 0 && !is_verifier_clean && settles_it(view, count))
        return;
    if (is_readable && count->unknown == 0)
        judgement_break(view->judgement, view->is_completion ? "DEL-010" : "DEL-001", NULL, "SUCCESS for live handles",
                        "%s", text);
    else if (is_readable && !is_verifier_clean)
        judgement_break(view->judgement, "DEL-030", NULL, "SUCCESS, PENDING, NOT_ACCEPTED or REQUEST_ABORTED", "%s",
                        text);
    /* NOT_ACCEPTED and REQUEST_ABORTED say that nothing was done (DEL-024); other failures leave it open. */
    if (!is_verifier_clean)
        delete_nodes(view, is_readable && count->unknown > 0 ? EFFECT_A06 : EFFECT_UNSURE);
}

void model_judge_delete(const struct request_view *view)
{
    const char *refusal = request_refusal(view);
    struct plain_count count;
    bool is_open = view->walk.is_cyclic || view->walk.is_wild;

    stop_waiting(view);
    mark_early(view);
    request_count(view, &count);
    count_unknown(view, &count);
    if (is_success(view->status) || count.unknown == 0)
        request_read_header(view, &count);
    if (!is_success(view->status)) {
        if (refusal)
            return;
        count.open += is_open || view->may_fail;
        judge_delete_failure(view, &count);
        return;
    }
    if (refusal) {
        request_accepted(view, refusal, NULL, NULL);
    } else if (count.bad > 0) {
        const char *law = strcmp(count.law, "HDR-015") == 0 ? "DEL-016" : count.law;
        request_accepted(view, law, count.name, count.reason);
        delete_nodes(view, EFFECT_UNSURE);
        return;
    } else if (count.unknown > 0 && count.open == 0 && !is_open) {
        judgement_read(view->judgement, "A-06", "success");
    }
    delete_nodes(view, view->walk.is_wild ? EFFECT_UNSURE : EFFECT_GONE);
}
