/* SPDX-License-Identifier: MIT */
/* Values of every type: what they mean, and what is wrong with those that mean nothing.  A text lies in a block of its
 * exact size, so that AddressSanitizer sees a read behind it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static int failures;
static struct trace_line *line;
static struct trace_error error;

static void fail(int row, const char *got, const char *want)
{
    printf("trace_value_test.c:%d: got %s want %s\n", row, got, want);
    failures++;
}

static enum trace_result parse(const char *text)
{
    size_t len = strlen(text);
    char *copy = malloc(len);
    enum trace_result result;

    if (copy == NULL) {
        abort();
    }
    memcpy(copy, text, len); /* NOLINT(bugprone-not-null-terminated-result): the parser must not need one */
    result = trace_parse(line, &error, copy, len);
    free(copy);
    return result;
}

struct row {
    int line;
    const char *input;
    const char *want;
};

/* What the only word of an element says. */
struct value {
    int line;
    const char *input;
    enum trace_base base;
    enum trace_twist twist;
    uint32_t device;
    uint32_t index;
    uint32_t count;
    uint64_t number;
};

static const struct value values[] = {
    {__LINE__, "delete_sa a{handle=#3}", BASE_SYMBOL, TWIST_NONE, 0, 0, 0, 3},
    {__LINE__, "dut2 delete_sa a{handle=#3}", BASE_SYMBOL, TWIST_NONE, 1, 0, 0, 3},
    {__LINE__, "dut2 delete_sa a{handle=dut#3}", BASE_SYMBOL, TWIST_NONE, 0, 0, 0, 3},
    {__LINE__, "delete_sa a{handle=peer2#0x10}", BASE_SYMBOL, TWIST_NONE, 5, 0, 0, 16},
    {__LINE__, "delete_sa a{handle=#3+}", BASE_RUN, TWIST_NONE, 0, 0, 0, 3},
    {__LINE__, "delete_sa a{handle=#3~high}", BASE_SYMBOL, TWIST_HIGH, 0, 0, 0, 3},
    {__LINE__, "delete_sa a{handle=#3~top}", BASE_SYMBOL, TWIST_TOP, 0, 0, 0, 3},
    {__LINE__, "delete_sa a{handle=#3~next}", BASE_SYMBOL, TWIST_NEXT, 0, 0, 0, 3},
    {__LINE__, "delete_sa a{handle=dut3#3+~low}", BASE_RUN, TWIST_LOW, 2, 0, 0, 3},
    {__LINE__, "delete_sa a{handle=0xffffffffffffffff}", BASE_RAW, TWIST_NONE, 0, 0, 0, UINT64_MAX},
    {__LINE__, "delete_sa a{handle=18446744073709551615}", BASE_RAW, TWIST_NONE, 0, 0, 0, UINT64_MAX},
    {__LINE__, "delete_sa a{handle=null}", BASE_NULL, TWIST_NONE, 0, 0, 0, 0},
    {__LINE__, "delete_sa a{next=null}", BASE_NULL, TWIST_NONE, 0, 0, 0, 0},
    {__LINE__, "delete_sa a{next=nul}", BASE_SYMBOL, TWIST_NONE, 0, 0, 3, 0},
    {__LINE__, "delete_sa a{next=_b2}", BASE_SYMBOL, TWIST_NONE, 0, 0, 3, 0},
    {__LINE__, "delete_sa a{next=b[7]}", BASE_SYMBOL, TWIST_NONE, 0, 7, 1, 0},
    {__LINE__, "delete_sa a{next=b+16}", BASE_SYMBOL, TWIST_NONE, 0, 0, 1, 16},
    {__LINE__, "delete_sa a{next=b[0x7]+0x10}", BASE_SYMBOL, TWIST_NONE, 0, 7, 1, 16},
    {__LINE__, "delete_sa a{next=+}", BASE_RUN, TWIST_NONE, 0, 0, 0, 0},
    {__LINE__, "delete_sa a{last=freed}", BASE_FREED, TWIST_NONE, 0, 0, 0, 0},
    {__LINE__, "delete_sa a{last=unmapped}", BASE_UNMAPPED, TWIST_NONE, 0, 0, 0, 0},
    {__LINE__, "delete_sa a{last=noncanonical}", BASE_NONCANONICAL, TWIST_NONE, 0, 0, 0, 0},
    {__LINE__, "delete_sa a{last=0x12}", BASE_RAW, TWIST_NONE, 0, 0, 0, 18},
    {__LINE__, "receive a{frame=$2}", BASE_SYMBOL, TWIST_NONE, 0, 0, 0, 2},
    {__LINE__, "receive a{frame=1000*00.ff}", BASE_RAW, TWIST_NONE, 0, 0, 1001, 0},
    {__LINE__, "receive a{plain=-}", BASE_RAW, TWIST_NONE, 0, 0, 0, 0},
    {__LINE__, "receive a{flip=icv}", BASE_RAW, TWIST_NONE, 0, UINT32_MAX, 3, 0},
    {__LINE__, "receive a{flip=esp-spi+3}", BASE_RAW, TWIST_NONE, 0, UINT32_MAX, 7, 3},
    {__LINE__, "receive a{flip=icv.7}", BASE_RAW, TWIST_NONE, 0, 7, 3, 0},
    {__LINE__, "receive a{flip=icv+11.0}", BASE_RAW, TWIST_NONE, 0, 0, 3, 11},
    {__LINE__, "update_sa a{op=esp}", BASE_RAW, TWIST_NONE, 0, 0, 0, 2},
    {__LINE__, "update_sa a{op=3}", BASE_RAW, TWIST_NONE, 0, 0, 0, 3},
    {__LINE__, "add_sa a{sa1.enc=3des-cbc}", BASE_RAW, TWIST_NONE, 0, 0, 0, 4},
    {__LINE__, "add_sa a{esp=aes-gcm-192}", BASE_RAW, TWIST_NONE, 0, 0, 0, 1},
};

