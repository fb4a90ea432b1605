/* SPDX-License-Identifier: MIT */
/*
 * The trace language: what the suite asks a device and what the device answered, as text.  What pytest says to a
 * worker, a fuzz seed, a crash file, a witness, a regression case and a bug report are all traces.
 *
 *   trace     = { line "\n" }
 *   line      = [ "> " ] [ device ] verb { word } [ comment ]     a request: one act of the stack
 *             | "< " anything                                     an answer; for people, skipped by the parser
 *             | [ comment ]                                       nothing
 *   comment   = "#" [ " " anything ]                              at the start of a word; "#1" is a handle
 *   device    = "dut" | "dut2" .. "dut4" | "peer" | "peer2"       absent: dut.  dutN opens on the adapter under test,
 *                                                                 peerN on the clean reference, in another process
 *   verb      = open close caps add_sa add_sa_ex update_sa delete_sa oid send receive config event cancel scan drain
 *               quit
 *   word      = option | element
 *   option    = key [ "=" value ]                                 a flag stands alone
 *   element   = name [ "[" count "]" ] "{" { option } "}"         one structure in a list, one NET_BUFFER_LIST of a
 *                                                                 send, one frame of a receive; count: a run of them
 *
 * Values, by the type that the tables in trace_keys.c give a key:
 *   number    12  0x1F                      64 bits; names where the key has them: op=esp, door=direct, kind=set
 *   bytes     00ff.16*aa.32?7               parts joined by ".": hex digits; n*hh repeats a byte n times; n?s is n
 *                                           pseudo-random bytes of seed s (trace_bytes() defines them); "-" is none
 *   address   192.0.2.1  2001:db8::1        4 or 16 bytes
 *   handle    #3                            what the third ADD element submitted on this device was given; 0 if it
 *                                           failed, or the device has not told it yet
 *             #3+                           in a run: #3, #4, #5 ...
 *             #3~high  #3~top               bit 45 flipped, which still leaves a kernel's address; bit 63 flipped
 *             #3~next  #3~low               plus one; the upper half cleared
 *             dut2#3                        the same of another device
 *             0x12  null                    a raw value
 *   place     null                          of Next: where it points to
 *             b   b[7]   b+16   b[7]+16     the start of an element of this line (else: of the latest line that has
 *                                           it), or a byte in its middle
 *             +                             in a run: the next element of the run, after the last one `last`, or null
 *             freed                         wild: the memory of a completed request
 *             unmapped                      wild: an address at which there is no memory
 *             noncanonical                  wild: no form of an address
 *             0x12                          a raw value
 *   frame     $2                            the second frame that any device transmitted in this trace; or bytes
 *   edit      icv+0.3                       region, byte in it, bit in the byte; regions are those of stack.h
 *   text      anything without blanks or braces, or "in double quotes", where \" and \\ stand for themselves
 *
 * On an open line every word is allowed: it is the device's profile ("GCM_KEY=key", upper case), a registry keyword
 * ("*IPsecOffloadV2=0") or an option of the adapter or of the host ("capacity=4").
 *
 * Everything is bounded, once, here.
 */
#ifndef TRACE_H
#define TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACE_LINE_MAX     65536u   /* bytes of one line, without its newline */
#define TRACE_WORDS_MAX    1024u    /* options of one line, those of its elements included */
#define TRACE_ELEMENTS_MAX 128u     /* elements of one line, a run counts once */
#define TRACE_NAME_MAX     31u      /* bytes of an element's name */
#define TRACE_RUN_MAX      4000000u /* elements of one run */
#define TRACE_BYTES_MAX    131072u  /* bytes that one value expands to */
#define TRACE_DEVICES      6u       /* dut .. dut4, peer, peer2 */
#define TRACE_FIRST_PEER   4u       /* devices from this index on are peers */

enum trace_verb {
    VERB_OPEN,
    VERB_CLOSE,
    VERB_CAPS,
    VERB_ADD_SA,
    VERB_ADD_SA_EX,
    VERB_UPDATE_SA,
    VERB_DELETE_SA,
    VERB_OID,
    VERB_SEND,
    VERB_RECEIVE,
    VERB_CONFIG,
    VERB_EVENT,
    VERB_CANCEL,
    VERB_SCAN, /* looks for a key in the driver's memory */
    VERB_DRAIN,
    VERB_QUIT,
    VERB_COUNT,
};

