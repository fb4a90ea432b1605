/* SPDX-License-Identifier: MIT */
/* Requests: which answers to an ADD, UPDATE or DELETE list are legal, and what they make of the SA table. */
#include "model_internal.h"
#include "names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The nodes that a reader of the list meets, in order. */
struct walk {
    uint32_t *nodes;
    uint32_t count;
    bool is_cyclic; /* it comes back to a node: only safety is judged */
    bool is_wild;   /* it leads out of what a driver could check: only safety is judged */
};

/* One request as it is judged: when it is answered, or when it completes. */
struct request_view {
    struct model *model;
    struct model_device *device;
    uint32_t device_index;
    struct judgement *judgement;
    const struct trace_line *line;
    struct list list;
    struct walk walk;
    uint32_t number;
    uint32_t status;
    uint32_t length; /* InformationBufferLength */
    uint32_t first_sa;
    const uint8_t *handles; /* ADD: 8 bytes for each node; NULL: not known */
    bool may_fail;          /* an allocation was made to fail, or the request was cancelled or reset */
};

static uint64_t option_or(const struct trace_line *line, enum trace_key key, uint64_t absent)
{
    const struct trace_word *word = trace_option(line, key);

    return word ? word->number : absent;
}

static void node_name(char *out, size_t size, const struct list *list, uint32_t node)
{
    uint32_t index;
    const struct trace_element *element = list_element(list, node, &index);

    if (element->count > 1)
        snprintf(out, size, "%s[%u]", element->name, (unsigned)index);
    else
        snprintf(out, size, "%s", element->name);
}

static const char *status_text(char out[32], uint32_t status)
{
    const char *name = names_of(NAMES_STATUS, status);

    if (name)
        snprintf(out, 32, "%s", name);
    else
        snprintf(out, 32, "%08x", (unsigned)status);
    return out;
}

/* ---- The walk ---- */

static void walk_list(struct walk *walk, const struct list *list)
{
    uint8_t *seen = calloc(list->node_count ? list->node_count : 1, 1);
    uint32_t node = 0;

    memset(walk, 0, sizeof *walk);
    walk->nodes = malloc((list->node_count ? list->node_count : 1) * sizeof *walk->nodes);
    if (!seen || !walk->nodes || list->node_count == 0) {
        walk->is_wild = list->node_count > 0;
        free(seen);
        return;
    }
    for (;;) {
        struct list_link link;
        seen[node] = 1;
        walk->nodes[walk->count++] = node;
        if (!list->linked)
            break;
        link = list_next(list, node);
        if (link.target == TARGET_NULL || (link.target == TARGET_RAW && link.value == 0))
            break;
        walk->is_wild = link.target != TARGET_NODE;
        walk->is_cyclic = !walk->is_wild && seen[link.node];
        if (walk->is_wild || walk->is_cyclic)
            break;
        node = link.node;
    }
    free(seen);
}

/* ---- Headers and the request itself ---- */

/* Why the request must fail whatever its elements are; NULL: it need not. */
static const char *request_refusal(const struct request_view *view)
{
    uint64_t kind = option_or(view->line, KEY_KIND, NDIS_REQUEST_SET_INFORMATION);
    const struct trace_word *buffer = trace_option(view->line, KEY_BUFFER);

    if (!view->device->profile.offers_ipsec)
        return "OID-025";
    if (kind == NDIS_REQUEST_QUERY_INFORMATION || kind == NDIS_REQUEST_QUERY_STATISTICS)
        return "OID-022";
    if (kind == NDIS_REQUEST_METHOD)
        return "OID-023";
    if (kind != NDIS_REQUEST_SET_INFORMATION)
        return "OID-024";
    if (view->device->is_removed)
        return "OID-030";
    if (buffer && buffer->base == BASE_NULL)
        return "HDR-003";
    if (view->length < sizeof(struct ndis_object_header))
        return "HDR-002";
    return NULL;
}

static void read_input(struct bundle_input *input, uint8_t bytes[LIST_NODE_BYTES], const struct request_view *view,
                       uint32_t place)
{
    memset(input, 0, sizeof *input);
    input->bytes = bytes;
    input->len = list_encode(&view->list, view->walk.nodes[place], bytes, NULL, NULL);
    input->is_head = place == 0;
    input->limit = place == 0 ? view->length : UINT32_MAX;
    if (place == 0 && input->limit < input->len)
        input->len = input->limit;
    input->is_ex = view->list.verb == VERB_ADD_SA_EX;
    input->profile = &view->device->profile;
}

