/* SPDX-License-Identifier: MIT */
/*
 * Puts an element list into exact-size memory, with real addresses and real handles, and looks afterwards what the
 * device did to it.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guard.h"
#include "list.h"
#include "outcome.h"

/* Where the nodes of one element lie: node i of it is at base + slot(i) * stride of its block, or in blocks[i]. */
struct memory_room {
    uint32_t first_block; /* in blocks */
    uint32_t block_count; /* 1: all nodes share it; else one for each */
    uint32_t len;         /* bytes of each node */
    uint32_t stride;
    size_t offset;      /* of node 0 in its block */
    uint32_t scattered; /* 1: slots are permuted */
    uint32_t count;
    uint32_t handle_at; /* as list_encode() says */
    char name[TRACE_NAME_MAX + 1];
};

struct memory {
    uint32_t room_count;
    uint32_t block_count;
    uint32_t block_size; /* of blocks[] */
    bool is_output;      /* the device may write: OffloadHandle of ADD */
    struct memory_room *rooms;
    struct guard_block *blocks;
    uint8_t **images; /* is_output: what each block held when it was handed over */
};

/* Resolves what only the device knows. */
struct memory_resolver {
    void *context;
    /* the value of a handle word; index is the place in a run */
    uint64_t (*handle)(void *context, const struct trace_word *word, uint32_t index);
    /* the address of an element of an earlier line; 0 if there is none */
    uintptr_t (*other)(void *context, const struct trace_word *word);
};

/* memory_place: builds all nodes of a list.  False: no memory.  Ends with memory_free() in every case. */
bool memory_place(struct memory *memory, const struct list *list, const struct memory_resolver *resolver);

/* memory_address: the device's address of a node of a room; memory_handle: what its OffloadHandle holds now. */
uintptr_t memory_address(const struct memory *memory, uint32_t room, uint32_t index);
uint64_t memory_handle(const struct memory *memory, uint32_t room, uint32_t index);

/* memory_has_new_handle: the device has written another OffloadHandle than was there. */
bool memory_has_new_handle(const struct memory *memory, uint32_t room, uint32_t index);

/* memory_block: the block that it lies in. */
const struct guard_block *memory_block(const struct memory *memory, uint32_t room, uint32_t index);

/* memory_find_name: the address that "b[2]+16" means here, or 0. */
uintptr_t memory_find_name(const struct memory *memory, const struct trace_word *word);

/* memory_describe: names the node in which byte `offset` of block `id` lies ("b[7]"), and the offset from that node's
 * start; false if the block is none of ours. */
bool memory_describe(char *out, size_t size, int64_t *node_offset, uint32_t *node_len, const struct memory *memory,
                     uint32_t id, int64_t offset);

/* memory_check: breaks of the law that nothing but OffloadHandle of ADD changes; the image is brought up to date. */
void memory_check(struct memory *memory, struct outcome *outcome, const char *requirement);

/* memory_complete: poisons all blocks; memory_tampered: a completed block was written to: names it. */
void memory_complete(const struct memory *memory);
bool memory_tampered(char *out, size_t size, const struct memory *memory);

/* memory_free: forgets it; a zeroed one is allowed. */
void memory_free(struct memory *memory);

#endif
