/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "buffer.h"
#include "bytes.h"
#include "crypto.h"
#include "fault.h"
#include "large.h"

#include <stddef.h>
#include <string.h>

#define VERSION_60 0x60000u
#define VERSION_61 0x60001u

/* The registry's scale, which is not that of NDIS_OFFLOAD_PARAMETERS. */
#define KEYWORD_AH   1u
#define KEYWORD_ESP  2u
#define KEYWORD_BOTH 3u

/* The versions of ndis=, and the NDIS_OFFLOAD that each demands (S-OFF, H-DRV). */
static const struct version {
    uint32_t number; /* major << 16 | minor */
    uint8_t revision;
    uint8_t size;
} VERSIONS[] = {
    {VERSION_61, NDIS_OFFLOAD_REVISION_2, NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_2},
    {0x60014u, NDIS_OFFLOAD_REVISION_2, NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_2},
    {0x6001Eu, NDIS_OFFLOAD_REVISION_3, NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_3},
    {0x60032u, NDIS_OFFLOAD_REVISION_4, NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_4},
};

static const struct version BEFORE_IPSEC = {VERSION_60, NDIS_OFFLOAD_REVISION_1, NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_1};

/* pick_version: the one asked for, or the newest that the system has; a system that does not say has them all. */
static const struct version *pick_version(uint32_t wanted, uint32_t system)
{
    const struct version *version = &VERSIONS[wanted];

    while (system != 0 && version->number > system) {
        if (version == VERSIONS)
            return &BEFORE_IPSEC;
        version--;
    }
    return version;
}

static void fill_capabilities(struct ndis_ipsec_offload_v2 *can, const struct options *options)
{
    can->Encapsulation = NDIS_ENCAPSULATION_IEEE_802_3 | NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q;
    can->Encapsulation |= FAULTY(0u, UNDEFINED_ENCAPSULATION, 0x100u);
    can->IPv6Supported = options->ipv6 != 0;
    can->IPv4Options = options->ipv4opts != 0;
    can->IPv6NonIPsecExtensionHeaders = options->ipv6ext != 0 && options->ipv6 != 0;
    can->Ah = FAULTY(options->ah != 0, COMBINES_WITHOUT_AH, false);
    can->Esp = options->esp != 0;
    can->AhEspCombined = options->ahesp != 0 && options->ah != 0 && options->esp != 0;
    can->Transport = options->transport != 0;
    can->Tunnel = FAULTY(options->tunnel != 0, COMBINES_WITHOUT_TUNNEL, false);
    can->TransportTunnelCombined = options->combined != 0 && options->transport != 0 && options->tunnel != 0;
    can->LsoSupported = options->lso != 0;
    can->ExtendedSequenceNumbers = options->esn != 0 ? FAULTY(1, BOOLEANS_ARE_MASKS, 0xFF) : 0;
    can->UdpEsp = options->esp != 0 ? options->udp | FAULTY(0u, UNDEFINED_UDP_TYPE, 0x10u) : 0;
    can->AuthenticationAlgorithms = options->auth;
    can->EncryptionAlgorithms = FAULTY(options->enc, REPORTS_NO_CIPHERS, 0u) | FAULTY(0u, UNDEFINED_CIPHER, 0x200u);
    can->SaOffloadCapacity = options->capacity;
}

static void fill_lso(struct ndis_offload *can, const struct ndis_ipsec_offload_v2 *ipsec)
{
    const uint32_t values[] = {ipsec->Encapsulation, LARGE_PAYLOAD_MAX, LARGE_SEGMENTS_MIN};
    uint32_t options = NDIS_OFFLOAD_SUPPORTED | NDIS_OFFLOAD_SUPPORTED << 2;

    memcpy(can->LsoV1, values, sizeof(values));
    can->LsoV1[OV2_LSO_OPTIONS] = options;
    memcpy(can->LsoV2, values, sizeof(values));
    if (!ipsec->IPv6Supported)
        return;
    memcpy(can->LsoV2 + OV2_LSO_V2_IPV6, values, sizeof(values));
    can->LsoV2[OV2_LSO_V2_IPV6 + OV2_LSO_OPTIONS] = options;
}

