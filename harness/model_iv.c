/* SPDX-License-Identifier: MIT */
/* The IVs that a device has made: a set of digests, open addressing. */
#include "model_internal.h"

#include <stdlib.h>

static bool grow_ivs(struct model_device *device)
{
    uint32_t size = device->iv_size ? device->iv_size * 2 : 256;
    uint64_t *ivs = calloc(size, sizeof *ivs);

    if (!ivs)
        return false;
    for (uint32_t i = 0; i < device->iv_size; i++) {
        uint32_t at = (uint32_t)device->ivs[i] & (size - 1);
        while (device->ivs[i] && ivs[at])
            at = (at + 1) & (size - 1);
        if (device->ivs[i])
            ivs[at] = device->ivs[i];
    }
    free(device->ivs);
    device->ivs = ivs;
    device->iv_size = size;
    return true;
}

bool model_repeats_iv(struct model_device *device, uint32_t key, const uint8_t *iv, uint32_t len)
{
    uint64_t digest = key * 0x9E3779B97F4A7C15u;
    uint32_t at;

    for (uint32_t i = 0; i < len; i++)
        digest = ((digest ^ iv[i]) * 0xD6E8FEB86659FD93u) ^ digest >> 32;
    digest += digest == 0;
    if (device->iv_count * 2 >= device->iv_size && !grow_ivs(device))
        return false;
    for (at = (uint32_t)digest & (device->iv_size - 1); device->ivs[at]; at = (at + 1) & (device->iv_size - 1)) {
        if (device->ivs[at] == digest)
            return true;
    }
    device->ivs[at] = digest;
    device->iv_count++;
    return false;
}
