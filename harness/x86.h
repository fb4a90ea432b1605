/* SPDX-License-Identifier: MIT */
/* As much of the x86-64 instruction set as it takes to see which address an instruction meant. */
#ifndef X86_H
#define X86_H

#include <stdbool.h>
#include <stdint.h>

/* x86_address: the address that the instruction at code accesses and that has no valid form: such a fault comes without
 * an address.  registers are in the order of their numbers: rax rcx rdx rbx rsp rbp rsi rdi r8 .. r15.  False: none was
 * found.  Async-signal-safe. */
bool x86_address(uint64_t *address, const uint8_t *code, const uint64_t registers[16]);

/* x86_canonical: whether the address has a valid form. */
bool x86_canonical(uint64_t address);

#endif
