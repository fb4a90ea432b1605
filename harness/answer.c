/* SPDX-License-Identifier: MIT */
#include "answer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "names.h"

#define HANDLES_LISTED 512u   /* more are summarised */
#define DATA_SHOWN     16384u /* bytes of a frame that are printed */
#define DATA_RESERVE   65536u /* room that frames leave for what follows them */

void answer_begin(struct answer *answer, char *text, size_t size)
{
    answer->text = text;
    answer->size = size;
    answer->len = 0;
    text[0] = '\0';
}

static void append(struct answer *answer, const char *text, size_t len)
{
    size_t room = answer->size - 1 - answer->len;

    if (len > room)
        len = room;
    memcpy(answer->text + answer->len, text, len);
    answer->len += len;
    answer->text[answer->len] = '\0';
}

void answer_add(struct answer *answer, const char *format, ...)
{
    char word[1024];
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = vsnprintf(word, sizeof word, format, arguments);
    va_end(arguments);
    if (answer->len > 0 && answer->text[answer->len - 1] != '{' && word[0] != '}')
        append(answer, " ", 1);
    append(answer, word, len < (int)sizeof word ? (size_t)len : sizeof word - 1);
}

void answer_quoted(struct answer *answer, const char *key, const char *text)
{
    answer_add(answer, "%s=\"", key);
    for (; *text; text++) {
        char at = *text;
        if (at == '"' || at == '\\')
            append(answer, "\\", 1);
        if ((unsigned char)at < 0x20 || at == 0x7f)
            at = '?';
        append(answer, &at, 1);
    }
    append(answer, "\"", 1);
}

static void add_hex(struct answer *answer, const char *key, const uint8_t *bytes, uint32_t len)
{
    static const char digits[] = "0123456789abcdef";
    size_t room = answer->size - answer->len;

    if (len > DATA_SHOWN || room < DATA_RESERVE || (room - DATA_RESERVE) / 2 < len)
        return; /* too long to be shown: the word is not there */
    answer_add(answer, len ? "%s=" : "%s=-", key);
    for (uint32_t i = 0; i < len; i++) {
        answer->text[answer->len++] = digits[bytes[i] >> 4];
        answer->text[answer->len++] = digits[bytes[i] & 15];
    }
    answer->text[answer->len] = '\0';
}

static void add_named(struct answer *answer, const char *key, enum names_table table, uint32_t number)
{
    const char *name = names_of(table, number);

    if (name)
        answer_add(answer, "%s=%s", key, name);
    else
        answer_add(answer, "%s=0x%08x", key, (unsigned)number);
}

static void add_handles(struct answer *answer, const uint8_t *handles, uint32_t first, uint32_t count)
{
    uint32_t null = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint64_t handle;
        memcpy(&handle, handles + (size_t)i * sizeof handle, sizeof handle);
        null += handle == 0;
        if (count > HANDLES_LISTED)
            continue;
        if (i == 0)
            answer_add(answer, "handles=");
        else
            append(answer, ",", 1);
        if (handle == 0) {
            append(answer, "null", 4);
        } else {
            char symbol[16];
            append(answer, symbol, (size_t)snprintf(symbol, sizeof symbol, "#%u", (unsigned)(first + i)));
        }
    }
    if (count > HANDLES_LISTED)
        answer_add(answer, "handles=%u null=%u", (unsigned)count, (unsigned)null);
}

static void add_outputs(struct answer *answer, const struct outputs *outputs)
{
    answer_add(answer, "read=%u needed=%u revision=%u", (unsigned)outputs->bytes_read, (unsigned)outputs->bytes_needed,
               (unsigned)outputs->supported_revision);
}

static const char *const offload_names[OUTCOME_OFFLOADS] = {"default", "hardware", "current"};

