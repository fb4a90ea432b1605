/* SPDX-License-Identifier: MIT */
/* Crashes before there is a device. */
#include "hostile.inc"

static ov2_result start(struct ov2_device **out, const struct ov2_config *config)
{
    (void)out;
    (void)config;
    *(volatile int *)(uintptr_t)16 = 1;
    return OV2_BROKEN;
}

static void hostile(struct ov2_adapter *adapter)
{
    adapter->open = start;
}
