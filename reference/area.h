/* SPDX-License-Identifier: MIT */
/*
 * The key area of an ADD element: whether the caller can have given it, and where in it a key lies.  All numbers come
 * from the caller and may be anything.
 */
#ifndef OV2_REFERENCE_AREA_H
#define OV2_REFERENCE_AREA_H

#include "list.h"

#include <stdint.h>

/* The most we believe of an element whose memory we do not know the end of. */
#define AREA_LIMIT 65536u

enum area_result {
    AREA_OK,
    AREA_SHORT, /* the information buffer is too short for it */
    AREA_BAD    /* nor would a longer one do */
};

/* area_end: where an area of len bytes at offset of its element ends. */
/*@ terminates \true;
    assigns \nothing;
    ensures \result == offset + len;
*/
static inline uint64_t area_end(uint32_t offset, uint32_t len)
{
    return (uint64_t)offset + len;
}

/* area_check: whether len bytes at offset of the current element are the caller's to give. */
/*@ requires is_list(list);
    terminates \true;
    assigns \nothing;
    ensures \result == AREA_OK || \result == AREA_SHORT || \result == AREA_BAD;
    ensures \result == AREA_OK ==> offset + len <= room(list) || (room(list) == UINT32_MAX && len <= AREA_LIMIT);
    ensures \result == AREA_SHORT ==> list->length < offset + len <= UINT32_MAX;
*/
enum area_result area_check(const struct list *list, uint32_t offset, uint32_t len);

/* area_key: the key of len bytes at offset of the area_len bytes at keys; NULL if it is not all inside. */
/*@ requires \valid_read(keys + (0 .. area_len - 1));
    terminates \true;
    assigns \result \from keys, area_len, offset, len;
    ensures \result != \null ==> \result == keys + offset && offset + len <= area_len;
    ensures \result != \null ==> \valid_read(\result + (0 .. len - 1));
    ensures keys != \null && offset + len <= area_len ==> \result == keys + offset;
*/
const uint8_t *area_key(const uint8_t *keys, uint32_t area_len, uint32_t offset, uint32_t len);

#endif
