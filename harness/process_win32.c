/* SPDX-License-Identifier: MIT */
/*
 * A process for each case on Windows: the program is started again, watched, and cleaned up behind.
 *
 * What parent and case share is one section, whose handle the case finds in its environment.  The parent keeps the
 * deadlines: it wakes every 100 ms and compares the clocks of the case's process, which says itself how much it has
 * computed (wine tells that to nobody else), with what they were when its line changed.  When a line is late it sets an
 * event, on which a thread of the case reports where the driver is, and ends the process if that does not help.
 */
#include "process.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "crash.h"
#include "process_end.h"
#include "process_win32_internal.h"
#include "sanitizer.h"

#define SHARED_BYTES (1u << 20)
#define GRACE_MS     500   /* between the event and the end of the process */
#define FINISH_MS    30000 /* for what comes after the end */
#define TICK_MS      100   /* how often the parent looks, at least */
#define MEMORY_BYTES ((SIZE_T)4 << 30)
#define VARIABLE     "OV2_CASE"

static struct process_board *board;
static HANDLE section;
static size_t handed_out;
static bool is_case;

/* ---- What is shared ---- */

struct process_board *process_board(void)
{
    SECURITY_ATTRIBUTES inherited = {.nLength = sizeof inherited, .bInheritHandle = TRUE};
    char text[32];

    if (board != NULL) {
        return board;
    }
    is_case = GetEnvironmentVariableA(VARIABLE, text, sizeof text) - 1 < sizeof text - 1;
    if (is_case) {
        section = (HANDLE)(uintptr_t)strtoull(text, NULL, 16);
    } else {
        section = CreateFileMappingA(INVALID_HANDLE_VALUE, &inherited, PAGE_READWRITE, 0, SHARED_BYTES, NULL);
        (void)snprintf(text, sizeof text, "%llx", (unsigned long long)(uintptr_t)section);
    }
    board = section == NULL ? NULL : MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, SHARED_BYTES);
    handed_out = (sizeof *board + 63) / 64 * 64;
    if (board != NULL && !is_case) {
        board->deadline = CreateEventA(&inherited, FALSE, FALSE, NULL);
        (void)SetEnvironmentVariableA(VARIABLE, text);
    }
    return board;
}

bool process_is_case(void)
{
    return process_board() != NULL && is_case;
}

void *process_shared(size_t size)
{
    size_t at;

    if (process_board() == NULL || SHARED_BYTES - handed_out < size) {
        return NULL;
    }
    at = handed_out;
    handed_out += (size + 63) / 64 * 64;
    return (uint8_t *)board + at;
}

/* ---- In the case's process ---- */

void process_line(uint32_t n)
{
    if (board != NULL) {
        atomic_store_explicit(&board->line, n, memory_order_relaxed);
        atomic_fetch_add_explicit(&board->turn, 1, memory_order_relaxed);
    }
}

void process_again(int (*body)(void *), void *context)
{
    if (!process_is_case()) {
        return;
    }
    (void)SetEnvironmentVariableA(VARIABLE, NULL);
    if (!crash_watch(&board->report)) {
        sanitizer_leave(0);
    }
    board->report.code = body(context);
    process_line(atomic_load(&board->line));
    atomic_store(&board->finished, true);
    sanitizer_leave(board->report.code);
}

/* ---- In the parent: deadlines ---- */

struct watch {
    PROCESS_INFORMATION process;
    HANDLE job; /* the process and what it starts */
    const struct process_limits *limits;
    unsigned turn;
    uint64_t cpu_ms; /* of the clocks, when the line began */
    uint64_t wall_ms;
    uint64_t struck_ms; /* when the deadline was found missed; 0: it was not */
    int64_t log;        /* the size of the log when the case began */
    char why[sizeof(((struct process_report *)0)->lies)];
};

