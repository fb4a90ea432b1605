/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "capture.h"
#include "device.h"
#include "model.h"
#include "ov2/adapter.h"
#include "remote.h"
#include "shape.h"

struct session {
    struct session_config config;
    struct model *model;
    struct device *devices[TRACE_DEVICES];
    int channel; /* to the peer's process, -1: none yet */
    uint64_t broken;
    uint64_t leaked; /* allocations */
    uint64_t leaked_bytes;
    struct session_last last;
    uint32_t line_number; /* of the trace, from 1 */
    struct trace_line *line;
    struct prepared *prepared;
    struct outcome *remote_outcome;
    struct judgement judgement;
    struct shapes shapes;
    struct profile remote_profiles[TRACE_DEVICES];
};

/* The session of this process, for the fault handler. */
static struct session *current;

struct session *session_open(const struct session_config *config)
{
    struct session *session = calloc(1, sizeof *session);

    if (!session)
        return NULL;
    session->config = *config;
    session->channel = -1;
    session->model = model_open();
    /* Large, and mostly never touched: not filled. */
    session->line = malloc(sizeof *session->line);
    session->prepared = malloc(sizeof *session->prepared);
    session->remote_outcome = malloc(sizeof *session->remote_outcome);
    if (session->model && session->line && session->prepared && session->remote_outcome) {
        current = session;
        return session;
    }
    model_close(session->model);
    free(session->line);
    free(session->prepared);
    free(session->remote_outcome);
    free(session);
    return NULL;
}

static enum session_result unreadable(char *answer, uint32_t column, const char *text)
{
    struct answer out;

    if (!answer)
        return SESSION_UNREADABLE;
    answer_begin(&out, answer, SESSION_ANSWER_MAX);
    answer_add(&out, "error column=%u", (unsigned)column);
    answer_quoted(&out, "text", text);
    return SESSION_UNREADABLE;
}

static bool is_remote(const struct session *session, uint32_t device)
{
    return device >= TRACE_FIRST_PEER && !session->config.peer;
}

static struct device *local_device(struct session *session, uint32_t index)
{
    const struct ov2_adapter *adapter = index >= TRACE_FIRST_PEER ? session->config.peer : session->config.dut;

    if (!session->devices[index])
        session->devices[index] = device_new(adapter, session->devices, session->config.one_thread);
    return session->devices[index];
}

static const struct outcome *run_remote(struct session *session, const struct prepared *prepared)
{
    if (session->channel < 0 && session->config.connect_peer)
        session->channel = session->config.connect_peer();
    if (session->channel < 0 || !remote_run(session->channel, session->remote_outcome, session->line, prepared)) {
        outcome_reset(session->remote_outcome);
        session->remote_outcome->result = OV2_BROKEN;
        snprintf(session->remote_outcome->log, sizeof session->remote_outcome->log, "the peer is not there");
    }
    return session->remote_outcome;
}

/* What a peer registered is in its process; it is the clean reference, whose report comes with the answer to open. */
static const struct profile *profile_of(struct session *session, const struct outcome *outcome, uint32_t index)
{
    struct profile *profile = &session->remote_profiles[index];
    char error[160];

    if (!is_remote(session, index))
        return session->devices[index] ? device_profile(session->devices[index]) : profile;
    if (session->line->verb == VERB_OPEN && outcome->result == OV2_OK) {
        profile_read(profile, error, sizeof error, session->line);
        profile->ndis_version = outcome->profile_ndis;
        profile->offload_revision = outcome->profile_offload;
        profile->characteristics = outcome->profile_characteristics;
        profile->handlers = outcome->profile_handlers;
        profile->offload_flags = outcome->profile_flags;
        profile->caps = outcome->profile_caps;
        memcpy(profile->large, outcome->profile_large, sizeof profile->large);
        profile->offers_ipsec = profile->caps.Esp || profile->caps.Ah;
    }
    return profile;
}

