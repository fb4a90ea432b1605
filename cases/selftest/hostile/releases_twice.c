/* SPDX-License-Identifier: MIT */
/* Gives memory back that it has given back. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    void *block = device->ops->allocate(device->host, 100, 0x45434957u);

    (void)request;
    device->ops->release(device->host, block);
    device->ops->release(device->host, block);
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
