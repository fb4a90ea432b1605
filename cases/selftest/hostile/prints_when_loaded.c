/* SPDX-License-Identifier: MIT */
/* Prints a gigabyte while it is loaded. */
#include "hostile.inc"

__attribute__((constructor)) static void load(void)
{
    static char text[1u << 16];

    memset(text, 'x', sizeof text);
    for (int i = 0; i < 16384; i++) {
        (void)!write(1, text, sizeof text);
    }
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
}
