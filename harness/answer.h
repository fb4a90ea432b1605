/* SPDX-License-Identifier: MIT */
/*
 * Answers, in the words of the trace language:
 *
 *   status=SUCCESS [pended] [starved] request=3 read=24 needed=0 revision=1    an OID request; PENDING: it is still
 *                                                                     out; starved: an allocation was made to fail
 *   status=PENDING armed request=4 ...                                a request that waits for the line it races with
 *   status=SUCCESS changed ...                                        an element with twitch= has taken on other bytes
 *   handles=#1,null,#3   or, of more than 512: handles=100 null=0     an ADD
 *   done{request=2 status=SUCCESS handles=#1}                         an earlier request that was completed meanwhile
 *   sent{list=1 status=SUCCESS}                                       a list of packets that was completed
 *   tx{frame=$1 len=98 data=...}                                      a frame that left the device
 *   rx{len=98 [done] [next] [delete] status=success [info nh=17 pad=2] data=...}    a packet indicated to the stack
 *   event{event=reset status=SUCCESS}   indication{code=0x40020006 len=144}
 *   offload{kind=hardware len=156 data=...}   caps: an NDIS_OFFLOAD that the driver has shown, in its registration
 *                                             (default, hardware) or by the latest indication (hardware, current)
 *   found=live | released | no                                        scan: where the key is
 *   unsupported | broken                                              the adapter's answer was not OV2_OK
 *   reading=A-06:success                                              a reading that the device took
 *   break{rule=ADD-010 element=b got="..." want="..."}                a law that was broken
 *   shape=rho                                                         a class of shape.h that the list was of
 *   log="..."                                                         what the adapter logged
 */
#ifndef ANSWER_H
#define ANSWER_H

#include <stddef.h>

#include "model.h"
#include "outcome.h"

/* A text that grows into a buffer of fixed size; what does not fit is cut. */
struct answer {
    char *text;
    size_t size;
    size_t len;
};

void answer_begin(struct answer *answer, char *text, size_t size);
/* answer_add: one word: a blank goes before it if it is not the first. */
void answer_add(struct answer *answer, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* answer_quoted: key="text" with what a line cannot hold replaced. */
void answer_quoted(struct answer *answer, const char *key, const char *text);
/* answer_outcome: everything above; first_frame is the number of the first frame that this line transmitted. */
void answer_outcome(struct answer *answer, const struct trace_line *line, const struct outcome *outcome,
                    const struct judgement *judgement, uint32_t first_frame, const struct profile *profile);

#endif
