/* SPDX-License-Identifier: MIT */
/* Has no name. */
#include "hostile.inc"

static void hostile(struct ov2_adapter *adapter)
{
    adapter->name = NULL;
}
