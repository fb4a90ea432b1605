/* SPDX-License-Identifier: MIT */
/* Instructions as an assembler writes them, and the address each of them means. */
#include <stdio.h>
#include <stdlib.h>

#include "x86.h"

/* Register n holds this, but for those below: no valid form whatever is added. */
#define WILD(n) (UINT64_C(0x5A00000000000000) + ((uint64_t)(n) << 32))

enum {
    RAX,
    RCX,
    RDX,
    RBX,
    RSP,
    RBP,
    RSI,
    RDI,
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15
};

static const struct {
    const char *text;
    uint8_t code[16];
    uint64_t want; /* 0: none */
} rows[] = {
    {"mov (%rax),%eax", {0x8B, 0x00}, WILD(RAX)},
    {"mov %al,(%rcx)", {0x88, 0x01}, WILD(RCX)},
    {"mov 0x10(%rdi),%rax", {0x48, 0x8B, 0x47, 0x10}, WILD(RDI) + 0x10},
    {"mov -8(%rbp),%rax", {0x48, 0x8B, 0x45, 0xF8}, WILD(RBP) - 8},
    {"mov 0x12345(%rbx),%rax", {0x48, 0x8B, 0x83, 0x45, 0x23, 0x01, 0x00}, WILD(RBX) + 0x12345},
    {"mov (%r12),%rax", {0x49, 0x8B, 0x04, 0x24}, WILD(R12)},
    {"mov 8(%r13),%rax", {0x49, 0x8B, 0x45, 0x08}, WILD(R13) + 8},
    {"mov (%rsi,%r9,1),%al", {0x42, 0x8A, 0x04, 0x0E}, WILD(RSI) + WILD(R9)},
    {"mov 4(%rsi,%rax,8),%ecx", {0x8B, 0x4C, 0xC6, 0x04}, WILD(RSI) + WILD(RAX) * 8 + 4},
    {"mov 0x100(,%rdx,2),%eax", {0x8B, 0x04, 0x55, 0x00, 0x01, 0x00, 0x00}, WILD(RDX) * 2 + 0x100},
    {"mov (%rsp),%rax", {0x48, 0x8B, 0x04, 0x24}, WILD(RSP)},
    {"movw $1,(%rdx)", {0x66, 0xC7, 0x02, 0x01, 0x00}, WILD(RDX)},
    {"movzbl (%rdx),%eax", {0x0F, 0xB6, 0x02}, WILD(RDX)},
    {"movups (%rsi),%xmm0", {0x0F, 0x10, 0x06}, WILD(RSI)},
    {"movdqu %xmm8,(%r8)", {0xF3, 0x45, 0x0F, 0x7F, 0x00}, WILD(R8)},
    {"vmovdqu (%rsi),%ymm0", {0xC5, 0xFE, 0x6F, 0x06}, WILD(RSI)},
    {"vmovdqu (%r9),%ymm0", {0xC4, 0xC1, 0x7E, 0x6F, 0x01}, WILD(R9)},
    {"pshufb (%rdi),%xmm0", {0x66, 0x0F, 0x38, 0x00, 0x07}, WILD(RDI)},
    {"lock cmpxchg %rcx,(%rdi)", {0xF0, 0x48, 0x0F, 0xB1, 0x0F}, WILD(RDI)},
    {"cmpb $0,(%rax)", {0x80, 0x38, 0x00}, WILD(RAX)},
    {"call *8(%rax)", {0xFF, 0x50, 0x08}, WILD(RAX) + 8},
    {"rep movsb", {0xF3, 0xA4}, WILD(RDI)},
    {"movabs 0x5a5a5a5a5a5a5a5a,%al", {0xA0, 0x5A, 0x5A, 0x5A, 0x5A, 0x5A, 0x5A, 0x5A, 0x5A}, 0x5A5A5A5A5A5A5A5A},
    {"mov (%r15),%al: a good address", {0x41, 0x8A, 0x07}, 0},
    {"mov 0(%rip),%eax", {0x8B, 0x05, 0x00, 0x00, 0x00, 0x00}, 0},
    {"mov %eax,%ecx", {0x89, 0xC1}, 0},
    {"ret", {0xC3}, 0},
    {"hlt", {0xF4}, 0},
    {"mov $1,%eax", {0xB8, 0x01, 0x00, 0x00, 0x00}, 0},
};

int main(void)
{
    uint64_t registers[16];
    int failures = 0;

    for (unsigned i = 0; i < 16; i++) {
        registers[i] = WILD(i);
    }
    registers[R15] = 0x1000;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t got;

        if (!x86_address(&got, rows[i].code, registers)) {
            got = 0;
        }
        if (got != rows[i].want) {
            (void)fprintf(stderr, "%s:%d: %s: got 0x%llx, want 0x%llx\n", __FILE__, __LINE__, rows[i].text,
                          (unsigned long long)got, (unsigned long long)rows[i].want);
            failures++;
        }
    }
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
