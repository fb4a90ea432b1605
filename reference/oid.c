/* SPDX-License-Identifier: MIT */
#include "oid.h"

#include "add.h"
#include "config.h"
#include "delete.h"
#include "fault.h"
#include "update.h"

#include <stddef.h>

static const struct oid_entry ENTRIES[] = {
    {OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA, OV2_DOOR_DIRECT, true, add_run},
    {OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX, OV2_DOOR_DIRECT, true, add_run_ex},
    {OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA, OV2_DOOR_DIRECT, true, update_run},
    {OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA, OV2_DOOR_DIRECT, true, delete_run},
    {OID_TCP_OFFLOAD_PARAMETERS, OV2_DOOR_NORMAL, false, config_set_parameters},
    {OID_OFFLOAD_ENCAPSULATION, OV2_DOOR_NORMAL, false, config_set_encapsulation},
};

static bool is_update(uint32_t oid)
{
    return oid == OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA;
}

/* has_add: ADD_SA_EX comes with NDIS 6.30, and ADD_SA may go. */
static bool has_add(const struct ov2_device *nic, bool has_ex)
{
    return has_ex ? nic->options.add_on_630 == ADD_ON_630_YES : FAULTY(true, ADD_SA_NEEDS_630, false);
}

/* is_offered: whether this device, as it registered, has the OID at all (facts 1.1, A-25). */
static bool is_offered(const struct ov2_device *nic, const struct oid_entry *entry)
{
    bool has_ex = nic->ndis_version >= 0x6001Eu;

    const struct ndis_offload *offer = FAULTY(&nic->hardware, OIDS_NEED_IPSEC_ON, &nic->current);

    if (entry->door == OV2_DOOR_DIRECT && FAULTY(offer->IPsecV2.Encapsulation == 0, SERVES_WITHOUT_IPSEC, false))
        return false;
    if (FAULTY(false, DELETE_NOT_SUPPORTED, entry->run == delete_run))
        return false;
    if (entry->oid == OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX)
        return FAULTY(has_ex, NO_ADD_SA_EX, has_ex && nic->ndis_version < 0x60032u);
    if (entry->oid == OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA)
        return has_add(nic, has_ex);
    return true;
}

static bool is_served_at(const struct oid_entry *entry, uint32_t door)
{
    return door == FAULTY(entry->door, UPDATES_AT_NORMAL_DOOR, is_update(entry->oid) ? OV2_DOOR_NORMAL : entry->door);
}

/* is_set: the four OIDs have no other form, nor have those of the normal door that we serve. */
static bool is_set(uint32_t type)
{
    bool is_known = type == NDIS_REQUEST_QUERY_INFORMATION || type == NDIS_REQUEST_QUERY_STATISTICS;

    return type == NDIS_REQUEST_SET_INFORMATION || FAULTY(false, METHOD_IS_SET, type == NDIS_REQUEST_METHOD) ||
           FAULTY(false, UNKNOWN_TYPE_IS_SET, !is_known && type != NDIS_REQUEST_METHOD);
}

const struct oid_entry *oid_find(uint32_t *status, const struct ov2_device *nic, uint32_t oid, uint32_t type,
                                 uint32_t door)
{
    const struct oid_entry *entry = NULL;

    *status = FAULTY(NDIS_STATUS_NOT_SUPPORTED, UNKNOWN_OID_SUCCEEDS, NDIS_STATUS_SUCCESS);
    for (size_t i = 0; i < sizeof(ENTRIES) / sizeof(ENTRIES[0]); i++)
        if (ENTRIES[i].oid == oid && is_served_at(&ENTRIES[i], door))
            entry = &ENTRIES[i];
    if (entry == NULL || !is_offered(nic, entry))
        return NULL;
    if (!is_set(FAULTY(type, IGNORES_REQUEST_TYPE, NDIS_REQUEST_SET_INFORMATION))) {
        if (nic->options.request_form == FORM_INVALID_OID)
            *status = NDIS_STATUS_INVALID_OID;
        return NULL;
    }
    return entry;
}

static uint32_t bytes_read(const struct oid_call *call)
{
    switch (call->nic->options.bytes_read) {
    case BYTES_READ_FIXED:
        return call->fixed;
    case BYTES_READ_BLOCK:
        return call->length;
    default:
        return call->consumed;
    }
}

/* supported_revision: the revision that was honoured (D-HND); every structure here has only the first. */
static uint8_t supported_revision(const struct ndis_oid_request *request, const struct oid_call *call)
{
    uint8_t before = is_update(request->DATA.SET_INFORMATION.Oid) ? request->SupportedRevision : 1;

    return FAULTY(FAULTY(1, LEAVES_SUPPORTED_REVISION, before), ECHOES_REVISION, call->buffer[1]);
}

static uint32_t run(const struct oid_entry *entry, struct oid_call *call)
{
    uint32_t status = NDIS_STATUS_INVALID_DATA;

    if (FAULTY(call->buffer != NULL, DEREFERENCES_NULL, true))
        status = entry->run(call);
    return FAULTY(status, ANSWERS_LENGTH_NEEDED, status == NDIS_STATUS_BUFFER_TOO_SHORT ? call->bytes_needed : status);
}

uint32_t oid_run(const struct oid_entry *entry, struct ov2_device *nic, struct ndis_oid_request *request,
                 bool *reconfigured)
{
    struct oid_call call = {.nic = nic,
                            .buffer = request->DATA.SET_INFORMATION.InformationBuffer,
                            .length = request->DATA.SET_INFORMATION.InformationBufferLength};
    uint32_t status = run(entry, &call);

    if (status == NDIS_STATUS_SUCCESS) {
        request->SupportedRevision = supported_revision(request, &call);
        request->DATA.SET_INFORMATION.BytesRead =
            FAULTY(bytes_read(&call), LEAVES_BYTES_READ, is_update(entry->oid) ? 0 : bytes_read(&call));
    } else if (status == NDIS_STATUS_BUFFER_TOO_SHORT) {
        request->DATA.SET_INFORMATION.BytesNeeded = FAULTY(call.bytes_needed, LEAVES_BYTES_NEEDED, 0);
    }
    *reconfigured = call.reconfigured;
    return status;
}

void oid_begin(struct list *list, struct oid_call *call, const struct list_shape *shape)
{
    call->fixed = shape->minimum;
    call->consumed = shape->fixed;
    list_begin(list, shape, call->buffer, call->length, call->nic->options.header_type == OPTION_ACCEPT);
}

uint32_t oid_refuse(struct oid_call *call, const struct list *list, enum list_result result)
{
    if (result != LIST_SHORT || !list_is_head(list))
        return NDIS_STATUS_INVALID_DATA;
    call->bytes_needed = list->shape->needed;
    return NDIS_STATUS_BUFFER_TOO_SHORT;
}
