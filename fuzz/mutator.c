/* SPDX-License-Identifier: MIT */
/* Lines: which there are, in what order; and which change is made to one. */
#include "mutator_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace_keys.h"

/* ---- Chance ---- */

uint64_t mutator_random(struct mutator *mutator)
{
    uint64_t z = (mutator->random += 0x9E3779B97F4A7C15u);

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

uint32_t mutator_below(struct mutator *mutator, uint32_t limit)
{
    return (uint32_t)((mutator_random(mutator) >> 32) * (limit ? limit : 1) >> 32);
}

bool mutator_chance(struct mutator *mutator, uint32_t percent)
{
    return mutator_below(mutator, 100) < percent;
}

/* ---- Texts ---- */

const char *mutator_print(struct mutator *mutator, uint32_t *len, const char *format, ...)
{
    char *out = mutator->arena + mutator->used;
    size_t room = MUTATOR_ARENA - mutator->used;
    va_list arguments;
    int printed;

    va_start(arguments, format);
    printed = vsnprintf(out, room, format, arguments);
    va_end(arguments);
    if (printed < 0 || (size_t)printed >= room) {
        *len = 0;
        return "";
    }
    mutator->used += (size_t)printed + 1;
    *len = (uint32_t)printed;
    return out;
}

bool mutator_read(const struct mutator *mutator, struct trace_line *line, uint32_t index)
{
    struct trace_error error;

    return trace_parse(line, &error, mutator->lines[index].at, mutator->lines[index].len) == TRACE_REQUEST;
}

bool mutator_keep(struct mutator *mutator)
{
    char *out = mutator->arena + mutator->used;
    size_t room = MUTATOR_ARENA - mutator->used;
    size_t len = trace_print(out, room < TRACE_LINE_MAX ? room : TRACE_LINE_MAX, mutator->line);
    struct trace_error error;

    if (len == 0 || trace_parse(mutator->other, &error, out, len) != TRACE_REQUEST)
        return false;
    mutator->used += len + 1;
    mutator->lines[mutator->current] = (struct mutator_text){out, (uint32_t)len};
    return true;
}

/* ---- The lines of a trace ---- */

static bool is_request(struct mutator *mutator, const char *text, size_t len)
{
    struct trace_error error;

    return len <= TRACE_LINE_MAX && trace_parse(mutator->line, &error, text, len) == TRACE_REQUEST &&
           mutator->line->verb != VERB_QUIT;
}

static void split(struct mutator *mutator, const char *text, size_t len)
{
    const char *end = text + len;

    while (text < end && mutator->count < MUTATOR_LINES_MAX) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t line_len = newline ? (size_t)(newline - text) : (size_t)(end - text);
        if (is_request(mutator, text, line_len))
            mutator->lines[mutator->count++] = (struct mutator_text){text, (uint32_t)line_len};
        text += line_len + (newline != NULL);
    }
}

/* join: writes the lines as far as they fit. */
static size_t join(const struct mutator *mutator, char *out, size_t size)
{
    size_t used = 0;

    for (uint32_t i = 0; i < mutator->count; i++) {
        const struct mutator_text *line = &mutator->lines[i];
        if (line->len + 1 > size - used)
            continue;
        memcpy(out + used, line->at, line->len);
        used += line->len;
        out[used++] = '\n';
    }
    return used;
}

static void remove_line(struct mutator *mutator, uint32_t index)
{
    memmove(mutator->lines + index, mutator->lines + index + 1, (mutator->count - index - 1) * sizeof *mutator->lines);
    mutator->count--;
}

/* ---- Changes ---- */

static void add_line(struct mutator *mutator)
{
    uint32_t index = mutator->count ? 1 + mutator_below(mutator, mutator->count) : 0;
    const struct target *target = mutator->target;

    mutator_insert(mutator, index, mutator->count ? target->lines : target->starts);
}

static void swap_lines(struct mutator *mutator)
{
    uint32_t a = mutator_below(mutator, mutator->count);
    uint32_t b = mutator_below(mutator, mutator->count);
    struct mutator_text line = mutator->lines[a];

    mutator->lines[a] = mutator->lines[b];
    mutator->lines[b] = line;
}

static void repeat_line(struct mutator *mutator)
{
    uint32_t from = mutator_below(mutator, mutator->count);
    uint32_t times = mutator_chance(mutator, 80) ? 1 : 1 + mutator_below(mutator, 8);
    struct mutator_text line = mutator->lines[from];

    for (uint32_t i = 0; i < times; i++)
        mutator_insert_line(mutator, from + 1 + mutator_below(mutator, mutator->count - from), line);
}

