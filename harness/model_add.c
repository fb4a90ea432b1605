/* SPDX-License-Identifier: MIT */
/* ADD_SA and ADD_SA_EX: which elements may, must and must not become SAs. */
#include "model_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_twin.h"

/* What a request came to, while its elements are looked at one by one.  A request that failed has added nothing; its
 * SAs are then put into the table for as long as the judgement takes, because they count against each other. */
struct adding {
    const struct request_view *view;
    const char *refusal; /* the law by which the request must fail whatever its elements are, or NULL */
    uint32_t source;
    uint32_t room;          /* how many bundles the table had room for */
    uint32_t given;         /* elements that got a handle */
    uint32_t good;          /* elements that must be accepted, if the request is not refused as a whole */
    uint32_t excused;       /* failed, and must or may */
    uint32_t defective;     /* of these, for what stands in the element, not for want of room */
    uint32_t surplus;       /* of these, for want of room */
    uint32_t refused;       /* no handle, though nothing forbids the SA */
    bool is_unreadable;     /* an element's header may be refused: nobody knows whether it was passed */
    bool has_good_in_front; /* of the first element that is excused */
    bool has_given_behind;  /* an element that must be accepted, behind a defective one */
    char must_law[16];      /* the law that a refusal of the whole request breaks: that of the first good element */
    char must_name[TRACE_NAME_MAX + 16];
    char refused_law[16];
    char refused_name[TRACE_NAME_MAX + 16];
};

/* One element under judgement. */
struct adding_node {
    uint32_t node;
    uint64_t handle; /* what OffloadHandle holds now */
    bool is_left;    /* and that is what it held before */
    bool is_reached; /* the device can have come to it */
    struct bundle bundle;
    struct bundle_verdict verdict;
    char name[TRACE_NAME_MAX + 16];
};

static uint64_t handle_of(const struct request_view *view, uint32_t node)
{
    uint64_t handle = 0;

    if (view->handles)
        memcpy(&handle, view->handles + (size_t)node * sizeof handle, sizeof handle);
    return handle;
}

/* The SA that OffloadHandle named beforehand; NULL: none that was there then. */
static const struct model_sa *named_before(const struct request_view *view, uint32_t node,
                                           const struct trace_word *before)
{
    uint32_t index;
    uint64_t symbol;

    list_element(&view->list, node, &index);
    symbol = before->number + (before->base == BASE_RUN ? index : 0);
    if (before->device == view->device_index && symbol >= view->first_sa &&
        symbol - view->first_sa < view->list.node_count)
        return NULL;
    return model_sa(view->model, before->device, symbol);
}

/* is_left: whether OffloadHandle holds what it held beforehand, as far as we know that. */
static bool is_left(const struct request_view *view, uint32_t node)
{
    const struct trace_word *before = list_handle(&view->list, node);
    uint64_t handle = handle_of(view, node);
    const struct model_sa *sa;

    if (handle == 0)
        return false;
    if (!before)
        return handle == request_raw_handle(view, node);
    if (before->base == BASE_RAW)
        return before->number == handle;
    sa = named_before(view, node, before);
    return list_twist(sa ? sa->handle : 0, before->twist) == handle;
}

/* may_be_left: the same, and also if it named an SA whose handle was told only while the request was out, or is not
 * told yet. */
static bool may_be_left(const struct request_view *view, uint32_t node)
{
    const struct trace_word *before = list_handle(&view->list, node);
    const struct model_sa *sa;

    if (!before || before->base == BASE_RAW || is_left(view, node))
        return is_left(view, node);
    sa = named_before(view, node, before);
    return sa && (sa->state == MODEL_PENDING || sa->told_at >= view->number);
}

static void take_sa(const struct adding *adding, const struct adding_node *at)
{
    const struct request_view *view = adding->view;
    struct model_sa *sa = &view->device->sas[view->first_sa - 1 + at->node];

    sa->source = adding->source;
    sa->node = at->node;
    sa->request = view->number;
    sa->handle = at->handle;
    sa->state = MODEL_FAILED;
    sa->inbound = at->bundle.inbound;
    view->device->has_pairs |= at->bundle.layer_count == 2;
    sa->spi = bundle_spi(&at->bundle);
    sa->selectors = bundle_selectors(&at->bundle);
    for (uint32_t i = 0; i < 2; i++)
        sa->hi[i] = at->bundle.layers[i].hi;
}

