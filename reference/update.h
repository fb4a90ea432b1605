/* SPDX-License-Identifier: MIT */
/* OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA (O-UPD, S-UPD), as one structure or, with UPDATE_LAYOUT=linked, a list. */
#ifndef OV2_REFERENCE_UPDATE_H
#define OV2_REFERENCE_UPDATE_H

#include "oid.h"

/* update_run: every element, or none if one of them cannot be updated. */
uint32_t update_run(struct oid_call *call);

#endif
