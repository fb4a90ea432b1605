/* SPDX-License-Identifier: MIT */
/* The estimate, on an urn whose content is known. */
#include "stats.h"

#include <stdio.h>
#include <stdlib.h>

static int failures;

static void expect(int at, int ok, const char *what)
{
    if (!ok) {
        printf("stats_test.c:%d: %s\n", at, what);
        failures++;
    }
}

static uint64_t state = 7;

static uint32_t draw(uint32_t limit)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((state >> 32) * limit >> 32);
}

/* Ball i of 2000 is drawn as often as any other: after n draws the chance of an unseen one is known. */
static void test_urn(void)
{
    enum {
        BALLS = 2000
    };
    static unsigned char seen[BALLS];
    struct stats *stats = stats_open(NULL);
    uint32_t unseen = BALLS;

    expect(__LINE__, stats != NULL, "memory");
    if (!stats)
        return;
    expect(__LINE__, stats_chance(stats) == 1.0, "before the first draw all is new");
    for (uint32_t n = 1; n <= 8000; n++) {
        uint32_t ball = draw(BALLS);
        double truth;
        double estimate;
        stats_begin(stats);
        expect(__LINE__, stats_see(stats, ball + 1) == !seen[ball], "new is what was not seen");
        unseen -= !seen[ball];
        seen[ball] = 1;
        truth = (double)unseen / BALLS;
        estimate = stats_chance(stats);
        if (n % 1000 == 0)
            expect(__LINE__, estimate > truth - 0.03 && estimate < truth + 0.03, "the estimate is near the truth");
    }
    expect(__LINE__, stats->behaviours == BALLS - unseen, "how many were seen");
}

/* What one execution shows twice counts once. */
static void test_executions(void)
{
    struct stats *stats = stats_open(NULL);

    stats_begin(stats);
    stats_see(stats, 5);
    stats_see(stats, 5);
    expect(__LINE__, stats->once == 1 && stats_chance(stats) == 1.0, "twice in one execution is once");
    stats_begin(stats);
    stats_see(stats, 5);
    expect(__LINE__, stats->once == 0 && stats_chance(stats) == 0.0, "in two executions is not once");
    expect(__LINE__, stats->last_new == 1 && stats->behaviours == 1, "the newest is of the first");
}

static void test_full(void)
{
    struct stats *stats = stats_open(NULL);

    stats_begin(stats);
    for (uint64_t i = 1; i <= 4 * (uint64_t)STATS_BEHAVIOURS; i++)
        stats_see(stats, i);
    expect(__LINE__, stats->behaviours < STATS_BEHAVIOURS, "a full table stays usable");
    for (uint64_t i = 1; i <= STATS_KINDS; i++)
        expect(__LINE__, stats_find(stats, i) == 0, "the first of its kind");
    expect(__LINE__, stats_find(stats, 1) == 1, "the second of its kind");
    expect(__LINE__, stats_find(stats, STATS_KINDS + 1) == UINT64_MAX, "no room for another kind");
}

static void test_hash(void)
{
    expect(__LINE__, stats_hash(0, "a") != stats_hash(0, "b"), "texts differ");
    expect(__LINE__, stats_hash(stats_hash(0, "a"), "b") != stats_hash(stats_hash(0, "b"), "a"), "order counts");
}

int main(void)
{
    test_urn();
    test_executions();
    test_full();
    test_hash();
    return failures != 0;
}
