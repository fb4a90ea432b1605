/* SPDX-License-Identifier: MIT */
/*
 * A reset aborts what is pended and changes nothing else: SAs, their sequence numbers and their IV counters are state
 * that a reset has to restore (P-HWR, A-40), and here nothing ever loses it.
 */
#include "event.h"

#include "buffer.h"
#include "fault.h"
#include "request.h"
#include "wrong_life.h"

#include <string.h>

/* remove_all: on removal nobody is asked before the SAs go (V1-IF). */
static void remove_all(struct ov2_device *nic)
{
    nic->pressure = FAULTY(nic->pressure, REMOVAL_ASKS_FOR_DELETES, true);
    if (FAULTY(true, REMOVAL_ASKS_FOR_DELETES, false) && FAULTY(true, REMOVED_SAS_WAIT_FOR_DELETES, false))
        sa_table_clear(&nic->table);
}

/* reset: the SAs are there afterwards as they were before: here nothing has to be done. */
static void reset(struct ov2_device *nic)
{
    FAULTY((void)0, RESET_FORGETS_SAS, sa_table_clear(&nic->table));
    FAULTY((void)0, RESET_FORGETS_HALVES, wrong_forget_halves(&nic->table));
    FAULTY((void)0, RESET_RESTARTS_IVS, wrong_restart_ivs(&nic->table));
    FAULTY((void)0, FREES_WHAT_A_RESET_FREED, wrong_remove(&nic->table));
    FAULTY((void)0, RESET_LOSES_SENDS, wrong_lose());
    FAULTY((void)0, TIMER_OUTLIVES_HALT, wrong_start_timer(&nic->memory));
}

/* set_state: the flags that an event changes; false for an unknown event. */
static bool set_state(struct ov2_device *nic, uint32_t event)
{
    switch (event) {
    case OV2_EVENT_PAUSE:
    case OV2_EVENT_RESTART:
        nic->paused = event == OV2_EVENT_PAUSE;
        FAULTY((void)0, PAUSE_FORGETS_SAS, sa_table_clear(&nic->table));
        return true;
    case OV2_EVENT_LOW_POWER:
    case OV2_EVENT_FULL_POWER:
        nic->low_power = event == OV2_EVENT_LOW_POWER;
        FAULTY((void)0, SLEEP_FORGETS_KEYS, wrong_forget_keys(&nic->table));
        return true;
    case OV2_EVENT_HOLD:
    case OV2_EVENT_RELEASE:
        nic->held = event == OV2_EVENT_HOLD;
        return true;
    case OV2_EVENT_SURPRISE_REMOVAL:
        nic->removed = true;
        remove_all(nic);
        buffer_trim(nic);
        return true;
    case OV2_EVENT_SA_PRESSURE:
        nic->pressure = true;
        return true;
    case OV2_EVENT_RESET:
        reset(nic);
        return true;
    case OV2_EVENT_LINK_DOWN:
    case OV2_EVENT_LINK_UP:
    case OV2_EVENT_CAPABILITIES_CHANGED:
        return true;
    default:
        return false;
    }
}

/* follow_up: what an event does to the host, with the device unlocked. */
static void follow_up(struct ov2_device *nic, uint32_t event)
{
    const struct ov2_host_ops *ops = nic->memory.ops;

    switch (event) {
    case OV2_EVENT_RESET:
        FAULTY(request_abort(nic, NDIS_STATUS_REQUEST_ABORTED), RESET_LEAVES_REQUESTS, (void)0);
        break;
    case OV2_EVENT_SURPRISE_REMOVAL:
        request_abort(nic, NDIS_STATUS_NOT_ACCEPTED);
        break;
    case OV2_EVENT_RELEASE:
        FAULTY((void)0, RESET_LOSES_SENDS, wrong_give_back(&nic->memory));
        if (nic->options.complete == COMPLETE_INLINE)
            request_serve(nic);
        break;
    case OV2_EVENT_CAPABILITIES_CHANGED:
        ops->status_indicated(nic->memory.host,
                              FAULTY(NDIS_STATUS_TASK_OFFLOAD_HARDWARE_CAPABILITIES, ONE_CODE_FOR_BOTH,
                                     NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG),
                              &nic->hardware, nic->hardware.Header.Size);
        break;
    default:
        break;
    }
}

bool event_happen(struct ov2_device *nic, uint32_t *status, uint32_t event)
{
    bool known = false;

    *status = NDIS_STATUS_SUCCESS;
    nic_lock(nic);
    known = set_state(nic, event);
    nic_unlock(nic);
    if (!known)
        return false;
    follow_up(nic, event);
    if (nic->options.events == COMPLETE_INLINE)
        return true;
    nic_lock(nic);
    if (nic->pended_event_count < NIC_EVENTS_MAX) {
        nic->pended_events[nic->pended_event_count++] = event;
        *status = NDIS_STATUS_PENDING;
    }
    nic_unlock(nic);
    return true;
}

void event_finish(struct ov2_device *nic)
{
    uint32_t events[NIC_EVENTS_MAX];
    uint32_t count = 0;

    nic_lock(nic);
    count = nic->pended_event_count;
    memcpy(events, nic->pended_events, count * sizeof(events[0]));
    nic->pended_event_count = 0;
    nic_unlock(nic);
    for (uint32_t i = 0; i < count; i++)
        nic->memory.ops->event_completed(nic->memory.host, events[i], NDIS_STATUS_SUCCESS);
}
