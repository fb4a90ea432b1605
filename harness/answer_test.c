/* SPDX-License-Identifier: MIT */
/* Answers, word by word. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"

#define SIZE (1u << 20)

static int failures;
static char text[SIZE];
static struct outcome *outcome;
static struct judgement judgement;
static struct trace_line *line;

static void expect_text(int at, const char *got, const char *want)
{
    if (strcmp(got, want) == 0)
        return;
    printf("answer_test.c:%d: got %.300s want %.300s\n", at, got, want);
    failures++;
}

static void expect_part(int at, const char *part, bool wanted)
{
    if ((strstr(text, part) != NULL) == wanted)
        return;
    printf("answer_test.c:%d: got %.300s want it %s %s\n", at, text, wanted ? "with" : "without", part);
    failures++;
}

static void print(size_t size)
{
    static const struct profile profile;
    struct answer answer;

    answer_begin(&answer, text, size);
    answer_outcome(&answer, line, outcome, &judgement, 5, &profile);
}

static void ask(const char *request)
{
    struct trace_error error;

    outcome_reset(outcome);
    judgement.break_count = 0;
    judgement.reading_count = 0;
    if (trace_parse(line, &error, request, strlen(request)) != TRACE_REQUEST)
        exit(1);
}

static void give_handles(const uint64_t *handles, uint32_t count)
{
    outcome->request = 3;
    outcome->first_sa = 11;
    outcome->sa_count = count;
    memcpy(outcome->bytes, handles, count * sizeof *handles);
}

static void test_requests(void)
{
    static uint64_t handles[513] = {5, 0, 7};

    ask("add_sa a{}");
    give_handles(handles, 3);
    outcome->outputs.bytes_read = 188;
    print(SIZE);
    expect_text(__LINE__, text, "status=SUCCESS request=3 read=188 needed=0 revision=0 handles=#11,null,#13");
    ask("add_sa a{}");
    give_handles(handles, 513);
    outcome->status = 0x40001234;
    outcome->pended = 1;
    outcome->allocations = 4;
    print(SIZE);
    expect_text(__LINE__, text,
                "status=0x40001234 pended request=3 read=0 needed=0 revision=0 handles=513 null=511 allocations=4");
    ask("delete_sa a{}");
    outcome->result = OV2_BROKEN;
    print(SIZE);
    expect_text(__LINE__, text, "broken");
    ask("event reset");
    outcome->result = OV2_UNSUPPORTED;
    print(SIZE);
    expect_text(__LINE__, text, "unsupported status=SUCCESS");
    ask("close");
    outcome->allocations = 2;
    outcome->allocated_bytes = 99;
    print(SIZE);
    expect_text(__LINE__, text, "leaks=2 leaked=99");
}

static void test_completions(void)
{
    static const uint64_t handles[1] = {5};
    struct completion *completion;

    ask("drain");
    give_handles(handles, 1);
    outcome->request = 0;
    completion = outcome_add_completion(outcome, COMPLETION_REQUEST);
    completion->number = 2;
    completion->first_sa = 1;
    completion->sa_count = 1;
    completion = outcome_add_completion(outcome, COMPLETION_SEND);
    completion->number = 4;
    completion->status = NDIS_STATUS_FAILURE;
    completion = outcome_add_completion(outcome, COMPLETION_EVENT);
    completion->number = OV2_EVENT_RESET;
    completion = outcome_add_completion(outcome, COMPLETION_INDICATION);
    completion->number = 0x40020006;
    completion->len = 144;
    completion = outcome_add_completion(outcome, COMPLETION_OFFLOAD);
    completion->number = OUTCOME_OFFLOAD_HARDWARE;
    completion->at = outcome->byte_count;
    completion->len = 3;
    memcpy(outcome->bytes + outcome->byte_count, "\xa7\x03\x9c", 3);
    outcome->byte_count += 3;
    print(SIZE);
    expect_part(__LINE__, "offload{kind=hardware len=3 data=a7039c}", true);
    expect_part(__LINE__, "done{request=2 status=SUCCESS read=0 needed=0 revision=0 handles=#1}", true);
    expect_part(__LINE__, "sent{list=4 status=FAILURE}", true);
    expect_part(__LINE__, "event{event=reset status=SUCCESS}", true);
    expect_part(__LINE__, "indication{code=0x40020006 len=144", true);
}

static void add_packet(const uint8_t *bytes, uint32_t len, bool indicated, uint64_t ipsec, uint64_t header)
{
    uint8_t copy[64];
    struct ov2_fragment fragment = {copy, sizeof copy, 0, len, 0};
    const struct ov2_packet packet = {&fragment, 1, 0};
    const struct ov2_oob oob = {.ipsec = ipsec, .header = header};

    memcpy(copy, bytes, len);
    outcome_add_packet(outcome, &packet, &oob, indicated);
}

static void test_packets(void)
{
    ask("drain");
    add_packet((const uint8_t *)"\x01\xAB", 2, false, 0, 0);
    add_packet((const uint8_t *)"", 0, false, 0, 0);
    add_packet((const uint8_t *)"\xFF", 1, true,
               OV2_OOB_CRYPTO_DONE | OV2_OOB_NEXT_CRYPTO_DONE | OV2_OOB_SA_DELETE_REQ | 3ull << 16,
               OV2_OOB_HEADER_INFO_SET | 0x0211);
    outcome->packets[2].fault = 1;
    print(SIZE);
    expect_part(__LINE__, "tx{frame=$5 len=2 data=01ab} tx{frame=$6 len=0 data=-}", true);
    expect_part(__LINE__,
                "rx{len=1 done next delete status=transport-esp-auth-failed info nh=17 pad=2 malformed data=ff}", true);
}

/* A frame that does not fit is told, without its bytes; what follows is still there. */
static void test_long(void)
{
    static uint8_t bytes[OUTCOME_BYTES / 512];
    struct ov2_fragment fragment = {bytes, sizeof bytes, 0, sizeof bytes, 0};
    const struct ov2_packet packet = {&fragment, 1, 0};

    ask("drain");
    for (uint32_t i = 0; i < 512; i++)
        outcome_add_packet(outcome, &packet, NULL, false);
    outcome_break(outcome, "RX-019", NULL, "w", "g");
    print(SIZE);
    expect_part(__LINE__, "frame=$516 len=8192}", true);
    expect_part(__LINE__, "break{rule=RX-019 got=\"g\" want=\"w\"}", true);
    ask("drain");
    fragment.length = 8000;
    outcome_add_packet(outcome, &packet, NULL, false);
    print(SIZE);
    expect_part(__LINE__, "len=8000 data=00", true);
}

