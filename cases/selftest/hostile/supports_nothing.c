/* SPDX-License-Identifier: MIT */
/* Says of what is not optional that it does not support it. */
#include "hostile.inc"

static ov2_result request(struct ov2_device *device, uint32_t *status, struct ndis_oid_request *oid, uint32_t door)
{
    if (is_delete(oid)) {
        return OV2_UNSUPPORTED;
    }
    return template_request(device, status, oid, door);
}

static void hostile(struct ov2_adapter *adapter)
{
    adapter->request = request;
}
