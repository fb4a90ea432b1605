/* SPDX-License-Identifier: MIT */
#include "task.h"

#include "bytes.h"
#include "checksum.h"
#include "fault.h"

#define PROTOCOL_TCP 6u
#define PROTOCOL_UDP 17u

#define TCP_LEN_MIN  20u
#define TCP_CHECKSUM 16u
#define UDP_LEN_MIN  8u
#define UDP_CHECKSUM 6u

/* settle: what lies between at and end is whole. */
static bool settle(struct task *task)
{
    uint32_t len = task->end - task->at;

    if (task->protocol == PROTOCOL_TCP)
        return len >= TCP_LEN_MIN;
    if (task->protocol != PROTOCOL_UDP || len < UDP_LEN_MIN)
        return false;
    uint32_t udp_len = get_be16(task->packet.frame + task->at + 4);
    if (udp_len < UDP_LEN_MIN || udp_len > len)
        return false;
    task->end = task->at + udp_len;
    return true;
}

bool task_find_plain(struct task *task, const struct packet *packet)
{
    task->packet = *packet;
    task->protocol = packet->protocol;
    task->at = packet->upper;
    task->end = packet->end;
    return !packet->fragment && settle(task);
}

bool task_find(struct task *task, const struct portion *portion)
{
    struct portion_content content;
    struct packet inner;

    if (!portion_content(&content, portion))
        return false;
    if (portion_is_tunnel(&content))
        return packet_parse_inner(&inner, &portion->packet, content.protocol, content.at, content.limit) ==
                   PACKET_PLAIN &&
               task_find_plain(task, &inner);
    task->packet = portion->packet;
    task->protocol = content.protocol;
    task->at = content.at;
    task->end = content.limit;
    return settle(task);
}

void task_fill(const struct task *task, uint64_t checksum)
{
    bool is_tcp = task->protocol == PROTOCOL_TCP;
    uint8_t *field = task->packet.frame + task->at + (is_tcp ? TCP_CHECKSUM : UDP_CHECKSUM);
    uint16_t value;

    if ((checksum & (is_tcp ? OV2_CHECKSUM_TCP : OV2_CHECKSUM_UDP)) == 0)
        return;
    value = checksum_fold(checksum_add(0, task->packet.frame + task->at, task->end - task->at));
    /* Zero means that a UDP datagram has none (RFC 768). */
    put_be16(field, !is_tcp && value == 0 ? 0xFFFFu : value);
}

void task_fill_ip(struct packet *outermost, uint64_t checksum)
{
    if ((checksum & OV2_CHECKSUM_IP_HEADER) != 0)
        packet_set_checksum(outermost);
}

uint32_t task_check(const struct task *task)
{
    const struct packet *packet = &task->packet;
    const uint8_t *data = packet->frame + task->at;
    uint32_t len = task->end - task->at;
    uint32_t sum =
        checksum_pseudo(packet_source(packet), packet_destination(packet), packet->ipv6, task->protocol, len);
    bool good = FAULTY(checksum_fold(checksum_add(sum, data, len)) == 0, BELIEVES_CHECKSUMS, true);

    if (task->protocol == PROTOCOL_TCP)
        return good ? OV2_CHECKSUM_TCP_SUCCEEDED : OV2_CHECKSUM_TCP_FAILED;
    if (get_be16(data + UDP_CHECKSUM) == 0)
        return 0;
    return good ? OV2_CHECKSUM_UDP_SUCCEEDED : OV2_CHECKSUM_UDP_FAILED;
}