/* is_late: of what happens after the end only the time that passes counts. */
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
    uint64_t cpu = atomic_load(&board->cpu_ms);
    uint64_t wall = GetTickCount64();
    bool timed = atomic_load(&board->line) != 0 || atomic_load(&board->finished);
    BOOL is_debugged = FALSE;

    process_trim_log(watch->log);
    if (watch->struck_ms != 0) {
        if (wall - watch->struck_ms >= GRACE_MS) {
            (void)TerminateProcess(watch->process.hProcess, CRASH_EXIT);
        }
        return;
    }
    if (timed && turn == watch->turn && is_late(watch, cpu - watch->cpu_ms, wall - watch->wall_ms) &&
        !(CheckRemoteDebuggerPresent(watch->process.hProcess, &is_debugged) && is_debugged)) {
        watch->struck_ms = wall;
        (void)snprintf(watch->why, sizeof watch->why, "%llu ms passed, %llu ms of them computing",
                       (unsigned long long)(wall - watch->wall_ms), (unsigned long long)(cpu - watch->cpu_ms));
        (void)SetEvent(board->deadline);
    } else if (!timed || turn != watch->turn || is_debugged) {
        watch->turn = turn;
        watch->cpu_ms = cpu;
        watch->wall_ms = wall;
    }
}

static DWORD tick_ms(const struct process_limits *limits)
{
    uint32_t least = limits->cpu_ms < limits->wall_ms ? limits->cpu_ms : limits->wall_ms;

    return least / 4 > TICK_MS ? TICK_MS : least < 20 ? 5 : least / 4;
}

/* ---- In the parent: the beginning and the end ---- */

/* make_job: what a case starts ends with it, and everything ends with us; a case has only so much memory. */
static HANDLE make_job(void)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {.JobMemoryLimit = MEMORY_BYTES};
    HANDLE job = CreateJobObjectA(NULL, NULL);

    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_JOB_MEMORY;
    if (job != NULL) {
        (void)SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits);
    }
    return job;
}

/* start: this program again, with the same words; our own standard handles are already what the case gets. */
static bool start(struct watch *watch)
{
    STARTUPINFOA info = {.cb = sizeof info, .dwFlags = STARTF_USESTDHANDLES};
    char program[MAX_PATH];
    char *words = _strdup(GetCommandLineA());
    bool ok;

    info.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
    info.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
    info.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    ok = words != NULL && GetModuleFileNameA(NULL, program, sizeof program) - 1 < sizeof program - 1 &&
         CreateProcessA(program, words, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL, &info, &watch->process);
    free(words);
    if (ok) {
        watch->job = make_job();
        if (watch->job != NULL) {
            (void)AssignProcessToJobObject(watch->job, watch->process.hProcess);
        }
        (void)ResumeThread(watch->process.hThread);
    }
    return ok;
}

/* reap: ends what the case has left behind. */
static DWORD reap(const struct watch *watch)
{
    DWORD code = 0;

    (void)GetExitCodeProcess(watch->process.hProcess, &code);
    if (watch->job != NULL) {
        (void)TerminateJobObject(watch->job, CRASH_EXIT);
        (void)CloseHandle(watch->job);
    }
    (void)CloseHandle(watch->process.hThread);
    (void)CloseHandle(watch->process.hProcess);
    return code;
}

static void judge(struct process_report *report, DWORD status, const struct watch *watch)
{
    bool died = status >= 0xC0000000u; /* of an exception */
    const struct process_end end = {.finished = atomic_load(&board->finished),
                                    .died = died,
                                    .signal = died ? crash_signal_of(status) : 0,
                                    .code = (int)status,
                                    .late = watch->struck_ms != 0 ? watch->why : NULL};

    *report = board->report;
    report->line = atomic_load(&board->line);
    process_judge(report, &end);
}

bool process_case(struct process_report *report, const struct process_limits *limits, int (*body)(void *),
                  void *context)
{
    struct watch watch = {.limits = limits, .log = process_log_size(), .wall_ms = GetTickCount64()};
    DWORD tick = tick_ms(limits);

    (void)body;
    (void)context;
    *report = (struct process_report){.verdict = PROCESS_ERROR};
    if (process_board() == NULL) {
        return false;
    }
    board->report = *report;
    atomic_store(&board->line, 0);
    atomic_store(&board->finished, false);
    atomic_store(&board->cpu_ms, 0);
    (void)ResetEvent(board->deadline);
    watch.turn = atomic_load(&board->turn);
    if (!start(&watch)) {
        return false;
    }
    while (WaitForSingleObject(watch.process.hProcess, tick) == WAIT_TIMEOUT) {
        watch_tick(&watch);
    }
    process_trim_log(watch.log);
    judge(report, reap(&watch), &watch);
    return true;
}
