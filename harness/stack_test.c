/* SPDX-License-Identifier: MIT */
/* Frames of every suite against the packet rules (datapath.md); and what is framed is found again. */
#define TEST_FILE "stack_test.c"
#include "stack_test.inc"

#define DATA_MAX 64u

/* The RFC 791 way: with the checksum in place, the words add up to all ones. */
static uint32_t word_sum(const uint8_t *header, uint32_t len)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i < len; i += 2)
        sum += be16(header + i);
    return (sum & 0xFFFF) + (sum >> 16);
}

/* ---- The laws that every frame obeys ---- */

static void check_ip(const char *name, const struct stack_layout *layout, uint32_t total)
{
    const uint8_t *ip = frame + layout->ip.at;

    if (layout->ipv6) {
        expect_for(__LINE__, "payload length", name, be16(ip + 4), total - 40);
        expect_for(__LINE__, "hop limit", name, ip[7], 64);
        return;
    }
    expect_for(__LINE__, "total length", name, be16(ip + 2), total);
    expect_for(__LINE__, "checksum", name, word_sum(ip, layout->ip.len), 0xFFFF);
    expect_for(__LINE__, "flags", name, be16(ip + 6), 0x4000);
    expect_for(__LINE__, "TTL", name, ip[8], 64);
}

/* P-PAD-001, P-PAD-002, P-PAD-003, P-PAD-005, P-ESP-021. */
static void check_esp(const char *name, const struct stack_layout *layout, const struct bundle_layer *layer)
{
    const struct suite *suite = layer->suite;
    uint32_t pad = layout->trailer.len - 2;
    const uint8_t *trailer = frame + layout->trailer.at;

    expect_for(__LINE__, "block", name, (layout->payload.len + layout->trailer.len) % suite->block, 0);
    expect_for(__LINE__, "word", name, (layout->iv.len + layout->payload.len + layout->trailer.len) % 4, 0);
    expect_for(__LINE__, "minimal padding", name, pad < suite->block, true);
    expect_for(__LINE__, "pad length", name, trailer[pad], pad);
    expect_for(__LINE__, "next header", name, trailer[pad + 1], 17);
    for (uint32_t i = 0; i < pad; i++)
        expect_for(__LINE__, "pad byte", name, trailer[i], i + 1);
    expect_for(__LINE__, "SPI", name, be32(frame + layout->esp.at), layer->spi);
    expect_for(__LINE__, "sequence number", name, be32(frame + layout->esp.at + 4), 0x01020304);
    expect_for(__LINE__, "IV", name, layout->iv.len, suite->iv);
    for (uint32_t i = 0; i < layout->iv.len; i++)
        expect_for(__LINE__, "IV mark", name, frame[layout->iv.at + i], STACK_IV_MARK);
    for (uint32_t i = 0; i < layout->icv.len; i++)
        expect_for(__LINE__, "ICV mark", name, frame[layout->icv.at + i], STACK_ICV_MARK);
    expect_for(
        __LINE__, "payload", name,
        (uint64_t)(layout->payload.len > 0 && memcmp(frame + layout->payload.at, data, layout->payload.len) != 0), 0);
}

/* P-AH-002, P-AH-004, P-GMAC-007, P-GMAC-008. */
static void check_ah(const char *name, const struct stack_layout *layout, const struct bundle_layer *layer, bool alone)
{
    static const uint32_t lengths[3][2] = {{24, 24}, {28, 32}, {36, 40}}; /* ICV of 12, of 16, AES-GMAC */
    const struct suite *suite = layer->suite;
    uint32_t row = suite->iv > 0 ? 2 : suite->icv == 16 ? 1 : 0;
    const uint8_t *ah = frame + layout->ah.at;

    expect_for(__LINE__, "AH length", name, layout->ah.len, lengths[row][layout->ipv6]);
    expect_for(__LINE__, "AH length field", name, ah[1], layout->ah.len / 4 - 2);
    expect_for(__LINE__, "AH next header", name, ah[0], alone ? 17 : 50);
    expect_for(__LINE__, "AH reserved", name, be16(ah + 2), 0);
    expect_for(__LINE__, "AH SPI", name, be32(ah + 4), layer->spi);
    expect_for(__LINE__, "AH sequence number", name, be32(ah + 8), 0x05060708);
    expect_for(__LINE__, "AH ICV", name, layout->ah_icv.len, suite->icv);
    expect_for(__LINE__, "AH ICV offset", name, layout->ah_icv.at, layout->ah.at + 12 + suite->iv);
    for (uint32_t i = 0; i < layout->ah_icv.len; i++)
        expect_for(__LINE__, "AH ICV", name, frame[layout->ah_icv.at + i], 0);
}

static void check_slot(const char *name, const struct stack_layout *layout, uint64_t slot)
{
    uint32_t esp = layout->esp.len > 0 ? layout->esp.at - layout->ip.at : 0;
    uint32_t ah = layout->ah.len > 0 ? layout->ah.at - layout->ip.at : 0;

    expect_for(__LINE__, "slot: next header", name, ov2_header_next_header(slot), esp || ah ? 17 : 0);
    expect_for(__LINE__, "slot: pad length", name, ov2_header_pad_length(slot), esp ? layout->trailer.len - 2 : 0);
    expect_for(__LINE__, "slot: ESP offset", name, ov2_header_esp_offset(slot), esp);
    expect_for(__LINE__, "slot: AH offset", name, ov2_header_ah_offset(slot), ah);
}

