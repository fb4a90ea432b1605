/* SPDX-License-Identifier: MIT */
#include "delete.h"

#include "buffer.h"
#include "fault.h"
#include "wrong_life.h"

#include <string.h>

static const struct list_shape SHAPE = {
    .minimum = NDIS_SIZEOF_IPSEC_OFFLOAD_V2_DELETE_SA_REVISION_1,
    .fixed = NDIS_SIZEOF_IPSEC_OFFLOAD_V2_DELETE_SA_REVISION_1,
    .needed = NDIS_SIZEOF_IPSEC_OFFLOAD_V2_DELETE_SA_REVISION_1,
};

/* The SAs that a list names, each once however often it is named. */
struct doomed {
    struct sa *first;
    bool unknown; /* some element named no live SA, or one that was named already */
};

static void mark(struct doomed *doomed, struct sa *sa)
{
    bool is_wrong_way = doomed->first != NULL && sa != NULL && doomed->first->inbound != sa->inbound;

    if (sa == NULL || FAULTY(sa->marked, DELETES_REPEATED_TWICE, false) ||
        FAULTY(false, DELETES_ONE_DIRECTION, is_wrong_way)) {
        doomed->unknown = true;
        return;
    }
    sa->marked = true;
    sa->next_marked = doomed->first;
    doomed->first = sa;
}

/* mark_alike: for a fault: what has the SPI and the direction of an SA goes with it. */
static void mark_alike(struct doomed *doomed, const struct sa_table *table, const struct sa *sa)
{
    for (uint32_t slot = 0; slot < table->slot_count; slot++) {
        struct sa *other = table->slots[slot].sa;
        if (other != NULL && other != sa && other->inbound == sa->inbound &&
            other->operations[0].spi == sa->operations[0].spi)
            mark(doomed, other);
    }
}

static struct sa *find(const struct sa_table *table, uint64_t handle)
{
    struct sa *sa = sa_find(table, handle);

    if (sa == NULL)
        FAULTY((void)0, FREES_WHAT_A_RESET_FREED, wrong_free_again(table, handle));
    if (sa == NULL)
        FAULTY((void)0, DEREFERENCES_HANDLES, (void)*(volatile uint8_t *)(uintptr_t)handle);
    return FAULTY(sa, INBOUND_GOES_FIRST, sa != NULL && !sa->inbound && sa_opposite(table, sa) != NULL ? NULL : sa);
}

static enum list_result read_element(struct list *list, struct ipsec_offload_v2_delete_sa *element)
{
    enum list_result result = list_read(list, (uint8_t *)element);

    if (result == LIST_OK)
        FAULTY((void)0, NULLS_DELETED_HANDLES, memset(list->at + 16, 0, 8));
    return FAULTY(result, BAD_ELEMENT_ENDS_LIST, result == LIST_OK || list_is_head(list) ? result : LIST_END);
}

static enum list_result advance(struct list *list, const struct doomed *doomed, void *next)
{
    void *stop = doomed->unknown ? NULL : next;

    return list_advance(list, FAULTY(FAULTY(next, DELETES_HEAD_ONLY, NULL), STOPS_AT_UNKNOWN_HANDLE, stop));
}

/* Nothing is removed before the whole list has been read: an element is read once, and a list that turns out to be
 * unreadable leaves everything as it was. */
static enum list_result mark_all(struct doomed *doomed, struct list *list, const struct sa_table *table)
{
    struct ipsec_offload_v2_delete_sa element;
    enum list_result result;

    do {
        result = read_element(list, &element);
        if (result != LIST_OK)
            return result;
        struct sa *sa = find(table, (uintptr_t)element.OffloadHandle);
        mark(doomed, sa);
        if (sa != NULL && FAULTY(false, DELETES_PAIRS, sa_opposite(table, sa) != NULL))
            mark(doomed, sa_opposite(table, sa));
        if (sa != NULL)
            FAULTY((void)0, DELETES_BY_SPI, mark_alike(doomed, table, sa));
        result = advance(list, doomed, element.Next);
    } while (result == LIST_OK || FAULTY(false, DELETE_FOLLOWS_CYCLES, result == LIST_CYCLE));
    return result;
}

