/* SPDX-License-Identifier: MIT */
/* One packet that was indicated: its out-of-band words, and its bytes beside the frame that arrived. */
#include "model_internal.h"

#include <string.h>

#include "names.h"
#include "stack_internal.h"

static const char *crypto_name(uint32_t status)
{
    const char *name = names_of(NAMES_CRYPTO_STATUS, status);

    return name ? name : "an undefined CryptoStatus";
}

/* ---- Out-of-band words ---- */

void packet_check_slots(const struct packet_view *view, bool has_sa)
{
    uint64_t ipsec = view->oob->ipsec;
    uint32_t status = ov2_crypto_status(ipsec);

    if ((ipsec & OV2_OOB_NEXT_CRYPTO_DONE) && !(ipsec & OV2_OOB_CRYPTO_DONE))
        judgement_break(view->judgement, "RX-011", NULL, "NextCryptoDone only with CryptoDone", "slot 1 is %llx",
                        (unsigned long long)ipsec);
    if ((ipsec & OV2_OOB_RESERVED) || ipsec > UINT32_MAX)
        judgement_break(view->judgement, "RX-021", NULL, "reserved bits zero", "slot 1 is %llx",
                        (unsigned long long)ipsec);
    if (status > CRYPTO_INVALID_PROTOCOL)
        judgement_break(view->judgement, "RX-022", NULL, "a CryptoStatus from 0 to 7", "%u", (unsigned)status);
    else if (status != CRYPTO_SUCCESS && !(ipsec & OV2_OOB_CRYPTO_DONE))
        judgement_break(view->judgement, "RX-020", NULL, "no CryptoStatus without CryptoDone", "%s",
                        crypto_name(status));
    if ((ipsec & OV2_OOB_SA_DELETE_REQ) && !has_sa)
        judgement_break(view->judgement, "RX-041", NULL, "SaDeleteReq only on a frame of an SA", "set");
    if ((view->oob->header & OV2_OOB_HEADER_INFO_SET) && !(ipsec & OV2_OOB_CRYPTO_DONE))
        judgement_break(view->judgement, "RX-028", NULL, "HeaderInfoSet clear on an unprocessed frame", "set");
}

static bool is_done(const struct packet_view *view)
{
    return (view->oob->ipsec & OV2_OOB_CRYPTO_DONE) != 0;
}

static bool has_info(const struct packet_view *view)
{
    return (view->oob->header & OV2_OOB_HEADER_INFO_SET) != 0;
}

/* ---- A frame that no SA takes ---- */

static void check_untouched(const struct packet_view *view, const char *law)
{
    const struct model_arrival *arrival = view->arrival;

    if (arrival->layout.parsed && arrival->layout.esp.len > 0)
        packet_check_sums(view, &arrival->layout, NULL, 0, PROTOCOL_ESP); /* nobody can read what is in there */
    if (is_done(view))
        judgement_break(view->judgement, law, NULL, "the frame is not processed", "CryptoDone, %s",
                        crypto_name(ov2_crypto_status(view->oob->ipsec)));
    else if (view->got_len != arrival->len || memcmp(view->got, arrival->bytes, arrival->len) != 0)
        judgement_break(view->judgement, law, NULL, "the frame as it arrived", "%u bytes that differ, of %u",
                        (unsigned)view->got_len, (unsigned)arrival->len);
}

/* ---- An authentic one ---- */

static void break_data(const struct packet_view *view, const char *law, const char *want, uint32_t at)
{
    judgement_break(view->judgement, law, NULL, want, "byte %u is another one", (unsigned)at);
}

/* The first byte in [from, to) in which two packets differ, or to. */
static uint32_t first_difference(const uint8_t *a, const uint8_t *b, uint32_t from, uint32_t to)
{
    while (from < to && a[from] == b[from])
        from++;
    return from;
}

/* The lengths of IP and UDP, and the checksums over them. */
static bool is_length_byte(const struct stack_layout *layout, uint32_t at)
{
    uint32_t offset = at - layout->ip.at;

    if (model_is_in_udp(layout) && at >= layout->esp.at - UDP_LEN / 2 && at < layout->esp.at)
        return true;
    if (layout->ipv6)
        return offset == 4 || offset == 5;
    return offset == 2 || offset == 3 || offset == 10 || offset == 11; /* and the checksum over it */
}

