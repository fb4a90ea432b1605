/* SPDX-License-Identifier: MIT */
/* UDP-ESP: the four layouts out and in again, and what on port 4500 is none of them (RFC 3948, facts 10). */
#include "testing_frame.h"

#define OUTER_SPI 0x7007u
#define INNER_SPI 0x1001u
#define IP_AT     14u
#define TEXT_LEN  26u
#define TRANSPORT IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TRANSPORT
#define TUNNEL    IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TUNNEL
#define OVER_UDP  IPSEC_OFFLOAD_V2_TRANSPORT_OVER_UDP_ESP_ENCAPSULATION_TUNNEL
#define UDP_OVER  IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TRANSPORT_OVER_TUNNEL
#define ONE       OV2_OOB_CRYPTO_DONE
#define BOTH      (OV2_OOB_CRYPTO_DONE | OV2_OOB_NEXT_CRYPTO_DONE)

/* A packet, and the types of the SAs that are offloaded for it. */
struct layout {
    const char *name;
    bool outer_udp, tunnel, inner_esp, inner_udp;
    uint32_t outer_type, inner_type;
    uint64_t received; /* slot 1; 0: untouched, and not sent either */
};

static const struct layout LAYOUTS[] = {
    {"transport", true, false, false, false, TRANSPORT, 0, ONE},
    {"tunnel", true, true, false, false, TUNNEL, 0, ONE},
    {"transport over UDP tunnel", true, true, true, false, OVER_UDP, 0, BOTH},
    {"UDP transport over tunnel", false, true, true, true, 0, UDP_OVER, BOTH},
    {"transport over UDP tunnel, the tunnel alone", true, true, false, false, OVER_UDP, 0, ONE},
    {"no UDP, but the SA has", false, false, false, false, TRANSPORT, 0, 0},
    {"UDP, but the SA has none", true, false, false, false, 0, 0, 0},
    {"UDP, but only inside a tunnel", true, false, false, false, UDP_OVER, 0, 0},
};

static uint64_t add(struct ov2_device *device, uint32_t spi, uint32_t type, uint32_t flags)
{
    struct testing_add sa = testing_gcm(flags, spi);

    sa.sa.UdpEspEncapsulation = type;
    return frame_add_sa(device, &sa);
}

static uint32_t begin_portion(struct frame *frame, bool udp, uint32_t spi, uint32_t *ip)
{
    uint32_t udp_at = 0;

    *ip = frame_ip(frame, false, udp ? 17 : 50);
    if (udp)
        udp_at = frame_udp(frame);
    frame_esp(frame, spi, 5, 8);
    return udp_at;
}

static void end_portion(struct frame *frame, uint8_t next, uint32_t udp, uint32_t ip)
{
    uint32_t pad = (4 - (frame->len + 2 - ip) % 4) % 4;

    frame_trailer(frame, pad, next, 16);
    if (udp != 0)
        frame_end_udp(frame, udp);
    frame_end_ip(frame, ip);
}

/* frame_of: where the text is. */
static uint32_t frame_of(struct frame *frame, const struct layout *layout)
{
    uint32_t outer = 0, inner = 0, inner_udp = 0;

    frame_begin(frame, false);
    uint32_t outer_udp = begin_portion(frame, layout->outer_udp, OUTER_SPI, &outer);
    if (layout->inner_esp)
        inner_udp = begin_portion(frame, layout->inner_udp, INNER_SPI, &inner);
    else if (layout->tunnel)
        inner = frame_ip(frame, false, 17);
    uint32_t text = frame->len;
    frame_fill(frame, TEXT_LEN);
    if (layout->inner_esp)
        end_portion(frame, 17, inner_udp, inner);
    else if (layout->tunnel)
        frame_end_ip(frame, inner);
    end_portion(frame, layout->tunnel ? 4 : 17, outer_udp, outer);
    return text;
}

static void check_layout(const struct layout *layout, const char *options, uint64_t received)
{
    struct ov2_host host;
    struct frame frame, wire;
    struct ov2_oob oob;
    testing_host(&host);
    struct ov2_device *device = testing_open(&host, options);
    uint32_t text = frame_of(&frame, layout), esp = layout->outer_udp ? 28 : 20;
    uint64_t outer = add(device, OUTER_SPI, layout->outer_type, 0);
    uint64_t inner = add(device, INNER_SPI, layout->inner_type, 0);

    memset(&oob, 0, sizeof(oob));
    oob.ipsec = layout->inner_esp ? inner : outer;
    oob.tunnel = layout->inner_esp ? outer : 0;
    oob.header = ov2_header_send(layout->tunnel ? 4 : 17, 0, 0, esp / 4);
    testing_send_oob(device, frame.bytes, frame.len, &oob);
    CHECK(host.send_status == (received == 0 ? NDIS_STATUS_FAILURE : NDIS_STATUS_SUCCESS));
    memcpy(wire.bytes, received == 0 ? frame.bytes : host.frame, frame.len);
    wire.len = frame.len;
    CHECK(memcmp(wire.bytes, frame.bytes, IP_AT + esp + 8) == 0);

    add(device, OUTER_SPI, layout->outer_type, IPSEC_OFFLOAD_V2_INBOUND);
    add(device, INNER_SPI, layout->inner_type, IPSEC_OFFLOAD_V2_INBOUND);
    testing_receive_on(device);
    if (layout->outer_udp)
        wire.bytes[IP_AT + 20 + 6] = 0x5A; /* a checksum is not the device's business */
    testing_receive(device, wire.bytes, wire.len);
    CHECK(host.oob.ipsec == received);
    CHECK(memcmp(host.frame + text, frame.bytes + text, TEXT_LEN) == 0);
    if (received == 0)
        CHECK(memcmp(host.frame, wire.bytes, wire.len) == 0);
    testing_adapter()->close(device);
    CHECK(host.live == 0);
}