/* The header verdict of a DELETE or UPDATE element. */
static struct bundle_verdict judge_plain(const struct request_view *view, uint32_t place)
{
    uint8_t bytes[LIST_NODE_BYTES];
    struct bundle_verdict verdict;
    struct bundle_input input;
    uint32_t fixed = list_fixed(&view->list);
    bool is_update = view->list.verb == VERB_UPDATE_SA;
    uint16_t size = 0;

    memset(&verdict, 0, sizeof verdict);
    read_input(&input, bytes, view, place);
    if (input.len >= sizeof(struct ndis_object_header))
        memcpy(&size, bytes + 2, sizeof size);
    if (!bundle_judge_header(&verdict, &input, fixed)) {
        /* a `linked` device may take the size of the other layout, or fail cleanly. */
        if (is_update && view->list.linked && size >= NDIS_SIZEOF_IPSEC_OFFLOAD_V2_UPDATE_SA_REVISION_1 && size < fixed)
            verdict.permit = BUNDLE_SAFE;
        return verdict;
    }
    if (input.is_head && input.limit < fixed) {
        verdict.permit = BUNDLE_REJECT;
        snprintf(verdict.requirement, sizeof verdict.requirement, "%s", is_update ? "UPD-004" : "DEL-017");
        snprintf(verdict.reason, sizeof verdict.reason, "InformationBufferLength is shorter than the structure");
    } else if (!input.is_head && input.len < fixed) {
        verdict.permit = BUNDLE_SAFE; /* the header promises memory that is not there */
    }
    return verdict;
}

/* ---- Laws about every answer ---- */

static void check_status(const struct request_view *view)
{
    char text[32];
    uint32_t status = view->status;

    status_text(text, status);
    if (status == NDIS_STATUS_INDICATION_REQUIRED)
        judgement_break(view->judgement, "OID-019", NULL, "no INDICATION_REQUIRED for these OIDs", "%s", text);
    else if (status != NDIS_STATUS_SUCCESS && status != NDIS_STATUS_PENDING && status != NDIS_STATUS_NOT_ACCEPTED &&
             status < 0x80000000u)
        judgement_break(view->judgement, "OID-020", NULL, "SUCCESS, PENDING, NOT_ACCEPTED or an NDIS failure code",
                        "%s", text);
}

static void check_outputs(const struct request_view *view, const struct outcome *outcome)
{
    uint32_t revision = outcome->supported_revision;
    bool is_update = view->list.verb == VERB_UPDATE_SA;
    uint8_t bytes[LIST_NODE_BYTES];

    if (is_success(view->status) && view->walk.count > 0) {
        uint32_t len = list_encode(&view->list, 0, bytes, NULL, NULL);
        bool is_newer = len >= 2 && bytes[1] > 1;
        if (revision != 1)
            judgement_break(view->judgement,
                            is_newer    ? "HDR-017"
                            : is_update ? "UPD-023"
                                        : "HDR-016",
                            NULL, "SupportedRevision 1", "%u", (unsigned)revision);
        if (outcome->bytes_read == 0 || outcome->bytes_read > view->length)
            judgement_break(view->judgement, is_update ? "UPD-023" : "HDR-019", NULL,
                            "BytesRead above 0 and not above InformationBufferLength", "%u of %u",
                            (unsigned)outcome->bytes_read, (unsigned)view->length);
    }
    if ((view->status == NDIS_STATUS_BUFFER_TOO_SHORT || view->status == NDIS_STATUS_INVALID_LENGTH) &&
        (outcome->bytes_needed <= view->length || outcome->bytes_needed < list_fixed(&view->list) - 1))
        judgement_break(view->judgement, "HDR-018", NULL, "BytesNeeded is enough for this request", "%u after %u",
                        (unsigned)outcome->bytes_needed, (unsigned)view->length);
}

