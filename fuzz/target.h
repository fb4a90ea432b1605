/* SPDX-License-Identifier: MIT */
/*
 * A fuzz target: one page that says what is tried and what must never happen.  Engines come in through doors
 * (door_*.c); a target knows none of them.
 */
#ifndef TARGET_H
#define TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace.h"

/* A line that the mutator may put into a trace, or several, and how often it does so compared with the others.  "*" at
 * the end of a line stands for a list of elements that the mutator makes up, "=" behind it for the same ones at the
 * other end of the wire; a line "?" stands for lines that show what has become of the SAs. */
struct target_line {
    const char *text;
    uint32_t weight;
};

struct target {
    const char *name;     /* "fuzz_list" */
    const char *property; /* one sentence: what holds for every input */
    /* What a trace begins with if the mutator has to make one up, and what it may put into one; each ends with a NULL
     * text.  NULL: the target has no traces. */
    const struct target_line *starts;
    const struct target_line *lines;
    bool needs_peer;    /* a clean reference stands at the other end of the wire */
    bool stands_beside; /* another one runs each trace as well: only where it breaks no law is one a find */
    /* Another way to run an input: NULL is the usual one, as a trace on the adapter.  False: a law is broken; *why says
     * which. */
    bool (*run)(const uint8_t *data, size_t len, const char **why);
};

/* The one that is linked into this program. */
extern const struct target the_target;

#endif
