/* SPDX-License-Identifier: MIT */
/* Tunnels: datagrams that another implementation protected, and transport mode inside a tunnel. */
#include "testing_frame.h"

#define TUNNEL_SPI    0x7007u
#define TRANSPORT_SPI 0x1001u
#define IP_AT         14u
#define TEXT_LEN      26u /* with two octets of trailer a multiple of four */

struct vector {
    const char *name;
    uint32_t encryption, authentication;
    bool ipv6, esn;
    const char *cipher_key, *mac_key;
    const char *plain, *protected;
};

/* scapy 2.5.0: IPv4 in IPv6, IPv6 in IPv4, and AH with ESN 5. */
static const struct vector VECTORS[] = {
    {"scapy-esp-231", IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_128, 0, true, false,
     "7e960012075d42a83a0362a2c05b1327f1726c91", "",
     "45000029123400004011548b0a0100010a020002045708ae0015b495000102030405060708090a0b0c",
     "60000000004c322020010db8000f0000000000000000000120010db8000f000000000000000000021122334400000009"
     "359fe46bd36f9420b686ac8e10e316c1917358742fd40a101920b746f3bc0a921045fb4daf53367062a88eea06ad3bc5"
     "883fa5b89830aef050d4792724811c09fef20209"},
    {"scapy-esp-206", IPSEC_OFFLOAD_V2_ENCRYPTION_AES_CBC_128, IPSEC_OFFLOAD_V2_AUTHENTICATION_SHA_256, false, false,
     "7e960012075d42a83a0362a2c05b1327", "a43f5abd502a1e60138ef6af15ea91f5bcbfab09cc32df1a75f50cbbe2ac6d32",
     "600123450015114020010db800000000000000000000000120010db8000000000000000000000002045708ae00156d26"
     "000102030405060708090a0b0c",
     "4500007c0007000020321646c0000201c00002021122334400000009359fe46bd36f9420f42e6e319990fba337849560"
     "ddf552eb77a35159bb0bd766fd52f5dd7f6f21d7feb8b683a1c7d05c07a1e82afb2a1246d53ceb73b74e19ded552f20b"
     "d21cce2823753be56dd0a60d7beb27fc87a2d1abde55f1e6e539015f"},
    {"scapy-ah-300", 0, IPSEC_OFFLOAD_V2_AUTHENTICATION_SHA_1, true, true, "",
     "a43f5abd502a1e60138ef6af15ea91f5bcbfab09",
     "4500003112340000401154830a0100010a020002045708ae001d7045000102030405060708090a0b0c0d0e0f1011121314",
     "600000000049332020010db8000f0000000000000000000120010db8000f000000000000000000020404000011223344"
     "00000009ef387db0728b6a9a5323a6cf4500003112340000401154830a0100010a020002045708ae001d704500010203"
     "0405060708090a0b0c0d0e0f1011121314"},
};

static uint32_t header_at(const struct vector *vector)
{
    return IP_AT + (vector->ipv6 ? 40u : 20u);
}

static uint64_t add_vector(struct ov2_device *device, const struct vector *vector, uint32_t flags)
{
    struct testing_add add = testing_gcm(flags | (vector->ipv6 ? IPSEC_OFFLOAD_V2_IPv6 : 0), 0x11223344u);
    struct ipsec_offload_v2_security_association *sa = &add.sa.SecAssoc[0];
    uint32_t cipher_len = testing_hex(testing_keys(&add), vector->cipher_key);
    uint32_t mac_len = testing_hex(testing_keys(&add) + cipher_len, vector->mac_key);

    if (vector->encryption == 0)
        sa->Operation = IPSEC_OFFLOAD_V2_OPERATION_AH;
    sa->Flags = vector->esn ? IPSEC_OFFLOAD_V2_ESN_SA : 0;
    sa->SequenceNumberHighOrder = vector->esn ? 5 : 0;
    sa->EncryptionAlgorithm.Identifier = vector->encryption;
    sa->EncryptionAlgorithm.KeyLength = cipher_len;
    sa->AuthenticationAlgorithm.Identifier = vector->authentication;
    sa->AuthenticationAlgorithm.KeyLength = mac_len;
    sa->AuthenticationAlgorithm.KeyOffsetBytes = cipher_len;
    add.sa.KeyLength = cipher_len + mac_len;
    return frame_add_sa(device, &add);
}

