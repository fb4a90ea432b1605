/* SPDX-License-Identifier: MIT */
/* Devices may call back from threads of their own, and do so while the suite waits: what they tell is noted under a
 * lock.  All else is one call at a time. */
#include "record.h"

#include <stdatomic.h>
#include <string.h>

#include "guard.h"
#include "list.h"
#include "ov2/ndis_ipsec.h"

/* A device as the session knows it. */
struct ov2_device {
    struct ov2_device *real;
    bool is_used;
};

static struct recording *record;
static const struct ov2_adapter *real;
static struct ov2_device devices[RECORD_DEVICES];
static const struct ov2_host_ops *host_ops;
static struct ov2_host_ops own_ops;
static struct record_call *current;
static uint32_t allocations; /* during the current call */
static atomic_flag is_busy = ATOMIC_FLAG_INIT;

static void enter(void)
{
    while (atomic_flag_test_and_set(&is_busy))
        ;
}

static void leave(void)
{
    atomic_flag_clear(&is_busy);
}

/* ---- Keeping ---- */

static uint32_t keep_bytes(const void *bytes, uint32_t len)
{
    uint32_t at = record->byte_count;

    if (len > RECORD_BYTES - at) {
        record->is_full = true;
        return 0;
    }
    if (len > 0)
        memcpy(record->bytes + at, bytes, len);
    record->byte_count += len;
    return at;
}

static const char *keep_text(const char *text, size_t len)
{
    static const char none[] = "";
    uint32_t at = keep_bytes(text, (uint32_t)len);
    bool fits = !record->is_full;

    (void)keep_bytes(none, sizeof none);
    return fits && !record->is_full ? (const char *)record->bytes + at : none;
}

void record_line(const char *text, size_t len)
{
    if (record->line_count < RECORD_LINES)
        record->lines[record->line_count++] = keep_text(text, len);
}

static struct record_call *new_call(enum record_kind kind, const struct ov2_device *device)
{
    struct record_call *call;

    record->is_full = record->is_full || record->call_count == RECORD_CALLS;
    if (record->is_full)
        return NULL;
    call = &record->calls[record->call_count++];
    *call = (struct record_call){.kind = kind,
                                 .device = (uint32_t)(device - devices),
                                 .line = record->line_count,
                                 .blocks = {record->block_count, 0},
                                 .fixes = {record->fix_count, 0},
                                 .handles = {record->handle_count, 0},
                                 .lists = {record->list_count, 0}};
    allocations = 0;
    current = call;
    return call;
}

static void end_call(struct record_call *call, ov2_result result, uint32_t status)
{
    current = NULL;
    if (!call)
        return;
    call->has_returned = true;
    call->result = result;
    call->status = status;
}

static struct record_block *new_block(struct record_call *call, const uint8_t *bytes, uint32_t size)
{
    struct record_block *block;

    record->is_full = record->is_full || record->block_count == RECORD_BLOCKS;
    if (record->is_full)
        return NULL;
    block = &record->blocks[record->block_count++];
    *block = (struct record_block){.size = size, .at = keep_bytes(bytes, size)};
    call->blocks.count++;
    return block;
}

/* The block of the current call that an address lies in, taken in if it is memory that the suite lends; or UINT32_MAX.
 */
static uint32_t block_of(struct record_call *call, uint32_t *offset, uintptr_t address)
{
    struct guard_block lent;
    struct record_block *block;
    bool is_live;

    if (!guard_block_of(&lent, &is_live, address))
        return UINT32_MAX;
    *offset = (uint32_t)(address - (uintptr_t)lent.device);
    for (uint32_t i = call->blocks.first; i < record->block_count; i++) {
        if (record->blocks[i].address == (uintptr_t)lent.device)
            return i;
    }
    block = new_block(call, lent.host, (uint32_t)lent.size);
    if (!block)
        return UINT32_MAX;
    block->address = (uintptr_t)lent.device;
    block->is_live = is_live;
    return (uint32_t)(block - record->blocks);
}

