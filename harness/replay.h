/* SPDX-License-Identifier: MIT */
/*
 * Replays, as the stack sees them: the window of RFC 4303 3.4.3 and RFC 4302 3.4.3, and the half of an extended number
 * that is not on the wire (RFC 4303 appendix A2).  No NIC checks replays (RX-023); the model asks this which half a
 * device may infer, and whether a frame is one that the stack would refuse.
 *
 *      1 ...          | top - size + 1  ...  top |  top + 1 ...
 *      ---------------+--------------------------+-------------
 *      never again    |  each of them once       |  always; the window follows
 */
#ifndef REPLAY_H
#define REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#define REPLAY_LEAST 32u         /* the smallest window that a receiver may have (RFC 4303 3.4.3) */
#define REPLAY_USUAL 64u         /* the one that it should have */
#define REPLAY_MOST  0x80000000u /* half of the lower numbers: no sound one is larger */
#define REPLAY_WORD  64u         /* numbers in a word of `seen` */

/* The window of one SA.  seen belongs to the caller: size / REPLAY_WORD words, one at least, cleared at first. */
struct replay_window {
    uint64_t top; /* the highest number accepted so far; 0: none */
    uint64_t *seen;
    uint32_t size; /* numbers in it; 0: the SA has no integrity, so nothing is a replay (RFC 4303 3.4.3) */
};

/* replay_admits: whether a number may still come: it is not 0, and new, or in the window for the first time.  Changes
 * nothing: the window moves only after a good ICV. */
bool replay_admits(const struct replay_window *window, uint64_t number);

/* replay_accept: a packet with this number was authentic.  What is left of the window is forgotten. */
void replay_accept(struct replay_window *window, uint64_t number);

/* replay_number: the whole number of which low is the lower half, for a receiver that has accepted top, with a window
 * of so many numbers (RFC 4303 A2.2).  False: it would lie below 0 or beyond 2^64, where no sender's numbers are. */
bool replay_number(uint64_t *number, uint64_t top, uint32_t size, uint32_t low);

#endif
