/* SPDX-License-Identifier: MIT */
/* AH (RFC 4302, RFC 4543 for GMAC) on one packet that the stack has framed: making or checking the ICV. */
#ifndef OV2_REFERENCE_AH_H
#define OV2_REFERENCE_AH_H

#include "packet.h"
#include "sa.h"

/* ah_seal: writes the ICV, over the datagram as it stands, so ESP comes first.  make_iv: writes GMAC's IV too.  False:
 * the packet's AH header is not the algorithm's, or an IP option is malformed. */
bool ah_seal(struct packet *packet, struct sa_operation *operation, bool make_iv);

/* ah_open: checks the ICV with high as the upper half of the sequence number.  Leaves the frame as it is.
 */
enum packet_check ah_open(const struct packet *packet, struct sa_operation *operation, uint32_t high);

#endif
