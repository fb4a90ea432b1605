/* SPDX-License-Identifier: MIT */
#include "model_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool is_success(uint32_t status)
{
    return status == NDIS_STATUS_SUCCESS;
}

/* ---- Judgements ---- */

void judgement_break(struct judgement *judgement, const char *requirement, const char *element, const char *want,
                     const char *got, ...)
{
    struct broken *broken;
    va_list arguments;

    if (judgement->break_count++ >= MODEL_BREAKS)
        return;
    broken = &judgement->breaks[judgement->break_count - 1];
    snprintf(broken->requirement, sizeof broken->requirement, "%s", requirement);
    snprintf(broken->element, sizeof broken->element, "%s", element ? element : "");
    snprintf(broken->want, sizeof broken->want, "%s", want);
    va_start(arguments, got);
    vsnprintf(broken->got, sizeof broken->got, got, arguments);
    va_end(arguments);
}

void judgement_read(struct judgement *judgement, const char *point, const char *name)
{
    char reading[sizeof judgement->readings[0]];

    snprintf(reading, sizeof reading, "%s:%s", point, name);
    for (uint32_t i = 0; i < judgement->reading_count; i++) {
        if (strcmp(judgement->readings[i], reading) == 0)
            return;
    }
    if (judgement->reading_count < MODEL_READINGS)
        memcpy(judgement->readings[judgement->reading_count++], reading, sizeof reading);
}

/* ---- Life ---- */

struct model *model_open(void)
{
    struct model *model = calloc(1, sizeof *model);

    if (!model)
        return NULL;
    /* A parsed line is large; the words that it does not use are never touched. */
    model->cached_line = malloc(sizeof *model->cached_line);
    model->scratch = malloc(sizeof *model->scratch);
    model->trial = malloc(sizeof *model->trial);
    model->tagged = malloc(STACK_FRAME_MAX);
    model->clear = malloc(STACK_FRAME_MAX);
    model->known = malloc(STACK_FRAME_MAX);
    model->cached_source = UINT32_MAX;
    model->arrivals_end = &model->arrivals;
    if (model->cached_line && model->scratch && model->trial && model->tagged && model->clear && model->known)
        return model;
    model_close(model);
    return NULL;
}

static void clear_device(struct model_device *device)
{
    for (uint32_t i = 0; i < device->source_count; i++)
        free(device->sources[i].text);
    while (device->pending) {
        struct model_pending *pending = device->pending;
        device->pending = pending->next;
        free(pending->text);
        free(pending);
    }
    model_free_sendings(device);
    model_free_arrivals(&device->arrivals);
    free(device->ivs);
    free(device->sources);
    free(device->sas);
    free(device->by_spi);
    free(device->by_handle);
    memset(device, 0, sizeof *device);
}

void model_reset(struct model *model)
{
    for (uint32_t i = 0; i < TRACE_DEVICES; i++)
        clear_device(&model->devices[i]);
    for (uint32_t i = 0; i < model->frame_count; i++) {
        free(model->frames[i].bytes);
        free(model->frames[i].plain);
    }
    model->frame_count = 0;
    model->cached_source = UINT32_MAX;
    model_free_arrivals(&model->arrivals);
    model->arrivals_end = &model->arrivals;
}

void model_close(struct model *model)
{
    if (!model)
        return;
    model_reset(model);
    free(model->trial);
    model_free_segments(model);
    free(model->tagged);
    free(model->clear);
    free(model->known);
    free(model->frames);
    free(model->cached_line);
    free(model->scratch);
    free(model);
}

void model_device_opened(struct model *model, uint32_t device, const struct profile *profile)
{
    struct model_device *opened = &model->devices[device];
    uint32_t keyword;

    clear_device(opened);
    opened->is_open = true;
    opened->profile = *profile;
    opened->ipsec = NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_AND_ESP_ENABLED;
    opened->encapsulation_on[0] = !profile->no_bring_up;
    opened->encapsulation_on[1] = !profile->no_bring_up;
    keyword = profile->caps.IPv6Supported ? profile->keyword : profile->keyword_ipv4; /* CFG-007 */
    if (keyword != PROFILE_NO_KEYWORD) /* its scale begins one lower */
        opened->ipsec = keyword <= 3 ? keyword + 1 : MODEL_IPSEC_UNKNOWN;
    if (model->cached_device == device)
        model->cached_source = UINT32_MAX;
}

void model_device_closed(struct model *model, uint32_t device)
{
    clear_device(&model->devices[device]);
    if (model->cached_device == device)
        model->cached_source = UINT32_MAX;
}

/* ---- Frames ---- */

const struct model_frame *model_frame(const struct model *model, uint64_t number)
{
    if (number == 0 || number > model->frame_count)
        return NULL;
    return &model->frames[number - 1];
}

uint32_t model_frame_count(const struct model *model)
{
    return model->frame_count;
}

/* ---- One line ---- */

