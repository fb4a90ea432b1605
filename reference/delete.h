/* SPDX-License-Identifier: MIT */
/* OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA (O-DEL, S-DEL). */
#ifndef OV2_REFERENCE_DELETE_H
#define OV2_REFERENCE_DELETE_H

#include "oid.h"

/* delete_run: all elements of the list, or none if the list cannot be read. */
uint32_t delete_run(struct oid_call *call);

/* delete_forget: for a fault: this device is closed. */
void delete_forget(const struct sa_table *table);

#endif
