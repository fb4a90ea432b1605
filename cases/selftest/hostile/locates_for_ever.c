/* SPDX-License-Identifier: MIT */
/* Crashes, and has to think about where. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    (void)device;
    (void)request;
    abort();
}

static ov2_result locate(char *out, uint32_t size, uint64_t address)
{
    (void)out;
    (void)size;
    (void)address;
    while (for_ever()) {
    }
    return OV2_OK;
}

static void hostile(struct ov2_adapter *adapter)
{
    when_deleting = misbehave;
    adapter->locate = locate;
}
