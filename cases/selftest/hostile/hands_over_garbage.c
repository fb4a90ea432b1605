/* SPDX-License-Identifier: MIT */
/* Tells the host of a packet at an address that is none. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    (void)request;
    device->ops->transmitted(device->host, (const struct ov2_packet *)(uintptr_t)0x4141414141414141u);
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
