/* SPDX-License-Identifier: MIT */
/* Frames that are received: of those that were sent; and others, which look as if they were for an SA, layer by layer,
 * except that a length lies, or that they end too soon. */
#include "mutator_internal.h"

#include <string.h>

#include "stack.h"

#define FRAME_MAX    400u
#define EDGES_MAX    24u
#define PROTOCOL_ESP 50u
#define PROTOCOL_AH  51u
#define PROTOCOL_UDP 17u
#define ESP_PORT     4500u
#define NOWHERE      0u /* a header that is not there; what begins a frame is none of them */

/* A frame on its way. */
struct frame {
    uint8_t bytes[FRAME_MAX];
    uint32_t len;
    uint32_t edges[EDGES_MAX]; /* where a layer, or a part of one, ends */
    uint32_t edge_count;
    /* where the headers begin, or NOWHERE */
    uint32_t ip;
    uint32_t extension;
    uint32_t udp;
    uint32_t ah;
    uint32_t named_at; /* the byte that says what follows */
    bool is_ipv6;
};

/* ---- Layer by layer ---- */

static void put(struct frame *frame, const void *bytes, uint32_t len)
{
    memcpy(frame->bytes + frame->len, bytes, len);
    frame->len += len;
}

static void put_edge(struct frame *frame)
{
    if (frame->edge_count < EDGES_MAX)
        frame->edges[frame->edge_count++] = frame->len;
}

static void put_number(struct frame *frame, uint32_t value, uint32_t len)
{
    uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};

    put(frame, bytes + 4 - len, len);
}

static void set_be16(struct frame *frame, uint32_t at, uint32_t value)
{
    frame->bytes[at] = (uint8_t)(value >> 8);
    frame->bytes[at + 1] = (uint8_t)value;
}

static void put_noise(struct mutator *mutator, struct frame *frame, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++)
        frame->bytes[frame->len++] = (uint8_t)mutator_random(mutator);
}

/* A header follows of this protocol. */
static void name_next(struct frame *frame, uint32_t protocol)
{
    frame->bytes[frame->named_at] = (uint8_t)protocol;
}

static void put_media(struct mutator *mutator, struct frame *frame)
{
    static const uint8_t stations[12] = {2, 0, 0x5E, 0, 0, 2, 2, 0, 0x5E, 0, 0, 1};

    put(frame, stations, sizeof stations);
    if (mutator_chance(mutator, 4))
        put_number(frame, 0x81000001, 4);
    put_number(frame, frame->is_ipv6 ? 0x86DD : 0x0800, 2);
    put_edge(frame);
    frame->ip = frame->len;
}

static void put_ipv4(struct mutator *mutator, struct frame *frame, const struct mutator_sa *sa)
{
    uint32_t words = mutator_chance(mutator, 85) ? 0 : 1 + mutator_below(mutator, 10);
    uint32_t fragment = mutator_chance(mutator, 95) ? 0 : 0x2000 >> mutator_below(mutator, 14);

    put_number(frame, 0x45000000 + (words << 24), 4);
    put_number(frame, fragment, 4);
    frame->named_at = frame->len + 1;
    put_number(frame, 0x40000000, 4);
    put(frame, sa->src, 4);
    put(frame, sa->dst, 4);
    put_edge(frame);
    for (uint32_t i = 0; i < words; i++)
        put_number(frame, mutator_chance(mutator, 70) ? 0x01010101 : (uint32_t)mutator_random(mutator), 4);
}

static void put_ipv6(struct mutator *mutator, struct frame *frame, const struct mutator_sa *sa)
{
    static const uint8_t kinds[] = {0, 43, 44, 60};
    uint32_t headers = mutator_chance(mutator, 70) ? 0 : 1 + mutator_below(mutator, 8);

    put_number(frame, 0x60000000, 4);
    put_number(frame, 64, 4);
    frame->named_at = frame->ip + 6;
    put(frame, sa->src, 16);
    put(frame, sa->dst, 16);
    for (uint32_t i = 0; i < headers; i++) {
        put_edge(frame);
        frame->extension = frame->len;
        name_next(frame, kinds[mutator_below(mutator, sizeof kinds)]);
        frame->named_at = frame->len;
        put_number(frame, 0x0104, 4); /* which pad it */
        put_number(frame, 0, 4);
    }
}

static void put_udp(struct mutator *mutator, struct frame *frame)
{
    uint32_t other = 1024 + mutator_below(mutator, 4) * 4500;

    name_next(frame, PROTOCOL_UDP);
    frame->udp = frame->len;
    put_number(frame, mutator_chance(mutator, 70) ? ESP_PORT : other, 2);
    put_number(frame, mutator_chance(mutator, 90) ? ESP_PORT : other, 2);
    put_number(frame, 0, 4);
    put_edge(frame);
}

