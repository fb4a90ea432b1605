/* SPDX-License-Identifier: MIT */
/* How a case's process ended, as its parent saw it, and what follows from that. */
#ifndef PROCESS_END_H
#define PROCESS_END_H

#include <stdbool.h>

#include "process.h"

struct process_end {
    bool finished;    /* the case came to its end */
    bool died;        /* of something that its own handler did not see, or could not write down */
    int signal;       /* died: the signal; 0: a sanitizer's finding */
    int code;         /* else its exit code */
    const char *late; /* which deadline it missed, as long as process_report.lies; NULL: none */
};

/* process_judge: the report holds what the case wrote about itself, and its line; a driver may have written over it. */
void process_judge(struct process_report *report, const struct process_end *end);

#endif
