/* SPDX-License-Identifier: MIT */
/* What may leave a device: each law of model_send.c and model_wire.c, broken and not. */
#define TEST_FILE "model_send_test.c"
#include "device_test.inc"

enum {
    RIGHT,
    CHANGES_PLAIN, /* a byte of a packet without a handle */
    SENDS_AS_IS,   /* what it should protect */
    SENDS_REFUSED, /* what it then fails */
    SKIPS_SECOND,
    SKIPS_ALL,
    TWICE,
    OWN_SEQUENCE,
    OWN_TTL,
    LONGER,
    NO_ICV,
    NO_AH_ICV,
    SAME_IV,
    KEEPS_IV,
    CHANGES_IV,
    SWAPS_TWO,
    SENDS_AGAIN, /* a frame of an earlier line */
    GARBLES,     /* sends random bytes for the first packet */
    FAILS,
    FAILS_AFTERWARDS, /* with the frame on the wire */
    SUCCEEDS,         /* whatever it does */
    ODD_CODE,         /* of a failure */
};

static uint8_t kept[TOY_FRAME];
static uint32_t kept_len;

static struct stack_layout layout_of(const struct ov2_device *device, const struct toy_packet *packet, uint64_t handle)
{
    struct stack_layout layout;
    struct toy_sa *sa = NULL;

    for (uint32_t i = 0; i < TOY_SAS; i++)
        sa = device->sas[i].handle == handle && handle ? (struct toy_sa *)&device->sas[i] : sa;
    stack_parse(&layout, packet->bytes, packet->len, sa ? &sa->bundle : NULL, NULL);
    return layout;
}

static void fill(struct toy_packet *packet, struct stack_span span, uint8_t value)
{
    memset(packet->bytes + span.at, value, span.len);
}

static void swap_two(struct ov2_device *device, struct toy_packet *packet, uint32_t index)
{
    if (index == 0) {
        memcpy(kept, packet->bytes, packet->len);
        kept_len = packet->len;
        packet->drop = true;
    } else if (index == 1) {
        toy_transmit(device, packet);
        memcpy(packet->bytes, kept, kept_len);
        packet->len = kept_len;
    }
}

static void spoil(struct ov2_device *device, struct toy_packet *packet, const struct ov2_send *list)
{
    struct stack_layout layout = layout_of(device, packet, list->oob.ipsec);

    switch (script.wrong) {
    case CHANGES_PLAIN:
        packet->bytes[packet->len - 1] ^= list->oob.ipsec == 0;
        break;
    case OWN_SEQUENCE:
        packet->bytes[(layout.ah.len ? layout.ah.at + 11 : layout.esp.at + 7)] ^= 0x40;
        break;
    case OWN_TTL:
        packet->bytes[layout.ip.at + 8] ^= 1;
        break;
    case LONGER:
        packet->len += 4;
        break;
    case NO_ICV:
        fill(packet, layout.icv, STACK_ICV_MARK);
        break;
    case NO_AH_ICV:
        fill(packet, layout.ah_icv, 0);
        break;
    case SAME_IV:
        fill(packet, layout.iv, 7);
        break;
    case KEEPS_IV:
        fill(packet, layout.iv, STACK_IV_MARK);
        break;
    case CHANGES_IV:
        packet->bytes[layout.iv.at] ^= 1;
        break;
    default:
        break;
    }
}

static void wrong_frame(struct ov2_device *device, struct toy_packet *packet, const struct ov2_send *list,
                        uint32_t index)
{
    switch (script.wrong) {
    case SENDS_AS_IS:
        packet->len = toy_gather(packet->bytes, &list->packets[index]);
        break;
    case SENDS_REFUSED:
        packet->drop = false;
        break;
    case SKIPS_SECOND:
        packet->drop = packet->drop || index == 1;
        break;
    case SKIPS_ALL:
        packet->drop = true;
        break;
    case TWICE:
        packet->copies = 2;
        break;
    case SWAPS_TWO:
        swap_two(device, packet, index);
        break;
    case SENDS_AGAIN:
        if (kept_len == 0) {
            memcpy(kept, packet->bytes, packet->len);
            kept_len = packet->len;
        }
        break;
    case GARBLES:
        memset(packet->bytes, 0x3C, packet->len);
        break;
    case FAILS:
        packet->drop = true;
        break;
    default:
        if (!packet->drop)
            spoil(device, packet, list);
        break;
    }
}

