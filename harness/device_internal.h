/* SPDX-License-Identifier: MIT */
/* What the parts of a device share: device.c (life), device_host.c (what a driver calls), request.c and
 * request_settle.c (OID requests), transfer.c (packets). */
#ifndef DEVICE_INTERNAL_H
#define DEVICE_INTERNAL_H

#include <stdatomic.h>

#include "device.h"
#include "guard.h"
#include "ledger.h"
#include "list.h"
#include "memory.h"
#include "twitch.h"
#include "ov2/adapter.h"
#include "ov2/ndis_ipsec.h"

#define DEVICE_KEPT  16u  /* finished requests and sends whose memory is still watched */
#define DEVICE_ARMED 64u  /* requests that wait for the line with which they race */
#define DEVICE_MARKS 256u /* keys that must not turn up in any output */
#define DEVICE_MARK  16u  /* bytes of one of them */

/* One OID request, from its submission until its memory is no longer watched. */
struct request {
    struct request *next; /* newest first */
    struct device *device;
    uint32_t number;
    uint32_t door;
    uint32_t irql; /* of one that is armed */
    enum trace_verb verb;
    bool done;
    bool is_settled; /* the line on which it was done is over */
    uint32_t status;
    uint32_t completions; /* calls of request_completed() */
    uint32_t first_sa;
    uint32_t sa_count;
    struct outputs outputs;
    struct guard_block block;  /* the NDIS_OID_REQUEST */
    struct guard_block buffer; /* a flat information buffer; id 0: none */
    uint8_t *asked;            /* what was in the buffer when it was submitted, or NULL */
    struct ndis_oid_request image;
    struct memory memory;  /* an element list; no rooms: none */
    struct twitch *twitch; /* what changes in it while the driver reads it, or NULL */
};

/* One list of packets that is out for sending, or a burst that arrives. */
struct transfer {
    struct transfer *next;
    uint64_t tag;
    uint32_t number;
    bool done;
    uint32_t completions;
    bool read_only;
    uint32_t room; /* bytes in front of the data of each fragment; a burst has none of its own */
    struct ov2_oob oob;
    uint32_t is_large; /* LSO: */
    uint32_t payload;  /* TCP payload of all packets */
    uint32_t packet_count;
    uint32_t block_count;
    struct guard_block *blocks; /* one for each fragment */
    uint8_t **images;
    struct ov2_fragment *fragments;
    struct ov2_packet *packets;
};

struct ov2_host {
    struct device *device;
};

/* An NDIS_OFFLOAD; len: as long as the driver said, or as much of it as there is room for. */
struct device_offload {
    uint32_t len;
    uint8_t bytes[256];
};

struct device {
    const struct ov2_adapter *adapter;
    struct device *const *others;
    struct device *next_gone;
    atomic_bool is_hosted;     /* from the moment open() is entered until close() has returned */
    struct ov2_device *handle; /* NULL: not open */
    struct ov2_host host;
    struct profile profile;
    struct ledger *ledger;
    struct outcome *outcome;  /* what callbacks add to */
    struct outcome *returned; /* the one of the last act, handed out; late callbacks do not touch it */
    bool is_held;             /* HOLD: requests may stay pended */
    bool is_closing;
    bool is_cancelling;
    bool is_undrained; /* a line with nowait went by: the adapter may still be at it */
    atomic_uint irql;
    bool has_threads; /* the adapter lets several in at once, and so do we */
    uint32_t armed_count;
    struct request *armed[DEVICE_ARMED]; /* in the order of their lines */
    struct race *race;                   /* they are off, or stand at the gate */
    bool has_raced;                      /* during this line */
    atomic_flag lock;                    /* guards everything below, and the outcome, against the adapter's threads */
    struct request *requests;
    uint32_t request_count;
    struct transfer *transfers;
    uint32_t transfer_count;
    const struct transfer *arriving; /* during receive() */
    uint64_t *handles;               /* what each SA symbol was given; [0] is #1 */
    uint32_t handle_count;
    uint32_t handle_size;
    struct device_offload offloads[OUTCOME_OFFLOADS];
    uint32_t mark_count;
    uint8_t marks[DEVICE_MARKS][DEVICE_MARK];
};

void device_lock(struct device *device);
void device_unlock(struct device *device);

