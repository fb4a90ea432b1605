/* SPDX-License-Identifier: MIT */
#include "send.h"

#include "buffer.h"
#include "fault.h"
#include "large.h"
#include "task.h"
#include "wrong_data.h"
#include "wrong_life.h"
#include "config.h"

/* Lists ahead, whose work takes about as long as memory: first the slot of one comes, then its SA. */
#define SA_AHEAD   4u
#define SLOT_AHEAD 8u

/* One list under way.  Its frames lie one behind the other in the buffer, each with room for an ICV that the stack did
 * not provide for; without a buffer they are sent as they are. */
struct sending {
    const struct ov2_send *list;
    struct protection protection;
    struct buffer buffer;
    uint32_t room;
    bool copied;
    bool is_large;
    struct large large;     /* how its only packet is cut into the frames in the buffer; set when it was planned */
    struct buffer template; /* that packet */
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

/* make_frame: a packet with an SA is protected; of one without only the checksums are filled in. */
static bool make_frame(const struct ov2_device *nic, const struct protection *protection, uint8_t *frame, uint32_t len)
{
    struct packet packet;
    struct task task;

    if (protection->sa != NULL)
        return protect_frame(nic, protection, frame, len);
    if (packet_parse(&packet, frame, len) == PACKET_OTHER)
        return true;
    if (task_find_plain(&task, &packet))
        task_fill(&task, protection->checksum);
    task_fill_ip(&packet, protection->checksum);
    return true;
}

/* packet_of: the wire has them in the order of the list. */
static const struct ov2_packet *packet_of(const struct sending *sending, uint32_t i)
{
    return &sending->list->packets[FAULTY(i, REVERSES_PACKETS, sending->list->count - 1 - i)];
}

static bool make_frames(struct ov2_device *nic, struct sending *sending)
{
    uint32_t at = 0;

    for (uint32_t i = 0; i < sending->list->count; i++) {
        const struct ov2_packet *packet = packet_of(sending, i);
        uint32_t len = (uint32_t)packet_len(packet);
        uint8_t *frame = sending->buffer.data + at;

        if (!packet_gather(frame, len, packet) ||
            FAULTY(false, HEADERS_IN_FIRST_FRAGMENT, packet->count > 1 && packet->fragments[0].length < 42))
            return false;
        for (uint32_t n = 0; n < sending->room; n++)
            frame[len + n] = 0;
        if (FAULTY(true, PROTECTS_FIRST_PACKET_ONLY, i == 0) &&
            !make_frame(nic, &sending->protection, frame, len + sending->room))
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

/* prepare_packets: each packet is a frame. */
static uint32_t prepare_packets(struct ov2_device *nic, struct sending *sending)
{
    uint32_t size = 0;

    sending->room = sending->protection.sa != NULL ? protect_room(nic, &sending->protection) : 0;
    size = needed_size(sending);
    if (size == 0)
        return sending->list->count == 0 ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
    if (!buffer_take(&sending->buffer, nic, size))
        return NDIS_STATUS_RESOURCES;
    sending->copied = true;
    return make_frames(nic, sending) ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}

/* goes_whole: not even what is only switched off does. */
static bool goes_whole(const struct ov2_device *nic)
{
    bool is_off = nic->current.IPsecV2.LsoSupported && nic->current.LsoV2[OV2_LSO_ENCAPSULATION] == 0;

    return FAULTY(false, LARGE_GOES_WHOLE_WHEN_OFF, is_off);
}

/* refuse_large: a large packet must not leave whole. */
static uint32_t refuse_large(const struct ov2_device *nic, const struct sending *sending)
{
    bool plain = FAULTY(goes_whole(nic), LARGE_TUNNEL_GOES_PLAIN, sending->protection.tunnel != NULL);

    plain = FAULTY(plain, UNSUPPORTED_LARGE_GOES_PLAIN, !nic->current.IPsecV2.LsoSupported);
    return plain ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}

/* prepare_large: a list with one packet, which becomes many frames. */
static uint32_t prepare_large(struct ov2_device *nic, struct sending *sending)
{
    const struct ov2_packet *packet = sending->list->packets;
    struct large *large = &sending->large;
    uint64_t len = sending->list->count == 1 ? packet_len(packet) : 0;
    uint32_t at = 0;

    if (len == 0 || len > PACKET_FRAME_MAX)
        return NDIS_STATUS_FAILURE;
    if (!buffer_take(&sending->template, nic, (uint32_t)len))
        return NDIS_STATUS_RESOURCES;
    packet_gather(sending->template.data, (uint32_t)len, packet);
    if (!large_plan(large, nic, &sending->protection, sending->list->oob.large_send, sending->template.data,
                    (uint32_t)len))
        return refuse_large(nic, sending);
    if (!buffer_take(&sending->buffer, nic, large_size(large)))
        return NDIS_STATUS_RESOURCES;
    sending->copied = true;
    for (uint32_t i = 0; i < large->count; i++) {
        if (!large_make(large, sending->buffer.data + at, i))
            return NDIS_STATUS_FAILURE;
        at += large_frame_len(large, i);
    }
    return NDIS_STATUS_SUCCESS;
}

/* refuse_handles: a slot names no SA that could be used. */
static uint32_t refuse_handles(const struct ov2_device *nic, const struct sending *sending)
{
    const struct sa *sa = sa_find(&nic->table, sending->list->oob.ipsec);
    bool plain = FAULTY(false, INBOUND_HANDLE_GOES_PLAIN, sa != NULL && sa->inbound);

    plain = FAULTY(plain, PLAIN_WHILE_OFF, sa != NULL && !config_allows(nic, sa));
    return plain ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}

/* refuse_unknown: the same, where nothing depends on what it is. */
static uint32_t refuse_unknown(const struct ov2_device *nic, const struct sending *sending)
{
    uint32_t status = FAULTY(refuse_handles(nic, sending), UNKNOWN_HANDLE_GOES_PLAIN, NDIS_STATUS_SUCCESS);

    return FAULTY(status, UNKNOWN_LARGE_GOES_PLAIN, sending->is_large ? NDIS_STATUS_SUCCESS : status);
}

/* find: the SAs of the list, and whether it has any. */
static bool find(const struct ov2_device *nic, struct sending *sending, bool *needed)
{
    bool found = protect_find(&sending->protection, needed, nic, &sending->list->oob);

    if (!*needed && sending->list->count > 0)
        sending->protection.sa = FAULTY(NULL, LOOKS_FOR_SA, wrong_for_packet(&nic->table, sending->list->packets));
    *needed = *needed || sending->protection.sa != NULL;
    return found;
}

/* prepare: everything that needs the lock; SUCCESS means that the packets may leave. */
static uint32_t prepare(struct ov2_device *nic, struct sending *sending)
{
    uint32_t status = refusal(nic);
    bool needed = false;

    if (status != NDIS_STATUS_SUCCESS)
        return status;
    if (!find(nic, sending, &needed))
        return refuse_unknown(nic, sending);
    if (FAULTY(false, DROPS_WHILE_OFF, !needed && !nic->current.IPsecV2.Ah && !nic->current.IPsecV2.Esp))
        return NDIS_STATUS_FAILURE;
    if (sending->is_large)
        return prepare_large(nic, sending);
    if ((!needed && sending->protection.checksum == 0) ||
        FAULTY(false, PLAIN_WHILE_REQUEST_WAITS, nic->first_pended != NULL))
        return NDIS_STATUS_SUCCESS;
    return prepare_packets(nic, sending);
}

static void transmit_bytes(struct ov2_device *nic, uint8_t *data, uint32_t len)
{
    struct ov2_fragment fragment = {data, len, 0, len, 0};
    struct ov2_packet frame = {&fragment, 1, 0};

    nic->memory.ops->transmitted(nic->memory.host, &frame);
}

/* give_back: the caller's data is not ours, unless it may be changed. */
static void give_back(const struct ov2_device *nic, const struct sending *sending, const struct ov2_packet *packet,
                      const uint8_t *frame)
{
    bool read_only = (sending->list->flags & OV2_READ_ONLY) != 0;

    if (nic->options.in_place == IN_PLACE_YES && !read_only)
        packet_scatter(packet, frame);
    FAULTY((void)0, WRITES_READ_ONLY, read_only ? packet_scatter(packet, frame) : (void)0);
    FAULTY((void)0, CLEARS_TRAILER, read_only ? (void)0 : wrong_end(packet));
}

static void transmit(struct ov2_device *nic, const struct sending *sending)
{
    uint32_t count = sending->is_large && sending->copied ? sending->large.count : sending->list->count;
    uint32_t at = 0;

    for (uint32_t i = 0; i < count; i++) {
        const struct ov2_packet *packet = sending->is_large ? sending->list->packets : packet_of(sending, i);

        if (!sending->copied) {
            nic->memory.ops->transmitted(nic->memory.host, packet);
            continue;
        }
        uint32_t len =
            sending->is_large ? large_frame_len(&sending->large, i) : (uint32_t)packet_len(packet) + sending->room;
        transmit_bytes(nic, sending->buffer.data + at, len);
        if (!sending->is_large)
            give_back(nic, sending, packet, sending->buffer.data + at);
        at += len;
    }
}

/* complete: the slots are as they were, but for the one that tells what became of a large send. */
static void complete(struct ov2_device *nic, const struct sending *sending, uint32_t status)
{
    struct ov2_oob oob = sending->list->oob;

    FAULTY((void)0, WRITES_RECEIVE_FLAGS, (void)(oob.ipsec = OV2_OOB_CRYPTO_DONE));
    if (FAULTY(sending->is_large, LEAVES_LARGE_SLOT, false)) {
        uint32_t payload = sending->copied && status == NDIS_STATUS_SUCCESS ? sending->large.payload_len : 0;
        oob.large_send = ov2_large_completed(ov2_large_type(oob.large_send), payload);
    }
    if (FAULTY(true, RESET_LOSES_SENDS, !nic->held))
        nic->memory.ops->send_completed(nic->memory.host, sending->list->tag, status, &oob);
    else
        wrong_keep_back(sending->list->tag, status);
}

/* deliver: the frames, then the end of the list; its memory is the stack's again. */
static void deliver(struct ov2_device *nic, const struct sending *sending, uint32_t status)
{
    bool early = FAULTY(false, COMPLETES_BEFORE_SENDING, true);
    uint32_t told = FAULTY(status, FAILED_SENDS_SUCCEED, NDIS_STATUS_SUCCESS);

    if (early)
        complete(nic, sending, told);
    if (status == NDIS_STATUS_SUCCESS)
        transmit(nic, sending);
    if (!early)
        complete(nic, sending, told);
}

/* fetch_next: in a long chain the SA of a list comes from memory while those before it are under way. */
static void fetch_next(const struct ov2_device *nic, const struct ov2_send *lists, uint32_t count)
{
    if (count > SLOT_AHEAD)
        sa_fetch_slot(&nic->table, lists[SLOT_AHEAD].oob.ipsec);
    if (count > SA_AHEAD)
        sa_fetch(&nic->table, lists[SA_AHEAD].oob.ipsec);
}

/* send_first: of so many lists the first. */
static void send_first(struct ov2_device *nic, const struct ov2_send *lists, uint32_t count)
{
    struct sending sending;

    sending.list = lists;
    sending.buffer.block = NULL;
    sending.template.block = NULL;
    sending.copied = false;
    sending.is_large = lists->oob.large_send != 0;
    nic_lock(nic);
    fetch_next(nic, lists, count);
    uint32_t status = prepare(nic, &sending);
    nic_unlock(nic);
    if (FAULTY(true, LOSES_SEND_WHILE_REQUEST_WAITS, nic->first_pended == NULL))
        deliver(nic, &sending, status);
    if (sending.buffer.block != NULL || sending.template.block != NULL) {
        nic_lock(nic);
        if (sending.is_large)
            buffer_give(&sending.template, nic);
        if (sending.copied)
            buffer_give(&sending.buffer, nic);
        nic_unlock(nic);
    }
}

void send_lists(struct ov2_device *nic, const struct ov2_send *lists, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        FAULTY(send_first(nic, &lists[i], count - i), REVERSES_LISTS, send_first(nic, &lists[count - 1 - i], 1));
}
