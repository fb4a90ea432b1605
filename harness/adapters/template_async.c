/* SPDX-License-Identifier: MIT */
/*
 * The adapter to copy if your driver pends requests: template_sync.c, except that every request is answered PENDING and
 * finished by a thread of the driver.
 *
 * With a real driver most of this file goes away, because the thread, the queue and the cancelling are the driver's
 * own; what stays is: request() hands on whatever the handler answered, NdisMDirectOidRequestComplete and
 * NdisMOidRequestComplete become request_completed() with the door they stand for, and drain() and close() wait for
 * the driver, by a count of the requests that it has not completed (PORTING.md).
 *
 * Build it as any shared object: cc -std=c11 -g -shared -fPIC -Iinclude -o mine.so template_async.c -pthread
 *
 * HOLD and RELEASE are supported, so that a case can look at requests that are really pended.
 */
#define TEMPLATE_ASYNC
#include "template_sync.c" /* NOLINT(bugprone-suspicious-include): the template is one file, in two ways of working */

#include <pthread.h>

#define TEMPLATE_POOL_TAG 0x41543256u

struct async_device {
    struct ov2_device base; /* first: the contract knows only this one */
    pthread_t worker;
    pthread_mutex_t lock;   /* of all that follows; the toy needs none, only the worker enters it */
    pthread_cond_t changed; /* one condition for everybody: nobody here is in a hurry */
    struct ndis_oid_request *first;
    bool busy; /* the worker is at a request that is in the queue no more */
    bool held;
    bool stopping;
};

/* MiniportReserved belongs to the driver while it holds the request (OID-026): the queue needs no memory. */
struct pended {
    struct ndis_oid_request *next;
    uint32_t door;
};
OV2_STATIC_ASSERT(sizeof(struct pended) == 2 * sizeof(void *));

static struct pended pended_get(const struct ndis_oid_request *request)
{
    struct pended pended;

    memcpy(&pended, request->MiniportReserved, sizeof(pended));
    return pended;
}

static void pended_put(struct ndis_oid_request *request, struct ndis_oid_request *next, uint32_t door)
{
    struct pended pended = {next, door};

    memcpy(request->MiniportReserved, &pended, sizeof(pended));
}

static struct async_device *async_device(struct ov2_device *device)
{
    return (struct async_device *)(void *)device;
}

/* queue_append() is called with the lock held. */
static void queue_append(struct async_device *device, struct ndis_oid_request *request, uint32_t door)
{
    struct ndis_oid_request *last = device->first;

    pended_put(request, NULL, door);
    if (last == NULL) {
        device->first = request;
        return;
    }
    while (pended_get(last).next != NULL) {
        last = pended_get(last).next;
    }
    pended_put(last, request, pended_get(last).door);
}

/* NdisMDirectOidRequestComplete, NdisMOidRequestComplete: never with the lock held, and the request is not touched
 * afterwards (OID-012). */
static void async_complete(struct async_device *device, struct ndis_oid_request *request, uint32_t door,
                           uint32_t status)
{
    device->base.ops->request_completed(device->base.host, request, door, status);
}

/* The driver's thread; it leaves when the queue is empty and there is nothing more to come. */
static void *async_work(void *argument)
{
    struct async_device *device = argument;

    pthread_mutex_lock(&device->lock);
    while (device->first != NULL || !device->stopping) {
        struct ndis_oid_request *request = device->first;
        struct pended pended;

        if (request == NULL || (device->held && !device->stopping)) {
            pthread_cond_wait(&device->changed, &device->lock);
            continue;
        }
        pended = pended_get(request);
        device->first = pended.next;
        device->busy = true;
        pthread_mutex_unlock(&device->lock);

        async_complete(device, request, pended.door, template_submit(&device->base, request, pended.door));

        pthread_mutex_lock(&device->lock);
        device->busy = false;
        pthread_cond_broadcast(&device->changed);
    }
    pthread_mutex_unlock(&device->lock);
    return NULL;
}

static void async_free(struct async_device *device)
{
    pthread_cond_destroy(&device->changed);
    pthread_mutex_destroy(&device->lock);
    device->base.ops->release(device->base.host, device);
}

