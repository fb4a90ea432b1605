/* SPDX-License-Identifier: MIT */
/* The SA table of a device: by symbol, by handle, by SPI. */
#include "model_internal.h"

#include <stdlib.h>
#include <string.h>

uint32_t model_add_source(struct model_device *device, const struct trace_line *line)
{
    char *text = malloc(TRACE_LINE_MAX + 1);
    size_t len = text ? trace_print(text, TRACE_LINE_MAX + 1, line) : 0;

    if (len == 0) {
        free(text);
        return UINT32_MAX;
    }
    if (device->source_count == device->source_size) {
        uint32_t wanted = device->source_size ? device->source_size * 2 : 16;
        struct model_source *sources = realloc(device->sources, wanted * sizeof *sources);
        if (!sources) {
            free(text);
            return UINT32_MAX;
        }
        device->sources = sources;
        device->source_size = wanted;
    }
    text = realloc(text, len + 1);
    device->sources[device->source_count].text = text;
    device->sources[device->source_count].verb = (uint32_t)line->verb;
    return device->source_count++;
}

static void rebuild_tables(struct model_device *device, uint32_t bucket_count);

bool model_reserve(struct model_device *device, uint32_t count)
{
    if (count > device->sa_size - device->sa_count) {
        uint32_t wanted = (device->sa_count + count) * 2;
        struct model_sa *sas = realloc(device->sas, wanted * sizeof *sas);
        if (!sas)
            return false;
        device->sas = sas;
        device->sa_size = wanted;
    }
    if (count > 0)
        memset(device->sas + device->sa_count, 0, count * sizeof *device->sas);
    for (uint32_t i = 0; i < count; i++)
        device->sas[device->sa_count + i].source = UINT32_MAX;
    device->sa_count += count;
    if (device->bucket_count < device->sa_count || device->bucket_count == 0) {
        uint32_t buckets = device->bucket_count ? device->bucket_count : MODEL_BUCKETS;
        while (buckets < device->sa_count)
            buckets *= 2;
        rebuild_tables(device, buckets);
    }
    return device->by_spi && device->by_handle;
}

static uint32_t bucket_of(const struct model_device *device, uint64_t value)
{
    return (uint32_t)((value * 0x9E3779B97F4A7C15u) >> 32) & (device->bucket_count - 1);
}

static bool is_in_tables(const struct model_sa *sa)
{
    return sa->state == MODEL_LIVE || sa->state == MODEL_MAYBE;
}

static void insert(struct model_device *device, uint32_t symbol)
{
    struct model_sa *sa = &device->sas[symbol - 1];
    uint32_t *head = &device->by_handle[bucket_of(device, sa->handle)];

    sa->next_handle = *head;
    *head = symbol;
    if (!sa->inbound)
        return;
    head = &device->by_spi[bucket_of(device, sa->spi)];
    sa->next_spi = *head;
    *head = symbol;
}

static void rebuild_tables(struct model_device *device, uint32_t bucket_count)
{
    free(device->by_spi);
    free(device->by_handle);
    device->bucket_count = bucket_count;
    device->by_spi = calloc(bucket_count, sizeof *device->by_spi);
    device->by_handle = calloc(bucket_count, sizeof *device->by_handle);
    for (uint32_t symbol = 1; device->by_spi && device->by_handle && symbol <= device->sa_count; symbol++) {
        if (is_in_tables(&device->sas[symbol - 1]))
            insert(device, symbol);
    }
}

static void unlink_symbol(struct model_device *device, uint32_t *link, uint32_t symbol, bool by_spi)
{
    while (*link && *link != symbol)
        link = by_spi ? &device->sas[*link - 1].next_spi : &device->sas[*link - 1].next_handle;
    if (*link)
        *link = by_spi ? device->sas[symbol - 1].next_spi : device->sas[symbol - 1].next_handle;
}

void model_go_live(struct model_device *device, uint32_t symbol)
{
    device->sas[symbol - 1].state = MODEL_LIVE;
    device->sas[symbol - 1].told_at = device->asked;
    insert(device, symbol);
    device->live_count++;
}

void model_go_dead(struct model_device *device, uint32_t symbol, enum model_state state)
{
    struct model_sa *sa = &device->sas[symbol - 1];

    if (is_in_tables(sa)) {
        unlink_symbol(device, &device->by_handle[bucket_of(device, sa->handle)], symbol, false);
        if (sa->inbound)
            unlink_symbol(device, &device->by_spi[bucket_of(device, sa->spi)], symbol, true);
        device->live_count--;
    }
    sa->state = state;
}

