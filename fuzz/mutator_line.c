/* SPDX-License-Identifier: MIT */
/* Lines that are made up: from the templates of a target, and such as ask what has become of an SA. */
#include "mutator_internal.h"

#include <string.h>

#include "trace_keys.h"

#define LEAST_INTEREST 15u

void mutator_insert_line(struct mutator *mutator, uint32_t index, struct mutator_text line)
{
    if (mutator->count == MUTATOR_LINES_MAX || line.len == 0)
        return;
    index = index < mutator->count ? index : mutator->count;
    memmove(mutator->lines + index + 1, mutator->lines + index, (mutator->count - index) * sizeof *mutator->lines);
    mutator->lines[index] = line;
    mutator->count++;
}

/* ---- Templates ---- */

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

/* The verb of a template and its device. */
static bool take_verb(struct mutator *mutator, enum trace_verb *verb, struct mutator_text text)
{
    const char *blank = memchr(text.at, ' ', text.len);
    size_t len = blank ? (size_t)(blank - text.at) : text.len;

    mutator->device = 0;
    if (blank && trace_device_find(&mutator->device, text.at, len)) {
        text = (struct mutator_text){blank + 1, text.len - (uint32_t)len - 1};
        blank = memchr(text.at, ' ', text.len);
        len = blank ? (size_t)(blank - text.at) : text.len;
    }
    return trace_verb_find(verb, text.at, len);
}

void mutator_count_interest(struct mutator *mutator)
{
    uint32_t *interest = mutator->interest;
    uint32_t most = 1;

    for (const struct target_line *from = mutator->target->lines; from && from->text; from++) {
        for (const char *text = from->text; *text; text += strcspn(text, "\n") + (text[strcspn(text, "\n")] != '\0')) {
            enum trace_verb verb;
            if (take_verb(mutator, &verb, (struct mutator_text){text, (uint32_t)strcspn(text, "\n")}))
                interest[verb] += from->weight;
        }
    }
    for (uint32_t i = 0; i < VERB_COUNT; i++)
        most = interest[i] > most ? interest[i] : most;
    for (uint32_t i = 0; i < VERB_COUNT; i++)
        interest[i] = LEAST_INTEREST + (100 - LEAST_INTEREST) * interest[i] / most;
}

/* Elements of ADD as the other end of the wire has them: what is inbound here is outbound there. */
static struct mutator_text mirror(struct mutator *mutator, struct mutator_text elements)
{
    struct mutator_text out = {"", 0};

    while (elements.len > 0) {
        const char *brace = memchr(elements.at, '{', elements.len);
        uint32_t len = brace ? (uint32_t)(brace + 1 - elements.at) : elements.len;
        bool is_in = brace && elements.len >= len + 3 && memcmp(brace + 1, "in ", 3) == 0;
        out.at = mutator_print(mutator, &out.len, "%.*s%.*s%s", (int)out.len, out.at, (int)len, elements.at,
                               brace && !is_in ? "in " : "");
        len += is_in ? 3 : 0;
        elements = (struct mutator_text){elements.at + len, elements.len - len};
    }
    return out;
}

/* One line of a template; *elements: those that were made up last. */
static struct mutator_text make_line(struct mutator *mutator, uint32_t index, struct mutator_text text,
                                     struct mutator_text *elements)
{
    char sign = text.len > 1 && text.at[text.len - 2] == ' ' ? text.at[text.len - 1] : ' ';
    struct mutator_text line = text;
    enum trace_verb verb;

    if ((sign != '*' && sign != '=') || !take_verb(mutator, &verb, text))
        return line;
    if (sign == '*') {
        mutator_look_back(mutator, index);
        elements->at = mutator_elements(mutator, &elements->len, verb);
    } else {
        *elements = mirror(mutator, *elements);
    }
    line.at =
        mutator_print(mutator, &line.len, "%.*s%.*s", (int)text.len - 1, text.at, (int)elements->len, elements->at);
    return line;
}

/* ---- Questions ---- */

/* Only an SA with extended sequence numbers is updated. */
static void give_esn(struct mutator *mutator, const struct mutator_sa *sa)
{
    mutator->current = sa->line;
    if (mutator_read(mutator, mutator->line, sa->line) && mutator_set(mutator, sa->element, KEY_ESN, NULL, 0))
        (void)mutator_keep(mutator);
}

/* Lines that show whether an SA is there, and whether it is as it was: a packet, or else an update. */
static void ask_of(struct mutator *mutator, uint32_t *index, const struct mutator_sa *sa)
{
    static const char *const devices[TRACE_DEVICES] = {"", "dut2 ", "dut3 ", "dut4 ", "peer ", "peer2 "};
    const struct mutator_sa *opposite = mutator->target->needs_peer ? mutator_opposite(mutator, sa) : NULL;
    const char *prefix = devices[sa->device];
    struct mutator_text line;

    if (opposite && sa->inbound) {
        line.at =
            mutator_print(mutator, &line.len, "%ssend a{sa=#%u data=8?1}", devices[opposite->device], opposite->symbol);
        mutator_insert_line(mutator, (*index)++, line);
        line.at = mutator_print(mutator, &line.len, "%sreceive a{frame=$%u}", prefix, ++mutator->past.frame_count);
    } else {
        uint32_t len;
        const char *words = mutator_update_words(mutator, &len, sa);
        if (!sa->esn && mutator_chance(mutator, 60))
            give_esn(mutator, sa);
        line.at = mutator_print(mutator, &line.len, "%supdate_sa a{%.*s}", prefix, (int)len, words);
    }
    mutator_insert_line(mutator, (*index)++, line);
}

void mutator_ask(struct mutator *mutator, uint32_t index)
{
    const struct mutator_past *past = &mutator->past;
    uint32_t first = 0;
    uint32_t count;
    bool backwards;

    mutator_look_back(mutator, index);
    count = past->sa_count < 6 ? past->sa_count : 6;
    if (count == 0)
        return;
    if (mutator_chance(mutator, 40)) {
        first = mutator_below(mutator, past->sa_count);
        count = 1;
    }
    backwards = mutator_chance(mutator, 50); /* what one answer tells of the others depends on the order */
    for (uint32_t i = 0; i < count; i++) {
        const struct mutator_sa *sa = &past->sas[backwards ? first + count - 1 - i : first + i];
        if (sa->device < TRACE_FIRST_PEER)
            ask_of(mutator, &index, sa);
    }
}

/* ---- Whole templates ---- */

void mutator_insert(struct mutator *mutator, uint32_t index, const struct target_line *from)
{
    const char *text = choose(mutator, from)->text;
    struct mutator_text elements = {"", 0};

    while (*text) {
        uint32_t len = (uint32_t)strcspn(text, "\n");
        if (len == 1 && text[0] == '?')
            mutator_ask(mutator, index);
        else
            mutator_insert_line(mutator, index, make_line(mutator, index, (struct mutator_text){text, len}, &elements));
        index++;
        text += len + (text[len] == '\n');
    }
}
