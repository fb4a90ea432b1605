/* SPDX-License-Identifier: MIT */
/* Crashes, and once more when it is asked where. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    (void)device;
    (void)request;
    abort();
}

static ov2_result locate(char *out, uint32_t size, uint64_t address)
{
    (void)address;
    memset(out, '"', size);
    return *(volatile ov2_result *)(uintptr_t)16;
}

static void hostile(struct ov2_adapter *adapter)
{
    when_deleting = misbehave;
    adapter->locate = locate;
}
