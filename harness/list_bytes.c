/* SPDX-License-Identifier: MIT */
/* The bytes of a list element, as a line spells them. */
#include "list.h"

#include <string.h>

#include "suite.h"

static uint32_t number_or(const struct trace_line *line, const struct trace_element *element, enum trace_key key,
                          uint32_t absent)
{
    const struct trace_word *word = trace_field(line, element, key);

    return word ? (uint32_t)word->number : absent;
}

static void put_header(uint8_t *out, const struct list *list, const struct trace_element *element)
{
    struct ndis_object_header header;

    header.Type = (uint8_t)number_or(list->line, element, KEY_TYPE, NDIS_OBJECT_TYPE_DEFAULT);
    header.Revision = (uint8_t)number_or(list->line, element, KEY_REV, 1);
    header.Size = (uint16_t)number_or(list->line, element, KEY_SIZE, list_fixed(list));
    memcpy(out, &header, sizeof header);
}

/* A SPI is written as a person reads it; in the structure its bytes stand as on the wire, or as a host number.
 */
static uint32_t spi_value(const struct profile *profile, uint32_t spi)
{
    uint8_t wire[4] = {(uint8_t)(spi >> 24), (uint8_t)(spi >> 16), (uint8_t)(spi >> 8), (uint8_t)spi};
    uint32_t value;

    if (profile->spi_host_order)
        return spi;
    memcpy(&value, wire, sizeof value);
    return value;
}

/* In a run, the SPI of each element is one more than that of the one before it. */
static uint32_t spi_of(const struct list *list, const struct trace_element *element, enum trace_key key,
                       uint32_t absent, uint32_t index)
{
    return spi_value(list->profile, number_or(list->line, element, key, absent) + index);
}

static void put_update(uint8_t *out, const struct list *list, const struct trace_element *element, uint32_t index)
{
    uint32_t operation = number_or(list->line, element, KEY_OP, IPSEC_OFFLOAD_V2_OPERATION_ESP);
    uint32_t spi = spi_of(list, element, KEY_SPI, 0x1001, index);
    uint32_t hi = number_or(list->line, element, KEY_HI, 0);

    if (list->linked) {
        struct ipsec_offload_v2_update_sa_linked update;
        memset(&update, 0, sizeof update);
        put_header((uint8_t *)&update.Header, list, element);
        update.Operation = operation;
        update.Spi = spi;
        update.SequenceNumberHighOrder = hi;
        memcpy(out, &update, sizeof update);
    } else {
        struct ipsec_offload_v2_update_sa update;
        memset(&update, 0, sizeof update);
        put_header((uint8_t *)&update.Header, list, element);
        update.Operation = operation;
        update.Spi = spi;
        update.SequenceNumberHighOrder = hi;
        memcpy(out, &update, sizeof update);
    }
}

/* The key area of an element: how long it is, and where each algorithm's key goes when the line does not say. */
struct key_plan {
    uint32_t total;
    uint32_t base; /* added to every KeyOffsetBytes: with EX_KEYBASE=struct they count from the structure */
    const struct suite *esp;
    const struct suite *ah;
};

static uint32_t enc_key_len(const struct suite *suite, const struct profile *profile)
{
    bool has_salt = suite->auth == 0 && suite->salt > 0 && !profile->key_without_salt;

    return suite->enc_key + (has_salt ? suite->salt : 0);
}

static uint32_t auth_key_len(const struct suite *suite, const struct profile *profile)
{
    bool has_salt = suite->auth != 0 && suite->salt > 0 && !profile->key_without_salt;

    return suite->auth_key + (has_salt ? suite->salt : 0);
}

static struct key_plan plan_keys(const struct list *list, const struct trace_element *element)
{
    struct key_plan plan = {0, 0, NULL, NULL};
    const struct trace_word *esp = trace_field(list->line, element, KEY_ESP);
    const struct trace_word *ah = trace_field(list->line, element, KEY_AH);

    if (esp)
        plan.esp = suite_esp((uint32_t)esp->number);
    else if (!ah)
        plan.esp = suite_esp(0);
    if (ah)
        plan.ah = suite_ah((uint32_t)ah->number);
    if (plan.esp)
        plan.total += enc_key_len(plan.esp, list->profile) + auth_key_len(plan.esp, list->profile);
    if (plan.ah)
        plan.total += auth_key_len(plan.ah, list->profile);
    return plan;
}

