/* SPDX-License-Identifier: MIT */
/* Tunnels, and transport mode inside them: each law of model_inner.c, and those of model_send.c about two handles,
 * broken and not. */
#define TEST_FILE "model_tunnel_test.c"
#include "device_test.inc"

enum {
    RIGHT,
    /* receiving */
    FORGETS_NEXT,  /* NextCryptoDone */
    CLAIMS_NEXT,   /* the same, whatever is inside */
    FAILS_INSIDE,  /* what is authentic */
    PASSES_INSIDE, /* what is not */
    BLAMES_TUNNEL, /* for what is wrong inside */
    BLAMES_AH,
    ALTERS_INSIDE, /* a byte of the payload inside */
    LEAVES_INSIDE, /* the ciphertext inside */
    TELLS_OUTSIDE, /* the trailer of the tunnel, which may be told as well */
    TELLS_NEITHER,
    /* sending */
    SENDS_AS_IS,
    SEALS_OUTSIDE_ONLY,
    CHANGES_INSIDE, /* a byte of what is encrypted */
    FAILS,
};

static uint32_t status_of(const struct toy_packet *packet)
{
    return ov2_crypto_status(packet->oob.ipsec);
}

static void say(struct toy_packet *packet, uint64_t flags, uint32_t status)
{
    packet->oob.ipsec = flags | (uint64_t)status << OV2_OOB_CRYPTO_STATUS_SHIFT;
    packet->oob.header = 0;
}

static void wrong_packet(struct ov2_device *device, struct toy_packet *packet, const struct toy_sa *sa)
{
    static const uint64_t both = OV2_OOB_CRYPTO_DONE | OV2_OOB_NEXT_CRYPTO_DONE;
    bool is_nested = (packet->oob.ipsec & both) == both;

    (void)device;
    if (!sa)
        return;
    switch (script.wrong) {
    case FORGETS_NEXT:
        packet->oob.ipsec &= ~(uint64_t)OV2_OOB_NEXT_CRYPTO_DONE;
        break;
    case CLAIMS_NEXT:
        packet->oob.ipsec |= OV2_OOB_NEXT_CRYPTO_DONE;
        break;
    case FAILS_INSIDE:
        say(packet, both, CRYPTO_TRANSPORT_ESP_AUTH_FAILED);
        break;
    case PASSES_INSIDE:
        say(packet, both, CRYPTO_SUCCESS);
        break;
    case BLAMES_TUNNEL:
        say(packet, both, CRYPTO_TUNNEL_ESP_AUTH_FAILED);
        break;
    case BLAMES_AH:
        say(packet, both, CRYPTO_TRANSPORT_AH_AUTH_FAILED);
        break;
    case ALTERS_INSIDE:
        packet->bytes[packet->len - 60] ^= is_nested && status_of(packet) == CRYPTO_SUCCESS;
        break;
    case LEAVES_INSIDE:
        for (uint32_t i = packet->len - 70; is_nested && i < packet->len - 50; i++)
            packet->bytes[i] ^= 0x5A;
        break;
    case TELLS_OUTSIDE:
        packet->oob.header = OV2_OOB_HEADER_INFO_SET | ov2_header_send(4, 2, 0, 0);
        break;
    case TELLS_NEITHER:
        packet->oob.header = OV2_OOB_HEADER_INFO_SET | ov2_header_send(4, 9, 0, 0);
        break;
    default:
        break;
    }
}

static void wrong_frame(struct ov2_device *device, struct toy_packet *packet, const struct ov2_send *list,
                        uint32_t index)
{
    struct toy_sa *tunnel = toy_tunnel(device, list);

    switch (script.wrong) {
    case SENDS_AS_IS:
        packet->len = toy_gather(packet->bytes, &list->packets[index]);
        break;
    case SEALS_OUTSIDE_ONLY:
        packet->len = toy_gather(packet->bytes, &list->packets[index]);
        toy_seal(tunnel, &device->profile, packet->bytes, &packet->len);
        break;
    case CHANGES_INSIDE:
        packet->bytes[packet->len - 60] ^= 1;
        break;
    case FAILS:
        packet->drop = true;
        break;
    default:
        break;
    }
}

static void wrong_send(struct ov2_device *device, struct ov2_send *list, uint32_t *status, uint32_t *times)
{
    (void)device;
    (void)list;
    (void)times;
    if (script.wrong == FAILS)
        *status = NDIS_STATUS_FAILURE;
}

