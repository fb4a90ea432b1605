/* SPDX-License-Identifier: MIT */
/* Peers on Windows: somebody serves them at an address, wine_posix.c for example; a case connects to one. */
#include "process.h"

#include <stdio.h>
#include <string.h>

#include <winsock2.h>
#include <ws2tcpip.h>

static char host[256];
static const char *port;

bool process_peer_start(void (*serve)(int channel, const char *path), const char *path)
{
    char *colon;

    (void)serve;
    (void)snprintf(host, sizeof host, "%s", path);
    colon = strrchr(host, ':');
    if (colon == NULL) {
        return false;
    }
    *colon = '\0';
    port = colon + 1;
    return true;
}

int process_peer(void)
{
    struct addrinfo wanted = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    SOCKET channel = INVALID_SOCKET;
    BOOL at_once = TRUE; /* a line goes out in several pieces */
    WSADATA data;

    if (port == NULL || WSAStartup(MAKEWORD(2, 2), &data) != 0 || getaddrinfo(host, port, &wanted, &found) != 0) {
        return -1;
    }
    /* Without WSA_FLAG_OVERLAPPED a socket is read and written as any other handle is. */
    channel = WSASocketA(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, 0);
    if (channel != INVALID_SOCKET &&
        (connect(channel, found->ai_addr, (int)found->ai_addrlen) != 0 ||
         setsockopt(channel, IPPROTO_TCP, TCP_NODELAY, (const char *)&at_once, sizeof at_once) != 0)) {
        (void)closesocket(channel);
        channel = INVALID_SOCKET;
    }
    freeaddrinfo(found);
    return channel == INVALID_SOCKET ? -1 : (int)channel;
}

/* process_peers_ended: nobody knows before a case connects. */
bool process_peers_ended(void)
{
    return false;
}
