/* SPDX-License-Identifier: MIT */
/*
 * Pages on POSIX: one memory file for each process, its pages mapped a second time for the device.
 *
 * The device's view is one reservation, so that nothing else can ever move in between.  Pages are placed in it when
 * they are first used: each slot costs two entries in the kernel's map, which a fork copies and an exit frees whether
 * they were used or not (1.5 us a slot, 0.75 ms for 512), while mapping one costs 9 us, once, and a case uses a few
 * dozen. For the same reason a forked process gets a new file (20 us) and does not share its parent's: what a process
 * that outlived its case scribbles can then never show in the next case, and a peer may run beside it.
 */
#define _GNU_SOURCE
#include "pages.h"

#include <sys/mman.h>
#include <unistd.h>

static int file = -1;
static uint8_t *host_view;
static uint8_t *device_view;

size_t pages_size(void)
{
    static size_t size;

    if (size == 0) {
        size = (size_t)sysconf(_SC_PAGESIZE);
    }
    return size;
}

static int protection(enum slot_view view)
{
    return view == SLOT_NOTHING ? PROT_NONE : view == SLOT_READ ? PROT_READ : PROT_READ | PROT_WRITE;
}

bool pages_reserve(uint8_t **host, uint8_t **device, size_t bytes)
{
    int fixed = host_view != NULL ? MAP_FIXED : 0;
    void *first;
    void *second;

    if (file >= 0) {
        (void)close(file);
    }
    file = memfd_create("ov2-guard", MFD_CLOEXEC);
    if (file < 0 || ftruncate(file, (off_t)bytes) != 0) {
        return false;
    }
    first = mmap(host_view, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | fixed, file, 0);
    second = mmap(device_view, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | fixed, -1, 0);
    if (first == MAP_FAILED || second == MAP_FAILED) {
        return false;
    }
    *host = host_view = first;
    *device = device_view = second;
    return true;
}

bool pages_place(size_t at, size_t bytes, enum slot_view view)
{
    return mmap(device_view + at, bytes, protection(view), MAP_SHARED | MAP_FIXED, file, (off_t)at) != MAP_FAILED;
}

bool pages_show(uint8_t *device, size_t bytes, enum slot_view view)
{
    return mprotect(device, bytes, protection(view)) == 0;
}

/* pages_apart: anonymous, because a limit on the size of files is no limit on memory; mremap() from nothing makes the
 * second view. */
bool pages_apart(uint8_t **host, uint8_t **device, size_t bytes, enum slot_view view)
{
    size_t page = pages_size();
    void *around = mmap(NULL, bytes + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    void *own = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    uint8_t *first = around == MAP_FAILED ? NULL : (uint8_t *)around + page;

    if (first != NULL && own != MAP_FAILED &&
        mremap(own, 0, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, first) == (void *)first &&
        pages_show(first, bytes, view)) {
        *device = first;
        *host = own;
        return true;
    }
    if (first != NULL) {
        (void)munmap(around, bytes + 2 * page);
    }
    if (own != MAP_FAILED) {
        (void)munmap(own, bytes);
    }
    return false;
}

void pages_release(uint8_t *host, uint8_t *device, size_t bytes)
{
    (void)munmap(host, bytes);
    (void)munmap(device - pages_size(), bytes + 2 * pages_size());
}
