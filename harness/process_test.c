/* SPDX-License-Identifier: MIT */
/* Tests of processes: how each end of a case is reported and that nothing survives it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crash.h"
#include "process.h"
#include "process_end.h"
#include "sanitizer.h"

static int failures;
static volatile int number;
static void *volatile memory;

#define CHECK(got, want)      check(__LINE__, #got, (long long)(got), (long long)(want))
#define CHECK_TEXT(got, want) check_text(__LINE__, #got, got, want)

static void check(int line, const char *what, long long got, long long want)
{
    if (got != want) {
        (void)fprintf(stderr, "%s:%d: %s: got %lld, want %lld\n", __FILE__, line, what, got, want);
        failures++;
    }
}

/* check_text: got contains want; if want is empty got is. */
static void check_text(int line, const char *what, const char *got, const char *want)
{
    if (want[0] == '\0' ? got[0] != '\0' : strstr(got, want) == NULL) {
        (void)fprintf(stderr, "%s:%d: %s: got \"%s\", want \"%s\"\n", __FILE__, line, what, got, want);
        failures++;
    }
}

static struct process_report run_within(uint32_t cpu_ms, uint32_t wall_ms, int (*body)(void *), void *context)
{
    const struct process_limits limits = {.cpu_ms = cpu_ms, .wall_ms = wall_ms};
    struct process_report report;

    CHECK(process_case(&report, &limits, body, context), true);
    return report;
}

static struct process_report run(int (*body)(void *), void *context)
{
    return run_within(10000, 60000, body, context);
}

static bool is_plain(void)
{
    return strcmp(sanitizer_mode(), "plain") == 0;
}

/* ---- Good ends ---- */

static int done_body(void *context)
{
    process_line(1);
    process_line(2);
    process_line(0);
    return *(const int *)context;
}

static void test_done(void)
{
    for (int code = 0; code < 3; code++) {
        struct process_report report = run(done_body, &code);

        CHECK(report.verdict, PROCESS_DONE);
        CHECK(report.code, code);
        CHECK(report.line, 0);
        CHECK_TEXT(report.leaks, "");
    }
}

static int exit_body(void *context)
{
    process_line(7);
    exit(*(const int *)context);
}

static void test_left(void)
{
    for (int code = 0; code < 2; code++) {
        struct process_report report = run(exit_body, &code);

        CHECK(report.verdict, PROCESS_LEFT);
        CHECK(report.code, code);
        CHECK(report.line, 7);
    }
}

/* ---- Crashes ---- */

__attribute__((no_sanitize("address", "undefined", "thread"), noinline)) static int fault(uintptr_t address, bool write)
{
    volatile uint8_t *byte = (volatile uint8_t *)address;

    process_line(3);
    if (write) {
        *byte = 1;
    }
    return *byte;
}

static int write_body(void *context)
{
    (void)context;
    return fault(0x1000, true);
}

static int read_body(void *context)
{
    (void)context;
    return fault(0x20, false);
}

static int wild_body(void *context)
{
    (void)context;
    return fault(0x5A5A5A5A5A5A5A5A, false);
}

static bool describe(char *out, size_t size, uintptr_t address)
{
    return address == 0x1000 && snprintf(out, size, "what the test says") > 0;
}

static ov2_result locate(char *out, uint32_t size, uint64_t address)
{
    (void)snprintf(out, size, "code at %llx", (unsigned long long)address);
    return OV2_OK;
}

static void test_faults(void)
{
    struct process_report report = run(write_body, NULL);

    CHECK(report.verdict, PROCESS_CRASH);
    CHECK(report.signal, SIGSEGV);
    CHECK(report.line, 3);
    CHECK(report.write, 1);
    CHECK(report.address, 0x1000);
    CHECK(report.pc != 0, true);
    CHECK_TEXT(report.lies, "NULL");
    CHECK_TEXT(report.where, "process_test+0x");

    crash_explain(describe, locate);
    report = run(write_body, NULL);
    CHECK_TEXT(report.lies, "what the test says");
    CHECK_TEXT(report.where, "code at ");
    crash_explain(NULL, NULL);

    report = run(read_body, NULL);
    CHECK(report.write, 0);
    CHECK(report.address, 0x20);
    CHECK_TEXT(report.lies, "NULL");

    report = run(wild_body, NULL);
    CHECK(report.verdict, PROCESS_CRASH);
    CHECK(report.write, 2);
    CHECK(report.address, 0x5A5A5A5A5A5A5A5A);
    CHECK_TEXT(report.lies, "completed memory");
}

