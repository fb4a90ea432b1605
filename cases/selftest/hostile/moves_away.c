/* SPDX-License-Identifier: MIT */
/* Changes folder, mask, environment and standard streams of its process. */
#include "hostile.inc"

#include <sys/stat.h>

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    (void)device;
    (void)request;
    (void)!chdir("/");
    (void)umask(0777);
    (void)clearenv();
    for (int descriptor = 0; descriptor < 3; descriptor++) {
        (void)close(descriptor);
        (void)open("/dev/null", O_RDONLY);
    }
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
