/* SPDX-License-Identifier: MIT */
/* OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA and _ADD_SA_EX (O-ADD, O-EX). */
#ifndef OV2_REFERENCE_ADD_H
#define OV2_REFERENCE_ADD_H

#include "oid.h"

/* add_run: the list form.  SUCCESS if at least one element became an SA; otherwise none did. */
uint32_t add_run(struct oid_call *call);

/* add_run_ex: the form without a list. */
uint32_t add_run_ex(struct oid_call *call);

#endif
