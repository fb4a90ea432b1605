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

/* A list of more elements is a cycle. */
#define LIST_ELEMENTS (1u << 24)

/*@ // What the proof (./ov2 prove) says of a list.

  logic integer place(struct list *l) = (uintptr_t)((uintptr_t)l->at - (uintptr_t)l->buffer);
  logic integer room(struct list *l) =
    l->count == 0 ? l->length : place(l) < l->length ? l->length - place(l) : UINT32_MAX;

  predicate is_list(struct list *l) =
    \valid(l) && \valid_read(l->shape) && 4 <= l->shape->fixed && l->count <= LIST_ELEMENTS &&
    (l->count == 0 ==> l->at == l->buffer);

  // The caller's promise, and nothing else is taken for granted: of an element that begins in the information buffer
  // all up to the buffer's end can be read, of any other the fixed part.
  predicate is_given(struct list *l) =
    \valid_read(l->at + (0 .. (room(l) == UINT32_MAX ? l->shape->fixed : room(l)) - 1));
*/

/* list_begin: the head is at buffer; length is InformationBufferLength. */
/*@ requires \valid(list) && \valid_read(shape) && 4 <= shape->fixed && \separated(list, shape);
    terminates \true;
    assigns *list;
    ensures is_list(list) && list->count == 0;
    ensures list->shape == shape && list->buffer == buffer && list->length == length;
*/
void list_begin(struct list *list, const struct list_shape *shape, uint8_t *buffer, uint32_t length, bool any_type);

/* list_read: copies the current element's fixed part to element.  OK, SHORT or BAD. */
/*@ requires is_list(list) && is_given(list);
    requires \valid(element + (0 .. list->shape->fixed - 1));
    requires \separated(element + (0 .. list->shape->fixed - 1), list, list->shape,
                        list->at + (0 .. list->shape->fixed - 1));
    terminates \true;
    assigns element[0 .. list->shape->fixed - 1];
    ensures \result == LIST_OK || \result == LIST_SHORT || \result == LIST_BAD;
    ensures \result == LIST_OK ==> room(list) >= list->shape->fixed;
    ensures \result == LIST_OK ==>
            \forall integer i; 0 <= i < list->shape->fixed ==> element[i] == \old(list->at[i]);
    ensures \result == LIST_OK ==> element[1] >= 1 && element[2] + 256 * element[3] >= list->shape->minimum;
*/
enum list_result list_read(const struct list *list, uint8_t *element);

/* list_advance: moves to next.  OK, END or CYCLE. */
/*@ requires is_list(list);
    terminates \true;
    assigns list->at, list->count, list->mark, list->lap, list->lap_limit \from *list, next;
    ensures is_list(list);
    ensures \result == LIST_OK || \result == LIST_END || \result == LIST_CYCLE;
    ensures \result == LIST_OK ==> list->count == \old(list->count) + 1 && list->at == next && next != \null;
    ensures \result != LIST_OK ==> list->count == \old(list->count) && list->at == \old(list->at);
    ensures \result == LIST_END <==> next == \null;
*/
enum list_result list_advance(struct list *list, uint8_t *next);

/* list_room: how many bytes are known to be the current element's: up to the end of the information buffer where it
 * begins inside that, otherwise UINT32_MAX. */
/*@ requires is_list(list);
    terminates \true;
    assigns \nothing;
    ensures \result == room(list);
*/
uint32_t list_room(const struct list *list);

/* list_is_head: whether the current element is the first. */
/*@ requires \valid_read(list);
    terminates \true;
    assigns \nothing;
    ensures \result == (list->count == 0);
*/
bool list_is_head(const struct list *list);

#endif