/* Everything in front of the payload but what the device may have used up: the IV, and lengths where it removes
 * something. */
static void check_headers(const struct packet_view *view, const struct stack_layout *layout, bool lengths_change)
{
    uint32_t end = layout->payload.at < view->got_len ? layout->payload.at : view->got_len;

    for (uint32_t at = 0; at < end; at++) {
        at = first_difference(view->got, view->arrival->bytes, at, end);
        if (at == end || (at >= layout->iv.at && at < layout->iv.at + layout->iv.len) ||
            (lengths_change && at >= layout->ip.at && is_length_byte(layout, at)))
            continue;
        break_data(view, "RX-014", "the headers as they arrived", at);
        return;
    }
}

static uint32_t ip_len(const struct stack_layout *layout, const uint8_t *bytes)
{
    const uint8_t *ip = bytes + layout->ip.at;

    return layout->ipv6 ? IPV6_LEN + get_be16(ip + 4) : get_be16(ip + 2);
}

/* With RX_STRIP=none nothing but the padding of the medium may be missing. */
static void check_kept(const struct packet_view *view, const struct stack_layout *layout,
                       const struct packet_plain *plain)
{
    uint32_t packet_end = layout->ip.at + ip_len(layout, view->arrival->bytes);
    uint32_t end = layout->payload.at + plain->len + plain->trailer_len;
    uint32_t at;

    if (view->got_len != view->arrival->len && view->got_len != packet_end) {
        judgement_break(view->judgement, "RX-052", NULL, "RX_STRIP=none: the length of the frame", "%u bytes, was %u",
                        (unsigned)view->got_len, (unsigned)view->arrival->len);
        return;
    }
    check_headers(view, layout, false);
    if (end > view->got_len)
        return;
    at = packet_plain_difference(plain, view->got + layout->payload.at, plain->len + plain->trailer_len);
    if (at < plain->len + plain->trailer_len)
        break_data(view, "RX-014", "the plaintext that was sent", layout->payload.at + at);
}

/* With RX_STRIP=trailer and =all the payload ends the packet. */
static void check_stripped(const struct packet_view *view, const struct stack_layout *layout,
                           const struct packet_plain *plain, uint32_t payload_at)
{
    uint32_t end = payload_at + plain->len;
    uint32_t padding = view->arrival->len - (layout->ip.at + ip_len(layout, view->arrival->bytes));
    uint32_t at;

    if ((view->got_len != end && view->got_len != end + padding) || end < layout->ip.at + layout->ip.len ||
        ip_len(layout, view->got) != end - layout->ip.at) {
        judgement_break(view->judgement, "RX-052", NULL, "lengths that fit what RX_STRIP leaves", "%u bytes, not %u",
                        (unsigned)view->got_len, (unsigned)end);
        return;
    }
    at = packet_plain_difference(plain, view->got + payload_at, plain->len);
    if (at < plain->len)
        break_data(view, "RX-014", "the plaintext that was sent", payload_at + at);
}

static void check_data(const struct packet_view *view, const struct model_match *match,
                       const struct stack_layout *layout, const struct packet_plain *plain)
{
    bool has_esp = stack_layer(&match->bundle, IPSEC_OFFLOAD_V2_OPERATION_ESP) != NULL;
    uint32_t strip = view->device->profile.strip;
    uint32_t all_at = layout->ip.at + layout->ip.len;

    if (strip == 0 || (strip == 1 && !has_esp && !plain->is_stripped)) {
        check_kept(view, layout, plain);
    } else if (strip == 1) {
        check_headers(view, layout, true);
        check_stripped(view, layout, plain, layout->payload.at);
    } else {
        /* Whether the UDP header in front of ESP counts as one of IPsec's is nowhere said. */
        bool keeps_udp = match->bundle.udp != 0 && view->got_len == all_at + UDP_LEN + plain->len;
        check_stripped(view, layout, plain, all_at + (keeps_udp ? UDP_LEN : 0));
    }
}

/* Of two trailers a device may report either; the payload needs the inner one. */
static bool is_reported(uint32_t value, int outer, int inner)
{
    return outer < 0 || value == (uint32_t)outer || (inner >= 0 && value == (uint32_t)inner);
}

