/* SPDX-License-Identifier: MIT */
/* The numbers of what an SA receives: what the stack would refuse as a replay, and with ESN_RX=infer the upper half
 * that a device finds by itself. */
#include "model_internal.h"

#include "replay.h"

static uint64_t join(uint32_t half, uint32_t low)
{
    return (uint64_t)half << 32 | low;
}

/* The window of RFC 4303 A2 has the size that the device chose: a half is certain if the smallest and the largest one
 * have it in common.  Until a packet was heard no window is there, only the half that the stack gave. */
enum half_verdict model_stream_half(const struct model_sa *sa, uint32_t low, uint32_t sent, uint32_t mine)
{
    uint64_t top = join(mine, sa->has_heard ? sa->highest : 0);
    uint64_t narrow;
    uint64_t wide;
    bool is_certain =
        replay_number(&narrow, top, REPLAY_LEAST, low) && replay_number(&wide, top, REPLAY_MOST, low) && narrow == wide;

    if (sent - mine + 1u > 2)
        return HALF_WRONG;
    /* The next half may be tried when the right one fails (RFC 4303 A3). */
    if (!is_certain || sent == mine + 1)
        return HALF_OPEN;
    if (narrow == join(sent, low))
        return HALF_RIGHT;
    return sa->has_heard ? HALF_WRONG : HALF_OPEN;
}

static struct replay_window window_of(struct model_sa *sa, const struct bundle_layer *outermost)
{
    return (struct replay_window){sa->top, &sa->seen, outermost->icv > 0 ? REPLAY_USUAL : 0};
}

static const struct bundle_layer *outermost(const struct bundle *bundle)
{
    return &bundle->layers[bundle->layer_count > 1 ? 1 : 0];
}

static uint64_t number_of(const struct model_frame *frame, uint32_t low)
{
    const struct bundle_layer *layer = outermost(&frame->bundle);

    return join(layer->esn ? layer->hi : 0, low);
}

bool model_stream_repeats(struct model_sa *sa, const struct model_frame *frame, uint32_t low)
{
    struct replay_window window = window_of(sa, outermost(&frame->bundle));

    return sa->top > 0 && !replay_admits(&window, number_of(frame, low));
}

void model_stream_accept(struct model_sa *sa, const struct model_frame *frame, uint32_t low)
{
    struct replay_window window = window_of(sa, outermost(&frame->bundle));

    replay_accept(&window, number_of(frame, low));
    sa->top = window.top;
}

void model_stream_hear(struct model_sa *sa, const struct model_frame *frame, uint32_t low)
{
    uint32_t half = frame->bundle.layers[0].hi;

    if (sa->has_heard && join(half, low) <= join(sa->hi[0], sa->highest))
        return;
    sa->has_heard = true;
    sa->highest = low;
    sa->hi[0] = half;
    sa->hi[1] = half;
}
