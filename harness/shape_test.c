/* SPDX-License-Identifier: MIT */
/* The named classes, each by a list that a person would write, and that nothing else is said of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shape.h"

static int failures;

/* #1 to #4 are inbound, #5 to #8 outbound, #9 is dead. */
static enum shape_sa sa_of(void *context, const struct trace_word *word, uint32_t index)
{
    uint64_t symbol = word->number + (word->base == BASE_RUN ? index : 0);

    (void)context;
    if (word->twist != TWIST_NONE || symbol > 9)
        return SHAPE_SA_UNKNOWN;
    return symbol == 9 ? SHAPE_SA_DEAD : symbol > 4 ? SHAPE_SA_OUTBOUND : SHAPE_SA_INBOUND;
}

/* "out" is an element of a DELETE that is out, "add" one of an ADD. */
static bool other_of(void *context, enum trace_verb *verb, const struct trace_word *word)
{
    bool is_add = word->count == 3 && memcmp(word->text, "add", 3) == 0;

    (void)context;
    *verb = is_add ? VERB_ADD_SA : VERB_DELETE_SA;
    return is_add || (word->count == 3 && memcmp(word->text, "out", 3) == 0);
}

#define ADD "src=192.0.2.1 dst=192.0.2.2 "

static const struct {
    int line;
    const char *text;
    const char *want; /* in the order of enum shape */
} rows[] = {
    {__LINE__, "delete_sa", "length-0"},
    {__LINE__, "delete_sa a[0]{handle=#1}", "length-0"},
    {__LINE__, "delete_sa a{handle=#1}", "length-1"},
    {__LINE__, "delete_sa a{handle=#1 next=null} b{handle=#2}", "length-1"},
    /* Next */
    {__LINE__, "delete_sa a{handle=#1 next=a}", "self-loop length-1"},
    {__LINE__, "delete_sa a{handle=#1} b{handle=#2 next=a}", "two-cycle length-2^1"},
    {__LINE__, "delete_sa a{handle=#1} b{handle=#2} c{handle=#3 next=a}", "tail-to-head"},
    {__LINE__, "delete_sa a{handle=#1} b{handle=#2} c{handle=#3 next=b}", "two-cycle rho"},
    {__LINE__, "delete_sa a{handle=#1} b{handle=#2} c{handle=#3 next=c}", "self-loop rho"},
    {__LINE__, "delete_sa a{handle=#1 next=c} b{handle=#2} c{handle=#3}", "shared-tail length-2^1"},
    {__LINE__, "delete_sa a{handle=#1 next=out}", "cross-link length-1"},
    {__LINE__, "delete_sa a{handle=#1 next=add}", "into-other-oid length-1"},
    {__LINE__, "delete_sa a{handle=#1 next=nobody}", "freed length-1"},
    {__LINE__, "delete_sa a{handle=#1 next=freed}", "freed length-1"},
    {__LINE__, "delete_sa a{handle=#1 next=unmapped}", "unmapped length-1"},
    {__LINE__, "delete_sa a{handle=#1 next=0x1000}", "unmapped length-1"},
    {__LINE__, "delete_sa a{handle=#1 next=noncanonical}", "noncanonical length-1"},
    {__LINE__, "delete_sa a{handle=#1 next=0x8000000000000000}", "noncanonical length-1"},
    {__LINE__, "delete_sa a{handle=#1 next=0x0}", "length-1"},
    {__LINE__, "delete_sa a{handle=#1} b{handle=#2 next=a+16}", "into-node length-2^1"},
    {__LINE__, "delete_sa a{handle=#1 next=a+17}", "into-node unaligned length-1"},
    {__LINE__, "add_sa a{" ADD "next=a+168}", "into-key length-1"},
    {__LINE__, "add_sa a{" ADD "next=a+160}", "into-node length-1"},
    {__LINE__, "delete_sa a{handle=#1} b{raw=8001a900.180*00}", "into-other-oid length-2^1"},
    {__LINE__, "add_sa a{" ADD "} b{raw=80011800.20*00}", "into-other-oid length-2^1"},
    /* memory */
    {__LINE__, "delete_sa a{handle=#1 at=packed} b{handle=#2 at=packed}", "contiguous length-2^1"},
    {__LINE__, "delete_sa a{handle=#1 at=packed} b{handle=#2}", "length-2^1"},
    {__LINE__, "delete_sa a{handle=#1 at=scattered} b{handle=#2 at=scattered}", "scattered length-2^1"},
    {__LINE__, "delete_sa a{handle=#1 at=unaligned}", "unaligned length-1"},
    {__LINE__, "delete_sa a{handle=#1} b{handle=#2 bytes=16}", "straddle length-2^1"},
    {__LINE__, "delete_sa a{handle=#1} length=16", "straddle length-1"},
    {__LINE__, "delete_sa a{handle=#1 bytes=4}", "header-only length-1"},
    /* handles */
    {__LINE__, "delete_sa a{handle=#1} b{handle=#1}", "duplicate-handle length-2^1"},
    {__LINE__, "delete_sa a[3]{handle=#1+} b{handle=#3}", "duplicate-handle length-2^2"},
    {__LINE__, "delete_sa a[3]{handle=#1}", "contiguous duplicate-handle"},
    {__LINE__, "delete_sa a{handle=null} b{handle=null}", "length-2^1"},
    {__LINE__, "delete_sa a{handle=#1} b{handle=#1~high}", "length-2^1"},
    {__LINE__, "delete_sa a{handle=#9} b{handle=#1}", "dead-then-live length-2^1"},
    {__LINE__, "delete_sa a{handle=#1} b{handle=#9}", "length-2^1"},
    {__LINE__, "delete_sa a{handle=dut2#1}", "foreign-handle length-1"},
    {__LINE__, "delete_sa a{handle=#1} b{handle=#5}", "wrong-direction-handle length-2^1"},
    /* length */
    {__LINE__, "delete_sa a[6]{handle=null}", "contiguous length-capacity"},
    {__LINE__, "delete_sa a[7]{handle=null}", "contiguous length-capacity+1"},
    {__LINE__, "delete_sa a[1048576]{handle=null}", "contiguous length-2^20"},
    {__LINE__, "delete_sa a[7]{handle=null last=a[2]}", "rho contiguous length-capacity+1"},
    {__LINE__, "delete_sa a[7]{handle=null last=a[6]}", "self-loop rho contiguous length-capacity+1"},
    {__LINE__, "delete_sa z{next=a[5]} a[7]{handle=null last=a[2]}", "rho length-capacity"},
    /* headers */
    {__LINE__, "delete_sa a{type=0}", "length-1 wrong-type-head"},
    {__LINE__, "delete_sa a{} b{rev=0} c{}", "wrong-revision-middle"},
    {__LINE__, "delete_sa a{} b{rev=2} c{size=23}", "wrong-size-tail"},
    {__LINE__, "delete_sa a{} b{size=23}", "length-2^1 wrong-size-tail"},
    {__LINE__, "delete_sa a[3]{type=1}", "contiguous wrong-type-head wrong-type-middle wrong-type-tail"},
    {__LINE__, "update_sa a{handle=#1 size=28}", "length-1 wrong-size-head"},
    {__LINE__, "add_sa_ex a{" ADD "} b{" ADD "rev=0}", "length-1"},
};

