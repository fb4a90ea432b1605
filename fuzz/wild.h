/* SPDX-License-Identifier: MIT */
/*
 * Lines that no driver could survive, however sound: the caller lies about memory that is its own.  A driver cannot
 * check where a kernel pointer leads, nor how large an element behind the first one is.
 *
 *   a Next that leads where no element is (shape_is_wild()), or into bytes that pass for one
 *   an element behind the head that ends before what its header, or its KeyLength, promises
 *   an InformationBufferLength beyond the end of the buffer
 */
#ifndef WILD_H
#define WILD_H

#include <stdbool.h>

#include "profile.h"
#include "shape.h"
#include "trace.h"

#define WILD_NODES_MAX 4096u /* elements of one line, and packets of one; more is only long */

/* wild_line: whether a fuzzer passes over a line; as struct session_config wants it. */
bool wild_line(const struct trace_line *line, const struct profile *profile, const struct shapes *shapes);

#endif
