/* SPDX-License-Identifier: MIT */
/* The upper half that a receiver infers: the edges of RFC 4303 appendix A2 with a window of 64. */
#include "esn.h"
#include "testing.h"

struct row {
    uint32_t high, low; /* highest number that verified */
    uint32_t packet;    /* lower half that arrives */
    uint32_t want;      /* its upper half */
};

static const struct row ROWS[] = {
    {0x5, 0x00001000, 0x00000fc0, 6}, /* one left of window -> next subspace */
    {0x5, 0x00001000, 0x00000fc1, 5}, /* left edge */
    {0x5, 0x00001000, 0x00000fff, 5}, /* inside */
    {0x5, 0x00001000, 0x00001000, 5}, /* T itself */
    {0x5, 0x00001000, 0x00001001, 5}, /* next */
    {0x5, 0x00001000, 0x00002000, 5}, /* inside */
    {0x5, 0x00000010, 0xffffffd1, 4}, /* left edge, previous subspace */
    {0x5, 0x00000010, 0xffffffd0, 5}, /* one left of the window: goes to the current subspace, far ahead */
    {0x5, 0x00000010, 0xffffffff, 4}, /* previous subspace */
    {0x5, 0x00000010, 0x00000000, 5}, /* first of subspace */
    {0x5, 0x00000010, 0x00000010, 5}, /* T */
    {0x5, 0x00000010, 0x00000011, 5}, /* next */
    {0x4, 0xffffffff, 0xffffffff, 4}, /* T */
    {0x4, 0xffffffff, 0x00000000, 5}, /* roll over: high part +1 */
    {0x4, 0xffffffff, 0x00000001, 5}, /* inside */
    {0x4, 0xffffffff, 0xffffffc0, 4}, /* left edge */
    {0x4, 0xffffffff, 0xffffffbf, 5}, /* left of window -> high part +1 */
    {0x5, 0x0000003f, 0x00000000, 5}, /* Case A boundary Tl == W-1, Bl == 0 */
    {0x5, 0x0000003f, 0xffffffff, 5}, /* Case A boundary: stays in the same subspace, 2^32-64 ahead */
    {0x5, 0x0000003e, 0xffffffff, 4}, /* Case B with one value in the previous subspace */
    {0x0, 0x00000000, 0x00000001, 0}, /* fresh SA */
};

int main(void)
{
    struct sa_operation operation;

    memset(&operation, 0, sizeof(operation));
    CHECK(esn_high(&operation, 5, true) == 0);
    operation.esn = true;
    operation.high = 7;
    /* What the stack said counts until a packet has verified. */
    CHECK(esn_high(&operation, 0xFFFFFFFFu, true) == 7 && esn_high(&operation, 5, false) == 7);
    operation.heard = true;
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        operation.high = ROWS[i].high;
        operation.low = ROWS[i].low;
        CHECK(esn_high(&operation, ROWS[i].packet, true) == ROWS[i].want);
        CHECK(esn_high(&operation, ROWS[i].packet, false) == ROWS[i].high);
    }
    operation.high = 5;
    operation.low = 9;
    esn_heard(&operation, 4, 0xFFFFFFFFu, true);
    CHECK(operation.high == 5 && operation.low == 9);
    esn_heard(&operation, 6, 1, false);
    CHECK(operation.high == 5);
    esn_heard(&operation, 6, 1, true);
    CHECK(operation.high == 6 && operation.low == 1);
    return testing_failures != 0;
}
