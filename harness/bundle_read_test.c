/* SPDX-License-Identifier: MIT */
/* What is read from an ADD element, the header of the other structures, and elements of any bytes. */
#define TEST_FILE "bundle_read_test.c"
#include "bundle_test.inc"

#define ROUNDS 100000u

static void judge(struct bundle *bundle, struct bundle_verdict *verdict, int at, const char *text,
                  const struct profile *profile)
{
    struct bundle_input input;
    uint8_t *bytes = element_of(&input, at, text, HEAD, profile);

    bundle_judge(bundle, verdict, &input);
    free(bytes);
}

/* ---- What is read ---- */

static void test_bundle(void)
{
    static const uint8_t keys[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2};
    struct profile profile;
    struct bundle_verdict verdict;
    struct bundle bundle;

    profile_of(&profile, __LINE__, "");
    judge(&bundle, &verdict, __LINE__, EX(PAIR_OF_TWO "in esn hi=7 ah_hi=8 spi=0x01020304 key=16*01.4*02.20*03"),
          &profile);
    expect(__LINE__, "inbound", bundle.inbound, true);
    expect(__LINE__, "layers", bundle.layer_count, 2);
    expect(__LINE__, "SPI", bundle.layers[0].spi, 0x01020304);
    expect(__LINE__, "AH SPI", bundle.layers[1].spi, 0x2001);
    expect(__LINE__, "high half", bundle.layers[0].hi, 7);
    expect(__LINE__, "high half of AH", bundle.layers[1].hi, 8);
    expect(__LINE__, "ESN", bundle.layers[1].esn, true);
    expect(__LINE__, "ICV", bundle.layers[0].icv, 16);
    expect(__LINE__, "ICV of AH", bundle.layers[1].icv, 12);
    expect(__LINE__, "key", bundle.layers[0].enc_key_len, 20);
    expect(__LINE__, "key", memcmp(bundle.layers[0].enc_key, keys, 20) == 0, true);
    expect(__LINE__, "no key", bundle.layers[0].auth_key_len, 0);
    expect(__LINE__, "key of AH", bundle.layers[1].auth_key_len, 20);
    expect(__LINE__, "key of AH", bundle.layers[1].auth_key[19], 3);
    expect(__LINE__, "suite", strcmp(bundle.layers[0].suite->name, "aes-gcm-128") == 0, true);
    judge(&bundle, &verdict, __LINE__, EX("icv=12 udp=12 src=2001:db8::1"), &profile);
    expect(__LINE__, "ICV", bundle.layers[0].icv, 12);
    expect(__LINE__, "the first UDP type", bundle.udp, 4);
    expect(__LINE__, "family", bundle.ipv6, true);
    expect(__LINE__, "source", bundle.src[15], 1);
    judge(&bundle, &verdict, __LINE__, EX("icv=7 udp=0x10"), &profile);
    expect(__LINE__, "ICV unknown", bundle.layers[0].icv, 16);
    expect(__LINE__, "no UDP type", bundle.udp, 0);
    judge(&bundle, &verdict, __LINE__, EX("udp=1 ah=ah-sha1 dst=192.0.2.1"), &profile);
    expect(__LINE__, "UDP ignored", bundle.udp, 0);
    expect(__LINE__, "destination", bundle.dst[0], 192);
    judge(&bundle, &verdict, __LINE__, EX("esp=null+sha1 sa0.enc=0"), &profile);
    expect(__LINE__, "suite", strcmp(bundle.layers[0].suite->name, "null+sha1") == 0, true);
    profile_of(&profile, __LINE__, "EX_KEYBASE=struct SPI_ORDER=host GCM_KEY=key");
    judge(&bundle, &verdict, __LINE__, EX("spi=0x01020304 key=16*01"), &profile);
    expect(__LINE__, "SPI", bundle.layers[0].spi, 0x01020304);
    expect(__LINE__, "key", bundle.layers[0].enc_key_len, 16);
    expect(__LINE__, "key", memcmp(bundle.layers[0].enc_key, keys, 16) == 0, true);
}

static void test_swapped(void)
{
    struct profile profile;
    struct bundle_verdict verdict;
    struct bundle bundle;

    profile_of(&profile, __LINE__, "");
    judge(&bundle, &verdict, __LINE__,
          EX("ext=2 ah=ah-md5 key=16*05.20*06 sa1.op=esp sa1.spi=0x3000 sa1.enc=none sa1.auth=sha1 sa1.auth.len=20 "
             "sa1.auth.off=16"),
          &profile);
    expect(__LINE__, "ESP first", bundle.layers[0].operation, IPSEC_OFFLOAD_V2_OPERATION_ESP);
    expect(__LINE__, "key of ESP", bundle.layers[0].auth_key[0], 6);
    expect(__LINE__, "key of AH", bundle.layers[1].auth_key[0], 5);
    expect(__LINE__, "SPI of ESP", bundle.layers[0].spi, 0x3000);
}

