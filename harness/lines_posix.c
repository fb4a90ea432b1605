/* SPDX-License-Identifier: MIT */
/* Lines on POSIX. */
#define _GNU_SOURCE
#include "lines.h"

#include <errno.h>
#include <string.h>

#include <sys/mman.h>
#include <unistd.h>

#include "trace.h"

struct lines {
    int descriptor;
    bool ended;
    bool skipping; /* the rest of a line that was too long */
    size_t start;  /* of what has not been handed out */
    size_t end;
    char bytes[2 * TRACE_LINE_MAX];
};

struct lines *lines_open(int descriptor)
{
    struct lines *lines = mmap(NULL, sizeof *lines, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (lines == MAP_FAILED) {
        return NULL;
    }
    lines->descriptor = descriptor;
    return lines;
}

static void fill(struct lines *lines)
{
    ssize_t got;

    if (lines->start != 0) {
        memmove(lines->bytes, lines->bytes + lines->start, lines->end - lines->start);
        lines->end -= lines->start;
        lines->start = 0;
    }
    do {
        got = read(lines->descriptor, lines->bytes + lines->end, sizeof lines->bytes - lines->end);
    } while (got < 0 && errno == EINTR);
    if (got <= 0) {
        lines->ended = true;
    } else {
        lines->end += (size_t)got;
    }
}

bool lines_next(struct lines *lines, const char **text, size_t *len)
{
    for (;;) {
        const char *first = lines->bytes + lines->start;
        size_t have = lines->end - lines->start;
        const char *newline = memchr(first, '\n', have);

        if (lines->skipping) {
            lines->start += newline != NULL ? (size_t)(newline - first) + 1 : have;
            lines->skipping = newline == NULL && !lines->ended;
        } else if (newline != NULL || have > TRACE_LINE_MAX || (lines->ended && have > 0)) {
            *text = first;
            *len = newline != NULL ? (size_t)(newline - first) : have;
            lines->start += newline != NULL ? *len + 1 : have;
            lines->skipping = newline == NULL && !lines->ended;
            *len -= *len > 0 && first[*len - 1] == '\r' ? 1 : 0;
            *len = *len > TRACE_LINE_MAX ? TRACE_LINE_MAX + 1 : *len;
            return true;
        }
        if (lines->start == lines->end && lines->ended) {
            return false;
        }
        if (lines->skipping || newline == NULL) {
            fill(lines);
        }
    }
}
