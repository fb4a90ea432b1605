/* SPDX-License-Identifier: MIT */
#include "shape.h"

#include <assert.h>
#include <string.h>

#define STEPS_MAX (2 * TRACE_ELEMENTS_MAX)

static const char *const names[SHAPE_COUNT] = {
    [SHAPE_SELF_LOOP] = "self-loop",
    [SHAPE_TWO_CYCLE] = "two-cycle",
    [SHAPE_RHO] = "rho",
    [SHAPE_TAIL_TO_HEAD] = "tail-to-head",
    [SHAPE_SHARED_TAIL] = "shared-tail",
    [SHAPE_CROSS_LINK] = "cross-link",
    [SHAPE_INTO_NODE] = "into-node",
    [SHAPE_INTO_KEY] = "into-key",
    [SHAPE_INTO_OTHER_OID] = "into-other-oid",
    [SHAPE_FREED] = "freed",
    [SHAPE_UNMAPPED] = "unmapped",
    [SHAPE_NONCANONICAL] = "noncanonical",
    [SHAPE_CONTIGUOUS] = "contiguous",
    [SHAPE_SCATTERED] = "scattered",
    [SHAPE_UNALIGNED] = "unaligned",
    [SHAPE_STRADDLE] = "straddle",
    [SHAPE_HEADER_ONLY] = "header-only",
    [SHAPE_DUPLICATE_HANDLE] = "duplicate-handle",
    [SHAPE_DEAD_THEN_LIVE] = "dead-then-live",
    [SHAPE_FOREIGN_HANDLE] = "foreign-handle",
    [SHAPE_WRONG_DIRECTION_HANDLE] = "wrong-direction-handle",
    [SHAPE_LENGTH_0] = "length-0",
    [SHAPE_LENGTH_1] = "length-1",
    [SHAPE_LENGTH_CAPACITY] = "length-capacity",
    [SHAPE_LENGTH_BEYOND] = "length-capacity+1",
    [SHAPE_LENGTH_POWER] = "length-2^1",
    "length-2^2",
    "length-2^3",
    "length-2^4",
    "length-2^5",
    "length-2^6",
    "length-2^7",
    "length-2^8",
    "length-2^9",
    "length-2^10",
    "length-2^11",
    "length-2^12",
    "length-2^13",
    "length-2^14",
    "length-2^15",
    "length-2^16",
    "length-2^17",
    "length-2^18",
    "length-2^19",
    "length-2^20",
    [SHAPE_WRONG_TYPE] = "wrong-type-head",
    "wrong-type-middle",
    "wrong-type-tail",
    [SHAPE_WRONG_REVISION] = "wrong-revision-head",
    "wrong-revision-middle",
    "wrong-revision-tail",
    [SHAPE_WRONG_SIZE] = "wrong-size-head",
    "wrong-size-middle",
    "wrong-size-tail",
};

const char *shape_name(enum shape shape)
{
    assert((unsigned)shape < SHAPE_COUNT);
    return names[shape];
}

bool shape_is_wild(enum shape shape)
{
    return shape == SHAPE_FREED || shape == SHAPE_UNMAPPED || shape == SHAPE_NONCANONICAL;
}

/* ---- The way through the list, a run at a time ---- */

/* Elements index to last of one element of the line, the first of them at this place of the list. */
struct step {
    uint32_t element;
    uint32_t index;
    uint32_t last;
    uint32_t place;
};

struct way {
    const struct list *list;
    struct step steps[STEPS_MAX];
    uint32_t count;
    uint32_t length; /* elements in all */
    struct list_link end;
};

static uint32_t step_node(const struct way *way, const struct step *step)
{
    return way->list->first_node[step->element] + step->index;
}

/* A run whose Next is not the same for all is followed to its end in one step. */
static bool runs_on(const struct list *list, uint32_t element)
{
    const struct trace_word *next = trace_field(list->line, &list->line->elements[element], KEY_NEXT);

    return list->linked && (!next || next->base == BASE_RUN);
}

