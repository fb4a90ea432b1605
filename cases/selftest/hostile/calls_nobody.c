/* SPDX-License-Identifier: MIT */
/* Calls the host's services without a host. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    (void)request;
    device->ops->log(NULL, "who are you?");
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
