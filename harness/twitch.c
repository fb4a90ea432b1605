/* SPDX-License-Identifier: MIT */
#include "twitch.h"

#include <stdlib.h>
#include <string.h>

#define WORDS 64u

struct word {
    uint32_t at; /* in the block */
    uint32_t was;
    uint32_t other;
};

struct twitch {
    const struct guard_block *block;
    uint64_t after;
    uint64_t reads;
    uint32_t count;
    bool is_on;
    struct word words[WORDS];
};

/* Where two nodes differ, in whole words; the first stands at `from` of its block. */
static void compare(struct twitch *twitch, uint32_t from, const struct list *list, uint32_t node, uint32_t other)
{
    uint8_t mine[LIST_NODE_BYTES];
    uint8_t theirs[LIST_NODE_BYTES];
    uint32_t len = list_encode(list, node, mine, NULL, NULL);
    uint32_t other_len = list_encode(list, other, theirs, NULL, NULL);

    for (uint32_t at = 0; at + 4 <= len && at + 4 <= other_len && twitch->count < WORDS; at += 4) {
        struct word *word = &twitch->words[twitch->count];
        if (memcmp(mine + at, theirs + at, 4) == 0)
            continue;
        word->at = from + at;
        memcpy(&word->was, mine + at, 4);
        memcpy(&word->other, theirs + at, 4);
        twitch->count++;
    }
}

bool twitch_read(struct twitch **twitch, const struct list *list, const struct memory *memory)
{
    *twitch = NULL;
    for (uint32_t i = 0; i < list->line->element_count; i++) {
        const struct trace_element *element = &list->line->elements[i];
        const struct trace_word *after = trace_field(list->line, element, KEY_AFTER);
        const struct guard_block *block;
        uint32_t other;
        if (element->count == 0 || !list_twitch(&other, list, element))
            continue;
        *twitch = calloc(1, sizeof **twitch);
        if (!*twitch)
            return false;
        block = memory_block(memory, i, 0);
        (*twitch)->block = block;
        (*twitch)->after = after ? after->number : 1;
        compare(*twitch, (uint32_t)(memory_address(memory, i, 0) - (uintptr_t)block->device), list, list->first_node[i],
                other);
        break;
    }
    return true;
}

static void write_words(const struct twitch *twitch, bool other)
{
    for (uint32_t i = 0; i < twitch->count; i++) {
        const struct word *word = &twitch->words[i];
        memcpy(twitch->block->host + word->at, other ? &word->other : &word->was, sizeof word->was);
    }
}

/* In the fault handler, right after an instruction that reads. */
static void count_read(void *context)
{
    struct twitch *twitch = context;

    if (++twitch->reads == twitch->after)
        write_words(twitch, true);
}

bool twitch_begin(struct twitch *twitch)
{
    twitch->is_on = guard_watch(twitch->block, count_read, twitch);
    return twitch->is_on;
}

bool twitch_end(struct twitch *twitch)
{
    if (!twitch || !twitch->is_on)
        return false;
    twitch->is_on = false;
    (void)guard_watch(NULL, NULL, NULL);
    write_words(twitch, false);
    return twitch->reads >= twitch->after;
}

void twitch_free(struct twitch *twitch)
{
    free(twitch);
}
