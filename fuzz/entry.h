/* SPDX-License-Identifier: MIT */
/*
 * What every door has in common: the adapters, the target, one input.  Told by the environment, because engines keep
 * the command line for themselves:
 *
 *   OV2_FUZZ_DUT    the adapter's shared object; absent: the one that is linked into the program
 *   OV2_FUZZ_PEER   the clean reference's, for the targets that have a peer; absent: the one that is linked, if any
 *   OV2_FUZZ_WORDS  words of the profile for each open line of a device under test
 *   OV2_FUZZ_OUT    a folder: broken laws and leaks are written there as traces, a few of each kind, and it goes on;
 *                   what was seen is kept in its file "stats".  Absent: what is wrong is said, and the process aborts
 *   OV2_FUZZ_HOSTILE=1   what no driver can survive is tried as well
 */
#ifndef ENTRY_H
#define ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* entry_start: once, before the first input.  False: it has said why on standard error. */
bool entry_start(void);

/* entry_run: one input. */
void entry_run(const uint8_t *data, size_t len);

/* entry_watch: who wants to know of behaviours: seen() gets a number for each that an input shows. */
void entry_watch(void (*seen)(uint64_t behaviour));

#endif
