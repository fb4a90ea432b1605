/* SPDX-License-Identifier: MIT */
/* Shared libraries: what loader.h needs of an operating system. */
#ifndef LIBRARY_H
#define LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

/* library_open: loads the file, for good.  NULL: why says what is wrong. */
void *library_open(const char *path, char *why, size_t size);

/* library_symbol: what the library exports under the name, or NULL. */
void *library_symbol(void *library, const char *name);

/* library_holds: whether the static data of the library that has this code hold these bytes. */
bool library_holds(const void *code, const void *bytes, size_t len);

#endif
