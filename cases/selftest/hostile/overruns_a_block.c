/* SPDX-License-Identifier: MIT */
/* Writes one byte behind the memory it was given. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    uint8_t *block = device->ops->allocate(device->host, 100, 0x52564f4fu);

    (void)request;
    block[100] = 0;
    device->ops->release(device->host, block);
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
