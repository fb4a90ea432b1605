/* SPDX-License-Identifier: MIT */
/* AH through the contract: packets that another implementation made, and what may change in them on the way. */
#include "testing.h"

struct vector {
    const char *name;
    uint32_t identifier;
    bool ipv6;
    bool esn;
    uint32_t high;
    uint32_t ah; /* offset in the datagram */
    uint32_t icv_len;
    const char *key;
    const char *packet;
};

/* scapy 2.5.0: plain IPv4, IPv4 options with ESN, IPv6 extension headers. */
static const struct vector VECTORS[] = {
    {"scapy-ah-273", IPSEC_OFFLOAD_V2_AUTHENTICATION_MD5, false, false, 0u, 20, 12, "a43f5abd502a1e60138ef6af15ea91f5",
     "4500004912340000403354490a0100010a02000211040000112233440000000995cc43780617ff30cc3e3f2a045708ae"
     "001d7045000102030405060708090a0b0c0d0e0f1011121314"},
    {"scapy-ah-292", IPSEC_OFFLOAD_V2_AUTHENTICATION_SHA_1, false, true, 5u, 36, 12,
     "a43f5abd502a1e60138ef6af15ea91f5bcbfab09",
     "492e005912344000403370fb0a0100010a02000294040000070b04000000000000000000110400001122334400000009"
     "8dfa1e20686ffaf4e6901a1d045708ae001db1f4787878787878787878787878787878787878787878"},
    {"scapy-ah-310", IPSEC_OFFLOAD_V2_AUTHENTICATION_SHA_256, true, false, 0u, 72, 16,
     "a43f5abd502a1e60138ef6af15ea91f5bcbfab09cc32df1a75f50cbbe2ac6d32",
     "60312345005d004020010db800000000000000000000000120010db80000000000000000000000023c02050200003e04"
     "616263641e046566676801040000000033001e047778797a1106000011223344000000092f8ad70f996f9b284049b007"
     "67b994ce00000000045708ae001d6a85787878787878787878787878787878787878787878"},
};

#define VECTOR_COUNT (sizeof(VECTORS) / sizeof(VECTORS[0]))
#define IP_AT        14u

static uint64_t add_sa(struct ov2_device *device, const struct vector *vector, uint32_t spi, uint32_t flags)
{
    struct testing_add add = testing_gcm(flags | (vector->ipv6 ? IPSEC_OFFLOAD_V2_IPv6 : 0), spi);
    struct ipsec_offload_v2_security_association *sa = &add.sa.SecAssoc[0];

    add.sa.KeyLength = testing_hex(testing_keys(&add), vector->key);
    sa->Operation = IPSEC_OFFLOAD_V2_OPERATION_AH;
    memset(&sa->EncryptionAlgorithm, 0, sizeof(sa->EncryptionAlgorithm));
    sa->AuthenticationAlgorithm.Identifier = vector->identifier;
    sa->AuthenticationAlgorithm.KeyLength = add.sa.KeyLength;
    sa->Flags = vector->esn ? IPSEC_OFFLOAD_V2_ESN_SA : 0;
    sa->SequenceNumberHighOrder = vector->high;
    CHECK(testing_submit(device, OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA, &add, testing_add_len(&add)) ==
          NDIS_STATUS_SUCCESS);
    return (uintptr_t)add.sa.OffloadHandle;
}

static uint32_t frame_of(uint8_t *frame, const struct vector *vector)
{
    memset(frame, 0, IP_AT);
    put_be16(frame + 12, vector->ipv6 ? 0x86DD : 0x0800);
    return IP_AT + testing_hex(frame + IP_AT, vector->packet);
}

static void test_seal(const struct vector *vector)
{
    uint8_t frame[512], want[512];
    struct ov2_host host;
    testing_host(&host);
    struct ov2_device *device = testing_open(&host, NULL);
    uint32_t len = frame_of(want, vector);
    uint64_t handle = add_sa(device, vector, get_be32(want + IP_AT + vector->ah + 4), 0);

    memcpy(frame, want, len);
    memset(frame + IP_AT + vector->ah + 12, 0xEE, vector->icv_len);
    testing_send(device, frame, len, handle, ov2_header_send(0, 0, vector->ah / 4, 0));
    CHECK(host.transmitted == 1 && host.frame_len == len && memcmp(host.frame, want, len) == 0);
    testing_send(device, frame, len, handle, ov2_header_send(0, 0, vector->ah / 4 + 1, 0));
    CHECK(host.transmitted == 1 && host.send_status == NDIS_STATUS_FAILURE);
    testing_adapter()->close(device);
    CHECK(host.live == 0);
}

/* may_change: octets in front of AH that it does not cover (RFC 4302 appendix A) and that make no other packet of it.
 */
static bool may_change(const struct vector *vector, uint32_t at)
{
    static const uint8_t IPV4[] = {1, 6, 8, 10, 11}, IPV6[] = {1, 2, 3, 7};

    return vector->ipv6 ? memchr(IPV6, (int)at, sizeof(IPV6)) != NULL : memchr(IPV4, (int)at, sizeof(IPV4)) != NULL;
}

static void test_open(const struct vector *vector)
{
    uint8_t frame[512];
    struct ov2_host host;
    testing_host(&host);
    struct ov2_device *device = testing_open(&host, "RX_STRIP=all");
    uint32_t len = frame_of(frame, vector);
    uint32_t first = vector->ipv6 ? 40 : 20;

    add_sa(device, vector, get_be32(frame + IP_AT + vector->ah + 4), IPSEC_OFFLOAD_V2_INBOUND);
    testing_receive_on(device);
    for (uint32_t at = 0; at < first; at++) {
        if (!may_change(vector, at))
            continue;
        frame[IP_AT + at] ^= at == 6 ? 0x40 : 1; /* not MF */
        testing_receive(device, frame, len);
        CHECK(host.oob.ipsec == OV2_OOB_CRYPTO_DONE && host.oob.header == 0);
        frame[IP_AT + at] ^= at == 6 ? 0x40 : 1;
    }
    CHECK(host.frame_len == len - (frame[IP_AT + vector->ah + 1] + 2u) * 4);
    CHECK(host.frame[IP_AT + (vector->ipv6 ? 6 : 9)] != 51);
    for (uint32_t at = vector->ah + 8; at < len - IP_AT; at++) {
        frame[IP_AT + at] ^= 1;
        testing_receive(device, frame, len);
        CHECK(ov2_crypto_status(host.oob.ipsec) == CRYPTO_TRANSPORT_AH_AUTH_FAILED);
        CHECK(host.frame_len == len && memcmp(host.frame, frame, len) == 0);
        frame[IP_AT + at] ^= 1;
    }
    frame[IP_AT + vector->ah + 1] = 255;
    testing_receive(device, frame, len);
    CHECK(ov2_crypto_status(host.oob.ipsec) == CRYPTO_INVALID_PACKET_SYNTAX);
    testing_adapter()->close(device);
    CHECK(host.live == 0);
}

int main(void)
{
    for (size_t i = 0; i < VECTOR_COUNT; i++) {
        unsigned before = testing_failures;
        test_seal(&VECTORS[i]);
        test_open(&VECTORS[i]);
        if (testing_failures != before)
            fprintf(stderr, "vector: %s\n", VECTORS[i].name);
    }
    return testing_failures != 0;
}
