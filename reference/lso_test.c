/* SPDX-License-Identifier: MIT */
/* Large sends: every segment stands for itself, and together they are the stack's packet. */
#include "checksum.h"
#include "testing_frame.h"

#define ESP_SPI   0x1001u
#define AH_SPI    0x2002u
#define IP_AT     14u
#define TCP_LEN   32u /* with options */
#define SEQUENCE  0xFFFFFF00u
#define ESP_FIRST 41u
#define FIN       0x01u
#define PSH       0x08u
#define ACK       0x10u
#define CWR       0x80u
#define V1        NDIS_TCP_LARGE_SEND_OFFLOAD_V1_TYPE
#define V2        NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE

struct large_case {
    const char *name;
    uint32_t encryption, authentication; /* of ESP */
    bool ah, ipv6, udp;
    uint32_t type, payload_len, mss, pad_len;
};

static const struct large_case CASES[] = {
    {"plain, V1", 0, 0, false, false, false, V1, 3000, 1000, 0},
    {"plain, V2, IPv6", 0, 0, false, true, false, V2, 2999, 1000, 0},
    {"GCM, V1", IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_128, 0, false, false, false, V1, 2500, 1001, 7},
    {"GCM, V2", IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_128, 0, false, false, false, V2, 2502, 1000, 16},
    {"GCM, V2, IPv6", IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_128, 0, false, true, false, V2, 1000, 1000, 3},
    {"CBC, V2", IPSEC_OFFLOAD_V2_ENCRYPTION_AES_CBC_128, IPSEC_OFFLOAD_V2_AUTHENTICATION_SHA_1, false, false, false, V2,
     1201, 100, 0},
    {"AH, V1", 0, 0, true, false, false, V1, 700, 333, 5},
    {"AH and GCM, V2, IPv6", IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_128, 0, true, true, false, V2, 300, 7, 0},
    {"GCM in UDP, V1", IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_128, 0, false, false, true, V1, 2500, 999, 2},
};

static bool is_secured(const struct large_case *large)
{
    return large->encryption != 0 || large->ah;
}

static uint64_t add_sa(struct ov2_device *device, const struct large_case *large, uint32_t flags)
{
    struct testing_add add = testing_gcm(flags | (large->ipv6 ? IPSEC_OFFLOAD_V2_IPv6 : 0), ESP_SPI);
    struct ipsec_offload_v2_security_association *sa = add.sa.SecAssoc;
    bool is_cbc = large->encryption == IPSEC_OFFLOAD_V2_ENCRYPTION_AES_CBC_128;

    add.sa.KeyLength = 56;
    memset(testing_keys(&add), 0x33, 56);
    add.sa.UdpEspEncapsulation = large->udp ? IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TRANSPORT : 0;
    sa[0].EncryptionAlgorithm.Identifier = large->encryption;
    sa[0].EncryptionAlgorithm.KeyLength = is_cbc ? 16 : 20;
    sa[0].AuthenticationAlgorithm.Identifier = large->authentication;
    sa[0].AuthenticationAlgorithm.KeyLength = large->authentication != 0 ? 20 : 0;
    if (large->ah) {
        uint32_t n = large->encryption != 0 ? 1 : 0;
        add.sa.NumExtHdrs = n + 1;
        sa[n] = sa[0];
        sa[n].Operation = IPSEC_OFFLOAD_V2_OPERATION_AH;
        put_be32((uint8_t *)&sa[n].Spi, AH_SPI);
        memset(&sa[n].EncryptionAlgorithm, 0, sizeof(sa[n].EncryptionAlgorithm));
        sa[n].AuthenticationAlgorithm.Identifier = IPSEC_OFFLOAD_V2_AUTHENTICATION_SHA_1;
        sa[n].AuthenticationAlgorithm.KeyLength = 20;
    }
    return frame_add_sa(device, &add);
}

static uint32_t ip_len(const struct large_case *large)
{
    return large->ipv6 ? 40 : 20;
}

static uint32_t ah_len(const struct large_case *large)
{
    return large->ah ? 24 : 0;
}