/* check_vector: opened, it holds the plain datagram; what was opened is sealed to the same octets again. */
static void check_vector(const struct vector *vector)
{
    struct ov2_host host;
    struct frame wire, clear;
    uint8_t plain[256];
    testing_host(&host);
    struct ov2_device *device = testing_open(&host, "IV_BY=stack");
    uint64_t handle = add_vector(device, vector, 0);
    uint32_t at = header_at(vector), offset = (at - IP_AT) / 4;
    bool is_ah = vector->encryption == 0;

    frame_begin(&wire, vector->ipv6);
    wire.len += testing_hex(wire.bytes + wire.len, vector->protected);
    uint32_t plain_len = testing_hex(plain, vector->plain);
    uint32_t inner_at = is_ah ? at + 24 : at + (vector->authentication == 0 ? 16 : 24);
    add_vector(device, vector, IPSEC_OFFLOAD_V2_INBOUND);
    testing_receive_on(device);
    testing_receive(device, wire.bytes, wire.len);
    CHECK(host.oob.ipsec == OV2_OOB_CRYPTO_DONE && host.frame_len == wire.len);
    CHECK(memcmp(host.frame + inner_at, plain, plain_len) == 0);

    memcpy(clear.bytes, host.frame, wire.len);
    memset(clear.bytes + (is_ah ? at + 12 : wire.len - 16), 0xEE, is_ah ? 12 : 16);
    testing_send(device, clear.bytes, wire.len, handle, ov2_header_send(4, 0, is_ah ? offset : 0, is_ah ? 0 : offset));
    CHECK(host.send_status == NDIS_STATUS_SUCCESS && memcmp(host.frame, wire.bytes, wire.len) == 0);

    wire.bytes[wire.len - 1] ^= 1;
    testing_receive(device, wire.bytes, wire.len);
    CHECK(ov2_crypto_status(host.oob.ipsec) ==
          (is_ah ? CRYPTO_TUNNEL_AH_AUTH_FAILED : CRYPTO_TRANSPORT_ESP_AUTH_FAILED));
    testing_adapter()->close(device);
    CHECK(host.live == 0);
}

/* Transport over tunnel: which families, and whether the tunnel is AH. */
struct shape {
    bool outer6, inner6, ah;
};

/* Both of its SAs in one direction, and how a receiver may differ. */
struct pair {
    uint64_t transport, tunnel;
};

static struct pair add_pair(struct ov2_device *device, const struct shape *shape, uint32_t flags, uint8_t key)
{
    struct testing_add transport = testing_gcm(flags | (shape->inner6 ? IPSEC_OFFLOAD_V2_IPv6 : 0), TRANSPORT_SPI);
    struct testing_add tunnel = testing_gcm(flags | (shape->outer6 ? IPSEC_OFFLOAD_V2_IPv6 : 0), TUNNEL_SPI);
    struct pair pair = {0, 0};

    if (shape->ah)
        frame_make_ah(&tunnel);
    pair.tunnel = frame_add_sa(device, &tunnel);
    testing_keys(&transport)[0] = key;
    if (key != 0)
        pair.transport = frame_add_sa(device, &transport);
    return pair;
}

static uint32_t ah_len(const struct shape *shape)
{
    return shape->ah ? 24 : 0;
}

static uint32_t ip_len(bool ipv6)
{
    return ipv6 ? 40 : 20;
}

/* frame_both: the whole framing of the stack; where the text is. */
static uint32_t frame_both(struct frame *frame, const struct shape *shape)
{
    uint8_t carried = shape->inner6 ? 41 : 4;

    frame_begin(frame, shape->outer6);
    uint32_t outer = frame_ip(frame, shape->outer6, shape->ah ? 51 : 50);
    if (shape->ah)
        frame_ah(frame, carried, TUNNEL_SPI, 77, 24);
    else
        frame_esp(frame, TUNNEL_SPI, 77, 8);
    uint32_t inner = frame_ip(frame, shape->inner6, 50);
    frame_esp(frame, TRANSPORT_SPI, 5, 8);
    uint32_t text = frame->len;
    frame_fill(frame, TEXT_LEN);
    frame_trailer(frame, 0, 17, 16);
    frame_end_ip(frame, inner);
    if (!shape->ah) {
        frame_fill(frame, 8); /* TFC padding */
        frame_trailer(frame, 2, carried, 16);
    }
    frame_end_ip(frame, outer);
    return text;
}

static struct ov2_oob oob_of(const struct shape *shape, const struct pair *pair)
{
    uint32_t outer = ip_len(shape->outer6), inner = outer + ah_len(shape) + ip_len(shape->inner6);
    struct ov2_oob oob;

    memset(&oob, 0, sizeof(oob));
    oob.ipsec = pair->transport;
    oob.tunnel = pair->tunnel;
    oob.header = shape->ah ? ov2_header_send(17, 0, outer / 4, inner / 4) : ov2_header_send(17, 0, 0, outer / 4);
    return oob;
}

