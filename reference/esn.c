/* SPDX-License-Identifier: MIT */
#include "esn.h"

#include "fault.h"
#include "wrong_data.h"

#define WINDOW 64u

static uint64_t highest(const struct sa_operation *operation)
{
    return (uint64_t)operation->high << 32 | operation->low;
}

/* RFC 4303 appendix A2.2 in closed form: the one number with this lower half in the 2^32 that begin at the bottom of
 * the window. */
uint32_t esn_high(const struct sa_operation *operation, uint32_t low, bool infer)
{
    if (!operation->esn)
        return 0;
    if (FAULTY(false, GUESSES_AT_WRAP, low < WINDOW && wrong_turn()))
        return operation->high + 1;
    if (!infer || !operation->heard)
        return FAULTY(operation->high, HALF_IS_SIGNED, operation->high > INT32_MAX ? 0 : operation->high);
    uint64_t bottom = highest(operation) - (WINDOW - 1);
    uint32_t distance = low - (uint32_t)bottom;
    return (uint32_t)((bottom + distance) >> 32);
}

void esn_heard(struct sa_operation *operation, uint32_t high, uint32_t low, bool infer)
{
    uint64_t number = (uint64_t)high << 32 | low;

    if (!operation->esn || !infer || (operation->heard && number <= highest(operation)))
        return;
    operation->high = high;
    operation->low = low;
    operation->heard = true;
}
