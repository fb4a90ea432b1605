/* SPDX-License-Identifier: MIT */
/* Packets: lists going out, frames coming in, and what the adapter says about them. */
#include "device_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAG       0x7461670000000000u /* plus the number of the list */
#define ROOM_MARK 0xD7                /* what lies in front of the data of a fragment */

/* What crosses the wire in one call: the lists of a send, each by itself, or all frames of a burst. */
struct burst {
    const struct prepared *prepared;
    const struct prepared_list *lists;
    uint32_t list_count;
};

/* The value of slot 1 or 11; a symbol belongs to the device of that index. */
static uint64_t slot_handle(struct device *device, uint64_t value, uint32_t is_symbol, uint32_t twist, uint32_t owner)
{
    struct trace_word word;

    if (!is_symbol)
        return value;
    memset(&word, 0, sizeof word);
    word.base = BASE_SYMBOL;
    word.twist = (enum trace_twist)twist;
    word.number = value;
    word.device = owner;
    return device_handle(device, &word, 0);
}

static uint32_t pieces_of(uint32_t len, uint32_t cut)
{
    if (cut == 0 || len == 0)
        return 1;
    return (len - 1) / cut + 1;
}

/* Cuts one packet into fragments, each in memory of its own that ends where nothing is mapped. */
static bool cut_packet(struct guard_block *blocks, struct ov2_fragment *fragments, uint32_t *count,
                       const struct prepared_list *list, const uint8_t *bytes, uint32_t len, enum guard_access access)
{
    uint32_t cut = list->cut;
    uint32_t pieces = pieces_of(len, cut);

    *count = 0;
    for (uint32_t i = 0; i < pieces; i++) {
        uint32_t at = i * cut;
        uint32_t piece = cut == 0 || len - at < cut ? len - at : cut;
        if (!guard_take(&blocks[i], list->room + piece, 1, 0, access))
            return false;
        memset(blocks[i].host, ROOM_MARK, list->room);
        if (piece > 0)
            memcpy(blocks[i].host + list->room, bytes + at, piece);
        fragments[i] = (struct ov2_fragment){blocks[i].device, list->room + piece, list->room, piece, 0};
        (*count)++;
    }
    return true;
}

static void free_transfer(struct transfer *transfer)
{
    for (uint32_t i = 0; transfer->images && i < transfer->block_count; i++)
        free(transfer->images[i]);
    free(transfer->images);
    free(transfer->blocks);
    free(transfer->fragments);
    free(transfer->packets);
    free(transfer);
}

static bool size_transfer(struct transfer *transfer, const struct burst *burst)
{
    uint32_t pieces = 0;
    uint32_t packets = 0;

    for (uint32_t i = 0; i < burst->list_count; i++) {
        const struct prepared_list *list = &burst->lists[i];
        packets += list->count;
        for (uint32_t n = 0; n < list->count; n++)
            pieces += pieces_of(burst->prepared->packets[list->first + n].len, list->cut);
    }
    transfer->blocks = calloc(pieces ? pieces : 1, sizeof *transfer->blocks);
    transfer->images = calloc(pieces ? pieces : 1, sizeof *transfer->images);
    transfer->fragments = calloc(pieces ? pieces : 1, sizeof *transfer->fragments);
    transfer->packets = calloc(packets ? packets : 1, sizeof *transfer->packets);
    return transfer->blocks && transfer->images && transfer->fragments && transfer->packets;
}

/* The packets of one list, each fragment in memory of its own. */
static bool fill_list(struct transfer *transfer, const struct prepared *prepared, const struct prepared_list *list,
                      enum guard_access access)
{
    for (uint32_t i = 0; i < list->count; i++) {
        const struct outcome_packet *packet = &prepared->packets[list->first + i];
        uint32_t at = transfer->block_count;
        uint32_t count;
        bool ok = cut_packet(transfer->blocks + at, transfer->fragments + at, &count, list,
                             prepared->bytes + packet->at, packet->len, access);
        transfer->block_count += count;
        if (!ok)
            return false;
        transfer->packets[transfer->packet_count++] = (struct ov2_packet){transfer->fragments + at, count, 0};
    }
    return true;
}

