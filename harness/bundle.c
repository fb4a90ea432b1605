/* SPDX-License-Identifier: MIT */
/* Which ADD elements must be accepted, must fail, or may go either way: requirements.md, HDR, ADD, KEY and part C. */
#include "bundle.h"

#include <stdio.h>
#include <string.h>

#include "bundle_internal.h"

#define ADD_SIZE NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_REVISION_1
#define EX_SIZE  NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_EX_REVISION_1

#define DEFINED_AUTH 0x3Fu
#define DEFINED_ENC  0x1FFu
#define NDIS_6_30    (6u << 16 | 30u)

#define LOWEST_FREE_SPI 256u /* below: reserved by IANA (RFC 4303 2.1) */

static const struct bundle_point point_flags = {"ADD-040", "A-59", "ignore", "reject"};
static const struct bundle_point point_udp = {"ADD-042", "A-23", "first", "fail"};
static const struct bundle_point point_ah_first = {"ADD-023", "A-18", "accept", "reject"};
static const struct bundle_point point_no_block = {"ADD-027", "A-15", "none-or-zero", "none-only"};
static const struct bundle_point point_no_auth = {"ADD-031", "A-17", "accept", "reject"};
static const struct bundle_point point_icv = {"KEY-012", "A-14", "accept", "reject"};
static const struct bundle_point point_switch = {"ADD-058", "A-41", "ignore", "fail"};
static const struct bundle_point point_add = {"ADD-001", "A-25", "support", "refuse"};
static const struct bundle_point point_add_ex = {"ADD-002", "A-25", "support", "refuse"};

static bool is_zero(const void *bytes, size_t len)
{
    const uint8_t *byte = bytes;

    while (len > 0 && *byte == 0) {
        byte++;
        len--;
    }
    return len == 0;
}

/* ---- The device, counts and flags ---- */

bool bundle_may_lack_oid(const struct bundle_input *input)
{
    bool is_new = input->profile->ndis_version >= NDIS_6_30;

    return input->is_ex ? !is_new : is_new && input->profile->no_add_on_630;
}

static void judge_oid(struct bundle_verdict *verdict, const struct bundle_input *input)
{
    if (!input->profile->offers_ipsec)
        bundle_note(verdict, BUNDLE_REJECT, "OID-025", "the device does not offer IPsecOV2");
    else if (bundle_may_lack_oid(input) && input->is_ex)
        bundle_note_point(verdict, &point_add_ex, "ADD_SA_EX on a miniport below NDIS 6.30");
    else if (bundle_may_lack_oid(input))
        bundle_note_point(verdict, &point_add, "ADD_SA on an NDIS 6.30 miniport that declares ADD_ON_630=no");
}

static void judge_udp(struct bundle_verdict *verdict, const struct bundle_element *element)
{
    uint32_t udp = element->udp;
    uint32_t advertised = element->input->profile->caps.UdpEsp;

    if (udp == IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_NONE)
        return;
    if ((udp & ~BUNDLE_UDP) != 0)
        bundle_note(verdict, BUNDLE_EITHER, "ADD-042", "UdpEspEncapsulation has undefined bits");
    else if ((udp & (udp - 1)) != 0 && (udp & ~advertised) != 0)
        bundle_note(verdict, BUNDLE_EITHER, "ADD-042", "several UDP-ESP types, not all of them advertised");
    else if ((udp & (udp - 1)) != 0)
        bundle_note_point(verdict, &point_udp, "several UDP-ESP types");
    else if ((udp & advertised) == 0)
        bundle_note(verdict, BUNDLE_REJECT, "ADD-041", "the UDP-ESP type is not advertised");
    else if (element->sa_count == 2 || element->sa[0].Operation == IPSEC_OFFLOAD_V2_OPERATION_AH)
        bundle_note(verdict, BUNDLE_EITHER, "ADD-043", "UDP encapsulation of AH or of two operations");
}

