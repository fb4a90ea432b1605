/* SPDX-License-Identifier: MIT */
/* Packets: how what is sent differs from what a stack would send, and what becomes of it on the wire. */
#include "mutator_internal.h"

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))

/* ---- Edits ---- */

/* Who protected what an element sends or receives; NULL: nobody, or it is not known. */
static const struct mutator_sa *protector(const struct mutator *mutator, const struct trace_element *element)
{
    const struct trace_line *line = mutator->line;
    const struct mutator_past *past = &mutator->past;
    const struct trace_word *frame = element ? trace_field(line, element, KEY_FRAME) : NULL;
    const struct trace_word *handle = element ? trace_field(line, element, KEY_SA) : NULL;

    if (frame && frame->base == BASE_SYMBOL && frame->number > 0 && frame->number <= MUTATOR_FRAMES_MAX)
        return past->senders[frame->number - 1];
    for (uint32_t i = 0; handle && i < past->sa_count; i++) {
        if (past->sas[i].device == handle->device && past->sas[i].symbol == handle->number)
            return &past->sas[i];
    }
    return NULL;
}

/* Regions of stack.h, and of how many bytes they have at least. */
struct region {
    const char *name;
    uint32_t len;
};
static const struct region anywhere[] = {{"media", 14}, {"ip", 20}, {"src", 4}, {"dst", 4}, {"frame", 42}};
static const struct region of_ah[] = {{"ah", 12}, {"ah-icv", 12}, {"spi", 4}, {"seq", 4}, {"next-header", 1}};
static const struct region of_esp[] = {{"esp", 8},     {"spi", 4},     {"seq", 4},        {"icv", 12},
                                       {"trailer", 2}, {"payload", 1}, {"pad-length", 1}, {"next-header", 1}};
/* What a sender may change before it is protected: it is authentic all the same. */
static const struct region inside_esp[] = {{"pad-length", 1},  {"pad-length", 1}, {"pad-length", 1},
                                           {"next-header", 1}, {"trailer", 2},    {"payload", 1}};

static const char *print_edit(struct mutator *mutator, uint32_t *len, const struct region *regions, uint32_t count)
{
    const struct region *region = &regions[mutator_below(mutator, count)];
    uint32_t at = mutator_chance(mutator, 92) ? mutator_below(mutator, region->len) : mutator_below(mutator, 64);

    return mutator_chance(mutator, 85)
               ? mutator_print(mutator, len, "%s+%u.%u", region->name, at, mutator_below(mutator, 8))
               : mutator_print(mutator, len, "%s+%u", region->name, at);
}

/* A bit of a length: of IP, of AH, of UDP that stands behind an IPv4 header. */
static const char *print_length_edit(struct mutator *mutator, uint32_t *len, const struct mutator_sa *sa)
{
    uint32_t bit = mutator_below(mutator, 8);

    if (sa->ah && mutator_chance(mutator, 50))
        return mutator_print(mutator, len, "ah+1.%u", bit);
    if (sa->udp != 0 && !sa->is_ipv6 && mutator_chance(mutator, 50))
        return mutator_print(mutator, len, "frame+%u.%u", mutator_chance(mutator, 80) ? 39 : 38, bit);
    if (mutator_chance(mutator, 25))
        return mutator_print(mutator, len, "ip+0.%u", mutator_below(mutator, 4));
    return mutator_print(mutator, len, "ip+%u.%u", (sa->is_ipv6 ? 4 : 2) + mutator_chance(mutator, 80), bit);
}

const char *mutator_edit(struct mutator *mutator, uint32_t *len, const struct trace_element *element)
{
    const struct mutator_sa *sa = protector(mutator, element);

    if (!sa)
        return print_edit(mutator, len, anywhere, COUNT(anywhere));
    if (mutator->line->verb == VERB_SEND && sa->esp && mutator_chance(mutator, 80))
        return print_edit(mutator, len, inside_esp, COUNT(inside_esp));
    if (mutator_chance(mutator, 25))
        return print_length_edit(mutator, len, sa);
    if (mutator_chance(mutator, 20))
        return print_edit(mutator, len, anywhere, COUNT(anywhere));
    if (sa->ah && (!sa->esp || mutator_chance(mutator, 50)))
        return print_edit(mutator, len, of_ah, COUNT(of_ah));
    return print_edit(mutator, len, of_esp, COUNT(of_esp));
}

/* ---- What is sent ---- */

