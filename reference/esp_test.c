/* SPDX-License-Identifier: MIT */
/* Known answers through the contract: draft-mcgrew-gcm-test-01, each sealed with the IV of the vector and opened. */
#include "testing.h"

struct vector {
    const char *name;
    uint32_t identifier;
    const char *key; /* with the salt */
    bool esn;
    uint32_t high;
    const char *text;      /* payload and trailer */
    const char *protected; /* SPI .. ICV */
};

static const struct vector VECTORS[] = {
    {"mcgrew-gcm-test-01-02", IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_128, "feffe9928665731c6d6a8f9467308308cafebabe",
     false, 0u,
     "4500003e698f000080114dccc0a80102c0a801010a980035002a2343b2d00100000100000000000003736970"
     "0963796265726369747902646b00000100010001",
     "0000a5f80000000afacedbaddecaf888deb22cd9b07c72c16e3a65beeb8df304a5a5897d33ae530f1ba76d5d"
     "114d2a5c3de81827c10e9a4f51330d0eec416642cfbb85a5b47e48a4ec3b9ba95d918bd183b70d3aa8bc6ee4"
     "c309e9d85a41ad4a"},
    {"mcgrew-gcm-test-01-03", IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_256,
     "abbccddef00112233445566778899aababbccddef00112233445566778899aab11223344", false, 0u,
     "4500003069a6400080062690c0a801029389155e0a9e008b2dc57ee0000000007002400020bf0000020405b4"
     "0101040201020201",
     "4a2cbfe3000000020102030405060708ff425c9b724599df7a3bcd510194e00d6a78107f1b0b1cbf06efae9d"
     "65a5d763748a637985771d347f0545659f14e99def842d8eb335f4eecfdbf831824b4c4915956c96"},
    {"mcgrew-gcm-test-01-09", IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_256,
     "abbccddef00112233445566778899aababbccddef00112233445566778899aab73616c74", true, 359608614u,
     "45080028732c00004006e9f90a0106120a01038f06b88023dd6bafbecb71260250101f646d540001",
     "17405e67dd0db99b616e640169766563f2d69ecdbd5a0d5b8d5ef38bad4da58d1f278fde98ef67549d524a30"
     "18d9a57ff4d3a31ce673119e451626c2415771e3b7eebca614c89b35"},
};

#define VECTOR_COUNT (sizeof(VECTORS) / sizeof(VECTORS[0]))
#define IP_AT        14u
#define ESP_AT       34u

/* frame_esp: an Ethernet and IPv4 header in front of len bytes of ESP, which are already there. */
static uint32_t frame_esp(uint8_t *frame, uint32_t len)
{
    static const uint8_t ADDRESSES[8] = {10, 0, 0, 1, 10, 0, 0, 2};

    memset(frame, 0, ESP_AT);
    put_be16(frame + 12, 0x0800);
    frame[IP_AT] = 0x45;
    put_be16(frame + IP_AT + 2, 20 + len);
    frame[IP_AT + 8] = 64;
    frame[IP_AT + 9] = 50;
    memcpy(frame + IP_AT + 12, ADDRESSES, 8);
    return ESP_AT + len;
}

static uint64_t add_sa(struct ov2_device *device, const struct vector *vector, const uint8_t *packet, uint32_t flags)
{
    struct testing_add add = testing_gcm(flags, get_be32(packet));
    struct ipsec_offload_v2_security_association *sa = &add.sa.SecAssoc[0];

    add.sa.KeyLength = testing_hex(testing_keys(&add), vector->key);
    sa->EncryptionAlgorithm.Identifier = vector->identifier;
    sa->EncryptionAlgorithm.KeyLength = add.sa.KeyLength;
    sa->Flags = vector->esn ? IPSEC_OFFLOAD_V2_ESN_SA : 0;
    sa->SequenceNumberHighOrder = vector->high;
    CHECK(testing_submit(device, OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA, &add, testing_add_len(&add)) ==
          NDIS_STATUS_SUCCESS);
    return (uintptr_t)add.sa.OffloadHandle;
}

static void test_seal(const struct vector *vector)
{
    uint8_t frame[512], packet[512], want[512];
    struct ov2_host host;
    testing_host(&host);
    struct ov2_device *device = testing_open(&host, "IV_BY=stack");
    uint32_t len = testing_hex(want + ESP_AT, vector->protected);
    uint32_t text_len = testing_hex(frame + ESP_AT + 16, vector->text);
    uint64_t handle = add_sa(device, vector, want + ESP_AT, 0);

    CHECK(16 + text_len + 16 == len);
    memcpy(frame + ESP_AT, want + ESP_AT, 16);
    memset(frame + ESP_AT + 16 + text_len, 0xEE, 16);
    frame_esp(want, len);
    uint32_t frame_len = frame_esp(frame, len);
    memcpy(packet, frame, frame_len);
    testing_send(device, frame, frame_len, handle, ov2_header_send(1, 0, 0, 5));
    CHECK(host.transmitted == 1 && host.sent == 1 && host.send_status == NDIS_STATUS_SUCCESS);
    CHECK(host.frame_len == frame_len && memcmp(host.frame, want, frame_len) == 0);
    CHECK(memcmp(frame, packet, frame_len) == 0);

    testing_send(device, frame, frame_len, handle + 1, ov2_header_send(1, 0, 0, 5));
    CHECK(host.transmitted == 1 && host.sent == 2 && host.send_status == NDIS_STATUS_FAILURE);
    testing_adapter()->close(device);
    CHECK(host.live == 0);
}

static void test_open(const struct vector *vector)
{
    uint8_t frame[512], text[512];
    struct ov2_host host;
    testing_host(&host);
    struct ov2_device *device = testing_open(&host, NULL);
    uint32_t len = testing_hex(frame + ESP_AT, vector->protected);
    uint32_t text_len = testing_hex(text, vector->text);
    uint32_t frame_len = frame_esp(frame, len);
    uint32_t trailer = text[text_len - 1] | (uint32_t)text[text_len - 2] << 8;

    add_sa(device, vector, frame + ESP_AT, IPSEC_OFFLOAD_V2_INBOUND);
    testing_receive(device, frame, frame_len);
    CHECK(host.oob.ipsec == 0 && memcmp(host.frame, frame, frame_len) == 0);
    testing_receive_on(device);
    testing_receive(device, frame, frame_len);
    CHECK(host.indicated == 2 && host.oob.ipsec == OV2_OOB_CRYPTO_DONE);
    CHECK(host.oob.header == (OV2_OOB_HEADER_INFO_SET | trailer));
    CHECK(host.frame_len == frame_len && memcmp(host.frame, frame, ESP_AT + 16) == 0);
    CHECK(memcmp(host.frame + ESP_AT + 16, text, text_len) == 0);

    for (uint32_t i = ESP_AT + 4; i < frame_len; i++) {
        frame[i] ^= 0x40;
        testing_receive(device, frame, frame_len);
        CHECK(ov2_crypto_status(host.oob.ipsec) == CRYPTO_TRANSPORT_ESP_AUTH_FAILED && host.oob.header == 0);
        CHECK(memcmp(host.frame, frame, frame_len) == 0);
        frame[i] ^= 0x40;
    }
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
