/* SPDX-License-Identifier: MIT */
/* OID requests: which OID is served at which door, and what one call of a handler reads and answers. */
#ifndef OV2_REFERENCE_OID_H
#define OV2_REFERENCE_OID_H

#include "list.h"
#include "nic.h"

#include <stdbool.h>
#include <stdint.h>

/* One request that is being carried out, with the device locked. */
struct oid_call {
    struct ov2_device *nic;
    uint8_t *buffer; /* InformationBuffer, in the caller's memory; never NULL */
    uint32_t length;
    uint32_t consumed;     /* out: bytes of the head element that were read */
    uint32_t fixed;        /* out: NDIS_SIZEOF of the structure */
    uint32_t bytes_needed; /* out, with BUFFER_TOO_SHORT */
    bool reconfigured;     /* out: CURRENT_CONFIG is to be indicated */
};

/* What oid_find() says of a request. */
struct oid_entry {
    uint32_t oid;
    uint32_t door;
    bool pends;                             /* goes through the hardware: HOLD and complete=pended keep it back */
    uint32_t (*run)(struct oid_call *call); /* returns an NDIS_STATUS other than PENDING */
};

/* oid_find: the entry that serves this OID, NULL with *status set if there is none.  type is the RequestType. */
const struct oid_entry *oid_find(uint32_t *status, const struct ov2_device *nic, uint32_t oid, uint32_t type,
                                 uint32_t door);

/* oid_run: carries the request out and fills its outputs; the device is locked.  *reconfigured is set when
 * CURRENT_CONFIG is to be indicated. */
uint32_t oid_run(const struct oid_entry *entry, struct ov2_device *nic, struct ndis_oid_request *request,
                 bool *reconfigured);

/* oid_begin: a list at the call's buffer, with what the call reports about it. */
void oid_begin(struct list *list, struct oid_call *call, const struct list_shape *shape);

/* oid_refuse: the status for a list that list_read() or list_advance() could not follow. */
uint32_t oid_refuse(struct oid_call *call, const struct list *list, enum list_result result);

#endif
