/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the model share: model.c (tables), model_request.c (requests), model_prepare.c (what the stack
 * does), model_send.c and model_receive.c (packets), model_match.c, model_packet.c and model_inner.c (one packet that
 * was received).
 */
#ifndef MODEL_INTERNAL_H
#define MODEL_INTERNAL_H

#include "model.h"

#define MODEL_ORDINARY_IP_LEN 1500u /* a larger packet the device may refuse: nobody knows its MTU */

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
    bool may_fail;  /* an allocation was made to fail, or something else was in its way then */
    enum trace_verb verb;
    struct model_pending *next;
};

struct model_device {
    bool is_open;
    struct profile profile;
    /* What configuration and events made of it. */
    uint32_t ipsec;            /* NDIS_OFFLOAD_PARAMETERS_IPSECV2_* in force */
    bool was_switched;         /* by a request, not by the registry alone */
    bool encapsulation_on[2];  /* for IPv4 and IPv6 */
    bool had_encapsulation[2]; /* it was on before */
    bool segmentation_off;     /* LSO was switched off */
    bool is_foggy;             /* an SA may be there, or gone, that the model does not know of */
    bool is_held;
    bool is_link_down;
    bool is_paused;
    bool is_low_power;
    bool is_removed;
    bool is_resetting;
    uint32_t racer_count;   /* requests that wait for the line with which they race */
    bool is_racing;         /* with the line in hand */
    bool is_shaken;         /* the line in hand is one that may make them fail */
    bool is_interrupted;    /* the line in hand may abort requests that nobody cancelled */
    bool wants_delete;      /* SA_PRESSURE: SaDeleteReq may come */
    uint32_t asked;         /* the number of the last request */
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
    bool has_pairs;                 /* a bundle of two operations was added */
    uint32_t stamp;                 /* lists looked at so far */
    struct model_sending *sendings; /* oldest first */
    struct model_arrival *arrivals; /* the same */
    uint64_t *ivs;                  /* a set: which IVs this device has made, and for whose key */
    uint32_t iv_count;
    uint32_t iv_size;
};
#define MODEL_IPSEC_UNKNOWN 0xFFu /* configured in a way that the model does not follow */

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
    struct judgement *trial;    /* what would be said of a packet if it were this frame under that SA */
    uint8_t *tagged;            /* STACK_FRAME_MAX bytes: a packet with its VLAN tag put back */
    uint8_t *clear;             /* as many: what a tunnel holds when the portion inside was processed, too; */
    uint8_t *known;             /* and which bytes of it are known */
    /* receive: what each packet of the prepared line is, filled by model_prepare() */
    struct model_arrival *arrivals;
    struct model_arrival **arrivals_end;
    /* send: the segments of its large packets, in order, filled by model_prepare() */
    struct model_segment *segments;
    struct model_segment **segments_end;
};

/* ---- Packets on their way out ---- */

enum send_duty {
    SEND_PLAIN,   /* no handle: byte for byte */
    SEND_PROTECT, /* a live outbound SA */
    SEND_REFUSE,  /* fail, nothing on the wire */
    SEND_EITHER,  /* the documents leave it open; never plaintext */
    SEND_SAFE,    /* nothing is known of it */
};

/* One packet, as the stack handed it over; of a large one a segment, as the stack would have framed it. */
struct model_sent {
    uint8_t *bytes;
    uint32_t len;
    struct stack_span text; /* of a segment: its part of the payload */
    uint32_t known;         /* so many bytes tell it from other packets: to the sequence number */
    bool has_left;
    uint32_t frame; /* the number of the frame it left as */
};

/* A segment of a large packet of the line in hand. */
struct model_segment {
    struct model_segment *next;
    uint32_t list;
    uint32_t len;
    struct stack_span text;
    uint8_t *bytes;
};

