/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "fault.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include "crash.h"
#include "session.h"

#define TICK_MS 100

static _Alignas(16) unsigned char stack[65536]; /* a driver may have used up its own */
static atomic_uint running;                     /* ticks since a line has begun, and one; 0: none is running */

static void say(const char *what, const char *where)
{
    char text[256];
    int len = snprintf(text, sizeof text, "ov2: %s%s%s\n", what, where[0] ? ": " : "", where);

    if (len > 0)
        (void)!write(2, text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1);
}

static void on_fault(int number, siginfo_t *info, void *context)
{
    char lies[160] = "";

    if (crash_forgives(number, info, context))
        return;
    (void)session_describe(lies, sizeof lies, (uintptr_t)info->si_addr);
    say(number == SIGTRAP ? "SIGTRAP" : number == SIGBUS ? "SIGBUS" : "SIGSEGV", lies);
    abort();
}

static void on_tick(int number)
{
    unsigned ticks = atomic_load(&running);

    (void)number;
    if (ticks == 0)
        return;
    if (ticks > FAULT_CPU_MS / TICK_MS) {
        say("hang: a line computes and computes", "");
        abort();
    }
    atomic_compare_exchange_strong(&running, &ticks, ticks + 1);
}

void fault_begin(bool is_running)
{
    atomic_store(&running, is_running ? 1 : 0);
}

/* A child that was forked has no timer. */
static void set_timer(void)
{
    const struct itimerval every = {{0, TICK_MS * 1000L}, {0, TICK_MS * 1000L}};

    (void)setitimer(ITIMER_PROF, &every, NULL);
}

bool fault_watch(void)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGTRAP};
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};
    struct sigaction tick = {.sa_handler = on_tick, .sa_flags = SA_RESTART};
    stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};
    bool ok = sigaltstack(&own, NULL) == 0 && sigemptyset(&action.sa_mask) == 0 && sigemptyset(&tick.sa_mask) == 0;

    for (size_t i = 0; ok && i < sizeof faults / sizeof faults[0]; i++)
        ok = sigaction(faults[i], &action, NULL) == 0;
    ok = ok && sigaction(SIGPROF, &tick, NULL) == 0 && pthread_atfork(NULL, NULL, set_timer) == 0;
    if (ok)
        set_timer();
    return ok;
}
