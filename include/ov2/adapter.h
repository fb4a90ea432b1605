/* SPDX-License-Identifier: MIT */
/*
 * The contract between ov2 and a driver.  It is shaped like a miniport: an adapter is one thin file that maps these
 * entry points to a driver's handlers, and the host's services to the NdisM* calls of that driver.  PORTING.md has the
 * table.  Nothing in the suite knows which adapter is the reference.
 *
 * Units       lengths and offsets are bytes, times are milliseconds, integers are host order.
 * Ownership   a pointer passed in is lent for the duration of the call, except where its comment says
 *             "until completed": then the memory is the suite's again from the moment the completion is called (also
 *             when that is within the call), or the call returns a final status.  It is poisoned at once, and who
 *             touches it later is seen.  The callee frees nothing it did not allocate.
 * Threads     the suite makes one call at a time, unless the adapter sets OV2_CONCURRENT: then every entry point but
 *             open(), close() and unload() may overlap every other.  Host functions may be called from any thread, at
 *             any time from the moment open() is entered until close() returns, also before request() has returned;
 *             the suite locks.  An adapter delivers at once and never queues: the suite sees *when* a driver is done.
 * Re-entry    the suite never calls the adapter from within a host function; a driver that holds a lock of its own
 *             while it calls one is safe from us, and from nobody else.
 * Faults      the worker installs its fault handlers before open(); an adapter with its own chains to them.
 * Versioning  structs start with their size and grow only at the end; a size smaller than the reader's own means that
 *             the missing members are zero.  OV2_ABI changes when a meaning changes.
 */
#ifndef OV2_ADAPTER_H
#define OV2_ADAPTER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OV2_ABI 1u

/* What became of a call.  This is about the adapter; the driver's own answer is an NDIS_STATUS and is data. */
typedef uint32_t ov2_result;
#define OV2_OK          0u /* the driver was asked; its answer is in the outputs */
#define OV2_UNSUPPORTED 1u /* the adapter cannot ask this; legal only for what is optional below */
#define OV2_BROKEN      2u /* the adapter itself failed: an error, not a failure of the driver */

struct ov2_device;       /* one opened miniport; defined by the adapter */
struct ov2_host;         /* the suite's side of it; defined by the suite */
struct ndis_oid_request; /* ov2/ndis_ipsec.h: NDIS_OID_REQUEST, byte for byte */

/* The two doors of a miniport for OID requests. */
#define OV2_DOOR_DIRECT 1u /* MiniportDirectOidRequest */
#define OV2_DOOR_NORMAL 2u /* MiniportOidRequest */

/* One piece of a packet, as one MDL: length bytes of data at buffer + offset; head and tail room belong to the piece.
 */
struct ov2_fragment {
    uint8_t *buffer;
    uint32_t size;
    uint32_t offset;
    uint32_t length;   /* may be 0; offset + length <= size */
    uint32_t reserved; /* 0 */
};

/* One packet, as one NET_BUFFER: count pieces, in order, starting with the media header. */
struct ov2_packet {
    const struct ov2_fragment *fragments;
    uint32_t count;
    uint32_t reserved; /* 0 */
};

/* Out-of-band words of a NET_BUFFER_LIST, raw, as the slots hold them: reserved bits are visible. */
struct ov2_oob {
    uint64_t checksum;   /* slot 0 */
    uint64_t ipsec;      /* slot 1: OffloadHandle on send, flags and CryptoStatus on receive */
    uint64_t large_send; /* slot 2 */
    uint64_t vlan;       /* slot 4 */
    uint64_t tunnel;     /* slot 11 */
    uint64_t header;     /* slot 12 */
    uint32_t nbl_flags;
    uint32_t reserved; /* 0 */
};

/* One NET_BUFFER_LIST to send: every packet shares its OOB words. */
struct ov2_send {
    uint32_t size;                    /* sizeof(struct ov2_send) */
    uint32_t flags;                   /* OV2_READ_ONLY: the driver must not write to the data */
    uint64_t tag;                     /* comes back, once, in send_completed() */
    const struct ov2_packet *packets; /* lent until completed, with everything they point to */
    uint32_t count;
    uint32_t reserved; /* 0 */
    struct ov2_oob oob;
};
#define OV2_READ_ONLY 1u

