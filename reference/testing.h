/* SPDX-License-Identifier: MIT */
/*
 * What the unit tests share: CHECK, a host that remembers, and the plainest valid requests.  A test includes this once
 * and returns testing_failures != 0.
 */
#ifndef OV2_REFERENCE_TESTING_H
#define OV2_REFERENCE_TESTING_H

#include "bytes.h"
#include "ov2/adapter.h"
#include "ov2/ndis_ipsec.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned testing_failures;

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                            \
            testing_failures++;                                                                                        \
        }                                                                                                              \
    } while (0)

#define TESTING_FRAME_MAX 4096u
#define TESTING_DONE_MAX  16u

#define TESTING_WIRE_MAX 64u

/* Frames that left, for a test that wants them all. */
struct testing_wire {
    uint8_t frames[TESTING_WIRE_MAX][TESTING_FRAME_MAX];
    uint32_t lens[TESTING_WIRE_MAX];
};

struct ov2_host {
    int64_t live;                     /* blocks that were allocated and not released */
    int64_t fail_after;               /* allocations that still succeed; negative: all */
    uint8_t frame[TESTING_FRAME_MAX]; /* the last one transmitted or indicated */
    uint32_t frame_len;
    struct ov2_oob oob;
    uint32_t transmitted, indicated, completed, sent, events, statuses, logged;
    struct ndis_oid_request *done[TESTING_DONE_MAX];
    uint32_t done_status[TESTING_DONE_MAX];
    uint32_t send_status;
    struct ov2_oob sent_oob;   /* of the last list that was completed */
    struct testing_wire *wire; /* or NULL */
    uint32_t status_code;
    struct ndis_offload offload; /* of the last status indication */
};

static inline void testing_keep(struct ov2_host *host, const struct ov2_packet *packet)
{
    host->frame_len = 0;
    for (uint32_t i = 0; i < packet->count; i++) {
        const struct ov2_fragment *fragment = &packet->fragments[i];
        memcpy(host->frame + host->frame_len, fragment->buffer + fragment->offset, fragment->length);
        host->frame_len += fragment->length;
    }
}

static inline void testing_transmitted(struct ov2_host *host, const struct ov2_packet *packet)
{
    testing_keep(host, packet);
    if (host->wire != NULL && host->transmitted < TESTING_WIRE_MAX) {
        memcpy(host->wire->frames[host->transmitted], host->frame, host->frame_len);
        host->wire->lens[host->transmitted] = host->frame_len;
    }
    host->transmitted++;
}

static inline void testing_send_completed(struct ov2_host *host, uint64_t tag, uint32_t status,
                                          const struct ov2_oob *oob)
{
    (void)tag;
    host->sent_oob = *oob;
    host->send_status = status;
    host->sent++;
}

static inline void testing_indicated(struct ov2_host *host, const struct ov2_packet *packet, const struct ov2_oob *oob)
{
    testing_keep(host, packet);
    host->oob = *oob;
    host->indicated++;
}

static inline void testing_request_completed(struct ov2_host *host, struct ndis_oid_request *request, uint32_t door,
                                             uint32_t status)
{
    CHECK(door == OV2_DOOR_DIRECT);
    if (host->completed < TESTING_DONE_MAX) {
        host->done[host->completed] = request;
        host->done_status[host->completed] = status;
    }
    host->completed++;
}

static inline void testing_event_completed(struct ov2_host *host, uint32_t event, uint32_t status)
{
    (void)event;
    CHECK(status == NDIS_STATUS_SUCCESS);
    host->events++;
}

static inline void testing_status_indicated(struct ov2_host *host, uint32_t code, const void *buffer, uint32_t length)
{
    host->status_code = code;
    memset(&host->offload, 0, sizeof(host->offload));
    memcpy(&host->offload, buffer, length);
    host->statuses++;
}

static inline void testing_violated(struct ov2_host *host, const char *rule, const char *text)
{
    (void)host;
    (void)rule;
    (void)text;
}

static inline void testing_log(struct ov2_host *host, const char *line)
{
    (void)line;
    host->logged++;
}

static inline uint32_t testing_irql(struct ov2_host *host)
{
    (void)host;
    return 2;
}

static inline void *testing_allocate(struct ov2_host *host, uint32_t size, uint32_t pool_tag)
{
    (void)pool_tag;
    if (host->fail_after == 0)
        return NULL;
    if (host->fail_after > 0)
        host->fail_after--;
    host->live++;
    return calloc(1, size);
}

static inline void testing_release(struct ov2_host *host, void *block)
{
    if (block != NULL)
        host->live--;
    free(block);
}

static inline const struct ov2_host_ops *testing_ops(void)
{
    static struct ov2_host_ops ops;

    ops.size = sizeof(ops);
    ops.transmitted = testing_transmitted;
    ops.send_completed = testing_send_completed;
    ops.indicated = testing_indicated;
    ops.request_completed = testing_request_completed;
    ops.event_completed = testing_event_completed;
    ops.status_indicated = testing_status_indicated;
    ops.violated = testing_violated;
    ops.log = testing_log;
    ops.irql = testing_irql;
    ops.allocate = testing_allocate;
    ops.release = testing_release;
    return &ops;
}

static inline void testing_host(struct ov2_host *host)
{
    memset(host, 0, sizeof(*host));
    host->fail_after = -1;
}

static inline const struct ov2_adapter *testing_adapter(void)
{
    static const struct ov2_adapter *adapter;

    if (adapter == NULL)
        adapter = OV2_ADAPTER_GET(OV2_ABI);
    return adapter;
}

