/* SPDX-License-Identifier: MIT */
/* Sessions: what can be read, what is silent, two adapters in one process, a peer over a channel, what is left over. */
#define TEST_FILE "session_test.c"
#include "device_test.inc"

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "remote.h"

static int unloads;
static struct ov2_adapter dut;
static struct ov2_adapter peer;
static char answer[SESSION_ANSWER_MAX];

static void count_unload(void)
{
    unloads++;
}

static struct session *open_session(const struct ov2_adapter *other, int (*connect)(void))
{
    const struct session_config config = {.dut = &dut, .peer = other, .connect_peer = connect};
    struct session *session = session_open(&config);

    if (!session)
        exit(1);
    guard_reset();
    return session;
}

/* Runs a line; fails unless the result and a part of the answer are as wanted. */
static void run(int at, struct session *session, const char *text, enum session_result want, const char *part)
{
    enum session_result got = session_run(session, answer, text, strlen(text));

    if (got == want && strstr(answer, part))
        return;
    printf("%s:%d: %s: got %d %.200s want %d %s\n", TEST_FILE, at, text, (int)got, answer, (int)want, part);
    failures++;
}

static void finish(int at, struct session *session, const char *want)
{
    session_close(session, answer);
    if (strcmp(answer, want) == 0)
        return;
    printf("%s:%d: got %s want %s\n", TEST_FILE, at, answer, want);
    failures++;
}

static void test_lines(void)
{
    struct session *session = open_session(NULL, NULL);

    run(__LINE__, session, "", SESSION_SILENT, "");
    run(__LINE__, session, "# words", SESSION_SILENT, "");
    run(__LINE__, session, "< status=SUCCESS", SESSION_SILENT, "");
    run(__LINE__, session, "> nonsense", SESSION_UNREADABLE, "error column=3 text=\"");
    run(__LINE__, session, "caps", SESSION_ANSWERED, "broken");
    run(__LINE__, session, "close", SESSION_ANSWERED, "broken");
    run(__LINE__, session, "> open", SESSION_ANSWERED, "status=SUCCESS");
    run(__LINE__, session, "open", SESSION_ANSWERED, "broken");
    run(__LINE__, session, "receive a{frame=$1}", SESSION_UNREADABLE, "a: there is no such frame");
    run(__LINE__, session, "receive a{}", SESSION_UNREADABLE, "a: a received element needs frame=");
    run(__LINE__, session, "receive a{frame=00 flip=icv+0}", SESSION_UNREADABLE, "a: flip= names no byte");
    run(__LINE__, session, "receive a{frame=00 grow=70000}", SESSION_UNREADABLE, "a: grow= makes no frame");
    run(__LINE__, session, "send a{pad=300 sa=#1 data=00}", SESSION_ANSWERED, "sent{");
    run(__LINE__, session, "add_sa a{}", SESSION_ANSWERED, "handles=#1");
    run(__LINE__, session, "send a{pad=300 sa=#1 data=00}", SESSION_UNREADABLE, "a: no such frame can be built");
    run(__LINE__, session, "send a[2000]{data=00}", SESSION_UNREADABLE, "a: too many packets in one line");
    run(__LINE__, session, "send a{data=70000*00}", SESSION_UNREADABLE, "a: its data are too long");
    run(__LINE__, session, "send a{sa=#1 iv=17*00 data=00}", SESSION_UNREADABLE, "a: an IV is at most 16 bytes");
    run(__LINE__, session, "send a{sa=#1 data=00 flip=udp+0}", SESSION_UNREADABLE, "a: no such frame can be built");
    run(__LINE__, session, "send a{sa=#1 data=00 headers=-}", SESSION_UNREADABLE, "a: no such options");
    run(__LINE__, session, "send a{frame=70000*00}", SESSION_UNREADABLE, "a: no such frame can be built");
    run(__LINE__, session, "send a{sa=#1 data=00 room=4097}", SESSION_UNREADABLE, "a: room= is above 4096");
    run(__LINE__, session, "send a{sa=#1 data=00 nh=256}", SESSION_UNREADABLE, "a: nh= is above 255");
    run(__LINE__, session, "send a{lso=v1 data=00 tcp_flags=256}", SESSION_UNREADABLE, "a: tcp_flags= is above 255");
    run(__LINE__, session, "send a{lso=v1 data=00 ip_id=65536}", SESSION_UNREADABLE, "a: ip_id= is above 65535");
    run(__LINE__, session, "send a{lso=v1 data=00 mss=0x100000}", SESSION_UNREADABLE, "a: mss= has more than 20 bits");
    run(__LINE__, session, "receive a{frame=00 plain=00 nh_plain=256}", SESSION_UNREADABLE,
        "a: nh_plain= is above 255");
    run(__LINE__, session, "receive a{frame=00 room=4097}", SESSION_UNREADABLE, "a: room= is above 4096");
    run(__LINE__, session, "scan", SESSION_ANSWERED, "scan needs key= with 1 to 64 bytes");
    run(__LINE__, session, "scan key=-", SESSION_ANSWERED, "scan needs key= with 1 to 64 bytes");
    run(__LINE__, session, "peer open", SESSION_ANSWERED, "log=\"the peer is not there\"");
    run(__LINE__, session, "close", SESSION_ANSWERED, "leaks=0");
    run(__LINE__, session, "quit", SESSION_QUIT, "");
    finish(__LINE__, session, "end open=0");
    session_close(NULL, answer);
    if (unloads != 1) {
        printf("%s:%d: got %d want one unload\n", TEST_FILE, __LINE__, unloads);
        failures++;
    }
}

