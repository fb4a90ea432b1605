/* SPDX-License-Identifier: MIT */
/*
 * Requests that wait are linked through MiniportReserved, which is ours while we hold the request (D-REQ): queueing
 * cannot fail.  All of them came through the direct door, because only SA requests wait.
 */
#include "request.h"

#include "fault.h"
#include "oid.h"

#include <string.h>

static uint8_t *link_of(const struct ndis_oid_request *request)
{
    return (uint8_t *)(uintptr_t)FAULTY(request->MiniportReserved, LINKS_IN_SOURCE_RESERVED, request->SourceReserved);
}

static struct ndis_oid_request *next_of(const struct ndis_oid_request *request)
{
    struct ndis_oid_request *next = NULL;

    memcpy(&next, link_of(request), sizeof(next));
    return next;
}

static void set_next(struct ndis_oid_request *request, struct ndis_oid_request *next)
{
    memcpy(link_of(request), &next, sizeof(next));
}

static void enqueue(struct ov2_device *nic, struct ndis_oid_request *request)
{
    set_next(request, NULL);
    if (nic->first_pended == NULL)
        nic->first_pended = request;
    else
        set_next(nic->last_pended, request);
    nic->last_pended = request;
}

static struct ndis_oid_request *dequeue(struct ov2_device *nic)
{
    struct ndis_oid_request *request = nic->first_pended;

    if (request != NULL)
        nic->first_pended = next_of(request);
    return request;
}

static bool is_sound(const struct ndis_oid_request *request)
{
    return request->Header.Revision >= NDIS_OID_REQUEST_REVISION_1 &&
           FAULTY(request->Header.Size, REFUSES_LARGER_REQUEST,
                  request->Header.Size == NDIS_SIZEOF_OID_REQUEST_REVISION_1 ? 0xFFFFu : 0) >=
               NDIS_SIZEOF_OID_REQUEST_REVISION_1 &&
           FAULTY(true, REFUSES_ID_ZERO, request->RequestId != NULL);
}

/* is_held: the hardware does not answer.  A paused device answers requests like any other (P-PAUSE). */
static bool is_held(const struct ov2_device *nic)
{
    return nic->held || FAULTY(false, PAUSE_HOLDS_REQUESTS, nic->paused);
}

static bool must_wait(const struct ov2_device *nic, const struct oid_entry *entry)
{
    return entry->pends && (is_held(nic) || nic->options.complete == COMPLETE_PENDED || nic->first_pended != NULL);
}

/* indicate_current: CURRENT_CONFIG must follow every change (K-SCUR); called unlocked with a copy. */
static void indicate_current(const struct ov2_device *nic, const struct ndis_offload *current)
{
    nic->memory.ops->status_indicated(nic->memory.host, NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG, current,
                                      current->Header.Size);
}

uint32_t request_submit(struct ov2_device *nic, struct ndis_oid_request *request, uint32_t door)
{
    const struct oid_entry *entry = NULL;
    struct ndis_offload current;
    bool reconfigured = false;
    uint32_t status = NDIS_STATUS_INVALID_DATA;

    if (!is_sound(request))
        return status;
    nic_lock(nic);
    entry = oid_find(&status, nic, request->DATA.SET_INFORMATION.Oid, request->RequestType, door);
    if (entry != NULL && FAULTY(nic->removed, SERVES_AFTER_REMOVAL, false)) {
        status = NDIS_STATUS_NOT_ACCEPTED;
    } else if (entry != NULL && must_wait(nic, entry)) {
        enqueue(nic, request);
        status = NDIS_STATUS_PENDING;
    } else if (entry != NULL) {
        status = oid_run(entry, nic, request, &reconfigured);
    }
    current = nic->current;
    nic_unlock(nic);
    if (reconfigured)
        indicate_current(nic, &current);
    return status;
}

static void complete(struct ov2_device *nic, struct ndis_oid_request *request, uint32_t status)
{
    uint32_t door = FAULTY(OV2_DOOR_DIRECT, COMPLETES_AT_NORMAL_DOOR, OV2_DOOR_NORMAL);

    nic->memory.ops->request_completed(nic->memory.host, request, door,
                                       FAULTY(status, COMPLETES_WITH_PENDING, NDIS_STATUS_PENDING));
}