static void check_values(void)
{
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        const struct value *want = &values[i];
        const struct trace_word *got = &line->words[0];

        if (parse(want->input) != TRACE_REQUEST) {
            fail(want->line, error.text, want->input);
        } else if (got->base != want->base || got->twist != want->twist ||
                   (got->type == TYPE_HANDLE && got->device != want->device) || got->index != want->index ||
                   got->count != want->count || got->number != want->number) {
            fail(want->line, "another value", want->input);
        }
    }
}

/* A value of type bytes or address, and its bytes in hexadecimal.  The outputs of splitmix64 for the seeds 0 and
 * 1234567 are those of its published test vectors. */
static const struct row expansions[] = {
    {__LINE__, "send a{data=-}", ""},
    {__LINE__, "send a{data=0*ff}", ""},
    {__LINE__, "send a{data=00fFA0}", "00ffa0"},
    {__LINE__, "send a{data=3*aB}", "ababab"},
    {__LINE__, "send a{data=4?0}", "aff44fec"},
    {__LINE__, "send a{data=2?1234567}", "85a5"},
    {__LINE__, "send a{data=2?0x12d687}", "85a5"},
    {__LINE__, "send a{data=01.2*02.1?0.04}", "010202af04"},
    {__LINE__, "send a{frame=aa.bb}", "aabb"},
    {__LINE__, "send a{src=192.0.2.1}", "c0000201"},
    {__LINE__, "send a{src=255.255.255.255}", "ffffffff"},
    {__LINE__, "send a{src=::}", "00000000000000000000000000000000"},
    {__LINE__, "send a{src=::1}", "00000000000000000000000000000001"},
    {__LINE__, "send a{src=fe80::}", "fe800000000000000000000000000000"},
    {__LINE__, "send a{src=2001:DB8::1:2}", "20010db8000000000000000000010002"},
    {__LINE__, "send a{src=1:2:3:4:5:6:7:8}", "00010002000300040005000600070008"},
    {__LINE__, "send a{src=1:2:3:4:5:6:7::}", "00010002000300040005000600070000"},
    {__LINE__, "send a{src=::2:3:4:5:6:7:8}", "00000002000300040005000600070008"},
};

