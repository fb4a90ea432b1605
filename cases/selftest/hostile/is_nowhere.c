/* SPDX-License-Identifier: MIT */
/* Gives an address that is none for itself. */
#include "ov2/adapter.h"

const struct ov2_adapter *ov2_adapter_get(uint32_t abi)
{
    (void)abi;
    return (const struct ov2_adapter *)(uintptr_t)0x4141414141414141u;
}
