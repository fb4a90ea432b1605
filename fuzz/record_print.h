/* SPDX-License-Identifier: MIT */
/*
 * A recording as C: the bytes of each structure with the names of its members, and run(), which makes the calls in
 * order.  What they are made with (place(), point(), ask() ...) is fuzz/reproducer.inc.
 */
#ifndef RECORD_PRINT_H
#define RECORD_PRINT_H

#include <stdbool.h>
#include <stdio.h>

#include "record.h"

#define RECORD_PRINTED 65536u /* bytes that a program is given at most */

/* record_print: false: the recording is not complete, or is too large for anybody to read; nothing is printed. */
bool record_print(FILE *out, const struct recording *recording);

#endif
