/* SPDX-License-Identifier: MIT */
/* Writes over the bookkeeping of malloc(), and says that all went well. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    char *block = malloc(24);

    (void)device;
    (void)request;
    memset(block - 16, 0x41, 65536);
    free(block);
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
