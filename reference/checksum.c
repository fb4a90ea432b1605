/* SPDX-License-Identifier: MIT */
#include "checksum.h"

#include "bytes.h"

uint32_t checksum_add(uint32_t sum, const uint8_t *data, uint32_t len)
{
    for (; len >= 2; len -= 2, data += 2)
        sum += get_be16(data);
    return len > 0 ? sum + ((uint32_t)data[0] << 8) : sum;
}

uint16_t checksum_fold(uint32_t sum)
{
    sum = (sum & 0xFFFFu) + (sum >> 16);
    sum = (sum & 0xFFFFu) + (sum >> 16);
    return (uint16_t)~sum;
}

uint32_t checksum_pseudo(const uint8_t *source, const uint8_t *destination, bool ipv6, uint32_t protocol, uint32_t len)
{
    uint32_t address_len = ipv6 ? 16 : 4;
    uint32_t sum = protocol + len; /* at most 65535 + 255 */

    sum = checksum_add(sum, source, address_len);
    return checksum_add(sum, destination, address_len);
}
