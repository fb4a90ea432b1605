/* SPDX-License-Identifier: MIT */
/* The last words of a process: what it died of, where, and in whose memory. */
#ifndef CRASH_H
#define CRASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ov2/adapter.h"

struct process_report;

#define CRASH_EXIT     70     /* the exit code of a process that has filled its report */
#define CRASH_DEADLINE SIGSYS /* what the parent sends; of all signals one that ThreadSanitizer delivers at once */

typedef bool crash_describe(char *out, size_t size, uintptr_t address);
typedef ov2_result crash_locate(char *out, uint32_t size, uint64_t address);

/* crash_explain: whom to ask what an address lies in (session_describe) and which function code belongs to
 * (ov2_adapter.locate); either may be NULL.  Both run in a fault handler. */
void crash_explain(crash_describe *describe, crash_locate *locate);

/* crash_prepare: before the first case: loads what a fault handler must not load. */
void crash_prepare(void);

/* crash_watch: from here on a fault of this process that guard.h does not forgive, an abort, a sanitizer's finding or a
 * missed deadline fills *report and ends the process.  False: no handlers. */
bool crash_watch(struct process_report *report);

/* crash_forgives: for a fault handler of one's own, with what it was given: whether guard.h forgives the fault, so that
 * the instruction may be tried again. */
bool crash_forgives(int number, const void *info, void *context);

/* crash_signal: the short name of a signal, "SEGV"; "sanitizer" for 0. */
const char *crash_signal(int number);

#endif
