/* SPDX-License-Identifier: MIT */
#include "race.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

/* A thread that stands at the gate looks at it so often before it lets others have the processor: those that are there
 * together start together. */
#define LOOKS 500u

struct racer {
    struct race *race;
    void *context;
    pthread_t thread;
};

struct race {
    void (*act)(void *context);
    atomic_uint gathered;
    atomic_bool is_open;
    atomic_bool is_off; /* not all threads came about: nobody acts */
    uint32_t count;
    struct racer racers[];
};

static void *run(void *argument)
{
    struct racer *racer = argument;
    struct race *race = racer->race;

    atomic_fetch_add(&race->gathered, 1);
    for (unsigned looks = 0; !atomic_load(&race->is_open); looks++) {
        if (looks >= LOOKS)
            (void)sched_yield();
    }
    if (!atomic_load(&race->is_off))
        race->act(racer->context);
    return NULL;
}

struct race *race_begin(void (*act)(void *context), void *const *contexts, uint32_t count)
{
    struct race *race = calloc(1, sizeof *race + count * sizeof race->racers[0]);

    if (race == NULL)
        return NULL;
    race->act = act;
    for (uint32_t i = 0; i < count; i++) {
        race->racers[i].race = race;
        race->racers[i].context = contexts[i];
        if (pthread_create(&race->racers[i].thread, NULL, run, &race->racers[i]) != 0) {
            atomic_store(&race->is_off, true);
            race_join(race);
            return NULL;
        }
        race->count++;
    }
    return race;
}

void race_yield(void)
{
    (void)sched_yield();
}

void race_go(struct race *race)
{
    while (atomic_load(&race->gathered) < race->count)
        (void)sched_yield();
    atomic_store(&race->is_open, true);
}

void race_join(struct race *race)
{
    if (race == NULL)
        return;
    race_go(race);
    for (uint32_t i = 0; i < race->count; i++)
        (void)pthread_join(race->racers[i].thread, NULL);
    free(race);
}
