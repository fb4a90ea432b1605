/* SPDX-License-Identifier: MIT */
/*
 * How fast an adapter is, without the suite around it: `bench ADAPTER [OPTIONS]` submits requests from memory that is
 * built before the clock starts, and prints one JSON object.  All times are nanoseconds, each the least of several
 * rounds; what matters are the ratios.
 *
 *   add update delete lookup    one operation, with 1,000 and with 1,000,000 SAs in the table
 *   delete_list                 one element of a DELETE_SA list of 1 to 1,000,000 elements
 *   open_close                  one device
 *
 * The SAs have extended sequence numbers.
 */
#include "bench.inc"

#define KEY_LEN 20u /* AES-128 and its salt */
#define ROUNDS  5
#define SAMPLE  1000u /* operations of one round */
#define LARGE   1000000u
#define CHUNK   1000u /* elements of an ADD_SA list: between two of them one can give up */

/* ---- Elements, built ahead ---- */

#define ADD_LEN    (offsetof(struct ipsec_offload_v2_add_sa, KeyData) + KEY_LEN)
#define ADD_STRIDE ((ADD_LEN + 7u) & ~7u)

static struct ipsec_offload_v2_add_sa *add_at(uint8_t *adds, uint32_t i)
{
    return (struct ipsec_offload_v2_add_sa *)(void *)(adds + (size_t)i * ADD_STRIDE);
}

/* count ADD elements with SPIs of their own, an ESN SA each; linked: in lists of CHUNK, else each for itself. */
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
        add->Next = linked && i + 1 < count && (i + 1) % CHUNK != 0 ? add_at(adds, i + 1) : NULL;
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

/* Lists of CHUNK; false: the device refuses one, or takes too long. */
static bool add_lists(struct bench *bench, uint8_t *adds, uint32_t count)
{
    uint64_t begin = now_ns();

    for (uint32_t i = 0; i < count; i += CHUNK)
        if (now_ns() - begin > BUDGET_NS || add_one(bench, adds, i) != NDIS_STATUS_SUCCESS)
            return false;
    return true;
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
    bool ok = others && sample && add_lists(bench, others, live);

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
    bool ok = adds && add_lists(bench, adds, count);

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

static void leave_out(const char *what, uint32_t count)
{
    fprintf(stderr, "bench: %s %u SAs is left out: the device refuses them, or takes too long\n", what,
            (unsigned)count);
}

static bool measure_tables(struct bench *bench, const char *options)
{
    static const uint32_t lives[] = {1000, LARGE};

    for (size_t i = 0; i < sizeof lives / sizeof lives[0]; i++) {
        struct figures figures;
        if (!bring_up(bench, options))
            return false;
        if (measure_table(bench, &figures, lives[i]))
            printf(",\n  \"at_%u\": {\"add\": %.0f, \"update\": %.0f, \"delete\": %.0f, \"lookup\": %.0f}",
                   (unsigned)lives[i], figures.add, figures.update, figures.delete_sa, figures.lookup);
        else
            leave_out("a table of", lives[i]);
        shut_down(bench);
    }
    return true;
}

/* A list is ten times as long as the one before, and may take a hundred times as long. */
static bool measure_lists(struct bench *bench, const char *options)
{
    uint64_t spent = 0;

    if (!bring_up(bench, options))
        return false;
    printf(",\n  \"delete_list\": {");
    for (uint32_t count = 1; count <= LARGE; count *= 10) {
        uint64_t begin = now_ns();
        double each = 0;
        if (100 * spent > BUDGET_NS || !measure_delete_list(bench, &each, count)) {
            leave_out("a list that deletes", count);
            break;
        }
        printf("%s\"%u\": %.0f", count == 1 ? "" : ", ", (unsigned)count, each);
        spent = now_ns() - begin;
    }
    printf("}");
    shut_down(bench);
    return true;
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
    if (!measure_open(&bench, options) || !measure_tables(&bench, options) || !measure_lists(&bench, options)) {
        fprintf(stderr, "bench: the device does not come up\n");
        return 2;
    }
    printf("\n}\n");
    return 0;
}
