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

    memcpy(&next, link_of(request), sizeof(next)); /* NOLINT(bugprone-sizeof-expression): a pointer is copied */
    return next;
}

static void set_next(struct ndis_oid_request *request, struct ndis_oid_request *next)
{
    memcpy(link_of(request), &next, sizeof(next)); /* NOLINT(bugprone-sizeof-expression): a pointer */
}

/* The status of a request that waits: PENDING until it is carried out, which complete=late does at once. */
static uint32_t status_of(const struct ndis_oid_request *request)
{
    uint32_t status = 0;

    memcpy(&status, request->MiniportReserved + sizeof(void *), sizeof(status));
    return status;
}

static void set_status(struct ndis_oid_request *request, uint32_t status)
{
    memcpy(request->MiniportReserved + sizeof(void *), &status, sizeof(status));
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
           FAULTY(true, DEMANDS_VPORT,
                  request->Header.Revision < NDIS_OID_REQUEST_REVISION_2 ||
                      (request->Flags & NDIS_OID_REQUEST_FLAGS_VPORT_ID_VALID) != 0);
}

/* is_held: the hardware does not answer.  A paused device answers requests like any other (P-PAUSE). */
static bool is_held(const struct ov2_device *nic)
{
    return nic->held || FAULTY(false, PAUSE_HOLDS_REQUESTS, nic->paused);
}

/* wait_for_hardware: for a fault: what a handler must never do (D-FN). */
static bool wait_for_hardware(const struct ov2_device *nic)
{
    while (((const volatile struct ov2_device *)nic)->held)
        continue;
    return false;
}

static bool must_wait(const struct ov2_device *nic, const struct oid_entry *entry)
{
    return entry->pends && (FAULTY(is_held(nic), WAITS_FOR_HARDWARE, wait_for_hardware(nic)) ||
                            nic->options.complete != COMPLETE_INLINE || nic->first_pended != NULL);
}

/* pend: a request that has to wait, one whose id is zero like any other (D-REQ). */
static uint32_t pend(struct ov2_device *nic, const struct oid_entry *entry, struct ndis_oid_request *request)
{
    bool reconfigured = false;

    if (FAULTY(false, REFUSES_ID_ZERO, request->RequestId == NULL))
        return NDIS_STATUS_INVALID_DATA;
    set_status(request, NDIS_STATUS_PENDING);
    if (nic->options.complete == COMPLETE_LATE)
        set_status(request, oid_run(entry, nic, request, &reconfigured));
    enqueue(nic, request);
    return FAULTY(NDIS_STATUS_PENDING, INDICATES_LATER, NDIS_STATUS_INDICATION_REQUIRED);
}

static void complete(struct ov2_device *nic, struct ndis_oid_request *request, uint32_t status)
{
    static struct ndis_oid_request copy; /* for a fault */
    uint32_t door = FAULTY(OV2_DOOR_DIRECT, COMPLETES_AT_NORMAL_DOOR, OV2_DOOR_NORMAL);

    nic->memory.ops->request_completed(nic->memory.host, FAULTY(request, COMPLETES_COPY, &copy), door, status);
}

/* indicate_current: CURRENT_CONFIG must follow every change (K-SCUR); called unlocked with a copy. */
static void indicate_current(const struct ov2_device *nic, const struct ndis_offload *current)
{
    current = FAULTY(current, INDICATES_DEFAULTS, &nic->initial);
    current = FAULTY(current, INDICATES_HARDWARE, &nic->hardware);
    nic->memory.ops->status_indicated(nic->memory.host, NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG, current,
                                      current->Header.Size);
}

/* keep_others_out: for a fault: what comes in the meantime is not accepted. */
static void keep_others_out(struct ov2_device *nic)
{
    nic->removed = true;
    nic_let_in(nic);
    nic->removed = false;
}

static uint32_t answer(struct ov2_device *nic, const struct oid_entry *entry, struct ndis_oid_request *request,
                       bool *reconfigured)
{
    FAULTY((void)0, NORMAL_KEEPS_OTHERS_OUT, entry->door == OV2_DOOR_NORMAL ? keep_others_out(nic) : (void)0);
    return oid_run(entry, nic, request, reconfigured);
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
        status = pend(nic, entry, request);
    } else if (entry != NULL) {
        status = answer(nic, entry, request, &reconfigured);
    }
    current = nic->current;
    nic_unlock(nic);
    if (reconfigured)
        indicate_current(nic, &current);
    FAULTY((void)0, COMPLETES_REFUSED,
           status == NDIS_STATUS_BUFFER_TOO_SHORT ? complete(nic, request, status) : (void)0);
    return status;
}

