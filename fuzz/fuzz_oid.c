/* SPDX-License-Identifier: MIT */
/* Requests and the headers in them: lengths, revisions, types, key offsets, doors, kinds, payloads that belong to
 * another OID. */
#include "target.h"

static const struct target_line starts[] = {
    {"open", 6},
    {"open UPDATE_LAYOUT=linked EX_KEYBASE=struct", 2},
    {"open bring_up=no", 1},
    {0},
};

static const struct target_line lines[] = {
    {"add_sa *", 8},
    {"add_sa length=168 *", 5},
    {"add_sa_ex *", 12},
    {"update_sa length=28 *", 8},
    {"delete_sa length=24 *", 8},
    {"add_sa kind=method out=0 *", 3},
    {"delete_sa door=normal *", 3},
    {"update_sa revision=2 *", 3},
    {"add_sa buffer=null *", 2},
    {"oid code=add-sa buffer=8001a800.184*00", 4},
    {"oid code=add-sa-ex buffer=8001b000.192*00", 4},
    {"oid code=update-sa buffer=80011c00.24*00", 4},
    {"oid code=delete-sa buffer=80011800.20*00", 4},
    {"oid door=normal code=offload-parameters buffer=80031c00.24*00", 4},
    {"oid door=normal code=offload-encapsulation buffer=a7011c00.24*00", 4},
    {"oid kind=query code=delete-sa buffer=80011800.20*00", 2},
    {"oid code=0 buffer=16*00", 1},
    {0},
};

const struct target the_target = {
    .name = "fuzz_oid",
    .property = "no length, revision, type or payload of a request makes the driver read or write what is not its own",
    .starts = starts,
    .lines = lines,
};
