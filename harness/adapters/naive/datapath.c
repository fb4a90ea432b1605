/* SPDX-License-Identifier: MIT */
/* The datapath of a driver that is wrong on purpose: see naive.h. */
#include "naive.h"

#include <string.h>

#define ESP_HEADER_LEN 8u
#define ESP_IV_LEN     8u
#define GCM_SALT_LEN   4u
#define IPPROTO_ESP    50u

static uint32_t get_be16(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 8 | bytes[1];
}

static uint8_t *packet_flatten(struct ov2_device *device, uint32_t *length, const struct ov2_packet *packet)
{
    uint8_t *flat;
    uint32_t i;

    *length = 0;
    for (i = 0; i < packet->count; i++) {
        *length += packet->fragments[i].length;
    }
    flat = device->ops->allocate(device->host, *length, NAIVE_POOL_TAG);
    *length = 0;
    for (i = 0; i < packet->count; i++) {
        const struct ov2_fragment *fragment = &packet->fragments[i];

        memcpy(flat + *length, fragment->buffer + fragment->offset, fragment->length);
        *length += fragment->length;
    }
    return flat;
}

static uint32_t ip_len(const uint8_t *ip)
{
    return ip[0] >> 4 == 4 ? get_be16(ip + 2) : 40 + get_be16(ip + 4);
}

/* esp_crypt() works in place on the len bytes from the SPI to the end of the ICV; the IV is there already. */
static int esp_crypt(const struct naive_sa *sa, uint8_t *esp, uint32_t len, int encrypt)
{
    uint32_t key_len = sa->key->len >= 36 ? 32 : sa->key->len >= 28 ? 24 : 16;
    uint8_t aad[12];
    uint8_t nonce[GCM_SALT_LEN + ESP_IV_LEN];
    struct naive_gcm gcm = {sa->key->bytes, key_len, nonce, aad, 8, sa->icv_len};

    memcpy(nonce, sa->key->bytes + key_len, GCM_SALT_LEN);
    memcpy(nonce + GCM_SALT_LEN, esp + ESP_HEADER_LEN, ESP_IV_LEN);
    memcpy(aad, esp, 8);
    if (sa->esn) {
        memcpy(aad + 8, esp + 4, 4);
        aad[4] = (uint8_t)(sa->high >> 24);
        aad[5] = (uint8_t)(sa->high >> 16);
        aad[6] = (uint8_t)(sa->high >> 8);
        aad[7] = (uint8_t)sa->high;
        gcm.aad_len = 12;
    }
    return naive_gcm(&gcm, esp + ESP_HEADER_LEN + ESP_IV_LEN, len - ESP_HEADER_LEN - ESP_IV_LEN - sa->icv_len, encrypt);
}

static void packet_transmit(struct ov2_device *device, const struct ov2_send *list, const struct ov2_packet *packet)
{
    struct naive_sa *sa = (struct naive_sa *)(uintptr_t)list->oob.ipsec;
    uint32_t esp_offset = ov2_header_esp_offset(list->oob.header);
    uint8_t *flat = NULL;
    struct ov2_fragment fragment;
    struct ov2_packet encrypted = {&fragment, 1, 0};
    uint8_t *ip;
    uint32_t i;

    fragment = packet->fragments[0];
    if (packet->count > 1) {
        flat = packet_flatten(device, &fragment.length, packet);
        fragment.buffer = flat;
        fragment.size = fragment.length;
        fragment.offset = 0;
    }

    sa->iv++;
    ip = fragment.buffer + fragment.offset + device->media_header_len;
    for (i = 0; i < ESP_IV_LEN; i++) {
        ip[esp_offset + ESP_HEADER_LEN + i] = (uint8_t)(sa->iv >> (56 - 8 * i));
    }
    esp_crypt(sa, ip + esp_offset, ip_len(ip) - esp_offset, 1);
    device->ops->transmitted(device->host, &encrypted);
    device->ops->release(device->host, flat);
}

ov2_result naive_send(struct ov2_device *device, const struct ov2_send *lists, uint32_t count)
{
    uint32_t i;
    uint32_t j;

    for (i = 0; i < count; i++) {
        const struct ov2_send *list = &lists[i];

        for (j = 0; j < list->count && !device->paused; j++) {
            if (list->oob.ipsec == 0) {
                device->ops->transmitted(device->host, &list->packets[j]);
            } else {
                packet_transmit(device, list, &list->packets[j]);
            }
        }
        device->ops->send_completed(device->host, list->tag, device->paused ? NDIS_STATUS_PAUSED : NDIS_STATUS_SUCCESS,
                                    &list->oob);
    }
    return OV2_OK;
}

static void frame_decrypt(struct ov2_device *device, uint8_t *ip, struct ov2_oob *oob)
{
    uint32_t ip_header_len = ip[0] >> 4 == 4 ? (ip[0] & 15u) * 4 : 40;
    uint32_t protocol = ip[0] >> 4 == 4 ? ip[9] : ip[6];
    uint8_t *esp = ip + ip_header_len;
    uint8_t *icv;
    struct naive_sa *sa;

    if (protocol != IPPROTO_ESP) {
        return;
    }
    sa = naive_sa_find(device, esp);
    if (sa == NULL) {
        return;
    }
    oob->ipsec = OV2_OOB_CRYPTO_DONE;
    if (esp_crypt(sa, esp, ip_len(ip) - ip_header_len, 0)) {
        icv = ip + ip_len(ip) - sa->icv_len;
        oob->header = OV2_OOB_HEADER_INFO_SET | (uint64_t)icv[-2] << 8 | icv[-1];
    } else {
        oob->ipsec |= CRYPTO_TRANSPORT_ESP_AUTH_FAILED << OV2_OOB_CRYPTO_STATUS_SHIFT;
    }
}

ov2_result naive_receive(struct ov2_device *device, const struct ov2_packet *frames, uint32_t count)
{
    struct ov2_oob oob = {0};
    uint32_t i;

    for (i = 0; i < count; i++) {
        struct ov2_fragment fragment = {0};
        struct ov2_packet indicated = {&fragment, 1, 0};
        uint32_t type;

        fragment.buffer = packet_flatten(device, &fragment.size, &frames[i]);
        fragment.length = fragment.size;
        type = get_be16(fragment.buffer + device->media_header_len - 2);
        if (type == 0x0800 || type == 0x86DD) {
            frame_decrypt(device, fragment.buffer + device->media_header_len, &oob);
        }
        device->ops->indicated(device->host, &indicated, &oob);
        device->ops->release(device->host, fragment.buffer);
    }
    return OV2_OK;
}
