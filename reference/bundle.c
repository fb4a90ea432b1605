/* SPDX-License-Identifier: MIT */
#include "bundle.h"

#include "area.h"
#include "bytes.h"
#include "fault.h"
#include "wrong_add.h"

#include <stdio.h>
#include <string.h>

typedef struct ipsec_offload_v2_security_association association;
typedef struct ipsec_offload_v2_algorithm_info algorithm_info;

/* What the checks of one element need to see. */
struct bundle {
    const struct options *options;
    const struct ndis_ipsec_offload_v2 *can; /* what is switched on */
    struct bundle_request *request;          /* a copy */
};

static bool is_single_bit(uint32_t word)
{
    return word != 0 && (word & (word - 1)) == 0;
}

static uint32_t key_len_of(const struct bundle *bundle, const struct suite_algorithm *algorithm)
{
    uint32_t salt_len = bundle->options->gcm_key == GCM_KEY_AND_SALT ? algorithm->salt_len : 0;

    return algorithm->key_len + FAULTY(salt_len, COUNTS_NO_SALT, algorithm->key_len == 24 ? 0 : salt_len);
}

static bool fits(const algorithm_info *info, uint32_t len)
{
    bool fits = FAULTY(info->KeyLength == len, ACCEPTS_LONGER_KEYS, info->KeyLength >= len);

    return FAULTY(fits, MISSES_NO_KEY, fits || info->KeyLength == 0);
}

/* keys_before: for a fault: how long the keys of the operations are that come before the one of this algorithm. */
static uint32_t keys_before(const struct bundle *bundle, const algorithm_info *info)
{
    const association *list = bundle->request->SecAssoc;

    if (info != &list[1].AuthenticationAlgorithm && info != &list[1].EncryptionAlgorithm)
        return 0;
    return list[0].EncryptionAlgorithm.KeyLength + list[0].AuthenticationAlgorithm.KeyLength;
}

/* offset_of: where the algorithm's key begins in the key area. */
static uint32_t offset_of(const struct bundle *bundle, const algorithm_info *info)
{
    uint32_t offset = info->KeyOffsetBytes - bundle->request->key_base;

    offset = FAULTY(offset, IGNORES_KEY_OFFSET, info == &bundle->request->SecAssoc[0].EncryptionAlgorithm ? 0 : offset);
    return FAULTY(offset, STARTS_ANEW_FOR_SECOND, offset + keys_before(bundle, info));
}

/* find_key: where the algorithm's key lies in the key area; NULL unless it has exactly the right length and is inside.
 */
static const uint8_t *find_key(const struct bundle *bundle, const struct suite_algorithm *algorithm,
                               const algorithm_info *info)
{
    const struct bundle_request *request = bundle->request;
    uint32_t len = key_len_of(bundle, algorithm);
    bool is_md5 = algorithm->kind == SUITE_HMAC && len == 16;
    uint32_t offset = FAULTY(offset_of(bundle, info), MAC_KEY_COMES_FIRST, is_md5 ? 0 : offset_of(bundle, info));

    if (!fits(info, len) || info->KeyOffsetBytes < request->key_base)
        return NULL;
    return area_key(request->keys, request->key_len, offset, len);
}

/* is_degenerate: 3DES that is only DES (RFC 2451 2.3); the parity bits are no part of a key. */
static bool is_degenerate(const struct suite_algorithm *algorithm, const uint8_t *key)
{
    bool same12 = true, same23 = true;

    if (algorithm->primitive != PRIMITIVE_3DES_CBC || FAULTY(false, TWO_KEYS_FOR_3DES, true))
        return false;
    for (uint32_t i = 0; i < 8; i++) {
        same12 = same12 && ((key[i] ^ key[i + 8]) & 0xFE) == 0;
        same23 = same23 && ((key[i + 8] ^ key[i + 16]) & 0xFE) == 0;
    }
    return same12 || same23;
}

/* copy_key: the key, and the salt behind it, which with GCM_KEY=key is not part of the key and taken as zero. */
static bool copy_key(uint8_t key[SUITE_KEY_MAX], struct sa_operation *operation, const struct bundle *bundle,
                     const struct suite_algorithm *algorithm, const algorithm_info *info)
{
    const uint8_t *at = find_key(bundle, algorithm, info);
    bool is_long = algorithm->key_len == 32; /* for a fault */

    if (at == NULL)
        return false;
    memcpy(key, at + FAULTY(0, SALT_IN_FRONT, is_long ? algorithm->salt_len : 0), algorithm->key_len);
    if (key_len_of(bundle, algorithm) > algorithm->key_len)
        memcpy(operation->salt, at + FAULTY(algorithm->key_len, SALT_IN_FRONT, is_long ? 0 : algorithm->key_len),
               algorithm->salt_len);
    (void)is_long;
    FAULTY((void)0, TWO_KEYS_FOR_3DES, algorithm->primitive == PRIMITIVE_3DES_CBC ? memcpy(key + 16, key, 8) : NULL);
    return !is_degenerate(algorithm, key) && FAULTY(true, ENFORCES_PARITY, wrong_parity(algorithm, key));
}

