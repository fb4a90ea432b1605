/* SPDX-License-Identifier: MIT */
/* What faulty devices do with packets: only the last argument of a FAULTY() calls these. */
#ifndef OV2_REFERENCE_WRONG_DATA_H
#define OV2_REFERENCE_WRONG_DATA_H

#include "nic.h"
#include "portion.h"

#include <stdbool.h>
#include <stdint.h>

#define WRONG_ANY_SPI         1u
#define WRONG_ANY_SOURCE      2u
#define WRONG_ANY_DESTINATION 4u
#define WRONG_ANY_FAMILY      8u
#define WRONG_ANY_DIRECTION   16u

/* wrong_match: the first SA in the table that the packet matches if these parts are not compared, or NULL. */
struct sa *wrong_match(const struct sa_table *table, const struct sa_selector *selector, uint32_t ignored);

/* wrong_place: the SA in the place in the table that this handle once named, or NULL. */
struct sa *wrong_place(const struct sa_table *table, uint64_t handle);

/* wrong_for_packet: an outbound SA for a packet that names none: the one with its SPI, or NULL. */
struct sa *wrong_for_packet(const struct sa_table *table, const struct ov2_packet *fragments);

/* wrong_counter: the text of AES-GCM from the block on at which a counter of one byte, which begins at 2, is at 0. */
void wrong_counter(uint8_t *text, uint32_t len);

/* wrong_merge: keeps a TCP segment back until wrong_let_go(), which indicates it; what comes before that of the same
 * family becomes part of it.  Anything else is indicated at once. */
void wrong_merge(const struct memory *memory, const struct portion *portion, const struct ov2_packet *whole,
                 const struct ov2_oob *oob);
void wrong_let_go(const struct memory *memory);

/* wrong_iv_grows: whether an IV is higher than that of the packet before, if that had the same SA. */
bool wrong_iv_grows(const struct sa_operation *operation, const uint8_t iv[8]);

/* wrong_family: the next header of a tunnel becomes that of what is around it. */
void wrong_family(const struct packet *packet, uint8_t *next_header);

/* wrong_port: whether somebody on the way has changed the source port of UDP-ESP. */
bool wrong_port(const struct packet *packet);

/* wrong_protocols: what names AH in IPv6 says ESP, and the other way round. */
void wrong_protocols(struct packet *packet);

/* wrong_udp_protocol: the header in front of UDP names what comes behind it. */
void wrong_udp_protocol(struct packet *packet);

/* wrong_has_no_sum: UDP-ESP over IPv6 without a UDP checksum. */
bool wrong_has_no_sum(const struct packet *packet);

/* wrong_ttl_inside: the TTL of the IPv4 datagram in an AH tunnel; of any other packet some byte. */
uint8_t *wrong_ttl_inside(const struct packet *packet);

/* wrong_end: clears the last byte of the caller's fragments. */
void wrong_end(const struct ov2_packet *fragments);

/* wrong_offset: takes the ESP header to be where slot 12 says. */
void wrong_offset(struct packet *packet, uint64_t header);

/* wrong_ttl: makes TTL or hop limit 63. */
bool wrong_ttl(struct packet *packet);

/* wrong_udp_sum: writes some checksum into the UDP header in front of ESP. */
void wrong_udp_sum(struct packet *packet);

/* wrong_inner_sum: writes a checksum into an IPv4 header in a tunnel if slots 0 and 12 ask for one and say that it is
 * there. */
bool wrong_inner_sum(struct portion *portion, uint64_t checksum, uint64_t header);

/* wrong_pad: zeroes the padding of a packet in the clear. */
void wrong_pad(struct portion *portion);

/* wrong_next_header: writes the trailer's next header. */
bool wrong_next_header(struct portion *portion, uint8_t next_header);

/* wrong_half: the half that whatever packet came before was checked with. */
uint32_t wrong_half(uint32_t high);

/* wrong_cached_half: the one that the SA had when it was first used, with no other SA in between. */
uint32_t wrong_cached_half(const struct sa_operation *operation);

/* wrong_pair_half: gives an upper half to the SA for the opposite addresses, too. */
void wrong_pair_half(const struct sa_table *table, const struct sa_operation *operation);

/* wrong_turn: false, true, false ... */
bool wrong_turn(void);

/* wrong_open_twice: opens ESP, and if that fails once more with the next upper half. */
enum packet_check wrong_open_twice(struct portion *portion, uint32_t high);

/* wrong_replayed: whether a number this low was there before. */
bool wrong_replayed(struct sa_operation *operation, uint32_t low);

/* wrong_oob: the slots of the last packet that had any, if this one has none. */
struct ov2_oob wrong_oob(const struct ov2_oob *oob);

/* wrong_stale: what is indicated of a packet that failed is none of its own octets. */
void wrong_stale(const struct packet *packet, bool *decrypted, const struct ov2_oob *oob);

/* wrong_is_ike: a datagram to port 4500 that begins with four zero octets. */
bool wrong_is_ike(const struct packet *packet);

/* wrong_assert_unicast: the device asserts that frames are for itself. */
void wrong_assert_unicast(const uint8_t *frame, uint32_t len);

/* wrong_is_foreign: the datagram in a tunnel is for another address than the tunnel. */
bool wrong_is_foreign(const struct portion *portion);

/* wrong_has_ipsec: the datagram in a tunnel has IPsec headers of its own. */
bool wrong_has_ipsec(const struct portion *portion, const struct portion_content *content);

#endif
