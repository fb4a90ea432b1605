/* SPDX-License-Identifier: MIT */
/* What the stack hands over to send: handles in the slots, offsets, fragments of any size, options, padding. */
#include "target.h"

static const struct target_line starts[] = {
    {"open\nadd_sa a{src=192.0.2.1 dst=192.0.2.2 spi=0x1001}\nsend a{sa=#1 data=32?1}", 4},
    {"open\nadd_sa a{src=192.0.2.1 dst=192.0.2.2 spi=0x1001 esp=aes-cbc-128+sha1 ah=ah-sha256}\nsend a{sa=#1 data=8?1}",
     2},
    {"open\nadd_sa a{src=2001:db8::1 dst=2001:db8::2 spi=0x1001 ah=ah-md5 esn}\nsend a{sa=#1 data=64?1}", 2},
    {"open IV_BY=stack ICV_SPACE=appended\nadd_sa a{src=192.0.2.1 dst=192.0.2.2}\nsend a{sa=#1 data=9?1}", 1},
    {0},
};

static const struct target_line lines[] = {
    {"send *", 40},
    {"send a{sa=#1 data=40?1 cut=1}", 6},
    {"send a{sa=#1 data=1400?1 cut=100}", 3},
    {"send nowait *", 3},
    {"send a{sa=#1 data=8?1 read_only}", 4},
    {"send a{sa=#1 data=8?1 esp_offset=255}", 3},
    {"add_sa *", 5},
    {"delete_sa *", 3},
    {"update_sa *", 3},
    {"event pause", 1},
    {"event restart", 1},
    {"config ipsec=disabled", 1},
    {"config ipsec=both", 1},
    {0},
};

const struct target the_target = {
    .name = "fuzz_send",
    .property = "no packet of the stack harms the driver, and none that is to be protected leaves as it is",
    .starts = starts,
    .lines = lines,
};