/* What OffloadHandle holds beforehand is no reason to refuse. */
static void test_handle(void)
{
    static const char *const texts[] = {EX(""), ADD("")};
    static const size_t offsets[] = {offsetof(struct ipsec_offload_v2_add_sa_ex, OffloadHandle),
                                     offsetof(struct ipsec_offload_v2_add_sa, OffloadHandle)};
    struct profile profile;
    struct bundle_input input;
    struct bundle_verdict verdict;
    struct bundle bundle;

    profile_of(&profile, __LINE__, "");
    for (size_t i = 0; i < 2; i++) {
        uint8_t *bytes = element_of(&input, __LINE__, texts[i], HEAD, &profile);
        bytes[offsets[i]] = 1;
        bundle_judge(&bundle, &verdict, &input);
        expect(__LINE__, texts[i], verdict.permit, BUNDLE_ACCEPT);
        if (strcmp(verdict.requirement, "ADD-007") != 0)
            fail(__LINE__, texts[i], verdict.requirement, "ADD-007");
        free(bytes);
    }
}

static void test_same_selectors(void)
{
    static const struct {
        int line;
        const char *text;
        bool same;
    } others[] = {
        {__LINE__, EX("in spi=0x5000 src=192.0.2.1"), true},
        {__LINE__, EX("in spi=0x5000 src=192.0.2.1 ah=ah-md5"), true},
        {__LINE__, EX("in spi=0x5001 src=192.0.2.1"), false},
        {__LINE__, EX("in spi=0x5000 src=192.0.2.2"), false},
        {__LINE__, EX("in spi=0x5000 src=192.0.2.1 dst=192.0.2.2"), false},
        {__LINE__, EX("spi=0x5000 src=192.0.2.1"), false},
        {__LINE__, EX("in spi=0x5000 src=c000:201::"), false},
        {__LINE__, EX("in " PAIR_OF_TWO "ah_spi=0x5000 src=192.0.2.1"), true},
    };
    struct profile profile;
    struct bundle_verdict verdict;
    struct bundle first;
    struct bundle other;

    profile_of(&profile, __LINE__, "");
    judge(&first, &verdict, __LINE__, others[0].text, &profile);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        judge(&other, &verdict, others[i].line, others[i].text, &profile);
        expect(others[i].line, others[i].text, bundle_same_selectors(&first, &other), others[i].same);
        expect(others[i].line, others[i].text, bundle_same_selectors(&other, &first), others[i].same);
    }
}

/* ---- The header of other structures ---- */

static void test_header(void)
{
    static const struct {
        int line;
        uint32_t fixed;
        uint32_t limit;
        uint16_t size;
        uint8_t revision;
        bool usable;
        enum bundle_permit permit;
        const char *requirement;
    } headers[] = {
        {__LINE__, 24, 24, 24, 1, true, ACCEPT, "HDR-004"},     {__LINE__, 28, 32, 32, 1, true, ACCEPT, "HDR-005"},
        {__LINE__, 28, 32, 28, 1, true, ACCEPT, "HDR-004"},     {__LINE__, 24, 32, 25, 1, true, ACCEPT, "HDR-006"},
        {__LINE__, 24, 32, 24, 2, true, ACCEPT, "HDR-008"},     {__LINE__, 24, 23, 24, 1, false, REJECT, "DEL-017"},
        {__LINE__, 28, 27, 28, 1, false, REJECT, "UPD-004"},    {__LINE__, 36, 40, 40, 1, true, ACCEPT, "HDR-005"},
        {__LINE__, 36, 40, 28, 1, true, EITHER, "HDR-007"},     {__LINE__, 36, 40, 32, 1, false, REJECT, "HDR-007"},
        {__LINE__, 24, 32, 23, 1, false, REJECT, "HDR-007"},    {__LINE__, 24, 32, 23, 255, false, REJECT, "HDR-009"},
        {__LINE__, 24, 32, 0xFFFF, 1, true, EITHER, "HDR-012"},
    };
    uint8_t bytes[40] = {NDIS_OBJECT_TYPE_DEFAULT};

    if (sizeof(void *) != 8)
        return;
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        struct bundle_input input = {bytes, sizeof bytes, headers[i].limit, false, true, false, NULL};
        struct bundle_verdict verdict;
        bytes[1] = headers[i].revision;
        memcpy(bytes + 2, &headers[i].size, 2);
        expect(headers[i].line, "usable", bundle_judge_header(&verdict, &input, headers[i].fixed), headers[i].usable);
        expect(headers[i].line, "permit", verdict.permit, headers[i].permit);
        if (strcmp(verdict.requirement, headers[i].requirement) != 0)
            fail(headers[i].line, "requirement", verdict.requirement, headers[i].requirement);
    }
}

