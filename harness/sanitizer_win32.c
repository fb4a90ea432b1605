/* SPDX-License-Identifier: MIT */
/* On Windows no sanitizer is linked into a worker. */
#include "sanitizer.h"

#include <windows.h>

const char *sanitizer_mode(void)
{
    return "win64";
}

void sanitizer_watch(void (*died)(uintptr_t address, uintptr_t pc, uint32_t access))
{
    (void)died;
}

uintptr_t sanitizer_unshadow(uintptr_t address)
{
    return address;
}

void sanitizer_poison(const void *start, size_t size)
{
    (void)start;
    (void)size;
}

void sanitizer_unpoison(const void *start, size_t size)
{
    (void)start;
    (void)size;
}

bool sanitizer_leaks(char *out, size_t size)
{
    (void)out;
    (void)size;
    return false;
}

/* sanitizer_leave: no library is told: a driver's thread may hold a lock that its exit would wait for. */
void sanitizer_leave(int code)
{
    for (;;) {
        (void)TerminateProcess(GetCurrentProcess(), (UINT)code);
    }
}

void sanitizer_accept_coverage(void)
{
}