#define T           DOES_TUNNELS
#define ROW(...)    __LINE__, "", __VA_ARGS__
#define SET(...)    __LINE__, __VA_ARGS__
#define OUTER(w)    IN(w)                                /* #1: the tunnel that the DUT receives */
#define WITHIN(w)   "src=10.0.0.2 dst=10.0.0.1 spi=7 " w /* #2: transport within it */
#define INNER(p, d) "peer add_sa a{" WITHIN(p) "}\nadd_sa a{in " WITHIN(d) "}\n"
#define NEST(o, i)  OUTER(o) INNER(i, i)
#define PUT(words)  "peer send a{sa=#2 tunnel=#1 data=40?5 " words "}\n"
#define GET         "receive a{frame=$1}\n"
#define BOTH_WAYS   PUT("") GET
#define ALONE       "peer send a{sa=#1 data=40?5 inner_src=10.0.0.2 inner_dst=10.0.0.1}\n" GET
#define CBC         "esp=aes-cbc-128+sha1"
#define OTHER_KEY   INNER("key=20?9", "key=20?8")
#define V6_INSIDE                                                                                                      \
    "peer add_sa a{src=2001:db8::2 dst=2001:db8::1 spi=7}\nadd_sa a{in src=2001:db8::2 dst=2001:db8::1 spi=7}\n"
#define FORTH(o, i)                                                                                                    \
    OUT(o)                                                                                                             \
    "add_sa a{src=10.0.0.1 dst=10.0.0.2 spi=7 " i "}\npeer add_sa a{in src=10.0.0.1 dst=10.0.0.2 spi=7 " i "}"         \
    "\n"
#define OFFER "send a{sa=#2 tunnel=#1 data=40?5}\n"
#define CROSS "peer receive a{frame=$1}\n"

