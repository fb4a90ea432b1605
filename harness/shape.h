/* SPDX-License-Identifier: MIT */
/*
 * The shape of an element list, in named classes: what the cases and a mutator have to reach, and what the report
 * counts.  A list is usually of several.  Only elements that a reader of the list meets are looked at, and of a run
 * only its ends, so that a million elements cost no more than two.
 *
 *   Next        self-loop, two-cycle, rho (a tail into a cycle), tail-to-head, shared-tail, cross-link (into another
 *               request that is out), into-node, into-key, into-other-oid; wild: freed, unmapped, noncanonical
 *   memory      contiguous, scattered, unaligned, straddle (not all of a structure is there), header-only
 *   handles     duplicate-handle, dead-then-live, foreign-handle (of another device), wrong-direction-handle (SAs of
 *               both directions)
 *   length      length-0, length-1, length-capacity, length-capacity+1, length-2^1 to length-2^20
 *   headers     wrong-type, wrong-revision and wrong-size, each with -head, -middle and -tail
 */
#ifndef SHAPE_H
#define SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "list.h"

#define SHAPE_POWERS 20u

enum shape {
    SHAPE_SELF_LOOP,
    SHAPE_TWO_CYCLE,
    SHAPE_RHO,
    SHAPE_TAIL_TO_HEAD,
    SHAPE_SHARED_TAIL,
    SHAPE_CROSS_LINK,
    SHAPE_INTO_NODE,
    SHAPE_INTO_KEY,
    SHAPE_INTO_OTHER_OID,
    SHAPE_FREED,
    SHAPE_UNMAPPED,
    SHAPE_NONCANONICAL,
    SHAPE_CONTIGUOUS,
    SHAPE_SCATTERED,
    SHAPE_UNALIGNED,
    SHAPE_STRADDLE,
    SHAPE_HEADER_ONLY,
    SHAPE_DUPLICATE_HANDLE,
    SHAPE_DEAD_THEN_LIVE,
    SHAPE_FOREIGN_HANDLE,
    SHAPE_WRONG_DIRECTION_HANDLE,
    SHAPE_LENGTH_0,
    SHAPE_LENGTH_1,
    SHAPE_LENGTH_CAPACITY,
    SHAPE_LENGTH_BEYOND,                                  /* capacity + 1 */
    SHAPE_LENGTH_POWER,                                   /* 2^1 and, behind it, the others */
    SHAPE_WRONG_TYPE = SHAPE_LENGTH_POWER + SHAPE_POWERS, /* -head, then -middle, -tail */
    SHAPE_WRONG_REVISION = SHAPE_WRONG_TYPE + 3,
    SHAPE_WRONG_SIZE = SHAPE_WRONG_REVISION + 3,
    SHAPE_COUNT = SHAPE_WRONG_SIZE + 3,
};

struct shapes {
    bool has[SHAPE_COUNT];
};

enum shape_sa {
    SHAPE_SA_UNKNOWN,
    SHAPE_SA_DEAD,
    SHAPE_SA_INBOUND,
    SHAPE_SA_OUTBOUND,
};

/* What only a device and its model know. */
struct shape_lookup {
    void *context;
    /* what a handle word names, at this place of a run */
    enum shape_sa (*sa)(void *context, const struct trace_word *word, uint32_t index);
    /* false: no request that is out has an element of this name */
    bool (*other)(void *context, enum trace_verb *verb, const struct trace_word *word);
};

/* shape_classify: the classes of a list whose head has length bytes, before it is submitted. */
void shape_classify(struct shapes *shapes, const struct list *list, uint32_t length, const struct shape_lookup *lookup);

/* shape_name: "self-loop".  shape_is_wild: no driver can check for it, so that it never decides about one. */
const char *shape_name(enum shape shape);
bool shape_is_wild(enum shape shape);

#endif
