/* SPDX-License-Identifier: MIT */
/* Gives memory back that it never had. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    static uint64_t block[64];

    (void)request;
    device->ops->release(device->host, block + 32);
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
