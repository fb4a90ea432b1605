/* SPDX-License-Identifier: MIT */
/* ESP (RFC 4303) on one packet that the stack has framed: encryption and ICV, or their reversal. */
#ifndef OV2_REFERENCE_ESP_H
#define OV2_REFERENCE_ESP_H

#include "packet.h"
#include "sa.h"

/* What the trailer said, after a packet was opened. */
struct esp_trailer {
    bool valid; /* the pad fits into the packet */
    uint8_t next_header;
    uint8_t pad_len;
};

/* What a packet carries behind the ESP header, while it is in the clear. */
struct esp_text {
    uint32_t at;  /* offset in the frame, behind the IV */
    uint32_t end; /* behind the trailer, at the ICV */
};

/* esp_header_len: ESP header and IV. */
uint32_t esp_header_len(const struct sa_operation *operation);

/* esp_find_text: false when the datagram is too short for header, trailer and ICV. */
bool esp_find_text(struct esp_text *text, const struct packet *packet, const struct sa_operation *operation);

/* esp_pad_len: what text_len octets of payload need in front of a trailer (RFC 4303 2.4): the whole is a multiple of
 * the cipher's block, and of four. */
uint32_t esp_pad_len(const struct sa_operation *operation, uint32_t text_len);

/* esp_write_trailer: pad_len octets of padding and the two of the trailer; how many that are. */
uint32_t esp_write_trailer(uint8_t *at, uint32_t pad_len, uint8_t next_header);

/* esp_seal: encrypts the datagram's ESP payload in place and writes the ICV at its end.  make_iv: writes the IV too,
 * otherwise the one in the packet is used.  False: the packet cannot hold it, or the library failed; the frame is then
 * spoiled. */
bool esp_seal(struct packet *packet, struct sa_operation *operation, bool make_iv);

/* esp_open: checks the ICV and decrypts in place, with high as the upper half of the sequence number.  Unless it is
 * good the frame is spoiled. */
enum packet_check esp_open(struct packet *packet, struct esp_trailer *trailer, struct sa_operation *operation,
                           uint32_t high);

#endif
