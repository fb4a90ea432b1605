/* SPDX-License-Identifier: MIT */
/* Answers that a request is pending, and that is the last that is heard of it. */
#include "hostile.inc"

static ov2_result request(struct ov2_device *device, uint32_t *status, struct ndis_oid_request *oid, uint32_t door)
{
    if (is_delete(oid)) {
        *status = NDIS_STATUS_PENDING;
        return OV2_OK;
    }
    return template_request(device, status, oid, door);
}

static void hostile(struct ov2_adapter *adapter)
{
    adapter->request = request;
}
