/* SPDX-License-Identifier: MIT */
/* Takes memory until there is none, and gives nothing back. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    (void)request;
    while (device->ops->allocate(device->host, 64u << 20, 0x4c4c4141u) != NULL) {
    }
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
