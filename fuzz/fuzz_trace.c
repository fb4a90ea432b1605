/* SPDX-License-Identifier: MIT */
/* Whole lifetimes, in any order: lists, packets, configuration and everything that may happen to a device. */
#include "target.h"

#define PEERS                                                                                                          \
    "open\npeer open\nadd_sa a{in src=192.0.2.2 dst=192.0.2.1 spi=0x1001} b{src=192.0.2.1 dst=192.0.2.2 spi=0x1002}\n" \
    "peer add_sa a{src=192.0.2.2 dst=192.0.2.1 spi=0x1001} b{in src=192.0.2.1 dst=192.0.2.2 spi=0x1002}"

static const struct target_line starts[] = {{"open", 1}, {"open capacity=8", 1}, {PEERS, 4}, {0}};

static const struct target_line lines[] = {
    {"add_sa *", 12},
    {"update_sa *", 8},
    {"delete_sa *", 10},
    {"add_sa_ex *", 3},
    {"send *", 10},
    {"receive *", 10},
    {"peer send *", 10},
    {"delete_sa nowait *", 3},
    {"add_sa nowait *", 3},
    {"send nowait *", 3},
    {"event pause", 2},
    {"event restart", 2},
    {"event reset", 2},
    {"event low-power", 1},
    {"event full-power", 1},
    {"event link-down", 1},
    {"event link-up", 1},
    {"event hold", 2},
    {"event release", 2},
    {"event sa-pressure", 1},
    {"event surprise-removal", 1},
    {"config ipsec=disabled", 1},
    {"config ipsec=esp", 1},
    {"config ipsec=both", 2},
    {"config encapsulation=off", 1},
    {"config encapsulation=on", 1},
    {"cancel id=1", 1},
    {"drain", 1},
    {"close", 1},
    {"open", 2},
    {"dut2 open", 1},
    {"dut2 add_sa *", 1},
    {"dut2 delete_sa *", 1},
    {0},
};

const struct target the_target = {
    .name = "fuzz_trace",
    .property = "in whatever order things happen, the device does what its SA table says",
    .starts = starts,
    .lines = lines,
    .needs_peer = true,
};
