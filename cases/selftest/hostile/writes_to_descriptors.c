/* SPDX-License-Identifier: MIT */
/* Writes to every descriptor, its own or not. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    (void)device;
    (void)request;
    for (int descriptor = 3; descriptor < 1024; descriptor++) {
        (void)!write(descriptor, "nonsense\n", 9);
    }
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
