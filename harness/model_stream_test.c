/* SPDX-License-Identifier: MIT */
/* Which upper half a device may infer (ESN_RX=infer, RFC 4303 A2), and which frames the stack would refuse. */
#include <stdio.h>
#include <string.h>

#include "model_internal.h"

static int failures;

static void expect(int at, const char *what, uint64_t got, uint64_t want)
{
    if (got == want)
        return;
    printf("model_stream_test.c:%d: %s: got %llu want %llu\n", at, what, (unsigned long long)got,
           (unsigned long long)want);
    failures++;
}

/* ---- Halves ---- */

struct row {
    int at;
    bool has_heard;
    uint32_t mine;
    uint32_t highest;
    uint32_t low;
    uint32_t sent;
    enum half_verdict want;
};
#define ROW(...)                                                                                                       \
    {                                                                                                                  \
        __LINE__, __VA_ARGS__                                                                                          \
    }

static const struct row rows[] = {
    /* P-ESN-006: right of what was heard, and in the smallest window to its left, the half is certain */
    ROW(true, 5, 1000, 1000, 5, HALF_RIGHT),
    ROW(true, 5, 1000, 1001, 5, HALF_RIGHT),
    ROW(true, 5, 1000, 0x80000000, 5, HALF_RIGHT),
    ROW(true, 5, 1000, 969, 5, HALF_RIGHT),
    ROW(true, 5, 1000, 1001, 4, HALF_WRONG),
    ROW(true, 5, 1000, 969, 4, HALF_WRONG),
    /* further to the left it depends on the size of the window */
    ROW(true, 5, 1000, 968, 5, HALF_OPEN),
    ROW(true, 5, 1000, 0, 5, HALF_OPEN),
    ROW(true, 5, 1000, 0xFFFFFFFF, 5, HALF_OPEN),
    /* P-ESN-008: a late packet of the half before; 3.4.3 takes no notice of the window */
    ROW(true, 5, 3, 0xFFFFFFFF, 4, HALF_RIGHT),
    ROW(true, 5, 3, 0xFFFFFFFF, 5, HALF_WRONG),
    ROW(true, 5, 3, 0xFFFFFFE4, 4, HALF_RIGHT),
    ROW(true, 5, 3, 0xFFFFFFE3, 4, HALF_OPEN),
    ROW(true, 5, 3, 0x80000005, 4, HALF_OPEN),
    ROW(true, 5, 3, 0x80000003, 5, HALF_RIGHT),
    ROW(true, 5, 3, 2, 5, HALF_RIGHT),
    ROW(true, 5, 3, 2, 4, HALF_WRONG),
    /* P-ESN-010: the next half may be tried when the right one fails; others may not */
    ROW(true, 5, 1000, 1001, 6, HALF_OPEN),
    ROW(true, 5, 0xFFFFFFFF, 0, 6, HALF_OPEN),
    ROW(true, 5, 1000, 1001, 7, HALF_WRONG),
    ROW(true, 5, 1000, 1001, 3, HALF_WRONG),
    /* nothing was heard: the half that the stack gave */
    ROW(false, 5, 0, 1, 5, HALF_RIGHT),
    ROW(false, 5, 0, 0x7FFFFFFF, 5, HALF_RIGHT),
    ROW(false, 5, 0, 0xFFFFFFFF, 5, HALF_OPEN),
    ROW(false, 5, 0, 1, 4, HALF_OPEN),
    ROW(false, 5, 0, 1, 6, HALF_OPEN),
    ROW(false, 5, 0, 1, 7, HALF_WRONG),
    /* P-ESN-009: the half before 0 */
    ROW(false, 0, 0, 0xFFFFFFFF, 0, HALF_OPEN),
    ROW(false, 0, 0, 1, 0, HALF_RIGHT),
    ROW(true, 0, 3, 0xFFFFFFFF, 0, HALF_OPEN),
    ROW(true, 0, 3, 0xFFFFFFFF, 0xFFFFFFFF, HALF_OPEN),
};

static void test_halves(void)
{
    for (uint32_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct model_sa sa = {.has_heard = row->has_heard, .highest = row->highest};
        expect(row->at, "half", model_stream_half(&sa, row->low, row->sent, row->mine), row->want);
    }
}

/* ---- What was heard ---- */

static struct model_frame frame_of(uint32_t half, bool esn)
{
    struct model_frame frame = {.bundle = {.layer_count = 1}};

    frame.bundle.layers[0] = (struct bundle_layer){.hi = half, .esn = esn, .icv = 16};
    return frame;
}

static void hear(struct model_sa *sa, uint32_t half, uint32_t low)
{
    struct model_frame frame = frame_of(half, true);

    model_stream_hear(sa, &frame, low);
}

static void expect_heard(int at, const struct model_sa *sa, uint32_t half, uint32_t low)
{
    expect(at, "half", sa->hi[0], half);
    expect(at, "half of AH", sa->hi[1], half);
    expect(at, "number", sa->highest, low);
}

static void test_heard(void)
{
    struct model_sa sa = {.hi = {5, 5}};

    hear(&sa, 5, 100);
    expect_heard(__LINE__, &sa, 5, 100);
    hear(&sa, 5, 99);
    hear(&sa, 4, 0xFFFFFFFF);
    expect_heard(__LINE__, &sa, 5, 100);
    hear(&sa, 6, 0);
    expect_heard(__LINE__, &sa, 6, 0);
}

/* ---- Replays ---- */

static bool repeats(struct model_sa *sa, const struct model_frame *frame, uint32_t low)
{
    bool before = model_stream_repeats(sa, frame, low);

    model_stream_accept(sa, frame, low);
    return before;
}

/* P-REP-001, P-REP-003: the numbers of the outermost header, with their halves where there are halves. */
static void test_replays(void)
{
    struct model_frame plain = frame_of(9, false);
    struct model_frame pair = frame_of(9, true);
    struct model_frame open = frame_of(0, false);
    struct model_sa sa = {0};

    expect(__LINE__, "the first", repeats(&sa, &plain, 0), false);
    expect(__LINE__, "the first", repeats(&sa, &plain, 1000), false);
    expect(__LINE__, "again", repeats(&sa, &plain, 1000), true);
    expect(__LINE__, "the left edge", repeats(&sa, &plain, 937), false);
    expect(__LINE__, "left of it", repeats(&sa, &plain, 936), true);
    expect(__LINE__, "top", sa.top, 1000);
    pair.bundle.layer_count = 2;
    pair.bundle.layers[1] = (struct bundle_layer){.hi = 3, .esn = true, .icv = 12};
    expect(__LINE__, "the next half", repeats(&sa, &pair, 5), false);
    expect(__LINE__, "top", sa.top, 3ull << 32 | 5);
    sa = (struct model_sa){0};
    open.bundle.layers[0].icv = 0;
    expect(__LINE__, "without integrity", repeats(&sa, &open, 7), false);
    expect(__LINE__, "without integrity", repeats(&sa, &open, 7), false);
}

int main(void)
{
    test_halves();
    test_heard();
    test_replays();
    return failures > 0;
}
