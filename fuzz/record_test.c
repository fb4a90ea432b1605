/* SPDX-License-Identifier: MIT */
/* What is recorded of a run on the reference, and that it does the same when it is done again. */
#include "record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "loader.h"
#include "record_play.h"
#include "run.h"

static int failures;

#define CHECK(got, want) check(__LINE__, #got, (long long)(got), (long long)(want))

static void check(int line, const char *what, long long got, long long want)
{
    if (got != want) {
        printf("record_test.c:%d: %s: got %lld, want %lld\n", line, what, got, want);
        failures++;
    }
}

static struct recording *record_text(const struct ov2_adapter *adapter, const char *text)
{
    struct recording *recording = calloc(1, sizeof *recording);
    struct run_config config = {0};
    struct run *run;

    config.session.dut = recording ? record_begin(recording, adapter) : NULL;
    run = recording ? run_new(&config) : NULL;
    if (run)
        recording->answered = run_trace(run, text, strlen(text));
    run_free(run);
    return recording;
}

static uint32_t count_fixes(const struct recording *recording, enum record_fix_kind kind)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < recording->fix_count; i++)
        count += recording->fixes[i].kind == kind;
    return count;
}

/* An adapter in between that counts how the reference answers. */
static const struct ov2_adapter *counted;
static uint32_t good;

static ov2_result count_request(struct ov2_device *device, uint32_t *status, struct ndis_oid_request *request,
                                uint32_t door)
{
    ov2_result result = counted->request(device, status, request, door);

    good += *status == 0;
    return result;
}

static void test_lists(const struct ov2_adapter *adapter)
{
    struct recording *recording = record_text(adapter, "open\n"
                                                       "add_sa a{spi=0x1001} b{spi=0x1002 at=unaligned}\n"
                                                       "delete_sa x{handle=#2} y{handle=#1}\n");
    struct ov2_adapter counting = *adapter;
    struct player *player;

    if (!recording)
        exit(EXIT_FAILURE);
    CHECK(recording->is_full, false);
    CHECK(recording->handle_count, 2);
    /* the buffers of three requests, one of them for bringing up, and a Next in each list */
    CHECK(count_fixes(recording, RECORD_POINTER), 5);
    CHECK(count_fixes(recording, RECORD_HANDLE), 2);
    counted = adapter;
    counting.request = count_request;
    player = player_new(recording, &counting);
    CHECK(player != NULL, true);
    for (uint32_t i = 0; player && i < 3; i++) {
        good = 0;
        player_run(player);
        CHECK(good, 3);
    }
    player_free(player);
    free(recording);
}

static void test_packets(const struct ov2_adapter *adapter)
{
    struct recording *recording = record_text(adapter, "open\nadd_sa a{spi=0x1001 src=192.0.2.1 dst=192.0.2.2}\n"
                                                       "send a{sa=#1 data=100?1 cut=60}\nreceive f{frame=$1}\n");

    if (!recording)
        exit(EXIT_FAILURE);
    CHECK(recording->list_count, 1);
    CHECK(recording->lists[0].ipsec.is_handle, true);
    CHECK(recording->lists[0].blocks.count > 1, true);
    CHECK(player_new(recording, adapter) == NULL, true);
    free(recording);
}

static void test_too_much(const struct ov2_adapter *adapter)
{
    struct recording *recording = record_text(adapter, "open\nadd_sa a[4000]{spi=0x1001}\n"
                                                       "add_sa b[4000]{spi=0x3001}\nadd_sa c[4000]{spi=0x5001}\n");

    if (!recording)
        exit(EXIT_FAILURE);
    CHECK(recording->is_full, true);
    CHECK(player_new(recording, adapter) == NULL, true);
    free(recording);
}

int main(void)
{
    const char *folder = getenv("OV2_BUILD");
    const struct ov2_adapter *adapter;
    char path[4096];
    char error[512];

    (void)snprintf(path, sizeof path, "%s/reference-clean.so", folder ? folder : "build/plain");
    if (!loader_open(&adapter, error, sizeof error, path) || !guard_start(0, false)) {
        printf("%s\n", error);
        return EXIT_FAILURE;
    }
    test_lists(adapter);
    test_packets(adapter);
    test_too_much(adapter);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
