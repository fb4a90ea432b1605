/* SPDX-License-Identifier: MIT */
/* Calls the host after its device has been closed. */
#include "hostile.inc"

static const struct ov2_host_ops *ops;
static struct ov2_host *host;

static void call(void)
{
    const struct ov2_oob nothing = {0};
    const struct ov2_packet packet = {0};

    ops->log(host, "too late");
    ops->indicated(host, &packet, &nothing);
    ops->send_completed(host, 0x7461670000000001u, NDIS_STATUS_SUCCESS, &nothing);
    ops->request_completed(host, (void *)host, OV2_DOOR_DIRECT, NDIS_STATUS_SUCCESS);
    ops->event_completed(host, OV2_EVENT_PAUSE, NDIS_STATUS_SUCCESS);
    ops->status_indicated(host, NDIS_STATUS_SUCCESS, "late", 4);
    ops->release(host, ops->allocate(host, 100, 0x4554414cu));
}

static ov2_result start(struct ov2_device **out, const struct ov2_config *config)
{
    ops = config->ops;
    host = config->host;
    return template_open(out, config);
}

static void halt(struct ov2_device *device)
{
    template_close(device);
    call();
}

static void unload(void)
{
    call();
}

static void hostile(struct ov2_adapter *adapter)
{
    adapter->open = start;
    adapter->close = halt;
    adapter->unload = unload;
}
