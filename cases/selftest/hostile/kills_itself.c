/* SPDX-License-Identifier: MIT */
/* Ends by a signal that nobody can catch. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    (void)device;
    (void)request;
    (void)kill(getpid(), SIGKILL);
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
