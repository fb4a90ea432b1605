/* SPDX-License-Identifier: MIT */
#include "update.h"

#include "bytes.h"
#include "fault.h"
#include "wrong_life.h"

#include <assert.h>
#include <string.h>

static const struct list_shape SINGLE = {
    .minimum = NDIS_SIZEOF_IPSEC_OFFLOAD_V2_UPDATE_SA_REVISION_1,
    .fixed = NDIS_SIZEOF_IPSEC_OFFLOAD_V2_UPDATE_SA_REVISION_1,
    .needed = NDIS_SIZEOF_IPSEC_OFFLOAD_V2_UPDATE_SA_REVISION_1,
};

static const struct list_shape LINKED = {
    .minimum = OV2_SIZEOF_UPDATE_SA_LINKED_REVISION_1,
    .fixed = OV2_SIZEOF_UPDATE_SA_LINKED_REVISION_1,
    .needed = OV2_SIZEOF_UPDATE_SA_LINKED_REVISION_1,
};

/* One element, whichever its layout was. */
struct wish {
    uint64_t handle;
    uint32_t operation;
    uint32_t spi; /* as memory held it */
    uint32_t high;
};

/* The SAs with an operation that has a staged value. */
struct staged {
    struct sa *first;
};

static uint32_t protocol_of(uint32_t operation)
{
    switch (operation) {
    case IPSEC_OFFLOAD_V2_OPERATION_AH:
        return SA_PROTOCOL_AH;
    case IPSEC_OFFLOAD_V2_OPERATION_ESP:
        return SA_PROTOCOL_ESP;
    default:
        return FAULTY(0, ANY_OPERATION_IS_ESP, SA_PROTOCOL_ESP);
    }
}

static uint32_t spi_of(const struct options *options, uint32_t spi)
{
    uint8_t octets[4];

    memcpy(octets, &spi, sizeof(octets));
    return options->spi_order == SPI_NETWORK ? get_be32(octets) : spi;
}

/* is_refused: whether the new half must not be lower than this one.  A driver need not mind. */
static bool is_refused(const struct options *options, const struct sa_operation *operation, uint32_t high)
{
    uint32_t current = operation->staged ? operation->staged_high : operation->high;

    FAULTY((void)0, ASSERTS_GROWTH, assert(high > current));
    return high < current && options->update_lower == UPDATE_LOWER_REFUSE;
}

/* first_like: for a fault: the first SA in the table whose handle has these bits. */
static struct sa *first_like(const struct sa_table *table, uint64_t handle, uint64_t bits)
{
    for (uint32_t slot = 0; slot < table->slot_count; slot++) {
        struct sa *sa = table->slots[slot].sa;
        if (sa != NULL && ((sa->handle ^ handle) & bits) == 0)
            return sa;
    }
    return NULL;
}

/* latest: for a fault: the SA that this device found last stands for one that is not there. */
static struct sa *latest(const struct ov2_device *nic, struct sa *sa)
{
    static const struct ov2_device *finder;
    static struct sa *found;

    if (sa != NULL || finder != nic)
        found = sa;
    finder = nic;
    return found;
}

static struct sa *look_up(const struct ov2_device *nic, uint64_t handle)
{
    uint64_t bits = FAULTY(UINT64_MAX, UPDATE_TRUNCATES_HANDLE, UINT32_MAX);

    if (bits != UINT64_MAX)
        return first_like(&nic->table, handle, bits);
    if (FAULTY(false, NULL_NAMES_FIRST_SA, handle == 0))
        return first_like(&nic->table, 0, 0);
    return sa_find(&nic->table, handle);
}

static uint64_t handle_of(const struct wish *wish)
{
    return FAULTY(wish->handle, UPDATE_TAKES_INDEX, wish->handle + 1);
}

static struct sa *find_sa(const struct ov2_device *nic, uint64_t handle)
{
    struct sa *sa = look_up(nic, handle);

    sa = FAULTY(sa, UPDATES_WHAT_IS_GONE, latest(nic, sa));
    return FAULTY(sa, UPDATE_REFUSES_OUTBOUND, sa != NULL && sa->inbound ? sa : NULL);
}

static struct sa_operation *find_operation(struct sa *sa, uint32_t operation)
{
    struct sa_operation *found = sa != NULL ? sa_operation_of(sa, protocol_of(operation)) : NULL;

    return FAULTY(found, ABSENT_OPERATION_IS_FIRST, found == NULL && sa != NULL ? &sa->operations[0] : found);
}

/* has_spi: the selector of the operation; it never becomes another. */
static bool has_spi(const struct options *options, struct sa_operation *operation, uint32_t spi)
{
    FAULTY((void)0, UPDATE_OVERWRITES_SPI, operation->spi = spi_of(options, spi));
    return spi_of(options, spi) == operation->spi || options->update_spi == UPDATE_IGNORE_SPI;
}

