/* SPDX-License-Identifier: MIT */
/*
 * Octets on the wire and in memory: big-endian loads and stores, a mixing function, and a store that the compiler may
 * not remove.
 */
#ifndef OV2_REFERENCE_BYTES_H
#define OV2_REFERENCE_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t get_be16(const uint8_t *at)
{
    return (uint16_t)((uint32_t)at[0] << 8 | at[1]);
}

static inline uint32_t get_be32(const uint8_t *at)
{
    /* The analyser does not see what the scatter lists of packet.c have filled. */
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]; // NOLINT(clang-analyzer-core*)
}

static inline void put_be16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static inline void put_be32(uint8_t *at, uint32_t value)
{
    put_be16(at, value >> 16);
    put_be16(at + 2, value);
}

static inline void put_be64(uint8_t *at, uint64_t value)
{
    put_be32(at, (uint32_t)(value >> 32));
    put_be32(at + 4, (uint32_t)value);
}

/* bytes_mix: a bijection of 64-bit words whose output bits all depend on all input bits. */
static inline uint64_t bytes_mix(uint64_t word)
{
    word ^= word >> 31;
    word *= 0x7FB5D329728EA185u;
    word ^= word >> 27;
    word *= 0x81DADEF4BC2DD44Du;
    word ^= word >> 33;
    return word;
}

/* bytes_wipe: overwrites key material.  For all the compiler knows, the empty statement reads it, so that the stores
 * stay in front of a release. */
static inline void bytes_wipe(void *memory, size_t len)
{
    memset(memory, 0, len);
    __asm__ __volatile__("" : : "r"(memory) : "memory");
}

#endif
