/* SPDX-License-Identifier: MIT */
/* Values, by the type of the key, and by the key where the catalogue (part D) knows better. */
#include "mutator_internal.h"

#include <string.h>

#include "list.h"
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
    struct trace_word *word = was && key != KEY_FLIP ? &line->words[was - line->words] : insert_word(line, element);

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
static const uint64_t allocations[] = {1, 2, 3, 4, 5, 6, 8, 12};
static const uint64_t ids[] = {0, 1, 2, 7};
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
        return (struct choice){ids, COUNT(ids)};
    case KEY_FAIL:
        return (struct choice){allocations, COUNT(allocations)};
    case KEY_PORT:
    case KEY_TIMEOUT:
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

/* ---- Lengths and offsets: what they are beside what is there ---- */

/* How long an element is, and its structure without what follows that. */
struct extent {
    uint32_t len;
    uint32_t fixed;
};

static struct extent extent_of(const struct mutator *mutator, const struct trace_element *element)
{
    const struct trace_line *line = mutator->line;
    uint32_t index = element ? (uint32_t)(element - line->elements) : 0;
    uint8_t bytes[LIST_NODE_BYTES];
    struct extent extent;
    struct list list;

    list_read(&list, line, &mutator->past.profiles[mutator->device]);
    extent.fixed = list_fixed(&list);
    extent.len = list.first_node[index] < list.first_node[index + 1]
                     ? list_encode(&list, list.first_node[index], bytes, NULL, NULL)
                     : extent.fixed;
    return extent;
}

static bool has_extent(const struct mutator *mutator, enum trace_key key)
{
    const struct trace_line *line = mutator->line;
    uint32_t member = (key - KEY_SA_FIRST) % 12u;

    if (line->verb < VERB_ADD_SA || line->verb > VERB_DELETE_SA || line->element_count == 0)
        return false;
    if (key >= KEY_SA_FIRST && key < KEY_SA_END)
        return member == SA_AUTH_LEN || member == SA_AUTH_OFF || member == SA_ENC_LEN || member == SA_ENC_OFF;
    return key == KEY_LENGTH || key == KEY_BYTES || key == KEY_SIZE || key == KEY_KEY_LEN || key == KEY_KEY_AT;
}

/* A number about where something ends: there, beside it, in front of it, or so far that 32 bits wrap. */
static uint64_t beside(struct mutator *mutator, const struct trace_element *element, enum trace_key key)
{
    static const uint32_t steps[] = {0, 1, 1, 1, 4, 8, 16};
    struct extent extent = extent_of(mutator, element);
    uint32_t step = steps[mutator_below(mutator, COUNT(steps))];
    bool is_area = key == KEY_KEY_LEN || (key >= KEY_SA_FIRST && key < KEY_SA_END);
    uint32_t area = extent.len > extent.fixed ? extent.len - extent.fixed : 0;
    uint32_t edge = is_area ? area : mutator_chance(mutator, 60) ? extent.len : extent.fixed;
    uint32_t dice = mutator_below(mutator, 100);

    if (dice < 30)
        return mutator_below(mutator, edge + 2);
    if (dice < 65 && (is_area || key == KEY_KEY_AT))
        return UINT32_MAX - mutator_below(mutator, 32); /* so that as much as a key wraps */
    return dice < 85 && edge >= step ? edge - step : edge + step;
}

bool mutator_bound(struct mutator *mutator)
{
    static const enum trace_key keys[] = {
        KEY_LENGTH,
        KEY_LENGTH,
        KEY_BYTES,
        KEY_SIZE,
        KEY_KEY_LEN,
        KEY_KEY_AT,
        KEY_SA_FIRST + SA_ENC_LEN,
        KEY_SA_FIRST + SA_ENC_OFF,
        KEY_SA_FIRST + SA_AUTH_LEN,
        KEY_SA_FIRST + SA_AUTH_OFF,
        KEY_SA_FIRST + 12 + SA_AUTH_OFF,
    };
    enum trace_key key = keys[mutator_below(mutator, COUNT(keys))];
    const struct trace_line *line = mutator->line;
    uint32_t element = mutator_below(mutator, line->element_count);
    enum trace_type type;
    uint64_t value;
    uint32_t len;
    const char *text;

    if (!has_extent(mutator, key) || !trace_key_type(&type, line->verb, key != KEY_LENGTH, key))
        return false;
    value = beside(mutator, &line->elements[key == KEY_LENGTH ? 0 : element], key);
    text = mutator_print(mutator, &len, value > 4096 ? "0x%llX" : "%llu", (unsigned long long)value);
    return mutator_set(mutator, key == KEY_LENGTH ? MUTATOR_NO_ELEMENT : element, key, text, len);
}

static const char *number(struct mutator *mutator, uint32_t *len, const struct trace_element *element,
                          enum trace_key key, const struct trace_word *was)
{
    struct choice choice = choice_of(key);
    uint32_t dice = mutator_below(mutator, 100);
    uint64_t value = choice.values[mutator_below(mutator, choice.count)];
    enum names_table table;

    if (trace_key_names(&table, key) && mutator_chance(mutator, 85))
        return named(mutator, len, table);
    if (dice < 50 && has_extent(mutator, key))
        value = beside(mutator, element, key);
    else if (was && dice < 20)
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
    static const char *const twists[] = {"", "", "", "", "~high", "~top", "~next", "~low"};
    uint32_t other = mutator->device == 0 ? 1 : 0;
    uint32_t device = mutator_chance(mutator, 90) ? mutator->device : other;
    const struct mutator_sa *sa = mutator_choose_sa(mutator, device, MUTATOR_EITHER_WAY);
    uint32_t symbol = 1 + mutator_below(mutator, mutator->past.symbols[device] + 1);

    if (sa && mutator_chance(mutator, 80))
        symbol = sa->symbol;
    if (mutator_chance(mutator, 12)) {
        *len = (uint32_t)strlen(raw[symbol = mutator_below(mutator, COUNT(raw))]);
        return raw[symbol];
    }
    if (device != mutator->device)
        return mutator_print(mutator, len, "dut%s#%u", device == 1 ? "2" : "", symbol);
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
        return number(mutator, len, element, key, was);
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
        return mutator_frame(mutator, len);
    case TYPE_EDIT:
        return mutator_edit(mutator, len, element);
    default:
        return NULL;
    }
}