/* A choice of the stack that may be strange, and that no ICV forbids. */
struct choice {
    enum trace_key key;
    const char *name;
    const char *text;
    uint32_t len;
};

static struct choice strange(struct mutator *mutator, const struct mutator_sa *sa)
{
    static const uint32_t pads[] = {0, 1, 3, 7, 15, 127, 128, 254, 255};
    static const uint32_t protocols[] = {0, 4, 6, 17, 41, 43, 50, 51, 59, 60, 255};
    struct choice choice = {KEY_FLIP, "flip", NULL, 0};

    switch (mutator_below(mutator, sa->esp ? 10 : 4)) {
    case 0:
        choice = (struct choice){KEY_NH, "nh", NULL, 0};
        choice.text = mutator_print(mutator, &choice.len, "%u", protocols[mutator_below(mutator, COUNT(protocols))]);
        break;
    case 1:
        choice = (struct choice){KEY_OPTIONS, "options", NULL, 0};
        choice.text = mutator_print(mutator, &choice.len, "%u", 4 * mutator_below(mutator, sa->is_ipv6 ? 17 : 11));
        break;
    case 2:
        choice = (struct choice){KEY_SEQ, "seq", NULL, 0};
        choice.text = mutator_print(mutator, &choice.len, "0x%x", 0xFFFFFFFFu >> mutator_below(mutator, 32));
        break;
    case 3:
        choice.text =
            mutator_print(mutator, &choice.len, "ip+%u.%u", mutator_below(mutator, 10), mutator_below(mutator, 8));
        break;
    case 4:
        choice = (struct choice){KEY_PAD, "pad", NULL, 0};
        choice.text = mutator_print(mutator, &choice.len, "%u", pads[mutator_below(mutator, COUNT(pads))]);
        break;
    default:
        choice.text = print_edit(mutator, &choice.len, inside_esp, COUNT(inside_esp));
        break;
    }
    return choice;
}

const char *mutator_send_words(struct mutator *mutator, uint32_t *len)
{
    const struct mutator_sa *sa = mutator_choose_sa(
        mutator, mutator->device, mutator_chance(mutator, 92) ? MUTATOR_OUTBOUND : MUTATOR_EITHER_WAY);
    uint32_t size = mutator_chance(mutator, 85) ? mutator_below(mutator, 65) : mutator_below(mutator, 1500);
    uint32_t seed = mutator_below(mutator, 9);
    struct choice choice;

    if (!sa || mutator_chance(mutator, 4))
        return mutator_print(mutator, len, "data=%u?%u", size, seed);
    if (mutator_chance(mutator, 60))
        return mutator_print(mutator, len, "sa=#%u data=%u?%u", sa->symbol, size, seed);
    choice = strange(mutator, sa);
    return mutator_print(mutator, len, "sa=#%u data=%u?%u %s=%.*s", sa->symbol, size, seed, choice.name,
                         (int)choice.len, choice.text);
}

/* ---- An element that is there ---- */

static bool twist_sent(struct mutator *mutator, uint32_t element)
{
    const struct mutator_sa *sa = protector(mutator, &mutator->line->elements[element]);
    struct choice choice;

    if (!sa)
        return false;
    choice = strange(mutator, sa);
    return mutator_set(mutator, element, choice.key, choice.text, choice.len);
}

static bool twist_received(struct mutator *mutator, uint32_t element)
{
    uint32_t dice = mutator_below(mutator, 100);
    uint32_t bytes = mutator_chance(mutator, 50) ? 1 + mutator_below(mutator, 24) : 1 + mutator_below(mutator, 120);
    enum trace_key key = dice < 45 ? KEY_FLIP : dice < 75 ? KEY_FRAME : dice < 92 ? KEY_SHORTEN : KEY_GROW;
    uint32_t len;
    const char *text = key == KEY_FLIP    ? mutator_edit(mutator, &len, &mutator->line->elements[element])
                       : key == KEY_FRAME ? mutator_frame(mutator, &len)
                                          : mutator_print(mutator, &len, "%u", bytes);

    return mutator_set(mutator, element, key, text, len);
}

bool mutator_packet(struct mutator *mutator)
{
    const struct trace_line *line = mutator->line;
    uint32_t element = mutator_below(mutator, line->element_count);

    if (line->element_count == 0)
        return false;
    return line->verb == VERB_SEND      ? twist_sent(mutator, element)
           : line->verb == VERB_RECEIVE ? twist_received(mutator, element)
                                        : false;
}
