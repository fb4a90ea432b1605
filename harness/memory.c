/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCATTER_GAP 64u /* bytes between scattered nodes */

static uint32_t round_up(uint32_t len)
{
    return (len + 7u) & ~7u;
}

/* The slot of node i in a scattered room of n: a walk with a step that is prime to n visits every slot once. */
static uint32_t scattered_slot(uint32_t i, uint32_t n)
{
    uint32_t step = n / 2 + 1;

    if (n == 0)
        return 0;
    for (;; step++) {
        uint32_t a = step;
        uint32_t b = n;
        while (b) {
            uint32_t rest = a % b;
            a = b;
            b = rest;
        }
        if (a == 1)
            break;
    }
    return (uint32_t)((uint64_t)i * step % n);
}

static bool take_block(struct memory *memory, uint32_t *index, size_t size, size_t shift)
{
    enum guard_access access = memory->is_output ? GUARD_OUTPUT : GUARD_INPUT;

    if (memory->block_count == memory->block_size) {
        uint32_t wanted = memory->block_size ? memory->block_size * 2 : 16;
        struct guard_block *blocks = realloc(memory->blocks, wanted * sizeof *blocks);
        if (!blocks)
            return false;
        memory->blocks = blocks;
        memory->block_size = wanted;
    }
    if (!guard_take(&memory->blocks[memory->block_count], size, 8, shift, access))
        return false;
    *index = memory->block_count++;
    return true;
}

static bool place_alone(struct memory *memory, struct memory_room *room, bool unaligned)
{
    uint32_t index = memory->block_count;

    room->first_block = memory->block_count;
    room->block_count = room->count;
    for (uint32_t i = 0; i < room->count; i++) {
        if (!take_block(memory, &index, room->len, unaligned ? 1 : 0))
            return false;
    }
    return true;
}

static bool place_scattered(struct memory *memory, struct memory_room *room)
{
    room->block_count = 1;
    room->scattered = 1;
    room->stride = round_up(room->len) + SCATTER_GAP;
    return take_block(memory, &room->first_block, (size_t)room->stride * room->count, 0);
}

/* All packed elements of a line share one block, in the order of the line; the last one ends it. */
static bool place_packed(struct memory *memory, const struct list *list)
{
    size_t total = 0;
    struct memory_room *last = NULL;
    uint32_t block;

    for (uint32_t i = 0; i < memory->room_count; i++) {
        struct memory_room *room = &memory->rooms[i];
        if (list_placement_of(list, &list->line->elements[i]) != PLACEMENT_PACKED || room->count == 0)
            continue;
        room->stride = round_up(room->len);
        room->offset = total;
        total += (size_t)room->stride * room->count;
        last = room;
    }
    if (!last)
        return true;
    total -= last->stride - last->len;
    if (!take_block(memory, &block, total, 0))
        return false;
    for (uint32_t i = 0; i < memory->room_count; i++) {
        struct memory_room *room = &memory->rooms[i];
        if (list_placement_of(list, &list->line->elements[i]) == PLACEMENT_PACKED && room->count > 0) {
            room->first_block = block;
            room->block_count = 1;
        }
    }
    return true;
}

static bool place_room(struct memory *memory, const struct list *list, uint32_t i)
{
    const struct trace_element *element = &list->line->elements[i];
    struct memory_room *room = &memory->rooms[i];
    uint8_t bytes[LIST_NODE_BYTES];

    memset(room, 0, sizeof *room);
    room->count = element->count;
    memcpy(room->name, element->name, sizeof room->name);
    room->handle_at = UINT32_MAX;
    if (room->count == 0)
        return true;
    room->len = list_encode(list, list->first_node[i], bytes, NULL, &room->handle_at);
    switch (list_placement_of(list, element)) {
    case PLACEMENT_GUARD:
        return place_alone(memory, room, false);
    case PLACEMENT_UNALIGNED:
        return place_alone(memory, room, true);
    case PLACEMENT_SCATTERED:
        return place_scattered(memory, room);
    case PLACEMENT_PACKED:
        break; /* place_packed() */
    }
    return true;
}

static size_t node_offset_in(const struct memory_room *room, uint32_t index)
{
    uint32_t slot = room->scattered ? scattered_slot(index, room->count) : index;

    return room->offset + (size_t)slot * room->stride;
}

static const struct guard_block *block_of(const struct memory *memory, const struct memory_room *room, uint32_t index)
{
    return &memory->blocks[room->first_block + (room->block_count > 1 ? index : 0)];
}

static uint8_t *host_of(const struct memory *memory, const struct memory_room *room, uint32_t index)
{
    size_t offset = room->block_count == 1 ? node_offset_in(room, index) : 0;

    return block_of(memory, room, index)->host + offset;
}

uintptr_t memory_address(const struct memory *memory, uint32_t room, uint32_t index)
{
    const struct memory_room *at = &memory->rooms[room];
    size_t offset = at->block_count == 1 ? node_offset_in(at, index) : 0;

    return (uintptr_t)block_of(memory, at, index)->device + offset;
}

