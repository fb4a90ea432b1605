/* SPDX-License-Identifier: MIT */
#include "buffer.h"

#include <string.h>

#define SPARE_SIZE_MAX 4096u

bool buffer_take(struct buffer *buffer, struct ov2_device *nic, uint32_t size)
{
    memset(buffer, 0, sizeof(*buffer));
    if (nic->spare != NULL && nic->spare_size >= size) {
        buffer->block = nic->spare;
        buffer->block_size = nic->spare_size;
        nic->spare = NULL;
    } else {
        buffer->block_size = size > 0 ? size : 1;
        buffer->block = memory_allocate(&nic->memory, buffer->block_size);
    }
    if (buffer->block == NULL)
        return false;
    buffer->data = buffer->block + buffer->block_size - size;
    buffer->size = size;
    return true;
}

void buffer_give(struct buffer *buffer, struct ov2_device *nic)
{
    bool better = buffer->block_size <= SPARE_SIZE_MAX && (nic->spare == NULL || nic->spare_size < buffer->block_size);

    if (better) {
        memory_release(&nic->memory, nic->spare);
        nic->spare = buffer->block;
        nic->spare_size = buffer->block_size;
    } else {
        memory_release(&nic->memory, buffer->block);
    }
    memset(buffer, 0, sizeof(*buffer));
    buffer_trim(nic);
}

void buffer_trim(struct ov2_device *nic)
{
    if (nic->table.count > 0)
        return;
    memory_release(&nic->memory, nic->spare);
    nic->spare = NULL;
    nic->spare_size = 0;
}
