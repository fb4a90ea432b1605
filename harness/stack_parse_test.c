/* SPDX-License-Identifier: MIT */
/* The parser: frames that were changed on their way, cut, or are noise. */
#define TEST_FILE "stack_parse_test.c"
#include "stack_test.inc"

#define ROUNDS 100000u

static void put_ip_len(uint32_t ip_at, uint32_t len)
{
    frame[ip_at + 2] = (uint8_t)(len >> 8);
    frame[ip_at + 3] = (uint8_t)len;
}

/* What an encrypted pad length says is noise: then the trailer is its two last bytes. */
static void test_ciphertext(void)
{
    struct setup setup;
    struct stack_layout layout;
    uint64_t slot;
    uint32_t len;

    init(&setup, suite_esp(0), NULL, false);
    setup.packet.data_len = 64;
    len = build(&layout, &slot, __LINE__, &setup);
    for (uint32_t value = 1; value < 256; value++) {
        frame[layout.icv.at - 2] = (uint8_t)value;
        stack_parse(&layout, frame, len, &setup.bundle, &setup.profile);
        expect("trailer", layout.trailer.len, 2 + (value == 2 ? 2 : 0));
    }
    init(&setup, suite_esp(4), NULL, false); /* null encryption: any padding */
    setup.packet.data_len = 62;
    len = build(&layout, &slot, __LINE__, &setup);
    frame[layout.icv.at - 2] = 40;
    stack_parse(&layout, frame, len, &setup.bundle, &setup.profile);
    expect("trailer", layout.trailer.len, 42);
    expect("payload", layout.payload.len, 62 + 2 - 42);
}

static void test_fragments(void)
{
    struct setup setup;
    struct stack_layout layout;
    uint64_t slot;
    uint32_t len;

    init(&setup, suite_esp(0), NULL, false);
    len = build(&layout, &slot, __LINE__, &setup);
    frame[layout.ip.at + 6] = 0x20;
    stack_parse(&layout, frame, len, NULL, NULL);
    expect("more fragments", layout.fragment, true);
    expect("no SPI", layout.spi, 0);
    frame[layout.ip.at + 6] = 0;
    frame[layout.ip.at + 7] = 1;
    stack_parse(&layout, frame, len, NULL, NULL);
    expect("fragment offset", layout.fragment, true);
    init(&setup, suite_esp(0), NULL, true);
    setup.packet.options = 8;
    len = build(&layout, &slot, __LINE__, &setup);
    frame[layout.ip.at + 6] = 44;
    memset(frame + layout.ip.at + 42, 0, 6);
    stack_parse(&layout, frame, len, NULL, NULL);
    expect("an atomic fragment", layout.fragment, false);
    expect("its SPI", layout.spi, 0x11223344);
    frame[layout.ip.at + 43] = 1;
    stack_parse(&layout, frame, len, NULL, NULL);
    expect("more fragments", layout.fragment, true);
    expect("protocol", layout.protocol, 50);
    frame[layout.ip.at + 43] = 8;
    stack_parse(&layout, frame, len, NULL, NULL);
    expect("fragment offset", layout.fragment, true);
    for (uint32_t i = 0; i < 2; i++) {
        frame[layout.ip.at + 6] = i ? 43 : 0;
        stack_parse(&layout, frame, len, NULL, NULL);
        expect("routing or hop-by-hop", layout.spi, 0x11223344);
        expect("extension header", layout.ip.len, 48);
    }
}

static void test_without_bundle(void)
{
    struct setup setup;
    struct stack_layout layout;
    uint64_t slot;
    uint32_t len;

    init(&setup, suite_esp(0), suite_ah(1), false);
    setup.packet.data_len = 10;
    len = build(&layout, &slot, __LINE__, &setup);
    stack_parse(&layout, frame, len, NULL, NULL);
    expect("outermost", layout.protocol, 51);
    expect("outermost SPI", layout.spi, 0x55667788);
    expect("ESP", layout.esp.len, 8);
    expect("AH ICV", layout.ah_icv.len, 12);
    expect("payload", layout.payload.len, len - 14 - 20 - 24 - 8);
    init(&setup, suite_esp(0), NULL, false);
    setup.bundle.udp = 1;
    len = build(&layout, &slot, __LINE__, &setup);
    stack_parse(&layout, frame, len, NULL, NULL);
    expect("UDP-ESP", layout.protocol, 50);
    expect("SPI", layout.spi, 0x11223344);
    memset(frame + layout.esp.at, 0, 4);
    stack_parse(&layout, frame, len, NULL, NULL);
    expect("IKE", layout.protocol, 17);
    expect("no ESP", layout.esp.len, 0);
}

