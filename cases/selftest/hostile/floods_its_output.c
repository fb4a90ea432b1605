/* SPDX-License-Identifier: MIT */
/* Prints four gigabytes, to standard output and to standard error. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    static char text[1u << 16];

    (void)device;
    (void)request;
    memset(text, 'x', sizeof text);
    for (int i = 0; i < 65536; i++) {
        (void)!write(1 + i % 2, text, sizeof text);
    }
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