/* is_lower: for a fault: a value above this one was asked for before. */
static bool is_lower(const struct sa_operation *operation, uint32_t high)
{
    return operation->staged && high < operation->staged_high;
}

static void note(struct sa_operation *operation, uint32_t high)
{
    if (FAULTY(false, FIRST_OF_REPEATED_WINS, operation->staged) ||
        FAULTY(false, REMEMBERS_REFUSED_LIST, is_lower(operation, high)))
        return;
    operation->staged = true;
    operation->staged_high = FAULTY(high, STORES_ONE_OCTET, high & 0xFFu);
}

static void mark(struct staged *staged, struct sa *sa)
{
    if (sa->marked)
        return;
    sa->marked = true;
    sa->next_marked = staged->first;
    staged->first = sa;
}

/* stage: checks one wish and notes it; nothing is in force yet.  Of several for one operation the last counts. */
static bool stage(struct staged *staged, struct ov2_device *nic, const struct wish *wish)
{
    struct sa *sa = find_sa(nic, handle_of(wish));
    struct sa_operation *operation = find_operation(sa, wish->operation);

    FAULTY((void)0, STORES_BEFORE_CHECKS, sa != NULL ? (void)(sa->operations[0].high = wish->high) : (void)0);
    if (operation == NULL || !has_spi(&nic->options, operation, wish->spi))
        return false;
    if (!operation->esn && FAULTY(true, UPDATE_TURNS_ESN_ON, !(operation->esn = true)))
        return nic->options.update_plain == UPDATE_PLAIN_IGNORE;
    if (is_refused(&nic->options, operation, wish->high))
        return false;
    note(operation, wish->high);
    mark(staged, sa);
    return true;
}

static void commit(struct sa_operation *operation)
{
    uint32_t torn = (operation->high & 0xFFFF0000u) | (operation->staged_high & 0xFFFFu);

    operation->high = FAULTY(operation->staged_high, UPDATE_WITHOUT_EFFECT, operation->high);
    operation->high = FAULTY(operation->high, TEARS_UPDATE, torn);
    operation->low = 0;
    operation->heard = false;
}

/* spread: for a fault: the half goes to everything with this SPI. */
static void spread(const struct sa_table *table, const struct sa_operation *operation)
{
    for (uint32_t slot = 0; slot < table->slot_count; slot++) {
        struct sa *sa = table->slots[slot].sa;
        for (uint32_t n = 0; sa != NULL && n < sa->operation_count; n++)
            if (sa->operations[0].spi == operation->owner->operations[0].spi)
                sa->operations[n].high = operation->high;
    }
}

static void commit_all(const struct ov2_device *nic, struct sa *sa)
{
    for (uint32_t n = 0; n < sa->operation_count; n++) {
        if (!sa->operations[n].staged)
            continue;
        commit(&sa->operations[n]);
        FAULTY((void)0, UPDATES_EVERY_SPI, spread(&nic->table, &sa->operations[n]));
        FAULTY((void)0, UPDATE_LOSES_KEYS, wrong_lose_keys(&sa->operations[n]));
    }
}

/* look_away: for a fault: what was found is no longer watched when it is updated. */
static void look_away(struct ov2_device *nic, const struct staged *staged)
{
    for (struct sa *sa = staged->first; sa != NULL; sa = sa->next_marked)
        sa->marked = false;
    nic_let_in(nic);
}

static void finish(struct ov2_device *nic, const struct staged *staged, bool ok)
{
    struct sa *next = NULL;

    FAULTY((void)0, UPDATES_WHAT_IT_FOUND, look_away(nic, staged));
    for (struct sa *sa = staged->first; sa != NULL; sa = next) {
        next = sa->next_marked;
        sa->marked = false;
        sa->next_marked = NULL;
        if (ok)
            commit_all(nic, sa);
        for (uint32_t n = 0; n < sa->operation_count; n++)
            sa->operations[n].staged = FAULTY(false, REMEMBERS_REFUSED_LIST, sa->operations[n].staged && !ok);
    }
}

/* read_blindly: for a fault: copies what is there or is not. */
static enum list_result read_blindly(const struct list *list, void *element, uint32_t len)
{
    memcpy(element, list->at, len);
    return LIST_OK;
}

static bool has_zero_header(const struct list *list)
{
    static const uint8_t zero[4];

    return list_room(list) >= list->shape->fixed && memcmp(list->at, zero, sizeof(zero)) == 0;
}

static enum list_result read_element(const struct list *list, void *element)
{
    uint32_t fixed = list->shape->fixed;

    if (FAULTY(false, UPDATE_TRUSTS_LENGTH, list_room(list) >= sizeof(struct ndis_object_header)) ||
        FAULTY(false, TAKES_ZERO_HEADER, has_zero_header(list)))
        return read_blindly(list, element, fixed);
    return list_read(list, element);
}

