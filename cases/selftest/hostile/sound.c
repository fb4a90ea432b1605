/* SPDX-License-Identifier: MIT */
/* Does nothing wrong: what the others are compared with. */
#include "hostile.inc"

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
}
