/* SPDX-License-Identifier: MIT */
/* What the device can do, what is switched on, and the two normal OIDs that change it (S-CAP, S-OFF, K-PAR, K-ENC). */
#ifndef OV2_REFERENCE_CONFIG_H
#define OV2_REFERENCE_CONFIG_H

#include "oid.h"
#include "packet.h"

/* config_init: registered version, hardware capabilities and the configuration that the keywords leave, from the
 * device's options. */
void config_init(struct ov2_device *nic, const struct ov2_config *config);

/* config_set_parameters: OID_TCP_OFFLOAD_PARAMETERS. */
uint32_t config_set_parameters(struct oid_call *call);

/* config_set_encapsulation: OID_OFFLOAD_ENCAPSULATION. */
uint32_t config_set_encapsulation(struct oid_call *call);

/* config_allows: whether every operation of the SA is switched on; an SA that is not waits. */
bool config_allows(const struct ov2_device *nic, const struct sa *sa);

/* config_covers: whether packets of this form are within the advertised capabilities. */
bool config_covers(const struct ov2_device *nic, const struct packet *packet);

/* config_carries: whether a packet with a tunnel portion, or with a transport portion, or with both, is. */
bool config_carries(const struct ov2_device *nic, bool tunnel, bool both);

/* config_segments: whether large sends of this version and family are switched on. */
bool config_segments(const struct ov2_device *nic, bool v2, bool ipv6);

/* config_sums: whether checksums of TCP and UDP are computed and checked inside IPsec. */
bool config_sums(const struct ov2_device *nic);

#endif
