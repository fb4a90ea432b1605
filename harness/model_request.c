/* SPDX-License-Identifier: MIT */
/* Requests: the walk through a list, what every answer must hold to, and requests that complete later. */
#include "model_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

static uint64_t option_or(const struct trace_line *line, enum trace_key key, uint64_t absent)
{
    const struct trace_word *word = trace_option(line, key);

    return word ? word->number : absent;
}

void request_node_name(char *out, size_t size, const struct list *list, uint32_t node)
{
    uint32_t index;
    const struct trace_element *element = list_element(list, node, &index);

    if (element->count > 1)
        snprintf(out, size, "%s[%u]", element->name, (unsigned)index);
    else
        snprintf(out, size, "%s", element->name);
}

const char *request_status(char out[32], uint32_t status)
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

/* What excuses a failure, whatever was asked. */
bool request_is_disturbed(const struct model_device *device)
{
    return device->is_paused || device->is_low_power || device->is_removed || device->is_resetting ||
           device->is_interrupted || device->is_shaken;
}

/* Why the request must fail whatever its elements are; NULL: it need not. */
const char *request_refusal(const struct request_view *view)
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

static bool is_unsteady(const struct list *list, uint32_t node)
{
    uint32_t other;

    return list_twitch(&other, list, list_element(list, node, &other));
}

void request_input(struct bundle_input *input, uint8_t bytes[LIST_NODE_BYTES], const struct request_view *view,
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
    input->is_unsteady = is_unsteady(&view->list, view->walk.nodes[place]);
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
    request_input(&input, bytes, view, place);
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

void request_accepted(const struct request_view *view, const char *requirement, const char *element, const char *reason)
{
    judgement_break(view->judgement, requirement, element, reason && *reason ? reason : "the request fails", "SUCCESS");
}

/* A handle is what the device makes of its value: a driver may count its SAs, and give a number again. */
static struct model_sa *find_value(const struct request_view *view, uint64_t value)
{
    uint32_t symbol = value ? model_find_handle(view->device, value) : 0;

    return symbol ? &view->device->sas[symbol - 1] : NULL;
}

uint64_t request_raw_handle(const struct request_view *view, uint32_t node)
{
    uint8_t bytes[LIST_NODE_BYTES];
    uint32_t handle_at;
    uint32_t index;
    uintptr_t handle = 0;

    if (!trace_field(view->line, list_element(&view->list, node, &index), KEY_RAW))
        return 0;
    list_encode(&view->list, node, bytes, NULL, &handle_at);
    if (handle_at != UINT32_MAX)
        memcpy(&handle, bytes + handle_at, sizeof handle);
    return handle;
}

struct model_sa *request_named(const struct request_view *view, uint32_t node)
{
    uint32_t index;
    const struct trace_element *element = list_element(&view->list, node, &index);
    const struct trace_word *word = list_handle(&view->list, node);
    struct model_sa *sa = NULL;
    struct model_sa *found;
    uint64_t symbol;
    uint64_t value;

    if (trace_field(view->line, element, KEY_RAW))
        return find_value(view, request_raw_handle(view, node));
    if (!word || word->base == BASE_NULL)
        return NULL;
    if (word->base == BASE_RAW)
        return find_value(view, word->number);
    symbol = word->number + (word->base == BASE_RUN ? index : 0);
    if (word->device == view->device_index)
        sa = model_sa(view->model, view->device_index, symbol);
    if (sa && sa->is_left && sa->told_at >= view->number)
        return find_value(view, list_twist(0, word->twist));
    if (word->twist != TWIST_NONE)
        sa = NULL;
    if ((sa && sa->state != MODEL_DELETED && sa->state != MODEL_FAILED) ||
        !model_handle(view->model, &value, view->device_index, word->device, symbol, word->twist))
        return sa;
    /* The value may be in use again, or that of another SA. */
    found = find_value(view, value);
    return found ? found : sa;
}

uint32_t request_sa(const struct request_view *view, uint32_t node)
{
    const struct model_sa *sa = request_named(view, node);

    return sa && (sa->state == MODEL_LIVE || sa->state == MODEL_MAYBE) ? (uint32_t)(sa - view->device->sas) + 1 : 0;
}

void request_count(const struct request_view *view, struct plain_count *count)
{
    memset(count, 0, sizeof *count);
    for (uint32_t place = 0; place < view->walk.count; place++) {
        struct bundle_verdict verdict = judge_plain(view, place);
        if (verdict.permit == BUNDLE_REJECT && count->bad++ == 0) {
            snprintf(count->law, sizeof count->law, "%s", verdict.requirement);
            snprintf(count->reason, sizeof count->reason, "%s", verdict.reason);
            request_node_name(count->name, sizeof count->name, &view->list, view->walk.nodes[place]);
        }
        count->open += verdict.permit == BUNDLE_EITHER || verdict.permit == BUNDLE_SAFE;
        if (verdict.permit == BUNDLE_EITHER && verdict.reading[0] && view->walk.count == 1) {
            memcpy(count->reading, verdict.reading, sizeof count->reading);
            count->taken = is_success(view->status) ? verdict.when_accepted : verdict.when_refused;
        }
    }
}

void request_read_header(const struct request_view *view, const struct plain_count *count)
{
    if (count->reading[0] && count->bad == 0)
        judgement_read(view->judgement, count->reading, count->taken);
}

/* ---- The request ---- */

/* What a request of no revision is worth no document says. */
static bool is_of_no_revision(const struct trace_line *line)
{
    return (uint8_t)option_or(line, KEY_REVISION, 1) == 0;
}

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
    /* What one in raw bytes has done before no document says either. */
    view->is_odd = option_or(line, KEY_DOOR, 1) != OV2_DOOR_DIRECT || is_of_no_revision(line);
    view->may_fail =
        view->is_odd || request_is_disturbed(view->device) || view->device->is_foggy || model_race_contends(view);
}

