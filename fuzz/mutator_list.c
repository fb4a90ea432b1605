/* SPDX-License-Identifier: MIT */
/* Elements, and the shapes of lists: the classes of shape.h. */
#include "mutator_internal.h"

#include <stdio.h>
#include <string.h>

/* ---- Elements made up ---- */

/* name_of: the n-th of the names a, b, c ... z, a1, b1 ... */
static const char *name_of(struct mutator *mutator, uint32_t *len, uint32_t n)
{
    return n < 26 ? mutator_print(mutator, len, "%c", 'a' + n)
                  : mutator_print(mutator, len, "%c%u", 'a' + n % 26, n / 26);
}

/* The ends of an SA, as seen from here; now and then of another host, or of IPv6. */
static const char *make_ends(struct mutator *mutator, uint32_t *len, bool inbound)
{
    static const char *const near[] = {"192.0.2.1", "2001:db8::1"};
    static const char *const far[] = {"192.0.2.2", "192.0.2.77", "2001:db8::2", "2001:db8::77"};
    uint32_t six = mutator_chance(mutator, 12);
    const char *here = near[six];
    const char *there = far[2 * six + mutator_chance(mutator, 15)];

    return mutator_print(mutator, len, "src=%s dst=%s", inbound ? there : here, inbound ? here : there);
}

static const char *make_add(struct mutator *mutator, uint32_t *len)
{
    static const char *const kinds[] = {
        "",
        "",
        " esp=aes-gcm-256",
        " esp=aes-cbc-128+sha1",
        " esp=null+sha1",
        " ah=ah-sha1",
        " ah=ah-gmac-128",
        " esp=aes-cbc-256+sha256 ah=ah-sha256",
        " esp=3des-cbc+md5",
        " udp=transport",
        " udp=tunnel",
    };
    const char *kind = kinds[mutator_below(mutator, sizeof kinds / sizeof kinds[0])];
    const struct suite *suite = NULL;
    bool inbound = mutator_chance(mutator, 60);
    uint32_t ends_len;
    const char *ends = make_ends(mutator, &ends_len, inbound);

    if (mutator_chance(mutator, 25))
        suite = suite_esp(mutator_below(mutator, 32));
    if (suite)
        kind = mutator_print(mutator, len, " esp=%s", suite->name);
    else if (mutator_chance(mutator, 15) && (suite = suite_ah(mutator_below(mutator, 8))))
        kind = mutator_print(mutator, len, " ah=%s", suite->name);
    return mutator_print(mutator, len, "%s%.*s spi=0x%x%s%s", inbound ? "in " : "", (int)ends_len, ends,
                         0x1001 + mutator_below(mutator, 4), kind, mutator_chance(mutator, 60) ? " esn" : "");
}

const char *mutator_update_words(struct mutator *mutator, uint32_t *len, const struct mutator_sa *sa)
{
    bool is_ah = sa->ah && (!sa->esp || mutator_chance(mutator, 50));

    return mutator_print(mutator, len, "handle=#%u op=%s spi=0x%x hi=%u", sa->symbol, is_ah ? "ah" : "esp",
                         is_ah ? sa->ah_spi : sa->spi, mutator_below(mutator, 3));
}

static const char *make_words(struct mutator *mutator, uint32_t *len, enum trace_verb verb)
{
    const struct mutator_sa *sa = mutator_choose_sa(mutator, mutator->device, MUTATOR_EITHER_WAY);
    uint32_t any = 1 + mutator_below(mutator, mutator->past.symbols[mutator->device] + 1);

    switch (verb) {
    case VERB_ADD_SA:
    case VERB_ADD_SA_EX:
        return make_add(mutator, len);
    case VERB_UPDATE_SA:
        return sa && mutator_chance(mutator, 92) ? mutator_update_words(mutator, len, sa)
                                                 : mutator_print(mutator, len, "handle=#%u", any);
    case VERB_DELETE_SA:
        return mutator_print(mutator, len, "handle=#%u", sa && mutator_chance(mutator, 85) ? sa->symbol : any);
    case VERB_SEND:
        return mutator_send_words(mutator, len);
    case VERB_RECEIVE: {
        uint32_t frame_len;
        const char *frame = mutator_frame(mutator, &frame_len);
        return mutator_print(mutator, len, "frame=%.*s", (int)frame_len, frame);
    }
    default:
        *len = 0;
        return "";
    }
}

/* How many elements a made-up list has: mostly few. */
static uint32_t some(struct mutator *mutator)
{
    return mutator_chance(mutator, 55) ? 1 : mutator_chance(mutator, 80) ? 2 + mutator_below(mutator, 3) : 8;
}

