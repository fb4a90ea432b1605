/* SPDX-License-Identifier: MIT */
/* The OID requests and the worker thread of a driver that is wrong on purpose: see naive.h. */
#include "naive.h"

#include <stdio.h>
#include <string.h>

/* What lies in MiniportReserved while a request waits for the worker. */
struct naive_pended {
    struct ndis_oid_request *next;
    uint32_t door;
};
OV2_STATIC_ASSERT(sizeof(struct naive_pended) == 2 * sizeof(void *));

static uint32_t oid_add(struct ov2_device *device, struct ndis_oid_request *request)
{
    struct ipsec_offload_v2_add_sa *element = request->DATA.SET_INFORMATION.InformationBuffer;

    request->SupportedRevision = element->Header.Revision;
    for (; element != NULL; element = element->Next) {
        struct naive_add add = {&element->Header, element->SecAssoc, element->KeyData, element->Flags,
                                element->UdpEspEncapsulation};
        uint32_t status;

        if (element->Header.Revision != NDIS_IPSEC_OFFLOAD_V2_ADD_SA_REVISION_1 ||
            element->Header.Size < NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_REVISION_1) {
            return NDIS_STATUS_INVALID_LENGTH;
        }
        status = naive_sa_add(device, &element->OffloadHandle, &add);
        if (status != NDIS_STATUS_SUCCESS) {
            return status;
        }
    }
    return NDIS_STATUS_SUCCESS;
}

static uint32_t oid_add_ex(struct ov2_device *device, struct ndis_oid_request *request)
{
    struct ipsec_offload_v2_add_sa_ex *element = request->DATA.SET_INFORMATION.InformationBuffer;
    struct naive_add add = {&element->Header, element->SecAssoc, (const uint8_t *)element + element->KeyOffset,
                            element->Flags, element->UdpEspEncapsulation};

    request->SupportedRevision = element->Header.Revision;
    if (element->Header.Revision != NDIS_IPSEC_OFFLOAD_V2_ADD_SA_EX_REVISION_1 ||
        element->Header.Size < NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_EX_REVISION_1) {
        return NDIS_STATUS_INVALID_LENGTH;
    }
    return naive_sa_add(device, &element->OffloadHandle, &add);
}

static uint32_t oid_offload_parameters(struct ov2_device *device, struct ndis_oid_request *request)
{
    const struct ndis_offload_parameters *parameters = request->DATA.SET_INFORMATION.InformationBuffer;

    if (parameters->IPsecV2 != NDIS_OFFLOAD_PARAMETERS_NO_CHANGE) {
        device->esp_enabled = parameters->IPsecV2 >= NDIS_OFFLOAD_PARAMETERS_IPSECV2_ESP_ENABLED;
    }
    request->SupportedRevision = parameters->Header.Revision;
    device->ops->status_indicated(device->host, NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG, &device->offload,
                                  NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_3);
    return NDIS_STATUS_SUCCESS;
}

static uint32_t oid_encapsulation(struct ov2_device *device, struct ndis_oid_request *request)
{
    request->SupportedRevision = NDIS_OFFLOAD_ENCAPSULATION_REVISION_1;
    device->ops->status_indicated(device->host, NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG, &device->offload,
                                  NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_3);
    return NDIS_STATUS_SUCCESS;
}

static uint32_t oid_pend(struct ov2_device *device, struct ndis_oid_request *request, uint32_t door)
{
    struct naive_pended *pended = (void *)request->MiniportReserved;

    pthread_mutex_lock(&device->lock);
    pended->next = NULL;
    pended->door = door;
    if (device->first == NULL) {
        device->first = request;
    } else {
        ((struct naive_pended *)(void *)device->last->MiniportReserved)->next = request;
    }
    device->last = request;
    pthread_cond_signal(&device->wake);
    pthread_mutex_unlock(&device->lock);
    return NDIS_STATUS_PENDING;
}

ov2_result naive_request(struct ov2_device *device, uint32_t *status, struct ndis_oid_request *request, uint32_t door)
{
    switch (request->DATA.SET_INFORMATION.Oid) {
    case OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA:
        *status = oid_add(device, request);
        break;
    case OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX:
        *status = oid_add_ex(device, request);
        break;
    case OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA:
    case OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA:
        *status = oid_pend(device, request, door);
        break;
    case OID_TCP_OFFLOAD_PARAMETERS:
        *status = oid_offload_parameters(device, request);
        break;
    case OID_OFFLOAD_ENCAPSULATION:
        *status = oid_encapsulation(device, request);
        break;
    default:
        *status = NDIS_STATUS_NOT_SUPPORTED;
        break;
    }
    return OV2_OK;
}

static void worker_delete(struct ov2_device *device, struct ndis_oid_request *request, uint32_t door)
{
    const struct ipsec_offload_v2_delete_sa *head = request->DATA.SET_INFORMATION.InformationBuffer;
    const struct ipsec_offload_v2_delete_sa *element;
    uint32_t count = 0;
    char line[64];

    for (element = head; element != NULL; element = element->Next) {
        count++;
    }
    snprintf(line, sizeof(line), "deleting %u SAs", (unsigned)count);
    device->ops->log(device->host, line);

    for (element = head; element != NULL; element = element->Next) {
        naive_sa_delete(device, element->OffloadHandle);
    }
    request->SupportedRevision = head->Header.Revision;
    device->ops->request_completed(device->host, request, door, NDIS_STATUS_SUCCESS);
}

static void worker_update(struct ov2_device *device, struct ndis_oid_request *request, uint32_t door)
{
    const struct ipsec_offload_v2_update_sa *update = request->DATA.SET_INFORMATION.InformationBuffer;
    struct naive_sa *sa = update->OffloadHandle;

    sa->high = update->SequenceNumberHighOrder;
    if (!sa->esn || update->Operation != IPSEC_OFFLOAD_V2_OPERATION_ESP) {
        device->ops->request_completed(device->host, request, OV2_DOOR_NORMAL, NDIS_STATUS_INVALID_PARAMETER);
        return;
    }
    request->SupportedRevision = update->Header.Revision;
    device->ops->request_completed(device->host, request, door, NDIS_STATUS_SUCCESS);
}

void *naive_worker(void *argument)
{
    struct ov2_device *device = argument;

    pthread_mutex_lock(&device->lock);
    for (;;) {
        struct ndis_oid_request *request = device->first;
        struct naive_pended *pended;
        uint32_t door;

        if (request == NULL && device->stopping) {
            break;
        }
        if (request == NULL) {
            pthread_cond_wait(&device->wake, &device->lock);
            continue;
        }
        pended = (void *)request->MiniportReserved;
        door = pended->door;
        device->first = pended->next;
        device->busy = 1;
        pthread_mutex_unlock(&device->lock);
        if (request->DATA.SET_INFORMATION.Oid == OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA) {
            worker_delete(device, request, door);
        } else {
            worker_update(device, request, door);
        }
        pthread_mutex_lock(&device->lock);
        device->busy = 0;
        pthread_cond_broadcast(&device->idle);
    }
    pthread_mutex_unlock(&device->lock);
    return NULL;
}
