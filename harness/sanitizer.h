/* SPDX-License-Identifier: MIT */
/* The sanitizers that may be linked into this program; everything here also works without them. */
#ifndef SANITIZER_H
#define SANITIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SANITIZER_EXIT 66 /* the exit code after a finding, if nothing else was arranged */

/* sanitizer_mode: "plain", "asan" or "tsan". */
const char *sanitizer_mode(void);

/* sanitizer_watch: died() is called before a finding ends the process; access is 0 for a read, 1 for a write, 2 if
 * neither is known. */
void sanitizer_watch(void (*died)(uintptr_t address, uintptr_t pc, uint32_t access));

/* sanitizer_unshadow: the address that instrumented code looked up, if this may be where its shadow would lie; else the
 * address itself. */
uintptr_t sanitizer_unshadow(uintptr_t address);

/* sanitizer_poison: whoever touches these bytes is reported, where AddressSanitizer is linked; sanitizer_unpoison: no
 * longer. */
void sanitizer_poison(const void *start, size_t size);
void sanitizer_unpoison(const void *start, size_t size);

/* sanitizer_leaks: true if memory has been lost by now; out gets one line about it.  Takes milliseconds. */
bool sanitizer_leaks(char *out, size_t size);

/* sanitizer_leave: ends the process without running exit handlers, unless they have coverage to write. */
void sanitizer_leave(int code) __attribute__((noreturn));

/* sanitizer_accept_coverage: a program that calls it exports what adapters built for a fuzzer expect of theirs. */
void sanitizer_accept_coverage(void);

#endif
