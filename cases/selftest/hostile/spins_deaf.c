/* SPDX-License-Identifier: MIT */
/* Spins, and wants to hear of no signal. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    sigset_t all;

    (void)device;
    (void)request;
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_BLOCK, &all, NULL);
    while (for_ever()) {
    }
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
