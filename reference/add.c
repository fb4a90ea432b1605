/* SPDX-License-Identifier: MIT */
#include "add.h"

#include "area.h"
#include "bundle.h"
#include "bytes.h"
#include "fault.h"
#include "wrong_add.h"
#include "wrong_life.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* The key area an honest caller needs. */
#define KEY_AREA_USUAL 128u

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

#define NOBODY 0x1BADADDull /* a handle that names no SA, for faults */

/* holds_handle: whether OffloadHandle is not NULL; it is an output, and nobody's business. */
static bool holds_handle(const struct adding *adding, const void *element)
{
    uintptr_t value = 0;

    memcpy(&value, (const uint8_t *)element + adding->handle_at, sizeof(value));
    return value != 0;
}

/* hand_out: for a fault: success, with a handle that is not of a new SA. */
static uint32_t hand_out(const struct adding *adding, void *element, uint64_t handle)
{
    write_handle(adding, element, handle);
    return NDIS_STATUS_SUCCESS;
}

static struct sa *find_duplicate(const struct ov2_device *nic, const struct sa *model)
{
    for (uint32_t n = 0; n < model->operation_count; n++) {
        struct sa_selector selector = {model->operations[n].spi, model->inbound, model->ipv6, model->source,
                                       model->destination};
        struct sa *sa = sa_duplicate(&nic->table, &selector);
        if (sa != NULL)
            return sa;
    }
    return NULL;
}

static bool is_full(const struct ov2_device *nic)
{
    uint32_t room_for =
        FAULTY(nic->hardware.IPsecV2.SaOffloadCapacity, ONE_SLOT_SHORT, nic->hardware.IPsecV2.SaOffloadCapacity - 1);

    uint32_t taken = FAULTY(nic->table.count, COUNTS_ADDS_FOR_EVER, (uint32_t)nic->table.serial);

    taken = FAULTY(taken, COUNTS_OPERATIONS, wrong_count(nic));
    return taken >= room_for && nic->options.beyond_capacity == OPTION_REFUSE;
}

/* handle_for: what the element of a new SA gets. */
static uint64_t handle_for(const struct adding *adding, const struct sa *sa)
{
    const struct sa *before = sa->next_marked;
    uint64_t shared = before != NULL ? before->handle : sa->handle;
    uint64_t handle = FAULTY(sa->handle, LIST_SHARES_A_HANDLE, shared);

    return FAULTY(handle, TAKES_HANDLE_OF_PENDED_DELETE, wrong_pended_handle(adding->call->nic, handle));
}

/* refuse_duplicate, refuse_surplus: the status of an element that a sound bundle does not get past. */
static uint32_t refuse_duplicate(const struct adding *adding, const struct sa *twin, void *element)
{
    return FAULTY(NDIS_STATUS_INVALID_DATA, DUPLICATE_GETS_SAME_HANDLE, hand_out(adding, element, twin->handle));
}

static uint32_t refuse_surplus(const struct adding *adding, void *element)
{
    return FAULTY(NDIS_STATUS_RESOURCES, SURPLUS_HAS_HANDLE, hand_out(adding, element, NOBODY));
}

static uint32_t refuse_starved(const struct adding *adding, void *element)
{
    return FAULTY(NDIS_STATUS_RESOURCES, STARVED_ADD_SUCCEEDS, hand_out(adding, element, NOBODY));
}

/* install: a checked bundle becomes an SA, and the element gets its handle. */
static uint32_t install(struct adding *adding, const struct sa *model, void *element)
{
    struct ov2_device *nic = adding->call->nic;
    struct sa *sa = NULL;

    while (FAULTY(false, RETRIES_FOR_EVER, is_full(nic)))
        continue;
    sa = find_duplicate(nic, model);
    if (sa != NULL && nic->options.duplicate == DUPLICATE_REFUSE)
        return refuse_duplicate(adding, sa, element);
    if (FAULTY(false, EVICTS_OLDEST, is_full(nic)))
        wrong_evict(nic);
    if (is_full(nic))
        return refuse_surplus(adding, element);
    sa = sa_insert(&nic->table, model);
    if (sa == NULL)
        return refuse_starved(adding, element);
    sa->element = element;
    sa->next_marked = adding->first;
    adding->first = sa;
    write_handle(adding, element,
                 FAULTY(handle_for(adding, sa), TAIL_HANDLES_COME_LATER, sa->next_marked ? 0 : sa->handle));
    return NDIS_STATUS_SUCCESS;
}

/* lose_tail: for a fault: the SA of a list's tail is not there, but its handle is. */
static void lose_tail(struct adding *adding)
{
    struct sa *sa = adding->first;

    if (sa == NULL || sa->next_marked == NULL)
        return;
    adding->first = sa->next_marked;
    sa_remove(&adding->call->nic->table, sa);
}

