/* SPDX-License-Identifier: MIT */
/*
 * How fast an adapter is, without the suite around it: `bench ADAPTER [OPTIONS]` submits requests from memory that is
 * built before the clock starts, and prints one JSON object.  All times are nanoseconds, each the least of several
 * rounds; what matters are the ratios.
 *
 *   add update delete lookup    one operation, with 1,000 and with 1,000,000 SAs in the table
 *   delete_list                 one element of a DELETE_SA list of 1 to 1,000,000 elements
 *   open_close                  one device
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "loader.h"
#include "ov2/adapter.h"
#include "ov2/ndis_ipsec.h"

#define KEY_LEN 20u /* AES-128 and its salt */
#define ROUNDS  5
#define SAMPLE  1000u /* operations of one round */
#define LARGE   1000000u

/* The stack's side of the device: counts, and gives memory. */
struct ov2_host {
    uint64_t packets;
    uint64_t completions;
};

static void on_transmitted(struct ov2_host *host, const struct ov2_packet *packet)
{
    (void)packet;
    host->packets++;
}

static void on_send_completed(struct ov2_host *host, uint64_t tag, uint32_t status, const struct ov2_oob *oob)
{
    (void)tag;
    (void)status;
    (void)oob;
    host->completions++;
}

static void on_indicated(struct ov2_host *host, const struct ov2_packet *packet, const struct ov2_oob *oob)
{
    (void)packet;
    (void)oob;
    host->packets++;
}

static void on_request_completed(struct ov2_host *host, struct ndis_oid_request *request, uint32_t door,
                                 uint32_t status)
{
    (void)request;
    (void)door;
    (void)status;
    host->completions++;
}

static void on_event_completed(struct ov2_host *host, uint32_t event, uint32_t status)
{
    (void)event;
    (void)status;
    host->completions++;
}

static void on_status(struct ov2_host *host, uint32_t code, const void *buffer, uint32_t length)
{
    (void)host;
    (void)code;
    (void)buffer;
    (void)length;
}

static void on_violated(struct ov2_host *host, const char *rule, const char *text)
{
    (void)host;
    fprintf(stderr, "bench: %s: %s\n", rule, text);
}

static void on_log(struct ov2_host *host, const char *line)
{
    (void)host;
    fprintf(stderr, "bench: %s\n", line);
}

static uint32_t irql(struct ov2_host *host)
{
    (void)host;
    return 0;
}

static void *allocate(struct ov2_host *host, uint32_t size, uint32_t pool_tag)
{
    (void)host;
    (void)pool_tag;
    return calloc(1, size);
}

static void release(struct ov2_host *host, void *memory)
{
    (void)host;
    free(memory);
}

static const struct ov2_host_ops ops = {
    sizeof(struct ov2_host_ops),
    0,
    on_transmitted,
    on_send_completed,
    on_indicated,
    on_request_completed,
    on_event_completed,
    on_status,
    on_violated,
    on_log,
    irql,
    allocate,
    release,
};

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- One device ---- */

struct bench {
    const struct ov2_adapter *adapter;
    struct ov2_device *device;
    struct ov2_host host;
    uint32_t next_spi;
};

static bool open_device(struct bench *bench, const char *options)
{
    struct ov2_config config;

    memset(&config, 0, sizeof config);
    config.size = sizeof config;
    config.system_ndis_version = 6u << 16 | 85u;
    config.media_header_len = 14;
    config.ops = &ops;
    config.host = &bench->host;
    config.options = options;
    return bench->adapter->open(&bench->device, &config) == OV2_OK;
}

static void fill_request(struct ndis_oid_request *request, uint32_t oid, void *buffer, uint32_t length)
{
    memset(request, 0, sizeof *request);
    request->Header.Type = NDIS_OBJECT_TYPE_OID_REQUEST;
    request->Header.Revision = NDIS_OID_REQUEST_REVISION_1;
    request->Header.Size = (uint16_t)NDIS_SIZEOF_OID_REQUEST_REVISION_1;
    request->RequestType = NDIS_REQUEST_SET_INFORMATION;
    request->DATA.SET_INFORMATION.Oid = oid;
    request->DATA.SET_INFORMATION.InformationBuffer = buffer;
    request->DATA.SET_INFORMATION.InformationBufferLength = length;
}

