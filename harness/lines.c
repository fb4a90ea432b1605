/* SPDX-License-Identifier: MIT */
#include "lines.h"

#include <string.h>

#include "process.h"
#include "trace.h"

/* What has been read and not been handed out; in memory that a process of a case shares with us, and a driver may write
 * over it. */
struct ahead {
    bool skipping; /* the rest of a line that was too long */
    size_t start;
    size_t end;
    char bytes[2 * TRACE_LINE_MAX];
};

struct lines {
    int descriptor;
    bool ended;
    struct ahead *ahead;
};

struct lines *lines_open(int descriptor)
{
    static struct lines lines;

    lines.descriptor = descriptor;
    lines.ended = false;
    lines.ahead = process_shared(sizeof *lines.ahead);
    return lines.ahead == NULL ? NULL : &lines;
}

static void fill(struct lines *lines)
{
    struct ahead *ahead = lines->ahead;
    size_t got;

    if (ahead->start != 0) {
        memmove(ahead->bytes, ahead->bytes + ahead->start, ahead->end - ahead->start);
        ahead->end -= ahead->start;
        ahead->start = 0;
    }
    got = process_read(lines->descriptor, ahead->bytes + ahead->end, sizeof ahead->bytes - ahead->end);
    lines->ended = got == 0;
    ahead->end += got;
}

/* forget: what was read ahead makes no sense any more. */
static void forget(struct ahead *ahead)
{
    if (ahead->start > ahead->end || ahead->end > sizeof ahead->bytes) {
        ahead->start = 0;
        ahead->end = 0;
        ahead->skipping = false;
    }
}

bool lines_next(struct lines *lines, const char **text, size_t *len)
{
    struct ahead *ahead = lines->ahead;

    forget(ahead);
    for (;;) {
        const char *first = ahead->bytes + ahead->start;
        size_t have = ahead->end - ahead->start;
        const char *newline = memchr(first, '\n', have);

        if (ahead->skipping) {
            ahead->start += newline != NULL ? (size_t)(newline - first) + 1 : have;
            ahead->skipping = newline == NULL && !lines->ended;
        } else if (newline != NULL || have > TRACE_LINE_MAX || (lines->ended && have > 0)) {
            *text = first;
            *len = newline != NULL ? (size_t)(newline - first) : have;
            ahead->start += newline != NULL ? *len + 1 : have;
            ahead->skipping = newline == NULL && !lines->ended;
            *len -= *len > 0 && first[*len - 1] == '\r' ? 1 : 0;
            *len = *len > TRACE_LINE_MAX ? TRACE_LINE_MAX + 1 : *len;
            return true;
        }
        if (ahead->start == ahead->end && lines->ended) {
            return false;
        }
        if (ahead->skipping || newline == NULL) {
            fill(lines);
        }
    }
}
