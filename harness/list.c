/* SPDX-License-Identifier: MIT */
#include "list.h"

#include <assert.h>
#include <string.h>

#define HANDLE_HIGH_BIT 45
#define HANDLE_TOP_BIT  63

void list_read(struct list *list, const struct trace_line *line, const struct profile *profile)
{
    list->line = line;
    list->profile = profile;
    list->verb = line->verb;
    list->linked = line->verb == VERB_ADD_SA || line->verb == VERB_DELETE_SA ||
                   (line->verb == VERB_UPDATE_SA && profile->update_linked);
    list->node_count = 0;
    for (uint32_t i = 0; i < line->element_count; i++) {
        list->first_node[i] = list->node_count;
        list->node_count += line->elements[i].count;
    }
    list->first_node[line->element_count] = list->node_count;
}

const struct trace_element *list_element(const struct list *list, uint32_t node, uint32_t *index)
{
    uint32_t low = 0;
    uint32_t high = list->line->element_count;

    assert(node < list->node_count);
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (list->first_node[middle] <= node)
            low = middle;
        else
            high = middle;
    }
    /* An element with count 0 shares its first node with its successor: the search ends on the last of them. */
    *index = node - list->first_node[low];
    return &list->line->elements[low];
}

static bool is_named(const struct trace_element *element, const struct trace_word *word)
{
    return strlen(element->name) == word->count && memcmp(element->name, word->text, word->count) == 0;
}

static struct list_link link_to(const struct list *list, const struct trace_word *word)
{
    for (uint32_t i = 0; i < list->line->element_count; i++) {
        const struct trace_element *element = &list->line->elements[i];
        if (!is_named(element, word) || word->index >= element->count)
            continue;
        return (struct list_link){word->number == 0 ? TARGET_NODE : TARGET_MIDDLE, list->first_node[i] + word->index,
                                  word->number, word};
    }
    return (struct list_link){TARGET_OTHER, 0, word->number, word};
}

static struct list_link follow(const struct list *list, const struct trace_word *word)
{
    switch (word->base) {
    case BASE_SYMBOL:
        return link_to(list, word);
    case BASE_RAW:
        return (struct list_link){TARGET_RAW, 0, word->number, word};
    case BASE_FREED:
        return (struct list_link){TARGET_FREED, 0, 0, word};
    case BASE_UNMAPPED:
        return (struct list_link){TARGET_UNMAPPED, 0, 0, word};
    case BASE_NONCANONICAL:
        return (struct list_link){TARGET_NONCANONICAL, 0, 0, word};
    case BASE_RUN:
    case BASE_NULL:
        break;
    }
    return (struct list_link){TARGET_NULL, 0, 0, word};
}

/* The Next that stands in bytes given as they are; too short for one: null, its reader finds no structure. */
static struct list_link raw_next(const struct trace_word *raw)
{
    uint8_t bytes[LIST_NODE_BYTES];
    uintptr_t value = 0;
    size_t len = 0;

    if (trace_bytes(bytes, sizeof bytes, &len, raw) && len >= LIST_NEXT_AT + sizeof value)
        memcpy(&value, bytes + LIST_NEXT_AT, sizeof value);
    return (struct list_link){value == 0 ? TARGET_NULL : TARGET_RAW, 0, value, NULL};
}

struct list_link list_next(const struct list *list, uint32_t node)
{
    uint32_t index;
    const struct trace_element *element = list_element(list, node, &index);
    const struct trace_word *next = trace_field(list->line, element, KEY_NEXT);
    const struct trace_word *raw = trace_field(list->line, element, KEY_RAW);
    const struct trace_word *bytes = trace_field(list->line, element, KEY_BYTES);
    bool is_last = index + 1 == element->count;

    if (bytes && bytes->number < LIST_NEXT_AT + sizeof(uintptr_t))
        return (struct list_link){TARGET_NULL, 0, 0, NULL};
    if (raw)
        return raw_next(raw);
    if (is_last && trace_field(list->line, element, KEY_LAST))
        next = trace_field(list->line, element, KEY_LAST);
    if (next && !(next->base == BASE_RUN))
        return follow(list, next);
    if (next ? !is_last : node + 1 < list->node_count)
        return (struct list_link){TARGET_NODE, node + 1, 0, next};
    return (struct list_link){TARGET_NULL, 0, 0, next};
}

bool list_twitch(uint32_t *other, const struct list *list, const struct trace_element *element)
{
    const struct trace_word *word = trace_field(list->line, element, KEY_TWITCH);
    struct list_link link = word ? follow(list, word) : (struct list_link){TARGET_NULL, 0, 0, NULL};

    *other = link.node;
    return link.target == TARGET_NODE;
}

const struct trace_word *list_handle(const struct list *list, uint32_t node)
{
    uint32_t index;
    const struct trace_element *element = list_element(list, node, &index);

    return trace_field(list->line, element, KEY_RAW) ? NULL : trace_field(list->line, element, KEY_HANDLE);
}

uint64_t list_twist(uint64_t handle, enum trace_twist twist)
{
    switch (twist) {
    case TWIST_HIGH:
        return handle ^ (1ull << HANDLE_HIGH_BIT);
    case TWIST_TOP:
        return handle ^ (1ull << HANDLE_TOP_BIT);
    case TWIST_NEXT:
        return handle + 1;
    case TWIST_LOW:
        return handle & 0xFFFFFFFFu;
    case TWIST_NONE:
        break;
    }
    return handle;
}

uint32_t list_fixed(const struct list *list)
{
    switch (list->verb) {
    case VERB_ADD_SA:
        return NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_REVISION_1;
    case VERB_ADD_SA_EX:
        return NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_EX_REVISION_1;
    case VERB_DELETE_SA:
        return NDIS_SIZEOF_IPSEC_OFFLOAD_V2_DELETE_SA_REVISION_1;
    default:
        return list->linked ? OV2_SIZEOF_UPDATE_SA_LINKED_REVISION_1
                            : NDIS_SIZEOF_IPSEC_OFFLOAD_V2_UPDATE_SA_REVISION_1;
    }
}

uint32_t list_struct(const struct list *list)
{
    switch (list->verb) {
    case VERB_ADD_SA:
        return sizeof(struct ipsec_offload_v2_add_sa);
    case VERB_ADD_SA_EX:
        return sizeof(struct ipsec_offload_v2_add_sa_ex);
    case VERB_DELETE_SA:
        return sizeof(struct ipsec_offload_v2_delete_sa);
    default:
        return list->linked ? sizeof(struct ipsec_offload_v2_update_sa_linked)
                            : sizeof(struct ipsec_offload_v2_update_sa);
    }
}

enum list_placement list_placement_of(const struct list *list, const struct trace_element *element)
{
    const struct trace_word *at = trace_field(list->line, element, KEY_AT);

    if (at && at->number <= PLACEMENT_UNALIGNED)
        return (enum list_placement)at->number;
    return element->is_run ? PLACEMENT_PACKED : PLACEMENT_GUARD;
}
