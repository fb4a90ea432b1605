/* SPDX-License-Identifier: MIT */
/* Checksums beside IPsec: filled in before encryption, judged after decryption, and of the outer IP header only. */
#include "checksum.h"
#include "testing_frame.h"

#define SPI     0x1001u
#define IP_AT   14u
#define TCP     6u
#define UDP     17u
#define SET_IP  (OV2_CHECKSUM_IS_IPV4 | OV2_CHECKSUM_IP_HEADER)
#define SET_ALL (SET_IP | OV2_CHECKSUM_TCP | OV2_CHECKSUM_UDP)

struct checksum_case {
    const char *name;
    uint8_t protocol;
    bool secured, tunnel;
    uint32_t text_len;
    uint32_t received; /* slot 0 */
};

static const struct checksum_case CASES[] = {
    {"plain TCP", TCP, false, false, 31, 0},
    {"plain UDP", UDP, false, false, 32, 0},
    {"TCP in ESP", TCP, true, false, 45, OV2_CHECKSUM_TCP_SUCCEEDED},
    {"UDP in ESP", UDP, true, false, 9, OV2_CHECKSUM_UDP_SUCCEEDED},
    {"TCP in a tunnel", TCP, true, true, 1000, OV2_CHECKSUM_TCP_SUCCEEDED},
    {"UDP in a tunnel", UDP, true, true, 0, OV2_CHECKSUM_UDP_SUCCEEDED},
};

static uint32_t header_len(const struct checksum_case *task)
{
    return task->protocol == TCP ? 20 : 8;
}

static uint32_t field_at(const struct checksum_case *task)
{
    return task->protocol == TCP ? 16 : 6;
}

/* sum_of: of the pseudo-header and, if all is set, what follows. */
static uint32_t sum_of(const struct checksum_case *task, const uint8_t *ip, const uint8_t *header, bool all)
{
    uint32_t len = header_len(task) + task->text_len;
    uint32_t sum = checksum_pseudo(ip + 12, ip + 16, false, task->protocol, len);

    return all ? checksum_add(sum, header, len) : sum;
}

/* frame_of: where the header of TCP or UDP is; *ip_at where the IP header in front of it is. */
static uint32_t frame_of(struct frame *frame, const struct checksum_case *task, uint32_t *ip_at)
{
    uint32_t inner = 0;

    frame_begin(frame, false);
    uint32_t outer = frame_ip(frame, false, task->secured ? 50 : task->protocol);
    if (task->secured)
        frame_esp(frame, SPI, 5, 8);
    if (task->tunnel)
        inner = frame_ip(frame, false, task->protocol);
    *ip_at = task->tunnel ? inner : outer;
    uint32_t at = frame->len;
    uint8_t *header = frame_add(frame, header_len(task));
    if (task->protocol == TCP)
        header[12] = 0x50;
    else
        put_be16(header + 4, 8 + task->text_len);
    put_be16(header + field_at(task), (uint16_t)~checksum_fold(sum_of(task, frame->bytes + *ip_at, NULL, false)));
    frame_fill(frame, task->text_len);
    if (task->tunnel)
        frame_end_ip(frame, inner);
    if (task->secured)
        frame_trailer(frame, (4 - (frame->len + 2 - outer) % 4) % 4, task->tunnel ? 4 : task->protocol, 16);
    frame_end_ip(frame, outer);
    return at;
}

static uint32_t ip_sum(const uint8_t *ip)
{
    return checksum_fold(checksum_add(0, ip, 20));
}

static void check_case(const struct checksum_case *task)
{
    struct ov2_host host;
    struct frame frame;
    uint32_t ip = 0, at = frame_of(&frame, task, &ip);
    struct ov2_oob oob;
    testing_host(&host);
    struct ov2_device *device = testing_open(&host, NULL);
    struct testing_add out = testing_gcm(0, SPI), in = testing_gcm(IPSEC_OFFLOAD_V2_INBOUND, SPI);

    memset(&oob, 0, sizeof(oob));
    oob.ipsec = task->secured ? frame_add_sa(device, &out) : 0;
    oob.header = ov2_header_send(task->tunnel ? 4 : task->protocol, 0, 0, 5);
    oob.checksum = SET_ALL;
    frame_add_sa(device, &in);
    testing_receive_on(device);
    testing_send_oob(device, frame.bytes, frame.len, &oob);
    CHECK(host.send_status == NDIS_STATUS_SUCCESS && host.frame_len == frame.len);
    CHECK(ip_sum(host.frame + IP_AT) == 0 && host.sent_oob.checksum == SET_ALL);
    struct ov2_host sent = host;
    testing_receive(device, sent.frame, sent.frame_len);
    CHECK(host.oob.checksum == task->received);
    CHECK(checksum_fold(sum_of(task, host.frame + ip, host.frame + at, true)) == 0);
    if (task->tunnel)
        CHECK(memcmp(host.frame + ip, frame.bytes + ip, 20) == 0);

    oob.checksum = SET_IP;
    testing_send_oob(device, frame.bytes, frame.len, &oob);
    sent = host;
    testing_receive(device, sent.frame, sent.frame_len);
    CHECK(host.oob.checksum == task->received >> 3); /* the same, failed */
    testing_adapter()->close(device);

    testing_host(&host);
    device = testing_open(&host, "checksum=0");
    frame_add_sa(device, &in);
    testing_receive_on(device);
    testing_receive(device, sent.frame, sent.frame_len);
    CHECK(host.oob.checksum == 0);
    testing_adapter()->close(device);
    CHECK(host.live == 0);
}

/* check_sum: by the definition, octet for octet. */
static void check_sum(void)
{
    uint8_t data[300];

    for (uint32_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * i * 7 + 255 - i);
    for (uint32_t len = 0; len <= sizeof(data); len++) {
        uint32_t sum = 0;
        for (uint32_t i = 0; i < len; i++)
            sum += i % 2 == 0 ? (uint32_t)data[i] << 8 : data[i];
        CHECK(checksum_fold(checksum_add(0, data, len)) == checksum_fold(sum));
    }
}

int main(void)
{
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        unsigned before = testing_failures;
        check_case(&CASES[i]);
        if (testing_failures != before)
            fprintf(stderr, "case: %s\n", CASES[i].name);
    }
    check_sum();
    return testing_failures != 0;
}
