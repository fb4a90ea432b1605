/* SPDX-License-Identifier: MIT */
/* Where a worker's words go on Windows: the handles of its client, and the log of what an adapter prints.  A channel is
 * a handle, whose value always fits an int. */
#include "process.h"

#include <fcntl.h>
#include <io.h>
#include <stdio.h>

#include <windows.h>

#include "process_win32_internal.h"

#define LOG_BYTES (1u << 20) /* of a case, what is kept of the log */

static bool has_log;

static HANDLE handle_of(int channel)
{
    return (HANDLE)(intptr_t)channel;
}

bool process_send(int channel, const void *bytes, size_t len)
{
    const char *rest = bytes;
    DWORD sent;

    while (len > 0) {
        if (!WriteFile(handle_of(channel), rest, (DWORD)len, &sent, NULL) || sent == 0) {
            return false;
        }
        rest += sent;
        len -= sent;
    }
    return true;
}

size_t process_read(int channel, void *bytes, size_t size)
{
    DWORD got = 0;

    return ReadFile(handle_of(channel), bytes, (DWORD)size, &got, NULL) ? got : 0;
}

bool process_holds(int descriptor)
{
    DWORD flags;

    return GetHandleInformation(handle_of(descriptor), &flags) != 0;
}

static HANDLE inheritable(HANDLE handle)
{
    HANDLE copy = NULL;

    (void)DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), &copy, 0, TRUE, DUPLICATE_SAME_ACCESS);
    return copy;
}

/* replace: what the C library and the system take for a standard stream. */
static bool replace(int descriptor, DWORD which, HANDLE handle)
{
    int opened = handle == NULL ? -1 : _open_osfhandle((intptr_t)handle, _O_BINARY | _O_APPEND);

    return opened >= 0 && _dup2(opened, descriptor) == 0 && SetStdHandle(which, handle);
}

/* private_io: of the parent; its cases inherit all of it. */
static bool private_io(struct process_board *board, const char *log_path)
{
    SECURITY_ATTRIBUTES shared = {.nLength = sizeof shared, .bInheritHandle = TRUE};
    DWORD all = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    HANDLE nothing = CreateFileA("NUL", GENERIC_READ, all, &shared, OPEN_EXISTING, 0, NULL);
    HANDLE log = log_path == NULL
                     ? inheritable(GetStdHandle(STD_ERROR_HANDLE))
                     : CreateFileA(log_path, GENERIC_READ | FILE_APPEND_DATA, all, &shared, OPEN_ALWAYS, 0, NULL);

    board->in = inheritable(GetStdHandle(STD_INPUT_HANDLE));
    board->out = inheritable(GetStdHandle(STD_OUTPUT_HANDLE));
    has_log = log_path != NULL;
    return board->in != NULL && board->out != NULL && log != INVALID_HANDLE_VALUE &&
           replace(0, STD_INPUT_HANDLE, nothing) && replace(1, STD_OUTPUT_HANDLE, log) &&
           replace(2, STD_ERROR_HANDLE, inheritable(log));
}

bool process_private_io(int *in, int *out, const char *log_path)
{
    struct process_board *board = process_board();

    if (board == NULL || (!process_is_case() && !private_io(board, log_path))) {
        return false;
    }
    *in = (int)(intptr_t)board->in;
    *out = (int)(intptr_t)board->out;
    return true;
}

int64_t process_log_size(void)
{
    LARGE_INTEGER size;

    return has_log && GetFileSizeEx(GetStdHandle(STD_ERROR_HANDLE), &size) ? size.QuadPart : 0;
}

void process_trim_log(int64_t began)
{
    if (process_log_size() > began + LOG_BYTES) {
        (void)_chsize_s(2, began + LOG_BYTES);
    }
}
