/* SPDX-License-Identifier: MIT */
/* What a send or receive line asks for, as frames: model_prepare.c (the line, and what arrives), model_prepare_send.c.
 */
#ifndef MODEL_PREPARE_H
#define MODEL_PREPARE_H

#include "model_internal.h"

/* One send or receive line on its way to frames. */
struct preparation {
    struct model *model;
    struct prepared *prepared;
    uint32_t device;
    const struct trace_line *line;
    char *error;
    size_t error_size;
};

/* prepare_fail: one sentence about an element; returns false. */
bool prepare_fail(const struct preparation *preparation, const char *element, const char *why);

/* prepare_number: the value of a word of an element, or absent. */
uint32_t prepare_number(const struct trace_line *line, const struct trace_element *element, enum trace_key key,
                        uint32_t absent);

/* prepare_packet: room for one more packet of a list, STACK_FRAME_MAX bytes twice; NULL if there is none. */
struct outcome_packet *prepare_packet(struct prepared *prepared, uint32_t list);

/* prepare_frame_bytes: what a frame word stands for, a frame that passed or the bytes of the line; false: nothing. */
bool prepare_frame_bytes(const struct preparation *preparation, uint8_t *out, uint32_t *len,
                         const struct trace_word *word);

/* prepare_flip: carries out an edit on a frame; false: it names no byte of it. */
bool prepare_flip(uint8_t *bytes, uint32_t len, const struct stack_layout *layout, const struct trace_word *edit);

/* prepare_send_element: the list of an element of a send line. */
bool prepare_send_element(const struct preparation *preparation, uint32_t index);

#endif
