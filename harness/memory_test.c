/* SPDX-License-Identifier: MIT */
/* Lists in memory: where elements lie, what Next and handles are, and what a device may change. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "ov2/ndis_ipsec.h"

static int failures;
static struct trace_line line;
static struct profile profile;
static struct outcome *outcome;
static struct list list;
static struct memory memory;

static void expect(int at, const char *what, uint64_t got, uint64_t want)
{
    if (got == want)
        return;
    printf("memory_test.c:%d: %s: got %llu want %llu\n", at, what, (unsigned long long)got, (unsigned long long)want);
    failures++;
}

/* #n has the handle 1000 + n; an element of an earlier line lies at 0x7000. */
static uint64_t resolve_handle(void *context, const struct trace_word *word, uint32_t index)
{
    (void)context;
    return word->base == BASE_RAW ? word->number : 1000 + word->number + (word->base == BASE_RUN ? index : 0);
}

static uintptr_t resolve_other(void *context, const struct trace_word *word)
{
    (void)context;
    return word->count == 4 && memcmp(word->text, "kept", 4) == 0 ? 0x7000 : 0;
}

static void place(int at, const char *text)
{
    static const struct memory_resolver resolver = {NULL, resolve_handle, resolve_other};
    struct trace_error error;

    memory_free(&memory);
    if (trace_parse(&line, &error, text, strlen(text)) != TRACE_REQUEST) {
        printf("memory_test.c:%d: %s: got %s want a request\n", at, text, error.text);
        exit(1);
    }
    list_read(&list, &line, &profile);
    expect(at, "placed", memory_place(&memory, &list, &resolver), true);
}

static uintptr_t next_of(uint32_t room, uint32_t index)
{
    uintptr_t next;

    memcpy(&next, (const void *)(memory_address(&memory, room, index) + LIST_NEXT_AT), sizeof next);
    return next;
}

static void test_links(void)
{
    place(__LINE__, "delete_sa a{handle=#3 next=b} b{handle=0x77 next=a+16}");
    expect(__LINE__, "a.next", next_of(0, 0), memory_address(&memory, 1, 0));
    expect(__LINE__, "b.next", next_of(1, 0), memory_address(&memory, 0, 0) + 16);
    expect(__LINE__, "a.handle", memory_handle(&memory, 0, 0), 1003);
    expect(__LINE__, "b.handle", memory_handle(&memory, 1, 0), 0x77);
    place(__LINE__, "delete_sa a{next=kept} b{next=gone} c{next=0x1234} d{next=unmapped} e{next=noncanonical}");
    expect(__LINE__, "a.next", next_of(0, 0), 0x7000);
    expect(__LINE__, "b.next", next_of(1, 0), guard_freed());
    expect(__LINE__, "c.next", next_of(2, 0), 0x1234);
    expect(__LINE__, "d.next", next_of(3, 0), guard_unmapped());
    expect(__LINE__, "e.next", next_of(4, 0), guard_noncanonical());
    place(__LINE__, "delete_sa a[4]{handle=#1+ next=+ last=a[2]}");
    for (uint32_t i = 0; i < 4; i++) {
        expect(__LINE__, "run", next_of(0, i), memory_address(&memory, 0, i < 3 ? i + 1 : 2));
        expect(__LINE__, "handle", memory_handle(&memory, 0, i), 1001 + i);
    }
}

static void test_places(void)
{
    place(__LINE__, "delete_sa a{} b{at=unaligned}");
    expect(__LINE__, "a ends a page, but for alignment", (memory_address(&memory, 0, 0) + 24) % 4096, 0);
    expect(__LINE__, "b is odd", memory_address(&memory, 1, 0) % 8, 1);
    place(__LINE__, "delete_sa a{at=packed} b[2]{} c{at=packed bytes=23}");
    expect(__LINE__, "b", memory_address(&memory, 1, 0), memory_address(&memory, 0, 0) + 24);
    expect(__LINE__, "b[1]", memory_address(&memory, 1, 1), memory_address(&memory, 0, 0) + 48);
    expect(__LINE__, "c", memory_address(&memory, 2, 0), memory_address(&memory, 0, 0) + 72);
    expect(__LINE__, "the slack", (memory_address(&memory, 2, 0) + 23 + 1) % 4096, 0);
    place(__LINE__, "delete_sa a[5]{at=scattered}");
    for (uint32_t i = 0; i < 5; i++) {
        for (uint32_t k = 0; k < i; k++) {
            uintptr_t one = memory_address(&memory, 0, i);
            uintptr_t other = memory_address(&memory, 0, k);
            expect(__LINE__, "apart", one > other ? one - other >= 88 : other - one >= 88, true);
        }
    }
    place(__LINE__, "delete_sa a[3]{at=guard}");
    expect(__LINE__, "blocks", memory.block_count, 3);
    place(__LINE__, "delete_sa a[0]{} b[0]{at=scattered} c[0]{at=guard}");
    expect(__LINE__, "blocks", memory.block_count, 0);
}