/* A frame cut anywhere: nothing is read behind its end, and what is cut off is not found. */
static void check_cut(const struct setup *setup)
{
    struct stack_layout layout;
    struct stack_layout cut;
    uint64_t slot;
    uint32_t len = build(&layout, &slot, __LINE__, setup);

    for (uint32_t i = 0; i < len; i++) {
        uint8_t *copy = malloc(i > 0 ? i : 1);
        if (!copy)
            exit(1);
        memcpy(copy, frame, i);
        stack_parse(&cut, copy, i, &setup->bundle, &setup->profile);
        expect("parsed", cut.parsed, i >= layout.esp.at + 8);
        expect("no trailer", cut.trailer.len, 0);
        expect("no ICV", cut.icv.len, 0);
        expect("AH", cut.ah.len, i >= layout.ah.at + layout.ah.len ? layout.ah.len : 0);
        expect("ESP", cut.esp.len, i >= layout.esp.at + 8 ? 8 : 0);
        expect("IV", cut.iv.len, i >= layout.iv.at + layout.iv.len ? layout.iv.len : 0);
        free(copy);
    }
    memset(frame + len, 0, 40); /* behind the IP packet */
    stack_parse(&cut, frame, len + 40, &setup->bundle, &setup->profile);
    expect_same("a frame with bytes behind it", &cut, &layout);
}

static void test_cut(void)
{
    struct setup setup;

    for (uint32_t i = 0; i < 8; i++) {
        init(&setup, suite_esp(15), i & 4 ? suite_ah(2) : NULL, i & 1);
        setup.profile.media_header = i & 2 ? 18 : 14;
        setup.packet.options = 16;
        setup.packet.data_len = 33;
        check_cut(&setup);
    }
}

/* The least that ESP and AH can be. */
static void test_least(void)
{
    struct setup setup;
    struct stack_layout layout;
    uint64_t slot;
    uint32_t len;

    init(&setup, suite_esp(29), NULL, false); /* null: no IV, no ICV */
    build(&layout, &slot, __LINE__, &setup);
    put_ip_len(layout.ip.at, 20 + 8 + 2);
    frame[layout.esp.at + 8] = 0;
    stack_parse(&layout, frame, layout.ip.at + 30, &setup.bundle, &setup.profile);
    expect("a trailer alone", layout.trailer.len, 2);
    put_ip_len(layout.ip.at, 20 + 8 + 1);
    stack_parse(&layout, frame, layout.ip.at + 29, &setup.bundle, &setup.profile);
    expect("no trailer", layout.trailer.len, 0);
    expect("still ESP", layout.esp.len, 8);
    init(&setup, NULL, suite_ah(0), false);
    len = build(&layout, &slot, __LINE__, &setup);
    frame[layout.ah.at + 1] = 1;
    stack_parse(&layout, frame, len, &setup.bundle, &setup.profile);
    expect("AH without an ICV", layout.ah.len, 12);
    expect("no room for the ICV", layout.ah_icv.len, 0);
    frame[layout.ah.at + 1] = 0;
    stack_parse(&layout, frame, len, &setup.bundle, &setup.profile);
    expect("AH shorter than itself", layout.parsed, false);
}

