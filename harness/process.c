/* SPDX-License-Identifier: MIT */
/* What every operating system's processes have in common. */
#include "process.h"

#include <string.h>

#include "process_end.h"

/* Texts that a driver may have written over. */
static void end_texts(struct process_report *report)
{
    report->lies[sizeof report->lies - 1] = '\0';
    report->where[sizeof report->where - 1] = '\0';
    report->frames[sizeof report->frames - 1] = '\0';
    report->leaks[sizeof report->leaks - 1] = '\0';
}

void process_judge(struct process_report *report, const struct process_end *end)
{
    end_texts(report);
    if (report->verdict == PROCESS_CRASH)
        return;
    if (end->late) {
        report->verdict = PROCESS_HANG;
        memcpy(report->lies, end->late, sizeof report->lies);
    } else if (end->died) {
        report->verdict = PROCESS_CRASH;
        report->signal = end->signal;
        report->write = 2;
    } else if (end->finished) {
        report->verdict = PROCESS_DONE;
        report->line = 0;
    } else {
        report->verdict = PROCESS_LEFT;
        report->code = end->code;
    }
}

bool process_receive(int channel, void *bytes, size_t len)
{
    char *rest = bytes;

    while (len > 0) {
        size_t got = process_read(channel, rest, len);

        if (got == 0)
            return false;
        rest += got;
        len -= got;
    }
    return true;
}