static void judge_flags(struct bundle_verdict *verdict, const struct bundle_element *element)
{
    const struct ndis_ipsec_offload_v2 *caps = &element->input->profile->caps;

    if ((element->flags & ~(IPSEC_OFFLOAD_V2_INBOUND | IPSEC_OFFLOAD_V2_IPv6)) != 0)
        bundle_note_point(verdict, &point_flags, "Flags has undefined bits");
    if ((element->flags & IPSEC_OFFLOAD_V2_IPv6) != 0 && !caps->IPv6Supported)
        bundle_note(verdict, BUNDLE_REJECT, "ADD-036", "IPv6Supported is FALSE");
    if ((element->flags & IPSEC_OFFLOAD_V2_IPv6) == 0 && !is_zero(element->endpoints + 8, 24))
        bundle_note(verdict, BUNDLE_ACCEPT, "ADD-037", "IPv4, and the unused bytes of the endpoints are not zero");
    if (element->has_handle)
        bundle_note(verdict, BUNDLE_ACCEPT, "ADD-007", "OffloadHandle is not NULL beforehand");
    for (uint32_t i = 0; i < element->sa_count; i++) {
        uint32_t flags = element->sa[i].Flags;
        if ((flags & ~IPSEC_OFFLOAD_V2_ESN_SA) != 0)
            bundle_note_point(verdict, &point_flags, "SecAssoc.Flags has undefined bits");
        if ((flags & IPSEC_OFFLOAD_V2_ESN_SA) != 0 && !caps->ExtendedSequenceNumbers)
            bundle_note(verdict, BUNDLE_REJECT, "ADD-044", "ExtendedSequenceNumbers is FALSE");
        if ((flags & IPSEC_OFFLOAD_V2_ESN_SA) == 0 && element->sa[i].SequenceNumberHighOrder != 0)
            bundle_note(verdict, BUNDLE_ACCEPT, "ADD-045", "SequenceNumberHighOrder without the ESN flag");
    }
    judge_udp(verdict, element);
    if (element->switch_port != 0 || element->vlan != 0)
        bundle_note_point(verdict, &point_switch, "SourceSwitchPortId or VlanId is not zero");
}

static void judge_count(struct bundle_verdict *verdict, const struct bundle_element *element)
{
    if (element->sa_count == 0)
        bundle_note(verdict, BUNDLE_REJECT, "ADD-019", "NumExtHdrs is neither 1 nor 2");
    if (element->sa_count == 1 && !is_zero(&element->sa[1], sizeof element->sa[1]))
        bundle_note(verdict, BUNDLE_ACCEPT, "ADD-020", "NumExtHdrs is 1, and SecAssoc[1] is not zero");
}

/* ---- Operations ---- */

static bool is_ah(const struct ipsec_offload_v2_security_association *sa)
{
    return sa->Operation == IPSEC_OFFLOAD_V2_OPERATION_AH;
}

static bool is_esp(const struct ipsec_offload_v2_security_association *sa)
{
    return sa->Operation == IPSEC_OFFLOAD_V2_OPERATION_ESP;
}

static bool has_ah(const struct bundle_element *element)
{
    return (element->sa_count >= 1 && is_ah(&element->sa[0])) || (element->sa_count == 2 && is_ah(&element->sa[1]));
}

static void judge_operations(struct bundle_verdict *verdict, const struct bundle_element *element,
                             const struct bundle *bundle)
{
    const struct ndis_ipsec_offload_v2 *caps = &element->input->profile->caps;
    const struct ipsec_offload_v2_security_association *sa = element->sa;

    for (uint32_t i = 0; i < element->sa_count; i++) {
        if (!is_ah(&sa[i]) && !is_esp(&sa[i]))
            bundle_note(verdict, BUNDLE_REJECT, "ADD-024", "Operation is neither AH nor ESP");
    }
    if (element->sa_count == 2 && sa[0].Operation == sa[1].Operation)
        bundle_note(verdict, BUNDLE_REJECT, "ADD-022", "both operations are the same");
    if (element->sa_count == 2 && !caps->AhEspCombined)
        bundle_note(verdict, BUNDLE_REJECT, "ADD-035", "AhEspCombined is FALSE");
    for (uint32_t i = 0; i < element->sa_count; i++) {
        if (is_ah(&sa[i]) && !caps->Ah)
            bundle_note(verdict, BUNDLE_REJECT, "ADD-035", "Ah is FALSE");
        if (is_esp(&sa[i]) && !caps->Esp)
            bundle_note(verdict, BUNDLE_REJECT, "ADD-035", "Esp is FALSE");
        if (bundle->layers[i].spi < LOWEST_FREE_SPI)
            bundle_note(verdict, BUNDLE_EITHER, "ADD-047", "a reserved SPI");
    }
    /* The catalogue does not say that SPIs of AH and ESP have separate name spaces (RFC 4301 4.1 leaves it open). */
    if (element->sa_count == 2 && bundle->layers[0].spi == bundle->layers[1].spi)
        bundle_note(verdict, BUNDLE_EITHER, "ADD-046", "both operations have the same SPI");
    if (element->sa_count == 2 && is_ah(&sa[0]) && is_esp(&sa[1]))
        bundle_note_point(verdict, &point_ah_first, "SecAssoc is AH, then ESP");
}

