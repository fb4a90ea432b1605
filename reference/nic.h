/* SPDX-License-Identifier: MIT */
/*
 * The device behind the contract: what its modules share.
 *
 * One lock guards everything that changes.  The host is called with the lock held only for memory, log and IRQL: a
 * module works under the lock, notes what it has to report, unlocks and reports.
 */
#ifndef OV2_REFERENCE_NIC_H
#define OV2_REFERENCE_NIC_H

#include "memory.h"
#include "options.h"
#include "ov2/adapter.h"
#include "ov2/ndis_ipsec.h"
#include "sa.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define NIC_EVENTS_MAX 64u

struct ov2_device {
    struct memory memory; /* with the host it belongs to */
    struct options options;
    uint32_t ndis_version;
    struct ndis_offload hardware; /* what the device could do */
    struct ndis_offload initial;  /* what was on after open() */

    pthread_mutex_t lock; /* guards all below */
    struct sa_table table;
    struct ndis_offload current; /* what is on now; never more than hardware */
    bool receive_on[2];          /* OID_OFFLOAD_ENCAPSULATION came, for IPv4 and IPv6 */

    bool paused;
    bool low_power;
    bool removed;
    bool held;     /* the hardware does not answer */
    bool pressure; /* the next processed inbound packet asks for its SA's deletion */

    struct ndis_oid_request *first_pended; /* a queue through MiniportReserved */
    struct ndis_oid_request *last_pended;
    uint32_t pended_events[NIC_EVENTS_MAX];
    uint32_t pended_event_count;

    uint8_t *spare; /* a buffer that waits for the next packet, so that a packet costs no allocation */
    uint32_t spare_size;
};

static inline void nic_lock(struct ov2_device *nic)
{
    pthread_mutex_lock(&nic->lock);
}

static inline void nic_unlock(struct ov2_device *nic)
{
    pthread_mutex_unlock(&nic->lock);
}

/* nic_let_in: for a fault: gives the lock away for a moment, so that other threads come in. */
static inline void nic_let_in(struct ov2_device *nic)
{
    static const struct timespec MOMENT = {0, 200000};

    nic_unlock(nic);
    nanosleep(&MOMENT, NULL);
    nic_lock(nic);
}

#endif
