/* SPDX-License-Identifier: MIT */
/*
 * What a device under test is asked in one run, call by call, with the memory that it is given: a recording.  It stands
 * between the session and an adapter, as an adapter.  What is recorded can be done again without the suite: by a
 * program that is printed (record_print.h), or from memory that is laid out beforehand (record_play.h).
 *
 * Addresses are replaced: a pointer is a place in another block, a handle is the one that an element of an earlier
 * call was given.
 *
 * The memory of a recording may be shared with the process that runs, so that it outlives a crash.
 */
#ifndef RECORD_H
#define RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ov2/adapter.h"

#define RECORD_DEVICES  4u
#define RECORD_CALLS    512u
#define RECORD_BLOCKS   4096u
#define RECORD_FIXES    8192u
#define RECORD_HANDLES  8192u
#define RECORD_BYTES    (4u << 20)
#define RECORD_LINES    256u
#define RECORD_KEYWORDS 4u

enum record_kind {
    RECORD_OPEN,
    RECORD_CLOSE,
    RECORD_REQUEST,
    RECORD_CANCEL,
    RECORD_SEND,
    RECORD_RECEIVE,
    RECORD_EVENT,
    RECORD_DRAIN,
};

/* A range of one of the arrays below. */
struct record_range {
    uint32_t first;
    uint32_t count;
};

/* One piece of memory that a call was given. */
struct record_block {
    uintptr_t address; /* where it lay; what it is known by while it is recorded */
    uint32_t at;       /* its contents, in bytes[] */
    uint32_t size;
    bool is_live;      /* the suite still lent it */
    bool is_read_only; /* a driver may not write to it */
    /* of a packet: which part of it is data, and of how many packets it is the last piece */
    uint32_t offset;
    uint32_t length;
    bool ends_packet;
};

enum record_fix_kind {
    RECORD_POINTER, /* 8 bytes at `at` of a block are the address of byte `to` of block `target` */
    RECORD_HANDLE,  /* they are the handle `target` plus `to` (which wraps) */
};
struct record_fix {
    enum record_fix_kind kind;
    uint32_t block;
    uint32_t at;
    uint32_t target;
    uint64_t to;
};

/* An OffloadHandle that an ADD element gets. */
struct record_handle {
    uint32_t block;
    uint32_t at;
    uint64_t value;
    bool is_known;
};

struct record_slot { /* of a packet: a handle plus something, or as it is */
    bool is_handle;
    uint32_t target;
    uint64_t value;
};

/* One list of a send. */
struct record_list {
    uint64_t tag;
    uint32_t flags;
    struct ov2_oob oob;
    struct record_slot ipsec;
    struct record_slot tunnel;
    struct record_range blocks; /* its fragments, in order */
};
#define RECORD_LISTS 512u

struct record_call {
    enum record_kind kind;
    uint32_t device;
    uint32_t line;    /* of the trace, from 0, in lines[] */
    uint32_t door;    /* request, cancel */
    uint64_t number;  /* cancel: the id; event: which; open: system_ndis_version */
    uint32_t media;   /* open: media_header_len */
    uint32_t starved; /* during this call the allocation of this number, from 1, failed; 0: none */
    bool has_returned;
    ov2_result result;
    uint32_t status; /* request, event */
    uint32_t oid;    /* request */
    const char *options;
    struct ov2_keyword keywords[RECORD_KEYWORDS];
    uint32_t keyword_count;
    uint32_t root; /* request: the block of the NDIS_OID_REQUEST */
    struct record_range blocks;
    struct record_range fixes;
    struct record_range handles;
    struct record_range lists;
};

struct recording {
    bool is_full; /* something did not fit: it ends too early */
    uint32_t call_count;
    uint32_t block_count;
    uint32_t fix_count;
    uint32_t handle_count;
    uint32_t list_count;
    uint32_t byte_count;
    uint32_t line_count;
    uint32_t answered; /* lines that were, as the caller counts them */
    struct record_call calls[RECORD_CALLS];
    struct record_block blocks[RECORD_BLOCKS];
    struct record_fix fixes[RECORD_FIXES];
    struct record_handle handles[RECORD_HANDLES];
    struct record_list lists[RECORD_LISTS];
    const char *lines[RECORD_LINES];
    uint8_t bytes[RECORD_BYTES];
};

/* record_begin: from now on what is asked of the adapter that it returns goes to `of` and into the recording, which is
 * all zero.  One at a time; the guard's memory is what a call is given.  NULL: no more. */
const struct ov2_adapter *record_begin(struct recording *recording, const struct ov2_adapter *of);

/* record_line: the next calls belong to this line of the trace. */
void record_line(const char *text, size_t len);

#endif
