/* SPDX-License-Identifier: MIT */
/*
 * What goes into one act on a device and what comes out of it, as flat data: it crosses a pipe to the peer as it is.
 */
#ifndef OUTCOME_H
#define OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "ov2/adapter.h"
#include "ov2/ndis_ipsec.h"
#include "profile.h"
#include "trace.h"

#define OUTCOME_PACKETS     1024u      /* packets that come out of one act, either way */
#define OUTCOME_BYTES       (4u << 20) /* bytes of all of them */
#define OUTCOME_COMPLETIONS 1024u      /* of requests, sends and events in one act */
#define OUTCOME_BREAKS      16u        /* laws reported for one act; more are counted */
#define OUTCOME_LOG         512u
#define PREPARED_ROOM_MAX   4096u /* bytes in front of the data of a fragment */
#define PREPARED_PACKETS    512u  /* packets that go into one act */

/* One packet: where its bytes are, and its out-of-band words. */
struct outcome_packet {
    uint32_t at;
    uint32_t len;
    uint32_t list;      /* send: which element it belongs to */
    uint32_t indicated; /* 1: indicated to the stack, 0: left the device */
    uint32_t fault;     /* the adapter gave something that is no packet: count or lengths out of bounds */
    struct ov2_oob oob;
};

/* What a send or receive line asks for, framed and edited by stack.h: the frames, and the lists that hold them. */
struct prepared_list {
    uint32_t first; /* packet */
    uint32_t count;
    uint32_t cut;  /* bytes in a fragment; 0: one fragment */
    uint32_t room; /* bytes of each fragment's memory in front of its data */
    uint32_t read_only;
    uint64_t sa; /* resolved on the device: see prepared.is_symbol */
    uint64_t tunnel;
    uint32_t sa_symbol; /* 1: sa is an SA number of the device, 0: a raw value */
    uint32_t tunnel_symbol;
    uint32_t sa_twist; /* enum trace_twist */
    uint32_t tunnel_twist;
    uint32_t sa_device; /* whose symbol it is; the device's own index for its own */
    uint32_t tunnel_device;
    uint32_t is_large; /* LSO: its packets are templates; */
    uint32_t payload;  /* TCP payload of all of them */
    uint32_t segments; /* that it makes */
};
struct prepared {
    uint32_t device; /* the index of the device that the line is for */
    uint32_t list_count;
    uint32_t packet_count;
    uint32_t byte_count;
    struct prepared_list lists[TRACE_ELEMENTS_MAX];
    struct outcome_packet packets[PREPARED_PACKETS];
    uint8_t bytes[OUTCOME_BYTES];
};

/* What a driver writes into the NDIS_OID_REQUEST itself. */
struct outputs {
    uint32_t bytes_read;
    uint32_t bytes_needed;
    uint32_t supported_revision;
};

enum completion_kind {
    COMPLETION_REQUEST,    /* number: which request, in order of submission, from 1 */
    COMPLETION_SEND,       /* number: index of the list in its line, from 1; line: in which send line of the device */
    COMPLETION_EVENT,      /* number: OV2_EVENT_* */
    COMPLETION_INDICATION, /* number: the status code indicated */
    COMPLETION_OFFLOAD,    /* number: enum outcome_offload */
};
/* The NDIS_OFFLOAD structures that a driver has shown, each as it was told last. */
enum outcome_offload {
    OUTCOME_OFFLOAD_DEFAULT,  /* DefaultOffloadConfiguration of the registration */
    OUTCOME_OFFLOAD_HARDWARE, /* HardwareOffloadCapabilities, or the indication of that name */
    OUTCOME_OFFLOAD_CURRENT,  /* NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG */
    OUTCOME_OFFLOADS,
};

struct completion {
    enum completion_kind kind;
    uint32_t door;
    uint32_t status;
    uint32_t first_sa; /* request: as in struct outcome */
    uint32_t sa_count;
    uint32_t at;  /* request: its handles in bytes[], 8 bytes each; indication, offload: its buffer; send: data that
                   * changed */
    uint32_t len; /* of a buffer, of data */
    struct outputs outputs; /* request */
    uint64_t number;
};

/* A law that was broken: of the standing invariants or of the model. */
struct broken {
    char requirement[16];              /* "ADD-010" */
    char element[TRACE_NAME_MAX + 16]; /* "b" or "b[7]", or empty */
    char got[128];
    char want[128];
};

/* What scan has found of a key. */
enum outcome_found {
    OUTCOME_FOUND_NO,
    OUTCOME_FOUND_RELEASED, /* in memory that was given back without being wiped */
    OUTCOME_FOUND_LIVE,     /* in memory that the driver holds: allocated, or its static data */
};

struct outcome {
    uint32_t result;     /* ov2_result of the call */
    uint32_t status;     /* the final NDIS_STATUS if it is known, PENDING if the request is still out */
    uint32_t pended;     /* 1: the call itself answered PENDING */
    uint32_t changed;    /* 1: an element with twitch= has changed while the driver read it */
    uint32_t armed;      /* 1: the request waits for the line with which it is to race */
    uint32_t starved;    /* 1: an allocation was made to fail */
    uint32_t request;    /* number of the request, from 1; 0: the line was none */
    uint32_t first_send; /* send: the number of its first list, and how many there are */
    uint32_t send_count;
    struct outputs outputs;
    uint32_t first_sa; /* ADD: the number of the first SA symbol of this line, and how many there are */
    uint32_t sa_count;
    uint32_t completion_count;
    uint32_t packet_count; /* packets[]: frames that left the device and packets indicated, in the order of events */
    uint32_t byte_count;
    uint32_t lost;        /* completions and packets that found no room: what is missing may be among them */
    uint32_t handles_at;  /* ADD: in bytes[]: sa_count values of 8 bytes, what each OffloadHandle holds */
    uint32_t break_count; /* may exceed OUTCOME_BREAKS: then only the first are kept */
    uint32_t allocations; /* of the ledger, live after the line */
    uint64_t allocated_bytes;
    uint32_t found;        /* scan: enum outcome_found */
    uint32_t profile_ndis; /* open: what the device registered */
    uint32_t profile_offload;
    uint32_t profile_characteristics;
    uint32_t profile_handlers;
    uint32_t profile_flags;
    struct profile_large profile_large[PROFILE_LARGE];
    struct ndis_ipsec_offload_v2 profile_caps;
    struct completion completions[OUTCOME_COMPLETIONS];
    struct broken breaks[OUTCOME_BREAKS];
    char log[OUTCOME_LOG]; /* the first lines the adapter logged, NUL-terminated */
    struct outcome_packet packets[OUTCOME_PACKETS];
    uint8_t bytes[OUTCOME_BYTES];
};

/* outcome_reset: empties an outcome for the next act, without touching its large arrays. */
void outcome_reset(struct outcome *outcome);

/* outcome_break: adds a broken law; element may be NULL.  want is a plain text, got a printf format. */
void outcome_break(struct outcome *outcome, const char *requirement, const char *element, const char *want,
                   const char *got, ...) __attribute__((format(printf, 5, 6)));

/* outcome_add_completion: room for one more, zeroed; NULL: there is none, and it counts as lost. */
struct completion *outcome_add_completion(struct outcome *outcome, enum completion_kind kind);

/* outcome_add_packet: appends a packet gathered from its fragments; a malformed one is marked.  False: no room, and it
 * counts as lost. */
bool outcome_add_packet(struct outcome *outcome, const struct ov2_packet *packet, const struct ov2_oob *oob,
                        bool indicated);

#endif