/* One list of packets, from its send line until all has come of it that is due. */
struct model_sending {
    struct model_sending *next; /* newer */
    uint32_t number;            /* as its completion names it */
    uint32_t status;            /* PENDING: still out */
    enum send_duty duty;
    const char *law;   /* broken by a device that does otherwise */
    uint32_t wanted;   /* REFUSE: with which status; SUCCESS: any failure */
    bool has_handle;   /* it must never be seen in plain */
    bool is_read_only; /* the device may not work in its memory */
    bool is_large;     /* of packets that the NIC has to cut; framed: into those below */
    bool is_wrapping;  /* its numbers go over the wrap of an ESN SA: nobody knows which upper half they have */
    bool may_drop;     /* REFUSE: SUCCESS is as good, if nothing leaves */
    bool has_task;     /* checksums: the device may write into the packet */
    bool is_framed;    /* for the SA of this symbol: */
    uint32_t symbol;   /* 0: none that is known */
    uint32_t hi[2];    /* its upper halves when it was sent */
    uint32_t inner;    /* transport in its tunnel: the symbol of the SA inside; 0: no such thing */
    uint32_t inner_hi[2];
    bool tells;          /* whether it is protected tells whether the SA lives */
    bool may_fail;       /* since it was sent, something happened that excuses it */
    bool may_vanish;     /* even without a word */
    uint32_t left_count; /* packets that have left the device */
    uint32_t next_index; /* behind the last of them in the order of the list */
    uint8_t *data;       /* what its packets held when it was completed, one behind the other; NULL: what was sent */
    uint32_t packet_count;
    struct model_sent packets[];
};

/* ---- Packets on their way in ---- */

/* One frame that arrives, until it is indicated. */
struct model_arrival {
    struct model_arrival *next;
    uint32_t frame; /* frame number it comes from, 0: bytes from the line */
    uint8_t *bytes; /* as it arrives */
    uint32_t len;
    uint8_t *base; /* as it was before it was edited on its way */
    uint32_t base_len;
    bool is_edited;
    bool may_miss;     /* the device need not indicate it */
    bool is_disturbed; /* since it arrived, something happened that changes what must become of it */
    bool is_overtaken; /* a later one of its flow was indicated before it */
    bool has_plain;    /* a known answer: */
    uint32_t plain_len;
    uint8_t next_header;
    uint8_t *plain;
    struct stack_layout layout; /* as a device sees it that knows no SA */
};

/* What may become of a frame that arrives. */
enum packet_duty {
    PACKET_UNTOUCHED, /* no SA takes it */
    PACKET_GOOD,      /* the SA does, and it is authentic */
    PACKET_BAD,       /* the SA does, and it is not */
    PACKET_FOREIGN,   /* its SPI belongs to an SA for the other protocol */
    PACKET_SAFE,      /* nobody knows; only consistency is judged */
};

/* One way to see a frame: under which SA, with which upper halves. */
struct model_match {
    enum packet_duty duty;
    const char *law;    /* UNTOUCHED, BAD: broken by a device that does otherwise */
    uint32_t symbol;    /* 0: no SA */
    bool is_wild;       /* its destination is zero: it matches every frame, or none */
    bool is_sure;       /* it lives, for all we know */
    bool is_absence;    /* UNTOUCHED: because the SA is not there */
    bool is_malformed;  /* its lengths do not fit */
    bool is_cut;        /* so much that no ICV of ESP can be found */
    bool is_ah_cut;     /* nor one of AH */
    bool is_oversized;  /* SAFE: authentic, but with a pad length that does not fit */
    bool is_failing[2]; /* layers whose check must fail */
    bool uses_other[2]; /* layers with the half of which it is not known whether it is in force */
    bool sent_other[2]; /* the same of the SA that sent the frame */
    struct bundle bundle;
};
#define MODEL_MATCHES 24u

struct model_matches {
    uint32_t count;
    bool has_sa;      /* an SA may take it */
    bool is_complete; /* false: there are more than fit */
    struct model_match list[MODEL_MATCHES];
};

/* One indicated packet under judgement, as one of the frames that arrived. */
struct packet_view {
    struct model *model;
    struct model_device *device;
    uint32_t device_index;
    struct judgement *judgement;
    const struct model_arrival *arrival;
    const uint8_t *got;
    uint32_t got_len;
    const struct ov2_oob *oob;
};

/* What the payload of a frame must decrypt to, as far as it is known. */
struct packet_plain {
    const uint8_t *payload; /* without the trailer, which stands behind it; NULL: not known */
    const uint8_t *known;   /* which of its bytes; NULL: all */
    uint32_t len;
    uint32_t trailer_len; /* known, too; 0: it is not */
    bool is_stripped;     /* RX_STRIP has taken something out of the packet inside */
    int next_header;      /* of the trailer; -1: not known */
    int pad_length;
    int inner_next_header; /* of the trailer in the packet inside; -1: there is none */
    int inner_pad_length;
};

enum inner_duty {
    INNER_NONE, /* no second portion, or no SA for it */
    INNER_GOOD,
    INNER_BAD,
    INNER_OPEN, /* nobody knows */
};

