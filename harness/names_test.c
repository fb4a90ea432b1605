/* SPDX-License-Identifier: MIT */
/* The names against numbers that are written down again here, from the documents and not from our headers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

static int failures;

static void fail(int line, const char *name, const char *got, const char *want)
{
    printf("names_test.c:%d: %s: got %s want %s\n", line, name, got, want);
    failures++;
}

static const struct {
    int line;
    enum names_table table;
    const char *name;
    uint32_t number;
} rows[] = {
    {__LINE__, NAMES_STATUS, "SUCCESS", 0x00000000},
    {__LINE__, NAMES_STATUS, "PENDING", 0x00000103},
    {__LINE__, NAMES_STATUS, "NOT_RECOGNIZED", 0x00010001},
    {__LINE__, NAMES_STATUS, "NOT_COPIED", 0x00010002},
    {__LINE__, NAMES_STATUS, "NOT_ACCEPTED", 0x00010003},
    {__LINE__, NAMES_STATUS, "TASK_OFFLOAD_CURRENT_CONFIG", 0x40020006},
    {__LINE__, NAMES_STATUS, "TASK_OFFLOAD_HARDWARE_CAPABILITIES", 0x40020007},
    {__LINE__, NAMES_STATUS, "OFFLOAD_ENCASPULATION_CHANGE", 0x40020008},
    {__LINE__, NAMES_STATUS, "INDICATION_REQUIRED", 0x40230001},
    {__LINE__, NAMES_STATUS, "BUFFER_OVERFLOW", 0x80000005},
    {__LINE__, NAMES_STATUS, "FAILURE", 0xC0000001},
    {__LINE__, NAMES_STATUS, "INVALID_PARAMETER", 0xC000000D},
    {__LINE__, NAMES_STATUS, "RESOURCES", 0xC000009A},
    {__LINE__, NAMES_STATUS, "NOT_SUPPORTED", 0xC00000BB},
    {__LINE__, NAMES_STATUS, "INVALID_STATE", 0xC0000184},
    {__LINE__, NAMES_STATUS, "CLOSING", 0xC0010002},
    {__LINE__, NAMES_STATUS, "REQUEST_ABORTED", 0xC001000C},
    {__LINE__, NAMES_STATUS, "RESET_IN_PROGRESS", 0xC001000D},
    {__LINE__, NAMES_STATUS, "INVALID_PACKET", 0xC001000F},
    {__LINE__, NAMES_STATUS, "INVALID_LENGTH", 0xC0010014},
    {__LINE__, NAMES_STATUS, "INVALID_DATA", 0xC0010015},
    {__LINE__, NAMES_STATUS, "BUFFER_TOO_SHORT", 0xC0010016},
    {__LINE__, NAMES_STATUS, "INVALID_OID", 0xC0010017},
    {__LINE__, NAMES_STATUS, "ADAPTER_REMOVED", 0xC0010018},
    {__LINE__, NAMES_STATUS, "SEND_ABORTED", 0xC023000C},
    {__LINE__, NAMES_STATUS, "PAUSED", 0xC023002A},
    {__LINE__, NAMES_STATUS, "UNSUPPORTED_REVISION", 0xC023002C},
    {__LINE__, NAMES_STATUS, "INVALID_PORT", 0xC023002D},
    {__LINE__, NAMES_STATUS, "LOW_POWER_STATE", 0xC023002F},
    {__LINE__, NAMES_CRYPTO_STATUS, "success", 0},
    {__LINE__, NAMES_CRYPTO_STATUS, "generic-error", 1},
    {__LINE__, NAMES_CRYPTO_STATUS, "transport-ah-auth-failed", 2},
    {__LINE__, NAMES_CRYPTO_STATUS, "transport-esp-auth-failed", 3},
    {__LINE__, NAMES_CRYPTO_STATUS, "tunnel-ah-auth-failed", 4},
    {__LINE__, NAMES_CRYPTO_STATUS, "tunnel-esp-auth-failed", 5},
    {__LINE__, NAMES_CRYPTO_STATUS, "invalid-packet-syntax", 6},
    {__LINE__, NAMES_CRYPTO_STATUS, "invalid-protocol", 7},
    {__LINE__, NAMES_DOOR, "direct", 1},
    {__LINE__, NAMES_DOOR, "normal", 2},
    {__LINE__, NAMES_KIND, "query", 0},
    {__LINE__, NAMES_KIND, "set", 1},
    {__LINE__, NAMES_KIND, "stats", 2},
    {__LINE__, NAMES_KIND, "method", 12},
    {__LINE__, NAMES_OPERATION, "ah", 1},
    {__LINE__, NAMES_OPERATION, "esp", 2},
    {__LINE__, NAMES_EVENT, "pause", 1},
    {__LINE__, NAMES_EVENT, "restart", 2},
    {__LINE__, NAMES_EVENT, "reset", 3},
    {__LINE__, NAMES_EVENT, "low-power", 4},
    {__LINE__, NAMES_EVENT, "full-power", 5},
    {__LINE__, NAMES_EVENT, "link-down", 6},
    {__LINE__, NAMES_EVENT, "link-up", 7},
    {__LINE__, NAMES_EVENT, "surprise-removal", 8},
    {__LINE__, NAMES_EVENT, "hold", 9},
    {__LINE__, NAMES_EVENT, "release", 10},
    {__LINE__, NAMES_EVENT, "sa-pressure", 11},
    {__LINE__, NAMES_EVENT, "capabilities-changed", 12},
    {__LINE__, NAMES_PLACEMENT, "guard", 0},
    {__LINE__, NAMES_PLACEMENT, "packed", 1},
    {__LINE__, NAMES_PLACEMENT, "scattered", 2},
    {__LINE__, NAMES_PLACEMENT, "unaligned", 3},
    {__LINE__, NAMES_UDP, "none", 0},
    {__LINE__, NAMES_UDP, "transport", 1},
    {__LINE__, NAMES_UDP, "tunnel", 2},
    {__LINE__, NAMES_UDP, "transport-over-udp-tunnel", 4},
    {__LINE__, NAMES_UDP, "udp-transport-over-tunnel", 8},
    {__LINE__, NAMES_AUTH, "md5", 0x01},
    {__LINE__, NAMES_AUTH, "sha1", 0x02},
    {__LINE__, NAMES_AUTH, "sha256", 0x04},
    {__LINE__, NAMES_AUTH, "gmac-128", 0x08},
    {__LINE__, NAMES_AUTH, "gmac-192", 0x10},
    {__LINE__, NAMES_AUTH, "gmac-256", 0x20},
    {__LINE__, NAMES_ENC, "none", 0x001},
    {__LINE__, NAMES_ENC, "des-cbc", 0x002},
    {__LINE__, NAMES_ENC, "3des-cbc", 0x004},
    {__LINE__, NAMES_ENC, "aes-gcm-128", 0x008},
    {__LINE__, NAMES_ENC, "aes-gcm-192", 0x010},
    {__LINE__, NAMES_ENC, "aes-gcm-256", 0x020},
    {__LINE__, NAMES_ENC, "aes-cbc-128", 0x040},
    {__LINE__, NAMES_ENC, "aes-cbc-192", 0x080},
    {__LINE__, NAMES_ENC, "aes-cbc-256", 0x100},
    {__LINE__, NAMES_IPSEC, "no-change", 0},
    {__LINE__, NAMES_IPSEC, "disabled", 1},
    {__LINE__, NAMES_IPSEC, "ah", 2},
    {__LINE__, NAMES_IPSEC, "esp", 3},
    {__LINE__, NAMES_IPSEC, "both", 4},
    {__LINE__, NAMES_LSO, "v1", 0},
    {__LINE__, NAMES_LSO, "v2", 1},
    {__LINE__, NAMES_SWITCH, "no-change", 0},
    {__LINE__, NAMES_SWITCH, "on", 1},
    {__LINE__, NAMES_SWITCH, "off", 2},
    {__LINE__, NAMES_OID, "add-sa", 0xFC030202},
    {__LINE__, NAMES_OID, "delete-sa", 0xFC030203},
    {__LINE__, NAMES_OID, "update-sa", 0xFC030204},
    {__LINE__, NAMES_OID, "add-sa-ex", 0xFC030205},
    {__LINE__, NAMES_OID, "offload-current-config", 0xFC01020B},
    {__LINE__, NAMES_OID, "offload-parameters", 0xFC01020C},
    {__LINE__, NAMES_OID, "offload-hardware-capabilities", 0xFC01020D},
    {__LINE__, NAMES_OID, "offload-encapsulation", 0x0101010A},
    {__LINE__, NAMES_OID, "v1-add-sa", 0xFC010202},
    {__LINE__, NAMES_OID, "v1-delete-sa", 0xFC010203},
    {__LINE__, NAMES_OID, "v1-add-udpesp-sa", 0xFC010205},
    {__LINE__, NAMES_OID, "v1-delete-udpesp-sa", 0xFC010206},
    {__LINE__, NAMES_SUITE_ESP, "aes-gcm-128", 0},
    {__LINE__, NAMES_SUITE_AH, "ah-md5", 0},
};

/* find: names_find() on a copy that has no byte behind it. */
static bool find(uint32_t *number, enum names_table table, const char *name, size_t len)
{
    char *copy = malloc(len + (len == 0));
    bool found;

    if (copy == NULL) {
        abort();
    }
    memcpy(copy, name, len);
    found = names_find(number, table, copy, len);
    free(copy);
    return found;
}

