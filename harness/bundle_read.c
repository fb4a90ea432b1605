/* SPDX-License-Identifier: MIT */
#include "bundle_internal.h"

#include <assert.h>
#include <string.h>

#define ADD_FIXED offsetof(struct ipsec_offload_v2_add_sa, KeyData)
#define EX_FIXED  NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_EX_REVISION_1

/* ---- The two structures ---- */

static void read_add(struct bundle_element *element, const uint8_t *bytes)
{
    struct ipsec_offload_v2_add_sa add;

    memset(&add, 0, sizeof add);
    memcpy(&add, bytes, ADD_FIXED);
    element->ext = add.NumExtHdrs;
    element->flags = add.Flags;
    element->udp = add.UdpEspEncapsulation;
    element->has_handle = add.OffloadHandle != NULL;
    memcpy(element->endpoints, &add.Endpoints, sizeof element->endpoints);
    memcpy(element->sa, add.SecAssoc, sizeof element->sa);
    element->key_at = ADD_FIXED;
    element->key_len = add.KeyLength;
}

static void read_add_ex(struct bundle_element *element, const uint8_t *bytes)
{
    struct ipsec_offload_v2_add_sa_ex add;

    memset(&add, 0, sizeof add);
    memcpy(&add, bytes, EX_FIXED);
    element->ext = add.NumExtHdrs;
    element->flags = add.Flags;
    element->udp = add.UdpEspEncapsulation;
    element->has_handle = add.OffloadHandle != NULL;
    memcpy(element->endpoints, &add.Endpoints, sizeof element->endpoints);
    memcpy(element->sa, add.SecAssoc, sizeof element->sa);
    element->key_at = add.KeyOffset;
    element->key_len = add.KeyLength;
    element->switch_port = add.SourceSwitchPortId;
    element->vlan = add.VlanId;
}

void bundle_element_read(struct bundle_element *element, const struct bundle_input *input)
{
    assert(input->len >= (input->is_ex ? EX_FIXED : ADD_FIXED));
    memset(element, 0, sizeof *element);
    element->input = input;
    if (input->is_ex)
        read_add_ex(element, input->bytes);
    else
        read_add(element, input->bytes);
    element->sa_count = element->ext == 1 || element->ext == 2 ? element->ext : 0;
}

/* ---- Algorithms ---- */

bool bundle_is_gcm(uint32_t encryption)
{
    return encryption == IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_128 ||
           encryption == IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_192 ||
           encryption == IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_256;
}

bool bundle_is_gmac(uint32_t authentication)
{
    return authentication == IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_128 ||
           authentication == IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_192 ||
           authentication == IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_256;
}

uint32_t bundle_icv_len(const struct bundle_element *element, uint32_t additional_info)
{
    if (!element->input->profile->icv_in_bits)
        return additional_info;
    return additional_info % 8 == 0 ? additional_info / 8 : UINT32_MAX;
}

/* An all-zero encryption block of ESP may stand for null encryption. */
static const struct suite *find_suite(const struct ipsec_offload_v2_security_association *sa)
{
    uint32_t enc = sa->EncryptionAlgorithm.Identifier;
    uint32_t auth = bundle_is_gcm(enc) ? 0 : sa->AuthenticationAlgorithm.Identifier;
    bool is_ah = sa->Operation == IPSEC_OFFLOAD_V2_OPERATION_AH;
    const struct suite *suite;

    if (!is_ah && sa->Operation != IPSEC_OFFLOAD_V2_OPERATION_ESP)
        return NULL;
    if (is_ah)
        enc = 0;
    else if (enc == 0)
        enc = IPSEC_OFFLOAD_V2_ENCRYPTION_NONE;
    for (uint32_t i = 0; (suite = is_ah ? suite_ah(i) : suite_esp(i)) != NULL; i++) {
        if (suite->enc == enc && suite->auth == auth)
            return suite;
    }
    return NULL;
}

/* The lengths of the keys, from whatever suite has the algorithm; false: unknown, or it has no key. */
static bool enc_want(uint32_t *want, uint32_t identifier, const struct profile *profile)
{
    const struct suite *suite;

    for (uint32_t i = 0; (suite = suite_esp(i)) != NULL; i++) {
        if (suite->enc != identifier || suite->enc_key == 0)
            continue;
        *want = suite->enc_key + (bundle_is_gcm(identifier) && !profile->key_without_salt ? suite->salt : 0);
        return true;
    }
    return false;
}

static bool auth_want(uint32_t *want, uint32_t identifier, const struct profile *profile)
{
    const struct suite *suite;

    for (uint32_t i = 0; (suite = suite_ah(i)) != NULL; i++) {
        if (suite->auth != identifier)
            continue;
        *want = suite->auth_key + (profile->key_without_salt ? 0 : suite->salt);
        return true;
    }
    return false;
}

/* ---- Keys ---- */

