/* SPDX-License-Identifier: MIT */
/* Does not come back from being loaded. */
#include "hostile.inc"

__attribute__((constructor)) static void load(void)
{
    while (for_ever()) {
    }
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
}