static void put_ah(struct mutator *mutator, struct frame *frame, const struct mutator_sa *sa)
{
    uint32_t unit = frame->is_ipv6 ? 8 : 4;
    uint32_t len = (12 + sa->ah->iv + sa->ah->icv + unit - 1) / unit * unit;

    name_next(frame, PROTOCOL_AH);
    frame->ah = frame->len;
    frame->named_at = frame->len;
    put_number(frame, 0x06000000 + ((len / 4 - 2) << 16), 4);
    put_number(frame, sa->ah_spi, 4);
    put_edge(frame);
    put_number(frame, 1 + mutator_below(mutator, 4), 4);
    put_edge(frame);
    put_noise(mutator, frame, sa->ah->iv);
    put_edge(frame);
    put_noise(mutator, frame, len - 12 - sa->ah->iv);
    put_edge(frame);
}

static void put_esp(struct mutator *mutator, struct frame *frame, const struct mutator_sa *sa)
{
    uint32_t blocks = mutator_below(mutator, 64 / sa->esp->block + 1);

    if (frame->udp == NOWHERE) /* nothing in UDP says what follows */
        name_next(frame, PROTOCOL_ESP);
    put_number(frame, mutator_chance(mutator, 95) ? sa->spi : 0, 4);
    put_edge(frame);
    put_number(frame, 1 + mutator_below(mutator, 4), 4);
    put_edge(frame);
    put_noise(mutator, frame, sa->esp->iv);
    put_edge(frame);
    put_noise(mutator, frame, blocks * sa->esp->block);
    put_edge(frame);
    put_noise(mutator, frame, sa->esp->icv);
    put_edge(frame);
}

static void put_layers(struct mutator *mutator, struct frame *frame, const struct mutator_sa *sa)
{
    memset(frame, 0, sizeof *frame);
    frame->is_ipv6 = sa->is_ipv6;
    put_media(mutator, frame);
    if (frame->is_ipv6)
        put_ipv6(mutator, frame, sa);
    else
        put_ipv4(mutator, frame, sa);
    put_edge(frame);
    if (sa->udp != 0 ? mutator_chance(mutator, 95) : mutator_chance(mutator, 10))
        put_udp(mutator, frame);
    if (sa->ah && frame->udp == NOWHERE)
        put_ah(mutator, frame, sa);
    if (sa->esp)
        put_esp(mutator, frame, sa);
    else
        put_noise(mutator, frame, mutator_below(mutator, 40));
}

/* ---- Lengths ---- */

static uint32_t ip_header_len(const struct frame *frame)
{
    return frame->is_ipv6 ? 40 : (frame->bytes[frame->ip] & 15u) * 4;
}

/* The lengths of the layers, as long as the frame is now. */
static void tell_lengths(struct mutator *mutator, struct frame *frame)
{
    uint32_t len = frame->len - frame->ip;

    if (frame->len < frame->ip + 20 + (frame->is_ipv6 ? 20 : 0))
        return;
    set_be16(frame, frame->ip + (frame->is_ipv6 ? 4 : 2), frame->is_ipv6 ? len - 40 : len);
    if (frame->udp != NOWHERE && frame->len >= frame->udp + 8)
        set_be16(frame, frame->udp + 4, frame->len - frame->udp);
    /* AH that ends where the frame does: as long as it says, too short for its ICV */
    if (frame->ah != NOWHERE && frame->len >= frame->ah + 12 && mutator_chance(mutator, 50) &&
        frame->bytes[frame->ah + 1] > (frame->len - frame->ah) / 4 - 2)
        frame->bytes[frame->ah + 1] = (uint8_t)((frame->len - frame->ah) / 4 - 2);
}

/* At the end of a layer, or a byte around it, or anywhere. */
static void cut(struct mutator *mutator, struct frame *frame)
{
    uint32_t edge = frame->edges[mutator_below(mutator, frame->edge_count)];
    uint32_t len = mutator_chance(mutator, 60)   ? edge
                   : mutator_chance(mutator, 75) ? edge + 1 - 2 * mutator_below(mutator, 2)
                                                 : mutator_below(mutator, frame->len);

    frame->len = len < frame->len ? len : frame->len;
}

