/* SPDX-License-Identifier: MIT */
/*
 * Checksum tasks (slot 0, L-CK) beside IPsec: those of TCP and UDP are of the innermost datagram, before it is
 * encrypted and after it was decrypted; that of IP is of the outermost header only (TX-029, TX-030, RX-045).
 */
#ifndef OV2_REFERENCE_TASK_H
#define OV2_REFERENCE_TASK_H

#include "portion.h"

#include <stdint.h>

/* Where TCP or UDP lies, and the datagram whose addresses its checksum covers. */
struct task {
    struct packet packet;
    uint8_t protocol;
    uint32_t at;
    uint32_t end;
};

/* task_find: what a portion carries, in its tunnel if it is one; false: neither TCP nor UDP that could be read. */
bool task_find(struct task *task, const struct portion *portion);

/* task_find_plain: the same for a datagram without IPsec. */
bool task_find_plain(struct task *task, const struct packet *packet);

/* task_fill: writes the checksum of TCP or UDP if slot 0 asks for it; the stack has left the sum of the pseudo-header
 * in its place. */
void task_fill(const struct task *task, uint64_t checksum);

/* task_fill_ip: writes that of the outermost IP header if slot 0 asks for it. */
void task_fill_ip(struct packet *outermost, uint64_t checksum);

/* task_check: slot 0 of a received packet. */
uint32_t task_check(const struct task *task);

#endif