static void put_auth(struct ipsec_offload_v2_algorithm_info *info, const struct suite *suite,
                     const struct profile *profile, uint32_t *offset)
{
    if (!suite->auth)
        return;
    info->Identifier = suite->auth;
    info->KeyLength = auth_key_len(suite, profile);
    info->KeyOffsetBytes = *offset;
    *offset += info->KeyLength;
}

static void put_enc(struct ipsec_offload_v2_algorithm_info *info, const struct suite *suite,
                    const struct profile *profile, uint32_t icv, uint32_t *offset)
{
    if (!suite->enc)
        return;
    info->Identifier = suite->enc;
    info->KeyLength = enc_key_len(suite, profile);
    info->KeyOffsetBytes = info->KeyLength > 0 ? *offset : 0;
    if (suite->auth == 0 && suite->salt > 0)
        info->AdditionalInfo = profile->icv_in_bits ? icv * 8 : icv;
    *offset += info->KeyLength;
}

static void override_members(struct ipsec_offload_v2_security_association *sa, const struct list *list,
                             const struct trace_element *element, uint32_t which)
{
    uint32_t *const members[] = {
        [SA_FLAGS] = &sa->Flags,
        [SA_OP] = &sa->Operation,
        [SA_SPI] = &sa->Spi,
        [SA_HI] = &sa->SequenceNumberHighOrder,
        [SA_AUTH] = &sa->AuthenticationAlgorithm.Identifier,
        [SA_AUTH_LEN] = &sa->AuthenticationAlgorithm.KeyLength,
        [SA_AUTH_OFF] = &sa->AuthenticationAlgorithm.KeyOffsetBytes,
        [SA_AUTH_INFO] = &sa->AuthenticationAlgorithm.AdditionalInfo,
        [SA_ENC] = &sa->EncryptionAlgorithm.Identifier,
        [SA_ENC_LEN] = &sa->EncryptionAlgorithm.KeyLength,
        [SA_ENC_OFF] = &sa->EncryptionAlgorithm.KeyOffsetBytes,
        [SA_ENC_INFO] = &sa->EncryptionAlgorithm.AdditionalInfo,
    };

    for (uint32_t i = 0; i < 12; i++) {
        const struct trace_word *word =
            trace_field(list->line, element, (enum trace_key)(KEY_SA_FIRST + which * 12 + i));
        if (!word)
            continue;
        *members[i] = (uint32_t)word->number;
        if (i == SA_SPI)
            *members[i] = spi_value(list->profile, (uint32_t)word->number);
    }
}

static void put_bundle(struct ipsec_offload_v2_security_association sa[2], const struct list *list,
                       const struct trace_element *element, const struct key_plan *plan, uint32_t index)
{
    const struct trace_line *line = list->line;
    bool esn = trace_field(line, element, KEY_ESN) != NULL;
    uint32_t offset = plan->base;
    uint32_t n = 0;

    memset(sa, 0, 2 * sizeof *sa);
    if (plan->esp) {
        sa[n].Operation = IPSEC_OFFLOAD_V2_OPERATION_ESP;
        sa[n].Flags = esn ? IPSEC_OFFLOAD_V2_ESN_SA : 0;
        sa[n].Spi = spi_of(list, element, KEY_SPI, 0x1001, index);
        sa[n].SequenceNumberHighOrder = number_or(line, element, KEY_HI, 0);
        put_enc(&sa[n].EncryptionAlgorithm, plan->esp, list->profile, number_or(line, element, KEY_ICV, plan->esp->icv),
                &offset);
        put_auth(&sa[n].AuthenticationAlgorithm, plan->esp, list->profile, &offset);
        n++;
    }
    if (plan->ah) {
        uint32_t spi = plan->esp ? 0x2001 : number_or(line, element, KEY_SPI, 0x1001);
        sa[n].Operation = IPSEC_OFFLOAD_V2_OPERATION_AH;
        sa[n].Flags = esn ? IPSEC_OFFLOAD_V2_ESN_SA : 0;
        sa[n].Spi = spi_of(list, element, KEY_AH_SPI, spi, index);
        sa[n].SequenceNumberHighOrder = number_or(line, element, KEY_AH_HI, number_or(line, element, KEY_HI, 0));
        put_auth(&sa[n].AuthenticationAlgorithm, plan->ah, list->profile, &offset);
    }
    override_members(&sa[0], list, element, 0);
    override_members(&sa[1], list, element, 1);
}

