/* SPDX-License-Identifier: MIT */
/* What happens to the device from outside: pause, reset, power, removal, and what the suite asks of the hardware. */
#ifndef OV2_REFERENCE_EVENT_H
#define OV2_REFERENCE_EVENT_H

#include "nic.h"

#include <stdbool.h>
#include <stdint.h>

/* event_happen: false if there is no such event; otherwise *status is SUCCESS, or PENDING until event_finish(). */
bool event_happen(struct ov2_device *nic, uint32_t *status, uint32_t event);

/* event_finish: completes the events that answered PENDING, in order. */
void event_finish(struct ov2_device *nic);

#endif