/* ---- Handles and pointers ---- */

/* The handle that a value is, or is a twist of; the latest counts.  Small numbers mean the same in each run. */
static bool find_handle(uint32_t *handle, uint64_t value)
{
    static const enum trace_twist twists[] = {TWIST_NONE, TWIST_NEXT, TWIST_HIGH, TWIST_TOP, TWIST_LOW};

    for (size_t t = 0; value > UINT16_MAX && t < sizeof twists / sizeof twists[0]; t++) {
        for (uint32_t i = record->handle_count; i-- > 0;) {
            const struct record_handle *known = &record->handles[i];
            if (known->is_known && known->value > UINT16_MAX && list_twist(known->value, twists[t]) == value) {
                *handle = i;
                return true;
            }
        }
    }
    return false;
}

static void add_fix(struct record_call *call, struct record_fix fix)
{
    record->is_full = record->is_full || record->fix_count == RECORD_FIXES;
    if (record->is_full)
        return;
    record->fixes[record->fix_count++] = fix;
    call->fixes.count++;
    /* what it was in this run is of no use */
    memset(record->bytes + record->blocks[fix.block].at + fix.at, 0, sizeof(uint64_t));
}

/* Each word of a block that is an address of ours or a handle. */
static void fix_block(struct record_call *call, uint32_t index)
{
    for (uint32_t at = 0; at + sizeof(uint64_t) <= record->blocks[index].size; at += sizeof(uint64_t)) {
        uint64_t value;
        uint32_t offset;
        uint32_t target;
        memcpy(&value, record->bytes + record->blocks[index].at + at, sizeof value);
        target = block_of(call, &offset, (uintptr_t)value);
        if (target != UINT32_MAX) {
            add_fix(call, (struct record_fix){RECORD_POINTER, index, at, target, offset});
        } else if (find_handle(&target, value)) {
            uint64_t more = value - record->handles[target].value;
            add_fix(call, (struct record_fix){RECORD_HANDLE, index, at, target, more});
        }
    }
}

static void add_handle(struct record_call *call, uint32_t block, uint32_t at)
{
    record->is_full = record->is_full || record->handle_count == RECORD_HANDLES;
    if (record->is_full)
        return;
    record->handles[record->handle_count++] = (struct record_handle){.block = block, .at = at};
    call->handles.count++;
}

/* Where the elements of an ADD get their handles: the list as its Next pointers lead. */
static void find_elements(struct record_call *call, uintptr_t head)
{
    bool is_ex = call->oid == OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX;
    uint32_t handle_at = is_ex ? (uint32_t)offsetof(struct ipsec_offload_v2_add_sa_ex, OffloadHandle)
                               : (uint32_t)offsetof(struct ipsec_offload_v2_add_sa, OffloadHandle);
    uint32_t most = record->block_count * 64u; /* a list may be a circle */
    uint32_t at;

    for (uint32_t n = 0; head != 0 && n < most && !record->is_full; n++) {
        uint32_t block = block_of(call, &at, head);
        const struct record_block *of = block == UINT32_MAX ? NULL : &record->blocks[block];
        if (!of || at + handle_at + sizeof(void *) > of->size)
            return;
        for (uint32_t i = call->handles.first; i < record->handle_count; i++) {
            if (record->handles[i].block == block && record->handles[i].at == at + handle_at)
                return;
        }
        add_handle(call, block, at + handle_at);
        if (is_ex)
            return;
        memcpy(&head, record->bytes + of->at + at + LIST_NEXT_AT, sizeof head);
    }
}

/* The request is over, its memory still as the driver left it. */
static void take_handles(const struct record_call *call)
{
    for (uint32_t i = call->handles.first; i < call->handles.first + call->handles.count; i++) {
        struct record_handle *handle = &record->handles[i];
        struct guard_block lent;
        bool is_live;
        if (handle->is_known || !guard_block_of(&lent, &is_live, record->blocks[handle->block].address) || !is_live)
            continue;
        memcpy(&handle->value, lent.host + handle->at, sizeof(void *));
        handle->is_known = true;
    }
}

