/* SPDX-License-Identifier: MIT */
/* The mutator and the trimmer as a library for AFL++ (AFL_CUSTOM_MUTATOR_LIBRARY), for the target it is linked with. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "afl_mutator.h"
#include "mutator.h"
#include "target.h"
#include "trimmer.h"

#define LEN_MAX    4096u /* bytes of an input, as with the other engine */
#define TRIMS_MAX  256u  /* candidates for one input; the engine runs each */
#define CROSS_ONCE 8u    /* of so many changes one is a cross of two inputs */
#define API        __attribute__((visibility("default")))

struct library {
    struct mutator *mutator;
    struct trimmer *trimmer;
    uint64_t seed; /* of the next change */
    uint8_t out[LEN_MAX];
    /* What is being trimmed, and the candidate for it that is being run. */
    char *text;
    char *candidate;
    size_t len;
    size_t candidate_len;
    size_t room;
    uint32_t number; /* of the candidate, as trimmer_next() has it */
    int tried;
};

API void *afl_custom_init(void *engine, unsigned int seed)
{
    struct library *library = calloc(1, sizeof *library);

    (void)engine;
    if (!library)
        return NULL;
    library->seed = (uint64_t)seed << 32;
    library->mutator = the_target.lines ? mutator_new(&the_target) : NULL;
    library->trimmer = trimmer_new();
    if (library->mutator && library->trimmer)
        return library;
    afl_custom_deinit(library);
    return NULL;
}

API void afl_custom_deinit(void *data)
{
    struct library *library = data;

    mutator_free(library->mutator);
    trimmer_free(library->trimmer);
    free(library->text);
    free(library->candidate);
    free(library);
}

API size_t afl_custom_fuzz(void *data, uint8_t *text, size_t len, uint8_t **out, uint8_t *other, size_t other_len,
                           size_t most)
{
    struct library *library = data;
    char *made = (char *)library->out;
    uint64_t seed = library->seed++;

    most = most < LEN_MAX ? most : LEN_MAX;
    *out = library->out;
    if (other && other_len > 0 && seed % CROSS_ONCE == 0)
        return mutator_cross(library->mutator, made, most, (const char *)text, len, (const char *)other, other_len,
                             seed);
    return mutator_change(library->mutator, made, most, (const char *)text, len, seed);
}

/* ---- Trimming: the engine asks for a candidate, runs it, and says whether it did the same ---- */

static bool make_room(struct library *library, size_t size)
{
    char *text = size > library->room ? realloc(library->text, size) : library->text;
    char *candidate = size > library->room ? realloc(library->candidate, size) : library->candidate;

    library->text = text ? text : library->text;
    library->candidate = candidate ? candidate : library->candidate;
    if (!text || !candidate)
        return false;
    library->room = size > library->room ? size : library->room;
    return true;
}

/* next: finds a candidate that is not longer in bytes, either, which is all that the engine allows. */
static bool next(struct library *library)
{
    for (; library->tried < (int)TRIMS_MAX; library->number++) {
        library->candidate_len = trimmer_next(library->trimmer, library->candidate, library->room, library->text,
                                              library->len, &library->number);
        if (library->candidate_len == 0)
            return false;
        if (library->candidate_len <= library->len)
            return true;
    }
    return false;
}

/* Returns how many steps there are at most; 0: nothing to do. */
API int afl_custom_init_trim(void *data, uint8_t *text, size_t len)
{
    struct library *library = data;

    if (!make_room(library, 2 * len + 64))
        return 0;
    memcpy(library->text, text, len);
    library->len = len;
    library->number = 0;
    library->tried = 0;
    return next(library) ? (int)TRIMS_MAX : 0;
}

API size_t afl_custom_trim(void *data, uint8_t **out)
{
    struct library *library = data;

    *out = (uint8_t *)library->candidate;
    return library->candidate_len;
}

/* Returns the number of the next step; as many as there are: it is over. */
API int afl_custom_post_trim(void *data, unsigned char is_as_good)
{
    struct library *library = data;

    if (is_as_good) {
        char *text = library->text;
        library->text = library->candidate;
        library->candidate = text;
        library->len = library->candidate_len;
    } else {
        library->number++;
    }
    library->tried++;
    return next(library) ? library->tried : (int)TRIMS_MAX;
}
