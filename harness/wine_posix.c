/* SPDX-License-Identifier: MIT */
/*
 * Runs the Windows worker under wine, with peers of this system: `wine WORKER --peer 127.0.0.1:PORT ...` in the place
 * of `wine WORKER --peer FILE.so ...`.  Its options are those of worker.c; the Windows worker is the file of the same
 * name with ".exe" behind it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guard.h"
#include "loader.h"
#include "process.h"
#include "process_internal.h"
#include "remote.h"
#include "worker.h"

static void serve_peer(int channel, const char *path)
{
    const struct ov2_adapter *adapter;
    char error[512];

    if (loader_open(&adapter, error, sizeof error, path) && guard_start(0, false)) {
        remote_serve(channel, adapter);
    }
}

/* listen_here: a socket that only this machine reaches, at a port that is free. */
static int listen_here(unsigned *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (door < 0 || bind(door, (struct sockaddr *)&address, len) != 0 || listen(door, 16) != 0 ||
        getsockname(door, (struct sockaddr *)&address, &len) != 0) {
        return -1;
    }
    *port = ntohs(address.sin_port);
    return door;
}

/* serve_door: a fresh peer for each case that comes. */
static _Noreturn void serve_door(int door)
{
    const int at_once = 1; /* an outcome goes out in several pieces */
    int channel;

    while ((channel = accept4(door, NULL, NULL, SOCK_CLOEXEC)) >= 0 || errno == EINTR || errno == ECONNABORTED) {
        if (channel >= 0) {
            (void)setsockopt(channel, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
            (void)process_peer_at(channel);
            (void)close(channel);
        }
    }
    _exit(0);
}

/* start_peers: makes what serves the peers of the file, and writes where. */
static bool start_peers(char *where, size_t size, const char *path)
{
    pid_t parent = getpid();
    unsigned port;
    int door;

    if (!process_peer_start(serve_peer, path) || (door = listen_here(&port)) < 0) {
        return false;
    }
    (void)snprintf(where, size, "127.0.0.1:%u", port);
    switch (fork()) {
    case -1:
        return false;
    case 0:
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)close(0); /* those are the client's and the worker's */
        (void)close(1);
        if (getppid() != parent) {
            _exit(0);
        }
        serve_door(door);
    default:
        return true;
    }
}

/* find: the Windows worker and the Windows that wine makes, which lie beside this program. */
static bool find(char program[PATH_MAX + 4], char prefix[PATH_MAX + 8], const char *self)
{
    char full[PATH_MAX];

    if (realpath(self, full) == NULL) {
        return false;
    }
    (void)snprintf(program, PATH_MAX + 4, "%s.exe", full);
    *strrchr(full, '/') = '\0';
    (void)snprintf(prefix, PATH_MAX + 8, "%s/prefix", full);
    return true;
}

/* run: becomes wine; returns if there is none. */
static void run(char *program, char **words, int count)
{
    static const char *const names[] = {"wine64", "/usr/lib/wine/wine64", "wine"};
    char **command = calloc((size_t)count + 2, sizeof *command);

    if (command == NULL) {
        return;
    }
    memcpy(command + 1, words, (size_t)count * sizeof *words);
    command[1] = program;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        command[0] = (char *)(uintptr_t)names[i];
        (void)execvp(names[i], command);
    }
    free(command);
}

int main(int count, char **words)
{
    char program[PATH_MAX + 4];
    char prefix[PATH_MAX + 8];
    char where[64];

    if (!find(program, prefix, words[0])) {
        worker_complain("%s: where is that?", words[0]);
        return WORKER_NOT_RUN;
    }
    for (int i = 1; i + 1 < count; i++) {
        if (strcmp(words[i], "--peer") == 0) {
            if (!start_peers(where, sizeof where, words[i + 1])) {
                worker_complain("no process for the peers could be made");
                return WORKER_NOT_RUN;
            }
            words[i + 1] = where;
        }
    }
    (void)setenv("WINEPREFIX", prefix, 0);
    (void)setenv("WINEDEBUG", "-all", 0);
    (void)setenv("WINEDLLOVERRIDES", "mscoree,mshtml=", 0);
    run(program, words, count);
    worker_complain("wine is not installed");
    return WORKER_NOT_RUN;
}
