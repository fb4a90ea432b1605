/* SPDX-License-Identifier: MIT */
#include "add.h"

#include "bundle.h"
#include "bytes.h"
#include "fault.h"

#include <stddef.h>
#include <string.h>

/* The key area an honest caller needs, and the most we believe of an element whose memory we do not know the end of. */
#define KEY_AREA_USUAL 128u
#define KEY_AREA_LIMIT 65536u

static const struct list_shape SHAPE = {
    .minimum = NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_REVISION_1,
    .fixed = offsetof(struct ipsec_offload_v2_add_sa, KeyData),
    .needed = sizeof(struct ipsec_offload_v2_add_sa) + KEY_AREA_USUAL,
};

static const struct list_shape SHAPE_EX = {
    .minimum = NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_EX_REVISION_1,
    .fixed = NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_EX_REVISION_1,
    .needed = sizeof(struct ipsec_offload_v2_add_sa_ex) + KEY_AREA_USUAL,
};

/* One ADD request under way. */
struct adding {
    struct oid_call *call;
    size_t handle_at; /* offset of OffloadHandle in an element */
    struct sa *first; /* what was added so far */
    uint32_t failure; /* status of the first element that failed, or SUCCESS */
};

static void write_handle(const struct adding *adding, void *element, uint64_t handle)
{
    uintptr_t value = (uintptr_t)handle;

    memcpy((uint8_t *)element + adding->handle_at, &value, sizeof(value));
}

static bool is_duplicate(const struct ov2_device *nic, const struct sa *model)
{
    for (uint32_t n = 0; n < model->operation_count; n++) {
        struct sa_selector selector = {model->operations[n].spi, model->inbound, model->ipv6, model->source,
                                       model->destination};
        if (sa_duplicate(&nic->table, &selector) != NULL)
            return true;
    }
    return false;
}

static bool is_full(const struct ov2_device *nic)
{
    uint32_t room_for =
        FAULTY(nic->hardware.IPsecV2.SaOffloadCapacity, ONE_SLOT_SHORT, nic->hardware.IPsecV2.SaOffloadCapacity - 1);

    return nic->table.count >= room_for && nic->options.beyond_capacity == OPTION_REFUSE;
}

/* install: a checked bundle becomes an SA, and the element gets its handle. */
static uint32_t install(struct adding *adding, const struct sa *model, void *element)
{
    struct ov2_device *nic = adding->call->nic;
    struct sa *sa = NULL;

    while (FAULTY(false, RETRIES_FOR_EVER, is_full(nic)))
        continue;
    if (nic->options.duplicate == DUPLICATE_REFUSE && is_duplicate(nic, model))
        return NDIS_STATUS_INVALID_DATA;
    if (is_full(nic))
        return NDIS_STATUS_RESOURCES;
    sa = sa_insert(&nic->table, model);
    if (sa == NULL)
        return NDIS_STATUS_RESOURCES;
    sa->element = element;
    sa->next_marked = adding->first;
    adding->first = sa;
    write_handle(adding, element, sa->handle);
    return NDIS_STATUS_SUCCESS;
}

static void fail(struct adding *adding, void *element, uint32_t status)
{
    write_handle(adding, element, FAULTY(0, FAILED_ELEMENT_HAS_HANDLE, 0x1BADADDull));
    if (adding->failure == NDIS_STATUS_SUCCESS)
        adding->failure = status;
}

static void add_element(struct adding *adding, const struct bundle_request *request, void *element)
{
    struct sa model;
    uint32_t status = bundle_check(&model, adding->call->nic, request);

    if (status == NDIS_STATUS_SUCCESS)
        status = install(adding, &model, element);
    if (status != NDIS_STATUS_SUCCESS)
        fail(adding, element, status);
    bytes_wipe(&model, sizeof(model));
}

/* finish: keeps what was added, or takes it all back. */
static void finish(struct adding *adding, bool keep)
{
    struct sa *next = NULL;

    for (struct sa *sa = adding->first; sa != NULL; sa = next) {
        next = sa->next_marked;
        if (!keep) {
            write_handle(adding, sa->element, 0);
            sa_remove(&adding->call->nic->table, sa);
            continue;
        }
        sa->next_marked = NULL;
        sa->element = FAULTY(NULL, KEEPS_POINTER, sa->element);
    }
}

/* check_room: whether the key area, which ends at end of the element, is the caller's to give. */
static uint32_t check_room(struct oid_call *call, const struct list *list, uint64_t end, uint32_t key_len)
{
    uint32_t room = list_room(list);

    if (room == UINT32_MAX)
        return key_len <= KEY_AREA_LIMIT ? NDIS_STATUS_SUCCESS : NDIS_STATUS_INVALID_DATA;
    if (end <= FAULTY(room, TRUSTS_KEY_LENGTH, UINT64_MAX))
        return NDIS_STATUS_SUCCESS;
    if (!list_is_head(list) || end > UINT32_MAX)
        return NDIS_STATUS_INVALID_DATA;
    call->bytes_needed = (uint32_t)end;
    return NDIS_STATUS_BUFFER_TOO_SHORT;
}

static struct bundle_request request_of(const struct ipsec_offload_v2_add_sa *element, const uint8_t *at)
{
    struct bundle_request request = {.NumExtHdrs = element->NumExtHdrs,
                                     .Flags = element->Flags,
                                     .Endpoints = element->Endpoints,
                                     .UdpEspEncapsulation = element->UdpEspEncapsulation,
                                     .SecAssoc = {element->SecAssoc[0], element->SecAssoc[1]},
                                     .keys = at + FAULTY(SHAPE.fixed, KEYS_BEHIND_SIZE, SHAPE.minimum),
                                     .key_len = element->KeyLength};