static void fail(struct adding *adding, void *element, uint32_t status)
{
    if (FAULTY(true, LEAVES_OLD_HANDLE, false))
        write_handle(adding, element, 0);
    FAULTY((void)0, FAILED_ADD_TAKES_SLOT, wrong_occupy(adding->call->nic));
    if (adding->failure == NDIS_STATUS_SUCCESS)
        adding->failure = status;
}

static bool is_switched_off(const struct ov2_device *nic)
{
    return nic->hardware.IPsecV2.Esp && !nic->current.IPsecV2.Esp;
}

static uint32_t check(const struct adding *adding, struct sa *model, const struct bundle_request *request,
                      void *element)
{
    if (FAULTY(false, REFUSES_PREFILLED_HANDLE, holds_handle(adding, element)))
        return NDIS_STATUS_INVALID_DATA;
    return bundle_check(model, adding->call->nic, request);
}

static void add_element(struct adding *adding, const struct bundle_request *request, void *element)
{
    struct sa model;
    uint32_t status = check(adding, &model, request, element);

    if (status == NDIS_STATUS_SUCCESS)
        status = install(adding, &model, element);
    else if (FAULTY(false, DEAD_SA_WHEN_SWITCHED_OFF, is_switched_off(adding->call->nic)))
        status = hand_out(adding, element, NOBODY);
    if (status != NDIS_STATUS_SUCCESS)
        fail(adding, element, status);
    else
        FAULTY((void)0, HANDLE_WITHOUT_SA, lose_tail(adding));
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

/* check_area: the status of an element whose key area is of len bytes at offset. */
static uint32_t check_area(struct oid_call *call, const struct list *list, uint32_t offset, uint32_t len)
{
    enum area_result result = area_check(list, offset, len);

    if (result == AREA_OK)
        return NDIS_STATUS_SUCCESS;
    if (result == AREA_BAD)
        return NDIS_STATUS_INVALID_DATA;
    call->bytes_needed = (uint32_t)area_end(offset, len);
    return NDIS_STATUS_BUFFER_TOO_SHORT;
}

/* keys_at: offset of KeyData, which is in front of the end that Header.Size gives. */
static uint32_t keys_at(const struct ipsec_offload_v2_add_sa *element)
{
    return FAULTY(SHAPE.fixed, KEYS_BEHIND_SIZE,
                  element->Header.Size > SHAPE.minimum ? element->Header.Size : SHAPE.fixed);
}

static struct bundle_request request_of(const struct ipsec_offload_v2_add_sa *element, const uint8_t *at)
{
    struct bundle_request request = {.NumExtHdrs = element->NumExtHdrs,
                                     .Flags = element->Flags,
                                     .Endpoints = element->Endpoints,
                                     .UdpEspEncapsulation = element->UdpEspEncapsulation,
                                     .SecAssoc = {element->SecAssoc[0], element->SecAssoc[1]},
                                     .keys = at + keys_at(element),
                                     .key_len = element->KeyLength};

    return request;
}

/* add_listed: one element of the list, whose fixed part has been read. */
static void add_listed(struct adding *adding, const struct list *list, const struct ipsec_offload_v2_add_sa *element)
{
    struct bundle_request request = request_of(element, list->at);
    uint64_t end = area_end(SHAPE.fixed, element->KeyLength);
    uint32_t status = check_area(adding->call, list, SHAPE.fixed, element->KeyLength);

    if (list_is_head(list))
        adding->call->consumed = end <= list_room(list) ? (uint32_t)end : SHAPE.fixed;
    if (status == NDIS_STATUS_SUCCESS)
        FAULTY((void)0, READS_KEY_LENGTH_TWICE, wrong_read_keys(list->at));
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

    FAULTY((void)0, LOCKS_THE_OTHER_WAY_ROUND, wrong_pass_second());
    finish(adding, keep);
    if (any && keep)
        return FAULTY(NDIS_STATUS_SUCCESS, PARTIAL_ADD_FAILS, adding->failure);
    return FAULTY(adding->failure, EMPTY_ADD_SUCCEEDS, NDIS_STATUS_SUCCESS);
}

/* next_of: where the list goes on. */
static void *next_of(const struct list *list, const struct ipsec_offload_v2_add_sa *element)
{
    void *next = FAULTY(element->Next, ADDS_HEAD_ONLY, NULL);
    uint32_t len = (SHAPE.fixed + element->KeyLength + 7u) & ~7u;

    return FAULTY(next, ASSUMES_ARRAY, next != NULL ? list->at + len : NULL);
}

/* is_inside: whether an element lies in the information buffer, where it may as well as anywhere else. */
static bool is_inside(const struct list *list, const void *element)
{
    return element != NULL && (uintptr_t)element - (uintptr_t)list->buffer < list->length;
}

static enum list_result follow(const struct adding *adding, struct list *list, void *next)
{
    if (FAULTY(false, REFUSES_NEXT_IN_BUFFER, is_inside(list, next)))
        return LIST_BAD;
    if (FAULTY(false, BAD_ELEMENT_ENDS_ADD, adding->failure != NDIS_STATUS_SUCCESS))
        return LIST_END;
    return list_advance(list, next);
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
        result = list_read(&list, (uint8_t *)&element);
        if (result != LIST_OK)
            break;
        if (adding.failure != NDIS_STATUS_SUCCESS && reading != ADD_CONTINUE)
            write_handle(&adding, list.at, 0);
        else
            add_listed(&adding, &list, &element);
        result = follow(&adding, &list, next_of(&list, &element));
    } while (result == LIST_OK);
    if (result != LIST_END) {
        finish(&adding, FAULTY(false, FAILED_ADD_KEEPS_SAS, true));
        return oid_refuse(call, &list, result);
    }
    return conclude(&adding, reading);
}

