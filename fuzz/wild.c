/* SPDX-License-Identifier: MIT */
#include "wild.h"

#include <stddef.h>
#include <string.h>

#include "list.h"
#include "ov2/ndis_ipsec.h"

static bool is_list(enum trace_verb verb)
{
    return verb >= VERB_ADD_SA && verb <= VERB_DELETE_SA;
}

/* What an element must have behind its first bytes if they pass for a header. */
static bool passes_for_header(const struct list *list, const uint8_t *bytes, uint32_t len)
{
    struct ndis_object_header header;

    if (len < sizeof header)
        return false;
    memcpy(&header, bytes, sizeof header);
    return header.Type == NDIS_OBJECT_TYPE_DEFAULT && header.Revision >= 1 && header.Size >= list_fixed(list);
}

static bool has_null_next(const uint8_t *bytes, uint32_t len)
{
    static const uint8_t null[sizeof(void *)];

    return len >= LIST_NEXT_AT + sizeof null && memcmp(bytes + LIST_NEXT_AT, null, sizeof null) == 0;
}

/* Enough is there for what the element says of itself; len bytes of it exist. */
static bool keeps_its_word(const struct list *list, const uint8_t *bytes, uint32_t len)
{
    uint32_t key_len;

    if (len < list_fixed(list))
        return false;
    if (list->verb != VERB_ADD_SA)
        return true;
    memcpy(&key_len, bytes + offsetof(struct ipsec_offload_v2_add_sa, KeyLength), sizeof key_len);
    return key_len <= len - offsetof(struct ipsec_offload_v2_add_sa, KeyData);
}

/* Next leads to byte `at` of a node: what is there is no element, or one that is whole and the last. */
static bool leads_astray(const struct list *list, uint32_t node, uint64_t at)
{
    uint8_t bytes[LIST_NODE_BYTES];
    uint32_t len = list_encode(list, node, bytes, NULL, NULL);

    if (at == 0)
        return false;
    if (at + sizeof(struct ndis_object_header) > len)
        return true;
    /* an address may pass for anything */
    if (at < LIST_NEXT_AT + sizeof(void *) && at + sizeof(struct ndis_object_header) > LIST_NEXT_AT)
        return true;
    return passes_for_header(list, bytes + at, len - (uint32_t)at) &&
           !(keeps_its_word(list, bytes + at, len - (uint32_t)at) && has_null_next(bytes + at, len - (uint32_t)at));
}

static bool is_wild_node(const struct list *list, uint32_t node)
{
    uint8_t bytes[LIST_NODE_BYTES];
    uint32_t next_at;
    uint32_t len = list_encode(list, node, bytes, &next_at, NULL);
    struct list_link link = list_next(list, node);

    if (list->linked && link.target == TARGET_MIDDLE && leads_astray(list, link.node, link.value))
        return true;
    if (link.target == TARGET_RAW && link.value != 0)
        return true;
    /* an element of another request: nobody here knows whether it is whole */
    if (link.target == TARGET_OTHER || link.target == TARGET_FREED || link.target == TARGET_UNMAPPED ||
        link.target == TARGET_NONCANONICAL)
        return true;
    /* bytes as they are: their Next is what it is */
    if (list->linked && next_at == UINT32_MAX && passes_for_header(list, bytes, len) && !has_null_next(bytes, len) &&
        len >= list_fixed(list))
        return true;
    if (node == 0) /* InformationBufferLength says how large the head is */
        return false;
    return len < sizeof(struct ndis_object_header) ||
           (passes_for_header(list, bytes, len) && !keeps_its_word(list, bytes, len));
}

static bool is_wild_list(const struct trace_line *line, const struct profile *profile)
{
    const struct trace_word *length = trace_option(line, KEY_LENGTH);
    uint8_t bytes[LIST_NODE_BYTES];
    struct list list;

    list_read(&list, line, profile);
    if (list.node_count > WILD_NODES_MAX)
        return true;
    if (length && length->number > (list.node_count ? list_encode(&list, 0, bytes, NULL, NULL) : 0) &&
        !trace_option(line, KEY_BUFFER))
        return true;
    for (uint32_t i = 0; i < line->element_count; i++) {
        uint32_t last = line->elements[i].count;
        /* of a run the ends, which differ from what is between */
        if (last > 0 && (is_wild_node(&list, list.first_node[i]) || is_wild_node(&list, list.first_node[i] + last - 1)))
            return true;
        if (trace_field(line, &line->elements[i], KEY_TWITCH))
            return true; /* bytes that change: slow, and a case of their own */
    }
    return false;
}

/* A flat buffer that holds an element, with a Next of its own. */
static bool is_wild_oid(const struct trace_line *line)
{
    const struct trace_word *buffer = trace_option(line, KEY_BUFFER);
    const struct trace_word *length = trace_option(line, KEY_LENGTH);
    uint64_t size = buffer && buffer->base != BASE_NULL ? buffer->count : 0;
    uint8_t bytes[LIST_NODE_BYTES];
    size_t len = 0;

    if (length && length->number > size && buffer && buffer->base != BASE_NULL)
        return true;
    if (size <= LIST_NEXT_AT || !trace_bytes(bytes, sizeof bytes, &len, buffer))
        return size > sizeof bytes;
    return bytes[0] == NDIS_OBJECT_TYPE_DEFAULT && len >= LIST_NEXT_AT + sizeof(void *) &&
           !has_null_next(bytes, (uint32_t)len);
}

static bool is_long(const struct trace_line *line)
{
    uint64_t packets = 0;

    for (uint32_t i = 0; i < line->element_count; i++)
        packets += line->elements[i].count;
    return packets > WILD_NODES_MAX;
}

/* claims: what a frame must decrypt to is for published vectors; whoever makes it up makes a law up. */
static bool claims(const struct trace_line *line)
{
    for (uint32_t i = 0; i < line->word_count; i++) {
        if (line->words[i].key == KEY_PLAIN || line->words[i].key == KEY_NH_PLAIN)
            return true;
    }
    return false;
}

bool wild_line(const struct trace_line *line, const struct profile *profile, const struct shapes *shapes)
{
    for (uint32_t i = 0; i < SHAPE_COUNT; i++) {
        if (shapes->has[i] && shape_is_wild((enum shape)i))
            return true;
    }
    if (is_list(line->verb) && profile)
        return is_wild_list(line, profile);
    return line->verb == VERB_OID ? is_wild_oid(line) : is_long(line) || claims(line);
}
