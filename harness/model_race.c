/* SPDX-License-Identifier: MIT */
/*
 * Requests that race with a line, and with each other: the device may take them in any order.  From their own lines on
 * they count as pended; when they are over, adds are judged first, then updates, then deletes, so that no order that is
 * legal looks wrong.  Where several name the same SA each of them may fail, and of several updates any may be the last.
 */
#include "model_request.h"

void model_race_enter(const struct request_view *view)
{
    for (uint32_t place = 0; place < view->walk.count; place++) {
        struct model_sa *sa = request_named(view, view->walk.nodes[place]);
        if (!sa || sa->racer == view->number)
            continue;
        sa->racer = view->number;
        sa->racers++;
    }
}

bool model_race_contends(const struct request_view *view)
{
    for (uint32_t place = 0; view->device->is_racing && place < view->walk.count; place++) {
        const struct model_sa *sa = request_named(view, view->walk.nodes[place]);
        if (sa && sa->racers > 1)
            return true;
    }
    return false;
}

void model_race_begin(struct model_device *device, const struct trace_line *line)
{
    device->is_racing = device->racer_count > 0 && !trace_option(line, KEY_RACE);
    device->is_shaken = device->is_racing && (line->verb == VERB_CONFIG || line->verb == VERB_EVENT);
}

void model_race_end(struct model_device *device)
{
    if (!device->is_racing)
        return;
    for (uint32_t i = 0; i < device->sa_count; i++) {
        struct model_sa *sa = &device->sas[i];
        sa->is_unsettled = sa->is_unsettled || sa->racers > 1;
        sa->racers = 0;
    }
    device->racer_count = 0;
    device->is_racing = false;
    device->is_shaken = false;
}
