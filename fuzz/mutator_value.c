/* SPDX-License-Identifier: MIT */
/* Values, by the type of the key, and by the key where the catalogue (part D) knows better. */
#include "mutator_internal.h"

#include <string.h>

#include "trace_keys.h"

/* ---- Words ---- */

static struct trace_word *insert_word(struct trace_line *line, uint32_t element)
{
    uint32_t at = element == MUTATOR_NO_ELEMENT
                      ? line->option_count
                      : line->elements[element].first_word + line->elements[element].word_count;

    if (line->word_count >= TRACE_WORDS_MAX)
        return NULL;
    memmove(line->words + at + 1, line->words + at, (line->word_count - at) * sizeof *line->words);
    line->word_count++;
    for (uint32_t i = 0; i < line->element_count; i++) {
        if (i != element && line->elements[i].first_word >= at)
            line->elements[i].first_word++;
    }
    if (element == MUTATOR_NO_ELEMENT)
        line->option_count++;
    else
        line->elements[element].word_count++;
    memset(&line->words[at], 0, sizeof line->words[at]);
    return &line->words[at];
}

bool mutator_set(struct mutator *mutator, uint32_t element, enum trace_key key, const char *text, uint32_t len)
{
    struct trace_line *line = mutator->line;
    const struct trace_word *was =
        element == MUTATOR_NO_ELEMENT ? trace_option(line, key) : trace_field(line, &line->elements[element], key);
    struct trace_word *word = was ? &line->words[was - line->words] : insert_word(line, element);

    if (!word)
        return false;
    word->key = key;
    word->text = text;
    word->text_len = len;
    return true;
}

/* ---- Numbers ---- */

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))

/* Part D of the catalogue. */
static const uint64_t lengths[] = {
    0,   1,   3,   4,   8,   11,   12,     16,     19,         20,         23,         24,         27,        28,  31,
    32,  36,  40,  72,  155, 156,  160,    161,    167,        168,        169,        170,        175,       176, 177,
    188, 208, 255, 256, 512, 4096, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFC, 0xFFFFFFFF};
