/* SPDX-License-Identifier: MIT */
/* Shared libraries on Windows. */
#include "library.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <windows.h>

void *library_open(const char *path, char *why, size_t size)
{
    char full[MAX_PATH];
    DWORD len = GetFullPathNameA(path, sizeof full, full, NULL); /* else the system's folders are searched */
    HMODULE library = len == 0 || len >= sizeof full
                          ? NULL
                          : LoadLibraryExA(full, NULL, LOAD_WITH_ALTERED_SEARCH_PATH); /* its own folder first */
    DWORD error = GetLastError();

    if (library == NULL) {
        (void)snprintf(why, size, "%s: %s (error %lu)", path,
                       error == ERROR_MOD_NOT_FOUND ? "it or a library that it needs is not there" : "no DLL for x64",
                       (unsigned long)error);
    }
    return library;
}

void *library_symbol(void *library, const char *name)
{
    FARPROC function = GetProcAddress(library, name);
    void *symbol;

    memcpy(&symbol, &function, sizeof symbol);
    return symbol;
}

static bool holds(const uint8_t *at, size_t size, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i + len <= size; i++) {
        if (memcmp(at + i, bytes, len) == 0) {
            return true;
        }
    }
    return false;
}

bool library_holds(const void *code, const void *bytes, size_t len)
{
    const DWORD flags = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
    const IMAGE_NT_HEADERS *headers;
    const IMAGE_SECTION_HEADER *section;
    const uint8_t *base;
    HMODULE library;

    if (!GetModuleHandleExA(flags, code, &library) || library == GetModuleHandleA(NULL)) {
        return false; /* an adapter that is linked into the program shares its data with the suite */
    }
    base = (const uint8_t *)library;
    headers = (const void *)(base + ((const IMAGE_DOS_HEADER *)(const void *)base)->e_lfanew);
    section = IMAGE_FIRST_SECTION(headers);
    for (WORD i = 0; i < headers->FileHeader.NumberOfSections; i++, section++) {
        if ((section->Characteristics & IMAGE_SCN_MEM_WRITE) != 0 &&
            holds(base + section->VirtualAddress, section->Misc.VirtualSize, bytes, len)) {
            return true;
        }
    }
    return false;
}
