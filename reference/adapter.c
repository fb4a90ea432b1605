/* SPDX-License-Identifier: MIT */
/* The contract's entry points: each selects its device's fault and hands on to the module that does the work. */
#include "ov2/adapter.h"

#include "buffer.h"
#include "config.h"
#include "crypto.h"
#include "delete.h"
#include "event.h"
#include "fault.h"
#include "nic.h"
#include "receive.h"
#include "request.h"
#include "send.h"
#include "wrong_data.h"
#include "wrong_life.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static ov2_result refuse_open(const struct ov2_config *config, const char *why)
{
    char line[160];

    snprintf(line, sizeof(line), "reference: %s", why);
    config->ops->log(config->host, line);
    return OV2_BROKEN;
}

static ov2_result adapter_open(struct ov2_device **out, const struct ov2_config *config)
{
    struct memory memory = {config->ops, config->host};
    struct options options;
    struct ov2_device *nic = NULL;
    char why[128];

    *out = NULL;
    if (!options_parse(&options, why, sizeof(why), config->options))
        return refuse_open(config, why);
    if (config->media_header_len != 14 && config->media_header_len != 18)
        return refuse_open(config, "media_header_len is neither 14 nor 18");
    nic = memory_allocate(&memory, sizeof(*nic));
    if (nic == NULL)
        return refuse_open(config, "no memory for a device");
    fault_select(options.fault);
    nic->memory = memory;
    nic->options = options;
    pthread_mutex_init(&nic->lock, NULL);
    sa_table_init(&nic->table, &nic->memory);
    nic->table.wipes = nic->options.wiping == WIPING_WIPE;
    config_init(nic, config);
    *out = nic;
    return OV2_OK;
}

static void adapter_close(struct ov2_device *nic)
{
    if (nic == NULL)
        return;
    fault_select(nic->options.fault);
    request_abort(nic, NDIS_STATUS_REQUEST_ABORTED);
    event_finish(nic);
    FAULTY((void)0, DELETES_AT_FIRST_DEVICE, delete_forget(&nic->table));
    FAULTY((void)0, SHARES_ITS_TABLE, wrong_table_goes(&nic->table));
    FAULTY((void)0, GROWS_WITH_EVERY_ADD, wrong_shrink(&nic->memory));
    FAULTY((void)0, RESET_LOSES_SENDS, wrong_lose());
    if (FAULTY(true, HALT_LEAVES_SAS, !nic->paused) && FAULTY(true, REMOVED_SAS_WAIT_FOR_DELETES, !nic->removed))
        sa_table_clear(&nic->table);
    buffer_trim(nic);
    pthread_mutex_destroy(&nic->lock);
    memory_release(&nic->memory, nic);
}

/* without_ethernet: for a fault: the hardware capabilities with another encapsulation. */
static const struct ndis_offload *without_ethernet(const struct ov2_device *nic)
{
    static struct ndis_offload told;

    told = nic->hardware;
    told.IPsecV2.Encapsulation = NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q;
    return &told;
}

static ov2_result adapter_registration(struct ov2_device *nic, struct ov2_registration *out)
{
    struct ov2_registration registration = {
        .size = out->size < sizeof(registration) ? out->size : (uint32_t)sizeof(registration),
        .ndis_version = nic->ndis_version,
        .characteristics_revision = nic->ndis_version > 0x60000u ? 2 : 1,
        .handlers = OV2_HANDLES_DIRECT | FAULTY(OV2_HANDLES_CANCEL_DIRECT, NO_CANCEL_HANDLER,
                                                nic->ndis_version < 0x6001Eu ? 0 : OV2_HANDLES_CANCEL_DIRECT),
    };

    fault_select(nic->options.fault);
    /* A miniport without any offload passes no offload attributes at all. */
    if (nic->options.ipsec) {
        registration.default_offload = FAULTY(&nic->initial, REGISTERS_HARDWARE_ONLY, NULL);
        registration.default_length = nic->initial.Header.Size;
        registration.hardware_offload = FAULTY(&nic->hardware, NO_ETHERNET, without_ethernet(nic));
        registration.hardware_length = nic->hardware.Header.Size;
    }
    memcpy(out, &registration, registration.size);
    return OV2_OK;
}

/* use_paged_memory: for a fault: what the verifier says when a driver does it. */
static void use_paged_memory(const struct ov2_device *nic)
{
    const struct ov2_host_ops *ops = nic->memory.ops;

    if (ops->irql(nic->memory.host) >= 2)
        ops->violated(nic->memory.host, "OID-003", "paged memory is touched at DISPATCH_LEVEL");
}

/* share_scratch: for a fault: every request goes through one place in memory. */
static struct ndis_oid_request *share_scratch(struct ov2_device *nic, struct ndis_oid_request *request)
{
    static struct ndis_oid_request *volatile scratch;

    scratch = request;
    nic_lock(nic);
    nic_let_in(nic);
    nic_unlock(nic);
    return scratch;
}

static ov2_result adapter_request(struct ov2_device *nic, uint32_t *status, struct ndis_oid_request *request,
                                  uint32_t door)
{
    fault_select(nic->options.fault);
    FAULTY((void)0, USES_PAGED_MEMORY, use_paged_memory(nic));
    *status = request_submit(nic, FAULTY(request, SHARES_SCRATCH, share_scratch(nic, request)), door);
    return OV2_OK;
}

static ov2_result adapter_cancel(struct ov2_device *nic, uint64_t request_id, uint32_t door)
{
    fault_select(nic->options.fault);
    /* Only direct requests ever wait. */
    if (FAULTY(door == OV2_DOOR_DIRECT, IGNORES_CANCEL, false))
        request_cancel(nic, request_id);
    return OV2_OK;
}

static ov2_result adapter_send(struct ov2_device *nic, const struct ov2_send *lists, uint32_t count)
{
    fault_select(nic->options.fault);
    send_lists(nic, lists, count);
    return OV2_OK;
}

static ov2_result adapter_receive(struct ov2_device *nic, const struct ov2_packet *frames, uint32_t count)
{
    fault_select(nic->options.fault);
    for (uint32_t i = 0; i < count; i++)
        receive_frame(nic, &frames[i]);
    FAULTY((void)0, MERGES_SEGMENTS, wrong_let_go(&nic->memory));
    return OV2_OK;
}

static ov2_result adapter_event(struct ov2_device *nic, uint32_t *status, uint32_t event)
{
    fault_select(nic->options.fault);
    return event_happen(nic, status, event) ? OV2_OK : OV2_UNSUPPORTED;
}

static ov2_result adapter_drain(struct ov2_device *nic)
{
    fault_select(nic->options.fault);
    request_serve(nic);
    event_finish(nic);
    return OV2_OK;
}

static void adapter_unload(void)
{
    FAULTY((void)0, TIMER_OUTLIVES_HALT, wrong_fire());
    crypto_unload();
}

static const struct ov2_adapter ADAPTER = {
    .abi = OV2_ABI,
    .size = sizeof(struct ov2_adapter),
    .flags = OV2_CONCURRENT | OV2_CONFIGURABLE,
    .name = "ov2 reference 1",
    .open = adapter_open,
    .close = adapter_close,
    .registration = adapter_registration,
    .request = adapter_request,
    .cancel = adapter_cancel,
    .send = adapter_send,
    .receive = adapter_receive,
    .event = adapter_event,
    .drain = adapter_drain,
    .unload = adapter_unload,
};

OV2_EXPORT const struct ov2_adapter *OV2_ADAPTER_GET(uint32_t abi)
{
    if (abi != OV2_ABI)
        return NULL;
    crypto_load();
    return &ADAPTER;
}
