/* SPDX-License-Identifier: MIT */
/*
 * What a device was opened with: how it is built, the profile it is held to, and which of the legal readings of the
 * documents it follows.  Every member is a number, so that one table in options.c describes them all.
 *
 * Words are separated by commas:
 *
 *   capacity=N                SaOffloadCapacity, default 64
 *   ndis=6.1|6.20|6.30|6.50   the version to register, default 6.30; never above the system's
 *   ah= esp= ahesp= ipv6= ipv4opts= ipv6ext= transport= tunnel= combined= lso= esn= checksum=    0 or 1
 *   auth= enc= udp=           masks of NDIS_IPSEC_OFFLOAD_V2
 *   ipsec=0                   a miniport without IPsecOV2
 *   complete=inline|pended|late   pended: every SA request waits for drain(); late: its answer does
 *   events=inline|pended
 *   fault=ID                  of faults.def
 *   GCM_KEY= ...              the profile, upper case
 *   A-nn=reading              another reading than the ruling
 *
 * A capability can only be switched on if the datapath has it.  An unknown word in upper case is somebody else's and is
 * ignored; any other unknown word, and any unknown value, is an error.
 */
#ifndef OV2_REFERENCE_OPTIONS_H
#define OV2_REFERENCE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* The values of the choices, in the order of the words in options.c; the first is the default. */
enum {
    COMPLETE_INLINE,
    COMPLETE_PENDED,
    COMPLETE_LATE
};
enum {
    GCM_KEY_AND_SALT,
    GCM_KEY_ONLY
};
enum {
    ICV_UNIT_BYTES,
    ICV_UNIT_BITS
};
enum {
    IV_BY_NIC,
    IV_BY_STACK
};
enum {
    ICV_SPACE_IN_NB,
    ICV_SPACE_APPENDED
};
enum {
    STRIP_NONE,
    STRIP_TRAILER,
    STRIP_ALL
};
enum {
    LAYOUT_HEADER,
    LAYOUT_LINKED
};
enum {
    SPI_NETWORK,
    SPI_HOST
};
enum {
    KEYBASE_KEYAREA,
    KEYBASE_STRUCT
};
enum {
    ADD_ON_630_YES,
    ADD_ON_630_NO
};
enum {
    ESN_UPDATE_ONLY,
    ESN_INFER
};
enum {
    BYTES_READ_HEAD,
    BYTES_READ_FIXED,
    BYTES_READ_BLOCK
};
enum {
    ADD_CONTINUE,
    ADD_STOP,
    ADD_ALL_OR_NOTHING
};
enum {
    DELETE_SUCCESS,
    DELETE_FAIL_AFTER,
    DELETE_FAIL_BEFORE
};
enum {
    CODE_RULING,
    CODE_FAILURE,
    CODE_INVALID_PARAMETER
};
enum {
    UPDATE_VERIFY_SPI,
    UPDATE_IGNORE_SPI
};
enum {
    NULL_NONE_OR_ZERO,
    NULL_NONE_ONLY
};
enum {
    OPTION_REFUSE,
    OPTION_ACCEPT
}; /* */
enum {
    UDP_SEVERAL_FAIL,
    UDP_SEVERAL_FIRST
};
enum {
    ZERO_DESTINATION_WILDCARD,
    ZERO_DESTINATION_NEVER
};
enum {
    UPDATE_PLAIN_FAIL,
    UPDATE_PLAIN_IGNORE
};
enum {
    UPDATE_LOWER_STORE,
    UPDATE_LOWER_REFUSE
};
enum {
    SWITCH_MEMBERS_IGNORE,
    SWITCH_MEMBERS_FAIL
};
enum {
    DISABLED_KEPT,
    DISABLED_DROPPED,
    DISABLED_ACTIVE
};
enum {
    DUPLICATE_REFUSE,
    DUPLICATE_SECOND_WINS,
    DUPLICATE_BOTH
};
enum {
    IN_PLACE_NO,
    IN_PLACE_YES
};
enum {
    WIPING_WIPE,
    WIPING_RELEASE
};
enum {
    FORM_NOT_SUPPORTED,
    FORM_INVALID_OID
};

struct options {
    uint32_t fault;
    uint32_t capacity;
    uint32_t ndis; /* index into the words of ndis= */
    uint32_t ipsec, ah, esp, ahesp, ipv6, ipv4opts, ipv6ext, transport, tunnel, combined, lso, esn, checksum;
    uint32_t auth, enc, udp;
    uint32_t complete, events;

    uint32_t gcm_key, icv_unit, iv_by, icv_space, rx_strip, update_layout, spi_order, ex_keybase, add_on_630, esn_rx;

    uint32_t bytes_read;       /* */
    uint32_t partial_add;      /* */
    uint32_t unknown_delete;   /* */
    uint32_t content_code;     /* */
    uint32_t update_spi;       /* */
    uint32_t null_encryption;  /* */
    uint32_t unauthenticated;  /* */
    uint32_t ah_first;         /* */
    uint32_t udp_several;      /* */
    uint32_t zero_destination; /* */
    uint32_t update_plain;     /* */
    uint32_t update_lower;     /* A-35-lower */
    uint32_t beyond_capacity;  /* */
    uint32_t switch_members;   /* */
    uint32_t disabled;         /* */
    uint32_t duplicate;        /* */
    uint32_t header_type;      /* */
    uint32_t undefined_flags;  /* */
    uint32_t in_place;         /* */
    uint32_t wiping;           /* */
    uint32_t request_form;     /* */
};

/* options_parse: fills every member from the text, which may be NULL.  On false, why holds the reason in one line. */
bool options_parse(struct options *options, char *why, uint32_t why_size, const char *text);

#endif
