/* SPDX-License-Identifier: MIT */
/* What the mutator and the trimmer promise, over many seeds: output parses, the bound is kept, the same seed gives the
 * same output, every verb and shape of the language comes up, and trimming ends. */
#include "mutator.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stack.h"
#include "trimmer.h"

#define SIZE  8192u
#define SEEDS 4000u

static const struct target_line starts[] = {{"open", 1}, {0}};
static const struct target_line lines[] = {
    {"add_sa *", 4},  {"add_sa_ex *", 1}, {"update_sa *", 3},      {"delete_sa *", 4},     {"send *", 2},
    {"receive *", 2}, {"event reset", 1}, {"config ipsec=esp", 1}, {"oid code=add-sa", 1}, {0},
};
static const struct target toy = {.name = "toy", .starts = starts, .lines = lines};

/* Both ends of a wire, and how lines that are made up for them look. */
#define BOTH                                                                                                           \
    "open\npeer open\nadd_sa a{in src=192.0.2.2 dst=192.0.2.1 spi=0x1234 esn}\n"                                       \
    "peer add_sa a{src=192.0.2.2 dst=192.0.2.1 spi=0x1234 esn}\n"
static const struct target_line pairs[] = {{"add_sa *\npeer add_sa =", 1}, {0}};
static const struct target_line wires[] = {{"receive *", 1}, {"peer send *\nreceive *", 1}, {0}};
static const struct target_line updates[] = {{"update_sa *", 1}, {0}};
static const struct target paired = {.name = "paired", .starts = starts, .lines = pairs};
static const struct target wired = {.name = "wired", .starts = starts, .lines = wires, .needs_peer = true};
static const struct target updated = {.name = "updated", .starts = starts, .lines = updates};

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

/* ---- What it knows of the lines before ---- */

/* One change after the other, from one text; each result is looked at. */
static int count_changes(const struct target *of, const char *text, bool (*is_meant)(const char *made))
{
    static char made[SIZE];
    struct mutator *mutator = mutator_new(of);
    int count = 0;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        size_t len = mutator_change(mutator, made, SIZE - 1, text, strlen(text), seed);
        made[len] = '\0';
        count += is_meant(made);
    }
    mutator_free(mutator);
    return count;
}

static bool updates_it_rightly(const char *made)
{
    return strstr(made, "update_sa a{handle=#1 op=esp spi=0x1234 hi=") != NULL;
}

static bool asks_with_a_packet(const char *made)
{
    return strstr(made, "peer send a{sa=#1 data=8?1}\nreceive a{frame=$1}\n") != NULL;
}

static bool asks_with_an_update(const char *made)
{
    const char *last = strstr(made, "delete_sa b{handle=#9}\n");

    return last && strstr(last, "\nupdate_sa a{handle=#1 op=esp spi=0x1234 hi=") != NULL;
}

static bool asks_what_can_be_asked(const char *made)
{
    const char *adds = strstr(made, "add_sa a{in spi=0x1234");

    return adds && memcmp(adds + strlen("add_sa a{in spi=0x1234"), " esn}", 5) == 0 && asks_with_an_update(made);
}

static bool changes_the_pad_inside(const char *made)
{
    return strstr(made, "flip=pad-length+0.") != NULL;
}

static bool is_nearly_as_long_as_it_is(const char *made)
{
    return strstr(made, "length=187") != NULL || strstr(made, "length=189") != NULL;
}

static bool wraps_a_key(const char *made)
{
    const char *offset = strstr(made, ".off=0xFFFFFF");

    return offset && (offset[13] == 'C' || offset[13] == 'D' || offset[13] == 'E' || offset[13] == 'F');
}

static bool chooses_a_layout(const char *made)
{
    return strstr(made, "UPDATE_LAYOUT=linked") != NULL;
}

static bool chooses_twice(const char *made)
{
    const char *first = strstr(made, "RX_STRIP=");
    const char *second = first ? strstr(first + 1, "RX_STRIP=") : NULL;

    return second && second < first + strcspn(first, "\n");
}

static void test_what_is_known(void)
{
    static const char one[] = "open RX_STRIP=all\nadd_sa a{in src=192.0.2.2 dst=192.0.2.1 spi=0x1234 esn}\n";
    static const char sent[] = BOTH "peer send a{sa=#1 data=32?1}\nreceive a{frame=$1}\n";
    static const char dull[] = "open\nadd_sa a{in spi=0x1234}\ndelete_sa b{handle=#9}\n";
    static const char deleted[] = "open\nadd_sa a{in spi=0x1234 esn}\ndelete_sa b{handle=#9}\n";

    expect(__LINE__, count_changes(&updated, one, updates_it_rightly) > 400, "updates name an SA as it is", 0);
    expect(__LINE__, count_changes(&wired, BOTH, asks_with_a_packet) > 60, "a packet shows whether an SA is there", 0);
    expect(__LINE__, count_changes(&updated, deleted, asks_with_an_update) > 60, "an update shows it", 0);
    expect(__LINE__, count_changes(&updated, dull, asks_what_can_be_asked) > 30, "an SA can be asked", 0);
    expect(__LINE__, count_changes(&wired, sent, changes_the_pad_inside) > 40, "trailers change under a valid ICV", 0);
    expect(__LINE__, count_changes(&paired, one, is_nearly_as_long_as_it_is) > 10, "a buffer ends beside its keys", 0);
    expect(__LINE__, count_changes(&paired, one, wraps_a_key) > 10, "offset and length of a key wrap", 0);
    expect(__LINE__, count_changes(&updated, one, chooses_a_layout) > 60, "devices are of another choice", 0);
    expect(__LINE__, count_changes(&updated, one, chooses_twice) == 0, "of one choice there is one", 0);
}

