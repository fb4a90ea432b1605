/* SPDX-License-Identifier: MIT */
/* The IVs that the device makes itself.  They repeat from run to run, so that a finding does too; a device that
 * ships takes the unpredictable ones from its random number generator. */
#ifndef OV2_REFERENCE_IV_H
#define OV2_REFERENCE_IV_H

#include "sa.h"

#include <stdint.h>

/* iv_count_up: eight octets for GCM or GMAC, which must never repeat under a key (RFC 4106 3.1). */
void iv_count_up(uint8_t iv[8], struct sa_operation *operation);

/* iv_scatter: 8 or 16 octets for CBC, which must not be predictable either (RFC 3602 3, RFC 2405 3). */
void iv_scatter(uint8_t *iv, uint32_t len, struct sa_operation *operation);

#endif
