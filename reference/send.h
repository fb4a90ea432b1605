/* SPDX-License-Identifier: MIT */
/* The send path (C-TX, S-NBLI, S-HDR). */
#ifndef OV2_REFERENCE_SEND_H
#define OV2_REFERENCE_SEND_H

#include "nic.h"

/* send_lists: sends NET_BUFFER_LISTs, and completes each: all of its packets leave, or none does. */
void send_lists(struct ov2_device *nic, const struct ov2_send *lists, uint32_t count);

#endif
