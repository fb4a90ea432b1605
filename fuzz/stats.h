/* SPDX-License-Identifier: MIT */
/*
 * What a campaign has seen so far, in a file of fixed layout that is mapped into memory: it survives the process that
 * crashes, the next one goes on with it, and whoever shows progress reads it meanwhile.  fuzz/campaign.py has the same
 * layout.  Several processes may count in it at a time; a count that two of them change at once may lose one.
 *
 * A behaviour is how the device answered one line: verb, status, the requirement that it broke, the shape of its list.
 * Good and Turing: of n executions, those behaviours that only one of them has shown are about n times the chance that
 * the next execution shows one that none has.
 */
#ifndef STATS_H
#define STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "shape.h"

#define STATS_MAGIC      0x327A7566u /* "fuz2" */
#define STATS_BEHAVIOURS 32768u      /* a power of two; when it is nearly full, new ones are no longer kept apart */
#define STATS_KINDS      1024u       /* kinds of finds */

struct stats_behaviour {
    uint64_t hash; /* 0: free */
    uint64_t last; /* the execution that showed it last, from 1 */
    uint64_t count;
};

struct stats_kind {
    uint64_t hash;
    uint64_t count;
};

struct stats {
    uint32_t magic;
    uint32_t shape_count; /* of shapes that are in use */
    uint64_t executions;
    uint64_t requests;    /* lines that were answered */
    uint64_t behaviours;  /* different ones */
    uint64_t once;        /* of them, shown by one execution only */
    uint64_t last_new;    /* the execution that showed the newest */
    uint64_t finds;       /* laws that were broken, leaks */
    uint64_t differences; /* lines that the reference beside the device answered otherwise */
    uint64_t shapes[64];  /* executions with a list of this class */
    struct stats_behaviour table[STATS_BEHAVIOURS];
    struct stats_kind kinds[STATS_KINDS];
};

/* stats_open: the file, made if it is not there; NULL as path: memory that goes with the process.  NULL: it cannot be
 * mapped, or is something else. */
struct stats *stats_open(const char *path);

/* stats_begin: another execution.  stats_see: it has shown this behaviour (not 0); true if none has before. */
void stats_begin(struct stats *stats);
bool stats_see(struct stats *stats, uint64_t behaviour);

/* stats_find: counts a find of this kind; returns how many there were before. */
uint64_t stats_find(struct stats *stats, uint64_t kind);

/* stats_chance: that the next execution shows something new, 0 to 1; 1 before the first. */
double stats_chance(const struct stats *stats);

/* stats_hash: of a text, on top of another hash; never 0. */
uint64_t stats_hash(uint64_t hash, const char *text);

#endif
