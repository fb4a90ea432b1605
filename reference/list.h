/* SPDX-License-Identifier: MIT */
/*
 * Walking the caller's element lists.  An element is copied before it is looked at, each byte once: the header first,
 * and the rest only if the header is sound, so that neither a short element at the end of memory nor a caller who
 * writes meanwhile can mislead us.
 *
 *     list_begin(&list, ...);
 *     do {
 *         result = list_read(&list, &element);
 *         if (result == LIST_OK) { ... result = list_advance(&list, element.Next); }
 *     } while (result == LIST_OK);
 */
#ifndef OV2_REFERENCE_LIST_H
#define OV2_REFERENCE_LIST_H

#include <stdbool.h>
#include <stdint.h>

enum list_result {
    LIST_OK,
    LIST_END,
    LIST_SHORT, /* the element does not fit into what was given for it */
    LIST_BAD,   /* its header is not sound */
    LIST_CYCLE  /* an element came again, or no real list is this long */
};

/* What one kind of element looks like. */
struct list_shape {
    uint16_t minimum; /* smallest Header.Size of revision 1: NDIS_SIZEOF_..._REVISION_1 */
    uint16_t fixed;   /* bytes that are read */
    uint16_t needed;  /* InformationBufferLength that will do when not even the fixed part is there */
};

struct list {
    const struct list_shape *shape;
    bool any_type;   /* Header.Type is not checked */
    uint8_t *buffer; /* InformationBuffer: holds the head, and perhaps others */
    uint32_t length;
    uint8_t *at;         /* the current element, in the caller's memory */
    const uint8_t *mark; /* the element that list_advance() compares with */
    uint32_t lap;
    uint32_t lap_limit;
    uint32_t count; /* elements behind the current one's first */
};

/* list_begin: the head is at buffer; length is InformationBufferLength. */
void list_begin(struct list *list, const struct list_shape *shape, uint8_t *buffer, uint32_t length, bool any_type);

/* list_read: copies the current element's fixed part to element.  OK, SHORT or BAD. */
enum list_result list_read(const struct list *list, void *element);

/* list_advance: moves to next.  OK, END or CYCLE. */
enum list_result list_advance(struct list *list, void *next);

/* list_room: how many bytes are known to be the current element's: up to the end of the information buffer where it
 * begins inside that, otherwise UINT32_MAX. */
uint32_t list_room(const struct list *list);

/* list_is_head: whether the current element is the first. */
bool list_is_head(const struct list *list);

#endif
