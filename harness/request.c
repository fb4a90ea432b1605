/* SPDX-License-Identifier: MIT */
/* OID requests: how one is built and submitted. */
#include "device_internal.h"
#include "race.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNSET_REVISION 0xEEu /* what SupportedRevision holds before the driver writes it (HDR-016) */
#define RESERVED_MARK  0xC3u /* what fills NdisReserved and SourceReserved (OID-026) */

static uint32_t oid_of(enum trace_verb verb)
{
    switch (verb) {
    case VERB_ADD_SA:
        return OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA;
    case VERB_ADD_SA_EX:
        return OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX;
    case VERB_UPDATE_SA:
        return OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA;
    default:
        return OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA;
    }
}

static uint64_t number_or(const struct trace_line *line, enum trace_key key, uint64_t absent)
{
    const struct trace_word *word = trace_option(line, key);

    return word ? word->number : absent;
}

/* ---- Building ---- */

static uint64_t resolve_handle(void *context, const struct trace_word *word, uint32_t index)
{
    return device_handle(context, word, index);
}

/* An element of an earlier line that is still out. */
static uintptr_t resolve_other(void *context, const struct trace_word *word)
{
    struct device *device = context;
    uintptr_t address = 0;

    device_lock(device);
    for (const struct request *request = device->requests; request && !address; request = request->next)
        address = request->done ? 0 : memory_find_name(&request->memory, word);
    device_unlock(device);
    return address;
}

bool device_finds(const struct device *device, enum trace_verb *verb, const struct trace_word *word)
{
    for (const struct request *request = device->requests; request; request = request->next) {
        *verb = request->verb;
        if (!request->done && memory_find_name(&request->memory, word))
            return true;
    }
    return false;
}

static struct request *new_request(struct device *device, enum trace_verb verb, uint32_t door)
{
    struct request *request = calloc(1, sizeof *request);

    if (!request)
        return NULL;
    request->device = device;
    request->number = ++device->request_count;
    request->verb = verb;
    request->door = door;
    request->outputs.supported_revision = UNSET_REVISION;
    return request;
}

void request_free(struct request *request)
{
    memory_free(&request->memory);
    twitch_free(request->twitch);
    free(request->asked);
    free(request);
}

static bool take_flat(struct request *request, const void *bytes, size_t len)
{
    if (!guard_take(&request->buffer, len, 8, 0, GUARD_OUTPUT))
        return false;
    if (len > 0)
        memcpy(request->buffer.host, bytes, len);
    return true;
}

/* Fills the NDIS_OID_REQUEST.  Its block has just the size that its revision says. */
static bool take_oid_request(struct request *request, const struct trace_line *line, uint32_t oid, void *buffer,
                             uint32_t length)
{
    struct ndis_oid_request *image = &request->image;
    uint32_t revision = line ? (uint32_t)number_or(line, KEY_REVISION, 1) : 1;
    uint32_t size = revision >= 2 ? NDIS_SIZEOF_OID_REQUEST_REVISION_2 : NDIS_SIZEOF_OID_REQUEST_REVISION_1;

    memset(image, 0, sizeof *image);
    image->Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
    image->Header.Revision = (uint8_t)revision;
    image->Header.Size = (uint16_t)size;
    image->RequestType =
        line ? (uint32_t)number_or(line, KEY_KIND, NDIS_REQUEST_SET_INFORMATION) : NDIS_REQUEST_SET_INFORMATION;
    image->PortNumber = line ? (uint32_t)number_or(line, KEY_PORT, 0) : 0;
    image->Timeout = line ? (uint32_t)number_or(line, KEY_TIMEOUT, 0) : 0;
    image->RequestId = (void *)(uintptr_t)(line ? number_or(line, KEY_ID, 0) : 0);
    image->DATA.SET_INFORMATION.Oid = oid;
    image->DATA.SET_INFORMATION.InformationBuffer = buffer;
    image->DATA.SET_INFORMATION.InformationBufferLength = length;
    if (image->RequestType == NDIS_REQUEST_METHOD)
        image->DATA.METHOD_INFORMATION.OutputBufferLength = line ? (uint32_t)number_or(line, KEY_OUT, 0) : 0;
    memset(image->NdisReserved, RESERVED_MARK, sizeof image->NdisReserved);
    memset(image->SourceReserved, RESERVED_MARK, sizeof image->SourceReserved);
    image->SupportedRevision = UNSET_REVISION;
    if (!guard_take(&request->block, size, 8, 0, GUARD_OUTPUT))
        return false;
    memcpy(request->block.host, image, size);
    return true;
}

/* ---- Handles ---- */

