/* SPDX-License-Identifier: MIT */
/* OID requests: how one is completed, what it may not have changed, and what holds when the device is idle. */
#include "device_internal.h"

#include <stdio.h>
#include <string.h>

/* Which requirement says that the structures of this request are input. */
static const char *input_law(enum trace_verb verb)
{
    switch (verb) {
    case VERB_UPDATE_SA:
        return "UPD-024";
    case VERB_DELETE_SA:
        return "DEL-029";
    default:
        return "HDR-013";
    }
}

/* ---- Handles ---- */

/* A device may write a handle before it completes the request. */
static void store_handles(struct device *device, const struct request *request)
{
    uint32_t at = request->first_sa - 1;

    for (uint32_t room = 0; room < request->memory.room_count; room++) {
        for (uint32_t i = 0; i < request->memory.rooms[room].count; i++, at++) {
            if (request->done || memory_has_new_handle(&request->memory, room, i))
                device->handles[at] = memory_handle(&request->memory, room, i);
        }
    }
}

uint32_t request_put_handles(struct device *device, struct outcome *outcome, const struct request *request)
{
    uint32_t at = outcome->byte_count;
    size_t len = (size_t)request->sa_count * sizeof(uint64_t);

    if (!request->done)
        store_handles(device, request);
    if (len == 0 || len > OUTCOME_BYTES - at)
        return at;
    memcpy(outcome->bytes + at, device->handles + request->first_sa - 1, len);
    outcome->byte_count += (uint32_t)len;
    return at;
}

/* ---- Finishing ---- */

static void check_request_image(struct request *request, struct outcome *outcome)
{
    struct ndis_oid_request now;
    struct ndis_oid_request *was = &request->image;
    const uint8_t *now_bytes = (const uint8_t *)&now;
    const uint8_t *was_bytes = (const uint8_t *)was;

    memcpy(&now, was, sizeof now);
    memcpy(&now, request->block.host, request->block.size);
    /* Outputs; the method form has its own places for them. */
    if (was->RequestType == NDIS_REQUEST_METHOD) {
        was->DATA.METHOD_INFORMATION.BytesWritten = now.DATA.METHOD_INFORMATION.BytesWritten;
        was->DATA.METHOD_INFORMATION.BytesRead = now.DATA.METHOD_INFORMATION.BytesRead;
        was->DATA.METHOD_INFORMATION.BytesNeeded = now.DATA.METHOD_INFORMATION.BytesNeeded;
    } else {
        was->DATA.SET_INFORMATION.BytesRead = now.DATA.SET_INFORMATION.BytesRead;
        was->DATA.SET_INFORMATION.BytesNeeded = now.DATA.SET_INFORMATION.BytesNeeded;
    }
    memcpy(was->MiniportReserved, now.MiniportReserved, sizeof was->MiniportReserved);
    was->SupportedRevision = now.SupportedRevision;
    for (uint32_t i = 0; i < request->block.size; i++) {
        if (now_bytes[i] != was_bytes[i]) {
            outcome_break(outcome, "OID-026", NULL, "the NDIS_OID_REQUEST keeps every member that is not an output",
                          "byte %u is %02x, was %02x", (unsigned)i, (unsigned)now_bytes[i], (unsigned)was_bytes[i]);
            break;
        }
    }
    request->outputs.bytes_read = now.DATA.SET_INFORMATION.BytesRead;
    request->outputs.bytes_needed = now.DATA.SET_INFORMATION.BytesNeeded;
    request->outputs.supported_revision = now.SupportedRevision;
}

/* The request is over: takes what it left behind, then poisons its memory at once, so that a driver that still touches
 * it is seen. */
/* The driver has written a key into the buffer; one that the caller has put there is the caller's. */
static bool has_new_key(const struct device *device, const struct request *request)
{
    return request->verb == VERB_OID && request->image.RequestType != NDIS_REQUEST_SET_INFORMATION && request->asked &&
           device_has_key(device, request->buffer.host, request->buffer.size) &&
           !device_has_key(device, request->asked, request->buffer.size);
}

void request_finish(struct device *device, struct request *request, uint32_t status)
{
    struct outcome *outcome = device->outcome;

    request->status = status;
    request->done = true;
    if (twitch_end(request->twitch)) /* while it is out, a thread of the driver may read it */
        outcome->changed = true;
    if (request->sa_count > 0)
        store_handles(device, request);
    check_request_image(request, outcome);
    memory_check(&request->memory, outcome, input_law(request->verb));
    if (has_new_key(device, request))
        outcome_break(outcome, "KEY-017", NULL, "no key in the output of an OID", "the buffer holds a key");
    memory_complete(&request->memory);
    guard_complete(&request->block);
    if (request->buffer.id)
        guard_complete(&request->buffer);
}

/* A completion that nobody waits for. */
static void blame_completion(struct outcome *outcome, const struct request *request, bool is_cancelling)
{
    const char *law = request->completions == 1 ? "OID-008" : "OID-007";
    const char *want = request->completions == 1 ? "no completion of a request that was answered inline"
                                                 : "one completion of each pended request";

    if (is_cancelling && request->is_settled) {
        law = "OID-016";
        want = "cancel does nothing to a request that is over";
    }
    outcome_break(outcome, law, NULL, want, "request %u completed %u times", (unsigned)request->number,
                  (unsigned)request->completions);
}