/* clang-format off */
static const struct row rows[] = {
    /* a tunnel without anything for an SA inside */
    {ROW(RIGHT, T, OUTER("") ALONE, "")},
    {ROW(RIGHT, T, OUTER("ah=ah-sha1") ALONE, "")},
    {ROW(CLAIMS_NEXT, T, OUTER("") ALONE, "RX-010")},
    {ROW(RIGHT, T, OUTER("") "peer add_sa a{" WITHIN("") "}\n" BOTH_WAYS, "")},
    {ROW(CLAIMS_NEXT, T, OUTER("") "peer add_sa a{" WITHIN("") "}\n" BOTH_WAYS, "RX-037")},
    /* both portions */
    {ROW(RIGHT, T, NEST("", "") BOTH_WAYS GET, "")},
    {ROW(RIGHT, T, NEST(CBC, "ah=ah-sha256") BOTH_WAYS, "")},
    {ROW(RIGHT, T, NEST("ah=ah-sha1", "") BOTH_WAYS, "")},
    {ROW(RIGHT, T, NEST("ah=ah-sha1", "ah=ah-md5") BOTH_WAYS, "")},
    {ROW(RIGHT, T, NEST("esp=null+sha1", CBC " ah=ah-sha1") BOTH_WAYS, "")},
    {ROW(RIGHT, T, OUTER("") V6_INSIDE BOTH_WAYS, "")},
    {ROW(RIGHT, T, NEST("esn hi=3", "esn hi=9") BOTH_WAYS, "")},
    {SET("RX_STRIP=trailer", RIGHT, T, NEST("", CBC) BOTH_WAYS, "")},
    {SET("RX_STRIP=trailer", RIGHT, T, NEST("", "ah=ah-sha1") BOTH_WAYS, "")},
    {SET("RX_STRIP=all", RIGHT, T, NEST("", CBC) BOTH_WAYS, "")},
    {SET("RX_STRIP=all", RIGHT, T, OUTER("") V6_INSIDE BOTH_WAYS, "")},
    {SET("RX_STRIP=all", ALTERS_INSIDE, T, NEST("", CBC) PUT("") "receive a{frame=$1}\n", "RX-014")},
    {ROW(FORGETS_NEXT, T, NEST("", "") BOTH_WAYS, "RX-036")},
    {ROW(FAILS_INSIDE, T, NEST("", "") BOTH_WAYS, "RX-036")},
    {ROW(ALTERS_INSIDE, T, NEST("", "") BOTH_WAYS, "RX-014")},
    {ROW(LEAVES_INSIDE, T, NEST("", "") BOTH_WAYS, "RX-014")},
    {ROW(TELLS_OUTSIDE, T, NEST("", "") BOTH_WAYS, "")},
    {ROW(TELLS_NEITHER, T, NEST("", "") BOTH_WAYS, "RX-027")},
    /* what is inside is not authentic */
    {ROW(RIGHT, T, OUTER("") OTHER_KEY BOTH_WAYS, "")},
    {ROW(PASSES_INSIDE, T, OUTER("") OTHER_KEY BOTH_WAYS, "RX-036")},
    {ROW(BLAMES_TUNNEL, T, OUTER("") OTHER_KEY BOTH_WAYS, "RX-016")},
    {ROW(BLAMES_AH, T, OUTER("") OTHER_KEY BOTH_WAYS, "RX-016")},
    {ROW(PASSES_INSIDE, T, OUTER("") INNER("ah=ah-sha1 key=20?9", "ah=ah-sha1 key=20?8") BOTH_WAYS, "RX-036")},
    {ROW(BLAMES_TUNNEL, T, OUTER("") INNER("ah=ah-sha1 key=20?9", "ah=ah-sha1 key=20?8") BOTH_WAYS, "RX-015")},
    {ROW(BLAMES_AH, T, OUTER("") INNER("ah=ah-sha1 key=20?9", "ah=ah-sha1 key=20?8") BOTH_WAYS, "")},
    {ROW(RIGHT, T, OUTER("") INNER("esn hi=4", "esn hi=5") BOTH_WAYS, "")},
    {ROW(PASSES_INSIDE, T, OUTER("") INNER("esn hi=4", "esn hi=5") BOTH_WAYS, "RX-036")},
    {SET("ESN_RX=infer", PASSES_INSIDE, T, OUTER("") INNER("esn hi=4", "esn hi=5") BOTH_WAYS, "")},
    /* an update is out: either half may be in force inside */
    {ROW(PASSES_INSIDE, T, NEST("", "esn hi=4") "event hold\nupdate_sa nowait a{handle=#2 spi=7 hi=5}\n" BOTH_WAYS "event release\n", "")},
    /* the outer portion fails: the inside is nobody's business */
    {ROW(RIGHT, T, NEST("", "") PUT("") "receive a{frame=$1 flip=icv+0}\n", "")},
    {ROW(PASSES_INSIDE, T, NEST("", "") PUT("") "receive a{frame=$1 flip=icv+0}\n", "RX-013 RX-010")},
    /* UDP-ESP: one of the two portions may be in UDP */
    {ROW(RIGHT, T, NEST("udp=2", "") BOTH_WAYS, "")},
    {ROW(RIGHT, T, NEST("udp=4", "") BOTH_WAYS, "")},
    {ROW(FORGETS_NEXT, T, NEST("udp=4", "") BOTH_WAYS, "UDP-012")},
    {ROW(RIGHT, T, NEST("", "udp=8") BOTH_WAYS, "")},
    {ROW(FORGETS_NEXT, T, NEST("", "udp=8") BOTH_WAYS, "UDP-012")},
    {SET("RX_STRIP=trailer", RIGHT, T, NEST("", "udp=8") BOTH_WAYS, "")},
    {ROW(RIGHT, T, NEST("udp=2", "udp=1") BOTH_WAYS, "")},
    {ROW(CLAIMS_NEXT, T, NEST("udp=2", "udp=1") BOTH_WAYS, "UDP-008")},
    /* two SAs that may take what is inside */
    {ROW(RIGHT, T, NEST("", "") "add_sa a{in " WITHIN("key=20?9") "}\n" BOTH_WAYS, "")},
    /* sending: slot 1 inside, slot 11 outside */
    {ROW(RIGHT, T, FORTH("", "") OFFER CROSS, "")},
    {ROW(RIGHT, T, FORTH("ah=ah-sha1", CBC) OFFER CROSS, "")},
    {ROW(RIGHT, T, FORTH(CBC, "ah=ah-sha1") OFFER CROSS, "")},
    {ROW(RIGHT, T, FORTH("esn hi=2", "esn hi=7") OFFER CROSS, "")},
    {ROW(SENDS_AS_IS, T, FORTH("", "") OFFER, "TX-013")},
    {ROW(SEALS_OUTSIDE_ONLY, T, FORTH("", "") OFFER CROSS, "TX-013")},
    {ROW(CHANGES_INSIDE, T, FORTH("", "") OFFER CROSS, "TX-013")},
    {ROW(FAILS, T, FORTH("", "") OFFER, "TX-013")},
    {ROW(FAILS, T, FORTH("", "") "delete_sa a{handle=#2}\n" OFFER, "")},
    {ROW(FAILS, T, FORTH("", "") "delete_sa a{handle=#1}\n" OFFER, "")},
};
/* clang-format on */

int main(void)
{
    hooks = (struct toy_hooks){.packet = wrong_packet, .frame = wrong_frame, .send = wrong_send};
    return run_rows(rows, sizeof rows / sizeof rows[0]);
}