/* device_handle: what a handle word means on this device; index is the place in a run. */
uint64_t device_handle(struct device *device, const struct trace_word *word, uint32_t index);

/* device_sa: what an SA symbol was given, also while its request is still out, as soon as the device has written it; 0
 * if there is none. */
uint64_t device_sa(struct device *device, uint64_t symbol);

/* device_drain: lets the adapter become idle. */
void device_drain(struct device *device);

/* device_read_registration: asks for it, once, after open(). */
void device_read_registration(struct device *device);

/* device_keep_offload: with the lock held; device_tell_offloads: all that there are, as completions of the outcome. */
void device_keep_offload(struct device *device, enum outcome_offload kind, const void *bytes, uint32_t len);
void device_tell_offloads(struct device *device);

/* device_has_key: whether bytes hold a key that was handed to this device. */
bool device_has_key(const struct device *device, const void *bytes, size_t len);

/* device_spells_key: whether a text has one in it in hexadecimal. */
bool device_spells_key(const struct device *device, const char *text);

/* device_log: one more line of the outcome's log. */
void device_log(struct outcome *outcome, const char *text);

/* device_contract.c */
/* What a host function enters by instead of device_lock(): ends the process if the device is gone. */
struct device *device_enter(struct ov2_host *host);
/* From here on the device is gone. */
void device_leave(struct device *device);
/* Memory for a device, zeroed, or NULL; it is never freed. */
struct device *device_recall(void);
void device_retire(struct device *device);
/* What the adapter owes us; the verb is that of the line that is over. */
void device_check_contract(struct device *device, enum trace_verb verb);

/* device_host.c */
extern const struct ov2_host_ops device_host_ops;

/* device_race.c: lines with `race` */
/* The request waits.  False: too many do. */
bool device_arm(struct device *device, struct request *request);
/* At the line for which they wait: before anything of it, right before it enters the adapter, and when nothing of them
 * may be under way any more. */
void device_race_begin(struct device *device);
void device_race_go(struct device *device);
void device_race_join(struct device *device);
/* What was completed in any order is told in the order of the lines. */
void device_race_sort(struct device *device);
/* The line never came. */
void device_disarm(struct device *device);

/* request.c */
/* Enters the adapter; true if the request is out, false if it was answered. */
bool request_call(struct device *device, struct request *request, ov2_result *result);
void request_run(struct device *device, const struct trace_line *line);
/* Submits a flat buffer; returns its final status, PENDING if it is still out. */
uint32_t request_flat(struct device *device, uint32_t oid, uint32_t door, const void *bytes, uint32_t len);
void request_free(struct request *request);
void request_free_all(struct device *device);

/* request_settle.c */
/* The request is over: takes what it left behind, then poisons its memory at once, so that a driver that still touches
 * it is seen. */
void request_finish(struct device *device, struct request *request, uint32_t status);
/* Copies its handles into the outcome; returns where they are. */
uint32_t request_put_handles(struct device *device, struct outcome *outcome, const struct request *request);
/* Adds it to what was completed during this line. */
void request_tell(struct device *device, const struct request *request);
void request_completed(struct ov2_host *host, struct ndis_oid_request *oid, uint32_t door, uint32_t status);
/* Laws about requests that hold when the device is idle. */
void request_settle(struct device *device, bool may_wait);
bool request_describe(char *out, size_t size, const struct device *device, uint32_t id, int64_t offset);
/* A write to memory that is input. */
bool request_blame_write(struct device *device, const struct guard_write *write);

/* transfer.c */
void transfer_send(struct device *device, const struct trace_line *line, const struct prepared *prepared);
void transfer_receive(struct device *device, const struct trace_line *line, const struct prepared *prepared);
void transfer_transmitted(struct ov2_host *host, const struct ov2_packet *packet);
void transfer_completed(struct ov2_host *host, uint64_t tag, uint32_t status, const struct ov2_oob *oob);
void transfer_indicated(struct ov2_host *host, const struct ov2_packet *packet, const struct ov2_oob *oob);
void transfer_settle(struct device *device, bool may_wait);
void transfer_free_all(struct device *device);
bool transfer_describe(char *out, size_t size, const struct device *device, uint32_t id, int64_t offset);
bool transfer_blame_write(struct device *device, const struct guard_write *write);

#endif