/* What the miniport registered: NdisMRegisterMiniportDriver, NdisMSetMiniportAttributes. */
struct ov2_registration {
    uint32_t size;                     /* in: what the suite has room for; out: what the adapter filled */
    uint32_t ndis_version;             /* major << 16 | minor, the driver's own choice */
    uint32_t characteristics_revision; /* NDIS_MINIPORT_DRIVER_CHARACTERISTICS Header.Revision */
    uint32_t handlers;                 /* OV2_HANDLES_* */
    const void *default_offload;       /* DefaultOffloadConfiguration: NDIS_OFFLOAD as passed, or NULL */
    const void *hardware_offload;      /* HardwareOffloadCapabilities */
    uint32_t default_length;
    uint32_t hardware_length;
};
#define OV2_HANDLES_DIRECT        1u /* DirectOidRequestHandler */
#define OV2_HANDLES_CANCEL_DIRECT 2u /* CancelDirectOidRequestHandler */

/* The suite's services: the shapes of NdisM* calls.  Valid from open() until close() returns. */
struct ov2_host_ops {
    uint32_t size;
    uint32_t reserved;
    /* A frame left the device; once for each, in wire order, from the media header on.  The bytes are copied before it
     * returns.  Before or after send_completed(), but not after drain() has returned. */
    void (*transmitted)(struct ov2_host *, const struct ov2_packet *);
    /* The list with this tag is finished; status is the NBL's final NDIS_STATUS.  Its memory is the suite's again.
     * oob: the words as the list holds them now; NULL: the adapter cannot tell. */
    void (*send_completed)(struct ov2_host *, uint64_t tag, uint32_t status, const struct ov2_oob *);
    /* One packet is indicated to the stack, from the media header on, in the order of its indication.  The bytes are
     * copied before it returns.  oob: all slots, with 0 in those that were not set. */
    void (*indicated)(struct ov2_host *, const struct ov2_packet *, const struct ov2_oob *);
    /* A request that answered PENDING, or is going to, is finished: the pointer that was passed in.  door tells which
     * completion function was called: direct for NdisMDirectOidRequestComplete. */
    void (*request_completed)(struct ov2_host *, struct ndis_oid_request *, uint32_t door, uint32_t status);
    /* An event that answered PENDING is finished. */
    void (*event_completed)(struct ov2_host *, uint32_t event, uint32_t status);
    /* NdisMIndicateStatusEx: StatusCode, StatusBuffer, StatusBufferSize. */
    void (*status_indicated)(struct ov2_host *, uint32_t code, const void *buffer, uint32_t length);
    /* The adapter's own monitor saw a rule broken: its name, which counts against a requirement if it is the ID of one
     * ("OID-003"), and one sentence. */
    void (*violated)(struct ov2_host *, const char *rule, const char *text);
    /* Driver debug output; one line, no newline. */
    void (*log)(struct ov2_host *, const char *line);
    /* The IRQL at which the suite pretends to call: 0 passive .. 2 dispatch.  For an adapter that can check it. */
    uint32_t (*irql)(struct ov2_host *);
    /* Optional to use: gives the suite its ledger, n-th-failure injection and key scan.  size bytes, 16-byte aligned,
     * zeroed; NULL when memory is (or is meant to be) short.  pool_tag is the driver's own.  Memory goes back to the
     * device it came from, before close() returns; what does not is a leak.  It is kept back for a while, so that a use
     * after its release is seen. */
    void *(*allocate)(struct ov2_host *, uint32_t size, uint32_t pool_tag);
    void (*release)(struct ov2_host *, void *); /* NULL is allowed */
};

struct ov2_keyword { /* a registry keyword of the adapter, "*IPsecOffloadV2" */
    const char *name;
    uint32_t value;
    uint32_t reserved; /* 0 */
};

struct ov2_config {
    uint32_t size;
    uint32_t system_ndis_version; /* what the system offers; the driver registers its own, not above this */
    uint32_t media_header_len;    /* 14, or 18 with an in-band VLAN tag */
    uint32_t keyword_count;
    const struct ov2_keyword *keywords;
    const struct ov2_host_ops *ops;
    struct ov2_host *host;
    /* Everything here is lent for open(), except ops and host, which live until close() returns.
     * The words of the open line that are not keywords, "GCM_KEY=key,capacity=4"; or NULL.  Upper case: the profile
     * that the case holds the device to.  An adapter ignores what it does not know, or answers BROKEN and logs why. */
    const char *options;
};

