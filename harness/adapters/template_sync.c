/* SPDX-License-Identifier: MIT */
/*
 * The adapter to copy: everything is answered before the call returns.
 *
 * Keep its shape, and put the handler of your driver that is named in a function's comment where a toy_ function is
 * called.  The toy is what you have already: a driver.  It supports the control path of ESP with AES-GCM-128 and has no
 * datapath; template_toy.inc is worth a look for how it reads what callers hand in.  If your driver pends requests, see
 * template_async.c.
 *
 * Build it as any shared object: cc -std=c11 -g -shared -fPIC -Iinclude -o mine.so template_sync.c
 */
#include "ov2/adapter.h"
#include "ov2/ndis_ipsec.h"

#include <stdbool.h>
#include <string.h>

#include "template_toy.inc"

struct ov2_device {
    const struct ov2_host_ops *ops;
    struct ov2_host *host;
    bool paused;
    struct toy toy;
};

/* A driver's NdisM* calls end here; the handle is what toy_initialize() was given.  A driver that allocates has its
 * NdisAllocateMemoryWithTagPriority mapped to ops->allocate in the same way.  With files of its own for the driver
 * (PORTING.md) it is not static. */
static void ndis_indicate_status(void *ndis, uint32_t code, const void *buffer, uint32_t length)
{
    struct ov2_device *device = ndis;

    device->ops->status_indicated(device->host, code, buffer, length);
}

/* MiniportInitializeEx. */
static bool template_start(struct ov2_device *device, const struct ov2_config *config)
{
    uint32_t keyword = 3;
    uint32_t i;

    device->ops = config->ops;
    device->host = config->host;
    for (i = 0; i < config->keyword_count; i++) {
        if (strcmp(config->keywords[i].name, OV2_KEYWORD_IPSEC_OFFLOAD_V2) == 0) {
            keyword = config->keywords[i].value;
        }
    }
    if (!toy_initialize(&device->toy, device, config->system_ndis_version, keyword)) {
        config->ops->log(config->host, "the system is older than NDIS 6.0");
        return false;
    }
    return true;
}

/* MiniportDirectOidRequest, MiniportOidRequest. */
static uint32_t template_submit(struct ov2_device *device, struct ndis_oid_request *request, uint32_t door)
{
    return door == OV2_DOOR_DIRECT ? toy_direct_oid_request(&device->toy, request)
                                   : toy_oid_request(&device->toy, request);
}

/* What the driver passed to NdisMRegisterMiniportDriver and NdisMSetMiniportAttributes. */
static ov2_result template_registration(struct ov2_device *device, struct ov2_registration *out)
{
    struct ov2_registration registration = {.size = sizeof(registration)};
    uint32_t room = out->size;

    registration.ndis_version = device->toy.version->ndis;
    registration.characteristics_revision = 2;
    registration.handlers = OV2_HANDLES_DIRECT | OV2_HANDLES_CANCEL_DIRECT;
    registration.default_offload = &device->toy.initial;
    registration.default_length = device->toy.version->size;
    registration.hardware_offload = &device->toy.hardware;
    registration.hardware_length = device->toy.version->size;
    if (room < registration.size) {
        registration.size = room;
    }
    memcpy(out, &registration, registration.size);
    return OV2_OK;
}

/* MiniportSendNetBufferLists.  Build NET_BUFFER_LISTs here.  The toy cannot protect a packet, nor cut one: whoever asks
 * for it gets the list back, and nothing of it leaves (TX-003). */
static ov2_result template_send(struct ov2_device *device, const struct ov2_send *lists, uint32_t count)
{
    uint32_t i;
    uint32_t j;

    for (i = 0; i < count; i++) {
        const struct ov2_send *list = &lists[i];
        uint32_t status = NDIS_STATUS_SUCCESS;

        if (device->paused) {
            status = NDIS_STATUS_PAUSED;
        } else if (list->oob.ipsec != 0 || list->oob.tunnel != 0 || list->oob.large_send != 0) {
            status = NDIS_STATUS_FAILURE;
        }
        for (j = 0; j < list->count && status == NDIS_STATUS_SUCCESS; j++) {
            device->ops->transmitted(device->host, &list->packets[j]);
        }
        device->ops->send_completed(device->host, list->tag, status, &list->oob);
    }
    return OV2_OK;
}

/* Feed the frames to whatever your driver takes for its receive ring. */
static ov2_result template_receive(struct ov2_device *device, const struct ov2_packet *frames, uint32_t count)
{
    const struct ov2_oob nothing = {0};
    uint32_t i;

    for (i = 0; i < count && !device->paused; i++) {
        device->ops->indicated(device->host, &frames[i], &nothing);
    }
    return OV2_OK;
}

/* MiniportPause, MiniportRestart, MiniportReset, OID_PNP_SET_POWER, ...  Each one is optional. */
static ov2_result template_event(struct ov2_device *device, uint32_t *status, uint32_t event)
{
    if (event != OV2_EVENT_PAUSE && event != OV2_EVENT_RESTART) {
        return OV2_UNSUPPORTED;
    }
    device->paused = event == OV2_EVENT_PAUSE;
    *status = NDIS_STATUS_SUCCESS;
    return OV2_OK;
}

#ifndef TEMPLATE_ASYNC /* template_async.c has its own: only these know who answers, and when */

#define TEMPLATE_POOL_TAG 0x53543256u

static ov2_result template_open(struct ov2_device **out, const struct ov2_config *config)
{
    struct ov2_device *device = config->ops->allocate(config->host, sizeof(*device), TEMPLATE_POOL_TAG);

    if (device == NULL) {
        return OV2_BROKEN;
    }
    if (!template_start(device, config)) {
        config->ops->release(config->host, device);
        return OV2_BROKEN;
    }
    *out = device;
    return OV2_OK;
}

/* MiniportHaltEx. */
static void template_close(struct ov2_device *device)
{
    if (device == NULL) {
        return;
    }
    toy_halt(&device->toy);
    device->ops->release(device->host, device);
}

static ov2_result template_request(struct ov2_device *device, uint32_t *status, struct ndis_oid_request *request,
                                   uint32_t door)
{
    *status = template_submit(device, request, door);
    return OV2_OK;
}

/* MiniportCancelDirectOidRequest, MiniportCancelOidRequest: nothing is ever pended. */
static ov2_result template_cancel(struct ov2_device *device, uint64_t request_id, uint32_t door)
{
    (void)device;
    (void)request_id;
    (void)door;
    return OV2_OK;
}

/* Wait here until the driver's queues, work items and timers are idle; there are none. */
static ov2_result template_drain(struct ov2_device *device)
{
    (void)device;
    return OV2_OK;
}

static const struct ov2_adapter template_adapter = {
    .abi = OV2_ABI,
    .size = sizeof(template_adapter),
    .name = "ov2 template_sync 1",
    .open = template_open,
    .close = template_close,
    .registration = template_registration,
    .request = template_request,
    .cancel = template_cancel,
    .send = template_send,
    .receive = template_receive,
    .event = template_event,
    .drain = template_drain,
};

const struct ov2_adapter *OV2_ADAPTER_GET(uint32_t abi)
{
    return abi == OV2_ABI ? &template_adapter : NULL;
}

#endif
