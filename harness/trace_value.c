/* SPDX-License-Identifier: MIT */
/* One reader for each type, and the expansion of bytes. */
#include "trace_value.h"

#include <string.h>

#include "names.h"
#include "trace_keys.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static bool ended(const struct trace_reader *reader)
{
    return reader->at == reader->end;
}

/* wanted: for a reader that fails. */
static bool wanted(struct trace_reader *reader, const char *want)
{
    reader->want = want;
    return false;
}

/* take: moves over this byte if it comes next. */
static bool take(struct trace_reader *reader, char byte)
{
    if (ended(reader) || *reader->at != byte) {
        return false;
    }
    reader->at++;
    return true;
}

/* take_text: the same for a terminated text. */
static bool take_text(struct trace_reader *reader, const char *text)
{
    size_t len = strlen(text);

    if ((size_t)(reader->end - reader->at) < len || memcmp(reader->at, text, len) != 0) {
        return false;
    }
    reader->at += len;
    return true;
}

/* digit_of: the value of a hexadecimal digit; 16 if it is none. */
static unsigned digit_of(char byte)
{
    if (byte >= '0' && byte <= '9') {
        return (unsigned)(byte - '0');
    }
    if (byte >= 'a' && byte <= 'f') {
        return (unsigned)(byte - 'a') + 10;
    }
    if (byte >= 'A' && byte <= 'F') {
        return (unsigned)(byte - 'A') + 10;
    }
    return 16;
}

/* next_is_digit: whether a digit of this base comes next. */
static bool next_is_digit(const struct trace_reader *reader, unsigned base)
{
    return !ended(reader) && digit_of(*reader->at) < base;
}

bool trace_number_read(uint64_t *number, struct trace_reader *reader)
{
    unsigned base = take_text(reader, "0x") ? 16 : 10;
    const char *first = reader->at;
    uint64_t value = 0;

    for (; next_is_digit(reader, base); reader->at++) {
        unsigned digit = digit_of(*reader->at);

        if (value > (UINT64_MAX - digit) / base) {
            return wanted(reader, "a number below 2^64");
        }
        value = value * base + digit;
    }
    *number = value;
    return reader->at != first || wanted(reader, "a number");
}

static bool number_read(struct trace_word *word, struct trace_reader *reader)
{
    const char *first = reader->at;
    enum names_table table;
    uint32_t number;

    if (trace_number_read(&word->number, reader) && ended(reader)) {
        return true;
    }
    /* "3des-cbc" is a name that starts like a number. */
    if (!trace_key_names(&table, word->key) || !names_find(&number, table, first, (size_t)(reader->end - first))) {
        return false;
    }
    word->number = number;
    reader->at = reader->end;
    return true;
}

/* ---- bytes ---- */

/* One part of a value of type bytes. */
struct part {
    const char *hex; /* digits, two for each byte; for a repeat only two; NULL: pseudo-random bytes of the seed */
    uint64_t seed;
    uint32_t len;
    bool repeat;
};

/* digits_read: an even number of hexadecimal digits, two at least. */
static bool digits_read(size_t *count, struct trace_reader *reader)
{
    const char *first = reader->at;

    while (next_is_digit(reader, 16)) {
        reader->at++;
    }
    *count = (size_t)(reader->at - first);
    if (*count == 0) {
        return wanted(reader, "bytes such as 00ff, 16*aa, 32?7 or -");
    }
    return *count % 2 == 0 || wanted(reader, "two digits for each byte");
}

/* part_read: the part at the reader, if it needs no more than room bytes. */
static bool part_read(struct part *part, struct trace_reader *reader, size_t room)
{
    const char *first = reader->at;
    struct trace_reader count = *reader;
    uint64_t len = 0;
    size_t digits;
    bool even = digits_read(&digits, reader);
    bool repeat = take(reader, '*');

    *part = (struct part){.hex = first, .repeat = repeat};
    if (repeat || take(reader, '?')) {
        count.end = reader->at - 1;
        if (!trace_number_read(&len, &count) || !ended(&count)) {
            reader->at = count.at;
            return wanted(reader, "a count before * or ?");
        }
        part->hex = repeat ? reader->at : NULL;
        if (repeat && !(digits_read(&digits, reader) && digits == 2)) {
            return wanted(reader, "two digits behind *");
        }
        if (!repeat && !trace_number_read(&part->seed, reader)) {
            return false;
        }
    } else if (!even) {
        return false;
    } else {
        len = digits / 2;
    }
    if (len > room) {
        reader->at = first;
        return wanted(reader, "at most 131072 bytes");
    }
    part->len = (uint32_t)len;
    return true;
}

_Static_assert(TRACE_BYTES_MAX == 131072, "part_read() says so");

static bool bytes_read(struct trace_word *word, struct trace_reader *reader)
{
    struct part part;

    if (reader->end - reader->at == 1 && take(reader, '-')) {
        return true;
    }
    do {
        if (!part_read(&part, reader, TRACE_BYTES_MAX - word->count)) {
            return false;
        }
        word->count += part.len;
    } while (take(reader, '.'));
    return true;
}