/* The portion inside a tunnel. */
struct packet_inner {
    enum inner_duty duty;
    const char *law; /* broken by a device that does otherwise; NULL: no second portion is there */
    uint32_t symbol;
    struct bundle bundle;
    bool is_misfit;             /* BAD: its lengths, or options, do not fit the SA */
    struct stack_layout layout; /* in the packet inside */
    const uint8_t *clear;       /* that packet, as the stack framed it */
};

/* model.c */
uint32_t model_add_source(struct model_device *device, const struct trace_line *line);
bool model_reserve(struct model_device *device, uint32_t count);
void model_go_live(struct model_device *device, uint32_t symbol);
void model_go_dead(struct model_device *device, uint32_t symbol, enum model_state state);
uint32_t model_find_handle(const struct model_device *device, uint64_t handle);
/* What a handle symbol of `owner` means on a device; false: nobody can know it. */
bool model_handle(const struct model *model, uint64_t *value, uint32_t device, uint32_t owner, uint64_t symbol,
                  enum trace_twist twist);
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

/* model_config.c */
void model_judge_config(struct model_device *device, const struct trace_line *line, const struct outcome *outcome);
void model_judge_event(struct model_device *device, const struct trace_line *line, const struct outcome *outcome);
/* An OID that is given byte by byte: what it changes of the configuration. */
void model_judge_oid(struct model_device *device, const struct trace_line *line, const struct outcome *outcome);
bool model_has_completed(const struct outcome *outcome, uint32_t event);
/* What may abort a request, fail a send or swallow a frame, though nobody asked for it. */
bool model_interrupts(const struct model_device *device, const struct trace_line *line);

/* model_send.c */
/* Before anything else of the line is judged: what is due of the lists of a send line. */
void model_send_begin(struct model *model, uint32_t device, const struct trace_line *line,
                      const struct prepared *prepared, const struct outcome *outcome);
/* What happens now may change what was due of the lists that are out. */
void model_send_disturb(struct model_device *device, const struct trace_line *line, const struct outcome *outcome);
/* The frames that left, and the lists that were completed; is_idle: nothing more can come. */
void model_judge_sent(struct model *model, struct judgement *judgement, uint32_t device, const struct outcome *outcome,
                      bool is_idle);
void model_free_sendings(struct model_device *device);

/* model_data.c: what the NIC makes of the stack's data. */
/* The checksums that slot 0 asks for become part of what must be protected. */
void model_fill_sums(struct model_sending *sending, struct model *model, uint32_t device, uint64_t checksum);
/* The data of a list that was completed, if they are others than were sent. */
void model_take_data(struct model_sending *sending, const struct completion *completion, const struct outcome *outcome);
void model_judge_data(const struct model *model, struct judgement *judgement, uint32_t device,
                      const struct model_sending *sending);

/* model_large.c: large packets. */
void model_free_segments(struct model *model);
/* Keeps one of the line in hand, as the stack would have framed it; false: no memory. */
bool model_keep_segment(struct model *model, uint32_t list, const uint8_t *bytes, uint32_t len, struct stack_span text);
/* The list's packets are its segments, of which there is room for all; returns how many there are. */
uint32_t model_take_segments(struct model_sending *sending, struct model *model, uint32_t list);
/* What is due of a large list, when it is known but for that. */
void model_judge_large(struct model_sending *sending, struct model *model, uint32_t device,
                       const struct prepared *prepared, uint32_t index);
/* The law that a frame of another length than its segment breaks. */
const char *model_large_law(const struct model_sending *sending, const struct model_sent *sent, uint32_t len);

/* The law that a protected frame breaks that nobody sent: it may be a segment of what was to be refused. */
const char *model_large_stray(const struct model_device *device);

/* model_has_unknown_segments: a large packet is out that no SA is there for: what its segments look like is no matter
 * of ours. */
bool model_has_unknown_segments(const struct model_device *device);

/* model_iv.c */
/* Whether this IV was made under this key before; from now on it was. */
bool model_repeats_iv(struct model_device *device, uint32_t key, const uint8_t *iv, uint32_t len);

/* model_wire.c */
void model_judge_wire(struct model *model, struct judgement *judgement, uint32_t device, const struct outcome *outcome);

/* model_receive.c */
void model_receive_begin(struct model *model, uint32_t device, const struct outcome *outcome);
void model_receive_disturb(struct model_device *device, const struct trace_line *line, const struct outcome *outcome);
void model_judge_received(struct model *model, struct judgement *judgement, uint32_t device,
                          const struct outcome *outcome, bool is_idle);
