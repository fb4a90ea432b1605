/* SPDX-License-Identifier: MIT */
/* What the parts of a worker share: its options, a case to run, and how lines are printed. */
#ifndef WORKER_H
#define WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process.h"
#include "session.h"

struct lines;
struct ov2_adapter;

#define WORKER_BROKEN  1 /* exit code: a law was broken, or a case did not end by itself */
#define WORKER_NOT_RUN 2 /* exit code: could not run */

struct worker_options {
    const char *adapter;
    const char *peer;
    const char *log;
    const char *pcap;
    const char **files;
    int file_count;
    uint8_t slack;
    bool strict;
    bool check;
    struct process_limits limits;
};

/* What the process of a case is to do; in memory that it shares with its parent. */
struct worker_task {
    enum worker_act {
        WORKER_LOAD,   /* load the adapter on trial */
        WORKER_SERVE,  /* a case whose lines come from the client */
        WORKER_REPLAY, /* a case whose lines are in a file */
    } act;
    uint8_t slack;
    bool strict;
    int file; /* WORKER_REPLAY: its index in the options */
};

/* What a case needs to know; its process inherits it, or makes it anew. */
struct worker_job {
    const struct worker_options *options;
    struct worker_task *task;
    const struct ov2_adapter *adapter;
    struct lines *lines; /* serving: where they come from */
    int in;
    int out;
    char *text; /* replaying: what is in the file */
    size_t text_len;
};

#define WORKER_LINE_MAX 1024 /* bytes of a line with "=", with its NUL */

/* worker_answer: "< " and behind it room for what a session prints, so that an answer is one write. */
extern char worker_answer[2 + SESSION_ANSWER_MAX + 1];

/* worker_finish: makes what stands in worker_answer one line; returns its length with newline. */
size_t worker_finish(bool silent);

/* worker_text: changes what could break a line or a quoted value, whoever wrote it. */
void worker_text(char *text);

/* worker_verdict: prints the line with "=", with newline. */
void worker_verdict(char line[WORKER_LINE_MAX], struct process_report *report);

/* worker_send: writes text to the private output. */
bool worker_send(int out, const char *text);

/* worker_complain: one sentence on standard error. */
void worker_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* worker_parse_byte: two hexadecimal digits. */
bool worker_parse_byte(uint8_t *value, const char *text);

/* worker_session: in the process of a case: the session it runs on, or NULL. */
struct session *worker_session(const struct worker_job *job);

/* worker_case: the body of every case: does what the job's task is.  worker_serve_case, worker_replay_case: its parts.
 */
int worker_case(void *job);
int worker_serve_case(struct worker_job *job);
int worker_replay_case(struct worker_job *job);

/* worker_serve: runs cases for the client until it is gone.  worker_replay: runs the file of that index.  Both return
 * an exit code.
 */
int worker_serve(struct worker_job *job);
int worker_replay(struct worker_job *job, int file);

#endif
