/* SPDX-License-Identifier: MIT */
#include "stats.h"

void stats_begin(struct stats *stats)
{
    stats->executions++;
}

bool stats_see(struct stats *stats, uint64_t behaviour)
{
    uint32_t at = (uint32_t)(behaviour * 0x9E3779B97F4A7C15u >> 40);
    struct stats_behaviour *entry;

    for (;; at++) {
        entry = &stats->table[at % STATS_BEHAVIOURS];
        if (entry->hash == behaviour || entry->hash == 0)
            break;
    }
    if (entry->hash == behaviour) {
        if (entry->last != stats->executions && entry->count++ == 1)
            stats->once--;
        entry->last = stats->executions;
        return false;
    }
    if (stats->behaviours >= STATS_BEHAVIOURS * 3 / 4)
        return false;
    *entry = (struct stats_behaviour){behaviour, stats->executions, 1};
    stats->behaviours++;
    stats->once++;
    stats->last_new = stats->executions;
    return true;
}

uint64_t stats_find(struct stats *stats, uint64_t kind)
{
    uint32_t at = (uint32_t)(kind % STATS_KINDS);

    stats->finds++;
    for (uint32_t i = 0; i < STATS_KINDS; i++, at = (at + 1) % STATS_KINDS) {
        struct stats_kind *entry = &stats->kinds[at];
        if (entry->hash != 0 && entry->hash != kind)
            continue;
        entry->hash = kind;
        return entry->count++;
    }
    return UINT64_MAX; /* so many kinds that nobody reads them all */
}

double stats_chance(const struct stats *stats)
{
    return stats->executions == 0 ? 1.0 : (double)stats->once / (double)stats->executions;
}

uint64_t stats_hash(uint64_t hash, const char *text)
{
    hash ^= 0xCBF29CE484222325u;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001B3u;
    hash = (hash ^ hash >> 32) * 0xD6E8FEB86659FD93u;
    return hash ? hash : 1;
}
