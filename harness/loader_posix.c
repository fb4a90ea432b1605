/* SPDX-License-Identifier: MIT */
/* Loads an adapter on POSIX. */
#define _GNU_SOURCE
#include "loader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <dlfcn.h>
#include <link.h>

#include "ov2/adapter.h"

#define ADAPTERS 8u

typedef const struct ov2_adapter *get_function(uint32_t abi);

/* Copies: an adapter with a smaller size than ours lacks members at the end, which then read as zero. */
static struct ov2_adapter adapters[ADAPTERS];
static unsigned adapter_count;

static bool fail(char *error, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

static bool fail(char *error, size_t size, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(error, size, format, arguments);
    va_end(arguments);
    return false;
}

static void *library_open(char *error, size_t size, const char *path)
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
        (void)fail(error, size, "cannot load the adapter: %s%s", message,
                   strstr(message, "undefined symbol: __") == NULL
                       ? ""
                       : " (is this the worker of the mode it was built in?)");
    }
    return library;
}

/* adapter_valid: every entry point that is not optional is there; what lies behind the adapter's own size is not read.
 */
static bool adapter_valid(char *error, size_t size, const char *path, const struct ov2_adapter *adapter)
{
    const struct {
        const char *name;
        bool present;
    } entries[] = {
        {"open", adapter->open != NULL},       {"close", adapter->close != NULL},
        {"request", adapter->request != NULL}, {"registration", adapter->registration != NULL},
        {"cancel", adapter->cancel != NULL},   {"send", adapter->send != NULL},
        {"receive", adapter->receive != NULL}, {"drain", adapter->drain != NULL},
    };

    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        if (!entries[i].present) {
            return fail(error, size, "%s: the adapter has no %s(), which is not optional", path, entries[i].name);
        }
    }
    if (adapter->name == NULL || adapter->name[0] == '\0') {
        return fail(error, size, "%s: the adapter has no name", path);
    }
    return true;
}

bool loader_open(const struct ov2_adapter **adapter, char *error, size_t size, const char *path)
{
    const size_t least = offsetof(struct ov2_adapter, locate);
    const struct ov2_adapter *found;
    get_function *get;
    void *library = library_open(error, size, path);
    void *symbol;

    if (library == NULL) {
        return false;
    }
    symbol = dlsym(library, "ov2_adapter_get");
    if (symbol == NULL) {
        return fail(error, size, "%s: no adapter: it does not export ov2_adapter_get()", path);
    }
    memcpy(&get, &symbol, sizeof get);
    found = get(OV2_ABI);
    if (found == NULL) {
        return fail(error, size, "%s: the adapter does not speak version %u of the interface", path, OV2_ABI);
    }
    if (found->abi != OV2_ABI) {
        return fail(error, size, "%s: the adapter speaks version %u of the interface, this is version %u", path,
                    found->abi, OV2_ABI);
    }
    if (found->size < least) {
        return fail(error, size, "%s: the adapter gives its size as %u bytes, at least %zu are needed", path,
                    found->size, least);
    }
    if (!adapter_valid(error, size, path, found)) {
        return false;
    }
    if (adapter_count == ADAPTERS) {
        return fail(error, size, "%s: more than %u adapters in one process", path, ADAPTERS);
    }
    memcpy(&adapters[adapter_count], found, found->size < sizeof *found ? found->size : sizeof *found);
    *adapter = &adapters[adapter_count++];
    return true;
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

bool loader_find(const struct ov2_adapter *adapter, const void *bytes, size_t len)
{
    struct search search = {NULL, bytes, len, false};
    const void *code;
    Dl_info info;

    memcpy(&code, &adapter->open, sizeof code);
    if (dladdr(code, &info) == 0) {
        return false;
    }
    search.base = info.dli_fbase;
    (void)dl_iterate_phdr(search_library, &search);
    return search.found;
}
