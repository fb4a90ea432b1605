/* SPDX-License-Identifier: MIT */
/* The internet checksum (RFC 1071). */
#ifndef OV2_REFERENCE_CHECKSUM_H
#define OV2_REFERENCE_CHECKSUM_H

#include <stdbool.h>
#include <stdint.h>

/* checksum_add: sum, and the 16-bit words of the data, of which the last octet may be half a word.  At most 65535
 * octets in all, so that 32 bits hold every carry. */
uint32_t checksum_add(uint32_t sum, const uint8_t *data, uint32_t len);

/* checksum_fold: what belongs into the header. */
uint16_t checksum_fold(uint32_t sum);

/* checksum_pseudo: the sum of the pseudo-header of TCP or UDP (RFC 793, RFC 8200 8.1). */
uint32_t checksum_pseudo(const uint8_t *source, const uint8_t *destination, bool ipv6, uint32_t protocol, uint32_t len);

#endif
