/* SPDX-License-Identifier: MIT */
/* Hostile frames against live SAs.  The peer makes the valid ones, from whatever the mutator puts into them, so that
 * what is strange inside may still be authentic; then they are flipped, cut and stretched, or come from nowhere. */
#include "target.h"

#define BOTH(words) WITH("", words)
#define WITH(choices, words)                                                                                           \
    "open" choices "\npeer open\nadd_sa a{in src=192.0.2.2 dst=192.0.2.1 spi=0x1001 " words "}\n"                      \
    "peer add_sa a{src=192.0.2.2 dst=192.0.2.1 spi=0x1001 " words                                                      \
    "}\npeer send a{sa=#1 data=32?1}\nreceive a{frame=$1}"

static const struct target_line starts[] = {
    {BOTH(""), 4},
    {BOTH("esp=aes-cbc-128+sha1"), 2},
    {BOTH("ah=ah-sha256"), 2},
    {BOTH("esp=aes-gcm-256 esn hi=1"), 2},
    {BOTH("esp=aes-cbc-256+sha256 ah=ah-sha1"), 1},
    {BOTH("ah=ah-gmac-128"), 1},
    {BOTH("udp=transport"), 2},
    {WITH(" RX_STRIP=trailer", ""), 2},
    {WITH(" RX_STRIP=all", "esp=null+sha1 ah=ah-md5"), 2},
    {"open\npeer open\nadd_sa *\npeer add_sa =\npeer send *\nreceive *", 4},
    {0},
};

static const struct target_line lines[] = {
    {"receive *", 40},
    {"receive a{frame=$1 flip=icv+0.0}", 6},
    {"receive a{frame=$1 shorten=1}", 4},
    {"peer send *\nreceive *", 20},
    {"peer send *", 5},
    {"receive a{frame=$1 grow=4}", 3},
    {"add_sa *\npeer add_sa =", 8},
    {"add_sa *", 2},
    {"update_sa *", 3},
    {"delete_sa *", 2},
    {"config ipsec=disabled", 1},
    {"config ipsec=both", 1},
    {"event sa-pressure", 1},
    {0},
};

const struct target the_target = {
    .name = "fuzz_receive",
    .property = "no frame from the wire harms the driver, and none that is not authentic is called good",
    .starts = starts,
    .lines = lines,
    .needs_peer = true,
};