static bool is_add(enum trace_verb verb)
{
    return verb == VERB_ADD_SA || verb == VERB_ADD_SA_EX;
}

static void judge_view(const struct request_view *view)
{
    const char *refusal = request_refusal(view);

    request_check_status(view->judgement, view->status);
    if (!view->device->profile.offers_ipsec && !is_of_no_revision(view->line))
        request_check_absent(view->judgement, view->device, view->status, "OID-025");
    if (refusal && (strcmp(refusal, "OID-022") == 0 || strcmp(refusal, "OID-023") == 0))
        request_read_code(view, "A-70");
    if (is_add(view->line->verb))
        model_judge_add(view);
    else if (view->line->verb == VERB_UPDATE_SA)
        model_judge_update(view);
    else
        model_judge_delete(view);
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
    pending->ipsec = view->device->ipsec;
    pending->may_fail = view->may_fail;
    pending->verb = view->line->verb;
    pending->next = view->device->pending;
    view->device->pending = pending;
    if (view->line->verb == VERB_DELETE_SA)
        model_delete_waits(view);
    if (view->line->verb == VERB_UPDATE_SA)
        model_update_waits(view);
    if (trace_option(view->line, KEY_RACE)) {
        view->device->racer_count++;
        if (!is_add(view->line->verb))
            model_race_enter(view);
    }
    if (!is_add(view->line->verb))
        return;
    view->device->pending_count += view->list.node_count;
    for (uint32_t node = 0; node < view->list.node_count; node++)
        view->device->sas[view->first_sa - 1 + node].state = MODEL_PENDING;
}

/* The task offload OIDs of the direct door that have no meaning. */
#define UNKNOWN_FIRST (OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX + 1u)
#define UNKNOWN_LAST  0xFC0302FFu

static void judge_oid(const struct model_device *device, struct judgement *judgement, const struct trace_line *line,
                      uint32_t status)
{
    uint64_t code = option_or(line, KEY_CODE, 0);

    if (option_or(line, KEY_DOOR, OV2_DOOR_DIRECT) != OV2_DOOR_DIRECT || status == NDIS_STATUS_PENDING)
        return;
    request_check_status(judgement, status);
    if (code >= UNKNOWN_FIRST && code <= UNKNOWN_LAST)
        request_check_absent(judgement, device, status, "OID-021");
}

void model_judge_request(struct model *model, struct judgement *judgement, uint32_t device,
                         const struct trace_line *line, const struct outcome *outcome)
{
    struct request_view view;

    if (outcome->result != OV2_OK)
        return;
    if (line->verb == VERB_OID) {
        judge_oid(&model->devices[device], judgement, line, outcome->status);
        return;
    }
    open_view(&view, model, judgement, device, line);
    view.number = outcome->request;
    view.device->asked = view.number;
    view.status = outcome->status;
    view.first_sa = outcome->first_sa;
    view.handles = outcome->sa_count > 0 ? outcome->bytes + outcome->handles_at : NULL;
    view.is_completion = outcome->pended;
    view.may_fail = view.may_fail || outcome->starved;
    if (is_add(line->verb) && !model_reserve(view.device, outcome->sa_count)) {
        free(view.walk.nodes);
        return;
    }
    if (view.status == NDIS_STATUS_PENDING) {
        remember(&view);
    } else {
        judge_view(&view);
        request_check_outputs(&view, &outcome->outputs);
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
    bool is_cut_off;

    while (*link && (*link)->request != completion->number)
        link = &(*link)->next;
    pending = *link;
    if (!pending)
        return;
    *link = pending->next;
    if (completion->status == NDIS_STATUS_REQUEST_ABORTED && !pending->cancelled &&
        !model->devices[device].is_interrupted && !model->devices[device].is_resetting)
        judgement_break(judgement, "OID-015", NULL, "cancel finishes the requests with its id and no others",
                        "request %u with id %llu was aborted", (unsigned)pending->request,
                        (unsigned long long)pending->id);
    if (pending->text && trace_parse(model->scratch, &error, pending->text, strlen(pending->text)) == TRACE_REQUEST) {
        open_view(&view, model, judgement, device, model->scratch);
        view.number = pending->request;
        view.status = completion->status;
        view.first_sa = completion->first_sa;
        view.handles = completion->sa_count > 0 ? outcome->bytes + completion->at : NULL;
        view.is_completion = true;
        view.is_reconfigured = pending->ipsec != view.device->ipsec;
        is_cut_off =
            pending->cancelled || view.device->is_interrupted || view.device->is_resetting || view.device->is_low_power;
        view.may_fail = view.may_fail || pending->may_fail ||
                        (is_cut_off && (completion->status == NDIS_STATUS_REQUEST_ABORTED ||
                                        completion->status == NDIS_STATUS_NOT_ACCEPTED ||
                                        completion->status == NDIS_STATUS_RESET_IN_PROGRESS));
        if (is_add(model->scratch->verb))
            view.device->pending_count -= view.list.node_count;
        judge_view(&view);
        request_check_outputs(&view, &completion->outputs);
        free(view.walk.nodes);
    }
    free(pending->text);
    free(pending);
}