static void test_rest(void)
{
    ask("drain");
    outcome_break(outcome, "ADD-010", "b[7]", "say \"NULL\"", "a\\b\n");
    judgement_break(&judgement, "DEL-001", NULL, "x", "%d", 5);
    judgement_read(&judgement, "A-06", "success");
    judgement_read(&judgement, "A-06", "success");
    snprintf(outcome->log, sizeof outcome->log, "tab\there");
    print(SIZE);
    expect_text(__LINE__, text,
                "reading=A-06:success break{rule=ADD-010 element=b[7] got=\"a\\\\b?\" want=\"say \\\"NULL\\\"\"} "
                "break{rule=DEL-001 got=\"5\" want=\"x\"} log=\"tab?here\"");
    print(24);
    expect_text(__LINE__, text, "reading=A-06:success br");
    for (unsigned i = 0; i < MODEL_BREAKS + OUTCOME_BREAKS + 9; i++) {
        outcome_break(outcome, "X", NULL, "w", "g");
        judgement_break(&judgement, "Y", NULL, "w", "g");
    }
    for (unsigned i = 0; i < MODEL_READINGS + 3; i++) {
        char name[8];
        snprintf(name, sizeof name, "%u", i);
        judgement_read(&judgement, "A-01", name);
    }
    print(SIZE);
    expect_part(__LINE__, "rule=Y", true);
    expect_part(__LINE__, "A-01:14", true);
    expect_part(__LINE__, "A-01:15", false);
}

int main(void)
{
    outcome = malloc(sizeof *outcome);
    line = malloc(sizeof *line);
    if (!outcome || !line)
        return 1;
    test_requests();
    test_completions();
    test_packets();
    test_long();
    test_rest();
    free(outcome);
    free(line);
    return failures > 0;
}