/* fill_checksums: what IPsec and they can do together has had flags since NDIS 6.30 (S-OFF). */
static void fill_checksums(struct ndis_offload *can, bool ipv6)
{
    uint32_t encapsulation = NDIS_ENCAPSULATION_IEEE_802_3 | NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q;
    uint32_t all = 0x55u; /* NDIS_OFFLOAD_SUPPORTED for options, TCP options, TCP, UDP */

    for (uint32_t i = 0; i < (ipv6 ? 8u : 4u); i += 2) {
        can->Checksum[i] = encapsulation;
        can->Checksum[i + 1] = all;
    }
    can->Checksum[OV2_CHECKSUM_IPV4_TRANSMIT + 1] |= NDIS_OFFLOAD_SUPPORTED << 8;
    if (can->Header.Revision >= NDIS_OFFLOAD_REVISION_3)
        can->Flags |= IPSEC_OFFLOAD_V2_AND_TCP_CHECKSUM_COEXISTENCE | IPSEC_OFFLOAD_V2_AND_UDP_CHECKSUM_COEXISTENCE;
}

/* forget_lso: for a fault. */
static void forget_lso(struct ndis_offload *current)
{
    memset(current->LsoV1, 0, sizeof(current->LsoV1));
    memset(current->LsoV2, 0, sizeof(current->LsoV2));
}

/* apply: makes current what is left of the hardware with these two protocols; nothing at all if neither is. */
static void apply(struct ov2_device *nic, bool ah, bool esp)
{
    struct ndis_ipsec_offload_v2 *now = &nic->current.IPsecV2;

    *now = nic->hardware.IPsecV2;
    now->Ah = now->Ah && ah;
    now->Esp = now->Esp && esp;
    now->AhEspCombined = now->AhEspCombined && ah && esp;
    FAULTY((void)0, TURNS_LSO_OFF, ah || esp ? forget_lso(&nic->current) : (void)0);
    if (!now->Esp)
        now->UdpEsp = 0;
    if (!now->Ah && !now->Esp)
        memset(now, 0, sizeof(*now));
}

static uint32_t wrong_stored; /* for a fault: the setting that was made last, on the scale of a parameter */

/* read_keyword: *IPsecOffloadV2, or *IPsecOffloadV2IPv4 for a device without IPv6 (K-KEY, A-44). */
static uint32_t read_keyword(const struct ov2_device *nic, const struct ov2_config *config)
{
    const char *name = nic->options.ipv6 ? OV2_KEYWORD_IPSEC_OFFLOAD_V2 : OV2_KEYWORD_IPSEC_OFFLOAD_V2_IPV4;
    uint32_t value = KEYWORD_BOTH;

    for (uint32_t i = 0; i < config->keyword_count; i++)
        if (strcmp(config->keywords[i].name, name) == 0 && config->keywords[i].value <= KEYWORD_BOTH)
            value = FAULTY(config->keywords[i].value, READS_KEYWORD_AS_PARAMETER,
                           (config->keywords[i].value + KEYWORD_BOTH) & KEYWORD_BOTH);
    value = FAULTY(value, PREFERS_OWN_STORE, wrong_stored != 0 ? wrong_stored - 1u : value);
    return FAULTY(value, IGNORES_KEYWORDS, KEYWORD_BOTH);
}

/* has_lso: LSO and IPsec together need LSO. */
static bool has_lso(const struct ndis_offload *can)
{
    return can->IPsecV2.LsoSupported && FAULTY(true, LARGE_FOR_IPSEC_ONLY, false);
}

void config_init(struct ov2_device *nic, const struct ov2_config *config)
{
    const struct version *version = pick_version(nic->options.ndis, config->system_ndis_version);
    struct ndis_object_header header = {
        NDIS_OBJECT_TYPE_OFFLOAD, (uint8_t)(version->revision - FAULTY(0, OFFLOAD_REVISION_LAGS, 1)), version->size};
    uint32_t keyword = read_keyword(nic, config);

    if (version == &BEFORE_IPSEC)
        header.Size = FAULTY(header.Size, FIRST_REVISION_IS_LONG, NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_2);
    nic->ndis_version = version->number;
    nic->hardware.Header = header;
    nic->current.Header = header;
    if (nic->options.ipsec && version->number >= VERSION_61)
        fill_capabilities(&nic->hardware.IPsecV2, &nic->options);
    if (has_lso(&nic->hardware))
        fill_lso(&nic->hardware, &nic->hardware.IPsecV2);
    if (nic->options.checksum)
        fill_checksums(&nic->hardware, nic->options.ipv6 != 0);
    nic->current = nic->hardware;
    apply(nic, (keyword & KEYWORD_AH) != 0, (keyword & KEYWORD_ESP) != 0);
    FAULTY((void)0, KEYWORDS_CLEAR_HARDWARE, (void)(nic->hardware.IPsecV2 = nic->current.IPsecV2));
    nic->initial = nic->current;
    nic->initial.IPsecV2.SaOffloadCapacity += FAULTY(0, DEFAULT_EXCEEDS_HARDWARE, 1);
    FAULTY((void)0, ESN_IS_OFF_BY_DEFAULT, (void)(nic->initial.IPsecV2.ExtendedSequenceNumbers = 0));
}

