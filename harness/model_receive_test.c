/* SPDX-License-Identifier: MIT */
/* What the stack may be told of a frame: each law of model_receive.c, model_match.c and model_packet.c, broken and not.
 */
#define TEST_FILE "model_receive_test.c"
#include "device_test.inc"

enum {
    RIGHT,
    /* out-of-band words */
    CLAIMS_DONE, /* CryptoDone on what it did not process */
    CLAIMS_NEXT,
    ONLY_NEXT,
    ONLY_STATUS,
    SETS_RESERVED,
    SETS_UPPER,
    STATUS_9,
    ASKS_DELETE,
    SETS_INFO,
    SWAPS_INFO,
    WRONG_PAD,
    FORGETS_DONE,
    SUMS_GOOD, /* the checksum of UDP */
    SUMS_BAD,
    SUMS_TCP,
    /* statuses */
    SUCCEEDS,
    FAILS,
    SAYS_AH,
    SAYS_TUNNEL_AH,
    SAYS_ESP,
    SAYS_TUNNEL_ESP,
    SAYS_SYNTAX,
    SAYS_PROTOCOL,
    SAYS_NOTHING_SPECIAL, /* a generic error */
    FAILS_LOW,            /* what has a number below 100 */
    FAILS_REPEATED,       /* what it has just had */
    /* bytes */
    ALTERS_DATA,
    ALTERS_HEADER,
    ALTERS_TRAILER,
    ONE_MORE,
    ONE_LESS,
    KEEPS_IP_LENGTH,
    BAD_BUFFER,
    /* how often, and when */
    DROPS,
    DROPS_FORGED,
    TWICE,
    AGAIN,
};

static uint8_t kept[TOY_FRAME];
static uint32_t kept_len;

static void spoil_slots(struct toy_packet *packet, bool done)
{
    switch (script.wrong) {
    case CLAIMS_DONE:
        packet->oob.ipsec |= OV2_OOB_CRYPTO_DONE;
        break;
    case CLAIMS_NEXT:
        packet->oob.ipsec |= done ? OV2_OOB_NEXT_CRYPTO_DONE : 0;
        break;
    case ONLY_NEXT:
        packet->oob.ipsec = OV2_OOB_NEXT_CRYPTO_DONE;
        break;
    case ONLY_STATUS:
        packet->oob.ipsec &= ~(uint64_t)OV2_OOB_CRYPTO_DONE;
        break;
    case SETS_RESERVED:
        packet->oob.ipsec |= 0x100;
        break;
    case SETS_UPPER:
        packet->oob.ipsec |= 1ull << 40;
        break;
    case STATUS_9:
        packet->oob.ipsec = OV2_OOB_CRYPTO_DONE | 9ull << OV2_OOB_CRYPTO_STATUS_SHIFT;
        break;
    case ASKS_DELETE:
        packet->oob.ipsec |= OV2_OOB_SA_DELETE_REQ;
        break;
    case SETS_INFO:
        packet->oob.header |= OV2_OOB_HEADER_INFO_SET;
        break;
    case SWAPS_INFO:
        packet->oob.header ^= 1;
        break;
    case WRONG_PAD:
        packet->oob.header ^= 0x100;
        break;
    case SUMS_GOOD:
        packet->oob.checksum = OV2_CHECKSUM_UDP_SUCCEEDED;
        break;
    case SUMS_BAD:
        packet->oob.checksum = OV2_CHECKSUM_UDP_FAILED;
        break;
    case SUMS_TCP:
        packet->oob.checksum = OV2_CHECKSUM_TCP_SUCCEEDED;
        break;
    case FORGETS_DONE:
        packet->oob.ipsec = 0;
        packet->oob.header = 0;
        break;
    default:
        break;
    }
}

static void set_status(struct toy_packet *packet, uint32_t status)
{
    packet->oob.ipsec = OV2_OOB_CRYPTO_DONE | (uint64_t)status << OV2_OOB_CRYPTO_STATUS_SHIFT;
    packet->oob.header = 0;
}

static void spoil_status(struct toy_packet *packet)
{
    static const uint32_t codes[] = {
        [SUCCEEDS] = CRYPTO_SUCCESS,
        [FAILS] = CRYPTO_TRANSPORT_ESP_AUTH_FAILED,
        [SAYS_AH] = CRYPTO_TRANSPORT_AH_AUTH_FAILED,
        [SAYS_TUNNEL_AH] = CRYPTO_TUNNEL_AH_AUTH_FAILED,
        [SAYS_ESP] = CRYPTO_TRANSPORT_ESP_AUTH_FAILED,
        [SAYS_TUNNEL_ESP] = CRYPTO_TUNNEL_ESP_AUTH_FAILED,
        [SAYS_SYNTAX] = CRYPTO_INVALID_PACKET_SYNTAX,
        [SAYS_PROTOCOL] = CRYPTO_INVALID_PROTOCOL,
        [SAYS_NOTHING_SPECIAL] = CRYPTO_GENERIC_ERROR,
    };

    if (script.wrong >= SUCCEEDS && script.wrong <= SAYS_NOTHING_SPECIAL)
        set_status(packet, codes[script.wrong]);
}

static void spoil_bytes(struct ov2_device *device, struct toy_packet *packet)
{
    struct ov2_fragment fragment = {packet->bytes, packet->len, packet->len - 4, 8, 0};
    struct ov2_packet outside = {&fragment, 1, 0};

    switch (script.wrong) {
    case ALTERS_DATA:
        packet->bytes[packet->len - 30] ^= 1;
        break;
    case ALTERS_HEADER:
        packet->bytes[22] ^= 1;
        break;
    case ALTERS_TRAILER:
        packet->bytes[packet->len - 18] ^= 1;
        break;
    case ONE_MORE:
        packet->bytes[packet->len++] = 0;
        break;
    case ONE_LESS:
        packet->len--;
        break;
    case KEEPS_IP_LENGTH:
        toy_set_ip_len(packet->bytes + 14, false, 400);
        break;
    case BAD_BUFFER:
        device->ops->indicated(device->host, &outside, &packet->oob);
        packet->drop = true;
        break;
    default:
        break;
    }
}

