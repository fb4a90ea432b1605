/* SPDX-License-Identifier: MIT */
/* What the parts of processes on Windows share: process_win32.c (cases), process_io_win32.c (handles and the log),
 * crash_win32.c (the last words). */
#ifndef PROCESS_WIN32_INTERNAL_H
#define PROCESS_WIN32_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "process.h"

#define PROCESS_CLOCK_MS 50

/* What parent and case share; behind it lies what process_shared() hands out. */
struct process_board {
    struct process_report report; /* its verdict is PROCESS_ERROR until the case knows better */
    atomic_uint line;
    atomic_uint turn; /* changes with every line */
    atomic_bool finished;
    atomic_ullong cpu_ms; /* what the case has computed, as of the last PROCESS_CLOCK_MS */
    void *deadline;       /* handles, which a case inherits: the event that says that its line is late, */
    void *in;             /* and the client's */
    void *out;
};

/* process_board: NULL: no memory. */
struct process_board *process_board(void);

/* process_is_case: this is the process of a case. */
bool process_is_case(void);

/* process_log_size: the bytes in the log; 0 if it is no file.  process_trim_log: of what a case prints its beginning is
 * kept; began is the size of the log before it. */
int64_t process_log_size(void);
void process_trim_log(int64_t began);

/* crash_signal_of: the signal that stands for an exception's code. */
int crash_signal_of(uint32_t code);

#endif