/* A word gets another value. */
static bool change_word(struct mutator *mutator)
{
    struct trace_line *line = mutator->line;
    struct trace_word *word;
    const struct trace_element *element = NULL;
    const char *text;
    uint32_t len;

    if (line->word_count == 0)
        return false;
    word = &line->words[mutator_below(mutator, line->word_count)];
    if (word->type == TYPE_FLAG || mutator_chance(mutator, 10)) {
        trace_drop_word(mutator->line, (uint32_t)(word - line->words));
        return true;
    }
    for (uint32_t i = 0; i < line->element_count; i++) {
        if ((uint32_t)(word - line->words) - line->elements[i].first_word < line->elements[i].word_count)
            element = &line->elements[i];
    }
    text = mutator_value(mutator, &len, element, word->key, word->type, word);
    if (!text)
        return false;
    word->text = text;
    word->text_len = len;
    return true;
}

/* How often a key is taken when it comes up, in a hundred.  Of the members of two operations there are many. */
static uint32_t chance_of(enum trace_key key)
{
    if (key == KEY_RACE || key == KEY_TWITCH || key == KEY_PLAIN || key == KEY_NH_PLAIN)
        return 0;
    if (key >= KEY_SA_FIRST + 12 && key < KEY_SA_END)
        return 12;
    return key >= KEY_SA_FIRST && key < KEY_SA_END ? 40 : 100;
}

/* A word that was not there. */
static bool add_word(struct mutator *mutator)
{
    struct trace_line *line = mutator->line;
    uint32_t element = line->element_count > 0 && mutator_chance(mutator, 75)
                           ? mutator_below(mutator, line->element_count)
                           : MUTATOR_NO_ELEMENT;
    const struct trace_element *in = element == MUTATOR_NO_ELEMENT ? NULL : &line->elements[element];
    enum trace_type type;

    if (line->verb == VERB_OPEN)
        return false;
    for (uint32_t tries = 0; tries < 64; tries++) {
        enum trace_key key = (enum trace_key)(1 + mutator_below(mutator, KEY_COUNT - 1));
        const char *text = NULL;
        uint32_t len = 0;
        if (!trace_key_type(&type, line->verb, in != NULL, key) || !mutator_chance(mutator, chance_of(key)))
            continue;
        if (type != TYPE_FLAG)
            text = mutator_value(mutator, &len, in, key, type, NULL);
        return (type == TYPE_FLAG || text) && mutator_set(mutator, element, key, text, len);
    }
    return false;
}

/* One of the allocations that a request makes fails. */
static bool starve(struct mutator *mutator)
{
    enum trace_type type;
    uint32_t len;
    const char *text = mutator_print(mutator, &len, "%u", 1 + mutator_below(mutator, 5));

    return trace_key_type(&type, mutator->line->verb, false, KEY_FAIL) &&
           mutator_set(mutator, MUTATOR_NO_ELEMENT, KEY_FAIL, text, len);
}

static bool change_device(struct mutator *mutator)
{
    struct trace_line *line = mutator->line;

    line->device = line->device == 0 ? 1 : line->device == 1 ? 0 : line->device;
    return true;
}

/* A device that is another one: with another of the choices that the documents leave (profile.h), or of its own. */
static bool change_open(struct mutator *mutator)
{
    static const char *const words[] = {
        "GCM_KEY=key",       "ICV_UNIT=bits",        "IV_BY=stack",     "ICV_SPACE=appended", "SPI_ORDER=host",
        "EX_KEYBASE=struct", "ADD_ON_630=no",        "ESN_RX=infer",    "capacity=8",         "UPDATE_LAYOUT=linked",
        "RX_STRIP=all",      "UPDATE_LAYOUT=linked", "RX_STRIP=trailer"};
    const char *word = words[mutator_below(mutator, sizeof words / sizeof words[0])];
    struct trace_line *line = mutator->line;
    struct trace_error error;
    const char *text;
    uint32_t len;

    /* Of one key one word. */
    for (uint32_t i = line->word_count; i-- > 0;) {
        size_t key_len = line->words[i].key_len;
        if (strcspn(word, "=") == key_len && memcmp(word, line->words[i].key_text, key_len) == 0)
            trace_drop_word(line, i);
    }
    if (mutator_chance(mutator, 20))
        return true;
    len = (uint32_t)trace_print(mutator->arena + mutator->used, MUTATOR_ARENA - mutator->used, line);
    text = mutator->arena + mutator->used;
    mutator->used += len + (len > 0);
    text = mutator_print(mutator, &len, "%.*s %s", (int)len, text, word);
    return len > 0 && trace_parse(line, &error, text, len) == TRACE_REQUEST;
}

/* Of what the target is about, rather than what it begins with. */
static uint32_t choose_line(struct mutator *mutator)
{
    uint32_t index = mutator_below(mutator, mutator->count);

    for (uint32_t tries = 0; tries < 4; tries++) {
        if (mutator_read(mutator, mutator->line, index) &&
            mutator_chance(mutator, mutator->interest[mutator->line->verb]))
            break;
        index = mutator_below(mutator, mutator->count);
    }
    return index;
}