/* Cancel has to finish what carries this id, and nothing else: the latter is judged when a request completes. */
static void judge_cancel(const struct model_device *device, struct judgement *judgement, const struct trace_line *line,
                         const struct outcome *outcome)
{
    const struct trace_word *id = trace_option(line, KEY_ID);

    for (const struct model_pending *pending = device->pending; pending; pending = pending->next) {
        bool is_done = false;
        for (uint32_t i = 0; i < outcome->completion_count; i++)
            is_done = is_done || (outcome->completions[i].kind == COMPLETION_REQUEST &&
                                  outcome->completions[i].number == pending->request);
        /* RequestId 0 may be ignored (D-CAN). */
        if (id && id->number != 0 && pending->id == id->number && !is_done)
            judgement_break(judgement, "OID-014", NULL, "each request with this id finished soon",
                            "request %u is still pended", (unsigned)pending->request);
    }
}

/* Before the completions of a cancel line are judged: which of the pended requests they may abort. */
static void mark_cancelled(struct model_device *device, const struct trace_line *line)
{
    const struct trace_word *id = trace_option(line, KEY_ID);
    uint64_t number = id ? id->number : 0;

    for (struct model_pending *pending = device->pending; pending; pending = pending->next)
        pending->cancelled = pending->cancelled || pending->id == number;
}

#define RANKS 3u

/* Adds, updates and deletes: the order in which requests that race are judged. */
static uint32_t rank_of(enum trace_verb verb)
{
    return verb == VERB_ADD_SA || verb == VERB_ADD_SA_EX ? 0 : verb == VERB_UPDATE_SA ? 1 : 2;
}

static const struct model_pending *pending_of(const struct model_device *device, uint64_t request)
{
    const struct model_pending *pending = device->pending;

    while (pending && pending->request != request)
        pending = pending->next;
    return pending;
}

/* Earlier requests that were finished during this line; of those that raced only what has this rank. */
static void judge_completions(struct model *model, struct judgement *judgement, uint32_t device,
                              const struct outcome *outcome, uint32_t rank)
{
    for (uint32_t i = 0; i < outcome->completion_count; i++) {
        const struct completion *completion = &outcome->completions[i];
        const struct model_pending *pending = pending_of(&model->devices[device], completion->number);
        if (completion->kind != COMPLETION_REQUEST || completion->number == outcome->request || !pending)
            continue;
        if (!model->devices[device].is_racing || rank_of(pending->verb) == rank)
            model_judge_completion(model, judgement, device, outcome, completion);
    }
}

static void judge_verb(struct model *model, struct judgement *judgement, uint32_t device, const struct trace_line *line,
                       const struct outcome *outcome)
{
    switch (line->verb) {
    case VERB_ADD_SA:
    case VERB_ADD_SA_EX:
    case VERB_UPDATE_SA:
    case VERB_DELETE_SA:
    case VERB_OID:
        model_judge_request(model, judgement, device, line, outcome);
        break;
    case VERB_SCAN:
        model_judge_scan(model, judgement, device, line, outcome);
        break;
    case VERB_EVENT:
        model_judge_event(&model->devices[device], line, outcome);
        break;
    case VERB_CONFIG:
        model_judge_config(&model->devices[device], line, outcome);
        break;
    default:
        break;
    }
    if (line->verb == VERB_OID)
        model_judge_oid(&model->devices[device], line, outcome);
    if (model_has_completed(outcome, OV2_EVENT_RESET))
        model->devices[device].is_resetting = false;
}

static void judge_packets(struct model *model, struct judgement *judgement, uint32_t device,
                          const struct trace_line *line, const struct outcome *outcome)
{
    bool is_idle = !model->devices[device].is_held && !trace_option(line, KEY_NOWAIT);

    model_judge_sent(model, judgement, device, outcome, is_idle);
    model_judge_received(model, judgement, device, outcome, is_idle);
}

void model_judge(struct model *model, struct judgement *judgement, uint32_t device, const struct trace_line *line,
                 const struct prepared *prepared, const struct outcome *outcome)
{
    struct model_device *at = &model->devices[device];
    bool has_packets = prepared != NULL && (line->verb == VERB_SEND || line->verb == VERB_RECEIVE);

    judgement->break_count = 0;
    judgement->reading_count = 0;
    at->is_interrupted = model_interrupts(at, line);
    model_race_begin(at, line);
    if (line->verb == VERB_CANCEL) {
        mark_cancelled(at, line);
        judge_cancel(at, judgement, line, outcome);
    }
    /* What the line sends into the device may meet the state before a pended request is over, or the one behind it:
     * while it is pended, the model leaves both open. */
    if (line->verb == VERB_SEND && has_packets)
        model_send_begin(model, device, line, prepared, outcome);
    if (line->verb == VERB_RECEIVE && has_packets)
        model_receive_begin(model, device, outcome);
    if (has_packets) {
        judge_packets(model, judgement, device, line, outcome);
    } else {
        model_send_disturb(at, line, outcome);
        model_receive_disturb(at, line, outcome);
    }
    /* Earlier requests come first: they were asked first. */
    for (uint32_t rank = 0; rank < RANKS; rank++) {
        judge_completions(model, judgement, device, outcome, rank);
        if (rank == rank_of(line->verb))
            judge_verb(model, judgement, device, line, outcome);
    }
    if (!has_packets)
        judge_packets(model, judgement, device, line, outcome);
    model_race_end(at);
}
