/* SPDX-License-Identifier: MIT */
/* The adapter, and the SA table of a driver that is wrong on purpose: see naive.h. */
#include "naive.h"

#include <string.h>

uint32_t naive_sa_add(struct ov2_device *device, void **handle, const struct naive_add *add)
{
    const struct ipsec_offload_v2_algorithm_info *algorithm = &add->assoc->EncryptionAlgorithm;
    struct naive_sa *sa = device->ops->allocate(device->host, sizeof(*sa), NAIVE_POOL_TAG);
    struct naive_sa **end = &device->sas;

    if (sa == NULL) {
        return NDIS_STATUS_RESOURCES;
    }
    *handle = sa;

    sa->key =
        device->ops->allocate(device->host, (uint32_t)sizeof(struct naive_key) + algorithm->KeyLength, NAIVE_POOL_TAG);
    sa->key->len = algorithm->KeyLength;
    memcpy(sa->key->bytes, add->keys + algorithm->KeyOffsetBytes, algorithm->KeyLength);

    if (algorithm->Identifier == 0 || add->udp_esp != IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_NONE) {
        device->ops->release(device->host, sa);
        return NDIS_STATUS_INVALID_DATA;
    }

    sa->image = device->ops->allocate(device->host, add->header->Size, NAIVE_POOL_TAG);
    memcpy(sa->image, add->header, add->header->Size);
    sa->inbound = add->flags & IPSEC_OFFLOAD_V2_INBOUND;
    sa->esn = add->assoc->Flags & IPSEC_OFFLOAD_V2_ESN_SA;
    sa->high = add->assoc->SequenceNumberHighOrder;
    sa->icv_len = algorithm->AdditionalInfo == 0 ? 16 : algorithm->AdditionalInfo;
    memcpy(sa->spi, &add->assoc->Spi, sizeof(sa->spi));

    while (*end != NULL) {
        sa->prev = *end;
        end = &(*end)->next;
    }
    *end = sa;
    return NDIS_STATUS_SUCCESS;
}

void naive_sa_delete(struct ov2_device *device, struct naive_sa *sa)
{
    if (sa->prev != NULL) {
        sa->prev->next = sa->next;
    } else {
        device->sas = sa->next;
    }
    if (sa->next != NULL) {
        sa->next->prev = sa->prev;
    }
    if (!sa->inbound) {
        device->ops->release(device->host, sa->key);
    }
    device->ops->release(device->host, sa->image);
    device->ops->release(device->host, sa);
}

struct naive_sa *naive_sa_find(const struct ov2_device *device, const uint8_t *spi)
{
    struct naive_sa *sa = device->sas;

    while (sa != NULL && !(sa->inbound && memcmp(sa->spi, spi, sizeof(sa->spi)) == 0)) {
        sa = sa->next;
    }
    return sa;
}

static ov2_result naive_open(struct ov2_device **out, const struct ov2_config *config)
{
    struct ov2_device *device = config->ops->allocate(config->host, sizeof(*device), NAIVE_POOL_TAG);
    struct ndis_ipsec_offload_v2 *ipsec;

    if (device == NULL) {
        return OV2_BROKEN;
    }
    device->ops = config->ops;
    device->host = config->host;
    device->media_header_len = config->media_header_len;

    device->offload.Header.Type = NDIS_OBJECT_TYPE_OFFLOAD;
    device->offload.Header.Revision = NDIS_OFFLOAD_REVISION_3;
    device->offload.Header.Size = NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_3;
    ipsec = &device->offload.IPsecV2;
    ipsec->Encapsulation = NDIS_ENCAPSULATION_IEEE_802_3;
    ipsec->IPv6Supported = 1;
    ipsec->Esp = 1;
    ipsec->Transport = 1;
    ipsec->ExtendedSequenceNumbers = 1;
    ipsec->EncryptionAlgorithms = IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_128 | IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_192 |
                                  IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_256;
    ipsec->SaOffloadCapacity = NAIVE_CAPACITY;

    pthread_mutex_init(&device->lock, NULL);
    pthread_cond_init(&device->wake, NULL);
    pthread_cond_init(&device->idle, NULL);
    if (pthread_create(&device->worker, NULL, naive_worker, device) != 0) {
        config->ops->release(config->host, device);
        return OV2_BROKEN;
    }
    *out = device;
    return OV2_OK;
}

static void naive_close(struct ov2_device *device)
{
    if (device == NULL) {
        return;
    }
    pthread_mutex_lock(&device->lock);
    device->stopping = 1;
    pthread_cond_signal(&device->wake);
    pthread_mutex_unlock(&device->lock);
    pthread_join(device->worker, NULL);

    while (device->sas != NULL) {
        device->sas->inbound = 0; /* somebody noticed the leak here, and only here */
        naive_sa_delete(device, device->sas);
    }
    pthread_cond_destroy(&device->idle);
    pthread_cond_destroy(&device->wake);
    pthread_mutex_destroy(&device->lock);
    device->ops->release(device->host, device);
}

static ov2_result naive_registration(struct ov2_device *device, struct ov2_registration *registration)
{
    registration->size = sizeof(*registration);
    registration->ndis_version = 6u << 16 | 30u;
    registration->characteristics_revision = 2;
    registration->handlers = OV2_HANDLES_DIRECT | OV2_HANDLES_CANCEL_DIRECT;
    registration->default_offload = &device->offload;
    registration->hardware_offload = &device->offload;
    registration->default_length = NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_3;
    registration->hardware_length = NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_3;
    return OV2_OK;
}

static ov2_result naive_cancel(struct ov2_device *device, uint64_t request_id, uint32_t door)
{
    (void)device;
    (void)request_id;
    (void)door;
    return OV2_OK;
}

static ov2_result naive_event(struct ov2_device *device, uint32_t *status, uint32_t event)
{
    if (event != OV2_EVENT_PAUSE && event != OV2_EVENT_RESTART) {
        return OV2_UNSUPPORTED;
    }
    device->paused = event == OV2_EVENT_PAUSE;
    *status = NDIS_STATUS_SUCCESS;
    return OV2_OK;
}

static ov2_result naive_drain(struct ov2_device *device)
{
    pthread_mutex_lock(&device->lock);
    while (device->first != NULL || device->busy) {
        pthread_cond_wait(&device->idle, &device->lock);
    }
    pthread_mutex_unlock(&device->lock);
    return OV2_OK;
}

static const struct ov2_adapter naive_adapter = {
    .abi = OV2_ABI,
    .size = sizeof(naive_adapter),
    .name = "ov2 naive 1",
    .open = naive_open,
    .close = naive_close,
    .registration = naive_registration,
    .request = naive_request,
    .cancel = naive_cancel,
    .send = naive_send,
    .receive = naive_receive,
    .event = naive_event,
    .drain = naive_drain,
};

const struct ov2_adapter *OV2_ADAPTER_GET(uint32_t abi)
{
    return abi == OV2_ABI ? &naive_adapter : NULL;
}