static int abort_body(void *context)
{
    (void)context;
    process_line(1);
    abort();
}

static int kill_body(void *context)
{
    (void)context;
    return raise(SIGKILL);
}

static int bad_describe_body(void *context)
{
    (void)context;
    return fault(0x20, true);
}

static bool bad_describe(char *out, size_t size, uintptr_t address)
{
    (void)size;
    out[0] = '\0';
    return fault(address + 1, true) != 0;
}

__attribute__((no_sanitize("address", "undefined", "thread"), noinline)) static int deep(int depth)
{
    volatile char bytes[4096] = {(char)depth};

    return depth < 0 ? 0 : deep(depth + 1) + bytes[depth % 4096];
}

static int deep_body(void *context)
{
    (void)context;
    return deep(0);
}

static void test_other_crashes(void)
{
    struct process_report report = run(abort_body, NULL);

    CHECK(report.verdict, PROCESS_CRASH);
    CHECK(report.signal, SIGABRT);
    CHECK(report.line, 1);

    report = run(kill_body, NULL);
    CHECK(report.verdict, PROCESS_CRASH);
    CHECK(report.signal, SIGKILL);
    CHECK(report.write, 2);

    crash_explain(bad_describe, NULL);
    report = run(bad_describe_body, NULL);
    CHECK(report.verdict, PROCESS_CRASH);
    CHECK(report.signal, SIGSEGV);
    CHECK(report.address, 0x20);
    crash_explain(NULL, NULL);

    report = run(deep_body, NULL);
    CHECK(report.verdict, PROCESS_CRASH);
    CHECK(report.signal, SIGSEGV);
    CHECK_TEXT(report.lies, "stack");
}

/* ---- Sanitizers ---- */

static int overflow_body(void *context)
{
    volatile unsigned char *bytes = malloc(10);
    volatile size_t at = 10;

    (void)context;
    process_line(2);
    if (bytes != NULL) {
        bytes[at] = 1;
        number = bytes[at];
    }
    free((void *)(uintptr_t)bytes);
    return 0;
}

static int leak_body(void *context)
{
    (void)context;
    memory = malloc(344);
    memory = NULL;
    return 0;
}

static void test_sanitizers(void)
{
    struct process_report report;

    if (strcmp(sanitizer_mode(), "asan") != 0) {
        return;
    }
    report = run(overflow_body, NULL);
    CHECK(report.verdict, PROCESS_CRASH);
    CHECK(report.signal, 0);
    CHECK(report.line, 2);
    report = run(leak_body, NULL);
    CHECK(report.verdict, PROCESS_DONE);
    CHECK_TEXT(report.leaks, "leak of 344 byte");
}

/* ---- Deadlines ---- */

static int compute_body(void *context)
{
    (void)context;
    process_line(4);
    number = 0;
    while (number == 0) {
    }
    return 0;
}

/* compute: uses up CPU time, so that no other load of the machine changes what the test sees. */
static void compute(int ms)
{
    clock_t end = clock() + (clock_t)ms * CLOCKS_PER_SEC / 1000;

    while (clock() < end) {
    }
}

static int lines_body(void *context)
{
    (void)context;
    for (uint32_t line = 1; line <= 6; line++) { /* together longer than a line may be */
        process_line(line);
        compute(50);
    }
    process_line(0); /* between lines there is no deadline */
    compute(300);
    return 0;
}

/* family_body: makes more processes. */
static int family_body(void *context)
{
    process_line(5);
    return system(context); /* NOLINT(cert-env33-c): the way to another process that ISO C has */
}

static void test_deadlines(void)
{
    struct process_report report = run_within(200, 60000, compute_body, NULL);
    char blocking[] = "sleep 1000";

    CHECK(report.verdict, PROCESS_HANG);
    CHECK(report.line, 4);
    CHECK_TEXT(report.where, "+0x");
    CHECK_TEXT(report.lies, "ms passed");

    report = run_within(60000, 200, family_body, blocking);
    CHECK(report.verdict, PROCESS_HANG);
    CHECK(report.line, 5);

    report = run_within(200, 60000, lines_body, NULL);
    CHECK(report.verdict, PROCESS_DONE);
}

/* ---- What a case leaves behind ---- */