/* goes: whether an SA that was found is removed; of what kind it is does not matter. */
static bool goes(const struct sa *sa, bool remove)
{
    return FAULTY(remove, KEEPS_UDP_SAS, remove && sa->udp == 0);
}

static void finish(struct doomed *doomed, struct sa_table *table, bool remove)
{
    struct sa *next = NULL;

    for (struct sa *sa = doomed->first; sa != NULL; sa = next) {
        next = sa->next_marked;
        sa->marked = false;
        sa->next_marked = NULL;
        if (FAULTY(FAULTY(goes(sa, remove), DELETE_WITHOUT_EFFECT, false), DELETED_SA_STILL_RECEIVES,
                   remove && !sa->inbound))
            sa_remove(table, sa);
    }
}

/* conclude: the verdict on a list that was read to its end. */
static uint32_t conclude(const struct doomed *doomed, const struct ov2_device *nic)
{
    uint32_t reading = FAULTY(nic->options.unknown_delete, REPORTS_UNKNOWN_HANDLES, DELETE_FAIL_AFTER);

    if (doomed->first != NULL)
        FAULTY((void)0, LEAKS_SA, (void)memory_allocate(&nic->memory, 16));
    return doomed->unknown && reading != DELETE_SUCCESS ? NDIS_STATUS_INVALID_PARAMETER : NDIS_STATUS_SUCCESS;
}

static uint32_t refuse(struct doomed *doomed, struct oid_call *call, const struct list *list, enum list_result result)
{
    finish(doomed, &call->nic->table, FAULTY(false, FAILED_DELETE_TAKES_EFFECT, true));
    return oid_refuse(call, list, result);
}

/* For a fault: that of the device at which something was deleted first, as long as the device is there. */
static struct sa_table *first;

static struct sa_table *first_table(struct sa_table *table)
{
    if (first == NULL)
        first = table;
    return first;
}

void delete_forget(const struct sa_table *table)
{
    if (first == table)
        first = NULL;
}

static struct sa_table *table_of(struct ov2_device *nic)
{
    return FAULTY(&nic->table, DELETES_AT_FIRST_DEVICE, first_table(&nic->table));
}

static bool is_refused(const struct ov2_device *nic)
{
    return FAULTY(false, PRESSURE_REFUSES_DELETE, nic->pressure);
}

/* look_away: for a fault: what was found is no longer watched when it is removed. */
static void look_away(struct ov2_device *nic, struct doomed *doomed)
{
    for (struct sa *sa = doomed->first; sa != NULL; sa = sa->next_marked)
        sa->marked = false;
    nic_let_in(nic);
}

uint32_t delete_run(struct oid_call *call)
{
    bool fails_before = call->nic->options.unknown_delete == DELETE_FAIL_BEFORE;
    struct doomed doomed = {NULL, false};
    struct sa_table *table = table_of(call->nic);
    struct list list;

    if (is_refused(call->nic))
        return NDIS_STATUS_NOT_ACCEPTED;
    oid_begin(&list, call, &SHAPE);
    list.length = FAULTY(list.length, DELETE_IGNORES_LENGTH, SHAPE.fixed);
    enum list_result result = mark_all(&doomed, &list, table);
    /* A list that comes back to an element has named all it can name: its repetitions are repeated handles. */
    if (result == LIST_CYCLE)
        doomed.unknown = true;
    if (result != LIST_END && result != LIST_CYCLE)
        return refuse(&doomed, call, &list, result);
    FAULTY((void)0, REMOVES_WHAT_IT_FOUND, look_away(call->nic, &doomed));
    finish(&doomed, table, !(doomed.unknown && fails_before));
    buffer_trim(call->nic);
    return conclude(&doomed, call->nic);
}
