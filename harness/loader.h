/* SPDX-License-Identifier: MIT */
/* Loads an adapter from a shared library. */
#ifndef LOADER_H
#define LOADER_H

#include <stdbool.h>
#include <stddef.h>

struct ov2_adapter;

/* loader_open: the adapter that the file exports, checked: its ABI, its size, every entry point that is not optional.
 * False: error holds one sentence.  The library stays loaded until the process ends. */
bool loader_open(const struct ov2_adapter **adapter, char *error, size_t size, const char *path);

/* loader_find: whether the static data of the adapter's library hold these bytes. */
bool loader_find(const struct ov2_adapter *adapter, const void *bytes, size_t len);

#endif
