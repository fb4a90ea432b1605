/* SPDX-License-Identifier: MIT */
/* Is shorter than it may be. */
#include "hostile.inc"

static void hostile(struct ov2_adapter *adapter)
{
    adapter->size = 16;
}
