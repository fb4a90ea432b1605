/* SPDX-License-Identifier: MIT */
#include "record_play.h"

#include <stdlib.h>
#include <string.h>

#include "ov2/ndis_ipsec.h"

struct player {
    const struct recording *recording;
    const struct ov2_adapter *adapter;
    uint8_t **memory;  /* of each block: what the driver is given */
    uint8_t **images;  /* and what it holds beforehand, with pointers */
    uint64_t *handles; /* those of this run */
    struct ov2_device *devices[RECORD_DEVICES];
};

static struct player *playing; /* who hears of completions */

static bool is_playable(const struct recording *recording)
{
    for (uint32_t i = 0; i < recording->call_count; i++) {
        const struct record_call *call = &recording->calls[i];
        if (call->kind == RECORD_SEND || call->kind == RECORD_RECEIVE || !call->has_returned || call->starved)
            return false;
    }
    return !recording->is_full;
}

static bool lay_out(struct player *player)
{
    const struct recording *recording = player->recording;

    for (uint32_t i = 0; i < recording->block_count; i++) {
        const struct record_block *block = &recording->blocks[i];
        size_t shift = block->address & 7;
        /* as odd as it was: malloc() aligns */
        player->memory[i] = malloc(block->size + shift + 1);
        player->images[i] = malloc(block->size + 1);
        if (!player->memory[i] || !player->images[i])
            return false;
        player->memory[i] += shift;
        memcpy(player->images[i], recording->bytes + block->at, block->size);
    }
    for (uint32_t i = 0; i < recording->fix_count; i++) {
        const struct record_fix *fix = &recording->fixes[i];
        uintptr_t to = fix->kind == RECORD_POINTER ? (uintptr_t)player->memory[fix->target] + (uintptr_t)fix->to : 0;
        memcpy(player->images[fix->block] + fix->at, &to, sizeof to);
    }
    return true;
}

struct player *player_new(const struct recording *recording, const struct ov2_adapter *adapter)
{
    struct player *player = is_playable(recording) ? calloc(1, sizeof *player) : NULL;

    if (!player)
        return NULL;
    player->recording = recording;
    player->adapter = adapter;
    player->memory = calloc(recording->block_count + 1u, sizeof *player->memory);
    player->images = calloc(recording->block_count + 1u, sizeof *player->images);
    player->handles = calloc(recording->handle_count + 1u, sizeof *player->handles);
    if (player->memory && player->images && player->handles && lay_out(player))
        return player;
    player_free(player);
    return NULL;
}

void player_free(struct player *player)
{
    if (!player)
        return;
    for (uint32_t i = 0; i < player->recording->block_count; i++) {
        if (player->images && player->memory && player->images[i])
            free(player->memory[i] - (player->recording->blocks[i].address & 7));
        if (player->images)
            free(player->images[i]);
    }
    free(player->memory);
    free(player->images);
    free(player->handles);
    free(player);
}

/* ---- The host ---- */

static void take_handles(struct player *player, const struct record_call *call)
{
    for (uint32_t i = call->handles.first; i < call->handles.first + call->handles.count; i++) {
        const struct record_handle *handle = &player->recording->handles[i];
        memcpy(&player->handles[i], player->memory[handle->block] + handle->at, sizeof(void *));
    }
}

static void on_request_completed(struct ov2_host *host, struct ndis_oid_request *request, uint32_t door,
                                 uint32_t status)
{
    const struct recording *recording = playing->recording;

    (void)host, (void)door, (void)status;
    for (uint32_t i = 0; i < recording->call_count; i++) {
        const struct record_call *call = &recording->calls[i];
        if (call->kind == RECORD_REQUEST && playing->memory[call->root] == (uint8_t *)request)
            take_handles(playing, call);
    }
}

static void on_packet(struct ov2_host *host, const struct ov2_packet *packet)
{
    (void)host, (void)packet;
}

static void on_send_completed(struct ov2_host *host, uint64_t tag, uint32_t status, const struct ov2_oob *oob)
{
    (void)host, (void)tag, (void)status, (void)oob;
}

