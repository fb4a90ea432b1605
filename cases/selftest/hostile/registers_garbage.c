/* SPDX-License-Identifier: MIT */
/* Registers capabilities at an address that is none. */
#include "hostile.inc"

static ov2_result registration(struct ov2_device *device, struct ov2_registration *out)
{
    ov2_result result = template_registration(device, out);

    out->hardware_offload = (const void *)(uintptr_t)0x4141414141414141u;
    out->hardware_length = 0xffffffffu;
    return result;
}

static void hostile(struct ov2_adapter *adapter)
{
    adapter->registration = registration;
}
