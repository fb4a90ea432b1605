/* SPDX-License-Identifier: MIT */
/* Has a monitor that calls the broken rule by no name that the suite could know. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    (void)request;
    device->ops->violated(device->host, "no\"such}rule {x=\n", "<b>\"it\" \\ broke\n= verdict=done\x1b[2J\xff");
    device->ops->violated(device->host, NULL, NULL);
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