static void check_info(const struct packet_view *view, const struct model_match *match,
                       const struct packet_plain *plain)
{
    uint32_t next_header = ov2_header_next_header(view->oob->header);
    uint32_t pad_length = ov2_header_pad_length(view->oob->header);

    if (!has_info(view))
        return;
    if (!stack_layer(&match->bundle, IPSEC_OFFLOAD_V2_OPERATION_ESP) && plain->inner_next_header < 0)
        judgement_break(view->judgement, "RX-028", NULL, "HeaderInfoSet clear: AH has no trailer", "set");
    if (!is_reported(next_header, plain->next_header, plain->inner_next_header))
        judgement_break(view->judgement, "RX-027", NULL, "the NextHeader of the trailer", "%u, not %d",
                        (unsigned)next_header, plain->next_header);
    if (!is_reported(pad_length, plain->pad_length, plain->inner_pad_length))
        judgement_break(view->judgement, "RX-027", NULL, "the PadLength of the trailer", "%u, not %d",
                        (unsigned)pad_length, plain->pad_length);
}

static void check_one_portion(const struct packet_view *view, const struct model_match *match, const char *law)
{
    if (!(view->oob->ipsec & OV2_OOB_NEXT_CRYPTO_DONE))
        return;
    judgement_break(view->judgement, law ? law : "RX-010", NULL, "NextCryptoDone only where two portions were checked",
                    "set");
    if (match->bundle.layer_count == 2)
        judgement_break(view->judgement, "RX-012", NULL, "NextCryptoDone clear: AH and ESP are one portion", "set");
}

static bool check_processed(const struct packet_view *view)
{
    if (!is_done(view))
        judgement_break(view->judgement, "RX-007", NULL, "CryptoDone: the frame matches a live SA", "slot 1 is %llx",
                        (unsigned long long)view->oob->ipsec);
    return is_done(view);
}

/* The protocol of what a portion carries; -1: not known. */
static int carried_protocol(const struct packet_view *view, const struct model_match *match,
                            const struct stack_layout *layout, const struct packet_plain *plain)
{
    bool has_esp = stack_layer(&match->bundle, IPSEC_OFFLOAD_V2_OPERATION_ESP) != NULL;

    return has_esp ? plain->next_header : view->arrival->bytes[layout->ah.at];
}

/* Of a datagram in a tunnel, and behind a NAT, the model knows too little. */
static void check_sums(const struct packet_view *view, const struct model_match *match,
                       const struct stack_layout *layout, const struct packet_plain *plain)
{
    int protocol = carried_protocol(view, match, layout, plain);

    if (plain->payload && protocol >= 0 && match->bundle.udp == 0 && !stack_is_tunnel((uint32_t)protocol))
        packet_check_sums(view, layout, plain->payload, plain->len, (uint32_t)protocol);
}

/* The law that a device breaks which fails an authentic frame: it is not its business whether it is a replay. */
static const char *law_of_failure(const struct packet_view *view, const struct model_match *match)
{
    const struct model_frame *frame = model_frame(view->model, view->arrival->frame);
    struct model_sa *sa = model_sa(view->model, view->device_index, match->symbol);

    if (!frame || frame->bundle.layer_count == 0 || !sa)
        return "RX-014";
    return model_stream_repeats(sa, frame, view->arrival->layout.seq) ? "RX-023" : "RX-014";
}