/* ---- Algorithms ---- */

static bool judge_identifier(struct bundle_verdict *verdict, uint32_t identifier, uint32_t defined, uint32_t advertised)
{
    if ((identifier & ~defined) != 0 || identifier == 0 || (identifier & (identifier - 1)) != 0) {
        bundle_note(verdict, BUNDLE_REJECT, "ADD-033", "Identifier is not one defined bit");
        return false;
    }
    if ((identifier & advertised) == 0) {
        bundle_note(verdict, BUNDLE_REJECT, "ADD-032", "the algorithm is not advertised");
        return false;
    }
    return true;
}

/* AdditionalInfo of AES-GCM is the ICV length; a GMAC may be taken for one, since its constant says so. */
static void judge_info(struct bundle_verdict *verdict, const struct bundle_element *element,
                       const struct ipsec_offload_v2_algorithm_info *info, bool is_auth)
{
    uint32_t icv = bundle_icv_len(element, info->AdditionalInfo);

    if (info->Identifier == 0)
        return;
    if (!is_auth && bundle_is_gcm(info->Identifier)) {
        if (icv == 0 || icv == 8 || icv == 12)
            bundle_note_point(verdict, &point_icv, "AdditionalInfo of AES-GCM is 0, 8 or 12");
        else if (icv != 16)
            bundle_note(verdict, BUNDLE_SAFE, "KEY-012", "AdditionalInfo of AES-GCM is no ICV length");
        return;
    }
    if (is_auth && bundle_is_gmac(info->Identifier) && icv != 0 && icv != 16)
        bundle_note(verdict, BUNDLE_EITHER, "KEY-012", "AdditionalInfo of AES-GMAC is not its ICV length");
    else if (info->AdditionalInfo != 0)
        bundle_note(verdict, BUNDLE_ACCEPT, "KEY-013", "AdditionalInfo has no meaning here and is not zero");
}

static void judge_ah(struct bundle_verdict *verdict, const struct bundle_element *element,
                     const struct ipsec_offload_v2_security_association *sa)
{
    const struct ipsec_offload_v2_algorithm_info *auth = &sa->AuthenticationAlgorithm;

    if (!is_zero(&sa->EncryptionAlgorithm, sizeof sa->EncryptionAlgorithm))
        bundle_note(verdict, BUNDLE_EITHER, "ADD-025", "AH with an EncryptionAlgorithm");
    if (auth->Identifier == 0) {
        bundle_note(verdict, BUNDLE_REJECT, "ADD-026", "AH without authentication");
        return;
    }
    judge_identifier(verdict, auth->Identifier, DEFINED_AUTH, element->input->profile->caps.AuthenticationAlgorithms);
    judge_info(verdict, element, auth, true);
}

