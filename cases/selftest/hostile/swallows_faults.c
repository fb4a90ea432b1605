/* SPDX-License-Identifier: MIT */
/* Replaces the fault handlers, so that a fault comes again and again. */
#include "hostile.inc"

static void swallow(int number)
{
    (void)number;
}

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    (void)device;
    (void)request;
    for (int number = 1; number < 32; number++) {
        (void)signal(number, SIG_IGN);
    }
    (void)signal(SIGSEGV, swallow);
    *(volatile int *)(uintptr_t)16 = 1;
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