/* The step that has this node, or NULL. */
static const struct step *find_step(const struct way *way, uint32_t node)
{
    uint32_t index;
    uint32_t element = (uint32_t)(list_element(way->list, node, &index) - way->list->line->elements);

    for (uint32_t i = 0; i < way->count; i++) {
        if (way->steps[i].element == element && index >= way->steps[i].index && index <= way->steps[i].last)
            return &way->steps[i];
    }
    return NULL;
}

static void take_step(struct way *way, uint32_t node)
{
    struct step *step = &way->steps[way->count];

    step->element = (uint32_t)(list_element(way->list, node, &step->index) - way->list->line->elements);
    step->last = runs_on(way->list, step->element) ? way->list->line->elements[step->element].count - 1 : step->index;
    step->place = way->length;
    /* A run that is entered in front of where it was entered before leads into what is known. */
    for (uint32_t i = 0; i < way->count; i++) {
        if (way->steps[i].element == step->element && way->steps[i].index > step->index &&
            way->steps[i].index <= step->last)
            step->last = way->steps[i].index - 1;
    }
    way->count++;
    way->length += step->last - step->index + 1;
}

static void follow(struct way *way, const struct list *list)
{
    uint32_t node = 0;

    way->list = list;
    way->count = 0;
    way->length = 0;
    way->end = (struct list_link){TARGET_NULL, 0, 0, NULL};
    while (list->node_count > 0 && way->count < STEPS_MAX) {
        const struct step *step;
        take_step(way, node);
        step = &way->steps[way->count - 1];
        if (list->linked)
            way->end = list_next(list, list->first_node[step->element] + step->last);
        if (way->end.target != TARGET_NODE || find_step(way, way->end.node))
            return;
        node = way->end.node;
    }
}

/* ---- Next ---- */

static void classify_cycle(struct shapes *shapes, const struct way *way)
{
    const struct step *step = find_step(way, way->end.node);
    uint32_t place = step->place + (way->end.node - step_node(way, step));
    uint32_t len = way->length - place;

    shapes->has[SHAPE_SELF_LOOP] = len == 1;
    shapes->has[SHAPE_TWO_CYCLE] = len == 2;
    shapes->has[SHAPE_RHO] = place > 0;
    shapes->has[SHAPE_TAIL_TO_HEAD] = place == 0 && len > 2;
}

static void classify_other(struct shapes *shapes, const struct way *way, const struct shape_lookup *lookup)
{
    enum trace_verb verb;

    if (!lookup->other(lookup->context, &verb, way->end.word))
        shapes->has[SHAPE_FREED] = true;
    else
        shapes->has[verb == way->list->verb ? SHAPE_CROSS_LINK : SHAPE_INTO_OTHER_OID] = true;
}

static bool is_canonical(uint64_t address)
{
    return address >> 47 == 0 || address >> 47 == 0x1FFFF;
}

static void classify_end(struct shapes *shapes, const struct way *way, const struct shape_lookup *lookup)
{
    switch (way->end.target) {
    case TARGET_NULL:
        break;
    case TARGET_NODE:
        classify_cycle(shapes, way);
        break;
    case TARGET_MIDDLE:
        shapes->has[way->end.value >= list_struct(way->list) - 8 && way->list->verb == VERB_ADD_SA ? SHAPE_INTO_KEY
                                                                                                   : SHAPE_INTO_NODE] =
            true;
        shapes->has[SHAPE_UNALIGNED] = way->end.value % 8 != 0;
        break;
    case TARGET_OTHER:
        classify_other(shapes, way, lookup);
        break;
    case TARGET_RAW:
        if (way->end.value != 0)
            shapes->has[is_canonical(way->end.value) ? SHAPE_UNMAPPED : SHAPE_NONCANONICAL] = true;
        break;
    case TARGET_FREED:
        shapes->has[SHAPE_FREED] = true;
        break;
    case TARGET_UNMAPPED:
        shapes->has[SHAPE_UNMAPPED] = true;
        break;
    case TARGET_NONCANONICAL:
        shapes->has[SHAPE_NONCANONICAL] = true;
        break;
    }
}

