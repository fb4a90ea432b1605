/* SPDX-License-Identifier: MIT */
/* Tests of exact-size memory.  What must fault does so in a process of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "process.h"
#include "sanitizer.h"

#define LARGE ((size_t)176 * 1000 * 1000)

int __asan_address_is_poisoned(void const volatile *address) __attribute__((weak));

static int failures;

#define CHECK(got, want) check(__LINE__, #got, (long long)(got), (long long)(want))

static void check(int line, const char *what, long long got, long long want)
{
    if (got != want) {
        (void)fprintf(stderr, "%s:%d: %s: got %lld, want %lld\n", __FILE__, line, what, got, want);
        failures++;
    }
}

/* A driver that nobody instrumented. */
__attribute__((no_sanitize("address", "thread"), noinline)) static uint8_t peek(const volatile uint8_t *address)
{
    return *address;
}

__attribute__((no_sanitize("address", "thread"), noinline)) static void poke(volatile uint8_t *address, uint8_t value)
{
    *address = value;
}

static struct guard_block take(size_t size, enum guard_access access)
{
    struct guard_block block = {0};

    CHECK(guard_take(&block, size, 8, 0, access), true);
    return block;
}

/* ---- What a process of its own does to an address ---- */

struct probe {
    volatile uint8_t *address;
    bool write;
};

static int probe_body(void *context)
{
    const struct probe *probe = context;

    process_line(1);
    if (probe->write) {
        poke(probe->address, 1);
    }
    return peek(probe->address);
}

/* outcome: 'r' or 'w': such a fault at that very address, '?' anything else but a good end, '.' no fault. */
static char outcome(const volatile uint8_t *address, bool write)
{
    const struct process_limits limits = {.cpu_ms = 5000, .wall_ms = 20000};
    struct probe probe = {.address = (volatile uint8_t *)(uintptr_t)address, .write = write};
    struct process_report report;

    if (!process_case(&report, &limits, probe_body, &probe)) {
        return '!';
    }
    if (report.verdict == PROCESS_DONE) {
        return '.';
    }
    if (report.verdict != PROCESS_CRASH || report.address != (uintptr_t)address || report.write > 1) {
        return '?';
    }
    return report.write == 1 ? 'w' : 'r';
}

/* ---- Tests ---- */

static void test_placement(void)
{
    static const size_t sizes[] = {1, 3, 8, 20, 24, 176, 4095, 4096, 4097, 65536, 65537, 200001};

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t align = 1; align <= 8; align *= 2) {
            for (size_t shift = 0; shift < 8; shift++) {
                struct guard_block block;
                uintptr_t end;

                CHECK(guard_take(&block, sizes[i], align, shift, GUARD_INPUT), true);
                end = (uintptr_t)block.device + sizes[i];
                CHECK(block.size, sizes[i]);
                CHECK(((uintptr_t)block.device - shift) % align, 0);
                CHECK((4096 - end % 4096) % 4096 < align, true);
                for (const uint8_t *slack = block.host + sizes[i]; (uintptr_t)slack % 4096 != 0; slack++) {
                    CHECK(*slack, 0xC3);
                }
                guard_complete(&block);
            }
        }
    }
    guard_reset();
}

static void test_surroundings(void)
{
    for (int round = 0; round < 100; round++) {
        struct guard_block block = take(round % 3 == 0 ? 4000 : 20, round % 2 == 0 ? GUARD_INPUT : GUARD_OUTPUT);

        memset(block.host, 0xEE, block.size);
        for (uint8_t *below = block.host; (uintptr_t)below % 4096 != 0;) {
            CHECK(*--below, 0xC3);
        }
        guard_complete(&block);
    }
    guard_reset();
}

static void test_views(void)
{
    struct guard_block input = take(24, GUARD_INPUT);
    struct guard_block output = take(100000, GUARD_OUTPUT);

    memset(input.host, 0x11, 24);
    CHECK(peek(input.device + 23), 0x11);
    poke(output.device + 99999, 0x22);
    CHECK(output.host[99999], 0x22);
    CHECK(outcome(input.device, false), '.');
    CHECK(outcome(input.device + 24, false), 'r');
    CHECK(outcome(input.device + 24, true), 'w');
    CHECK(outcome(input.device - 4096, false), 'r');
    CHECK(outcome(output.device, true), '.');
    CHECK(outcome(output.device + 100000, true), 'w');
    guard_reset();
}

