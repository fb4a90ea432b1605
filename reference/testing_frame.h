/* SPDX-License-Identifier: MIT */
/*
 * Frames for the unit tests, written from the front to the back as a stack would:
 *
 *     frame_begin(&frame, false);
 *     ip = frame_ip(&frame, false, 50);
 *     frame_esp(&frame, spi, sequence, iv_len);
 *     frame_fill(&frame, 20);
 *     frame_trailer(&frame, 2, 17, icv_len);
 *     frame_end_ip(&frame, ip);
 */
#ifndef OV2_REFERENCE_TESTING_FRAME_H
#define OV2_REFERENCE_TESTING_FRAME_H

#include "testing.h"

struct frame {
    uint8_t bytes[TESTING_FRAME_MAX];
    uint32_t len;
};

static inline uint8_t *frame_add(struct frame *frame, uint32_t len)
{
    uint8_t *at = frame->bytes + frame->len;

    memset(at, 0, len);
    frame->len += len;
    return at;
}

static inline void frame_begin(struct frame *frame, bool ipv6)
{
    frame->len = 0;
    put_be16(frame_add(frame, 14) + 12, ipv6 ? 0x86DD : 0x0800);
}

/* frame_ip: addresses end in 1 and 2; returns the header's offset. */
static inline uint32_t frame_ip(struct frame *frame, bool ipv6, uint8_t protocol)
{
    uint32_t at = frame->len;
    uint8_t *ip = frame_add(frame, ipv6 ? 40 : 20);

    ip[0] = ipv6 ? 0x60 : 0x45;
    ip[ipv6 ? 6 : 9] = protocol;
    ip[ipv6 ? 7 : 8] = 64;
    ip[ipv6 ? 8 : 12] = 10;
    ip[ipv6 ? 24 : 16] = 10;
    ip[ipv6 ? 23 : 15] = 1;
    ip[ipv6 ? 39 : 19] = 2;
    return at;
}

/* frame_end_ip: the datagram that begins at ip ends here. */
static inline void frame_end_ip(struct frame *frame, uint32_t ip)
{
    bool ipv6 = frame->bytes[ip] >> 4 == 6;

    put_be16(frame->bytes + ip + (ipv6 ? 4 : 2), frame->len - ip - (ipv6 ? 40 : 0));
}

static inline void frame_esp(struct frame *frame, uint32_t spi, uint32_t sequence, uint32_t iv_len)
{
    uint8_t *esp = frame_add(frame, 8 + iv_len);

    put_be32(esp, spi);
    put_be32(esp + 4, sequence);
}

static inline void frame_ah(struct frame *frame, uint8_t next, uint32_t spi, uint32_t sequence, uint32_t len)
{
    uint8_t *ah = frame_add(frame, len);

    ah[0] = next;
    ah[1] = (uint8_t)(len / 4 - 2);
    put_be32(ah + 4, spi);
    put_be32(ah + 8, sequence);
}

/* frame_udp: port 4500 on both sides; returns the header's offset. */
static inline uint32_t frame_udp(struct frame *frame)
{
    uint32_t at = frame->len;
    uint8_t *udp = frame_add(frame, 8);

    put_be16(udp, 4500);
    put_be16(udp + 2, 4500);
    return at;
}

static inline void frame_end_udp(struct frame *frame, uint32_t udp)
{
    put_be16(frame->bytes + udp + 4, frame->len - udp);
}

static inline void frame_fill(struct frame *frame, uint32_t len)
{
    uint8_t *at = frame_add(frame, len);

    for (uint32_t i = 0; i < len; i++)
        at[i] = (uint8_t)(7 * i + 1);
}

/* frame_trailer: ESP's, with room for an ICV. */
static inline void frame_trailer(struct frame *frame, uint32_t pad_len, uint8_t next, uint32_t icv_len)
{
    uint8_t *at = frame_add(frame, pad_len + 2);

    for (uint32_t i = 0; i < pad_len; i++)
        at[i] = (uint8_t)(i + 1);
    at[pad_len] = (uint8_t)pad_len;
    at[pad_len + 1] = next;
    frame_add(frame, icv_len);
}

/* frame_add_sa: an SA made of *add; its handle. */
static inline uint64_t frame_add_sa(struct ov2_device *device, struct testing_add *add)
{
    CHECK(testing_submit(device, OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA, add, testing_add_len(add)) ==
          NDIS_STATUS_SUCCESS);
    return (uintptr_t)add->sa.OffloadHandle;
}

/* frame_make_ah: turns the bundle into one of AH with SHA-1. */
static inline void frame_make_ah(struct testing_add *add)
{
    struct ipsec_offload_v2_security_association *sa = &add->sa.SecAssoc[0];

    sa->Operation = IPSEC_OFFLOAD_V2_OPERATION_AH;
    memset(&sa->EncryptionAlgorithm, 0, sizeof(sa->EncryptionAlgorithm));
    sa->AuthenticationAlgorithm.Identifier = IPSEC_OFFLOAD_V2_AUTHENTICATION_SHA_1;
    sa->AuthenticationAlgorithm.KeyLength = 20;
}

#endif
