/* SPDX-License-Identifier: MIT */
/*
 * What a fuzzer can reach at most: libFuzzer around nothing but the driver.  The lists of a corpus are laid out in
 * memory beforehand (record_play.h); an input only says which of them are submitted, with open and close.
 *
 *   OV2_FUZZ_DUT=driver.so OV2_FUZZ_OUT=folder bench_bare [OPTION of libFuzzer]... -- TRACE...
 *
 * How many executions and requests there were is in the file "stats" of the folder, as of each campaign.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "guard.h"
#include "loader.h"
#include "record_play.h"
#include "run.h"
#include "stats.h"

#define PLAYERS_MAX 4096u
#define TRACE_MAX   65536u

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

static struct {
    struct player *player;
    uint32_t lines;
} players[PLAYERS_MAX];
static uint32_t player_count;
static struct stats *stats;

static void give_up(const char *why, const char *what)
{
    fprintf(stderr, "ov2: %s%s\n", why, what);
    exit(2);
}

static size_t read_trace(char text[TRACE_MAX], const char *path)
{
    FILE *file = fopen(path, "rb");
    size_t len = file ? fread(text, 1, TRACE_MAX, file) : 0;

    if (file)
        (void)fclose(file);
    return len;
}

/* What the suite asks of the adapter in this trace. */
static struct recording *record_trace(const struct ov2_adapter *adapter, const char *text, size_t len)
{
    struct recording *recording = calloc(1, sizeof *recording);
    struct run_config config = {0};
    struct run *run;

    if (!recording)
        return NULL;
    config.session.dut = record_begin(recording, adapter);
    run = run_new(&config);
    if (run)
        recording->answered = run_trace(run, text, len);
    run_free(run);
    return recording;
}

static void take_trace(const struct ov2_adapter *adapter, const char *path)
{
    static char text[TRACE_MAX];
    size_t len = read_trace(text, path);
    struct recording *recording = record_trace(adapter, text, len);
    struct player *player = recording ? player_new(recording, adapter) : NULL;

    if (!player || player_count == PLAYERS_MAX) {
        free(recording);
        return;
    }
    players[player_count].player = player;
    players[player_count++].lines = recording->answered;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const struct ov2_adapter *adapter;
    const char *out = getenv("OV2_FUZZ_OUT");
    const char *dut = getenv("OV2_FUZZ_DUT");
    char text[4096];
    int first = 1;

    while (first < *argc && strcmp((*argv)[first], "--") != 0)
        first++;
    if (!out || !dut || first >= *argc - 1)
        give_up("usage: OV2_FUZZ_DUT=driver.so OV2_FUZZ_OUT=folder bench_bare ... -- TRACE...", "");
    if (!loader_open(&adapter, text, sizeof text, dut))
        give_up(text, "");
    if (!guard_start(0, false) || !fault_watch())
        give_up("no memory", "");
    for (int i = first + 1; i < *argc; i++)
        take_trace(adapter, (*argv)[i]);
    *argc = first;
    (*argv)[first] = NULL;
    (void)snprintf(text, sizeof text, "%s/stats", out);
    stats = stats_open(text);
    if (!stats)
        give_up("cannot be written: ", text);
    if (player_count == 0)
        give_up("none of the traces is made of requests alone", "");
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t which = 0;

    memcpy(&which, data, size < sizeof which ? size : sizeof which);
    which %= player_count;
    stats_begin(stats);
    stats->requests += players[which].lines;
    player_run(players[which].player);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
    uint32_t which = (seed * 0x9E3779B1u) >> 7;

    (void)size;
    if (max_size < sizeof which)
        return 0;
    memcpy(data, &which, sizeof which);
    return sizeof which;
}
