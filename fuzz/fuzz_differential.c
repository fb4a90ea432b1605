/* SPDX-License-Identifier: MIT */
/* The same lifetimes on the device and on the reference beside it.  That they differ is no find: what is legal the
 * model says.  But a law that the device breaks where the reference does not is one, and differences steer. */
#include "target.h"

#define LINK                                                                                                           \
    "open\npeer open\nadd_sa a{in src=192.0.2.2 dst=192.0.2.1 spi=0x1001} b{src=192.0.2.1 dst=192.0.2.2 spi=0x1002}\n" \
    "peer add_sa a{src=192.0.2.2 dst=192.0.2.1 spi=0x1001}"

static const struct target_line starts[] = {{"open", 3}, {"open capacity=8", 1}, {LINK, 3}, {0}};

static const struct target_line lines[] = {
    {"add_sa *", 14},
    {"update_sa *", 10},
    {"delete_sa *", 12},
    {"add_sa_ex *", 5},
    {"send *", 10},
    {"peer send *", 6},
    {"receive *", 8},
    {"oid code=add-sa buffer=8001a800.184*00", 2},
    {"event reset", 1},
    {"event hold", 1},
    {"event release", 1},
    {"delete_sa nowait *", 2},
    {"config ipsec=disabled", 1},
    {"config ipsec=both", 1},
    {"close", 1},
    {"open", 1},
    {0},
};

const struct target the_target = {
    .name = "fuzz_differential",
    .property = "where the reference breaks no law, the device breaks none",
    .starts = starts,
    .lines = lines,
    .needs_peer = true,
    .stands_beside = true,
};
