/* SPDX-License-Identifier: MIT */
/*
 * A process for each case on POSIX: fork, watch, clean up.
 *
 * The parent keeps the deadlines: it wakes every 100 ms and compares the clocks of the case's process with what they
 * were when its line changed.  So a line costs two stores, no timer signal interrupts a driver's system calls, and a
 * case that ends sooner is never looked at.  When a line is late the parent sends a signal whose handler reports where
 * the driver is, and SIGKILL if that does not help.
 */
#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crash.h"
#include "process_end.h"
#include "process_internal.h"
#include "sanitizer.h"

#define GRACE_MS     500               /* between CRASH_DEADLINE and SIGKILL */
#define FINISH_MS    30000             /* for leak checks and coverage */
#define TICK_MS      100               /* how often the parent looks, at least */
#define REAP_MS      5000              /* for ending what a case has left behind */
#define MEMORY_BYTES ((rlim_t)4 << 30) /* what a case may have, if the machine has four times as much */

/* What parent and case share. */
struct board {
    struct process_report report; /* its verdict is PROCESS_ERROR until the case knows better */
    atomic_uint line;
    atomic_uint turn; /* changes with every line */
    atomic_bool finished;
};

static struct board *board;
static sigset_t usual_mask;

static uint64_t clock_ms(clockid_t clock)
{
    struct timespec now;

    return clock_gettime(clock, &now) != 0 ? 0 : (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

/* ---- In the case's process ---- */

void process_line(uint32_t n)
{
    if (board != NULL) {
        atomic_store_explicit(&board->line, n, memory_order_relaxed);
        atomic_fetch_add_explicit(&board->turn, 1, memory_order_relaxed);
    }
}

/* memory_limit: bytes that a case may have: a quarter of the machine's, so that other cases and their client live. */
static uint64_t memory_limit(void)
{
    long pages = sysconf(_SC_PHYS_PAGES);
    uint64_t quarter = pages <= 0 ? MEMORY_BYTES : (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE) / 4;

    return quarter < MEMORY_BYTES ? quarter : MEMORY_BYTES;
}

/* limit_resources: no core files, a bounded log, bounded memory.  Not RLIMIT_AS: a back-end may reserve any amount of
 * addresses. */
static void limit_resources(void)
{
    struct rlimit core = {0, 0};
    struct rlimit memory = {memory_limit(), memory_limit()};

    (void)setrlimit(RLIMIT_CORE, &core);
    process_limit_log(true);
    if (strcmp(sanitizer_mode(), "plain") == 0) {
        (void)setrlimit(RLIMIT_DATA, &memory);
    }
}

static _Noreturn void run_case(pid_t parent, int (*body)(void *), void *context)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(0);
    }
    if (process_has_groups()) {
        (void)setpgid(0, 0);
    }
    (void)sigprocmask(SIG_SETMASK, &usual_mask, NULL);
    limit_resources();
    if (!crash_watch(&board->report)) {
        _exit(0);
    }
    board->report.code = body(context);
    process_line(atomic_load(&board->line));
    atomic_store(&board->finished, true);
    if (!sanitizer_leaks(board->report.leaks, sizeof board->report.leaks)) {
        board->report.leaks[0] = '\0';
    }
    sanitizer_leave(board->report.code);
}

/* ---- In the parent: deadlines ---- */

struct watch {
    pid_t pid;
    const struct process_limits *limits;
    unsigned turn;
    uint64_t cpu_ms; /* of the clocks, when the line began */
    uint64_t wall_ms;
    uint64_t struck_ms; /* when the deadline was found missed; 0: it was not */
    int64_t log;        /* the size of the log when the case began */
    char why[sizeof(((struct process_report *)0)->lies)];
};

static uint64_t process_cpu_ms(pid_t pid)
{
    clockid_t clock;

    return clock_getcpuclockid(pid, &clock) != 0 ? 0 : clock_ms(clock);
}

