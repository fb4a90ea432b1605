/* SPDX-License-Identifier: MIT */
/* The names.  Each table keeps the order of its numbers; a name or a number stands in a table once. */
#include "names.h"

#include <assert.h>
#include <string.h>

#include <ov2/adapter.h>
#include <ov2/ndis_ipsec.h>

#include "list.h"
#include "suite.h"

struct entry {
    const char *name; /* NULL ends a table */
    uint32_t number;
};

static const struct entry statuses[] = {
    {"SUCCESS", NDIS_STATUS_SUCCESS},
    {"PENDING", NDIS_STATUS_PENDING},
    {"NOT_RECOGNIZED", NDIS_STATUS_NOT_RECOGNIZED},
    {"NOT_COPIED", NDIS_STATUS_NOT_COPIED},
    {"NOT_ACCEPTED", NDIS_STATUS_NOT_ACCEPTED},
    {"TASK_OFFLOAD_CURRENT_CONFIG", NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG},
    {"TASK_OFFLOAD_HARDWARE_CAPABILITIES", NDIS_STATUS_TASK_OFFLOAD_HARDWARE_CAPABILITIES},
    {"OFFLOAD_ENCASPULATION_CHANGE", NDIS_STATUS_OFFLOAD_ENCASPULATION_CHANGE},
    {"INDICATION_REQUIRED", NDIS_STATUS_INDICATION_REQUIRED},
    {"BUFFER_OVERFLOW", NDIS_STATUS_BUFFER_OVERFLOW},
    {"FAILURE", NDIS_STATUS_FAILURE},
    {"INVALID_PARAMETER", NDIS_STATUS_INVALID_PARAMETER},
    {"RESOURCES", NDIS_STATUS_RESOURCES},
    {"NOT_SUPPORTED", NDIS_STATUS_NOT_SUPPORTED},
    {"INVALID_STATE", NDIS_STATUS_INVALID_STATE},
    {"CLOSING", NDIS_STATUS_CLOSING},
    {"REQUEST_ABORTED", NDIS_STATUS_REQUEST_ABORTED},
    {"RESET_IN_PROGRESS", NDIS_STATUS_RESET_IN_PROGRESS},
    {"INVALID_PACKET", NDIS_STATUS_INVALID_PACKET},
    {"INVALID_LENGTH", NDIS_STATUS_INVALID_LENGTH},
    {"INVALID_DATA", NDIS_STATUS_INVALID_DATA},
    {"BUFFER_TOO_SHORT", NDIS_STATUS_BUFFER_TOO_SHORT},
    {"INVALID_OID", NDIS_STATUS_INVALID_OID},
    {"ADAPTER_REMOVED", NDIS_STATUS_ADAPTER_REMOVED},
    {"SEND_ABORTED", NDIS_STATUS_SEND_ABORTED},
    {"PAUSED", NDIS_STATUS_PAUSED},
    {"UNSUPPORTED_REVISION", NDIS_STATUS_UNSUPPORTED_REVISION},
    {"INVALID_PORT", NDIS_STATUS_INVALID_PORT},
    {"LOW_POWER_STATE", NDIS_STATUS_LOW_POWER_STATE},
    {NULL, 0},
};

static const struct entry crypto_statuses[] = {
    {"success", CRYPTO_SUCCESS},
    {"generic-error", CRYPTO_GENERIC_ERROR},
    {"transport-ah-auth-failed", CRYPTO_TRANSPORT_AH_AUTH_FAILED},
    {"transport-esp-auth-failed", CRYPTO_TRANSPORT_ESP_AUTH_FAILED},
    {"tunnel-ah-auth-failed", CRYPTO_TUNNEL_AH_AUTH_FAILED},
    {"tunnel-esp-auth-failed", CRYPTO_TUNNEL_ESP_AUTH_FAILED},
    {"invalid-packet-syntax", CRYPTO_INVALID_PACKET_SYNTAX},
    {"invalid-protocol", CRYPTO_INVALID_PROTOCOL},
    {NULL, 0},
};

static const struct entry doors[] = {
    {"direct", OV2_DOOR_DIRECT},
    {"normal", OV2_DOOR_NORMAL},
    {NULL, 0},
};