static void test_empty(void)
{
    struct guard_block block = take(0, GUARD_INPUT);
    uint32_t id = 0;
    int64_t offset = 1;

    CHECK((uintptr_t)block.device % 4096, 0);
    CHECK(outcome(block.device, false), 'r');
    CHECK(guard_find(&id, &offset, (uintptr_t)block.device), true);
    CHECK(id, block.id);
    CHECK(offset, 0);
    guard_complete(&block);
    CHECK(guard_tampered(&block, &(size_t){0}), false);
    guard_reset();
}

static int write_body(void *context)
{
    const struct guard_block *block = context;
    struct guard_write writes[4];

    for (size_t i = 0; i < 3; i++) {
        poke(block[i].device + 5, 0x77);
        poke(block[i].device + 6, 0x77);
    }
    poke(block[3].device, 0x77); /* output */
    CHECK(guard_writes(writes, 2), 2);
    CHECK(writes[0].id, block[0].id);
    CHECK(writes[0].offset, 5);
    CHECK(writes[0].code != 0, true);
    CHECK(writes[1].id, block[1].id);
    CHECK(guard_writes(writes, 4), 1);
    CHECK(writes[0].id, block[2].id);
    CHECK(guard_writes(writes, 4), 0);
    CHECK(block[0].host[6], 0x77);

    /* the next block there is protected again, and surrounded by slack again */
    for (int i = 0; i < 100; i++) {
        struct guard_block next = take(24, GUARD_INPUT);

        poke(next.device - 1, 0x77);
        CHECK(guard_writes(writes, 4), 1);
        CHECK(writes[0].id, next.id);
        CHECK(writes[0].offset, -1);
        guard_complete(&next);
        next = take(24, GUARD_INPUT);
        CHECK(next.host[-1], 0xC3);
        guard_complete(&next);
    }
    return failures;
}

static void test_writes_to_input(void)
{
    const struct process_limits limits = {.cpu_ms = 5000, .wall_ms = 20000};
    struct process_report report;
    struct guard_block block[4] = {take(24, GUARD_INPUT), take(9000, GUARD_INPUT), take(300000, GUARD_INPUT),
                                   take(24, GUARD_OUTPUT)};

    CHECK(process_case(&report, &limits, write_body, block), true);
    CHECK(report.verdict, PROCESS_DONE);
    CHECK(report.code, 0);
    guard_reset();
}

static int flood_body(void *context)
{
    struct guard_write writes[100];
    size_t noted = 0;

    (void)context;
    for (uint32_t i = 0; i < 1000; i++) {
        struct guard_block block = take(8, GUARD_INPUT);

        poke(block.device, 1);
        guard_complete(&block);
        if (i % 100 == 99) {
            noted += guard_writes(writes, 100);
        }
    }
    CHECK(noted, 10 * 64);
    return failures;
}

static void test_many_writes(void)
{
    const struct process_limits limits = {.cpu_ms = 5000, .wall_ms = 20000};
    struct process_report report;

    CHECK(process_case(&report, &limits, flood_body, NULL), true);
    CHECK(report.verdict, PROCESS_DONE);
    CHECK(report.code, 0);
}

static void test_completed(void)
{
    struct guard_block block = take(24, GUARD_OUTPUT);
    struct guard_block large = take(100000, GUARD_OUTPUT);
    size_t offset = 99;

    CHECK(guard_freed(), 0);
    memset(block.host, 1, 24);
    guard_complete(&block);
    CHECK(peek(block.device + 23), GUARD_POISON);
    CHECK(guard_freed(), (uintptr_t)block.device);
    CHECK(guard_tampered(&block, &offset), false);
    poke(block.device + 7, 0);
    CHECK(guard_tampered(&block, &offset), true);
    CHECK(offset, 7);
    guard_complete(&large);
    CHECK(guard_freed(), (uintptr_t)large.device);
    poke(large.device + 99999, 0);
    CHECK(guard_tampered(&large, &offset), true);
    CHECK(offset, 99999);
    guard_reset();
    CHECK(guard_freed(), 0);
    CHECK(guard_tampered(&block, &offset), false);
}

