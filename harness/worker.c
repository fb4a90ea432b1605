/* SPDX-License-Identifier: MIT */
/*
 * A worker: one process that holds one adapter and runs cases on it, each in a process of its own.
 *
 * With trace files it replays them.  Without, it serves on standard input and output, one line of text each way:
 *
 *   worker   + ov2-worker 1 name="vendor driver 1.0" concurrent=no configurable=no mode=plain
 *            or ! SENTENCE, and it exits with 2: the adapter does not load
 *   client   case [slack=HH] [strict]      a case begins, in a fresh process
 *   worker   ready
 *   client   any line of a trace           numbered from 1
 *   worker   < ANSWER                      exactly one for each; a bare < if the line asks nothing
 *   client   end                           the devices are closed, the adapter is unloaded
 *   worker   < end ...
 *   worker   = verdict=done line=0         and the next case may begin
 *
 * If the process of the case dies, at any time, a line with "=" comes instead of the one that is due:
 *
 *   = verdict=crash line=3 signal=SEGV access=write address=0x7f21 pc=0x5500 lies="element b, 4 bytes ..." where="..."
 *   = verdict=hang line=3 pc=0x5500 lies="2000 ms passed, 1990 ms of them computing" where="drv.so+0x1139"
 *   = verdict=left line=3 code=1           somebody called exit()
 *   = verdict=error line=0 lies="..."      the case could not be run
 *
 * signal=sanitizer is a sanitizer's finding; its text is in the log.  line is one past the last line while the devices
 * are closed at the end.  What is unknown or empty is left out.  leaks="..." stands behind every verdict if memory was
 * lost.  Between cases every line that does not begin one is ignored: a client may have sent it before it saw "=".  End
 * of input ends the worker.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "crash.h"
#include "guard.h"
#include "lines.h"
#include "loader.h"
#include "ov2/adapter.h"
#include "remote.h"
#include "sanitizer.h"
#include "worker.h"

static const char usage[] =
    "usage: worker [OPTION]... ADAPTER               serve cases on standard input and output\n"
    "       worker [OPTION]... ADAPTER FILE.trace... replay traces\n"
    "  --check      replay: print only what broke a law, with its place\n"
    "  --peer FILE  the adapter of the clean peers\n"
    "  --pcap FILE  every frame goes there, for Wireshark\n"
    "  --log FILE   where the driver's output goes, appended; absent: standard error\n"
    "  --slack HH   the byte behind blocks whose size is no multiple of their alignment\n"
    "  --strict     completed memory is unmapped, not only overwritten\n"
    "  --cpu-ms N   a line that computes longer is a hang (2000)\n"
    "  --wall-ms N  a line that takes longer is a hang (20000)\n"
    "  --help, --version\n"
    "Exit codes: 0 all well, 1 a law was broken or a case did not end by itself, 2 could not run.\n";

static void serve_peer(int channel, const char *path)
{
    const struct ov2_adapter *adapter;
    char error[512];

    if (!loader_open(&adapter, error, sizeof error, path)) {
        worker_complain("peer: %s", error);
    } else if (!guard_start(0, false)) {
        worker_complain("peer: no memory");
    } else {
        remote_serve(channel, adapter);
    }
}

static bool parse_ms(uint32_t *value, const char *text)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);

    *value = (uint32_t)number;
    return *text >= '0' && *text <= '9' && *end == '\0' && number > 0 && number < 86400000ul;
}

/* parse_valued: an option that takes a value. */
static bool parse_valued(struct worker_options *options, const char *name, const char *value)
{
    if (strcmp(name, "--peer") == 0) {
        options->peer = value;
    } else if (strcmp(name, "--log") == 0) {
        options->log = value;
    } else if (strcmp(name, "--pcap") == 0) {
        options->pcap = value;
    } else if (strcmp(name, "--slack") == 0) {
        return worker_parse_byte(&options->slack, value);
    } else if (strcmp(name, "--cpu-ms") == 0) {
        return parse_ms(&options->limits.cpu_ms, value);
    } else if (strcmp(name, "--wall-ms") == 0) {
        return parse_ms(&options->limits.wall_ms, value);
    } else {
        return false;
    }
    return true;
}

static bool parse_options(struct worker_options *options, int count, const char **words)
{
    int i = 1;

    for (; i < count && words[i][0] == '-'; i++) {
        if (strcmp(words[i], "--check") == 0) {
            options->check = true;
        } else if (strcmp(words[i], "--strict") == 0) {
            options->strict = true;
        } else if (i + 1 < count && parse_valued(options, words[i], words[i + 1])) {
            i++;
        } else {
            worker_complain("%s: unknown, or its value is missing or wrong; --help lists the options", words[i]);
            return false;
        }
    }
    if (i == count) {
        worker_complain("which adapter? --help says more");
        return false;
    }
    options->adapter = words[i];
    options->files = words + i + 1;
    options->file_count = count - i - 1;
    return true;
}

