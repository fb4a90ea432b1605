/* SPDX-License-Identifier: MIT */
/* The suites against the RFCs and against the identifiers of the interface (S-ALG), both written down again here. */
#include <stdio.h>
#include <string.h>

#include "names.h"
#include "suite.h"

static int failures;

static void expect(int line, const char *what, const char *suite, uint64_t got, uint64_t want)
{
    if (got != want) {
        printf("suite_test.c:%d: %s of %s: got %llu want %llu\n", line, what, suite, (unsigned long long)got,
               (unsigned long long)want);
        failures++;
    }
}

/* What an identifier means by itself, with the document that says so. */
struct fact {
    uint32_t id;
    const char *name;
    uint32_t key;
    uint32_t salt;
    uint32_t iv;
    uint32_t block; /* of a cipher */
    uint32_t icv;   /* of a MAC, or of a combined mode */
};

static const struct fact ciphers[] = {
    {0x001, "null", 0, 0, 0, 4, 0},           /* RFC 2410; 4 is ESP's own alignment */
    {0x002, "des-cbc", 8, 0, 8, 8, 0},        /* RFC 2405 */
    {0x004, "3des-cbc", 24, 0, 8, 8, 0},      /* RFC 2451 */
    {0x008, "aes-gcm-128", 16, 4, 8, 4, 16},  /* RFC 4106 */
    {0x010, "aes-gcm-192", 24, 4, 8, 4, 16},  /* RFC 4106 */
    {0x020, "aes-gcm-256", 32, 4, 8, 4, 16},  /* RFC 4106 */
    {0x040, "aes-cbc-128", 16, 0, 16, 16, 0}, /* RFC 3602 */
    {0x080, "aes-cbc-192", 24, 0, 16, 16, 0}, /* RFC 3602 */
    {0x100, "aes-cbc-256", 32, 0, 16, 16, 0}, /* RFC 3602 */
};

static const struct fact macs[] = {
    {0x01, "md5", 16, 0, 0, 0, 12},      /* RFC 2403 */
    {0x02, "sha1", 20, 0, 0, 0, 12},     /* RFC 2404 */
    {0x04, "sha256", 32, 0, 0, 0, 16},   /* RFC 4868 */
    {0x08, "gmac-128", 16, 4, 8, 0, 16}, /* RFC 4543 */
    {0x10, "gmac-192", 24, 4, 8, 0, 16}, /* RFC 4543 */
    {0x20, "gmac-256", 32, 4, 8, 0, 16}, /* RFC 4543 */
};

static const struct fact no_fact = {0, "", 0, 0, 0, 0, 0};

static const struct fact *fact_of(const struct fact *facts, size_t count, uint32_t id)
{
    for (size_t i = 0; i < count; i++) {
        if (facts[i].id == id) {
            return &facts[i];
        }
    }
    return &no_fact;
}

/* check_suite: every member is the sum of what its two identifiers mean. */
static void check_suite(const struct suite *suite, const char *prefix, const char *joint)
{
    const struct fact *cipher = fact_of(ciphers, sizeof(ciphers) / sizeof(ciphers[0]), suite->enc);
    const struct fact *mac = fact_of(macs, sizeof(macs) / sizeof(macs[0]), suite->auth);
    char name[64];

    (void)snprintf(name, sizeof(name), "%s%s%s%s", prefix, cipher->name, suite->auth != 0 ? joint : "", mac->name);
    if (strcmp(suite->name, name) != 0) {
        printf("suite_test.c:%d: got %s want %s\n", __LINE__, suite->name, name);
        failures++;
    }
    expect(__LINE__, "enc", suite->name, suite->enc, cipher->id);
    expect(__LINE__, "auth", suite->name, suite->auth, mac->id);
    expect(__LINE__, "enc_key", suite->name, suite->enc_key, cipher->key);
    expect(__LINE__, "auth_key", suite->name, suite->auth_key, mac->key);
    expect(__LINE__, "salt", suite->name, suite->salt, cipher->salt + mac->salt);
    expect(__LINE__, "iv", suite->name, suite->iv, cipher->iv + mac->iv);
    expect(__LINE__, "icv", suite->name, suite->icv, cipher->icv + mac->icv);
}

