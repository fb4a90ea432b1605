/* SPDX-License-Identifier: MIT */
#include "checksum.h"

#include "bytes.h"

#include <string.h>

/* The sum does not depend on the order of octets within a word, as long as it is the same for all and for the result
 * (RFC 1071 2 B): so words are as long as the machine's, and their halves add up without a carry. */
static uint32_t add_words(const uint8_t *data, uint32_t count)
{
    uint64_t low = 0, high = 0;
    uint8_t octets[2];

    for (uint32_t i = 0; i < count; i++) {
        uint64_t word;
        memcpy(&word, data + (size_t)8 * i, 8);
        low += (uint32_t)word;
        high += word >> 32;
    }
    low += high; /* at most 2^14 words of 2^32 each */
    while (low > 0xFFFFu)
        low = (low & 0xFFFFu) + (low >> 16);
    uint16_t sum = (uint16_t)low;
    memcpy(octets, &sum, 2);
    return get_be16(octets);
}

uint32_t checksum_add(uint32_t sum, const uint8_t *data, uint32_t len)
{
    uint32_t words = len / 8;

    sum += add_words(data, words);
    data += (size_t)8 * words;
    len -= 8 * words;
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
