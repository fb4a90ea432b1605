/* SPDX-License-Identifier: MIT */
#include "profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NDIS_VERSION(major, minor) ((major) << 16 | (minor))

/* One word: its key, its values in the order of their numbers (the first is the default), and where the number goes. */
struct choice {
    const char *key;
    const char *values[8]; /* NULL behind the last */
    bool is_host;          /* the host's own word, lower case; the others are the profile */
};

enum {
    GCM_KEY,
    ICV_UNIT,
    IV_BY,
    ICV_SPACE,
    SPI_ORDER,
    EX_KEYBASE,
    UPDATE_LAYOUT,
    ADD_ON_630,
    ESN_RX,
    RX_STRIP,
    SYSTEM_NDIS,
    MEDIA,
    BRING_UP,
    CHOICES,
};

static const struct choice choices[CHOICES] = {
    [GCM_KEY] = {"GCM_KEY", {"key+salt", "key"}, false},
    [ICV_UNIT] = {"ICV_UNIT", {"bytes", "bits"}, false},
    [IV_BY] = {"IV_BY", {"nic", "stack"}, false},
    [ICV_SPACE] = {"ICV_SPACE", {"in_nb", "appended"}, false},
    [SPI_ORDER] = {"SPI_ORDER", {"network", "host"}, false},
    [EX_KEYBASE] = {"EX_KEYBASE", {"keyarea", "struct"}, false},
    [UPDATE_LAYOUT] = {"UPDATE_LAYOUT", {"header", "linked"}, false},
    [ADD_ON_630] = {"ADD_ON_630", {"yes", "no"}, false},
    [ESN_RX] = {"ESN_RX", {"update_only", "infer"}, false},
    [RX_STRIP] = {"RX_STRIP", {"none", "trailer", "all"}, false},
    [SYSTEM_NDIS] = {"system_ndis", {"6.85", "6.83", "6.50", "6.30", "6.20", "6.1", "6.0"}, true},
    [MEDIA] = {"media", {"14", "18"}, true},
    [BRING_UP] = {"bring_up", {"yes", "no"}, true},
};

/* What the values of system_ndis and media mean, in the same order. */
static const uint32_t ndis_versions[] = {
    NDIS_VERSION(6u, 85u), NDIS_VERSION(6u, 83u), NDIS_VERSION(6u, 50u), NDIS_VERSION(6u, 30u),
    NDIS_VERSION(6u, 20u), NDIS_VERSION(6u, 1u),  NDIS_VERSION(6u, 0u),
};
static const uint32_t media_headers[] = {14u, 18u};

static bool has_key(const struct trace_word *word, const char *key)
{
    return word->key == KEY_OTHER && strlen(key) == word->key_len && memcmp(key, word->key_text, word->key_len) == 0;
}

static uint32_t find_choice(const struct trace_word *word)
{
    uint32_t i = 0;

    while (i < CHOICES && !has_key(word, choices[i].key))
        i++;
    return i;
}

/* Upper case is the profile's, but "A-35=ignore" is the adapter's: another legal reading. */
static bool is_profile_key(const struct trace_word *word)
{
    const char *key = word->key_text;

    if (word->key != KEY_OTHER || word->key_len == 0 || key[0] < 'A' || key[0] > 'Z')
        return false;
    return !(word->key_len >= 3 && key[0] == 'A' && key[1] == '-' && key[2] >= '0' && key[2] <= '9');
}

static void list_keys(char *out, size_t size)
{
    size_t len = 0;

    out[0] = '\0';
    for (uint32_t i = 0; i < CHOICES && len < size; i++) {
        if (!choices[i].is_host)
            len += (size_t)snprintf(out + len, size - len, "%s%s", len > 0 ? ", " : "", choices[i].key);
    }
}

static void list_values(char *out, size_t size, const struct choice *choice)
{
    size_t len = 0;

    out[0] = '\0';
    for (uint32_t i = 0; choice->values[i] && len < size; i++)
        len += (size_t)snprintf(out + len, size - len, "%s%s", i > 0 ? ", " : "", choice->values[i]);
}

static bool read_value(uint32_t *value, char *error, size_t size, const struct choice *choice,
                       const struct trace_word *word)
{
    char text[32] = "";
    char known[128];
    bool is_text = trace_text(text, sizeof text, word);

    for (uint32_t i = 0; is_text && choice->values[i]; i++) {
        if (strcmp(choice->values[i], text) == 0) {
            *value = i;
            return true;
        }
    }
    list_values(known, sizeof known, choice);
    snprintf(error, size, "unknown value \"%.*s\" of %s; known: %s", (int)(word->text_len < 40 ? word->text_len : 40),
             word->text, choice->key, known);
    return false;
}

static void fill(struct profile *profile, const uint32_t values[CHOICES])
{
    memset(profile, 0, sizeof *profile);
    profile->key_without_salt = values[GCM_KEY] == 1;
    profile->icv_in_bits = values[ICV_UNIT] == 1;
    profile->iv_by_stack = values[IV_BY] == 1;
    profile->icv_appended = values[ICV_SPACE] == 1;
    profile->spi_host_order = values[SPI_ORDER] == 1;
    profile->key_base_struct = values[EX_KEYBASE] == 1;
    profile->update_linked = values[UPDATE_LAYOUT] == 1;
    profile->no_add_on_630 = values[ADD_ON_630] == 1;
    profile->esn_infer = values[ESN_RX] == 1;
    profile->strip = values[RX_STRIP];
    profile->system_ndis = ndis_versions[values[SYSTEM_NDIS]];
    profile->media_header = media_headers[values[MEDIA]];
    profile->no_bring_up = values[BRING_UP] == 1;
    profile->keyword = PROFILE_NO_KEYWORD;
    profile->keyword_ipv4 = PROFILE_NO_KEYWORD;
}

/* A registry keyword that the model goes by. */
static void read_keyword(struct profile *profile, const struct trace_word *word)
{
    char text[32];

    if (!trace_text(text, sizeof text, word))
        return;
    if (has_key(word, OV2_KEYWORD_IPSEC_OFFLOAD_V2))
        profile->keyword = (uint32_t)strtoul(text, NULL, 0);
    else if (has_key(word, OV2_KEYWORD_IPSEC_OFFLOAD_V2_IPV4))
        profile->keyword_ipv4 = (uint32_t)strtoul(text, NULL, 0);
}

bool profile_read(struct profile *profile, char *error, size_t size, const struct trace_line *line)
{
    uint32_t values[CHOICES] = {0};
    char known[160];

    for (uint32_t i = 0; i < line->option_count; i++) {
        const struct trace_word *word = &line->words[i];
        uint32_t choice = find_choice(word);
        if (choice < CHOICES) {
            if (!read_value(&values[choice], error, size, &choices[choice], word))
                return false;
        } else if (is_profile_key(word)) {
            list_keys(known, sizeof known);
            snprintf(error, size, "unknown profile key \"%.*s\"; known: %s",
                     (int)(word->key_len < 40 ? word->key_len : 40), word->key_text, known);
            return false;
        }
    }
    fill(profile, values);
    for (uint32_t i = 0; i < line->option_count; i++)
        read_keyword(profile, &line->words[i]);
    return true;
}

bool profile_is_host_word(const struct trace_word *word)
{
    uint32_t choice = find_choice(word);

    return choice < CHOICES && choices[choice].is_host;
}
