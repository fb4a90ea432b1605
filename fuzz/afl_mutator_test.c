/* SPDX-License-Identifier: MIT */
/* What AFL++ relies on when it asks for changes and for trimmed inputs. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "afl_mutator.h"
#include "target.h"
#include "trace.h"

static const struct target_line starts[] = {{"open", 1}, {0}};
static const struct target_line lines[] = {{"add_sa *", 2}, {"delete_sa *", 1}, {0}};
const struct target the_target = {.name = "toy", .starts = starts, .lines = lines};

static char seed_text[] = "open\nadd_sa a{spi=0x1001 dst=192.0.2.1} b{spi=0x1002 key=40*aa}\ndelete_sa a{handle=#2}\n";
static char other_text[] = "open capacity=8\nadd_sa_ex a{ext=0}\nevent reset\n";

static int failures;

static void expect(int at, int ok, const char *what)
{
    if (!ok && failures++ < 20)
        printf("afl_mutator_test.c:%d: %s\n", at, what);
}

static int parses(const uint8_t *text, size_t len)
{
    static struct trace_line line;
    const char *at = (const char *)text;
    const char *end = at + len;

    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        struct trace_error error;
        if (!newline || trace_parse(&line, &error, at, (size_t)(newline - at)) != TRACE_REQUEST)
            return 0;
        at = newline + 1;
    }
    return 1;
}

static void test_changes(void)
{
    void *library = afl_custom_init(NULL, 7);
    int crossed = 0;
    int changed = 0;

    for (int i = 0; i < 2000; i++) {
        uint8_t *out = NULL;
        size_t most = i % 3 == 0 ? 100 : 1u << 20;
        size_t len = afl_custom_fuzz(library, (uint8_t *)seed_text, strlen(seed_text), &out, (uint8_t *)other_text,
                                     strlen(other_text), most);
        expect(__LINE__, len > 0 && len <= most && len <= 4096, "the bound is kept");
        expect(__LINE__, parses(out, len), "every line parses");
        changed += len != strlen(seed_text) || memcmp(out, seed_text, len) != 0;
        crossed += len > 12 && memcmp(out + len - 12, "event reset\n", 12) == 0;
    }
    expect(__LINE__, changed > 1500, "an input is changed");
    expect(__LINE__, crossed > 20, "inputs are crossed");
    afl_custom_deinit(library);
}

/* As the engine does: what still has "0x1002" in it does the same. */
static void test_trimming(void)
{
    void *library = afl_custom_init(NULL, 7);
    char best[sizeof seed_text];
    size_t best_len = strlen(seed_text);
    int steps = afl_custom_init_trim(library, (uint8_t *)seed_text, best_len);
    int candidates = 0;

    memcpy(best, seed_text, best_len);
    for (int step = 0; step < steps && candidates < 10000; candidates++) {
        uint8_t *out = NULL;
        size_t len = afl_custom_trim(library, &out);
        char text[sizeof seed_text] = "";
        expect(__LINE__, len > 0 && len <= best_len && parses(out, len), "a candidate parses and is not longer");
        if (len == 0 || len > best_len)
            break;
        memcpy(text, out, len);
        if (strstr(text, "0x1002")) {
            memcpy(best, text, sizeof best);
            best_len = len;
            step = afl_custom_post_trim(library, 1);
        } else {
            step = afl_custom_post_trim(library, 0);
        }
    }
    expect(__LINE__, candidates < 10000, "trimming ends");
    expect(__LINE__,
           best_len == strlen("add_sa b{spi=0x1002}\n") && memcmp(best, "add_sa b{spi=0x1002}\n", best_len) == 0,
           "one element with one word is left");
    expect(__LINE__, afl_custom_init_trim(library, (uint8_t *)seed_text, 0) == 0,
           "of nothing there is nothing to trim");
    afl_custom_deinit(library);
}

int main(void)
{
    test_changes();
    test_trimming();
    return failures != 0;
}