static uint32_t submit(struct bench *bench, uint32_t oid, void *buffer, uint32_t length)
{
    struct ndis_oid_request request;
    uint32_t status = NDIS_STATUS_FAILURE;

    fill_request(&request, oid, buffer, length);
    bench->adapter->request(bench->device, &status, &request, OV2_DOOR_DIRECT);
    if (status == NDIS_STATUS_PENDING)
        bench->adapter->drain(bench->device);
    return status;
}

/* Receive-side work begins with OID_OFFLOAD_ENCAPSULATION. */
static bool bring_up(struct bench *bench, const char *options)
{
    struct ndis_offload_encapsulation encapsulation;
    struct ndis_oid_request request;
    uint32_t status = NDIS_STATUS_FAILURE;

    memset(&encapsulation, 0, sizeof encapsulation);
    encapsulation.Header.Type = NDIS_OBJECT_TYPE_OFFLOAD_ENCAPSULATION;
    encapsulation.Header.Revision = NDIS_OFFLOAD_ENCAPSULATION_REVISION_1;
    encapsulation.Header.Size = NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1;
    encapsulation.IPv4.Enabled = NDIS_OFFLOAD_SET_ON;
    encapsulation.IPv4.EncapsulationType = NDIS_ENCAPSULATION_IEEE_802_3;
    encapsulation.IPv4.HeaderSize = 14;
    encapsulation.IPv6 = encapsulation.IPv4;
    fill_request(&request, OID_OFFLOAD_ENCAPSULATION, &encapsulation, (uint32_t)sizeof encapsulation);
    return open_device(bench, options) &&
           bench->adapter->request(bench->device, &status, &request, OV2_DOOR_NORMAL) == OV2_OK &&
           bench->adapter->drain(bench->device) == OV2_OK;
}

/* ---- Elements, built ahead ---- */

#define ADD_LEN    (offsetof(struct ipsec_offload_v2_add_sa, KeyData) + KEY_LEN)
#define ADD_STRIDE ((ADD_LEN + 7u) & ~7u)

static struct ipsec_offload_v2_add_sa *add_at(uint8_t *adds, uint32_t i)
{
    return (struct ipsec_offload_v2_add_sa *)(void *)(adds + (size_t)i * ADD_STRIDE);
}

/* count ADD elements with SPIs of their own, an ESN SA each; linked: one list, else each for itself. */
static uint8_t *build_adds(struct bench *bench, uint32_t count, bool linked)
{
    uint8_t *adds = calloc(count, ADD_STRIDE);

    for (uint32_t i = 0; adds && i < count; i++) {
        struct ipsec_offload_v2_add_sa *add = add_at(adds, i);
        uint32_t spi = ++bench->next_spi;
        uint8_t wire[4] = {(uint8_t)(spi >> 24), (uint8_t)(spi >> 16), (uint8_t)(spi >> 8), (uint8_t)spi};
        add->Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
        add->Header.Revision = NDIS_IPSEC_OFFLOAD_V2_ADD_SA_REVISION_1;
        add->Header.Size = (uint16_t)NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_REVISION_1;
        add->Next = linked && i + 1 < count ? add_at(adds, i + 1) : NULL;
        add->NumExtHdrs = 1;
        add->Flags = IPSEC_OFFLOAD_V2_INBOUND;
        add->SecAssoc[0].Flags = IPSEC_OFFLOAD_V2_ESN_SA;
        add->SecAssoc[0].Operation = IPSEC_OFFLOAD_V2_OPERATION_ESP;
        memcpy(&add->SecAssoc[0].Spi, wire, sizeof wire);
        add->SecAssoc[0].EncryptionAlgorithm.Identifier = IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_128;
        add->SecAssoc[0].EncryptionAlgorithm.KeyLength = KEY_LEN;
        add->SecAssoc[0].EncryptionAlgorithm.AdditionalInfo = 16;
        add->KeyLength = KEY_LEN;
    }
    return adds;
}

static struct ipsec_offload_v2_delete_sa *build_deletes(uint8_t *adds, uint32_t count)
{
    struct ipsec_offload_v2_delete_sa *deletes = calloc(count, sizeof *deletes);

