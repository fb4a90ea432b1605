/* SPDX-License-Identifier: MIT */
/* ADD_SA and ADD_SA_EX: which elements may, must and must not become SAs. */
#include "model_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t handle_of(const struct request_view *view, uint32_t node)
{
    uint64_t handle = 0;

    if (view->handles)
        memcpy(&handle, view->handles + (size_t)node * sizeof handle, sizeof handle);
    return handle;
}

/* What OffloadHandle held beforehand, if the line gave a plain value. */
static bool is_untouched(const struct request_view *view, uint32_t node, uint64_t handle)
{
    const struct trace_word *before = list_handle(&view->list, node);

    return before && before->base == BASE_RAW && before->number == handle;
}

static void take_sa(const struct request_view *view, uint32_t node, uint32_t source, const struct bundle *bundle,
                    enum model_state state)
{
    struct model_sa *sa = &view->device->sas[view->first_sa - 1 + node];

    sa->source = source;
    sa->node = node;
    sa->request = view->number;
    sa->handle = handle_of(view, node);
    sa->state = state;
    sa->inbound = bundle->inbound;
    sa->spi = bundle->layers[0].spi;
    for (uint32_t i = 0; i < 2; i++)
        sa->hi[i] = bundle->layers[i].hi;
}

static void check_new_handle(const struct request_view *view, uint32_t node, const char *name)
{
    uint64_t handle = handle_of(view, node);
    uint32_t twin = model_find_handle(view->device, handle);

    if (twin)
        judgement_break(view->judgement, "ADD-005", name, "a handle that no live SA has", "the handle of #%u",
                        (unsigned)twin);
}

/* What is counted while the elements of an ADD list are looked at one by one. */
struct add_count {
    uint32_t given;
    uint32_t refused;        /* no handle, though nothing forbids the SA */
    uint32_t refused_behind; /* of these, behind an element that failed for a reason: the device may have stopped */
    uint32_t excused;        /* failed, and must or may */
    uint32_t defective;      /* of these, for what stands in the element, not for want of room */
    char first_refused[TRACE_NAME_MAX + 16];
    char refused_law[16];
    char must_law[16]; /* the law that a refusal of the whole request breaks: that of the first good element */
    char must_name[TRACE_NAME_MAX + 16];
};

static void judge_given(const struct request_view *view, uint32_t node, const char *name,
                        const struct bundle_verdict *verdict, struct add_count *count)
{
    uint64_t handle = handle_of(view, node);

    if (verdict->permit == BUNDLE_REJECT) {
        if (is_untouched(view, node, handle))
            judgement_break(view->judgement, "ADD-010", name, "NULL in the OffloadHandle of a failing element",
                            "what it held before, %llx", (unsigned long long)handle);
        else
            request_accepted(view, verdict->requirement, name, verdict->reason);
        return;
    }
    count->given++;
    check_new_handle(view, node, name);
    if (verdict->permit == BUNDLE_EITHER && verdict->reading[0] && verdict->when_accepted)
        judgement_read(view->judgement, verdict->reading, verdict->when_accepted);
}

static void judge_refused(const struct request_view *view, const char *name, const struct bundle_verdict *verdict,
                          struct add_count *count)
{
    if (verdict->permit != BUNDLE_ACCEPT) {
        bool is_full = strcmp(verdict->reading, "A-38") == 0;
        if (verdict->permit == BUNDLE_EITHER && verdict->reading[0] && verdict->when_refused &&
            (view->walk.count == 1 || is_full))
            judgement_read(view->judgement, verdict->reading, verdict->when_refused);
        count->excused++;
        count->defective += !is_full;
        return;
    }
    if (count->refused++ == 0) {
        snprintf(count->first_refused, sizeof count->first_refused, "%s", name);
        snprintf(count->refused_law, sizeof count->refused_law, "%s", verdict->requirement);
    }
    count->refused_behind += count->excused > 0;
}

