/* SPDX-License-Identifier: MIT */
/* The life of an OID request: carried out at once, or queued until the hardware answers, and completed once. */
#ifndef OV2_REFERENCE_REQUEST_H
#define OV2_REFERENCE_REQUEST_H

#include "nic.h"

#include <stdint.h>

/* request_submit: the NDIS_STATUS of a request at one of the doors; PENDING means it is queued. */
uint32_t request_submit(struct ov2_device *nic, struct ndis_oid_request *request, uint32_t door);

/* request_serve: carries out what is queued, in order, unless the hardware is held. */
void request_serve(struct ov2_device *nic);

/* request_cancel: completes the queued requests with this id with REQUEST_ABORTED; nothing of them is done. */
void request_cancel(struct ov2_device *nic, uint64_t id);

/* request_abort: completes everything queued with this status; nothing of it is done. */
void request_abort(struct ov2_device *nic, uint32_t status);

#endif
