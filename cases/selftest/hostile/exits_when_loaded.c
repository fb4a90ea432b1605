/* SPDX-License-Identifier: MIT */
/* Ends the process while it is loaded, as if all were well. */
#include "hostile.inc"

__attribute__((constructor)) static void load(void)
{
    exit(0);
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
}
