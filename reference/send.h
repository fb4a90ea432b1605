/* SPDX-License-Identifier: MIT */
/* The send path (C-TX, S-NBLI, S-HDR). */
#ifndef OV2_REFERENCE_SEND_H
#define OV2_REFERENCE_SEND_H

#include "nic.h"

/* send_list: sends one NET_BUFFER_LIST and completes it: all of its packets leave, or none does. */
void send_list(struct ov2_device *nic, const struct ov2_send *list);

#endif