/* Capacity and duplicates make a good element one that may fail; every accepted one takes its place. */
static void relax(const struct request_view *view, struct bundle_verdict *verdict, const struct bundle *bundle,
                  uint32_t expected)
{
    struct model_device *device = view->device;
    uint32_t capacity = device->profile.caps.SaOffloadCapacity;
    struct bundle other;

    if (verdict->permit != BUNDLE_ACCEPT)
        return;
    if (device->live_count + device->pending_count + expected >= capacity) {
        verdict->permit = BUNDLE_EITHER;
        snprintf(verdict->reading, sizeof verdict->reading, "A-38");
        verdict->when_accepted = "accept";
        verdict->when_refused = "fail";
        return;
    }
    for (uint32_t symbol = bundle->inbound ? model_next_by_spi(device, bundle->layers[0].spi, 0) : 0; symbol;
         symbol = model_next_by_spi(device, bundle->layers[0].spi, symbol)) {
        if (model_bundle(view->model, &other, view->device_index, symbol) && bundle_same_selectors(bundle, &other)) {
            verdict->permit = BUNDLE_EITHER;
            snprintf(verdict->reading, sizeof verdict->reading, "A-50");
            verdict->when_accepted = "both";
            verdict->when_refused = "refuse";
            return;
        }
    }
}

/* Outbound duplicates are rare and have no table: they are looked for among the SAs of small devices only. */
static void relax_outbound(const struct request_view *view, struct bundle_verdict *verdict, const struct bundle *bundle)
{
    struct model_device *device = view->device;
    struct bundle other;

    if (verdict->permit != BUNDLE_ACCEPT || bundle->inbound || device->sa_count > 4096)
        return;
    for (uint32_t symbol = 1; symbol <= device->sa_count; symbol++) {
        const struct model_sa *sa = &device->sas[symbol - 1];
        if ((sa->state != MODEL_LIVE && sa->state != MODEL_MAYBE) || sa->inbound || sa->spi != bundle->layers[0].spi ||
            !model_bundle(view->model, &other, view->device_index, symbol) || !bundle_same_selectors(bundle, &other))
            continue;
        verdict->permit = BUNDLE_EITHER;
        snprintf(verdict->reading, sizeof verdict->reading, "A-50");
        verdict->when_accepted = "both";
        verdict->when_refused = "refuse";
        return;
    }
}

/* An element on which the request or the list as a whole leaves more open than it does itself. */
static void loosen(const struct request_view *view, struct bundle_verdict *verdict)
{
    if (view->walk.is_cyclic || view->walk.is_wild)
        verdict->permit = verdict->permit == BUNDLE_REJECT ? BUNDLE_REJECT : BUNDLE_SAFE;
    if (view->may_fail && verdict->permit == BUNDLE_ACCEPT)
        verdict->permit = BUNDLE_SAFE;
    if (view->device->ipsec == NDIS_OFFLOAD_PARAMETERS_IPSECV2_DISABLED && verdict->permit != BUNDLE_REJECT) {
        verdict->permit = BUNDLE_REJECT;
        snprintf(verdict->requirement, sizeof verdict->requirement, "ADD-054");
        snprintf(verdict->reason, sizeof verdict->reason, "IPsecOV2 is disabled by configuration: the add fails");
    }
}

/* A DELETE may have known the handle before we did; then the SA is gone as soon as it is there (DEL-019). */
static void settle_early(struct model_sa *sa)
{
    if (!sa->is_early)
        return;
    sa->state = MODEL_MAYBE;
    sa->request = 0;
}

