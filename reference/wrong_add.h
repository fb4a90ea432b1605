/* SPDX-License-Identifier: MIT */
/* What faulty devices do in an add: only the last argument of a FAULTY() calls these. */
#ifndef OV2_REFERENCE_WRONG_ADD_H
#define OV2_REFERENCE_WRONG_ADD_H

#include "bundle.h"
#include "nic.h"

#include <stdbool.h>
#include <stdint.h>

/* wrong_evict: removes the oldest SA that is not of the request under way. */
void wrong_evict(struct ov2_device *nic);

/* wrong_occupy: takes a place in the table for nobody. */
void wrong_occupy(struct ov2_device *nic);

/* wrong_pended_handle: the handle that the first pended DELETE names, or `otherwise`. */
uint64_t wrong_pended_handle(const struct ov2_device *nic, uint64_t otherwise);

/* wrong_read_next: reads where the Next of an ADD_SA would lead. */
void wrong_read_next(const uint8_t *element);

/* wrong_read_keys: reads KeyLength once more, and the last byte of so many keys. */
void wrong_read_keys(const uint8_t *element);

/* wrong_fold: the undefined bits of Flags as repetitions of the defined ones. */
uint32_t wrong_fold(uint32_t flags);

/* wrong_pair: makes the first element of a pair ESP and the second one AH. */
void wrong_pair(struct bundle_request *request);

/* wrong_parity: whether each byte of a DES key has an odd number of ones; true for any other key. */
bool wrong_parity(const struct suite_algorithm *algorithm, const uint8_t *key);

/* wrong_unauthenticated: accepts encryption alone, and leaves room for an ICV. */
bool wrong_unauthenticated(struct sa_operation *operation);

/* wrong_count: operations of all live SAs, instead of bundles. */
uint32_t wrong_count(const struct ov2_device *nic);

#endif