const struct guard_block *memory_block(const struct memory *memory, uint32_t room, uint32_t index)
{
    return block_of(memory, &memory->rooms[room], index);
}

uint64_t memory_handle(const struct memory *memory, uint32_t room, uint32_t index)
{
    const struct memory_room *at = &memory->rooms[room];
    void *handle = NULL;

    if (at->handle_at == UINT32_MAX)
        return 0;
    memcpy(&handle, host_of(memory, at, index) + at->handle_at, sizeof handle);
    return (uint64_t)(uintptr_t)handle;
}

bool memory_has_new_handle(const struct memory *memory, uint32_t room, uint32_t index)
{
    const struct memory_room *at = &memory->rooms[room];
    uint32_t block = at->first_block + (at->block_count > 1 ? index : 0);
    const uint8_t *node = host_of(memory, at, index);
    size_t offset = (size_t)(node - memory->blocks[block].host);

    return memory->images && at->handle_at != UINT32_MAX &&
           memcmp(node + at->handle_at, memory->images[block] + offset + at->handle_at, sizeof(void *)) != 0;
}

static uintptr_t address_of_node(const struct memory *memory, const struct list *list, uint32_t node)
{
    uint32_t index;
    const struct trace_element *element = list_element(list, node, &index);

    return memory_address(memory, (uint32_t)(element - list->line->elements), index);
}

static uintptr_t resolve_next(const struct memory *memory, const struct list *list,
                              const struct memory_resolver *resolver, uint32_t node)
{
    struct list_link link = list_next(list, node);
    uintptr_t address = 0;

    switch (link.target) {
    case TARGET_NULL:
        break;
    case TARGET_NODE:
    case TARGET_MIDDLE:
        return address_of_node(memory, list, link.node) + (uintptr_t)link.value;
    case TARGET_OTHER:
        address = resolver->other(resolver->context, link.word);
        return address ? address : guard_freed();
    case TARGET_RAW:
        return (uintptr_t)link.value;
    case TARGET_FREED:
        return guard_freed();
    case TARGET_UNMAPPED:
        return guard_unmapped();
    case TARGET_NONCANONICAL:
        return guard_noncanonical();
    }
    return address;
}

static void write_node(const struct memory *memory, const struct list *list, const struct memory_resolver *resolver,
                       uint32_t node)
{
    uint8_t bytes[LIST_NODE_BYTES];
    uint32_t next_at;
    uint32_t handle_at;
    uint32_t index;
    const struct trace_element *element = list_element(list, node, &index);
    const struct memory_room *room = &memory->rooms[element - list->line->elements];
    uint32_t len = list_encode(list, node, bytes, &next_at, &handle_at);
    const struct trace_word *handle = list_handle(list, node);

    if (next_at != UINT32_MAX) {
        uintptr_t next = resolve_next(memory, list, resolver, node);
        memcpy(bytes + next_at, &next, sizeof next);
    }
    if (handle_at != UINT32_MAX && handle) {
        uintptr_t value = (uintptr_t)resolver->handle(resolver->context, handle, index);
        memcpy(bytes + handle_at, &value, sizeof value);
    }
    memcpy(host_of(memory, room, index), bytes, len < room->len ? len : room->len);
}

static bool take_images(struct memory *memory)
{
    memory->images = calloc(memory->block_count ? memory->block_count : 1, sizeof *memory->images);
    if (!memory->images)
        return false;
    for (uint32_t i = 0; i < memory->block_count; i++) {
        const struct guard_block *block = &memory->blocks[i];
        memory->images[i] = malloc(block->size ? block->size : 1);
        if (!memory->images[i])
            return false;
        memcpy(memory->images[i], block->host, block->size);
    }
    return true;
}

bool memory_place(struct memory *memory, const struct list *list, const struct memory_resolver *resolver)
{
    memory->room_count = list->line->element_count;
    memory->block_count = 0;
    memory->block_size = 0;
    memory->blocks = NULL;
    memory->images = NULL;
    memory->is_output = list->verb == VERB_ADD_SA || list->verb == VERB_ADD_SA_EX;
    memory->rooms = calloc(memory->room_count ? memory->room_count : 1, sizeof *memory->rooms);
    if (!memory->rooms)
        return false;
    for (uint32_t i = 0; i < memory->room_count; i++) {
        if (!place_room(memory, list, i))
            return false;
    }
    if (!place_packed(memory, list))
        return false;
    for (uint32_t node = 0; node < list->node_count; node++)
        write_node(memory, list, resolver, node);
    return !memory->is_output || take_images(memory);
}

uintptr_t memory_find_name(const struct memory *memory, const struct trace_word *word)
{
    for (uint32_t i = 0; i < memory->room_count; i++) {
        const struct memory_room *room = &memory->rooms[i];
        if (strlen(room->name) == word->count && memcmp(room->name, word->text, word->count) == 0 &&
            word->index < room->count)
            return memory_address(memory, i, word->index) + (uintptr_t)word->number;
    }
    return 0;
}

