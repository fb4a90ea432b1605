/* SPDX-License-Identifier: MIT */
#include "area.h"

#include "fault.h"

#include <stddef.h>

enum area_result area_check(const struct list *list, uint32_t offset, uint32_t len)
{
    uint64_t end = area_end(offset, len);
    uint32_t room = list_room(list);

    if (room == UINT32_MAX)
        return len <= AREA_LIMIT ? AREA_OK : AREA_BAD;
    if (end <= FAULTY(room, TRUSTS_KEY_LENGTH, UINT64_MAX))
        return AREA_OK;
    return list_is_head(list) && end <= UINT32_MAX ? AREA_SHORT : AREA_BAD;
}

const uint8_t *area_key(const uint8_t *keys, uint32_t area_len, uint32_t offset, uint32_t len)
{
    if (FAULTY(offset > area_len || len > area_len - offset, KEY_RANGE_WRAPS, offset + len > area_len))
        return NULL;
    return keys + offset;
}
