/* SPDX-License-Identifier: MIT */
/* One frame on its way out, under the SAs that its list names: checked against them, then encrypted and authenticated
 * in place. */
#ifndef OV2_REFERENCE_PROTECT_H
#define OV2_REFERENCE_PROTECT_H

#include "nic.h"
#include "portion.h"

#include <stdbool.h>
#include <stdint.h>

/* The SAs of one list (S-NBLI, S-TUN). */
struct protection {
    struct sa *sa;     /* slot 1: of the only portion, or of the transport portion if there is a tunnel too */
    struct sa *tunnel; /* slot 11, or NULL */
    uint64_t header;   /* slot 12 */
    uint64_t checksum; /* slot 0; zero if it does not say of what family the packet is (L-CK) */
};

/* protect_find: the outbound SAs that the slots of a list name; false: one of them is not there, may not be used, or a
 * tunnel is named alone.  No SA at all is no protection: *needed says so. */
bool protect_find(struct protection *protection, bool *needed, const struct ov2_device *nic, const struct ov2_oob *oob);

/* protect_room: how many octets of an ICV the stack has left to the NIC to append to each frame. */
uint32_t protect_room(const struct ov2_device *nic, const struct protection *protection);

/* protect_is_framed: whether the stack's framing agrees with the portion's SA about the headers, and the packet is
 * within the capabilities. */
bool protect_is_framed(const struct ov2_device *nic, const struct portion *portion);

/* protect_is_named: whether slot 12 has the offsets of the headers; inside may be NULL. */
bool protect_is_named(const struct packet *outside, const struct packet *inside, uint64_t header);

/* protect_frame: false: this frame cannot leave under these SAs; it is then spoiled. */
bool protect_frame(const struct ov2_device *nic, const struct protection *protection, uint8_t *frame,
                   uint32_t frame_len);

#endif
