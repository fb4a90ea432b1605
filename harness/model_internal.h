/* SPDX-License-Identifier: MIT */
/* What the parts of the model share: model.c (tables), model_list.c (requests), model_prepare.c and model_packet.c. */
#ifndef MODEL_INTERNAL_H
#define MODEL_INTERNAL_H

#include "model.h"

#define MODEL_BUCKETS 4096u /* grows with the SA table */

/* One ADD line, kept so that a bundle can be read again when it is needed. */
struct model_source {
    char *text;
    uint32_t verb;
};

/* A request whose answer was PENDING. */
struct model_pending {
    uint32_t request;
    char *text;
    bool cancelled;
    uint64_t id;
    uint32_t ipsec; /* what was switched on when it was asked */
    enum trace_verb verb;
    struct model_pending *next;
};

struct model_device {
    bool is_open;
    struct profile profile;
    /* What configuration and events made of it. */
    uint32_t ipsec; /* NDIS_OFFLOAD_PARAMETERS_IPSECV2_* in force */
    bool encapsulation_on;
    bool is_paused;
    bool is_low_power;
    bool is_removed;
    bool is_resetting;
    uint32_t racer_count;   /* requests that wait for the line with which they race */
    bool is_racing;         /* with the line in hand */
    bool is_shaken;         /* the line in hand is one that may make them fail */
    bool is_interrupted;    /* the line in hand may abort requests that nobody cancelled */
    bool wants_delete;      /* SA_PRESSURE: SaDeleteReq may come */
    uint32_t live_count;    /* LIVE, MAYBE and DELETING bundles */
    uint32_t pending_count; /* bundles that pended adds ask for */
    struct model_sa *sas;   /* [0] is #1 */
    uint32_t sa_count;
    uint32_t sa_size;
    uint32_t *by_spi;    /* inbound and live: heads of chains */
    uint32_t *by_handle; /* live */
    uint32_t bucket_count;
    struct model_source *sources;
    uint32_t source_count;
    uint32_t source_size;
    struct model_pending *pending;
    bool has_pairs; /* a bundle of two operations was added */
    uint32_t stamp; /* lists looked at so far */
};

struct model {
    struct model_device devices[TRACE_DEVICES];
    struct model_frame *frames;
    uint32_t frame_count;
    uint32_t frame_size;
    /* The source that was read last: bundles are mostly asked for one after the other. */
    struct trace_line *cached_line;
    uint32_t cached_device;
    uint32_t cached_source;     /* UINT32_MAX: none */
    struct trace_line *scratch; /* a pended line, parsed again */
    /* receive: what each packet of the prepared line is, filled by model_prepare() */
    struct model_arrival *arrivals;
    uint32_t arrival_count;
};

/* One frame that arrives. */
struct model_arrival {
    uint32_t frame; /* frame number it comes from, 0: bytes from the line */
    bool is_intact; /* no covered byte differs from that frame */
    bool is_cut;    /* its length differs */
    bool has_plain; /* a known answer: */
    uint32_t plain_len;
    uint8_t next_header;
    uint8_t *plain;
    struct stack_layout layout;
};

/* An SA that a frame may belong to.  Several match where selectors are wild or SAs are duplicates. */
enum match_verdict {
    MATCH_GOOD,    /* the frame is authentic for it */
    MATCH_BAD,     /* it is not */
    MATCH_EITHER,  /* that depends on an upper half which an update left open */
    MATCH_UNKNOWN, /* nobody knows */
};
struct model_match {
    uint32_t symbol;
    bool is_sure; /* the SA lives */
    bool is_wild; /* its destination is zero: it matches every frame, or none */
    enum match_verdict verdict;
    struct bundle bundle;
};
#define MODEL_MATCHES 8u

/* model_match.c */
uint32_t model_matches(struct model_match matches[MODEL_MATCHES], struct model *model, uint32_t device_index,
                       const struct model_arrival *arrival);

/* model.c */
uint32_t model_add_source(struct model_device *device, const struct trace_line *line);
bool model_reserve(struct model_device *device, uint32_t count);
void model_go_live(struct model_device *device, uint32_t symbol);
void model_go_dead(struct model_device *device, uint32_t symbol, enum model_state state);
uint32_t model_find_handle(const struct model_device *device, uint64_t handle);
/* The next inbound live SA with this SPI behind `after` (0: the first), or 0. */
uint32_t model_next_by_spi(const struct model_device *device, uint32_t spi, uint32_t after);
/* Settles what a delete left open: the SA was seen alive or dead. */
void model_seen(struct model_device *device, struct judgement *judgement, uint32_t symbol, bool alive);
bool is_success(uint32_t status);

/* model_race.c: the line in hand goes off with all requests that were to race; it is judged. */
void model_race_begin(struct model_device *device, const struct trace_line *line);
void model_race_end(struct model_device *device);

/* model_request.c */
void model_judge_request(struct model *model, struct judgement *judgement, uint32_t device,
                         const struct trace_line *line, const struct outcome *outcome);
void model_judge_completion(struct model *model, struct judgement *judgement, uint32_t device,
                            const struct outcome *outcome, const struct completion *completion);

/* model_packet.c */
void model_judge_send(struct model *model, struct judgement *judgement, uint32_t device, const struct trace_line *line,
                      const struct prepared *prepared, const struct outcome *outcome);
/* Frames that left in a line that was no send. */
void model_keep_strays(struct model *model, uint32_t device, const struct outcome *outcome);
void model_judge_receive(struct model *model, struct judgement *judgement, uint32_t device,
                         const struct prepared *prepared, const struct outcome *outcome);
void model_free_arrivals(struct model *model);

/* model_half.c: the upper half of a layer's sequence numbers. */
void model_half_set(struct model_sa *sa, uint32_t layer, uint32_t hi);
/* It may have become hi; request: the update that left it open for all of its SAs alike, 0: for this one. */
void model_half_open(struct model_sa *sa, uint32_t layer, uint32_t hi, uint32_t request);
/* The request that left halves open has changed none. */
void model_half_drop(struct model_device *device, uint32_t request);
/* A packet has shown which of the two is in force. */
void model_half_seen(struct model_device *device, uint32_t symbol, uint32_t layer, bool is_other);

/* model_scan.c */
void model_judge_scan(struct model *model, struct judgement *judgement, uint32_t device, const struct trace_line *line,
                      const struct outcome *outcome);

#endif
