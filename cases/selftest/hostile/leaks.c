/* SPDX-License-Identifier: MIT */
/* Takes memory and forgets it. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    (void)request;
    (void)device->ops->allocate(device->host, 100, 0x4b41454cu);
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
