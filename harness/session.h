/* SPDX-License-Identifier: MIT */
/*
 * One trace on its devices: parses a line, lets the stack prepare it, runs it, lets the model judge it, prints the
 * answer.  A worker has one session for each case, a fuzz target one for each input.
 */
#ifndef SESSION_H
#define SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct capture;
struct judgement;
struct outcome;
struct ov2_adapter;
struct profile;
struct session;
struct shapes;
struct trace_line;

#define SESSION_ANSWER_MAX (1u << 20) /* bytes of the longest answer, with its NUL */

struct session_config {
    const struct ov2_adapter *dut;
    const struct ov2_adapter *peer; /* in this process (fuzz targets), or NULL */
    /* Opens a channel to a fresh peer process that runs remote_serve(), or returns a negative number; NULL: no peer. */
    int (*connect_peer)(void);
    struct capture *capture; /* where packets are written, or NULL; closed with the session */
    /* NULL, or says which lines are not run: they are answered like a comment.  profile: of the device; NULL: none yet.
     */
    bool (*spares)(const struct trace_line *line, const struct profile *profile, const struct shapes *shapes);
    bool one_thread; /* lines with `race` do not: the same input has the same effect each time (fuzz targets) */
};

/* session_open: a session without devices; NULL: no memory. */
struct session *session_open(const struct session_config *config);

enum session_result {
    SESSION_ANSWERED,   /* answer holds the line, without "< " and newline */
    SESSION_SILENT,     /* the line was empty, a comment or an answer */
    SESSION_UNREADABLE, /* answer holds "error column=17 text=..." */
    SESSION_QUIT,       /* a quit line: answer holds the last words; call session_close() */
};

/* session_run: runs one line of len bytes and prints the answer into answer (SESSION_ANSWER_MAX bytes).  The answer
 * names every law that the line broke: break{rule=ADD-010 element=b got="..." want="..."}.  NULL: nothing is printed,
 * which is cheaper. */
enum session_result session_run(struct session *session, char *answer, const char *text, size_t len);

/* session_broke: how many laws have been broken so far. */
uint64_t session_broke(const struct session *session);

/* session_leaked: how many allocations devices have left behind when they were closed. */
uint64_t session_leaked(const struct session *session);

/* session_last: what the last line was that was answered, and what came of it; valid until the next one.  line NULL:
 * none was. */
struct session_last {
    const struct trace_line *line;
    const struct outcome *outcome;
    const struct judgement *judgement;
    const struct shapes *shapes;
};
const struct session_last *session_last(const struct session *session);

/* session_reset: closes the devices that are still open, each as a close line of its own that told() hears of, and
 * begins anew, at less cost than another session; the adapter stays loaded.  False: no memory. */
bool session_reset(struct session *session, void (*told)(void *context, const struct session_last *last),
                   void *context);

/* session_close: closes the devices that are still open, unloads the adapter, and prints what is left over:
 * "end open=1 leaks=2 leaked=344 ..." with break{...} for laws broken by closing.  Frees the session.  NULL is allowed.
 */
void session_close(struct session *session, char *answer);

/* session_describe: what an address of a crash lies in, for people: "element b, 4 bytes past its end of 24 bytes".
 * False: nothing of ours.  Called from a fault handler: no locks, no allocation. */
bool session_describe(char *out, size_t size, uintptr_t address);

#endif
