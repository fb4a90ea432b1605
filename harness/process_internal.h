/* SPDX-License-Identifier: MIT */
/* What the two halves of processes on POSIX share: process_posix.c (cases) and peer_posix.c (peers). */
#ifndef PROCESS_INTERNAL_H
#define PROCESS_INTERNAL_H

/* process_nursery: the number of the process that peers are forked from; 0: there is none. */
long process_nursery(void);

#endif