bool config_allows(const struct ov2_device *nic, const struct sa *sa)
{
    if (nic->options.disabled == DISABLED_ACTIVE)
        return true;
    if ((sa->udp & ~nic->current.IPsecV2.UdpEsp) != 0)
        return false;
    for (uint32_t n = 0; n < sa->operation_count; n++) {
        bool is_ah = sa->operations[n].protocol == SA_PROTOCOL_AH;
        if (!(is_ah ? nic->current.IPsecV2.Ah : nic->current.IPsecV2.Esp))
            return false;
    }
    return true;
}

bool config_covers(const struct ov2_device *nic, const struct packet *packet)
{
    const struct ndis_ipsec_offload_v2 *can = &nic->current.IPsecV2;

    if (packet->ah != 0 && packet->esp != 0 && !nic->hardware.IPsecV2.AhEspCombined)
        return false;
    if (nic->options.disabled == DISABLED_ACTIVE)
        can = &nic->hardware.IPsecV2;
    if (packet->ipv6 && !can->IPv6Supported)
        return false;
    return !FAULTY(packet->options, IGNORES_OPTIONS_CAPABILITY, false) ||
           (packet->ipv6 ? can->IPv6NonIPsecExtensionHeaders : can->IPv4Options);
}

bool config_carries(const struct ov2_device *nic, bool tunnel, bool both)
{
    const struct ndis_ipsec_offload_v2 *can = &nic->hardware.IPsecV2;

    if (both)
        return FAULTY(can->TransportTunnelCombined, COMBINES_UNREPORTED, 1);
    return tunnel ? can->Tunnel : can->Transport;
}

bool config_segments(const struct ov2_device *nic, bool v2, bool ipv6)
{
    const uint32_t *can = v2 ? nic->current.LsoV2 + (ipv6 ? OV2_LSO_V2_IPV6 : 0) : nic->current.LsoV1;

    return can[OV2_LSO_ENCAPSULATION] != 0;
}

bool config_sums(const struct ov2_device *nic)
{
    return nic->current.Flags != 0;
}

/* drop_disabled: A-46=dropped. */
static void drop_disabled(struct ov2_device *nic)
{
    for (uint32_t slot = 0; slot < nic->table.slot_count; slot++) {
        struct sa *sa = nic->table.slots[slot].sa;
        if (sa != NULL && !config_allows(nic, sa))
            sa_remove(&nic->table, sa);
    }
    buffer_trim(nic);
}

/* needed_len: NDIS_SIZEOF of the revision that the header names; of the newest we know if it is newer (H-DRV). */
static uint32_t needed_len(const struct ndis_object_header *header)
{
    static const uint8_t SIZES[] = {
        0,
        NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_1,
        NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_2,
        NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_3,
        NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_4,
        NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_5,
    };

    return SIZES[header->Revision < 5 ? header->Revision : 5];
}

/* read_header: the header of a normal OID's structure, and whether the buffer holds what it promises. */
static uint32_t read_header(struct oid_call *call, struct ndis_object_header *header, uint8_t type, uint32_t needed)
{
    call->bytes_needed = needed;
    if (call->length < sizeof(*header))
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    memcpy(header, call->buffer, sizeof(*header));
    if (header->Type != type && call->nic->options.header_type == OPTION_REFUSE)
        return NDIS_STATUS_INVALID_DATA;
    return header->Revision >= 1 ? NDIS_STATUS_SUCCESS : NDIS_STATUS_INVALID_DATA;
}

/* wanted_setting: the member that governs this device (S-PAR, A-44); a revision 1 structure has neither. */
static uint8_t wanted_setting(const struct ov2_device *nic, const struct ndis_offload_parameters *parameters)
{
    if (parameters->Header.Revision < NDIS_OFFLOAD_PARAMETERS_REVISION_2)
        return NDIS_OFFLOAD_PARAMETERS_NO_CHANGE;
    return nic->hardware.IPsecV2.IPv6Supported ? FAULTY(parameters->IPsecV2, IPV4_MEMBER_WINS, parameters->IPsecV2IPv4)
                                               : FAULTY(parameters->IPsecV2IPv4, KNOWS_ONE_MEMBER, parameters->IPsecV2);
}