static const char *const traffic[] = {
    "open",
    "peer open",
    "add_sa a{in spi=7 dst=192.0.2.1}",
    "peer add_sa a{spi=7 dst=192.0.2.1 src=192.0.2.2}",
    "peer send a[3]{sa=#1 data=40?1}",
    "receive a{frame=$1} b{frame=$2 cut=7} c{frame=$3 flip=icv+0}",
    "add_sa a{spi=8}",
    "send a{sa=#2 data=20?2}",
    "peer receive a{frame=$4}",
};

/* What goes on between two devices is judged alike, wherever the peer is. */
static void exchange(int at, struct session *session)
{
    for (size_t i = 0; i < sizeof traffic / sizeof traffic[0]; i++)
        run(at, session, traffic[i], SESSION_ANSWERED, "");
    run(at, session, "peer receive a{frame=$4}", SESSION_ANSWERED, "data=");
    run(at, session, "receive a{frame=$3}", SESSION_ANSWERED, "rx{len=110 done status=success info nh=17");
    if (session_broke(session) != 0) {
        printf("%s:%d: got %llu want no broken laws\n", TEST_FILE, at, (unsigned long long)session_broke(session));
        failures++;
    }
}

static void test_peer_inside(void)
{
    struct session *session = open_session(&peer, NULL);

    unloads = 0;
    exchange(__LINE__, session);
    run(__LINE__, session, "peer close", SESSION_ANSWERED, "leaks=0");
    run(__LINE__, session, "peer2 open", SESSION_ANSWERED, "status=SUCCESS");
    run(__LINE__, session, "dut2 open", SESSION_ANSWERED, "status=SUCCESS");
    run(__LINE__, session, "dut4 open", SESSION_ANSWERED, "status=SUCCESS");
    finish(__LINE__, session, "end open=4");
    if (unloads != 2) {
        printf("%s:%d: got %d want two unloads\n", TEST_FILE, __LINE__, unloads);
        failures++;
    }
}

/* ---- Over a channel ---- */

static int served;
static pthread_t server;

static void *serve(void *context)
{
    (void)context;
    remote_serve(served, &peer);
    return NULL;
}

static int connect_thread(void)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return -1;
    served = ends[1];
    return pthread_create(&server, NULL, serve, NULL) == 0 ? ends[0] : -1;
}

static void test_peer_outside(void)
{
    struct session *session = open_session(NULL, connect_thread);

    exchange(__LINE__, session);
    run(__LINE__, session, "peer add_sa a{next=b} b{next=a}", SESSION_ANSWERED, "");
    shutdown(served, SHUT_RDWR);
    pthread_join(server, NULL);
    run(__LINE__, session, "peer drain", SESSION_ANSWERED, "broken log=\"the peer is not there\"");
    run(__LINE__, session, "drain", SESSION_ANSWERED, "");
    finish(__LINE__, session, "end open=1");
    close(served);
}

/* ---- What lies where, what is left ---- */

static void test_describe(void)
{
    struct session *session = open_session(NULL, NULL);
    struct guard_block block;
    char text[160];

    run(__LINE__, session, "open", SESSION_ANSWERED, "");
    run(__LINE__, session, "event hold", SESSION_ANSWERED, "");
    run(__LINE__, session, "delete_sa nowait a{handle=5} bee{handle=6}", SESSION_ANSWERED, "PENDING");
    if (!guard_take(&block, 24, 8, 0, GUARD_INPUT) || session_describe(text, sizeof text, (uintptr_t)block.device) ||
        session_describe(text, sizeof text, (uintptr_t)text)) {
        printf("%s:%d: got %s want nothing of ours\n", TEST_FILE, __LINE__, text);
        failures++;
    }
    for (uint32_t i = 0; i < 64; i++) {
        /* Blocks lie one after the other, each in front of a page of its own. */
        if (session_describe(text, sizeof text, (uintptr_t)block.device - (uintptr_t)i * 4096) && strstr(text, "bee"))
            break;
        text[0] = '\0';
    }
    if (!strstr(text, "bee")) {
        printf("%s:%d: got %s want the element by its name\n", TEST_FILE, __LINE__, text);
        failures++;
    }
    finish(__LINE__, session, "end open=1");
    if (session_describe(text, sizeof text, (uintptr_t)block.device)) {
        printf("%s:%d: got %s want nothing without a session\n", TEST_FILE, __LINE__, text);
        failures++;
    }
}

/* Elements that are not there. */
static void test_nothing(void)
{
    struct session *session = open_session(NULL, NULL);

    run(__LINE__, session, "open", SESSION_ANSWERED, "");
    run(__LINE__, session, "add_sa a[0]{}", SESSION_ANSWERED, "status=BUFFER_TOO_SHORT");
    run(__LINE__, session, "delete_sa a[0]{handle=#1}", SESSION_ANSWERED, "status=BUFFER_TOO_SHORT");
    run(__LINE__, session, "add_sa a[0]{} b{spi=9} c[0]{at=packed}", SESSION_ANSWERED, "handles=#1");
    run(__LINE__, session, "send a[0]{sa=#1}", SESSION_ANSWERED, "");
    run(__LINE__, session, "receive a[0]{frame=00}", SESSION_ANSWERED, "");
    if (session_broke(session) != 0) {
        printf("%s:%d: got %llu want no broken laws\n", TEST_FILE, __LINE__,
               (unsigned long long)session_broke(session));
        failures++;
    }
    finish(__LINE__, session, "end open=1");
}

int main(void)
{
    if (!guard_start(0, false))
        return 1;
    signal(SIGPIPE, SIG_IGN);
    dut = toy_dut;
    dut.unload = count_unload;
    peer = toy_peer;
    peer.unload = count_unload;
    test_lines();
    test_peer_inside();
    test_peer_outside();
    test_describe();
    test_nothing();
    return failures > 0;
}