void trace_random(uint8_t *out, size_t len, uint64_t seed)
{
    uint64_t state = seed;

    for (size_t i = 0; i < len; i++) {
        uint64_t z = state += 0x9E3779B97F4A7C15u;

        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
        z = (z ^ z >> 27) * 0x94D049BB133111EBu;
        out[i] = (uint8_t)(z ^ z >> 31);
    }
}

static uint8_t byte_of(const char digits[2])
{
    return (uint8_t)(digit_of(digits[0]) << 4 | digit_of(digits[1]));
}

static void part_expand(uint8_t *out, const struct part *part)
{
    if (part->hex == NULL) {
        trace_random(out, part->len, part->seed);
        return;
    }
    for (size_t i = 0; i < part->len; i++) {
        out[i] = byte_of(part->hex + (part->repeat ? 0 : 2 * i));
    }
}

bool trace_bytes(uint8_t *out, size_t size, size_t *len, const struct trace_word *word)
{
    struct trace_reader reader = {word->text, word->text + word->text_len, NULL};
    struct part part;

    *len = 0;
    if (word->base != BASE_RAW && word->base != BASE_NULL) {
        return false; /* a frame that is not given as bytes */
    }
    if (word->base == BASE_NULL || word->count == 0) {
        return true;
    }
    do {
        if (!part_read(&part, &reader, size - *len)) {
            return false;
        }
        part_expand(out + *len, &part);
        *len += part.len;
    } while (take(&reader, '.'));
    return true;
}

/* ---- addresses ---- */

/* ipv4_read: four numbers up to 255. */
static bool ipv4_read(uint8_t address[16], struct trace_reader *reader)
{
    for (int i = 0; i < 4; i++) {
        const char *first;
        unsigned byte = 0;

        if (i > 0 && !take(reader, '.')) {
            return false;
        }
        first = reader->at;
        while (next_is_digit(reader, 10) && byte < 256) {
            byte = byte * 10 + digit_of(*reader->at++);
        }
        if (reader->at == first || byte > 255) {
            return false;
        }
        address[i] = (uint8_t)byte;
    }
    return true;
}

/* group_read: one to four hexadecimal digits. */
static bool group_read(uint8_t group[2], struct trace_reader *reader)
{
    const char *first = reader->at;
    unsigned value = 0;

    while (next_is_digit(reader, 16) && reader->at - first < 4) {
        value = value << 4 | digit_of(*reader->at++);
    }
    group[0] = (uint8_t)(value >> 8);
    group[1] = (uint8_t)value;
    return reader->at != first;
}

/* ipv6_read: eight groups, or fewer and one "::" that stands for the missing ones (RFC 4291 2.2). */
static bool ipv6_read(uint8_t address[16], struct trace_reader *reader)
{
    uint8_t groups[16] = {0};
    size_t len = 0;
    size_t head = 0; /* bytes before the gap */
    bool gap = take_text(reader, "::");

    while (!ended(reader)) {
        if (len == sizeof(groups) || !group_read(groups + len, reader)) {
            return false;
        }
        len += 2;
        if (!gap && take_text(reader, "::")) {
            gap = true;
            head = len;
        } else if (!ended(reader) && (!take(reader, ':') || ended(reader))) {
            return false;
        }
    }
    if (gap == (len == sizeof(groups))) {
        return false;
    }
    memset(address, 0, 16);
    memcpy(address, groups, head);
    memcpy(address + 16 - (len - head), groups + head, len - head);
    return true;
}

static bool address_read(struct trace_word *word, struct trace_reader *reader)
{
    bool ipv6 = memchr(reader->at, ':', (size_t)(reader->end - reader->at)) != NULL;

    word->count = ipv6 ? 16 : 4;
    return ipv6 ? ipv6_read(word->address, reader) : ipv4_read(word->address, reader);
}

/* ---- handles, places, frames, edits ---- */

/* symbol_read: the number of a handle or a frame; they count from 1. */
static bool symbol_read(struct trace_word *word, struct trace_reader *reader, const char *want)
{
    word->base = BASE_SYMBOL;
    return (trace_number_read(&word->number, reader) && word->number > 0) || wanted(reader, want);
}

static bool twist_read(struct trace_word *word, struct trace_reader *reader)
{
    if (take_text(reader, "~high")) {
        word->twist = TWIST_HIGH;
    } else if (take_text(reader, "~top")) {
        word->twist = TWIST_TOP;
    } else if (take_text(reader, "~next")) {
        word->twist = TWIST_NEXT;
    } else if (take_text(reader, "~low")) {
        word->twist = TWIST_LOW;
    }
    return ended(reader) || wanted(reader, "a handle such as #3+ or one with ~high, ~top, ~next or ~low behind it");
}

