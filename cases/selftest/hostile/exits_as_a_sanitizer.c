/* SPDX-License-Identifier: MIT */
/* Ends the process with the exit code that stands for a sanitizer's finding. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    (void)device;
    (void)request;
    _exit(66);
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
