/* SPDX-License-Identifier: MIT */
/*
 * One find of a fuzzer: is it there again, how small can its trace be, what is it?
 *
 *   triage [OPTION]... ADAPTER IN.trace OUT.trace
 *
 * Runs the trace in fresh processes, keeps what was really run, trims it as long as the same thing goes wrong, writes
 * it to OUT.trace, and prints what it is, one "key=value" a line.  The driver's output and a sanitizer's report go to
 * the log; those of the last run are the last ones in it.  Exit codes: 0 it is there again, 1 nothing is wrong, 2 could
 * not run, 3 it comes and goes.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sys/mman.h>

#include "crash.h"
#include "guard.h"
#include "loader.h"
#include "ov2/adapter.h"
#include "process.h"
#include "record_print.h"
#include "run.h"
#include "sanitizer.h"
#include "trimmer.h"

#define TEXT_MAX   (1u << 20)
#define CANDIDATES 2000u
#define TRIM_S     "6" /* each try of a hang takes its whole limit */
#define AGAIN      3   /* runs that must agree */

static const char usage[] = "usage: triage [OPTION]... ADAPTER IN.trace OUT.trace\n"
                            "  --peer FILE    the clean reference\n"
                            "  --words WORDS  of the profile, for each open line\n"
                            "  --law LAW      which of several broken laws it is about\n"
                            "  --c FILE       where the calls go, as C (fuzz/reproducer.inc)\n"
                            "  --log FILE     where output goes; absent: nowhere\n"
                            "  --trim-s N     seconds that making the trace small may take [" TRIM_S "]\n"
                            "  --quick        neither trimmed nor run again: only what it is\n"
                            "  --hostile      what no driver can survive is run as well\n";

struct options {
    const char *peer;
    const char *words;
    const char *law;
    const char *log;
    const char *c;
    const char *trim_s;
    const char *files[3];
    bool hostile;
    bool quick;
};

/* What one run has shown; shared with the process that ran. */
struct shown {
    char law[16]; /* the first that was broken, or the one asked for; empty: none */
    char element[64];
    char got[128];
    char want[128];
    enum trace_verb law_verb;
    enum trace_verb verb; /* of the line that is running */
    uint32_t text_len;
    char text[TEXT_MAX]; /* the lines that were run */
};

struct triage {
    struct options options;
    const struct ov2_adapter *dut;
    const struct ov2_adapter *peer;
    struct process_limits limits;
    struct shown *shown;
    struct recording *recording; /* shared, too */
    bool records;
    struct process_report report;
    time_t trims_until; /* 0: it does not trim */
    const char *text;
    size_t len;
    struct trace_line *line;
    /* what it has to be again */
    struct shown first;
    struct process_report first_report;
};

/* ---- In the process of a run ---- */

static void on_begin(void *context, const char *text, size_t len)
{
    struct triage *triage = context;
    struct shown *shown = triage->shown;
    struct trace_error error;
    static uint32_t number;

    process_line(text ? ++number : 0);
    if (text && triage->records)
        record_line(text, len);
    if (!text || trace_parse(triage->line, &error, text, len) != TRACE_REQUEST || len + 1 > TEXT_MAX - shown->text_len)
        return;
    shown->verb = triage->line->verb;
    memcpy(shown->text + shown->text_len, text, len);
    shown->text_len += (uint32_t)len;
    shown->text[shown->text_len++] = '\n';
}

static void on_find(void *context, const struct run_find *find)
{
    struct triage *triage = context;
    struct shown *shown = triage->shown;

    if (shown->law[0] || (triage->options.law && strcmp(triage->options.law, find->law) != 0))
        return;
    (void)snprintf(shown->law, sizeof shown->law, "%s", find->law);
    (void)snprintf(shown->element, sizeof shown->element, "%s", find->element);
    (void)snprintf(shown->got, sizeof shown->got, "%s", find->got);
    (void)snprintf(shown->want, sizeof shown->want, "%s", find->want);
    shown->law_verb = find->verb;
}

