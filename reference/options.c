/* SPDX-License-Identifier: MIT */
#include "options.h"

#include "fault.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* What the datapath can do.  A capability is advertised by default when it is here, and can never be advertised when it
 * is not (L-SEC: only what really works). */
#define WORKS_AUTHENTICATION 0x3Fu
#define WORKS_ENCRYPTION     0x1FFu
#define WORKS_UDP_ESP        0xFu
#define WORKS_AH             1u
#define WORKS_AH_ESP         1u
#define WORKS_TUNNEL         1u
#define WORKS_COMBINED       1u
#define WORKS_LSO            1u

enum option_kind {
    OPTION_NUMBER, /* minimum .. limit */
    OPTION_MASK,   /* no bit outside limit */
    OPTION_WORD,   /* one of words, stored as its index */
    OPTION_FAULT
};

struct option {
    const char *name;
    size_t member; /* offset of its uint32_t in struct options */
    enum option_kind kind;
    uint32_t minimum;
    uint32_t limit;
    uint32_t initial;
    const char *words; /* separated by '|' */
};

#define NUMBER(name, member, minimum, limit, initial)                                                                  \
    {                                                                                                                  \
        name, offsetof(struct options, member), OPTION_NUMBER, minimum, limit, initial, NULL                           \
    }
#define SWITCH(name, member, works) NUMBER(name, member, 0, works, works)
#define MASK(name, member, works)                                                                                      \
    {                                                                                                                  \
        name, offsetof(struct options, member), OPTION_MASK, 0, works, works, NULL                                     \
    }
#define WORD(name, member, words)                                                                                      \
    {                                                                                                                  \
        name, offsetof(struct options, member), OPTION_WORD, 0, 0, 0, words                                            \
    }

static const struct option OPTIONS[] = {
    {"fault", offsetof(struct options, fault), OPTION_FAULT, 0, 0, FAULT_NONE, NULL},
    NUMBER("capacity", capacity, 1, 1u << 24, 64),
    {"ndis", offsetof(struct options, ndis), OPTION_WORD, 0, 0, 2, "6.1|6.20|6.30|6.50"},
    SWITCH("ipsec", ipsec, 1),
    SWITCH("ah", ah, WORKS_AH),
    SWITCH("esp", esp, 1),
    SWITCH("ahesp", ahesp, WORKS_AH_ESP),
    SWITCH("ipv6", ipv6, 1),
    SWITCH("ipv4opts", ipv4opts, 1),
    SWITCH("ipv6ext", ipv6ext, 1),
    SWITCH("transport", transport, 1),
    SWITCH("tunnel", tunnel, WORKS_TUNNEL),
    SWITCH("combined", combined, WORKS_COMBINED),
    SWITCH("lso", lso, WORKS_LSO),
    SWITCH("esn", esn, 1),
    SWITCH("checksum", checksum, 1),
    MASK("auth", auth, WORKS_AUTHENTICATION),
    MASK("enc", enc, WORKS_ENCRYPTION),
    MASK("udp", udp, WORKS_UDP_ESP),
    WORD("complete", complete, "inline|pended|late"),
    WORD("events", events, "inline|pended"),

    WORD("GCM_KEY", gcm_key, "key+salt|key"),
    WORD("ICV_UNIT", icv_unit, "bytes|bits"),
    WORD("IV_BY", iv_by, "nic|stack"),
    WORD("ICV_SPACE", icv_space, "in_nb|appended"),
    WORD("RX_STRIP", rx_strip, "none|trailer|all"),
    WORD("UPDATE_LAYOUT", update_layout, "header|linked"),
    WORD("SPI_ORDER", spi_order, "network|host"),
    WORD("EX_KEYBASE", ex_keybase, "keyarea|struct"),
    WORD("ADD_ON_630", add_on_630, "yes|no"),
    WORD("ESN_RX", esn_rx, "update_only|infer"),

    WORD("A-03", bytes_read, "head|fixed|block"),
    WORD("A-04", partial_add, "continue|stop|all-or-nothing"),
    WORD("A-06", unknown_delete, "success|fail-after|fail-before"),
    WORD("A-07", content_code, "invalid-data|failure|invalid-parameter"),
    WORD("A-09", update_spi, "verify|ignore-spi"),
    WORD("A-15", null_encryption, "none-or-zero|none-only"),
    WORD("A-17", unauthenticated, "reject|accept"),
    WORD("A-18", ah_first, "reject|accept"),
    WORD("A-23", udp_several, "fail|first"),
    WORD("A-24", zero_destination, "wildcard|never"),
    WORD("A-35", update_plain, "fail|ignore"),
    WORD("A-35-lower", update_lower, "store|refuse"),
    WORD("A-38", beyond_capacity, "fail|accept"),
    WORD("A-41", switch_members, "ignore|fail"),
    WORD("A-46", disabled, "kept|dropped|active"),
    WORD("A-50", duplicate, "refuse|second-wins|both"),
    WORD("A-51", header_type, "reject|ignore"),
    WORD("A-59", undefined_flags, "reject|ignore"),
    WORD("A-66", in_place, "copy|in-place"),
    WORD("A-67", wiping, "wipe|release"),
    WORD("A-70", request_form, "not-supported|invalid-oid"),
};