static bool is_delete(const struct ndis_oid_request *request)
{
    return request->DATA.SET_INFORMATION.Oid == OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA;
}

/* walk: for a fault: reads a list that is the caller's again. */
static void walk(const struct ipsec_offload_v2_delete_sa *element)
{
    while (element != NULL)
        element = ((const volatile struct ipsec_offload_v2_delete_sa *)element)->Next;
}

static void complete_served(struct ov2_device *nic, struct ndis_oid_request *request, uint32_t status)
{
    const void *list = is_delete(request) ? request->DATA.SET_INFORMATION.InformationBuffer : NULL;

    FAULTY((void)0, LEAVES_PENDED_BYTES_READ, request->DATA.SET_INFORMATION.BytesRead = 0);
    complete(nic, request, FAULTY(status, PENDED_DELETE_FAILS, is_delete(request) ? NDIS_STATUS_FAILURE : status));
    FAULTY((void)0, WALKS_COMPLETED_LIST, walk(list));
}

/* is_served: whether the hardware takes the next request now; Timeout is the caller's business (D-CAN). */
static bool is_served(const struct ov2_device *nic)
{
    const struct ndis_oid_request *next = nic->first_pended;

    return next != NULL && !is_held(nic) && FAULTY(true, WAITS_FOR_CANCEL, next->Timeout == 0);
}

/* serve: carries out a request that has waited, unless that was done when it came. */
static uint32_t serve(struct ov2_device *nic, struct ndis_oid_request *request)
{
    uint32_t status = status_of(request);
    bool reconfigured = false;
    const struct oid_entry *entry = NULL;

    if (FAULTY(status != NDIS_STATUS_PENDING, RESURRECTS_SA, false))
        return status;
    entry = oid_find(&status, nic, request->DATA.SET_INFORMATION.Oid, request->RequestType, OV2_DOOR_DIRECT);
    return entry != NULL ? oid_run(entry, nic, request, &reconfigured) : status;
}

void request_serve(struct ov2_device *nic)
{
    for (;;) {
        struct ndis_oid_request *request = NULL;
        uint32_t status = 0;

        nic_lock(nic);
        if (is_served(nic))
            request = dequeue(nic);
        if (request != NULL)
            status = serve(nic, request);
        nic_unlock(nic);
        if (request == NULL)
            return;
        FAULTY((void)0, COMPLETES_TWICE, complete(nic, request, status));
        complete_served(nic, request, FAULTY(status, COMPLETES_WITH_PENDING, NDIS_STATUS_PENDING));
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
        complete(nic, taken, status_of(taken) == NDIS_STATUS_PENDING ? status : status_of(taken));
        taken = FAULTY(next, READS_AFTER_COMPLETION, next_of(taken));
    }
}

void request_cancel(struct ov2_device *nic, uint64_t id)
{
    nic_lock(nic);
    struct ndis_oid_request *taken = take(nic, false, id);
    nic_unlock(nic);
    taken = FAULTY(taken, CANCELS_STALE, taken != NULL ? taken : nic->last_pended);
    complete_all(nic, taken, FAULTY(NDIS_STATUS_REQUEST_ABORTED, CANCEL_SAYS_SUCCESS, NDIS_STATUS_SUCCESS));
}

/* carry_out: for a fault: does the deletes that it then calls aborted. */
static void carry_out(struct ov2_device *nic, struct ndis_oid_request *taken)
{
    for (; taken != NULL; taken = next_of(taken)) {
        if (is_delete(taken))
            (void)serve(nic, taken);
    }
}

/* execute: for a fault: carries out what is queued, and leaves it in the queue. */
static void execute(struct ov2_device *nic)
{
    for (struct ndis_oid_request *request = nic->first_pended; request != NULL; request = next_of(request)) {
        uint32_t status = 0;
        bool reconfigured = false;
        const struct oid_entry *entry =
            oid_find(&status, nic, request->DATA.SET_INFORMATION.Oid, request->RequestType, OV2_DOOR_DIRECT);
        if (entry != NULL)
            oid_run(entry, nic, request, &reconfigured);
    }
}

void request_abort(struct ov2_device *nic, uint32_t status)
{
    nic_lock(nic);
    FAULTY((void)0, ABORTS_WHAT_IS_DONE, execute(nic));
    struct ndis_oid_request *taken = take(nic, true, 0);
    FAULTY((void)0, ABORTED_DELETE_TAKES_EFFECT, carry_out(nic, taken));
    nic_unlock(nic);
    complete_all(nic, taken, status);
}
