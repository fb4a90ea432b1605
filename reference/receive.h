/* SPDX-License-Identifier: MIT */
/* The receive path (C-RX, S-NBLI, S-HDR). */
#ifndef OV2_REFERENCE_RECEIVE_H
#define OV2_REFERENCE_RECEIVE_H

#include "nic.h"

/* receive_frame: indicates one frame from the wire, processed or as it came. */
void receive_frame(struct ov2_device *nic, const struct ov2_packet *frame);

#endif
