/* SPDX-License-Identifier: MIT */
/*
 * Memory for the packets of one call.  The device keeps the last small buffer for the next call, so that in steady
 * state a packet costs no allocation.
 */
#ifndef OV2_REFERENCE_BUFFER_H
#define OV2_REFERENCE_BUFFER_H

#include "nic.h"

#include <stdint.h>

struct buffer {
    uint8_t *block; /* what was allocated */
    uint32_t block_size;
    uint8_t *data; /* the last size bytes of the block: one byte more is out of bounds for a sanitizer too */
    uint32_t size;
};

/* buffer_take: size bytes, not zeroed; false: no memory.  The device is locked. */
bool buffer_take(struct buffer *buffer, struct ov2_device *nic, uint32_t size);

/* buffer_give: gives it back; one that was never taken may be given if it is all zero.  The device is locked. */
void buffer_give(struct buffer *buffer, struct ov2_device *nic);

/* buffer_trim: what the device keeps for its next packet goes if no SA is left, so that deleting the last SA gives
 * everything back (DEL-027).  The device is locked. */
void buffer_trim(struct ov2_device *nic);

#endif
