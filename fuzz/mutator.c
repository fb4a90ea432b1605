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

/* keep: the changed line takes the place of the old one, if it can still be read. */
static bool keep(struct mutator *mutator)
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

static void insert_line(struct mutator *mutator, uint32_t index, struct mutator_text line)
{
    if (mutator->count == MUTATOR_LINES_MAX || line.len == 0)
        return;
    memmove(mutator->lines + index + 1, mutator->lines + index, (mutator->count - index) * sizeof *mutator->lines);
    mutator->lines[index] = line;
    mutator->count++;
}

/* insert_lines: of a text that has several. */
static void insert_lines(struct mutator *mutator, uint32_t index, struct mutator_text text)
{
    while (text.len > 0) {
        const char *newline = memchr(text.at, '\n', text.len);
        uint32_t len = newline ? (uint32_t)(newline - text.at) : text.len;
        uint32_t taken = len + (newline != NULL);
        insert_line(mutator, index++, (struct mutator_text){text.at, len});
        text = (struct mutator_text){text.at + taken, text.len - taken};
    }
}

static uint32_t elements_of(const struct trace_line *line)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < line->element_count; i++)
        count += line->elements[i].count < 64 ? line->elements[i].count : 64;
    return count;
}

/* look_back: what the lines before this one have made that it may name. */
static void look_back(struct mutator *mutator, uint32_t index)
{
    mutator->current = index;
    mutator->sas = 0;
    mutator->frames = 0;
    for (uint32_t i = 0; i < index; i++) {
        if (!mutator_read(mutator, mutator->other, i))
            continue;
        if (mutator->other->verb == VERB_ADD_SA || mutator->other->verb == VERB_ADD_SA_EX)
            mutator->sas += elements_of(mutator->other);
        if (mutator->other->verb == VERB_SEND)
            mutator->frames += elements_of(mutator->other);
    }
}

/* ---- Lines made up ---- */

static const struct target_line *choose(struct mutator *mutator, const struct target_line *from)
{
    uint32_t total = 0;
    uint32_t at;

    for (const struct target_line *line = from; line->text; line++)
        total += line->weight;
    at = mutator_below(mutator, total);
    while (at >= from->weight) {
        at -= from->weight;
        from++;
    }
    return from;
}

/* The verb of a template, whose "*" stands for elements. */
static bool verb_of(enum trace_verb *verb, const char *text)
{
    size_t len = strcspn(text, " ");
    uint32_t device;

    if (trace_device_find(&device, text, len)) {
        text += len + strspn(text + len, " ");
        len = strcspn(text, " ");
    }
    return trace_verb_find(verb, text, len);
}

static struct mutator_text make_line(struct mutator *mutator, const struct target_line *from)
{
    const char *text = choose(mutator, from)->text;
    const char *star = strchr(text, '*');
    struct mutator_text line = {text, (uint32_t)strlen(text)};
    enum trace_verb verb;
    uint32_t len;
    const char *elements;

    if (!star || star[1] != '\0' || !verb_of(&verb, text))
        return line;
    elements = mutator_elements(mutator, &len, verb);
    line.at = mutator_print(mutator, &line.len, "%.*s%.*s", (int)(star - text), text, (int)len, elements);
    return line;
}

static void add_line(struct mutator *mutator)
{
    uint32_t index = mutator->count ? 1 + mutator_below(mutator, mutator->count) : 0;

    look_back(mutator, index);
    insert_lines(mutator, index, make_line(mutator, mutator->count ? mutator->target->lines : mutator->target->starts));
}

/* ---- Changes ---- */

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
        insert_line(mutator, from + 1 + mutator_below(mutator, mutator->count - from), line);
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

/* A word that was not there. */
static bool add_word(struct mutator *mutator)
{
    struct trace_line *line = mutator->line;
    uint32_t element = line->element_count > 0 && mutator_chance(mutator, 75)
                           ? mutator_below(mutator, line->element_count)
                           : MUTATOR_NO_ELEMENT;
    const struct trace_element *in = element == MUTATOR_NO_ELEMENT ? NULL : &line->elements[element];
    enum trace_type type;

    for (uint32_t tries = 0; tries < 32 && line->verb != VERB_OPEN; tries++) {
        enum trace_key key = (enum trace_key)(1 + mutator_below(mutator, KEY_COUNT - 1));
        const char *text = NULL;
        uint32_t len = 0;
        if (!trace_key_type(&type, line->verb, in != NULL, key) || key == KEY_RACE || key == KEY_TWITCH ||
            key == KEY_PLAIN || key == KEY_NH_PLAIN)
            continue;
        if (type != TYPE_FLAG)
            text = mutator_value(mutator, &len, in, key, type, NULL);
        return (type == TYPE_FLAG || text) && mutator_set(mutator, element, key, text, len);
    }
    return false;
}

static bool change_device(struct mutator *mutator)
{
    struct trace_line *line = mutator->line;

    line->device = line->device == 0 ? 1 : line->device == 1 ? 0 : line->device;
    return true;
}

static bool change_line(struct mutator *mutator)
{
    uint32_t dice = mutator_below(mutator, 100);

    look_back(mutator, mutator_below(mutator, mutator->count));
    if (!mutator_read(mutator, mutator->line, mutator->current))
        return false;
    if (mutator->line->verb == VERB_OPEN && dice < 80)
        return false; /* there is little to change in it */
    if (dice < 40)
        return change_word(mutator) && keep(mutator);
    if (dice < 60)
        return add_word(mutator) && keep(mutator);
    if (dice < 78)
        return mutator_shape(mutator) && keep(mutator);
    if (dice < 98)
        return mutator_element(mutator) && keep(mutator);
    return change_device(mutator) && keep(mutator);
}

static void change_once(struct mutator *mutator)
{
    uint32_t dice = mutator_below(mutator, 100);

    if (mutator->count < 2 || dice < 20) {
        add_line(mutator);
    } else if (dice < 30) {
        remove_line(mutator, mutator_below(mutator, mutator->count));
    } else if (dice < 37) {
        swap_lines(mutator);
    } else if (dice < 45) {
        repeat_line(mutator);
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
        insert_lines(mutator, 0, make_line(mutator, mutator->target->starts));
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