static bool reserve_handles(struct device *device, uint32_t count)
{
    if (count > device->handle_size - device->handle_count) {
        uint32_t wanted = (device->handle_count + count) * 2;
        uint64_t *handles = realloc(device->handles, wanted * sizeof *handles);
        if (!handles)
            return false;
        device->handles = handles;
        device->handle_size = wanted;
    }
    if (count > 0)
        memset(device->handles + device->handle_count, 0, count * sizeof *device->handles);
    device->handle_count += count;
    return true;
}

/* With the lock held: it may be out, or completing.  What OffloadHandle held beforehand is nothing that was told. */
static uint64_t current_handle(const struct device *device, uint64_t symbol)
{
    if (symbol == 0 || symbol > device->handle_count)
        return 0;
    for (const struct request *request = device->requests; request; request = request->next) {
        uint32_t offset = (uint32_t)symbol - request->first_sa;
        if (request->done || symbol < request->first_sa || offset >= request->sa_count)
            continue;
        for (uint32_t room = 0; room < request->memory.room_count; room++) {
            if (offset < request->memory.rooms[room].count)
                return memory_has_new_handle(&request->memory, room, offset)
                           ? memory_handle(&request->memory, room, offset)
                           : 0;
            offset -= request->memory.rooms[room].count;
        }
    }
    return device->handles[symbol - 1];
}

uint64_t device_sa(struct device *device, uint64_t symbol)
{
    uint64_t handle;

    device_lock(device);
    handle = current_handle(device, symbol);
    device_unlock(device);
    return handle;
}

/* ---- Submitting ---- */

static void enlist(struct device *device, struct request *request)
{
    device_lock(device);
    request->next = device->requests;
    device->requests = request;
    device_unlock(device);
}

bool request_call(struct device *device, struct request *request, ov2_result *result)
{
    uint32_t status = NDIS_STATUS_PENDING;
    bool is_out;

    if (request->twitch && !twitch_begin(request->twitch)) {
        *result = OV2_UNSUPPORTED;
        return false;
    }
    *result = device->adapter->request(device->handle, &status,
                                       (struct ndis_oid_request *)(void *)request->block.device, request->door);
    is_out = *result == OV2_OK && status == NDIS_STATUS_PENDING;
    device_lock(device);
    if (!is_out && request->completions > 0)
        outcome_break(device->outcome, "OID-008", NULL, "no completion of a request that was answered inline",
                      "completed, then answered %08x", (unsigned)status);
    if (!is_out && !request->done)
        request_finish(device, request, status);
    device_unlock(device);
    return is_out;
}

static void submit(struct device *device, struct request *request, bool no_wait)
{
    ov2_result result;
    bool is_out;

    enlist(device, request);
    device_race_go(device);
    is_out = request_call(device, request, &result);
    device_lock(device);
    device->outcome->result = result;
    device->outcome->pended = is_out;
    device_unlock(device);
    if (is_out && !no_wait)
        device_drain(device);
}

static void mark_keys(struct device *device, const struct list *list)
{
    uint8_t bytes[LIST_NODE_BYTES];
    uint32_t nodes = list->node_count < 8 ? list->node_count : 8;
    uint32_t key_at = list->verb == VERB_ADD_SA ? (uint32_t)offsetof(struct ipsec_offload_v2_add_sa, KeyData)
                                                : (uint32_t)sizeof(struct ipsec_offload_v2_add_sa_ex);

    for (uint32_t node = 0; node < nodes && device->mark_count < DEVICE_MARKS; node++) {
        uint32_t len = list_encode(list, node, bytes, NULL, NULL);
        if (len < key_at + DEVICE_MARK || memcmp(bytes + key_at, bytes + key_at + 1, DEVICE_MARK - 1) == 0)
            continue; /* too short, or one byte repeated: it would turn up by chance */
        memcpy(device->marks[device->mark_count++], bytes + key_at, DEVICE_MARK);
    }
}

/* The element list of a request, in memory; *head is its first element, *length what it occupies. */
static bool take_list(struct device *device, struct request *request, const struct trace_line *line, void **head,
                      uint32_t *length)
{
    struct memory_resolver resolver = {device, resolve_handle, resolve_other};
    struct list list;
    bool is_add = line->verb == VERB_ADD_SA || line->verb == VERB_ADD_SA_EX;
    bool ok;

    *head = NULL;
    *length = 0;
    list_read(&list, line, &device->profile);
    if (!memory_place(&request->memory, &list, &resolver) || !twitch_read(&request->twitch, &list, &request->memory))
        return false;
    if (list.node_count > 0) {
        uint32_t index;
        uint32_t room = (uint32_t)(list_element(&list, 0, &index) - line->elements);
        *head = (void *)memory_address(&request->memory, room, 0);
        *length = request->memory.rooms[room].len;
    }
    if (!is_add)
        return true;
    device_lock(device);
    mark_keys(device, &list);
    request->first_sa = device->handle_count + 1;
    request->sa_count = list.node_count;
    ok = reserve_handles(device, list.node_count);
    device_unlock(device);
    return ok;
}

