/* SPDX-License-Identifier: MIT */
#include "run.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "model.h"
#include "ov2/adapter.h"
#include "wild.h"

struct run {
    struct run_config config;
    struct session *session;
    struct trace_line *line; /* an open line on its way to what is really opened */
    uint64_t leaked;
    char text[TRACE_LINE_MAX + 1];
};

struct run *run_new(const struct run_config *config)
{
    struct run *run = calloc(1, sizeof *run);

    if (!run)
        return NULL;
    run->config = *config;
    run->config.session.one_thread = true;
    run->config.session.spares = config->is_hostile ? NULL : wild_line;
    run->line = malloc(sizeof *run->line);
    run->session = session_open(&run->config.session);
    if (run->line && run->session)
        return run;
    run_free(run);
    return NULL;
}

void run_free(struct run *run)
{
    static char answer[SESSION_ANSWER_MAX];

    if (!run)
        return;
    session_close(run->session, answer);
    free(run->line);
    free(run);
}

/* ---- What came of a line ---- */

static void tell_breaks(struct run *run, const struct broken *breaks, uint32_t count, enum trace_verb verb)
{
    const struct run_observer *observer = &run->config.observer;

    for (uint32_t i = 0; i < count && observer->found; i++) {
        const struct run_find find = {breaks[i].requirement, breaks[i].element, breaks[i].got, breaks[i].want, verb};
        observer->found(observer->context, &find);
    }
}

static uint32_t at_most(uint32_t count, uint32_t most)
{
    return count < most ? count : most;
}

static void tell(void *context, const struct session_last *last)
{
    struct run *run = context;
    const struct run_observer *observer = &run->config.observer;
    const struct outcome *outcome = last->outcome;
    uint64_t leaked = session_leaked(run->session);

    tell_breaks(run, outcome->breaks, at_most(outcome->break_count, OUTCOME_BREAKS), last->line->verb);
    tell_breaks(run, last->judgement->breaks, at_most(last->judgement->break_count, MODEL_BREAKS), last->line->verb);
    if (leaked > run->leaked && observer->found) {
        const struct run_find find = {"leak", "", "allocations that are left after a close", "none", VERB_CLOSE};
        observer->found(observer->context, &find);
    }
    run->leaked = leaked;
    if (observer->answered)
        observer->answered(observer->context, last);
}

/* ---- Open lines ---- */

/* A word that holds the device to a choice of the profile. */
static bool is_choice(const struct trace_word *word)
{
    return word->key_len > 0 && isupper((unsigned char)word->key_text[0]);
}

/* A device that is as it is has the choices that the run's words declare; one that follows its open line has those of
 * the trace as well. */
static size_t rewrite_open(struct run *run, const char **text, size_t len)
{
    const struct ov2_adapter *dut = run->config.session.dut;
    struct trace_line *line = run->line;
    struct trace_error error;
    uint32_t kept = 0;
    size_t used;

    if (trace_parse(line, &error, *text, len) != TRACE_REQUEST || line->verb != VERB_OPEN ||
        line->device >= TRACE_FIRST_PEER)
        return len;
    for (uint32_t i = 0; i < line->word_count; i++) {
        if ((dut->flags & OV2_CONFIGURABLE) != 0 || !is_choice(&line->words[i]))
            line->words[kept++] = line->words[i];
    }
    line->word_count = kept;
    line->option_count = kept;
    used = trace_print(run->text, sizeof run->text, line);
    if (used == 0)
        return len;
    if (run->config.words && run->config.words[0] && used + 1 + strlen(run->config.words) < sizeof run->text) {
        run->text[used++] = ' ';
        memcpy(run->text + used, run->config.words, strlen(run->config.words));
        used += strlen(run->config.words);
    }
    *text = run->text;
    return used;
}

static bool may_open(const char *text, size_t len)
{
    static const char word[] = "open";

    for (size_t i = 0; i + sizeof word - 1 <= len && i < 8; i++) {
        if (memcmp(text + i, word, sizeof word - 1) == 0)
            return true;
    }
    return false;
}

/* ---- A trace ---- */

uint32_t run_trace(struct run *run, const char *text, size_t len)
{
    const struct run_observer *observer = &run->config.observer;
    const char *end = text + len;
    uint32_t answered = 0;
    uint32_t lines = 0;
    enum session_result result = SESSION_SILENT;

    run->leaked = 0;
    guard_reset();
    while (text < end && lines < RUN_LINES_MAX && result != SESSION_QUIT) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t line_len = newline ? (size_t)(newline - text) : (size_t)(end - text);
        const char *line = text;
        size_t shown = line_len;

        if (may_open(text, line_len))
            shown = rewrite_open(run, &line, line_len);
        if (observer->begins)
            observer->begins(observer->context, line, shown);
        result = session_run(run->session, NULL, line, shown);
        if (result == SESSION_ANSWERED) {
            tell(run, session_last(run->session));
            answered++;
        }
        lines += result != SESSION_SILENT;
        text += line_len + (newline != NULL);
    }
    if (observer->begins)
        observer->begins(observer->context, NULL, 0);
    if (!session_reset(run->session, tell, run))
        abort(); /* no memory: nothing can be said of the driver */
    return answered;
}
