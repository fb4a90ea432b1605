/* SPDX-License-Identifier: MIT */
/* Large packets: the segments together are the stack's data, and each is a packet that stands for itself. */
#define TEST_FILE "stack_lso_test.c"
#include "stack_test.inc"

#define FIN 0x01u
#define PSH 0x08u
#define ACK 0x10u
#define CWR 0x80u

static struct stack_large large = {.tcp_seq = 0xFFFFFF00u, .tcp_flags = FIN | PSH | ACK | CWR};

static uint32_t sum_of(uint32_t sum, const uint8_t *bytes, uint32_t len)
{
    for (uint32_t i = 0; i < len; i++)
        sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
    while (sum > 0xFFFF)
        sum = (sum & 0xFFFF) + (sum >> 16);
    return sum;
}

static uint32_t pseudo(const struct stack_layout *layout, uint32_t len)
{
    return sum_of(sum_of(6 + len, layout->src, layout->ipv6 ? 16 : 4), layout->dst, layout->ipv6 ? 16 : 4);
}

/* What an observer sees who has the keys. */
static void check_segment(const struct setup *setup, uint32_t number, uint32_t count)
{
    const char *name = setup->packet.bundle ? setup->bundle.layers[0].suite->name : "a plain packet";
    uint32_t done = number * large.mss;
    uint32_t want = setup->packet.data_len - done < large.mss ? setup->packet.data_len - done : large.mss;
    uint32_t flags = ACK | (number == 0 ? CWR : 0) | (number + 1 == count ? FIN | PSH : 0);
    uint32_t tcp_len = 20 + large.tcp_options;
    struct stack_layout layout;
    struct stack_span text;
    const uint8_t *tcp;
    uint32_t id;
    uint32_t len = 0;

    expect_for(__LINE__, "segment", name,
               stack_segment(frame, sizeof frame, &len, &text, &setup->packet, &large, number), 1);
    stack_parse(&layout, frame, len, setup->packet.bundle, NULL);
    tcp = frame + layout.payload.at;
    expect_for(__LINE__, "payload", name, layout.payload.len, tcp_len + want);
    expect_for(__LINE__, "text", name, (uint64_t)text.at << 32 | text.len,
               (uint64_t)(layout.payload.at + tcp_len) << 32 | want);
    expect_for(__LINE__, "data", name, (uint64_t)memcmp(frame + text.at, data + done, want) == 0, 1);
    expect_for(__LINE__, "TCP sequence", name, be32(tcp + 4), large.tcp_seq + done);
    expect_for(__LINE__, "flags", name, tcp[13], flags);
    expect_for(__LINE__, "TCP checksum", name, sum_of(pseudo(&layout, layout.payload.len), tcp, layout.payload.len),
               0xFFFF);
    if (layout.ipv6) {
        expect_for(__LINE__, "payload length", name, be16(frame + 18), len - 54);
    } else {
        id = 0x7FFEu + number;
        expect_for(__LINE__, "total length", name, be16(frame + 16), len - 14);
        expect_for(__LINE__, "identification", name, be16(frame + 18), large.is_v2 ? id & 0x7FFF : id);
    }
    if (layout.esp.len > 0) {
        expect_for(__LINE__, "sequence number", name, be32(frame + layout.esp.at + 4), 0x01020304 + number);
        expect_for(__LINE__, "next header", name, frame[layout.trailer.at + layout.trailer.len - 1], 6);
    }
    if (layout.ah.len > 0)
        expect_for(__LINE__, "AH sequence number", name, be32(frame + layout.ah.at + 8), 0x05060708 + number);
}

