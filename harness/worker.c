/* SPDX-License-Identifier: MIT */
/*
 * A worker: one process that holds one adapter and runs cases on it, each in a process of its own.
 *
 * With trace files it replays them.  Without, it serves on standard input and output, one line of text each way:
 *
 *   worker   + ov2-worker 1 name="vendor driver 1.0" concurrent=no mode=plain
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
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crash.h"
#include "guard.h"
#include "lines.h"
#include "loader.h"
#include "process.h"
#include "remote.h"
#include "sanitizer.h"
#include "session.h"

#define EXIT_BROKEN  1 /* a law was broken, or a case did not end by itself */
#define EXIT_NOT_RUN 2

struct options {
    const char *adapter;
    const char *peer;
    const char *log;
    const char **files;
    int file_count;
    uint8_t slack;
    bool strict;
    bool check;
    struct process_limits limits;
};

/* What a case needs to know; its process inherits it. */
struct job {
    const struct options *options;
    const struct ov2_adapter *adapter;
    struct lines *lines; /* serving: where they come from */
    int in;
    int out;
    uint8_t slack;
    bool strict;
    const char *name; /* replaying: the file, and what is in it */
    const char *text;
    size_t text_len;
};

static const char usage[] =
    "usage: worker [OPTION]... ADAPTER               serve cases on standard input and output\n"
    "       worker [OPTION]... ADAPTER FILE.trace... replay traces\n"
    "  --check      replay: print only what broke a law, with its place\n"
    "  --peer FILE  the adapter of the clean peers\n"
    "  --log FILE   where the driver's output goes, appended; absent: standard error\n"
    "  --slack HH   the byte behind blocks whose size is no multiple of their alignment\n"
    "  --strict     completed memory is unmapped, not only overwritten\n"
    "  --cpu-ms N   a line that computes longer is a hang (2000)\n"
    "  --wall-ms N  a line that takes longer is a hang (20000)\n"
    "  --help, --version\n"
    "Exit codes: 0 all well, 1 a law was broken or a case did not end by itself, 2 could not run.\n";

/* answer: "< " and what a session prints, in one piece. */
static char answer[2 + SESSION_ANSWER_MAX + 1] = "< ";

/* ---- Printing ---- */

static void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void complain(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)fputs("ov2: worker: ", stderr);
    (void)vfprintf(stderr, format, arguments);
    (void)fputs("\n", stderr);
    va_end(arguments);
}

/* plain_text: text that cannot break a line or a quoted value, whoever wrote it. */
static void plain_text(char *text)
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
        plain_text(text);
        add(line, size, " %s=\"%s\"", key, text);
    }
}

/* print_end: the line with "=". */
static void print_end(char *line, size_t size, struct process_report *report)
{
    static const char *const verdicts[] = {"done", "crash", "hang", "left", "error"};
    static const char *const accesses[] = {"read", "write", "unknown"};

    line[0] = '\0';
    add(line, size, "= verdict=%s line=%u", verdicts[report->verdict], report->line);
    if (report->verdict == PROCESS_CRASH) {
        add(line, size, " signal=%s", crash_signal(report->signal));
        if (report->write < 2) {
            add(line, size, " access=%s", accesses[report->write]);
        }
        if (report->address != 0 || report->write < 2) {
            add(line, size, " address=0x%llx", (unsigned long long)report->address);
        }
    }
    if (report->verdict == PROCESS_LEFT) {
        add(line, size, " code=%d", report->code);
    }
    if (report->pc != 0) {
        add(line, size, " pc=0x%llx", (unsigned long long)report->pc);
    }
    add_text(line, size, "lies", report->lies);
    add_text(line, size, "where", report->where);
    add_text(line, size, "leaks", report->leaks);
    add(line, size, "\n");
}

/* finish_answer: makes what a session printed one line; returns its length with "< " and newline. */
static size_t finish_answer(bool silent)
{
    char *text = answer + 2;
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
        answer[1] = '\n'; /* a bare "<" */
        return 2;
    }
    answer[1] = ' ';
    return len + 3;
}

