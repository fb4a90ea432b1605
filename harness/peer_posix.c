/* SPDX-License-Identifier: MIT */
/* Peers on POSIX: the process they are forked from, and the channels to them. */
#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loader.h"
#include "process_internal.h"

#define FIRST_PRIVATE 64 /* a driver that closes the descriptors it thinks it has opened does not reach these */

static int nursery = -1; /* where a case asks for a peer */
static pid_t nurse_pid;

/* ---- Bytes ---- */

bool process_send(int channel, const void *bytes, size_t len)
{
    const char *rest = bytes;

    while (len > 0) {
        ssize_t sent = write(channel, rest, len);

        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent <= 0) {
            return false;
        }
        rest += sent;
        len -= (size_t)sent;
    }
    return true;
}

size_t process_read(int channel, void *bytes, size_t size)
{
    ssize_t got;

    do {
        got = read(channel, bytes, size);
    } while (got < 0 && errno == EINTR);
    return got <= 0 ? 0 : (size_t)got;
}

/* ---- Peers ---- */

/* receive_channel: the descriptor that a case sent; -1: nobody can ask any more. */
static int receive_channel(void)
{
    char byte;
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    struct iovec piece = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header;
    ssize_t got;
    int channel;

    do {
        got = recvmsg(nursery, &message, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    header = got <= 0 ? NULL : CMSG_FIRSTHDR(&message);
    if (header == NULL || header->cmsg_type != SCM_RIGHTS) {
        return -1;
    }
    memcpy(&channel, CMSG_DATA(header), sizeof channel);
    return channel;
}

/* nurse: forks a peer for each request.  The library is loaded once, before the first of them. */
static _Noreturn void nurse(void (*serve)(int channel, const char *path), const char *path)
{
    const struct ov2_adapter *adapter;
    struct rlimit core = {0, 0};
    char error[512];
    bool loaded = false;
    int channel;

    (void)setrlimit(RLIMIT_CORE, &core);
    (void)signal(SIGCHLD, SIG_IGN); /* nobody waits for the peers */
    while ((channel = receive_channel()) >= 0) {
        pid_t parent = getpid();

        if (!loaded && !loader_open(&adapter, error, sizeof error, path)) {
            (void)fprintf(stderr, "ov2: peer: %s\n", error);
        }
        loaded = true;
        if (fork() == 0) {
            (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
            (void)close(nursery);
            if (getppid() == parent) {
                serve(channel, path);
            }
            _exit(0);
        }
        (void)close(channel);
    }
    _exit(0);
}

bool process_peer_start(void (*serve)(int channel, const char *path), const char *path)
{
    pid_t parent = getpid();
    pid_t child;
    int ends[2];

    (void)signal(SIGPIPE, SIG_IGN);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return false;
    }
    child = fork();
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) {
            _exit(0);
        }
        (void)close(ends[1]);
        nursery = ends[0];
        nurse(serve, path);
    }
    (void)close(ends[0]);
    nurse_pid = child < 0 ? 0 : child;
    nursery = child < 0 ? -1 : fcntl(ends[1], F_DUPFD_CLOEXEC, FIRST_PRIVATE);
    (void)close(ends[1]);
    return nursery >= 0;
}

long process_nursery(void)
{
    return nurse_pid;
}

bool process_peers_ended(void)
{
    siginfo_t info = {0};

    return nurse_pid > 0 && waitid(P_PID, (id_t)nurse_pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == nurse_pid;
}

bool process_peer_at(int channel)
{
    char byte = 0;
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec piece = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &channel, sizeof channel);
    return nursery >= 0 && sendmsg(nursery, &message, MSG_NOSIGNAL) == 1;
}

int process_peer(void)
{
    int ends[2];
    bool sent;

    if (nursery < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return -1;
    }
    sent = process_peer_at(ends[1]);
    (void)close(ends[1]);
    if (!sent) {
        (void)close(ends[0]);
        return -1;
    }
    return ends[0];
}