static void add_completions(struct answer *answer, const struct outcome *outcome)
{
    for (uint32_t i = 0; i < outcome->completion_count; i++) {
        const struct completion *completion = &outcome->completions[i];
        switch (completion->kind) {
        case COMPLETION_REQUEST:
            if (completion->number == outcome->request)
                continue; /* it stands on the line itself */
            answer_add(answer, "done{request=%u", (unsigned)completion->number);
            add_named(answer, "status", NAMES_STATUS, completion->status);
            add_outputs(answer, &completion->outputs);
            if (completion->sa_count > 0)
                add_handles(answer, outcome->bytes + completion->at, completion->first_sa, completion->sa_count);
            break;
        case COMPLETION_SEND:
            answer_add(answer, "sent{list=%u", (unsigned)completion->number);
            add_named(answer, "status", NAMES_STATUS, completion->status);
            break;
        case COMPLETION_EVENT:
            answer_add(answer, "event{");
            add_named(answer, "event", NAMES_EVENT, (uint32_t)completion->number);
            add_named(answer, "status", NAMES_STATUS, completion->status);
            break;
        case COMPLETION_INDICATION:
            answer_add(answer, "indication{code=0x%08x len=%u", (unsigned)completion->number,
                       (unsigned)completion->len);
            break;
        case COMPLETION_OFFLOAD:
            answer_add(answer, "offload{kind=%s len=%u", offload_names[completion->number], (unsigned)completion->len);
            add_hex(answer, "data", outcome->bytes + completion->at, completion->len);
            break;
        }
        append(answer, "}", 1);
    }
}

static void add_indicated(struct answer *answer, const struct outcome_packet *packet)
{
    uint64_t ipsec = packet->oob.ipsec;

    answer_add(answer, "rx{len=%u", (unsigned)packet->len);
    if (ipsec & OV2_OOB_CRYPTO_DONE)
        answer_add(answer, "done");
    if (ipsec & OV2_OOB_NEXT_CRYPTO_DONE)
        answer_add(answer, "next");
    if (ipsec & OV2_OOB_SA_DELETE_REQ)
        answer_add(answer, "delete");
    add_named(answer, "status", NAMES_CRYPTO_STATUS, ov2_crypto_status(ipsec));
    if (packet->oob.header & OV2_OOB_HEADER_INFO_SET)
        answer_add(answer, "info nh=%u pad=%u", (unsigned)ov2_header_next_header(packet->oob.header),
                   (unsigned)ov2_header_pad_length(packet->oob.header));
    if (packet->oob.checksum)
        answer_add(answer, "checksum=0x%llx", (unsigned long long)packet->oob.checksum);
}

static void add_packets(struct answer *answer, const struct outcome *outcome, uint32_t first_frame)
{
    for (uint32_t i = 0; i < outcome->packet_count; i++) {
        const struct outcome_packet *packet = &outcome->packets[i];
        if (packet->indicated)
            add_indicated(answer, packet);
        else
            answer_add(answer, "tx{frame=$%u len=%u", (unsigned)first_frame++, (unsigned)packet->len);
        if (packet->fault)
            answer_add(answer, "malformed");
        add_hex(answer, "data", outcome->bytes + packet->at, packet->len);
        append(answer, "}", 1);
    }
}

static void add_break(struct answer *answer, const struct broken *broken)
{
    answer_add(answer, "break{rule=%s", broken->requirement);
    if (broken->element[0])
        answer_add(answer, "element=%s", broken->element);
    answer_quoted(answer, "got", broken->got);
    answer_quoted(answer, "want", broken->want);
    append(answer, "}", 1);
}

#define COEXISTENCE (IPSEC_OFFLOAD_V2_AND_TCP_CHECKSUM_COEXISTENCE | IPSEC_OFFLOAD_V2_AND_UDP_CHECKSUM_COEXISTENCE)

