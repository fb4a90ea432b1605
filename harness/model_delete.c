/* SPDX-License-Identifier: MIT */
/* DELETE_SA: which SAs are gone, and which may be. */
#include "model_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void delete_nodes(const struct request_view *view, enum model_state state)
{
    for (uint32_t place = 0; place < view->walk.count; place++) {
        uint32_t symbol = request_sa(view, view->walk.nodes[place]);
        if (!symbol)
            continue;
        if (state == MODEL_DELETED) {
            model_go_dead(view->device, symbol, MODEL_DELETED);
        } else {
            view->device->sas[symbol - 1].state = MODEL_MAYBE;
            view->device->sas[symbol - 1].request = view->number;
        }
    }
}

static uint32_t count_unknown(const struct request_view *view)
{
    uint32_t unknown = 0;
    uint32_t live = 0;

    for (uint32_t place = 0; place < view->walk.count; place++) {
        if (request_sa(view, view->walk.nodes[place]))
            live++;
        else
            unknown++;
    }
    /* The same handle twice names a live SA twice, but only the first finds it. */
    if (live > 1 && view->walk.count <= 4096) {
        for (uint32_t a = 0; a < view->walk.count; a++) {
            uint32_t symbol = request_sa(view, view->walk.nodes[a]);
            for (uint32_t b = 0; symbol && b < a; b++)
                unknown += request_sa(view, view->walk.nodes[b]) == symbol;
        }
    }
    return unknown;
}

static void judge_delete_failure(const struct request_view *view, const struct plain_count *count)
{
    char text[32];
    bool is_verifier_clean = view->status == NDIS_STATUS_NOT_ACCEPTED || view->status == NDIS_STATUS_REQUEST_ABORTED;

    request_status(text, view->status);
    if (count->bad == 0 && count->open == 0 && count->unknown == 0 && !view->may_fail) {
        judgement_break(view->judgement, "DEL-001", NULL, "SUCCESS for live handles", "%s", text);
    } else if (count->bad == 0 && count->open == 0 && count->unknown > 0) {
        judgement_read(view->judgement, "A-06", "failure");
        if (!is_verifier_clean)
            judgement_break(view->judgement, "DEL-030", NULL, "SUCCESS, PENDING, NOT_ACCEPTED or REQUEST_ABORTED", "%s",
                            text);
    }
    /* NOT_ACCEPTED and REQUEST_ABORTED say that nothing was done (DEL-024); other failures leave it open. */
    if (!is_verifier_clean && count->unknown < view->walk.count)
        delete_nodes(view, MODEL_MAYBE);
}

void model_judge_delete(const struct request_view *view)
{
    const char *refusal = request_refusal(view);
    struct plain_count count;
    bool is_open = view->walk.is_cyclic || view->walk.is_wild;

    request_count(view, &count);
    count.unknown = count_unknown(view);
    if (!is_success(view->status)) {
        if (refusal)
            return;
        if (is_open || view->may_fail)
            count.open++;
        judge_delete_failure(view, &count);
        return;
    }
    if (refusal) {
        request_accepted(view, refusal, NULL, NULL);
    } else if (count.bad > 0) {
        const char *law = strcmp(count.law, "HDR-015") == 0 ? "DEL-016" : count.law;
        request_accepted(view, law, count.name, count.reason);
        delete_nodes(view, MODEL_MAYBE);
        return;
    } else if (count.unknown > 0 && !is_open) {
        judgement_read(view->judgement, "A-06", "success");
    }
    delete_nodes(view, view->walk.is_wild ? MODEL_MAYBE : MODEL_DELETED);
}