static void break_accepted(const struct request_view *view, const char *requirement, const char *element,
                           const char *reason)
{
    judgement_break(view->judgement, requirement, element, reason && *reason ? reason : "the request fails", "SUCCESS");
}

/* ---- ADD ---- */

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
            break_accepted(view, verdict->requirement, name, verdict->reason);
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
        if (verdict->permit == BUNDLE_EITHER && verdict->reading[0] && verdict->when_refused && view->walk.count == 1)
            judgement_read(view->judgement, verdict->reading, verdict->when_refused);
        count->excused++;
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
    node_name(name, sizeof name, &view->list, node);
    read_input(&input, bytes, view, place);
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
        node_name(name, sizeof name, &view->list, node);
        judgement_break(view->judgement, "ADD-010", name, "NULL in the OffloadHandle of a failing element", "%llx",
                        (unsigned long long)handle_of(view, node));
        return;
    }
}

static void judge_add_result(const struct request_view *view, const struct add_count *count, const char *refusal)
{
    char text[32];

    status_text(text, view->status);
    if (!is_success(view->status)) {
        check_failed_handles(view);
        if (count->must_law[0] && count->excused == 0)
            judgement_break(view->judgement, count->must_law, count->must_name, "a handle", "%s", text);
        else if (count->must_law[0] && !refusal)
            judgement_read(view->judgement, "A-04", "all-or-nothing");
        return;
    }
    if (refusal)
        break_accepted(view, refusal, NULL, NULL);
    else if (count->given == 0 && view->judgement->break_count == 0)
        judgement_break(view->judgement, "ADD-011", NULL, "a failure when no SA was offloaded",
                        "SUCCESS with every handle NULL");
    if (count->refused > count->refused_behind)
        judgement_break(view->judgement, count->excused > 0 ? "ADD-013" : count->refused_law, count->first_refused,
                        "a handle", "NULL, the request SUCCESS");
    else if (count->refused > 0 && count->given > 0)
        judgement_read(view->judgement, "A-04", "stop");
    else if (count->excused > 0 && count->given > 0 && count->must_law[0])
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

static void judge_add(const struct request_view *view)
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

/* ---- DELETE ---- */

/* The live SA that a handle word names, or 0. */
static uint32_t named_sa(const struct request_view *view, uint32_t node)
{
    const struct trace_word *word = list_handle(&view->list, node);
    uint32_t index;
    uint64_t symbol;
    const struct model_sa *sa;

    if (!word || word->twist != TWIST_NONE || (word->base != BASE_SYMBOL && word->base != BASE_RUN) ||
        word->device != view->device_index)
        return 0;
    list_element(&view->list, node, &index);
    symbol = word->number + (word->base == BASE_RUN ? index : 0);
    sa = model_sa(view->model, view->device_index, symbol);
    return sa && (sa->state == MODEL_LIVE || sa->state == MODEL_MAYBE) ? (uint32_t)symbol : 0;
}

struct plain_count {
    uint32_t bad;     /* elements whose header must be refused */
    uint32_t open;    /* elements on which the documents leave the verdict open */
    uint32_t unknown; /* well-formed, but the handle names no live SA */
    char law[16];
    char name[TRACE_NAME_MAX + 16];
    char reason[96];
};

static void count_plain(const struct request_view *view, struct plain_count *count)
{
    memset(count, 0, sizeof *count);
    for (uint32_t place = 0; place < view->walk.count; place++) {
        struct bundle_verdict verdict = judge_plain(view, place);
        if (verdict.permit == BUNDLE_REJECT && count->bad++ == 0) {
            snprintf(count->law, sizeof count->law, "%s", verdict.requirement);
            snprintf(count->reason, sizeof count->reason, "%s", verdict.reason);
            node_name(count->name, sizeof count->name, &view->list, view->walk.nodes[place]);
        }
        count->open += verdict.permit == BUNDLE_EITHER || verdict.permit == BUNDLE_SAFE;
        if (verdict.permit == BUNDLE_EITHER && verdict.reading[0] && view->walk.count == 1)
            judgement_read(view->judgement, verdict.reading,
                           is_success(view->status) ? verdict.when_accepted : verdict.when_refused);
    }
}

static void delete_nodes(const struct request_view *view, enum model_state state)
{
    for (uint32_t place = 0; place < view->walk.count; place++) {
        uint32_t symbol = named_sa(view, view->walk.nodes[place]);
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
        if (named_sa(view, view->walk.nodes[place]))
            live++;
        else
            unknown++;
    }
    /* The same handle twice names a live SA twice, but only the first finds it. */
    if (live > 1 && view->walk.count <= 4096) {
        for (uint32_t a = 0; a < view->walk.count; a++) {
            uint32_t symbol = named_sa(view, view->walk.nodes[a]);
            for (uint32_t b = 0; symbol && b < a; b++)
                unknown += named_sa(view, view->walk.nodes[b]) == symbol;
        }
    }
    return unknown;
}

static void judge_delete_failure(const struct request_view *view, const struct plain_count *count)
{
    char text[32];
    bool is_verifier_clean = view->status == NDIS_STATUS_NOT_ACCEPTED || view->status == NDIS_STATUS_REQUEST_ABORTED;

    status_text(text, view->status);
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

static void judge_delete(const struct request_view *view)
{
    const char *refusal = request_refusal(view);
    struct plain_count count;
    bool is_open = view->walk.is_cyclic || view->walk.is_wild;

    count_plain(view, &count);
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
        break_accepted(view, refusal, NULL, NULL);
    } else if (count.bad > 0) {
        const char *law = strcmp(count.law, "HDR-015") == 0 ? "DEL-016" : count.law;
        break_accepted(view, law, count.name, count.reason);
        delete_nodes(view, MODEL_MAYBE);
        return;
    } else if (count.unknown > 0 && !is_open) {
        judgement_read(view->judgement, "A-06", "success");
    }
    delete_nodes(view, view->walk.is_wild ? MODEL_MAYBE : MODEL_DELETED);
}

/* ---- UPDATE ---- */

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
    update.symbol = named_sa(view, node);
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
    judgement_break(view->judgement, update->law, NULL, "INVALID_PARAMETER", "%s", status_text(text, view->status));
}

