/* SPDX-License-Identifier: MIT */
/* What the parts of the mutator share: mutator.c (changes), mutator_line.c (lines made up), mutator_past.c (what they
 * have made), mutator_list.c (elements and shapes), mutator_frame.c and mutator_packet.c (what crosses the wire),
 * mutator_value.c (values by type). */
#ifndef MUTATOR_INTERNAL_H
#define MUTATOR_INTERNAL_H

#include <stdbool.h>

#include "mutator.h"
#include "profile.h"
#include "suite.h"

#define MUTATOR_ARENA      (512u << 10)
#define MUTATOR_SAS_MAX    64u /* that are remembered; frames likewise */
#define MUTATOR_FRAMES_MAX 64u

/* One line of the trace that is being changed: a request, as text. */
struct mutator_text {
    const char *at;
    uint32_t len;
};

/* An SA that an earlier line adds, if the device takes it. */
struct mutator_sa {
    uint32_t device;
    uint32_t symbol; /* #symbol on this device */
    uint32_t line;   /* that adds it, and which element of that */
    uint32_t element;
    bool is_gone; /* a later line deletes it, or closes its device */
    bool inbound;
    bool is_ipv6;
    bool esn;
    uint32_t udp;
    const struct suite *esp; /* NULL: it has none */
    const struct suite *ah;
    uint32_t spi; /* of ESP; ah_spi is that of AH */
    uint32_t ah_spi;
    uint8_t src[16]; /* the first 4 for IPv4 */
    uint8_t dst[16];
};

/* What the lines before the current one have made. */
struct mutator_past {
    struct profile profiles[TRACE_DEVICES];
    uint32_t symbols[TRACE_DEVICES]; /* how many each device has given */
    struct mutator_sa sas[MUTATOR_SAS_MAX];
    uint32_t sa_count;
    uint32_t frame_count;
    const struct mutator_sa *senders[MUTATOR_FRAMES_MAX]; /* of each frame; NULL: not known */
};

struct mutator {
    const struct target *target;
    uint32_t interest[VERB_COUNT]; /* of the target in lines of each verb, in a hundred */
    uint64_t random;               /* state */
    struct mutator_text lines[MUTATOR_LINES_MAX];
    uint32_t count;
    uint32_t current; /* the line that is being changed */
    uint32_t device;  /* that it is for */
    struct mutator_past past;
    struct trace_line *line;
    struct trace_line *other; /* to look at another line beside it */
    char *arena;              /* texts made in this call */
    size_t used;
};

/* ---- mutator.c ---- */

uint64_t mutator_random(struct mutator *mutator);
uint32_t mutator_below(struct mutator *mutator, uint32_t limit); /* limit 0 counts as 1 */
bool mutator_chance(struct mutator *mutator, uint32_t percent);

/* mutator_print: text in the arena, or "" with *len 0 if it is full. */
const char *mutator_print(struct mutator *mutator, uint32_t *len, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* mutator_read: parses a line of the trace into *line. */
bool mutator_read(const struct mutator *mutator, struct trace_line *line, uint32_t index);

/* mutator_keep: *mutator->line takes the place of the current line, if it can still be read. */
bool mutator_keep(struct mutator *mutator);

/* ---- mutator_line.c ---- */

/* mutator_insert_line: at an index; nothing if there are enough, or it is empty. */
void mutator_insert_line(struct mutator *mutator, uint32_t index, struct mutator_text line);

/* mutator_insert: the lines of one of these templates, at an index. */
void mutator_insert(struct mutator *mutator, uint32_t index, const struct target_line *from);

/* mutator_count_interest: how much of what the target's templates say is of each verb. */
void mutator_count_interest(struct mutator *mutator);

/* mutator_ask: lines at an index which show whether an SA, or each in turn, is there and as it was. */
void mutator_ask(struct mutator *mutator, uint32_t index);

/* ---- mutator_past.c ---- */

/* mutator_look_back: the line of this index is the current one from now on; fills mutator->past. */
void mutator_look_back(struct mutator *mutator, uint32_t index);

enum mutator_way {
    MUTATOR_EITHER_WAY,
    MUTATOR_INBOUND,
    MUTATOR_OUTBOUND,
};

/* mutator_choose_sa: one of the past, more often one that is still there; NULL: this device has none. */
const struct mutator_sa *mutator_choose_sa(struct mutator *mutator, uint32_t device, enum mutator_way way);

/* mutator_opposite: the SA of a peer at the other end of this one; NULL: there is none. */
const struct mutator_sa *mutator_opposite(const struct mutator *mutator, const struct mutator_sa *sa);

/* ---- mutator_frame.c ---- */

/* mutator_frame: what a receive's frame= may be. */
const char *mutator_frame(struct mutator *mutator, uint32_t *len);

/* ---- mutator_packet.c ---- */

/* mutator_edit: a flip of an element of *mutator->line. */
const char *mutator_edit(struct mutator *mutator, uint32_t *len, const struct trace_element *element);

/* mutator_send_words: the options of an element of a send, without braces. */
const char *mutator_send_words(struct mutator *mutator, uint32_t *len);

/* mutator_packet: changes an element of *mutator->line that is sent or received; false: it has none. */
bool mutator_packet(struct mutator *mutator);

/* ---- mutator_value.c ---- */

/* mutator_value: a value for a key of the current line, in *mutator->line; was: what stands there, or NULL; element:
 * where, or NULL.  NULL: none comes to mind. */
const char *mutator_value(struct mutator *mutator, uint32_t *len, const struct trace_element *element,
                          enum trace_key key, enum trace_type type, const struct trace_word *was);

/* mutator_set: gives a key of the line or of an element a value; a NULL text makes it a flag.  A flip joins those that
 * are there. */
bool mutator_set(struct mutator *mutator, uint32_t element, enum trace_key key, const char *text, uint32_t len);
#define MUTATOR_NO_ELEMENT UINT32_MAX

/* mutator_bound: a length or an offset in *mutator->line that ends beside what is there; false: it has no list. */
bool mutator_bound(struct mutator *mutator);

/* ---- mutator_list.c ---- */

/* mutator_elements: makes up the elements of a line of this verb for mutator->device, as text. */
const char *mutator_elements(struct mutator *mutator, uint32_t *len, enum trace_verb verb);

/* mutator_update_words: the options of an update of this SA that may well be taken, without braces. */
const char *mutator_update_words(struct mutator *mutator, uint32_t *len, const struct mutator_sa *sa);

/* mutator_shape: bends the list of *mutator->line into a class of shape.h; false: it has no list. */
bool mutator_shape(struct mutator *mutator);

/* mutator_element: adds, removes, doubles, exchanges or multiplies elements of *mutator->line. */
bool mutator_element(struct mutator *mutator);

#endif
