/* SPDX-License-Identifier: MIT */
/* Does not come back from closing its device. */
#include "hostile.inc"

static void halt(struct ov2_device *device)
{
    template_close(device);
    while (for_ever()) {
    }
}

static void hostile(struct ov2_adapter *adapter)
{
    adapter->close = halt;
}