static void wrong_send(struct ov2_device *device, struct ov2_send *list, uint32_t *status, uint32_t *times)
{
    (void)device;
    (void)list;
    (void)times;
    if (script.wrong == FAILS || script.wrong == FAILS_AFTERWARDS || script.wrong == SENDS_REFUSED)
        *status = NDIS_STATUS_FAILURE;
    if (script.wrong == SUCCEEDS || (script.wrong == SENDS_AS_IS && *status == NDIS_STATUS_FAILURE))
        *status = NDIS_STATUS_SUCCESS;
    if (script.wrong == ODD_CODE && *status != NDIS_STATUS_SUCCESS)
        *status = NDIS_STATUS_RESOURCES;
}

static void wrong_drain(struct ov2_device *device)
{
    struct toy_packet packet = {kept, kept_len, {0}, false, 1};

    if (script.wrong == SENDS_AGAIN && kept_len > 0)
        toy_transmit(device, &packet);
}

#define ROW(...) __LINE__, "", __VA_ARGS__
#define SET(...) __LINE__, __VA_ARGS__
#define SEND     "send a{sa=#1 data=00.31?5}\n"
#define SEND3    "send a[3]{sa=#1 data=00.31?5}\n"
#define MANY     "send a[16]{sa=#1 data=1?1}\n"
#define PLAIN    "send a{data=00.31?5}\n"
#define CROSS    "peer receive a{frame=$1}\n"
#define PAIR     "esp=aes-cbc-128+sha1 ah=ah-sha256"
#define DES      "esp=des-cbc+md5"
#define UNKNOWN  "send a{sa=0x1234 data=32?1}\n"