/* copy_parameters: for a fault: as much as revision 1 has, whatever there is. */
static void copy_parameters(struct ndis_offload_parameters *parameters, const struct oid_call *call)
{
    memcpy(parameters, call->buffer, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_1);
}

static uint32_t read_parameters(struct oid_call *call, struct ndis_offload_parameters *parameters)
{
    uint32_t status =
        read_header(call, &parameters->Header, NDIS_OBJECT_TYPE_DEFAULT, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_5);
    uint32_t needed = 0;

    FAULTY((void)0, COPIES_PARAMETERS_FIRST, copy_parameters(parameters, call));
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    needed = needed_len(&parameters->Header);
    call->bytes_needed = needed;
    if (FAULTY(parameters->Header.Size < needed, IGNORES_PARAMETERS_SIZE, false))
        return NDIS_STATUS_INVALID_DATA;
    if (call->length < needed)
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    memcpy((uint8_t *)parameters + 4, call->buffer + 4, needed - 4);
    call->consumed = needed;
    call->fixed = needed;
    return NDIS_STATUS_SUCCESS;
}

/* set_lso: one of the LSO members; count words of the configuration follow it. */
static void set_lso(uint32_t *current, const uint32_t *hardware, uint32_t count, uint8_t setting)
{
    if (setting == NDIS_OFFLOAD_PARAMETERS_LSOV2_ENABLED)
        memcpy(current, hardware, count * sizeof(*current));
    else if (setting == NDIS_OFFLOAD_PARAMETERS_LSOV2_DISABLED)
        memset(current, 0, count * sizeof(*current));
}

static void apply_lso(struct ov2_device *nic, const struct ndis_offload_parameters *parameters)
{
    struct ndis_offload *now = &nic->current;
    const struct ndis_offload *can = &nic->hardware;

    set_lso(now->LsoV1, can->LsoV1, 4, parameters->LsoV1);
    set_lso(now->LsoV2, can->LsoV2, OV2_LSO_V2_IPV6, parameters->LsoV2IPv4);
    set_lso(now->LsoV2 + OV2_LSO_V2_IPV6, can->LsoV2 + OV2_LSO_V2_IPV6, 4, parameters->LsoV2IPv6);
}

/* read_setting: where it stands, and on which scale. */
static uint8_t read_setting(const struct oid_call *call, const struct ndis_offload_parameters *parameters)
{
    uint8_t setting = FAULTY(wanted_setting(call->nic, parameters), READS_BEHIND_REVISION_1,
                             call->buffer[offsetof(struct ndis_offload_parameters, IPsecV2)]);

    return FAULTY(setting, READS_PARAMETER_AS_KEYWORD, (uint8_t)(setting != 0 ? setting + 1 : 0));
}

/* wipe_keys: for a fault: what the SA is to be made of when IPsec is switched on again. */
static void wipe_keys(struct sa *sa)
{
    for (uint32_t n = 0; n < sa->operation_count; n++) {
        struct sa_operation *operation = &sa->operations[n];
        bytes_wipe(operation->cipher_key, sizeof(operation->cipher_key));
        bytes_wipe(operation->mac_key, sizeof(operation->mac_key));
        crypto_close(operation->cipher_context);
        crypto_close(operation->mac_context);
        operation->cipher_context = NULL;
        operation->mac_context = NULL;
    }
}

/* spoil_all: for a fault: what it does to each SA when IPsec is switched off. */
static void spoil_all(struct ov2_device *nic)
{
    for (uint32_t slot = 0; slot < nic->table.slot_count; slot++) {
        struct sa *sa = nic->table.slots[slot].sa;
        if (sa == NULL)
            continue;
        FAULTY((void)0, WIPES_WHEN_DISABLED, wipe_keys(sa));
        FAULTY((void)0, FREES_WHEN_DISABLED, memory_release(&nic->memory, sa));
    }
}

static void switch_ipsec(struct ov2_device *nic, uint8_t setting)
{
    bool both = setting == NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_AND_ESP_ENABLED;
    bool ah = both || setting == NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_ENABLED;
    bool esp = both || setting == NDIS_OFFLOAD_PARAMETERS_IPSECV2_ESP_ENABLED;

    FAULTY((void)0, PREFERS_OWN_STORE, (void)(wrong_stored = setting));
    FAULTY((void)0, WIPES_WHEN_DISABLED, !ah && !esp ? spoil_all(nic) : (void)0);
    FAULTY((void)0, FREES_WHEN_DISABLED, !ah && !esp ? spoil_all(nic) : (void)0);
    FAULTY(apply(nic, ah, esp), STORES_SETTING_ONLY, (void)0);
    FAULTY((void)0, SWITCHES_AH_WITH_ESP, esp ? apply(nic, true, esp) : (void)0);
    if (nic->options.disabled == DISABLED_DROPPED)
        drop_disabled(nic);
}

