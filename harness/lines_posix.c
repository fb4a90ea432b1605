/* SPDX-License-Identifier: MIT */
/* Lines on POSIX. */
#define _GNU_SOURCE
#include "lines.h"

#include <errno.h>
#include <string.h>

#include <sys/mman.h>
#include <unistd.h>

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
    lines.ahead = mmap(NULL, sizeof *lines.ahead, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return lines.ahead == MAP_FAILED ? NULL : &lines;
}

static void fill(struct lines *lines)
{
    struct ahead *ahead = lines->ahead;
    ssize_t got;

    if (ahead->start != 0) {
        memmove(ahead->bytes, ahead->bytes + ahead->start, ahead->end - ahead->start);
        ahead->end -= ahead->start;
        ahead->start = 0;
    }
    do {
        got = read(lines->descriptor, ahead->bytes + ahead->end, sizeof ahead->bytes - ahead->end);
    } while (got < 0 && errno == EINTR);
    if (got <= 0) {
        lines->ended = true;
    } else {
        ahead->end += (size_t)got;
    }
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
