/* SPDX-License-Identifier: MIT */
/*
 * What an adapter built for a fuzzer (-fsanitize=fuzzer-no-link, afl-clang-fast) expects its program to export.  Here
 * they do nothing: a worker runs such an adapter, it does not steer by its coverage.  Weak, so that a fuzzer's own win.
 */
#include "sanitizer.h"

#define HOOK __attribute__((weak, visibility("default")))

void __sanitizer_cov_8bit_counters_init(char *start, char *stop);
void __sanitizer_cov_bool_flag_init(char *start, char *stop);
void __sanitizer_cov_pcs_init(const uintptr_t *start, const uintptr_t *stop);
void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc_guard(uint32_t *guard);
void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop);
void __sanitizer_cov_trace_pc_indir(uintptr_t callee);
void __sanitizer_cov_trace_cmp1(uint8_t a, uint8_t b);
void __sanitizer_cov_trace_cmp2(uint16_t a, uint16_t b);
void __sanitizer_cov_trace_cmp4(uint32_t a, uint32_t b);
void __sanitizer_cov_trace_cmp8(uint64_t a, uint64_t b);
void __sanitizer_cov_trace_const_cmp1(uint8_t a, uint8_t b);
void __sanitizer_cov_trace_const_cmp2(uint16_t a, uint16_t b);
void __sanitizer_cov_trace_const_cmp4(uint32_t a, uint32_t b);
void __sanitizer_cov_trace_const_cmp8(uint64_t a, uint64_t b);
void __sanitizer_cov_trace_div4(uint32_t value);
void __sanitizer_cov_trace_div8(uint64_t value);
void __sanitizer_cov_trace_gep(uintptr_t index);
void __sanitizer_cov_trace_switch(uint64_t value, uint64_t *cases);
extern _Thread_local uintptr_t __sancov_lowest_stack;

HOOK _Thread_local uintptr_t __sancov_lowest_stack = UINTPTR_MAX;

/* Where afl-clang-fast's code counts; nobody gives its guards another place than the first. */
static uint8_t nowhere[16];
extern uint8_t *__afl_area_ptr;
HOOK uint8_t *__afl_area_ptr = nowhere;

HOOK void __sanitizer_cov_8bit_counters_init(char *start, char *stop)
{
    (void)start;
    (void)stop;
}

HOOK void __sanitizer_cov_bool_flag_init(char *start, char *stop)
{
    (void)start;
    (void)stop;
}

HOOK void __sanitizer_cov_pcs_init(const uintptr_t *start, const uintptr_t *stop)
{
    (void)start;
    (void)stop;
}

HOOK void __sanitizer_cov_trace_pc(void)
{
}

HOOK void __sanitizer_cov_trace_pc_guard(uint32_t *guard)
{
    (void)guard;
}

HOOK void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop)
{
    (void)start;
    (void)stop;
}

HOOK void __sanitizer_cov_trace_pc_indir(uintptr_t callee)
{
    (void)callee;
}

HOOK void __sanitizer_cov_trace_cmp1(uint8_t a, uint8_t b)
{
    (void)a;
    (void)b;
}

HOOK void __sanitizer_cov_trace_cmp2(uint16_t a, uint16_t b)
{
    (void)a;
    (void)b;
}

HOOK void __sanitizer_cov_trace_cmp4(uint32_t a, uint32_t b)
{
    (void)a;
    (void)b;
}

HOOK void __sanitizer_cov_trace_cmp8(uint64_t a, uint64_t b)
{
    (void)a;
    (void)b;
}

HOOK void __sanitizer_cov_trace_const_cmp1(uint8_t a, uint8_t b)
{
    (void)a;
    (void)b;
}

HOOK void __sanitizer_cov_trace_const_cmp2(uint16_t a, uint16_t b)
{
    (void)a;
    (void)b;
}

HOOK void __sanitizer_cov_trace_const_cmp4(uint32_t a, uint32_t b)
{
    (void)a;
    (void)b;
}

HOOK void __sanitizer_cov_trace_const_cmp8(uint64_t a, uint64_t b)
{
    (void)a;
    (void)b;
}

HOOK void __sanitizer_cov_trace_div4(uint32_t value)
{
    (void)value;
}

HOOK void __sanitizer_cov_trace_div8(uint64_t value)
{
    (void)value;
}

HOOK void __sanitizer_cov_trace_gep(uintptr_t index)
{
    (void)index;
}

HOOK void __sanitizer_cov_trace_switch(uint64_t value, uint64_t *cases)
{
    (void)value;
    (void)cases;
}

/* sanitizer_accept_coverage: nothing to do; whoever refers to it gets the rest of this file linked. */
void sanitizer_accept_coverage(void)
{
}