/* status_number: the number behind a name in the process's status, or 0. */
static uint64_t status_number(pid_t pid, const char *name)
{
    char line[128];
    uint64_t number = 0;
    FILE *status;

    (void)snprintf(line, sizeof line, "/proc/%ld/status", (long)pid);
    status = fopen(line, "r");
    if (status == NULL) {
        return 0;
    }
    while (fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0) {
            number = strtoull(line + strlen(name), NULL, 10);
        }
    }
    (void)fclose(status);
    return number;
}

/* is_debugged: somebody looks at the process with a debugger and takes the time that takes. */
static bool is_debugged(pid_t pid)
{
    return status_number(pid, "TracerPid:") != 0;
}

/* process_memory: bytes that are there because of the process. */
static uint64_t process_memory(pid_t pid)
{
    return (status_number(pid, "RssAnon:") + status_number(pid, "RssShmem:")) * 1024;
}

static void watch_strike(struct watch *watch, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void watch_strike(struct watch *watch, const char *format, ...)
{
    va_list arguments;

    watch->struck_ms = clock_ms(CLOCK_MONOTONIC);
    va_start(arguments, format);
    (void)vsnprintf(watch->why, sizeof watch->why, format, arguments);
    va_end(arguments);
    (void)kill(watch->pid, CRASH_DEADLINE);
}

/* is_late: of what happens after the end only the time that passes counts: a leak checker may look up many names. */
static bool is_late(const struct watch *watch, uint64_t cpu_ms, uint64_t wall_ms)
{
    if (atomic_load(&board->finished)) {
        return wall_ms >= FINISH_MS && wall_ms >= watch->limits->wall_ms;
    }
    return cpu_ms >= watch->limits->cpu_ms || wall_ms >= watch->limits->wall_ms;
}

static void watch_tick(struct watch *watch)
{
    unsigned turn = atomic_load(&board->turn);
    uint64_t cpu = process_cpu_ms(watch->pid);
    uint64_t wall = clock_ms(CLOCK_MONOTONIC);
    bool timed = atomic_load(&board->line) != 0 || atomic_load(&board->finished);

    process_trim_log(watch->log);
    if (process_client_gone()) {
        (void)kill(watch->pid, SIGKILL);
        return;
    }
    if (watch->struck_ms != 0) {
        if (wall - watch->struck_ms >= GRACE_MS) {
            (void)kill(watch->pid, SIGKILL);
        }
        return;
    }
    if (!timed || turn != watch->turn) {
        watch->turn = turn;
        watch->cpu_ms = cpu;
        watch->wall_ms = wall;
        return;
    }
    if (is_late(watch, cpu - watch->cpu_ms, wall - watch->wall_ms)) {
        if (is_debugged(watch->pid)) {
            watch->cpu_ms = cpu;
            watch->wall_ms = wall;
        } else {
            watch_strike(watch, "%llu ms passed, %llu ms of them computing",
                         (unsigned long long)(wall - watch->wall_ms), (unsigned long long)(cpu - watch->cpu_ms));
        }
    } else if (process_memory(watch->pid) > memory_limit()) {
        watch_strike(watch, "more than %llu MiB of memory in use", (unsigned long long)(memory_limit() >> 20));
    }
}

static long tick_ms(const struct process_limits *limits)
{
    uint32_t least = limits->cpu_ms < limits->wall_ms ? limits->cpu_ms : limits->wall_ms;

    return least / 4 > TICK_MS ? TICK_MS : least < 20 ? 5 : (long)(least / 4);
}

/* wait_for: waits until the process has ended; it stays a zombie, so that its number stays ours. */
static void wait_for(struct watch *watch)
{
    long tick = tick_ms(watch->limits);
    struct timespec timeout = {0, tick * 1000000};
    siginfo_t info;
    sigset_t child;

    (void)sigemptyset(&child);
    (void)sigaddset(&child, SIGCHLD);
    for (;;) {
        info.si_pid = 0;
        if (waitid(P_PID, (id_t)watch->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == watch->pid) {
            return;
        }
        if (sigtimedwait(&child, NULL, &timeout) < 0 && errno == EAGAIN) {
            watch_tick(watch);
        }
    }
}

/* ---- In the parent: the end ---- */

/* end_stray: ends a process that is none of ours, and the group that it has made for itself. */
static void end_stray(pid_t pid)
{
    pid_t group = getpgid(pid);

    if (group > 0 && group != getpgrp()) {
        (void)kill(-group, SIGKILL);
    }
    if (kill(pid, SIGKILL) == 0) {
        (void)waitpid(pid, NULL, 0);
    }
}

/* end_strays: ends what is our child and not the nursery, whatever group or session it has fled to; returns how many
 * there were.  What they have left behind becomes our child when they end. */
static unsigned end_strays(int children)
{
    char list[4096];
    ssize_t len = pread(children, list, sizeof list - 1, 0);
    unsigned count = 0;
    char *next = list;

    list[len > 0 ? len : 0] = '\0';
    for (char *end;; next = end) {
        long pid = strtol(next, &end, 10);

        if (end == next || *end != ' ') { /* the last one may be cut off */
            return count;
        }
        if (pid > 0 && pid != process_nursery()) {
            end_stray((pid_t)pid);
            count++;
        }
    }
}

/* reap: ends what the case has left behind before anybody can start another case. */
static int reap(pid_t pid)
{
    static int children = -1;
    uint64_t began = clock_ms(CLOCK_MONOTONIC);
    char path[64];
    int status = 0;

    if (process_has_groups()) {
        (void)kill(-pid, SIGKILL);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    while (process_has_groups() && (waitpid(-pid, NULL, 0) > 0 || errno == EINTR)) {
    }
    if (children < 0) {
        (void)snprintf(path, sizeof path, "/proc/self/task/%ld/children", (long)getpid());
        children = open(path, O_RDONLY | O_CLOEXEC);
    }
    while (children >= 0 && end_strays(children) > 0 && clock_ms(CLOCK_MONOTONIC) - began < REAP_MS) {
    }
    return status;
}

static void judge(struct process_report *report, int status, const struct watch *watch)
{
    bool found = WIFEXITED(status) && WEXITSTATUS(status) == SANITIZER_EXIT;
    const struct process_end end = {.finished = atomic_load(&board->finished),
                                    .died = WIFSIGNALED(status) || found,
                                    .signal = found ? 0 : WTERMSIG(status),
                                    .code = WEXITSTATUS(status),
                                    .late = watch->struck_ms != 0 ? watch->why : NULL};

    *report = board->report;
    report->line = atomic_load(&board->line);
    process_judge(report, &end);
}

void *process_shared(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

void process_again(int (*body)(void *), void *context)
{
    (void)body;
    (void)context;
}

static bool prepare(void)
{
    static bool prepared;
    sigset_t child;

    if (prepared) {
        return true;
    }
    board = process_shared(sizeof *board);
    if (board == NULL) {
        return false;
    }
    /* What a case leaves behind becomes our child, so that we can wait until it is gone. */
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    process_limit_log(false);
    (void)sigemptyset(&child);
    (void)sigaddset(&child, SIGCHLD);
    crash_prepare();
    prepared = sigprocmask(SIG_BLOCK, &child, &usual_mask) == 0;
    return prepared;
}

bool process_case(struct process_report *report, const struct process_limits *limits, int (*body)(void *),
                  void *context)
{
    struct watch watch = {.limits = limits, .log = process_log_size(), .wall_ms = clock_ms(CLOCK_MONOTONIC)};
    pid_t parent = getpid();
    int status;

    *report = (struct process_report){.verdict = PROCESS_ERROR};
    if (!prepare()) {
        return false;
    }
    board->report = *report;
    atomic_store(&board->line, 0);
    atomic_store(&board->finished, false);
    watch.turn = atomic_load(&board->turn);
    watch.pid = fork();
    if (watch.pid < 0) {
        return false;
    }
    if (watch.pid == 0) {
        run_case(parent, body, context);
    }
    if (process_has_groups()) {
        (void)setpgid(watch.pid, watch.pid);
    }
    wait_for(&watch);
    status = reap(watch.pid);
    process_trim_log(watch.log);
    judge(report, status, &watch);
    return true;
}