static void judge_add_node(const struct request_view *view, uint32_t place, uint32_t source, struct add_count *count,
                           const char *refusal)
{
    uint32_t node = view->walk.nodes[place];
    uint8_t bytes[LIST_NODE_BYTES];
    char name[TRACE_NAME_MAX + 16];
    struct bundle_verdict verdict;
    struct bundle_input input;
    struct bundle bundle;

    memset(&bundle, 0, sizeof bundle);
    request_node_name(name, sizeof name, &view->list, node);
    request_input(&input, bytes, view, place);
    bundle_judge(&bundle, &verdict, &input);
    loosen(view, &verdict);
    relax(view, &verdict, &bundle, 0);
    relax_outbound(view, &verdict, &bundle);
    if (refusal) {
        verdict.permit = BUNDLE_REJECT;
        snprintf(verdict.requirement, sizeof verdict.requirement, "%s", refusal);
    }
    if (verdict.permit == BUNDLE_ACCEPT && !count->must_law[0]) {
        snprintf(count->must_law, sizeof count->must_law, "%s", verdict.requirement);
        snprintf(count->must_name, sizeof count->must_name, "%s", name);
    }
    if (is_success(view->status) && handle_of(view, node) != 0) {
        judge_given(view, node, name, &verdict, count);
        if (!is_untouched(view, node, handle_of(view, node))) {
            take_sa(view, node, source, &bundle, MODEL_FAILED);
            model_go_live(view->device, view->first_sa + node);
            settle_early(&view->device->sas[view->first_sa - 1 + node]);
        }
        return;
    }
    judge_refused(view, name, &verdict, count);
    take_sa(view, node, source, &bundle, MODEL_FAILED);
}

static void check_failed_handles(const struct request_view *view)
{
    for (uint32_t place = 0; place < view->walk.count; place++) {
        uint32_t node = view->walk.nodes[place];
        char name[TRACE_NAME_MAX + 16];
        if (handle_of(view, node) == 0)
            continue;
        request_node_name(name, sizeof name, &view->list, node);
        judgement_break(view->judgement, "ADD-010", name, "NULL in the OffloadHandle of a failing element", "%llx",
                        (unsigned long long)handle_of(view, node));
        return;
    }
}

static void judge_add_result(const struct request_view *view, const struct add_count *count, const char *refusal)
{
    char text[32];

    request_status(text, view->status);
    if (!is_success(view->status)) {
        check_failed_handles(view);
        if (count->must_law[0] && count->excused == 0)
            judgement_break(view->judgement, count->must_law, count->must_name, "a handle", "%s", text);
        else if (count->must_law[0] && !refusal)
            judgement_read(view->judgement, "A-04", "all-or-nothing");
        return;
    }
    if (refusal)
        request_accepted(view, refusal, NULL, NULL);
    else if (count->given == 0 && view->judgement->break_count == 0)
        judgement_break(view->judgement, "ADD-011", NULL, "a failure when no SA was offloaded",
                        "SUCCESS with every handle NULL");
    if (count->refused > count->refused_behind)
        judgement_break(view->judgement, count->excused > 0 ? "ADD-013" : count->refused_law, count->first_refused,
                        "a handle", "NULL, the request SUCCESS");
    else if (count->refused > 0 && count->given > 0)
        judgement_read(view->judgement, "A-04", "stop");
    else if (count->defective > 0 && count->given > 0 && count->must_law[0])
        judgement_read(view->judgement, "A-04", "continue");
}

/* A node that the list does not lead to has no business with a handle. */
static void check_unvisited(const struct request_view *view)
{
    uint32_t given = 0;

    if (!view->handles || view->walk.count == view->list.node_count || view->walk.is_wild)
        return;
    for (uint32_t node = 0; node < view->list.node_count; node++)
        given += handle_of(view, node) != 0 && !is_untouched(view, node, handle_of(view, node));
    for (uint32_t place = 0; place < view->walk.count; place++)
        given -= handle_of(view, view->walk.nodes[place]) != 0 &&
                 !is_untouched(view, view->walk.nodes[place], handle_of(view, view->walk.nodes[place]));
    if (given > 0)
        judgement_break(view->judgement, view->list.verb == VERB_ADD_SA_EX ? "ADD-059" : "ADD-015", NULL,
                        "handles only in elements that Next leads to", "%u others got one", (unsigned)given);
}

void model_judge_add(const struct request_view *view)
{
    const char *refusal = request_refusal(view);
    uint32_t source = model_add_source(view->device, view->line);
    struct add_count count;

    memset(&count, 0, sizeof count);
    for (uint32_t place = 0; place < view->walk.count; place++)
        judge_add_node(view, place, source, &count, refusal);
    judge_add_result(view, &count, refusal);
    check_unvisited(view);
}
