/* SPDX-License-Identifier: MIT */
/* What the parts of processes on POSIX share: process_posix.c (cases), process_io_posix.c (descriptors and the log),
 * peer_posix.c (peers). */
#ifndef PROCESS_INTERNAL_H
#define PROCESS_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

/* process_nursery: the number of the process that peers are forked from; 0: there is none. */
long process_nursery(void);

/* process_peer_at: a fresh peer at the other end of the channel, which stays the caller's to close. */
bool process_peer_at(int channel);

/* process_has_groups: whether each case has a process group of its own: a terminal lets only its foreground group read.
 */
bool process_has_groups(void);

/* process_client_gone: nobody is left who could be told how a case ends. */
bool process_client_gone(void);

/* process_log_size: the bytes in the log; 0 if it is no file. */
int64_t process_log_size(void);

/* process_limit_log: beyond the limit writes fail, and whoever writes goes on; for good: it cannot be raised again. */
void process_limit_log(bool for_good);

/* process_trim_log: of what a case prints its beginning is kept; began is the size of the log before it. */
void process_trim_log(int64_t began);

#endif
