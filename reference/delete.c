/* SPDX-License-Identifier: MIT */
#include "delete.h"

#include "buffer.h"
#include "fault.h"

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
    if (sa == NULL || FAULTY(sa->marked, DELETES_REPEATED_TWICE, false)) {
        doomed->unknown = true;
        return;
    }
    sa->marked = true;
    sa->next_marked = doomed->first;
    doomed->first = sa;
}

/* Nothing is removed before the whole list has been read: an element is read once, and a list that turns out to be
 * unreadable leaves everything as it was. */
static enum list_result mark_all(struct doomed *doomed, struct list *list, const struct sa_table *table)
{
    struct ipsec_offload_v2_delete_sa element;
    enum list_result result;

    do {
        result = list_read(list, &element);
        if (result != LIST_OK)
            return result;
        mark(doomed, sa_find(table, (uintptr_t)element.OffloadHandle));
        result = list_advance(list, FAULTY(element.Next, DELETES_HEAD_ONLY, NULL));
    } while (result == LIST_OK);
    return result;
}

static void finish(struct doomed *doomed, struct sa_table *table, bool remove)
{
    struct sa *next = NULL;

    for (struct sa *sa = doomed->first; sa != NULL; sa = next) {
        next = sa->next_marked;
        sa->marked = false;
        sa->next_marked = NULL;
        if (FAULTY(remove, DELETE_WITHOUT_EFFECT, false))
            sa_remove(table, sa);
    }
}

uint32_t delete_run(struct oid_call *call)
{
    uint32_t reading = call->nic->options.unknown_delete;
    struct doomed doomed = {NULL, false};
    struct list list;

    oid_begin(&list, call, &SHAPE);
    enum list_result result = mark_all(&doomed, &list, &call->nic->table);
    /* A list that comes back to an element has named all it can name: its repetitions are repeated handles. */
    if (result == LIST_CYCLE)
        doomed.unknown = true;
    if (result != LIST_END && result != LIST_CYCLE) {
        finish(&doomed, &call->nic->table, FAULTY(false, FAILED_DELETE_TAKES_EFFECT, true));
        return oid_refuse(call, &list, result);
    }
    finish(&doomed, &call->nic->table, !(doomed.unknown && reading == DELETE_FAIL_BEFORE));
    buffer_trim(call->nic);
    return doomed.unknown && reading != DELETE_SUCCESS ? NDIS_STATUS_INVALID_PARAMETER : NDIS_STATUS_SUCCESS;
}
