/* SPDX-License-Identifier: MIT */
/* Duplicates: live SAs with the selectors of another. */
#include "model_twin.h"

/* Those that no table knows are looked for among the SAs of small devices only. */
#define SEARCH_MAX 4096u

bool twin_is(const struct request_view *view, const struct bundle_selectors *selectors, uint32_t symbol)
{
    struct model_sa *sa = &view->device->sas[symbol - 1];
    struct bundle bundle;

    if (sa->selectors.spi_count == 0 && model_bundle(view->model, &bundle, view->device_index, symbol))
        sa->selectors = bundle_selectors(&bundle);
    return bundle_meets(selectors, &sa->selectors);
}

/* The SPI table knows inbound SAs by their outermost SPI. */
static bool is_in_spi_table(const struct request_view *view, const struct bundle *bundle)
{
    return bundle->inbound && !view->device->has_pairs && bundle->layer_count < 2;
}

bool twin_is_searched(const struct request_view *view, const struct bundle *bundle)
{
    return is_in_spi_table(view, bundle) || view->device->sa_count <= SEARCH_MAX;
}

uint32_t twin_next(const struct request_view *view, const struct bundle *bundle, uint32_t after)
{
    struct bundle_selectors selectors = bundle_selectors(bundle);
    struct model_device *device = view->device;

    if (is_in_spi_table(view, bundle)) {
        uint32_t symbol = model_next_by_spi(device, bundle_spi(bundle), after);
        while (symbol && !twin_is(view, &selectors, symbol))
            symbol = model_next_by_spi(device, bundle_spi(bundle), symbol);
        return symbol;
    }
    if (!twin_is_searched(view, bundle))
        return 0;
    for (uint32_t symbol = after + 1; symbol <= device->sa_count; symbol++) {
        const struct model_sa *sa = &device->sas[symbol - 1];
        bool is_near = device->has_pairs || bundle->layer_count == 2 || sa->spi == bundle_spi(bundle);
        if ((sa->state == MODEL_LIVE || sa->state == MODEL_MAYBE) && sa->inbound == bundle->inbound && is_near &&
            twin_is(view, &selectors, symbol))
            return symbol;
    }
    return 0;
}
