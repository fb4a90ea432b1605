/* SPDX-License-Identifier: MIT */
/*
 * Every suite out and in again: what one device sends, it receives as the plaintext it was, and a change of any octet
 * is seen.  The numbers themselves are proved by esp_test.c and ah_test.c.
 */
#include "testing.h"

#define IP_AT    14u
#define HIGH     0x01020304u
#define ESP_SPI  0x1001u
#define AH_SPI   0x2002u
#define TEXT_LEN 32u /* a multiple of every block, with the trailer */

/* One bundle; a zero identifier leaves the algorithm, ah 0 the operation out. */
struct bundle {
    uint32_t encryption, authentication, ah;
    bool ipv6, esn;
    const char *options;
};

/* sizes: what the bundle takes, worked out from the RFCs and not from the code under test. */
struct sizes {
    uint32_t ah_len, ah_icv_at, ah_icv_len, iv_len, icv_len;
};

static uint32_t key_len(uint32_t identifier, bool encryption)
{
    static const uint32_t ENCRYPTION[] = {0, 8, 24, 20, 28, 36, 16, 24, 32},
                          AUTHENTICATION[] = {16, 20, 32, 20, 28, 36};
    uint32_t bit = 0;

    if (identifier == 0)
        return 0;
    while ((identifier >> bit & 1) == 0)
        bit++;
    return encryption ? ENCRYPTION[bit] : AUTHENTICATION[bit];
}

static bool is_gmac(uint32_t authentication)
{
    return authentication >= IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_128;
}

static uint32_t mac_len(uint32_t authentication)
{
    return authentication == 0 ? 0 : authentication <= IPSEC_OFFLOAD_V2_AUTHENTICATION_SHA_1 ? 12 : 16;
}

static bool is_gcm(uint32_t encryption)
{
    return (encryption & 0x38u) != 0;
}

static struct sizes sizes_of(const struct bundle *bundle)
{
    struct sizes sizes = {0};
    uint32_t unit = bundle->ipv6 ? 8 : 4;

    if (bundle->ah != 0) {
        sizes.ah_icv_at = is_gmac(bundle->ah) ? 20 : 12;
        sizes.ah_icv_len = mac_len(bundle->ah);
        sizes.ah_len = (sizes.ah_icv_at + sizes.ah_icv_len + unit - 1) / unit * unit;
    }
    if (bundle->encryption == 0)
        return sizes;
    sizes.icv_len = is_gcm(bundle->encryption) ? 16 : mac_len(bundle->authentication);
    if (bundle->encryption >= IPSEC_OFFLOAD_V2_ENCRYPTION_AES_CBC_128)
        sizes.iv_len = 16;
    else if (bundle->encryption != IPSEC_OFFLOAD_V2_ENCRYPTION_NONE || is_gmac(bundle->authentication))
        sizes.iv_len = 8;
    return sizes;
}

static void fill_algorithm(struct testing_add *add, struct ipsec_offload_v2_algorithm_info *info, uint32_t identifier,
                           bool encryption)
{
    uint32_t len = key_len(identifier, encryption);

    info->Identifier = identifier;
    info->KeyLength = len;
    info->KeyOffsetBytes = add->sa.KeyLength;
    for (uint32_t i = 0; i < len; i++)
        testing_keys(add)[add->sa.KeyLength + i] = (uint8_t)(17 * (add->sa.KeyLength + i) + 1);
    add->sa.KeyLength += len;
}

