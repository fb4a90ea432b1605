/* SPDX-License-Identifier: MIT */
/* Large packets: each law of model_large.c, and those of model_wire.c and model_send.c about segments, broken and not.
 */
#define TEST_FILE "model_large_test.c"
#include "device_test.inc"

enum {
    RIGHT,
    LATER_IN_PLAIN, /* every segment but the first */
    SENDS_WHOLE,    /* the large packet as it is */
    SHORT_IN_PLAIN, /* what has no SA */
    DROPS_LAST,
    REPEATS_NUMBER,
    REPEATS_IV,
    SETS_FLAGS, /* PSH and FIN in every segment */
    OWN_TTL,
    CHANGES_TRAILER,
    MUCH_LONGER,
    SHORTER_FIRST,
    LONGER_LAST,
    GARBLES, /* what was encrypted */
    FAILS,
    FAILS_ODDLY,
    SUCCEEDS, /* and sends nothing */
    LEAVES_SLOT,
    COUNTS_MORE,
};

static uint8_t first_iv[16];

static void spoil(struct ov2_device *device, struct toy_packet *packet, const struct ov2_send *list, uint32_t index)
{
    struct toy_sa *sa = toy_find(device, list->oob.ipsec);
    struct stack_layout layout;

    if (!sa)
        return;
    stack_parse(&layout, packet->bytes, packet->len, &sa->bundle, NULL);
    switch (script.wrong) {
    case LATER_IN_PLAIN:
        if (index > 0)
            toy_crypt(packet->bytes, &layout, &sa->bundle.layers[0]);
        break;
    case REPEATS_NUMBER:
        put_be32(packet->bytes + layout.esp.at + 4, 1);
        break;
    case REPEATS_IV:
        if (index == 0)
            memcpy(first_iv, packet->bytes + layout.iv.at, layout.iv.len);
        memcpy(packet->bytes + layout.iv.at, first_iv, layout.iv.len);
        break;
    case SETS_FLAGS: /* as far as they can be seen: of AH */
        packet->bytes[layout.payload.at + 13] |= 0x09;
        break;
    case OWN_TTL:
        packet->bytes[layout.ip.at + 8] ^= 1;
        break;
    case CHANGES_TRAILER:
        packet->bytes[layout.icv.at - 1] ^= 1;
        break;
    case MUCH_LONGER:
        packet->len += 40;
        break;
    case SHORTER_FIRST:
        packet->len -= index == 0 ? 60 : 0;
        break;
    case LONGER_LAST:
        packet->len += index == 2 ? 60 : 0;
        break;
    case GARBLES:
        packet->bytes[layout.payload.at + 30] ^= 1;
        break;
    default:
        break;
    }
}

static void wrong_frame(struct ov2_device *device, struct toy_packet *packet, const struct ov2_send *list,
                        uint32_t index)
{
    if (list->oob.large_send == 0)
        return;
    switch (script.wrong) {
    case SENDS_WHOLE:
        packet->len = toy_gather(packet->bytes, &list->packets[0]);
        packet->drop = index > 0;
        break;
    case SHORT_IN_PLAIN:
        packet->len -= list->oob.ipsec == 0;
        break;
    case DROPS_LAST:
        packet->drop = packet->drop || index == 2;
        break;
    case FAILS:
    case FAILS_ODDLY:
    case SUCCEEDS:
        packet->drop = true;
        break;
    default:
        if (!packet->drop)
            spoil(device, packet, list, index);
        break;
    }
}

static void wrong_send(struct ov2_device *device, struct ov2_send *list, uint32_t *status, uint32_t *times)
{
    (void)device;
    (void)times;
    if (list->oob.large_send == 0)
        return;
    if (script.wrong == FAILS)
        *status = NDIS_STATUS_FAILURE;
    if (script.wrong == FAILS_ODDLY)
        *status = NDIS_STATUS_INVALID_DATA;
    if (script.wrong == SUCCEEDS || script.wrong == SENDS_WHOLE)
        *status = NDIS_STATUS_SUCCESS;
    if (script.wrong == LEAVES_SLOT)
        list->oob.large_send = ov2_large_send(100, 58, NDIS_TCP_LARGE_SEND_OFFLOAD_V1_TYPE, 0);
    if (script.wrong == COUNTS_MORE)
        list->oob.large_send = ov2_large_completed(NDIS_TCP_LARGE_SEND_OFFLOAD_V1_TYPE, 10000);
}

