/* SPDX-License-Identifier: MIT */
/* Closes every descriptor, its own or not. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    (void)device;
    (void)request;
    for (int descriptor = 0; descriptor < 1024; descriptor++) {
        (void)close(descriptor);
    }
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
