/* SPDX-License-Identifier: MIT */
#include "ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            printf("ledger_test.c:%d: %s\n", __LINE__, #condition);                                                    \
            failures++;                                                                                                \
        }                                                                                                              \
    } while (0)

static const uint8_t key[16] = {0xE3, 0x11, 0x20, 0x35, 0x42, 0x57, 0x66, 0x79, 1, 2, 3, 4, 5, 6, 7, 8};

static struct ledger *open_ledger(void)
{
    struct ledger *ledger = ledger_open();

    if (ledger == NULL)
        abort();
    return ledger;
}

static void check_counts(void)
{
    struct ledger *ledger = open_ledger();
    uint64_t bytes = 99;

    CHECK(!ledger_is_used(ledger));
    CHECK(ledger_live(ledger, &bytes) == 0 && bytes == 0);
    uint8_t *one = ledger_allocate(ledger, 24, 0);
    uint8_t *other = ledger_allocate(ledger, 1, 0);
    CHECK(ledger_is_used(ledger));
    CHECK(one != NULL && other != NULL && (uintptr_t)one % 16 == 0 && (uintptr_t)other % 16 == 0);
    CHECK(ledger_live(ledger, &bytes) == 2 && bytes == 25);
    ledger_release(ledger, one);
    ledger_release(ledger, NULL);
    CHECK(ledger_live(ledger, NULL) == 1);
    ledger_release(ledger, other);
    CHECK(ledger_live(ledger, &bytes) == 0 && bytes == 0);
    CHECK(ledger_is_used(ledger));
    ledger_close(ledger);
}

static void check_failure(void)
{
    struct ledger *ledger = open_ledger();

    ledger_fail(ledger, 2);
    uint8_t *first = ledger_allocate(ledger, 8, 0);
    CHECK(first != NULL && !ledger_failed(ledger));
    CHECK(ledger_allocate(ledger, 8, 0) == NULL && ledger_failed(ledger));
    uint8_t *third = ledger_allocate(ledger, 8, 0);
    CHECK(third != NULL);
    ledger_release(ledger, first);
    ledger_release(ledger, third);
    ledger_close(ledger);
}

/* check_find: a key at any place of live memory, and in memory that was given back with it, wherever it lay there. */
static void check_find(uint32_t at, uint32_t size)
{
    struct ledger *ledger = open_ledger();
    uint8_t *memory = ledger_allocate(ledger, size, 0);
    uint8_t *wiped = ledger_allocate(ledger, size, 0);

    CHECK(!ledger_find(ledger, key, sizeof key, false));
    memcpy(memory + at, key, sizeof key);
    CHECK(ledger_find(ledger, key, sizeof key, false));
    CHECK(ledger_find(ledger, key + 3, 9, false));
    CHECK(!ledger_find(ledger, key, sizeof key, true));
    ledger_release(ledger, memory);
    CHECK(!ledger_find(ledger, key, sizeof key, false));
    CHECK(ledger_find(ledger, key, sizeof key, true));
    memcpy(wiped + at, key, sizeof key);
    memset(wiped + at, 0, sizeof key);
    ledger_release(ledger, wiped);
    CHECK(!ledger_find(ledger, key, sizeof key, false));
    ledger_close(ledger);
}

static void check_wiped(void)
{
    struct ledger *ledger = open_ledger();
    uint8_t *memory = ledger_allocate(ledger, 64, 0);

    memcpy(memory, key, sizeof key);
    memset(memory, 0, 64);
    ledger_release(ledger, memory);
    CHECK(!ledger_find(ledger, key, sizeof key, true));
    ledger_close(ledger);
}

/* check_kept: what is kept back is bounded, and the oldest goes first. */
static void check_kept(void)
{
    struct ledger *ledger = open_ledger();
    uint8_t *memory = ledger_allocate(ledger, 64, 0);

    memcpy(memory, key, sizeof key);
    ledger_release(ledger, memory);
    for (int i = 0; i < 17; i++)
        ledger_release(ledger, ledger_allocate(ledger, 1u << 20, 0));
    CHECK(!ledger_find(ledger, key, sizeof key, true));
    ledger_close(ledger);
}

int main(void)
{
    check_counts();
    check_failure();
    check_find(0, sizeof key);
    check_find(0, 33);
    check_find(17, 33);
    check_find(5, 4096);
    check_wiped();
    check_kept();
    return failures != 0;
}