static void test_ports(void)
{
    static const struct {
        int line;
        uint16_t source;
        uint16_t destination;
        bool is_esp;
    } rows[] = {
        {__LINE__, 4500, 1234, true},
        {__LINE__, 1234, 4500, true},
        {__LINE__, 1234, 500, false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct setup setup;
        struct stack_layout layout;
        uint64_t slot;
        uint32_t len;
        init(&setup, suite_esp(0), NULL, false);
        setup.bundle.udp = 1;
        len = build(&layout, &slot, __LINE__, &setup);
        frame[layout.esp.at - 8] = (uint8_t)(rows[i].source >> 8);
        frame[layout.esp.at - 7] = (uint8_t)rows[i].source;
        frame[layout.esp.at - 6] = (uint8_t)(rows[i].destination >> 8);
        frame[layout.esp.at - 5] = (uint8_t)rows[i].destination;
        stack_parse(&layout, frame, len, &setup.bundle, &setup.profile);
        expect_for(rows[i].line, "UDP-ESP", "a port", layout.esp.len > 0, rows[i].is_esp);
        setup.bundle.udp = 0;
        stack_parse(&layout, frame, len, &setup.bundle, &setup.profile);
        expect_for(rows[i].line, "UDP", "an SA without it", layout.esp.len, 0);
    }
}

static void test_regions(void)
{
    static const char *const names[] = {"media",      "ip",          "ah",      "ah-icv", "esp",     "spi",
                                        "seq",        "iv",          "payload", "src",    "trailer", "dst",
                                        "pad-length", "next-header", "icv",     "frame"};
    struct setup setup;
    struct stack_layout layout;
    struct stack_span span;
    uint64_t slot;
    uint32_t len;

    init(&setup, suite_esp(0), suite_ah(0), true);
    setup.packet.data_len = 30;
    len = build(&layout, &slot, __LINE__, &setup);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        expect_for(__LINE__, "region", names[i], stack_region(&span, &layout, names[i], strlen(names[i])), true);
        expect_for(__LINE__, "region", names[i], span.len > 0, true);
    }
    expect("frame", stack_region(&span, &layout, "frame", 5) ? span.len : 0, len);
    expect("spi", stack_region(&span, &layout, "spi", 3) ? span.at : 0, layout.ah.at + 4);
    expect("seq", stack_region(&span, &layout, "seq", 3) ? span.at : 0, layout.ah.at + 8);
    expect("src", stack_region(&span, &layout, "src", 3) ? span.at : 0, layout.ip.at + 8);
    expect("dst", stack_region(&span, &layout, "dst", 3) ? span.at : 0, layout.ip.at + 24);
    expect("pad-length", stack_region(&span, &layout, "pad-length", 10) ? span.at : 0, layout.icv.at - 2);
    expect("next-header", stack_region(&span, &layout, "next-header", 11) ? span.at : 0, layout.icv.at - 1);
    expect("unknown", stack_region(&span, &layout, "icvs", 4), false);
    expect("unknown", stack_region(&span, &layout, "ic", 2), false);
    memset(&layout, 0, sizeof layout);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        expect_for(__LINE__, "region", names[i], stack_region(&span, &layout, names[i], strlen(names[i])), true);
        expect_for(__LINE__, "empty region", names[i], span.len, 0);
    }
}

/* ---- Any bytes ---- */

static uint64_t random_state = 7;

static uint32_t random_below(uint32_t bound)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((random_state >> 33) % bound);
}

static void check_within(const struct stack_layout *layout, uint32_t len)
{
    static const char *const names[] = {"media",   "ip",  "ah",  "ah-icv", "esp", "iv",  "payload",
                                        "trailer", "icv", "spi", "seq",    "src", "dst", "frame"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct stack_span span = {0, 0};
        stack_region(&span, layout, names[i], strlen(names[i]));
        expect_for(__LINE__, "end", names[i], span.at <= len && span.len <= len - span.at, true);
    }
}

static void test_random(void)
{
    for (uint32_t round = 0; round < ROUNDS && failures == 0; round++) {
        struct setup setup;
        struct stack_layout layout;
        uint64_t slot;
        uint32_t len;
        uint32_t changes = random_below(6);
        uint8_t *copy;

        init(&setup, random_below(4) ? suite_esp(random_below(30)) : NULL,
             random_below(3) ? NULL : suite_ah(random_below(6)), random_below(2));
        setup.bundle.udp = random_below(4) == 0;
        setup.packet.options = random_below(5) * 8;
        setup.packet.data_len = random_below(40);
        len = build(&layout, &slot, __LINE__, &setup);
        for (uint32_t i = 0; i < changes; i++)
            frame[random_below(4) ? 12 + random_below(40) : random_below(len)] = (uint8_t)random_below(256);
        if (random_below(2))
            len = random_below(len + 1);
        copy = malloc(len > 0 ? len : 1);
        if (!copy)
            exit(1);
        memcpy(copy, frame, len);
        stack_parse(&layout, copy, len, random_below(3) ? &setup.bundle : NULL, &setup.profile);
        check_within(&layout, len);
        free(copy);
    }
}

int main(void)
{
    fill_data();
    test_ciphertext();
    test_fragments();
    test_without_bundle();
    test_cut();
    test_least();
    test_ports();
    test_regions();
    test_random();
    return failures > 0;
}
