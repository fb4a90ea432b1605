/* SPDX-License-Identifier: MIT */
#include "wrong_add.h"

#include "ov2/ndis_ipsec.h"

#include <string.h>

void wrong_evict(struct ov2_device *nic)
{
    struct sa *oldest = NULL;

    for (uint32_t slot = 0; slot < nic->table.slot_count; slot++) {
        struct sa *sa = nic->table.slots[slot].sa;
        if (sa != NULL && sa->element == NULL && (oldest == NULL || sa->serial < oldest->serial))
            oldest = sa;
    }
    if (oldest != NULL)
        sa_remove(&nic->table, oldest);
}

void wrong_occupy(struct ov2_device *nic)
{
    static const struct sa NOBODY;

    (void)sa_insert(&nic->table, &NOBODY);
}

uint64_t wrong_pended_handle(const struct ov2_device *nic, uint64_t otherwise)
{
    const struct ndis_oid_request *request = nic->first_pended;
    struct ipsec_offload_v2_delete_sa element;

    if (request == NULL || request->DATA.SET_INFORMATION.Oid != OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA)
        return otherwise;
    memcpy(&element, request->DATA.SET_INFORMATION.InformationBuffer, sizeof(element));
    return (uintptr_t)element.OffloadHandle;
}

void wrong_read_next(const uint8_t *element)
{
    uint64_t next = 0;

    memcpy(&next, element + 8, sizeof(next));
    if (next >= 4096 && next >> 47 == 0)
        (void)*(volatile const uint8_t *)(uintptr_t)next;
}

void wrong_read_keys(const uint8_t *element)
{
    const uint8_t *at = element + offsetof(struct ipsec_offload_v2_add_sa, KeyLength);
    uint32_t len = *(const volatile uint32_t *)(const void *)at;

    if (len > 0)
        (void)*(const volatile uint8_t *)(element + offsetof(struct ipsec_offload_v2_add_sa, KeyData) + len - 1);
}

uint32_t wrong_fold(uint32_t flags)
{
    uint32_t defined = IPSEC_OFFLOAD_V2_INBOUND | IPSEC_OFFLOAD_V2_IPv6;

    return (flags | flags >> 1 | flags >> 8 | flags >> 12 | flags >> 16 | flags >> 24) & defined;
}

void wrong_pair(struct bundle_request *request)
{
    request->SecAssoc[0].Operation = IPSEC_OFFLOAD_V2_OPERATION_ESP;
    request->SecAssoc[1].Operation = IPSEC_OFFLOAD_V2_OPERATION_AH;
}

static bool is_odd(uint8_t byte)
{
    byte ^= byte >> 4;
    byte ^= byte >> 2;
    return ((byte ^ byte >> 1) & 1) != 0;
}

bool wrong_parity(const struct suite_algorithm *algorithm, const uint8_t *key)
{
    bool is_des = algorithm->primitive == PRIMITIVE_DES_CBC || algorithm->primitive == PRIMITIVE_3DES_CBC;

    for (uint32_t i = 0; is_des && i < algorithm->key_len; i++)
        if (!is_odd(key[i]))
            return false;
    return true;
}

bool wrong_unauthenticated(struct sa_operation *operation)
{
    operation->icv_len = 12;
    return operation->cipher->kind != SUITE_NULL;
}

uint32_t wrong_count(const struct ov2_device *nic)
{
    uint32_t count = 0;

    for (uint32_t slot = 0; slot < nic->table.slot_count; slot++)
        count += nic->table.slots[slot].sa != NULL ? nic->table.slots[slot].sa->operation_count : 0;
    return count;
}