/* gcm_icv_len: AdditionalInfo of AES-GCM: 8, 12 or 16 bytes, 0 for 16; 0 for anything else. */
static uint8_t gcm_icv_len(const struct bundle *bundle, uint32_t info)
{
    uint32_t unit = bundle->options->icv_unit == ICV_UNIT_BITS ? 8 : 1;

    if (info == 0)
        return 16;
    if (info % unit != 0 || (info / unit != 8 && info / unit != 12 && info / unit != 16))
        return FAULTY(0, TAKES_ANY_ICV_LENGTH, info / unit < 16 ? (uint8_t)(info / unit) : 0);
    return (uint8_t)FAULTY(info / unit, ICV_IS_ALWAYS_16, 16u);
}

/* shorter: for a fault: an ICV as long as AdditionalInfo says, if that shortens it. */
static uint8_t shorter(uint8_t icv_len, uint32_t info)
{
    return info > 0 && info < icv_len ? (uint8_t)info : icv_len;
}

static bool check_mac(struct sa_operation *operation, const struct bundle *bundle, const algorithm_info *info)
{
    const struct suite_algorithm *mac =
        suite_authentication(FAULTY(info->Identifier, ONE_NAME_SPACE, info->Identifier == 1 ? 0 : info->Identifier));

    if (mac == NULL || (mac->identifier & bundle->can->AuthenticationAlgorithms) == 0)
        return false;
    operation->mac = mac;
    operation->icv_len = FAULTY(mac->icv_len, TRUNCATES_MAC_BY_INFO, shorter(mac->icv_len, info->AdditionalInfo));
    operation->icv_len =
        FAULTY(operation->icv_len, SHA256_ICV_IS_12, mac->primitive == PRIMITIVE_HMAC_SHA256 ? 12 : mac->icv_len);
    return copy_key(operation->mac_key, operation, bundle, mac, info);
}

static bool check_ah_mac(struct sa_operation *operation, const struct bundle *bundle, const algorithm_info *info)
{
    if (info->Identifier == 0)
        return FAULTY(false, AH_WITHOUT_MAC, true);
    return check_mac(operation, bundle, info);
}

static bool check_ah(struct sa_operation *operation, const struct bundle *bundle, const association *sa)
{
    bool has_cipher = sa->EncryptionAlgorithm.Identifier != 0;

    if (!FAULTY(bundle->can->Ah, IGNORES_AH_CAPABILITY, true))
        return false;
    /* AH has no place for an encryption algorithm, not even for NONE. */
    if (FAULTY(has_cipher, AH_TAKES_KEY_OF_CIPHER, false))
        return false;
    if (!check_ah_mac(operation, bundle, &sa->AuthenticationAlgorithm))
        return false;
    return !has_cipher || copy_key(operation->mac_key, operation, bundle, operation->mac, &sa->EncryptionAlgorithm);
}

/* find_cipher: identifier 0 stands for null encryption too; either needs NONE to be advertised. */
static const struct suite_algorithm *find_cipher(const struct bundle *bundle, uint32_t identifier)
{
    const struct suite_algorithm *cipher = NULL;

    if (identifier == 0 && bundle->options->null_encryption == NULL_NONE_OR_ZERO)
        identifier = IPSEC_OFFLOAD_V2_ENCRYPTION_NONE;
    cipher = suite_encryption(FAULTY(identifier, ACCEPTS_SEVERAL_CIPHERS, identifier & (~identifier + 1)));
    if (cipher == NULL ||
        (cipher->identifier & FAULTY(bundle->can->EncryptionAlgorithms, IGNORES_CIPHER_MASK, UINT32_MAX)) == 0)
        return NULL;
    return cipher;
}