static bool handle_read(struct trace_word *word, struct trace_reader *reader)
{
    const char *sign = memchr(reader->at, '#', (size_t)(reader->end - reader->at));

    if (sign == NULL && take_text(reader, "null")) {
        word->base = BASE_NULL;
        return true;
    }
    if (sign == NULL) {
        return trace_number_read(&word->number, reader) || wanted(reader, "a handle such as #1, 0x12 or null");
    }
    if (sign != reader->at && !trace_device_find(&word->device, reader->at, (size_t)(sign - reader->at))) {
        return wanted(reader, "a handle of dut, dut2, dut3, dut4, peer or peer2");
    }
    reader->at = sign + 1;
    if (!symbol_read(word, reader, "a handle from #1 on")) {
        return false;
    }
    if (take(reader, '+')) {
        word->base = BASE_RUN;
    }
    return twist_read(word, reader);
}

static const struct {
    const char *name;
    enum trace_base base;
} places[] = {
    {"null", BASE_NULL},
    {"freed", BASE_FREED},
    {"unmapped", BASE_UNMAPPED},
    {"noncanonical", BASE_NONCANONICAL},
};

/* place_find: the index in places, or how many there are. */
static size_t place_find(const char *name, size_t len)
{
    size_t i = 0;

    while (i < COUNT_OF(places) && (strlen(places[i].name) != len || memcmp(places[i].name, name, len) != 0)) {
        i++;
    }
    return i;
}

bool trace_name_is_place(const char *name, size_t len)
{
    return place_find(name, len) < COUNT_OF(places);
}

size_t trace_name_len(const struct trace_reader *reader)
{
    const char *at = reader->at;

    while (at != reader->end &&
           ((*at >= 'a' && *at <= 'z') || *at == '_' || (at != reader->at && *at >= '0' && *at <= '9'))) {
        at++;
    }
    return (size_t)(at - reader->at);
}

/* middle_read: what may follow a name: the index in a run, a byte in the element. */
static bool middle_read(struct trace_word *word, struct trace_reader *reader)
{
    uint64_t index = 0;

    if (take(reader, '[')) {
        if (!trace_number_read(&index, reader) || !take(reader, ']') || index > TRACE_RUN_MAX) {
            return wanted(reader, "an index in [] up to 4000000");
        }
        word->index = (uint32_t)index;
    }
    return !take(reader, '+') || trace_number_read(&word->number, reader);
}

_Static_assert(TRACE_RUN_MAX == 4000000, "middle_read() says so");

static bool place_read(struct trace_word *word, struct trace_reader *reader)
{
    size_t len = trace_name_len(reader);
    size_t place = place_find(reader->at, len);

    if (take(reader, '+')) {
        word->base = BASE_RUN;
        return true;
    }
    if (next_is_digit(reader, 10)) {
        return trace_number_read(&word->number, reader);
    }
    if (len == 0 || len > TRACE_NAME_MAX) {
        return false;
    }
    reader->at += len;
    if (place < COUNT_OF(places)) {
        word->base = places[place].base;
        return true;
    }
    word->base = BASE_SYMBOL;
    word->count = (uint32_t)len;
    return middle_read(word, reader);
}

static bool frame_read(struct trace_word *word, struct trace_reader *reader)
{
    return take(reader, '$') ? symbol_read(word, reader, "a frame from $1 on") : bytes_read(word, reader);
}

static bool edit_read(struct trace_word *word, struct trace_reader *reader)
{
    const char *first = reader->at;
    uint64_t bit;

    while (!ended(reader) && ((*reader->at >= 'a' && *reader->at <= 'z') || *reader->at == '-')) {
        reader->at++;
    }
    word->count = (uint32_t)(reader->at - first);
    word->index = UINT32_MAX;
    if (word->count == 0 || (take(reader, '+') && !trace_number_read(&word->number, reader))) {
        return false;
    }
    if (take(reader, '.')) {
        if (!trace_number_read(&bit, reader) || bit > 7) {
            return wanted(reader, "a bit from .0 to .7");
        }
        word->index = (uint32_t)bit;
    }
    return true;
}

/* text_read: any text goes; trace_parse() has looked at its quotes. */
static bool text_read(struct trace_word *word, struct trace_reader *reader)
{
    (void)word;
    reader->at = reader->end;
    return true;
}

static const struct {
    bool (*read)(struct trace_word *word, struct trace_reader *reader);
    const char *want; /* where the reader does not say it better */
} types[] = {
    [TYPE_FLAG] = {text_read, ""},
    [TYPE_NUMBER] = {number_read, "a number"},
    [TYPE_BYTES] = {bytes_read, "bytes such as 00ff, 16*aa, 32?7 or -"},
    [TYPE_ADDRESS] = {address_read, "an address"},
    [TYPE_HANDLE] = {handle_read, "a handle such as #1, 0x12 or null"},
    [TYPE_PLACE] = {place_read, "a place such as b, b[7]+16, + or null"},
    [TYPE_FRAME] = {frame_read, "a frame such as $1, or bytes"},
    [TYPE_EDIT] = {edit_read, "an edit such as icv+0.3"},
    [TYPE_TEXT] = {text_read, ""},
};

bool trace_value_read(struct trace_word *word, struct trace_reader *reader)
{
    reader->at = word->text;
    reader->end = word->text + word->text_len;
    reader->want = types[word->type].want;
    if (!types[word->type].read(word, reader)) {
        return false;
    }
    return ended(reader) || wanted(reader, types[word->type].want);
}
