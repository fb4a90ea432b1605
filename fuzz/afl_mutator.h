/* SPDX-License-Identifier: MIT */
/* What AFL++ looks up in a library of custom mutators, by name and type as its documentation has them; data is what
 * afl_custom_init() returned, and what is returned through out stays the library's until the next call. */
#ifndef AFL_MUTATOR_H
#define AFL_MUTATOR_H

#include <stddef.h>
#include <stdint.h>

void *afl_custom_init(void *engine, unsigned int seed);
void afl_custom_deinit(void *data);
size_t afl_custom_fuzz(void *data, uint8_t *text, size_t len, uint8_t **out, uint8_t *other, size_t other_len,
                       size_t most);
int afl_custom_init_trim(void *data, uint8_t *text, size_t len);
size_t afl_custom_trim(void *data, uint8_t **out);
int afl_custom_post_trim(void *data, unsigned char is_as_good);

#endif
