/* SPDX-License-Identifier: MIT */
/* Fills memory that it could share with others, and does not stop. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    const int flags = MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE;

    (void)device;
    (void)request;
    while (mmap(NULL, 16u << 20, PROT_READ | PROT_WRITE, flags, -1, 0) != MAP_FAILED) {
    }
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