const char *mutator_elements(struct mutator *mutator, uint32_t *len, enum trace_verb verb)
{
    uint32_t count = verb == VERB_ADD_SA_EX ? 1 : some(mutator);
    const char *text = "";

    *len = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t name_len;
        uint32_t words_len;
        const char *name = name_of(mutator, &name_len, i);
        const char *words = make_words(mutator, &words_len, verb);
        text = mutator_print(mutator, len, "%.*s%s%.*s{%.*s}", (int)*len, text, *len ? " " : "", (int)name_len, name,
                             (int)words_len, words);
    }
    return text;
}

/* ---- Elements changed ---- */

static bool has_name(const struct trace_line *line, const char *name)
{
    for (uint32_t i = 0; i < line->element_count; i++) {
        if (strcmp(line->elements[i].name, name) == 0)
            return true;
    }
    return false;
}

static void remove_element(struct mutator *mutator, uint32_t index)
{
    struct trace_line *line = mutator->line;

    while (line->elements[index].word_count > 0)
        trace_drop_word(mutator->line, line->elements[index].first_word);
    memmove(line->elements + index, line->elements + index + 1,
            (line->element_count - index - 1) * sizeof *line->elements);
    line->element_count--;
}

/* double_element: a copy at the end, under a name of its own. */
static bool double_element(struct mutator *mutator, uint32_t from)
{
    struct trace_line *line = mutator->line;
    struct trace_element *copy = &line->elements[line->element_count];
    const struct trace_element *original = &line->elements[from];

    if (line->element_count == TRACE_ELEMENTS_MAX || line->word_count + original->word_count > TRACE_WORDS_MAX)
        return false;
    *copy = *original;
    copy->first_word = line->word_count;
    for (uint32_t n = 0; has_name(line, copy->name); n++)
        snprintf(copy->name, sizeof copy->name, n < 26 ? "%c" : "%c%u", 'a' + (int)(n % 26), n / 26);
    memcpy(line->words + line->word_count, line->words + original->first_word,
           original->word_count * sizeof *line->words);
    line->word_count += copy->word_count;
    line->element_count++;
    return true;
}

static bool add_element(struct mutator *mutator)
{
    struct trace_line *line = mutator->line;
    uint32_t index = line->element_count;
    uint32_t printed;
    uint32_t len;
    const char *words;
    char name[TRACE_NAME_MAX + 1] = "a";
    const char *text;
    struct trace_error error;

    for (uint32_t n = 1; has_name(line, name); n++)
        snprintf(name, sizeof name, n < 26 ? "%c" : "%c%u", 'a' + (int)(n % 26), n / 26);
    words = make_words(mutator, &len, line->verb);
    if (index == TRACE_ELEMENTS_MAX || len == 0)
        return false;
    /* Printed and read again: the words of the new element come with their types. */
    printed = (uint32_t)trace_print(mutator->arena + mutator->used, MUTATOR_ARENA - mutator->used, line);
    text = mutator->arena + mutator->used;
    mutator->used += printed + (printed > 0);
    text = mutator_print(mutator, &printed, "%.*s %s{%.*s}", (int)printed, text, name, (int)len, words);
    return printed > 0 && trace_parse(line, &error, text, printed) == TRACE_REQUEST;
}

static void swap_elements(struct mutator *mutator, uint32_t a, uint32_t b)
{
    struct trace_element *elements = mutator->line->elements;
    struct trace_element element = elements[a];

    elements[a] = elements[b];
    elements[b] = element;
}

/* A run: so many elements, from one line. */
static bool multiply(struct mutator *mutator, uint32_t index)
{
    static const uint32_t counts[] = {0, 1, 2, 3, 4, 7, 8, 9, 16, 63, 64, 65, 128, 640, 1024};
    struct trace_element *element = &mutator->line->elements[index];

    element->is_run = 1;
    element->count = counts[mutator_below(mutator, sizeof counts / sizeof counts[0])];
    return true;
}

bool mutator_element(struct mutator *mutator)
{
    struct trace_line *line = mutator->line;
    uint32_t dice = mutator_below(mutator, 100);
    uint32_t index = mutator_below(mutator, line->element_count);

    if (line->element_count == 0)
        return false;
    if (dice < 30)
        return add_element(mutator);
    if (dice < 55)
        return double_element(mutator, index);
    if (dice < 75 && line->element_count > 1) {
        remove_element(mutator, index);
        return true;
    }
    if (dice < 90 && line->element_count > 1) {
        swap_elements(mutator, index, mutator_below(mutator, line->element_count));
        return true;
    }
    return multiply(mutator, index);
}