static void check_frame(const struct setup *setup)
{
    const struct bundle *bundle = setup->packet.bundle;
    const struct bundle_layer *last = bundle ? &bundle->layers[bundle->layer_count - 1] : NULL;
    const char *name = bundle ? bundle->layers[0].suite->name : "a plain packet";
    struct stack_layout layout;
    struct stack_layout parsed;
    uint64_t slot;
    uint32_t len = build(&layout, &slot, __LINE__, setup);
    uint32_t missing = bundle && setup->profile.icv_appended && layout.esp.len > 0 ? bundle->layers[0].icv : 0;
    uint8_t *copy = malloc(len);

    if (!copy)
        exit(1);
    memcpy(copy, frame, len); /* exactly as long as the frame, for the sanitizer */
    stack_parse(&parsed, copy, len, bundle, &setup->profile);
    free(copy);
    expect_same(name, &parsed, &layout);
    check_ip(name, &layout, len + missing - layout.media.len);
    check_slot(name, &layout, slot);
    if (bundle && layout.esp.len > 0)
        check_esp(name, &layout, &bundle->layers[0]);
    if (bundle && layout.ah.len > 0)
        check_ah(name, &layout, last, layout.esp.len == 0);
    expect_for(__LINE__, "no ESP, no trailer", name, layout.trailer.len > 0, layout.esp.len > 0);
    expect_for(__LINE__, "room for an ICV", name, layout.icv.len,
               bundle && layout.esp.len > 0 ? bundle->layers[0].icv - missing : 0);
}

/* All data lengths, with and without a VLAN tag, IP options, UDP and the ICV room. */
static void check_suites(const struct suite *esp, const struct suite *ah)
{
    for (uint32_t i = 0; i < 32; i++) {
        struct setup setup;
        init(&setup, esp, ah, i & 1);
        setup.profile.media_header = i & 2 ? 18 : 14;
        setup.packet.options = i & 4 ? 8 : 0;
        setup.profile.icv_appended = (i & 8) != 0;
        setup.bundle.udp = i & 16 && esp && !ah ? IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TRANSPORT : 0;
        for (uint32_t len = 0; len <= DATA_MAX; len++) {
            setup.packet.data_len = len;
            check_frame(&setup);
        }
    }
}

static void test_suites(void)
{
    const struct suite *esp;
    const struct suite *ah;

    check_suites(NULL, NULL);
    for (uint32_t i = 0; (esp = suite_esp(i)) != NULL; i++)
        check_suites(esp, NULL);
    for (uint32_t i = 0; (ah = suite_ah(i)) != NULL; i++) {
        check_suites(NULL, ah);
        check_suites(suite_esp(0), ah);
        check_suites(suite_esp(4), ah);
    }
}

/* ---- Particular frames ---- */

static void test_checksum(void)
{
    static const uint8_t known[] = {0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
                                    0xB8, 0x61, 0xC0, 0xA8, 0x00, 0x01, 0xC0, 0xA8, 0x00, 0xC7};

    expect("checksum", stack_ip_checksum(known, sizeof known), 0xB861);
}

static void test_pad(void)
{
    struct setup setup;
    struct stack_layout layout;
    uint64_t slot;

    init(&setup, suite_esp(0), NULL, false);
    setup.packet.data_len = 2;
    for (uint32_t pad = 0; pad <= 260; pad++) {
        setup.packet.pad = pad;
        if (pad % 4 != 0 || pad > 255) {
            expect("an impossible pad length", builds(&setup, sizeof frame), false);
            continue;
        }
        build(&layout, &slot, __LINE__, &setup);
        expect("trailer", layout.trailer.len, pad + 2);
        expect("slot: pad length", ov2_header_pad_length(slot), pad);
    }
    init(&setup, suite_esp(15), NULL, false); /* AES-CBC */
    setup.packet.pad = 2;
    expect("a pad length that fits no block", builds(&setup, sizeof frame), false);
    setup.packet.pad = 14 + 16;
    expect("a pad length of more than a block", builds(&setup, sizeof frame), true);
}

