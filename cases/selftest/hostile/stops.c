/* SPDX-License-Identifier: MIT */
/* Stops as if somebody had pressed Ctrl-Z. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    (void)device;
    (void)request;
    (void)raise(SIGSTOP);
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
