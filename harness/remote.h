/* SPDX-License-Identifier: MIT */
/* A device in another process: the clean peer.  Lines and prepared frames go out, outcomes come back, over one channel.
 */
#ifndef REMOTE_H
#define REMOTE_H

#include <stdbool.h>

#include "outcome.h"
#include "trace.h"

struct ov2_adapter;

/* remote_run: runs the line on the peer's device.  False: the channel broke, the peer process is gone. */
bool remote_run(int channel, struct outcome *outcome, const struct trace_line *line, const struct prepared *prepared);

/* remote_serve: the other end, in the peer's process: runs what comes until the channel closes. */
void remote_serve(int channel, const struct ov2_adapter *adapter);

#endif
