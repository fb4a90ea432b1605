/* SPDX-License-Identifier: MIT */
/*
 * A host that folds all it is told into one number, and the calls of a battery: fault_test.c compares two runs by it.
 */
#ifndef OV2_REFERENCE_TESTING_SEEN_H
#define OV2_REFERENCE_TESTING_SEEN_H

#include "testing.h"

#define ADD     OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA
#define ADD_EX  OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX
#define UPDATE  OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA
#define DELETE  OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA
#define INBOUND IPSEC_OFFLOAD_V2_INBOUND

static uint64_t seen; /* digest of all that was observed */
static char fault_option[64];

static inline void see(uint64_t word)
{
    seen = bytes_mix(seen + word) ^ word;
}

static inline void see_bytes(const uint8_t *bytes, uint32_t len)
{
    see(len);
    for (uint32_t i = 0; i < len; i++)
        see(bytes[i]);
}

/* keys_in: whether a block that is released still holds the marker key. */
static inline bool keys_in(const uint8_t *block, uint32_t len)
{
    uint32_t run = 0;

    for (uint32_t i = 0; i < len && run < 16; i++)
        run = block[i] == 0x5A ? run + 1 : 0;
    return run >= 16;
}

static struct ov2_host host;
static struct ov2_host_ops ops;

static inline void *allocate(struct ov2_host *owner, uint32_t size, uint32_t tag)
{
    uint32_t *block = (uint32_t *)testing_allocate(owner, size + 16, tag);

    if (block == NULL)
        return NULL;
    block[0] = size;
    return block + 4;
}

static inline void release(struct ov2_host *owner, void *block)
{
    uint32_t *start = block != NULL ? (uint32_t *)block - 4 : NULL;

    if (start != NULL && keys_in((const uint8_t *)block, start[0]))
        see(1);
    testing_release(owner, start);
}

static inline void request_completed(struct ov2_host *owner, struct ndis_oid_request *request, uint32_t door,
                                     uint32_t status)
{
    see(door);
    see(status);
    owner->completed++;
    memset(request->MiniportReserved, 0xDD, sizeof(request->MiniportReserved));
    memset(request->DATA.SET_INFORMATION.InformationBuffer, 0xDD, 4);
}

static inline void indicated(struct ov2_host *owner, const struct ov2_packet *packet, const struct ov2_oob *oob)
{
    testing_indicated(owner, packet, oob);
    see_bytes(owner->frame, owner->frame_len);
    see(oob->ipsec);
    see(oob->header);
}

static inline void transmitted(struct ov2_host *owner, const struct ov2_packet *packet)
{
    testing_transmitted(owner, packet);
    see_bytes(owner->frame, owner->frame_len);
}

static inline struct ov2_device *open_device(const char *options)
{
    struct ov2_config config;
    struct ov2_device *device = NULL;
    char words[160];

    snprintf(words, sizeof(words), "%s%s", options, fault_option);
    ops = *testing_ops();
    ops.allocate = allocate;
    ops.release = release;
    ops.request_completed = request_completed;
    ops.indicated = indicated;
    ops.transmitted = transmitted;
    memset(&config, 0, sizeof(config));
    config.size = sizeof(config);
    config.media_header_len = 14;
    config.ops = &ops;
    config.host = &host;
    config.options = words;
    CHECK(testing_adapter()->open(&device, &config) == OV2_OK);
    testing_receive_on(device);
    return device;
}

static inline void close_device(struct ov2_device *device)
{
    testing_adapter()->close(device);
    see((uint64_t)host.live);
}

/* submit: with everything that a request returns. */
static inline uint32_t submit(struct ov2_device *device, uint32_t oid, uint32_t type, void *buffer, uint32_t length)
{
    struct ndis_oid_request request = testing_request(oid, buffer, length);
    uint32_t status = 0;

    request.RequestType = type;
    request.SupportedRevision = 0xEE;
    testing_adapter()->request(device, &status, &request, OV2_DOOR_DIRECT);
    see(status);
    see(request.SupportedRevision);
    see(request.DATA.SET_INFORMATION.BytesRead);
    see(request.DATA.SET_INFORMATION.BytesNeeded);
    see_bytes(request.SourceReserved, sizeof(request.SourceReserved));
    return status;
}

