/* SPDX-License-Identifier: MIT */
#include "wrong_life.h"

#include "crypto.h"

#include <stdatomic.h>
#include <string.h>

#define SOME  64u
#define OFTEN 16u /* every so many deletes one more SA goes */

/* next_sa: the first SA at or behind this slot, and where it is; NULL: there is none. */
static struct sa *next_sa(const struct sa_table *table, uint32_t *slot)
{
    while (*slot < table->slot_count && table->slots[*slot].sa == NULL)
        ++*slot;
    return *slot < table->slot_count ? table->slots[*slot].sa : NULL;
}

void wrong_lose_keys(struct sa_operation *operation)
{
    crypto_close(operation->cipher_context);
    crypto_close(operation->mac_context);
    operation->cipher_context = NULL;
    operation->mac_context = NULL;
    memset(operation->cipher_key, 0, sizeof(operation->cipher_key));
    memset(operation->mac_key, 0, sizeof(operation->mac_key));
}

void wrong_forget_keys(struct sa_table *table)
{
    uint32_t slot = 0;

    for (struct sa *sa = next_sa(table, &slot); sa != NULL; slot++, sa = next_sa(table, &slot))
        for (uint32_t n = 0; n < sa->operation_count; n++)
            wrong_lose_keys(&sa->operations[n]);
}

void wrong_forget_halves(struct sa_table *table)
{
    uint32_t slot = 0;

    for (struct sa *sa = next_sa(table, &slot); sa != NULL; slot++, sa = next_sa(table, &slot))
        for (uint32_t n = 0; n < sa->operation_count; n++)
            sa->operations[n].high = 0;
}

void wrong_restart_ivs(struct sa_table *table)
{
    uint32_t slot = 0;

    for (struct sa *sa = next_sa(table, &slot); sa != NULL; slot++, sa = next_sa(table, &slot))
        for (uint32_t n = 0; n < sa->operation_count; n++)
            sa->operations[n].iv_count = 0;
}

/* ---- SAs that a reset has removed ---- */

static struct {
    uint64_t handle;
    struct sa *sa;
} removed[SOME];

void wrong_remove(struct sa_table *table)
{
    uint32_t slot = 0, count = 0;

    for (struct sa *sa = next_sa(table, &slot); sa != NULL && count < SOME; slot++, sa = next_sa(table, &slot)) {
        removed[count].handle = sa->handle;
        removed[count++].sa = sa;
    }
    sa_table_clear(table);
}

void wrong_free_again(const struct sa_table *table, uint64_t handle)
{
    for (uint32_t i = 0; i < SOME; i++) {
        struct sa *sa = removed[i].sa;
        if (sa == NULL || removed[i].handle != handle)
            continue;
        removed[i].sa = NULL;
        memory_release(table->memory, sa);
    }
}

/* ---- Lists that the hardware has not finished ---- */

static struct {
    uint64_t tag;
    uint32_t status;
} kept[SOME];
static uint32_t kept_count;

void wrong_keep_back(uint64_t tag, uint32_t status)
{
    if (kept_count == SOME)
        return;
    kept[kept_count].tag = tag;
    kept[kept_count++].status = status;
}

void wrong_give_back(const struct memory *memory)
{
    for (uint32_t i = 0; i < kept_count; i++)
        memory->ops->send_completed(memory->host, kept[i].tag, kept[i].status, NULL);
    kept_count = 0;
}

void wrong_lose(void)
{
    kept_count = 0;
}

/* ---- Tables ---- */

struct node {
    struct node *next;
};
static struct node *nodes;

void wrong_grow(const struct memory *memory)
{
    struct node *node = memory_allocate(memory, sizeof(*node));

    if (node == NULL)
        return;
    node->next = nodes;
    nodes = node;
}

void wrong_shrink(const struct memory *memory)
{
    while (nodes != NULL) {
        struct node *next = nodes->next;
        memory_release(memory, nodes);
        nodes = next;
    }
}

void wrong_lose_one(struct sa_table *table)
{
    static uint32_t calls;
    struct sa *oldest = NULL;
    uint32_t slot = 0;

    if (++calls % OFTEN != 0)
        return;
    for (struct sa *sa = next_sa(table, &slot); sa != NULL; slot++, sa = next_sa(table, &slot))
        if (!sa->marked && (oldest == NULL || sa->serial < oldest->serial))
            oldest = sa;
    if (oldest != NULL)
        sa_remove(table, oldest);
}

static const struct sa_table *first;

const struct sa_table *wrong_first_table(const struct sa_table *table)
{
    if (first == NULL)
        first = table;
    return first;
}

void wrong_table_goes(const struct sa_table *table)
{
    if (first == table)
        first = NULL;
}

/* ---- Timers and locks ---- */

static struct memory timer;

void wrong_start_timer(const struct memory *memory)
{
    timer = *memory;
}

void wrong_fire(void)
{
    if (timer.ops != NULL)
        timer.ops->log(timer.host, "the hardware is looked after");
}

static atomic_flag second = ATOMIC_FLAG_INIT; /* a spin lock */

static void spin(void)
{
    while (atomic_flag_test_and_set(&second))
        continue;
}

void wrong_lock_second(struct ov2_device *nic)
{
    static const struct timespec MOMENT = {0, 500000};

    spin();
    nanosleep(&MOMENT, NULL);
    nic_lock(nic);
}

void wrong_unlock_second(void)
{
    atomic_flag_clear(&second);
}

void wrong_pass_second(void)
{
    spin();
    wrong_unlock_second();
}
