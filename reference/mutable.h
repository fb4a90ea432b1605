/* SPDX-License-Identifier: MIT */
/* Fields of IP headers that change on the way, as AH wants to see them (RFC 4302 3.3.3.1, appendix A). */
#ifndef OV2_REFERENCE_MUTABLE_H
#define OV2_REFERENCE_MUTABLE_H

#include <stdbool.h>
#include <stdint.h>

/* mutable_clear: headers holds an IP header and all that stands between it and AH, *len bytes.  Unpredictable fields
 * become zero, predictable ones what the receiver will see; an atomic fragment header goes, and *len shrinks.  False: a
 * header or an option is malformed. */
bool mutable_clear(uint8_t *headers, uint32_t *len, bool ipv6);

#endif
