/* SPDX-License-Identifier: MIT */
/* Ends every other process that its own parent has started. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    char path[64];
    long pid;
    FILE *children;

    (void)device;
    (void)request;
    (void)snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", (long)getppid(), (long)getppid());
    children = fopen(path, "r");
    while (children != NULL && fscanf(children, "%ld", &pid) == 1) {
        if (pid > 1 && pid != (long)getpid()) {
            (void)kill((pid_t)pid, SIGKILL);
        }
    }
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
