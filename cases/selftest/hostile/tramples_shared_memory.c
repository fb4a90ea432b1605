/* SPDX-License-Identifier: MIT */
/* Writes over all memory that it shares with other processes. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    char line[512];
    unsigned long from, to;
    FILE *maps = fopen("/proc/self/maps", "r");

    (void)device;
    (void)request;
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        if (strstr(line, "rw-s") != NULL && sscanf(line, "%lx-%lx", &from, &to) == 2) {
            memset((void *)from, 0xff, to - from);
        }
    }
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
