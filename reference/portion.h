/* SPDX-License-Identifier: MIT */
/*
 * One portion of a packet: what one SA is applied to.  A packet has one portion, tunnel or transport, or both, the
 * transport portion inside the tunnel (S-NBLI):
 *
 *   outside   | IP | AH | UDP | ESP | carried ............................................. |
 *   inside                          | IP | AH | UDP | ESP | carried ........ |
 */
#ifndef OV2_REFERENCE_PORTION_H
#define OV2_REFERENCE_PORTION_H

#include "esp.h"
#include "nic.h"
#include "packet.h"
#include "sa.h"

#include <stdbool.h>
#include <stdint.h>

struct portion {
    struct packet packet;
    struct sa *sa;            /* NULL: there is none */
    struct sa_operation *esp; /* its operations, or NULL */
    struct sa_operation *ah;
    bool inside;
    struct esp_trailer trailer; /* of one that was opened */
};

/* What the IPsec headers of a portion protect, in the clear. */
struct portion_content {
    uint8_t protocol; /* what the first header in it is */
    uint32_t at;
    uint32_t limit; /* where the last byte of it can be: in front of an ESP trailer */
};

/* portion_set: sa is what is applied to it; NULL is allowed. */
void portion_set(struct portion *portion, struct sa *sa);

/* portion_content: false when the portion is too short for its SA. */
bool portion_content(struct portion_content *content, const struct portion *portion);

/* portion_is_tunnel: whether it is a datagram of its own. */
bool portion_is_tunnel(const struct portion_content *content);

/* portion_fits: whether the packet has the protocols and SPIs of its SA. */
bool portion_fits(const struct portion *portion);

/* portion_fits_udp: whether it is encapsulated in UDP just where its SA's UDP-ESP type says (facts 10). */
bool portion_fits_udp(const struct portion *portion);

/* portion_may_carry: whether a tunnel with outside's type may have this transport portion inside (facts 10): UDP-ESP
 * TUNNEL has none, and UDP is never within UDP. */
bool portion_may_carry(const struct portion *outside, const struct portion *inside);

/* portion_seal: protects it in place; make_iv: with an IV of the device's.  False: it cannot be; the frame is then
 * spoiled. */
bool portion_seal(struct portion *portion, bool make_iv);

/* portion_open: checks and decrypts it in place.  Returns a CryptoStatus; unless it is CRYPTO_SUCCESS the frame is
 * spoiled. */
uint32_t portion_open(const struct ov2_device *nic, struct portion *portion);

#endif