uint32_t model_find_handle(const struct model_device *device, uint64_t handle)
{
    uint32_t symbol = device->bucket_count ? device->by_handle[bucket_of(device, handle)] : 0;

    while (symbol && device->sas[symbol - 1].handle != handle)
        symbol = device->sas[symbol - 1].next_handle;
    return symbol;
}

bool model_handle(const struct model *model, uint64_t *value, uint32_t device, uint32_t owner, uint64_t symbol,
                  enum trace_twist twist)
{
    const struct model_device *at = owner < TRACE_DEVICES ? &model->devices[owner] : NULL;
    const struct model_sa *sa = at && symbol > 0 && symbol <= at->sa_count ? &at->sas[symbol - 1] : NULL;

    /* A peer may be in another process, and only hears of its own handles. */
    if ((owner >= TRACE_FIRST_PEER) != (device >= TRACE_FIRST_PEER) || (sa && sa->state == MODEL_PENDING))
        return false;
    *value = list_twist(sa ? sa->handle : 0, twist);
    return true;
}

uint32_t model_next_by_spi(const struct model_device *device, uint32_t spi, uint32_t after)
{
    uint32_t symbol;

    if (device->bucket_count == 0)
        return 0;
    symbol = after ? device->sas[after - 1].next_spi : device->by_spi[bucket_of(device, spi)];
    while (symbol && device->sas[symbol - 1].spi != spi)
        symbol = device->sas[symbol - 1].next_spi;
    return symbol;
}

void model_seen(struct model_device *device, struct judgement *judgement, uint32_t symbol, bool alive)
{
    struct model_sa *sa = &device->sas[symbol - 1];
    uint32_t request = sa->request;

    if (sa->state != MODEL_MAYBE || device->is_racing)
        return;
    if (sa->tells_a06)
        judgement_read(judgement, "A-06", alive ? "fail-before" : "fail-after");
    if (sa->tells_a46)
        judgement_read(judgement, "A-46",
                       !alive                                                      ? "dropped"
                       : device->ipsec == NDIS_OFFLOAD_PARAMETERS_IPSECV2_DISABLED ? "active"
                                                                                   : "kept");
    /* A request that failed has deleted all of its SAs or none (DEL-014): one that is seen tells of the others. */
    for (uint32_t other = 1; other <= device->sa_count; other++) {
        struct model_sa *at = &device->sas[other - 1];
        if (at != sa && (at->state != MODEL_MAYBE || request == 0 || at->request != request))
            continue;
        at->tells_a06 = false;
        at->tells_a46 = false;
        if (alive)
            at->state = MODEL_LIVE;
        else
            model_go_dead(device, other, MODEL_DELETED);
    }
}

struct model_sa *model_sa(struct model *model, uint32_t device, uint64_t symbol)
{
    struct model_device *at = &model->devices[device];

    if (symbol == 0 || symbol > at->sa_count)
        return NULL;
    return &at->sas[symbol - 1];
}

bool model_bundle(struct model *model, struct bundle *bundle, uint32_t device, uint64_t symbol)
{
    struct model_device *at = &model->devices[device];
    const struct model_sa *sa = model_sa(model, device, symbol);
    uint8_t bytes[LIST_NODE_BYTES];
    struct bundle_verdict verdict;
    struct bundle_input input;
    struct trace_error error;
    struct list list;
    uint32_t index;

    if (!sa || sa->source >= at->source_count)
        return false;
    if (model->cached_device != device || model->cached_source != sa->source) {
        const char *text = at->sources[sa->source].text;
        if (trace_parse(model->cached_line, &error, text, strlen(text)) != TRACE_REQUEST)
            return false;
        model->cached_device = device;
        model->cached_source = sa->source;
    }
    list_read(&list, model->cached_line, &at->profile);
    memset(&input, 0, sizeof input);
    input.len = list_encode(&list, sa->node, bytes, NULL, NULL);
    input.bytes = bytes;
    input.limit = input.len;
    input.is_ex = model->cached_line->verb == VERB_ADD_SA_EX;
    input.is_head = true;
    input.is_unsteady = list_twitch(&index, &list, list_element(&list, sa->node, &index));
    input.profile = &at->profile;
    bundle_judge(bundle, &verdict, &input);
    for (uint32_t i = 0; i < 2; i++)
        bundle->layers[i].hi = sa->hi[i];
    return bundle->layer_count > 0;
}