static void put_endpoints(union ipsec_offload_v2_endpoints *endpoints, uint32_t *flags, const struct list *list,
                          const struct trace_element *element)
{
    const struct trace_word *src = trace_field(list->line, element, KEY_SRC);
    const struct trace_word *dst = trace_field(list->line, element, KEY_DST);

    memset(endpoints, 0, sizeof *endpoints);
    if ((src && src->count == 16) || (dst && dst->count == 16)) {
        *flags |= IPSEC_OFFLOAD_V2_IPv6;
        if (src)
            memcpy(endpoints->IPv6Endpoints.SrcAddr, src->address, 16);
        if (dst)
            memcpy(endpoints->IPv6Endpoints.DestAddr, dst->address, 16);
        return;
    }
    if (src)
        memcpy(endpoints->IPv4Endpoints.SrcAddr, src->address, 4);
    if (dst)
        memcpy(endpoints->IPv4Endpoints.DestAddr, dst->address, 4);
}

/* The key bytes of a node.  Absent: pseudo-random, a seed for each node of a run, so that equal lines give equal keys.
 */
static uint32_t put_keys(uint8_t *out, size_t size, const struct list *list, const struct trace_element *element,
                         const struct key_plan *plan, uint32_t index)
{
    const struct trace_word *key = trace_field(list->line, element, KEY_KEY);
    size_t len = 0;

    if (key) {
        if (!trace_bytes(out, size, &len, key))
            return 0;
        return (uint32_t)len;
    }
    trace_random(out, plan->total, 1 + index);
    return plan->total;
}

static uint32_t put_add(uint8_t *out, const struct list *list, const struct trace_element *element, uint32_t index)
{
    struct key_plan plan = plan_keys(list, element);
    struct ipsec_offload_v2_add_sa add;
    size_t key_at = offsetof(struct ipsec_offload_v2_add_sa, KeyData);
    uint32_t key_len;

    memset(&add, 0, sizeof add);
    put_header((uint8_t *)&add.Header, list, element);
    add.NumExtHdrs = number_or(list->line, element, KEY_EXT, plan.esp && plan.ah ? 2 : 1);
    add.Flags = trace_field(list->line, element, KEY_IN) ? IPSEC_OFFLOAD_V2_INBOUND : 0;
    put_endpoints(&add.Endpoints, &add.Flags, list, element);
    add.Flags = number_or(list->line, element, KEY_FLAGS, add.Flags);
    add.UdpEspEncapsulation = number_or(list->line, element, KEY_UDP, 0);
    put_bundle(add.SecAssoc, list, element, &plan, index);
    key_len = put_keys(out + key_at, LIST_NODE_BYTES - key_at, list, element, &plan, index);
    add.KeyLength = number_or(list->line, element, KEY_KEY_LEN, key_len);
    memcpy(out, &add, key_at);
    return (uint32_t)key_at + key_len;
}

static uint32_t put_add_ex(uint8_t *out, const struct list *list, const struct trace_element *element, uint32_t index)
{
    struct key_plan plan = plan_keys(list, element);
    struct ipsec_offload_v2_add_sa_ex add;
    uint32_t key_at = number_or(list->line, element, KEY_KEY_AT, sizeof add);
    uint32_t room_at = key_at < sizeof add || key_at > LIST_NODE_BYTES / 2 ? (uint32_t)sizeof add : key_at;
    uint32_t key_len;

    plan.base = list->profile->key_base_struct ? key_at : 0;
    memset(&add, 0, sizeof add);
    memset(out, 0, room_at);
    put_header((uint8_t *)&add.Header, list, element);
    add.NumExtHdrs = number_or(list->line, element, KEY_EXT, plan.esp && plan.ah ? 2 : 1);
    add.Flags = trace_field(list->line, element, KEY_IN) ? IPSEC_OFFLOAD_V2_INBOUND : 0;
    put_endpoints(&add.Endpoints, &add.Flags, list, element);
    add.Flags = number_or(list->line, element, KEY_FLAGS, add.Flags);
    add.UdpEspEncapsulation = number_or(list->line, element, KEY_UDP, 0);
    put_bundle(add.SecAssoc, list, element, &plan, index);
    add.KeyOffset = key_at;
    add.SourceSwitchPortId = number_or(list->line, element, KEY_SWITCH, 0);
    add.VlanId = (uint16_t)number_or(list->line, element, KEY_VLAN, 0);
    /* Keys may begin right behind VlanId, in the tail padding of the structure: the structure goes first. */
    if (key_at >= list_fixed(list) && key_at < sizeof add)
        room_at = key_at;
    memcpy(out, &add, sizeof add);
    key_len = put_keys(out + room_at, LIST_NODE_BYTES - room_at, list, element, &plan, index);
    add.KeyLength = number_or(list->line, element, KEY_KEY_LEN, key_len);
    memcpy(out + offsetof(struct ipsec_offload_v2_add_sa_ex, KeyLength), &add.KeyLength, sizeof add.KeyLength);
    return room_at + key_len;
}