static void check_expansions(void)
{
    for (size_t i = 0; i < COUNT_OF(expansions); i++) {
        const struct trace_word *word = &line->words[0];
        uint8_t bytes[64];
        size_t len = 0;
        char got[2 * sizeof(bytes) + 1] = "";

        if (parse(expansions[i].input) != TRACE_REQUEST) {
            fail(expansions[i].line, error.text, expansions[i].want);
            continue;
        }
        if (word->type == TYPE_ADDRESS) {
            len = word->count;
            memcpy(bytes, word->address, sizeof(word->address));
        } else if (!trace_bytes(bytes, sizeof(bytes), &len, word)) {
            fail(expansions[i].line, "nothing", expansions[i].want);
        }
        for (size_t n = 0; n < len; n++) {
            (void)snprintf(got + 2 * n, 3, "%02x", bytes[n]);
        }
        if (strcmp(got, expansions[i].want) != 0) {
            fail(expansions[i].line, got, expansions[i].want);
        }
    }
}

/* What is wrong, and at which column. */
static const struct row errors[] = {
    {__LINE__, "update_sa a{hi=}", "16: \"hi\" wants a number, not \"\""},
    {__LINE__, "update_sa a{hi=x7}", "16: \"hi\" wants a number, not \"x7\""},
    {__LINE__, "update_sa a{hi=7x}", "17: \"hi\" wants a number, not \"7x\""},
    {__LINE__, "update_sa a{hi=0x}", "18: \"hi\" wants a number, not \"0x\""},
    {__LINE__, "update_sa a{hi=-1}", "16: \"hi\" wants a number, not \"-1\""},
    {__LINE__, "update_sa a{hi=0x10000000000000000}",
     "34: \"hi\" wants a number below 2^64, not \"0x10000000000000000\""},
    {__LINE__, "update_sa a{hi=18446744073709551616}",
     "35: \"hi\" wants a number below 2^64, not \"18446744073709551616\""},
    {__LINE__, "update_sa a{hi=99999999999999999999999999999999}",
     "35: \"hi\" wants a number below 2^64, not \"999999999999999999999999\""},
    {__LINE__, "update_sa a{op=es}", "16: \"op\" wants ah esp or a number, not \"es\""},
    {__LINE__, "update_sa a{op=espx}", "16: \"op\" wants ah esp or a number, not \"espx\""},
    {__LINE__, "update_sa a{op=\"esp\"}", "16: \"op\" wants ah esp or a number, not \"\"esp\"\""},
    {__LINE__, "add_sa door=up", "13: \"door\" wants direct normal or a number, not \"up\""},
    {__LINE__, "send a{data=}", "13: \"data\" wants bytes such as 00ff, 16*aa, 32?7 or -, not \"\""},
    {__LINE__, "send a{data=--}", "13: \"data\" wants bytes such as 00ff, 16*aa, 32?7 or -, not \"--\""},
    {__LINE__, "send a{data=xx}", "13: \"data\" wants bytes such as 00ff, 16*aa, 32?7 or -, not \"xx\""},
    {__LINE__, "send a{data=abc}", "16: \"data\" wants two digits for each byte, not \"abc\""},
    {__LINE__, "send a{data=ab.}", "16: \"data\" wants bytes such as 00ff, 16*aa, 32?7 or -, not \"ab.\""},
    {__LINE__, "send a{data=ab..cd}", "16: \"data\" wants bytes such as 00ff, 16*aa, 32?7 or -, not \"ab..cd\""},
    {__LINE__, "send a{data=abxy}", "15: \"data\" wants bytes such as 00ff, 16*aa, 32?7 or -, not \"abxy\""},
    {__LINE__, "send a{data=16*a}", "17: \"data\" wants two digits behind *, not \"16*a\""},
    {__LINE__, "send a{data=16*aabb}", "20: \"data\" wants two digits behind *, not \"16*aabb\""},
    {__LINE__, "send a{data=1f*aa}", "14: \"data\" wants a count before * or ?, not \"1f*aa\""},
    {__LINE__, "send a{data=*aa}", "13: \"data\" wants a count before * or ?, not \"*aa\""},
    {__LINE__, "send a{data=16?}", "16: \"data\" wants a number, not \"16?\""},
    {__LINE__, "send a{data=131073*00}", "13: \"data\" wants at most 131072 bytes, not \"131073*00\""},
    {__LINE__, "send a{data=131071*00.2?1}", "23: \"data\" wants at most 131072 bytes, not \"131071*00.2?1\""},
    {__LINE__, "send a{data=99999999999999999999*00}",
     "32: \"data\" wants a count before * or ?, not \"99999999999999999999*00\""},
    {__LINE__, "send a{src=1.2.3}", "17: \"src\" wants an address, not \"1.2.3\""},
    {__LINE__, "send a{src=1.2.3.256}", "21: \"src\" wants an address, not \"1.2.3.256\""},
    {__LINE__, "send a{src=1.2.3.4.5}", "19: \"src\" wants an address, not \"1.2.3.4.5\""},
    {__LINE__, "send a{src=localhost}", "12: \"src\" wants an address, not \"localhost\""},
    {__LINE__, "send a{src=:}", "12: \"src\" wants an address, not \":\""},
    {__LINE__, "send a{src=1:2:3:4:5:6:7}", "25: \"src\" wants an address, not \"1:2:3:4:5:6:7\""},
    {__LINE__, "send a{src=1:2:3:4:5:6:7:8:9}", "28: \"src\" wants an address, not \"1:2:3:4:5:6:7:8:9\""},
    {__LINE__, "send a{src=1:2:3:4:5:6:7:8::}", "29: \"src\" wants an address, not \"1:2:3:4:5:6:7:8::\""},
    {__LINE__, "send a{src=1::2::3}", "17: \"src\" wants an address, not \"1::2::3\""},
    {__LINE__, "send a{src=1:::2}", "15: \"src\" wants an address, not \"1:::2\""},
    {__LINE__, "send a{src=12345::}", "16: \"src\" wants an address, not \"12345::\""},
    {__LINE__, "send a{src=1:2:}", "16: \"src\" wants an address, not \"1:2:\""},
    {__LINE__, "send a{src=::1.2.3.4}", "15: \"src\" wants an address, not \"::1.2.3.4\""},
    {__LINE__, "send a{sa=#0}", "13: \"sa\" wants a handle from #1 on, not \"#0\""},
    {__LINE__, "send a{sa=#}", "12: \"sa\" wants a handle from #1 on, not \"#\""},
    {__LINE__, "send a{sa=dut9#1}",
     "11: \"sa\" wants a handle of dut, dut2, dut3, dut4, peer or peer2, not \"dut9#1\""},
    {__LINE__, "send a{sa=#1~up}",
     "13: \"sa\" wants a handle such as #3+ or one with ~high, ~top, ~next or ~low behind it, not \"#1~up\""},
    {__LINE__, "send a{sa=nullx}", "15: \"sa\" wants a handle such as #1, 0x12 or null, not \"nullx\""},
    {__LINE__, "send a{sa=one}", "11: \"sa\" wants a handle such as #1, 0x12 or null, not \"one\""},
    {__LINE__, "delete_sa a{next=B}", "18: \"next\" wants a place such as b, b[7]+16, + or null, not \"B\""},
    {__LINE__, "delete_sa a{next=null+1}", "22: \"next\" wants a place such as b, b[7]+16, + or null, not \"null+1\""},
    {__LINE__, "delete_sa a{next=b[]}", "20: \"next\" wants an index in [] up to 4000000, not \"b[]\""},
    {__LINE__, "delete_sa a{next=b[4000001]}", "28: \"next\" wants an index in [] up to 4000000, not \"b[4000001]\""},
    {__LINE__, "delete_sa a{next=b[1}", "21: \"next\" wants an index in [] up to 4000000, not \"b[1\""},
    {__LINE__, "delete_sa a{next=b+}", "20: \"next\" wants a number, not \"b+\""},
    {__LINE__, "delete_sa a{next=+1}", "19: \"next\" wants a place such as b, b[7]+16, + or null, not \"+1\""},
    {__LINE__, "delete_sa a{next=b2345678901234567890123456789012}",
     "18: \"next\" wants a place such as b, b[7]+16, + or null, not \"b23456789012345678901234\""},
    {__LINE__, "receive a{frame=$0}", "19: \"frame\" wants a frame from $1 on, not \"$0\""},
    {__LINE__, "receive a{frame=one}", "17: \"frame\" wants bytes such as 00ff, 16*aa, 32?7 or -, not \"one\""},
    {__LINE__, "receive a{flip=Icv}", "16: \"flip\" wants an edit such as icv+0.3, not \"Icv\""},
    {__LINE__, "receive a{flip=icv.8}", "21: \"flip\" wants a bit from .0 to .7, not \"icv.8\""},
    {__LINE__, "receive a{flip=icv+x}", "20: \"flip\" wants a number, not \"icv+x\""},
    {__LINE__, "receive a{flip=icv.1+1}", "21: \"flip\" wants an edit such as icv+0.3, not \"icv.1+1\""},
};

