/* SPDX-License-Identifier: MIT */
/*
 * Frames for Wireshark: a pcapng file with two interfaces for each device, "dut wire" with what it transmitted and
 * received, "dut stack" with what the stack gave it and was indicated.  A packet's time is the number of its trace
 * line in seconds, and its number on that line in microseconds: the same trace gives the same file.
 */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

struct capture;
struct outcome;
struct prepared;

/* capture_create: makes the file empty; false: it cannot be written. */
bool capture_create(const char *path);

/* capture_open: appends a section to the file; NULL: it cannot be written, or no memory. */
struct capture *capture_open(const char *path);

/* capture_line: appends the packets of one line, of prepared (NULL: none) before those of outcome.  Each packet is in
 * the file when this returns, so that a crash takes none with it.  Capture may be NULL. */
void capture_line(struct capture *capture, uint32_t line, uint32_t device, bool sends, const struct prepared *prepared,
                  const struct outcome *outcome);

/* capture_close: NULL is allowed. */
void capture_close(struct capture *capture);

#endif