#define L            DOES_LARGE
#define ROW(...)     __LINE__, "", __VA_ARGS__
#define SET(...)     __LINE__, __VA_ARGS__
#define LARGE(words) "send a{sa=#1 data=250?1 mss=100 lso=v1 " words "}\n"
#define V2(words)    "send a{sa=#1 data=250?1 mss=100 lso=v2 " words "}\n"
#define CROSS        "peer receive a{frame=$1} b{frame=$2} c{frame=$3}\n"
#define CBC          "esp=aes-cbc-128+sha1"

/* clang-format off */
static const struct row rows[] = {
    /* as they should be */
    {ROW(RIGHT, L, OUT("") LARGE("") CROSS, "")},
    {ROW(RIGHT, L, OUT("") V2("") CROSS, "")},
    {ROW(RIGHT, L, OUT6("") V2("") CROSS, "")},
    {ROW(RIGHT, L, OUT(CBC) LARGE("pad=7 tcp_flags=0x19 seq=9") CROSS, "")},
    {ROW(RIGHT, L, OUT("ah=ah-sha1") LARGE("") CROSS, "")},
    {ROW(RIGHT, L, OUT(CBC " ah=ah-sha256") V2("tcp_seq=0xFFFFFFF0 ip_id=0x7FFF") CROSS, "")},
    {SET("ICV_SPACE=appended", RIGHT, L, OUT("") "send a{data=11}\n", "")},
    /* segments */
    {ROW(LATER_IN_PLAIN, L, OUT("") LARGE(""), "LSO-001")},
    {ROW(SENDS_WHOLE, L, OUT("") LARGE(""), "LSO-009 LSO-001 LSO-005")},
    {ROW(DROPS_LAST, L, OUT("") LARGE(""), "LSO-005")},
    {ROW(REPEATS_NUMBER, L, OUT("") LARGE(""), "LSO-006")},
    {ROW(REPEATS_IV, L, OUT("") LARGE(""), "LSO-007")},
    {ROW(SETS_FLAGS, L, OUT("ah=ah-sha1") LARGE(""), "LSO-008")},
    {ROW(OWN_TTL, L, OUT("") LARGE(""), "LSO-008")},
    {ROW(CHANGES_TRAILER, L, OUT("esp=null+sha1") LARGE("") CROSS, "LSO-001")},
    {ROW(MUCH_LONGER, L, OUT("") LARGE(""), "LSO-009 LSO-005")},
    {ROW(SHORTER_FIRST, L, OUT("") LARGE(""), "LSO-009")},
    {ROW(LONGER_LAST, L, OUT("") LARGE(""), "LSO-005")},
    {ROW(GARBLES, L, OUT("") LARGE("") CROSS, "LSO-001")},
    {ROW(FAILS, L, OUT("") LARGE(""), "LSO-001")},
    {ROW(SUCCEEDS, L, OUT("") LARGE(""), "LSO-001")},
    /* slot 2 */
    {ROW(LEAVES_SLOT, L, OUT("") LARGE(""), "LSO-013")},
    {ROW(COUNTS_MORE, L, OUT("") LARGE(""), "LSO-013")},
    /* what need not be segmented */
    {ROW(FAILS, 0, OUT("") LARGE(""), "")},
    {ROW(SENDS_WHOLE, 0, OUT("") LARGE(""), "LSO-013 LSO-009 LSO-014 LSO-005")},
    {ROW(FAILS, L | NOT_SECURED, OUT("") LARGE(""), "")},
    {ROW(RIGHT, L | NOT_SECURED, OUT("") LARGE("") CROSS, "")},
    {ROW(SENDS_WHOLE, L | NOT_SECURED, OUT("") LARGE(""), "LSO-009 LSO-011 LSO-005")},
    {ROW(FAILS, L, OUT("") "send a[2]{sa=#1 data=250?1 mss=100 lso=v1}\n", "")},
    {ROW(SENDS_WHOLE, L, OUT("") "send a[2]{sa=#1 data=250?1 mss=100 lso=v1}\n", "LSO-013 LSO-009 LSO-001 LSO-005")},
    {ROW(FAILS, L, OUT6("") LARGE(""), "")},
    {ROW(FAILS, L, OUT("") "send a{sa=#1 data=3000?1 mss=1480 lso=v1}\n", "")},
    {ROW(FAILS, L, OUT("") "send a{sa=#1 data=11000?1 mss=1000 lso=v1}\n", "")},
    {ROW(SENDS_WHOLE, L, OUT("") "send a{sa=#1 data=11000?1 mss=1000 lso=v1}\n", "LSO-009 LSO-014 LSO-005")},
    {ROW(FAILS, L, OUT("") "send a{sa=#1 data=99?1 mss=100 lso=v1}\n", "")},
    {ROW(FAILS, L, OUT("") LARGE("tcp_options=12"), "")},
    {ROW(FAILS, L, OUT6("") V2("tcp_options=12"), "")},
    {ROW(FAILS, L, OUT("") V2("tcp_options=12"), "LSO-001")},
    {ROW(FAILS, L, OUT("") LARGE("options=4"), "")},
    {ROW(FAILS, L, OUT6("") V2("options=8"), "")},
    {ROW(FAILS, L, OUT("udp=1") LARGE(""), "")},
    {ROW(SENDS_WHOLE, L, OUT("udp=1") LARGE(""), "LSO-009 LSO-016 LSO-005")},
    {ROW(FAILS, L, OUT("esn") LARGE("seq=0xFFFFFFFE"), "")},
    {ROW(SENDS_WHOLE, L, OUT("esn") LARGE("seq=0xFFFFFFFE"), "LSO-009 LSO-017 LSO-005")},
    {ROW(FAILS, L, OUT("esn") LARGE("seq=0xFFFFFFFD"), "LSO-001")},
    {ROW(RIGHT, L, OUT("") LARGE("seq=0xFFFFFFFE") CROSS, "")},
    /* handles */
    {ROW(RIGHT, L, OUT("") "delete_sa a{handle=#1}\n" LARGE(""), "")},
    {ROW(SENDS_WHOLE, L, OUT("") "delete_sa a{handle=#1}\n" LARGE(""), "LSO-013 LSO-012")},
    {ROW(SUCCEEDS, L, OUT("") "send a{sa=0x99 data=250?1 mss=100 lso=v1}\n", "LSO-013 LSO-012")},
    {ROW(FAILS_ODDLY, L, OUT("") "send a{sa=0x99 data=250?1 mss=100 lso=v1}\n", "LSO-012")},
    {ROW(FAILS, L, OUT("") OUT("") "send a{sa=#1 tunnel=#2 data=250?1 mss=100 lso=v1}\n", "")},
    {ROW(SENDS_WHOLE, L, OUT("") OUT("") "send a{sa=#1 tunnel=#2 data=250?1 mss=100 lso=v1}\n", "LSO-013 LSO-010")},
    {ROW(FAILS, L, "send a{data=250?1 mss=100 lso=v1}\n", "")}, /* no matter of IPsec */
    {ROW(SENDS_WHOLE, L, "send a{data=250?1 mss=100 lso=v1}\n", "")},
    {ROW(SHORT_IN_PLAIN, L, "send a{sa=0x99 data=250?1 mss=100 lso=v1} b{data=250?1 mss=100 lso=v1}\n", "")},
    /* switched off */
    {ROW(FAILS, L, OUT("") "config segmentation=off\n" LARGE(""), "")},
    {ROW(SUCCEEDS, L, OUT("") "config segmentation=off\n" LARGE(""), "")},
    {ROW(RIGHT, L, OUT("") "config segmentation=off\n" LARGE(""), "LSO-015")},
    {ROW(SENDS_WHOLE, L, OUT("") "config segmentation=off\n" LARGE(""), "LSO-015")},
    {ROW(SENDS_WHOLE, L, "config segmentation=off\nsend a{data=250?1 mss=100 lso=v1}\n", "LSO-015")},
    {ROW(FAILS, L, OUT("") "config segmentation=off\nconfig segmentation=on\n" LARGE(""), "LSO-001")},
    {ROW(RIGHT, L, OUT("") "config ipsec=disabled\n" LARGE(""), "")},
};
/* clang-format on */

int main(void)
{
    hooks = (struct toy_hooks){.frame = wrong_frame, .send = wrong_send};
    return run_rows(rows, sizeof rows / sizeof rows[0]);
}
