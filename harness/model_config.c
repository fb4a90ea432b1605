/* SPDX-License-Identifier: MIT */
/* What configuration and events make of a device. */
#include "model_internal.h"

#include <stddef.h>
#include <string.h>

bool model_has_completed(const struct outcome *outcome, uint32_t event)
{
    for (uint32_t i = 0; i < outcome->completion_count; i++) {
        if (outcome->completions[i].kind == COMPLETION_EVENT && outcome->completions[i].number == event)
            return true;
    }
    return false;
}

static void remove_device(struct model_device *device)
{
    device->is_removed = true;
    for (uint32_t symbol = 1; symbol <= device->sa_count; symbol++)
        model_go_dead(device, symbol, MODEL_DELETED);
}

void model_judge_event(struct model_device *device, const struct trace_line *line, const struct outcome *outcome)
{
    const struct trace_word *event = trace_option(line, KEY_EVENT);

    if (!event || outcome->result != OV2_OK)
        return;
    switch (event->number) {
    case OV2_EVENT_PAUSE:
    case OV2_EVENT_RESTART:
        device->is_paused = event->number == OV2_EVENT_PAUSE;
        break;
    case OV2_EVENT_LOW_POWER:
    case OV2_EVENT_FULL_POWER:
        device->is_low_power = event->number == OV2_EVENT_LOW_POWER;
        break;
    case OV2_EVENT_LINK_DOWN:
    case OV2_EVENT_LINK_UP:
        device->is_link_down = event->number == OV2_EVENT_LINK_DOWN;
        break;
    case OV2_EVENT_HOLD:
    case OV2_EVENT_RELEASE:
        device->is_held = event->number == OV2_EVENT_HOLD;
        break;
    case OV2_EVENT_RESET:
        device->is_resetting = outcome->status == NDIS_STATUS_PENDING;
        break;
    case OV2_EVENT_SURPRISE_REMOVAL:
        remove_device(device);
        break;
    case OV2_EVENT_SA_PRESSURE:
        device->wants_delete = true;
        break;
    default:
        break;
    }
}

bool model_interrupts(const struct model_device *device, const struct trace_line *line)
{
    const struct trace_word *event = trace_option(line, KEY_EVENT);

    if (device->is_removed || line->verb == VERB_CLOSE)
        return true;
    if (line->verb != VERB_EVENT || !event)
        return false;
    return event->number == OV2_EVENT_RESET || event->number == OV2_EVENT_SURPRISE_REMOVAL;
}

/* What becomes of SAs when IPsecOV2 is disabled is open: kept but idle, dropped, or still active. */
static void leave_open(struct model_device *device)
{
    for (uint32_t i = 0; i < device->sa_count; i++) {
        if (device->sas[i].state != MODEL_LIVE)
            continue;
        device->sas[i].state = MODEL_MAYBE;
        device->sas[i].request = UINT32_MAX; /* all of them, or none */
        device->sas[i].tells_a46 = true;
    }
}

static void set_ipsec(struct model_device *device, uint32_t ipsec)
{
    device->ipsec = ipsec;
    device->was_switched = true;
    if (ipsec == NDIS_OFFLOAD_PARAMETERS_IPSECV2_DISABLED || ipsec == MODEL_IPSEC_UNKNOWN)
        leave_open(device);
}

static void set_encapsulation(struct model_device *device, bool ipv6, uint64_t enabled)
{
    if (enabled == NDIS_OFFLOAD_SET_NO_CHANGE)
        return;
    device->had_encapsulation[ipv6] = device->had_encapsulation[ipv6] || device->encapsulation_on[ipv6];
    device->encapsulation_on[ipv6] = enabled == NDIS_OFFLOAD_SET_ON;
}

void model_judge_config(struct model_device *device, const struct trace_line *line, const struct outcome *outcome)
{
    const struct trace_word *ipsec = trace_option(line, KEY_IPSEC);
    const struct trace_word *encapsulation = trace_option(line, KEY_ENCAPSULATION);
    const struct trace_word *segmentation = trace_option(line, KEY_SEGMENTATION);

    /* The line is two requests: which of them has failed? */
    if (outcome->result == OV2_OK && !is_success(outcome->status) && ipsec && encapsulation)
        set_ipsec(device, MODEL_IPSEC_UNKNOWN);
    if (outcome->result != OV2_OK || !is_success(outcome->status))
        return;
    if (ipsec && ipsec->number > NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_AND_ESP_ENABLED)
        set_ipsec(device, MODEL_IPSEC_UNKNOWN);
    else if (ipsec && ipsec->number != NDIS_OFFLOAD_PARAMETERS_NO_CHANGE)
        set_ipsec(device, (uint32_t)ipsec->number);
    if (encapsulation) {
        set_encapsulation(device, false, encapsulation->number);
        set_encapsulation(device, true, encapsulation->number);
    }
    if (segmentation && segmentation->number != NDIS_OFFLOAD_SET_NO_CHANGE)
        device->segmentation_off = segmentation->number == NDIS_OFFLOAD_SET_OFF;
}

/* NDIS_OFFLOAD_PARAMETERS as it lies in memory. */
static void read_parameters(struct model_device *device, const uint8_t *bytes, size_t len)
{
    struct ndis_offload_parameters parameters;
    uint8_t ipsec;

    memset(&parameters, 0, sizeof parameters);
    memcpy(&parameters, bytes, len < sizeof parameters ? len : sizeof parameters);
    ipsec = device->profile.caps.IPv6Supported ? parameters.IPsecV2 : parameters.IPsecV2IPv4; /* CFG-007 */
    if (parameters.Header.Revision < NDIS_OFFLOAD_PARAMETERS_REVISION_2 || ipsec == NDIS_OFFLOAD_PARAMETERS_NO_CHANGE)
        return;
    set_ipsec(device, ipsec <= NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_AND_ESP_ENABLED ? ipsec : MODEL_IPSEC_UNKNOWN);
}

static void read_encapsulation(struct model_device *device, const uint8_t *bytes, size_t len)
{
    struct ndis_offload_encapsulation encapsulation;

    if (len < sizeof encapsulation)
        return;
    memcpy(&encapsulation, bytes, sizeof encapsulation);
    set_encapsulation(device, false, encapsulation.IPv4.Enabled);
    set_encapsulation(device, true, encapsulation.IPv6.Enabled);
}

void model_judge_oid(struct model_device *device, const struct trace_line *line, const struct outcome *outcome)
{
    const struct trace_word *code = trace_option(line, KEY_CODE);
    const struct trace_word *kind = trace_option(line, KEY_KIND);
    const struct trace_word *buffer = trace_option(line, KEY_BUFFER);
    uint8_t bytes[sizeof(struct ndis_offload_parameters)] = {0};
    size_t len = 0;

    if (outcome->result != OV2_OK || !code || (!is_success(outcome->status) && !outcome->pended) ||
        (kind && kind->number != NDIS_REQUEST_SET_INFORMATION))
        return;
    if (buffer && buffer->base != BASE_NULL && !trace_bytes(bytes, sizeof bytes, &len, buffer))
        len = sizeof bytes; /* longer than what is looked at */
    switch (code->number) {
    case OID_TCP_OFFLOAD_PARAMETERS:
        read_parameters(device, bytes, len);
        break;
    case OID_OFFLOAD_ENCAPSULATION:
        read_encapsulation(device, bytes, len);
        break;
    case OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA:
    case OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX:
    case OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA:
    case OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA:
        device->is_foggy = true;
        break;
    default:
        break;
    }
}
