/* SPDX-License-Identifier: MIT */
/*
 * Exception handlers on Windows.  A vectored handler, which comes before any other, forgives what guard.h forgives; the
 * rest is the driver's to handle, and what nobody has handled is reported by the filter of unhandled exceptions.
 */
#include "crash.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <windows.h>

#include "crash_internal.h"
#include "guard.h"
#include "process.h"
#include "process_win32_internal.h"
#include "x86.h"

#define STACK_KEPT 65536u /* of the stack, for the filter when the rest is used up */
#define TRAP_FLAG  0x100u

/* What Windows has no signal for has the number that Linux gives it. */
enum {
    NUMBER_TRAP = 5,
    NUMBER_BUS = 7,
};

static struct process_report *report;
static atomic_ulong dying; /* the thread that reports */
static HANDLE first_thread;

/* ---- Names ---- */

int crash_signal_of(uint32_t code)
{
    switch (code) {
    case EXCEPTION_ILLEGAL_INSTRUCTION:
    case EXCEPTION_PRIV_INSTRUCTION:
        return SIGILL;
    case EXCEPTION_INT_DIVIDE_BY_ZERO:
    case EXCEPTION_INT_OVERFLOW:
        return SIGFPE;
    case EXCEPTION_BREAKPOINT:
    case EXCEPTION_SINGLE_STEP:
        return NUMBER_TRAP;
    case EXCEPTION_IN_PAGE_ERROR:
        return NUMBER_BUS;
    case EXCEPTION_ACCESS_VIOLATION:
    case EXCEPTION_STACK_OVERFLOW:
        return SIGSEGV;
    default: /* the fast failures of a C library, and what a driver raises itself */
        return SIGABRT;
    }
}

const char *crash_signal(int number)
{
    switch (number) {
    case 0:
        return "sanitizer";
    case SIGILL:
        return "ILL";
    case SIGFPE:
        return "FPE";
    case SIGSEGV:
        return "SEGV";
    case SIGABRT:
        return "ABRT";
    case NUMBER_TRAP:
        return "TRAP";
    case NUMBER_BUS:
        return "BUS";
    default:
        return "unknown";
    }
}

bool crash_place(struct crash_place *place, uintptr_t code)
{
    const DWORD flags = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
    char path[MAX_PATH];
    char windows[MAX_PATH];
    const char *file;
    HMODULE library;
    UINT len;

    if (!GetModuleHandleExA(flags, (const char *)code, &library) ||
        GetModuleFileNameA(library, path, sizeof path) - 1 >= sizeof path - 1) {
        return false;
    }
    file = strrchr(path, '\\');
    (void)snprintf(place->file, sizeof place->file, "%s", file == NULL ? path : file + 1);
    place->offset = code - (uintptr_t)library;
    place->symbol[0] = '\0';
    place->symbol_offset = 0;
    len = GetWindowsDirectoryA(windows, sizeof windows);
    place->is_bystander = library == GetModuleHandleA(NULL) || (len > 0 && _strnicmp(path, windows, len) == 0);
    return true;
}

/* ---- The report ---- */

/* walk: who called whom, from the inside out. */
static int walk(void **frames, const CONTEXT *at)
{
    CONTEXT context = *at;
    int count = 0;

    while (count < CRASH_FRAMES && context.Rip != 0) {
        DWORD64 base;
        DWORD64 frame;
        void *data;
        PRUNTIME_FUNCTION function;

        frames[count++] = (void *)(uintptr_t)context.Rip;
        function = RtlLookupFunctionEntry(context.Rip, &base, NULL);
        if (function != NULL) {
            (void)RtlVirtualUnwind(UNW_FLAG_NHANDLER, base, context.Rip, function, &context, &data, &frame, NULL);
        } else { /* it has no frame: its caller is on top of the stack */
            memcpy(&context.Rip, (const void *)(uintptr_t)context.Rsp, sizeof context.Rip);
            context.Rsp += sizeof context.Rip;
        }
    }
    return count;
}

static void say_code(const CONTEXT *context)
{
    void *frames[CRASH_FRAMES];

    crash_say_code(report, (uintptr_t)context->Rip, frames, walk(frames, context));
}

static void leave(void)
{
    (void)TerminateProcess(GetCurrentProcess(), CRASH_EXIT);
}

/* only_one: of several threads that die at the same time the first one reports.  If that fails it is over: what is
 * certain is in the report. */
static void only_one(void)
{
    unsigned long nobody = 0;

    if (atomic_compare_exchange_strong(&dying, &nobody, GetCurrentThreadId())) {
        return;
    }
    if (nobody == GetCurrentThreadId()) {
        leave();
    }
    Sleep(INFINITE);
}

/* wild_address: the address that has no valid form: the processor does not tell it. */
static uintptr_t wild_address(const CONTEXT *context)
{
    const uint64_t registers[16] = {context->Rax, context->Rcx, context->Rdx, context->Rbx, context->Rsp, context->Rbp,
                                    context->Rsi, context->Rdi, context->R8,  context->R9,  context->R10, context->R11,
                                    context->R12, context->R13, context->R14, context->R15};
    uint64_t address = context->Rip;

    if (x86_canonical(address) && !x86_address(&address, (const uint8_t *)(uintptr_t)context->Rip, registers)) {
        return 0;
    }
    return (uintptr_t)address;
}

