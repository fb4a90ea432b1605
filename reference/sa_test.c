/* SPDX-License-Identifier: MIT */
/* The SA table: a million SAs, handles that die for good, the order of matching, and memory that comes back. */
#include "sa.h"
#include "testing.h"

#define MILLION 1000000u

static struct sa model_of(uint32_t spi, uint8_t source, uint8_t destination)
{
    struct sa model;

    memset(&model, 0, sizeof(model));
    model.inbound = true;
    model.operation_count = 1;
    model.operations[0].protocol = SA_PROTOCOL_ESP;
    model.operations[0].spi = spi;
    model.source[0] = source;
    model.destination[0] = destination;
    return model;
}

static struct sa *match(const struct sa_table *table, uint32_t spi, uint8_t source, uint8_t destination, bool newest)
{
    const uint8_t from[4] = {source, 0, 0, 0}, to[4] = {destination, 0, 0, 0};
    struct sa_selector selector = {spi, true, false, from, to};

    return sa_match(table, &selector, true, newest);
}

static void test_million(struct sa_table *table)
{
    struct sa model = model_of(0, 1, 2);
    uint64_t *handles = malloc(MILLION * sizeof(*handles));
    uint32_t missing = 0;

    for (uint32_t i = 0; i < MILLION; i++) {
        model.operations[0].spi = i;
        handles[i] = sa_insert(table, &model)->handle;
    }
    CHECK(table->count == MILLION);
    for (uint32_t i = 0; i < MILLION; i += 7)
        missing += sa_find(table, handles[i]) != match(table, i, 1, 2, false);
    CHECK(missing == 0);
    for (uint32_t i = 0; i < MILLION; i += 2)
        sa_remove(table, sa_find(table, handles[i]));
    CHECK(table->count == MILLION / 2);
    for (uint32_t i = 0; i < MILLION; i++) {
        sa_fetch_slot(table, handles[i]); /* of one that is gone, too */
        sa_fetch(table, handles[i]);
        missing += (sa_find(table, handles[i]) == NULL) != (i % 2 == 0);
    }
    CHECK(missing == 0);
    sa_table_clear(table);
    sa_fetch_slot(table, handles[1]);
    sa_fetch(table, handles[1]);
    CHECK(table->count == 0 && sa_find(table, handles[1]) == NULL);
    free(handles);
}

static void test_handles(struct sa_table *table, struct sa_table *other)
{
    struct sa model = model_of(7, 0, 0);
    uint64_t handle = sa_insert(table, &model)->handle;
    uint64_t stale = handle;

    CHECK(handle != 0 && sa_find(table, 0) == NULL && sa_find(other, handle) == NULL);
    for (uint32_t bit = 0; bit < 64; bit++)
        CHECK(sa_find(table, handle ^ 1ull << bit) == NULL);
    for (uint32_t i = 0; i < 1000; i++) {
        sa_remove(table, sa_find(table, handle));
        handle = sa_insert(table, &model)->handle;
        CHECK(handle != stale && sa_find(table, stale) == NULL);
    }
    sa_table_clear(table);
}

static void test_match(struct sa_table *table)
{
    struct sa model = model_of(9, 0, 0);
    struct sa *any = sa_insert(table, &model);

    model = model_of(9, 1, 0);
    struct sa *from = sa_insert(table, &model);
    model = model_of(9, 0, 2);
    struct sa *to = sa_insert(table, &model);
    model = model_of(9, 1, 2);
    struct sa *both = sa_insert(table, &model);
    struct sa *again = sa_insert(table, &model);

    CHECK(match(table, 9, 1, 2, false) == both && match(table, 9, 1, 2, true) == again);
    CHECK(match(table, 9, 3, 2, false) == to);
    CHECK(match(table, 9, 1, 3, false) == from);
    CHECK(match(table, 9, 3, 3, false) == any);
    CHECK(match(table, 8, 1, 2, false) == NULL);
    sa_remove(table, both);
    CHECK(match(table, 9, 1, 2, false) == again);
    const uint8_t zero[4] = {0};
    struct sa_selector selector = {9, true, false, zero, zero};
    CHECK(sa_match(table, &selector, false, false) == NULL);
    sa_table_clear(table);
}

/* Each allocation of an insert fails once; the table must be as before. */
static void test_shortage(struct sa_table *table, struct ov2_host *host)
{
    struct sa model = model_of(1, 0, 0);

    for (int64_t n = 0; n < 3; n++) {
        host->fail_after = n;
        CHECK(sa_insert(table, &model) == NULL && table->count == 0 && host->live == 0);
    }
    host->fail_after = -1;
    for (uint32_t i = 0; i < 64; i++)
        CHECK(sa_insert(table, &model) != NULL);
    int64_t live = host->live;
    for (int64_t n = 0; n < 3; n++) {
        host->fail_after = n;
        if (n < 2)
            CHECK(sa_insert(table, &model) == NULL && table->count == 64 && host->live == live);
    }
    host->fail_after = -1;
    sa_table_clear(table);
}

int main(void)
{
    struct ov2_host host;
    testing_host(&host);
    struct memory memory = {testing_ops(), &host};
    struct sa_table table, other;

    sa_table_init(&table, &memory);
    sa_table_init(&other, &memory);
    test_handles(&table, &other);
    test_match(&table);
    test_shortage(&table, &host);
    test_million(&table);
    CHECK(host.live == 0);
    return testing_failures != 0;
}
