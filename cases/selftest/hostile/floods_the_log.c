/* SPDX-License-Identifier: MIT */
/* Hands the host a log line of a megabyte, with everything in it that somebody may fail to escape. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    static char text[1u << 20];

    (void)request;
    for (size_t i = 0; i < sizeof text - 1; i++) {
        text[i] = (char)(i % 255 + 1);
    }
    device->ops->log(device->host,
                     "\"} break{rule=ADD-010 got=\"\" want=\"\"}\n= verdict=done line=0\n<script>\x1b[2J\\");
    for (int i = 0; i < 3; i++) {
        device->ops->log(device->host, text);
    }
    (void)!write(2, text, sizeof text - 1);
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