static bool is_delete(const struct ndis_oid_request *request)
{
    return request->DATA.SET_INFORMATION.Oid == OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA;
}

/* walk: what a fault does with a list that is the caller's again. */
static void walk(const struct ipsec_offload_v2_delete_sa *element)
{
    while (element != NULL)
        element = ((const volatile struct ipsec_offload_v2_delete_sa *)element)->Next;
}

static void complete_served(struct ov2_device *nic, struct ndis_oid_request *request, uint32_t status)
{
    const void *list = is_delete(request) ? request->DATA.SET_INFORMATION.InformationBuffer : NULL;

    complete(nic, request, FAULTY(status, PENDED_DELETE_FAILS, is_delete(request) ? NDIS_STATUS_FAILURE : status));
    FAULTY((void)0, WALKS_COMPLETED_LIST, walk(list));
}

void request_serve(struct ov2_device *nic)
{
    for (;;) {
        struct ndis_oid_request *request = NULL;
        uint32_t status = 0;
        bool reconfigured = false;

        nic_lock(nic);
        if (!is_held(nic))
            request = dequeue(nic);
        if (request != NULL) {
            const struct oid_entry *entry =
                oid_find(&status, nic, request->DATA.SET_INFORMATION.Oid, request->RequestType, OV2_DOOR_DIRECT);
            if (entry != NULL)
                status = oid_run(entry, nic, request, &reconfigured);
        }
        nic_unlock(nic);
        if (request == NULL)
            return;
        complete_served(nic, request, status);
    }
}

/* take: moves the matching requests, or all of them, from the queue to a list of their own, in order. */
static struct ndis_oid_request *take(struct ov2_device *nic, bool all, uint64_t id)
{
    struct ndis_oid_request *taken = NULL, *last = NULL, *next = NULL;
    struct ndis_oid_request *request = nic->first_pended;

    nic->first_pended = NULL;
    for (; request != NULL; request = next) {
        next = next_of(request);
        bool matches = (uintptr_t)request->RequestId == id && FAULTY(true, CANCELS_FIRST_ONLY, taken == NULL);
        if (!all && !FAULTY(matches, CANCELS_EVERYTHING, true)) {
            enqueue(nic, request);
            continue;
        }
        set_next(request, NULL);
        if (last == NULL)
            taken = request;
        else
            set_next(last, request);
        last = request;
    }
    return taken;
}

static void complete_all(struct ov2_device *nic, struct ndis_oid_request *taken, uint32_t status)
{
    while (taken != NULL) {
        struct ndis_oid_request *next = next_of(taken);
        complete(nic, taken, status);
        taken = FAULTY(next, READS_AFTER_COMPLETION, next_of(taken));
    }
}

void request_cancel(struct ov2_device *nic, uint64_t id)
{
    nic_lock(nic);
    struct ndis_oid_request *taken = take(nic, false, id);
    nic_unlock(nic);
    complete_all(nic, taken, FAULTY(NDIS_STATUS_REQUEST_ABORTED, CANCEL_SAYS_SUCCESS, NDIS_STATUS_SUCCESS));
}

/* carry_out: what a fault does to the deletes that it then calls aborted. */
static void carry_out(struct ov2_device *nic, struct ndis_oid_request *taken)
{
    for (; taken != NULL; taken = next_of(taken)) {
        bool reconfigured = false;
        uint32_t status = 0;
        const struct oid_entry *entry =
            oid_find(&status, nic, taken->DATA.SET_INFORMATION.Oid, taken->RequestType, OV2_DOOR_DIRECT);
        if (entry != NULL && is_delete(taken))
            oid_run(entry, nic, taken, &reconfigured);
    }
}

void request_abort(struct ov2_device *nic, uint32_t status)
{
    nic_lock(nic);
    struct ndis_oid_request *taken = take(nic, true, 0);
    FAULTY((void)0, ABORTED_DELETE_TAKES_EFFECT, carry_out(nic, taken));
    nic_unlock(nic);
    complete_all(nic, taken, status);
}
