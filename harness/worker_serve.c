/* SPDX-License-Identifier: MIT */
/* Serves cases; the protocol is described in worker.c. */
#include <stdio.h>
#include <string.h>

#include "lines.h"
#include "ov2/adapter.h"
#include "sanitizer.h"
#include "worker.h"

int worker_serve_case(struct worker_job *job)
{
    struct session *session = worker_session(job);
    const char *text;
    size_t len;
    uint32_t number = 0;
    bool quit = false;

    if (session == NULL || !worker_send(job->out, "ready\n")) {
        return WORKER_NOT_RUN;
    }
    while (lines_next(job->lines, &text, &len)) {
        bool silent = false;

        if (len == 3 && memcmp(text, "end", 3) == 0) {
            process_line(number + 1);
            session_close(session, worker_answer + 2);
            process_line(0);
            return process_send(job->out, worker_answer, worker_finish(false)) ? 0 : WORKER_NOT_RUN;
        }
        if (quit) {
            (void)snprintf(worker_answer + 2, SESSION_ANSWER_MAX, "error column=1 text=\"the trace has quit\"");
        } else {
            enum session_result result;

            process_line(++number);
            result = session_run(session, worker_answer + 2, text, len);
            process_line(0);
            silent = result == SESSION_SILENT;
            quit = result == SESSION_QUIT;
        }
        if (!process_send(job->out, worker_answer, worker_finish(silent))) {
            return WORKER_NOT_RUN;
        }
    }
    return WORKER_NOT_RUN; /* the client is gone */
}

/* parse_case: the words behind "case". */
static bool parse_case(struct worker_job *job, const char *text, size_t len)
{
    char words[64];
    bool ok = len < sizeof words;

    job->task->act = WORKER_SERVE;
    job->task->slack = job->options->slack;
    job->task->strict = job->options->strict;
    if (ok) {
        memcpy(words, text, len);
        words[len] = '\0';
        for (const char *word = strtok(words, " "); ok && word != NULL; word = strtok(NULL, " ")) {
            if (strncmp(word, "slack=", 6) == 0) {
                ok = worker_parse_byte(&job->task->slack, word + 6);
            } else {
                ok = strcmp(word, "strict") == 0;
                job->task->strict = true;
            }
        }
    }
    return ok;
}

int worker_serve(struct worker_job *job)
{
    static const char unheard[] = "its process is out of memory or of descriptors: does the driver close what is not "
                                  "its own?";
    struct process_report report;
    char line[WORKER_LINE_MAX];
    char name[256];
    const char *text;
    size_t len;

    (void)snprintf(name, sizeof name, "%s", job->adapter->name);
    worker_text(name);
    (void)snprintf(line, sizeof line, "+ ov2-worker 1 name=\"%s\" concurrent=%s configurable=%s mode=%s\n", name,
                   (job->adapter->flags & OV2_CONCURRENT) != 0 ? "yes" : "no",
                   (job->adapter->flags & OV2_CONFIGURABLE) != 0 ? "yes" : "no", sanitizer_mode());
    if (!worker_send(job->out, line)) {
        return WORKER_NOT_RUN;
    }
    while (lines_next(job->lines, &text, &len)) {
        if (len < 4 || memcmp(text, "case", 4) != 0 || (len > 4 && text[4] != ' ')) {
            continue;
        }
        if (!parse_case(job, text + 4, len - 4)) {
            report = (struct process_report){.verdict = PROCESS_ERROR, .lies = "a case takes slack=HH and strict"};
        } else if (!process_case(&report, &job->options->limits, worker_case, job)) {
            (void)snprintf(report.lies, sizeof report.lies, "no process could be made");
        } else if (report.verdict == PROCESS_DONE && report.code != 0) {
            report.verdict = PROCESS_ERROR;
            (void)snprintf(report.lies, sizeof report.lies, "%s", unheard);
        }
        worker_verdict(line, &report);
        if (!worker_send(job->out, line) || process_peers_ended()) {
            return WORKER_NOT_RUN;
        }
    }
    return 0;
}