/* Devices that look at the numbers of packets. */
static void spoil_numbers(struct toy_packet *packet)
{
    bool is_low = packet->len > 41 && get_be32(packet->bytes + 38) < 100;
    bool is_kept = packet->len == kept_len && memcmp(packet->bytes, kept, kept_len) == 0;

    if ((script.wrong == FAILS_LOW && is_low) || (script.wrong == FAILS_REPEATED && is_kept))
        set_status(packet, CRYPTO_TRANSPORT_ESP_AUTH_FAILED);
}

static void wrong_packet(struct ov2_device *device, struct toy_packet *packet, const struct toy_sa *sa)
{
    bool done = (packet->oob.ipsec & OV2_OOB_CRYPTO_DONE) != 0;
    bool good = done && ov2_crypto_status(packet->oob.ipsec) == CRYPTO_SUCCESS;

    spoil_slots(packet, done);
    if (done || !sa)
        spoil_status(packet);
    spoil_numbers(packet);
    spoil_bytes(device, packet);
    packet->drop = packet->drop || script.wrong == DROPS || (script.wrong == DROPS_FORGED && done && !good);
    packet->copies = script.wrong == TWICE ? 2 : 1;
    if (script.wrong == AGAIN || script.wrong == FAILS_REPEATED) {
        memcpy(kept, packet->bytes, packet->len);
        kept_len = packet->len;
    }
}

static void wrong_drain(struct ov2_device *device)
{
    struct toy_packet packet = {kept, kept_len, {0}, false, 1};

    if (script.wrong == AGAIN && kept_len > 0)
        toy_indicate(device, &packet);
    kept_len = 0;
}

#define ROW(...)   __LINE__, "", __VA_ARGS__
#define SET(...)   __LINE__, __VA_ARGS__
#define FRAME      "peer send a{sa=#1 data=00.40?5}\n"
#define GET        "receive a{frame=$1}\n"
#define BOTH_WAYS  FRAME GET
#define EDIT(edit) FRAME "receive a{frame=$1 " edit "}\n"
#define ODD_PAD    "peer send a{sa=#1 data=00.40?5 flip=pad-length+0.7}\nreceive a{frame=$1}\n"
#define ODD_OPTION "peer send a{sa=#1 data=40?1 options=8}\nreceive a{frame=$1 flip=ip+42.0}\n"
#define UDP(sum)   "peer send a{sa=#1 data=00010002000a" sum "4142}\n" GET
#define PAIR       "esp=aes-cbc-128+sha1 ah=ah-sha256"
#define CBC        "esp=aes-cbc-128+sha1"
#define CIPHERS(peers, own)                                                                                            \
    "peer add_sa a{src=192.0.2.2 dst=192.0.2.1 spi=7 key=" peers " " CBC "}\n"                                         \
    "add_sa a{in dst=192.0.2.1 spi=7 key=" own " " CBC "}\n"
#define PLAIN        "peer send a{data=40?1}\n" GET
#define OTHER(words) "peer add_sa a{src=192.0.2.2 dst=192.0.2.1 spi=0x1002}\nadd_sa a{in " words " spi=0x1002}\n"
#define TWINS        "add_sa a{in spi=0x1002} b{in spi=0x1002} c{in spi=0x1002} d{in spi=0x1002} e{in spi=0x1002}\n"
#define SEQ(seq)     "peer send a{sa=#1 data=40?1 seq=" seq "}\n"
#define V6(words)                                                                                                      \
    "peer add_sa a{src=2001:db8::2 dst=2001:db8::1 spi=0x1002 " words                                                  \
    "}\nadd_sa a{in src=2001:db8::2 dst=2001:db8::1 spi=0x1002 " words "}\n"
#define SWITCH(ipv4, ipv6)                                                                                             \
    "oid code=0x0101010A door=normal buffer=a8011c00." ipv4 ".3*00.02.7*00." ipv6 ".3*00.02.7*00\n"
#define INNER "4500003000000000403200000a0000010a000002.16?3"

