/* SPDX-License-Identifier: MIT */
/* Returns what is no ov2_result. */
#include "hostile.inc"

static ov2_result request(struct ov2_device *device, uint32_t *status, struct ndis_oid_request *oid, uint32_t door)
{
    if (is_delete(oid)) {
        return 77;
    }
    return template_request(device, status, oid, door);
}

static void hostile(struct ov2_adapter *adapter)
{
    adapter->request = request;
}