static void check_errors(void)
{
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        char got[sizeof(error.text) + 16] = "a value";

        if (parse(errors[i].input) == TRACE_ERROR) {
            (void)snprintf(got, sizeof(got), "%u: %s", (unsigned)error.column, error.text);
        }
        if (strcmp(got, errors[i].want) != 0) {
            fail(errors[i].line, got, errors[i].want);
        }
    }
}

/* check_room: out is not written behind size, and what does not fit is refused. */
static void check_room(void)
{
    static const char text[] = "send a{data=4*aa.4?1.bbbb}";
    uint8_t bytes[10];
    size_t len = 0;

    if (parse(text) != TRACE_REQUEST) {
        fail(__LINE__, error.text, text);
        return;
    }
    for (size_t size = 0; size <= sizeof(bytes); size++) {
        uint8_t *exact = malloc(size > 0 ? size : 1);

        if (exact == NULL) {
            abort();
        }
        if (trace_bytes(exact, size, &len, &line->words[0]) != (size == sizeof(bytes))) {
            fail(__LINE__, "room", "exactly ten bytes");
        }
        free(exact);
    }
    if (parse("oid code=1 buffer=null") != TRACE_REQUEST || !trace_bytes(bytes, 0, &len, &line->words[1]) || len != 0) {
        fail(__LINE__, "null", "no bytes");
    }
    if (parse("receive a{frame=$1}") != TRACE_REQUEST || trace_bytes(bytes, sizeof(bytes), &len, &line->words[0])) {
        fail(__LINE__, "$1", "no bytes to expand");
    }
}

/* A value of type text, and what trace_text() makes of it. */
static const struct row texts[] = {
    {__LINE__, "open x=", ""},
    {__LINE__, "open x=a\\b", "a\\b"},
    {__LINE__, "open x=a\"b", "a\"b"},
    {__LINE__, "open x=\"\"", ""},
    {__LINE__, "open x=\"a {b} #c\"", "a {b} #c"},
    {__LINE__, "open x=\"a\\\"b\\\\\"", "a\"b\\"},
};

static void check_texts(void)
{
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        char got[32] = "";
        size_t size = strlen(texts[i].want) + 1;

        if (parse(texts[i].input) != TRACE_REQUEST) {
            fail(texts[i].line, error.text, texts[i].want);
        } else if (!trace_text(got, size, &line->words[0]) || strcmp(got, texts[i].want) != 0) {
            fail(texts[i].line, got, texts[i].want);
        } else if (trace_text(got, size - 1, &line->words[0])) {
            fail(texts[i].line, "a text that fits", "one that does not");
        }
    }
}

int main(void)
{
    line = malloc(sizeof(*line));
    if (line == NULL) {
        abort();
    }
    check_values();
    check_expansions();
    check_errors();
    check_room();
    check_texts();
    free(line);
    return failures != 0;
}