static uint64_t add_bundle(struct ov2_device *device, const struct bundle *bundle, uint32_t flags)
{
    struct testing_add add = testing_gcm(flags | (bundle->ipv6 ? IPSEC_OFFLOAD_V2_IPv6 : 0), ESP_SPI);
    struct ipsec_offload_v2_security_association *sa = add.sa.SecAssoc;

    add.sa.KeyLength = 0;
    add.sa.NumExtHdrs = (bundle->encryption != 0 ? 1u : 0u) + (bundle->ah != 0 ? 1u : 0u);
    for (uint32_t i = 0; i < add.sa.NumExtHdrs; i++) {
        bool is_ah = bundle->encryption == 0 || i == 1;
        memset(&sa[i], 0, sizeof(sa[i]));
        sa[i].Operation = is_ah ? IPSEC_OFFLOAD_V2_OPERATION_AH : IPSEC_OFFLOAD_V2_OPERATION_ESP;
        put_be32((uint8_t *)&sa[i].Spi, is_ah ? AH_SPI : ESP_SPI);
        sa[i].Flags = bundle->esn ? IPSEC_OFFLOAD_V2_ESN_SA : 0;
        sa[i].SequenceNumberHighOrder = bundle->esn ? HIGH + i : 0;
        if (!is_ah)
            fill_algorithm(&add, &sa[i].EncryptionAlgorithm, bundle->encryption, true);
        fill_algorithm(&add, &sa[i].AuthenticationAlgorithm, is_ah ? bundle->ah : bundle->authentication, false);
    }
    CHECK(testing_submit(device, OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA, &add, testing_add_len(&add)) ==
          NDIS_STATUS_SUCCESS);
    return (uintptr_t)add.sa.OffloadHandle;
}

/* frame_of: framed as the stack does it; returns the length without the ESP ICV. */
static uint32_t frame_of(uint8_t *frame, const struct bundle *bundle)
{
    struct sizes sizes = sizes_of(bundle);
    uint32_t ip_len = bundle->ipv6 ? 40 : 20, at = IP_AT + ip_len;
    bool has_esp = bundle->encryption != 0;

    memset(frame, 0, 256);
    put_be16(frame + 12, bundle->ipv6 ? 0x86DD : 0x0800);
    frame[IP_AT] = bundle->ipv6 ? 0x60 : 0x45;
    frame[IP_AT + (bundle->ipv6 ? 6 : 9)] = bundle->ah != 0 ? 51 : 50;
    if (bundle->ah != 0) {
        frame[at] = has_esp ? 50 : 17;
        frame[at + 1] = (uint8_t)(sizes.ah_len / 4 - 2);
        put_be32(frame + at + 4, AH_SPI);
        put_be32(frame + at + 8, 5);
        at += sizes.ah_len;
    }
    if (has_esp) {
        put_be32(frame + at, ESP_SPI);
        put_be32(frame + at + 4, 6);
        at += 8 + sizes.iv_len;
    }
    for (uint32_t i = 0; i < TEXT_LEN; i++)
        frame[at + i] = (uint8_t)(i + 1);
    frame[at + TEXT_LEN - 2] = 3;
    frame[at + TEXT_LEN - 1] = 17;
    at += TEXT_LEN;
    uint32_t total = at + (has_esp ? sizes.icv_len : 0) - IP_AT;
    put_be16(frame + IP_AT + (bundle->ipv6 ? 4 : 2), bundle->ipv6 ? total - 40 : total);
    return at;
}

static uint64_t header_of(const struct bundle *bundle)
{
    uint32_t ip_len = bundle->ipv6 ? 40 : 20;
    uint32_t ah_len = sizes_of(bundle).ah_len;

    return ov2_header_send(17, 3, ah_len != 0 ? ip_len / 4 : 0, bundle->encryption != 0 ? (ip_len + ah_len) / 4 : 0);
}

