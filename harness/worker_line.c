/* SPDX-License-Identifier: MIT */
/* How a worker prints answers and verdicts, one line each, whatever a driver or a file makes it say; and what its two
 * kinds of cases have in common. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "crash.h"
#include "guard.h"
#include "ov2/adapter.h"
#include "worker.h"

char worker_answer[2 + SESSION_ANSWER_MAX + 1] = "< ";

void worker_complain(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)fputs("ov2: worker: ", stderr);
    (void)vfprintf(stderr, format, arguments);
    (void)fputs("\n", stderr);
    va_end(arguments);
}

void worker_text(char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;

        if (byte == '"' || byte == '\\') {
            *text = '\'';
        } else if (byte < 32 || byte == 127) {
            *text = byte == '\t' ? ' ' : '?';
        }
    }
}

/* add: appends to a line of limited length; what does not fit is cut off. */
static void add(char *line, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void add(char *line, size_t size, const char *format, ...)
{
    size_t used = strlen(line);
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(line + used, size - used, format, arguments);
    va_end(arguments);
}

static void add_text(char *line, size_t size, const char *key, char *text)
{
    if (text[0] != '\0') {
        worker_text(text);
        add(line, size, " %s=\"%s\"", key, text);
    }
}

void worker_verdict(char line[WORKER_LINE_MAX], struct process_report *report)
{
    static const char *const verdicts[] = {"done", "crash", "hang", "left", "error"};
    static const char *const accesses[] = {"read", "write", "unknown"};

    line[0] = '\0';
    add(line, WORKER_LINE_MAX, "= verdict=%s line=%u", verdicts[report->verdict], report->line);
    if (report->verdict == PROCESS_CRASH) {
        add(line, WORKER_LINE_MAX, " signal=%s", crash_signal(report->signal));
        if (report->write < 2) {
            add(line, WORKER_LINE_MAX, " access=%s", accesses[report->write]);
        }
        if (report->address != 0 || report->write < 2) {
            add(line, WORKER_LINE_MAX, " address=0x%llx", (unsigned long long)report->address);
        }
    }
    if (report->verdict == PROCESS_LEFT) {
        add(line, WORKER_LINE_MAX, " code=%d", report->code);
    }
    if (report->pc != 0) {
        add(line, WORKER_LINE_MAX, " pc=0x%llx", (unsigned long long)report->pc);
    }
    add_text(line, WORKER_LINE_MAX, "lies", report->lies);
    add_text(line, WORKER_LINE_MAX, "where", report->where);
    add_text(line, WORKER_LINE_MAX, "leaks", report->leaks);
    add(line, WORKER_LINE_MAX, "\n");
}

size_t worker_finish(bool silent)
{
    char *text = worker_answer + 2;
    size_t len;

    if (silent) {
        text[0] = '\0';
    }
    for (char *newline = text; (newline = strchr(newline, '\n')) != NULL;) {
        *newline = '?';
    }
    len = strlen(text);
    text[len] = '\n';
    if (len == 0) {
        worker_answer[1] = '\n'; /* a bare "<" */
        return 2;
    }
    worker_answer[1] = ' ';
    return len + 3;
}

bool worker_send(int out, const char *text)
{
    return process_send(out, text, strlen(text));
}

bool worker_parse_byte(uint8_t *value, const char *text)
{
    char *end;
    unsigned long number = strtoul(text, &end, 16);

    *value = (uint8_t)number;
    return end == text + 2 && *end == '\0' && text[0] != '+' && text[0] != '-' && text[0] != ' ';
}

struct session *worker_session(const struct worker_job *job)
{
    const char *pcap = job->options->pcap;
    const struct session_config config = {.dut = job->adapter,
                                          .connect_peer = job->options->peer == NULL ? NULL : process_peer,
                                          .capture = pcap == NULL ? NULL : capture_open(pcap)};

    crash_explain(session_describe, job->adapter->locate);
    return guard_adopt(job->task->slack, job->task->strict) ? session_open(&config) : NULL;
}
