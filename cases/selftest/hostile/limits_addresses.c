/* SPDX-License-Identifier: MIT */
/* Allows itself no more memory. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    const struct rlimit none = {0, 0};

    (void)device;
    (void)request;
    (void)setrlimit(RLIMIT_AS, &none);
    (void)setrlimit(RLIMIT_DATA, &none);
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