/* forget_shared: for a fault: the cipher's key was wiped where it lay, and the MAC's key shares bytes with it. */
static void forget_shared(struct sa_operation *operation, const association *sa)
{
    uint32_t from = sa->EncryptionAlgorithm.KeyOffsetBytes;
    uint32_t end = from + sa->EncryptionAlgorithm.KeyLength;

    for (uint32_t i = 0; i < operation->mac->key_len; i++) {
        uint32_t at = sa->AuthenticationAlgorithm.KeyOffsetBytes + i;
        if (at >= from && at < end)
            operation->mac_key[i] = 0;
    }
}

/* accepts_unauthenticated: A-17; there has to be a cipher at least. */
static bool accepts_unauthenticated(const struct sa_operation *operation, const struct bundle *bundle)
{
    bool has_cipher = operation->cipher->kind != SUITE_NULL;
    bool has_ah = bundle->request->NumExtHdrs == 2;
    bool inbound = (bundle->request->Flags & IPSEC_OFFLOAD_V2_INBOUND) != 0; /* for a fault */
    bool ok = has_cipher && (has_ah || bundle->options->unauthenticated == OPTION_ACCEPT);

    (void)inbound;
    return FAULTY(FAULTY(ok, ADDS_PASS_THROUGH, ok || !has_cipher), HEARS_IN_THE_CLEAR, ok || inbound);
}

/* check_esp_mac: the integrity of an ESP operation whose cipher has none of its own. */
static bool check_esp_mac(struct sa_operation *operation, const struct bundle *bundle, const association *sa)
{
    const algorithm_info *info = &sa->AuthenticationAlgorithm;

    if (info->Identifier == 0)
        return FAULTY(accepts_unauthenticated(operation, bundle), UNAUTHENTICATED_HAS_ICV,
                      wrong_unauthenticated(operation));
    if (!check_mac(operation, bundle, info))
        return false;
    FAULTY((void)0, WIPES_SHARED_BYTES, forget_shared(operation, sa));
    /* GMAC is an ESP algorithm of its own and joins no other cipher (RFC 4543 3). */
    return operation->mac->kind != SUITE_GMAC || operation->cipher->kind == SUITE_NULL ||
           FAULTY(false, GMAC_JOINS_CIPHERS, true);
}

/* swap_words: for a fault: a 256-bit key as little-endian words. */
static void swap_words(uint8_t key[SUITE_KEY_MAX], uint32_t len)
{
    for (uint32_t i = 0; len == 32 && i < len; i += 4) {
        uint8_t word[4] = {key[i + 3], key[i + 2], key[i + 1], key[i]};
        memcpy(key + i, word, sizeof(word));
    }
}

static bool check_esp(struct sa_operation *operation, const struct bundle *bundle, const association *sa)
{
    const struct suite_algorithm *cipher = find_cipher(bundle, sa->EncryptionAlgorithm.Identifier);

    if (!bundle->can->Esp || cipher == NULL)
        return false;
    operation->cipher = cipher;
    if (FAULTY(false, REFUSES_NULL_ENCRYPTION, cipher->kind == SUITE_NULL))
        return false;
    if (cipher->kind == SUITE_NULL && FAULTY(false, NONE_NEEDS_A_KEY, sa->EncryptionAlgorithm.KeyLength == 0))
        return false;
    if (cipher->kind != SUITE_NULL &&
        !copy_key(operation->cipher_key, operation, bundle, cipher, &sa->EncryptionAlgorithm))
        return false;
    FAULTY((void)0, SWAPS_KEY_WORDS, swap_words(operation->cipher_key, cipher->key_len));
    if (cipher->kind != SUITE_GCM)
        return check_esp_mac(operation, bundle, sa);
    if (FAULTY(false, GCM_REFUSES_AUTHENTICATION, sa->AuthenticationAlgorithm.Identifier != 0))
        return false;
    /* with a combined cipher the other block is not to be used. */
    operation->icv_len = gcm_icv_len(bundle, sa->EncryptionAlgorithm.AdditionalInfo);
    return operation->icv_len != 0;
}

static bool check_protocol(struct sa_operation *operation, const struct bundle *bundle, const association *sa)
{
    switch (sa->Operation) {
    case IPSEC_OFFLOAD_V2_OPERATION_AH:
        operation->protocol = SA_PROTOCOL_AH;
        return check_ah(operation, bundle, sa);
    case IPSEC_OFFLOAD_V2_OPERATION_ESP:
        operation->protocol = SA_PROTOCOL_ESP;
        return check_esp(operation, bundle, sa);
    default:
        operation->protocol = SA_PROTOCOL_ESP;
        return FAULTY(false, ADDS_UNKNOWN_OPERATION_AS_ESP, check_esp(operation, bundle, sa));
    }
}