static inline struct ov2_device *testing_open(struct ov2_host *host, const char *options)
{
    struct ov2_config config;
    struct ov2_device *device = NULL;

    memset(&config, 0, sizeof(config));
    config.size = sizeof(config);
    config.system_ndis_version = 0x60032;
    config.media_header_len = 14;
    config.ops = testing_ops();
    config.host = host;
    config.options = options;
    return testing_adapter()->open(&device, &config) == OV2_OK ? device : NULL;
}

static inline struct ndis_object_header testing_header(uint8_t type, size_t size)
{
    struct ndis_object_header header = {type, 1, (uint16_t)size};

    return header;
}

static inline struct ndis_oid_request testing_request(uint32_t oid, void *buffer, uint32_t length)
{
    struct ndis_oid_request request;

    memset(&request, 0, sizeof(request));
    request.Header = testing_header(NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_SIZEOF_OID_REQUEST_REVISION_1);
    request.RequestType = NDIS_REQUEST_SET_INFORMATION;
    request.DATA.SET_INFORMATION.Oid = oid;
    request.DATA.SET_INFORMATION.InformationBuffer = buffer;
    request.DATA.SET_INFORMATION.InformationBufferLength = length;
    return request;
}

/* testing_submit: one request at its own door, carried out inline. */
static inline uint32_t testing_submit(struct ov2_device *device, uint32_t oid, void *buffer, uint32_t length)
{
    struct ndis_oid_request request = testing_request(oid, buffer, length);
    bool normal = oid == OID_TCP_OFFLOAD_PARAMETERS || oid == OID_OFFLOAD_ENCAPSULATION;
    uint32_t status = 0xEEEEEEEEu;

    CHECK(testing_adapter()->request(device, &status, &request, normal ? OV2_DOOR_NORMAL : OV2_DOOR_DIRECT) == OV2_OK);
    return status;
}

static inline void testing_receive_on(struct ov2_device *device)
{
    struct ndis_offload_encapsulation encapsulation;
    uint32_t size = NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1;

    encapsulation.Header = testing_header(NDIS_OBJECT_TYPE_OFFLOAD_ENCAPSULATION, size);
    encapsulation.IPv4.Enabled = NDIS_OFFLOAD_SET_ON;
    encapsulation.IPv4.EncapsulationType = NDIS_ENCAPSULATION_IEEE_802_3;
    encapsulation.IPv4.HeaderSize = 14;
    encapsulation.IPv6 = encapsulation.IPv4;
    CHECK(testing_submit(device, OID_OFFLOAD_ENCAPSULATION, &encapsulation, size) == NDIS_STATUS_SUCCESS);
}

/* An ADD_SA element with room for its keys. */
struct testing_add {
    struct ipsec_offload_v2_add_sa sa;
    uint8_t more_keys[128];
};

static inline uint8_t *testing_keys(struct testing_add *add)
{
    return (uint8_t *)add + offsetof(struct ipsec_offload_v2_add_sa, KeyData);
}

static inline uint32_t testing_add_len(const struct testing_add *add)
{
    return (uint32_t)offsetof(struct ipsec_offload_v2_add_sa, KeyData) + add->sa.KeyLength;
}

/* testing_gcm: an IPv4 ESP bundle with AES-GCM-128 between any addresses. */
static inline struct testing_add testing_gcm(uint32_t flags, uint32_t spi)
{
    struct testing_add add;

    memset(&add, 0, sizeof(add));
    add.sa.Header = testing_header(NDIS_OBJECT_TYPE_DEFAULT, NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_REVISION_1);
    add.sa.NumExtHdrs = 1;
    add.sa.Flags = flags;
    add.sa.KeyLength = 20;
    add.sa.SecAssoc[0].Operation = IPSEC_OFFLOAD_V2_OPERATION_ESP;
    put_be32((uint8_t *)&add.sa.SecAssoc[0].Spi, spi);
    add.sa.SecAssoc[0].EncryptionAlgorithm.Identifier = IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_128;
    add.sa.SecAssoc[0].EncryptionAlgorithm.KeyLength = 20;
    memset(testing_keys(&add), 0x5A, 20);
    return add;
}

/* testing_hex: the bytes of a hexadecimal text; their number. */
static inline uint32_t testing_hex(uint8_t *out, const char *hex)
{
    uint32_t len = 0;

    for (; hex[0] != '\0'; hex += 2) {
        char digits[3] = {hex[0], hex[1], '\0'};
        out[len++] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return len;
}

/* testing_send_oob: one packet in two fragments, split in the middle of its headers. */
static inline void testing_send_oob(struct ov2_device *device, uint8_t *frame, uint32_t len, const struct ov2_oob *oob)
{
    struct ov2_fragment fragments[2] = {{frame, 37, 0, 37, 0}, {frame, len, 37, len - 37, 0}};
    struct ov2_packet packet = {fragments, 2, 0};
    struct ov2_send list;

    memset(&list, 0, sizeof(list));
    list.size = sizeof(list);
    list.packets = &packet;
    list.count = 1;
    list.oob = *oob;
    CHECK(testing_adapter()->send(device, &list, 1) == OV2_OK);
}

static inline void testing_send(struct ov2_device *device, uint8_t *frame, uint32_t len, uint64_t handle,
                                uint64_t header)
{
    struct ov2_oob oob;

    memset(&oob, 0, sizeof(oob));
    oob.ipsec = handle;
    oob.header = header;
    testing_send_oob(device, frame, len, &oob);
}

static inline void testing_receive(struct ov2_device *device, uint8_t *frame, uint32_t len)
{
    struct ov2_fragment fragment = {frame, len, 0, len, 0};
    struct ov2_packet packet = {&fragment, 1, 0};

    CHECK(testing_adapter()->receive(device, &packet, 1) == OV2_OK);
}

#endif