/* check_untouched: a changed octet, and the frame is none for the device. */
static void check_untouched(struct ov2_device *device, struct ov2_host *host, struct frame *frame)
{
    testing_receive(device, frame->bytes, frame->len);
    CHECK(host->oob.ipsec == 0 && host->oob.header == 0);
    CHECK(host->frame_len == frame->len && memcmp(host->frame, frame->bytes, frame->len) == 0);
}

/* check_port: IKE, keepalives, other ports, lengths that do not agree. */
static void check_port(void)
{
    struct ov2_host host;
    struct frame frame, other;
    testing_host(&host);
    struct ov2_device *device = testing_open(&host, NULL);

    add(device, OUTER_SPI, TRANSPORT, IPSEC_OFFLOAD_V2_INBOUND);
    testing_receive_on(device);
    frame_of(&frame, &LAYOUTS[0]);
    testing_receive(device, frame.bytes, frame.len);
    CHECK(ov2_crypto_status(host.oob.ipsec) == CRYPTO_TRANSPORT_ESP_AUTH_FAILED);

    other = frame;
    put_be32(other.bytes + IP_AT + 28, 0); /* four zero octets: IKE */
    check_untouched(device, &host, &other);
    other = frame;
    put_be16(other.bytes + IP_AT + 22, 4501);
    check_untouched(device, &host, &other);
    put_be16(other.bytes + IP_AT + 22, 500);
    check_untouched(device, &host, &other);
    for (uint32_t udp_len = 0; udp_len < frame.len - IP_AT - 20 + 2; udp_len++) {
        other = frame;
        put_be16(other.bytes + IP_AT + 24, udp_len);
        if (udp_len != frame.len - IP_AT - 20)
            check_untouched(device, &host, &other);
    }
    for (uint32_t len = 0; len < 8; len++) {
        other = frame;
        other.len = IP_AT + 28 + len;
        put_be16(other.bytes + IP_AT + 24, 8 + len);
        frame_end_ip(&other, IP_AT);
        check_untouched(device, &host, &other);
    }
    testing_adapter()->close(device);
    CHECK(host.live == 0);
}

/* check_strip: what is left has the lengths of what is left. */
static void check_strip(const char *options, uint32_t stripped)
{
    struct ov2_host host;
    struct frame frame;
    testing_host(&host);
    struct ov2_device *device = testing_open(&host, options);
    uint32_t text = frame_of(&frame, &LAYOUTS[0]);
    uint64_t handle = add(device, OUTER_SPI, TRANSPORT, 0);
    uint32_t want = frame.len - stripped;

    add(device, OUTER_SPI, TRANSPORT, IPSEC_OFFLOAD_V2_INBOUND);
    testing_receive_on(device);
    testing_send(device, frame.bytes, frame.len, handle, ov2_header_send(17, 0, 0, 7));
    struct ov2_host sent = host;
    testing_receive(device, sent.frame, sent.frame_len);
    CHECK(host.frame_len == want && get_be16(host.frame + IP_AT + 2) == want - IP_AT);
    if (stripped > 24)
        CHECK(host.frame[IP_AT + 9] == 17 && memcmp(host.frame + IP_AT + 20, frame.bytes + text, TEXT_LEN) == 0);
    else
        CHECK(get_be16(host.frame + IP_AT + 24) == want - IP_AT - 20);
    testing_adapter()->close(device);
    CHECK(host.live == 0);
}

int main(void)
{
    for (size_t i = 0; i < sizeof(LAYOUTS) / sizeof(LAYOUTS[0]); i++) {
        unsigned before = testing_failures;
        check_layout(&LAYOUTS[i], NULL, LAYOUTS[i].received);
        if (testing_failures != before)
            fprintf(stderr, "layout: %s\n", LAYOUTS[i].name);
    }
    check_port();
    check_strip("RX_STRIP=trailer", 2 + 16);
    check_strip("RX_STRIP=all", 2 + 16 + 8 + 16);
    return testing_failures != 0;
}