/* The line of *paired: the second one's SAs are those of the first one, the other way round. */
static bool is_paired(const char *made)
{
    const char *here = strstr(made, "\nadd_sa a{");
    const char *there = strstr(made, "\npeer add_sa a{");
    bool is_in;

    if (!here || !there || there < here)
        return false;
    here += strlen("\nadd_sa a{");
    there += strlen("\npeer add_sa a{");
    is_in = strncmp(here, "in ", 3) == 0;
    if (is_in == (strncmp(there, "in ", 3) == 0))
        return false;
    here += is_in ? 3 : 0;
    there += is_in ? 0 : 3;
    return strncmp(here, there, strcspn(here, "}")) == 0;
}

static void test_pairs(void)
{
    expect(__LINE__, count_changes(&paired, "open\n", is_paired) > 1000, "both ends get an SA", 0);
}

/* ---- Frames ---- */

/* What is seen of the frames that are written down. */
static struct {
    int count;
    int sums;      /* of IPv4 headers that are right */
    int cut;       /* shorter than headers and ICV, and every length says so */
    int longer;    /* than they are, by their IP header */
    int udp_lies;  /* UDP says another length than IP */
    int odd_ihl;   /* IHL below 5 */
    int next_none; /* UDP with room for no SPI */
} seen;

static void look_at_frame(const uint8_t *frame, size_t len)
{
    uint32_t ihl = (frame[14] & 15u) * 4;
    uint32_t total = (uint32_t)frame[16] << 8 | frame[17];
    bool is_udp = frame[14 + 9] == 17 && ihl == 20 && len >= 14 + 20 + 8;
    uint32_t udp = is_udp ? (uint32_t)frame[38] << 8 | frame[39] : 0;

    seen.count++;
    seen.sums +=
        ihl >= 20 && 14 + ihl <= len && stack_ip_checksum(frame + 14, ihl) == ((uint32_t)frame[24] << 8 | frame[25]);
    seen.cut += total == len - 14 && len < 14 + 20 + 8 + 8 + 16;
    seen.longer += total > len - 14;
    seen.udp_lies += is_udp && total == len - 14 && udp != total - 20;
    seen.odd_ihl += ihl < 20;
    seen.next_none += is_udp && total == len - 14 && len < 14 + 20 + 8 + 4;
}

static bool look_at_frames(const char *made)
{
    static struct trace_line line;
    static uint8_t frame[SIZE];
    struct trace_error error;

    for (; *made; made += strcspn(made, "\n") + 1) {
        const struct trace_word *word = NULL;
        size_t len = 0;
        if (trace_parse(&line, &error, made, strcspn(made, "\n")) == TRACE_REQUEST && line.element_count > 0)
            word = trace_field(&line, &line.elements[line.element_count - 1], KEY_FRAME);
        if (word && word->base == BASE_RAW && trace_bytes(frame, SIZE, &len, word) && len >= 34 && frame[12] == 8)
            look_at_frame(frame, len);
    }
    return true;
}

static void test_frames(void)
{
    static const char text[] = "open\nadd_sa a{in src=192.0.2.2 dst=192.0.2.1 spi=0x1234 udp=transport}\n";

    (void)count_changes(&wired, text, look_at_frames);
    expect(__LINE__, seen.count > 1000, "frames are written down", (uint64_t)seen.count);
    expect(__LINE__, seen.sums * 2 > seen.count, "most headers have their checksum", (uint64_t)seen.sums);
    expect(__LINE__, seen.cut > 40, "frames end within their headers", (uint64_t)seen.cut);
    expect(__LINE__, seen.longer > 40, "frames end too soon", (uint64_t)seen.longer);
    expect(__LINE__, seen.udp_lies > 40, "UDP and IP disagree", (uint64_t)seen.udp_lies);
    expect(__LINE__, seen.odd_ihl > 10, "IHL is less than a header", (uint64_t)seen.odd_ihl);
    expect(__LINE__, seen.next_none > 10, "nothing follows UDP", (uint64_t)seen.next_none);
}

/* ---- Trimming ---- */

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
    test_what_is_known();
    test_pairs();
    test_frames();
    test_trimming();
    return failures != 0;
}
