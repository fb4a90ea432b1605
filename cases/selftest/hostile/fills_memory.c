/* SPDX-License-Identifier: MIT */
/* Takes memory that the host does not know of, uses it, and does not stop. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    (void)device;
    (void)request;
    for (;;) {
        memset(malloc(1u << 20), 1, 1u << 20);
    }
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
