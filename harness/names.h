/* SPDX-License-Identifier: MIT */
/*
 * Names for the numbers of the interface, both ways, so that traces and people say "transport-esp-auth-failed",
 * never 3.
 */
#ifndef NAMES_H
#define NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum names_table {
    NAMES_STATUS,        /* NDIS_STATUS_*: "SUCCESS", "INVALID_DATA" */
    NAMES_CRYPTO_STATUS, /* CRYPTO_*: "success", "transport-esp-auth-failed" */
    NAMES_DOOR,          /* direct normal */
    NAMES_KIND,          /* query set stats method */
    NAMES_OPERATION,     /* ah esp */
    NAMES_EVENT,         /* pause restart reset low-power full-power link-down link-up surprise-removal hold release
                            sa-pressure capabilities-changed */
    NAMES_PLACEMENT,     /* guard packed scattered unaligned, as in list.h */
    NAMES_SUITE_ESP,     /* suite.h: its index among the ESP suites */
    NAMES_SUITE_AH,      /* suite.h: its index among the AH suites */
    NAMES_UDP,           /* none transport tunnel transport-over-udp-tunnel udp-transport-over-tunnel */
    NAMES_AUTH,          /* md5 sha1 sha256 gmac-128 gmac-192 gmac-256 */
    NAMES_ENC,           /* none des-cbc 3des-cbc aes-gcm-128 .. aes-cbc-256 */
    NAMES_IPSEC,         /* NDIS_OFFLOAD_PARAMETERS_IPSECV2_*: no-change disabled ah esp both */
    NAMES_LSO,           /* NDIS_TCP_LARGE_SEND_OFFLOAD_*_TYPE: v1 v2 */
    NAMES_SWITCH,        /* NDIS_OFFLOAD_SET_*: no-change on off */
    NAMES_OID,           /* add-sa delete-sa update-sa add-sa-ex offload-parameters offload-encapsulation ... */
};

/* names_find: the number of a name of len bytes; false if the table does not have it. */
bool names_find(uint32_t *number, enum names_table table, const char *name, size_t len);

/* names_of: the name of a number; NULL if the table does not have it. */
const char *names_of(enum names_table table, uint32_t number);

/* names_list: the n-th name of a table in its own order, NULL behind the last; for help, dictionaries and sweeps. */
const char *names_list(enum names_table table, size_t n);

#endif
