/* SPDX-License-Identifier: MIT */
/* Leaves a thread behind that calls the host without end, also when its device is closed. */
#include "hostile.inc"

static const struct ov2_host_ops *ops;

static void *go_on(void *host)
{
    while (for_ever()) {
        ops->release(host, NULL);
    }
    return NULL;
}

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    pthread_t thread;

    (void)request;
    ops = device->ops;
    (void)pthread_create(&thread, NULL, go_on, device->host);
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
