/* SPDX-License-Identifier: MIT */
/* Whole lifetimes, in any order: lists, packets, configuration and everything that may happen to a device. */
#include "target.h"

#define PEERS                                                                                                          \
    "open\npeer open\nadd_sa a{in src=192.0.2.2 dst=192.0.2.1 spi=0x1001} b{src=192.0.2.1 dst=192.0.2.2 spi=0x1002}\n" \
    "peer add_sa a{src=192.0.2.2 dst=192.0.2.1 spi=0x1001} b{in src=192.0.2.1 dst=192.0.2.2 spi=0x1002}"

static const struct target_line starts[] = {{"open", 1}, {"open capacity=8", 1}, {PEERS, 4}, {0}};

/* Something happens while one of these is out. */
#define PENDED_ADD    "event hold\nadd_sa nowait id=1 *\n"
#define PENDED_DELETE "event hold\ndelete_sa nowait id=1 *\n"

static const struct target_line lines[] = {
    {"add_sa *", 12},
    {"update_sa *", 8},
    {"delete_sa *", 10},
    {"add_sa_ex *", 3},
    {"send *", 10},
    {"receive *", 10},
    {"peer send *", 10},
    {"add_sa *\npeer add_sa =", 6},
    {"peer send *\nreceive *", 6},
    {PENDED_ADD "cancel id=1\nevent release\n?", 1},
    {PENDED_DELETE "cancel id=1\nevent release\n?", 1},
    {PENDED_ADD "event reset\nevent release\n?", 1},
    {PENDED_DELETE "event reset\nevent release\n?", 1},
    {PENDED_ADD "event low-power\nevent release\n?", 1},
    {PENDED_DELETE "event low-power\nevent release\n?", 1},
    {PENDED_ADD "config ipsec=disabled\nevent release\n?", 1},
    {PENDED_DELETE "config ipsec=disabled\nevent release\n?", 1},
    {PENDED_ADD "event surprise-removal\nevent release\n?", 1},
    {PENDED_DELETE "event surprise-removal\nevent release\n?", 1},
    {"delete_sa nowait *", 2},
    {"add_sa nowait *", 2},
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
    {"cancel id=1", 3},
    {"drain", 1},
    {"close", 1},
    {"open", 2},
    {"dut2 open\ndut2 add_sa *", 1},
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
