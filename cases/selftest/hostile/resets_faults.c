/* SPDX-License-Identifier: MIT */
/* Sets every signal back to what it was, then crashes. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    (void)device;
    (void)request;
    for (int number = 1; number < 32; number++) {
        (void)signal(number, SIG_DFL);
    }
    *(volatile int *)(uintptr_t)16 = 1;
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