static bool fill_transfer(struct transfer *transfer, const struct burst *burst, enum guard_access access)
{
    for (uint32_t i = 0; i < burst->list_count; i++) {
        if (!fill_list(transfer, burst->prepared, &burst->lists[i], access))
            return false;
    }
    for (uint32_t i = 0; i < transfer->block_count; i++) {
        const struct guard_block *block = &transfer->blocks[i];
        transfer->images[i] = malloc(block->size ? block->size : 1);
        if (!transfer->images[i])
            return false;
        memcpy(transfer->images[i], block->host, block->size);
    }
    return true;
}

/* discard: what no driver has seen. */
static void discard(struct transfer *transfer)
{
    for (uint32_t i = 0; i < transfer->block_count; i++)
        guard_complete(&transfer->blocks[i]);
    free_transfer(transfer);
}

static struct transfer *new_transfer(const struct burst *burst, bool read_only)
{
    struct transfer *transfer = calloc(1, sizeof *transfer);

    if (!transfer)
        return NULL;
    transfer->read_only = read_only;
    if (size_transfer(transfer, burst) && fill_transfer(transfer, burst, read_only ? GUARD_INPUT : GUARD_OUTPUT))
        return transfer;
    discard(transfer);
    return NULL;
}

static void broken(struct device *device, const char *why)
{
    device_lock(device);
    device->outcome->result = OV2_BROKEN;
    device_log(device->outcome, why);
    device_unlock(device);
}

/* Fills sends, and chains what lies behind them; on failure what was made so far is in the chain. */
static bool prepare_sends(struct transfer **chain, struct device *device, struct ov2_send *sends,
                          const struct prepared *prepared)
{
    for (uint32_t i = 0; i < prepared->list_count; i++) {
        const struct prepared_list *list = &prepared->lists[i];
        const struct burst burst = {prepared, list, 1};
        struct transfer *transfer = new_transfer(&burst, list->read_only);
        if (!transfer)
            return false;
        transfer->room = list->room;
        transfer->is_large = list->is_large;
        transfer->payload = list->payload;
        transfer->number = ++device->transfer_count;
        transfer->tag = TAG + transfer->number;
        memset(&sends[i], 0, sizeof sends[i]);
        if (list->count > 0)
            transfer->oob = prepared->packets[list->first].oob;
        transfer->oob.ipsec = slot_handle(device, list->sa, list->sa_symbol, list->sa_twist, list->sa_device);
        transfer->oob.tunnel =
            slot_handle(device, list->tunnel, list->tunnel_symbol, list->tunnel_twist, list->tunnel_device);
        transfer->oob.nbl_flags = list->read_only ? NDIS_NBL_FLAGS_SEND_READ_ONLY : 0;
        sends[i].size = sizeof sends[i];
        sends[i].flags = list->read_only ? OV2_READ_ONLY : 0;
        sends[i].tag = transfer->tag;
        sends[i].packets = transfer->packets;
        sends[i].count = list->count;
        sends[i].oob = transfer->oob;
        transfer->next = *chain;
        *chain = transfer;
    }
    return true;
}

/* The driver may complete them as soon as it has them. */
static void put_out(struct device *device, struct transfer *chain)
{
    struct transfer **end = &chain;

    while (*end)
        end = &(*end)->next;
    device_lock(device);
    *end = device->transfers;
    device->transfers = chain;
    device_unlock(device);
}

void transfer_send(struct device *device, const struct trace_line *line, const struct prepared *prepared)
{
    struct ov2_send *sends = calloc(prepared->list_count ? prepared->list_count : 1, sizeof *sends);
    uint32_t first = device->transfer_count + 1;
    struct transfer *chain = NULL;
    ov2_result result;

    if (!sends || !prepare_sends(&chain, device, sends, prepared)) {
        broken(device, "no memory for these packets");
        for (struct transfer *next; chain; chain = next) {
            next = chain->next;
            discard(chain);
        }
        free(sends);
        return;
    }
    put_out(device, chain);
    device_race_go(device);
    result = device->adapter->send(device->handle, sends, prepared->list_count);
    /* The array was lent for the call only. */
    memset(sends, GUARD_POISON, prepared->list_count * sizeof *sends);
    free(sends);
    device_lock(device);
    device->outcome->result = result;
    device->outcome->first_send = first;
    device->outcome->send_count = prepared->list_count;
    device_unlock(device);
    if (!trace_option(line, KEY_NOWAIT))
        device_drain(device);
}

