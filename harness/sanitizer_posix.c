/* SPDX-License-Identifier: MIT */
/*
 * Sanitizers on POSIX.  Every symbol of theirs is weak, so that one source serves every build.  The defaults below can
 * be overridden as usual, by ASAN_OPTIONS and its like.
 */
#define _GNU_SOURCE
#include "sanitizer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/mman.h>
#include <unistd.h>

#define WEAK __attribute__((weak))

void __asan_init(void) WEAK;
void __tsan_init(void) WEAK;
void *__asan_get_report_address(void) WEAK;
void *__asan_get_report_pc(void) WEAK;
int __asan_get_report_access_type(void) WEAK;
int __asan_report_present(void) WEAK;
void __asan_get_shadow_mapping(size_t *scale, size_t *offset) WEAK;
void __asan_poison_memory_region(void const volatile *start, size_t size) WEAK;
void __asan_unpoison_memory_region(void const volatile *start, size_t size) WEAK;
void __sanitizer_set_death_callback(void (*callback)(void)) WEAK;
int __lsan_do_recoverable_leak_check(void) WEAK;
void __gcov_dump(void) WEAK;
int __llvm_profile_write_file(void) WEAK;

/* A runtime that comes with the adapter looks for them, too. */
#define EXPORTED __attribute__((visibility("default")))

EXPORTED const char *__asan_default_options(void);
EXPORTED const char *__lsan_default_options(void);
EXPORTED const char *__tsan_default_options(void);
EXPORTED const char *__ubsan_default_options(void);

/* The faults are ours: writes to input are forgiven, and the rest is reported in terms of the trace.  A large
 * quarantine makes each fork slow. */
const char *__asan_default_options(void)
{
    return "handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:handle_abort=0:allow_user_segv_handler=1:"
           "quarantine_size_mb=4:detect_leaks=1:leak_check_at_exit=0:abort_on_error=0:halt_on_error=1:symbolize=1:"
           "allocator_may_return_null=1:exitcode=66";
}

const char *__lsan_default_options(void)
{
    return "print_suppressions=0";
}

const char *__tsan_default_options(void)
{
    return "handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:handle_abort=0:allow_user_segv_handler=1:"
           "halt_on_error=1:die_after_fork=0:atexit_sleep_ms=0:report_signal_unsafe=0:exitcode=66";
}

const char *__ubsan_default_options(void)
{
    return "print_stacktrace=1:halt_on_error=1:exitcode=66";
}

static void (*on_death)(uintptr_t address, uintptr_t pc, uint32_t access);
static int usual_error = -1; /* standard error, while the leak checker writes elsewhere */

static void death(void)
{
    bool known = __asan_report_present != NULL && __asan_report_present() != 0;

    if (usual_error >= 0) { /* the checker could not do its work, say under a debugger: nobody's fault */
        (void)dprintf(usual_error, "ov2: the leak checker does not work here\n");
        _exit(0);
    }
    if (known) {
        on_death((uintptr_t)__asan_get_report_address(), (uintptr_t)__asan_get_report_pc(),
                 __asan_get_report_access_type() != 0 ? 1 : 0);
    } else {
        on_death(0, 0, 2);
    }
}

const char *sanitizer_mode(void)
{
    return __asan_init != NULL ? "asan" : __tsan_init != NULL ? "tsan" : "plain";
}

void sanitizer_watch(void (*died)(uintptr_t address, uintptr_t pc, uint32_t access))
{
    on_death = died;
    if (__sanitizer_set_death_callback != NULL) {
        __sanitizer_set_death_callback(death);
    }
}

uintptr_t sanitizer_unshadow(uintptr_t address)
{
    size_t scale = 0;
    size_t offset = 0;

    if (__asan_get_shadow_mapping != NULL) {
        __asan_get_shadow_mapping(&scale, &offset);
    }
    return scale != 0 && address >> (sizeof address * 8 - scale) == 0 ? (address - offset) << scale : address;
}

void sanitizer_poison(const void *start, size_t size)
{
    if (__asan_poison_memory_region != NULL) {
        __asan_poison_memory_region(start, size);
    }
}

void sanitizer_unpoison(const void *start, size_t size)
{
    if (__asan_unpoison_memory_region != NULL) {
        __asan_unpoison_memory_region(start, size);
    }
}

/* leak_line: "leak of 24 byte(s) in 1 object(s) allocated from: sa_new sa.c:12", out of the checker's own report. */
static void leak_line(char *out, size_t size, const char *report)
{
    const char *leak = strstr(report, "irect leak of ");
    size_t used;

    if (leak == NULL) {
        (void)snprintf(out, size, "leak");
        return;
    }
    leak += strlen("irect ");
    used = (size_t)snprintf(out, size, "%.*s", (int)strcspn(leak, "\n"), leak);
    /* frame 0 is the allocator itself */
    leak = strstr(leak, "#1 ");
    if (leak != NULL && used < size) {
        leak += strcspn(leak, "\n") > 3 ? 3 : 0;
        (void)snprintf(out + used, size - used, " %.*s", (int)strcspn(leak, "\n"), leak);
    }
}

bool sanitizer_leaks(char *out, size_t size)
{
    static char report[8192];
    int memory;
    bool found;
    ssize_t len;

    if (__lsan_do_recoverable_leak_check == NULL) {
        return false;
    }
    /* The report goes to descriptor 2 and nowhere else. */
    memory = memfd_create("ov2-leaks", MFD_CLOEXEC);
    usual_error = dup(2);
    if (memory < 0 || usual_error < 0 || dup2(memory, 2) < 0) {
        return false;
    }
    found = __lsan_do_recoverable_leak_check() != 0;
    (void)dup2(usual_error, 2);
    for (off_t at = 0; found && (len = pread(memory, report, sizeof report - 1, at)) > 0; at += len) {
        report[len] = '\0';
        if (at == 0) {
            leak_line(out, size, report);
        }
        (void)!write(2, report, (size_t)len);
    }
    (void)close(usual_error);
    (void)close(memory);
    usual_error = -1;
    return found;
}

void sanitizer_leave(int code)
{
    if (__gcov_dump != NULL || __llvm_profile_write_file != NULL) {
        exit(code);
    }
    _exit(code);
}