/* Every key of every verb, in the order of the table in trace_keys.c.  KEY_OTHER: the free words of an open line. */
enum trace_key {
    KEY_OTHER,
    /* a request: how it is submitted */
    KEY_DOOR,     /* number: direct, normal */
    KEY_KIND,     /* number: RequestType; query set stats method */
    KEY_REVISION, /* number: of the NDIS_OID_REQUEST */
    KEY_ID,       /* number: RequestId; of cancel: which */
    KEY_PORT,     /* number: PortNumber */
    KEY_TIMEOUT,  /* number: seconds */
    KEY_IRQL,     /* number: 0 to 2 */
    KEY_LENGTH,   /* number: InformationBufferLength; absent: what the head element occupies */
    KEY_OUT,      /* number: OutputBufferLength of a method request */
    KEY_BUFFER,   /* bytes: oid's information buffer; null: a NULL pointer, also for the other verbs */
    KEY_CODE,     /* number: oid's OID */
    KEY_NOWAIT,   /* flag: do not drain; the request may stay pended */
    KEY_FAIL,     /* number: the n-th allocation from here on fails (1 is the next one) */
    KEY_RACE,     /* flag: wait, and go off in a thread of its own at the moment of the next line without it */
    /* an element: its header, its place */
    KEY_TYPE,
    KEY_REV,
    KEY_SIZE,
    KEY_NEXT,   /* place */
    KEY_LAST,   /* place: where the last element of a run points */
    KEY_AT,     /* number: guard packed scattered unaligned */
    KEY_BYTES,  /* number: only so many bytes of the element exist */
    KEY_RAW,    /* bytes: the element is these bytes */
    KEY_TWITCH, /* place: an element whose bytes this one takes on while the driver reads it ... */
    KEY_AFTER,  /* number: ... when so many of its instructions have (1 is absent) */
    KEY_HANDLE, /* handle: of ADD: what OffloadHandle holds beforehand */
    /* UPDATE_SA */
    KEY_OP,  /* number: ah esp */
    KEY_SPI, /* number, as read by a person; also of ADD */
    KEY_HI,  /* number: SequenceNumberHighOrder; also of ADD */
    /* ADD_SA, ADD_SA_EX: the usual bundle in a few words ... */
    KEY_IN,     /* flag: inbound */
    KEY_SRC,    /* address; 16 bytes make the element an IPv6 one */
    KEY_DST,    /* address */
    KEY_ESP,    /* number: a suite of suite.h, "aes-gcm-128", "aes-cbc-128+sha1" */
    KEY_AH,     /* number: a suite of suite.h, "ah-sha1" */
    KEY_AH_SPI, /* number */
    KEY_AH_HI,  /* number */
    KEY_ESN,    /* flag */
    KEY_ICV,    /* number: ICV bytes of AES-GCM, goes into AdditionalInfo in the profile's unit */
    KEY_KEY,    /* bytes: the key area; absent: pseudo-random bytes of seed 1, as many as the suites need; of scan: what
                 * to look for */
    KEY_UDP,    /* number: UdpEspEncapsulation */
    /* ... and every member by itself, on top of them */
    KEY_EXT,      /* number: NumExtHdrs */
    KEY_FLAGS,    /* number */
    KEY_KEY_LEN,  /* number: KeyLength */
    KEY_KEY_AT,   /* number: KeyOffset of ADD_SA_EX */
    KEY_SWITCH,   /* number: SourceSwitchPortId */
    KEY_VLAN,     /* number: VlanId */
    KEY_SA_FIRST, /* then, for sa0 and sa1, the twelve members of trace_sa_member */
    KEY_SA_END = KEY_SA_FIRST + 24,
    /* send */
    KEY_SA = KEY_SA_END, /* handle: slot 1 */
    KEY_TUNNEL,          /* handle: slot 11 */
    KEY_DATA,            /* bytes: the payload that is protected */
    KEY_NH,              /* number: its protocol; absent: 17 */
    KEY_SEQ,             /* number: absent: the next one of the SA */
    KEY_PAD,             /* number: pad length; absent: the least */
    KEY_IV,              /* bytes: with IV_BY=stack */
    KEY_CUT,             /* number: bytes in a fragment; absent: one fragment */
    KEY_ROOM,            /* number: bytes of each fragment's memory in front of its data */
    KEY_AH_OFFSET,       /* number: slot 12, in its own unit */
    KEY_ESP_OFFSET,      /* number */
    KEY_READ_ONLY,       /* flag */
    KEY_FRAME,           /* frame: sent or received as it is */
    KEY_OPTIONS,         /* number: bytes of IPv4 options or IPv6 extension headers, which are only padding */
    KEY_HEADERS,         /* bytes: these IPv4 options; or the type of an IPv6 extension header, and these headers, of
                          * which the last one's next header is filled in */
    KEY_CHECKSUM,        /* number: slot 0, what the NIC is to compute */
    /* ... in a tunnel: the packet inside has these addresses (with tunnel=, where the transport SA's are wildcards) */
    KEY_INNER_SRC,  /* address */
    KEY_INNER_DST,  /* address */
    KEY_TUNNEL_SEQ, /* number: with tunnel=, of the tunnel's header; absent: the next one of that SA */
    KEY_TUNNEL_PAD, /* number: with tunnel=, of the tunnel's trailer; absent: the least */
    /* ... or as a large one, of which data is the TCP payload, and pad the bytes behind it that are to be discarded */
    KEY_LSO,         /* number: v1 v2 */
    KEY_MSS,         /* number: absent: 1000 */
    KEY_TCP_FLAGS,   /* number: absent: ACK */
    KEY_TCP_SEQ,     /* number */
    KEY_TCP_OPTIONS, /* number: bytes of them */
    KEY_IP_ID,       /* number: absent: the low bits of the sequence number */
    /* receive */
    KEY_PLAIN,    /* bytes: what a frame given as bytes must decrypt to: ESP payload without the trailer */
    KEY_NH_PLAIN, /* number: and the trailer's next header */
    KEY_FLIP,     /* edit: invert one bit (or one byte); also of send, before the NIC has it */
    KEY_SHORTEN,  /* number: bytes cut off the frame's end */
    KEY_GROW,     /* number: zero bytes appended */
    /* config, event */
    KEY_IPSEC,         /* number: NDIS_OFFLOAD_PARAMETERS.IPsecV2; disabled ah esp both */
    KEY_ENCAPSULATION, /* number: OID_OFFLOAD_ENCAPSULATION; on off */
    KEY_SEGMENTATION,  /* number: NDIS_OFFLOAD_PARAMETERS.LsoV1, LsoV2IPv4 and LsoV2IPv6; on off */
    KEY_EVENT,         /* number: pause restart reset ...; the one word of an event line may stand without "event=" */
    KEY_COUNT,
};