static void say_data(const EXCEPTION_RECORD *record, const CONTEXT *context)
{
    uintptr_t address = (uintptr_t)record->ExceptionInformation[1];

    if (address == UINTPTR_MAX && record->ExceptionInformation[0] == 0) {
        report->address = wild_address(context);
        crash_say_wild(report, (uintptr_t)report->address);
    } else {
        report->write = record->ExceptionInformation[0] == 1 ? 1 : 0;
        report->address = address;
        crash_say_data(report, address, (uintptr_t)context->Rsp);
    }
}

static LONG WINAPI on_unhandled(EXCEPTION_POINTERS *pointers)
{
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;

    only_one();
    report->signal = crash_signal_of(record->ExceptionCode);
    report->write = 2;
    report->pc = pointers->ContextRecord->Rip;
    report->verdict = PROCESS_CRASH;
    if (record->ExceptionCode == EXCEPTION_ACCESS_VIOLATION) {
        say_data(record, pointers->ContextRecord);
    } else if (record->ExceptionCode == EXCEPTION_STACK_OVERFLOW) {
        crash_say_data(report, (uintptr_t)pointers->ContextRecord->Rsp, (uintptr_t)pointers->ContextRecord->Rsp);
    }
    say_code(pointers->ContextRecord);
    leave();
    return EXCEPTION_CONTINUE_SEARCH;
}

bool crash_forgives(int number, const void *info, void *context_pointer)
{
    const EXCEPTION_RECORD *record = info;
    CONTEXT *context = context_pointer;
    bool step = false;

    if (number == SIGSEGV && record->ExceptionCode == EXCEPTION_ACCESS_VIOLATION &&
        guard_on_fault(&step, (uintptr_t)record->ExceptionInformation[1], record->ExceptionInformation[0] == 1,
                       (uintptr_t)context->Rip)) {
        context->EFlags = step ? context->EFlags | TRAP_FLAG : context->EFlags & ~TRAP_FLAG;
        return true;
    }
    if (record->ExceptionCode == EXCEPTION_SINGLE_STEP && guard_on_step()) {
        context->EFlags &= ~TRAP_FLAG;
        return true;
    }
    return false;
}

static LONG CALLBACK on_exception(EXCEPTION_POINTERS *pointers)
{
    const EXCEPTION_RECORD *record = pointers->ExceptionRecord;

    if (atomic_load(&dying) == GetCurrentThreadId()) {
        leave();
    }
    if (record->ExceptionCode == EXCEPTION_STACK_OVERFLOW) { /* who should handle it, and on what? */
        return on_unhandled(pointers);
    }
    return crash_forgives(crash_signal_of(record->ExceptionCode), record, pointers->ContextRecord)
               ? EXCEPTION_CONTINUE_EXECUTION
               : EXCEPTION_CONTINUE_SEARCH;
}

/* on_abort: what a C library's abort() ends in is an exception as any other; it has no code of its own. */
static void on_abort(int number)
{
    /* NOLINTNEXTLINE(bugprone-signal-handler,cert-sig30-c): it runs on the thread that aborts */
    RaiseException((DWORD)STATUS_FATAL_APP_EXIT, EXCEPTION_NONCONTINUABLE, 0, NULL);
    (void)number;
}

static uint64_t cpu_ms(void)
{
    FILETIME unused;
    FILETIME kernel;
    FILETIME user;
    uint64_t ticks = 0;

    if (GetProcessTimes(GetCurrentProcess(), &unused, &unused, &kernel, &user)) {
        ticks = ((uint64_t)kernel.dwHighDateTime << 32) + kernel.dwLowDateTime + ((uint64_t)user.dwHighDateTime << 32) +
                user.dwLowDateTime;
    }
    return ticks / 10000;
}

/* on_deadline: a thread that says what is computed, until our parent says that the line took too long. */
static DWORD WINAPI on_deadline(void *board_pointer)
{
    struct process_board *board = board_pointer;
    CONTEXT context = {.ContextFlags = CONTEXT_FULL};

    while (WaitForSingleObject(board->deadline, PROCESS_CLOCK_MS) == WAIT_TIMEOUT) {
        atomic_store(&board->cpu_ms, cpu_ms());
    }
    only_one();
    (void)SuspendThread(first_thread);
    if (GetThreadContext(first_thread, &context)) {
        report->pc = context.Rip;
        report->verdict = PROCESS_HANG;
        say_code(&context);
    }
    leave();
    return 0;
}

void crash_prepare(void)
{
}

bool crash_watch(struct process_report *out)
{
    HANDLE self = GetCurrentProcess();
    ULONG kept = STACK_KEPT;
    HANDLE watcher;

    report = out;
    (void)SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
    (void)SetThreadStackGuarantee(&kept);
    (void)SetUnhandledExceptionFilter(on_unhandled);
    if (AddVectoredExceptionHandler(1, on_exception) == NULL || signal(SIGABRT, on_abort) == SIG_ERR ||
        !DuplicateHandle(self, GetCurrentThread(), self, &first_thread, 0, FALSE, DUPLICATE_SAME_ACCESS)) {
        return false;
    }
    watcher = CreateThread(NULL, 0, on_deadline, process_board(), 0, NULL);
    if (watcher != NULL) {
        (void)CloseHandle(watcher);
    }
    return watcher != NULL;
}
