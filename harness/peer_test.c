/* SPDX-License-Identifier: MIT */
/* Tests of peers: each is a fresh process, and what goes over its channel arrives. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process.h"

static int failures;
static volatile int number;

#define CHECK(got, want) check(__LINE__, #got, (long long)(got), (long long)(want))

static void check(int line, const char *what, long long got, long long want)
{
    if (got != want) {
        (void)fprintf(stderr, "%s:%d: %s: got %lld, want %lld\n", __FILE__, line, what, got, want);
        failures++;
    }
}

static void echo(int channel, const char *path)
{
    static char bytes[1 << 20];
    char command;

    while (process_receive(channel, &command, 1)) {
        if (command == 'm') {
            (void)(process_receive(channel, bytes, sizeof bytes) && process_send(channel, bytes, sizeof bytes));
        } else if (command == 'n') {
            number++;
            (void)process_send(channel, &(char){(char)('0' + number)}, 1);
        } else {
            (void)process_send(channel, path, 1);
        }
    }
}

static char ask(int channel, char command)
{
    char answer = '!';

    return process_send(channel, &command, 1) && process_receive(channel, &answer, 1) ? answer : '?';
}

static int peers_body(void *context)
{
    static char sent[1 << 20];
    static char got[1 << 20];
    int first = process_peer();
    int second = process_peer();

    (void)context;
    CHECK(first >= 0 && second >= 0, true);
    CHECK(ask(first, 'n'), '1'); /* each is a fresh process */
    CHECK(ask(first, 'n'), '2');
    CHECK(ask(second, 'n'), '1');
    CHECK(ask(first, 'p'), 'n');
    for (size_t i = 0; i < sizeof sent; i++) {
        sent[i] = (char)(i * 7);
    }
    CHECK(process_send(second, "m", 1), true);
    CHECK(process_send(second, sent, sizeof sent), true);
    CHECK(process_receive(second, got, sizeof got), true);
    CHECK(memcmp(sent, got, sizeof sent), 0);
    return failures;
}

static void test_peers(void)
{
    const struct process_limits limits = {.cpu_ms = 10000, .wall_ms = 60000};

    for (int i = 0; i < 3; i++) {
        struct process_report report;

        CHECK(process_case(&report, &limits, peers_body, NULL), true);
        CHECK(report.verdict, PROCESS_DONE);
        CHECK(report.code, 0);
    }
}

int main(void)
{
    CHECK(process_peer(), -1);
    (void)fprintf(stderr, "a peer without a library complains once:\n");
    if (!process_peer_start(echo, "no/such/library.so")) {
        (void)fprintf(stderr, "no process could be made\n");
        return EXIT_FAILURE;
    }
    test_peers();
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