/* The members of one SecAssoc element, as in "sa1.enc.len". */
enum trace_sa_member {
    SA_FLAGS,
    SA_OP,
    SA_SPI,
    SA_HI,
    SA_AUTH,
    SA_AUTH_LEN,
    SA_AUTH_OFF,
    SA_AUTH_INFO,
    SA_ENC,
    SA_ENC_LEN,
    SA_ENC_OFF,
    SA_ENC_INFO,
};

enum trace_type {
    TYPE_FLAG,
    TYPE_NUMBER,
    TYPE_BYTES,
    TYPE_ADDRESS,
    TYPE_HANDLE,
    TYPE_PLACE,
    TYPE_FRAME,
    TYPE_EDIT,
    TYPE_TEXT,
};

enum trace_base {
    BASE_RAW,    /* handle, place, frame: number holds the value; frame: text holds the bytes */
    BASE_SYMBOL, /* handle: SA number of device; frame: frame number; place: element name, index, offset */
    BASE_RUN,    /* handle: number plus the index in the run; place: the next element of the run */
    BASE_FREED,
    BASE_UNMAPPED,
    BASE_NONCANONICAL,
    BASE_NULL,
};

enum trace_twist {
    TWIST_NONE,
    TWIST_HIGH,
    TWIST_TOP,
    TWIST_NEXT,
    TWIST_LOW,
};