/* A length that is not the true one: near it, of one byte, or far beyond. */
static uint32_t untrue(struct mutator *mutator, uint32_t truth, uint32_t mask)
{
    static const uint32_t steps[] = {1, 2, 4, 8, 16, 20, 64};
    static const uint32_t bounds[] = {0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFF0, 0xFFFF};
    uint32_t step = steps[mutator_below(mutator, sizeof steps / sizeof steps[0])];
    uint32_t dice = mutator_below(mutator, 100);

    if (dice < 60)
        return truth + (dice < 30 ? step : 0u - step);
    return (dice < 80 ? mutator_below(mutator, 10) : bounds[mutator_below(mutator, sizeof bounds / sizeof bounds[0])]) &
           mask;
}

/* One length of those that are there. */
static void lie(struct mutator *mutator, struct frame *frame)
{
    const struct {
        uint32_t at;
        uint32_t size;
    } members[] = {
        {frame->ip + (frame->is_ipv6 ? 4 : 2), 2},
        {frame->udp == NOWHERE ? NOWHERE : frame->udp + 4, 2},
        {frame->ah == NOWHERE ? NOWHERE : frame->ah + 1, 1},
        {frame->extension == NOWHERE ? NOWHERE : frame->extension + 1, 1},
    };
    uint32_t which = mutator_below(mutator, 5);
    uint32_t at = which < 4 ? members[which].at : NOWHERE;
    const uint8_t *is = frame->bytes + at;

    if (at == NOWHERE) {
        frame->bytes[frame->ip] = (uint8_t)((frame->bytes[frame->ip] & 0xF0u) + mutator_below(mutator, 16)); /* IHL */
    } else if (members[which].size == 1) {
        frame->bytes[at] = (uint8_t)untrue(mutator, is[0], 0xFF);
    } else {
        set_be16(frame, at, untrue(mutator, (uint32_t)is[0] << 8 | is[1], 0xFFFF));
    }
}

/* The checksum of the IPv4 header, so that it is for its other faults that a frame is looked at. */
static void sum_up(struct frame *frame)
{
    uint32_t len = ip_header_len(frame);

    if (frame->is_ipv6 || len < 20 || frame->ip + len > FRAME_MAX)
        return;
    set_be16(frame, frame->ip + 10, 0);
    set_be16(frame, frame->ip + 10, stack_ip_checksum(frame->bytes + frame->ip, len));
}

/* ---- Frames ---- */

/* One that nobody can have heard of. */
static const struct mutator_sa *unknown_sa(struct mutator_sa *sa)
{
    static const uint8_t src[4] = {192, 0, 2, 2};
    static const uint8_t dst[4] = {192, 0, 2, 1};

    memset(sa, 0, sizeof *sa);
    sa->esp = suite_esp(0);
    sa->spi = 0x1001;
    memcpy(sa->src, src, sizeof src);
    memcpy(sa->dst, dst, sizeof dst);
    return sa;
}

static const char *print_frame(struct mutator *mutator, uint32_t *len, const struct frame *frame)
{
    static const char digits[] = "0123456789abcdef";
    char text[2 * FRAME_MAX + 1];
    char *end = text;

    if (frame->len == 0)
        return mutator_print(mutator, len, "-");
    for (uint32_t i = 0; i < frame->len; i++) {
        *end++ = digits[frame->bytes[i] >> 4];
        *end++ = digits[frame->bytes[i] & 15u];
    }
    *end = '\0';
    return mutator_print(mutator, len, "%s", text);
}

/* A frame as if for an SA of this device.  Its ICV is not valid. */
static const char *make_frame(struct mutator *mutator, uint32_t *len)
{
    const struct mutator_sa *sa = mutator_choose_sa(mutator, mutator->device, MUTATOR_INBOUND);
    struct mutator_sa unknown;
    struct frame frame;
    uint32_t dice = mutator_below(mutator, 100);

    put_layers(mutator, &frame, sa ? sa : unknown_sa(&unknown));
    if (dice < 15)
        tell_lengths(mutator, &frame); /* and then it ends too soon */
    if (dice < 70)
        cut(mutator, &frame);
    if (dice >= 15)
        tell_lengths(mutator, &frame);
    if (dice >= 50)
        lie(mutator, &frame);
    if (mutator_chance(mutator, 90))
        sum_up(&frame);
    return print_frame(mutator, len, &frame);
}

const char *mutator_frame(struct mutator *mutator, uint32_t *len)
{
    uint32_t frames = mutator->past.frame_count;

    if (frames > 0 && mutator_chance(mutator, 60))
        return mutator_print(mutator, len, "$%u",
                             mutator_chance(mutator, 50) ? frames : 1 + mutator_below(mutator, frames));
    if (mutator_chance(mutator, 95))
        return make_frame(mutator, len);
    return mutator_print(mutator, len, "%u?%u", mutator_below(mutator, 120), mutator_below(mutator, 9));
}