/* ---- Duplicates (A-50) ---- */

/* A duplicate may be refused; what the device does is a reading, if the other SA is there for sure and nothing else may
 * have been the reason. */
static void relax_twin(const struct adding *adding, struct adding_node *at)
{
    struct bundle_verdict *verdict = &at->verdict;
    bool is_open = verdict->permit == BUNDLE_ACCEPT || verdict->permit == BUNDLE_EITHER;
    uint32_t twin = is_open ? twin_next(adding->view, &at->bundle, 0) : 0;
    const struct model_sa *sa = twin ? &adding->view->device->sas[twin - 1] : NULL;

    if (!sa) {
        if (verdict->permit == BUNDLE_ACCEPT && !twin_is_searched(adding->view, &at->bundle))
            verdict->permit = BUNDLE_SAFE;
        return;
    }
    verdict->reading[0] = '\0';
    if (verdict->permit == BUNDLE_ACCEPT && sa->state == MODEL_LIVE && !sa->leaving)
        snprintf(verdict->reading, sizeof verdict->reading, "A-50");
    verdict->permit = BUNDLE_EITHER;
    verdict->when_accepted = NULL; /* "both" or "second-wins": the next packet tells */
    verdict->when_refused = "refuse";
}

/* The new SA may have taken the place of the old one; the next use of it tells. */
static void doubt_twins(const struct adding *adding, const struct bundle *bundle, uint32_t symbol)
{
    const struct request_view *view = adding->view;

    for (uint32_t twin = twin_next(view, bundle, 0); twin; twin = twin_next(view, bundle, twin)) {
        struct model_sa *sa = &view->device->sas[twin - 1];
        if (twin == symbol || sa->state != MODEL_LIVE)
            continue;
        sa->state = MODEL_MAYBE;
        sa->request = 0;
    }
}

/* ---- One element ---- */

/* is_switched_off: whether the configuration leaves out an operation of the bundle. */
static bool is_switched_off(const struct bundle *bundle, uint32_t ipsec)
{
    bool is_off = ipsec == NDIS_OFFLOAD_PARAMETERS_IPSECV2_DISABLED;

    for (uint32_t i = 0; i < bundle->layer_count; i++) {
        bool is_ah = bundle->layers[i].operation == IPSEC_OFFLOAD_V2_OPERATION_AH;
        is_off = is_off || ipsec == (is_ah ? NDIS_OFFLOAD_PARAMETERS_IPSECV2_ESP_ENABLED
                                           : NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_ENABLED);
    }
    return is_off;
}

static const char *law_of_switch(const struct model_device *device)
{
    if (device->ipsec == NDIS_OFFLOAD_PARAMETERS_IPSECV2_DISABLED)
        return "ADD-054";
    return device->was_switched ? "CFG-004" : "CFG-001";
}

/* What the request or the list as a whole leaves more open, or less, than the element does itself. */
static void loosen(const struct adding *adding, struct adding_node *at)
{
    const struct request_view *view = adding->view;
    struct bundle_verdict *verdict = &at->verdict;
    bool may_fail = view->may_fail || view->is_reconfigured || view->device->ipsec == MODEL_IPSEC_UNKNOWN;

    if (adding->refusal) {
        verdict->permit = BUNDLE_REJECT;
        snprintf(verdict->requirement, sizeof verdict->requirement, "%s", adding->refusal);
        return;
    }
    if (verdict->permit == BUNDLE_REJECT)
        return;
    if (view->walk.is_cyclic || view->walk.is_wild || (may_fail && verdict->permit == BUNDLE_ACCEPT))
        verdict->permit = BUNDLE_SAFE;
    if (view->is_reconfigured || !is_switched_off(&at->bundle, view->device->ipsec))
        return;
    verdict->permit = BUNDLE_REJECT;
    snprintf(verdict->requirement, sizeof verdict->requirement, "%s", law_of_switch(view->device));
    snprintf(verdict->reason, sizeof verdict->reason, "disabled by configuration: the add fails");
}