void model_free_arrivals(struct model_arrival **first);

/* model_cover.c */
/* Where the IP packet ends, as its length says; behind the frame's end if the frame was cut. */
uint32_t model_ip_end(const struct stack_layout *layout, const uint8_t *bytes);
/* Whether the bytes that an operation's ICV covers are as they were; *is_odd: but for some that it may cover or not. */
bool model_is_intact(bool *is_odd, const struct model_arrival *arrival, const struct stack_layout *layout,
                     uint32_t operation);
/* Whether what a frame encloses ends in a pad length that does not fit in there (RX-029). */
bool model_is_oversized(const struct bundle *bundle, const struct model_frame *frame,
                        const struct stack_layout *layout);

/* model_is_doubtful: a frame with a header that a device may refuse to read on from: then it stays as it is. */
bool model_is_doubtful(const struct model_arrival *arrival);
/* model_has_odd_options: of which nobody can say what AH covers: they do not fit where they are. */
bool model_has_odd_options(const struct stack_layout *layout, const uint8_t *bytes);
/* model_is_misfit: its parts can be found, but their lengths, or options, do not fit what the bundle takes. */
bool model_is_misfit(const struct bundle *bundle, const struct stack_layout *layout, const uint8_t *bytes);
void model_find_defects(struct model_match *match, const struct model_arrival *arrival,
                        const struct stack_layout *layout);

/* model_match.c */
#define MODEL_SEARCH_MAX 4096u /* SAs of a device that are looked at one by one */
/* model_may_find_pair: whether a device may take a packet for this SA of two operations by its inner SPI (RX-018). */
bool model_may_find_pair(struct model *model, uint32_t device, uint32_t symbol, const struct stack_layout *layout);
void model_find_matches(struct model_matches *matches, struct model *model, uint32_t device,
                        const struct model_arrival *arrival);

/* Whether what was made for one layer is authentic for another; garbled: under another cipher, so that it decrypts to
 * anything. */
bool model_same_keys(bool *is_garbled, const struct bundle_layer *sent, const struct bundle_layer *mine);
/* Whether an inbound SA's family and addresses are those of a packet. */
bool model_selects(const struct bundle *bundle, const struct stack_layout *layout);
/* The packet has ESP in UDP. */
bool model_is_in_udp(const struct stack_layout *layout);

/* model_inner.c */
/* What a frame of this bundle decrypts to. */
struct packet_plain packet_plain_read(const struct packet_view *view, const struct stack_layout *layout,
                                      const struct bundle *bundle);
/* The portion inside a frame whose outer one is authentic for the SA of a match. */
struct packet_inner packet_inner_find(const struct packet_view *view, const struct model_match *match,
                                      const struct stack_layout *outer, const struct packet_plain *plain);
/* What is indicated when that one was processed as well. */
void packet_inner_apply(struct packet_plain *plain, const struct packet_view *view, const struct packet_inner *inner);
/* The first byte of got in which it is not the known payload, or len. */
uint32_t packet_plain_difference(const struct packet_plain *plain, const uint8_t *got, uint32_t len);

/* model_packet.c */
/* Laws about every indicated packet. */
void packet_check_slots(const struct packet_view *view, bool has_sa);
/* Laws about a packet that is seen in one way; false: what becomes of such a frame is not known, or not in whole. */
bool packet_check(const struct packet_view *view, const struct model_match *match);

/* model_sums.c: slot 0 of an authentic frame that carries this datagram. */
void packet_check_sums(const struct packet_view *view, const struct stack_layout *layout, const uint8_t *datagram,
                       uint32_t len, uint32_t protocol);

/* model_stream.c: the numbers of what an SA receives. */
enum half_verdict {
    HALF_RIGHT,
    HALF_WRONG,
    HALF_OPEN, /* a device may have the one or the other */
};
/* ESN_RX=infer: whether a device whose half was `mine` takes the one that the frame was sent with. */
enum half_verdict model_stream_half(const struct model_sa *sa, uint32_t low, uint32_t sent, uint32_t mine);
/* Whether the stack would refuse this authentic frame, because its number is one that came or is too old. */
bool model_stream_repeats(struct model_sa *sa, const struct model_frame *frame, uint32_t low);
/* The stack was given an authentic frame: its window moves. */
void model_stream_accept(struct model_sa *sa, const struct model_frame *frame, uint32_t low);
/* ESN_RX=infer: and so does the device's. */
void model_stream_hear(struct model_sa *sa, const struct model_frame *frame, uint32_t low);

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
