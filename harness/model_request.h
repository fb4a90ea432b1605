/* SPDX-License-Identifier: MIT */
/*
 * One OID request under judgement: what model_request.c shares with model_add.c, model_delete.c and model_update.c.
 */
#ifndef MODEL_REQUEST_H
#define MODEL_REQUEST_H

#include "model_internal.h"

/* The nodes that a reader of the list meets, in order. */
struct walk {
    uint32_t *nodes;
    uint32_t count;
    bool is_cyclic; /* it comes back to a node: only safety is judged */
    bool is_wild;   /* it leads out of what a driver could check: only safety is judged */
};

/* One request as it is judged: when it is answered, or when it completes. */
struct request_view {
    struct model *model;
    struct model_device *device;
    uint32_t device_index;
    struct judgement *judgement;
    const struct trace_line *line;
    struct list list;
    struct walk walk;
    uint32_t number;
    uint32_t status;
    uint32_t length; /* InformationBufferLength */
    uint32_t first_sa;
    const uint8_t *handles; /* ADD: 8 bytes for each node; NULL: not known */
    bool is_odd;            /* through another door, or of no revision: who knows whether its list is looked at */
    bool is_completion;     /* it was pended */
    bool is_reconfigured;   /* it was pended, and IPsec was switched on or off meanwhile */
    bool may_fail;          /* an allocation was made to fail, or the request was cancelled or reset */
};

/* How many elements of a DELETE or UPDATE list are not as they must be, and which is the first. */
struct plain_count {
    uint32_t bad;     /* elements whose header must be refused */
    uint32_t open;    /* elements on which the documents leave the verdict open */
    uint32_t unknown; /* well-formed, but the handle names no live SA */
    char law[16];
    char name[TRACE_NAME_MAX + 16];
    char reason[96];
    char reading[8]; /* of a request with one element: the point of part C that its header is about, or empty */
    const char *taken;
};

/* request_refusal: the law by which the request must fail whatever its elements are; NULL: it need not. */
const char *request_refusal(const struct request_view *view);

/* request_input: what bundle.h needs to judge the element at this place of the walk; bytes takes the element. */
void request_input(struct bundle_input *input, uint8_t bytes[LIST_NODE_BYTES], const struct request_view *view,
                   uint32_t place);

/* request_count: looks at the headers of all DELETE or UPDATE elements. */
void request_count(const struct request_view *view, struct plain_count *count);

/* request_read_header: notes the reading that the header told, once nothing else speaks for a refusal. */
void request_read_header(const struct request_view *view, const struct plain_count *count);

/* request_raw_handle: what OffloadHandle holds in an element that is given as bytes; 0 for all others. */
uint64_t request_raw_handle(const struct request_view *view, uint32_t node);

/* request_named: the SA of this device whose symbol a node has for a handle, whatever became of it, or NULL. */
struct model_sa *request_named(const struct request_view *view, uint32_t node);

/* request_sa: the symbol of the live SA that the handle of a node names, or 0. */
uint32_t request_sa(const struct request_view *view, uint32_t node);

/* request_accepted: breaks a law because the request succeeded; reason may be NULL. */
void request_accepted(const struct request_view *view, const char *requirement, const char *element,
                      const char *reason);

/* request_is_disturbed: the device is in no state to serve requests. */
bool request_is_disturbed(const struct model_device *device);

/* request_check_status: it is a status that these OIDs may end with.  request_check_absent: an OID that the device has
 * not is not supported; requirement is the law.  request_check_outputs: what was written into the request is true. */
void request_check_status(struct judgement *judgement, uint32_t status);
void request_check_absent(struct judgement *judgement, const struct model_device *device, uint32_t status,
                          const char *requirement);
void request_check_outputs(const struct request_view *view, const struct outputs *outputs);

/* request_read_code: notes which code a refusal had, at a point of part C that leaves it open. */
void request_read_code(const struct request_view *view, const char *point);

/* request_node_name: "b" or "b[7]"; request_status: the name of a status, or its number. */
void request_node_name(char *out, size_t size, const struct list *list, uint32_t node);
const char *request_status(char out[32], uint32_t status);

/* model_delete_waits: a DELETE is pended: what it names may be gone from now on. */
void model_delete_waits(const struct request_view *view);
/* model_update_waits: an UPDATE is pended: what it asks for may be in force from now on. */
void model_update_waits(const struct request_view *view);

/* model_race.c: a request with `race` has come; several with it name the same SA. */
void model_race_enter(const struct request_view *view);
bool model_race_contends(const struct request_view *view);

/* The judgements on the three kinds of request. */
void model_judge_add(const struct request_view *view);
void model_judge_delete(const struct request_view *view);
void model_judge_update(const struct request_view *view);

#endif
