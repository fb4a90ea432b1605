/* SPDX-License-Identifier: MIT */
#include "fault.h"

#include <string.h>

#ifdef OV2_NO_FAULTS

uint32_t fault_find(const char *name, uint32_t len)
{
    (void)name;
    (void)len;
    return FAULT_NONE;
}

#else

FAULT_THREAD uint32_t fault_selected FAULT_TLS;

static const char *const NAMES[FAULT_COUNT] = {
    "",
#define FAULT(id, requirements, text)      #id,
#define FAULT_ASAN(id, requirements, text) #id,
#include "faults.def"
#undef FAULT
#undef FAULT_ASAN
};

uint32_t fault_find(const char *name, uint32_t len)
{
    for (uint32_t i = 1; i < FAULT_COUNT; i++)
        if (strlen(NAMES[i]) == len && memcmp(NAMES[i], name, len) == 0)
            return i;
    return FAULT_NONE;
}

#endif
