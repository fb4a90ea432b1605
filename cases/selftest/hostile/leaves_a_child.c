/* SPDX-License-Identifier: MIT */
/* Leaves a process behind that goes on writing. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    (void)device;
    (void)request;
    if (fork() == 0) {
        while (for_ever()) {
            (void)!write(1, "still here\n", 11);
            (void)usleep(1000);
        }
    }
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
