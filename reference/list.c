/* SPDX-License-Identifier: MIT */
#include "list.h"

#include "fault.h"
#include "ov2/ndis_ipsec.h"

#define HEADER_LEN 4u

void list_begin(struct list *list, const struct list_shape *shape, uint8_t *buffer, uint32_t length, bool any_type)
{
    *list = (struct list){.shape = shape,
                          .any_type = any_type,
                          .buffer = buffer,
                          .length = length,
                          .at = buffer,
                          .mark = buffer,
                          .lap_limit = 1};
}

uint32_t list_room(const struct list *list)
{
    uintptr_t offset = (uintptr_t)list->at - (uintptr_t)list->buffer;

    if (list_is_head(list))
        return list->length;
    return offset < list->length ? (uint32_t)(list->length - offset) : UINT32_MAX;
}

bool list_is_head(const struct list *list)
{
    return list->count == 0;
}

/* peek: for a fault: a byte that the correct code would not read. */
static uint8_t peek(const struct list *list, uint32_t offset)
{
    return *(const volatile uint8_t *)(list->at + offset);
}

/*@ requires is_list(list);
    terminates \true;
    assigns \nothing;
*/
static uint32_t whole_of(const struct list *list)
{
    return (list->shape->minimum + (uint32_t)sizeof(void *) - 1) & ~((uint32_t)sizeof(void *) - 1);
}

/*@ requires is_list(list) && \valid_read(header);
    terminates \true;
    assigns \nothing;
    ensures \result == (header->Type == NDIS_OBJECT_TYPE_DEFAULT || list->any_type);
*/
static bool has_type(const struct list *list, const struct ndis_object_header *header)
{
    return header->Type == NDIS_OBJECT_TYPE_DEFAULT ||
           FAULTY(list->any_type, INDEXES_BY_TYPE, (peek(list, (uint32_t)header->Type << 4) | 1) != 0);
}

/*@ requires \valid_read(header);
    terminates \true;
    assigns \nothing;
    ensures \result == (header->Revision >= 1);
*/
static bool has_revision(const struct ndis_object_header *header)
{
    return FAULTY(header->Revision, ACCEPTS_REVISION_ZERO, 1) >= 1 &&
           FAULTY(true, REFUSES_NEWER_REVISION, header->Revision <= 1);
}

/*@ requires is_list(list) && \valid_read(header);
    terminates \true;
    assigns \nothing;
    ensures \result == (header->Size >= list->shape->minimum);
*/
static bool has_size(const struct list *list, const struct ndis_object_header *header)
{
    bool is_update = list->shape->minimum < NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_REVISION_1;
    uint32_t minimum = FAULTY(list->shape->minimum, DEMANDS_SIZEOF, is_update ? whole_of(list) : list->shape->minimum);

    return header->Size >= FAULTY(minimum, ACCEPTS_ANY_SIZE, 1);
}

/* may_be_longer: later revisions append, so a larger Size is as good (H-OVR). */
/*@ requires is_list(list) && \valid_read(header);
    terminates \true;
    assigns \nothing;
    ensures \result;
*/
static bool may_be_longer(const struct list *list, const struct ndis_object_header *header)
{
    return FAULTY(true, DEMANDS_EXACT_SIZE, header->Size == list->shape->minimum) &&
           FAULTY(true, REFUSES_LARGER_SIZE, header->Size <= whole_of(list));
}

/* is_trusted: for a fault: an excuse for not looking; the correct code looks at every header. */
/*@ requires is_list(list) && \valid_read(header);
    terminates \true;
    assigns \nothing;
    ensures !\result;
*/
static bool is_trusted(const struct list *list, const struct ndis_object_header *header)
{
    return FAULTY(false, CHECKS_HEAD_ONLY, !list_is_head(list)) ||
           FAULTY(false, CHECKS_OLD_SIZES_ONLY, header->Revision > 1);
}

/* is_sound: H-DRV, H-OVR.  A newer revision only appends, so it is good for what we know of it; Size says nothing about
 * the caller's buffer and is never used to read. */
/*@ requires is_list(list) && \valid_read(header);
    terminates \true;
    assigns \nothing;
    ensures \result == ((header->Type == NDIS_OBJECT_TYPE_DEFAULT || list->any_type) && header->Revision >= 1 &&
                         header->Size >= list->shape->minimum);
*/
static bool is_sound(const struct list *list, const struct ndis_object_header *header)
{
    FAULTY((void)0, READS_MEMBERS_FIRST, (void)peek(list, list->shape->fixed - 1u));
    if (is_trusted(list, header))
        return true;
    return has_type(list, header) && has_revision(header) && has_size(list, header) && may_be_longer(list, header);
}