static uint32_t iv_len(const struct large_case *large)
{
    return large->encryption == IPSEC_OFFLOAD_V2_ENCRYPTION_AES_CBC_128 ? 16 : 8;
}

/* pseudo: as the stack leaves it in the checksum field, without the length. */
static uint32_t pseudo(const uint8_t *ip, bool ipv6, uint32_t len)
{
    return checksum_pseudo(ip + (ipv6 ? 8 : 12), ip + (ipv6 ? 24 : 16), ipv6, 6, len);
}

static uint8_t first_protocol(const struct large_case *large)
{
    return large->ah ? 51 : large->udp ? 17 : large->encryption != 0 ? 50 : 6;
}

/* template_of: the stack's packet; where its TCP header is. */
static uint32_t template_of(struct frame *frame, const struct large_case *large)
{
    uint32_t udp = 0;

    frame_begin(frame, large->ipv6);
    uint32_t ip = frame_ip(frame, large->ipv6, first_protocol(large));
    if (large->ah)
        frame_ah(frame, large->encryption != 0 ? 50 : 6, AH_SPI, ESP_FIRST + 100, 24);
    if (large->udp)
        udp = frame_udp(frame);
    if (large->encryption != 0)
        frame_esp(frame, ESP_SPI, ESP_FIRST, iv_len(large));
    uint32_t at = frame->len;
    uint8_t *tcp = frame_add(frame, TCP_LEN);
    put_be32(tcp + 4, SEQUENCE);
    tcp[12] = TCP_LEN / 4 << 4;
    tcp[13] = FIN | PSH | ACK | CWR;
    put_be16(tcp + 16, (uint16_t)~checksum_fold(pseudo(frame->bytes + ip, large->ipv6, 0)));
    tcp[20] = 8; /* an option */
    frame_fill(frame, large->payload_len + large->pad_len);
    if (udp != 0) {
        put_be16(frame->bytes + udp + 4, 0x1234); /* of a datagram that never leaves */
        put_be16(frame->bytes + udp + 6, 0x5678);
    }
    if (!large->ipv6)
        put_be16(frame->bytes + ip + 4, 0x7FFE);
    if (large->type == V1)
        frame_end_ip(frame, ip);
    return at;
}

static struct ov2_oob oob_of(const struct large_case *large, uint64_t handle, uint32_t tcp)
{
    uint32_t ip = ip_len(large), esp = ip + ah_len(large) + (large->udp ? 8 : 0);
    struct ov2_oob oob;

    memset(&oob, 0, sizeof(oob));
    oob.ipsec = handle;
    oob.header = ov2_header_send(6, large->pad_len, large->ah ? ip / 4 : 0, large->encryption != 0 ? esp / 4 : 0);
    oob.large_send = ov2_large_send(large->mss, tcp, large->type, large->ipv6);
    return oob;
}

/* check_headers: what an observer on the wire sees of the segment. */
static void check_headers(const struct large_case *large, const uint8_t *frame, uint32_t len, uint32_t number)
{
    const uint8_t *ip = frame + IP_AT, *next = ip + ip_len(large);
    uint32_t id = large->type == V2 ? (0x7FFE + number) & 0x7FFF : 0x7FFE + number;

    CHECK(get_be16(ip + (large->ipv6 ? 4 : 2)) == len - IP_AT - (large->ipv6 ? 40 : 0));
    if (!large->ipv6) {
        CHECK(get_be16(ip + 4) == id && checksum_fold(checksum_add(0, ip, 20)) == 0);
    }
    if (large->ah) {
        CHECK(get_be32(next + 8) == ESP_FIRST + 100 + number);
        next += 24;
    }
    if (large->udp) {
        CHECK(get_be16(next + 4) == (uint32_t)(frame + len - next) && get_be16(next + 6) == 0);
        next += 8;
    }
    if (large->encryption != 0)
        CHECK(get_be32(next + 4) == ESP_FIRST + number);
}