/* children: how many processes this one has made or inherited; -1: this system does not say. */
static int children(void)
{
    FILE *list = fopen("/proc/thread-self/children", "r");
    char word[32];
    int count = 0;

    if (list == NULL) {
        return -1;
    }
    while (fgets(word, sizeof word, list) != NULL) {
        for (const char *blank = word; (blank = strchr(blank, ' ')) != NULL; blank++) {
            count++;
        }
    }
    (void)fclose(list);
    return count;
}

static void test_survivors(void)
{
    static char same_group[] = "sleep 1000 </dev/null >/dev/null 2>&1 &";
    static char own_session[] = "(setsid sh -c 'echo up; exec sleep 1000 </dev/null >/dev/null 2>&1' &) | grep -q up";
    int before = children();
    struct process_report report = run(family_body, same_group);

    CHECK(report.verdict, PROCESS_DONE);
    CHECK(children(), before);
    report = run(family_body, own_session);
    CHECK(report.verdict, PROCESS_DONE);
    CHECK(children(), before);
}

/* ---- Memory and the log ---- */

static int hoard_body(void *context)
{
    (void)context;
    process_line(1);
    while ((memory = malloc((size_t)1 << 30)) != NULL) {
        number++;
    }
    return number;
}

static void test_memory(void)
{
    struct process_report report;

    if (is_plain()) {
        report = run(hoard_body, NULL);
        CHECK(report.verdict, PROCESS_DONE);
        CHECK(report.code <= 4, true);
    }
}

static char log_path[512];

static int io_body(void *context)
{
    int in;
    int out;

    (void)context;
    CHECK(process_private_io(&in, &out, log_path), true);
    CHECK(in > 2 && out > 2 && in != out, true);
    (void)printf("from the driver\n");
    (void)fflush(stdout);
    (void)fprintf(stderr, "and its errors\n");
    CHECK(getchar(), EOF);
    for (size_t i = 0; i < (size_t)160 << 20; i += 4096) { /* a driver that never stops to talk */
        static const char page[4096];

        if (fwrite(page, 1, sizeof page, stdout) != sizeof page) {
            break;
        }
    }
    return 0;
}

static void test_io(void)
{
    const char *folder = getenv("OV2_BUILD");
    struct process_report report;
    char text[64] = "";
    FILE *log;
    long size;

    (void)snprintf(log_path, sizeof log_path, "%s/process_test.out", folder == NULL ? "." : folder);
    (void)remove(log_path);
    report = run(io_body, NULL);
    CHECK(report.verdict, PROCESS_DONE);
    log = fopen(log_path, "r");
    CHECK(log != NULL, true);
    if (log != NULL) {
        CHECK(fread(text, 1, sizeof text - 1, log) > 0, true);
        CHECK_TEXT(text, "from the driver\nand its errors\n");
        CHECK(fseek(log, 0, SEEK_END), 0);
        size = ftell(log);
        CHECK(size > (120 << 20) && size < (140 << 20), true);
        (void)fclose(log);
        (void)remove(log_path);
    }
}

/* ---- The judgement ---- */

/* What a case wrote about itself lies where its driver can write, too. */
static void test_judgement(void)
{
    static const char late[sizeof((struct process_report *)0)->lies] = "2000 ms passed";
    const struct {
        struct process_end end;
        enum process_verdict verdict;
    } table[] = {{{.finished = true}, PROCESS_DONE},
                 {{.code = 3}, PROCESS_LEFT},
                 {{.died = true, .signal = SIGKILL, .finished = true}, PROCESS_CRASH},
                 {{.late = late, .died = true, .signal = SIGKILL}, PROCESS_HANG}};

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct process_report report;

        memset(&report, 'x', sizeof report);
        process_judge(&report, &table[i].end);
        CHECK(report.verdict, table[i].verdict);
        CHECK(strlen(report.where), sizeof report.where - 1);
        CHECK(strlen(report.frames), sizeof report.frames - 1);
        CHECK(strlen(report.leaks), sizeof report.leaks - 1);
        CHECK(strlen(report.lies), table[i].end.late ? strlen(late) : sizeof report.lies - 1);
    }
}

int main(void)
{
    test_judgement();
    test_done();
    test_left();
    test_faults();
    test_other_crashes();
    test_sanitizers();
    test_deadlines();
    test_survivors();
    test_memory();
    test_io();
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
