/* SPDX-License-Identifier: MIT */
/* What fault handlers have in common, whatever operating system calls them: the words of their report. */
#ifndef CRASH_INTERNAL_H
#define CRASH_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process.h"

#define CRASH_FRAMES 64 /* return addresses that are looked at */

/* Where code lies. */
struct crash_place {
    char file[64]; /* the library, without its folder */
    size_t offset; /* in it */
    char symbol[96];
    size_t symbol_offset;
    bool is_bystander; /* code of this program, of the C library, of a sanitizer: it crashes for others */
};

/* crash_place: of the operating system: false: nobody knows. */
bool crash_place(struct crash_place *place, uintptr_t code);

/* crash_say_data: what the faulting address lies in; sp is 0 if it is not known.  crash_say_wild: the same of an
 * address that has no valid form.  crash_say_code: where the code at pc lies; return addresses from the inside out say
 * who called it. */
void crash_say_data(struct process_report *report, uintptr_t address, uintptr_t sp);
void crash_say_wild(struct process_report *report, uintptr_t address);
void crash_say_code(struct process_report *report, uintptr_t pc, void *const *frames, int count);

#endif