/* What came of a line: judged, counted, kept for session_last(). */
static void conclude(struct session *session, uint32_t device, const struct prepared *prepared,
                     const struct outcome *outcome)
{
    model_judge(session->model, &session->judgement, device, session->line, prepared, outcome);
    session->broken += outcome->break_count + session->judgement.break_count;
    if (session->line->verb == VERB_CLOSE && outcome->result == OV2_OK) {
        session->leaked += outcome->allocations;
        session->leaked_bytes += outcome->allocated_bytes;
    }
    session->last = (struct session_last){session->line, outcome, &session->judgement, &session->shapes};
}

static void follow_life(struct session *session, const struct outcome *outcome, const struct profile *profile)
{
    uint32_t device = session->line->device;

    if (session->line->verb == VERB_OPEN && outcome->result == OV2_OK)
        model_device_opened(session->model, device, profile);
    if (session->line->verb == VERB_CLOSE && outcome->result == OV2_OK)
        model_device_closed(session->model, device);
}

/* ---- Shapes ---- */

static enum shape_sa shape_sa(void *context, const struct trace_word *word, uint32_t index)
{
    struct session *session = context;
    uint64_t symbol = word->number + (word->base == BASE_RUN ? index : 0);
    const struct model_sa *sa = model_sa(session->model, word->device, symbol);

    if (!sa || word->twist != TWIST_NONE)
        return SHAPE_SA_UNKNOWN;
    if (sa->state != MODEL_LIVE)
        return SHAPE_SA_DEAD;
    return sa->inbound ? SHAPE_SA_INBOUND : SHAPE_SA_OUTBOUND;
}

static bool shape_other(void *context, enum trace_verb *verb, const struct trace_word *word)
{
    struct session *session = context;

    return device_finds(session->devices[session->line->device], verb, word);
}

/* What the list of this line is like, before it is submitted. */
static void classify(struct session *session, struct shapes *shapes)
{
    const struct trace_line *line = session->line;
    const struct device *device = is_remote(session, line->device) ? NULL : session->devices[line->device];
    struct shape_lookup lookup = {session, shape_sa, shape_other};
    const struct trace_word *length = trace_option(line, KEY_LENGTH);
    struct list list;

    memset(shapes, 0, sizeof *shapes);
    if (line->verb < VERB_ADD_SA || line->verb > VERB_DELETE_SA || !device || !device_is_open(device))
        return;
    list_read(&list, line, device_profile(device));
    shape_classify(shapes, &list, length ? (uint32_t)length->number : UINT32_MAX, &lookup);
}

static bool is_spared(const struct session *session)
{
    const struct device *device = session->devices[session->line->device];

    return session->config.spares &&
           session->config.spares(session->line, device ? device_profile(device) : NULL, &session->shapes);
}

static void add_shapes(struct answer *answer, const struct shapes *shapes)
{
    for (uint32_t i = 0; i < SHAPE_COUNT; i++) {
        if (shapes->has[i])
            answer_add(answer, "shape=%s", shape_name((enum shape)i));
    }
}

static void run_line(struct session *session, char *answer, const struct prepared *prepared)
{
    struct trace_line *line = session->line;
    uint32_t first_frame = model_frame_count(session->model) + 1;
    const struct outcome *outcome;
    const struct profile *profile;
    struct answer out;

    if (is_remote(session, line->device)) {
        outcome = run_remote(session, prepared);
    } else if (local_device(session, line->device)) {
        outcome = device_run(session->devices[line->device], line, prepared);
    } else {
        outcome = session->remote_outcome;
        outcome_reset(session->remote_outcome);
        session->remote_outcome->result = OV2_BROKEN;
        snprintf(session->remote_outcome->log, sizeof session->remote_outcome->log, "no memory");
    }
    capture_line(session->config.capture, session->line_number, line->device, line->verb == VERB_SEND, prepared,
                 outcome);
    profile = profile_of(session, outcome, line->device);
    conclude(session, line->device, prepared, outcome);
    follow_life(session, outcome, profile);
    if (!answer)
        return;
    answer_begin(&out, answer, SESSION_ANSWER_MAX);
    answer_outcome(&out, line, outcome, &session->judgement, first_frame, profile);
    add_shapes(&out, &session->shapes);
}

enum session_result session_run(struct session *session, char *answer, const char *text, size_t len)
{
    struct trace_error error;
    char why[160];
    bool has_frames;

