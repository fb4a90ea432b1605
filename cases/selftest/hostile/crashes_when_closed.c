/* SPDX-License-Identifier: MIT */
/* Crashes when its device closes. */
#include "hostile.inc"

static void halt(struct ov2_device *device)
{
    template_close(device);
    *(volatile int *)(uintptr_t)16 = 1;
}

static void hostile(struct ov2_adapter *adapter)
{
    adapter->close = halt;
}