static const struct entry kinds[] = {
    {"query", NDIS_REQUEST_QUERY_INFORMATION},
    {"set", NDIS_REQUEST_SET_INFORMATION},
    {"stats", NDIS_REQUEST_QUERY_STATISTICS},
    {"method", NDIS_REQUEST_METHOD},
    {NULL, 0},
};

static const struct entry operations[] = {
    {"ah", IPSEC_OFFLOAD_V2_OPERATION_AH},
    {"esp", IPSEC_OFFLOAD_V2_OPERATION_ESP},
    {NULL, 0},
};

static const struct entry events[] = {
    {"pause", OV2_EVENT_PAUSE},
    {"restart", OV2_EVENT_RESTART},
    {"reset", OV2_EVENT_RESET},
    {"low-power", OV2_EVENT_LOW_POWER},
    {"full-power", OV2_EVENT_FULL_POWER},
    {"link-down", OV2_EVENT_LINK_DOWN},
    {"link-up", OV2_EVENT_LINK_UP},
    {"surprise-removal", OV2_EVENT_SURPRISE_REMOVAL},
    {"hold", OV2_EVENT_HOLD},
    {"release", OV2_EVENT_RELEASE},
    {"sa-pressure", OV2_EVENT_SA_PRESSURE},
    {"capabilities-changed", OV2_EVENT_CAPABILITIES_CHANGED},
    {NULL, 0},
};

static const struct entry placements[] = {
    {"guard", PLACEMENT_GUARD},
    {"packed", PLACEMENT_PACKED},
    {"scattered", PLACEMENT_SCATTERED},
    {"unaligned", PLACEMENT_UNALIGNED},
    {NULL, 0},
};

static const struct entry udp_encapsulations[] = {
    {"none", IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_NONE},
    {"transport", IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TRANSPORT},
    {"tunnel", IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TUNNEL},
    {"transport-over-udp-tunnel", IPSEC_OFFLOAD_V2_TRANSPORT_OVER_UDP_ESP_ENCAPSULATION_TUNNEL},
    {"udp-transport-over-tunnel", IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TRANSPORT_OVER_TUNNEL},
    {NULL, 0},
};

static const struct entry authentications[] = {
    {"md5", IPSEC_OFFLOAD_V2_AUTHENTICATION_MD5},
    {"sha1", IPSEC_OFFLOAD_V2_AUTHENTICATION_SHA_1},
    {"sha256", IPSEC_OFFLOAD_V2_AUTHENTICATION_SHA_256},
    {"gmac-128", IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_128},
    {"gmac-192", IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_192},
    {"gmac-256", IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_256},
    {NULL, 0},
};

static const struct entry encryptions[] = {
    {"none", IPSEC_OFFLOAD_V2_ENCRYPTION_NONE},
    {"des-cbc", IPSEC_OFFLOAD_V2_ENCRYPTION_DES_CBC},
    {"3des-cbc", IPSEC_OFFLOAD_V2_ENCRYPTION_3_DES_CBC},
    {"aes-gcm-128", IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_128},
    {"aes-gcm-192", IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_192},
    {"aes-gcm-256", IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_256},
    {"aes-cbc-128", IPSEC_OFFLOAD_V2_ENCRYPTION_AES_CBC_128},
    {"aes-cbc-192", IPSEC_OFFLOAD_V2_ENCRYPTION_AES_CBC_192},
    {"aes-cbc-256", IPSEC_OFFLOAD_V2_ENCRYPTION_AES_CBC_256},
    {NULL, 0},
};

static const struct entry ipsec_parameters[] = {
    {"no-change", NDIS_OFFLOAD_PARAMETERS_NO_CHANGE},
    {"disabled", NDIS_OFFLOAD_PARAMETERS_IPSECV2_DISABLED},
    {"ah", NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_ENABLED},
    {"esp", NDIS_OFFLOAD_PARAMETERS_IPSECV2_ESP_ENABLED},
    {"both", NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_AND_ESP_ENABLED},
    {NULL, 0},
};

static const struct entry large_sends[] = {
    {"v1", NDIS_TCP_LARGE_SEND_OFFLOAD_V1_TYPE},
    {"v2", NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE},
    {NULL, 0},
};

