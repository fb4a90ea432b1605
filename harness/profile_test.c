/* SPDX-License-Identifier: MIT */
/* Open lines and the profiles they make. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile.h"

static int failures;
static struct trace_line line;

static void fail(int at, const char *what, const char *got, const char *want)
{
    printf("profile_test.c:%d: %s: got %s want %s\n", at, what, got, want);
    failures++;
}

static void expect(int at, const char *what, uint64_t got, uint64_t want)
{
    char got_text[24];
    char want_text[24];

    if (got == want)
        return;
    snprintf(got_text, sizeof got_text, "%llu", (unsigned long long)got);
    snprintf(want_text, sizeof want_text, "%llu", (unsigned long long)want);
    fail(at, what, got_text, want_text);
}

static bool read_words(struct profile *profile, char *error, size_t size, int at, const char *words)
{
    struct trace_error parse_error;
    char text[512];

    snprintf(text, sizeof text, "open %s", words);
    if (trace_parse(&line, &parse_error, text, strlen(text)) != TRACE_REQUEST) {
        fail(at, words, parse_error.text, "a request");
        exit(1);
    }
    memset(profile, 0xAA, sizeof *profile);
    memset(error, 0, size);
    return profile_read(profile, error, size, &line);
}

static void expect_defaults(int at, const struct profile *profile)
{
    const bool choices[] = {
        profile->key_without_salt, profile->icv_in_bits,     profile->iv_by_stack,   profile->icv_appended,
        profile->spi_host_order,   profile->key_base_struct, profile->update_linked, profile->no_add_on_630,
        profile->esn_infer,        profile->no_bring_up,     profile->offers_ipsec,
    };

    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++)
        expect(at, "a choice", choices[i], false);
    expect(at, "RX_STRIP", profile->strip, 0);
    expect(at, "system_ndis", profile->system_ndis, 6u << 16 | 85u);
    expect(at, "media", profile->media_header, 14);
    expect(at, "ndis_version", profile->ndis_version, 0);
    expect(at, "offload_revision", profile->offload_revision, 0);
    expect(at, "capacity", profile->caps.SaOffloadCapacity, 0);
    expect(at, "encryption", profile->caps.EncryptionAlgorithms, 0);
}

static void test_defaults(void)
{
    struct profile profile;
    char error[256];

    expect(__LINE__, "read", read_words(&profile, error, sizeof error, __LINE__, ""), true);
    expect_defaults(__LINE__, &profile);
    expect(__LINE__, "the same, said",
           read_words(&profile, error, sizeof error, __LINE__,
                      "GCM_KEY=key+salt ICV_UNIT=bytes IV_BY=nic ICV_SPACE=in_nb SPI_ORDER=network EX_KEYBASE=keyarea "
                      "UPDATE_LAYOUT=header ADD_ON_630=yes ESN_RX=update_only RX_STRIP=none system_ndis=6.85 media=14 "
                      "bring_up=yes"),
           true);
    expect_defaults(__LINE__, &profile);
}

static void test_choices(void)
{
    static const char *const versions[] = {"6.0", "6.1", "6.20", "6.30", "6.50", "6.83", "6.85"};
    static const uint32_t minors[] = {0, 1, 20, 30, 50, 83, 85};
    struct profile profile;
    char error[256];
    char words[64];

    expect(__LINE__, "read",
           read_words(&profile, error, sizeof error, __LINE__,
                      "GCM_KEY=key ICV_UNIT=bits IV_BY=stack ICV_SPACE=appended SPI_ORDER=host EX_KEYBASE=struct "
                      "UPDATE_LAYOUT=linked ADD_ON_630=no ESN_RX=infer RX_STRIP=all media=18 bring_up=no"),
           true);
    expect(__LINE__, "GCM_KEY", profile.key_without_salt, true);
    expect(__LINE__, "ICV_UNIT", profile.icv_in_bits, true);
    expect(__LINE__, "IV_BY", profile.iv_by_stack, true);
    expect(__LINE__, "ICV_SPACE", profile.icv_appended, true);
    expect(__LINE__, "SPI_ORDER", profile.spi_host_order, true);
    expect(__LINE__, "EX_KEYBASE", profile.key_base_struct, true);
    expect(__LINE__, "UPDATE_LAYOUT", profile.update_linked, true);
    expect(__LINE__, "ADD_ON_630", profile.no_add_on_630, true);
    expect(__LINE__, "ESN_RX", profile.esn_infer, true);
    expect(__LINE__, "RX_STRIP", profile.strip, 2);
    expect(__LINE__, "media", profile.media_header, 18);
    expect(__LINE__, "bring_up", profile.no_bring_up, true);
    for (size_t i = 0; i < sizeof minors / sizeof minors[0]; i++) {
        snprintf(words, sizeof words, "system_ndis=%s", versions[i]);
        expect(__LINE__, words, read_words(&profile, error, sizeof error, __LINE__, words), true);
        expect(__LINE__, words, profile.system_ndis, 6u << 16 | minors[i]);
    }
    expect(__LINE__, "the last word",
           read_words(&profile, error, sizeof error, __LINE__, "RX_STRIP=all RX_STRIP=trailer"), true);
    expect(__LINE__, "the last word", profile.strip, 1);
    expect(__LINE__, "quotes", read_words(&profile, error, sizeof error, __LINE__, "GCM_KEY=\"key\""), true);
    expect(__LINE__, "quotes", profile.key_without_salt, true);
}

static void test_not_ours(void)
{
    struct profile profile;
    char error[256];

    expect(__LINE__, "not ours",
           read_words(&profile, error, sizeof error, __LINE__,
                      "capacity=4 *IPsecOffloadV2=0 A-35=ignore A-35-lower=refuse fast=1 gcm_key=42 _X=1"),
           true);
    expect(__LINE__, "gcm_key", profile.key_without_salt, false);
}

static void test_errors(void)
{
    static const struct {
        int line;
        const char *words;
        const char *error;
    } rows[] = {
        {__LINE__, "GCM_KEYS=key",
         "unknown profile key \"GCM_KEYS\"; known: GCM_KEY, ICV_UNIT, IV_BY, ICV_SPACE, SPI_ORDER, EX_KEYBASE, "
         "UPDATE_LAYOUT, ADD_ON_630, ESN_RX, RX_STRIP"},
        {__LINE__, "capacity=4 A=1", "unknown profile key \"A\"; known: "},
        {__LINE__, "A-x=1", "unknown profile key \"A-x\"; known: "},
        {__LINE__, "GCM_KEY=salt", "unknown value \"salt\" of GCM_KEY; known: key+salt, key"},
        {__LINE__, "GCM_KEY=", "unknown value \"\" of GCM_KEY; known: key+salt, key"},
        {__LINE__, "RX_STRIP=al", "unknown value \"al\" of RX_STRIP; known: none, trailer, all"},
        {__LINE__, "media=16", "unknown value \"16\" of media; known: 14, 18"},
        {__LINE__, "system_ndis=6.3",
         "unknown value \"6.3\" of system_ndis; known: 6.85, 6.83, 6.50, 6.30, 6.20, 6.1, 6.0"},
        {__LINE__, "bring_up=maybe", "unknown value \"maybe\" of bring_up; known: yes, no"},
        {__LINE__, "ICV_UNIT=a_value_that_is_longer_than_any_that_there_is", "unknown value \"a_value_that_is_longer_"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct profile profile;
        char error[256];
        char small[8];

        expect(rows[i].line, rows[i].words, read_words(&profile, error, sizeof error, rows[i].line, rows[i].words),
               false);
        if (strncmp(error, rows[i].error, strlen(rows[i].error)) != 0)
            fail(rows[i].line, rows[i].words, error, rows[i].error);
        expect(rows[i].line, "a small buffer", read_words(&profile, small, sizeof small, rows[i].line, rows[i].words),
               false);
    }
}

static void test_host_words(void)
{
    static const bool want[] = {true, true, true, false, false, false, false};
    struct profile profile;
    char error[256];

    expect(__LINE__, "read",
           read_words(&profile, error, sizeof error, __LINE__,
                      "system_ndis=6.30 media=14 bring_up=no GCM_KEY=key capacity=4 *IPsecOffloadV2=3 A-15=none-only"),
           true);
    expect(__LINE__, "words", line.option_count, sizeof want / sizeof want[0]);
    for (uint32_t i = 0; i < line.option_count; i++)
        expect(__LINE__, "the host's own", profile_is_host_word(&line.words[i]), want[i]);
}

int main(void)
{
    test_defaults();
    test_choices();
    test_not_ours();
    test_errors();
    test_host_words();
    return failures > 0;
}
