/* SPDX-License-Identifier: MIT */
/* Leaves processes behind that have left its group and its session, and hear of no signal. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    sigset_t all;

    (void)device;
    (void)request;
    (void)sigfillset(&all);
    if (fork() == 0) {
        (void)setsid();
        (void)sigprocmask(SIG_BLOCK, &all, NULL);
        (void)prctl(PR_SET_PDEATHSIG, 0);
        for (int i = 0; i < 40; i++) {
            (void)(i % 2 == 0 && fork() != 0 && pause());
        }
        while (for_ever()) {
            (void)usleep(1000);
        }
    }
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
