/* SPDX-License-Identifier: MIT */
/*
 * What `./ov2 prove` proves beside the contracts: that a walk over any list, written as add.c, delete.c and update.c
 * write theirs, comes to an end and reads nothing that the caller has not given, whatever the elements say.  Never
 * compiled.
 */
#include "area.h"
#include "list.h"

#include <stddef.h>

#define FIXED_MOST 256u

/* What an element says: any number, any address. */
//@ terminates \true; assigns \nothing;
uint32_t any_number(void);
//@ terminates \true; assigns \result \from \nothing;
uint8_t *any_address(void);

/* find_key: reads a key to its end, wherever the element says that it is. */
/*@ requires is_list(list) && is_given(list);
    terminates \true;
    assigns \nothing;
*/
static void find_key(const struct list *list, uint32_t area_offset, uint32_t area_len, uint32_t offset, uint32_t len)
{
    uint32_t sum = 0;

    if (area_check(list, area_offset, area_len) != AREA_OK)
        return;
    /*@ admit the_caller_gives_the_keys:
          room(list) == UINT32_MAX ==> \valid_read(list->at + (area_offset .. area_offset + area_len - 1)); */
    const uint8_t *key = area_key(list->at + area_offset, area_len, offset, len);
    if (key == NULL)
        return;
    /*@ loop invariant 0 <= i <= len;
        loop assigns i, sum;
        loop variant len - i;
    */
    for (uint32_t i = 0; i < len; i++)
        sum += key[i];
    (void)sum;
}

/*@ requires \valid_read(shape) && 4 <= shape->fixed <= FIXED_MOST;
    terminates \true;
    assigns \nothing;
*/
static void walk(const struct list_shape *shape, uint8_t *buffer, uint32_t length, bool any_type)
{
    enum list_result result;
    uint8_t element[FIXED_MOST];
    struct list list;

    list_begin(&list, shape, buffer, length, any_type);
    /*@ loop invariant is_list(&list) && list.shape == shape;
        loop assigns list, element[0 .. FIXED_MOST - 1], result;
        loop variant LIST_ELEMENTS - list.count;
    */
    do {
        /*@ admit the_caller_gives_the_element: is_given(&list); */
        /*@ admit it_is_none_of_ours:
              \separated(list.at + (0 .. shape->fixed - 1), &list, shape, element + (0 .. FIXED_MOST - 1)); */
        result = list_read(&list, element);
        if (result == LIST_OK) {
            find_key(&list, any_number(), any_number(), any_number(), any_number());
            result = list_advance(&list, any_address());
        }
    } while (result == LIST_OK);
}
