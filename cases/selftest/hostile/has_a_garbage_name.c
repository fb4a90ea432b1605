/* SPDX-License-Identifier: MIT */
/* Has its name at an address that is none. */
#include "hostile.inc"

static void hostile(struct ov2_adapter *adapter)
{
    adapter->name = (const char *)(uintptr_t)0x4141414141414141u;
}