static bool send_text(int out, const char *text)
{
    return process_send(out, text, strlen(text));
}

/* ---- A case, in its own process ---- */

static struct session *open_session(const struct job *job)
{
    const struct session_config config = {.dut = job->adapter,
                                          .connect_peer = job->options->peer == NULL ? NULL : process_peer};

    crash_explain(session_describe, job->adapter->locate);
    return guard_adopt(job->slack, job->strict) ? session_open(&config) : NULL;
}

/* serve_case: the body of a case whose lines come from the client. */
static int serve_case(void *context)
{
    const struct job *job = context;
    struct session *session = open_session(job);
    const char *text;
    size_t len;
    uint32_t number = 0;
    bool quit = false;

    if (session == NULL || !send_text(job->out, "ready\n")) {
        return EXIT_NOT_RUN;
    }
    while (lines_next(job->lines, &text, &len)) {
        bool silent = false;

        if (len == 3 && memcmp(text, "end", 3) == 0) {
            process_line(number + 1);
            session_close(session, answer + 2);
            process_line(0);
            return process_send(job->out, answer, finish_answer(false)) ? 0 : EXIT_NOT_RUN;
        }
        if (quit) {
            (void)strcpy(answer + 2, "error column=1 text=\"the trace has quit\"");
        } else {
            enum session_result result;

            process_line(++number);
            result = session_run(session, answer + 2, text, len);
            process_line(0);
            silent = result == SESSION_SILENT;
            quit = result == SESSION_QUIT;
        }
        if (!process_send(job->out, answer, finish_answer(silent))) {
            return EXIT_NOT_RUN;
        }
    }
    return EXIT_NOT_RUN; /* the client is gone */
}

/* line_end: the length of the line that starts at from. */
static size_t line_len(const struct job *job, size_t from)
{
    const char *newline = memchr(job->text + from, '\n', job->text_len - from);

    return newline == NULL ? job->text_len - from : (size_t)(newline - (job->text + from));
}

/* print_request: "> " and the line as it stands in the file; with its place if only what is wrong is printed. */
static void print_request(const struct job *job, uint32_t number, const char *text, size_t len)
{
    char place[512] = "";

    if (len >= 2 && memcmp(text, "> ", 2) == 0) {
        text += 2;
        len -= 2;
    }
    if (job->options->check) {
        (void)snprintf(place, sizeof place, "%s:%u: ", job->name, number);
    }
    (void)send_text(job->out, place);
    (void)send_text(job->out, "> ");
    (void)process_send(job->out, text, len);
    (void)send_text(job->out, "\n");
}

static void print_answer(const struct job *job, uint32_t number)
{
    char place[512];
    size_t len = finish_answer(false);

    if (job->options->check) {
        (void)snprintf(place, sizeof place, "%s:%u: ", job->name, number);
        (void)send_text(job->out, place);
    }
    (void)process_send(job->out, answer, len);
}

/* replay_line: returns whether the line broke a law or could not be read. */
static int replay_line(const struct job *job, struct session *session, uint32_t number, size_t from, size_t len,
                       bool *quit)
{
    uint64_t broke = session_broke(session);
    enum session_result result;
    int code;

    process_line(number);
    result = session_run(session, answer + 2, job->text + from, len);
    process_line(0);
    *quit = result == SESSION_QUIT;
    code = result == SESSION_UNREADABLE ? EXIT_NOT_RUN : session_broke(session) != broke ? EXIT_BROKEN : 0;
    if (result != SESSION_SILENT && (code != 0 || !job->options->check)) {
        print_request(job, number, job->text + from, len);
        print_answer(job, number);
    }
    return code;
}

