/* SPDX-License-Identifier: MIT */
/* Opens, and answers every further call with BROKEN. */
#include "hostile.inc"

static ov2_result request(struct ov2_device *device, uint32_t *status, struct ndis_oid_request *oid, uint32_t door)
{
    (void)device;
    (void)status;
    (void)oid;
    (void)door;
    return OV2_BROKEN;
}

static ov2_result drain(struct ov2_device *device)
{
    (void)device;
    return OV2_BROKEN;
}

static ov2_result registration(struct ov2_device *device, struct ov2_registration *out)
{
    (void)device;
    (void)out;
    return OV2_BROKEN;
}

static void hostile(struct ov2_adapter *adapter)
{
    adapter->request = request;
    adapter->drain = drain;
    adapter->registration = registration;
}