/* ---- Shapes ---- */

/* link_to: Next of an element leads to another, or into it. */
static bool link_to(struct mutator *mutator, uint32_t from, uint32_t to, uint32_t offset)
{
    const struct trace_line *line = mutator->line;
    uint32_t len;
    const char *text = mutator_print(mutator, &len, offset ? "%s+%u" : "%s", line->elements[to].name, (unsigned)offset);

    return mutator_set(mutator, from, line->elements[from].is_run ? KEY_LAST : KEY_NEXT, text, len);
}

static bool set_number(struct mutator *mutator, uint32_t element, enum trace_key key, uint32_t value)
{
    uint32_t len;
    const char *text = mutator_print(mutator, &len, "%u", (unsigned)value);

    return mutator_set(mutator, element, key, text, len);
}

static bool set_text(struct mutator *mutator, uint32_t element, enum trace_key key, const char *text)
{
    return mutator_set(mutator, element, key, text, (uint32_t)strlen(text));
}

/* A tail that leads back: to itself, to the one before it, into the middle, to the head. */
static bool make_cycle(struct mutator *mutator)
{
    uint32_t last = mutator->line->element_count - 1;
    uint32_t to = mutator_chance(mutator, 30) ? last : mutator_chance(mutator, 40) ? 0 : mutator_below(mutator, last);

    return link_to(mutator, last, to, 0);
}

/* Next leads into an element: 8 is into its header, 168 is into the keys of ADD_SA. */
static bool make_inside(struct mutator *mutator)
{
    static const uint32_t offsets[] = {4, 8, 16, 24, 32, 100, 160, 168, 172, 176, 184};
    uint32_t from = mutator_below(mutator, mutator->line->element_count);

    return link_to(mutator, from, mutator_below(mutator, mutator->line->element_count),
                   offsets[mutator_below(mutator, sizeof offsets / sizeof offsets[0])]);
}

static bool make_wrong_header(struct mutator *mutator, uint32_t element)
{
    static const enum trace_key keys[] = {KEY_TYPE, KEY_REV, KEY_SIZE};
    enum trace_key key = keys[mutator_below(mutator, 3)];
    uint32_t len;
    const char *text = mutator_value(mutator, &len, NULL, key, TYPE_NUMBER, NULL);

    return text && mutator_set(mutator, element, key, text, len);
}

/* Two elements name the same SA. */
static bool make_duplicate(struct mutator *mutator, uint32_t element)
{
    const struct trace_line *line = mutator->line;
    const struct trace_element *other = &line->elements[mutator_below(mutator, line->element_count)];
    const struct trace_word *handle = trace_field(line, other, KEY_HANDLE);

    return handle && handle->text && mutator_set(mutator, element, KEY_HANDLE, handle->text, handle->text_len);
}

static bool make_short(struct mutator *mutator, uint32_t element)
{
    static const uint32_t lengths[] = {0, 1, 3, 4, 8, 12, 16, 20, 23};
    uint32_t len = lengths[mutator_below(mutator, sizeof lengths / sizeof lengths[0])];

    if (mutator_chance(mutator, 50) && !set_number(mutator, element, KEY_SIZE, len))
        return false;
    return set_number(mutator, element, KEY_BYTES, len);
}

static bool make_placed(struct mutator *mutator, uint32_t element)
{
    static const char *const places[] = {"guard", "packed", "scattered", "unaligned"};

    return set_text(mutator, element, KEY_AT, places[mutator_below(mutator, mutator_chance(mutator, 90) ? 3 : 4)]);
}

bool mutator_shape(struct mutator *mutator)
{
    const struct trace_line *line = mutator->line;
    uint32_t element;

    if (line->verb < VERB_ADD_SA || line->verb > VERB_DELETE_SA || line->element_count == 0)
        return false;
    /* A list of one has few shapes. */
    while (line->element_count < 3 && mutator_chance(mutator, 40) && add_element(mutator)) {
    }
    element = mutator_below(mutator, line->element_count);
    switch (mutator_below(mutator, 9)) {
    case 0:
    case 1:
        return make_cycle(mutator);
    case 2:
        return link_to(mutator, element, mutator_below(mutator, line->element_count), 0); /* shared tails, rho */
    case 3:
        return make_inside(mutator);
    case 4:
    case 5:
        return make_wrong_header(mutator, element);
    case 6:
        return make_duplicate(mutator, element);
    case 7:
        return make_short(mutator, element);
    default:
        return make_placed(mutator, element);
    }
}
