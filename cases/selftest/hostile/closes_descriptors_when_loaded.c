/* SPDX-License-Identifier: MIT */
/* Closes every descriptor while it is loaded. */
#include "hostile.inc"

__attribute__((constructor)) static void load(void)
{
    for (int descriptor = 0; descriptor < 1024; descriptor++) {
        (void)close(descriptor);
    }
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
}