static void test_strict(void)
{
    struct guard_block block;
    struct guard_block again;

    CHECK(guard_start(0xC3, true), true);
    block = take(24, GUARD_INPUT);
    CHECK(outcome(block.device, false), '.');
    guard_complete(&block);
    CHECK(outcome(block.device, false), 'r');
    CHECK(outcome(block.device, true), 'w');
    guard_reset();
    again = take(24, GUARD_INPUT);
    CHECK((uintptr_t)again.device, (uintptr_t)block.device);
    CHECK(outcome(again.device, false), '.');
    CHECK(guard_start(0xC3, false), true);
}

static void test_rotation(void)
{
    uint8_t *first[200];
    struct guard_block block;
    int apart = 0;

    for (int i = 0; i < 200; i++) {
        block = take(24, GUARD_INPUT);
        first[i] = block.device;
        guard_complete(&block);
    }
    for (int i = 1; i < 200 && first[i] != first[0]; i++) {
        apart = i;
    }
    CHECK(apart >= 31, true);
    for (int i = 0; i + apart + 1 < 200; i++) {
        CHECK((uintptr_t)first[i + apart + 1], (uintptr_t)first[i]); /* the one longest ago */
    }
    guard_reset();
    for (int i = 0; i < 200; i++) { /* the same again: a run of a fuzz target has no memory */
        block = take(24, GUARD_INPUT);
        CHECK((uintptr_t)block.device, (uintptr_t)first[i]);
        CHECK(block.id, i + 1);
        guard_complete(&block);
    }
    guard_reset();
}

static void test_many(void)
{
    static struct guard_block blocks[GUARD_BLOCKS];
    uint32_t id;
    int64_t offset;

    for (uint32_t i = 0; i < GUARD_BLOCKS; i++) {
        blocks[i] = take(8 + i % 100, GUARD_INPUT);
        memset(blocks[i].host, (int)(i & 0xFF), blocks[i].size);
    }
    for (uint32_t i = 0; i < GUARD_BLOCKS; i++) {
        CHECK(peek(blocks[i].device), i & 0xFF);
        CHECK(guard_find(&id, &offset, (uintptr_t)blocks[i].device - 3), true);
        CHECK(id, blocks[i].id);
        CHECK(offset, -3);
    }
    guard_reset();
    CHECK(guard_find(&id, &offset, (uintptr_t)blocks[0].device), false);
}

static void test_large(void)
{
    struct guard_block block;
    uint32_t id;
    int64_t offset;

    for (int i = 0; i < 4; i++) {
        block = take(LARGE, GUARD_INPUT);
        block.host[0] = 1;
        block.host[LARGE - 1] = 2;
        CHECK(peek(block.device + LARGE - 1), 2);
        CHECK(guard_find(&id, &offset, (uintptr_t)block.device + LARGE), true);
        CHECK(id, block.id);
        CHECK(offset, LARGE);
        if (i > 1) {
            guard_complete(&block);
        }
    }
    CHECK(outcome(block.device + LARGE, false), 'r');
    CHECK(guard_take(&block, SIZE_MAX - 100, 8, 0, GUARD_INPUT), false);
    CHECK(guard_take(&block, (size_t)1 << 50, 8, 0, GUARD_INPUT), false);
    guard_reset();
}

static void test_wild(void)
{
    uint32_t id;
    int64_t offset;

    CHECK(guard_find(&id, &offset, guard_unmapped()), false);
    CHECK(guard_find(&id, &offset, (uintptr_t)&id), false);
    CHECK(outcome((const uint8_t *)guard_unmapped(), false), 'r');
    CHECK(outcome((const uint8_t *)guard_unmapped(), true), 'w');
    CHECK(outcome((const uint8_t *)guard_noncanonical(), false), '?'); /* read or write: not known */
    CHECK(guard_unmapped() % 8, 0);
    CHECK(guard_noncanonical() % 8, 0);
}

