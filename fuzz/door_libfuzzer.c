/* SPDX-License-Identifier: MIT */
/* The door for libFuzzer, and for everything that speaks its language (OSS-Fuzz, libAFLDriver, honggfuzz). */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "entry.h"
#include "mutator.h"
#include "target.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len, uint8_t *out,
                                 size_t max_out, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

/* Behaviours steer the engine beside the driver's own counters; they are all there is if it has none. */
static __attribute__((section("__libfuzzer_extra_counters"))) uint8_t behaviours[4096];

static struct mutator *mutator;
static char copy[MUTATOR_LEN_MAX];

static void on_behaviour(uint64_t behaviour)
{
    uint8_t *counter = &behaviours[behaviour % sizeof behaviours];

    *counter = (uint8_t)(*counter + (*counter < 255));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    entry_watch(on_behaviour);
    mutator = the_target.lines && !getenv("OV2_FUZZ_BYTES") ? mutator_new(&the_target) : NULL;
    if (!entry_start())
        exit(2);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    entry_run(data, size);
    return 0;
}

/* OV2_FUZZ_BYTES=1: the engine's own mutator of bytes, for comparison. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
    if (!mutator)
        return LLVMFuzzerMutate(data, size, max_size);
    size = size < sizeof copy ? size : sizeof copy;
    memcpy(copy, data, size);
    return mutator_change(mutator, (char *)data, max_size, copy, size, seed);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len, uint8_t *out,
                                 size_t max_out, unsigned int seed)
{
    if (!mutator) {
        size_t from_a = a_len < max_out ? a_len / 2 : max_out / 2;
        size_t from_b = b_len - b_len / 2 < max_out - from_a ? b_len - b_len / 2 : max_out - from_a;
        memcpy(out, a, from_a);
        memcpy(out + from_a, b + b_len / 2, from_b);
        return from_a + from_b;
    }
    return mutator_cross(mutator, (char *)out, max_out, (const char *)a, a_len, (const char *)b, b_len, seed);
}
