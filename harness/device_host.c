/* SPDX-License-Identifier: MIT */
/* The host's services: what a driver calls, from any thread. */
#include "device_internal.h"

#include <stdio.h>
#include <string.h>

static void event_completed(struct ov2_host *host, uint32_t event, uint32_t status)
{
    struct completion *completion;

    device_enter(host);
    completion = outcome_add_completion(host->device->outcome, COMPLETION_EVENT);
    if (completion) {
        completion->number = event;
        completion->status = status;
    }
    device_unlock(host->device);
}

static void status_indicated(struct ov2_host *host, uint32_t code, const void *buffer, uint32_t length)
{
    struct outcome *outcome;
    struct completion *completion;

    device_enter(host);
    outcome = host->device->outcome;
    if (buffer && device_has_key(host->device, buffer, length))
        outcome_break(outcome, "KEY-017", NULL, "no key in a status buffer", "indication %08x holds a key",
                      (unsigned)code);
    if (code == NDIS_STATUS_TASK_OFFLOAD_HARDWARE_CAPABILITIES)
        device_keep_offload(host->device, OUTCOME_OFFLOAD_HARDWARE, buffer, length);
    if (code == NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG)
        device_keep_offload(host->device, OUTCOME_OFFLOAD_CURRENT, buffer, length);
    completion = outcome_add_completion(outcome, COMPLETION_INDICATION);
    if (completion) {
        completion->number = code;
        completion->at = outcome->byte_count;
        if (buffer && length <= OUTCOME_BYTES - outcome->byte_count) {
            memcpy(outcome->bytes + outcome->byte_count, buffer, length);
            outcome->byte_count += length;
            completion->len = length;
        }
    }
    device_unlock(host->device);
}

void device_log(struct outcome *outcome, const char *text)
{
    size_t used = strlen(outcome->log);

    snprintf(outcome->log + used, sizeof outcome->log - used, "%s%s", used ? "; " : "", text);
}

static void violated(struct ov2_host *host, const char *rule, const char *text)
{
    device_enter(host);
    outcome_break(host->device->outcome, rule ? rule : "?", NULL, "the rule of the adapter's own monitor", "%s",
                  text ? text : "");
    device_unlock(host->device);
}

static void log_line(struct ov2_host *host, const char *text)
{
    device_enter(host);
    if (text && (device_has_key(host->device, text, strlen(text)) || device_spells_key(host->device, text)))
        outcome_break(host->device->outcome, "KEY-017", NULL, "no key in the log", "a log line holds a key");
    device_log(host->device->outcome, text ? text : "");
    device_unlock(host->device);
}

static uint32_t irql(struct ov2_host *host)
{
    return atomic_load(&host->device->irql);
}

static void *allocate(struct ov2_host *host, uint32_t size, uint32_t pool_tag)
{
    void *memory;

    device_enter(host);
    memory = ledger_allocate(host->device->ledger, size, pool_tag);
    device_unlock(host->device);
    return memory;
}

static void release(struct ov2_host *host, void *memory)
{
    device_enter(host);
    ledger_release(host->device->ledger, memory);
    device_unlock(host->device);
}

const struct ov2_host_ops device_host_ops = {
    sizeof(struct ov2_host_ops),
    0,
    transfer_transmitted,
    transfer_completed,
    transfer_indicated,
    request_completed,
    event_completed,
    status_indicated,
    violated,
    log_line,
    irql,
    allocate,
    release,
};
