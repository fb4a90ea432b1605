/* SPDX-License-Identifier: MIT */
/* Faults and deadlines in a process that runs one input after the other. */
#ifndef FAULT_H
#define FAULT_H

#include <stdbool.h>

#define FAULT_CPU_MS 1000 /* a line that computes longer hangs */

/* fault_watch: from now on a fault that guard.h does not forgive, or a line that computes too long, is named on
 * standard error and aborts, which every engine takes for a crash.  False: no handlers. */
bool fault_watch(void);

/* fault_begin: a line begins; false: none is running. */
void fault_begin(bool is_running);

#endif
