/* SPDX-License-Identifier: MIT */
/*
 * This driver is wrong on purpose. It is written the way hurried drivers are: it works with a friendly caller and was
 * never shown any other. The suite is run against it to see that it finds what is wrong, so do not repair it; when a
 * sin goes, its line below goes too.
 *
 * Crashes. A handle is the address of the SA, and DELETE_SA, UPDATE_SA and send follow whatever they are given: NULL,
 * stale, repeated, foreign (DEL-011, DEL-012, DEL-026, UPD-007, UPD-009, UPD-019, UPD-030, TX-002, TX-003, TX-021).
 * InformationBufferLength is never looked at and NULL buffers are followed (HDR-001, HDR-002, HDR-003, HDR-015,
 * HDR-018, UPD-004, DEL-016, DEL-017, CFG-008, CFG-019). Header.Size is the number of bytes that are copied (HDR-011,
 * HDR-012). Key lengths and offsets are trusted (KEY-001, KEY-002). All allocations but that of the SA are unchecked
 * (ADD-052, REL-016). The IP total length is the length of the packet, ESP starts where slot 12 says, and nothing is
 * ever too short (TX-010, TX-032, RX-017, RX-030, RX-033).
 *
 * Hangs. Lists are walked to their NULL, cycle or not (ADD-017, DEL-015). A new SA goes to the end of the table, which
 * is found by walking it, and SaOffloadCapacity limits nothing (ADD-018, REL-013).
 *
 * Leaks. A refused element forgets its key (ADD-052). DELETE_SA forgets the key of an inbound SA (DEL-003, DEL-027,
 * KEY-016). Keys are never wiped.
 *
 * Wrong state. The handle is written before the element is validated, and stays after a failure (ADD-010). A bad
 * element in a list fails the request, but its predecessors stay installed (ADD-008, ADD-009). UPDATE_SA stores the
 * new value before it looks at anything (UPD-011, UPD-014). The table has no lock although a second thread works on it
 * (OID-005, UPD-022, DEL-013).
 *
 * Wrong acceptance. Any non-zero encryption identifier is AES-GCM, with the key size that KeyLength suggests (ADD-030,
 * ADD-032, ADD-033, KEY-009, KEY-014), and any AdditionalInfo is an ICV length (KEY-012). Operation, NumExtHdrs and
 * SecAssoc[1] are ignored (ADD-019, ADD-022, ADD-024, ADD-025, ADD-035). RequestType is ignored (OID-022, OID-023,
 * OID-024). UPDATE_SA and DELETE_SA check no header (HDR-007, HDR-009, HDR-010, UPD-021).
 *
 * Wrong refusal. ADD_SA and ADD_SA_EX want revision 1 and nothing newer (HDR-008).
 *
 * Wrong answers. BytesRead is never set (HDR-019, UPD-023) and SupportedRevision echoes the caller's revision
 * (HDR-017). A refused UPDATE_SA is completed through the normal door, whichever it came by (OID-010). Cancel does
 * nothing, which shows only when a request is slow (OID-014).
 *
 * Configuration. Keywords are not read (CFG-001). OID_TCP_OFFLOAD_PARAMETERS is stored and forgotten (CFG-004,
 * CFG-006, ADD-054, RX-001), and the indication carries the hardware capabilities (CFG-011, CAP-019). Any
 * encapsulation is fine (CFG-013) and none is waited for (CFG-012, CFG-014). The NDIS version is 6.30 whatever the
 * system offers (CAP-002). Tunnel is FALSE (CAP-010).
 *
 * Datapath. A packet in one piece is encrypted in the caller's memory (TX-019, TX-040). Slot 11 is ignored (TX-004,
 * TX-015), and so is the direction of the SA on send (TX-020). Received frames are matched by SPI alone (RX-003,
 * RX-004, RX-005), fragments and IPv4 options included (RX-008, RX-025, CAP-017). The out-of-band words are cleared
 * for each burst, not for each frame (RX-020, RX-028, RX-051).
 */
#ifndef OV2_NAIVE_H
#define OV2_NAIVE_H

#include <pthread.h>

#include "ov2/adapter.h"
#include "ov2/ndis_ipsec.h"

#define NAIVE_POOL_TAG 0x7661694Eu
#define NAIVE_CAPACITY 64u

struct naive_key {
    uint32_t len;
    uint8_t bytes[]; /* key, then 4 bytes of salt */
};

struct naive_sa {
    struct naive_sa *prev;
    struct naive_sa *next;
    struct naive_key *key;
    void *image; /* the request, for the debugger */
    uint64_t iv;
    uint32_t inbound;
    uint32_t esn;
    uint32_t high;
    uint32_t icv_len;
    uint8_t spi[4];
};

struct ov2_device {
    const struct ov2_host_ops *ops;
    struct ov2_host *host;
    uint32_t media_header_len;
    uint32_t paused;
    uint32_t esp_enabled;
    struct naive_sa *sas;
    struct ndis_offload offload;
    pthread_t worker;
    pthread_mutex_t lock; /* of what follows, not of the table */
    pthread_cond_t wake;
    pthread_cond_t idle;
    struct ndis_oid_request *first;
    struct ndis_oid_request *last;
    uint32_t busy;
    uint32_t stopping;
};

/* What ADD_SA and ADD_SA_EX have in common. */
struct naive_add {
    const struct ndis_object_header *header;
    const struct ipsec_offload_v2_security_association *assoc;
    const uint8_t *keys;
    uint32_t flags;
    uint32_t udp_esp;
};

/* What AES-GCM needs besides the text. */
struct naive_gcm {
    const uint8_t *key;
    uint32_t key_len;
    const uint8_t *nonce;
    const uint8_t *aad;
    uint32_t aad_len;
    uint32_t icv_len;
};

/* table.c */
uint32_t naive_sa_add(struct ov2_device *device, void **handle, const struct naive_add *add);
void naive_sa_delete(struct ov2_device *device, struct naive_sa *sa);
struct naive_sa *naive_sa_find(const struct ov2_device *device, const uint8_t *spi);

/* oid.c */
void *naive_worker(void *argument);
ov2_result naive_request(struct ov2_device *device, uint32_t *status, struct ndis_oid_request *request, uint32_t door);

/* datapath.c */
ov2_result naive_send(struct ov2_device *device, const struct ov2_send *lists, uint32_t count);
ov2_result naive_receive(struct ov2_device *device, const struct ov2_packet *frames, uint32_t count);

/* gcm_openssl.c, gcm_cng.c: in place; the ICV stands behind the text.  0: it does not fit. */
int naive_gcm(const struct naive_gcm *gcm, uint8_t *text, uint32_t len, int encrypt);

#endif