    for (uint32_t i = 0; deletes && i < count; i++) {
        deletes[i].Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
        deletes[i].Header.Revision = NDIS_IPSEC_OFFLOAD_V2_DELETE_SA_REVISION_1;
        deletes[i].Header.Size = (uint16_t)NDIS_SIZEOF_IPSEC_OFFLOAD_V2_DELETE_SA_REVISION_1;
        deletes[i].Next = i + 1 < count ? &deletes[i + 1] : NULL;
        deletes[i].OffloadHandle = add_at(adds, i)->OffloadHandle;
    }
    return deletes;
}

static uint32_t add_one(struct bench *bench, uint8_t *adds, uint32_t i)
{
    return submit(bench, OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA, add_at(adds, i), (uint32_t)ADD_LEN);
}

static uint32_t update_one(struct bench *bench, uint8_t *adds, uint32_t i, uint32_t hi)
{
    struct ipsec_offload_v2_update_sa update;

    memset(&update, 0, sizeof update);
    update.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    update.Header.Revision = NDIS_IPSEC_OFFLOAD_V2_UPDATE_SA_REVISION_1;
    update.Header.Size = (uint16_t)NDIS_SIZEOF_IPSEC_OFFLOAD_V2_UPDATE_SA_REVISION_1;
    update.OffloadHandle = add_at(adds, i)->OffloadHandle;
    update.Operation = IPSEC_OFFLOAD_V2_OPERATION_ESP;
    update.Spi = add_at(adds, i)->SecAssoc[0].Spi;
    update.SequenceNumberHighOrder = hi;
    return submit(bench, OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA, &update,
                  NDIS_SIZEOF_IPSEC_OFFLOAD_V2_UPDATE_SA_REVISION_1);
}

static uint32_t delete_one(struct bench *bench, uint8_t *adds, uint32_t i)
{
    struct ipsec_offload_v2_delete_sa delete_sa;

    memset(&delete_sa, 0, sizeof delete_sa);
    delete_sa.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    delete_sa.Header.Revision = NDIS_IPSEC_OFFLOAD_V2_DELETE_SA_REVISION_1;
    delete_sa.Header.Size = (uint16_t)NDIS_SIZEOF_IPSEC_OFFLOAD_V2_DELETE_SA_REVISION_1;
    delete_sa.OffloadHandle = add_at(adds, i)->OffloadHandle;
    return submit(bench, OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA, &delete_sa, (uint32_t)sizeof delete_sa);
}

/* A frame that matches an SA and fails its check: finding the SA, and the least that comes with it. */
static void receive_one(struct bench *bench, const uint8_t *adds, uint32_t i)
{
    uint8_t frame[14 + 20 + 8 + 8 + 4 + 16] = {0};
    struct ov2_fragment fragment = {frame, sizeof frame, 0, sizeof frame, 0};
    struct ov2_packet packet = {&fragment, 1, 0};
    const struct ipsec_offload_v2_add_sa *add =
        (const struct ipsec_offload_v2_add_sa *)(const void *)(adds + (size_t)i * ADD_STRIDE);

    frame[12] = 0x08;
    frame[14] = 0x45;
    frame[14 + 3] = sizeof frame - 14;
    frame[14 + 8] = 64;
    frame[14 + 9] = 50;
    memcpy(frame + 14 + 20, &add->SecAssoc[0].Spi, 4);
    bench->adapter->receive(bench->device, &packet, 1);
}

/* ---- Measurements ---- */

struct figures {
    double add;
    double update;
    double delete_sa;
    double lookup;
};

static void least(double *figure, uint64_t ns, uint32_t operations)
{
    double each = (double)ns / operations;

    if (*figure == 0 || each < *figure)
        *figure = each;
}

