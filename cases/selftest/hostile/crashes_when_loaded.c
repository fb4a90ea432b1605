/* SPDX-License-Identifier: MIT */
/* Crashes while it is loaded. */
#include "hostile.inc"

__attribute__((constructor)) static void load(void)
{
    *(volatile int *)(uintptr_t)16 = 1;
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
}
