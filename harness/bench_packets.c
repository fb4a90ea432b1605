/* SPDX-License-Identifier: MIT */
/*
 * What a packet costs an adapter: `bench_packets ADAPTER` prints one JSON object.  Nanoseconds for each packet, the
 * least of several rounds: sent and received, by suite and bytes of payload; then sent in chains, each packet under one
 * of 1, 1,000 and 1,000,000 SAs, chosen at random.
 */
#include "bench.inc"

#define ROUNDS    7
#define SIZES     4u
#define ROUND_NS  20000000.0 /* about so long is one */
#define KEYS_MAX  64u
#define SAMPLE    20000u
#define CHAIN     32u /* divides SAMPLE */
#define FRAME_MAX 9600u
#define OPTIONS   "capacity=2000000"
#define HEADERS   34u /* media and IP */

struct suite {
    const char *name;
    uint32_t enc, auth;
    uint32_t enc_len, auth_len; /* bytes of keys */
    uint32_t iv, block, icv;
};

static const uint32_t sizes[SIZES] = {64, 256, 1408, 9000};
static const struct suite suites[] = {
    {"aes-gcm-128", IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_128, 0, 20, 0, 8, 4, 16},
    {"aes-gcm-256", IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_256, 0, 36, 0, 8, 4, 16},
    {"aes-cbc-128+sha1", IPSEC_OFFLOAD_V2_ENCRYPTION_AES_CBC_128, IPSEC_OFFLOAD_V2_AUTHENTICATION_SHA_1, 16, 20, 16, 16,
     12},
    {"null+gmac-128", IPSEC_OFFLOAD_V2_ENCRYPTION_NONE, IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_128, 0, 20, 8, 4, 16},
};

static uint8_t frame[FRAME_MAX];
static uint8_t kept[FRAME_MAX];
static uint8_t chained[CHAIN][FRAME_MAX];

/* ---- SAs and frames ---- */