struct ov2_adapter {
    uint32_t abi;   /* OV2_ABI */
    uint32_t size;  /* sizeof(struct ov2_adapter) */
    uint32_t flags; /* OV2_CONCURRENT, OV2_CONFIGURABLE */
    uint32_t reserved;
    const char *name; /* "vendor driver version", for reports */

    /* Brings up one device; may be called again while another is open.  OV2_OK: *out is the device, and close() will be
     * called for it.  BROKEN: there is none; why, the log says. */
    ov2_result (*open)(struct ov2_device **out, const struct ov2_config *);
    /* Halts it: its SAs are gone, everything pended is completed before it returns.  NULL is allowed. */
    void (*close)(struct ov2_device *);
    /* What it registered; asked once, right after open().  The pointers live until close(). */
    ov2_result (*registration)(struct ov2_device *, struct ov2_registration *);
    /* Submits a request; *status is what the handler returned.  PENDING: request and buffer are lent until completed;
     * it may be completed before request() returns. */
    ov2_result (*request)(struct ov2_device *, uint32_t *status, struct ndis_oid_request *, uint32_t door);
    /* Cancels every pended request with this RequestId.  Returns without waiting for them. */
    ov2_result (*cancel)(struct ov2_device *, uint64_t request_id, uint32_t door);
    /* The stack sends a chain of lists in one call.  The array is lent for the call, what it points to until completed.
     */
    ov2_result (*send)(struct ov2_device *, const struct ov2_send *lists, uint32_t count);
    /* A burst of frames arrives from the wire, in this order.  Whoever works on them later copies them; they may be
     * written to, as a NIC's own buffers. */
    ov2_result (*receive)(struct ov2_device *, const struct ov2_packet *frames, uint32_t count);
    /* Something happens to the device; *status is an NDIS_STATUS; PENDING: event_completed() will tell, once.
     * Optional: NULL, or UNSUPPORTED for each event that the adapter cannot make happen. */
    ov2_result (*event)(struct ov2_device *, uint32_t *status, uint32_t event);
    /* Returns when the device is idle: every completion, frame and indication that can come has come.  What HOLD keeps
     * back cannot come.  May be called when nothing is pended, too. */
    ov2_result (*drain)(struct ov2_device *);
    /* Optional: "function+offset, file:line" for a code address of the driver.  May be called after a crash. */
    ov2_result (*locate)(char *out, uint32_t size, uint64_t address);
    /* Optional: the driver is unloaded; no device is open. */
    void (*unload)(void);
};
#define OV2_CONCURRENT 1u
/* The device follows the profile words of its options, whatever they say: the suite may open it in every setting.  A
 * driver that is as it is leaves this out, and the run's PROFILE= says how it is. */
#define OV2_CONFIGURABLE 2u

#define OV2_EVENT_PAUSE                1u
#define OV2_EVENT_RESTART              2u
#define OV2_EVENT_RESET                3u
#define OV2_EVENT_LOW_POWER            4u
#define OV2_EVENT_FULL_POWER           5u
#define OV2_EVENT_LINK_DOWN            6u
#define OV2_EVENT_LINK_UP              7u
#define OV2_EVENT_SURPRISE_REMOVAL     8u
#define OV2_EVENT_HOLD                 9u  /* the hardware stops answering: requests that need it stay pended */
#define OV2_EVENT_RELEASE              10u /* it answers again */
#define OV2_EVENT_SA_PRESSURE          11u /* it wants to get rid of an SA: SaDeleteReq on the next packet of any inbound SA */
#define OV2_EVENT_CAPABILITIES_CHANGED 12u

/* The one exported symbol; a build that links two adapters renames it.  NULL if the adapter does not speak this abi. */
#ifndef OV2_ADAPTER_GET
#define OV2_ADAPTER_GET ov2_adapter_get
#endif
#if defined(_WIN32)
#define OV2_EXPORT __declspec(dllexport)
#else
#define OV2_EXPORT __attribute__((visibility("default")))
#endif
OV2_EXPORT const struct ov2_adapter *OV2_ADAPTER_GET(uint32_t abi);

#ifdef __cplusplus
}
#endif
#endif
