/* SPDX-License-Identifier: MIT */
/* Packets in tunnels: what is inside is what the same packet is by itself, and slot 12 names what the outside lacks. */
#define TEST_FILE "stack_tunnel_test.c"
#include "stack_test.inc"

#define DATA_LEN 29u

static uint8_t alone[STACK_FRAME_MAX];

/* The packet inside: a transport SA's, or a plain one. */
static uint32_t build_alone(struct stack_layout *layout, const struct setup *inner)
{
    uint64_t slot;
    uint32_t len = build(layout, &slot, __LINE__, inner);

    memcpy(alone, frame, len);
    return len - layout->media.len;
}

static void check_slot(const char *name, uint64_t slot, const struct stack_layout *outer,
                       const struct stack_layout *inner)
{
    uint32_t ip = outer->ip.at;
    const struct stack_layout *esp = outer->esp.len > 0 ? outer : inner;
    const struct stack_layout *ah = outer->ah.len > 0 ? outer : inner;
    uint32_t pad = esp->trailer.len > 0 ? esp->trailer.len - 2 : 0;

    expect_for(__LINE__, "slot: ESP offset", name, ov2_header_esp_offset(slot),
               esp->esp.len > 0 ? esp->esp.at - ip : 0);
    expect_for(__LINE__, "slot: AH offset", name, ov2_header_ah_offset(slot), ah->ah.len > 0 ? ah->ah.at - ip : 0);
    expect_for(__LINE__, "slot: pad length", name, ov2_header_pad_length(slot), pad);
}

static void check_tunnel(struct setup *outer, struct setup *inner)
{
    const struct bundle *bundle = inner->packet.bundle;
    const struct suite *suite = outer->bundle.layers[0].suite;
    const char *name = suite ? suite->name : "no suite";
    struct stack_layout want;
    struct stack_layout layout;
    struct stack_layout parsed;
    struct stack_layout inside;
    uint64_t slot;
    uint32_t len;
    uint32_t inner_len;
    uint32_t next_header;

    inner->packet.data_len = DATA_LEN;
    inner_len = build_alone(&want, inner);
    outer->packet.inner = &inner->packet;
    len = build(&layout, &slot, __LINE__, outer);
    stack_parse(&parsed, frame, len, &outer->bundle, &outer->profile);
    expect_same(name, &parsed, &layout);
    expect_for(__LINE__, "payload length", name, layout.payload.len, inner_len);
    expect_for(__LINE__, "packet inside", name,
               (uint64_t)memcmp(frame + layout.payload.at, alone + want.ip.at, inner_len) == 0, 1);
    next_header = frame[layout.esp.len > 0 ? layout.trailer.at + layout.trailer.len - 1 : layout.ah.at];
    expect_for(__LINE__, "next header", name, next_header, inner->packet.ipv6 ? 41 : 4);
    expect_for(__LINE__, "a tunnel", name, stack_is_tunnel(next_header), 1);
    stack_parse_inner(&inside, frame, layout.payload, next_header, bundle);
    expect_for(__LINE__, "parsed", name, inside.parsed, 1);
    expect_for(__LINE__, "IP inside", name, inside.ip.at, layout.payload.at);
    expect_for(__LINE__, "SPI inside", name, inside.spi, want.spi);
    expect_for(__LINE__, "data inside", name, inside.payload.len, DATA_LEN);
    check_slot(name, slot, &layout, &inside);
}

static void test_suites(void)
{
    struct setup outer;
    struct setup inner;

    for (uint32_t i = 0; suite_esp(i); i++) {
        for (uint32_t families = 0; families < 4; families++) {
            init(&outer, suite_esp(i), NULL, families & 1);
            init(&inner, i % 2 ? suite_esp(0) : NULL, i % 3 ? suite_ah(1) : NULL, families & 2);
            check_tunnel(&outer, &inner);
            init(&outer, NULL, suite_ah(i % 4), families & 1);
            check_tunnel(&outer, &inner);
            init(&outer, suite_esp(i), suite_ah(i % 4), families & 1);
            check_tunnel(&outer, &inner);
        }
    }
}

/* The room of the outermost ICV of ESP is left off, and counted in every IP length around it. */
static void test_appended(void)
{
    struct setup outer;
    struct setup inner;
    struct stack_layout layout;
    uint64_t slot;
    uint32_t len;

    init(&outer, NULL, suite_ah(1), false);
    init(&inner, suite_esp(0), NULL, false);
    inner.packet.data_len = DATA_LEN;
    outer.packet.inner = &inner.packet;
    outer.profile.icv_appended = true;
    len = build(&layout, &slot, __LINE__, &outer);
    expect("outer length", be16(frame + layout.ip.at + 2), len - 14 + suite_esp(0)->icv);
    expect("inner length", be16(frame + layout.payload.at + 2), len - layout.payload.at + suite_esp(0)->icv);
    init(&outer, suite_esp(0), NULL, false);
    outer.packet.inner = &inner.packet;
    outer.profile.icv_appended = true;
    len = build(&layout, &slot, __LINE__, &outer);
    expect("room inside", frame[layout.payload.at + layout.payload.len - 1], STACK_ICV_MARK);
    expect("room outside", len, layout.trailer.at + layout.trailer.len);
}

static void test_odd(void)
{
    static const uint8_t short_ip[] = {0x45, 0, 0, 40};
    struct stack_span where = {0, sizeof short_ip};
    struct stack_layout layout;
    struct setup outer;
    struct setup inner;

    stack_parse_inner(&layout, short_ip, where, 4, NULL);
    expect("a piece of an IP header", layout.parsed, 0);
    stack_parse_inner(&layout, short_ip, where, 17, NULL);
    expect("what is no IP packet", layout.parsed, 0);
    expect("UDP", stack_is_tunnel(17), 0);
    init(&outer, suite_esp(0), NULL, false);
    init(&inner, suite_esp(0), NULL, false);
    inner.packet.data_len = 65535;
    outer.packet.inner = &inner.packet;
    expect("an inner packet that is too long", builds(&outer, sizeof frame), 0);
}

int main(void)
{
    fill_data();
    test_suites();
    test_appended();
    test_odd();
    return failures > 0;
}
