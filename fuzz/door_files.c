/* SPDX-License-Identifier: MIT */
/* The door without an engine: runs files, each as often as asked, and says how fast. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "entry.h"
#include "sanitizer.h"
#include "target.h"

#define FILE_MAX (1u << 20)

static uint8_t bytes[FILE_MAX];

static bool run_file(const char *path, unsigned long times)
{
    FILE *file = fopen(path, "rb");
    size_t len;

    if (!file) {
        fprintf(stderr, "ov2: cannot read %s\n", path);
        return false;
    }
    len = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    for (unsigned long i = 0; i < times; i++) {
        /* An exact copy: who reads beyond its end is seen. */
        uint8_t *exact = malloc(len ? len : 1);
        if (!exact)
            return false;
        memcpy(exact, bytes, len);
        entry_run(exact, len);
        free(exact);
    }
    return true;
}

int main(int argc, char **argv)
{
    unsigned long times = 1;
    int first = 1;
    clock_t began;
    double seconds;

    sanitizer_accept_coverage();
    if (argc > 2 && strcmp(argv[1], "--times") == 0) {
        times = strtoul(argv[2], NULL, 10);
        first = 3;
    }
    if (argc == first) {
        fprintf(stderr, "usage: %s [--times N] FILE...\n%s: %s\n", argv[0], the_target.name, the_target.property);
        return 2;
    }
    if (!entry_start())
        return 2;
    began = clock();
    for (int i = first; i < argc; i++) {
        if (!run_file(argv[i], times))
            return 2;
    }
    seconds = (double)(clock() - began) / CLOCKS_PER_SEC;
    printf("%d inputs, each %lu times, in %.2f s: nothing is wrong\n", argc - first, times, seconds);
    return 0;
}