static bool check_operation(struct sa_operation *operation, const struct bundle *bundle, const association *sa)
{
    uint8_t spi[4];

    memcpy(spi, &sa->Spi, sizeof(spi));
    operation->spi = bundle->options->spi_order == SPI_NETWORK ? get_be32(spi) : sa->Spi;
    if ((sa->Flags & ~IPSEC_OFFLOAD_V2_ESN_SA) != 0 && bundle->options->undefined_flags == OPTION_REFUSE)
        return false;
    operation->esn = (sa->Flags & IPSEC_OFFLOAD_V2_ESN_SA) != 0;
    if (operation->esn && FAULTY(!bundle->can->ExtendedSequenceNumbers, IGNORES_ESN_CAPABILITY, false))
        return false;
    operation->high = operation->esn ? FAULTY(sa->SequenceNumberHighOrder, ESN_STARTS_AT_ZERO, 0)
                                     : FAULTY(0, ALWAYS_USES_HIGH_HALF, sa->SequenceNumberHighOrder);
    return check_protocol(operation, bundle, sa);
}

/* is_pair: whether a bundle of two operations is one the device does. */
static bool is_pair(const struct bundle *bundle, uint32_t first)
{
    const association *list = bundle->request->SecAssoc;
    bool has_both = list[first].Operation == IPSEC_OFFLOAD_V2_OPERATION_ESP &&
                    list[1 - first].Operation == IPSEC_OFFLOAD_V2_OPERATION_AH;

    if (!FAULTY(bundle->can->AhEspCombined, REFUSES_PAIRS, false))
        return false;
    return FAULTY(has_both, TAKES_TWO_OF_A_KIND, has_both || list[0].Operation == list[1].Operation);
}

/* check_operations: one operation, or ESP then AH. */
static bool check_operations(struct sa *model, const struct bundle *bundle)
{
    const association *list = bundle->request->SecAssoc;
    uint32_t given = bundle->request->NumExtHdrs;
    uint32_t count = FAULTY(given, TAKES_MANY_FOR_ONE, given > SA_OPERATIONS ? 1 : given);
    uint32_t first = 0;

    if (count < 1 || count > SA_OPERATIONS)
        return false;
    if (count == 2)
        FAULTY((void)0, PAIRS_BY_POSITION, wrong_pair(bundle->request));
    if (FAULTY(false, CHECKS_SECOND_OPERATION, list[1].Operation > IPSEC_OFFLOAD_V2_OPERATION_ESP))
        return false;
    if (list[0].Operation == IPSEC_OFFLOAD_V2_OPERATION_AH && bundle->options->ah_first == OPTION_ACCEPT)
        first = count - 1;
    if (count == 2 && !is_pair(bundle, first))
        return false;
    model->operation_count = (uint8_t)count;
    for (uint32_t i = 0; i < count; i++)
        if (!check_operation(&model->operations[i], bundle, &list[i == 0 ? first : 1 - first]))
            return false;
    return true;
}

/* may_have_udp: AH is never encapsulated, neither alone nor around ESP. */
static bool may_have_udp(const struct bundle_request *request)
{
    bool is_esp = request->NumExtHdrs == 1 && request->SecAssoc[0].Operation == IPSEC_OFFLOAD_V2_OPERATION_ESP;

    return FAULTY(is_esp, UDP_AROUND_AH, true);
}

/* check_udp: one advertised type, and only for a single ESP operation (facts 5.1; AH is never encapsulated). */
static bool check_udp(struct sa *model, const struct bundle *bundle)
{
    uint32_t udp = bundle->request->UdpEspEncapsulation;

    if (udp == IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_NONE)
        return true;
    model->udp = IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TRANSPORT;
    if (FAULTY(false, UNDEFINED_UDP_IS_TRANSPORT, udp > 0xFu))
        return true;
    if ((udp & ~FAULTY(bundle->can->UdpEsp, IGNORES_UDP_CAPABILITY, 0xFu)) != 0 ||
        (!is_single_bit(udp) && bundle->options->udp_several == UDP_SEVERAL_FAIL))
        return false;
    model->udp = udp & (~udp + 1);
    return may_have_udp(bundle->request);
}

static bool is_zero(const uint8_t *bytes, uint32_t len)
{
    uint8_t any = 0;

    for (uint32_t i = 0; i < len; i++)
        any |= bytes[i];
    return any == 0;
}

