/* SPDX-License-Identifier: MIT */
/*
 * Upper halves of sequence numbers that are not known for sure: an update is out, or failed as a list whose good
 * elements may have been carried out or not.  The next packet tells.
 */
#include "model_internal.h"

void model_half_set(struct model_sa *sa, uint32_t layer, uint32_t hi)
{
    sa->hi[layer] = hi;
    sa->has_other[layer] = false;
    sa->is_unsettled = false;
}

void model_half_open(struct model_sa *sa, uint32_t layer, uint32_t hi, uint32_t request)
{
    if (hi == sa->hi[layer])
        return;
    sa->other_hi[layer] = hi;
    sa->other_request[layer] = request;
    sa->has_other[layer] = true;
}

void model_half_drop(struct model_device *device, uint32_t request)
{
    for (uint32_t i = 0; i < device->sa_count; i++) {
        for (uint32_t layer = 0; layer < 2; layer++) {
            if (device->sas[i].has_other[layer] && device->sas[i].other_request[layer] == request)
                device->sas[i].has_other[layer] = false;
        }
    }
}

static void settle(struct model_sa *sa, uint32_t layer, bool is_other)
{
    if (is_other)
        sa->hi[layer] = sa->other_hi[layer];
    sa->has_other[layer] = false;
}

/* A list that failed was carried out as far as it was good, or not at all (UPD-028): one SA tells of the others. */
void model_half_seen(struct model_device *device, uint32_t symbol, uint32_t layer, bool is_other)
{
    struct model_sa *sa = &device->sas[symbol - 1];
    uint32_t request = sa->other_request[layer];

    if (!sa->has_other[layer] || device->is_racing)
        return;
    settle(sa, layer, is_other);
    if (request == 0)
        return;
    for (uint32_t i = 0; i < device->sa_count; i++) {
        for (uint32_t other = 0; other < 2; other++) {
            if (device->sas[i].has_other[other] && device->sas[i].other_request[other] == request)
                settle(&device->sas[i], other, is_other);
        }
    }
}
