/* SPDX-License-Identifier: MIT */
/*
 * The door for AFL++, by way of its libAFLDriver: one process runs many inputs, which come in shared memory.
 *
 * AFL++ watches one map of bytes.  An adapter that afl-clang-fast has built writes into it by itself.  One that is
 * built with -fsanitize=fuzzer-no-link counts in counters of its own, and behaviours (entry.h) are counted here; both
 * are given stretches of the map, and are copied there after each input.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entry.h"
#include "sanitizer.h"

#define STRETCHES_MAX 16u
#define BEHAVIOURS    4096u

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* AFL++'s runtime: the map, and who hands out its bytes: one for each guard, whose number it writes there. */
extern uint8_t *__afl_area_ptr;
void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop);
void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop);

/* Counters, and which byte of the map each has. */
struct stretch {
    uint8_t *counters;
    size_t count;
    uint32_t *places;
};

static struct stretch stretches[STRETCHES_MAX];
static uint32_t stretch_count;
static uint8_t behaviours[BEHAVIOURS];

/* Called by an adapter as it is loaded. */
__attribute__((visibility("default"))) void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop)
{
    struct stretch *stretch = &stretches[stretch_count];

    if (start == stop)
        return;
    *stretch = (struct stretch){start, (size_t)(stop - start), calloc((size_t)(stop - start), sizeof(uint32_t))};
    if (stretch_count == STRETCHES_MAX - 1 || !stretch->places) {
        fprintf(stderr, "ov2: there is no room for the counters of another library\n");
        exit(2);
    }
    stretch_count++;
    __sanitizer_cov_trace_pc_guard_init(stretch->places, stretch->places + stretch->count);
}

static void forget_counts(void)
{
    for (uint32_t i = 0; i < stretch_count; i++)
        memset(stretches[i].counters, 0, stretches[i].count);
}

static void copy_counts(void)
{
    for (uint32_t i = 0; i < stretch_count; i++) {
        for (size_t at = 0; at < stretches[i].count; at++) {
            if (stretches[i].counters[at])
                __afl_area_ptr[stretches[i].places[at]] = stretches[i].counters[at];
        }
    }
}

static void on_behaviour(uint64_t behaviour)
{
    uint8_t *counter = &behaviours[behaviour % BEHAVIOURS];

    *counter = (uint8_t)(*counter + (*counter < 255));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    sanitizer_accept_coverage(); /* what else instrumented code calls */
    entry_watch(on_behaviour);
    if (!entry_start())
        exit(2);
    __sanitizer_cov_8bit_counters_init(behaviours, behaviours + BEHAVIOURS);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    forget_counts();
    entry_run(data, size);
    copy_counts();
    return 0;
}
