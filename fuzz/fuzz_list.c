/* SPDX-License-Identifier: MIT */
/* Lists of ADD_SA, UPDATE_SA and DELETE_SA, of every shape and with every kind of wrong header, in both layouts of
 * UPDATE_SA, also while others are pended. */
#include "target.h"

static const struct target_line starts[] = {
    {"open", 6}, {"open UPDATE_LAYOUT=linked", 4}, {"open capacity=8", 2}, {"open GCM_KEY=key ICV_UNIT=bits", 1}, {0},
};

static const struct target_line lines[] = {
    {"add_sa *", 30},
    {"update_sa *", 20},
    {"delete_sa *", 25},
    {"delete_sa *\n?", 6},
    {"add_sa_ex *", 8},
    {"event hold\ndelete_sa nowait id=1 *", 3},
    {"event hold\nadd_sa nowait id=1 *", 3},
    {"delete_sa nowait *", 3},
    {"update_sa nowait *", 3},
    {"event release", 2},
    {"add_sa nowait *", 2},
    {"drain", 1},
    {"cancel id=1", 2},
    {"config ipsec=disabled", 1},
    {"config ipsec=both", 1},
    {"dut2 open\ndut2 add_sa *", 3},
    {"dut2 delete_sa *", 2},
    {"dut2 delete_sa *\n?", 1},
    {"close", 1},
    {"open", 1},
    {0},
};

const struct target the_target = {
    .name = "fuzz_list",
    .property = "no list ends the driver, keeps it busy for ever, loses memory or leaves the SA table wrong",
    .starts = starts,
    .lines = lines,
};
