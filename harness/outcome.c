/* SPDX-License-Identifier: MIT */
#include "outcome.h"

#include <ctype.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

void outcome_reset(struct outcome *outcome)
{
    memset(outcome, 0, offsetof(struct outcome, completions));
    outcome->log[0] = '\0';
}

void outcome_break(struct outcome *outcome, const char *requirement, const char *element, const char *want,
                   const char *got, ...)
{
    struct broken *broken;
    va_list arguments;

    if (outcome->break_count++ >= OUTCOME_BREAKS)
        return;
    broken = &outcome->breaks[outcome->break_count - 1];
    snprintf(broken->requirement, sizeof broken->requirement, "%s", requirement);
    for (char *at = broken->requirement; *at; at++) { /* an adapter's monitor may call it anything */
        if (!isalnum((unsigned char)*at) && *at != '-')
            *at = '?';
    }
    snprintf(broken->element, sizeof broken->element, "%s", element ? element : "");
    snprintf(broken->want, sizeof broken->want, "%s", want);
    va_start(arguments, got);
    vsnprintf(broken->got, sizeof broken->got, got, arguments);
    va_end(arguments);
}

struct completion *outcome_add_completion(struct outcome *outcome, enum completion_kind kind)
{
    struct completion *completion;

    if (outcome->completion_count == OUTCOME_COMPLETIONS) {
        outcome->lost++;
        return NULL;
    }
    completion = &outcome->completions[outcome->completion_count++];
    memset(completion, 0, sizeof *completion);
    completion->kind = kind;
    return completion;
}

static bool is_sound(const struct ov2_fragment *fragment)
{
    return fragment->length == 0 || (fragment->buffer && fragment->offset <= fragment->size &&
                                     fragment->length <= fragment->size - fragment->offset);
}

bool outcome_add_packet(struct outcome *outcome, const struct ov2_packet *packet, const struct ov2_oob *oob,
                        bool indicated)
{
    struct outcome_packet *out;

    if (outcome->packet_count == OUTCOME_PACKETS) {
        outcome->lost++;
        return false;
    }
    out = &outcome->packets[outcome->packet_count];
    memset(out, 0, sizeof *out);
    out->at = outcome->byte_count;
    out->indicated = indicated;
    if (oob)
        out->oob = *oob;
    out->fault = !packet || (packet->count > 0 && !packet->fragments);
    for (uint32_t i = 0; !out->fault && i < packet->count; i++) {
        const struct ov2_fragment *fragment = &packet->fragments[i];
        if (!is_sound(fragment) || fragment->length > OUTCOME_BYTES - outcome->byte_count) {
            out->fault = 1;
            break;
        }
        if (fragment->length > 0)
            memcpy(outcome->bytes + outcome->byte_count, fragment->buffer + fragment->offset, fragment->length);
        outcome->byte_count += fragment->length;
        out->len += fragment->length;
    }
    outcome->packet_count++;
    return true;
}
