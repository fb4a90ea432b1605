/* SPDX-License-Identifier: MIT */
/* Crashes when everything seems to be over. */
#include "hostile.inc"

static void unload(void)
{
    *(volatile int *)(uintptr_t)16 = 1;
}

static void hostile(struct ov2_adapter *adapter)
{
    adapter->unload = unload;
}