static int run_body(void *context)
{
    struct triage *triage = context;
    const struct ov2_adapter *dut = triage->records ? record_begin(triage->recording, triage->dut) : triage->dut;
    const struct run_config config = {.session = {.dut = dut, .peer = triage->peer},
                                      .observer = {triage, on_begin, NULL, on_find},
                                      .words = triage->options.words,
                                      .is_hostile = triage->options.hostile};
    struct run *run;

    crash_explain(session_describe, triage->dut->locate);
    run = guard_adopt(0, false) ? run_new(&config) : NULL;
    if (!run)
        return 1;
    process_line(UINT32_MAX);
    (void)run_trace(run, triage->text, triage->len);
    run_free(run);
    process_line(0);
    return 0;
}

/* ---- Outside ---- */

static bool run_once(struct triage *triage, const char *text, size_t len)
{
    triage->text = text;
    triage->len = len;
    memset(triage->shown, 0, offsetof(struct shown, text));
    return process_case(&triage->report, &triage->limits, run_body, triage);
}

static bool is_wrong(const struct triage *triage)
{
    return triage->report.verdict != PROCESS_DONE || triage->report.leaks[0] || triage->shown->law[0];
}

/* is_same: as the first time.  Which instruction a driver that hangs is at is chance. */
static bool is_same(const struct triage *triage)
{
    const struct process_report *a = &triage->first_report;
    const struct process_report *b = &triage->report;

    if (a->verdict != b->verdict || (a->leaks[0] != 0) != (b->leaks[0] != 0))
        return false;
    if (a->verdict == PROCESS_DONE)
        return strcmp(triage->first.law, triage->shown->law) == 0 && triage->first.law_verb == triage->shown->law_verb;
    return triage->first.verb == triage->shown->verb &&
           (a->verdict == PROCESS_HANG || (a->signal == b->signal && strcmp(a->frames, b->frames) == 0));
}

static int is_good(void *context, const char *text, size_t len)
{
    struct triage *triage = context;

    if (triage->trims_until != 0 && time(NULL) >= triage->trims_until)
        return false;
    return run_once(triage, text, len) && is_same(triage);
}

static const char *verdict_of(const struct triage *triage)
{
    static const char *const verdicts[] = {"law", "crash", "hang", "left", "error"};

    if (triage->report.verdict == PROCESS_DONE && (triage->report.leaks[0] || strcmp(triage->shown->law, "leak") == 0))
        return "leak";
    return verdicts[triage->report.verdict];
}

static void print_value(const char *key, const char *value)
{
    printf("%s=", key);
    for (; *value; value++)
        putchar((unsigned char)*value < ' ' ? ' ' : *value);
    putchar('\n');
}

static void print(const struct triage *triage)
{
    static const char *const accesses[] = {"read", "write", ""};
    const struct process_report *report = &triage->report;
    const struct shown *shown = triage->shown;
    bool is_law = report->verdict == PROCESS_DONE;

    print_value("verdict", verdict_of(triage));
    print_value("verb", trace_verb_name(is_law && shown->law[0] ? shown->law_verb : shown->verb));
    print_value("law", is_law ? shown->law : "");
    print_value("element", is_law ? shown->element : "");
    print_value("got", is_law ? shown->got : "");
    print_value("want", is_law ? shown->want : "");
    print_value("signal", report->verdict == PROCESS_CRASH ? crash_signal(report->signal) : "");
    print_value("access", report->verdict == PROCESS_CRASH && report->write < 2 ? accesses[report->write] : "");
    print_value("lies", report->lies);
    print_value("where", report->where);
    print_value("frames", report->frames);
    print_value("leaks", report->leaks);
}

/* ---- The program ---- */

static char *read_file(size_t *len, const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = malloc(TEXT_MAX);

    if (file && text)
        *len = fread(text, 1, TEXT_MAX, file);
    if (file)
        (void)fclose(file);
    if (file && text)
        return text;
    free(text);
    return NULL;
}

static bool write_file(const char *path, const char *text, size_t len)
{
    FILE *file = fopen(path, "wb");
    bool ok = file && fwrite(text, 1, len, file) == len;

    return file && fclose(file) == 0 && ok;
}