/* clang-format off */
static const struct row rows[] = {
    /* frames that no SA takes */
    {ROW(RIGHT, 0, PLAIN, "")},
    {ROW(CLAIMS_DONE, 0, PLAIN, "RX-002")},
    {ROW(ALTERS_DATA, 0, PLAIN, "RX-002")},
    {ROW(SETS_INFO, 0, PLAIN, "RX-028")},
    {ROW(ASKS_DELETE, 0, PLAIN, "RX-041")},
    {ROW(RIGHT, 0, OTHER("src=192.0.2.2 dst=192.0.2.9") BOTH_WAYS, "")},
    {ROW(CLAIMS_DONE, 0, OTHER("src=192.0.2.2 dst=192.0.2.9") BOTH_WAYS, "RX-003")},
    {ROW(CLAIMS_DONE, 0, OTHER("src=192.0.2.9 dst=192.0.2.1") BOTH_WAYS, "RX-004")},
    {ROW(CLAIMS_DONE, 0, OTHER("src=2001:db8::1 dst=2001:db8::2") BOTH_WAYS, "RX-005")},
    {ROW(CLAIMS_DONE, 0, OTHER("src=192.0.2.2 dst=192.0.2.1 udp=1") BOTH_WAYS, "UDP-007")},
    {ROW(CLAIMS_DONE, 0, "peer add_sa a{src=192.0.2.2 dst=192.0.2.1 udp=1}\n" BOTH_WAYS, "UDP-005")},
    {ROW(RIGHT, 0, IN("") EDIT("flip=spi+3.0"), "")},
    {ROW(CLAIMS_DONE, 0, IN("") EDIT("flip=spi+3.0"), "RX-002")},
    {ROW(RIGHT, 0, IN("") EDIT("flip=dst+3.0"), "")},
    {ROW(CLAIMS_DONE, 0, IN("") EDIT("flip=dst+3.0"), "RX-003")},
    {ROW(CLAIMS_DONE, 0, IN("") EDIT("flip=src+3.0"), "RX-004")},
    {ROW(RIGHT, 0, IN("") EDIT("flip=ip+6.5"), "")},
    {ROW(CLAIMS_DONE, 0, IN("") EDIT("flip=ip+6.5"), "RX-025")},
    {ROW(RIGHT, 0, IN("") "peer send a{sa=#1 data=40?5 options=8}\nreceive a{frame=$1}\n", "")},
    {ROW(CLAIMS_DONE, 0, IN("") "peer send a{sa=#1 data=40?5 options=8}\nreceive a{frame=$1}\n", "RX-008")},
    {ROW(CLAIMS_DONE, 0, "add_sa a{dst=192.0.2.1 src=192.0.2.2 spi=0x1002}\npeer add_sa a{src=192.0.2.2 dst=192.0.2.1 spi=0x1002}\n" BOTH_WAYS, "RX-002")},
    /* one that an SA takes */
    {ROW(RIGHT, 0, IN("") BOTH_WAYS GET, "")},
    {ROW(RIGHT, 0, IN(CBC) BOTH_WAYS, "")},
    {ROW(RIGHT, 0, IN("esp=null+sha1") BOTH_WAYS, "")},
    {ROW(RIGHT, 0, IN("ah=ah-sha1") BOTH_WAYS, "")},
    {ROW(RIGHT, 0, IN(PAIR) BOTH_WAYS, "")},
    {ROW(RIGHT, 0, IN("udp=1") BOTH_WAYS, "")},
    {ROW(RIGHT, 0, IN("esn hi=5") BOTH_WAYS, "")},
    {ROW(RIGHT, 0, IN("") "peer send a[5]{sa=#1 data=1?1}\nreceive a{frame=$1} b{frame=$2} c{frame=$3 cut=1}\n", "")},
    {ROW(FORGETS_DONE, 0, IN("") BOTH_WAYS, "RX-007")},
    {ROW(FAILS, 0, IN("") BOTH_WAYS, "RX-014")},
    {ROW(CLAIMS_NEXT, 0, IN("") BOTH_WAYS, "RX-010")},
    {ROW(CLAIMS_NEXT, 0, IN(PAIR) BOTH_WAYS, "RX-010 RX-012")},
    {ROW(ONLY_NEXT, 0, IN("") BOTH_WAYS, "RX-011 RX-028 RX-007")},
    {ROW(SETS_RESERVED, 0, IN("") BOTH_WAYS, "RX-021")},
    {ROW(SETS_UPPER, 0, IN("") BOTH_WAYS, "RX-021")},
    {ROW(STATUS_9, 0, IN("") BOTH_WAYS, "RX-022 RX-014")},
    {ROW(ASKS_DELETE, 0, IN("") BOTH_WAYS, "")},
    {ROW(RIGHT, 0, IN("") "event sa-pressure\n" BOTH_WAYS GET, "")},
    {ROW(SWAPS_INFO, 0, IN("") BOTH_WAYS, "RX-027")},
    {ROW(WRONG_PAD, 0, IN("") BOTH_WAYS, "RX-027")},
    {ROW(SETS_INFO, 0, IN("ah=ah-sha1") BOTH_WAYS, "RX-028")},
    {ROW(ALTERS_DATA, 0, IN("") BOTH_WAYS, "RX-014")},
    {ROW(ALTERS_HEADER, 0, IN("") BOTH_WAYS, "RX-014")},
    {ROW(ALTERS_TRAILER, 0, IN("") BOTH_WAYS, "RX-014")},
    {ROW(ALTERS_DATA, 0, IN("ah=ah-sha1") BOTH_WAYS, "RX-014")},
    {ROW(ONE_MORE, 0, IN("") BOTH_WAYS, "RX-052")},
    {ROW(ONE_LESS, 0, IN("") BOTH_WAYS, "RX-052")},
    {ROW(BAD_BUFFER, 0, IN("") BOTH_WAYS, "")}, /* an error of the adapter */
    /* a pad length that does not fit */
    {ROW(SUCCEEDS, 0, IN("") ODD_PAD, "")},
    {ROW(SAYS_SYNTAX, 0, IN("") ODD_PAD, "")},
    {ROW(SUCCEEDS, 0, IN("esp=null+sha1") ODD_PAD, "")},
    {ROW(SETS_INFO, 0, IN("") ODD_PAD, "RX-026")},
    {ROW(SAYS_SYNTAX, 0, IN("") "peer send a{sa=#1 data=00.40?5 flip=pad-length+0.4}\nreceive a{frame=$1}\n", "RX-014")},
    /* checksums within */
    {ROW(SUMS_GOOD, COEXISTS, IN("") UDP("0000"), "")},
    {ROW(SUMS_BAD, COEXISTS, IN("") UDP("0000"), "RX-045")},
    {ROW(SUMS_GOOD, COEXISTS, IN("") UDP("3a91"), "")},
    {ROW(SUMS_BAD, COEXISTS, IN("") UDP("3a91"), "RX-045")},
    {ROW(SUMS_GOOD, COEXISTS, IN("") UDP("3a92"), "RX-045")},
    {ROW(SUMS_BAD, COEXISTS, IN("") UDP("3a92"), "")},
    {ROW(SUMS_GOOD, 0, IN("") UDP("3a91"), "RX-045")},
    {ROW(SUMS_TCP, COEXISTS, IN("") UDP("3a91"), "RX-045")},
    {ROW(SUMS_GOOD, COEXISTS, IN("ah=ah-sha1") UDP("3a92"), "RX-045")},
    {ROW(SUMS_BAD, COEXISTS, IN("") FRAME "receive a{frame=$1 flip=icv+0}\n", "")}, /* */
    {ROW(SUMS_GOOD, COEXISTS, "peer add_sa a{src=192.0.2.2 dst=192.0.2.1 spi=9}\n" BOTH_WAYS, "RX-045")},
    {ROW(SUMS_GOOD, 0, PLAIN, "")},
    /* what a link does to frames */
    {ROW(RIGHT, 0, IN("") EDIT("grow=12"), "")},
    {ROW(FAILS, 0, IN("") EDIT("grow=12"), "RX-014")},
    {ROW(RIGHT, 0, IN("") EDIT("flip=ip+8.0"), "")},
    {ROW(RIGHT, SKIPS_ODD, IN("") EDIT("flip=ip+8.0"), "")},
    {ROW(FAILS, 0, IN("") EDIT("flip=ip+8.0"), "RX-014")},
    {ROW(RIGHT, 0, IN("ah=ah-sha1") EDIT("flip=ip+8.0"), "")},
    {ROW(DROPS, 0, IN("") EDIT("flip=media+5.0"), "")},
    {SET("media=18", RIGHT, 0, "peer close\npeer open media=18\n" IN("") BOTH_WAYS PLAIN, "")},
    {SET("media=18", RIGHT, MOVES_TAGS, "peer close\npeer open media=18\n" IN("") BOTH_WAYS PLAIN, "")},
    /* RX_STRIP */
    {SET("RX_STRIP=trailer", RIGHT, 0, IN("") BOTH_WAYS, "")},
    {SET("RX_STRIP=trailer", RIGHT, 0, IN("esp=aes-cbc-128+sha1 udp=1") BOTH_WAYS, "")},
    {SET("RX_STRIP=trailer", RIGHT, 0, IN("ah=ah-sha1") BOTH_WAYS, "")},
    {SET("RX_STRIP=trailer", ONE_MORE, 0, IN("") BOTH_WAYS, "RX-052")},
    {SET("RX_STRIP=trailer", KEEPS_IP_LENGTH, 0, IN("") BOTH_WAYS, "RX-052")},
    {SET("RX_STRIP=trailer", ALTERS_DATA, 0, IN("") BOTH_WAYS, "RX-014")},
    {SET("RX_STRIP=trailer", ALTERS_HEADER, 0, IN("") BOTH_WAYS, "RX-014")},
    {SET("RX_STRIP=all", RIGHT, 0, IN("") BOTH_WAYS, "")},
    {SET("RX_STRIP=all", RIGHT, 0, IN(PAIR) BOTH_WAYS, "")},
    {SET("RX_STRIP=all", RIGHT, 0, IN("udp=1") BOTH_WAYS, "")},
    {SET("RX_STRIP=all", ONE_LESS, 0, IN("") BOTH_WAYS, "RX-052")},
    {SET("RX_STRIP=all", KEEPS_IP_LENGTH, 0, IN("") BOTH_WAYS, "RX-052")},
    {SET("RX_STRIP=all", ALTERS_DATA, 0, IN("") BOTH_WAYS, "RX-014")},
    /* forged frames */
    {ROW(RIGHT, 0, IN("") EDIT("flip=icv+15.7"), "")},
    {ROW(RIGHT, SAYS_GENERIC, IN("") EDIT("flip=icv+0"), "")},
    {ROW(RIGHT, 0, IN("") EDIT("flip=payload+0.0") EDIT("flip=iv+0.0") EDIT("flip=seq+3.0"), "")},
    {ROW(SUCCEEDS, 0, IN("") EDIT("flip=icv+15.7"), "RX-013")},
    {ROW(FORGETS_DONE, 0, IN("") EDIT("flip=icv+15.7"), "RX-007")},
    {ROW(ONLY_STATUS, 0, IN("") EDIT("flip=icv+15.7"), "RX-020 RX-007")},
    {ROW(SETS_INFO, 0, IN("") EDIT("flip=icv+15.7"), "RX-026")},
    {ROW(CLAIMS_NEXT, 0, IN("") EDIT("flip=icv+15.7"), "RX-010")},
    {ROW(SAYS_TUNNEL_ESP, 0, IN("") EDIT("flip=icv+15.7"), "")},
    {ROW(SAYS_AH, 0, IN("") EDIT("flip=icv+15.7"), "RX-016")},
    {ROW(SAYS_SYNTAX, 0, IN("") EDIT("flip=icv+15.7"), "RX-016")},
    {ROW(SAYS_PROTOCOL, 0, IN("") EDIT("flip=icv+15.7"), "RX-016")},
    {ROW(ALTERS_HEADER, 0, IN("") EDIT("flip=icv+15.7"), "RX-046")},
    {ROW(ONE_MORE, 0, IN("") EDIT("flip=icv+15.7"), "RX-046")},
    {ROW(DROPS_FORGED, 0, IN("") EDIT("flip=icv+15.7"), "RX-019")},
    {ROW(RIGHT, 0, IN("ah=ah-sha1") EDIT("flip=ah-icv+0.0") EDIT("flip=payload+0.0") EDIT("flip=ip+4.0"), "")},
    {ROW(SUCCEEDS, 0, IN("ah=ah-sha1") EDIT("flip=ip+4.0"), "RX-013")},
    {ROW(SAYS_ESP, 0, IN("ah=ah-sha1") EDIT("flip=ah-icv+0.0"), "RX-015")},
    {ROW(SAYS_NOTHING_SPECIAL, 0, IN("ah=ah-sha1") EDIT("flip=ah-icv+0.0"), "RX-015")},
    {ROW(SAYS_TUNNEL_AH, 0, IN("ah=ah-sha1") EDIT("flip=ah-icv+0.0"), "RX-015")},
    {ROW(SAYS_TUNNEL_AH, 0, IN("ah=ah-sha1") "peer send a{sa=#1 nh=4 data=40?1}\nreceive a{frame=$1 flip=ah-icv+0.0}\n", "")},
    {ROW(SAYS_AH, 0, IN("ah=ah-sha1") "peer send a{sa=#1 nh=4 data=40?1}\nreceive a{frame=$1 flip=ah-icv+0.0}\n", "RX-015")},
    {ROW(RIGHT, 0, IN(PAIR) EDIT("flip=ah-icv+0.0") EDIT("flip=icv+0.0") EDIT("flip=payload+9.0"), "")},
    {ROW(SAYS_ESP, 0, IN(PAIR) EDIT("flip=ah-icv+0.0"), "RX-015")},
    {ROW(SAYS_ESP, 0, IN(PAIR) EDIT("flip=icv+0.0"), "")},
    {ROW(SAYS_AH, 0, IN(PAIR) EDIT("flip=icv+0.0"), "")},
    /* other keys, other halves */
    {ROW(RIGHT, 0, OTHER("src=192.0.2.2 dst=192.0.2.1 key=20?9") BOTH_WAYS, "")},
    {ROW(SUCCEEDS, 0, OTHER("src=192.0.2.2 dst=192.0.2.1 key=20?9") BOTH_WAYS, "RX-039")},
    {ROW(SUCCEEDS, 0, CIPHERS("16?1.20?2", "16?9.20?2") BOTH_WAYS, "")}, /* garbage, and nobody can know */
    {ROW(FAILS, 0, CIPHERS("16?1.20?2", "16?9.20?2") BOTH_WAYS, "")},
    {ROW(SUCCEEDS, 0, CIPHERS("16?1.20?2", "16?1.20?9") BOTH_WAYS, "RX-039")},
    {ROW(RIGHT, 0, IN("esn") "peer update_sa a{handle=#1 spi=0x1002 hi=3}\n" BOTH_WAYS, "")},
    {ROW(SUCCEEDS, 0, IN("esn") "peer update_sa a{handle=#1 spi=0x1002 hi=3}\n" BOTH_WAYS, "ESN-006")},
    {ROW(RIGHT, UPDATES_THEN_FAILS, IN("esn") "update_sa nowait a{handle=#1 spi=0x1002 hi=3}\n", "UPD-001")},
    /* lengths */
    {ROW(RIGHT, 0, IN("") EDIT("shorten=1") EDIT("shorten=40"), "")},
    {ROW(FORGETS_DONE, 0, IN("") EDIT("shorten=1"), "")},
    {ROW(SAYS_NOTHING_SPECIAL, 0, IN("") EDIT("shorten=1"), "")},
    {ROW(SAYS_ESP, 0, IN("") EDIT("shorten=1"), "RX-017")},
    {ROW(SUCCEEDS, 0, IN("") EDIT("shorten=1"), "RX-013")},
    {ROW(RIGHT, 0, IN(CBC) EDIT("flip=ip+3.0"), "")},
    {ROW(SAYS_ESP, 0, IN(CBC) EDIT("grow=8 flip=ip+3.2"), "")},
    {ROW(RIGHT, 0, IN(CBC) EDIT("grow=8 flip=ip+3.2"), "")},
    {ROW(SUCCEEDS, 0, IN(CBC) EDIT("grow=8 flip=ip+3.2"), "RX-013")},
    {ROW(RIGHT, 0, IN("ah=ah-sha1") EDIT("flip=ah+1.0") EDIT("flip=ah+1.6"), "")},
    {ROW(SAYS_AH, 0, IN("ah=ah-sha1") EDIT("flip=ah+1.0"), "")},
    {ROW(SAYS_SYNTAX, 0, IN("ah=ah-sha1") EDIT("flip=ah+1.6"), "")},
    {ROW(SUCCEEDS, 0, IN("ah=ah-sha1") EDIT("flip=ah+1.6"), "RX-002")},
    /* options in front of AH, of which nobody knows whether they are covered */
    {ROW(RIGHT, 0, V6("ah=ah-sha1") ODD_OPTION, "")},
    {ROW(SAYS_AH, 0, V6("ah=ah-sha1") ODD_OPTION, "")},
    {ROW(SAYS_SYNTAX, 0, V6("ah=ah-sha1") ODD_OPTION, "")},
    {ROW(SAYS_ESP, 0, V6("ah=ah-sha1") ODD_OPTION, "RX-014")},
    /* AH around ESP that is cut: the ICV of AH can be found */
    {ROW(SAYS_AH, 0, IN(PAIR) EDIT("shorten=80 flip=ip+3.7 flip=ip+3.5 flip=ip+3.4"), "")},
    /* the other protocol */
    {ROW(RIGHT, 0, "peer add_sa a{src=192.0.2.2 dst=192.0.2.1 spi=7 ah=ah-sha1}\nadd_sa a{in dst=192.0.2.1 spi=7}\n" BOTH_WAYS, "")},
    {ROW(FORGETS_DONE, 0, "peer add_sa a{src=192.0.2.2 dst=192.0.2.1 spi=7 ah=ah-sha1}\nadd_sa a{in dst=192.0.2.1 spi=7}\n" BOTH_WAYS, "")},
    {ROW(SAYS_ESP, 0, "peer add_sa a{src=192.0.2.2 dst=192.0.2.1 spi=7 ah=ah-sha1}\nadd_sa a{in dst=192.0.2.1 spi=7}\n" BOTH_WAYS, "RX-018")},
    {ROW(SUCCEEDS, 0, "peer add_sa a{src=192.0.2.2 dst=192.0.2.1 spi=7}\nadd_sa a{in dst=192.0.2.1 spi=7 ah=ah-sha1}\n" BOTH_WAYS, "RX-018")},
    /* AH by itself on a frame that has ESP within */
    {ROW(RIGHT, 0, "peer add_sa a{src=192.0.2.2 dst=192.0.2.1 spi=7 ah_spi=9 " PAIR " key=68?1}\nadd_sa a{in dst=192.0.2.1 spi=9 ah=ah-sha256 key=32?3}\n" BOTH_WAYS, "")},
    /* tunnels: an inner portion is not the model's business */
    {ROW(RIGHT, 0, IN("") "peer send a{sa=#1 nh=4 data=" INNER "}\n" GET, "")},
    {ROW(CLAIMS_NEXT, 0, IN("") "peer send a{sa=#1 nh=4 data=" INNER "}\n" GET, "")},
    {ROW(CLAIMS_NEXT, 0, IN("") "peer send a{sa=#1 nh=4 data=45.31?1}\n" GET, "RX-010")},
    /* vectors */
    {ROW(RIGHT, 0, IN("") FRAME "receive a{frame=$1 plain=00.40?5 nh_plain=17}\n", "")},
    {ROW(FAILS, 0, IN("") FRAME "receive a{frame=$1 plain=00.40?5 nh_plain=17 flip=icv+0}\n", "")},
    {ROW(SUCCEEDS, 0, IN("") FRAME "receive a{frame=$1 plain=00.40?5 nh_plain=17 flip=icv+0}\n", "RX-013")},
    {ROW(ALTERS_DATA, 0, IN("") FRAME "receive a{frame=$1 plain=00.40?5 nh_plain=17}\n", "RX-014")},
    {ROW(RIGHT, 0, IN("") FRAME "receive a{frame=$1 plain=00.40?5 nh_plain=6}\n", "RX-027")},
    {ROW(RIGHT, 0, IN("") "receive a{frame=-}\nreceive a{frame=00}\nreceive a{frame=60*ff}\n", "")},
    {ROW(RIGHT, 0, IN("") FRAME "peer send a{frame=$1}\nreceive a{frame=$2}\n", "")}, /* the same bytes, passed on */
    {ROW(FAILS, 0, IN("") FRAME "peer send a{frame=$1}\nreceive a{frame=$2}\n", "RX-014")},
    /* several SAs, wildcards */
    {ROW(RIGHT, 0, IN("") "add_sa a{in spi=0x1002 key=20?9}\n" BOTH_WAYS, "")},
    {ROW(RIGHT, PREFERS_OLDEST, IN("") "add_sa a{in spi=0x1002 key=20?9}\n" BOTH_WAYS, "")},
    {ROW(SUCCEEDS, 0, OTHER("dst=192.0.2.1 key=20?9") "add_sa a{in spi=0x1002 key=20?8}\n" BOTH_WAYS, "RX-039")},
    {ROW(FAILS, 0, IN("") "add_sa a{in spi=0x1002 src=192.0.2.2}\n" BOTH_WAYS, "RX-014")},
    {ROW(RIGHT, 0, OTHER("src=192.0.2.2") BOTH_WAYS, "A-24:wildcard")},
    {ROW(RIGHT, WILD_IS_LITERAL, OTHER("src=192.0.2.2") BOTH_WAYS, "A-24:never")},
    {ROW(ALTERS_DATA, WILD_IS_LITERAL, OTHER("src=192.0.2.2") BOTH_WAYS, "RX-007")},
    {ROW(FORGETS_DONE, 0, OTHER("dst=192.0.2.1") BOTH_WAYS, "RX-007")},
    {ROW(RIGHT, 0, IN("") "add_sa a{in src=192.0.2.2 dst=192.0.2.1 spi=0x1002 key=20?9}\n" BOTH_WAYS, "A-50:second-wins")},
    {ROW(CLAIMS_DONE, 0, TWINS TWINS TWINS TWINS TWINS TWINS IN("") EDIT("flip=spi+3.0"), "RX-002")},
    {ROW(CLAIMS_DONE, 0, TWINS TWINS TWINS TWINS TWINS TWINS IN("") BOTH_WAYS, "")},
    /* an SA that may be gone: the first packet tells */
    {ROW(RIGHT, FAILS_BUSY, IN("") "delete_sa a{handle=#1}\n" BOTH_WAYS GET, "DEL-001")},
    {ROW(RIGHT, UPDATES_THEN_FAILS, IN("") "delete_sa a{handle=#1}\n" BOTH_WAYS GET, "DEL-001")},
    {ROW(CLAIMS_DONE, UPDATES_THEN_FAILS, IN("") "delete_sa a{handle=#1}\n" BOTH_WAYS, "DEL-001 RX-014")},
    /* requests that are out */
    {ROW(RIGHT, 0, "peer add_sa a{src=192.0.2.2 dst=192.0.2.1 spi=0x1002}\nevent hold\nadd_sa nowait a{in spi=0x1002}\n" BOTH_WAYS "event release\n" GET, "")},
    {ROW(CLAIMS_DONE, 0, "peer add_sa a{src=192.0.2.2 dst=192.0.2.1 spi=0x1002}\nevent hold\nadd_sa nowait a{in spi=0x1002}\n" BOTH_WAYS, "")},
    {ROW(RIGHT, 0, IN("esn") "event hold\nupdate_sa nowait a{handle=#1 spi=0x1002 hi=3}\n" BOTH_WAYS "event release\n" GET, "")},
    {ROW(SUCCEEDS, 0, IN("esn") "event hold\nupdate_sa nowait a{handle=#1 spi=0x1002 hi=3}\n" BOTH_WAYS "event release\n" GET, "ESN-006")},
    {ROW(FAILS, 0, IN("esn") "event hold\nupdate_sa nowait a{handle=#1 spi=0x1002 hi=3}\n" BOTH_WAYS GET, "")},
    {ROW(RIGHT, 0, OUT("esn") "event hold\nupdate_sa nowait a{handle=#1 spi=0x1001 hi=3}\nsend a{sa=#1 data=32?1}\npeer receive a{frame=$1}\nevent release\nsend a{sa=#1 data=32?1}\npeer receive a{frame=$1} b{frame=$2}\n", "")},
    {ROW(RIGHT, 0, IN("") "event hold\ndelete_sa nowait a{handle=#1}\n" BOTH_WAYS "event release\n" GET, "")},
    /* numbers are not the device's business, whatever the stack thinks of them */
    {ROW(FAILS_REPEATED, 0, IN("") FRAME "receive a{frame=$1} b{frame=$1}\n", "RX-023")},
    {ROW(FAILS_REPEATED, 0, IN("esn hi=9") FRAME "receive a{frame=$1} b{frame=$1}\n", "RX-023")},
    {ROW(FAILS_LOW, 0, IN("") SEQ("37") GET, "RX-014")},
    {ROW(FAILS_LOW, 0, IN("") SEQ("100") GET SEQ("37") "receive a{frame=$2}\n", "RX-014")},
    {ROW(FAILS_LOW, 0, IN("") SEQ("100") GET SEQ("36") "receive a{frame=$2}\n", "RX-023")},
    {ROW(RIGHT, 0, IN("") SEQ("100") GET SEQ("36") "receive a{frame=$2} b{frame=$1}\n", "")},
    /* ESN_RX=infer: what the window leaves open, and what not */
    {SET("ESN_RX=infer", RIGHT, 0, IN("esn") BOTH_WAYS GET, "")},
    {SET("ESN_RX=infer", FAILS, 0, IN("esn") BOTH_WAYS, "RX-014")},
    {SET("ESN_RX=infer", RIGHT, 0, IN("esn") SEQ("100") GET SEQ("5") "receive a{frame=$2}\n", "")},
    {SET("ESN_RX=infer", FAILS_LOW, 0, IN("esn") SEQ("100") GET SEQ("90") "receive a{frame=$2}\n", "RX-014")},
    {SET("ESN_RX=infer", FAILS_LOW, 0, IN("esn") SEQ("100") GET SEQ("5") "receive a{frame=$2}\n", "")},
    {SET("ESN_RX=infer", SUCCEEDS, 0, IN("esn") SEQ("100") GET SEQ("0xFFFFFFF0") "receive a{frame=$2}\n", "")},
    {SET("ESN_RX=infer", FAILS, 0, IN("esn") SEQ("0xFFFFFFF0") GET, "")},
    {SET("ESN_RX=infer", SUCCEEDS, 0, IN("esn") "peer update_sa a{handle=#1 spi=0x1002 hi=1}\n" BOTH_WAYS, "RX-014")},
    {SET("ESN_RX=infer", SUCCEEDS, 0, IN("esn") "peer update_sa a{handle=#1 spi=0x1002 hi=2}\n" BOTH_WAYS, "ESN-006")},
    /* headers that belong together only by half */
    {ROW(RIGHT, 0, IN(PAIR) EDIT("flip=esp+0.0"), "")},
    {ROW(FORGETS_DONE, 0, IN(PAIR) EDIT("flip=esp+0.0"), "")},
    {ROW(SUCCEEDS, 0, IN(PAIR) EDIT("flip=esp+0.0"), "RX-013")},
    {ROW(SAYS_PROTOCOL, 0, IN(PAIR) EDIT("flip=esp+0.0"), "")},
    {ROW(CLAIMS_DONE, 0, "peer add_sa a{src=192.0.2.2 dst=192.0.2.1 spi=7}\nadd_sa a{in dst=192.0.2.1 spi=7 ah_spi=9 " PAIR "}\n" BOTH_WAYS, "")},
    {ROW(CLAIMS_DONE, 0, "peer add_sa a{src=192.0.2.2 dst=192.0.2.1 spi=7 ah_spi=9 " PAIR "}\nadd_sa a{in dst=192.0.2.1 spi=7 " CBC "}\n" BOTH_WAYS, "")},
    {ROW(FAILS, 0, IN("udp=4") BOTH_WAYS, "")},
    {ROW(RIGHT, 0, IN("udp=1") EDIT("flip=frame+37.0") EDIT("flip=frame+39.0"), "")},
    {ROW(RIGHT, 0, V6("ah=ah-sha1") BOTH_WAYS EDIT("flip=ip+1.0") EDIT("flip=ip+7.0") EDIT("flip=ip+23.0"), "")},
    {SET("RX_STRIP=trailer", RIGHT, 0, V6("") BOTH_WAYS, "")},
    /* configuration and states */
    {SET("bring_up=no", RIGHT, 0, IN("") BOTH_WAYS, "")},
    {SET("bring_up=no", CLAIMS_DONE, 0, IN("") BOTH_WAYS, "CFG-012")},
    {ROW(RIGHT, 0, IN("") "config encapsulation=off\n" BOTH_WAYS "config encapsulation=on\n" GET, "")},
    {ROW(CLAIMS_DONE, 0, IN("") "config encapsulation=off\n" BOTH_WAYS, "CFG-014")},
    {ROW(RIGHT, 0, IN("") "config ipsec=disabled\n" BOTH_WAYS, "")},
    {ROW(RIGHT, ACTIVE_WHEN_OFF, IN("") "config ipsec=disabled\n" BOTH_WAYS, "A-46:active")},
    {ROW(ALTERS_DATA, 0, IN("") "config ipsec=disabled\n" BOTH_WAYS, "RX-001")},
    {ROW(SUCCEEDS, ACTIVE_WHEN_OFF, IN("") "config ipsec=disabled\n" EDIT("flip=icv+0"), "RX-001")},
    {ROW(RIGHT, 0, IN("") "oid code=0xFC01020C door=normal buffer=80031a00.16*00.0101.4*00\n" BOTH_WAYS, "")},
    {ROW(ALTERS_DATA, 0, IN("") "oid code=0xFC01020C door=normal buffer=80031a00.16*00.0101.4*00\n" BOTH_WAYS, "RX-001")},
    {ROW(ALTERS_DATA, 0, IN("") "oid code=0xFC01020C door=normal buffer=80031a00.16*00.0104.4*00\n" BOTH_WAYS, "RX-001")},
    {ROW(ALTERS_DATA, 0, IN("") "oid code=0xFC01020C door=normal buffer=80031a00.16*00.0004.4*00\n" BOTH_WAYS, "RX-014")},
    {ROW(CLAIMS_DONE, 0, "oid code=0xFC030202 buffer=00\n" PLAIN, "RX-002")},
    {ROW(RIGHT, 0, IN("") SWITCH("01", "02") BOTH_WAYS, "")},
    {ROW(ALTERS_DATA, 0, IN("") SWITCH("02", "00") SWITCH("01", "00") BOTH_WAYS, "RX-014")},
    {ROW(CLAIMS_DONE, 0, IN("") SWITCH("02", "00") BOTH_WAYS, "CFG-014")},
    {ROW(CLAIMS_DONE, 0, V6("") SWITCH("00", "02") BOTH_WAYS, "CFG-014")},
    {SET("bring_up=no", CLAIMS_DONE, 0, IN("") SWITCH("00", "01") BOTH_WAYS, "CFG-012")},
    {ROW(RIGHT, 0, IN("") "event pause\n" BOTH_WAYS "event restart\n" GET "event low-power\n" GET "event full-power\n" GET, "")},
    {ROW(DROPS, 0, IN("") FRAME "event pause\nevent restart\n" GET, "RX-019")},
    {ROW(RIGHT, 0, IN("") FRAME "event surprise-removal\n" GET, "")},
    {ROW(RIGHT, 0, IN("") FRAME "event link-down\n" GET "event link-up\n" GET, "")},
    /* how often, and in which order */
    {ROW(DROPS, 0, IN("") BOTH_WAYS, "RX-019")},
    {ROW(DROPS, 0, PLAIN, "RX-019")},
    {ROW(TWICE, 0, IN("") BOTH_WAYS, "RX-042")},
    {ROW(AGAIN, 0, IN("") BOTH_WAYS, "RX-042")},
    {ROW(AGAIN, 0, IN("") BOTH_WAYS "drain\n", "RX-042")},
    {ROW(RIGHT, SWAPS_FLOWS, IN("") FRAME "peer send a{data=11}\nreceive a{frame=$1} b{frame=$2}\n", "")},
    {ROW(RIGHT, SWAPS_FLOWS, IN("") FRAME FRAME "receive a{frame=$1} b{frame=$2}\n", "RX-042")},
    {ROW(DROPS_FORGED, 0, IN("") FRAME FRAME "receive a{frame=$1} b{frame=$2 flip=icv+0} c{frame=$1}\n", "RX-019")},
    {ROW(DROPS, PENDS_RECEIVES, IN("") FRAME "event hold\nreceive a{frame=$1}\n", "")},
    {ROW(DROPS, PENDS_RECEIVES, IN("") FRAME "event hold\nreceive a{frame=$1}\nevent release\n", "RX-019")},
    {ROW(ALTERS_DATA, PENDS_RECEIVES, IN("") FRAME "event hold\nreceive a{frame=$1}\nevent release\n", "RX-014")},
    {ROW(ALTERS_DATA, PENDS_RECEIVES, IN("") FRAME "event hold\nreceive a{frame=$1}\ncaps\nevent release\n", "RX-014")},
    {ROW(RIGHT, PENDS_RECEIVES, IN("") FRAME "event hold\nreceive a{frame=$1} b{frame=$1 flip=icv+0}\nevent release\n", "")},
    {ROW(RIGHT, PENDS_RECEIVES, IN("") FRAME "event hold\nreceive a{frame=$1}\nreceive a{frame=$1 flip=icv+0}\nevent release\n", "")},
    {ROW(RIGHT, PENDS_RECEIVES, IN("") FRAME "event hold\nreceive a{frame=$1}\ndelete_sa nowait a{handle=#1}\nevent release\n", "")},
    {ROW(DROPS, PENDS_RECEIVES, IN("") FRAME "event hold\nreceive a{frame=$1}\nevent reset\nevent release\n", "")},
};
/* clang-format on */

int main(void)
{
    hooks = (struct toy_hooks){.packet = wrong_packet, .drain = wrong_drain};
    return run_rows(rows, sizeof rows / sizeof rows[0]);
}
