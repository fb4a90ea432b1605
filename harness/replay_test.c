/* SPDX-License-Identifier: MIT */
/* The replay window at its edges, and the upper half that a number has (RFC 4303 3.4.3 and A2, RFC 4302 3.4.3). */
#include "replay.h"

#include <stdio.h>
#include <string.h>

#define WORDS 16u

static int failures;
static uint64_t seen[WORDS];
static struct replay_window window;

static void expect_at(int at, const char *what, uint64_t number, uint64_t got, uint64_t want)
{
    if (got == want)
        return;
    printf("replay_test.c:%d: %s of %llx: got %llx want %llx\n", at, what, (unsigned long long)number,
           (unsigned long long)got, (unsigned long long)want);
    failures++;
}

#define admits(number, want)  expect_at(__LINE__, "admission", number, replay_admits(&window, number), want)
#define receive(number, want) (admits(number, want), receive_again(number))

static void begin(uint32_t size)
{
    memset(seen, 0, sizeof seen);
    window = (struct replay_window){0, seen, size};
}

/* As a receiver does: the check, the ICV (which is good), the window. */
static void receive_again(uint64_t number)
{
    if (replay_admits(&window, number))
        replay_accept(&window, number);
}

/* ---- The window ---- */

/* P-REP-002, P-REP-003: each number of the window once, none to its left. */
static void test_edges(void)
{
    static const uint32_t sizes[] = {REPLAY_LEAST, REPLAY_USUAL, 128, WORDS * REPLAY_WORD};

    for (uint32_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint32_t size = sizes[i];
        uint64_t top = 5000;
        begin(size);
        receive(top, true);
        admits(top - size, false);
        admits(0, false);
        for (uint64_t number = top - size + 1; number < top; number++) {
            receive(number, true);
            admits(number, false);
        }
        admits(top, false);
        receive(top + 1, true);
        admits(top - size + 1, false);
        admits(top - size + 2, false);
        admits(top + 2, true);
    }
}

/* P-REP-007: a bit map of 32 bits takes these for new. */
static void test_every_bit(void)
{
    static const uint64_t numbers[] = {31, 32, 33, 63, 64, 95, 96, 97, 127, 128, 1000};

    for (uint32_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        begin(REPLAY_USUAL);
        receive(numbers[i], true);
        admits(numbers[i], false);
        receive(numbers[i] + 31, true);
        admits(numbers[i], false);
    }
}

/* P-REP-003: what slides out of the window is not there when its place is used again. */
static void test_slides(void)
{
    static const uint64_t steps[] = {1, 2, 31, 32, 63, 64, 65, 127, 128, 1ull << 32, 1ull << 62};

    for (uint32_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        uint64_t top = 1000 + steps[i];
        begin(REPLAY_USUAL);
        for (uint64_t number = 900; number <= 1000; number++)
            receive(number, true);
        receive(top, true);
        for (uint64_t number = top - REPLAY_USUAL + 1; number <= top; number++)
            admits(number, number > 1000 && number != top);
        admits(top - REPLAY_USUAL, false);
    }
}

/* P-REP-004: a number that only came does not move the window. */
static void test_forged(void)
{
    begin(REPLAY_USUAL);
    receive(100, true);
    admits(1ull << 40, true);
    receive(99, true);
    receive(37, true);
    admits(36, false);
}

/* A number that the window has left behind is none that could be accepted: it takes no place of another. */
static void test_left_behind(void)
{
    begin(REPLAY_USUAL);
    receive(1000, true);
    replay_accept(&window, 873);
    admits(873, false);
    admits(937, true);
}

/* P-REP-005: the first number may be any but 0. */
static void test_first(void)
{
    static const uint64_t firsts[] = {1, 2, 31, 64, 0xFFFFFFFF, UINT64_MAX};

    begin(REPLAY_USUAL);
    admits(0, false);
    for (uint32_t i = 0; i < sizeof firsts / sizeof *firsts; i++) {
        begin(REPLAY_USUAL);
        receive(firsts[i], true);
        admits(firsts[i], false);
        admits(0, false);
    }
    begin(REPLAY_USUAL);
    receive(10, true); /* the window would begin below 0 */
    receive(1, true);
    admits(1, false);
    admits(0, false);
}

/* P-REP-001: without integrity anybody could move the window, so there is none. */
static void test_without_integrity(void)
{
    begin(0);
    receive(100, true);
    receive(100, true);
    receive(1, true);
    receive(0, true);
}

/* ---- The upper half ---- */

struct row {
    uint64_t top;
    uint32_t size;
    uint32_t low;
    int64_t half; /* -1: there is none */
};

/* P-ESN-006, P-ESN-008: worked out by hand from A2.2.  The sentence in RFC 4303 3.4.3, "lower than the receiver's low
 * half", would give the next half in the rows with a star. */