static void check(size_t row, struct trace_line *line)
{
    struct profile profile;
    struct trace_error error;
    struct list list;
    struct shapes shapes;
    struct shape_lookup lookup = {NULL, sa_of, other_of};
    const struct trace_word *length;
    char got[1024] = "";

    memset(&profile, 0, sizeof profile);
    profile.update_linked = true;
    profile.caps.SaOffloadCapacity = 6;
    if (trace_parse(line, &error, rows[row].text, strlen(rows[row].text)) != TRACE_REQUEST) {
        printf("shape_test.c:%d: %s\n", rows[row].line, error.text);
        failures++;
        return;
    }
    list_read(&list, line, &profile);
    length = trace_option(line, KEY_LENGTH);
    shape_classify(&shapes, &list, length ? (uint32_t)length->number : UINT32_MAX, &lookup);
    for (uint32_t i = 0; i < SHAPE_COUNT; i++) {
        if (shapes.has[i])
            snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", got[0] ? " " : "", shape_name((enum shape)i));
    }
    if (strcmp(got, rows[row].want) != 0) {
        printf("shape_test.c:%d: %s: got \"%s\" want \"%s\"\n", rows[row].line, rows[row].text, got, rows[row].want);
        failures++;
    }
}

int main(void)
{
    struct trace_line *line = malloc(sizeof *line);
    uint32_t wild = 0;

    if (!line)
        return 1;
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++)
        check(row, line);
    for (uint32_t i = 0; i < SHAPE_COUNT; i++)
        wild += shape_is_wild((enum shape)i);
    if (wild != 3) {
        printf("shape_test.c: got %u wild classes want 3\n", (unsigned)wild);
        failures++;
    }
    free(line);
    return failures != 0;
}
