/* SPDX-License-Identifier: MIT */
/* Captures: blocks that follow one another, packets where they belong, sections that add up. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "outcome.h"
#include "trace.h"

static int failures;
static char path[512];

#define CHECK(got, want) check(__LINE__, #got, (unsigned long long)(got), (unsigned long long)(want))

static void check(int line, const char *what, unsigned long long got, unsigned long long want)
{
    if (got == want)
        return;
    printf("capture_test.c:%d: %s: got %llu want %llu\n", line, what, got, want);
    failures++;
}

static uint32_t word(const uint8_t *bytes)
{
    uint32_t value;

    memcpy(&value, bytes, sizeof value);
    return value;
}

/* What the file has, and its last packet. */
struct contents {
    uint32_t sections;
    uint32_t interfaces;
    uint32_t packets;
    uint32_t interface;
    uint32_t flags;
    uint32_t time;
    uint32_t len;
    uint8_t bytes[64];
};

static void read_packet(struct contents *contents, const uint8_t *block)
{
    uint32_t padded;

    contents->packets++;
    contents->interface = word(block + 8);
    contents->time = word(block + 16);
    contents->len = word(block + 20);
    padded = (contents->len + 3) / 4 * 4;
    memcpy(contents->bytes, block + 28, contents->len < 64 ? contents->len : 64);
    contents->flags = word(block + 28 + padded + 4);
}

static void read_contents(struct contents *contents)
{
    static uint8_t bytes[8192];
    FILE *file = fopen(path, "rb");
    size_t len = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    size_t at = 0;

    memset(contents, 0, sizeof *contents);
    while (at + 12 <= len) {
        uint32_t total = word(bytes + at + 4);
        if (total < 12 || total % 4 != 0 || at + total > len)
            break;
        CHECK(word(bytes + at + total - 4), total);
        contents->sections += word(bytes + at) == 0x0A0D0D0A;
        contents->interfaces += word(bytes + at) == 1;
        if (word(bytes + at) == 6)
            read_packet(contents, bytes + at);
        at += total;
    }
    CHECK(at, len);
    if (file)
        (void)fclose(file);
}

static void add_packet(struct outcome *outcome, const char *text, uint32_t indicated)
{
    struct outcome_packet *packet = &outcome->packets[outcome->packet_count++];

    packet->at = outcome->byte_count;
    packet->len = (uint32_t)strlen(text);
    packet->indicated = indicated;
    memcpy(outcome->bytes + packet->at, text, packet->len);
    outcome->byte_count += packet->len;
}

static void test_packets(struct outcome *outcome, struct prepared *prepared)
{
    struct capture *capture = capture_open(path);
    struct contents contents;

    CHECK(capture != NULL, 1);
    prepared->packet_count = 1;
    prepared->packets[0].at = 2;
    prepared->packets[0].len = 3;
    memcpy(prepared->bytes, "..abc", 5);

    outcome->packet_count = 0;
    capture_line(capture, 7, 0, true, prepared, outcome);
    read_contents(&contents);
    CHECK(contents.interfaces, TRACE_DEVICES * 2);
    CHECK(contents.packets, 1);
    CHECK(contents.interface, 1); /* the stack of dut */
    CHECK(contents.flags, 2);     /* outbound */
    CHECK(contents.time, 7000000);
    CHECK(contents.len, 3);
    CHECK(memcmp(contents.bytes, "abc", 3), 0);

    add_packet(outcome, "four", 0);
    capture_line(capture, 8, TRACE_FIRST_PEER, false, NULL, outcome);
    read_contents(&contents);
    CHECK(contents.packets, 2);
    CHECK(contents.interface, 2 * TRACE_FIRST_PEER); /* the wire of peer */
    CHECK(contents.flags, 2);
    CHECK(memcmp(contents.bytes, "four", 4), 0);

    add_packet(outcome, "indicated", 1);
    capture_line(capture, 9, 1, false, prepared, outcome);
    read_contents(&contents);
    CHECK(contents.packets, 5);
    CHECK(contents.interface, 3); /* the stack of dut2 */
    CHECK(contents.flags, 1);     /* inbound */
    CHECK(contents.time, 9000002);
    CHECK(contents.len, 9);
    capture_close(capture);
}

static void test_files(void)
{
    struct contents contents;

    capture_close(capture_open(path));
    read_contents(&contents);
    CHECK(contents.sections, 2);
    CHECK(capture_create(path), 1);
    read_contents(&contents);
    CHECK(contents.sections, 0);
    CHECK(capture_create("/nowhere/at/all"), 0);
    CHECK(capture_open("/nowhere/at/all") == NULL, 1);
    capture_close(NULL);
}

int main(void)
{
    struct outcome *outcome = calloc(1, sizeof *outcome);
    struct prepared *prepared = calloc(1, sizeof *prepared);
    const char *build = getenv("OV2_BUILD");

    (void)snprintf(path, sizeof path, "%s/capture_test.pcapng", build ? build : ".");
    if (outcome && prepared && capture_create(path)) {
        test_packets(outcome, prepared);
        test_files();
        (void)remove(path);
    } else {
        failures++;
    }
    free(outcome);
    free(prepared);
    return failures != 0;
}
