/* SPDX-License-Identifier: MIT */
/* Where a worker's words go on POSIX: the descriptors of its client, and the log of what an adapter prints. */
#define _GNU_SOURCE
#include "process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process_internal.h"

#define FIRST_PRIVATE 64 /* a driver that closes the descriptors it thinks it has opened does not reach these */
#define LOG_MOST      (128u << 20) /* what a case may add to the log while it runs; more than its memory files have */
#define LOG_BYTES     (1u << 20)   /* what is kept of it */

static bool has_groups = true;
static int client = -1; /* where answers go */
static bool has_log;

int64_t process_log_size(void)
{
    struct stat status;

    return fstat(2, &status) == 0 && S_ISREG(status.st_mode) ? status.st_size : 0;
}

/* The limit is of any file, so it is generous, and there is none where the answers go to a file. */
void process_limit_log(bool for_good)
{
    rlim_t most = LOG_MOST + (rlim_t)process_log_size();
    struct rlimit limit;
    struct stat status;

    (void)signal(SIGXFSZ, SIG_IGN);
    if (client >= 0 && fstat(client, &status) == 0 && S_ISREG(status.st_mode)) {
        return;
    }
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0) {
        limit.rlim_cur = most < limit.rlim_max ? most : limit.rlim_max;
        limit.rlim_max = for_good ? limit.rlim_cur : limit.rlim_max;
        (void)setrlimit(RLIMIT_FSIZE, &limit);
    }
}

void process_trim_log(int64_t began)
{
    if (has_log && process_log_size() > began + LOG_BYTES) {
        (void)!ftruncate(2, began + LOG_BYTES);
    }
}

/* unlimit_files: a limit that our user has set on files is not meant for the memory that we share as one. */
static void unlimit_files(void)
{
    struct rlimit limit;

    (void)signal(SIGXFSZ, SIG_IGN); /* whoever writes is told */
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_FSIZE, &limit);
    }
}

bool process_private_io(int *in, int *out, const char *log_path)
{
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int log = log_path == NULL ? 2 : open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    bool ok = nothing >= 0 && log >= 0;

    (void)signal(SIGPIPE, SIG_IGN); /* whoever writes is told */
    has_groups = isatty(0) == 0;    /* a terminal lets only its foreground group read */
    *in = fcntl(0, F_DUPFD_CLOEXEC, FIRST_PRIVATE);
    *out = fcntl(1, F_DUPFD_CLOEXEC, FIRST_PRIVATE);
    ok = ok && *in >= 0 && *out >= 0 && dup2(nothing, 0) == 0 && dup2(log, 1) == 1;
    ok = ok && (log == 2 || dup2(log, 2) == 2);
    if (nothing > 2) {
        (void)close(nothing);
    }
    if (log > 2) {
        (void)close(log);
    }
    client = *out;
    unlimit_files();
    has_log = log_path != NULL;
    return ok;
}

bool process_holds(int descriptor)
{
    return fcntl(descriptor, F_GETFD) >= 0;
}

bool process_client_gone(void)
{
    struct pollfd end = {.fd = client};

    return client >= 0 && poll(&end, 1, 0) == 1 && (end.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
}

bool process_has_groups(void)
{
    return has_groups;
}
