/* SPDX-License-Identifier: MIT */
#include "loader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "library.h"
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
    char why[256];
    void *library = library_open(path, why, sizeof why);
    void *symbol;

    if (library == NULL) {
        return fail(error, size, "cannot load the adapter: %s", why);
    }
    symbol = library_symbol(library, "ov2_adapter_get");
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

bool loader_find(const struct ov2_adapter *adapter, const void *bytes, size_t len)
{
    const void *code;

    memcpy(&code, &adapter->open, sizeof code);
    return library_holds(code, bytes, len);
}
