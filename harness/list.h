/* SPDX-License-Identifier: MIT */
/*
 * The element lists of a line, as shapes: which nodes there are, where each Next leads, what bytes a node has.  Nothing
 * here has an address; memory.h puts a list into memory, the model reads it as it stands.  Nodes are numbered through
 * the line, the elements of a run one after the other; nothing recurses, and a run costs no memory.
 */
#ifndef LIST_H
#define LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profile.h"
#include "trace.h"

#define LIST_NODE_BYTES 4096u /* the largest element: its structure, its keys, a KeyOffset that leaves a gap */

/* Where Next stands, in each of the linked structures. */
#define LIST_NEXT_AT offsetof(struct ipsec_offload_v2_delete_sa, Next)

enum list_placement {
    PLACEMENT_GUARD,     /* each element ends where nothing is mapped */
    PLACEMENT_PACKED,    /* one behind the other in one block, as they stand; the block ends where nothing is mapped */
    PLACEMENT_SCATTERED, /* in one block, far apart and in another order */
    PLACEMENT_UNALIGNED, /* like guard, but starting at an odd address */
};

struct list {
    const struct trace_line *line;
    const struct profile *profile;
    enum trace_verb verb;
    bool linked; /* the structure has a Next */
    uint32_t node_count;
    uint32_t first_node[TRACE_ELEMENTS_MAX + 1];
};

/* list_read: the list of a request line; the line and the profile must outlive it. */
void list_read(struct list *list, const struct trace_line *line, const struct profile *profile);

/* list_element: which element of the line a node belongs to; *index is its place in the run. */
const struct trace_element *list_element(const struct list *list, uint32_t node, uint32_t *index);

enum list_target {
    TARGET_NULL,
    TARGET_NODE,   /* node, offset 0 */
    TARGET_MIDDLE, /* node, offset within it */
    TARGET_OTHER,  /* an element of an earlier line of this name */
    TARGET_RAW,    /* value */
    TARGET_FREED,
    TARGET_UNMAPPED,
    TARGET_NONCANONICAL,
};
struct list_link {
    enum list_target target;
    uint32_t node;
    uint64_t value;                /* offset, or the raw value */
    const struct trace_word *word; /* OTHER: the name */
};

/* list_next: where the Next of a node leads.  Without a next= word: to the element that follows in the line, so that
 * "a{..} b{..}" is a list of two.  An unknown name is TARGET_OTHER. */
struct list_link list_next(const struct list *list, uint32_t node);

/* list_twitch: the node that the elements' twitch= names; false: none. */
bool list_twitch(uint32_t *other, const struct list *list, const struct trace_element *element);

/* list_handle: the handle word of a node, or NULL; an element that is given as bytes has none. */
const struct trace_word *list_handle(const struct list *list, uint32_t node);

/* list_twist: what "~high", "~top", "~next" and "~low" make of a handle. */
uint64_t list_twist(uint64_t handle, enum trace_twist twist);

/* list_fixed: NDIS_SIZEOF_..._REVISION_1 of the verb's structure in this profile; list_struct: its sizeof. */
uint32_t list_fixed(const struct list *list);
uint32_t list_struct(const struct list *list);

/* list_encode: the bytes of a node, at most LIST_NODE_BYTES, with Next and OffloadHandle zero; returns how many exist.
 * next_at and handle_at (may be NULL) give the offsets of these two members, UINT32_MAX where the structure has none or
 * the node is too short to hold it.  Of bytes given as they are both are what they are: next_at is UINT32_MAX. */
uint32_t list_encode(const struct list *list, uint32_t node, uint8_t out[LIST_NODE_BYTES], uint32_t *next_at,
                     uint32_t *handle_at);

/* list_placement_of: where an element wants to lie. */
enum list_placement list_placement_of(const struct list *list, const struct trace_element *element);

#endif
