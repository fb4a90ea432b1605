/* SPDX-License-Identifier: MIT */
/* What a device has registered: its version, its handlers, and what it can do. */
#include <string.h>

#include "device_internal.h"

/* What the registration says of large packets: as they lie in NDIS_OFFLOAD. */
static void read_large(struct profile_large large[PROFILE_LARGE], const struct ndis_offload *offload)
{
    const uint32_t *const from[PROFILE_LARGE] = {offload->LsoV1, offload->LsoV2, offload->LsoV2 + OV2_LSO_V2_IPV6};

    for (uint32_t i = 0; i < PROFILE_LARGE; i++) {
        bool is_offered = (from[i][OV2_LSO_ENCAPSULATION] & NDIS_ENCAPSULATION_IEEE_802_3) != 0;
        large[i].most = is_offered ? from[i][OV2_LSO_MAX_OFFLOAD_SIZE] : 0;
        large[i].least = from[i][OV2_LSO_MIN_SEGMENT_COUNT];
        large[i].options = i == PROFILE_LARGE_V2_IPV4 ? 0 : from[i][OV2_LSO_OPTIONS];
    }
}

void device_keep_offload(struct device *device, enum outcome_offload kind, const void *bytes, uint32_t len)
{
    struct device_offload *offload = &device->offloads[kind];

    offload->len = bytes ? len < sizeof offload->bytes ? len : (uint32_t)sizeof offload->bytes : 0;
    if (offload->len > 0)
        memcpy(offload->bytes, bytes, offload->len);
}

void device_tell_offloads(struct device *device)
{
    device_lock(device);
    for (uint32_t kind = 0; kind < OUTCOME_OFFLOADS; kind++) {
        const struct device_offload *offload = &device->offloads[kind];
        struct outcome *outcome = device->outcome;
        struct completion *completion = offload->len ? outcome_add_completion(outcome, COMPLETION_OFFLOAD) : NULL;
        if (!completion || offload->len > OUTCOME_BYTES - outcome->byte_count)
            continue;
        completion->number = kind;
        completion->at = outcome->byte_count;
        completion->len = offload->len;
        memcpy(outcome->bytes + outcome->byte_count, offload->bytes, offload->len);
        outcome->byte_count += offload->len;
    }
    device_unlock(device);
}

void device_read_registration(struct device *device)
{
    struct ov2_registration registration = {0};
    struct profile *profile = &device->profile;
    struct outcome *outcome = device->outcome;
    struct ndis_offload offload = {0};

    registration.size = sizeof registration;
    if (device->adapter->registration(device->handle, &registration) != OV2_OK) {
        device_lock(device);
        outcome->result = OV2_BROKEN;
        device_log(outcome, "registration() did not answer");
        device_unlock(device);
        return;
    }
    profile->ndis_version = registration.ndis_version;
    profile->characteristics = registration.characteristics_revision;
    profile->handlers = registration.handlers;
    device_lock(device);
    device_keep_offload(device, OUTCOME_OFFLOAD_DEFAULT, registration.default_offload, registration.default_length);
    device_keep_offload(device, OUTCOME_OFFLOAD_HARDWARE, registration.hardware_offload, registration.hardware_length);
    device_unlock(device);
    if (registration.hardware_offload && registration.hardware_length >= NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_1) {
        uint32_t len = registration.hardware_length;
        memcpy(&offload, registration.hardware_offload, len < sizeof offload ? len : sizeof offload);
        profile->offload_revision = offload.Header.Revision;
        read_large(profile->large, &offload);
        if (len >= NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_2 && offload.Header.Revision >= NDIS_OFFLOAD_REVISION_2)
            profile->caps = offload.IPsecV2;
        profile->offload_flags = offload.Flags;
    }
    profile->offers_ipsec = profile->caps.Esp || profile->caps.Ah;
    outcome->profile_ndis = profile->ndis_version;
    outcome->profile_offload = profile->offload_revision;
    outcome->profile_characteristics = profile->characteristics;
    outcome->profile_handlers = profile->handlers;
    outcome->profile_flags = profile->offload_flags;
    outcome->profile_caps = profile->caps;
    memcpy(outcome->profile_large, profile->large, sizeof outcome->profile_large);
    device_lock(device);
    if (profile->offers_ipsec && (registration.characteristics_revision < 2 ||
                                  (registration.handlers & (OV2_HANDLES_DIRECT | OV2_HANDLES_CANCEL_DIRECT)) !=
                                      (OV2_HANDLES_DIRECT | OV2_HANDLES_CANCEL_DIRECT)))
        outcome_break(outcome, "OID-001", NULL, "both direct OID handlers, characteristics revision 2 or later",
                      "handlers %x, revision %u", (unsigned)registration.handlers,
                      (unsigned)registration.characteristics_revision);
    device_unlock(device);
}
