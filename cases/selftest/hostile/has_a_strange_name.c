/* SPDX-License-Identifier: MIT */
/* Has a name of a megabyte, with everything in it that somebody may fail to escape. */
#include "hostile.inc"

static const char head[] = "x\" configurable=yes y=\"\n! <script>alert(1)</script>]]>\x1b[2J\\`*|\xff\xfe";
static char name[1u << 20];

static void hostile(struct ov2_adapter *adapter)
{
    for (size_t i = 0; i < sizeof name - 1; i++) {
        name[i] = (char)(i % 255 + 1);
    }
    memcpy(name, head, sizeof head - 1);
    adapter->name = name;
}
