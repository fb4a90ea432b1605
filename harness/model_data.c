/* SPDX-License-Identifier: MIT */
/* What the NIC makes of the stack's data: the checksums it was asked for, and what it leaves in the stack's memory. */
#include "model_internal.h"

#include <stdlib.h>
#include <string.h>

#include "stack_internal.h"

enum {
    TCP_LEN = 20,
    TCP_CHECKSUM = 16,
    UDP_LENGTH = 4,
    UDP_CHECKSUM = 6,
};

/* ---- Checksums ---- */

/* A datagram within a frame. */
struct content {
    uint8_t *bytes;
    uint32_t len;
    uint8_t protocol;
};

static uint16_t sum(const uint8_t *bytes, uint32_t len)
{
    uint32_t total = 0;

    for (uint32_t i = 0; i < len; i++)
        total += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
    while (total > 0xFFFF)
        total = (total & 0xFFFF) + (total >> 16);
    return (uint16_t)~total;
}

/* What the innermost SA protects, and what a tunnel carries in it; false: nothing that could be read. */
static bool find_content(struct content *content, struct model_sent *sent, const struct bundle *bundle,
                         const struct profile *profile)
{
    struct stack_layout layout;
    bool has_esp = stack_layer(bundle, IPSEC_OFFLOAD_V2_OPERATION_ESP) != NULL;
    uint32_t ip_len;

    stack_parse(&layout, sent->bytes, sent->len, bundle, profile);
    if (!layout.parsed || layout.fragment || (has_esp && layout.trailer.len < TRAILER_LEN))
        return false;
    content->bytes = sent->bytes + layout.payload.at;
    content->len = layout.payload.len;
    content->protocol = has_esp             ? sent->bytes[layout.trailer.at + layout.trailer.len - 1]
                        : layout.ah.len > 0 ? sent->bytes[layout.ah.at]
                                            : layout.protocol;
    if (!stack_is_tunnel(content->protocol))
        return true;
    ip_len = content->protocol == PROTOCOL_IPV6 ? IPV6_LEN : IPV4_LEN;
    if (content->len < ip_len || (content->protocol == PROTOCOL_IPV4 && content->bytes[0] != 0x45))
        return false;
    content->protocol = content->bytes[ip_len == IPV6_LEN ? 6 : 9];
    content->bytes += ip_len;
    content->len -= ip_len;
    return true;
}

/* The stack leaves the sum of the pseudo-header in the field.  False: the task is for a datagram of another length than
 * this one says that it has, so nobody knows what is summed. */
static bool fill_sum(const struct content *content, uint64_t checksum)
{
    bool is_tcp = content->protocol == PROTOCOL_TCP;
    uint32_t len = content->len;
    uint16_t value;

    if ((is_tcp && (len < TCP_LEN || !(checksum & OV2_CHECKSUM_TCP))) ||
        (!is_tcp && (content->protocol != PROTOCOL_UDP || len < UDP_LEN || !(checksum & OV2_CHECKSUM_UDP))))
        return true;
    if (!is_tcp && get_be16(content->bytes + UDP_LENGTH) != len)
        return false;
    value = sum(content->bytes, len);
    /* Zero means that a UDP datagram has none (RFC 768). */
    put_be16(content->bytes + (is_tcp ? TCP_CHECKSUM : UDP_CHECKSUM), !is_tcp && value == 0 ? 0xFFFFu : value);
    return true;
}

void model_fill_sums(struct model_sending *sending, struct model *model, uint32_t device, uint64_t checksum)
{
    const struct profile *profile = &model->devices[device].profile;
    struct bundle bundle;
    struct content content;

    /* One that is of both protocols says nothing. */
    if ((checksum & OV2_CHECKSUM_TCP) && (checksum & OV2_CHECKSUM_UDP)) {
        sending->is_framed = false;
        return;
    }
    /* Without either of them there is no task (ns-ndis-_ndis_tcp_ip_checksum_net_buffer_list_info.md). */
    if (!(checksum & (OV2_CHECKSUM_IS_IPV4 | OV2_CHECKSUM_IS_IPV6)) || !sending->is_framed ||
        !model_bundle(model, &bundle, device, sending->symbol))
        return;
    for (uint32_t i = 0; i < sending->packet_count; i++) {
        if (find_content(&content, &sending->packets[i], &bundle, profile) && !fill_sum(&content, checksum))
            sending->is_framed = false;
    }
}

/* ---- What was left in memory ---- */

void model_take_data(struct model_sending *sending, const struct completion *completion, const struct outcome *outcome)
{
    uint32_t len = 0;

    for (uint32_t i = 0; i < sending->packet_count; i++)
        len += sending->packets[i].len;
    if (completion->len == 0 || completion->len != len || sending->data)
        return;
    sending->data = malloc(len);
    if (sending->data)
        memcpy(sending->data, outcome->bytes + completion->at, len);
}

static bool is_frame(const struct model_frame *frame, const uint8_t *data, uint32_t len)
{
    return frame && frame->len >= len && memcmp(frame->bytes, data, len) == 0;
}

/* Whether these are bytes that left the device: it has worked in place.  They may be those of a packet that looks the
 * same. */
static bool has_left_so(const struct model *model, uint32_t device, const struct model_sent *sent, const uint8_t *data)
{
    if (is_frame(model_frame(model, sent->frame), data, sent->len))
        return true;
    for (uint32_t number = model_frame_count(model); sent->frame != 0 && number > 0; number--) {
        const struct model_frame *frame = model_frame(model, number);
        if (frame->device == device && is_frame(frame, data, sent->len))
            return true;
    }
    return false;
}

void model_judge_data(const struct model *model, struct judgement *judgement, uint32_t device,
                      const struct model_sending *sending)
{
    const uint8_t *data = sending->data;

    /* A large packet says nothing: its segments need memory of their own in any case. */
    if (!data && device < TRACE_FIRST_PEER && sending->duty == SEND_PROTECT && !sending->is_read_only &&
        !sending->is_large && sending->left_count > 0)
        judgement_read(judgement, "A-66", "copy");
    for (uint32_t i = 0; data && i < sending->packet_count; i++) {
        const struct model_sent *sent = &sending->packets[i];
        bool is_kept = memcmp(sent->bytes, data, sent->len) == 0;
        bool is_left = !is_kept && has_left_so(model, device, sent, data);
        if (is_left && sending->has_handle)
            judgement_read(judgement, "A-66", "in-place");
        else if (!is_kept && !is_left && sending->duty != SEND_SAFE)
            judgement_break(judgement, "TX-040", NULL, "the caller's data as they were, or as they left",
                            "packet %u of list %u is neither", (unsigned)i, (unsigned)sending->number);
        data += sent->len;
    }
}