/* An element for which there is no room may fail. */
static void relax_surplus(const struct adding *adding, struct bundle_verdict *verdict)
{
    const struct model_device *device = adding->view->device;

    if (device->live_count + device->pending_count < device->profile.caps.SaOffloadCapacity)
        return;
    if (verdict->permit == BUNDLE_EITHER)
        verdict->reading[0] = '\0';
    if (verdict->permit != BUNDLE_ACCEPT)
        return;
    verdict->permit = BUNDLE_EITHER;
    snprintf(verdict->reading, sizeof verdict->reading, "A-38");
    verdict->when_accepted = "accept";
    verdict->when_refused = "fail";
}

static void check_new_handle(const struct adding *adding, const struct adding_node *at)
{
    struct model_device *device = adding->view->device;
    uint32_t twin = model_find_handle(device, at->handle);
    struct bundle_selectors selectors = bundle_selectors(&at->bundle);
    const char *law = "ADD-005";

    if (!twin)
        return;
    if (at->is_left)
        law = "ADD-007";
    else if (device->sas[twin - 1].leaving)
        law = "ADD-062";
    else if (twin_is(adding->view, &selectors, twin))
        law = "ADD-055";
    judgement_break(adding->view->judgement, law, at->name, "a handle that no live SA has", "the handle of #%u",
                    (unsigned)twin);
}

/* The element's OffloadHandle holds what it held before, although the request succeeded. */
static void judge_left(const struct adding *adding, const struct adding_node *at)
{
    const char *law = "ADD-010";

    if (at->verdict.permit == BUNDLE_SAFE || adding->is_unreadable)
        return;
    if (at->verdict.permit == BUNDLE_ACCEPT)
        law = adding->view->walk.count > 1 ? "ADD-013" : "ADD-007";
    judgement_break(adding->view->judgement, law, at->name, "a new handle, or NULL",
                    "what OffloadHandle held before, %llx", (unsigned long long)at->handle);
}

/* A DELETE may have known the handle before we did; then the SA is gone as soon as it is there (DEL-019). */
static void settle_early(struct model_sa *sa)
{
    if (!sa->is_early)
        return;
    sa->state = MODEL_MAYBE;
    sa->request = 0;
}

static void judge_given(struct adding *adding, const struct adding_node *at)
{
    const struct request_view *view = adding->view;
    const struct bundle_verdict *verdict = &at->verdict;
    uint32_t symbol = view->first_sa + at->node;

    if (at->is_left && (verdict->permit == BUNDLE_REJECT || !model_find_handle(view->device, at->handle))) {
        judge_left(adding, at);
        return;
    }
    if (verdict->permit == BUNDLE_REJECT) {
        request_accepted(view, verdict->requirement, at->name, verdict->reason);
    } else {
        check_new_handle(adding, at);
        adding->given++;
        adding->has_given_behind |= verdict->permit == BUNDLE_ACCEPT && adding->defective > 0;
        if (verdict->permit == BUNDLE_EITHER && verdict->reading[0] && verdict->when_accepted)
            judgement_read(view->judgement, verdict->reading, verdict->when_accepted);
    }
    model_go_live(view->device, symbol);
    if (verdict->permit != BUNDLE_ACCEPT)
        doubt_twins(adding, &at->bundle, symbol);
    settle_early(&view->device->sas[symbol - 1]);
}

/* Whether a law is about the contents of an element that could be read: no page names the code for these. */
static bool is_about_content(const char *law)
{
    return (strncmp(law, "ADD-", 4) == 0 && strcmp(law, "ADD-054") != 0) ||
           (strncmp(law, "KEY-", 4) == 0 && strcmp(law, "KEY-002") != 0);
}

