/* SPDX-License-Identifier: MIT */
/* Shared libraries on POSIX. */
#define _GNU_SOURCE
#include "library.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <dlfcn.h>
#include <link.h>

void *library_open(const char *path, char *why, size_t size)
{
    char local[4096];
    const char *message;
    void *library;

    if (strchr(path, '/') == NULL) { /* dlopen() would search the system's folders */
        (void)snprintf(local, sizeof local, "./%s", path);
        path = local;
    }
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        message = dlerror();
        message = message == NULL ? "unknown error" : message;
        (void)snprintf(why, size, "%s%s", message,
                       strstr(message, "undefined symbol: __") == NULL
                           ? ""
                           : " (is this the worker of the mode it was built in?)");
    }
    return library;
}

void *library_symbol(void *library, const char *name)
{
    return dlsym(library, name);
}

struct search {
    const void *base;
    const uint8_t *bytes;
    size_t len;
    bool found;
};

/* Static data are read as they lie there, the gaps between them that AddressSanitizer forbids included. */
__attribute__((no_sanitize("address"))) static bool holds(const uint8_t *at, size_t size, const struct search *search)
{
    for (size_t i = 0; i + search->len <= size; i++) {
        size_t same = 0;

        while (same < search->len && at[i + same] == search->bytes[same]) {
            same++;
        }
        if (same == search->len) {
            return true;
        }
    }
    return false;
}

static int search_library(struct dl_phdr_info *info, size_t size, void *context)
{
    struct search *search = context;

    (void)size;
    /* An adapter that is linked into the program shares its data with the suite. */
    if ((uintptr_t)search->base != info->dlpi_addr || info->dlpi_name[0] == '\0') {
        return 0;
    }
    for (unsigned i = 0; i < info->dlpi_phnum && !search->found; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];

        if (segment->p_type == PT_LOAD && (segment->p_flags & PF_W) != 0) {
            /* The link map gives the load address as a number. */
            const uint8_t *at = (const uint8_t *)search->base + segment->p_vaddr;

            search->found = holds(at, segment->p_memsz, search);
        }
    }
    return 1;
}

bool library_holds(const void *code, const void *bytes, size_t len)
{
    struct search search = {NULL, bytes, len, false};
    Dl_info info;

    if (dladdr(code, &info) == 0) {
        return false;
    }
    search.base = info.dli_fbase;
    (void)dl_iterate_phdr(search_library, &search);
    return search.found;
}