/* Another element of the line leads into the list from aside. */
static void classify_tails(struct shapes *shapes, const struct way *way)
{
    const struct list *list = way->list;

    for (uint32_t i = 0; list->linked && i < list->line->element_count; i++) {
        struct list_link link;
        uint32_t last;
        if (list->line->elements[i].count == 0)
            continue;
        last = list->first_node[i + 1] - 1;
        link = list_next(list, last);
        if (link.target == TARGET_NODE && !find_step(way, last) && find_step(way, link.node))
            shapes->has[SHAPE_SHARED_TAIL] = true;
    }
}

/* ---- Memory, length ---- */

static void classify_memory(struct shapes *shapes, const struct way *way)
{
    bool is_packed = way->length > 1;

    for (uint32_t i = 0; i < way->count; i++) {
        const struct trace_element *element = &way->list->line->elements[way->steps[i].element];
        enum list_placement placement = list_placement_of(way->list, element);
        is_packed = is_packed && placement == PLACEMENT_PACKED;
        if (placement == PLACEMENT_SCATTERED && way->length > 1)
            shapes->has[SHAPE_SCATTERED] = true;
        if (placement == PLACEMENT_UNALIGNED)
            shapes->has[SHAPE_UNALIGNED] = true;
    }
    if (is_packed)
        shapes->has[SHAPE_CONTIGUOUS] = true;
}

static void classify_length(struct shapes *shapes, const struct way *way)
{
    uint32_t capacity = way->list->profile->caps.SaOffloadCapacity;

    shapes->has[SHAPE_LENGTH_0] = way->length == 0;
    shapes->has[SHAPE_LENGTH_1] = way->length == 1;
    shapes->has[SHAPE_LENGTH_CAPACITY] = way->length > 0 && way->length == capacity;
    shapes->has[SHAPE_LENGTH_BEYOND] = way->length > 1 && way->length - 1 == capacity;
    for (uint32_t power = 1; power <= SHAPE_POWERS; power++)
        shapes->has[SHAPE_LENGTH_POWER + power - 1] = way->length == 1u << power;
}

/* ---- Headers ---- */

/* The places of a step among head, middle and tail. */
static void mark_places(struct shapes *shapes, enum shape first, const struct way *way, const struct step *step)
{
    uint32_t from = step->place;
    uint32_t to = step->place + (step->last - step->index);
    uint32_t tail = way->length - 1;

    uint32_t inner_from = from > 0 ? from : 1;
    uint32_t inner_to = to < tail || tail == 0 ? to : tail - 1;

    shapes->has[first] = shapes->has[first] || from == 0;
    shapes->has[first + 1] = shapes->has[first + 1] || inner_from <= inner_to;
    shapes->has[first + 2] = shapes->has[first + 2] || (to == tail && tail > 0);
}

static bool is_of_other_oid(const struct list *list, uint16_t size)
{
    static const uint16_t sizes[] = {
        NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_REVISION_1,
        NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_EX_REVISION_1,
        NDIS_SIZEOF_IPSEC_OFFLOAD_V2_DELETE_SA_REVISION_1,
        NDIS_SIZEOF_IPSEC_OFFLOAD_V2_UPDATE_SA_REVISION_1,
        OV2_SIZEOF_UPDATE_SA_LINKED_REVISION_1,
    };

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        if (size == sizes[i] && size != list_fixed(list))
            return true;
    }
    return false;
}

