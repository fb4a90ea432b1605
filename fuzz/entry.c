/* SPDX-License-Identifier: MIT */
#include "entry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "beside.h"
#include "fault.h"
#include "guard.h"
#include "loader.h"
#include "model.h"
#include "ov2/adapter.h"
#include "run.h"
#include "stats.h"
#include "target.h"

#define OF_A_KIND 3u /* finds of a kind that are kept */

/* Adapters that are linked into the program; a build that links both renames them. */
const struct ov2_adapter *ov2_adapter_get(uint32_t abi) __attribute__((weak));
const struct ov2_adapter *ov2_peer_get(uint32_t abi) __attribute__((weak));

static struct run *run;
static struct beside *beside; /* or NULL */
static uint32_t line;         /* of the input, from 1 */
static struct stats *stats;
static const char *out; /* folder */
static void (*watcher)(uint64_t behaviour);
static const char *input;
static size_t input_len;

void entry_watch(void (*seen)(uint64_t behaviour))
{
    watcher = seen;
}

/* ---- What a line shows ---- */

static void see(uint64_t behaviour)
{
    (void)stats_see(stats, behaviour);
    if (watcher)
        watcher(behaviour);
}

/* One behaviour for each shape of the list, or one without. */
static void see_shapes(uint64_t hash, const struct shapes *shapes)
{
    bool any = false;

    for (uint32_t i = 0; i < SHAPE_COUNT; i++) {
        if (shapes->has[i]) {
            any = true;
            see(stats_hash(hash, shape_name((enum shape)i)));
        }
    }
    if (!any)
        see(hash);
}

static void on_answer(void *context, const struct session_last *last)
{
    const struct outcome *outcome = last->outcome;
    char verdict[64];
    uint64_t hash;

    (void)context;
    stats->requests++;
    for (uint32_t i = 0; i < SHAPE_COUNT; i++)
        stats->shapes[i] += last->shapes->has[i];
    (void)snprintf(verdict, sizeof verdict, "%d %u %x %u %u", (int)last->line->verb, outcome->result, outcome->status,
                   outcome->pended, outcome->packet_count < 4 ? outcome->packet_count : 4);
    hash = stats_hash(0, verdict);
    if (beside && beside_differs(beside, line, last)) {
        stats->differences++;
        hash = stats_hash(hash, "differs");
    }
    see_shapes(hash, last->shapes);
    for (uint32_t i = 0; i < outcome->break_count && i < OUTCOME_BREAKS; i++)
        see_shapes(stats_hash(hash, outcome->breaks[i].requirement), last->shapes);
    for (uint32_t i = 0; i < last->judgement->break_count && i < MODEL_BREAKS; i++)
        see_shapes(stats_hash(hash, last->judgement->breaks[i].requirement), last->shapes);
    for (uint32_t i = 0; i < last->judgement->reading_count; i++)
        see(stats_hash(hash, last->judgement->readings[i]));
}

static void on_begin(void *context, const char *text, size_t len)
{
    (void)context;
    (void)len;
    line++;
    fault_begin(text != NULL);
}

/* ---- What was wrong ---- */

static void write_find(const char *law, const char *verb, uint64_t number)
{
    char path[4096];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/finds/law-%s-%s-%llu.trace", out, law, verb, (unsigned long long)number);
    file = fopen(path, "wb");
    if (!file)
        return; /* a full disk: the find is counted, and comes again */
    (void)fwrite(input, 1, input_len, file);
    (void)fclose(file);
}

static void on_find(void *context, const struct run_find *find)
{
    const char *verb = trace_verb_name(find->verb);
    uint64_t before;

    (void)context;
    if (beside && beside_breaks(beside, line, find->law))
        return;
    if (!out) {
        fprintf(stderr, "ov2: %s is broken by %s %s: got %s, want %s\n", find->law, verb, find->element, find->got,
                find->want);
        abort();
    }
    before = stats_find(stats, stats_hash(stats_hash(0, find->law), verb));
    if (before < OF_A_KIND)
        write_find(find->law, verb, before + 1);
}

/* ---- The adapters ---- */

static bool load(const struct ov2_adapter **adapter, const char *variable,
                 const struct ov2_adapter *(*linked)(uint32_t abi))
{
    const char *path = getenv(variable);
    char error[512];

    if (path) {
        if (loader_open(adapter, error, sizeof error, path))
            return true;
        fprintf(stderr, "ov2: %s\n", error);
        return false;
    }
    *adapter = linked ? linked(OV2_ABI) : NULL;
    return true;
}

static bool open_stats(void)
{
    char path[4096] = "";

    out = getenv("OV2_FUZZ_OUT");
    if (out)
        (void)snprintf(path, sizeof path, "%s/stats", out);
    stats = stats_open(out ? path : NULL);
    if (!stats)
        fprintf(stderr, "ov2: %s cannot be used for what is seen\n", path);
    return stats != NULL;
}

static bool start_run(void)
{
    struct run_config config = {.observer = {NULL, on_begin, on_answer, on_find}};

    if (!load(&config.session.dut, "OV2_FUZZ_DUT", ov2_adapter_get))
        return false;
    if (!config.session.dut) {
        fprintf(stderr, "ov2: no adapter is linked into this program: OV2_FUZZ_DUT=file.so\n");
        return false;
    }
    if (the_target.needs_peer && !load(&config.session.peer, "OV2_FUZZ_PEER", ov2_peer_get))
        return false;
    config.words = getenv("OV2_FUZZ_WORDS");
    config.is_hostile = getenv("OV2_FUZZ_HOSTILE") != NULL;
    run = run_new(&config);
    if (!the_target.stands_beside)
        return run != NULL;
    beside = config.session.peer ? beside_new(config.session.peer, config.words) : NULL;
    if (!beside)
        fprintf(stderr, "ov2: there is no reference to stand beside: OV2_FUZZ_PEER=reference-clean.so\n");
    return run && beside;
}

bool entry_start(void)
{
    if (!open_stats())
        return false;
    if (!guard_start(0, false) || !fault_watch()) {
        fprintf(stderr, "ov2: no memory\n");
        return false;
    }
    return the_target.run || start_run();
}

void entry_run(const uint8_t *data, size_t len)
{
    const char *why = "";

    input = (const char *)data;
    input_len = len;
    stats_begin(stats);
    if (!the_target.run) {
        if (beside) {
            fault_begin(true);
            beside_run(beside, input, len);
            fault_begin(false);
        }
        line = 0;
        /* An engine gives up if its first input, which is empty, reaches nothing. */
        if (run_trace(run, input, len) == 0)
            (void)run_trace(run, "open", strlen("open"));
        return;
    }
    fault_begin(true);
    if (!the_target.run(data, len, &why)) {
        const struct run_find find = {why, "", "", "", VERB_QUIT};
        on_find(NULL, &find);
    }
    fault_begin(false);
}
