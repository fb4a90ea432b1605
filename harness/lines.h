/* SPDX-License-Identifier: MIT */
/* Reads lines from a descriptor that a process and its children share, one after the other. */
#ifndef LINES_H
#define LINES_H

#include <stdbool.h>
#include <stddef.h>

struct lines;

/* lines_open: what has been read ahead lies in memory that the processes of cases share (process_shared()), so that
 * whoever asks next gets the next line, whichever process that is.  NULL: no memory.  Lives until the process ends. */
struct lines *lines_open(int descriptor);

/* lines_next: the next line without its newline, valid until the next call.  Of a line longer than a trace may hold
 * only the first TRACE_LINE_MAX + 1 bytes.  False: the input has ended. */
bool lines_next(struct lines *lines, const char **text, size_t *len);

#endif
