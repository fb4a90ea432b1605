/* SPDX-License-Identifier: MIT */
/* Duplicates: live SAs of a device with the same direction, family, SPI and addresses. */
#ifndef MODEL_TWIN_H
#define MODEL_TWIN_H

#include "model_request.h"

/* twin_is: whether the SA of this symbol has these selectors. */
bool twin_is(const struct request_view *view, const struct bundle_selectors *selectors, uint32_t symbol);

/* twin_next: the next live SA behind symbol `after` (0: the first) with the selectors of the bundle, or 0. */
uint32_t twin_next(const struct request_view *view, const struct bundle *bundle, uint32_t after);

/* twin_is_searched: whether twin_next() finds them all; among many SAs only the SPI table is looked at. */
bool twin_is_searched(const struct request_view *view, const struct bundle *bundle);

#endif
