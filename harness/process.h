/* SPDX-License-Identifier: MIT */
/*
 * Processes: one for each case, with deadlines and crash reports, and one for each peer.  The only place that knows how
 * an operating system makes them; process_posix.c forks after the adapter is loaded.
 */
#ifndef PROCESS_H
#define PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum process_verdict {
    PROCESS_DONE,  /* the case ended by itself */
    PROCESS_CRASH, /* a fault, an abort, a sanitizer report */
    PROCESS_HANG,  /* a line used up its CPU time, or blocked */
    PROCESS_LEFT,  /* the process ended in the middle: somebody called exit() */
    PROCESS_ERROR, /* we could not run it */
};

/* What is known of the end of a case; lives in memory shared with the process that died. */
struct process_report {
    enum process_verdict verdict;
    uint32_t line;    /* in which line of the trace, from 1; 0: none */
    int signal;       /* crash: the signal, or 0 for a sanitizer's report */
    int code;         /* exit code */
    uint32_t write;   /* crash: 1 write, 0 read, 2 unknown */
    uint64_t address; /* crash: the faulting address; not meaningful for aborts */
    uint64_t pc;      /* crash: the instruction */
    char lies[160];   /* what the address lies in, or empty */
    char where[160];  /* ov2_adapter.locate() of pc, else "library+offset", or empty */
    char frames[320]; /* crash, hang: the innermost places of the driver's own code, "a.so+0x1139 a.so+0x2250" */
    char leaks[160];  /* what a leak checker found after the end, or empty */
};

struct process_limits {
    uint32_t cpu_ms;  /* of one line */
    uint32_t wall_ms; /* of one line: only catches what blocks */
};

/* process_case: runs body(context) in a fresh process and waits for its end; its result is the exit code.  The report
 * says how it ended.  False: no process could be made. */
bool process_case(struct process_report *report, const struct process_limits *limits, int (*body)(void *),
                  void *context);

/* process_again: where a process cannot be forked: what a case's process calls as soon as it has prepared what it
 * needs, with what process_case() is given in its parent; it runs body(context) and does not return.  In every other
 * process nothing happens. */
void process_again(int (*body)(void *), void *context);

/* process_shared: zeroed memory that this process shares with the processes of cases that begin later; for good.  The
 * same calls in the same order, before process_again(), give a case's process the same memory.  NULL: there is none. */
void *process_shared(size_t size);

/* process_line: in the case's process: line n begins (deadlines start), 0: no line is running (deadlines stop). */
void process_line(uint32_t n);

/* process_peer: in the case's process: a channel to a fresh peer process, or -1.  process_peer_start(): before any case
 * and before an adapter is loaded: makes the process from which peers are forked; it loads `path` when first asked.
 * serve(channel, path) runs in each of them. */
bool process_peer_start(void (*serve)(int channel, const char *path), const char *path);
int process_peer(void);

/* process_peers_ended: the process from which peers are forked is gone: no case gets a peer any more. */
bool process_peers_ended(void);

/* process_send, process_receive: exactly len bytes over a channel; false when the other end is gone. */
bool process_send(int channel, const void *bytes, size_t len);
bool process_receive(int channel, void *bytes, size_t len);

/* process_read: what there is, at least one byte and at most size; 0: the other end is gone. */
size_t process_read(int channel, void *bytes, size_t size);

/* process_private_io: moves standard input and output to descriptors of our own, returned through in and out; 0 becomes
 * /dev/null, 1 and 2 go to the log file (or to standard error if path is NULL). */
bool process_private_io(int *in, int *out, const char *log_path);

/* process_holds: whether the descriptor is open in this process. */
bool process_holds(int descriptor);

#endif