/* ---- What the host is told ---- */

static void on_request_completed(struct ov2_host *host, struct ndis_oid_request *request, uint32_t door,
                                 uint32_t status)
{
    enter();
    for (uint32_t i = record->call_count; i-- > 0;) {
        const struct record_call *call = &record->calls[i];
        if (call->kind == RECORD_REQUEST && call->blocks.count > 0 &&
            record->blocks[call->root].address == (uintptr_t)request) {
            take_handles(call);
            break;
        }
    }
    leave();
    host_ops->request_completed(host, request, door, status);
}

static void *on_allocate(struct ov2_host *host, uint32_t size, uint32_t pool_tag)
{
    void *memory = host_ops->allocate(host, size, pool_tag);

    allocations++;
    if (!memory && current && current->starved == 0)
        current->starved = allocations;
    return memory;
}

/* ---- The adapter ---- */

static void copy_config(struct record_call *call, const struct ov2_config *config)
{
    call->number = config->system_ndis_version;
    call->media = config->media_header_len;
    call->options = config->options ? keep_text(config->options, strlen(config->options)) : NULL;
    for (uint32_t i = 0; i < config->keyword_count && i < RECORD_KEYWORDS; i++) {
        const struct ov2_keyword *keyword = &config->keywords[i];
        call->keywords[i] = *keyword;
        call->keywords[i].name = keep_text(keyword->name, strlen(keyword->name));
        call->keyword_count++;
    }
}

static ov2_result on_open(struct ov2_device **out, const struct ov2_config *config)
{
    struct ov2_config own = *config;
    struct ov2_device *device = devices;
    struct record_call *call;
    ov2_result result;

    while (device->is_used) {
        if (++device == devices + RECORD_DEVICES)
            return OV2_BROKEN;
    }
    *device = (struct ov2_device){.is_used = true};
    call = new_call(RECORD_OPEN, device);
    if (call)
        copy_config(call, config);
    host_ops = config->ops;
    own_ops = *host_ops;
    own_ops.request_completed = on_request_completed;
    own_ops.allocate = on_allocate;
    own.ops = &own_ops;
    result = real->open(&device->real, &own);
    device->is_used = result == OV2_OK && device->real;
    *out = device->is_used ? device : NULL;
    end_call(call, result, 0);
    return result;
}

static void on_close(struct ov2_device *device)
{
    struct record_call *call;

    if (!device)
        return;
    call = new_call(RECORD_CLOSE, device);
    real->close(device->real);
    device->is_used = false;
    end_call(call, OV2_OK, 0);
}

static ov2_result on_registration(struct ov2_device *device, struct ov2_registration *registration)
{
    return real->registration(device->real, registration);
}

static void copy_request(struct record_call *call, const struct ndis_oid_request *request)
{
    uint32_t offset;

    call->oid = request->DATA.SET_INFORMATION.Oid;
    call->root = block_of(call, &offset, (uintptr_t)request);
    if (call->root == UINT32_MAX) {
        record->is_full = true;
        call->root = 0;
        return;
    }
    if (call->oid == OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA || call->oid == OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX)
        find_elements(call, (uintptr_t)request->DATA.SET_INFORMATION.InformationBuffer);
    for (uint32_t i = call->blocks.first; i < record->block_count; i++) {
        if (record->blocks[i].is_live)
            fix_block(call, i);
    }
}

static ov2_result on_request(struct ov2_device *device, uint32_t *status, struct ndis_oid_request *request,
                             uint32_t door)
{
    struct record_call *call = new_call(RECORD_REQUEST, device);
    ov2_result result;

    if (call) {
        call->door = door;
        enter();
        copy_request(call, request);
        leave();
    }
    result = real->request(device->real, status, request, door);
    if (call && *status != NDIS_STATUS_PENDING)
        take_handles(call);
    end_call(call, result, *status);
    return result;
}