static inline uint32_t set(struct ov2_device *device, uint32_t oid, void *buffer, uint32_t length)
{
    return submit(device, oid, NDIS_REQUEST_SET_INFORMATION, buffer, length);
}

static inline uint64_t add(struct ov2_device *device, struct testing_add *element)
{
    uint8_t *block = (uint8_t *)malloc(testing_add_len(element));

    memcpy(block, element, testing_add_len(element));
    set(device, ADD, block, testing_add_len(element));
    memcpy(element, block, testing_add_len(element));
    free(block);
    see(element->sa.OffloadHandle != NULL);
    return (uintptr_t)element->sa.OffloadHandle;
}

static inline uint64_t add_plain(struct ov2_device *device, uint32_t flags, uint32_t spi)
{
    struct testing_add element = testing_gcm(flags, spi);

    return add(device, &element);
}

/* An IPv4 frame with ESP: payload of 8 bytes and a trailer, room for an ICV. */
struct frame {
    uint8_t bytes[128];
    uint32_t len;
};

static inline struct frame frame_of(uint32_t spi, uint32_t options_len, uint32_t icv_len)
{
    static const uint8_t TEXT[12] = {'p', 'l', 'a', 'i', 'n', 't', 'e', 'x', 1, 2, 2, 17};
    struct frame frame;
    uint32_t esp = 34 + options_len;

    memset(&frame, 0, sizeof(frame));
    frame.len = esp + 16 + (uint32_t)sizeof(TEXT) + icv_len;
    put_be16(frame.bytes + 12, 0x0800);
    frame.bytes[14] = (uint8_t)(0x45 + options_len / 4);
    put_be16(frame.bytes + 16, frame.len - 14);
    frame.bytes[23] = 50;
    frame.bytes[26] = frame.bytes[30] = 10;
    memset(frame.bytes + 34, 1, options_len);
    put_be32(frame.bytes + esp, spi);
    memcpy(frame.bytes + esp + 16, TEXT, sizeof(TEXT));
    return frame;
}

static inline void send_frame(struct ov2_device *device, const struct frame *frame, uint64_t handle,
                              uint32_t esp_offset)
{
    struct ov2_fragment fragment = {(uint8_t *)(uintptr_t)frame->bytes, frame->len, 0, frame->len, 0};
    struct ov2_packet packets[2] = {{&fragment, 1, 0}, {&fragment, 1, 0}};
    struct ov2_send list;

    memset(&list, 0, sizeof(list));
    list.size = sizeof(list);
    list.packets = packets;
    list.count = 2;
    list.oob.ipsec = handle;
    list.oob.header = ov2_header_send(17, 2, 0, esp_offset);
    testing_adapter()->send(device, &list, 1);
    see(host.send_status);
}

static inline void receive_frame(struct ov2_device *device, struct frame *frame)
{
    uint8_t *block = (uint8_t *)malloc(frame->len);
    struct ov2_fragment fragment = {block, frame->len, 0, frame->len, 0};
    struct ov2_packet packet = {&fragment, 1, 0};

    memcpy(block, frame->bytes, frame->len);
    testing_adapter()->receive(device, &packet, 1);
    free(block);
    see(host.indicated);
}

/* loop: what was sent last comes back, changed in one byte. */
static inline void loop(struct ov2_device *device, uint32_t at, uint8_t flip)
{
    struct frame frame;

    frame.len = host.frame_len;
    memcpy(frame.bytes, host.frame, frame.len);
    frame.bytes[at] ^= flip;
    receive_frame(device, &frame);
    memcpy(host.frame, frame.bytes, frame.len);
    host.frame[at] ^= flip;
    host.frame_len = frame.len;
}

static inline void happen(struct ov2_device *device, uint32_t event)
{
    uint32_t status = 0;

    testing_adapter()->event(device, &status, event);
    see(status);
}

#endif
