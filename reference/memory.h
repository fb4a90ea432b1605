/* SPDX-License-Identifier: MIT */
/*
 * Memory comes from the host, so that the suite can count it, search it and refuse it.  Every module that allocates is
 * handed one of these; OpenSSL's own allocations are the one exception (crypto_openssl.c).
 */
#ifndef OV2_REFERENCE_MEMORY_H
#define OV2_REFERENCE_MEMORY_H

#include "ov2/adapter.h"

#include <stddef.h>

#define MEMORY_POOL_TAG 0x3272764Fu /* "Ovr2" in a memory dump */

struct memory {
    const struct ov2_host_ops *ops;
    struct ov2_host *host;
};

/* memory_allocate: zeroed, 16-byte aligned; NULL when memory is short or size does not fit the host's call. */
static inline void *memory_allocate(const struct memory *memory, size_t size)
{
    if (size > UINT32_MAX)
        return NULL;
    return memory->ops->allocate(memory->host, (uint32_t)size, MEMORY_POOL_TAG);
}

/* memory_release: NULL is allowed. */
static inline void memory_release(const struct memory *memory, void *block)
{
    memory->ops->release(memory->host, block);
}

#endif