static const struct row rows[] = {
    /* case A: the window lies in one half of the numbers */
    {0x500001000, 64, 0xFC0, 6},
    {0x500001000, 64, 0xFC1, 5}, /* star: the left edge */
    {0x500001000, 64, 0xFFF, 5}, /* star */
    {0x500001000, 64, 0x1000, 5},
    {0x500001000, 64, 0x1001, 5},
    {0x500001000, 64, 0xFFFFFFFF, 5},
    {0x500001000, 64, 0, 6},
    {0x4FFFFFFFF, 64, 0xFFFFFFFF, 4},
    {0x4FFFFFFFF, 64, 0xFFFFFFC0, 4}, /* star */
    {0x4FFFFFFFF, 64, 0xFFFFFFBF, 5},
    {0x4FFFFFFFF, 64, 0, 5},
    {0x50000003F, 64, 0, 5}, /* star: the window begins at 0 */
    {0x50000003F, 64, 0xFFFFFFFF, 5},
    {0x50000001F, 32, 0, 5}, /* star */
    {0x50000001F, 32, 0xFFFFFFFF, 5},
    {0x500000FFF, 32, 0xFDF, 6},
    {0x500000FFF, 32, 0xFE0, 5}, /* star */
    {0x5000003FF, 1024, 0, 5},   /* star */
    {0x5000003FF, 1024, 0xFFFFFFFF, 5},
    /* case B: it began in the half before */
    {0x50000003E, 64, 0xFFFFFFFF, 4}, /* star */
    {0x50000003E, 64, 0xFFFFFFFE, 5},
    {0x50000003E, 64, 0, 5},          /* star */
    {0x500000010, 64, 0xFFFFFFD1, 4}, /* star: the left edge */
    {0x500000010, 64, 0xFFFFFFD0, 5},
    {0x500000010, 64, 0, 5}, /* star */
    {0x500000010, 64, 0x10, 5},
    {0x500000010, 64, 0x11, 5},
    {0x50000001E, 32, 0xFFFFFFFF, 4}, /* star */
    {0x50000001E, 32, 0xFFFFFFFE, 5},
    {0x5000003FE, 1024, 0xFFFFFFFF, 4}, /* star */
    {0x500000000, 1024, 0xFFFFFC01, 4}, /* star */
    {0x500000000, 1024, 0xFFFFFC00, 5},
    {0x500000000, REPLAY_MOST, 0x80000001, 4}, /* star */
    {0x500000000, REPLAY_MOST, 0x80000000, 5},
    /* P-ESN-009: nothing came yet, or not much */
    {0, 64, 1, 0},
    {0, 64, 0xFFFFFFC0, 0},
    {0, 64, 0xFFFFFFC1, -1},
    {0, 64, 0xFFFFFFFF, -1},
    {62, 64, 0xFFFFFFFF, -1},
    {63, 64, 0xFFFFFFFF, 0},
    /* P-ESP-022: the last numbers of all */
    {UINT64_MAX, 64, 0xFFFFFFFF, 0xFFFFFFFF},
    {UINT64_MAX, 64, 0xFFFFFFC0, 0xFFFFFFFF},
    {UINT64_MAX, 64, 0xFFFFFFBF, -1},
    {UINT64_MAX, 64, 0, -1},
};

static void test_halves(void)
{
    for (uint32_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        uint64_t number = 0;
        bool is_there = replay_number(&number, row->top, row->size, row->low);
        expect_at(__LINE__, "a whole number", i, is_there, row->half >= 0);
        if (is_there)
            expect_at(__LINE__, "whole number", i, number, (uint64_t)row->half << 32 | row->low);
    }
}

static uint64_t next_random(uint64_t *state)
{
    uint64_t mixed = *state += 0x9E3779B97F4A7C15ull;

    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9ull;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBull;
    return mixed ^ mixed >> 31;
}

/* P-ESN-007: the only number with this lower half among the 2^32 that begin at the bottom of the window. */
static void test_closed_form(void)
{
    uint64_t state = 1;

    for (uint32_t i = 0; i < 200000; i++) {
        uint64_t top = next_random(&state) >> (i % 30);
        uint32_t size = REPLAY_LEAST << (i % 27);
        uint64_t bottom = top - size + 1;
        uint32_t low = i % 2 ? (uint32_t)next_random(&state) : (uint32_t)bottom + (i % 5) - 2;
        uint64_t want = bottom + (uint32_t)(low - (uint32_t)bottom);
        uint64_t got = 0;
        if (top < size || want < bottom)
            continue;
        expect_at(__LINE__, "a whole number", top, replay_number(&got, top, size, low), true);
        expect_at(__LINE__, "whole number", top, got, want);
    }
}

/* The numbers of a fresh SA that would be negative are not let in (P-ESN-009). */
static void test_over_the_wrap(void)
{
    static const uint32_t lows[] = {0xFFFFFFFE, 0xFFFFFFFF, 0, 1, 0xFFFFFFFD, 2};
    static const uint32_t halves[] = {7, 7, 8, 8, 7, 8};
    uint64_t number;

    begin(REPLAY_USUAL);
    replay_accept(&window, 0x7FFFFFFF0);
    for (uint32_t i = 0; i < sizeof lows / sizeof *lows; i++) {
        expect_at(__LINE__, "a whole number", lows[i], replay_number(&number, window.top, window.size, lows[i]), true);
        expect_at(__LINE__, "half", lows[i], number >> 32, halves[i]);
        receive(number, true);
        admits(number, false);
    }
}

int main(void)
{
    test_edges();
    test_every_bit();
    test_slides();
    test_forged();
    test_left_behind();
    test_first();
    test_without_integrity();
    test_halves();
    test_closed_form();
    test_over_the_wrap();
    return failures > 0;
}
