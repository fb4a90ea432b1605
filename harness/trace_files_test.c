/* SPDX-License-Identifier: MIT */
/* Every line of the trace files that are named: it reads, and printed it reads as the same line. */
#include "trace_test.inc"

static char text[TRACE_LINE_MAX + 2];

static void check_file(const char *name)
{
    FILE *file = fopen(name, "r");
    int requests = 0;

    where = name;
    if (file == NULL) {
        fail(0, "nothing", "a file that can be read");
        return;
    }
    for (int row = 1; fgets(text, sizeof(text), file) != NULL; row++) {
        size_t len = strcspn(text, "\n");

        if (len >= 2 && memcmp(text, "> ", 2) == 0) {
            if (run(row, text + 2, len - 2) != TRACE_REQUEST) {
                fail(row, text, "a request");
            }
            requests++;
        }
    }
    (void)fclose(file);
    if (requests == 0) {
        fail(0, "no request", "a trace");
    }
}

int main(int count, char **names)
{
    line = allocate(sizeof(*line));
    again = allocate(sizeof(*again));
    for (int i = 1; i < count; i++) {
        check_file(names[i]);
    }
    free(line);
    free(again);
    return failures != 0;
}