/* check_segment: in the clear; the payload from done on, as much as fits. */
static void check_segment(const struct large_case *large, const struct frame *template, uint32_t at,
                          const uint8_t *frame, uint32_t number)
{
    uint32_t done = number * large->mss, left = large->payload_len - done;
    uint32_t len = left < large->mss ? left : large->mss;
    const uint8_t *tcp = frame + at;
    uint8_t flags = (uint8_t)(ACK | (number == 0 ? CWR : 0) | (left <= large->mss ? FIN | PSH : 0));
    uint32_t sum = pseudo(frame + IP_AT, large->ipv6, TCP_LEN + len);

    CHECK(get_be32(tcp + 4) == SEQUENCE + done && tcp[13] == flags);
    CHECK(memcmp(tcp + 20, template->bytes + at + 20, TCP_LEN - 20) == 0);
    CHECK(memcmp(tcp + TCP_LEN, template->bytes + at + TCP_LEN + done, len) == 0);
    CHECK(checksum_fold(checksum_add(sum, tcp, TCP_LEN + len)) == 0);
}

static uint32_t trailer_len(const struct large_case *large, uint32_t number)
{
    uint32_t done = number * large->mss, left = large->payload_len - done;
    uint32_t len = TCP_LEN + (left < large->mss ? left : large->mss) + 2;
    uint32_t unit = iv_len(large) == 16 ? 16 : 4;

    return 2 + (unit - len % unit) % unit + (iv_len(large) == 16 ? 12 : 16);
}

static void check_opened(struct ov2_device *device, struct ov2_host *host, const struct large_case *large,
                         const struct frame *template, uint32_t at)
{
    struct testing_wire *wire = host->wire;
    uint32_t payload = at + TCP_LEN;

    for (uint32_t i = 0; i < host->transmitted; i++) {
        uint32_t done = i * large->mss, left = large->payload_len - done;
        uint32_t len = payload + (left < large->mss ? left : large->mss);
        if (large->encryption != 0)
            len += trailer_len(large, i);
        CHECK(wire->lens[i] == len);
        check_headers(large, wire->frames[i], len, i);
        if (is_secured(large)) {
            testing_receive(device, wire->frames[i], len);
            CHECK(host->oob.ipsec == OV2_OOB_CRYPTO_DONE);
            if (large->encryption != 0)
                CHECK(ov2_header_next_header(host->oob.header) == 6);
            check_segment(large, template, at, host->frame, i);
        } else {
            check_segment(large, template, at, wire->frames[i], i);
        }
        for (uint32_t k = 0; k < i && large->encryption != 0; k++)
            CHECK(memcmp(wire->frames[i] + at - iv_len(large), wire->frames[k] + at - iv_len(large), 8) != 0);
    }
}

static struct testing_wire wire;

static void check_case(const struct large_case *large)
{
    struct ov2_host host;
    struct frame template;
    testing_host(&host);
    host.wire = &wire;
    struct ov2_device *device = testing_open(&host, NULL);
    uint64_t handle = is_secured(large) ? add_sa(device, large, 0) : 0;
    uint32_t at = template_of(&template, large);
    struct ov2_oob oob = oob_of(large, handle, at);

    if (is_secured(large))
        add_sa(device, large, IPSEC_OFFLOAD_V2_INBOUND);
    testing_receive_on(device);
    testing_send_oob(device, template.bytes, template.len, &oob);
    CHECK(host.send_status == NDIS_STATUS_SUCCESS && host.sent == 1);
    CHECK(host.transmitted == (large->payload_len + large->mss - 1) / large->mss);
    CHECK(host.sent_oob.large_send == (large->type == V1 ? large->payload_len : 1u << 30));
    CHECK(host.sent_oob.ipsec == handle && host.sent_oob.header == oob.header);
    check_opened(device, &host, large, &template, at);
    testing_adapter()->close(device);
    CHECK(host.live == 0);
}

