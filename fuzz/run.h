/* SPDX-License-Identifier: MIT */
/*
 * Runs traces one after the other in this process, on fresh devices each time: parsed, prepared, judged by the model.
 * Nothing of one run is left for the next, so that the same input has the same effect whenever it comes.
 *
 * Lines that cannot be read and lines that no driver could survive (wild.h) are passed over.  What was really run is
 * told line by line, so that it can be kept as a trace that does the same anywhere.
 */
#ifndef RUN_H
#define RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "session.h"
#include "trace.h"

#define RUN_LINES_MAX 256u /* lines of one trace that are run; the others are passed over */

/* One thing that was wrong. */
struct run_find {
    const char *law; /* the requirement, or "leak" */
    const char *element;
    const char *got;
    const char *want;
    enum trace_verb verb; /* of the line; close: also when the devices were closed at the end */
};

/* Who wants to hear of what happens; each may be NULL. */
struct run_observer {
    void *context;
    void (*begins)(void *context, const char *text, size_t len); /* a line, as it is run; before it is */
    void (*answered)(void *context, const struct session_last *last);
    void (*found)(void *context, const struct run_find *find);
};

struct run_config {
    struct session_config session;
    struct run_observer observer;
    const char *words; /* what is added to each open line of a device under test, "GCM_KEY=key"; or NULL */
    bool is_hostile;   /* nothing is passed over because it is wild */
};

struct run;

/* run_new: after guard_start().  NULL: no memory. */
struct run *run_new(const struct run_config *config);

/* run_free: unloads the adapter; NULL is allowed. */
void run_free(struct run *run);

/* run_trace: runs a trace to its end; returns how many lines were answered. */
uint32_t run_trace(struct run *run, const char *text, size_t len);

#endif
