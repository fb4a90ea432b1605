/* SPDX-License-Identifier: MIT */
/* Writes to a member of an object that is not there. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    (void)device;
    (void)request;
    *(volatile int *)(uintptr_t)16 = 1;
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