void transfer_receive(struct device *device, const struct trace_line *line, const struct prepared *prepared)
{
    const struct burst burst = {prepared, prepared->lists, prepared->list_count};
    struct transfer *transfer = new_transfer(&burst, false);
    ov2_result result;

    if (!transfer) {
        broken(device, "no memory for these frames");
        return;
    }
    device_lock(device);
    device->arriving = transfer;
    device_unlock(device);
    device_race_go(device);
    result = device->adapter->receive(device->handle, transfer->packets, transfer->packet_count);
    device_lock(device);
    device->arriving = NULL;
    device->outcome->result = result;
    device_unlock(device);
    for (uint32_t i = 0; i < transfer->block_count; i++)
        guard_complete(&transfer->blocks[i]);
    free_transfer(transfer);
    if (!trace_option(line, KEY_NOWAIT))
        device_drain(device);
}

/* ---- What the adapter reports ---- */

/* Whether the driver has changed the data, or what lies in front of them in the memory of a fragment. */
static bool check_sent_data(struct transfer *transfer, struct outcome *outcome)
{
    bool has_changed = false;

    for (uint32_t i = 0; i < transfer->block_count; i++) {
        const struct guard_block *block = &transfer->blocks[i];
        bool has_room_changed = memcmp(block->host, transfer->images[i], transfer->room) != 0;
        if (block->size == 0 || memcmp(block->host, transfer->images[i], block->size) == 0)
            continue;
        has_changed = true;
        if (!transfer->read_only && !has_room_changed)
            continue;
        outcome_break(outcome, transfer->read_only ? "TX-019" : "TX-040", NULL, "the caller's data as it was",
                      "fragment %u of list %u was changed", (unsigned)i, (unsigned)transfer->number);
        break;
    }
    return has_changed;
}

/* Hands the changed data of a list to the model, which knows whether they are what left. */
static void keep_data(struct completion *completion, const struct transfer *transfer, struct outcome *outcome)
{
    uint64_t len = 0;

    for (uint32_t i = 0; i < transfer->block_count; i++)
        len += transfer->blocks[i].size - transfer->room;
    if (len > OUTCOME_BYTES - outcome->byte_count)
        return;
    completion->at = outcome->byte_count;
    completion->len = (uint32_t)len;
    for (uint32_t i = 0; i < transfer->block_count; i++) {
        const struct guard_block *block = &transfer->blocks[i];
        uint32_t piece = (uint32_t)block->size - transfer->room;
        if (piece > 0)
            memcpy(outcome->bytes + outcome->byte_count, block->host + transfer->room, piece);
        outcome->byte_count += piece;
    }
}

void transfer_transmitted(struct ov2_host *host, const struct ov2_packet *packet)
{
    device_enter(host);
    outcome_add_packet(host->device->outcome, packet, NULL, false);
    device_unlock(host->device);
}

void transfer_indicated(struct ov2_host *host, const struct ov2_packet *packet, const struct ov2_oob *oob)
{
    device_enter(host);
    outcome_add_packet(host->device->outcome, packet, oob, true);
    if (oob && device_has_key(host->device, oob, sizeof *oob))
        outcome_break(host->device->outcome, "KEY-017", NULL, "no key in the slots of a packet", "they hold a key");
    device_unlock(host->device);
}

/* The slots that tell of IPsec must still say what was asked; LSO and checksum have rules of their own. */
static void check_slots(const struct transfer *transfer, struct outcome *outcome, const struct ov2_oob *oob)
{
    const struct {
        uint32_t slot;
        uint64_t now;
        uint64_t was;
    } slots[] = {
        {1, oob->ipsec, transfer->oob.ipsec},
        {11, oob->tunnel, transfer->oob.tunnel},
        {12, oob->header, transfer->oob.header},
    };

    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++) {
        if (slots[i].now != slots[i].was)
            outcome_break(outcome, "TX-035", NULL, "the slots as they were sent", "slot %u is %llx, was %llx",
                          (unsigned)slots[i].slot, (unsigned long long)slots[i].now, (unsigned long long)slots[i].was);
    }
}

/* L-LSO: the type stays; V1 counts what was sent, V2 has zero there. */
static void check_large(const struct transfer *transfer, struct outcome *outcome, uint64_t now)
{
    uint64_t want = ov2_large_completed(ov2_large_type(transfer->oob.large_send), transfer->payload);

    if (now != want)
        outcome_break(outcome, "LSO-013", NULL, "the completion word of a large send", "slot 2 is %llx, not %llx",
                      (unsigned long long)now, (unsigned long long)want);
}

