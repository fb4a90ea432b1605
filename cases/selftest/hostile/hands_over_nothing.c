/* SPDX-License-Identifier: MIT */
/* Tells the host of packets, completions and indications that are not there. */
#include "hostile.inc"

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    const struct ov2_host_ops *ops = device->ops;
    const struct ov2_packet empty = {NULL, 3, 0};
    const struct ov2_fragment outside = {(uint8_t *)request, 8, 4, 0xfffffff0u, 0};
    const struct ov2_packet torn = {&outside, 1, 0};

    ops->transmitted(device->host, NULL);
    ops->transmitted(device->host, &empty);
    ops->transmitted(device->host, &torn);
    ops->indicated(device->host, NULL, NULL);
    ops->indicated(device->host, &torn, NULL);
    ops->send_completed(device->host, 77, NDIS_STATUS_SUCCESS, NULL);
    ops->request_completed(device->host, NULL, 9, NDIS_STATUS_SUCCESS);
    ops->event_completed(device->host, 99, NDIS_STATUS_SUCCESS);
    ops->status_indicated(device->host, 0, NULL, 0xffffffffu);
    ops->log(device->host, NULL);
    ops->release(device->host, NULL);
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
