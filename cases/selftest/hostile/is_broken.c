/* SPDX-License-Identifier: MIT */
/* Answers every call with BROKEN. */
#include "hostile.inc"

static ov2_result start(struct ov2_device **out, const struct ov2_config *config)
{
    (void)out;
    config->ops->log(config->host, "the hardware is \"gone\"");
    return OV2_BROKEN;
}

static void hostile(struct ov2_adapter *adapter)
{
    adapter->open = start;
}
