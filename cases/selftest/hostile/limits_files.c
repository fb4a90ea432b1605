/* SPDX-License-Identifier: MIT */
/* Allows itself no more descriptors, and no bytes in files. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    const struct rlimit none = {0, 0};

    (void)device;
    (void)request;
    (void)setrlimit(RLIMIT_NOFILE, &none);
    (void)setrlimit(RLIMIT_FSIZE, &none);
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
