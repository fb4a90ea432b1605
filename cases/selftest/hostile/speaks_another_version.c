/* SPDX-License-Identifier: MIT */
/* Speaks another version of the interface, and says so. */
#include "hostile.inc"

static void hostile(struct ov2_adapter *adapter)
{
    adapter->abi = OV2_ABI + 1;
}
