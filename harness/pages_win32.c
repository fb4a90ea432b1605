/* SPDX-License-Identifier: MIT */
/*
 * Pages on Windows: two views of one section.  A view begins at a multiple of 64 KiB, so single pages cannot be mapped;
 * instead the device's view shows the section as a whole, and every page of it that is not placed is forbidden.
 */
#include "pages.h"

#include <windows.h>

static uint8_t *host_view;
static uint8_t *device_view;

size_t pages_size(void)
{
    SYSTEM_INFO info;

    GetSystemInfo(&info);
    return info.dwPageSize;
}

static DWORD protection(enum slot_view view)
{
    return view == SLOT_NOTHING ? PAGE_NOACCESS : view == SLOT_READ ? PAGE_READONLY : PAGE_READWRITE;
}

/* map_twice: the second view is forbidden as a whole. */
static bool map_twice(uint8_t **host, uint8_t **device, size_t bytes)
{
    HANDLE section = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, (DWORD)((uint64_t)bytes >> 32),
                                        (DWORD)bytes, NULL);

    if (section == NULL) {
        return false;
    }
    *host = MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, bytes);
    *device = MapViewOfFile(section, FILE_MAP_ALL_ACCESS, 0, 0, bytes);
    (void)CloseHandle(section); /* the views keep it */
    if (*host != NULL && *device != NULL && pages_show(*device, bytes, SLOT_NOTHING)) {
        return true;
    }
    if (*host != NULL) {
        (void)UnmapViewOfFile(*host);
    }
    if (*device != NULL) {
        (void)UnmapViewOfFile(*device);
    }
    return false;
}

bool pages_reserve(uint8_t **host, uint8_t **device, size_t bytes)
{
    if (host_view != NULL) {
        (void)UnmapViewOfFile(host_view);
        (void)UnmapViewOfFile(device_view);
        host_view = NULL;
    }
    if (!map_twice(host, device, bytes)) {
        return false;
    }
    host_view = *host;
    device_view = *device;
    return true;
}

bool pages_place(size_t at, size_t bytes, enum slot_view view)
{
    return pages_show(device_view + at, bytes, view);
}

bool pages_show(uint8_t *device, size_t bytes, enum slot_view view)
{
    DWORD before;

    return VirtualProtect(device, bytes, protection(view), &before) != 0;
}

bool pages_apart(uint8_t **host, uint8_t **device, size_t bytes, enum slot_view view)
{
    size_t page = pages_size();

    if (!map_twice(host, device, bytes + 2 * page)) {
        return false;
    }
    *host += page;
    *device += page;
    if (pages_show(*device, bytes, view)) {
        return true;
    }
    pages_release(*host, *device, bytes);
    return false;
}

void pages_release(uint8_t *host, uint8_t *device, size_t bytes)
{
    (void)bytes;
    (void)UnmapViewOfFile(host - pages_size());
    (void)UnmapViewOfFile(device - pages_size());
}