/* is_allowed: whether ESP may have this pair at all.  GMAC goes with NULL only (RFC 4543 3), GCM brings its own ICV. */
static bool is_allowed(const struct fact *cipher, const struct fact *mac)
{
    return cipher->icv == 0 && (mac->salt == 0 || cipher->id == 1);
}

static uint32_t count_pairs(uint32_t enc, uint32_t auth)
{
    uint32_t count = 0;

    for (uint32_t i = 0; suite_esp(i) != NULL; i++) {
        count += suite_esp(i)->enc == enc && suite_esp(i)->auth == auth;
    }
    return count;
}

/* check_esp: each pair that is allowed once, each other one never; what authenticates nothing comes last. */
static void check_esp(void)
{
    bool bare = false;

    for (size_t c = 0; c < sizeof(ciphers) / sizeof(ciphers[0]); c++) {
        expect(__LINE__, "count", ciphers[c].name, count_pairs(ciphers[c].id, 0), 1);
        for (size_t m = 0; m < sizeof(macs) / sizeof(macs[0]); m++) {
            expect(__LINE__, macs[m].name, ciphers[c].name, count_pairs(ciphers[c].id, macs[m].id),
                   is_allowed(&ciphers[c], &macs[m]) ? 1 : 0);
        }
    }
    for (uint32_t i = 0; suite_esp(i) != NULL; i++) {
        const struct suite *suite = suite_esp(i);

        check_suite(suite, "", "+");
        expect(__LINE__, "block", suite->name, suite->block,
               fact_of(ciphers, sizeof(ciphers) / sizeof(ciphers[0]), suite->enc)->block);
        expect(__LINE__, "authentication behind those without", suite->name, bare && suite->icv > 0, 0);
        bare = suite->icv == 0;
    }
    expect(__LINE__, "index 0", suite_esp(0)->name, suite_esp(0)->enc, 0x008);
}

/* check_ah: each MAC once. */
static void check_ah(void)
{
    uint32_t seen = 0;

    for (uint32_t i = 0; suite_ah(i) != NULL; i++) {
        check_suite(suite_ah(i), "ah-", "");
        expect(__LINE__, "second entry", suite_ah(i)->name, seen & suite_ah(i)->auth, 0);
        expect(__LINE__, "enc", suite_ah(i)->name, suite_ah(i)->enc, 0);
        seen |= suite_ah(i)->auth;
    }
    expect(__LINE__, "all MACs", "AH", seen, 0x3F);
}

/* check_names: a suite's number in a trace is its index. */
static void check_names(enum names_table table, const struct suite *(*suite_at)(uint32_t))
{
    uint32_t count = 0;

    for (uint32_t i = 0; suite_at(i) != NULL; i++, count++) {
        uint32_t number = SUITE_NONE;

        (void)names_find(&number, table, suite_at(i)->name, strlen(suite_at(i)->name));
        expect(__LINE__, "index by name", suite_at(i)->name, number, i);
    }
    expect(__LINE__, "suite behind the last", "table", suite_at(count) == NULL, 1);
    expect(__LINE__, "suite", "SUITE_NONE", suite_at(SUITE_NONE) == NULL, 1);
    expect(__LINE__, "name behind the last", "table", names_of(table, count) == NULL, 1);
    expect(__LINE__, "name", "SUITE_NONE", names_of(table, SUITE_NONE) == NULL, 1);
}

int main(void)
{
    check_esp();
    check_ah();
    check_names(NAMES_SUITE_ESP, suite_esp);
    check_names(NAMES_SUITE_AH, suite_ah);
    return failures != 0;
}