uint32_t bundle_keys(struct bundle_key keys[BUNDLE_KEYS], const struct bundle_element *element)
{
    const struct profile *profile = element->input->profile;
    uint32_t count = 0;

    for (uint32_t i = 0; i < element->sa_count; i++) {
        const struct ipsec_offload_v2_security_association *sa = &element->sa[i];
        uint32_t enc = sa->EncryptionAlgorithm.Identifier;
        uint32_t auth = sa->AuthenticationAlgorithm.Identifier;
        bool is_esp = sa->Operation == IPSEC_OFFLOAD_V2_OPERATION_ESP;
        uint32_t want;
        if (!is_esp && sa->Operation != IPSEC_OFFLOAD_V2_OPERATION_AH)
            continue;
        if (is_esp && enc_want(&want, enc, profile))
            keys[count++] = (struct bundle_key){&sa->EncryptionAlgorithm, i, false, want};
        if (!(is_esp && bundle_is_gcm(enc)) && auth_want(&want, auth, profile))
            keys[count++] = (struct bundle_key){&sa->AuthenticationAlgorithm, i, true, want};
    }
    return count;
}

uint64_t bundle_key_at(const struct bundle_element *element, const struct bundle_key *key)
{
    bool from_struct = element->input->is_ex && element->input->profile->key_base_struct;

    return (from_struct ? 0 : (uint64_t)element->key_at) + key->info->KeyOffsetBytes;
}

const uint8_t *bundle_key_bytes(const struct bundle_element *element, const struct bundle_key *key)
{
    uint64_t at = bundle_key_at(element, key);

    if (at + key->info->KeyLength > element->input->len)
        return NULL;
    return element->input->bytes + at;
}

/* ---- The bundle ---- */

static uint32_t spi_read(const struct profile *profile, uint32_t spi)
{
    uint8_t wire[4];

    if (profile->spi_host_order)
        return spi;
    memcpy(wire, &spi, sizeof wire);
    return (uint32_t)wire[0] << 24 | (uint32_t)wire[1] << 16 | (uint32_t)wire[2] << 8 | wire[3];
}

static uint32_t icv_of(const struct bundle_element *element, const struct ipsec_offload_v2_security_association *sa,
                       const struct suite *suite)
{
    uint32_t icv;

    if (!suite)
        return 0;
    if (suite->auth != 0 || !bundle_is_gcm(suite->enc))
        return suite->icv;
    icv = bundle_icv_len(element, sa->EncryptionAlgorithm.AdditionalInfo);
    return icv == 8 || icv == 12 ? icv : suite->icv;
}

static void fill_layer(struct bundle_layer *layer, const struct bundle_element *element,
                       const struct ipsec_offload_v2_security_association *sa)
{
    layer->operation = sa->Operation;
    layer->spi = spi_read(element->input->profile, sa->Spi);
    layer->hi = sa->SequenceNumberHighOrder;
    layer->esn = (sa->Flags & IPSEC_OFFLOAD_V2_ESN_SA) != 0;
    layer->suite = find_suite(sa);
    layer->icv = icv_of(element, sa, layer->suite);
}

static void fill_key(struct bundle_layer *layer, const struct bundle_element *element, const struct bundle_key *key)
{
    const uint8_t *bytes = bundle_key_bytes(element, key);
    uint32_t len = key->info->KeyLength;

    if (!bytes || len > BUNDLE_KEY_MAX)
        return;
    memcpy(key->is_auth ? layer->auth_key : layer->enc_key, bytes, len);
    *(key->is_auth ? &layer->auth_key_len : &layer->enc_key_len) = len;
}

void bundle_fill(struct bundle *bundle, const struct bundle_element *element)
{
    struct bundle_key keys[BUNDLE_KEYS];
    uint32_t key_count = bundle_keys(keys, element);
    /* AH first in the array is the same packet, if a device takes it. */
    uint32_t swap = element->sa_count == 2 && element->sa[0].Operation == IPSEC_OFFLOAD_V2_OPERATION_AH &&
                    element->sa[1].Operation == IPSEC_OFFLOAD_V2_OPERATION_ESP;
    uint32_t address_len;

    memset(bundle, 0, sizeof *bundle);
    bundle->inbound = (element->flags & IPSEC_OFFLOAD_V2_INBOUND) != 0;
    bundle->ipv6 = (element->flags & IPSEC_OFFLOAD_V2_IPv6) != 0;
    address_len = bundle->ipv6 ? 16 : 4;
    memcpy(bundle->src, element->endpoints, address_len);
    memcpy(bundle->dst, element->endpoints + address_len, address_len);
    bundle->layer_count = element->sa_count;
    for (uint32_t i = 0; i < element->sa_count; i++)
        fill_layer(&bundle->layers[i ^ swap], element, &element->sa[i]);
    for (uint32_t i = 0; i < key_count; i++)
        fill_key(&bundle->layers[keys[i].sa ^ swap], element, &keys[i]);
    /* A device that takes UDP encapsulation with AH or with two layers does not encapsulate (ADD-043); one that takes
     * several types goes by the first. */
    if (bundle->layer_count == 1 && bundle->layers[0].operation == IPSEC_OFFLOAD_V2_OPERATION_ESP)
        bundle->udp = element->udp & (~element->udp + 1) & BUNDLE_UDP;
}