/* An element that got no handle, of a request that succeeded; or any element of a request that failed. */
static void judge_refused(struct adding *adding, const struct adding_node *at)
{
    const struct bundle_verdict *verdict = &at->verdict;
    bool is_full = strcmp(verdict->reading, "A-38") == 0;

    if (verdict->permit == BUNDLE_ACCEPT) {
        if (adding->refused++ == 0) {
            snprintf(adding->refused_name, sizeof adding->refused_name, "%s", at->name);
            snprintf(adding->refused_law, sizeof adding->refused_law, "%s", verdict->requirement);
        }
        return;
    }
    if (adding->excused++ == 0)
        adding->has_good_in_front = adding->good > 0;
    adding->surplus += is_full;
    adding->defective += !is_full;
    if (adding->view->walk.count > 1 || is_full)
        return;
    if (verdict->permit == BUNDLE_EITHER && verdict->reading[0] && verdict->when_refused)
        judgement_read(adding->view->judgement, verdict->reading, verdict->when_refused);
    if (verdict->permit == BUNDLE_REJECT && is_about_content(verdict->requirement) && at->is_reached &&
        !adding->view->may_fail)
        request_read_code(adding->view, "A-07");
}

/* An element's bytes do not show what OffloadHandle held beforehand; that it held something is all that matters. */
static void fill_handle(uint8_t bytes[LIST_NODE_BYTES], const struct request_view *view, uint32_t node)
{
    uint8_t copy[LIST_NODE_BYTES];
    uint32_t handle_at;

    if (!list_handle(&view->list, node))
        return;
    list_encode(&view->list, node, copy, NULL, &handle_at);
    if (handle_at != UINT32_MAX)
        bytes[handle_at] = 1;
}

/* is_put_back: nobody need have looked at the elements: a request that waited came back with nothing done, or one is
 * odd by itself. */
static bool is_put_back(const struct request_view *view)
{
    return view->is_odd || (view->is_completion &&
                            (view->status == NDIS_STATUS_REQUEST_ABORTED || view->status == NDIS_STATUS_NOT_ACCEPTED));
}

static void read_node(struct adding *adding, struct adding_node *at, uint32_t place)
{
    const struct request_view *view = adding->view;
    struct bundle_verdict header;
    struct bundle_input input;
    uint8_t bytes[LIST_NODE_BYTES];

    at->node = view->walk.nodes[place];
    at->handle = handle_of(view, at->node);
    at->is_left = is_left(view, at->node);
    request_node_name(at->name, sizeof at->name, &view->list, at->node);
    request_input(&input, bytes, view, place);
    fill_handle(bytes, view, at->node);
    bundle_judge(&at->bundle, &at->verdict, &input);
    if (!bundle_judge_header(&header, &input, list_fixed(&view->list)) || header.permit != BUNDLE_ACCEPT)
        adding->is_unreadable = true;
    at->is_reached = !adding->is_unreadable && !adding->refusal && !view->walk.is_cyclic && !view->walk.is_wild &&
                     !is_put_back(view) && !bundle_may_lack_oid(&input);
}

static void judge_node(struct adding *adding, uint32_t place)
{
    const struct request_view *view = adding->view;
    struct adding_node at;

    read_node(adding, &at, place);
    loosen(adding, &at);
    relax_surplus(adding, &at.verdict);
    relax_twin(adding, &at);
    if (at.verdict.permit == BUNDLE_ACCEPT && adding->good++ == 0) {
        snprintf(adding->must_law, sizeof adding->must_law, "%s", at.verdict.requirement);
        snprintf(adding->must_name, sizeof adding->must_name, "%s", at.name);
    }
    take_sa(adding, &at);
    if (is_success(view->status)) {
        if (at.handle != 0)
            judge_given(adding, &at);
        else
            judge_refused(adding, &at);
        return;
    }
    judge_refused(adding, &at);
    if (at.handle != 0 && (at.is_reached || !may_be_left(view, at.node)))
        judgement_break(view->judgement, "ADD-010", at.name, "NULL in the OffloadHandle of a failing element", "%llx",
                        (unsigned long long)at.handle);
    if (at.verdict.permit != BUNDLE_REJECT)
        model_go_live(view->device, view->first_sa + at.node);
}

/* ---- The request ---- */