static uint32_t flags_of_ex(const struct ipsec_offload_v2_add_sa_ex *element)
{
    return element->VlanId == 0
               ? element->Flags
               : FAULTY(element->Flags, VLAN_MEANS_OUTBOUND, element->Flags & ~IPSEC_OFFLOAD_V2_INBOUND);
}

static struct bundle_request request_of_ex(const struct ipsec_offload_v2_add_sa_ex *element, const uint8_t *at,
                                           const struct options *options)
{
    struct bundle_request request = {.NumExtHdrs = element->NumExtHdrs,
                                     .Flags = flags_of_ex(element),
                                     .Endpoints = element->Endpoints,
                                     .UdpEspEncapsulation = element->UdpEspEncapsulation,
                                     .SecAssoc = {element->SecAssoc[0], element->SecAssoc[1]},
                                     .keys =
                                         at + FAULTY(element->KeyOffset, ROUNDS_KEY_OFFSET, element->KeyOffset & ~3u),
                                     .key_len = element->KeyLength};

    request.SecAssoc[0].Flags = FAULTY(request.SecAssoc[0].Flags, EX_FORGETS_ESN, 0);
    if (options->ex_keybase == KEYBASE_STRUCT)
        request.key_base = element->KeyOffset;
    return request;
}

/* check_ex: what ADD_SA has not: a key area that may lie anywhere behind the structure, and the reserved members. */
static uint32_t check_ex(struct oid_call *call, const struct list *list,
                         const struct ipsec_offload_v2_add_sa_ex *element)
{
    bool reserved = element->SourceSwitchPortId != 0 || element->VlanId != 0;

    if (element->KeyOffset < FAULTY(SHAPE_EX.fixed, EX_DEMANDS_KEYS_BEHIND_SIZEOF, sizeof(*element)))
        return NDIS_STATUS_INVALID_DATA;
    if (reserved && call->nic->options.switch_members == SWITCH_MEMBERS_FAIL)
        return NDIS_STATUS_INVALID_DATA;
    call->consumed = (uint32_t)area_end(element->KeyOffset, element->KeyLength);
    return check_area(call, list, element->KeyOffset, element->KeyLength);
}

/* clear_keys: for a fault: the part of the key area that lies in the structure becomes zero. */
static void clear_keys(uint8_t *buffer, const struct ipsec_offload_v2_add_sa_ex *element)
{
    uint64_t end = area_end(element->KeyOffset, element->KeyLength);

    if (element->KeyOffset < SHAPE_EX.fixed)
        memset(buffer + element->KeyOffset, 0, (end < SHAPE_EX.fixed ? end : SHAPE_EX.fixed) - element->KeyOffset);
}

uint32_t add_run_ex(struct oid_call *call)
{
    struct adding adding = {call, offsetof(struct ipsec_offload_v2_add_sa_ex, OffloadHandle), NULL,
                            NDIS_STATUS_SUCCESS};
    struct ipsec_offload_v2_add_sa_ex element;
    struct list list;

    oid_begin(&list, call, &SHAPE_EX);
    enum list_result result = list_read(&list, (uint8_t *)&element);
    if (result != LIST_OK)
        return oid_refuse(call, &list, result);
    FAULTY((void)0, CLEARS_KEYS_IN_PLACE, clear_keys(call->buffer, &element));
    FAULTY((void)0, EX_HAS_NEXT, wrong_read_next(call->buffer));
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