    return request;
}

/* add_listed: one element of the list, whose fixed part has been read. */
static void add_listed(struct adding *adding, const struct list *list, const struct ipsec_offload_v2_add_sa *element)
{
    struct bundle_request request = request_of(element, list->at);
    uint64_t end = (uint64_t)SHAPE.fixed + element->KeyLength;
    uint32_t status = check_room(adding->call, list, end, element->KeyLength);

    if (list_is_head(list))
        adding->call->consumed = (uint32_t)end;
    if (status == NDIS_STATUS_SUCCESS)
        add_element(adding, &request, list->at);
    else
        fail(adding, list->at, status);
}

/* conclude: the verdict on a list that was read to its end. */
static uint32_t conclude(struct adding *adding, uint32_t reading)
{
    bool keep = adding->failure == NDIS_STATUS_SUCCESS || reading != ADD_ALL_OR_NOTHING;
    bool any = adding->first != NULL;

    finish(adding, keep);
    if (any && keep)
        return FAULTY(NDIS_STATUS_SUCCESS, PARTIAL_ADD_FAILS, adding->failure);
    return FAULTY(adding->failure, EMPTY_ADD_SUCCEEDS, NDIS_STATUS_SUCCESS);
}

/* A list that cannot be followed to its end is refused as a whole, because the caller could not tell which of its
 * elements were reached; so is a cycle, whose elements would come up twice.  A long list is followed to its end even
 * when the table is full, so that every surplus element gets its NULL (ADD-018). */
uint32_t add_run(struct oid_call *call)
{
    struct adding adding = {call, offsetof(struct ipsec_offload_v2_add_sa, OffloadHandle), NULL, NDIS_STATUS_SUCCESS};
    uint32_t reading = call->nic->options.partial_add;
    struct ipsec_offload_v2_add_sa element;
    enum list_result result;
    struct list list;

    oid_begin(&list, call, &SHAPE);
    do {
        result = list_read(&list, &element);
        if (result != LIST_OK)
            break;
        if (adding.failure != NDIS_STATUS_SUCCESS && reading != ADD_CONTINUE)
            write_handle(&adding, list.at, 0);
        else
            add_listed(&adding, &list, &element);
        result = list_advance(&list, FAULTY(element.Next, ADDS_HEAD_ONLY, NULL));
    } while (result == LIST_OK);
    if (result != LIST_END) {
        finish(&adding, FAULTY(false, FAILED_ADD_KEEPS_SAS, true));
        return oid_refuse(call, &list, result);
    }
    return conclude(&adding, reading);
}
static struct bundle_request request_of_ex(const struct ipsec_offload_v2_add_sa_ex *element, const uint8_t *at,
                                           const struct options *options)
{
    struct bundle_request request = {.NumExtHdrs = element->NumExtHdrs,
                                     .Flags = element->Flags,
                                     .Endpoints = element->Endpoints,
                                     .UdpEspEncapsulation = element->UdpEspEncapsulation,
                                     .SecAssoc = {element->SecAssoc[0], element->SecAssoc[1]},
                                     .keys =
                                         at + FAULTY(element->KeyOffset, ROUNDS_KEY_OFFSET, element->KeyOffset & ~3u),
                                     .key_len = element->KeyLength};

    if (options->ex_keybase == KEYBASE_STRUCT)
        request.key_base = element->KeyOffset;
    return request;
}

/* check_ex: what ADD_SA has not: a key area that may lie anywhere behind the structure, and the reserved members. */
static uint32_t check_ex(struct oid_call *call, const struct list *list,
                         const struct ipsec_offload_v2_add_sa_ex *element)
{
    bool reserved = element->SourceSwitchPortId != 0 || element->VlanId != 0;
    uint64_t end = (uint64_t)element->KeyOffset + element->KeyLength;
    if (element->KeyOffset < FAULTY(SHAPE_EX.fixed, EX_DEMANDS_KEYS_BEHIND_SIZEOF, sizeof(*element)))
        return NDIS_STATUS_INVALID_DATA;
    if (reserved && call->nic->options.switch_members == SWITCH_MEMBERS_FAIL)
        return NDIS_STATUS_INVALID_DATA;
    call->consumed = (uint32_t)end;
    return check_room(call, list, end, element->KeyLength);
}

uint32_t add_run_ex(struct oid_call *call)
{
    struct adding adding = {call, offsetof(struct ipsec_offload_v2_add_sa_ex, OffloadHandle), NULL,
                            NDIS_STATUS_SUCCESS};
    struct ipsec_offload_v2_add_sa_ex element;
    struct list list;

    oid_begin(&list, call, &SHAPE_EX);
    enum list_result result = list_read(&list, &element);
    if (result != LIST_OK)
        return oid_refuse(call, &list, result);
    uint32_t status = check_ex(call, &list, &element);
    if (status == NDIS_STATUS_SUCCESS) {
        struct bundle_request request = request_of_ex(&element, call->buffer, &call->nic->options);
        add_element(&adding, &request, call->buffer);
    } else {
        fail(&adding, call->buffer, status);
    }
    finish(&adding, true);
    return adding.failure;
}