static uint32_t check_changes(void)
{
    outcome_reset(outcome);
    memory_check(&memory, outcome, "HDR-013");
    return outcome->break_count;
}

static void write_at(uint32_t room, uint32_t index, uint32_t offset, uint8_t value)
{
    ((uint8_t *)memory_address(&memory, room, index))[offset] = value;
}

static void test_changes(void)
{
    static const char *const texts[] = {"add_sa a{} b{}", "add_sa a{at=packed} b{at=packed}",
                                        "add_sa a{at=guard} b[2]{}", "add_sa a{} b[2]{at=scattered}",
                                        "add_sa a{} b[2]{at=guard}"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        uint32_t last;
        place(__LINE__, texts[i]);
        last = memory.rooms[1].count - 1;
        expect(__LINE__, "at first", check_changes(), 0);
        write_at(1, last, 56, 1);
        write_at(1, last, 63, 1);
        expect(__LINE__, "the handle", check_changes(), 0);
        expect(__LINE__, "a new handle", memory_has_new_handle(&memory, 1, last), false); /* the image follows */
        write_at(1, last, 64, 1);
        expect(__LINE__, "behind the handle", check_changes(), 1);
        expect(__LINE__, "its name", strncmp(outcome->breaks[0].element, "b", 1) == 0, true);
        expect(__LINE__, "told once", check_changes(), 0);
        write_at(1, last, 55, 1);
        expect(__LINE__, "in front of the handle", check_changes(), 1);
        write_at(0, 0, 0, 1);
        expect(__LINE__, "the header", check_changes(), 1);
        expect(__LINE__, "its name", strcmp(outcome->breaks[0].element, "a") == 0, true);
        write_at(0, 0, 170, 1);
        expect(__LINE__, "a key", check_changes(), 1);
    }
    place(__LINE__, "add_sa a{}");
    write_at(0, 0, 57, 1);
    expect(__LINE__, "a new handle", memory_has_new_handle(&memory, 0, 0), true);
    place(__LINE__, "add_sa a{raw=200*00}");
    write_at(0, 0, 56, 1);
    expect(__LINE__, "the handle of raw bytes", check_changes(), 0);
    place(__LINE__, "add_sa a{bytes=60}");
    write_at(0, 0, 59, 1);
    expect(__LINE__, "a short element", check_changes(), 1);
}

static void test_names(void)
{
    char name[64];
    int64_t offset;
    uint32_t len;
    char text[128];

    place(__LINE__, "add_sa a{} b[3]{at=packed} c{at=packed}");
    expect(__LINE__, "found",
           memory_describe(name, sizeof name, &offset, &len, &memory, memory.blocks[memory.rooms[1].first_block].id,
                           192 + 5),
           true);
    expect(__LINE__, "b[1]", strcmp(name, "b[1]") == 0, true);
    expect(__LINE__, "offset", (uint64_t)offset, 5);
    expect(__LINE__, "length", len, 188);
    memory_describe(name, sizeof name, &offset, &len, &memory, memory.blocks[memory.rooms[1].first_block].id,
                    INT64_C(3) * 192);
    expect(__LINE__, "c", strcmp(name, "c") == 0, true);
    expect(__LINE__, "none of ours", memory_describe(name, sizeof name, &offset, &len, &memory, 0, 0), false);
    memory_complete(&memory);
    expect(__LINE__, "untouched", memory_tampered(text, sizeof text, &memory), false);
    write_at(1, 2, 7, 1);
    expect(__LINE__, "touched", memory_tampered(text, sizeof text, &memory), true);
    expect(__LINE__, "where", strcmp(text, "byte 7 of b[2]") == 0, true);
}

int main(void)
{
    outcome = malloc(sizeof *outcome);
    if (!outcome || !guard_start(0, false))
        return 1;
    test_links();
    test_places();
    test_changes();
    test_names();
    memory_free(&memory);
    memory_free(&memory);
    free(outcome);
    return failures > 0;
}