static void send_both(struct frame *wire, const struct shape *shape)
{
    struct ov2_host host;
    struct frame frame;
    testing_host(&host);
    struct ov2_device *device = testing_open(&host, NULL);
    struct pair pair = add_pair(device, shape, 0, 1), swapped = {pair.tunnel, pair.transport};
    struct pair alone = {0, pair.tunnel}, dead = {pair.transport, pair.tunnel + 1};
    const struct pair *const REFUSED[] = {&swapped, &alone, &dead};
    struct ov2_oob oob = oob_of(shape, &pair);
    uint32_t text = frame_both(&frame, shape);

    testing_send_oob(device, frame.bytes, frame.len, &oob);
    CHECK(host.send_status == NDIS_STATUS_SUCCESS && host.frame_len == frame.len);
    CHECK(memcmp(host.frame + text, frame.bytes + text, TEXT_LEN) != 0);
    memcpy(wire->bytes, host.frame, frame.len);
    wire->len = frame.len;
    for (uint32_t i = 0; i < 3; i++) {
        oob = oob_of(shape, REFUSED[i]);
        testing_send_oob(device, frame.bytes, frame.len, &oob);
        CHECK(host.send_status == NDIS_STATUS_FAILURE && host.transmitted == 1);
    }
    testing_adapter()->close(device);
    CHECK(host.live == 0);
}

/* check_receive: the status of slot 1, whether the text is in the clear, and how much was stripped. */
static void check_receive(struct frame *wire, const struct shape *shape, const char *options, uint8_t key,
                          uint64_t want, bool clear, uint32_t stripped)
{
    struct ov2_host host;
    struct frame frame;
    testing_host(&host);
    struct ov2_device *device = testing_open(&host, options);
    uint32_t text = frame_both(&frame, shape);
    bool all = options != NULL && strstr(options, "all") != NULL;
    uint32_t at = all ? IP_AT + ip_len(shape->outer6) + ip_len(shape->inner6) : text;

    add_pair(device, shape, IPSEC_OFFLOAD_V2_INBOUND, key);
    testing_receive_on(device);
    testing_receive(device, wire->bytes, wire->len);
    CHECK(host.oob.ipsec == want && host.frame_len == wire->len - stripped);
    CHECK((memcmp(host.frame + at, frame.bytes + text, TEXT_LEN) == 0) == clear);
    if (stripped > 0) {
        uint32_t len = get_be16(host.frame + IP_AT + (shape->outer6 ? 4 : 2)) + (shape->outer6 ? 40u : 0u);
        CHECK(IP_AT + len == host.frame_len);
    }
    testing_adapter()->close(device);
    CHECK(host.live == 0);
}

static void check_both(const struct shape *shape)
{
    const uint64_t one = OV2_OOB_CRYPTO_DONE, both = OV2_OOB_CRYPTO_DONE | OV2_OOB_NEXT_CRYPTO_DONE;
    uint64_t bad_inside = both | CRYPTO_TRANSPORT_ESP_AUTH_FAILED << OV2_OOB_CRYPTO_STATUS_SHIFT;
    uint64_t bad_outside = one | (shape->ah ? CRYPTO_TUNNEL_AH_AUTH_FAILED : CRYPTO_TRANSPORT_ESP_AUTH_FAILED)
                                     << OV2_OOB_CRYPTO_STATUS_SHIFT;
    uint32_t trailers = 2 + 16 + (shape->ah ? 0 : 4 + 16);
    uint32_t headers = 16 + (shape->ah ? 24 : 16);
    struct frame wire;

    send_both(&wire, shape);
    check_receive(&wire, shape, NULL, 1, both, true, 0);
    check_receive(&wire, shape, "RX_STRIP=trailer", 1, both, true, trailers);
    check_receive(&wire, shape, "RX_STRIP=all", 1, both, true, trailers + headers);
    check_receive(&wire, shape, NULL, 2, bad_inside, false, 0);
    check_receive(&wire, shape, NULL, 0, one, false, 0);
    check_receive(&wire, shape, "combined=0", 1, one, false, 0);
    check_receive(&wire, shape, "tunnel=0", 1, 0, false, 0);
    wire.bytes[wire.len - 1] ^= 1;
    check_receive(&wire, shape, NULL, 1, bad_outside, false, 0);
}

int main(void)
{
    for (size_t i = 0; i < sizeof(VECTORS) / sizeof(VECTORS[0]); i++) {
        unsigned before = testing_failures;
        check_vector(&VECTORS[i]);
        if (testing_failures != before)
            fprintf(stderr, "vector: %s\n", VECTORS[i].name);
    }
    for (uint32_t i = 0; i < 8; i++) {
        struct shape shape = {(i & 1) != 0, (i & 2) != 0, (i & 4) != 0};
        unsigned before = testing_failures;
        check_both(&shape);
        if (testing_failures != before)
            fprintf(stderr, "shape: %u\n", i);
    }
    return testing_failures != 0;
}