/* ESP whose two identifiers are sound or zero, and not AES-GCM. */
static void judge_esp_pair(struct bundle_verdict *verdict, const struct bundle_element *element,
                           const struct ipsec_offload_v2_security_association *sa)
{
    const struct ipsec_offload_v2_algorithm_info *enc = &sa->EncryptionAlgorithm;
    uint32_t auth = sa->AuthenticationAlgorithm.Identifier;
    bool is_null = enc->Identifier == 0 || enc->Identifier == IPSEC_OFFLOAD_V2_ENCRYPTION_NONE;

    /* Beneath AH both may be right: V1 pairs AH with null ESP, and A-17 asks for authentication in the bundle. */
    if (is_null && auth == 0)
        bundle_note(verdict, has_ah(element) ? BUNDLE_EITHER : BUNDLE_REJECT, "ADD-030",
                    "ESP with neither encryption nor authentication");
    else if (auth == 0 && has_ah(element))
        bundle_note(verdict, BUNDLE_EITHER, "ADD-031", "ESP encryption, the authentication is that of AH");
    else if (auth == 0)
        bundle_note_point(verdict, &point_no_auth, "ESP encryption without authentication");
    else if (is_zero(enc, sizeof *enc))
        bundle_note_point(verdict, &point_no_block, "ESP authentication, EncryptionAlgorithm is all zero");
    else if (enc->Identifier == 0)
        bundle_note(verdict, BUNDLE_EITHER, "ADD-033",
                    "ESP, Identifier of EncryptionAlgorithm is zero, the rest is not");
    else if (!is_null && bundle_is_gmac(auth))
        bundle_note(verdict, BUNDLE_EITHER, "P-GMAC-005", "ESP encryption with AES-GMAC");
    if (enc->Identifier == IPSEC_OFFLOAD_V2_ENCRYPTION_NONE && (enc->KeyLength != 0 || enc->KeyOffsetBytes != 0))
        bundle_note(verdict, BUNDLE_EITHER, "KEY-013", "null encryption with a key");
}

static void judge_esp(struct bundle_verdict *verdict, const struct bundle_element *element,
                      const struct ipsec_offload_v2_security_association *sa)
{
    const struct ndis_ipsec_offload_v2 *caps = &element->input->profile->caps;
    const struct ipsec_offload_v2_algorithm_info *enc = &sa->EncryptionAlgorithm;
    const struct ipsec_offload_v2_algorithm_info *auth = &sa->AuthenticationAlgorithm;

    if (enc->Identifier != 0 && !judge_identifier(verdict, enc->Identifier, DEFINED_ENC, caps->EncryptionAlgorithms))
        return;
    judge_info(verdict, element, enc, false);
    if (bundle_is_gcm(enc->Identifier)) {
        if (!is_zero(auth, sizeof *auth))
            bundle_note(verdict, BUNDLE_ACCEPT, "ADD-029", "AES-GCM, and AuthenticationAlgorithm is not zero");
        return;
    }
    if (auth->Identifier != 0 &&
        !judge_identifier(verdict, auth->Identifier, DEFINED_AUTH, caps->AuthenticationAlgorithms))
        return;
    judge_info(verdict, element, auth, true);
    judge_esp_pair(verdict, element, sa);
}

/* ---- Keys ---- */

/* The weak and semi-weak keys (RFC 2405 2.2), without their parity bits: two of these bytes in turn, and in the second
 * half 0x0E and 0xF0 in place of 0x1E and 0xE0. */
static const uint8_t weak_bytes[] = {0x00, 0x1E, 0xE0, 0xFE};

static bool is_weak_des(const uint8_t key[8])
{
    uint8_t expected[2] = {0, 0};

    for (uint32_t i = 0; i < 2; i++) {
        uint8_t byte = key[i] & 0xFE;
        if (!memchr(weak_bytes, byte, sizeof weak_bytes))
            return false;
        expected[i] = byte == 0x1E ? 0x0E : byte == 0xE0 ? 0xF0 : byte;
    }
    for (uint32_t i = 2; i < 8; i++) {
        if ((key[i] & 0xFE) != (i < 4 ? key[i % 2] & 0xFE : expected[i % 2]))
            return false;
    }
    return true;
}

static bool is_same_des(const uint8_t a[8], const uint8_t b[8])
{
    for (uint32_t i = 0; i < 8; i++) {
        if (((a[i] ^ b[i]) & 0xFE) != 0)
            return false;
    }
    return true;
}