/* replay_case: the body of a case whose lines are in a file. */
static int replay_case(void *context)
{
    const struct job *job = context;
    struct session *session = open_session(job);
    uint32_t number = 0;
    bool quit = false;
    int worst = 0;

    if (session == NULL) {
        return EXIT_NOT_RUN;
    }
    for (size_t from = 0; from < job->text_len && !quit;) {
        size_t len = line_len(job, from);
        size_t shown = len > 0 && job->text[from + len - 1] == '\r' ? len - 1 : len;
        int code = replay_line(job, session, ++number, from, shown, &quit);

        worst = code > worst ? code : worst;
        from += len + 1;
    }
    process_line(number + 1);
    session_close(session, answer + 2);
    process_line(0);
    if (strstr(answer + 2, "break{") != NULL) {
        worst = worst == 0 ? EXIT_BROKEN : worst;
    } else if (job->options->check) {
        return worst;
    }
    print_answer(job, number + 1);
    return worst;
}

/* ---- Replaying ---- */

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

/* print_last: the request that the case died of. */
static void print_last(const struct job *job, uint32_t number)
{
    size_t from = 0;

    for (uint32_t i = 1; i < number && from < job->text_len; i++) {
        from += line_len(job, from) + 1;
    }
    if (number != 0 && from < job->text_len) {
        print_request(job, number, job->text + from, line_len(job, from));
    }
}

static int replay(struct job *job, const char *path)
{
    struct process_report report;
    char line[1024];
    char *text = read_file(&job->text_len, path);
    int code;

    if (text == NULL) {
        complain("cannot read %s", path);
        return EXIT_NOT_RUN;
    }
    job->name = path;
    job->text = text;
    if (!process_case(&report, &job->options->limits, replay_case, job)) {
        complain("cannot make a process for %s", path);
        free(text);
        return EXIT_NOT_RUN;
    }
    code = report.verdict == PROCESS_DONE ? report.code : EXIT_BROKEN;
    code = code == 0 && report.leaks[0] != '\0' ? EXIT_BROKEN : code;
    if (report.verdict != PROCESS_DONE) {
        print_last(job, report.line);
    }
    if (code != 0 || !job->options->check) {
        if (job->options->check) {
            (void)send_text(job->out, path);
            (void)send_text(job->out, ": ");
        }
        print_end(line, sizeof line, &report);
        (void)send_text(job->out, line);
    }
    free(text);
    return code;
}

/* ---- Serving ---- */

static bool parse_hex_byte(uint8_t *value, const char *text)
{
    char *end;
    unsigned long number = strtoul(text, &end, 16);

    *value = (uint8_t)number;
    return end == text + 2 && *end == '\0' && text[0] != '+' && text[0] != '-' && text[0] != ' ';
}

/* parse_case: the words behind "case". */
static bool parse_case(struct job *job, const char *text, size_t len)
{
    char words[64];
    bool ok = len < sizeof words;

    job->slack = job->options->slack;
    job->strict = job->options->strict;
    if (ok) {
        memcpy(words, text, len);
        words[len] = '\0';
        for (const char *word = strtok(words, " "); ok && word != NULL; word = strtok(NULL, " ")) {
            if (strncmp(word, "slack=", 6) == 0) {
                ok = parse_hex_byte(&job->slack, word + 6);
            } else {
                ok = strcmp(word, "strict") == 0;
                job->strict = true;
            }
        }
    }
    return ok;
}