static ov2_result async_open(struct ov2_device **out, const struct ov2_config *config)
{
    struct async_device *device = config->ops->allocate(config->host, sizeof(*device), TEMPLATE_POOL_TAG);

    if (device == NULL) {
        return OV2_BROKEN;
    }
    pthread_mutex_init(&device->lock, NULL);
    pthread_cond_init(&device->changed, NULL);
    if (!template_start(&device->base, config) ||
        pthread_create(&device->worker, NULL, async_work, device) != 0) { /* after all that the thread will use */
        async_free(device);
        return OV2_BROKEN;
    }
    *out = &device->base;
    return OV2_OK;
}

/* What is pended is finished first, held or not. */
static void async_close(struct ov2_device *base)
{
    struct async_device *device = async_device(base);

    if (device == NULL) {
        return;
    }
    pthread_mutex_lock(&device->lock);
    device->stopping = true;
    pthread_cond_broadcast(&device->changed);
    pthread_mutex_unlock(&device->lock);
    pthread_join(device->worker, NULL);
    toy_halt(&device->base.toy);
    async_free(device);
}

/* The completion may overtake the return of this function, so nothing is done to the request once it is queued. */
static ov2_result async_request(struct ov2_device *base, uint32_t *status, struct ndis_oid_request *request,
                                uint32_t door)
{
    struct async_device *device = async_device(base);

    *status = NDIS_STATUS_PENDING;
    pthread_mutex_lock(&device->lock);
    queue_append(device, request, door);
    pthread_cond_broadcast(&device->changed);
    pthread_mutex_unlock(&device->lock);
    return OV2_OK;
}

/* MiniportCancelDirectOidRequest: every request with this id that waits ends here (OID-015).  The one that the worker
 * is at ends by itself, with the status that is true (OID-017).  Id zero cancels nothing, which is allowed (D-CAN). */
static ov2_result async_cancel(struct ov2_device *base, uint64_t request_id, uint32_t door)
{
    struct async_device *device = async_device(base);
    struct ndis_oid_request *cancelled = NULL;
    struct ndis_oid_request *request;
    struct ndis_oid_request *next;

    pthread_mutex_lock(&device->lock);
    request = device->first;
    device->first = NULL;
    for (; request != NULL; request = next) {
        struct pended pended = pended_get(request);

        next = pended.next;
        if (request_id != 0 && (uintptr_t)request->RequestId == request_id && pended.door == door) {
            pended_put(request, cancelled, door);
            cancelled = request;
        } else {
            queue_append(device, request, pended.door);
        }
    }
    pthread_mutex_unlock(&device->lock);

    for (; cancelled != NULL; cancelled = next) {
        next = pended_get(cancelled).next;
        async_complete(device, cancelled, door, NDIS_STATUS_REQUEST_ABORTED);
    }
    return OV2_OK;
}

static ov2_result async_event(struct ov2_device *base, uint32_t *status, uint32_t event)
{
    struct async_device *device = async_device(base);

    if (event != OV2_EVENT_HOLD && event != OV2_EVENT_RELEASE) {
        return template_event(base, status, event);
    }
    pthread_mutex_lock(&device->lock);
    device->held = event == OV2_EVENT_HOLD;
    pthread_cond_broadcast(&device->changed);
    pthread_mutex_unlock(&device->lock);
    *status = NDIS_STATUS_SUCCESS;
    return OV2_OK;
}

/* What is held back cannot come, so it is not waited for. */
static ov2_result async_drain(struct ov2_device *base)
{
    struct async_device *device = async_device(base);

    pthread_mutex_lock(&device->lock);
    while (device->busy || (device->first != NULL && !device->held)) {
        pthread_cond_wait(&device->changed, &device->lock);
    }
    pthread_mutex_unlock(&device->lock);
    return OV2_OK;
}

static const struct ov2_adapter async_adapter = {
    .abi = OV2_ABI,
    .size = sizeof(async_adapter),
    .name = "ov2 template_async 1",
    .open = async_open,
    .close = async_close,
    .registration = template_registration,
    .request = async_request,
    .cancel = async_cancel,
    .send = template_send,
    .receive = template_receive,
    .event = async_event,
    .drain = async_drain,
};

const struct ov2_adapter *OV2_ADAPTER_GET(uint32_t abi)
{
    return abi == OV2_ABI ? &async_adapter : NULL;
}
