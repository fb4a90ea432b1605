/* SPDX-License-Identifier: MIT */
/* Outcomes: packets gathered from sound and unsound fragments, and what finds no room. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outcome.h"

static int failures;

#define CHECK(got, want) check(__LINE__, #got, (unsigned long long)(got), (unsigned long long)(want))

static void check(int line, const char *what, unsigned long long got, unsigned long long want)
{
    if (got == want)
        return;
    printf("outcome_test.c:%d: %s: got %llu want %llu\n", line, what, got, want);
    failures++;
}

static void test_breaks(struct outcome *outcome)
{
    outcome_reset(outcome);
    for (unsigned i = 0; i < OUTCOME_BREAKS + 3; i++)
        outcome_break(outcome, "ADD-001", i == 0 ? NULL : "b", "a handle", "%u of %s", i, "them");
    CHECK(outcome->break_count, OUTCOME_BREAKS + 3);
    CHECK(strcmp(outcome->breaks[0].element, ""), 0);
    CHECK(strcmp(outcome->breaks[1].element, "b"), 0);
    CHECK(strcmp(outcome->breaks[OUTCOME_BREAKS - 1].got, "15 of them"), 0);
    outcome_reset(outcome);
    CHECK(outcome->break_count, 0);
}

static void test_packets(struct outcome *outcome)
{
    uint8_t bytes[8] = "abcdefg";
    const struct ov2_oob oob = {.ipsec = 7};
    struct ov2_fragment fragments[3] = {{bytes, 8, 1, 2, 0}, {NULL, 0, 0, 0, 0}, {bytes, 8, 5, 3, 0}};
    const struct ov2_packet whole = {fragments, 3, 0};
    const struct ov2_packet nothing = {NULL, 0, 0};
    const struct ov2_packet missing = {NULL, 1, 0};

    outcome_reset(outcome);
    CHECK(outcome_add_packet(outcome, &whole, &oob, true), true);
    CHECK(outcome->packets[0].len, 5);
    CHECK(outcome->packets[0].oob.ipsec, 7);
    CHECK(outcome->packets[0].fault, 0);
    CHECK(memcmp(outcome->bytes, "bcfg\0", 5), 0);
    CHECK(outcome_add_packet(outcome, &nothing, NULL, false), true);
    CHECK(outcome->packets[1].len + outcome->packets[1].fault, 0);
    CHECK(outcome_add_packet(outcome, &missing, NULL, false), true);
    CHECK(outcome->packets[2].fault, 1);
    CHECK(outcome_add_packet(outcome, NULL, NULL, false), true);
    CHECK(outcome->packets[3].fault, 1);
    fragments[0].offset = 7; /* and 2 bytes from there */
    outcome_add_packet(outcome, &whole, NULL, true);
    CHECK(outcome->packets[4].fault, 1);
    fragments[0] = (struct ov2_fragment){bytes, 8, UINT32_MAX, UINT32_MAX, 0};
    outcome_add_packet(outcome, &whole, NULL, true);
    CHECK(outcome->packets[5].fault, 1);
    fragments[0] = (struct ov2_fragment){NULL, 8, 0, 1, 0};
    outcome_add_packet(outcome, &whole, NULL, true);
    CHECK(outcome->packets[6].fault, 1);
}

static void test_full(struct outcome *outcome)
{
    const struct ov2_packet nothing = {NULL, 0, 0};
    bool fits = true;

    outcome_reset(outcome);
    for (uint32_t i = 0; i < OUTCOME_PACKETS; i++)
        fits = fits && outcome_add_packet(outcome, &nothing, NULL, true);
    CHECK(fits, true);
    CHECK(outcome->lost, 0);
    CHECK(outcome_add_packet(outcome, &nothing, NULL, true), false);
    CHECK(outcome->lost, 1);
    for (uint32_t i = 0; i < OUTCOME_COMPLETIONS; i++)
        fits = fits && outcome_add_completion(outcome, COMPLETION_SEND) != NULL;
    CHECK(fits, true);
    CHECK(outcome_add_completion(outcome, COMPLETION_SEND) == NULL, true);
    CHECK(outcome->lost, 2);
    outcome_reset(outcome);
    CHECK(outcome->lost + outcome->packet_count + outcome->completion_count, 0);
}

int main(void)
{
    struct outcome *outcome = malloc(sizeof *outcome);

    if (!outcome)
        return 1;
    test_breaks(outcome);
    test_packets(outcome);
    test_full(outcome);
    free(outcome);
    return failures > 0;
}
