/* SPDX-License-Identifier: MIT */
/* Sources: the opcode maps and the ModRM, SIB, REX and VEX encodings of the AMD64 Architecture Programmer's Manual 3.
 */
#include "x86.h"

#include <string.h>

/* One instruction, as far as it has been read. */
struct instruction {
    const uint8_t *code;
    unsigned map; /* 0: one-byte opcodes, 1: behind 0F, 2 and 3: behind 0F 38 and 0F 3A */
    unsigned rex; /* bit 0: B, bit 1: X, bit 2: R */
    uint8_t opcode;
};

bool x86_canonical(uint64_t address)
{
    return address >> 47 == 0 || address >> 47 == 0x1FFFF;
}

static bool is_prefix(uint8_t byte)
{
    static const uint8_t prefixes[] = {0x26, 0x2E, 0x36, 0x3E, 0x66, 0x67, 0xF0, 0xF2, 0xF3};

    return memchr(prefixes, byte, sizeof prefixes) != NULL;
}

/* has_operand: whether a ModRM byte follows a one-byte opcode. */
static bool has_operand(uint8_t opcode)
{
    static const uint8_t others[] = {0x63, 0x69, 0x6B, 0xC0, 0xC1, 0xC6, 0xC7, 0xF6, 0xF7, 0xFE, 0xFF};

    return (opcode < 0x40 && (opcode & 7) < 4) || (opcode & 0xF0) == 0x80 || (opcode & 0xFC) == 0xD0 ||
           (opcode & 0xF8) == 0xD8 || memchr(others, opcode, sizeof others) != NULL;
}

static bool is_string(uint8_t opcode)
{
    return (opcode >= 0xA4 && opcode <= 0xA7) || (opcode >= 0xAA && opcode <= 0xAF);
}

static void read_opcode(struct instruction *at, const uint8_t *code)
{
    *at = (struct instruction){0};
    while (is_prefix(*code)) {
        code++;
    }
    if ((*code & 0xF0) == 0x40) {
        at->rex = *code++;
    }
    if (*code == 0xC5) { /* VEX, short */
        at->rex = (code[1] & 0x80) != 0 ? 0 : 4;
        at->map = 1;
        code += 2;
    } else if (*code == 0xC4) { /* VEX */
        at->rex = (unsigned)(~code[1] >> 5) & 7;
        at->map = code[1] & 3;
        code += 3;
    } else if (*code == 0x0F) {
        at->map = code[1] == 0x38 ? 2 : code[1] == 0x3A ? 3 : 1;
        code += at->map == 1 ? 1 : 2;
    }
    at->opcode = *code++;
    at->code = code;
}

static uint64_t displacement(const uint8_t *code, unsigned mode)
{
    int32_t wide;

    if (mode == 1) {
        return (uint64_t)(int64_t)(int8_t)code[0];
    }
    if (mode == 0) {
        return 0;
    }
    memcpy(&wide, code, sizeof wide);
    return (uint64_t)(int64_t)wide;
}

/* operand: base, index and displacement of the ModRM operand.  False: it is a register, or relative to the code. */
static bool operand(uint64_t *address, const struct instruction *at, const uint64_t *registers)
{
    const uint8_t *code = at->code;
    unsigned mode = *code >> 6;
    unsigned base = *code & 7;

    code++;
    *address = 0;
    if (mode == 3 || (mode == 0 && base == 5)) {
        return false;
    }
    if (base == 4) {
        unsigned index = ((*code >> 3) & 7) | ((at->rex & 2) << 2);

        base = *code & 7;
        if (index != 4) {
            *address += registers[index] << (*code >> 6);
        }
        code++;
        if (mode == 0 && base == 5) {
            *address += displacement(code, 2);
            return true;
        }
    }
    *address += registers[base | ((at->rex & 1) << 3)] + displacement(code, mode);
    return true;
}

bool x86_address(uint64_t *address, const uint8_t *code, const uint64_t registers[16])
{
    const unsigned rsi = 6;
    const unsigned rdi = 7;
    struct instruction at;

    read_opcode(&at, code);
    if (at.map == 0 && is_string(at.opcode)) {
        *address = x86_canonical(registers[rdi]) ? registers[rsi] : registers[rdi];
    } else if (at.map == 0 && at.opcode >= 0xA0 && at.opcode <= 0xA3) { /* the address is in the instruction */
        memcpy(address, at.code, sizeof *address);
    } else if ((at.map == 0 && !has_operand(at.opcode)) || !operand(address, &at, registers)) {
        return false;
    }
    return !x86_canonical(*address);
}
