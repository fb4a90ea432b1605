/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "stats.h"

#include <stddef.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(SHAPE_COUNT <= 64, "shapes have room");

static struct stats *begin(struct stats *stats)
{
    if (stats->magic == 0) {
        stats->magic = STATS_MAGIC;
        stats->shape_count = SHAPE_COUNT;
    }
    if (stats->magic == STATS_MAGIC && stats->shape_count == SHAPE_COUNT)
        return stats;
    (void)munmap(stats, sizeof *stats);
    return NULL;
}

struct stats *stats_open(const char *path)
{
    int file = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666) : -1;
    int flags = path ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
    void *at = MAP_FAILED;

    if (!path || (file >= 0 && ftruncate(file, (off_t)sizeof(struct stats)) == 0))
        at = mmap(NULL, sizeof(struct stats), PROT_READ | PROT_WRITE, flags, file, 0);
    if (file >= 0)
        (void)close(file);
    return at == MAP_FAILED ? NULL : begin(at);
}