/* The cost of one operation while `live` SAs are in the table. */
static bool measure_table(struct bench *bench, struct figures *figures, uint32_t live)
{
    uint8_t *others = build_adds(bench, live, true);
    uint8_t *sample = build_adds(bench, SAMPLE, false);
    bool ok = others && sample &&
              submit(bench, OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA, others, (uint32_t)ADD_LEN) == NDIS_STATUS_SUCCESS;

    memset(figures, 0, sizeof *figures);
    for (int round = 0; ok && round < ROUNDS; round++) {
        uint64_t begin = now_ns();
        uint64_t added;
        uint64_t updated;
        uint64_t found;
        for (uint32_t i = 0; i < SAMPLE; i++)
            ok = add_one(bench, sample, i) == NDIS_STATUS_SUCCESS && ok;
        added = now_ns();
        for (uint32_t i = 0; i < SAMPLE; i++)
            ok = update_one(bench, sample, i, (uint32_t)round + 1) == NDIS_STATUS_SUCCESS && ok;
        updated = now_ns();
        for (uint32_t i = 0; i < SAMPLE; i++)
            receive_one(bench, sample, i);
        found = now_ns();
        for (uint32_t i = 0; i < SAMPLE; i++)
            ok = delete_one(bench, sample, i) == NDIS_STATUS_SUCCESS && ok;
        least(&figures->delete_sa, now_ns() - found, SAMPLE);
        least(&figures->lookup, found - updated, SAMPLE);
        least(&figures->update, updated - added, SAMPLE);
        least(&figures->add, added - begin, SAMPLE);
    }
    free(others);
    free(sample);
    return ok;
}

static bool measure_delete_list(struct bench *bench, double *each, uint32_t count)
{
    uint8_t *adds = build_adds(bench, count, true);
    struct ipsec_offload_v2_delete_sa *deletes = NULL;
    bool ok =
        adds && submit(bench, OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA, adds, (uint32_t)ADD_LEN) == NDIS_STATUS_SUCCESS;

    if (ok)
        deletes = build_deletes(adds, count);
    if (deletes) {
        uint64_t begin = now_ns();
        ok = submit(bench, OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA, deletes, (uint32_t)sizeof *deletes) ==
             NDIS_STATUS_SUCCESS;
        *each = (double)(now_ns() - begin) / count;
    }
    free(adds);
    free(deletes);
    return ok && deletes;
}

static bool measure_open(struct bench *bench, const char *options)
{
    double figure = 0;

    for (int round = 0; round < ROUNDS; round++) {
        uint64_t begin = now_ns();
        for (uint32_t i = 0; i < 100; i++) {
            if (!open_device(bench, options))
                return false;
            bench->adapter->close(bench->device);
        }
        least(&figure, now_ns() - begin, 100);
    }
    printf("  \"open_close\": %.0f", figure);
    return true;
}

static bool measure_tables(struct bench *bench, const char *options)
{
    static const uint32_t lives[] = {1000, LARGE};

    for (size_t i = 0; i < sizeof lives / sizeof lives[0]; i++) {
        struct figures figures;
        bool ok = bring_up(bench, options) && measure_table(bench, &figures, lives[i]);
        if (ok)
            printf(",\n  \"at_%u\": {\"add\": %.0f, \"update\": %.0f, \"delete\": %.0f, \"lookup\": %.0f}",
                   (unsigned)lives[i], figures.add, figures.update, figures.delete_sa, figures.lookup);
        bench->adapter->close(bench->device);
        bench->device = NULL;
        if (!ok)
            return false;
    }
    return true;
}

static bool measure_lists(struct bench *bench, const char *options)
{
    bool ok = bring_up(bench, options);

    printf(",\n  \"delete_list\": {");
    for (uint32_t count = 1; ok && count <= LARGE; count *= 10) {
        double each = 0;
        ok = measure_delete_list(bench, &each, count);
        printf("%s\"%u\": %.0f", count == 1 ? "" : ", ", (unsigned)count, each);
    }
    printf("}\n}\n");
    bench->adapter->close(bench->device);
    return ok;
}

int main(int argc, char **argv)
{
    const char *options = argc > 2 ? argv[2] : "capacity=2000000";
    struct bench bench;
    char error[256];

    memset(&bench, 0, sizeof bench);
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: bench ADAPTER [OPTIONS]\n");
        return 2;
    }
    if (!loader_open(&bench.adapter, error, sizeof error, argv[1])) {
        fprintf(stderr, "bench: %s\n", error);
        return 2;
    }
    printf("{\n");
    if (measure_open(&bench, options) && measure_tables(&bench, options) && measure_lists(&bench, options))
        return 0;
    fprintf(stderr, "bench: the adapter refused a request; it needs room for 2,000,000 ESN SAs\n");
    return 2;
}