static void judge_des(struct bundle_verdict *verdict, uint32_t identifier, const uint8_t *key)
{
    if (identifier == IPSEC_OFFLOAD_V2_ENCRYPTION_DES_CBC && is_weak_des(key))
        bundle_note(verdict, BUNDLE_EITHER, "P-ALG-003", "a weak DES key");
    if (identifier == IPSEC_OFFLOAD_V2_ENCRYPTION_3_DES_CBC &&
        (is_same_des(key, key + 8) || is_same_des(key + 8, key + 16)))
        bundle_note(verdict, BUNDLE_EITHER, "P-ALG-004", "3DES with two equal keys side by side");
}

static void judge_key(struct bundle_verdict *verdict, const struct bundle_element *element,
                      const struct bundle_key *key)
{
    uint64_t at = bundle_key_at(element, key);
    uint32_t len = key->info->KeyLength;
    const uint8_t *bytes = bundle_key_bytes(element, key);
    char reason[sizeof verdict->reason];

    if (len == 0) {
        bundle_note(verdict, BUNDLE_REJECT, "KEY-014", "KeyLength of an algorithm that needs a key is 0");
        return;
    }
    if (at + len > (uint64_t)element->key_at + element->key_len) {
        snprintf(reason, sizeof reason, "KeyOffsetBytes + KeyLength of the %s key end behind the key area",
                 key->is_auth ? "authentication" : "encryption");
        bundle_note(verdict, BUNDLE_REJECT, "KEY-001", reason);
        return;
    }
    if (len != key->want) {
        snprintf(reason, sizeof reason, "KeyLength of the %s key is %u, not %u",
                 key->is_auth ? "authentication" : "encryption", (unsigned)len, (unsigned)key->want);
        bundle_note(verdict, BUNDLE_REJECT, "KEY-009", reason);
        return;
    }
    if (at < element->key_at)
        bundle_note(verdict, BUNDLE_EITHER, "KEY-003", "a key begins in front of the key area");
    if (!key->is_auth && bytes)
        judge_des(verdict, key->info->Identifier, bytes);
}

/* How the ranges lie to each other, once each of them is sound by itself. */
static void judge_ranges(struct bundle_verdict *verdict, const struct bundle_element *element,
                         const struct bundle_key *keys, uint32_t count)
{
    uint64_t expected = element->key_at;
    uint64_t last = element->key_at;
    bool in_order = true;

    for (uint32_t i = 0; i < count; i++) {
        uint64_t at = bundle_key_at(element, &keys[i]);
        uint64_t end = at + keys[i].info->KeyLength;
        for (uint32_t j = 0; j < i; j++) {
            uint64_t other = bundle_key_at(element, &keys[j]);
            if (at < other + keys[j].info->KeyLength && other < end)
                bundle_note(verdict, BUNDLE_EITHER, "KEY-008", "two keys overlap");
        }
        in_order = in_order && at == expected;
        expected = end;
        if (last < end)
            last = end;
    }
    if (last < (uint64_t)element->key_at + element->key_len)
        bundle_note(verdict, BUNDLE_ACCEPT, "KEY-015", "the key area is longer than its keys");
    if (!in_order)
        bundle_note(verdict, BUNDLE_ACCEPT, "KEY-006", "the keys are in another order, or with a gap");
}

static void judge_keys(struct bundle_verdict *verdict, const struct bundle_element *element)
{
    const struct bundle_input *input = element->input;
    uint64_t end = (uint64_t)element->key_at + element->key_len;
    struct bundle_key keys[BUNDLE_KEYS];
    uint32_t count = bundle_keys(keys, element);

    if (input->is_head && end > input->limit) {
        bundle_note(verdict, BUNDLE_REJECT, "KEY-002", "the key area ends behind InformationBufferLength");
        return;
    }
    if (end > input->len) {
        bundle_note(verdict, BUNDLE_SAFE, "KEY-002", "the memory ends within the key area");
        return;
    }
    if (input->is_ex && element->key_at < EX_SIZE)
        bundle_note(verdict, BUNDLE_EITHER, "KEY-003", "KeyOffset points into the fixed structure");
    else if (input->is_ex && element->key_at % 4 != 0)
        bundle_note(verdict, BUNDLE_ACCEPT, "KEY-004", "KeyOffset is not aligned");
    for (uint32_t i = 0; i < count; i++)
        judge_key(verdict, element, &keys[i]);
    judge_ranges(verdict, element, keys, count);
}

