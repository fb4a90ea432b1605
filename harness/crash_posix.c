/* SPDX-License-Identifier: MIT */
/*
 * Fault handlers on POSIX.  They run on a stack of their own, in a process that is about to end: what may go wrong in
 * them comes last, after everything that is certain is already in the report.
 */
#define _GNU_SOURCE
#include "crash.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <dlfcn.h>
#include <signal.h>
#include <ucontext.h>
#include <unistd.h>

#include "guard.h"
#include "process.h"
#include "sanitizer.h"

#define STACK_BYTES 65536u

static struct process_report *report;
static crash_describe *describe_address;
static crash_locate *locate_code;
static atomic_flag dying = ATOMIC_FLAG_INIT;
static _Alignas(16) unsigned char stack[STACK_BYTES];

void crash_explain(crash_describe *describe, crash_locate *locate)
{
    describe_address = describe;
    locate_code = locate;
}

/* ---- What the processor says ---- */

#if defined(__x86_64__)

static uintptr_t context_pc(const ucontext_t *context)
{
    return (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
}

static uintptr_t context_sp(const ucontext_t *context)
{
    return (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
}

/* context_access: 1 for a write: bit 1 of the page fault's error code. */
static uint32_t context_access(const ucontext_t *context)
{
    return (context->uc_mcontext.gregs[REG_ERR] & 2) != 0 ? 1 : 0;
}

/* context_wild: the first general register that holds a non-canonical value; such a pointer faults without an address.
 */
static bool context_wild(uintptr_t *value, const ucontext_t *context)
{
    static const int registers[] = {REG_RAX, REG_RBX, REG_RCX, REG_RDX, REG_RSI, REG_RDI, REG_RBP, REG_RSP,
                                    REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

    for (size_t i = 0; i < sizeof registers / sizeof registers[0]; i++) {
        uintptr_t top;

        *value = (uintptr_t)context->uc_mcontext.gregs[registers[i]];
        top = *value >> 47;
        if (top != 0 && top != 0x1FFFF) {
            return true;
        }
    }
    return false;
}

#elif defined(__aarch64__)

static uintptr_t context_pc(const ucontext_t *context)
{
    return (uintptr_t)context->uc_mcontext.pc;
}

static uintptr_t context_sp(const ucontext_t *context)
{
    return (uintptr_t)context->uc_mcontext.sp;
}

static uint32_t context_access(const ucontext_t *context)
{
    (void)context;
    return 2;
}

static bool context_wild(uintptr_t *value, const ucontext_t *context)
{
    (void)value;
    (void)context;
    return false;
}

#else
#error "crash_posix.c: tell it where this processor keeps the program counter"
#endif

/* ---- The report ---- */

/* name_code: "libtoy.so+0x1139 toy_request+0x29", in the adapter's own words if it has any. */
static bool name_code(char *out, size_t size, uintptr_t code)
{
    Dl_info info;
    const char *file;
    int used;

    if (locate_code != NULL && locate_code(out, (uint32_t)size, code) == OV2_OK) {
        return true;
    }
    out[0] = '\0';
    if (dladdr((void *)code, &info) == 0 || info.dli_fname == NULL) {
        return false;
    }
    file = strrchr(info.dli_fname, '/');
    file = file == NULL ? info.dli_fname : file + 1;
    used = snprintf(out, size, "%s+0x%zx", file, (size_t)(code - (uintptr_t)info.dli_fbase));
    if (info.dli_sname != NULL && used > 0 && (size_t)used < size) {
        (void)snprintf(out + used, size - (size_t)used, " %s+0x%zx", info.dli_sname,
                       (size_t)(code - (uintptr_t)info.dli_saddr));
    }
    return true;
}

/* only_one: of several threads that die at the same time the first one reports. */
static void only_one(void)
{
    if (atomic_flag_test_and_set(&dying)) {
        for (;;) {
            (void)pause();
        }
    }
}

static void on_signal(int signal, siginfo_t *info, void *context_pointer)
{
    const ucontext_t *context = context_pointer;
    uintptr_t address = (uintptr_t)info->si_addr;
    uintptr_t pc = context_pc(context);
    bool has_address = (signal == SIGSEGV || signal == SIGBUS) && info->si_code > 0;
    bool no_form = has_address && info->si_code == SI_KERNEL;
    uintptr_t wild = 0;

    if (signal == SIGSEGV && info->si_code == SEGV_ACCERR &&
        guard_on_fault(address, context_access(context) != 0, pc)) {
        return;
    }
    only_one();
    if (no_form) {
        address = context_wild(&wild, context) ? wild : 0;
    }
    report->signal = signal;
    report->write = has_address && !no_form ? context_access(context) : 2;
    report->address = has_address ? address : 0;
    report->pc = pc;
    report->verdict = PROCESS_CRASH;
    if (no_form) {
        (void)snprintf(report->lies, sizeof report->lies, "no valid form of an address%s",
                       wild == UINT64_C(0x0101010101010101) * GUARD_POISON ? ": it was read from completed memory"
                                                                           : "");
    } else if (has_address &&
               (describe_address == NULL || !describe_address(report->lies, sizeof report->lies, address))) {
        (void)snprintf(report->lies, sizeof report->lies, "%s", address < 65536 ? "near NULL" : "");
    }
    if (!name_code(report->where, sizeof report->where, pc) && pc == address && context_sp(context) != 0) {
        /* a jump to nowhere: the stack still holds where it came from */
        memcpy(&pc, (const void *)context_sp(context), sizeof pc);
        (void)name_code(report->where, sizeof report->where, pc);
    }
    _exit(CRASH_EXIT);
}

/* on_deadline: our own parent says that the line took too long. */
static void on_deadline(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    if (info->si_code != SI_USER || info->si_pid != getppid()) {
        return;
    }
    only_one();
    report->pc = context_pc(context);
    report->verdict = PROCESS_HANG;
    (void)name_code(report->where, sizeof report->where, (uintptr_t)report->pc);
    _exit(CRASH_EXIT);
}

static void on_finding(uintptr_t address, uintptr_t pc, uint32_t access)
{
    if (atomic_flag_test_and_set(&dying)) {
        return;
    }
    report->signal = 0;
    report->write = access;
    report->address = address;
    report->pc = pc;
    report->verdict = PROCESS_CRASH;
    if (address != 0 && describe_address != NULL) {
        (void)describe_address(report->lies, sizeof report->lies, address);
    }
    if (pc != 0) {
        (void)name_code(report->where, sizeof report->where, pc);
    }
}

bool crash_watch(struct process_report *out)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};
    stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK};
    bool ok;

    report = out;
    sanitizer_watch(on_finding);
    ok = sigaltstack(&own, NULL) == 0 && sigemptyset(&action.sa_mask) == 0;
    action.sa_sigaction = on_signal;
    for (size_t i = 0; ok && i < sizeof faults / sizeof faults[0]; i++) {
        ok = sigaction(faults[i], &action, NULL) == 0;
    }
    action.sa_sigaction = on_deadline;
    action.sa_flags |= SA_RESTART;
    return ok && sigaction(SIGXCPU, &action, NULL) == 0;
}

const char *crash_signal(int number)
{
    const char *name = number == 0 ? "sanitizer" : sigabbrev_np(number);

    return name == NULL ? "unknown" : name;
}