static void complete(struct device *device, struct transfer *transfer, uint32_t status, const struct ov2_oob *oob)
{
    struct outcome *outcome = device->outcome;
    struct completion *completion;
    bool has_changed;

    if (transfer->completions++ > 0) {
        outcome_break(outcome, "TX-018", NULL, "one completion of each list", "list %u completed %u times",
                      (unsigned)transfer->number, (unsigned)transfer->completions);
        return;
    }
    if (oob)
        check_slots(transfer, outcome, oob);
    if (oob && transfer->is_large && status == NDIS_STATUS_SUCCESS)
        check_large(transfer, outcome, oob->large_send);
    if (status == NDIS_STATUS_PENDING)
        outcome_break(outcome, "TX-018", NULL, "a final status", "list %u completed with PENDING",
                      (unsigned)transfer->number);
    has_changed = check_sent_data(transfer, outcome);
    completion = outcome_add_completion(outcome, COMPLETION_SEND);
    if (completion) {
        completion->status = status;
        completion->number = transfer->number;
        if (has_changed && !transfer->read_only)
            keep_data(completion, transfer, outcome);
    }
    transfer->done = true;
    for (uint32_t i = 0; i < transfer->block_count; i++)
        guard_complete(&transfer->blocks[i]);
}

void transfer_completed(struct ov2_host *host, uint64_t tag, uint32_t status, const struct ov2_oob *oob)
{
    struct device *device = device_enter(host);
    struct transfer *transfer;

    for (transfer = device->transfers; transfer && transfer->tag != tag; transfer = transfer->next)
        ;
    if (transfer)
        complete(device, transfer, status, oob);
    else
        outcome_break(device->outcome, "TX-018", NULL, "a tag that is out", "a completion with tag %llx",
                      (unsigned long long)tag);
    device_unlock(device);
}

/* ---- When the device is idle ---- */

void transfer_settle(struct device *device, bool may_wait)
{
    struct outcome *outcome;
    struct transfer **link;
    uint32_t kept = 0;

    device_lock(device);
    outcome = device->outcome;
    link = &device->transfers;
    while (*link) {
        struct transfer *transfer = *link;
        size_t offset;
        if (!transfer->done && !may_wait) {
            outcome_break(outcome, "TX-018", NULL, "one completion of each list", "list %u is never completed",
                          (unsigned)transfer->number);
            transfer->done = true;
        }
        for (uint32_t i = 0; transfer->done && transfer->completions > 0 && i < transfer->block_count; i++) {
            if (guard_tampered(&transfer->blocks[i], &offset)) {
                outcome_break(outcome, "TX-018", NULL, "no access after completion", "list %u was written to",
                              (unsigned)transfer->number);
                break;
            }
        }
        if (transfer->done && ++kept > DEVICE_KEPT) {
            *link = transfer->next;
            free_transfer(transfer);
            continue;
        }
        link = &transfer->next;
    }
    device_unlock(device);
}

void transfer_free_all(struct device *device)
{
    while (device->transfers) {
        struct transfer *transfer = device->transfers;
        device->transfers = transfer->next;
        free_transfer(transfer);
    }
}

/* Which fragment of a transfer has this block; block_count: none. */
static uint32_t find_block(const struct transfer *transfer, uint32_t id)
{
    uint32_t i = 0;

    while (i < transfer->block_count && transfer->blocks[i].id != id)
        i++;
    return i;
}

bool transfer_describe(char *out, size_t size, const struct device *device, uint32_t id, int64_t offset)
{
    const struct transfer *arriving = device->arriving;
    uint32_t i = arriving ? find_block(arriving, id) : 0;

    if (arriving && i < arriving->block_count) {
        snprintf(out, size, "byte %lld of fragment %u of the frames received (%zu bytes)", (long long)offset,
                 (unsigned)i, arriving->blocks[i].size);
        return true;
    }
    for (const struct transfer *transfer = device->transfers; transfer; transfer = transfer->next) {
        i = find_block(transfer, id);
        if (i == transfer->block_count)
            continue;
        snprintf(out, size, "byte %lld of fragment %u of send list %u (%zu bytes)", (long long)offset, (unsigned)i,
                 (unsigned)transfer->number, transfer->blocks[i].size);
        return true;
    }
    return false;
}

bool transfer_blame_write(struct device *device, const struct guard_write *write)
{
    char where[128];

    if (!transfer_describe(where, sizeof where, device, write->id, write->offset))
        return false;
    outcome_break(device->outcome, "TX-019", NULL, "read-only data stays as it was", "wrote to %s", where);
    return true;
}