static void put_be32(uint8_t *out, uint32_t value)
{
    for (uint32_t i = 0; i < 4; i++)
        out[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* The element lies in room for its keys. */
static void fill_add(struct ipsec_offload_v2_add_sa *add, const struct suite *suite, uint32_t spi, bool inbound)
{
    struct ipsec_offload_v2_security_association *sa = &add->SecAssoc[0];

    add->Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
    add->Header.Revision = NDIS_IPSEC_OFFLOAD_V2_ADD_SA_REVISION_1;
    add->Header.Size = (uint16_t)NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_REVISION_1;
    add->NumExtHdrs = 1;
    add->Flags = inbound ? IPSEC_OFFLOAD_V2_INBOUND : 0;
    sa->Operation = IPSEC_OFFLOAD_V2_OPERATION_ESP;
    put_be32((uint8_t *)&sa->Spi, spi);
    sa->EncryptionAlgorithm.Identifier = suite->enc;
    sa->EncryptionAlgorithm.KeyLength = suite->enc_len;
    sa->EncryptionAlgorithm.AdditionalInfo = suite->auth ? 0 : suite->icv;
    sa->AuthenticationAlgorithm.Identifier = suite->auth;
    sa->AuthenticationAlgorithm.KeyLength = suite->auth_len;
    sa->AuthenticationAlgorithm.KeyOffsetBytes = suite->auth ? suite->enc_len : 0;
    add->KeyLength = suite->enc_len + suite->auth_len;
    for (uint32_t i = 0; i < add->KeyLength; i++)
        add->KeyData[i] = (uint8_t)(i + 1);
}

static bool add_sa(struct bench *bench, uint64_t *handle, const struct suite *suite, uint32_t spi, bool inbound)
{
    static uint64_t room[(sizeof(struct ipsec_offload_v2_add_sa) + KEYS_MAX) / 8 + 1];
    struct ipsec_offload_v2_add_sa *add = (struct ipsec_offload_v2_add_sa *)(void *)room;
    uint32_t len = (uint32_t)offsetof(struct ipsec_offload_v2_add_sa, KeyData) + suite->enc_len + suite->auth_len;

    memset(room, 0, sizeof room);
    fill_add(add, suite, spi, inbound);
    if (submit(bench, OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA, add, len) != NDIS_STATUS_SUCCESS)
        return false;
    memcpy(handle, &add->OffloadHandle, sizeof add->OffloadHandle);
    return true;
}

/* A frame with so much payload for this SA, as the stack hands it over; returns its length. */
static uint32_t fill_frame(uint64_t *header, const struct suite *suite, uint32_t spi, uint32_t payload)
{
    uint32_t pad = (suite->block - (payload + 2) % suite->block) % suite->block;
    uint32_t len = HEADERS + 8 + suite->iv + payload + pad + 2 + suite->icv;
    uint8_t *trailer = frame + HEADERS + 8 + suite->iv + payload + pad;

    memset(frame, 0, sizeof frame);
    frame[12] = 0x08;
    frame[14] = 0x45;
    frame[16] = (uint8_t)((len - 14) >> 8);
    frame[17] = (uint8_t)(len - 14);
    frame[22] = 64;
    frame[23] = 50;
    put_be32(frame + 26, 0xC0000201u);
    put_be32(frame + 30, 0xC0000202u);
    put_be32(frame + HEADERS, spi);
    put_be32(frame + HEADERS + 4, 1);
    for (uint32_t i = 0; i < pad; i++)
        trailer[(int64_t)i - pad] = (uint8_t)(i + 1);
    trailer[0] = (uint8_t)pad;
    trailer[1] = 17;
    *header = ov2_header_send(17, pad, 0, 5);
    return len;
}

/* What a list points to is lent until it is completed: a driver that does so later is waited for. */
static void send_lists(struct bench *bench, const struct ov2_send *lists, uint32_t count)
{
    bench->adapter->send(bench->device, lists, count);
    bench->sends += count;
    if (atomic_load_explicit(&bench->host.sends_completed, memory_order_relaxed) < bench->sends)
        bench->adapter->drain(bench->device);
}

static void send_one(struct bench *bench, uint32_t len, uint64_t handle, uint64_t header)
{
    struct ov2_fragment fragment = {frame, len, 0, len, 0};
    struct ov2_packet packet = {&fragment, 1, 0};
    struct ov2_send list = {sizeof list, 0, 1, &packet, 1, 0, {0}};

    list.oob.ipsec = handle;
    list.oob.header = header;
    send_lists(bench, &list, 1);
}

/* A frame is the hardware's own: each time a fresh one. */
static void receive_one(struct bench *bench, uint32_t len)
{
    struct ov2_fragment fragment = {frame, len, 0, len, 0};
    struct ov2_packet packet = {&fragment, 1, 0};

    memcpy(frame, kept, len);
    bench->adapter->receive(bench->device, &packet, 1);
}

/* ---- Measurements ---- */

/* Nanoseconds for one act; 0: it could not be done. */
static double least_of(struct bench *bench, void (*act)(struct bench *, uint32_t, uint64_t, uint64_t), uint32_t len,
                       uint64_t handle, uint64_t header)
{
    uint32_t count = 100;
    double least = 0;

    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint64_t begin = now_ns();
        double each;
        for (uint32_t i = 0; i < count; i++)
            act(bench, len, handle, header);
        bench->adapter->drain(bench->device);
        each = (double)(now_ns() - begin) / count;
        least = least == 0 || each < least ? each : least;
        count = (uint32_t)(ROUND_NS / each) + 1;
    }
    return least;
}

static void receive_again(struct bench *bench, uint32_t len, uint64_t handle, uint64_t header)
{
    (void)handle;
    (void)header;
    receive_one(bench, len);
}

struct cost {
    double send, receive;
};

static bool measure_size(struct bench *bench, struct cost *cost, const struct suite *suite, uint64_t handle,
                         uint32_t spi, uint32_t size)
{
    uint64_t header;
    uint32_t len = fill_frame(&header, suite, spi, size);
    uint64_t good;

    bench->host.kept = kept;
    send_one(bench, len, handle, header);
    bench->adapter->drain(bench->device);
    bench->host.kept = NULL;
    good = bench->host.good;
    if (bench->host.kept_len != len)
        return false;
    receive_one(bench, len);
    bench->adapter->drain(bench->device);
    if (bench->host.good != good + 1)
        return false;
    len = fill_frame(&header, suite, spi, size);
    cost->send = least_of(bench, send_one, len, handle, header);
    cost->receive = least_of(bench, receive_again, len, 0, 0);
    return true;
}

static bool measure_suite(struct bench *bench, struct cost costs[SIZES], const struct suite *suite, uint32_t spi)
{
    uint64_t out = 0;
    uint64_t in = 0;
    bool ok = add_sa(bench, &out, suite, spi, false) && add_sa(bench, &in, suite, spi, true);

    bench->host.kept_len = 0;
    for (uint32_t i = 0; ok && i < SIZES; i++)
        ok = measure_size(bench, &costs[i], suite, out, spi, sizes[i]);
    return ok;
}

static void measure_suites(struct bench *bench)
{
    for (uint32_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        struct cost costs[SIZES];
        if (!measure_suite(bench, costs, &suites[i], 0x1000 + i)) {
            fprintf(stderr, "bench_packets: %s is left out: the device does not protect both ways\n", suites[i].name);
            continue;
        }
        printf("  \"%s\": {", suites[i].name);
        for (uint32_t n = 0; n < SIZES; n++)
            printf("%s\"%u\": {\"send\": %.0f, \"receive\": %.0f}", n == 0 ? "" : ", ", (unsigned)sizes[n],
                   costs[n].send, costs[n].receive);
        printf("},\n");
    }
}

/* An SA whose turn it is: nobody has to look for its handle while the clock runs. */
struct turn {
    uint64_t handle;
    uint32_t spi;
};

/* So many of them at random, each round the same: the first makes what is kept of an SA. */
static void draw(struct turn turns[SAMPLE], const uint64_t *handles, uint32_t count)
{
    uint64_t state = 1;

    for (uint32_t i = 0; i < SAMPLE; i++) {
        uint32_t which;
        state = state * 6364136223846793005u + 1442695040888963407u;
        which = (uint32_t)((state >> 32) * count >> 32);
        turns[i] = (struct turn){handles[which], 0x100000 + which};
    }
}

/* A chain of NET_BUFFER_LISTs, as a busy stack hands them over: each packet under another SA. */
static void send_chain(struct bench *bench, const struct turn *turns, uint32_t len, uint64_t header)
{
    struct ov2_fragment fragments[CHAIN];
    struct ov2_packet packets[CHAIN];
    struct ov2_send lists[CHAIN];

    for (uint32_t i = 0; i < CHAIN; i++) {
        put_be32(chained[i] + HEADERS, turns[i].spi);
        fragments[i] = (struct ov2_fragment){chained[i], len, 0, len, 0};
        packets[i] = (struct ov2_packet){&fragments[i], 1, 0};
        lists[i] = (struct ov2_send){sizeof lists[i], 0, 1, &packets[i], 1, 0, {0}};
        lists[i].oob.ipsec = turns[i].handle;
        lists[i].oob.header = header;
    }
    send_lists(bench, lists, CHAIN);
}

static bool add_crowd(struct bench *bench, uint64_t *handles, uint32_t count)
{
    uint64_t begin = now_ns();

    for (uint32_t i = 0; i < count; i++)
        if (now_ns() - begin > BUDGET_NS || !add_sa(bench, &handles[i], &suites[0], 0x100000 + i, false))
            return false;
    return true;
}

/* Under one of so many SAs, another one each time. */
static bool measure_crowd(struct bench *bench, double *each, uint32_t count)
{
    static struct turn turns[SAMPLE];
    uint64_t *handles = calloc(count, sizeof *handles);
    uint64_t header;
    uint32_t len = fill_frame(&header, &suites[0], 0, 256);
    bool ok = handles && add_crowd(bench, handles, count);

    for (uint32_t i = 0; i < CHAIN; i++)
        memcpy(chained[i], frame, len);
    if (ok)
        draw(turns, handles, count);
    for (uint32_t round = 0; ok && round < ROUNDS; round++) {
        uint64_t sent = bench->host.packets;
        uint64_t begin = now_ns();
        double now;
        for (uint32_t i = 0; i < SAMPLE; i += CHAIN)
            send_chain(bench, &turns[i], len, header);
        bench->adapter->drain(bench->device);
        now = (double)(now_ns() - begin) / SAMPLE;
        *each = round < 2 || now < *each ? now : *each;
        ok = bench->host.packets - sent == SAMPLE;
    }
    free(handles);
    return ok;
}

static bool measure_crowds(struct bench *bench)
{
    static const uint32_t crowds[] = {1, 1000, 1000000};

    printf("  \"crowd\": {");
    for (size_t i = 0; i < sizeof crowds / sizeof crowds[0]; i++) {
        double each = 0;
        bool ok;
        if (!bring_up(bench, OPTIONS))
            return false;
        ok = measure_crowd(bench, &each, crowds[i]);
        shut_down(bench);
        if (!ok) {
            fprintf(stderr, "bench_packets: %u SAs are left out: the device refuses them, or takes too long\n",
                    (unsigned)crowds[i]);
            break;
        }
        printf("%s\"%u\": %.0f", i == 0 ? "" : ", ", (unsigned)crowds[i], each);
    }
    printf("}\n");
    return true;
}

int main(int argc, char **argv)
{
    struct bench bench;
    char error[256];

    memset(&bench, 0, sizeof bench);
    if (argc != 2 || !loader_open(&bench.adapter, error, sizeof error, argv[1])) {
        fprintf(stderr, "bench_packets: %s\n", argc == 2 ? error : "usage: bench_packets ADAPTER");
        return 2;
    }
    printf("{\n");
    if (bring_up(&bench, OPTIONS)) {
        measure_suites(&bench);
        shut_down(&bench);
        if (measure_crowds(&bench)) {
            printf("}\n");
            return 0;
        }
    }
    fprintf(stderr, "bench_packets: the device does not come up\n");
    return 2;
}
