/* SPDX-License-Identifier: MIT */
/* Lines with `race`: their requests are built at once, and enter the adapter at the moment of a later line, each in a
 * thread of its own.  An adapter that lets in one thread at a time gets them one after the other, before that line. */
#include "device_internal.h"
#include "race.h"

bool device_arm(struct device *device, struct request *request)
{
    if (device->armed_count == DEVICE_ARMED)
        return false;
    device->armed[device->armed_count++] = request;
    return true;
}

static void run_armed(void *context)
{
    struct request *request = context;
    struct device *device = request->device;
    ov2_result result;
    bool is_out = request_call(device, request, &result);

    device_lock(device);
    if (result != OV2_OK)
        device->outcome->result = result;
    else if (!is_out && request->completions == 0)
        request_tell(device, request);
    device_unlock(device);
}

void device_race_begin(struct device *device)
{
    void *contexts[DEVICE_ARMED];
    uint32_t count = device->armed_count;
    uint32_t irql = 0;

    if (count == 0)
        return;
    for (uint32_t i = 0; i < count; i++) {
        contexts[i] = device->armed[i];
        irql = device->armed[i]->irql > irql ? device->armed[i]->irql : irql;
    }
    atomic_store(&device->irql, irql);
    device->has_raced = true;
    device->race = device->has_threads ? race_begin(run_armed, contexts, count) : NULL;
    for (uint32_t i = 0; !device->race && i < count; i++)
        run_armed(contexts[i]);
    device->armed_count = 0;
}

void device_race_go(struct device *device)
{
    if (device->race)
        race_go(device->race);
}

void device_race_join(struct device *device)
{
    race_join(device->race);
    device->race = NULL;
}

void device_disarm(struct device *device)
{
    device_lock(device);
    for (uint32_t i = 0; i < device->armed_count; i++)
        request_finish(device, device->armed[i], NDIS_STATUS_REQUEST_ABORTED);
    device->armed_count = 0;
    device_unlock(device);
}

static bool is_before(const struct completion *a, const struct completion *b)
{
    return a->kind == COMPLETION_REQUEST && (b->kind != COMPLETION_REQUEST || a->number < b->number);
}

void device_race_sort(struct device *device)
{
    struct outcome *outcome = device->outcome;
    uint32_t count = outcome->completion_count;

    device->has_raced = false;
    for (uint32_t i = 1; i < count; i++) {
        struct completion moved = outcome->completions[i];
        uint32_t at = i;
        for (; at > 0 && is_before(&moved, &outcome->completions[at - 1]); at--)
            outcome->completions[at] = outcome->completions[at - 1];
        outcome->completions[at] = moved;
    }
}