/* A second portion that an SA must have taken: checked, and so reported. */
static bool check_inner(const struct packet_view *view, const struct model_match *match,
                        const struct packet_inner *inner)
{
    uint32_t status = ov2_crypto_status(view->oob->ipsec);
    bool is_ah = status == CRYPTO_TRANSPORT_AH_AUTH_FAILED;

    if (inner->duty == INNER_BAD) {
        if (status == CRYPTO_SUCCESS)
            judgement_break(view->judgement, inner->law, NULL, "a failure: the portion inside is not authentic",
                            "success");
        else if (!(status == CRYPTO_INVALID_PACKET_SYNTAX && inner->is_misfit) &&
                 !(is_ah && inner->layout.ah.len > 0) &&
                 !(status == CRYPTO_TRANSPORT_ESP_AUTH_FAILED && inner->layout.esp.len > 0))
            judgement_break(view->judgement, inner->layout.esp.len > 0 ? "RX-016" : "RX-015", NULL,
                            "a bad ICV of the transport portion", "%s", crypto_name(status));
        return false;
    }
    if (status != CRYPTO_SUCCESS) {
        judgement_break(view->judgement, inner->law ? inner->law : law_of_failure(view, match), NULL,
                        "success for an authentic frame", "%s", crypto_name(status));
        return false;
    }
    if (inner->duty == INNER_GOOD && !(view->oob->ipsec & OV2_OOB_NEXT_CRYPTO_DONE)) {
        judgement_break(view->judgement, inner->law, NULL, "NextCryptoDone: an SA takes the portion inside", "clear");
        return false;
    }
    return true;
}

/* Whether the device reports the mode in which the packet is: it may know only once it has deciphered it. */
static bool is_claimed(const struct packet_view *view, const struct model_match *match,
                       const struct stack_layout *layout, const struct packet_plain *plain)
{
    const struct ndis_ipsec_offload_v2 *caps = &view->device->profile.caps;
    int protocol = carried_protocol(view, match, layout, plain);

    if (protocol < 0)
        return caps->Transport && caps->Tunnel;
    return stack_is_tunnel((uint32_t)protocol) ? caps->Tunnel : caps->Transport;
}

/* False: what becomes of such a frame is not known in whole. */
static bool check_good(const struct packet_view *view, const struct model_match *match)
{
    struct stack_layout layout;
    struct packet_plain plain;
    struct packet_inner inner;

    stack_parse(&layout, view->arrival->bytes, view->arrival->len, &match->bundle, NULL);
    plain = packet_plain_read(view, &layout, &match->bundle);
    inner = packet_inner_find(view, match, &layout, &plain);
    if (inner.duty == INNER_NONE && !inner.law &&
        match->bundle.udp == IPSEC_OFFLOAD_V2_TRANSPORT_OVER_UDP_ESP_ENCAPSULATION_TUNNEL)
        return false; /* another layout than the SA's type */
    if (!is_claimed(view, match, &layout, &plain))
        return false;
    if (!check_processed(view))
        return true;
    if (inner.duty == INNER_OPEN && (view->oob->ipsec & OV2_OOB_NEXT_CRYPTO_DONE))
        return false; /* two portions, of which the model knows one */
    if (!check_inner(view, match, &inner))
        return true;
    if (inner.duty == INNER_GOOD)
        packet_inner_apply(&plain, view, &inner);
    else
        check_one_portion(view, match, inner.law);
    if (plain.payload)
        check_data(view, match, &layout, &plain);
    check_info(view, match, &plain);
    if (inner.duty == INNER_NONE)
        check_sums(view, match, &layout, &plain);
    return plain.payload != NULL;
}

/* ---- A forged one ---- */

/* The portion that AH protects: it says so itself, unless what it says was changed or is ESP. */
static bool is_true_portion(const struct model_arrival *arrival, bool tunnel)
{
    uint8_t next_header = arrival->layout.ah.len > 0 ? arrival->bytes[arrival->layout.ah.at] : PROTOCOL_ESP;
    bool is_tunnel = stack_is_tunnel(next_header);

    if (next_header == PROTOCOL_ESP)
        return true;
    if (arrival->is_edited && arrival->layout.ah.at < arrival->base_len &&
        arrival->base[arrival->layout.ah.at] != next_header)
        return true;
    return is_tunnel == tunnel;
}

static bool fails(const struct model_match *match, uint32_t operation)
{
    for (uint32_t i = 0; i < match->bundle.layer_count; i++) {
        if (match->bundle.layers[i].operation == operation && match->is_failing[i])
            return true;
    }
    return false;
}

