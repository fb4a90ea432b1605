/* SPDX-License-Identifier: MIT */
/*
 * All lists of up to three elements, over what an element may be and where each Next may lead: the model has nothing to
 * say against the reference, and the reference without its faults answers each as the reference does.
 *
 * An element is one of KINDS; its Next leads to nothing or to one of the elements, itself included; elements lie packed
 * or scattered.  Each list comes to a device with two SAs and is followed by requests that show what it has left.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "loader.h"
#include "model.h"
#include "ov2/adapter.h"
#include "run.h"
#include "sanitizer.h"
#include "stats.h"

#define KINDS      8u
#define LENGTH_MAX 3u
#define PLACES     2u
#define SANITIZED  32u /* with a sanitizer one of so many lists is tried */

struct request {
    const char *verb;
    const char *open;
    const char *common;       /* of each element */
    const char *kinds[KINDS]; /* sound ones, and one defect or boundary in each of the others */
};

static const struct request requests[] = {
    {"add_sa",
     "open capacity=4",
     "in src=192.0.2.2 dst=192.0.2.1 ",
     {"spi=0x2001", "spi=0x2002 esn", "spi=0x1001", "spi=0x2003 ext=0", "spi=0x2004 ext=3", "spi=0x2005 size=0",
      "spi=0x2006 rev=0", "spi=0x2007 key_len=0"}},
    {"delete_sa",
     "open",
     "",
     {"handle=#1", "handle=#2", "handle=null", "handle=0xFFFFFFFFFFFFFFFF", "handle=#1~high", "handle=#1 size=0",
      "handle=#1 rev=0", "handle=#2 type=0"}},
    {"update_sa",
     "open UPDATE_LAYOUT=linked",
     "",
     {"handle=#1 spi=0x1001 hi=1", "handle=#2 spi=0x1002 hi=0xFFFFFFFF", "handle=#1 spi=0x1001 hi=0",
      "handle=null spi=0x1001 hi=1", "handle=#2 spi=0x1001 hi=1", "handle=#1 spi=0x1001 op=ah hi=1",
      "handle=#1 spi=0x1001 hi=1 size=0", "handle=#2 spi=0x1002 hi=1 rev=0"}},
};

static const char *const places[PLACES] = {"scattered", "packed"};
static const char *const names[LENGTH_MAX] = {"a", "b", "c"};

#define LINES 5u /* of a trace */
/* Of each request: a place, and for each element a kind and a Next. */
#define ALL (3ull * PLACES * (KINDS * 2u + KINDS * KINDS * 9u + KINDS * KINDS * KINDS * 64u))

/* What one device did with a trace. */
struct shown {
    uint64_t answers; /* a hash of them */
    uint32_t broken;
};

static char text[4096];
static int failures;

static void on_answer(void *context, const struct session_last *last)
{
    const struct outcome *outcome = last->outcome;
    struct shown *shown = context;
    char words[128];

    (void)snprintf(words, sizeof words, "%d %u %x %u %u", (int)last->line->verb, outcome->result, outcome->status,
                   outcome->pended, outcome->completion_count);
    shown->answers = stats_hash(shown->answers, words);
}

static void on_find(void *context, const struct run_find *find)
{
    struct shown *shown = context;

    if (shown->broken++ == 0 && failures++ < 20)
        printf("%s at %s: got %s, want %s\n%s\n", find->law, find->element, find->got, find->want, text);
}

static struct run *run_on(const char *file, struct shown *shown)
{
    struct run_config config = {.observer = {shown, NULL, on_answer, on_find}, .is_hostile = true};
    const char *build = getenv("OV2_BUILD");
    char path[4096];
    char error[512];
    struct run *run = NULL;

    (void)snprintf(path, sizeof path, "%s/%s", build ? build : "build/plain", file);
    if (loader_open(&config.session.dut, error, sizeof error, path))
        run = run_new(&config);
    else
        printf("%s\n", error);
    return run;
}

/* write_list: the trace of one list; number says which of them it is. */
static size_t write_list(const struct request *request, uint32_t length, uint64_t number)
{
    const char *place = places[number % PLACES];
    size_t used;

    number /= PLACES;
    used = (size_t)snprintf(text, sizeof text,
                            "%s\nadd_sa y{in src=192.0.2.2 dst=192.0.2.1 spi=0x1001 esn} "
                            "z{in src=192.0.2.2 dst=192.0.2.1 spi=0x1002 esn}\n%s",
                            request->open, request->verb);
    for (uint32_t i = 0; i < length; i++) {
        uint32_t next = (uint32_t)(number % (length + 1));
        number /= length + 1;
        used += (size_t)snprintf(text + used, sizeof text - used, " %s{%s%s at=%s next=%s}", names[i], request->common,
                                 request->kinds[number % KINDS], place, next == 0 ? "null" : names[next - 1]);
        number /= KINDS;
    }
    used += (size_t)snprintf(text + used, sizeof text - used,
                             "\nadd_sa w{in src=192.0.2.2 dst=192.0.2.1 spi=0x3001}\ndelete_sa v{handle=#1}\n");
    return used;
}

/* lists_of: how many there are of a length. */
static uint64_t lists_of(uint32_t length)
{
    uint64_t count = PLACES;

    for (uint32_t i = 0; i < length; i++)
        count *= (uint64_t)KINDS * (length + 1);
    return count;
}

static void try_list(struct run *reference, struct run *clean, struct shown shown[2], size_t len)
{
    shown[0] = shown[1] = (struct shown){0, 0};
    if (run_trace(reference, text, len) != LINES || run_trace(clean, text, len) != LINES) {
        if (failures++ < 20)
            printf("not every line was answered\n%s\n", text);
    } else if (shown[0].answers != shown[1].answers && failures++ < 20) {
        printf("without its faults the reference answers something else\n%s\n", text);
    }
}

int main(void)
{
    static struct shown shown[2];
    const uint64_t step = strcmp(sanitizer_mode(), "plain") == 0 ? 1 : SANITIZED;
    struct run *reference;
    struct run *clean;
    uint64_t tried = 0;

    if (!guard_start(0, false) || !(reference = run_on("reference.so", &shown[0])) ||
        !(clean = run_on("reference-clean.so", &shown[1])))
        return 1;
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        for (uint32_t length = 1; length <= LENGTH_MAX; length++) {
            for (uint64_t number = 0; number < lists_of(length); number += step, tried++)
                try_list(reference, clean, shown, write_list(&requests[i], length, number));
        }
    }
    printf("%llu lists\n", (unsigned long long)tried);
    if (step == 1 && tried != ALL) {
        printf("there should be %llu\n", (unsigned long long)ALL);
        failures++;
    }
    run_free(reference);
    run_free(clean);
    return failures != 0;
}