/* clang-format off */
static const struct row rows[] = {
    /* a packet without a handle */
    {ROW(RIGHT, 0, PLAIN, "")},
    {ROW(RIGHT, PENDS_SENDS, "send nowait a{data=11} b{data=22}\n" PLAIN, "")},
    {ROW(CHANGES_PLAIN, 0, PLAIN, "TX-001")},
    {ROW(SKIPS_ALL, 0, PLAIN, "TX-001")},
    {ROW(TWICE, 0, PLAIN, "TX-001")},
    {ROW(FAILS, 0, PLAIN, "TX-001")},
    {ROW(FAILS, 0, "config ipsec=disabled\n" PLAIN, "TX-025")},
    {ROW(RIGHT, 0, "config ipsec=disabled\n" PLAIN, "")},
    {ROW(GARBLES, 0, PLAIN, "TX-001")},
    {ROW(RIGHT, 0, "send a[0]{}\n", "")},
    /* a live outbound SA */
    {ROW(RIGHT, 0, OUT("") SEND CROSS, "")},
    {ROW(RIGHT, 0, OUT("esp=aes-cbc-256+sha256") SEND3 CROSS, "")},
    {ROW(RIGHT, 0, OUT("esp=null+sha1") SEND CROSS, "")},
    {ROW(RIGHT, 0, OUT("esp=null+gmac-128") SEND CROSS, "")},
    {ROW(RIGHT, 0, OUT("ah=ah-sha1") SEND CROSS, "")},
    {ROW(RIGHT, 0, OUT("ah=ah-gmac-128") SEND SEND CROSS, "")},
    {ROW(RIGHT, 0, OUT(PAIR) SEND CROSS, "")},
    {ROW(RIGHT, 0, OUT(DES) SEND SEND CROSS, "")},
    {ROW(RIGHT, 0, OUT("esn hi=7") SEND CROSS, "")},
    {ROW(RIGHT, 0, OUT("udp=1") SEND CROSS, "")},
    {ROW(RIGHT, 0, "add_sa a{src=2001:db8::1 dst=2001:db8::2}\n" SEND, "")},
    {SET("IV_BY=stack", RIGHT, 0, OUT(DES) SEND SEND, "")},
    {SET("IV_BY=stack", CHANGES_IV, 0, OUT("") SEND, "TX-007")},
    {SET("ICV_SPACE=appended", RIGHT, 0, OUT("") SEND CROSS, "")},
    {SET("media=18", RIGHT, 0, OUT("") SEND, "")},
    {ROW(RIGHT, 0, OUT("") "send a{sa=#1 data=32?1 cut=7 room=9}\n" CROSS, "")},
    /* checksums: the sum of the pseudo-header stands where the checksum belongs */
    {ROW(RIGHT, 0, OUT("") "send a{sa=#1 data=1194119400080102 checksum=9}\n" CROSS, "")},
    {ROW(RIGHT, 0, OUT("ah=ah-sha1") "send a{sa=#1 data=1194119400080102 checksum=9}\n" CROSS, "")},
    {ROW(RIGHT, LEAVES_SUMS, OUT("") "send a{sa=#1 data=1194119400080102 checksum=9}\n" CROSS, "TX-005")},
    {ROW(SENDS_AS_IS, 0, OUT("") SEND, "TX-005")},
    {ROW(SENDS_AS_IS, 0, OUT("esp=null+sha1") SEND, "TX-005")},
    {ROW(SENDS_AS_IS, 0, OUT("ah=ah-sha1") SEND, "TX-005")},
    {ROW(NO_ICV, 0, OUT("") SEND, "TX-005")},
    {ROW(NO_AH_ICV, 0, OUT(PAIR) SEND, "TX-005")},
    {ROW(SKIPS_ALL, 0, OUT("") SEND, "TX-005")},
    {ROW(TWICE, 0, OUT("") SEND, "TX-005")},
    {ROW(FAILS, 0, OUT("") SEND, "TX-005")},
    {ROW(SKIPS_SECOND, 0, OUT("") SEND3, "TX-016")},
    {ROW(SWAPS_TWO, 0, OUT("") SEND3, "TX-017")},
    {ROW(RIGHT, PENDS_SENDS | REVERSES, OUT("") "send a{sa=#1 data=11} b{sa=#1 data=22}\n", "TX-039")},
    {ROW(RIGHT, PENDS_SENDS | REVERSES, OUT("") "add_sa a{spi=0x77}\nsend a{sa=#1 data=11} b{sa=#2 data=22}\n", "")},
    {ROW(OWN_SEQUENCE, 0, OUT("") SEND, "TX-006")},
    {ROW(OWN_SEQUENCE, 0, OUT("ah=ah-sha1") SEND, "TX-006")},
    {ROW(OWN_TTL, 0, OUT("") SEND, "TX-007")},
    {ROW(LONGER, 0, OUT("") SEND, "TX-007")},
    {ROW(SAME_IV, 0, OUT("") SEND, "")},
    {ROW(SAME_IV, 0, OUT("") SEND SEND, "TX-023")},
    {ROW(SAME_IV, 0, OUT("") "add_sa a{spi=0x77}\n" SEND "send a{sa=#2 data=11}\n", "")},
    {ROW(KEEPS_IV, 0, OUT(DES) SEND, "TX-024")},
    {ROW(GARBLES, 0, OUT("") SEND, "TX-007")},
    /* what the oracle at the other end says of it */
    {ROW(OWN_TTL, 0, OUT("ah=ah-sha1") SEND CROSS, "TX-007")},
    {ROW(CHANGES_IV, 0, OUT("") SEND CROSS, "TX-005")},
    {ROW(CHANGES_IV, 0, OUT(PAIR) SEND CROSS, "TX-012")},
    {ROW(NO_AH_ICV, 0, OUT("ah=ah-sha1") SEND CROSS, "TX-005 TX-011")},
    {ROW(NO_AH_ICV, 0, OUT6("ah=ah-sha1") "send a{sa=#1 data=32?1 options=8}\n" CROSS, "TX-005 P-AH-005")},
    /* handles that name nothing, or nothing that sends */
    {ROW(RIGHT, 0, UNKNOWN "send a{sa=#9 data=11}\n", "")},
    {ROW(SUCCEEDS, 0, UNKNOWN, "TX-002")},
    {ROW(ODD_CODE, 0, UNKNOWN, "TX-002")},
    {ROW(SENDS_REFUSED, 0, UNKNOWN, "TX-003")},
    {ROW(SENDS_AS_IS, 0, UNKNOWN, "TX-002")},
    {ROW(RIGHT, 0, OUT("") "delete_sa a{handle=#1}\n" SEND, "")},
    {ROW(SUCCEEDS, 0, OUT("") "delete_sa a{handle=#1}\n" SEND, "TX-021")},
    {ROW(SENDS_REFUSED, 0, OUT("") "delete_sa a{handle=#1}\n" SEND, "TX-003")},
    {ROW(RIGHT, 0, OUT("") "send a{sa=#1~high data=11} b{sa=#1~top data=44} c{sa=#1~next data=22} d{sa=#1~low data=33}\n", "")},
    {ROW(SUCCEEDS, 0, OUT("") "send a{sa=#1~high data=11}\n", "TX-021")},
    {ROW(RIGHT, 0, IN("") "send a{sa=#1 data=11}\n", "")},
    {ROW(SUCCEEDS, 0, IN("") "send a{sa=#1 data=11}\n", "TX-020")},
    {ROW(ODD_CODE, 0, IN("") "send a{sa=#1 data=11}\n", "")},
    {ROW(SENDS_REFUSED, 0, IN("") "send a{sa=#1 data=11}\n", "TX-020")},
    {ROW(RIGHT, 0, "add_sa a{ext=0}\n" SEND, "")}, /* its handle is NULL: a packet without one */
    {ROW(CHANGES_PLAIN, 0, "add_sa a{ext=0}\n" SEND, "TX-001")},
    /* a driver that counts its handles: what they name is a matter of their value */
    {ROW(RIGHT, COUNTS_HANDLES, OUT("") "send a{sa=#1~low data=11}\n", "")},
    {ROW(RIGHT, COUNTS_HANDLES, OUT("") "add_sa a{spi=0x77}\nsend a{sa=#1~next data=11}\n", "")},
    {ROW(RIGHT, COUNTS_HANDLES, OUT("") "delete_sa a{handle=#1}\nadd_sa a{spi=0x1001}\n" SEND CROSS, "")},
    {ROW(RIGHT, COUNTS_HANDLES, OUT("") "dut2 open\ndut2 add_sa a{spi=0x99}\nsend a{sa=dut2#1 data=32?1}\n", "")},
    {ROW(RIGHT, 0, OUT("") "dut2 open\ndut2 add_sa a{spi=0x99}\nsend a{sa=dut2#1 data=32?1}\n", "")},
    /* tunnels: the model knows only that they must not show the plaintext */
    {ROW(RIGHT, 0, OUT("") "send a{tunnel=#1 data=32?1} b{sa=#1 tunnel=#1 data=32?1} c{tunnel=0x99 data=11}\n", "")},
    {ROW(SUCCEEDS, 0, "send a{tunnel=0x99 data=11}\n", "TX-004")},
    {ROW(SENDS_AS_IS, 0, OUT("") "send a{tunnel=#1 data=32?1}\n", "TX-015")},
    {ROW(SENDS_AS_IS, 0, OUT("") "send a{sa=#1 tunnel=#1 data=32?1}\n", "TX-013")},
    {ROW(SUCCEEDS, 0, OUT("") "send a{sa=0x99 tunnel=#1 data=11}\n", "TX-002")},
    {ROW(SUCCEEDS, 0, IN("") "send a{tunnel=#1 data=11}\n", "TX-004")},
    {ROW(SUCCEEDS, 0, OUT("") "send a{tunnel=#1 data=11}\n", "TX-015")}, /* and nothing on the wire */
    /* what the stack would not send, or the device need not take */
    {ROW(FAILS, 0, OUT("") "send a{sa=#1 data=32?1 options=8}\n", "")},
    {ROW(FAILS, 0, OUT("") "send a{sa=#1 data=32?1 esp_offset=200}\n", "")},
    {ROW(FAILS, 0, OUT("") "send a{sa=#1 data=4000?1}\n", "")},
    {ROW(FAILS, 0, OUT("") "send a{sa=#1 frame=0011}\n", "")},
    {ROW(RIGHT, 0, OUT("") "send a{sa=#1 frame=0011}\n", "")},
    {ROW(SENDS_AS_IS, 0, OUT("") "send a{sa=#1 data=32?1 options=8}\n", "TX-027")},
    {ROW(SENDS_AS_IS, 0, OUT("") "send a{sa=#1 data=32?1 headers=94040000}\n", "TX-027")},
    {ROW(SENDS_AS_IS, 0, OUT("") "send a{sa=#1 data=32?1 flip=ip+6.5}\n", "TX-028")},
    {ROW(RIGHT, 0, OUT("") "send a{sa=#1 data=32?1 flip=ip+6.5}\n", "")},
    {ROW(RIGHT, 0, OUT("") "send a{sa=#1 data=32?1 flip=ip+1 flip=ip+8}\n" CROSS, "")},
    {ROW(SENDS_AS_IS, 0, OUT("") "send a{sa=#1 data=32?1 esp_offset=200}\n", "TX-010")},
    {ROW(SENDS_AS_IS, 0, OUT("") "send a{sa=#1 data=4000?1}\n", "TX-028")},
    {ROW(FAILS_AFTERWARDS, 0, OUT("") "send a{sa=#1 data=32?1 esp_offset=200}\n", "TX-003")},
    {ROW(FAILS, 0, "send a[100]{data=11}\n", "")},
    /* configuration */
    {ROW(RIGHT, 0, OUT("") "config ipsec=disabled\n" SEND, "")},
    {ROW(RIGHT, ACTIVE_WHEN_OFF, OUT("") "config ipsec=disabled\n" SEND CROSS, "")},
    {ROW(SENDS_AS_IS, ACTIVE_WHEN_OFF, OUT("") "config ipsec=disabled\n" SEND, "TX-026")},
    {SET("*IPsecOffloadV2=0", SENDS_AS_IS, ACTIVE_WHEN_OFF, "config ipsec=both\n" OUT("") SEND, "TX-005")},
    /* states */
    {ROW(RIGHT, 0, OUT("") "event pause\n" SEND PLAIN "event restart\n" SEND, "")},
    {ROW(ODD_CODE, 0, "event pause\n" PLAIN, "TX-037")},
    {ROW(SUCCEEDS, 0, "event pause\n" PLAIN, "TX-037")},
    {ROW(SENDS_REFUSED, 0, "event pause\n" PLAIN, "TX-037")},
    {ROW(RIGHT, 0, OUT("") "event low-power\n" SEND "event full-power\n" SEND, "")},
    {ROW(ODD_CODE, 0, "event low-power\n" PLAIN, "REL-007")},
    {ROW(SUCCEEDS, 0, "event low-power\n" PLAIN, "REL-007")},
    {ROW(RIGHT, 0, OUT("") "event surprise-removal\n" SEND PLAIN, "")},
    {ROW(SENDS_REFUSED, 0, OUT("") "event surprise-removal\n" SEND, "TX-003")},
    {ROW(RIGHT, 0, OUT("") "event link-down\n" SEND PLAIN "event link-up\n" SEND, "")},
    {ROW(FAILS, 0, OUT("") "event link-down\nevent link-up\n" SEND, "TX-005")},
    /* lists that are finished in a later line */
    {ROW(RIGHT, PENDS_SENDS, OUT("") "send nowait a[3]{sa=#1 data=31?5}\nsend nowait a{data=11}\ndrain\npeer receive a{frame=$2}\n", "")},
    {ROW(RIGHT, PENDS_SENDS | COMPLETES_EARLY, OUT("") "event hold\nsend a[3]{sa=#1 data=31?5}\nevent release\n" CROSS, "")},
    {ROW(SKIPS_SECOND, PENDS_SENDS, OUT("") "send nowait a[3]{sa=#1 data=31?5}\ndrain\n", "TX-016")},
    {ROW(SENDS_AS_IS, PENDS_SENDS, OUT("") "send nowait a[3]{sa=#1 data=31?5}\ncaps\n", "TX-005 TX-023")},
    {ROW(SKIPS_ALL, COMPLETES_EARLY, OUT("") "send nowait a{sa=#1 data=31?5}\n", "")},
    {ROW(SKIPS_ALL, COMPLETES_EARLY, OUT("") "send nowait a{sa=#1 data=31?5}\ndrain\n", "TX-005")},
    {ROW(FAILS, PENDS_SENDS, OUT("") "send nowait a{sa=#1 data=31?5}\ndelete_sa a{handle=#1}\n", "")},
    {ROW(FAILS, PENDS_SENDS, OUT("") "event hold\nsend a{sa=#1 data=31?5}\nevent reset\nevent release\n", "")},
    {ROW(SKIPS_ALL, PENDS_SENDS, OUT("") "event hold\nsend a{sa=#1 data=31?5}\nevent reset\nevent release\n", "")},
    {ROW(FAILS, PENDS_SENDS, OUT("") "event hold\nsend a{sa=#1 data=31?5}\nevent release\n", "TX-005")},
    {ROW(RIGHT, PENDS_SENDS, OUT("esn") "send nowait a{sa=#1 data=31?5}\nupdate_sa a{handle=#1 spi=0x1001 hi=9}\n" CROSS, "")},
    /* handles that only the device knows, SAs that may be gone */
    {ROW(RIGHT, 0, "event hold\nadd_sa nowait a{}\nsend a{sa=#1 data=11} b{tunnel=#1 data=22} c{sa=0x77 data=33}\nevent release\n" SEND, "")},
    {ROW(RIGHT, FAILS_BUSY, OUT("") "delete_sa a{handle=#1}\n" SEND SEND, "DEL-001")},
    {ROW(RIGHT, UPDATES_THEN_FAILS, OUT("") "delete_sa a{handle=#1}\n" SEND SEND, "DEL-001")},
    {ROW(SENDS_AS_IS, FAILS_BUSY, OUT("") "delete_sa a{handle=#1}\n" SEND, "DEL-001 TX-005")},
    {ROW(FAILS, 0, OUT("udp=4") SEND, "")},
    {ROW(RIGHT, 0, OUT("") MANY MANY MANY MANY MANY MANY MANY MANY MANY MANY, "")},
    {ROW(SAME_IV, 0, OUT("") MANY, "TX-023")},
    /* frames that nobody sent */
    {ROW(SENDS_AGAIN, 0, OUT("") SEND "drain\n", "TX-005 TX-003")},
    {ROW(SENDS_AGAIN, 0, PLAIN "drain\n", "")},
    {ROW(SENDS_AGAIN, 0, OUT("") SEND "delete_sa a{handle=#1}\ndrain\n", "TX-005 TX-003")},
};
/* clang-format on */

int main(void)
{
    hooks = (struct toy_hooks){.frame = wrong_frame, .send = wrong_send, .drain = wrong_drain};
    return run_rows(rows, sizeof rows / sizeof rows[0]);
}