/* ---- The whole ---- */

/* What the refusal of an element breaks that has nothing peculiar. */
static void note_plain(struct bundle_verdict *verdict, const struct bundle_element *element)
{
    const struct ipsec_offload_v2_security_association *sa = &element->sa[0];

    if (element->sa_count == 2)
        bundle_note(verdict, BUNDLE_ACCEPT, "ADD-021", "ESP, then AH");
    else if (is_esp(sa) && sa->EncryptionAlgorithm.Identifier == IPSEC_OFFLOAD_V2_ENCRYPTION_NONE)
        bundle_note(verdict, BUNDLE_ACCEPT, "ADD-027", "ESP with authentication only");
    else if (is_esp(sa) && !bundle_is_gcm(sa->EncryptionAlgorithm.Identifier))
        bundle_note(verdict, BUNDLE_ACCEPT, "ADD-028", "ESP with encryption and authentication");
    else
        bundle_note(verdict, BUNDLE_ACCEPT, element->input->is_ex ? "ADD-002" : "ADD-001", "an SA like any other");
}

void bundle_judge(struct bundle *bundle, struct bundle_verdict *verdict, const struct bundle_input *input)
{
    struct bundle_element element;

    memset(bundle, 0, sizeof *bundle);
    bundle_verdict_init(verdict);
    judge_oid(verdict, input);
    if (!bundle_header(verdict, input, input->is_ex ? EX_SIZE : ADD_SIZE)) {
        bundle_note_unsteady(verdict, input);
        return;
    }
    bundle_element_read(&element, input);
    bundle_fill(bundle, &element);
    judge_count(verdict, &element);
    judge_flags(verdict, &element);
    judge_operations(verdict, &element, bundle);
    for (uint32_t i = 0; i < element.sa_count; i++) {
        if (is_ah(&element.sa[i]))
            judge_ah(verdict, &element, &element.sa[i]);
        else if (is_esp(&element.sa[i]))
            judge_esp(verdict, &element, &element.sa[i]);
    }
    judge_keys(verdict, &element);
    note_plain(verdict, &element);
    bundle_note_unsteady(verdict, input);
    bundle->is_open = verdict->permit == BUNDLE_SAFE;
}

uint32_t bundle_spi(const struct bundle *bundle)
{
    return bundle->layers[bundle->layer_count > 1 ? 1 : 0].spi;
}

static uint64_t hash_bytes(uint64_t hash, const uint8_t *bytes, size_t len)
{
    for (size_t at = 0; at < len; at += sizeof hash) {
        uint64_t word;
        memcpy(&word, bytes + at, sizeof word);
        hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 32;
    }
    return hash;
}

struct bundle_selectors bundle_selectors(const struct bundle *bundle)
{
    struct bundle_selectors selectors = {.hash = 1u + bundle->inbound + 2u * bundle->ipv6,
                                         .spi_count = bundle->layer_count};

    selectors.hash = hash_bytes(selectors.hash, bundle->src, sizeof bundle->src);
    selectors.hash = hash_bytes(selectors.hash, bundle->dst, sizeof bundle->dst);
    for (uint32_t i = 0; i < bundle->layer_count; i++)
        selectors.spis[i] = bundle->layers[i].spi;
    return selectors;
}

bool bundle_meets(const struct bundle_selectors *a, const struct bundle_selectors *b)
{
    /* Whatever the operation: a device may find its SAs by SPI and address alone. */
    for (uint32_t i = 0; a->hash == b->hash && i < a->spi_count; i++) {
        for (uint32_t j = 0; j < b->spi_count; j++) {
            if (a->spis[i] == b->spis[j])
                return true;
        }
    }
    return false;
}

bool bundle_same_selectors(const struct bundle *a, const struct bundle *b)
{
    struct bundle_selectors of_a = bundle_selectors(a);
    struct bundle_selectors of_b = bundle_selectors(b);

    return bundle_meets(&of_a, &of_b);
}