static void on_indicated(struct ov2_host *host, const struct ov2_packet *packet, const struct ov2_oob *oob)
{
    (void)host, (void)packet, (void)oob;
}

static void on_event_completed(struct ov2_host *host, uint32_t event, uint32_t status)
{
    (void)host, (void)event, (void)status;
}

static void on_status_indicated(struct ov2_host *host, uint32_t code, const void *buffer, uint32_t length)
{
    (void)host, (void)code, (void)buffer, (void)length;
}

static void on_violated(struct ov2_host *host, const char *rule, const char *text)
{
    (void)host, (void)rule, (void)text;
}

static void on_log(struct ov2_host *host, const char *line)
{
    (void)host, (void)line;
}

static uint32_t on_irql(struct ov2_host *host)
{
    (void)host;
    return 0;
}

static void *on_allocate(struct ov2_host *host, uint32_t size, uint32_t pool_tag)
{
    (void)host, (void)pool_tag;
    return calloc(1, size ? size : 1);
}

static void on_release(struct ov2_host *host, void *memory)
{
    (void)host;
    free(memory);
}

static const struct ov2_host_ops ops = {
    sizeof ops,
    0,
    on_packet,
    on_send_completed,
    on_indicated,
    on_request_completed,
    on_event_completed,
    on_status_indicated,
    on_violated,
    on_log,
    on_irql,
    on_allocate,
    on_release,
};

/* ---- A run ---- */

static void play_open(struct player *player, const struct record_call *call)
{
    struct ov2_config config = {.size = sizeof config,
                                .system_ndis_version = (uint32_t)call->number,
                                .media_header_len = call->media,
                                .keyword_count = call->keyword_count,
                                .keywords = call->keywords,
                                .ops = &ops,
                                .options = call->options};

    (void)player->adapter->open(&player->devices[call->device], &config);
}

static void play_request(struct player *player, const struct record_call *call, struct ov2_device *device)
{
    const struct recording *recording = player->recording;
    uint32_t status = NDIS_STATUS_PENDING;

    for (uint32_t i = call->blocks.first; i < call->blocks.first + call->blocks.count; i++)
        memcpy(player->memory[i], player->images[i], recording->blocks[i].size);
    for (uint32_t i = call->fixes.first; i < call->fixes.first + call->fixes.count; i++) {
        const struct record_fix *fix = &recording->fixes[i];
        uint64_t value;
        if (fix->kind != RECORD_HANDLE)
            continue;
        value = player->handles[fix->target] + fix->to;
        memcpy(player->memory[fix->block] + fix->at, &value, sizeof value);
    }
    (void)player->adapter->request(device, &status, (struct ndis_oid_request *)(void *)player->memory[call->root],
                                   call->door);
    if (status != NDIS_STATUS_PENDING)
        take_handles(player, call);
}

void player_run(struct player *player)
{
    uint32_t status;

    playing = player;
    for (uint32_t i = 0; i < player->recording->call_count; i++) {
        const struct record_call *call = &player->recording->calls[i];
        struct ov2_device *device = player->devices[call->device];
        if (call->kind == RECORD_OPEN && !device)
            play_open(player, call);
        if (!device)
            continue;
        if (call->kind == RECORD_REQUEST)
            play_request(player, call, device);
        else if (call->kind == RECORD_CANCEL)
            (void)player->adapter->cancel(device, call->number, call->door);
        else if (call->kind == RECORD_EVENT)
            (void)player->adapter->event(device, &status, (uint32_t)call->number);
        else if (call->kind == RECORD_DRAIN)
            (void)player->adapter->drain(device);
        else if (call->kind == RECORD_CLOSE) {
            player->adapter->close(device);
            player->devices[call->device] = NULL;
        }
    }
    for (uint32_t i = 0; i < RECORD_DEVICES; i++) {
        player->adapter->close(player->devices[i]);
        player->devices[i] = NULL;
    }
}