/* What the NIC is given: no trailer, no ICV, and bytes to be discarded at its end. */
static void check_template(const struct setup *setup)
{
    const char *name = setup->packet.bundle ? setup->bundle.layers[0].suite->name : "a plain packet";
    bool ipv6 = setup->packet.ipv6;
    uint64_t slot = 0;
    uint64_t word = 0;
    uint32_t len = 0;
    uint32_t tcp;
    struct stack_layout layout = {.ipv6 = ipv6};

    expect_for(__LINE__, "template", name, stack_large(frame, sizeof frame, &len, &slot, &word, &setup->packet, &large),
               1);
    tcp = ov2_large_tcp_offset(word);
    expect_for(__LINE__, "template length", name, len, tcp + 20 + large.tcp_options + setup->packet.data_len + 5);
    expect_for(__LINE__, "MSS", name, ov2_large_mss(word), large.mss);
    expect_for(__LINE__, "type", name, ov2_large_type(word), large.is_v2);
    expect_for(__LINE__, "version", name, ov2_large_ip_version(word), large.is_v2 && ipv6);
    expect_for(__LINE__, "pad length", name, ov2_header_pad_length(slot), setup->packet.bundle ? 5 : 0);
    expect_for(__LINE__, "next header", name, ov2_header_next_header(slot), setup->packet.bundle ? 6 : 0);
    expect_for(__LINE__, "length in IP", name, be16(frame + (ipv6 ? 18 : 16)),
               large.is_v2 ? 0 : len - 14 - (ipv6 ? 40 : 0));
    memcpy(layout.src, frame + (ipv6 ? 22 : 26), ipv6 ? 16 : 4);
    memcpy(layout.dst, frame + (ipv6 ? 38 : 30), ipv6 ? 16 : 4);
    expect_for(__LINE__, "sum in TCP", name, be16(frame + tcp + 16), pseudo(&layout, 0));
}

static void check_large(struct setup *setup, uint32_t len, uint32_t mss)
{
    uint32_t count;

    large.mss = mss;
    setup->packet.data_len = len;
    setup->packet.pad = 5;
    setup->packet.has_id = true;
    setup->packet.id = 0x7FFE;
    check_template(setup);
    count = stack_segments(&setup->packet, &large);
    expect("segments", count, (len + mss - 1) / mss);
    for (uint32_t i = 0; i < count; i++)
        check_segment(setup, i, count);
}

static void test_suites(void)
{
    struct setup setup;

    for (uint32_t i = 0; suite_esp(i); i++) {
        for (uint32_t bits = 0; bits < 8; bits++) {
            large.is_v2 = bits & 1;
            large.tcp_options = bits & 1 ? 12 : 0;
            init(&setup, suite_esp(i), bits & 4 ? suite_ah(i % 4) : NULL, bits & 2);
            check_large(&setup, 1001 + i, 300);
            init(&setup, NULL, bits & 4 ? suite_ah(i % 4) : NULL, bits & 2);
            check_large(&setup, 600, 300);
        }
    }
}

static void test_impossible(void)
{
    struct stack_span text;
    struct setup setup;
    uint64_t slot;
    uint64_t word;
    uint32_t len;

    init(&setup, suite_esp(0), NULL, false);
    setup.packet.data_len = 100;
    large.mss = 0;
    expect("no MSS, no segments", stack_segments(&setup.packet, &large), 0);
    expect("no MSS", stack_large(frame, sizeof frame, &len, &slot, &word, &setup.packet, &large), 0);
    large.mss = 100;
    expect("a segment too many", stack_segment(frame, sizeof frame, &len, &text, &setup.packet, &large, 1), 0);
    large.tcp_options = 3;
    expect("odd options", stack_large(frame, sizeof frame, &len, &slot, &word, &setup.packet, &large), 0);
    large.tcp_options = 0;
    setup.packet.data_len = 66000;
    expect("too much", stack_large(frame, sizeof frame, &len, &slot, &word, &setup.packet, &large), 0);
    setup.packet.data_len = 0;
    expect("no data", stack_segments(&setup.packet, &large), 1);
}

int main(void)
{
    fill_data();
    test_suites();
    test_impossible();
    return failures > 0;
}