#define OPTION_COUNT (sizeof(OPTIONS) / sizeof(OPTIONS[0]))

static uint32_t *member_of(struct options *options, const struct option *option)
{
    return (uint32_t *)(void *)((char *)options + option->member);
}

static const struct option *find_option(const char *name, size_t len)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (strlen(OPTIONS[i].name) == len && memcmp(OPTIONS[i].name, name, len) == 0)
            return &OPTIONS[i];
    return NULL;
}

/* parse_number: decimal, or hexadecimal behind 0x; the whole text. */
static bool parse_number(uint32_t *number, const char *text, size_t len)
{
    uint64_t value = 0;
    uint32_t base = 10;

    if (len > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
        len -= 2;
    }
    if (len == 0)
        return false;
    for (size_t i = 0; i < len; i++) {
        static const char DIGITS[] = "0123456789abcdef";
        const char *digit = memchr(DIGITS, text[i] >= 'A' && text[i] <= 'F' ? text[i] - 'A' + 'a' : text[i], base);
        if (digit == NULL)
            return false;
        value = value * base + (uint64_t)(digit - DIGITS);
        if (value > UINT32_MAX)
            return false;
    }
    *number = (uint32_t)value;
    return true;
}

static bool parse_word(uint32_t *index, const char *words, const char *text, size_t len)
{
    for (uint32_t i = 0; words != NULL; i++) {
        size_t word_len = strcspn(words, "|");
        if (word_len == len && memcmp(words, text, len) == 0) {
            *index = i;
            return true;
        }
        words = words[word_len] == '|' ? words + word_len + 1 : NULL;
    }
    return false;
}

static bool parse_value(uint32_t *value, const struct option *option, const char *text, size_t len)
{
    switch (option->kind) {
    case OPTION_NUMBER:
        return parse_number(value, text, len) && *value >= option->minimum && *value <= option->limit;
    case OPTION_MASK:
        return parse_number(value, text, len) && (*value & ~option->limit) == 0;
    case OPTION_WORD:
        return parse_word(value, option->words, text, len);
    case OPTION_FAULT:
        *value = fault_find(text, (uint32_t)len);
        return *value != FAULT_NONE;
    }
    return false;
}

/* parse_pair: one "name=value" of len characters. */
static bool parse_pair(struct options *options, const char *pair, size_t len)
{
    const char *equals = memchr(pair, '=', len);
    size_t name_len = equals != NULL ? (size_t)(equals - pair) : len;
    const struct option *option = find_option(pair, name_len);
    uint32_t value = 0;

    if (option == NULL)
        return pair[0] >= 'A' && pair[0] <= 'Z';
    if (equals == NULL || !parse_value(&value, option, equals + 1, len - name_len - 1))
        return false;
    *member_of(options, option) = value;
    return true;
}

bool options_parse(struct options *options, char *why, uint32_t why_size, const char *text)
{
    static const char SEPARATORS[] = ", \t";

    for (size_t i = 0; i < OPTION_COUNT; i++)
        *member_of(options, &OPTIONS[i]) = OPTIONS[i].initial;
    if (text == NULL)
        return true;
    for (;;) {
        text += strspn(text, SEPARATORS);
        size_t len = strcspn(text, SEPARATORS);
        if (len == 0)
            return true;
        if (!parse_pair(options, text, len)) {
            const char *what = len > 6 && memcmp(text, "fault=", 6) == 0 ? "unknown fault" : "unknown option or value";
            snprintf(why, why_size, "%s: %.*s", what, len > 80 ? 80 : (int)len, text);
            return false;
        }
        text += len;
    }
}
