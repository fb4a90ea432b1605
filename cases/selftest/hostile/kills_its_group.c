/* SPDX-License-Identifier: MIT */
/* Ends every process that it may take for its own. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    (void)device;
    (void)request;
    (void)kill(0, SIGTERM);
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
