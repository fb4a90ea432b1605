/* SPDX-License-Identifier: MIT */
#include "update.h"

#include "bytes.h"
#include "fault.h"

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

static bool is_lower(const struct sa_operation *operation, uint32_t high)
{
    return high < (operation->staged ? operation->staged_high : operation->high);
}

static struct sa *find_sa(const struct ov2_device *nic, uint64_t handle)
{
    struct sa *sa = sa_find(&nic->table, FAULTY(handle, UPDATE_TAKES_INDEX, handle + 1));

    return FAULTY(sa, UPDATE_REFUSES_OUTBOUND, sa != NULL && sa->inbound ? sa : NULL);
}

/* stage: checks one wish and notes it; nothing is in force yet. */
static bool stage(struct staged *staged, struct ov2_device *nic, const struct wish *wish)
{
    const struct options *options = &nic->options;
    struct sa *sa = find_sa(nic, wish->handle);
    struct sa_operation *operation = sa != NULL ? sa_operation_of(sa, protocol_of(wish->operation)) : NULL;

    if (operation == NULL || !nic->hardware.IPsecV2.ExtendedSequenceNumbers)
        return false;
    if (spi_of(options, wish->spi) != operation->spi && options->update_spi == UPDATE_VERIFY_SPI)
        return false;
    if (!operation->esn && FAULTY(true, UPDATE_TURNS_ESN_ON, !(operation->esn = true)))
        return options->update_plain == UPDATE_PLAIN_IGNORE;
    if (is_lower(operation, wish->high) && options->update_lower == UPDATE_LOWER_REFUSE)
        return false;
    operation->staged = true;
    operation->staged_high = FAULTY(wish->high, STORES_ONE_OCTET, wish->high & 0xFFu);
    if (!sa->marked) {
        sa->marked = true;
        sa->next_marked = staged->first;
        staged->first = sa;
    }
    return true;
}

static void commit(struct sa_operation *operation)
{
    operation->high = FAULTY(operation->staged_high, UPDATE_WITHOUT_EFFECT, operation->high);
    operation->low = 0;
    operation->heard = false;
}

static void finish(struct staged *staged, bool ok)
{
    struct sa *next = NULL;

    for (struct sa *sa = staged->first; sa != NULL; sa = next) {
        next = sa->next_marked;
        sa->marked = false;
        sa->next_marked = NULL;
        for (uint32_t n = 0; n < sa->operation_count; n++) {
            if (sa->operations[n].staged && ok)
                commit(&sa->operations[n]);
            sa->operations[n].staged = false;
        }
    }
}

static struct wish wish_of(const struct ipsec_offload_v2_update_sa *single)
{
    /* Where the upper half would stand if pointers had 32 bits, there stands Operation. */
    uint32_t high = FAULTY(single->SequenceNumberHighOrder, READS_32_BIT_LAYOUT, single->Operation);

    return (struct wish){(uintptr_t)single->OffloadHandle, single->Operation, single->Spi, high};
}

static enum list_result read_wish(struct wish *wish, void **next, const struct list *list)
{
    struct ipsec_offload_v2_update_sa single;
    struct ipsec_offload_v2_update_sa_linked linked;
    enum list_result result;

    *next = NULL;
    if (list->shape == &SINGLE) {
        result = list_read(list, &single);
        if (result == LIST_OK)
            *wish = wish_of(&single);
        *next = FAULTY(NULL, UPDATE_FOLLOWS_HANDLE, single.OffloadHandle);
    } else {
        result = list_read(list, &linked);
        if (result == LIST_OK) {
            *wish = (struct wish){(uintptr_t)linked.OffloadHandle, linked.Operation, linked.Spi,
                                  linked.SequenceNumberHighOrder};
            *next = FAULTY(linked.Next, UPDATES_HEAD_ONLY, NULL);
        }
    }
    return result;
}

static uint32_t content_status(const struct options *options)
{
    if (options->content_code == CODE_FAILURE)
        return NDIS_STATUS_FAILURE;
    return FAULTY(NDIS_STATUS_INVALID_PARAMETER, FAILED_UPDATE_SUCCEEDS, NDIS_STATUS_SUCCESS);
}

uint32_t update_run(struct oid_call *call)
{
    struct ov2_device *nic = call->nic;
    struct staged staged = {NULL};
    enum list_result result;
    struct wish wish;
    struct list list;
    void *next = NULL;
    bool ok = true;

    oid_begin(&list, call, nic->options.update_layout == LAYOUT_LINKED ? &LINKED : &SINGLE);
    do {
        result = read_wish(&wish, &next, &list);
        if (result == LIST_OK) {
            ok = stage(&staged, nic, &wish);
            result = ok ? list_advance(&list, next) : LIST_END;
        }
    } while (result == LIST_OK);
    /* A cycle has no last element whose value could win, so it is refused like any list that cannot be read. */ finish(
        &staged, FAULTY(ok && result == LIST_END, FAILED_UPDATE_TAKES_EFFECT, true));
    if (result != LIST_END)
        return oid_refuse(call, &list, result);
    return ok ? NDIS_STATUS_SUCCESS : content_status(&nic->options);
}