static const struct entry switches[] = {
    {"no-change", NDIS_OFFLOAD_SET_NO_CHANGE},
    {"on", NDIS_OFFLOAD_SET_ON},
    {"off", NDIS_OFFLOAD_SET_OFF},
    {NULL, 0},
};

static const struct entry oids[] = {
    {"add-sa", OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA},
    {"delete-sa", OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA},
    {"update-sa", OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA},
    {"add-sa-ex", OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX},
    {"offload-current-config", OID_TCP_OFFLOAD_CURRENT_CONFIG},
    {"offload-parameters", OID_TCP_OFFLOAD_PARAMETERS},
    {"offload-hardware-capabilities", OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES},
    {"offload-encapsulation", OID_OFFLOAD_ENCAPSULATION},
    {"v1-add-sa", OID_TCP_TASK_IPSEC_ADD_SA},
    {"v1-delete-sa", OID_TCP_TASK_IPSEC_DELETE_SA},
    {"v1-add-udpesp-sa", OID_TCP_TASK_IPSEC_ADD_UDPESP_SA},
    {"v1-delete-udpesp-sa", OID_TCP_TASK_IPSEC_DELETE_UDPESP_SA},
    {NULL, 0},
};

/* The suites have no table here: suite.c is theirs, and their number is their index. */
static const struct entry *const tables[] = {
    [NAMES_STATUS] = statuses,
    [NAMES_CRYPTO_STATUS] = crypto_statuses,
    [NAMES_DOOR] = doors,
    [NAMES_KIND] = kinds,
    [NAMES_OPERATION] = operations,
    [NAMES_EVENT] = events,
    [NAMES_PLACEMENT] = placements,
    [NAMES_SUITE_ESP] = NULL,
    [NAMES_SUITE_AH] = NULL,
    [NAMES_UDP] = udp_encapsulations,
    [NAMES_AUTH] = authentications,
    [NAMES_ENC] = encryptions,
    [NAMES_IPSEC] = ipsec_parameters,
    [NAMES_LSO] = large_sends,
    [NAMES_SWITCH] = switches,
    [NAMES_OID] = oids,
};

static const char *suite_name(enum names_table table, uint32_t index)
{
    const struct suite *suite = table == NAMES_SUITE_ESP ? suite_esp(index) : suite_ah(index);

    return suite != NULL ? suite->name : NULL;
}

/* equals: whether the terminated name is these len bytes, which may hold anything. */
static bool equals(const char *name, const char *text, size_t len)
{
    return strncmp(name, text, len) == 0 && strlen(name) == len;
}

static bool suite_find(uint32_t *number, enum names_table table, const char *name, size_t len)
{
    for (uint32_t i = 0; suite_name(table, i) != NULL; i++) {
        if (equals(suite_name(table, i), name, len)) {
            *number = i;
            return true;
        }
    }
    return false;
}

bool names_find(uint32_t *number, enum names_table table, const char *name, size_t len)
{
    assert((size_t)table < sizeof(tables) / sizeof(tables[0]));
    if (tables[table] == NULL) {
        return suite_find(number, table, name, len);
    }
    for (const struct entry *entry = tables[table]; entry->name != NULL; entry++) {
        if (equals(entry->name, name, len)) {
            *number = entry->number;
            return true;
        }
    }
    return false;
}

const char *names_of(enum names_table table, uint32_t number)
{
    assert((size_t)table < sizeof(tables) / sizeof(tables[0]));
    if (tables[table] == NULL) {
        return suite_name(table, number);
    }
    for (const struct entry *entry = tables[table]; entry->name != NULL; entry++) {
        if (entry->number == number) {
            return entry->name;
        }
    }
    return NULL;
}

const char *names_list(enum names_table table, size_t n)
{
    assert((size_t)table < sizeof(tables) / sizeof(tables[0]));
    if (tables[table] == NULL) {
        return suite_name(table, n < SUITE_NONE ? (uint32_t)n : SUITE_NONE);
    }
    for (const struct entry *entry = tables[table]; entry->name != NULL; entry++, n--) {
        if (n == 0) {
            return entry->name;
        }
    }
    return NULL;
}