/* ---- Any bytes ---- */

static uint64_t random_state = 20240607;

static uint32_t random_below(uint32_t bound)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((random_state >> 33) % bound);
}

static const char *const seeds[] = {
    EX(""),
    ADD(""),
    EX(PAIR_OF_TWO),
    ADD(CBC "in esn"),
    EX("esp=des-cbc+md5"),
    ADD("ah=ah-gmac-256 src=::1"),
    EX("esp=3des-cbc+sha256 ah=ah-sha256"),
};

/* A sound element with a few 32-bit words spoiled, and a wrong length; or nothing but noise. */
static void spoil(uint8_t *bytes, uint32_t len)
{
    static const uint32_t values[] = {0,      1,          2,          3,          8,          16,
                                      20,     28,         0x18,       0x40,       0xA8,       0xAA,
                                      0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFC, UINT32_MAX};
    uint32_t count = random_below(4);

    if (random_below(8) == 0) {
        for (uint32_t i = 4; i < len; i++)
            bytes[i] = (uint8_t)random_below(256);
    }
    for (uint32_t i = 0; i < count && len >= 4; i++) {
        uint32_t value = values[random_below(sizeof values / sizeof values[0])];
        memcpy(bytes + (size_t)random_below(len / 4) * 4, &value, sizeof value);
    }
}

static void check_sound(const struct bundle *bundle, const struct bundle_verdict *verdict)
{
    expect(__LINE__, "a requirement", verdict->requirement[0] != '\0', true);
    expect(__LINE__, "at most two layers", bundle->layer_count <= 2, true);
    for (uint32_t i = 0; i < 2; i++) {
        expect(__LINE__, "key room", bundle->layers[i].enc_key_len <= BUNDLE_KEY_MAX, true);
        expect(__LINE__, "key room", bundle->layers[i].auth_key_len <= BUNDLE_KEY_MAX, true);
    }
    if (verdict->permit != BUNDLE_ACCEPT)
        return;
    for (uint32_t i = 0; i < bundle->layer_count; i++) {
        const struct suite *suite = bundle->layers[i].suite;
        expect(__LINE__, "accepted: a suite", suite != NULL, true);
        if (suite)
            expect(__LINE__, "accepted: keys",
                   bundle->layers[i].enc_key_len >= suite->enc_key && bundle->layers[i].auth_key_len >= suite->auth_key,
                   true);
    }
}

static void test_random(void)
{
    uint32_t seen[4] = {0};

    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct profile profile;
        struct bundle_input input;
        struct bundle_verdict verdict;
        struct bundle bundle;
        uint8_t *bytes;
        uint8_t *cut;

        profile_of(&profile, __LINE__, round % 2 ? "" : "EX_KEYBASE=struct GCM_KEY=key ICV_UNIT=bits");
        take_away(&profile, (enum lack)random_below(NDIS_630 + 16));
        bytes = element_of(&input, __LINE__, seeds[random_below(sizeof seeds / sizeof seeds[0])], HEAD, &profile);
        spoil(bytes, input.len);
        if (random_below(4) == 0)
            input.len = random_below(input.len + 1);
        cut = malloc(input.len > 0 ? input.len : 1);
        if (!cut)
            exit(1);
        memcpy(cut, bytes, input.len);
        free(bytes);
        input.bytes = cut;
        input.is_head = random_below(4) != 0;
        input.limit = input.is_head ? random_below(2) ? input.len : random_below(400) : UINT32_MAX;
        bundle_judge(&bundle, &verdict, &input);
        check_sound(&bundle, &verdict);
        seen[verdict.permit]++;
        free(cut);
    }
    for (uint32_t i = 0; i < 4; i++)
        expect(__LINE__, permits[i], seen[i] > ROUNDS / 100, true);
}

int main(void)
{
    test_bundle();
    test_swapped();
    test_handle();
    test_same_selectors();
    test_header();
    test_random();
    return failures > 0;
}