/* read_next: all elements but the first. */
static enum list_result read_next(const struct list *list, struct ipsec_offload_v2_update_sa_linked *element)
{
    if (FAULTY(false, UPDATE_CHECKS_HEAD_ONLY, !list_is_head(list)))
        return read_blindly(list, element, list->shape->fixed);
    return read_element(list, element);
}

static enum list_result read_single(const struct list *list, struct ipsec_offload_v2_update_sa *element)
{
    enum list_result result = read_element(list, element);

    if (result == LIST_OK)
        return FAULTY(result, UPDATE_COPIES_PADDING, read_blindly(list, element, sizeof(*element)));
    return result;
}

static struct wish wish_of(const struct ipsec_offload_v2_update_sa *single)
{
    /* Where the upper half would stand if pointers had 32 bits, there stands Operation. */
    uint32_t high = FAULTY(single->SequenceNumberHighOrder, READS_32_BIT_LAYOUT, single->Operation);

    return (struct wish){(uintptr_t)single->OffloadHandle, single->Operation, single->Spi, high};
}

/* read_wish: one element of either layout, and where the next one is. */
static enum list_result read_wish(struct wish *wish, void **next, const struct list *list)
{
    struct ipsec_offload_v2_update_sa single = {0};
    struct ipsec_offload_v2_update_sa_linked linked = {0};
    enum list_result result;

    if (list->shape == &SINGLE) {
        result = read_single(list, &single);
        *wish = wish_of(&single);
        *next = FAULTY(NULL, UPDATE_FOLLOWS_HANDLE, single.OffloadHandle);
    } else {
        result = read_next(list, &linked);
        *wish = (struct wish){(uintptr_t)linked.OffloadHandle, linked.Operation, linked.Spi,
                              linked.SequenceNumberHighOrder};
        *next = FAULTY(linked.Next, UPDATES_HEAD_ONLY, NULL);
    }
    return result;
}

static uint32_t content_status(const struct options *options)
{
    if (options->content_code == CODE_FAILURE)
        return NDIS_STATUS_FAILURE;
    return FAULTY(NDIS_STATUS_INVALID_PARAMETER, FAILED_UPDATE_SUCCEEDS, NDIS_STATUS_SUCCESS);
}

/* go_on: for a fault: the walk continues where it has been. */
static enum list_result go_on(struct list *list, void *next)
{
    list->at = next;
    return LIST_OK;
}

static enum list_result advance(struct list *list, void *next)
{
    enum list_result result = list_advance(list, next);

    return FAULTY(result, UPDATE_FOLLOWS_CYCLES, result == LIST_CYCLE ? go_on(list, next) : result);
}

/* forget_handle: for a fault: OffloadHandle is an output elsewhere. */
static void forget_handle(struct oid_call *call, const struct list *list)
{
    uint64_t handle = 0;

    memcpy(call->buffer + (list->shape == &SINGLE ? 8 : 16), &handle, sizeof(handle));
}

static bool has_esn(const struct ov2_device *nic)
{
    return nic->hardware.IPsecV2.ExtendedSequenceNumbers != 0;
}

static uint32_t conclude(struct oid_call *call, const struct list *list, bool ok)
{
    FAULTY((void)0, UPDATE_WRITES_HANDLE, forget_handle(call, list));
    if (!ok)
        return FAULTY(content_status(&call->nic->options), UPDATE_WITHOUT_ESN,
                      has_esn(call->nic) ? content_status(&call->nic->options) : NDIS_STATUS_SUCCESS);
    call->consumed = FAULTY(call->consumed, UPDATE_READS_NOTHING, 0);
    return NDIS_STATUS_SUCCESS;
}

/* A list is carried out as a whole or not at all.  A cycle has no last element whose value could win, so it is refused
 * like any list that cannot be read. */
uint32_t update_run(struct oid_call *call)
{
    struct ov2_device *nic = call->nic;
    struct staged staged = {NULL};
    enum list_result result;
    struct wish wish;
    struct list list;
    void *next = NULL;
    bool ok = has_esn(nic);

    if (FAULTY(false, UPDATE_NOT_SUPPORTED, true))
        return NDIS_STATUS_NOT_SUPPORTED;
    oid_begin(&list, call, nic->options.update_layout == LAYOUT_LINKED ? &LINKED : &SINGLE);
    do {
        result = read_wish(&wish, &next, &list);
        if (result == LIST_OK) {
            ok = ok && stage(&staged, nic, &wish);
            result = ok ? advance(&list, next) : LIST_END;
        }
    } while (result == LIST_OK);
    finish(nic, &staged, FAULTY(ok && result == LIST_END, FAILED_UPDATE_TAKES_EFFECT, true));
    return result == LIST_END ? conclude(call, &list, ok) : oid_refuse(call, &list, result);
}