static void judge_update_done(const struct request_view *view, const struct update_view *update, const char *name)
{
    if (update->law)
        break_accepted(view, update->law, name, update->reason);
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
                        "SUCCESS for a live ESN SA", "%s", status_text(text, view->status));
    }
}

static bool has_update_excuse(const struct request_view *view)
{
    for (uint32_t place = 0; place < view->walk.count; place++) {
        struct update_view update = judge_update_node(view, view->walk.nodes[place]);
        if (update.law || update.is_open)
            return true;
        for (uint32_t earlier = 0; view->walk.count <= 256 && earlier < place; earlier++) {
            if (named_sa(view, view->walk.nodes[earlier]) == update.symbol)
                return true; /* UPD-029: the request may fail */
        }
    }
    return false;
}

static void judge_update(const struct request_view *view)
{
    const char *refusal = request_refusal(view);
    struct plain_count count;
    bool is_open = view->walk.is_cyclic || view->walk.is_wild || view->may_fail;
    bool done = is_success(view->status);
    bool has_excuse;

    count_plain(view, &count);
    if (refusal || count.bad > 0) {
        const char *law = refusal ? refusal : strcmp(count.law, "HDR-015") == 0 ? "UPD-026" : count.law;
        /* A wrong element behind good ones: these may be updated or not (UPD-028). */
        for (uint32_t place = 0; !refusal && place < view->walk.count; place++) {
            struct update_view update = judge_update_node(view, view->walk.nodes[place]);
            apply_update(view, &update, false);
        }
        if (done)
            break_accepted(view, law, refusal ? NULL : count.name, refusal ? NULL : count.reason);
        return;
    }
    has_excuse = is_open || count.open > 0 || has_update_excuse(view);
    for (uint32_t place = 0; place < view->walk.count; place++) {
        struct update_view update = judge_update_node(view, view->walk.nodes[place]);
        char name[TRACE_NAME_MAX + 16];
        node_name(name, sizeof name, &view->list, view->walk.nodes[place]);
        if (done && !is_open && count.open == 0)
            judge_update_done(view, &update, name);
        else if (!done)
            judge_update_failed(view, &update, name, has_excuse);
        /* A failed list of several may have updated its good elements, or none (UPD-028). */
        if (done || view->walk.count > 1)
            apply_update(view, &update, done && !(update.is_open && update.law));
    }
}