/* check_refused: nothing leaves, and the slot says that nothing did. */
static void check_refused(struct ov2_device *device, struct ov2_host *host, struct frame *template,
                          const struct ov2_oob *oob)
{
    host->transmitted = 0;
    testing_send_oob(device, template->bytes, template->len, oob);
    CHECK(host->send_status == NDIS_STATUS_FAILURE && host->transmitted == 0);
    CHECK(host->sent_oob.large_send == (ov2_large_type(oob->large_send) == V1 ? 0u : 1u << 30));
}

static void switch_off(struct ov2_device *device)
{
    struct ndis_offload_parameters parameters;

    memset(&parameters, 0, sizeof(parameters));
    parameters.Header = testing_header(NDIS_OBJECT_TYPE_DEFAULT, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_3);
    parameters.Header.Revision = NDIS_OFFLOAD_PARAMETERS_REVISION_3;
    parameters.LsoV2IPv4 = NDIS_OFFLOAD_PARAMETERS_LSOV2_DISABLED;
    CHECK(testing_submit(device, OID_TCP_OFFLOAD_PARAMETERS, &parameters, parameters.Header.Size) ==
          NDIS_STATUS_SUCCESS);
}

static void check_refusals(const char *options)
{
    const struct large_case *large = &CASES[3];
    struct ov2_host host;
    struct frame template, other;
    testing_host(&host);
    struct ov2_device *device = testing_open(&host, options);
    uint64_t handle = add_sa(device, large, 0);
    uint32_t at = template_of(&template, large);
    const struct ov2_oob good = oob_of(large, handle, at);
    struct ov2_oob oob = good;

    if (options != NULL)
        check_refused(device, &host, &template, &oob);
    oob.ipsec = handle + 1;
    check_refused(device, &host, &template, &oob);
    oob = good;
    oob.tunnel = handle;
    check_refused(device, &host, &template, &oob);
    oob = good;
    oob.header = ov2_header_send(4, 0, 0, 5);
    check_refused(device, &host, &template, &oob);
    oob = good;
    oob.large_send = ov2_large_send(0, at, V2, 0);
    check_refused(device, &host, &template, &oob);
    oob.large_send = ov2_large_send(1000, at + 4, V2, 0);
    check_refused(device, &host, &template, &oob);
    oob.large_send = ov2_large_send(1000, at, V2, 1);
    check_refused(device, &host, &template, &oob);
    for (uint32_t len = 15; len < at + TCP_LEN + 17; len++) { /* PadLength is 16 */
        other = template;
        other.len = len < 38 ? 38 : len;
        check_refused(device, &host, &other, &good);
    }
    other = template;
    other.bytes[at + 12] = 0x40;
    check_refused(device, &host, &other, &good);
    switch_off(device);
    check_refused(device, &host, &template, &good);
    testing_adapter()->close(device);
    CHECK(host.live == 0);
}

/* check_wrap: an ESN SA has no next upper half of its own. */
static void check_wrap(void)
{
    struct ov2_host host;
    struct frame template;
    testing_host(&host);
    struct ov2_device *device = testing_open(&host, NULL);
    struct testing_add add = testing_gcm(0, ESP_SPI);
    uint32_t at = template_of(&template, &CASES[3]);

    add.sa.SecAssoc[0].Flags = IPSEC_OFFLOAD_V2_ESN_SA;
    struct ov2_oob oob = oob_of(&CASES[3], frame_add_sa(device, &add), at);
    put_be32(template.bytes + IP_AT + 24, 0xFFFFFFFE);
    check_refused(device, &host, &template, &oob);
    put_be32(template.bytes + IP_AT + 24, 0xFFFFFFFD);
    testing_send_oob(device, template.bytes, template.len, &oob);
    CHECK(host.send_status == NDIS_STATUS_SUCCESS && host.transmitted == 3);
    testing_adapter()->close(device);
    CHECK(host.live == 0);
}

int main(void)
{
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        unsigned before = testing_failures;
        check_case(&CASES[i]);
        if (testing_failures != before)
            fprintf(stderr, "case: %s\n", CASES[i].name);
    }
    check_refusals(NULL);
    check_refusals("lso=0");
    check_wrap();
    return testing_failures != 0;
}