/* try_to_load: loads the adapter on trial, so that whatever it does then ends a process that nobody needs.  Its exit
 * code tells the rest. */
static int try_to_load(const struct worker_job *job)
{
    const struct ov2_adapter *adapter;
    char error[512];

    process_line(1);
    if (!loader_open(&adapter, error, sizeof error, job->options->adapter)) {
        return 0; /* it will be said again */
    }
    (void)snprintf(error, sizeof error, "%s", adapter->name);
    process_line(0);
    return process_holds(job->in) && process_holds(job->out) ? 0 : WORKER_BROKEN;
}

int worker_case(void *context)
{
    struct worker_job *job = context;
    char error[512];

    if (job->task->act == WORKER_LOAD) {
        return try_to_load(job);
    }
    /* A process that was started, not forked, has not loaded it yet. */
    if (job->adapter == NULL && !loader_open(&job->adapter, error, sizeof error, job->options->adapter)) {
        return WORKER_NOT_RUN;
    }
    return job->task->act == WORKER_SERVE ? worker_serve_case(job) : worker_replay_case(job);
}

/* loads: says whether the adapter can be loaded at all; what is wrong with it in other ways loader_open() says. */
static bool loads(struct worker_job *job, char *error, size_t size)
{
    const char *path = job->options->adapter;
    struct process_limits limits = {job->options->limits.wall_ms, job->options->limits.wall_ms};
    struct process_report report;

    job->task->act = WORKER_LOAD;
    if (!process_case(&report, &limits, worker_case, job)) {
        (void)snprintf(error, size, "no process could be made");
        return false;
    }
    switch (report.verdict) {
    case PROCESS_DONE:
        (void)snprintf(error, size, "%s: the adapter closes what is not its own while it is loaded", path);
        return report.code == 0;
    case PROCESS_CRASH:
        (void)snprintf(error, size, "%s: the adapter crashes while it is loaded: %s%s%s%s", path,
                       report.signal == 0 ? "a sanitizer ends it; build it with " : "SIG",
                       report.signal == 0 ? "clang, as the worker is" : crash_signal(report.signal),
                       report.where[0] != '\0' ? " in " : "", report.where);
        return false;
    case PROCESS_HANG:
        (void)snprintf(error, size, "%s: loading the adapter does not come to an end: %s", path, report.lies);
        return false;
    default:
        (void)snprintf(error, size, "%s: the adapter ends the process while it is loaded", path);
        return false;
    }
}

/* start: everything that comes before the first case; the order is that of process.h. */
static bool start(struct worker_job *job, char *error, size_t size)
{
    const struct worker_options *options = job->options;

    (void)snprintf(error, size, "cannot open the log");
    if (!process_private_io(&job->in, &job->out, options->log)) {
        return false;
    }
    (void)snprintf(error, size, "no process for the peers could be made");
    if (options->peer != NULL && !process_peer_start(serve_peer, options->peer)) {
        return false;
    }
    (void)snprintf(error, size, "no memory");
    job->task = process_shared(sizeof *job->task);
    job->lines = lines_open(job->in);
    if (job->task == NULL || job->lines == NULL || !guard_start(options->slack, options->strict)) {
        return false;
    }
    process_again(worker_case, job);
    if (options->pcap != NULL && !capture_create(options->pcap)) {
        (void)snprintf(error, size, "cannot write %s", options->pcap);
        return false;
    }
    return loads(job, error, size) && loader_open(&job->adapter, error, size, options->adapter);
}

int main(int count, char **words)
{
    struct worker_options options = {.limits = {.cpu_ms = 2000, .wall_ms = 20000}};
    struct worker_job job = {.options = &options, .out = -1};
    char error[512];
    int worst = 0;

    if (count == 2 && (strcmp(words[1], "--help") == 0 || strcmp(words[1], "--version") == 0)) {
        (void)fputs(words[1][2] == 'h' ? usage : "ov2-worker 1\n", stdout);
        return 0;
    }
    sanitizer_accept_coverage();
    if (!parse_options(&options, count, (const char **)words)) {
        return WORKER_NOT_RUN;
    }
    if (!start(&job, error, sizeof error)) {
        worker_text(error);
        worker_complain("%s", error);
        if (options.file_count == 0 && job.out >= 0) {
            (void)worker_send(job.out, "! ");
            (void)worker_send(job.out, error);
            (void)worker_send(job.out, "\n");
        }
        return WORKER_NOT_RUN;
    }
    for (int i = 0; i < options.file_count; i++) {
        int code = worker_replay(&job, i);

        worst = code > worst ? code : worst;
    }
    return options.file_count > 0 ? worst : worker_serve(&job);
}