/* The node of a room that byte `offset` of its block belongs to; a byte in a gap belongs to the node before it. */
static uint32_t node_at(const struct memory_room *room, int64_t offset)
{
    uint64_t slot;

    if (offset < (int64_t)room->offset || room->stride == 0)
        return 0;
    slot = (uint64_t)(offset - (int64_t)room->offset) / room->stride;
    if (slot >= room->count)
        slot = room->count - 1u;
    if (!room->scattered)
        return (uint32_t)slot;
    for (uint32_t i = 0; i < room->count; i++) {
        if (scattered_slot(i, room->count) == slot)
            return i;
    }
    return 0;
}

bool memory_describe(char *out, size_t size, int64_t *node_offset, uint32_t *node_len, const struct memory *memory,
                     uint32_t id, int64_t offset)
{
    const struct memory_room *found = NULL;
    uint32_t index = 0;
    int64_t start = 0;

    for (uint32_t i = 0; i < memory->room_count; i++) {
        const struct memory_room *room = &memory->rooms[i];
        for (uint32_t b = 0; b < room->block_count; b++) {
            if (memory->blocks[room->first_block + b].id != id)
                continue;
            /* Rooms may share a block: the last one that starts at or before the byte has it. */
            if (found && offset < (int64_t)room->offset)
                continue;
            found = room;
            index = room->block_count > 1 ? b : node_at(room, offset);
            start = room->block_count > 1 ? 0 : (int64_t)node_offset_in(room, index);
        }
    }
    if (!found)
        return false;
    if (found->count > 1)
        snprintf(out, size, "%s[%u]", found->name, (unsigned)index);
    else
        snprintf(out, size, "%s", found->name);
    *node_offset = offset - start;
    *node_len = found->len;
    return true;
}

static bool is_handle_byte(const struct memory *memory, uint32_t block, size_t offset)
{
    for (uint32_t i = 0; i < memory->room_count; i++) {
        const struct memory_room *room = &memory->rooms[i];
        size_t in_node = offset;
        if (block < room->first_block || block >= room->first_block + room->block_count ||
            room->handle_at == UINT32_MAX)
            continue;
        if (room->block_count == 1) {
            if (offset < room->offset || (offset - room->offset) / (room->stride ? room->stride : 1) >= room->count)
                if (room->stride)
                    continue;
            in_node = room->stride ? (offset - room->offset) % room->stride : offset;
        }
        if (in_node >= room->handle_at && in_node < room->handle_at + sizeof(void *))
            return true;
    }
    return false;
}

static void report_change(const struct memory *memory, struct outcome *outcome, const char *requirement, uint32_t block,
                          size_t offset)
{
    char name[TRACE_NAME_MAX + 16] = "";
    int64_t node_offset = (int64_t)offset;
    uint32_t node_len = 0;
    uint8_t now = memory->blocks[block].host[offset];

    memory_describe(name, sizeof name, &node_offset, &node_len, memory, memory->blocks[block].id, (int64_t)offset);
    outcome_break(outcome, requirement, name, "input stays as it was", "byte %lld is %02x, was %02x",
                  (long long)node_offset, (unsigned)now, (unsigned)memory->images[block][offset]);
}

void memory_check(struct memory *memory, struct outcome *outcome, const char *requirement)
{
    if (!memory->images)
        return;
    for (uint32_t b = 0; b < memory->block_count; b++) {
        const struct guard_block *block = &memory->blocks[b];
        if (memcmp(block->host, memory->images[b], block->size) == 0)
            continue;
        for (size_t i = 0; i < block->size; i++) {
            if (block->host[i] == memory->images[b][i] || is_handle_byte(memory, b, i))
                continue;
            report_change(memory, outcome, requirement, b, i);
            break;
        }
        memcpy(memory->images[b], block->host, block->size);
    }
}

void memory_complete(const struct memory *memory)
{
    for (uint32_t i = 0; i < memory->block_count; i++)
        guard_complete(&memory->blocks[i]);
}

bool memory_tampered(char *out, size_t size, const struct memory *memory)
{
    for (uint32_t i = 0; i < memory->block_count; i++) {
        size_t offset;
        int64_t node_offset = 0;
        uint32_t node_len = 0;
        char name[TRACE_NAME_MAX + 16] = "";
        if (!guard_tampered(&memory->blocks[i], &offset))
            continue;
        if (!memory_describe(name, sizeof name, &node_offset, &node_len, memory, memory->blocks[i].id, (int64_t)offset))
            snprintf(name, sizeof name, "an element");
        snprintf(out, size, "byte %lld of %s", (long long)node_offset, name);
        return true;
    }
    return false;
}

void memory_free(struct memory *memory)
{
    for (uint32_t i = 0; memory->images && i < memory->block_count; i++)
        free(memory->images[i]);
    free(memory->images);
    free(memory->blocks);
    free(memory->rooms);
    memory->rooms = NULL;
    memory->images = NULL;
    memory->blocks = NULL;
    memory->block_count = 0;
    memory->room_count = 0;
}