static bool parse(struct options *options, int argc, char **argv)
{
    const struct {
        const char *name;
        const char **value;
    } valued[] = {{"--peer", &options->peer}, {"--words", &options->words},   {"--law", &options->law},
                  {"--log", &options->log},   {"--trim-s", &options->trim_s}, {"--c", &options->c}};
    int files = 0;

    for (int i = 1; i < argc; i++) {
        size_t which = 0;
        while (which < sizeof valued / sizeof valued[0] && strcmp(argv[i], valued[which].name) != 0)
            which++;
        if (which < sizeof valued / sizeof valued[0] && i + 1 < argc)
            *valued[which].value = argv[++i];
        else if (strcmp(argv[i], "--hostile") == 0)
            options->hostile = true;
        else if (strcmp(argv[i], "--quick") == 0)
            options->quick = true;
        else if (argv[i][0] != '-' && files < 3)
            options->files[files++] = argv[i];
        else
            return false;
    }
    if (!options->trim_s)
        options->trim_s = TRIM_S;
    return files == 3 && options->trim_s[0] && strspn(options->trim_s, "0123456789") == strlen(options->trim_s);
}

static bool start(struct triage *triage, char *error, size_t size)
{
    int in;
    int out;
    const char *log = triage->options.log ? triage->options.log : "/dev/null";

    (void)snprintf(error, size, "no memory");
    triage->limits = (struct process_limits){1000, 10000};
    triage->line = malloc(sizeof *triage->line);
    triage->shown = mmap(NULL, sizeof *triage->shown, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    /* What the driver prints goes to the log; what we print, to where our output has gone all the time. */
    triage->recording =
        mmap(NULL, sizeof *triage->recording, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!triage->line || triage->shown == MAP_FAILED || triage->recording == MAP_FAILED ||
        !process_private_io(&in, &out, log) || !guard_start(0, false) || !(stdout = fdopen(out, "w")))
        return false;
    sanitizer_accept_coverage();
    return loader_open(&triage->dut, error, size, triage->options.files[0]) &&
           (!triage->options.peer || loader_open(&triage->peer, error, size, triage->options.peer));
}

/* What the driver was asked, as C.  A find that is too large for that, or goes away while it is recorded, has none. */
static bool write_calls(struct triage *triage, const char *text, size_t len)
{
    FILE *file;
    bool ok;

    triage->records = true;
    ok = is_good(triage, text, len);
    triage->records = false;
    file = ok ? fopen(triage->options.c, "wb") : NULL;
    if (!file)
        return !ok;
    ok = record_print(file, triage->recording);
    if (fclose(file) != 0)
        return false;
    return ok || remove(triage->options.c) == 0;
}

/* triage_find: an exit code. */
static int triage_find(struct triage *triage, char *text, size_t len)
{
    struct trimmer *trimmer = trimmer_new();

    if (!trimmer || !run_once(triage, text, len))
        return 2;
    if (!is_wrong(triage))
        return 1;
    triage->first = *triage->shown;
    triage->first_report = triage->report;
    len = triage->first.text_len;
    memcpy(text, triage->first.text, len);
    triage->limits.cpu_ms = 400;
    triage->trims_until = time(NULL) + (time_t)strtoul(triage->options.trim_s, NULL, 10);
    if (!triage->options.quick)
        len = trimmer_minimise(trimmer, text, TEXT_MAX, len, CANDIDATES, is_good, triage);
    triage->limits.cpu_ms = 1000;
    triage->trims_until = 0;
    trimmer_free(trimmer);
    for (int i = 0; i < (triage->options.quick ? 0 : AGAIN); i++) {
        if (!is_good(triage, text, len))
            return 3;
    }
    print(triage);
    if (triage->options.c && !write_calls(triage, text, len))
        return 2;
    return write_file(triage->options.files[2], text, len) && fflush(stdout) == 0 ? 0 : 2;
}

int main(int argc, char **argv)
{
    static struct triage triage;
    char error[512] = "";
    size_t len = 0;
    char *text;

    if (!parse(&triage.options, argc, argv)) {
        (void)fputs(usage, stderr);
        return 2;
    }
    text = read_file(&len, triage.options.files[1]);
    if (!text || !start(&triage, error, sizeof error)) {
        fprintf(stderr, "ov2: triage: %s\n", text ? error : "cannot read the trace");
        return 2;
    }
    return triage_find(&triage, text, len);
}