void request_tell(struct device *device, const struct request *request)
{
    struct completion *completion = outcome_add_completion(device->outcome, COMPLETION_REQUEST);

    if (!completion)
        return;
    completion->door = request->door;
    completion->status = request->status;
    completion->number = request->number;
    completion->outputs = request->outputs;
    completion->first_sa = request->first_sa;
    completion->sa_count = request->sa_count;
    completion->at = request_put_handles(device, device->outcome, request);
}

void request_completed(struct ov2_host *host, struct ndis_oid_request *oid, uint32_t door, uint32_t status)
{
    struct device *device = device_enter(host);
    struct outcome *outcome;
    struct request *request;

    outcome = device->outcome;
    for (request = device->requests; request; request = request->next) {
        if ((void *)request->block.device == (void *)oid)
            break;
    }
    if (!request) {
        outcome_break(outcome, "OID-011", NULL, "the request pointer that was passed in", "%p", (void *)oid);
        device_unlock(device);
        return;
    }
    request->completions++;
    if (request->done) {
        blame_completion(outcome, request, device->is_cancelling);
        device_unlock(device);
        return;
    }
    if (status == NDIS_STATUS_PENDING)
        outcome_break(outcome, "OID-009", NULL, "a final status", "completed with PENDING");
    if (door != request->door)
        outcome_break(outcome, "OID-010", NULL, "the completion function of the door it came through",
                      "the one of door %u", (unsigned)door);
    request_finish(device, request, status);
    request_tell(device, request);
    device_unlock(device);
}

/* ---- When the device is idle ---- */

static void check_untouched(const struct request *request, struct outcome *outcome)
{
    char what[96];
    size_t offset;

    if (memory_tampered(what, sizeof what, &request->memory))
        outcome_break(outcome, "OID-012", NULL, "no access after completion", "%s was written to", what);
    else if (guard_tampered(&request->block, &offset))
        outcome_break(outcome, "OID-012", NULL, "no access after completion",
                      "byte %zu of the NDIS_OID_REQUEST was written to", offset);
}

void request_settle(struct device *device, bool may_wait)
{
    struct outcome *outcome;
    struct request **link;
    uint32_t kept = 0;

    device_lock(device);
    outcome = device->outcome;
    link = &device->requests;
    while (*link) {
        struct request *request = *link;
        if (!request->done && !may_wait) {
            outcome_break(outcome, "OID-007", NULL, "one completion of each pended request",
                          "request %u is never completed", (unsigned)request->number);
            request_finish(device, request, NDIS_STATUS_PENDING);
        }
        request->is_settled = request->done;
        if (request->done)
            check_untouched(request, outcome);
        if (request->done && ++kept > DEVICE_KEPT) {
            *link = request->next;
            request_free(request);
            continue;
        }
        link = &request->next;
    }
    device_unlock(device);
}

/* ---- Whose memory it was ---- */

static const struct request *find_block(const struct device *device, uint32_t id)
{
    for (const struct request *request = device->requests; request; request = request->next) {
        char name[TRACE_NAME_MAX + 16];
        int64_t offset;
        uint32_t len;
        if (request->block.id == id || request->buffer.id == id ||
            memory_describe(name, sizeof name, &offset, &len, &request->memory, id, 0))
            return request;
    }
    return NULL;
}

bool request_describe(char *out, size_t size, const struct device *device, uint32_t id, int64_t offset)
{
    const struct request *request = find_block(device, id);
    char name[TRACE_NAME_MAX + 16] = "the NDIS_OID_REQUEST";
    const char *when;
    int64_t at = offset;
    uint32_t len;

    if (!request)
        return false;
    len = (uint32_t)request->block.size;
    when = request->done ? " of a completed request" : "";
    if (request->buffer.id == id) {
        snprintf(name, sizeof name, "the information buffer");
        len = (uint32_t)request->buffer.size;
    } else if (request->block.id != id) {
        memory_describe(name, sizeof name, &at, &len, &request->memory, id, offset);
    }
    if (at < 0)
        snprintf(out, size, "%lld bytes before %s%s (%u bytes)", -(long long)at, name, when, (unsigned)len);
    else if (at >= (int64_t)len)
        snprintf(out, size, "%lld bytes past the end of %s%s (%u bytes)", (long long)at - len, name, when,
                 (unsigned)len);
    else
        snprintf(out, size, "byte %lld of %s%s (%u bytes)", (long long)at, name, when, (unsigned)len);
    return true;
}

bool request_blame_write(struct device *device, const struct guard_write *write)
{
    const struct request *request = find_block(device, write->id);
    char where[128];

    if (!request)
        return false;
    request_describe(where, sizeof where, device, write->id, write->offset);
    outcome_break(device->outcome, input_law(request->verb), NULL, "input stays as it was", "wrote to %s", where);
    return true;
}
