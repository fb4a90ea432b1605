/* SPDX-License-Identifier: MIT */
/* Is a library, and no adapter. */
int adapter(void);

int adapter(void)
{
    return 0;
}
