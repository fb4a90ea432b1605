/* SPDX-License-Identifier: MIT */
/*
 * The model: what must be true after each line.  It holds the SA table of every device as the requirements say it is,
 * judges each outcome against the set of legal ones, and names the requirement that was broken and the reading that was
 * taken.  It is the only place that knows which answers are legal.
 *
 * It knows no key schedule and no driver's handle format.  Whether a received frame is authentic it knows by its
 * history: a frame is authentic for an SA if and only if it is, in every covered byte, a frame that a device
 * transmitted under an equal suite, key and upper sequence half (or a published vector that says what it decrypts to).
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "bundle.h"
#include "list.h"
#include "outcome.h"
#include "stack.h"

#define MODEL_BREAKS   24u
#define MODEL_READINGS 16u

/* What the model says about one line. */
struct judgement {
    uint32_t break_count; /* may exceed MODEL_BREAKS */
    uint32_t reading_count;
    struct broken breaks[MODEL_BREAKS];
    char readings[MODEL_READINGS][40]; /* "A-06:success" */
};

enum model_state {
    MODEL_FAILED,  /* the add failed: no SA */
    MODEL_PENDING, /* the add is still out */
    MODEL_LIVE,
    MODEL_MAYBE, /* a delete failed in a way that leaves open whether it is gone; the next packet tells */
    MODEL_DELETED,
};

struct model_sa {
    uint64_t handle; /* the driver's own value, only ever compared */
    enum model_state state;
    uint32_t source;                   /* which ADD line; UINT32_MAX: not known yet */
    uint32_t node;                     /* and which node of it */
    uint32_t request;                  /* PENDING: which request; MAYBE: which one left it open, 0: none knows of it */
    uint32_t spi;                      /* of the first layer */
    struct bundle_selectors selectors; /* of what was added; spi_count 0: not looked at yet */
    uint32_t next_spi;                 /* chain of the SPI table, symbol numbers, 0 ends */
    uint32_t next_handle;              /* chain of the handle table */
    uint32_t hi[2];                    /* current upper halves, by layer */
    uint32_t other_hi[2];              /* has_other: an update left open which of the two is in force */
    uint32_t other_request[2]; /* that left it open: it was carried out for all of its SAs or none; 0: for each alone */
    bool has_other[2];
    bool inbound;
    bool tells_a06;   /* MAYBE: whether it is gone tells which reading of A-06 the device follows */
    bool tells_a46;   /* MAYBE since IPsecOV2 was disabled: the next packet tells what became of the SAs */
    uint32_t leaving; /* the pended DELETE that names it */
    bool is_early;    /* a DELETE named it while its ADD was out: it may have known the handle, or not */
    uint32_t told_at; /* the last request that was asked before its handle was told */
    bool is_left;     /* OffloadHandle holds what it held before: until it was told, the symbol stood for nothing */
    uint32_t stamp;   /* the list that named it last */
    uint32_t racer;   /* the latest request with `race` that named it, and how many have */
    uint32_t racers;
    bool is_unsettled; /* several requests raced for it: nobody knows its upper halves until the next update */
    uint32_t seq[2];   /* the stack's counters, by layer: last number used */
    uint32_t newest;   /* of the lists that went out under it, the last one */
    uint32_t highest;  /* ESN_RX=infer: the highest number heard in the half in force */
    bool has_heard;
    uint64_t top; /* of the outermost header, for the stack's window (replay.h) */
    uint64_t seen;
};

struct model;

/* model_open: a model without devices; NULL: no memory. */
struct model *model_open(void);
void model_close(struct model *model);

/* model_reset: as it was when it was opened, at less cost. */
void model_reset(struct model *model);

/* model_device_opened, model_device_closed: the profile holds what the device declared and registered. */
void model_device_opened(struct model *model, uint32_t device, const struct profile *profile);
void model_device_closed(struct model *model, uint32_t device);

/* model_sa: the SA behind a symbol, or NULL; model_bundle: what it was added with, upper halves as they are now. */
struct model_sa *model_sa(struct model *model, uint32_t device, uint64_t symbol);
bool model_bundle(struct model *model, struct bundle *bundle, uint32_t device, uint64_t symbol);

/* model_judge: judges the outcome of a line on a device and brings the SA table up to date.  prepared: for send and
 * receive.  The judgement is filled anew. */
void model_judge(struct model *model, struct judgement *judgement, uint32_t device, const struct trace_line *line,
                 const struct prepared *prepared, const struct outcome *outcome);

/* model_frame: frame number n (from 1) of the trace, or NULL. */
struct model_frame {
    uint32_t device; /* that transmitted it */
    uint32_t symbol; /* its SA there; 0: none */
    bool is_stray;   /* nobody knows under which SA and half it left */
    uint32_t len;
    uint8_t *bytes;
    uint8_t *plain; /* the frame as the stack handed it to the NIC, same length with ICV_SPACE=in_nb */
    uint32_t plain_len;
    struct bundle bundle; /* as it was when it was sent */
    bool has_other[2];    /* the sender's upper half was not known, by layer: that of the bundle, or this one */
    uint32_t other_hi[2];
    bool is_segment;      /* of a large packet */
    bool has_inner;       /* the stack put it into a tunnel, which is that of the bundle above: */
    bool has_other_inner; /* the upper half inside was not known */
    struct bundle inner;  /* the transport SA's */
};
const struct model_frame *model_frame(const struct model *model, uint64_t number);
uint32_t model_frame_count(const struct model *model);

/* model_prepare: frames and edits what a send or receive line asks for.  False: error holds one sentence. */
bool model_prepare(struct model *model, struct prepared *prepared, char *error, size_t size, uint32_t device,
                   const struct trace_line *line);

/* judgement_break: as outcome_break(). */
void judgement_break(struct judgement *judgement, const char *requirement, const char *element, const char *want,
                     const char *got, ...) __attribute__((format(printf, 5, 6)));
/* judgement_read: notes a reading, once. */
void judgement_read(struct judgement *judgement, const char *point, const char *name);

#endif
