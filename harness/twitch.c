/* SPDX-License-Identifier: MIT */
#include "twitch.h"

#include <stdlib.h>
#include <string.h>

#define WORDS 64u

struct twitch {
    uint32_t count;
    struct {
        volatile uint32_t *at; /* in the host's view */
        uint32_t was;
        uint32_t other;
    } words[WORDS];
};

/* Where two nodes differ, in whole words. */
static void compare(struct twitch *twitch, uint8_t *host, const struct list *list, uint32_t node, uint32_t other)
{
    uint8_t mine[LIST_NODE_BYTES];
    uint8_t theirs[LIST_NODE_BYTES];
    uint32_t len = list_encode(list, node, mine, NULL, NULL);
    uint32_t other_len = list_encode(list, other, theirs, NULL, NULL);

    for (uint32_t at = 0; at + 4 <= len && at + 4 <= other_len && twitch->count < WORDS; at += 4) {
        if (memcmp(mine + at, theirs + at, 4) == 0)
            continue;
        twitch->words[twitch->count].at = (volatile uint32_t *)(void *)(host + at);
        memcpy(&twitch->words[twitch->count].was, mine + at, 4);
        memcpy(&twitch->words[twitch->count].other, theirs + at, 4);
        twitch->count++;
    }
}

bool twitch_read(struct twitch **twitch, const struct list *list, const struct memory *memory)
{
    *twitch = NULL;
    for (uint32_t i = 0; i < list->line->element_count; i++) {
        const struct trace_element *element = &list->line->elements[i];
        uint32_t other;
        if (element->count == 0 || !list_twitch(&other, list, element) ||
            list_placement_of(list, element) == PLACEMENT_UNALIGNED)
            continue;
        if (!*twitch)
            *twitch = calloc(1, sizeof **twitch);
        if (!*twitch)
            return false;
        compare(*twitch, memory_host(memory, i, 0), list, list->first_node[i], other);
    }
    return true;
}

void twitch_free(struct twitch *twitch)
{
    free(twitch);
}

void twitch_set(const struct twitch *twitch, bool other)
{
    for (uint32_t i = 0; i < twitch->count; i++)
        *twitch->words[i].at = other ? twitch->words[i].other : twitch->words[i].was;
}
