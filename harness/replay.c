/* SPDX-License-Identifier: MIT */
#include "replay.h"

/* The bits go round: number n has bit n % (64 * words), so the window slides by clearing what it takes in.  A window of
 * 32 has a word of 64: what is outside is told by its distance, never by a bit. */
static uint64_t places(const struct replay_window *window)
{
    return window->size > REPLAY_WORD ? window->size : REPLAY_WORD;
}

static uint64_t *word_of(const struct replay_window *window, uint64_t number)
{
    return &window->seen[number % places(window) / REPLAY_WORD];
}

static uint64_t bit_of(uint64_t number)
{
    return 1ull << number % REPLAY_WORD;
}

bool replay_admits(const struct replay_window *window, uint64_t number)
{
    if (window->size == 0)
        return true;
    if (number > window->top)
        return true;
    if (number == 0 || window->top - number >= window->size)
        return false;
    return (*word_of(window, number) & bit_of(number)) == 0;
}

void replay_accept(struct replay_window *window, uint64_t number)
{
    uint64_t steps = number > window->top ? number - window->top : 0;

    if (window->size == 0 || (steps == 0 && window->top - number >= window->size))
        return;
    if (steps > places(window))
        steps = places(window);
    for (uint64_t i = 0; i < steps; i++)
        *word_of(window, number - i) &= ~bit_of(number - i);
    if (number > window->top)
        window->top = number;
    *word_of(window, number) |= bit_of(number);
}

/* In the words of A2.2: T is the top, W the size, B the bottom of the window, h and l the halves of a number. */
bool replay_number(uint64_t *number, uint64_t top, uint32_t size, uint32_t low)
{
    uint32_t tl = (uint32_t)top;
    uint32_t th = (uint32_t)(top >> 32);
    uint32_t bl = tl - size + 1;
    int64_t half = th;

    if (tl >= size - 1)
        half += low >= bl ? 0 : 1; /* case A: the window lies within one half */
    else
        half -= low >= bl ? 1 : 0; /* case B: it began in the one before */
    *number = (uint64_t)half << 32 | low;
    return half >= 0 && half <= UINT32_MAX;
}