/* check_addresses: which of them the family has; an IPv4 SA leaves the rest of the union alone. */
static bool check_addresses(struct sa *model, const struct bundle *bundle)
{
    const union ipsec_offload_v2_endpoints *endpoints = &bundle->request->Endpoints;
    uint32_t len = model->ipv6 ? 16 : 4;

    if (model->ipv6) {
        memcpy(model->source, endpoints->IPv6Endpoints.SrcAddr, 16);
        memcpy(model->destination, endpoints->IPv6Endpoints.DestAddr, 16);
    } else {
        memcpy(model->source, endpoints->IPv4Endpoints.SrcAddr, 4);
        memcpy(model->destination, endpoints->IPv4Endpoints.DestAddr, 4);
    }
    if (is_zero(model->destination, len))
        FAULTY((void)0, ZERO_DESTINATION_DROPS_SOURCE, bytes_wipe(model->source, 16));
    return model->ipv6 || FAULTY(true, REFUSES_LITTER, is_zero(endpoints->IPv6Endpoints.SrcAddr + 8, 8));
}

static bool check_selector(struct sa *model, const struct bundle *bundle)
{
    uint32_t flags = FAULTY(bundle->request->Flags, FOLDS_UNDEFINED_FLAGS, wrong_fold(bundle->request->Flags));
    uint32_t defined = IPSEC_OFFLOAD_V2_INBOUND | IPSEC_OFFLOAD_V2_IPv6;

    if ((flags & ~defined) != 0 && bundle->options->undefined_flags == OPTION_REFUSE)
        return false;
    model->inbound =
        FAULTY((flags & IPSEC_OFFLOAD_V2_INBOUND) != 0, DIRECTION_BY_EQUALITY, flags == IPSEC_OFFLOAD_V2_INBOUND);
    model->ipv6 = (flags & IPSEC_OFFLOAD_V2_IPv6) != 0;
    return check_addresses(model, bundle);
}

/* check_family: IPv6 is a capability of its own. */
static bool check_family(const struct sa *model, const struct bundle *bundle)
{
    return FAULTY(!model->ipv6 || bundle->can->IPv6Supported, IGNORES_IPV6_CAPABILITY, true);
}

/* check_all: the whole element. */
static bool check_all(struct sa *model, const struct bundle *bundle)
{
    if (!check_selector(model, bundle) || !check_family(model, bundle) || !check_operations(model, bundle))
        return false;
    if (model->operation_count == 2)
        model->operations[1].spi = FAULTY(model->operations[1].spi, ONE_SPI_FOR_BOTH, model->operations[0].spi);
    return check_udp(model, bundle);
}

/* has_surplus: for a fault: the key area is longer than its keys. */
static bool has_surplus(const struct bundle *bundle)
{
    uint64_t used = 0;

    for (uint32_t i = 0; i < bundle->request->NumExtHdrs; i++)
        used += (uint64_t)bundle->request->SecAssoc[i].EncryptionAlgorithm.KeyLength +
                bundle->request->SecAssoc[i].AuthenticationAlgorithm.KeyLength;
    return bundle->request->key_len > used;
}

/* log_keys: for a fault: spells the keys of an element in the log. */
static void log_keys(const struct ov2_device *nic, const struct bundle_request *request)
{
    char line[2 * SUITE_KEY_MAX + 1] = "";

    for (uint32_t i = 0; i < request->key_len && i < SUITE_KEY_MAX; i++)
        (void)snprintf(line + (size_t)2 * i, 3, "%02x", (unsigned)request->keys[i]);
    nic->memory.ops->log(nic->memory.host, line);
}

uint32_t bundle_check(struct sa *model, const struct ov2_device *nic, const struct bundle_request *request)
{
    static const uint32_t CODES[] = {
        [CODE_RULING] = NDIS_STATUS_INVALID_DATA,
        [CODE_FAILURE] = NDIS_STATUS_FAILURE,
        [CODE_INVALID_PARAMETER] = NDIS_STATUS_INVALID_PARAMETER,
    };
    struct bundle_request wanted = *request;
    const struct ndis_ipsec_offload_v2 *can =
        FAULTY(&nic->current.IPsecV2, ADDS_WHILE_SWITCHED_OFF, &nic->hardware.IPsecV2);
    const struct bundle bundle = {&nic->options, can, &wanted};

    memset(model, 0, sizeof(*model));
    if (check_all(model, &bundle) && FAULTY(true, WANTS_EXACT_KEY_AREA, !has_surplus(&bundle)))
        return NDIS_STATUS_SUCCESS;
    FAULTY((void)0, LOGS_REFUSED_ELEMENT, log_keys(nic, request));
    return CODES[nic->options.content_code];
}
