/* SPDX-License-Identifier: MIT */
/*
 * Large sends (L-LSO): one TCP packet that is too long for the wire becomes many, each with headers of its own, and if
 * the list names an SA each protected by itself (C-TX).  The stack's packet is the template:
 *
 *   | media | IP, options | AH | UDP | ESP, IV | TCP, options | payload ............ | PadLength octets |
 *                                              tcp            payload              payload + payload_len
 *
 * It has neither an ESP trailer nor room for an ICV, and what PadLength counts is dropped.
 */
#ifndef OV2_REFERENCE_LARGE_H
#define OV2_REFERENCE_LARGE_H

#include "protect.h"

#include <stdbool.h>
#include <stdint.h>

/* What is advertised: the most TCP payload of one large packet, and the fewest segments worth the trouble. */
#define LARGE_PAYLOAD_MAX  0xF000u
#define LARGE_SEGMENTS_MIN 2u

struct large {
    struct portion pattern; /* without an SA: nothing is protected */
    uint64_t header;        /* slot 12 */
    bool v2;
    uint32_t tcp;
    uint32_t payload;
    uint32_t payload_len;
    uint32_t mss;
    uint32_t count; /* segments */
};

/* large_plan: how the frame, which is kept and changed, will be cut; false: it cannot, or must not be (LSO-010, -011).
 * A protection without an SA is none. */
bool large_plan(struct large *large, const struct ov2_device *nic, const struct protection *protection,
                uint64_t large_send, uint8_t *frame, uint32_t frame_len);

/* large_frame_len: of the segment with this number, from 0. */
uint32_t large_frame_len(const struct large *large, uint32_t number);

/* large_size: of all segments; it fits, because a plan has at most LARGE_PAYLOAD_MAX of them. */
uint32_t large_size(const struct large *large);

/* large_make: writes the segment's frame and protects it; false: the library failed. */
bool large_make(const struct large *large, uint8_t *frame, uint32_t number);

#endif
