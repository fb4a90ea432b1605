/* SPDX-License-Identifier: MIT */
/* The judgement of ADD elements, rule by rule, on elements that trace lines describe. */
#define TEST_FILE "bundle_test.c"
#include "bundle_test.inc"

struct row {
    int line;
    enum lack lack;
    enum place place;
    const char *profile;
    const char *text;
    enum bundle_permit permit;
    const char *requirement;
    const char *reading;
};

#define ROW          __LINE__, NOTHING, HEAD, ""
#define LACKS(what)  __LINE__, what, HEAD, ""
#define SET(profile) __LINE__, NOTHING, HEAD, profile
#define BEHIND       __LINE__, NOTHING, SECOND, ""

/* clang-format off */
static const struct row rows[] = {
    /* the header */
    {ROW, EX(""), ACCEPT, "ADD-002", ""},
    {ROW, ADD(""), ACCEPT, "ADD-001", ""},
    {ROW, "add_sa_ex length=3 a{}", REJECT, "HDR-002", ""},
    {ROW, "add_sa_ex length=0 a{bytes=0}", REJECT, "HDR-002", ""},
    {ROW, "add_sa_ex length=4 a{bytes=4}", REJECT, "KEY-002", ""},
    {ROW, "add_sa_ex length=169 a{}", REJECT, "KEY-002", ""},
    {ROW, "add_sa_ex length=300 a{bytes=3}", SAFE, "HDR-001", ""},
    {ROW, "add_sa_ex length=300 a{bytes=100}", SAFE, "HDR-011", ""},
    {ROW, EX("rev=0"), REJECT, "HDR-010", ""},
    {ROW, EX("rev=0 size=0 type=0"), REJECT, "HDR-010", ""},
    {ROW, EX("size=0"), REJECT, "HDR-007", ""},
    {ROW, EX("size=169"), REJECT, "HDR-007", ""},
    {ROW, ADD("size=168"), REJECT, "HDR-007", ""},
    {BEHIND, THEN("size=8"), REJECT, "HDR-015", ""},
    {BEHIND, THEN("size=8 bytes=4"), REJECT, "HDR-015", ""},
    {BEHIND, THEN("bytes=3"), SAFE, "HDR-001", ""},
    {BEHIND, THEN("bytes=168 size=168"), REJECT, "HDR-015", ""},
    {BEHIND, THEN("bytes=100"), SAFE, "HDR-011", ""},
    {BEHIND, THEN("rev=2 size=8"), REJECT, "HDR-015", ""},
    {BEHIND, THEN("bytes=175"), SAFE, "KEY-002", ""},
    {BEHIND, THEN("key_len=0xFFFFFFFF"), SAFE, "KEY-002", ""},
    {BEHIND, THEN("size=0xFFFF"), EITHER, "HDR-012", ""},
    {BEHIND, THEN("spi=0x2000"), ACCEPT, "ADD-001", ""},
    {ROW, EX("rev=2 size=169"), REJECT, "HDR-009", ""},
    {ROW, EX("rev=2"), ACCEPT, "HDR-008", ""},
    {ROW, EX("rev=255 size=176"), ACCEPT, "HDR-008", ""},
    {ROW, EX("size=176"), ACCEPT, "HDR-005", ""},
    {ROW, EX("size=177"), ACCEPT, "HDR-006", ""},
    {ROW, "add_sa_ex length=195 a{size=196}", REJECT, "KEY-002", ""},
    {ROW, "add_sa_ex length=196 a{size=197}", EITHER, "HDR-012", ""},
    {ROW, EX("size=0xFFFF"), EITHER, "HDR-012", ""},
    {ROW, EX("type=0"), EITHER, "HDR-014", "A-51"},
    {ROW, EX("type=0xA7 size=8"), REJECT, "HDR-007", ""},
    /* the device */
    {LACKS(IPSEC), EX(""), REJECT, "OID-025", ""},
    {LACKS(NDIS_630), EX(""), EITHER, "ADD-002", "A-25"},
    {LACKS(NDIS_630), ADD(""), ACCEPT, "ADD-001", ""},
    {SET("ADD_ON_630=no"), ADD(""), EITHER, "ADD-001", "A-25"},
    {SET("ADD_ON_630=no"), EX(""), ACCEPT, "ADD-002", ""},
    {SET("ADD_ON_630=no"), ADD("ext=0"), REJECT, "ADD-019", ""},
    /* counts and flags */
    {ROW, EX("ext=0"), REJECT, "ADD-019", ""},
    {ROW, EX("ext=3"), REJECT, "ADD-019", ""},
    {ROW, EX("ext=0xFFFFFFFF"), REJECT, "ADD-019", ""},
    {ROW, EX("sa1.op=esp sa1.enc=0xFFFF"), ACCEPT, "ADD-020", ""},
    {ROW, EX("flags=0x2"), EITHER, "ADD-040", "A-59"},
    {ROW, EX("flags=0x80000001"), EITHER, "ADD-040", "A-59"},
    {ROW, EX("sa0.flags=0x2"), EITHER, "ADD-040", "A-59"},
    {ROW, EX("flags=0x2 sa0.flags=0x2"), EITHER, "ADD-040", "A-59"},
    {ROW, EX("flags=0x2 type=0"), EITHER, "HDR-014", ""}, /* two points: no reading can be told */
    {ROW, EX("flags=0x2 type=0 spi=1"), EITHER, "HDR-014", ""},
    {ROW, EX("flags=0x2 sa0.enc=0x18"), REJECT, "ADD-033", ""},
    {ROW, EX("src=2001:db8::1"), ACCEPT, "ADD-002", ""},
    {LACKS(IPV6), EX("src=2001:db8::1"), REJECT, "ADD-036", ""},
    {ROW, EX("src=2001:db8::1 dst=2001:db8::2 flags=0"), ACCEPT, "ADD-037", ""},
    {ROW, EX("esn hi=1"), ACCEPT, "ADD-002", ""},
    {ROW, EX("hi=0xFFFFFFFF"), ACCEPT, "ADD-045", ""},
    {LACKS(ESN), EX("esn"), REJECT, "ADD-044", ""},
    {LACKS(ESN), EX("sa1.flags=1"), ACCEPT, "ADD-020", ""},
    {ROW, EX("switch=1"), EITHER, "ADD-058", "A-41"},
    {ROW, EX("vlan=7"), EITHER, "ADD-058", "A-41"},
    /* UDP-ESP */
    {ROW, EX("udp=transport"), ACCEPT, "ADD-002", ""},
    {LACKS(UDP_TUNNEL), EX("udp=tunnel"), REJECT, "ADD-041", ""},
    {LACKS(UDP_TUNNEL), EX("udp=transport"), ACCEPT, "ADD-002", ""},
    {ROW, EX("udp=3"), EITHER, "ADD-042", "A-23"},
    {LACKS(UDP_TUNNEL), EX("udp=3"), EITHER, "ADD-042", ""},
    {ROW, EX("udp=0x10"), EITHER, "ADD-042", ""},
    {ROW, EX("udp=1 ah=ah-sha1"), EITHER, "ADD-043", ""},
    {ROW, EX("udp=1 " PAIR_OF_TWO), EITHER, "ADD-043", ""},
    {LACKS(UDP_TUNNEL), EX("udp=2 ah=ah-sha1"), REJECT, "ADD-041", ""},
    /* operations */
    {ROW, EX("sa0.op=0"), REJECT, "ADD-024", ""},
    {ROW, EX("sa0.op=3"), REJECT, "ADD-024", ""},
    {ROW, EX(PAIR_OF_TWO "sa1.op=0xFFFFFFFF"), REJECT, "ADD-024", ""},
    {ROW, EX(PAIR_OF_TWO), ACCEPT, "ADD-021", ""},
    {ROW, EX(PAIR_OF_TWO "sa1.op=esp"), REJECT, "ADD-022", ""},
    {ROW, EX(PAIR_OF_TWO "sa0.op=ah"), REJECT, "ADD-022", ""},
    {LACKS(PAIR), EX(PAIR_OF_TWO), REJECT, "ADD-035", ""},
    {LACKS(AH), EX("ah=ah-md5"), REJECT, "ADD-035", ""},
    {LACKS(AH), EX(""), ACCEPT, "ADD-002", ""},
    {LACKS(ESP), EX(""), REJECT, "ADD-035", ""},
    {ROW, EX("ext=2 ah=ah-sha1 key=60?1 sa1.op=esp sa1.spi=0x3000 sa1.enc=none sa1.auth=sha1 sa1.auth.len=20 "
             "sa1.auth.off=20"), EITHER, "ADD-023", "A-18"},
    {ROW, EX(PAIR_OF_TWO "ah_spi=0x1001"), EITHER, "ADD-046", ""},
    {ROW, EX("spi=0"), EITHER, "ADD-047", ""},
    {ROW, EX("spi=255"), EITHER, "ADD-047", ""},
    {ROW, EX("spi=256"), ACCEPT, "ADD-002", ""},
    {SET("SPI_ORDER=host"), EX("spi=255"), EITHER, "ADD-047", ""},
    /* algorithms */
    {ROW, EX("ah=ah-sha1"), ACCEPT, "ADD-002", ""},
    {ROW, EX("ah=ah-sha1 sa0.auth=0"), REJECT, "ADD-026", ""},
    {ROW, EX("ah=ah-sha1 sa0.enc=des-cbc"), EITHER, "ADD-025", ""},
    {ROW, EX("ah=ah-sha1 sa0.auth=0x40"), REJECT, "ADD-033", ""},
    {ROW, EX("ah=ah-sha1 sa0.auth=0x3"), REJECT, "ADD-033", ""},
    {LACKS(SHA1), EX("ah=ah-sha1"), REJECT, "ADD-032", ""},
    {LACKS(SHA1), EX(CBC), REJECT, "ADD-032", ""},
    {LACKS(GCM), EX(""), REJECT, "ADD-032", ""},
    {ROW, EX("sa0.enc=0x18"), REJECT, "ADD-033", ""},
    {ROW, EX("sa0.enc=0x200"), REJECT, "ADD-033", ""},
    {ROW, EX("sa0.enc=0x80000000"), REJECT, "ADD-033", ""},
    {ROW, EX("sa0.auth=0xFFFFFFFF sa0.auth.len=77 sa0.auth.off=0xFFFFFFF0"), ACCEPT, "ADD-029", ""},
    {LACKS(SHA1), EX("sa0.auth=sha1"), ACCEPT, "ADD-029", ""},
    {ROW, EX("esp=null+sha256"), ACCEPT, "ADD-027", ""},
    {ROW, EX("esp=null+gmac-256"), ACCEPT, "ADD-027", ""},
    {LACKS(NULL_ENC), EX("esp=null+sha256"), REJECT, "ADD-032", ""},
    {ROW, EX("esp=null+sha1 sa0.enc=0"), EITHER, "ADD-027", "A-15"},
    {LACKS(NULL_ENC), EX("esp=null+sha1 sa0.enc=0"), EITHER, "ADD-027", "A-15"},
    {ROW, EX("esp=null+sha1 sa0.enc=0 sa0.enc.len=5"), EITHER, "ADD-033", ""},
    {ROW, EX("esp=null"), REJECT, "ADD-030", ""},
    {ROW, EX("esp=null sa1.op=ah"), REJECT, "ADD-030", ""},
    {ROW, EX("sa0.enc=0 sa0.enc.len=0 sa0.enc.info=0"), REJECT, "ADD-030", ""},
    {ROW, EX("esp=null ah=ah-sha1"), EITHER, "ADD-030", ""},
    {ROW, EX("esp=aes-cbc-128"), EITHER, "ADD-031", "A-17"},
    {ROW, EX("esp=aes-cbc-128 ah=ah-sha1"), EITHER, "ADD-031", ""},
    {ROW, EX(CBC), ACCEPT, "ADD-028", ""},
    {ROW, ADD("esp=3des-cbc+md5 in src=192.0.2.1 dst=192.0.2.2"), ACCEPT, "ADD-028", ""},
    {ROW, EX(CBC "sa0.auth=gmac-128 sa0.auth.len=20"), EITHER, "P-GMAC-005", ""},
    /* AdditionalInfo */
    {ROW, EX("icv=0"), EITHER, "KEY-012", "A-14"},
    {ROW, EX("icv=8"), EITHER, "KEY-012", "A-14"},
    {ROW, EX("icv=12"), EITHER, "KEY-012", "A-14"},
    {ROW, EX("icv=7"), SAFE, "KEY-012", ""},
    {ROW, EX("sa0.enc.info=128"), SAFE, "KEY-012", ""},
    {ROW, EX("sa0.enc.info=0xFFFFFFFF"), SAFE, "KEY-012", ""},
    {ROW, EX("sa0.enc.info=0xFFFFFFFF flags=0x2"), SAFE, "KEY-012", ""},
    {ROW, EX("sa0.enc.info=0xFFFFFFFF ext=0"), REJECT, "ADD-019", ""},
    {SET("ICV_UNIT=bits"), EX("icv=16"), ACCEPT, "ADD-002", ""},
    {SET("ICV_UNIT=bits"), EX("icv=12"), EITHER, "KEY-012", "A-14"},
    {SET("ICV_UNIT=bits"), EX("sa0.enc.info=16"), SAFE, "KEY-012", ""},
    {ROW, EX(CBC "sa0.auth.info=0xFFFFFFFF"), ACCEPT, "KEY-013", ""},
    {ROW, EX(CBC "sa0.enc.info=16"), ACCEPT, "KEY-013", ""},
    {ROW, EX("ah=ah-sha1 sa0.auth.info=12"), ACCEPT, "KEY-013", ""},
    {ROW, EX("ah=ah-gmac-128 sa0.auth.info=16"), ACCEPT, "KEY-013", ""},
    {ROW, EX("ah=ah-gmac-128 sa0.auth.info=8"), EITHER, "KEY-012", ""},
    {ROW, EX("ah=ah-gmac-192 sa0.auth.info=8"), EITHER, "KEY-012", ""},
    {ROW, EX("ah=ah-gmac-256 sa0.auth.info=8"), EITHER, "KEY-012", ""},
    {ROW, EX("esp=null+sha1 sa0.enc.off=4"), EITHER, "KEY-013", ""},
    /* keys: lengths */
    {ROW, EX("sa0.enc.len=0"), REJECT, "KEY-014", ""},
    {ROW, EX("sa0.enc.len=16"), REJECT, "KEY-009", ""},
    {SET("GCM_KEY=key"), EX(""), ACCEPT, "ADD-002", ""},
    {SET("GCM_KEY=key"), EX("key=20?1 sa0.enc.len=20"), REJECT, "KEY-009", ""},
    {ROW, EX(CBC "sa0.auth.len=19"), REJECT, "KEY-009", ""},
    {ROW, EX(CBC "sa0.enc.len=32"), REJECT, "KEY-009", ""},
    {ROW, EX(CBC "sa0.auth.len=0"), REJECT, "KEY-014", ""},
    {ROW, EX("ah=ah-gmac-192 sa0.auth.len=24"), REJECT, "KEY-009", ""},
    /* keys: the area */
    {ROW, EX("sa0.enc.off=1"), REJECT, "KEY-001", ""},
    {ROW, EX("sa0.enc.off=20"), REJECT, "KEY-001", ""},
    {ROW, EX("sa0.enc.len=21"), REJECT, "KEY-001", ""},
    {ROW, EX("sa0.enc.off=0xFFFFFFF0 sa0.enc.len=0x20"), REJECT, "KEY-001", ""},
    {ROW, EX("key_len=19"), REJECT, "KEY-001", ""},
    {ROW, ADD("key_len=19"), REJECT, "KEY-001", ""},
    {ROW, EX("key_len=21"), REJECT, "KEY-002", ""},
    {ROW, EX("key_len=0xFFFFFFFF"), REJECT, "KEY-002", ""},
    {ROW, ADD("key_len=0xFFFFFFFF"), REJECT, "KEY-002", ""},
    {ROW, EX("key_at=0xFFFFFFFC"), REJECT, "KEY-002", ""},
    {ROW, "add_sa_ex length=1000 a{key_len=200}", SAFE, "KEY-002", ""},
    {ROW, "add_sa length=187 a{}", REJECT, "KEY-002", ""},
    {ROW, "add_sa length=188 a{}", ACCEPT, "ADD-001", ""},
    {ROW, "add_sa length=200 a{}", ACCEPT, "ADD-001", ""},
    {ROW, EX("key=33?1"), ACCEPT, "KEY-015", ""},
    {ROW, EX(CBC "sa0.enc.off=20 sa0.auth.off=0"), ACCEPT, "KEY-006", ""},
    {ROW, EX(CBC "key=40?1 sa0.auth.off=20"), ACCEPT, "KEY-006", ""},
    {ROW, EX(CBC "sa0.auth.off=0"), EITHER, "KEY-008", ""},
    {ROW, EX("key_at=0"), EITHER, "KEY-003", ""},
    {ROW, EX("key_at=160"), EITHER, "KEY-003", ""},
    {ROW, EX("key_at=170"), ACCEPT, "KEY-004", ""},
    {ROW, EX("key_at=171"), ACCEPT, "KEY-004", ""},
    {ROW, EX("key_at=173"), ACCEPT, "KEY-004", ""},
    {ROW, EX("key_at=172"), ACCEPT, "ADD-002", ""},
    {ROW, EX("key_at=200"), ACCEPT, "ADD-002", ""},
    {SET("EX_KEYBASE=struct"), EX(""), ACCEPT, "ADD-002", ""},
    {SET("EX_KEYBASE=struct"), EX("sa0.enc.off=175"), EITHER, "KEY-003", ""},
    {SET("EX_KEYBASE=struct"), EX("sa0.enc.off=0"), EITHER, "KEY-003", ""},
    {SET("EX_KEYBASE=struct"), EX("sa0.enc.off=177"), REJECT, "KEY-001", ""},
    {SET("EX_KEYBASE=struct"), ADD(""), ACCEPT, "ADD-001", ""},
    /* keys: their bytes */
    {ROW, EX("esp=des-cbc+sha1 key=28?1"), ACCEPT, "ADD-028", ""},
    {ROW, EX("esp=des-cbc+sha1 key=8*01.20?1"), EITHER, "P-ALG-003", ""},
    {ROW, EX("esp=des-cbc+sha1 key=01E101E000F001F1.20?1"), EITHER, "P-ALG-003", ""},
    {ROW, EX("esp=des-cbc+sha1 key=01E101E001E001E1.20?1"), ACCEPT, "ADD-028", ""},
    {ROW, EX("esp=des-cbc+sha1 key=7*01.04.20?1"), ACCEPT, "ADD-028", ""},
    {ROW, EX("ah=ah-sha1 key=20*01"), ACCEPT, "ADD-002", ""}, /* the number of SHA-1 is that of DES */
    {ROW, EX("ah=ah-sha256 key=32*aa"), ACCEPT, "ADD-002", ""},
    {ROW, EX("esp=3des-cbc+sha1 key=15*aa.cc.8*11.20?1"), ACCEPT, "ADD-028", ""},
    {ROW, EX("esp=3des-cbc+sha1 key=16*aa.8*cc.20?1"), EITHER, "P-ALG-004", ""},
    {ROW, EX("esp=3des-cbc+sha1 key=8*cc.8*aa.8*ab.20?1"), EITHER, "P-ALG-004", ""},
    {ROW, EX("esp=3des-cbc+sha1 key=8*aa.8*cc.8*aa.20?1"), ACCEPT, "ADD-028", ""},
};
/* clang-format on */

static void test_rows(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct profile profile;
        struct bundle_input input;
        struct bundle_verdict verdict;
        struct bundle bundle;
        uint8_t *bytes;

        profile_of(&profile, row->line, row->profile);
        take_away(&profile, row->lack);
        bytes = element_of(&input, row->line, row->text, row->place, &profile);
        bundle_judge(&bundle, &verdict, &input);
        free(bytes);
        if (verdict.permit != row->permit)
            fail(row->line, row->text, permits[verdict.permit], permits[row->permit]);
        if (strcmp(verdict.requirement, row->requirement) != 0)
            fail(row->line, row->text, verdict.requirement, row->requirement);
        if (strcmp(verdict.reading, row->reading) != 0)
            fail(row->line, row->text, verdict.reading, row->reading);
        if ((verdict.reading[0] != '\0') != (verdict.when_accepted && verdict.when_refused))
            fail(row->line, row->text, "names without a reading, or the reverse", "both");
        if (verdict.reason[0] == '\0')
            fail(row->line, row->text, "no reason", "one");
    }
}

int main(void)
{
    test_rows();
    return failures > 0;
}