/* The codes that a failure of this frame may have: each that is true for it. */
static bool is_true_code(const struct packet_view *view, const struct model_match *match, uint32_t status)
{
    bool ah = fails(match, IPSEC_OFFLOAD_V2_OPERATION_AH);
    bool esp = fails(match, IPSEC_OFFLOAD_V2_OPERATION_ESP);

    switch (status) {
    case CRYPTO_GENERIC_ERROR:
        return esp || match->is_malformed;
    case CRYPTO_TRANSPORT_AH_AUTH_FAILED:
    case CRYPTO_TUNNEL_AH_AUTH_FAILED:
        return ah && !match->is_ah_cut && is_true_portion(view->arrival, status == CRYPTO_TUNNEL_AH_AUTH_FAILED);
    case CRYPTO_TRANSPORT_ESP_AUTH_FAILED:
    case CRYPTO_TUNNEL_ESP_AUTH_FAILED:
        return esp && !match->is_cut;
    case CRYPTO_INVALID_PACKET_SYNTAX:
        return match->is_malformed;
    default:
        return false;
    }
}

/* Whatever became of the ciphertext, the rest is what arrived (RX-046). */
static void check_forged_data(const struct packet_view *view, const struct model_match *match)
{
    struct stack_layout layout;
    uint32_t end;
    uint32_t at;

    stack_parse(&layout, view->arrival->bytes, view->arrival->len, &match->bundle, NULL);
    end = layout.esp.len > 0 ? layout.esp.at + layout.esp.len : layout.payload.at;
    end = end < view->got_len ? end : view->got_len;
    at = first_difference(view->got, view->arrival->bytes, 0, end);
    if (view->got_len > view->arrival->len)
        judgement_break(view->judgement, "RX-046", NULL, "no more than arrived", "%u bytes, of %u",
                        (unsigned)view->got_len, (unsigned)view->arrival->len);
    else if (at < end)
        break_data(view, "RX-046", "the headers of a failing frame as they arrived", at);
}

static const char *code_law(const struct model_match *match)
{
    if (match->is_malformed)
        return "RX-017";
    return fails(match, IPSEC_OFFLOAD_V2_OPERATION_ESP) ? "RX-016" : "RX-015";
}

/* Within AH that fails there may be a portion that can be checked all the same. */
static bool has_open_inside(const struct packet_view *view, const struct model_match *match)
{
    struct stack_layout layout;
    struct packet_plain plain;

    if (stack_layer(&match->bundle, IPSEC_OFFLOAD_V2_OPERATION_ESP))
        return false;
    stack_parse(&layout, view->arrival->bytes, view->arrival->len, &match->bundle, NULL);
    plain = packet_plain_read(view, &layout, &match->bundle);
    return layout.ah.len > 0 && packet_inner_find(view, match, &layout, &plain).law != NULL;
}

static void check_bad(const struct packet_view *view, const struct model_match *match)
{
    uint32_t status = ov2_crypto_status(view->oob->ipsec);

    if (!check_processed(view))
        return;
    if (status == CRYPTO_SUCCESS)
        judgement_break(view->judgement, match->law, NULL, "a failure: the frame is not authentic", "success");
    else if (!is_true_code(view, match, status))
        judgement_break(view->judgement, code_law(match), NULL, "a code that is true for this frame", "%s",
                        crypto_name(status));
    if (!has_open_inside(view, match))
        check_one_portion(view, match, NULL);
    if (has_info(view))
        judgement_break(view->judgement, "RX-026", NULL, "HeaderInfoSet only with a valid trailer", "set on a failure");
    check_forged_data(view, match);
}

static void check_foreign(const struct packet_view *view, const struct model_match *match)
{
    uint32_t status = ov2_crypto_status(view->oob->ipsec);

    if (!check_processed(view))
        return;
    if (status != CRYPTO_INVALID_PROTOCOL)
        judgement_break(view->judgement, match->law, NULL, "invalid-protocol, or no match", "%s", crypto_name(status));
    check_forged_data(view, match);
}

bool packet_check(const struct packet_view *view, const struct model_match *match)
{
    switch (match->duty) {
    case PACKET_UNTOUCHED:
        check_untouched(view, match->law);
        break;
    case PACKET_GOOD:
        return check_good(view, match);
    case PACKET_BAD:
        check_bad(view, match);
        break;
    case PACKET_FOREIGN:
        check_foreign(view, match);
        break;
    case PACKET_SAFE:
        if (match->is_oversized && has_info(view))
            judgement_break(view->judgement, "RX-026", NULL, "HeaderInfoSet only with a trailer that fits", "set");
        return false;
    }
    return true;
}
