/* SPDX-License-Identifier: MIT */
/* What the adapter owes us, whatever its driver does: results that exist, packets that are some, calls while they are
 * allowed. */
#include "device_internal.h"

#include <stdio.h>
#include <stdlib.h>

/* Devices that are gone.  A thread of the driver may still call the host of one of them: then it has to find out. */
static struct device *gone;

struct device *device_recall(void)
{
    struct device *device = gone;

    if (!device)
        return calloc(1, sizeof *device);
    gone = device->next_gone;
    *device = (struct device){0};
    return device;
}

void device_retire(struct device *device)
{
    device->is_hosted = false;
    device->next_gone = gone;
    gone = device;
}

bool device_reset(struct device *device)
{
    if (device->handle)
        device->adapter->close(device->handle);
    device->handle = NULL;
    device_leave(device);
    device_disarm(device);
    request_free_all(device);
    transfer_free_all(device);
    if (ledger_is_used(device->ledger)) {
        ledger_close(device->ledger);
        device->ledger = ledger_open();
    }
    device->profile = (struct profile){0};
    device->is_held = false;
    device->is_undrained = false;
    device->has_raced = false;
    device->request_count = 0;
    device->transfer_count = 0;
    device->handle_count = 0;
    device->mark_count = 0;
    outcome_reset(device->outcome);
    outcome_reset(device->returned);
    return device->ledger != NULL;
}

struct device *device_enter(struct ov2_host *host)
{
    struct device *device = host->device;

    device_lock(device);
    if (!device->is_hosted) {
        fprintf(stderr, "ov2: bug check: the host was called after close() had returned\n");
        abort();
    }
    return device;
}

void device_leave(struct device *device)
{
    device_lock(device); /* who is in may finish */
    device->is_hosted = false;
    device_unlock(device);
}

/* The driver cannot be judged by this line: the adapter is broken. */
static void refuse(struct outcome *outcome, const char *why, unsigned number)
{
    char text[96];

    snprintf(text, sizeof text, why, number);
    device_log(outcome, text);
    outcome->result = OV2_BROKEN;
}

void device_check_contract(struct device *device, enum trace_verb verb)
{
    struct outcome *outcome;

    device_lock(device);
    outcome = device->outcome;
    for (uint32_t i = 0; i < outcome->packet_count; i++) {
        if (outcome->packets[i].fault) {
            refuse(outcome, "packet %u that the adapter handed over is none", i + 1);
            break;
        }
    }
    if (outcome->result > OV2_BROKEN)
        refuse(outcome, "the adapter answered %u, which is no ov2_result", outcome->result);
    else if (outcome->result == OV2_UNSUPPORTED && verb != VERB_EVENT && verb != VERB_SCAN)
        refuse(outcome, "the adapter answered UNSUPPORTED, which is for what is optional", 0);
    else if (outcome->result == OV2_BROKEN && !outcome->log[0])
        refuse(outcome, "the adapter answered BROKEN", 0);
    device_unlock(device);
}
