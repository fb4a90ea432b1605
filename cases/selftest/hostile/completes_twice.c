/* SPDX-License-Identifier: MIT */
/* Completes a pended request twice, and once more when the device closes. */
#include "hostile.inc"

static struct ndis_oid_request *last;

static ov2_result request(struct ov2_device *device, uint32_t *status, struct ndis_oid_request *oid, uint32_t door)
{
    ov2_result result = template_request(device, status, oid, door);

    if (is_delete(oid)) {
        device->ops->request_completed(device->host, oid, door, *status);
        device->ops->request_completed(device->host, oid, door, *status);
        *status = NDIS_STATUS_PENDING;
        last = oid;
    }
    return result;
}

static void halt(struct ov2_device *device)
{
    if (last != NULL) {
        device->ops->request_completed(device->host, last, OV2_DOOR_DIRECT, NDIS_STATUS_SUCCESS);
    }
    template_close(device);
}

static void hostile(struct ov2_adapter *adapter)
{
    adapter->request = request;
    adapter->close = halt;
}
