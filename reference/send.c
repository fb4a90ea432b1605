/* SPDX-License-Identifier: MIT */
#include "send.h"

#include "buffer.h"
#include "fault.h"
#include "packet.h"
#include "protect.h"

/* One list under way.  Its packets lie one behind the other in the buffer, each with room for an ICV that the stack did
 * not provide for; without a buffer they are sent as they are. */
struct sending {
    const struct ov2_send *list;
    struct buffer buffer;
    uint32_t room;
    bool copied;
};

/* refusal: the status that the state of the device demands, or SUCCESS. */
static uint32_t refusal(const struct ov2_device *nic)
{
    if (nic->removed)
        return NDIS_STATUS_FAILURE;
    if (nic->paused)
        return FAULTY(NDIS_STATUS_PAUSED, PAUSED_SENDS_FAIL, NDIS_STATUS_FAILURE);
    return FAULTY(nic->low_power, SENDS_IN_LOW_POWER, false) ? NDIS_STATUS_LOW_POWER_STATE : NDIS_STATUS_SUCCESS;
}

static bool protect_all(struct ov2_device *nic, struct sending *sending, const struct protection *protection)
{
    uint32_t at = 0;

    for (uint32_t i = 0; i < sending->list->count; i++) {
        const struct ov2_packet *packet = &sending->list->packets[i];
        uint32_t len = (uint32_t)packet_len(packet);
        uint8_t *frame = sending->buffer.data + at;

        if (!packet_gather(frame, len, packet))
            return false;
        for (uint32_t n = 0; n < sending->room; n++)
            frame[len + n] = 0;
        if (FAULTY(true, PROTECTS_FIRST_PACKET_ONLY, i == 0) &&
            !protect_frame(nic, protection, frame, len + sending->room))
            return false;
        at += len + sending->room;
    }
    return true;
}

/* needed_size: what all packets take; 0 if one of them is too long. */
static uint32_t needed_size(const struct sending *sending)
{
    uint64_t size = 0;

    for (uint32_t i = 0; i < sending->list->count; i++) {
        uint64_t len = packet_len(&sending->list->packets[i]);
        if (len > PACKET_FRAME_MAX)
            return 0;
        size += len + sending->room;
    }
    return size <= UINT32_MAX ? (uint32_t)size : 0;
}

/* prepare: everything that needs the lock; SUCCESS means that the packets may leave. */
static uint32_t prepare(struct ov2_device *nic, struct sending *sending)
{
    const struct ov2_oob *oob = &sending->list->oob;
    uint32_t status = refusal(nic);
    struct protection protection = {NULL, NULL, 0};
    bool needed = false;
    uint32_t size = 0;

    if (status != NDIS_STATUS_SUCCESS)
        return status;
    /* Segmentation is not offered, and a large packet must not leave whole. */
    if (oob->large_send != 0)
        return NDIS_STATUS_FAILURE;
    if (!protect_find(&protection, &needed, nic, oob))
        return FAULTY(NDIS_STATUS_FAILURE, UNKNOWN_HANDLE_GOES_PLAIN, NDIS_STATUS_SUCCESS);
    if (!needed || FAULTY(false, PLAIN_WHILE_REQUEST_WAITS, nic->first_pended != NULL))
        return NDIS_STATUS_SUCCESS;
    sending->room = protect_room(nic, &protection);
    size = needed_size(sending);
    if (size == 0)
        return sending->list->count == 0 ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
    if (!buffer_take(&sending->buffer, nic, size))
        return NDIS_STATUS_RESOURCES;
    sending->copied = true;
    return protect_all(nic, sending, &protection) ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}

static void transmit(struct ov2_device *nic, const struct sending *sending)
{
    const struct ov2_host_ops *ops = nic->memory.ops;
    uint32_t at = 0;

    for (uint32_t i = 0; i < sending->list->count; i++) {
        const struct ov2_packet *packet = &sending->list->packets[i];

        if (!sending->copied) {
            ops->transmitted(nic->memory.host, packet);
            continue;
        }
        uint32_t len = (uint32_t)packet_len(packet) + sending->room;
        struct ov2_fragment fragment = {sending->buffer.data + at, len, 0, len, 0};
        struct ov2_packet frame = {&fragment, 1, 0};
        ops->transmitted(nic->memory.host, &frame);
        at += len;
    }
}

void send_list(struct ov2_device *nic, const struct ov2_send *list)
{
    struct sending sending = {.list = list};

    nic_lock(nic);
    uint32_t status = prepare(nic, &sending);
    nic_unlock(nic);
    if (status == NDIS_STATUS_SUCCESS)
        transmit(nic, &sending);
    if (sending.copied) {
        nic_lock(nic);
        buffer_give(&sending.buffer, nic);
        nic_unlock(nic);
    }
    if (FAULTY(true, LOSES_SEND_WHILE_REQUEST_WAITS, nic->first_pended == NULL))
        nic->memory.ops->send_completed(nic->memory.host, list->tag, status, &list->oob);
}