/* size_again: what Size is now. */
static uint32_t size_again(const struct list *list)
{
    return *(const volatile uint16_t *)(list->at + 2);
}

/* trust_twice: for a fault: of what was checked, Size is read once more. */
static void trust_twice(const struct list *list, const struct ndis_object_header *header)
{
    uint32_t size = size_again(list);

    if (header->Size <= list_room(list) && size > header->Size)
        (void)peek(list, size - 1);
}

/* copy: the bytes from first up to end. */
/*@ requires first <= end && \valid(to + (first .. end - 1)) && \valid_read(from + (first .. end - 1));
    requires \separated(to + (first .. end - 1), from + (first .. end - 1));
    terminates \true;
    assigns to[first .. end - 1];
    ensures \forall integer i; first <= i < end ==> to[i] == \old(from[i]);
*/
static void copy(uint8_t *restrict to, const uint8_t *restrict from, uint32_t first, uint32_t end)
{
    /*@ loop invariant first <= i <= end && \forall integer n; first <= n < i ==> to[n] == \at(from[n], Pre);
        loop assigns i, to[first .. end - 1];
        loop variant end - i;
    */
    for (uint32_t i = first; i < end; i++)
        to[i] = from[i];
}

/* copy_rest: what is behind the header. */
/*@ requires is_list(list) && \valid_read(list->at + (0 .. list->shape->fixed - 1));
    requires \valid(element + (0 .. list->shape->fixed - 1));
    requires \separated(element + (0 .. list->shape->fixed - 1), list->at + (0 .. list->shape->fixed - 1));
    terminates \true;
    assigns element[HEADER_LEN .. list->shape->fixed - 1];
    ensures \forall integer i; HEADER_LEN <= i < list->shape->fixed ==> element[i] == \old(list->at[i]);
*/
static void copy_rest(uint8_t *element, const struct list *list, const struct ndis_object_header *header)
{
    FAULTY((void)0, COPIES_SIZE_BYTES, (void)peek(list, header->Size - 1u));
    FAULTY((void)0, WRITES_ITS_REVISION, (void)(header->Revision > 1 && (list->at[1] = 1) != 0));
    FAULTY((void)0, READS_SIZE_TWICE, trust_twice(list, header));
    (void)header;
    copy(element, list->at, HEADER_LEN, list->shape->fixed);
}

enum list_result list_read(const struct list *list, uint8_t *element)
{
    uint8_t octets[HEADER_LEN];
    uint32_t room = list_room(list);

    if (room < FAULTY(HEADER_LEN, READS_HEADER_BEFORE_LENGTH, 0))
        return LIST_SHORT;
    copy(octets, list->at, 0, HEADER_LEN);
    struct ndis_object_header header = {octets[0], octets[1], (uint16_t)(octets[2] + 256u * octets[3])};
    if (!is_sound(list, &header))
        return LIST_BAD;
    if (room < FAULTY(list->shape->fixed, BELIEVES_ALL_IS_THERE, HEADER_LEN))
        return LIST_SHORT;
    copy(element, octets, 0, HEADER_LEN);
    copy_rest(element, list, &header);
    return LIST_OK;
}

/* is_cycle: the element came before, or no real list is this long. */
/*@ requires is_list(list);
    terminates \true;
    assigns \nothing;
    ensures !\result ==> list->count < LIST_ELEMENTS;
*/
static bool is_cycle(const struct list *list, const uint8_t *next)
{
    return FAULTY(next == list->mark || list->count == LIST_ELEMENTS, CYCLES_LEAD_TO_HEAD, next == list->buffer);
}

/* Brent's method: the mark stays behind for twice as many steps each time, and inside a cycle the walk comes back to
 * it.  A list of any length costs one comparison for each element and no memory. */
enum list_result list_advance(struct list *list, uint8_t *next)
{
    if (next == NULL)
        return LIST_END;
    if (FAULTY(is_cycle(list, next), FOLLOWS_CYCLES, false))
        return LIST_CYCLE;
    list->at = next;
    list->count++;
    if (++list->lap == list->lap_limit) {
        list->mark = list->at;
        list->lap = 0;
        list->lap_limit *= 2;
    }
    return LIST_OK;
}