static void classify_header(struct shapes *shapes, const struct way *way, const struct step *step, uint32_t length)
{
    const struct list *list = way->list;
    uint8_t bytes[LIST_NODE_BYTES];
    uint32_t len = list_encode(list, step_node(way, step), bytes, NULL, NULL);
    struct ndis_object_header header;

    if (step->place == 0 && length < len)
        len = length;
    memset(&header, 0, sizeof header);
    memcpy(&header, bytes, len < sizeof header ? len : sizeof header);
    if (step->place > 0 && trace_field(list->line, &list->line->elements[step->element], KEY_RAW) &&
        is_of_other_oid(list, header.Size)) {
        shapes->has[SHAPE_INTO_OTHER_OID] = true;
        return;
    }
    shapes->has[SHAPE_HEADER_ONLY] = shapes->has[SHAPE_HEADER_ONLY] || len == sizeof header;
    shapes->has[SHAPE_STRADDLE] = shapes->has[SHAPE_STRADDLE] || (len > sizeof header && len < list_fixed(list));
    if (len < sizeof header)
        return;
    if (header.Type != NDIS_OBJECT_TYPE_DEFAULT)
        mark_places(shapes, SHAPE_WRONG_TYPE, way, step);
    if (header.Revision == 0)
        mark_places(shapes, SHAPE_WRONG_REVISION, way, step);
    if (header.Size < list_fixed(list))
        mark_places(shapes, SHAPE_WRONG_SIZE, way, step);
}

/* ---- Handles ---- */

/* Whether two steps (or one with itself) name an SA more than once. */
static bool is_repeated(const struct way *way, const struct step *a, const struct step *b)
{
    const struct trace_word *one = list_handle(way->list, step_node(way, a));
    const struct trace_word *two = list_handle(way->list, step_node(way, b));
    uint64_t from, other;

    if (!one || !two || one->twist != TWIST_NONE || two->twist != TWIST_NONE || one->device != two->device ||
        (one->base != BASE_SYMBOL && one->base != BASE_RUN) || (two->base != BASE_SYMBOL && two->base != BASE_RUN))
        return false;
    if (a == b)
        return one->base == BASE_SYMBOL && a->last > a->index;
    from = one->number + (one->base == BASE_RUN ? a->index : 0);
    other = two->number + (two->base == BASE_RUN ? b->index : 0);
    return from <= other + (two->base == BASE_RUN ? b->last - b->index : 0) &&
           other <= from + (one->base == BASE_RUN ? a->last - a->index : 0);
}

static void classify_repeats(struct shapes *shapes, const struct way *way)
{
    for (uint32_t a = 0; a < way->count; a++) {
        for (uint32_t b = a; b < way->count; b++) {
            if (is_repeated(way, &way->steps[a], &way->steps[b]))
                shapes->has[SHAPE_DUPLICATE_HANDLE] = true;
        }
    }
}

static void classify_handles(struct shapes *shapes, const struct way *way, const struct shape_lookup *lookup)
{
    bool seen[SHAPE_SA_OUTBOUND + 1] = {false};

    for (uint32_t i = 0; i < 2 * way->count; i++) {
        const struct step *step = &way->steps[i / 2];
        const struct trace_word *word = list_handle(way->list, step_node(way, step));
        enum shape_sa sa;
        if (!word || (word->base != BASE_SYMBOL && word->base != BASE_RUN))
            continue;
        if (word->device != way->list->line->device) {
            shapes->has[SHAPE_FOREIGN_HANDLE] = true;
            continue;
        }
        sa = lookup->sa(lookup->context, word, i % 2 ? step->last : step->index);
        if (seen[SHAPE_SA_DEAD] && (sa == SHAPE_SA_INBOUND || sa == SHAPE_SA_OUTBOUND))
            shapes->has[SHAPE_DEAD_THEN_LIVE] = true;
        seen[sa] = true;
    }
    if (seen[SHAPE_SA_INBOUND] && seen[SHAPE_SA_OUTBOUND])
        shapes->has[SHAPE_WRONG_DIRECTION_HANDLE] = true;
}

void shape_classify(struct shapes *shapes, const struct list *list, uint32_t length, const struct shape_lookup *lookup)
{
    struct way way;

    memset(shapes, 0, sizeof *shapes);
    follow(&way, list);
    classify_end(shapes, &way, lookup);
    classify_tails(shapes, &way);
    classify_memory(shapes, &way);
    classify_length(shapes, &way);
    for (uint32_t i = 0; i < way.count; i++)
        classify_header(shapes, &way, &way.steps[i], length);
    classify_repeats(shapes, &way);
    classify_handles(shapes, &way, lookup);
}
