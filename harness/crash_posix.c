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
#include <execinfo.h>
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "crash_internal.h"
#include "guard.h"
#include "process.h"
#include "sanitizer.h"
#include "x86.h"

#define STACK_BYTES  65536u
#define LAST_SECONDS 3

static struct process_report *report;
static atomic_flag dying = ATOMIC_FLAG_INIT;
static _Alignas(16) unsigned char stack[STACK_BYTES];

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

/* context_step: whether a SIGTRAP comes after the next instruction. */
static void context_step(ucontext_t *context, bool step)
{
    if (step) {
        context->uc_mcontext.gregs[REG_EFL] |= 0x100;
    } else {
        context->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)0x100;
    }
}

/* context_wild: the address that has no valid form: the processor does not tell it. */
static uintptr_t context_wild(const ucontext_t *context)
{
    static const int order[] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
    uint64_t registers[16];
    uint64_t address;

    for (size_t i = 0; i < 16; i++) {
        registers[i] = (uint64_t)context->uc_mcontext.gregs[order[i]];
    }
    address = context_pc(context);
    if (x86_canonical(address) && !x86_address(&address, (const uint8_t *)context_pc(context), registers)) {
        return 0;
    }
    return address;
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

static void context_step(ucontext_t *context, bool step)
{
    (void)context;
    (void)step;
}

static uintptr_t context_wild(const ucontext_t *context)
{
    (void)context;
    return 0;
}

#else
#error "crash_posix.c: tell it where this processor keeps the program counter"
#endif

/* ---- The report ---- */

static const char *file_name(const Dl_info *info)
{
    const char *slash = strrchr(info->dli_fname, '/');

    return slash == NULL ? info->dli_fname : slash + 1;
}

static bool is_bystander(const Dl_info *info)
{
    static const char *const names[] = {"libc.so",    "libpthread", "ld-linux", "linux-vdso", "libgcc_s",
                                        "libasan.so", "libubsan",   "libtsan",  "liblsan",    "libstdc++"};
    Dl_info self;

    if (dladdr((const void *)names, &self) != 0 && info->dli_fbase == self.dli_fbase) {
        return true;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strncmp(file_name(info), names[i], strlen(names[i])) == 0) {
            return true;
        }
    }
    return false;
}

bool crash_place(struct crash_place *place, uintptr_t code)
{
    Dl_info info;

    if (dladdr((void *)code, &info) == 0 || info.dli_fname == NULL) {
        return false;
    }
    (void)snprintf(place->file, sizeof place->file, "%s", file_name(&info));
    place->offset = (size_t)(code - (uintptr_t)info.dli_fbase);
    (void)snprintf(place->symbol, sizeof place->symbol, "%s", info.dli_sname == NULL ? "" : info.dli_sname);
    place->symbol_offset = (size_t)(code - (uintptr_t)info.dli_saddr);
    place->is_bystander = is_bystander(&info);
    return true;
}

static void say_code(uintptr_t pc)
{
    void *frames[CRASH_FRAMES];

    crash_say_code(report, pc, frames, backtrace(frames, CRASH_FRAMES));
}

/* only_one: of several threads that die at the same time the first one reports.  If that fails it is over: what is
 * certain is in the report. */
static void only_one(void)
{
    static atomic_long first;
    long self = syscall(SYS_gettid);

    if (!atomic_flag_test_and_set(&dying)) {
        atomic_store(&first, self);
        return;
    }
    if (atomic_load(&first) == self) {
        _exit(CRASH_EXIT);
    }
    for (;;) {
        (void)pause();
    }
}

/* last_words: whatever goes wrong while we find out more, a lock that the driver holds for example, it is over soon. */
static void last_words(void)
{
    sigset_t only;

    (void)signal(SIGALRM, SIG_DFL);
    (void)sigemptyset(&only);
    (void)sigaddset(&only, SIGALRM);
    (void)sigprocmask(SIG_UNBLOCK, &only, NULL);
    (void)alarm(LAST_SECONDS);
}

/* on_deadline: our own parent says that the line took too long. */
static _Noreturn void on_deadline(const ucontext_t *context)
{
    only_one();
    report->pc = context_pc(context);
    report->verdict = PROCESS_HANG;
    say_code((uintptr_t)report->pc);
    _exit(CRASH_EXIT);
}

bool crash_forgives(int number, const void *info_pointer, void *context)
{
    const siginfo_t *info = info_pointer;
    bool step = false;

    if (number == SIGSEGV && info->si_code == SEGV_ACCERR &&
        guard_on_fault(&step, (uintptr_t)info->si_addr, context_access(context) != 0, context_pc(context))) {
        context_step(context, step);
        return true;
    }
    if (number == SIGTRAP && guard_on_step()) {
        context_step(context, false);
        return true;
    }
    return false;
}

static void on_signal(int number, siginfo_t *info, void *context_pointer)
{
    const ucontext_t *context = context_pointer;
    uintptr_t address = (uintptr_t)info->si_addr;
    uintptr_t pc = context_pc(context);
    bool memory = (number == SIGSEGV || number == SIGBUS) && info->si_code > 0;

    if (crash_forgives(number, info, context_pointer)) {
        return;
    }
    if (number == CRASH_DEADLINE && info->si_code == SI_USER && info->si_pid == getppid()) {
        on_deadline(context);
    }
    only_one();
    report->signal = number;
    report->write = 2;
    report->pc = pc;
    report->verdict = PROCESS_CRASH;
    last_words();
    if (memory && info->si_code == SI_KERNEL) {
        report->address = sanitizer_unshadow(context_wild(context));
        crash_say_wild(report, (uintptr_t)report->address);
    } else if (memory) {
        report->write = context_access(context);
        report->address = address;
        crash_say_data(report, address, context_sp(context));
    }
    if (memory && pc == address && context_sp(context) != 0) {
        /* a jump to nowhere: the stack still holds where it came from */
        memcpy(&pc, (const void *)context_sp(context), sizeof pc);
        pc--;
    }
    say_code(pc);
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
    if (address != 0) {
        crash_say_data(report, address, 0);
    }
    say_code(pc);
}

void crash_prepare(void)
{
    void *frame;

    (void)backtrace(&frame, 1); /* loads what it needs, which is not for a fault handler */
}

bool crash_watch(struct process_report *out)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};
    stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    bool ok;

    report = out;
    sanitizer_watch(on_finding);
    ok = sigaltstack(&own, NULL) == 0 && sigemptyset(&action.sa_mask) == 0;
    for (size_t i = 0; ok && i < sizeof faults / sizeof faults[0]; i++) {
        ok = sigaction(faults[i], &action, NULL) == 0;
    }
    return ok;
}

const char *crash_signal(int number)
{
    const char *name = number == 0 ? "sanitizer" : sigabbrev_np(number);

    return name == NULL ? "unknown" : name;
}
