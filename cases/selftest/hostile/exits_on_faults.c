/* SPDX-License-Identifier: MIT */
/* Has a fault handler of its own, which ends the process quietly. */
#include "hostile.inc"

static void leave(int number)
{
    (void)number;
    _exit(0);
}

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    (void)device;
    (void)request;
    (void)signal(SIGSEGV, leave);
    *(volatile int *)(uintptr_t)16 = 1;
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