static void judge_failure(const struct adding *adding)
{
    const struct request_view *view = adding->view;
    char text[32];

    if (adding->surplus > 0 && adding->defective == 0)
        judgement_read(view->judgement, "A-38", "fail");
    if (adding->good > 0 && adding->excused == 0)
        judgement_break(view->judgement, adding->must_law, adding->must_name, "a handle", "%s",
                        request_status(text, view->status));
    else if (adding->has_good_in_front && !adding->is_unreadable)
        judgement_read(view->judgement, "A-04", "all-or-nothing");
}

static void judge_success(const struct adding *adding)
{
    const struct request_view *view = adding->view;
    bool is_full = adding->given >= adding->room && adding->refused + adding->surplus > 0;

    if (adding->refusal) {
        request_accepted(view, adding->refusal, NULL, NULL);
        return;
    }
    if (is_full)
        judgement_read(view->judgement, "A-38", "fail");
    if (adding->given == 0 && view->judgement->break_count == 0)
        judgement_break(view->judgement, "ADD-011", NULL, "a failure when no SA was offloaded",
                        "SUCCESS with every handle NULL");
    else if (adding->refused > 0 && adding->defective == 0 && !is_full)
        judgement_break(view->judgement, adding->refused_law, adding->refused_name, "a handle",
                        "NULL, the request SUCCESS");
    else if (adding->is_unreadable || adding->defective == 0)
        return;
    else if (adding->refused > 0 && !is_full)
        judgement_read(view->judgement, "A-04", "stop");
    else if (adding->has_given_behind)
        judgement_read(view->judgement, "A-04", "continue");
}

/* A request that failed has added nothing.  What came last into the tables is found first. */
static void withdraw(const struct request_view *view)
{
    for (uint32_t place = view->walk.count; place-- > 0;)
        model_go_dead(view->device, view->first_sa + view->walk.nodes[place], MODEL_FAILED);
}

/* What OffloadHandle holds is what the symbol of an element stands for, whoever has written it.  An element that the
 * list does not lead to waits no longer, either. */
static void keep_handles(const struct request_view *view)
{
    for (uint32_t node = 0; node < view->list.node_count; node++) {
        struct model_sa *sa = &view->device->sas[view->first_sa - 1 + node];
        if (sa->state == MODEL_PENDING)
            sa->state = MODEL_FAILED;
        if (!view->handles)
            continue;
        sa->handle = handle_of(view, node);
        sa->is_left = is_left(view, node);
        sa->told_at = view->device->asked;
    }
}

/* A node that the list does not lead to has no business with a handle. */
static void check_unvisited(const struct request_view *view)
{
    uint32_t given = 0;

    if (!view->handles || view->walk.count == view->list.node_count || view->walk.is_wild)
        return;
    for (uint32_t node = 0; node < view->list.node_count; node++)
        given += handle_of(view, node) != 0 && !may_be_left(view, node);
    for (uint32_t place = 0; place < view->walk.count; place++)
        given -= handle_of(view, view->walk.nodes[place]) != 0 && !may_be_left(view, view->walk.nodes[place]);
    if (given > 0)
        judgement_break(view->judgement, view->list.verb == VERB_ADD_SA_EX ? "ADD-059" : "ADD-015", NULL,
                        "handles only in elements that Next leads to", "%u others got one", (unsigned)given);
}

void model_judge_add(const struct request_view *view)
{
    const struct model_device *device = view->device;
    uint32_t taken = device->live_count + device->pending_count;
    uint32_t capacity = device->profile.caps.SaOffloadCapacity;
    struct adding adding;

    memset(&adding, 0, sizeof adding);
    adding.view = view;
    adding.refusal = request_refusal(view);
    adding.source = model_add_source(view->device, view->line);
    adding.room = taken < capacity ? capacity - taken : 0;
    for (uint32_t place = 0; place < view->walk.count; place++)
        judge_node(&adding, place);
    if (is_success(view->status)) {
        judge_success(&adding);
    } else {
        judge_failure(&adding);
        withdraw(view);
    }
    check_unvisited(view);
    keep_handles(view);
}