static bool take_buffer(struct device *device, struct request *request, const struct trace_line *line, void **head,
                        uint32_t *length)
{
    const struct trace_word *buffer = trace_option(line, KEY_BUFFER);
    bool ok = false;

    *head = NULL;
    *length = 0;
    if (line->verb != VERB_OID)
        return take_list(device, request, line, head, length);
    if (buffer && buffer->type == TYPE_BYTES && buffer->base != BASE_NULL) {
        size_t size = buffer->count ? buffer->count : 1;
        size_t len = 0;
        request->asked = malloc(size);
        ok = request->asked && trace_bytes(request->asked, size, &len, buffer) &&
             take_flat(request, request->asked, len);
        *head = request->buffer.device;
        *length = (uint32_t)len;
        return ok;
    }
    return true;
}

static void refuse(struct device *device, struct request *request, const char *why)
{
    device_lock(device);
    device->outcome->result = OV2_BROKEN;
    device_log(device->outcome, why);
    device_unlock(device);
    if (request)
        request_free(request);
}

/* The n-th allocation from here on fails; 0: none.  Returns whether one has. */
static bool starve(struct device *device, uint64_t n)
{
    bool failed;

    device_lock(device);
    failed = ledger_failed(device->ledger);
    ledger_fail(device->ledger, n);
    device_unlock(device);
    return failed;
}

static void report(struct device *device, const struct request *request)
{
    struct outcome *outcome;

    device_lock(device);
    outcome = device->outcome;
    outcome->request = request->number;
    outcome->status = request->done ? request->status : NDIS_STATUS_PENDING;
    outcome->outputs = request->outputs;
    outcome->first_sa = request->first_sa;
    outcome->sa_count = request->sa_count;
    outcome->handles_at = request_put_handles(device, outcome, request);
    device_unlock(device);
}

static void arm(struct device *device, struct request *request, uint32_t irql)
{
    request->irql = irql;
    if (!device_arm(device, request)) {
        refuse(device, request, "too many lines race");
        return;
    }
    enlist(device, request);
    device->outcome->armed = 1;
    report(device, request);
}

void request_run(struct device *device, const struct trace_line *line)
{
    struct request *request;
    const struct trace_word *null = trace_option(line, KEY_BUFFER);
    uint32_t door = (uint32_t)number_or(line, KEY_DOOR, OV2_DOOR_DIRECT);
    uint32_t oid = line->verb == VERB_OID ? (uint32_t)number_or(line, KEY_CODE, 0) : oid_of(line->verb);
    void *head;
    uint32_t length;

    request = new_request(device, line->verb, door);
    if (!request || !take_buffer(device, request, line, &head, &length)) {
        refuse(device, request, "no memory for this list");
        return;
    }
    if (null && null->base == BASE_NULL)
        head = NULL;
    length = (uint32_t)number_or(line, KEY_LENGTH, length);
    if (!take_oid_request(request, line, oid, head, length)) {
        refuse(device, request, "no memory for this request");
        return;
    }
    if (trace_option(line, KEY_RACE)) {
        arm(device, request, (uint32_t)number_or(line, KEY_IRQL, 0));
        return;
    }
    atomic_store(&device->irql, (unsigned)number_or(line, KEY_IRQL, 0));
    starve(device, number_or(line, KEY_FAIL, 0));
    submit(device, request, trace_option(line, KEY_NOWAIT) != NULL);
    device->outcome->starved = starve(device, 0);
    atomic_store(&device->irql, 0);
    report(device, request);
}

uint32_t request_flat(struct device *device, uint32_t oid, uint32_t door, const void *bytes, uint32_t len)
{
    struct request *request = new_request(device, VERB_OID, door);
    uint32_t status;

    if (!request || !take_flat(request, bytes, len) ||
        !take_oid_request(request, NULL, oid, request->buffer.device, len)) {
        refuse(device, request, "no memory for this request");
        return NDIS_STATUS_FAILURE;
    }
    submit(device, request, false);
    device_lock(device);
    status = request->done ? request->status : NDIS_STATUS_PENDING;
    device_unlock(device);
    return status;
}

void request_free_all(struct device *device)
{
    while (device->requests) {
        struct request *request = device->requests;
        device->requests = request->next;
        request_free(request);
    }
}
