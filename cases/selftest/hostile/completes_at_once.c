/* SPDX-License-Identifier: MIT */
/* Completes a request, then answers it as well. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    device->ops->request_completed(device->host, request, OV2_DOOR_DIRECT, NDIS_STATUS_SUCCESS);
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
