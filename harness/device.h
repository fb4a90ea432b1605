/* SPDX-License-Identifier: MIT */
/*
 * One device of an adapter, and the host's side of it: runs one parsed line, collects everything that came back until
 * the device is idle, and applies the standing laws that need no model (memory, completions, tags, out-of-band words).
 */
#ifndef DEVICE_H
#define DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "outcome.h"
#include "profile.h"
#include "trace.h"

struct ov2_adapter;
struct device;

/* device_new: a device that is not open yet; others[] are its siblings by device index, for "dut2#3" (may hold NULL).
 * NULL: no memory. */
struct device *device_new(const struct ov2_adapter *adapter, struct device *const others[TRACE_DEVICES],
                          bool one_thread);

/* device_free: closes it if it is open.  NULL is allowed. */
void device_free(struct device *device);

/* device_reset: closes it if it is open, and forgets everything; at less cost than a new one.  False: no memory. */
bool device_reset(struct device *device);

/* device_run: one act.  The outcome belongs to the device and is complete until the next call; late callbacks of the
 * adapter are counted to the next act.  prepared: for send and receive lines. */
const struct outcome *device_run(struct device *device, const struct trace_line *line, const struct prepared *prepared);

/* device_is_open, device_profile: the profile holds what the device registered. */
bool device_is_open(const struct device *device);
const struct profile *device_profile(const struct device *device);

/* device_finds: an element of this name in a request that is out; *verb is that of its line. */
bool device_finds(const struct device *device, enum trace_verb *verb, const struct trace_word *word);

/* device_describe: what an address lies in: "b, 4 bytes past its end of 24 bytes".  No locks, no allocation. */
bool device_describe(char *out, size_t size, const struct device *device, uintptr_t address);

#endif