static void check_rows(void)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint32_t number = 0;
        const char *name = names_of(rows[i].table, rows[i].number);
        char got[16];
        char want[16];

        (void)snprintf(got, sizeof(got), "none");
        (void)snprintf(want, sizeof(want), "0x%08x", (unsigned)rows[i].number);
        if (find(&number, rows[i].table, rows[i].name, strlen(rows[i].name))) {
            (void)snprintf(got, sizeof(got), "0x%08x", (unsigned)number);
        }
        if (strcmp(got, want) != 0) {
            fail(rows[i].line, rows[i].name, got, want);
        }
        if (name == NULL || strcmp(name, rows[i].name) != 0) {
            fail(rows[i].line, want, name != NULL ? name : "none", rows[i].name);
        }
    }
}

/* row_exists: whether the rows above say something about this name. */
static bool row_exists(enum names_table table, const char *name)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].table == table && strcmp(rows[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* check_table: every name leads to a number that leads back; nothing like a name is one. */
static void check_table(enum names_table table)
{
    const char *name;

    for (size_t n = 0; (name = names_list(table, n)) != NULL; n++) {
        size_t len = strlen(name);
        uint32_t number = 0;
        const char *back = find(&number, table, name, len) ? names_of(table, number) : NULL;
        char longer[64];

        if (back == NULL || strcmp(back, name) != 0) {
            fail(__LINE__, name, back != NULL ? back : "none", name);
        }
        (void)snprintf(longer, sizeof(longer), "%s-", name);
        if (find(&number, table, longer, len + 1) || find(&number, table, name, len + 1) ||
            find(&number, table, name, 0)) {
            fail(__LINE__, name, "a name that only starts like it", "none");
        }
        if (table != NAMES_SUITE_ESP && table != NAMES_SUITE_AH && !row_exists(table, name)) {
            fail(__LINE__, name, "no row in this test", "one");
        }
    }
    if (names_of(table, UINT32_MAX) != NULL || names_list(table, SIZE_MAX) != NULL) {
        fail(__LINE__, "the largest number", "a name", "none");
    }
}

int main(void)
{
    check_rows();
    for (int table = NAMES_STATUS; table <= NAMES_OID; table++) {
        check_table((enum names_table)table);
    }
    return failures != 0;
}
