/* SPDX-License-Identifier: MIT */
#include "capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outcome.h"
#include "trace.h"

enum {
    BLOCK_SECTION = 0x0A0D0D0A,
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 6,
    BYTE_ORDER = 0x1A2B3C4D, /* a reader sees by it in which order we write */
    LINK_ETHERNET = 1,
    OPTION_COMMENT = 1, /* of every block */
    OPTION_NAME = 2,    /* of an interface */
    OPTION_FLAGS = 2,   /* of a packet: */
    FLAG_INBOUND = 1,
    FLAG_OUTBOUND = 2,
};

#define SIDES       2u /* of a device: its wire, its stack */
#define BLOCK_EXTRA 256u

/* One block while it grows; its length stands in front of it and behind it. */
struct block {
    uint8_t *bytes;
    size_t len;
};

struct capture {
    FILE *file;
    struct block block;
    uint32_t line; /* of the latest packet */
    uint32_t number;
};

static void put(struct block *block, const void *bytes, size_t len)
{
    static const uint8_t zeros[4];

    memcpy(block->bytes + block->len, bytes, len);
    block->len += len;
    memcpy(block->bytes + block->len, zeros, (4 - len % 4) % 4);
    block->len += (4 - len % 4) % 4;
}

static void put_u32(struct block *block, uint32_t value)
{
    put(block, &value, sizeof value);
}

static void put_pair(struct block *block, uint16_t first, uint16_t second)
{
    const uint16_t both[2] = {first, second};

    put(block, both, sizeof both);
}

static void put_option(struct block *block, uint16_t code, const void *bytes, size_t len)
{
    put_pair(block, code, (uint16_t)len);
    put(block, bytes, len);
}

/* begin: makes room for a block of so many bytes besides what every block has. */
static bool begin(struct capture *capture, uint32_t type, size_t len)
{
    uint8_t *bytes = realloc(capture->block.bytes, len + BLOCK_EXTRA);

    if (!bytes)
        return false;
    capture->block.bytes = bytes;
    capture->block.len = 0;
    put_u32(&capture->block, type);
    put_u32(&capture->block, 0);
    return true;
}

static void end(struct capture *capture)
{
    uint32_t total;

    put_pair(&capture->block, 0, 0);
    total = (uint32_t)capture->block.len + 4;
    put_u32(&capture->block, total);
    memcpy(capture->block.bytes + 4, &total, sizeof total);
    (void)fwrite(capture->block.bytes, 1, capture->block.len, capture->file);
    (void)fflush(capture->file);
}

static void write_section(struct capture *capture)
{
    if (!begin(capture, BLOCK_SECTION, 0))
        return;
    put_u32(&capture->block, BYTE_ORDER);
    put_pair(&capture->block, 1, 0);
    put_u32(&capture->block, UINT32_MAX); /* the section's length, not known: 64 bits */
    put_u32(&capture->block, UINT32_MAX);
    end(capture);
}

static void write_interface(struct capture *capture, uint32_t device, const char *side)
{
    bool is_peer = device >= TRACE_FIRST_PEER;
    uint32_t number = is_peer ? device - TRACE_FIRST_PEER : device;
    char digit[2] = {number == 0 ? '\0' : (char)('1' + number), '\0'};
    char name[32];
    int len = snprintf(name, sizeof name, "%s%s %s", is_peer ? "peer" : "dut", digit, side);

    if (!begin(capture, BLOCK_INTERFACE, 0))
        return;
    put_pair(&capture->block, LINK_ETHERNET, 0);
    put_u32(&capture->block, 0); /* no limit to a packet */
    put_option(&capture->block, OPTION_NAME, name, (size_t)len);
    end(capture);
}

static void write_packet(struct capture *capture, uint32_t interface, uint32_t direction, const uint8_t *bytes,
                         uint32_t len)
{
    uint64_t at = (uint64_t)capture->line * 1000000u + capture->number++;
    char comment[32];
    int comment_len = snprintf(comment, sizeof comment, "line %u", (unsigned)capture->line);

    if (!begin(capture, BLOCK_PACKET, len))
        return;
    put_u32(&capture->block, interface);
    put_u32(&capture->block, (uint32_t)(at >> 32));
    put_u32(&capture->block, (uint32_t)at);
    put_u32(&capture->block, len);
    put_u32(&capture->block, len);
    put(&capture->block, bytes, len);
    put_option(&capture->block, OPTION_FLAGS, &direction, sizeof direction);
    put_option(&capture->block, OPTION_COMMENT, comment, (size_t)comment_len);
    end(capture);
}

bool capture_create(const char *path)
{
    FILE *file = fopen(path, "wb");

    return file && fclose(file) == 0;
}

struct capture *capture_open(const char *path)
{
    struct capture *capture = calloc(1, sizeof *capture);

    if (!capture)
        return NULL;
    capture->file = fopen(path, "ab");
    if (!capture->file) {
        free(capture);
        return NULL;
    }
    write_section(capture);
    for (uint32_t device = 0; device < TRACE_DEVICES; device++) {
        write_interface(capture, device, "wire");
        write_interface(capture, device, "stack");
    }
    return capture;
}

void capture_line(struct capture *capture, uint32_t line, uint32_t device, bool sends, const struct prepared *prepared,
                  const struct outcome *outcome)
{
    uint32_t wire = device * SIDES;
    uint32_t stack = wire + 1;

    if (!capture)
        return;
    capture->line = line;
    capture->number = 0;
    for (uint32_t i = 0; prepared && i < prepared->packet_count; i++) {
        const struct outcome_packet *packet = &prepared->packets[i];
        write_packet(capture, sends ? stack : wire, sends ? FLAG_OUTBOUND : FLAG_INBOUND, prepared->bytes + packet->at,
                     packet->len);
    }
    for (uint32_t i = 0; i < outcome->packet_count; i++) {
        const struct outcome_packet *packet = &outcome->packets[i];
        write_packet(capture, packet->indicated ? stack : wire, packet->indicated ? FLAG_INBOUND : FLAG_OUTBOUND,
                     outcome->bytes + packet->at, packet->len);
    }
}

void capture_close(struct capture *capture)
{
    if (!capture)
        return;
    (void)fclose(capture->file);
    free(capture->block.bytes);
    free(capture);
}