static ov2_result on_cancel(struct ov2_device *device, uint64_t id, uint32_t door)
{
    struct record_call *call = new_call(RECORD_CANCEL, device);
    ov2_result result;

    if (call) {
        call->door = door;
        call->number = id;
    }
    result = real->cancel(device->real, id, door);
    end_call(call, result, 0);
    return result;
}

static void copy_packets(struct record_call *call, struct record_range *range, const struct ov2_packet *packets,
                         uint32_t count, bool is_read_only)
{
    range->first = record->block_count;
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t n = 0; n < packets[i].count; n++) {
            const struct ov2_fragment *fragment = &packets[i].fragments[n];
            struct record_block *block = new_block(call, fragment->buffer, fragment->size);
            if (!block)
                return;
            block->is_live = true;
            block->is_read_only = is_read_only;
            block->offset = fragment->offset;
            block->length = fragment->length;
            block->ends_packet = n + 1 == packets[i].count;
            range->count++;
        }
    }
}

static struct record_slot slot_of(uint64_t value)
{
    struct record_slot slot = {.value = value};

    slot.is_handle = find_handle(&slot.target, value);
    if (slot.is_handle)
        slot.value = value - record->handles[slot.target].value;
    return slot;
}

static void copy_list(struct record_call *call, const struct ov2_send *list)
{
    struct record_list *copy;

    record->is_full = record->is_full || record->list_count == RECORD_LISTS;
    if (record->is_full)
        return;
    copy = &record->lists[record->list_count++];
    *copy = (struct record_list){.tag = list->tag,
                                 .flags = list->flags,
                                 .oob = list->oob,
                                 .ipsec = slot_of(list->oob.ipsec),
                                 .tunnel = slot_of(list->oob.tunnel)};
    call->lists.count++;
    copy_packets(call, &copy->blocks, list->packets, list->count, (list->flags & OV2_READ_ONLY) != 0);
}

static ov2_result on_send(struct ov2_device *device, const struct ov2_send *lists, uint32_t count)
{
    struct record_call *call = new_call(RECORD_SEND, device);
    ov2_result result;

    enter();
    for (uint32_t i = 0; call && i < count; i++)
        copy_list(call, &lists[i]);
    leave();
    result = real->send(device->real, lists, count);
    end_call(call, result, 0);
    return result;
}

static ov2_result on_receive(struct ov2_device *device, const struct ov2_packet *frames, uint32_t count)
{
    struct record_call *call = new_call(RECORD_RECEIVE, device);
    struct record_range all = {0, 0};
    ov2_result result;

    if (call)
        copy_packets(call, &all, frames, count, false);
    result = real->receive(device->real, frames, count);
    end_call(call, result, 0);
    return result;
}

static ov2_result on_event(struct ov2_device *device, uint32_t *status, uint32_t event)
{
    struct record_call *call = new_call(RECORD_EVENT, device);
    ov2_result result;

    if (call)
        call->number = event;
    result = real->event(device->real, status, event);
    end_call(call, result, *status);
    return result;
}

static ov2_result on_drain(struct ov2_device *device)
{
    struct record_call *call = new_call(RECORD_DRAIN, device);
    ov2_result result = real->drain(device->real);

    end_call(call, result, 0);
    return result;
}

const struct ov2_adapter *record_begin(struct recording *recording, const struct ov2_adapter *of)
{
    static struct ov2_adapter adapter;

    record = recording;
    real = of;
    memset(devices, 0, sizeof devices);
    adapter = *of;
    adapter.size = sizeof adapter;
    adapter.open = on_open;
    adapter.close = on_close;
    adapter.registration = on_registration;
    adapter.request = on_request;
    adapter.cancel = on_cancel;
    adapter.send = on_send;
    adapter.receive = on_receive;
    adapter.event = of->event ? on_event : NULL;
    adapter.drain = on_drain;
    return &adapter;
}