    if (answer)
        answer[0] = '\0';
    session->line_number++;
    switch (trace_parse(session->line, &error, text, len)) {
    case TRACE_NOTHING:
        return SESSION_SILENT;
    case TRACE_ERROR:
        return unreadable(answer, error.column, error.text);
    case TRACE_REQUEST:
        break;
    }
    if (session->line->verb == VERB_QUIT)
        return SESSION_QUIT;
    classify(session, &session->shapes);
    if (is_spared(session))
        return SESSION_SILENT;
    has_frames = session->line->verb == VERB_SEND || session->line->verb == VERB_RECEIVE;
    if (has_frames &&
        !model_prepare(session->model, session->prepared, why, sizeof why, session->line->device, session->line))
        return unreadable(answer, 1, why);
    run_line(session, answer, has_frames ? session->prepared : NULL);
    return SESSION_ANSWERED;
}

uint64_t session_broke(const struct session *session)
{
    return session->broken;
}

uint64_t session_leaked(const struct session *session)
{
    return session->leaked;
}

const struct session_last *session_last(const struct session *session)
{
    return &session->last;
}

/* close_left: closes one device that is still open, as a close line would; false: it is not. */
static bool close_left(struct session *session, uint32_t index)
{
    static const char close_line[] = "close";
    struct device *device = session->devices[index];
    struct trace_error error;

    if (!device || !device_is_open(device))
        return false;
    trace_parse(session->line, &error, close_line, sizeof close_line - 1);
    session->line->device = index;
    session->shapes = (struct shapes){{false}};
    conclude(session, index, NULL, device_run(device, session->line, NULL));
    return true;
}

bool session_reset(struct session *session, void (*told)(void *context, const struct session_last *last), void *context)
{
    bool ok = true;

    for (uint32_t i = 0; i < TRACE_DEVICES; i++) {
        if (close_left(session, i))
            told(context, &session->last);
    }
    for (uint32_t i = 0; i < TRACE_DEVICES; i++)
        ok = (!session->devices[i] || device_reset(session->devices[i])) && ok;
    model_reset(session->model);
    session->last = (struct session_last){NULL, NULL, NULL, NULL};
    session->broken = 0;
    session->leaked = 0;
    session->leaked_bytes = 0;
    return ok;
}

static void unload(const struct ov2_adapter *adapter)
{
    if (adapter && adapter->unload)
        adapter->unload();
}

void session_close(struct session *session, char *answer)
{
    struct answer out;
    uint32_t open = 0;
    uint64_t leaks;
    uint64_t leaked;

    if (!session)
        return;
    leaks = session->leaked;
    leaked = session->leaked_bytes;
    answer_begin(&out, answer, SESSION_ANSWER_MAX);
    answer_add(&out, "end");
    for (uint32_t i = 0; i < TRACE_DEVICES; i++) {
        const struct outcome *outcome;
        if (!close_left(session, i))
            continue;
        open++;
        outcome = session->last.outcome;
        if (outcome->break_count + session->judgement.break_count > 0)
            answer_outcome(&out, session->line, outcome, &session->judgement, 0, device_profile(session->devices[i]));
    }
    leaks = session->leaked - leaks;
    leaked = session->leaked_bytes - leaked;
    answer_add(&out, "open=%u", (unsigned)open);
    if (leaks > 0)
        answer_add(&out, "leaks=%llu leaked=%llu", (unsigned long long)leaks, (unsigned long long)leaked);
    unload(session->config.dut);
    if (session->config.peer != session->config.dut)
        unload(session->config.peer);
    current = NULL;
    for (uint32_t i = 0; i < TRACE_DEVICES; i++)
        device_free(session->devices[i]);
    model_close(session->model);
    capture_close(session->config.capture);
    free(session->line);
    free(session->prepared);
    free(session->remote_outcome);
    free(session);
}

bool session_describe(char *out, size_t size, uintptr_t address)
{
    for (uint32_t i = 0; current && i < TRACE_DEVICES; i++) {
        if (current->devices[i] && device_describe(out, size, current->devices[i], address))
            return true;
    }
    return false;
}
