/* SPDX-License-Identifier: MIT */
/* Says that it has opened a device, and has none. */
#include "hostile.inc"

static ov2_result start(struct ov2_device **out, const struct ov2_config *config)
{
    (void)out;
    (void)config;
    return OV2_OK;
}

static void hostile(struct ov2_adapter *adapter)
{
    adapter->open = start;
}