/* ---- The request ---- */

static void open_view(struct request_view *view, struct model *model, struct judgement *judgement, uint32_t device,
                      const struct trace_line *line)
{
    uint8_t bytes[LIST_NODE_BYTES];

    memset(view, 0, sizeof *view);
    view->model = model;
    view->device = &model->devices[device];
    view->device_index = device;
    view->judgement = judgement;
    view->line = line;
    list_read(&view->list, line, &view->device->profile);
    walk_list(&view->walk, &view->list);
    if (view->list.node_count > 0)
        view->length = list_encode(&view->list, 0, bytes, NULL, NULL);
    view->length = (uint32_t)option_or(line, KEY_LENGTH, view->length);
    view->may_fail = trace_option(line, KEY_FAIL) != NULL || option_or(line, KEY_DOOR, 1) != OV2_DOOR_DIRECT;
}

static bool is_add(enum trace_verb verb)
{
    return verb == VERB_ADD_SA || verb == VERB_ADD_SA_EX;
}

static void judge_view(const struct request_view *view)
{
    check_status(view);
    if (is_add(view->line->verb))
        judge_add(view);
    else if (view->line->verb == VERB_UPDATE_SA)
        judge_update(view);
    else
        judge_delete(view);
}

static void remember(struct request_view *view)
{
    struct model_pending *pending = calloc(1, sizeof *pending);

    if (!pending)
        return;
    pending->text = malloc(TRACE_LINE_MAX + 1);
    if (pending->text)
        trace_print(pending->text, TRACE_LINE_MAX + 1, view->line);
    pending->request = view->number;
    pending->id = option_or(view->line, KEY_ID, 0);
    pending->next = view->device->pending;
    view->device->pending = pending;
    if (!is_add(view->line->verb))
        return;
    view->device->pending_count += view->list.node_count;
    for (uint32_t node = 0; node < view->list.node_count; node++)
        view->device->sas[view->first_sa - 1 + node].state = MODEL_PENDING;
}

void model_judge_request(struct model *model, struct judgement *judgement, uint32_t device,
                         const struct trace_line *line, const struct outcome *outcome)
{
    struct request_view view;

    if (outcome->result != OV2_OK)
        return;
    if (line->verb == VERB_OID)
        return;
    open_view(&view, model, judgement, device, line);
    view.number = outcome->request;
    view.status = outcome->status;
    view.first_sa = outcome->first_sa;
    view.handles = outcome->sa_count > 0 ? outcome->bytes + outcome->handles_at : NULL;
    if (is_add(line->verb) && !model_reserve(view.device, outcome->sa_count)) {
        free(view.walk.nodes);
        return;
    }
    if (view.status == NDIS_STATUS_PENDING) {
        remember(&view);
    } else {
        judge_view(&view);
        check_outputs(&view, outcome);
    }
    free(view.walk.nodes);
}

void model_judge_completion(struct model *model, struct judgement *judgement, uint32_t device,
                            const struct outcome *outcome, const struct completion *completion)
{
    struct model_pending **link = &model->devices[device].pending;
    struct model_pending *pending;
    struct request_view view;
    struct trace_error error;

    while (*link && (*link)->request != completion->number)
        link = &(*link)->next;
    pending = *link;
    if (!pending)
        return;
    *link = pending->next;
    if (pending->text && trace_parse(model->scratch, &error, pending->text, strlen(pending->text)) == TRACE_REQUEST) {
        open_view(&view, model, judgement, device, model->scratch);
        view.number = pending->request;
        view.status = completion->status;
        view.first_sa = completion->first_sa;
        view.handles = completion->sa_count > 0 ? outcome->bytes + completion->at : NULL;
        view.may_fail = view.may_fail || completion->status == NDIS_STATUS_REQUEST_ABORTED ||
                        completion->status == NDIS_STATUS_NOT_ACCEPTED ||
                        completion->status == NDIS_STATUS_RESET_IN_PROGRESS;
        if (is_add(model->scratch->verb))
            view.device->pending_count -= view.list.node_count;
        judge_view(&view);
        free(view.walk.nodes);
    }
    free(pending->text);
    free(pending);
}
