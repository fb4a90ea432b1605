/* SPDX-License-Identifier: MIT */
/* The upper half of a received packet's sequence number: the one last given, or with ESN_RX=infer an own guess.
 */
#ifndef OV2_REFERENCE_ESN_H
#define OV2_REFERENCE_ESN_H

#include "sa.h"

#include <stdbool.h>
#include <stdint.h>

/* esn_high: the upper half to verify a packet with, whose sequence number is low. */
uint32_t esn_high(const struct sa_operation *operation, uint32_t low, bool infer);

/* esn_heard: a packet verified with these halves. */
void esn_heard(struct sa_operation *operation, uint32_t high, uint32_t low, bool infer);

#endif
