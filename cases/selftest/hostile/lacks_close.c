/* SPDX-License-Identifier: MIT */
/* Cannot close what it has opened. */
#include "hostile.inc"

static void hostile(struct ov2_adapter *adapter)
{
    adapter->close = NULL;
}
