/* SPDX-License-Identifier: MIT */
/* What the mutator and the trimmer promise, over many seeds: output parses, the bound is kept, the same seed gives the
 * same output, every verb and shape of the language comes up, and trimming ends. */
#include "mutator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trimmer.h"

#define SIZE  8192u
#define SEEDS 4000u

static const struct target_line starts[] = {{"open", 1}, {0}};
static const struct target_line lines[] = {
    {"add_sa *", 4},  {"add_sa_ex *", 1}, {"update_sa *", 3},      {"delete_sa *", 4},     {"send *", 2},
    {"receive *", 2}, {"event reset", 1}, {"config ipsec=esp", 1}, {"oid code=add-sa", 1}, {0},
};
static const struct target toy = {.name = "toy", .starts = starts, .lines = lines};

static int failures;

static void expect(int at, int ok, const char *what, uint64_t seed)
{
    if (!ok && failures++ < 20)
        printf("mutator_test.c:%d: seed %llu: %s\n", at, (unsigned long long)seed, what);
}

/* Every line parses; *verbs gets those that are there. */
static int parses(const char *text, size_t len, uint32_t *verbs)
{
    static struct trace_line line;
    const char *end = text + len;

    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        struct trace_error error;
        if (!newline || trace_parse(&line, &error, text, (size_t)(newline - text)) != TRACE_REQUEST)
            return 0;
        *verbs |= 1u << line.verb;
        text = newline + 1;
    }
    return 1;
}

static void test_changes(void)
{
    static char text[SIZE];
    static char next[SIZE];
    static char again[SIZE];
    struct mutator *mutator = mutator_new(&toy);
    uint32_t verbs = 0;
    size_t len = 0;
    int loops = 0;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        size_t bound = 64 + seed * 37 % (SIZE - 64);
        size_t made = mutator_change(mutator, next, bound, text, len, seed);
        expect(__LINE__, made > 0 && made <= bound, "the bound is kept", seed);
        expect(__LINE__, parses(next, made, &verbs), "every line parses", seed);
        expect(__LINE__,
               mutator_change(mutator, again, bound, text, len, seed) == made && memcmp(again, next, made) == 0,
               "the same seed gives the same", seed);
        next[made < SIZE ? made : SIZE - 1] = '\0';
        loops += strstr(next, "next=a") != NULL;
        len = seed % 40 == 0 ? 0 : made; /* now and then from nothing */
        memcpy(text, next, made);
    }
    expect(__LINE__, (verbs & 0x1F79u) == (0x1F79u & ~(1u << VERB_CANCEL)), "every verb of the target comes up", verbs);
    expect(__LINE__, loops > 20, "lists lead back to their head", (uint64_t)loops);
    mutator_free(mutator);
}

static void test_garbage(void)
{
    static const char garbage[] = "nonsense {{{\n\0\xFF\xFE open\nopen capacity=8\n< status=SUCCESS\n# words\n";
    static char out[SIZE];
    struct mutator *mutator = mutator_new(&toy);
    uint32_t verbs = 0;

    for (uint64_t seed = 1; seed <= 200; seed++) {
        size_t made = mutator_change(mutator, out, SIZE, garbage, sizeof garbage - 1, seed);
        expect(__LINE__, made > 0 && parses(out, made, &verbs), "what cannot be read is left out", seed);
    }
    expect(__LINE__, mutator_change(mutator, out, 5, garbage, sizeof garbage - 1, 1) == 5, "the least is open", 1);
    expect(__LINE__, mutator_change(mutator, out, 4, garbage, sizeof garbage - 1, 1) == 0, "less does not fit", 1);
    mutator_free(mutator);
}

static void test_crossing(void)
{
    static const char a[] = "open\nadd_sa a{}\ndelete_sa a{handle=#1}\n";
    static const char b[] = "open capacity=8\nsend a{data=00}\nreceive a{frame=$1}\n";
    static char out[SIZE];
    struct mutator *mutator = mutator_new(&toy);
    uint32_t verbs = 0;
    int both = 0;

    for (uint64_t seed = 1; seed <= 300; seed++) {
        size_t made = mutator_cross(mutator, out, 128, a, sizeof a - 1, b, sizeof b - 1, seed);
        uint32_t here = 0;
        expect(__LINE__, made > 0 && made <= 128 && parses(out, made, &here), "a cross parses and is bounded", seed);
        both += (here & 1u << VERB_ADD_SA) && (here & 1u << VERB_RECEIVE);
        verbs |= here;
    }
    expect(__LINE__, both > 10 && (verbs & 1u << VERB_SEND), "lines of both", verbs);
    mutator_free(mutator);
}

/* As good: a delete whose second element is still there in some form. */
static int has_cycle(void *context, const char *text, size_t len)
{
    static char copy[SIZE];

    ++*(uint32_t *)context;
    memcpy(copy, text, len);
    copy[len] = '\0';
    return strstr(copy, "b{next=a") != NULL && strstr(copy, "open") != NULL;
}

static void test_trimming(void)
{
    static char text[SIZE] = "open capacity=8\nadd_sa a[40]{spi=0x1001 key=20?3}\nsend a{sa=#1 data=64*00}\n"
                             "delete_sa length=24 a{handle=#3} c{handle=#2 size=30} b{next=a handle=#1}\ndrain\n";
    struct trimmer *trimmer = trimmer_new();
    uint32_t asked = 0;
    uint32_t verbs = 0;
    size_t len = trimmer_minimise(trimmer, text, SIZE, strlen(text), 100000, has_cycle, &asked);

    text[len] = '\0';
    expect(__LINE__, strcmp(text, "open\ndelete_sa b{next=a}\n") == 0, text, asked);
    expect(__LINE__, asked < 200, "few candidates are asked for", asked);
    for (uint32_t n = 0;
         (len = trimmer_next(trimmer, text, SIZE, "open a=1\nevent reset\nadd_sa a[9]{spi=7 key=8*00}\n", 48, &n)) > 0;
         n++)
        expect(__LINE__, parses(text, len, &verbs), "every candidate parses", n);
    trimmer_free(trimmer);
}

int main(void)
{
    test_changes();
    test_garbage();
    test_crossing();
    test_trimming();
    return failures != 0;
}
