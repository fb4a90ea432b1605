/* SPDX-License-Identifier: MIT */
/* What the lines before the one that is being changed have made: SAs, with all that is needed to name, use and imitate
 * them, and frames. */
#include "mutator_internal.h"

#include <string.h>

#define DEFAULT_SPI    0x1001u
#define DEFAULT_AH_SPI 0x2001u
#define OF_A_RUN       4u /* SAs of a run that are remembered */

static uint32_t number_or(const struct trace_line *line, const struct trace_element *element, enum trace_key key,
                          uint32_t absent)
{
    const struct trace_word *word = trace_field(line, element, key);

    return word ? (uint32_t)word->number : absent;
}

/* ---- Reading ---- */

static void take_address(struct mutator_sa *sa, uint8_t out[16], const struct trace_word *word)
{
    if (!word)
        return;
    memcpy(out, word->address, sizeof word->address);
    if (word->count == 16)
        sa->is_ipv6 = true;
}

/* The SA that an element adds, as if it were sound. */
static void read_sa(struct mutator_sa *sa, const struct trace_line *line, const struct trace_element *element)
{
    const struct trace_word *esp = trace_field(line, element, KEY_ESP);
    const struct trace_word *ah = trace_field(line, element, KEY_AH);

    memset(sa, 0, sizeof *sa);
    sa->device = line->device;
    sa->inbound = trace_field(line, element, KEY_IN) != NULL;
    sa->esn = trace_field(line, element, KEY_ESN) != NULL;
    sa->udp = number_or(line, element, KEY_UDP, 0);
    sa->esp = esp ? suite_esp((uint32_t)esp->number) : ah ? NULL : suite_esp(0);
    sa->ah = ah ? suite_ah((uint32_t)ah->number) : NULL;
    sa->spi = number_or(line, element, KEY_SPI, DEFAULT_SPI);
    sa->ah_spi = number_or(line, element, KEY_AH_SPI, sa->esp ? DEFAULT_AH_SPI : sa->spi);
    take_address(sa, sa->src, trace_field(line, element, KEY_SRC));
    take_address(sa, sa->dst, trace_field(line, element, KEY_DST));
}

static void add_sas(struct mutator_past *past, const struct trace_line *line, uint32_t index)
{
    for (uint32_t i = 0; i < line->element_count; i++) {
        const struct trace_element *element = &line->elements[i];
        for (uint32_t n = 0; n < element->count && n < OF_A_RUN && past->sa_count < MUTATOR_SAS_MAX; n++) {
            struct mutator_sa *sa = &past->sas[past->sa_count++];
            read_sa(sa, line, element);
            sa->symbol = past->symbols[line->device] + 1 + n;
            sa->line = index;
            sa->element = i;
            sa->spi += n;
            sa->ah_spi += n;
        }
        past->symbols[line->device] += element->count;
    }
}

static void forget(struct mutator_past *past, uint32_t device)
{
    for (uint32_t i = 0; i < past->sa_count; i++)
        past->sas[i].is_gone = past->sas[i].is_gone || past->sas[i].device == device;
}

static void delete_sas(struct mutator_past *past, const struct trace_line *line)
{
    for (uint32_t i = 0; i < line->element_count; i++) {
        const struct trace_word *handle = trace_field(line, &line->elements[i], KEY_HANDLE);
        for (uint32_t n = 0; handle && n < past->sa_count; n++) {
            struct mutator_sa *sa = &past->sas[n];
            if (handle->base != BASE_RAW && sa->device == handle->device && sa->symbol == handle->number)
                sa->is_gone = true;
        }
    }
}

/* The SA that protects what an element sends. */
static const struct mutator_sa *sender(const struct mutator_past *past, const struct trace_line *line,
                                       const struct trace_element *element)
{
    const struct trace_word *handle = trace_field(line, element, KEY_SA);

    for (uint32_t i = 0; handle && i < past->sa_count; i++) {
        if (past->sas[i].device == handle->device && past->sas[i].symbol == handle->number)
            return &past->sas[i];
    }
    return NULL;
}

static void add_frames(struct mutator_past *past, const struct trace_line *line)
{
    for (uint32_t i = 0; i < line->element_count; i++) {
        uint32_t count = line->elements[i].count;
        for (uint32_t n = 0; n < count && past->frame_count + n < MUTATOR_FRAMES_MAX; n++)
            past->senders[past->frame_count + n] = sender(past, line, &line->elements[i]);
        past->frame_count += count < MUTATOR_FRAMES_MAX ? count : MUTATOR_FRAMES_MAX;
    }
}

static void take_in(struct mutator_past *past, const struct trace_line *line, uint32_t index)
{
    char error[256];

    switch (line->verb) {
    case VERB_OPEN:
        (void)profile_read(&past->profiles[line->device], error, sizeof error, line);
        forget(past, line->device);
        break;
    case VERB_CLOSE:
        forget(past, line->device);
        break;
    case VERB_ADD_SA:
    case VERB_ADD_SA_EX:
        add_sas(past, line, index);
        break;
    case VERB_DELETE_SA:
        delete_sas(past, line);
        break;
    case VERB_SEND:
        add_frames(past, line);
        break;
    default:
        break;
    }
}

void mutator_look_back(struct mutator *mutator, uint32_t index)
{
    struct mutator_past *past = &mutator->past;

    mutator->current = index;
    memset(past, 0, sizeof *past);
    for (uint32_t i = 0; i < index; i++) {
        if (mutator_read(mutator, mutator->other, i))
            take_in(past, mutator->other, i);
    }
}

/* ---- Choosing ---- */

static bool fits(const struct mutator_sa *sa, uint32_t device, enum mutator_way way, bool gone)
{
    return sa->device == device && sa->is_gone == gone &&
           (way == MUTATOR_EITHER_WAY || sa->inbound == (way == MUTATOR_INBOUND));
}

static const struct mutator_sa *choose(struct mutator *mutator, uint32_t device, enum mutator_way way, bool gone)
{
    const struct mutator_past *past = &mutator->past;
    uint32_t count = 0;
    uint32_t left;

    for (uint32_t i = 0; i < past->sa_count; i++)
        count += fits(&past->sas[i], device, way, gone);
    if (count == 0)
        return NULL;
    left = mutator_below(mutator, count);
    for (uint32_t i = 0;; i++) {
        if (fits(&past->sas[i], device, way, gone) && left-- == 0)
            return &past->sas[i];
    }
}

const struct mutator_sa *mutator_choose_sa(struct mutator *mutator, uint32_t device, enum mutator_way way)
{
    bool gone = mutator_chance(mutator, 12);
    const struct mutator_sa *sa = choose(mutator, device, way, gone);

    return sa ? sa : choose(mutator, device, way, !gone);
}

const struct mutator_sa *mutator_opposite(const struct mutator *mutator, const struct mutator_sa *sa)
{
    const struct mutator_past *past = &mutator->past;

    for (uint32_t i = past->sa_count; i > 0; i--) {
        const struct mutator_sa *other = &past->sas[i - 1];
        if (other->device >= TRACE_FIRST_PEER && other->inbound != sa->inbound && other->spi == sa->spi &&
            other->esp == sa->esp && other->ah == sa->ah && memcmp(other->dst, sa->dst, sizeof sa->dst) == 0)
            return other;
    }
    return NULL;
}