static int serve(struct job *job)
{
    struct process_report report;
    char line[1024];
    char name[256];
    const char *text;
    size_t len;

    job->lines = lines_open(job->in);
    (void)snprintf(name, sizeof name, "%s", job->adapter->name);
    plain_text(name);
    (void)snprintf(line, sizeof line, "+ ov2-worker 1 name=\"%s\" concurrent=%s mode=%s\n", name,
                   (job->adapter->flags & OV2_CONCURRENT) != 0 ? "yes" : "no", sanitizer_mode());
    if (job->lines == NULL || !send_text(job->out, line)) {
        return EXIT_NOT_RUN;
    }
    while (lines_next(job->lines, &text, &len)) {
        if (len < 4 || memcmp(text, "case", 4) != 0 || (len > 4 && text[4] != ' ')) {
            continue;
        }
        if (!parse_case(job, text + 4, len - 4)) {
            report = (struct process_report){.verdict = PROCESS_ERROR, .lies = "a case takes slack=HH and strict"};
        } else if (!process_case(&report, &job->options->limits, serve_case, job)) {
            (void)snprintf(report.lies, sizeof report.lies, "no process could be made");
        } else if (report.verdict == PROCESS_DONE && report.code != 0) {
            report.verdict = PROCESS_ERROR;
        }
        print_end(line, sizeof line, &report);
        if (!send_text(job->out, line)) {
            return EXIT_NOT_RUN;
        }
    }
    return 0;
}

/* ---- Starting ---- */

static void serve_peer(int channel, const char *path)
{
    const struct ov2_adapter *adapter;
    char error[512];

    if (!loader_open(&adapter, error, sizeof error, path)) {
        complain("peer: %s", error);
    } else if (!guard_start(0, false)) {
        complain("peer: no memory");
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
static bool parse_valued(struct options *options, const char *name, const char *value)
{
    if (strcmp(name, "--peer") == 0) {
        options->peer = value;
    } else if (strcmp(name, "--log") == 0) {
        options->log = value;
    } else if (strcmp(name, "--slack") == 0) {
        return parse_hex_byte(&options->slack, value);
    } else if (strcmp(name, "--cpu-ms") == 0) {
        return parse_ms(&options->limits.cpu_ms, value);
    } else if (strcmp(name, "--wall-ms") == 0) {
        return parse_ms(&options->limits.wall_ms, value);
    } else {
        return false;
    }
    return true;
}

static bool parse_options(struct options *options, int count, const char **words)
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
            complain("%s: unknown, or its value is missing or wrong; --help lists the options", words[i]);
            return false;
        }
    }
    if (i == count) {
        complain("which adapter? --help says more");
        return false;
    }
    options->adapter = words[i];
    options->files = words + i + 1;
    options->file_count = count - i - 1;
    return true;
}

/* start: everything that comes before the first case; the order is that of process.h. */
static bool start(struct job *job, char *error, size_t size)
{
    const struct options *options = job->options;

    (void)snprintf(error, size, "cannot open the log");
    if (!process_private_io(&job->in, &job->out, options->log)) {
        return false;
    }
    (void)snprintf(error, size, "no process for the peers could be made");
    if (options->peer != NULL && !process_peer_start(serve_peer, options->peer)) {
        return false;
    }
    (void)snprintf(error, size, "no memory");
    return guard_start(options->slack, options->strict) && loader_open(&job->adapter, error, size, options->adapter);
}

int main(int count, char **words)
{
    struct options options = {.limits = {.cpu_ms = 2000, .wall_ms = 20000}};
    struct job job = {.options = &options, .out = -1};
    char error[512];
    int worst = 0;

    if (count == 2 && (strcmp(words[1], "--help") == 0 || strcmp(words[1], "--version") == 0)) {
        (void)fputs(words[1][2] == 'h' ? usage : "ov2-worker 1\n", stdout);
        return 0;
    }
    if (!parse_options(&options, count, (const char **)words)) {
        return EXIT_NOT_RUN;
    }
    job.slack = options.slack;
    job.strict = options.strict;
    if (!start(&job, error, sizeof error)) {
        plain_text(error);
        complain("%s", error);
        if (options.file_count == 0 && job.out >= 0) {
            (void)send_text(job.out, "! ");
            (void)send_text(job.out, error);
            (void)send_text(job.out, "\n");
        }
        return EXIT_NOT_RUN;
    }
    for (int i = 0; i < options.file_count; i++) {
        int code = replay(&job, options.files[i]);

        worst = code > worst ? code : worst;
    }
    return options.file_count > 0 ? worst : serve(&job);
}