static void test_impossible(void)
{
    struct setup setup;
    struct stack_layout layout;
    uint64_t slot;
    uint32_t len;

    init(&setup, suite_esp(0), NULL, false);
    setup.packet.data_len = 5;
    len = build(&layout, &slot, __LINE__, &setup);
    expect("exact room", builds(&setup, len), true);
    expect("no room", builds(&setup, len - 1), false);
    for (uint32_t options = 0; options <= 44; options++) {
        setup.packet.options = options;
        expect("IPv4 options", builds(&setup, sizeof frame), options % 4 == 0 && options <= 40);
    }
    setup.packet.options = 0;
    setup.packet.data_len = 65535 - 20 - 8 - 8 - 2 - 16 - 3;
    expect("the longest", builds(&setup, sizeof frame), true);
    setup.packet.data_len += 4;
    expect("too long", builds(&setup, sizeof frame), false);
    setup.packet.data_len = UINT32_MAX;
    expect("too long", builds(&setup, sizeof frame), false);
    setup.packet.data_len = 5;
    setup.bundle.layers[0].suite = NULL;
    expect("no suite", builds(&setup, sizeof frame), false);
    init(&setup, suite_esp(0), NULL, true);
    setup.packet.options = 4;
    expect("IPv6 options", builds(&setup, sizeof frame), false);
    setup.packet.options = 976;
    expect("IPv6 options", builds(&setup, sizeof frame), true);
    setup.packet.options = 0;
    setup.packet.data_len = 65532 - 8 - 8 - 2 - 16;
    expect("the longest of IPv6", builds(&setup, sizeof frame), true);
    setup.packet.data_len += 4;
    expect("too long for IPv6", builds(&setup, sizeof frame), false);
    setup.packet.data_len = 5;
    setup.packet.options = 984;
    expect("IPv6 options beyond slot 12", builds(&setup, sizeof frame), false);
}

static void test_fields(void)
{
    static const uint8_t iv[16] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct setup setup;
    struct stack_layout layout;
    uint64_t slot;

    init(&setup, suite_esp(0), NULL, false);
    setup.packet.iv = iv;
    setup.bundle.src[0] = 192;
    setup.bundle.udp = IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TUNNEL;
    build(&layout, &slot, __LINE__, &setup);
    expect("IV of the stack", frame[layout.iv.at], 1);
    expect("selector", frame[layout.ip.at + 12], 192);
    expect("wildcard", frame[layout.ip.at + 16], 0xC2);
    expect("protocol", frame[layout.ip.at + 9], 17);
    expect("identification", be16(frame + layout.ip.at + 4), 0x0304);
    expect("source port", be16(frame + layout.esp.at - 8), 4500);
    expect("destination port", be16(frame + layout.esp.at - 6), 4500);
    expect("UDP length", be16(frame + layout.esp.at - 4), 8 + 8 + 8 + 4 + 16);
    expect("UDP checksum", be16(frame + layout.esp.at - 2), 0);
    init(&setup, suite_esp(0), NULL, true);
    setup.packet.options = 304;
    build(&layout, &slot, __LINE__, &setup);
    expect("next header", frame[layout.ip.at + 6], 60);
    expect("extension: next header", frame[layout.ip.at + 40], 50);
    expect("extension: length", frame[layout.ip.at + 41], 37);
    expect("extension: PadN", frame[layout.ip.at + 42], 1);
    expect("extension: PadN length", frame[layout.ip.at + 43], 255);
    expect("extension: the next PadN", frame[layout.ip.at + 44 + 255], 1);
    expect("extension: its length", frame[layout.ip.at + 45 + 255], 304 - 4 - 255 - 2);
    init(&setup, NULL, suite_ah(0), true);
    setup.packet.ah_seq = 0;
    build(&layout, &slot, __LINE__, &setup);
    expect("AH alone", be32(frame + layout.ah.at + 8), 0x01020304);
}

static void test_media(void)
{
    static const uint8_t want[18] = {0x02, 0, 0x5E, 0, 0, 2, 0x02, 0, 0x5E, 0, 0, 1, 0x81, 0, 0, 1, 0x86, 0xDD};
    struct setup setup;
    struct stack_layout layout;
    uint64_t slot;

    init(&setup, suite_esp(0), NULL, true);
    setup.profile.media_header = 18;
    build(&layout, &slot, __LINE__, &setup);
    for (uint32_t i = 0; i < sizeof want; i++)
        expect("media header", frame[i], want[i]);
    expect("media", layout.media.len, 18);
}

/* AH has the IV of the stack if the one for ESP is long enough. */
static void test_two_ivs(void)
{
    static const uint8_t iv[8] = {9, 9, 9, 9, 9, 9, 9, 9};
    struct setup setup;
    struct stack_layout layout;
    uint64_t slot;

    init(&setup, suite_esp(0), suite_ah(3), false);
    setup.packet.iv = iv;
    build(&layout, &slot, __LINE__, &setup);
    expect("IV of AH", frame[layout.ah.at + 12], 9);
    expect("IV of AH", frame[layout.ah.at + 19], 9);
    expect("IV of ESP", frame[layout.iv.at], 9);
    init(&setup, suite_esp(4), suite_ah(3), false);
    setup.packet.iv = iv;
    build(&layout, &slot, __LINE__, &setup);
    expect("IV of AH", frame[layout.ah.at + 12], STACK_IV_MARK);
    init(&setup, NULL, suite_ah(3), false);
    setup.packet.iv = iv;
    build(&layout, &slot, __LINE__, &setup);
    expect("IV of AH", frame[layout.ah.at + 12], 9);
}

int main(void)
{
    fill_data();
    test_checksum();
    test_suites();
    test_pad();
    test_impossible();
    test_fields();
    test_media();
    test_two_ivs();
    return failures > 0;
}
