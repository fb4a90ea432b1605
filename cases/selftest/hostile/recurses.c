/* SPDX-License-Identifier: MIT */
/* Calls itself until the stack is used up. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    volatile char frame[1024];

    frame[0] = 1;
    if (for_ever()) {
        misbehave(device, request);
    }
    frame[1] = frame[0];
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