/* Next stands at the same offset in all three linked structures. */
OV2_STATIC_ASSERT(offsetof(struct ipsec_offload_v2_add_sa, Next) == LIST_NEXT_AT);
OV2_STATIC_ASSERT(offsetof(struct ipsec_offload_v2_update_sa_linked, Next) == LIST_NEXT_AT);

static void member_offsets(const struct list *list, uint32_t *next_at, uint32_t *handle_at)
{
    *next_at = list->linked ? (uint32_t)LIST_NEXT_AT : UINT32_MAX;
    switch (list->verb) {
    case VERB_ADD_SA:
        *handle_at = offsetof(struct ipsec_offload_v2_add_sa, OffloadHandle);
        break;
    case VERB_ADD_SA_EX:
        *handle_at = offsetof(struct ipsec_offload_v2_add_sa_ex, OffloadHandle);
        break;
    case VERB_UPDATE_SA:
        *handle_at = list->linked ? (uint32_t)offsetof(struct ipsec_offload_v2_update_sa_linked, OffloadHandle)
                                  : (uint32_t)offsetof(struct ipsec_offload_v2_update_sa, OffloadHandle);
        break;
    default:
        *handle_at = offsetof(struct ipsec_offload_v2_delete_sa, OffloadHandle);
        break;
    }
}

static uint32_t natural_bytes(uint8_t *out, const struct list *list, const struct trace_element *element,
                              uint32_t index)
{
    switch (list->verb) {
    case VERB_ADD_SA:
        return put_add(out, list, element, index);
    case VERB_ADD_SA_EX:
        return put_add_ex(out, list, element, index);
    case VERB_UPDATE_SA:
        put_update(out, list, element, index);
        return list_fixed(list);
    default:
        memset(out, 0, sizeof(struct ipsec_offload_v2_delete_sa));
        put_header(out, list, element);
        return list_fixed(list);
    }
}

uint32_t list_encode(const struct list *list, uint32_t node, uint8_t out[LIST_NODE_BYTES], uint32_t *next_at,
                     uint32_t *handle_at)
{
    uint32_t index;
    const struct trace_element *element = list_element(list, node, &index);
    const struct trace_word *raw = trace_field(list->line, element, KEY_RAW);
    const struct trace_word *bytes = trace_field(list->line, element, KEY_BYTES);
    const struct trace_word *size = trace_field(list->line, element, KEY_SIZE);
    uint32_t len = natural_bytes(out, list, element, index);
    uint32_t next;
    uint32_t handle;
    size_t raw_len = 0;

    if (raw && trace_bytes(out, LIST_NODE_BYTES, &raw_len, raw))
        len = (uint32_t)raw_len;
    /* A Size that promises more than the structure is honoured with memory, zeroes, unless bytes= says otherwise. */
    if (!raw && !bytes && size && size->number > len && size->number <= LIST_NODE_BYTES) {
        memset(out + len, 0, (size_t)size->number - len);
        len = (uint32_t)size->number;
    }
    if (bytes) {
        uint32_t wanted = bytes->number < LIST_NODE_BYTES ? (uint32_t)bytes->number : LIST_NODE_BYTES;
        if (wanted > len)
            memset(out + len, 0, wanted - len);
        len = wanted;
    }
    member_offsets(list, &next, &handle);
    if (raw || next > len || len - next < sizeof(void *))
        next = UINT32_MAX;
    if (handle > len || len - handle < sizeof(void *))
        handle = UINT32_MAX;
    if (next_at)
        *next_at = next;
    if (handle_at)
        *handle_at = handle;
    return len;
}
