/* SPDX-License-Identifier: MIT */
/* The words of a crash report.  All of it runs in a fault handler. */
#include "crash.h"

#include <stdio.h>
#include <string.h>

#include "crash_internal.h"
#include "guard.h"

#define NAMED 6
#define NEAR  65536u

static crash_describe *describe_address;
static crash_locate *locate_code;

void crash_explain(crash_describe *describe, crash_locate *locate)
{
    describe_address = describe;
    locate_code = locate;
}

void crash_say_data(struct process_report *report, uintptr_t address, uintptr_t sp)
{
    char *out = report->lies;

    if (describe_address != NULL && describe_address(out, sizeof report->lies, address)) {
        out[sizeof report->lies - 1] = '\0';
    } else if (address < NEAR) {
        (void)snprintf(out, sizeof report->lies, "near NULL");
    } else if (sp != 0 && address + NEAR > sp && address < sp + NEAR) {
        (void)snprintf(out, sizeof report->lies, "the stack, which is used up");
    } else {
        out[0] = '\0';
    }
}

void crash_say_wild(struct process_report *report, uintptr_t address)
{
    static const uint8_t poison[] = {GUARD_POISON, GUARD_POISON, GUARD_POISON, GUARD_POISON};
    const uint8_t *bytes = (const uint8_t *)&address;
    bool poisoned = memcmp(bytes + 4, poison, sizeof poison) == 0; /* an offset may have been added */

    if (describe_address != NULL && describe_address(report->lies, sizeof report->lies, address)) {
        report->lies[sizeof report->lies - 1] = '\0';
        return;
    }
    (void)snprintf(report->lies, sizeof report->lies, "no valid form of an address%s",
                   poisoned ? ", read from completed memory" : "");
}

/* name_code: "libtoy.so+0x1139 toy_request+0x29", or in the adapter's own words if it has any. */
static void name_code(char *out, size_t size, uintptr_t code)
{
    char own[sizeof((struct process_report *)0)->where] = "";
    struct crash_place place;
    int used;

    out[0] = '\0';
    if (locate_code != NULL && locate_code(own, sizeof own, code) == OV2_OK && own[0] != '\0') {
        own[sizeof own - 1] = '\0'; /* it may crash in its turn: nothing is copied before it has come back */
        (void)snprintf(out, size, "%s", own);
        return;
    }
    if (!crash_place(&place, code)) {
        out[0] = '\0';
        return;
    }
    used = snprintf(out, size, "%s+0x%zx", place.file, place.offset);
    if (place.symbol[0] != '\0' && used > 0 && (size_t)used < size) {
        (void)snprintf(out + used, size - (size_t)used, " %s+0x%zx", place.symbol, place.symbol_offset);
    }
}

static bool is_bystander(uintptr_t code)
{
    struct crash_place place;

    return !crash_place(&place, code) || place.is_bystander;
}

/* name_place: the code at pc, and if that is a bystander also who called it. */
static void name_place(char *out, size_t size, uintptr_t pc, void *const *frames, int count)
{
    static const char from[] = " from ";
    size_t used;

    name_code(out, size, pc);
    if (!is_bystander(pc)) {
        return;
    }
    for (int i = 0; i < count; i++) {
        uintptr_t caller = (uintptr_t)frames[i] - 1; /* in the call, not behind it */

        if (!is_bystander(caller)) {
            used = strlen(out);
            if (used > 0 && used + sizeof from < size) {
                memcpy(out + used, from, sizeof from);
                used += sizeof from - 1;
            }
            name_code(out + used, size - used, caller);
            return;
        }
    }
}

/* name_frames: the driver's code that was under way, from the inside out. */
static void name_frames(char *out, size_t size, uintptr_t pc, void *const *frames, int count)
{
    size_t used = 0;
    int named = 0;

    out[0] = '\0';
    for (int i = 0; i < count && named < NAMED && used < size; i++) {
        uintptr_t code = (uintptr_t)frames[i];
        struct crash_place place;

        if (!crash_place(&place, code) || place.is_bystander) {
            continue;
        }
        place.offset -= code == pc ? 0 : 1; /* in the call, not behind it */
        used += (size_t)snprintf(out + used, size - used, "%s%s+0x%zx", used > 0 ? " " : "", place.file, place.offset);
        named++;
    }
}

void crash_say_code(struct process_report *report, uintptr_t pc, void *const *frames, int count)
{
    name_place(report->where, sizeof report->where, pc, frames, count);
    name_frames(report->frames, sizeof report->frames, pc, frames, count);
}
