/* SPDX-License-Identifier: MIT */
/* Replays trace files: what was asked, what is answered now, and what is wrong with it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "worker.h"

/* line_end: the length of the line that starts at from. */
static size_t line_len(const struct worker_job *job, size_t from)
{
    const char *newline = memchr(job->text + from, '\n', job->text_len - from);

    return newline == NULL ? job->text_len - from : (size_t)(newline - (job->text + from));
}

/* print_request: "> " and the line as it stands in the file; with its place if only what is wrong is printed. */
static void print_request(const struct worker_job *job, uint32_t number, const char *text, size_t len)
{
    const char *name = job->options->files[job->task->file];
    char place[512] = "";

    if (len >= 2 && memcmp(text, "> ", 2) == 0) {
        text += 2;
        len -= 2;
    }
    if (job->options->check) {
        (void)snprintf(place, sizeof place, "%s:%u: ", name, number);
    }
    (void)worker_send(job->out, place);
    (void)worker_send(job->out, "> ");
    (void)process_send(job->out, text, len);
    (void)worker_send(job->out, "\n");
}

static void print_answer(const struct worker_job *job, uint32_t number)
{
    const char *name = job->options->files[job->task->file];
    char place[512];
    size_t len = worker_finish(false);

    if (job->options->check) {
        (void)snprintf(place, sizeof place, "%s:%u: ", name, number);
        (void)worker_send(job->out, place);
    }
    (void)process_send(job->out, worker_answer, len);
}

/* replay_line: returns whether the line broke a law or could not be read. */
static int replay_line(const struct worker_job *job, struct session *session, uint32_t number, size_t from, size_t len,
                       bool *quit)
{
    uint64_t broke = session_broke(session);
    enum session_result result;
    int code;

    process_line(number);
    result = session_run(session, worker_answer + 2, job->text + from, len);
    process_line(0);
    *quit = result == SESSION_QUIT;
    code = result == SESSION_UNREADABLE ? WORKER_NOT_RUN : session_broke(session) != broke ? WORKER_BROKEN : 0;
    if (result != SESSION_SILENT && (code != 0 || !job->options->check)) {
        print_request(job, number, job->text + from, len);
        print_answer(job, number);
    }
    return code;
}

static char *read_file(size_t *len, const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t size = 0;
    bool ok = file != NULL;

    *len = 0;
    while (ok && !feof(file)) {
        char *larger;

        size = size * 2 + 65536;
        larger = realloc(text, size);
        ok = larger != NULL;
        text = ok ? larger : text;
        *len += ok ? fread(text + *len, 1, size - *len, file) : 0;
        ok = ok && ferror(file) == 0;
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    if (!ok) {
        free(text);
        text = NULL;
    }
    return text;
}

/* has_text: the file is read when first asked for. */
static bool has_text(struct worker_job *job)
{
    if (job->text == NULL) {
        job->text = read_file(&job->text_len, job->options->files[job->task->file]);
    }
    return job->text != NULL;
}

int worker_replay_case(struct worker_job *job)
{
    struct session *session = worker_session(job);
    uint32_t number = 0;
    bool quit = false;
    int worst = 0;

    if (session == NULL || !has_text(job)) {
        return WORKER_NOT_RUN;
    }
    for (size_t from = 0; from < job->text_len && !quit;) {
        size_t len = line_len(job, from);
        size_t shown = len > 0 && job->text[from + len - 1] == '\r' ? len - 1 : len;
        int code = replay_line(job, session, ++number, from, shown, &quit);

        worst = code > worst ? code : worst;
        from += len + 1;
    }
    process_line(number + 1);
    session_close(session, worker_answer + 2);
    process_line(0);
    if (strstr(worker_answer + 2, "break{") != NULL) {
        worst = worst == 0 ? WORKER_BROKEN : worst;
    } else if (job->options->check) {
        return worst;
    }
    print_answer(job, number + 1);
    return worst;
}

/* print_last: the request that the case died of. */
static void print_last(const struct worker_job *job, uint32_t number)
{
    size_t from = 0;

    for (uint32_t i = 1; i < number && from < job->text_len; i++) {
        from += line_len(job, from) + 1;
    }
    if (number != 0 && from < job->text_len) {
        print_request(job, number, job->text + from, line_len(job, from));
    }
}

int worker_replay(struct worker_job *job, int file)
{
    const char *path = job->options->files[file];
    struct process_report report;
    char line[WORKER_LINE_MAX];
    int code;

    *job->task = (struct worker_task){
        .act = WORKER_REPLAY, .slack = job->options->slack, .strict = job->options->strict, .file = file};
    if (!has_text(job)) {
        worker_complain("cannot read %s", path);
        return WORKER_NOT_RUN;
    }
    if (!process_case(&report, &job->options->limits, worker_case, job)) {
        worker_complain("cannot make a process for %s", path);
        free(job->text);
        job->text = NULL;
        return WORKER_NOT_RUN;
    }
    code = report.verdict == PROCESS_DONE ? report.code : WORKER_BROKEN;
    code = code == 0 && report.leaks[0] != '\0' ? WORKER_BROKEN : code;
    if (code == WORKER_NOT_RUN) {
        worker_complain("%s: a line cannot be read, or there is no memory", path);
    }
    if (report.verdict != PROCESS_DONE) {
        print_last(job, report.line);
    }
    if (code != 0 || !job->options->check) {
        if (job->options->check) {
            (void)worker_send(job->out, path);
            (void)worker_send(job->out, ": ");
        }
        worker_verdict(line, &report);
        (void)worker_send(job->out, line);
    }
    free(job->text);
    job->text = NULL;
    return code;
}