/* One option.  text and key point into the line's own storage and are not terminated. */
struct trace_word {
    enum trace_key key;
    enum trace_type type;
    enum trace_base base;
    enum trace_twist twist;
    const char *key_text; /* as written; what matters for KEY_OTHER */
    uint32_t key_len;
    uint32_t text_len;
    const char *text; /* the value as written, quotes included; NULL for a flag */
    uint64_t number;  /* number; handle: SA number or raw value; frame: its number; place: offset; edit: byte */
    uint32_t device;  /* handle */
    uint32_t index;   /* place: index in the run; edit: bit, or UINT32_MAX for the whole byte */
    uint32_t count;   /* bytes and address: how many; place and edit: length of the name at text */
    uint8_t address[16];
};

struct trace_element {
    char name[TRACE_NAME_MAX + 1];
    uint32_t count; /* 1, or the length of the run; 0 is legal and means that it is not there */
    uint32_t is_run;
    uint32_t first_word; /* index in words */
    uint32_t word_count;
};

struct trace_line {
    enum trace_verb verb;
    uint32_t device;
    uint32_t word_count;   /* in words[]: first the options of the line, then those of its elements, in order */
    uint32_t option_count; /* how many of them belong to the line itself */
    uint32_t element_count;
    struct trace_word words[TRACE_WORDS_MAX];
    struct trace_element elements[TRACE_ELEMENTS_MAX];
    uint32_t storage_len;
    char storage[TRACE_LINE_MAX + 1]; /* the text that the words point into */
};

struct trace_error {
    uint32_t column; /* from 1 */
    char text[160];  /* one sentence without a full stop */
};

enum trace_result {
    TRACE_REQUEST, /* *line holds a request */
    TRACE_NOTHING, /* an empty line, a comment or an answer */
    TRACE_ERROR,   /* *error says what and where */
};

/* trace_parse: reads one line of len bytes (no newline).  *line is large: keep one and reuse it.  Never reads past len,
 * never allocates.  Options of a line may stand before, between and behind its elements. */
enum trace_result trace_parse(struct trace_line *line, struct trace_error *error, const char *text, size_t len);

/* trace_print: writes the request in canonical form (device only if not dut, options, elements; a value as written) and
 * a terminating NUL; returns the length without it, or 0 if it does not fit.  Parsing the result gives the same line.
 */
size_t trace_print(char *out, size_t size, const struct trace_line *line);

/* trace_option, trace_field: the last word with this key among the line's own options, or of one element; or NULL. */
const struct trace_word *trace_option(const struct trace_line *line, enum trace_key key);
const struct trace_word *trace_field(const struct trace_line *line, const struct trace_element *element,
                                     enum trace_key key);

/* trace_drop_word: takes a word out of a parsed line, an option of it or a field of an element. */
void trace_drop_word(struct trace_line *line, uint32_t word);

/* trace_bytes: expands a value of type bytes (or a frame given as bytes) into out; false if it needs more than size.
 * The i-th pseudo-random byte of "n?s" is the low byte of the i-th output of splitmix64 started at s. */
bool trace_bytes(uint8_t *out, size_t size, size_t *len, const struct trace_word *word);

/* trace_random: the bytes of "len?seed". */
void trace_random(uint8_t *out, size_t len, uint64_t seed);

/* trace_text: the value of a text word without its quotes, NUL-terminated; false if it does not fit. */
bool trace_text(char *out, size_t size, const struct trace_word *word);

/* The names of verbs, keys and devices, for printing; the type of a key as used by a verb. */
const char *trace_verb_name(enum trace_verb verb);
const char *trace_device_name(uint32_t device);
const char *trace_key_name(enum trace_key key);
/* trace_key_type: false if the verb does not know the key at this level (in_element: inside an element). */
bool trace_key_type(enum trace_type *type, enum trace_verb verb, bool in_element, enum trace_key key);

#endif