static void add_caps(struct answer *answer, const struct profile *profile)
{
    const struct ndis_ipsec_offload_v2 *caps = &profile->caps;

    answer_add(answer, "characteristics=%u handlers=%u", (unsigned)profile->characteristics,
               (unsigned)profile->handlers);
    answer_add(answer, "ndis=%u.%u offload=%u capacity=%u", (unsigned)(profile->ndis_version >> 16),
               (unsigned)(profile->ndis_version & 0xFFFF), (unsigned)profile->offload_revision,
               (unsigned)caps->SaOffloadCapacity);
    answer_add(answer, "ah=%u esp=%u ahesp=%u ipv6=%u ipv4opts=%u ipv6ext=%u transport=%u tunnel=%u combined=%u",
               (unsigned)caps->Ah, (unsigned)caps->Esp, (unsigned)caps->AhEspCombined, (unsigned)caps->IPv6Supported,
               (unsigned)caps->IPv4Options, (unsigned)caps->IPv6NonIPsecExtensionHeaders, (unsigned)caps->Transport,
               (unsigned)caps->Tunnel, (unsigned)caps->TransportTunnelCombined);
    answer_add(answer, "lso=%u esn=%u udp=0x%x auth=0x%x enc=0x%x encapsulation=0x%x coexistence=0x%x",
               (unsigned)caps->LsoSupported, (unsigned)caps->ExtendedSequenceNumbers, (unsigned)caps->UdpEsp,
               (unsigned)caps->AuthenticationAlgorithms, (unsigned)caps->EncryptionAlgorithms,
               (unsigned)caps->Encapsulation, (unsigned)(profile->offload_flags & COEXISTENCE));
    answer_add(answer, "lsov1=%u lsov2=%u lsov2ipv6=%u", (unsigned)profile->large[PROFILE_LARGE_V1].most,
               (unsigned)profile->large[PROFILE_LARGE_V2_IPV4].most,
               (unsigned)profile->large[PROFILE_LARGE_V2_IPV6].most);
}

static bool is_request(enum trace_verb verb)
{
    return verb == VERB_ADD_SA || verb == VERB_ADD_SA_EX || verb == VERB_UPDATE_SA || verb == VERB_DELETE_SA ||
           verb == VERB_OID;
}

static const char *found_name(uint32_t found)
{
    if (found == OUTCOME_FOUND_LIVE)
        return "live";
    return found == OUTCOME_FOUND_RELEASED ? "released" : "no";
}

void answer_outcome(struct answer *answer, const struct trace_line *line, const struct outcome *outcome,
                    const struct judgement *judgement, uint32_t first_frame, const struct profile *profile)
{
    uint32_t breaks = outcome->break_count < OUTCOME_BREAKS ? outcome->break_count : OUTCOME_BREAKS;
    uint32_t model_breaks = judgement->break_count < MODEL_BREAKS ? judgement->break_count : MODEL_BREAKS;

    if (outcome->result != OV2_OK)
        answer_add(answer, outcome->result == OV2_UNSUPPORTED ? "unsupported" : "broken");
    if (is_request(line->verb) && outcome->request) {
        add_named(answer, "status", NAMES_STATUS, outcome->status);
        if (outcome->pended)
            answer_add(answer, "pended");
        if (outcome->changed)
            answer_add(answer, "changed");
        if (outcome->armed)
            answer_add(answer, "armed");
        if (outcome->starved)
            answer_add(answer, "starved");
        answer_add(answer, "request=%u", (unsigned)outcome->request);
        add_outputs(answer, &outcome->outputs);
        if (outcome->sa_count > 0)
            add_handles(answer, outcome->bytes + outcome->handles_at, outcome->first_sa, outcome->sa_count);
    } else if (line->verb == VERB_EVENT || line->verb == VERB_CONFIG || line->verb == VERB_OPEN) {
        add_named(answer, "status", NAMES_STATUS, outcome->status);
    }
    if (line->verb == VERB_SCAN && outcome->result == OV2_OK)
        answer_add(answer, "found=%s", found_name(outcome->found));
    if (line->verb == VERB_CAPS || line->verb == VERB_OPEN)
        add_caps(answer, profile);
    if (line->verb == VERB_CLOSE)
        answer_add(answer, "leaks=%u leaked=%llu", (unsigned)outcome->allocations,
                   (unsigned long long)outcome->allocated_bytes);
    else if (outcome->allocations > 0)
        answer_add(answer, "allocations=%u", (unsigned)outcome->allocations);
    add_completions(answer, outcome);
    add_packets(answer, outcome, first_frame);
    for (uint32_t i = 0; i < judgement->reading_count; i++)
        answer_add(answer, "reading=%s", judgement->readings[i]);
    for (uint32_t i = 0; i < breaks; i++)
        add_break(answer, &outcome->breaks[i]);
    for (uint32_t i = 0; i < model_breaks; i++)
        add_break(answer, &judgement->breaks[i]);
    if (outcome->log[0])
        answer_quoted(answer, "log", outcome->log);
}