static int adopt_body(void *context)
{
    const struct guard_block *parent = context;
    struct guard_block block;

    CHECK(guard_adopt(0xFF, false), true);
    CHECK(guard_freed(), 0);
    block = take(20, GUARD_INPUT);
    CHECK((uintptr_t)block.device, (uintptr_t)parent->device);
    CHECK(block.id, 1);
    CHECK(block.host[20], 0xFF);
    CHECK(block.host[-1], 0xFF);
    memset(block.host, 9, 20);
    return failures;
}

static void test_adopt(void)
{
    const struct process_limits limits = {.cpu_ms = 5000, .wall_ms = 20000};
    struct process_report report;
    struct guard_block block = take(20, GUARD_INPUT);

    memset(block.host, 7, 20);
    CHECK(process_case(&report, &limits, adopt_body, &block), true);
    CHECK(report.verdict, PROCESS_DONE);
    CHECK(report.code, 0);
    CHECK(block.host[0], 7);
    CHECK(peek(block.device), 7);
    guard_reset();
}

/* AddressSanitizer watches what lies around a block, and nothing that was poisoned stays so for somebody else. */
static void test_poison(void)
{
    struct guard_block block = take(20, GUARD_INPUT);
    struct guard_block large = take(100001, GUARD_INPUT);

    if (__asan_address_is_poisoned == NULL) {
        CHECK(strcmp(sanitizer_mode(), "asan") != 0, true);
        return;
    }
    CHECK(__asan_address_is_poisoned(block.device), 0);
    CHECK(__asan_address_is_poisoned(block.device + 19), 0);
    CHECK(__asan_address_is_poisoned(block.device + 20), 1);
    CHECK(__asan_address_is_poisoned(block.device + 24), 1);
    CHECK(__asan_address_is_poisoned(block.device - 1), 1);
    CHECK(__asan_address_is_poisoned(large.device), 0);
    CHECK(__asan_address_is_poisoned(large.device + 100001), 1);
    CHECK(guard_start(0xC3, false), true);
    CHECK(__asan_address_is_poisoned(large.device + 100001), 0);
    block = take(4096, GUARD_INPUT);
    CHECK(__asan_address_is_poisoned(block.device), 0);
    CHECK(__asan_address_is_poisoned(block.device + 4095), 0);
    guard_reset();

    /* A smaller block where a larger one was: what lies between their beginnings is poisoned, too. */
    (void)take(130000, GUARD_INPUT);
    guard_reset();
    large = take(70000, GUARD_INPUT);
    CHECK(__asan_address_is_poisoned(large.device - 40000), 1);
    CHECK(guard_start(0xC3, false), true);
    CHECK(__asan_address_is_poisoned(large.device - 40000), 0);
    guard_reset();
}

static void test_block_of(void)
{
    struct guard_block block = take(40, GUARD_INPUT);
    struct guard_block found = {0};
    bool is_live = false;

    CHECK(guard_block_of(&found, &is_live, (uintptr_t)block.device + 39), true);
    CHECK(found.device == block.device && found.host == block.host && found.size == 40 && found.id == block.id, true);
    CHECK(is_live, true);
    CHECK(guard_block_of(&found, &is_live, (uintptr_t)block.device - 1), false);
    guard_complete(&block);
    CHECK(guard_block_of(&found, &is_live, (uintptr_t)block.device), true);
    CHECK(is_live, false);
    CHECK(guard_block_of(&found, &is_live, (uintptr_t)&block), false);
}

int main(void)
{
    if (!guard_start(0xC3, false)) {
        (void)fprintf(stderr, "no memory\n");
        return EXIT_FAILURE;
    }
    test_placement();
    test_surroundings();
    test_views();
    test_empty();
    test_writes_to_input();
    test_many_writes();
    test_completed();
    test_strict();
    test_rotation();
    test_many();
    test_large();
    test_wild();
    test_adopt();
    test_poison();
    test_block_of();
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
