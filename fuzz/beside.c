/* SPDX-License-Identifier: MIT */
#include "beside.h"

#include <stdio.h>
#include <stdlib.h>

#include "outcome.h"
#include "run.h"
#include "stats.h"

#define BREAKS 256u

struct beside {
    struct run *run;
    uint32_t line;
    uint64_t answers[RUN_LINES_MAX + 1]; /* of each line; 0: none */
    uint64_t breaks[BREAKS];
    uint32_t break_count;
};

/* What came of a line, as far as two devices can be compared: handles and frames have values of their own. */
static uint64_t hash_answer(const struct session_last *last)
{
    const struct outcome *outcome = last->outcome;
    char text[96];
    uint32_t given = 0;
    uint32_t bytes = 0;

    for (uint32_t i = 0; i < outcome->sa_count && outcome->handles_at + 8u * (i + 1) <= outcome->byte_count; i++) {
        uint8_t any = 0;
        for (uint32_t n = 0; n < 8; n++)
            any |= outcome->bytes[outcome->handles_at + 8u * i + n];
        given += any != 0;
    }
    for (uint32_t i = 0; i < outcome->packet_count; i++)
        bytes += outcome->packets[i].len;
    (void)snprintf(text, sizeof text, "%u %x %u %u %u %u %u", outcome->result, outcome->status, outcome->pended, given,
                   outcome->packet_count, bytes, outcome->completion_count);
    return stats_hash(0, text);
}

static uint64_t hash_break(uint32_t line, const char *law)
{
    return stats_hash(line, law);
}

static void on_begin(void *context, const char *text, size_t len)
{
    struct beside *beside = context;

    (void)text, (void)len;
    beside->line++;
}

static void on_answer(void *context, const struct session_last *last)
{
    struct beside *beside = context;

    if (beside->line <= RUN_LINES_MAX)
        beside->answers[beside->line] = hash_answer(last);
}

static void on_find(void *context, const struct run_find *find)
{
    struct beside *beside = context;

    if (beside->break_count < BREAKS)
        beside->breaks[beside->break_count++] = hash_break(beside->line, find->law);
}

struct beside *beside_new(const struct ov2_adapter *reference, const char *words)
{
    struct beside *beside = calloc(1, sizeof *beside);
    struct run_config config = {.session = {.dut = reference, .peer = reference},
                                .observer = {beside, on_begin, on_answer, on_find},
                                .words = words};

    if (beside)
        beside->run = run_new(&config);
    if (beside && beside->run)
        return beside;
    beside_free(beside);
    return NULL;
}

void beside_free(struct beside *beside)
{
    if (beside)
        run_free(beside->run);
    free(beside);
}

void beside_run(struct beside *beside, const char *text, size_t len)
{
    for (uint32_t i = 0; i <= RUN_LINES_MAX; i++)
        beside->answers[i] = 0;
    beside->line = 0;
    beside->break_count = 0;
    (void)run_trace(beside->run, text, len);
}

bool beside_breaks(const struct beside *beside, uint32_t line, const char *law)
{
    uint64_t hash = hash_break(line, law);

    for (uint32_t i = 0; i < beside->break_count; i++) {
        if (beside->breaks[i] == hash)
            return true;
    }
    return false;
}

bool beside_differs(const struct beside *beside, uint32_t line, const struct session_last *last)
{
    return line <= RUN_LINES_MAX && beside->answers[line] != hash_answer(last);
}