/* check_flips: every octet behind the sequence numbers matters; the status says whose check it was. */
static void check_flips(struct ov2_device *device, struct ov2_host *host, const struct bundle *bundle, uint8_t *wire,
                        uint32_t len)
{
    uint32_t want = bundle->ah != 0 ? CRYPTO_TRANSPORT_AH_AUTH_FAILED : CRYPTO_TRANSPORT_ESP_AUTH_FAILED;
    uint32_t first = IP_AT + (bundle->ipv6 ? 40u : 20u) + (bundle->ah != 0 ? 8u : 4u);

    for (uint32_t at = first; at < len; at++) {
        if (bundle->ah != 0 && bundle->encryption != 0 && get_be32(wire + at) == ESP_SPI)
            at += 4; /* another SPI is another matter */
        wire[at] ^= 0x80;
        testing_receive(device, wire, len);
        CHECK(host->oob.ipsec == (OV2_OOB_CRYPTO_DONE | want << OV2_OOB_CRYPTO_STATUS_SHIFT));
        CHECK(host->oob.header == 0 && memcmp(host->frame, wire, len) == 0);
        wire[at] ^= 0x80;
    }
}

static void test_bundle(const struct bundle *bundle)
{
    uint8_t frame[256], wire[256];
    struct ov2_host host;
    testing_host(&host);
    struct ov2_device *device = testing_open(&host, bundle->options);
    bool appended = bundle->options != NULL && strstr(bundle->options, "appended") != NULL;
    bool stripped = bundle->options != NULL && strstr(bundle->options, "all") != NULL;
    struct sizes sizes = sizes_of(bundle);
    uint32_t text_end = frame_of(frame, bundle);
    uint32_t len = text_end + sizes.icv_len;
    uint64_t handle = add_bundle(device, bundle, 0);

    add_bundle(device, bundle, IPSEC_OFFLOAD_V2_INBOUND);
    testing_receive_on(device);
    for (uint32_t round = 0; round < 2; round++) {
        testing_send(device, frame, appended ? text_end : len, handle, header_of(bundle));
        CHECK(host.transmitted == round + 1 && host.send_status == NDIS_STATUS_SUCCESS && host.frame_len == len);
        memcpy(wire, host.frame, len);
        testing_receive(device, wire, len);
        CHECK(host.oob.ipsec == OV2_OOB_CRYPTO_DONE);
        CHECK(host.oob.header == (bundle->encryption != 0 ? OV2_OOB_HEADER_INFO_SET | 3u << 8 | 17u : 0));
        if (stripped)
            CHECK(memcmp(host.frame + host.frame_len - (TEXT_LEN - 5), frame + text_end - TEXT_LEN, TEXT_LEN - 5) == 0);
        else
            CHECK(memcmp(host.frame + text_end - TEXT_LEN, frame + text_end - TEXT_LEN, TEXT_LEN) == 0);
    }
    check_flips(device, &host, bundle, wire, len);
    testing_adapter()->close(device);
    CHECK(host.live == 0);
}

static void check(uint32_t encryption, uint32_t authentication, uint32_t ah)
{
    static const char *const OPTIONS[] = {NULL, "ICV_SPACE=appended", "RX_STRIP=all", NULL};
    unsigned before = testing_failures;

    for (uint32_t i = 0; i < 4; i++) {
        struct bundle bundle = {encryption, authentication, ah, i % 2 != 0, i / 2 != 0, OPTIONS[i]};
        /* Without ESP there is no trailer to find the text by. */
        if (encryption == 0)
            bundle.options = NULL;
        test_bundle(&bundle);
    }
    if (testing_failures != before)
        fprintf(stderr, "suite: encryption 0x%x, authentication 0x%x, AH 0x%x\n", encryption, authentication, ah);
}

int main(void)
{
    for (uint32_t encryption = 1; encryption <= 0x100; encryption *= 2)
        for (uint32_t authentication = 1; authentication <= 0x20; authentication *= 2) {
            if (is_gcm(encryption))
                check(encryption, 0, authentication);
            else if (!is_gmac(authentication) || encryption == IPSEC_OFFLOAD_V2_ENCRYPTION_NONE)
                check(encryption, authentication, 0);
            if (!is_gcm(encryption) && encryption != IPSEC_OFFLOAD_V2_ENCRYPTION_NONE)
                check(encryption, 0, authentication);
        }
    for (uint32_t ah = 1; ah <= 0x20; ah *= 2)
        check(0, 0, ah);
    return testing_failures != 0;
}
