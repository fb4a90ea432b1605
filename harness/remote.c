/* SPDX-License-Identifier: MIT */
#include "remote.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "process.h"

/* What goes ahead of a line. */
struct line_header {
    uint32_t text_len;
    uint32_t has_prepared;
    uint32_t list_count;
    uint32_t packet_count;
    uint32_t byte_count;
    uint32_t device;
};

static bool send_line(int channel, const struct trace_line *line, const struct prepared *prepared)
{
    struct line_header header = {0};
    char *text = malloc(TRACE_LINE_MAX + 1);
    bool ok = false;

    if (!text)
        return false;
    header.text_len = (uint32_t)trace_print(text, TRACE_LINE_MAX + 1, line);
    if (prepared) {
        header.has_prepared = 1;
        header.list_count = prepared->list_count;
        header.packet_count = prepared->packet_count;
        header.byte_count = prepared->byte_count;
        header.device = prepared->device;
    }
    ok = process_send(channel, &header, sizeof header) && process_send(channel, text, header.text_len);
    if (ok && prepared)
        ok = process_send(channel, prepared->lists, header.list_count * sizeof prepared->lists[0]) &&
             process_send(channel, prepared->packets, header.packet_count * sizeof prepared->packets[0]) &&
             process_send(channel, prepared->bytes, header.byte_count);
    free(text);
    return ok;
}

static uint32_t kept_breaks(const struct outcome *outcome)
{
    return outcome->break_count < OUTCOME_BREAKS ? outcome->break_count : OUTCOME_BREAKS;
}

static bool send_outcome(int channel, const struct outcome *outcome)
{
    return process_send(channel, outcome, offsetof(struct outcome, completions)) &&
           process_send(channel, outcome->completions, outcome->completion_count * sizeof outcome->completions[0]) &&
           process_send(channel, outcome->breaks, kept_breaks(outcome) * sizeof outcome->breaks[0]) &&
           process_send(channel, outcome->log, sizeof outcome->log) &&
           process_send(channel, outcome->packets, outcome->packet_count * sizeof outcome->packets[0]) &&
           process_send(channel, outcome->bytes, outcome->byte_count);
}

static bool receive_outcome(int channel, struct outcome *outcome)
{
    if (!process_receive(channel, outcome, offsetof(struct outcome, completions)))
        return false;
    if (outcome->completion_count > OUTCOME_COMPLETIONS || outcome->packet_count > OUTCOME_PACKETS ||
        outcome->byte_count > OUTCOME_BYTES)
        return false;
    return process_receive(channel, outcome->completions, outcome->completion_count * sizeof outcome->completions[0]) &&
           process_receive(channel, outcome->breaks, kept_breaks(outcome) * sizeof outcome->breaks[0]) &&
           process_receive(channel, outcome->log, sizeof outcome->log) &&
           process_receive(channel, outcome->packets, outcome->packet_count * sizeof outcome->packets[0]) &&
           process_receive(channel, outcome->bytes, outcome->byte_count);
}

bool remote_run(int channel, struct outcome *outcome, const struct trace_line *line, const struct prepared *prepared)
{
    return send_line(channel, line, prepared) && receive_outcome(channel, outcome);
}

static bool receive_line(int channel, struct trace_line *line, struct prepared *prepared, bool *has_prepared)
{
    struct line_header header;
    struct trace_error error;
    char *text;
    bool ok;

    if (!process_receive(channel, &header, sizeof header) || header.text_len > TRACE_LINE_MAX)
        return false;
    if (header.list_count > TRACE_ELEMENTS_MAX || header.packet_count > PREPARED_PACKETS ||
        header.byte_count > OUTCOME_BYTES)
        return false;
    text = malloc(header.text_len + 1u);
    ok = text && process_receive(channel, text, header.text_len) &&
         trace_parse(line, &error, text, header.text_len) == TRACE_REQUEST;
    free(text);
    *has_prepared = header.has_prepared != 0;
    if (!ok || !*has_prepared)
        return ok;
    prepared->device = header.device;
    prepared->list_count = header.list_count;
    prepared->packet_count = header.packet_count;
    prepared->byte_count = header.byte_count;
    return process_receive(channel, prepared->lists, header.list_count * sizeof prepared->lists[0]) &&
           process_receive(channel, prepared->packets, header.packet_count * sizeof prepared->packets[0]) &&
           process_receive(channel, prepared->bytes, header.byte_count);
}

void remote_serve(int channel, const struct ov2_adapter *adapter)
{
    struct device *devices[TRACE_DEVICES] = {NULL};
    struct trace_line *line = malloc(sizeof *line);
    struct prepared *prepared = malloc(sizeof *prepared);
    bool has_prepared;

    while (line && prepared && receive_line(channel, line, prepared, &has_prepared)) {
        struct device **device = &devices[line->device];
        if (!*device)
            *device = device_new(adapter, devices, false);
        if (!*device || !send_outcome(channel, device_run(*device, line, has_prepared ? prepared : NULL)))
            break;
    }
    for (uint32_t i = 0; i < TRACE_DEVICES; i++)
        device_free(devices[i]);
    free(line);
    free(prepared);
}