uint32_t config_set_parameters(struct oid_call *call)
{
    struct ov2_device *nic = call->nic;
    struct ndis_offload_parameters parameters = {0};
    uint32_t status = 0;
    uint8_t setting = 0;

    if (FAULTY(nic->hardware.IPsecV2.Encapsulation == 0, TAKES_PARAMETERS_OF_NOTHING, false))
        return NDIS_STATUS_NOT_SUPPORTED;
    status = read_parameters(call, &parameters);
    if (status != NDIS_STATUS_SUCCESS)
        return status;
    if (FAULTY(false, REFUSES_PARAMETERS_FLAGS, parameters.Flags != 0))
        return NDIS_STATUS_INVALID_DATA;
    setting = read_setting(call, &parameters);
    if (FAULTY(setting > NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_AND_ESP_ENABLED, UNDEFINED_SETTING_DISABLES, false)) {
        FAULTY((void)0, SWITCHES_OFF_AND_REFUSES, apply(nic, false, false));
        return NDIS_STATUS_INVALID_DATA;
    }
    if (FAULTY(setting != NDIS_OFFLOAD_PARAMETERS_NO_CHANGE, NO_CHANGE_DISABLES, true))
        switch_ipsec(nic, setting);
    apply_lso(nic, &parameters);
    call->reconfigured = FAULTY(true, SILENT_WHEN_DISABLED, nic->current.IPsecV2.Ah || nic->current.IPsecV2.Esp);
    return NDIS_STATUS_SUCCESS;
}

/* check_family: one half of NDIS_OFFLOAD_ENCAPSULATION. */
static bool check_family(const struct ov2_device *nic, const struct ndis_offload_encapsulation_family *family)
{
    uint32_t has =
        FAULTY(nic->hardware.IPsecV2.Encapsulation, KNOWS_ETHERNET_ONLY, (uint32_t)NDIS_ENCAPSULATION_IEEE_802_3);

    if (family->Enabled == NDIS_OFFLOAD_SET_ON)
        return FAULTY((family->EncapsulationType & has) != 0, TAKES_ANY_ENCAPSULATION, true);
    return family->Enabled == NDIS_OFFLOAD_SET_NO_CHANGE || family->Enabled == NDIS_OFFLOAD_SET_OFF;
}

static void switch_family(bool *on, uint32_t enabled)
{
    if (FAULTY(enabled != NDIS_OFFLOAD_SET_NO_CHANGE, FAMILY_NO_CHANGE_IS_OFF, true))
        *on = FAULTY(enabled == NDIS_OFFLOAD_SET_ON, IGNORES_SET_OFF, true);
}

uint32_t config_set_encapsulation(struct oid_call *call)
{
    struct ov2_device *nic = call->nic;
    struct ndis_offload_encapsulation encapsulation;
    uint32_t needed = NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1;
    uint32_t status = read_header(call, &encapsulation.Header, NDIS_OBJECT_TYPE_OFFLOAD_ENCAPSULATION, needed);

    if (status != NDIS_STATUS_SUCCESS)
        return status;
    if (encapsulation.Header.Size < needed)
        return NDIS_STATUS_INVALID_DATA;
    if (call->length < needed)
        return NDIS_STATUS_BUFFER_TOO_SHORT;
    memcpy((uint8_t *)&encapsulation + 4, call->buffer + 4, needed - 4);
    if (!check_family(nic, &encapsulation.IPv4) || !check_family(nic, &encapsulation.IPv6))
        return NDIS_STATUS_INVALID_PARAMETER;
    FAULTY((void)0, SET_OFF_REMOVES_SAS,
           encapsulation.IPv4.Enabled == NDIS_OFFLOAD_SET_OFF ? sa_table_clear(&nic->table) : (void)0);
    switch_family(&nic->receive_on[0], encapsulation.IPv4.Enabled);
    switch_family(&nic->receive_on[1], encapsulation.IPv6.Enabled);
    call->consumed = needed;
    call->fixed = needed;
    call->reconfigured = FAULTY(true, SILENT_ABOUT_ENCAPSULATION, false);
    return NDIS_STATUS_SUCCESS;
}