static bool change_line(struct mutator *mutator)
{
    uint32_t dice = mutator_below(mutator, 100);

    mutator_look_back(mutator, choose_line(mutator));
    if (!mutator_read(mutator, mutator->line, mutator->current))
        return false;
    mutator->device = mutator->line->device;
    if (mutator->line->verb == VERB_OPEN && dice < 90)
        return change_open(mutator) && mutator_keep(mutator);
    if (dice < 30)
        return change_word(mutator) && mutator_keep(mutator);
    if (dice < 42)
        return add_word(mutator) && mutator_keep(mutator);
    if (dice < 45)
        return starve(mutator) && mutator_keep(mutator);
    if (dice < 60)
        return (mutator_packet(mutator) || mutator_bound(mutator)) && mutator_keep(mutator);
    if (dice < 78)
        return (mutator_shape(mutator) || mutator_packet(mutator)) && mutator_keep(mutator);
    if (dice < 98)
        return mutator_element(mutator) && mutator_keep(mutator);
    return change_device(mutator) && mutator_keep(mutator);
}

/* What a trace begins with is one line of many, and decides what all others mean. */
static void change_first_open(struct mutator *mutator)
{
    uint32_t index = 0;

    while (index < mutator->count && !(mutator_read(mutator, mutator->line, index) && mutator->line->verb == VERB_OPEN))
        index++;
    mutator_look_back(mutator, index);
    if (index < mutator->count && change_open(mutator))
        (void)mutator_keep(mutator);
}

/* Long traces are slow ones: the longer, the rarer do they grow. */
static void change_once(struct mutator *mutator)
{
    uint32_t dice = mutator_below(mutator, 100);
    uint32_t grow = mutator->count < 12 ? 22 : mutator->count < 24 ? 12 : 4;

    if (mutator->count < 2 || dice < grow) {
        add_line(mutator);
    } else if (dice < 28) {
        remove_line(mutator, mutator_below(mutator, mutator->count));
    } else if (dice < 33) {
        swap_lines(mutator);
    } else if (dice < 39) {
        repeat_line(mutator);
    } else if (dice < 48) {
        mutator_ask(mutator, mutator_chance(mutator, 70) ? mutator->count : 1 + mutator_below(mutator, mutator->count));
    } else if (dice < 51) {
        change_first_open(mutator);
    } else {
        for (uint32_t tries = 0; tries < 8 && !change_line(mutator); tries++) {
        }
    }
}

/* begin: a trace without an open line asks nothing of anybody. */
static void begin(struct mutator *mutator)
{
    if (mutator->count == 0 || !mutator_read(mutator, mutator->other, 0) ||
        (mutator->other->verb != VERB_OPEN && mutator_chance(mutator, 90)))
        mutator_insert(mutator, 0, mutator->target->starts);
}

static size_t finish(struct mutator *mutator, char *out, size_t size)
{
    size_t len = join(mutator, out, size);

    if (len == 0 && size >= sizeof "open") {
        memcpy(out, "open\n", sizeof "open");
        len = sizeof "open";
    }
    return len;
}

static void start(struct mutator *mutator, uint64_t seed)
{
    mutator->random = seed;
    mutator->count = 0;
    mutator->used = 0;
}

size_t mutator_change(struct mutator *mutator, char *out, size_t size, const char *text, size_t len, uint64_t seed)
{
    uint32_t changes;

    start(mutator, seed);
    split(mutator, text, len);
    begin(mutator);
    changes = 1 + mutator_below(mutator, 1 + mutator_below(mutator, 5));
    for (uint32_t i = 0; i < changes; i++)
        change_once(mutator);
    return finish(mutator, out, size);
}

size_t mutator_cross(struct mutator *mutator, char *out, size_t size, const char *a, size_t a_len, const char *b,
                     size_t b_len, uint64_t seed)
{
    uint32_t first;
    uint32_t kept = 0;

    start(mutator, seed);
    split(mutator, a, a_len);
    first = mutator->count ? 1 + mutator_below(mutator, mutator->count) : 0;
    mutator->count = first;
    split(mutator, b, b_len);
    /* Of the second trace a stretch; of the first its beginning. */
    kept = mutator_below(mutator, mutator->count - first + 1);
    while (kept-- > 0 && mutator->count > first)
        remove_line(mutator, first);
    begin(mutator);
    return finish(mutator, out, size);
}

/* ---- Life ---- */

struct mutator *mutator_new(const struct target *of)
{
    struct mutator *mutator = calloc(1, sizeof *mutator);

    if (!mutator)
        return NULL;
    mutator->target = of;
    mutator->line = malloc(sizeof *mutator->line);
    mutator->other = malloc(sizeof *mutator->other);
    mutator->arena = malloc(MUTATOR_ARENA);
    mutator_count_interest(mutator);
    if (mutator->line && mutator->other && mutator->arena)
        return mutator;
    mutator_free(mutator);
    return NULL;
}

void mutator_free(struct mutator *mutator)
{
    if (!mutator)
        return;
    free(mutator->line);
    free(mutator->other);
    free(mutator->arena);
    free(mutator);
}