static const uint64_t types[] = {0, 0x7F, 0x80, 0x81, 0x96, 0xA7, 0xFF};
static const uint64_t revisions[] = {0, 1, 2, 3, 255};
static const uint64_t counts[] = {0, 1, 2, 3, 0x80000000, 0xFFFFFFFF};
static const uint64_t halves[] = {0, 1, 2, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
static const uint64_t spis[] = {0, 1, 255, 256, 0x1001, 0x1002, 0x1003, 0x01100000, 0x2001, 0xFFFFFFFF};
static const uint64_t icvs[] = {0, 4, 8, 12, 16, 17, 64, 96, 128, 0xFFFFFFFF};
static const uint64_t small[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 15, 16, 20, 24, 32, 40, 64, 255};
static const uint64_t protocols[] = {0, 1, 4, 6, 17, 41, 43, 44, 50, 51, 59, 60, 255};
static const uint64_t pads[] = {0, 1, 2, 3, 4, 7, 15, 16, 254, 255};

struct choice {
    const uint64_t *values;
    uint32_t count;
};

static struct choice choice_of(enum trace_key key)
{
    switch ((unsigned)key) {
    case KEY_TYPE:
        return (struct choice){types, COUNT(types)};
    case KEY_REV:
    case KEY_REVISION:
        return (struct choice){revisions, COUNT(revisions)};
    case KEY_EXT:
        return (struct choice){counts, COUNT(counts)};
    case KEY_SPI:
    case KEY_AH_SPI:
    case KEY_SA_FIRST + SA_SPI:
    case KEY_SA_FIRST + 12 + SA_SPI:
        return (struct choice){spis, COUNT(spis)};
    case KEY_HI:
    case KEY_AH_HI:
    case KEY_SEQ:
    case KEY_SA_FIRST + SA_HI:
    case KEY_SA_FIRST + 12 + SA_HI:
        return (struct choice){halves, COUNT(halves)};
    case KEY_ICV:
    case KEY_SA_FIRST + SA_AUTH_INFO:
    case KEY_SA_FIRST + SA_ENC_INFO:
        return (struct choice){icvs, COUNT(icvs)};
    case KEY_NH:
    case KEY_NH_PLAIN:
        return (struct choice){protocols, COUNT(protocols)};
    case KEY_PAD:
        return (struct choice){pads, COUNT(pads)};
    case KEY_IRQL:
        return (struct choice){small, 3};
    case KEY_ID:
    case KEY_PORT:
    case KEY_TIMEOUT:
    case KEY_FAIL:
    case KEY_CUT:
    case KEY_AH_OFFSET:
    case KEY_ESP_OFFSET:
    case KEY_OPTIONS:
    case KEY_SHORTEN:
    case KEY_GROW:
    case KEY_AFTER:
    case KEY_FLAGS:
        return (struct choice){small, COUNT(small)};
    default:
        return (struct choice){lengths, COUNT(lengths)};
    }
}

static const char *named(struct mutator *mutator, uint32_t *len, enum names_table table)
{
    uint32_t count = 0;
    const char *name;

    while (names_list(table, count))
        count++;
    name = names_list(table, mutator_below(mutator, count));
    *len = name ? (uint32_t)strlen(name) : 0;
    return name;
}

static const char *number(struct mutator *mutator, uint32_t *len, enum trace_key key, const struct trace_word *was)
{
    struct choice choice = choice_of(key);
    uint32_t dice = mutator_below(mutator, 100);
    uint64_t value = choice.values[mutator_below(mutator, choice.count)];
    enum names_table table;

    if (trace_key_names(&table, key) && mutator_chance(mutator, 85))
        return named(mutator, len, table);
    if (was && dice < 20)
        value = was->number + (mutator_chance(mutator, 50) ? 1 : UINT64_MAX);
    else if (was && dice < 35)
        value = was->number ^ (uint64_t)1 << mutator_below(mutator, 32);
    else if (dice < 40)
        value = mutator_random(mutator) >> mutator_below(mutator, 64);
    return mutator_print(mutator, len, value > 4096 ? "0x%llX" : "%llu", (unsigned long long)value);
}

/* ---- Bytes ---- */

static const char *bytes(struct mutator *mutator, uint32_t *len, enum trace_key key)
{
    static const uint32_t sizes[] = {0, 1, 2, 4, 8, 16, 20, 24, 28, 32, 36, 40, 64, 168, 188, 256, 1400, 1500};
    uint32_t size = sizes[mutator_below(mutator, COUNT(sizes))];
    unsigned byte = mutator_below(mutator, 256);

    if (key == KEY_IV)
        size = mutator_below(mutator, 17);
    /* an element: a header that may be sound, and what follows it */
    if ((key == KEY_RAW || key == KEY_BUFFER || key == KEY_KEY) && mutator_chance(mutator, 60))
        return mutator_print(mutator, len, "80%02x%02x00.4*00.%u*%02x", mutator_below(mutator, 3),
                             (unsigned)lengths[mutator_below(mutator, 20)] & 255u, size, byte & 1u ? byte : 0);
    if (size == 0)
        return mutator_print(mutator, len, "-");
    if (mutator_chance(mutator, 50))
        return mutator_print(mutator, len, "%u?%u", size, mutator_below(mutator, 4));
    return mutator_print(mutator, len, "%u*%02x", size, byte);
}

/* ---- What names other things ---- */

static const char *handle(struct mutator *mutator, uint32_t *len, const struct trace_element *element)
{
    static const char *const raw[] = {"null", "0x1", "0x1001", "0xFFFFFFFFFFFFFFFF", "0xdead0000"};
    static const char *const twists[] = {"", "", "", "", "~high", "~next", "~low"};
    uint32_t symbol = 1 + mutator_below(mutator, mutator->sas + 1);

    if (mutator_chance(mutator, 12)) {
        *len = (uint32_t)strlen(raw[symbol = mutator_below(mutator, COUNT(raw))]);
        return raw[symbol];
    }
    if (mutator_chance(mutator, 6))
        return mutator_print(mutator, len, "dut%s#%u", mutator_chance(mutator, 80) ? "2" : "", symbol);
    if (element && element->is_run && mutator_chance(mutator, 70))
        return mutator_print(mutator, len, "#%u+", symbol);
    return mutator_print(mutator, len, "#%u%s", symbol, twists[mutator_below(mutator, COUNT(twists))]);
}

/* An element of an earlier line, whose request may still be out. */
static const char *elsewhere(struct mutator *mutator, uint32_t *len)
{
    uint32_t index = mutator_below(mutator, mutator->current);

    if (mutator->current == 0 || !mutator_read(mutator, mutator->other, index) || mutator->other->element_count == 0)
        return NULL;
    return mutator_print(mutator, len, "%s",
                         mutator->other->elements[mutator_below(mutator, mutator->other->element_count)].name);
}

static const char *place(struct mutator *mutator, uint32_t *len, const struct trace_element *element)
{
    const struct trace_line *line = mutator->line;
    const struct trace_element *to;
    uint32_t offset;

    if (line->element_count == 0 || mutator_chance(mutator, 15))
        return mutator_print(mutator, len, "null");
    if (mutator_chance(mutator, 10))
        return elsewhere(mutator, len);
    if (element && element->is_run && mutator_chance(mutator, 40))
        return mutator_print(mutator, len, "+");
    to = &line->elements[mutator_below(mutator, line->element_count)];
    offset = mutator_chance(mutator, 80) ? 0 : 8 * (1 + mutator_below(mutator, 24));
    if (to->is_run && to->count > 1 && mutator_chance(mutator, 50))
        return mutator_print(mutator, len, offset ? "%s[%u]+%u" : "%s[%u]", to->name, mutator_below(mutator, to->count),
                             offset);
    return mutator_print(mutator, len, offset ? "%s+%u" : "%s", to->name, offset);
}

/* A frame from nowhere: Ethernet, IP, and the beginning of what may be ESP or AH. */
static const char *frame(struct mutator *mutator, uint32_t *len)
{
    static const char *const payloads[] = {
        "00001001.00000001.40?7",                     /* ESP */
        "00001001.00000001",                          /* ESP without anything in it */
        "11040000.00001001.00000001.12*00.40?3",      /* AH */
        "11ff0000.00001001.00000001.8*00",            /* AH that is longer than it is */
        "1194.1194.0040.0000.00001001.00000001.48?9", /* UDP-ESP */
        "1194.1194.0009.0000.ff",                     /* its keep-alive */
        "1194.1194.0004.0000",                        /* UDP shorter than itself */
        "00",
    };
    static const uint32_t protocols4[] = {50, 51, 17, 0, 6, 255};
    const char *payload = payloads[mutator_below(mutator, COUNT(payloads))];
    uint32_t protocol = protocols4[mutator_below(mutator, COUNT(protocols4))];
    uint32_t total = mutator_chance(mutator, 70) ? 76 : (uint32_t)lengths[mutator_below(mutator, 32)] & 0xFFFF;

    if (mutator->frames > 0 && mutator_chance(mutator, 80))
        return mutator_print(mutator, len, "$%u", 1 + mutator_below(mutator, mutator->frames + 1));
    if (mutator_chance(mutator, 60))
        return mutator_print(mutator, len, "12*00.0800.4%x00%04x.0000%04x.40%02x0000.c0000202.c0000201.%s",
                             mutator_chance(mutator, 70) ? 5 : mutator_below(mutator, 16), total,
                             mutator_chance(mutator, 80) ? 0 : 0x2000 + mutator_below(mutator, 9), protocol, payload);
    if (mutator_chance(mutator, 60))
        return mutator_print(mutator, len, "12*00.86dd.60000000%04x%02x40.16*00.16*01.%s", total, protocol, payload);
    return mutator_print(mutator, len, "%u?%u", mutator_below(mutator, 120), mutator_below(mutator, 9));
}

static const char *edit(struct mutator *mutator, uint32_t *len)
{
    static const char *const regions[] = {"media",       "ip",  "ah",  "ah-icv",  "esp",     "spi",
                                          "seq",         "iv",  "icv", "payload", "trailer", "pad-length",
                                          "next-header", "src", "dst", "frame"};

    return mutator_print(mutator, len, "%s+%u.%u", regions[mutator_below(mutator, COUNT(regions))],
                         mutator_below(mutator, mutator_chance(mutator, 80) ? 20 : 80), mutator_below(mutator, 8));
}

static const char *address(struct mutator *mutator, uint32_t *len)
{
    static const char *const addresses[] = {"192.0.2.1",   "192.0.2.2",   "0.0.0.0", "255.255.255.255", "224.0.0.1",
                                            "2001:db8::1", "2001:db8::2", "::",      "ff02::1"};
    const char *text = addresses[mutator_below(mutator, COUNT(addresses))];

    *len = (uint32_t)strlen(text);
    return text;
}

const char *mutator_value(struct mutator *mutator, uint32_t *len, const struct trace_element *element,
                          enum trace_key key, enum trace_type type, const struct trace_word *was)
{
    switch (type) {
    case TYPE_NUMBER:
        return number(mutator, len, key, was);
    case TYPE_BYTES:
        if (key == KEY_BUFFER && (mutator->line->verb != VERB_OID || mutator_chance(mutator, 10)))
            return mutator_print(mutator, len, "null");
        return bytes(mutator, len, key);
    case TYPE_ADDRESS:
        return address(mutator, len);
    case TYPE_HANDLE:
        return handle(mutator, len, element);
    case TYPE_PLACE:
        return place(mutator, len, element);
    case TYPE_FRAME:
        return frame(mutator, len);
    case TYPE_EDIT:
        return edit(mutator, len);
    default:
        return NULL;
    }
}
