/* SPDX-License-Identifier: MIT */
/*
 * What the cryptography of a packet costs by itself: OpenSSL's EVP with contexts that are kept, and nothing around it.
 * Prints one JSON object: nanoseconds for each packet, by suite and bytes of payload, and by the number of contexts of
 * which each packet takes another one, as bench_packets does for adapters.
 */
#include <openssl/evp.h>
#include <openssl/params.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS   7
#define SIZES    4u
#define ROUND_NS 20000000.0
#define TEXT_MAX 9100
#define SAMPLE   20000u /* packets of a round over many contexts: as many contexts at most are in use */

enum kind {
    GCM,
    CBC,
    GMAC
};

struct work {
    enum kind kind;
    bool encrypt;
    EVP_CIPHER_CTX *cipher;
    EVP_MAC_CTX *mac;
    int len; /* of the text, with its trailer */
};

static const uint32_t sizes[SIZES] = {64, 256, 1408, 9000};
static uint8_t text[TEXT_MAX];
static uint8_t tag[32];
static uint8_t iv[16];

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* One packet: SPI, sequence number and text, as in RFC 4106, 3602 with 2404, 4543.  Whether the tag fits does not
 * matter to the time. */
static void do_packet(const struct work *work)
{
    static const uint8_t header[8];
    size_t tag_len = sizeof tag;
    int out = 0;

    iv[0]++;
    if (work->kind == CBC) {
        EVP_MAC_init(work->mac, NULL, 0, NULL);
        if (work->encrypt) {
            EVP_CipherInit_ex(work->cipher, NULL, NULL, NULL, iv, 1);
            EVP_CipherUpdate(work->cipher, text, &out, text, work->len);
        }
        EVP_MAC_update(work->mac, header, sizeof header);
        EVP_MAC_update(work->mac, iv, sizeof iv);
        EVP_MAC_update(work->mac, text, (size_t)work->len);
        EVP_MAC_final(work->mac, tag, &tag_len, sizeof tag);
        if (!work->encrypt) {
            EVP_CipherInit_ex(work->cipher, NULL, NULL, NULL, iv, 0);
            EVP_CipherUpdate(work->cipher, text, &out, text, work->len);
        }
        return;
    }
    EVP_CipherInit_ex(work->cipher, NULL, NULL, NULL, iv, work->encrypt);
    EVP_CipherUpdate(work->cipher, NULL, &out, header, sizeof header);
    if (work->kind == GMAC)
        EVP_CipherUpdate(work->cipher, NULL, &out, iv, 8);
    EVP_CipherUpdate(work->cipher, work->kind == GMAC ? NULL : text, &out, text, work->len);
    if (!work->encrypt)
        EVP_CIPHER_CTX_ctrl(work->cipher, EVP_CTRL_AEAD_SET_TAG, 16, tag);
    EVP_CipherFinal_ex(work->cipher, text, &out);
    if (work->encrypt)
        EVP_CIPHER_CTX_ctrl(work->cipher, EVP_CTRL_AEAD_GET_TAG, 16, tag);
}

static double least_of(const struct work *work)
{
    uint32_t count = 100;
    double least = 0;

    for (uint32_t round = 0; round < ROUNDS; round++) {
        uint64_t begin = now_ns();
        double each;
        for (uint32_t i = 0; i < count; i++)
            do_packet(work);
        each = (double)(now_ns() - begin) / count;
        least = round == 0 || each < least ? each : least;
        count = (uint32_t)(ROUND_NS / each) + 1;
    }
    return least;
}

static double measure(enum kind kind, const char *name, bool encrypt, uint32_t size)
{
    static const uint8_t key[32] = {1, 2, 3};
    const OSSL_PARAM sha1[] = {OSSL_PARAM_construct_utf8_string("digest", (char[]){"SHA1"}, 0),
                               OSSL_PARAM_construct_end()};
    uint32_t block = kind == CBC ? 16 : 4;
    struct work work = {kind, encrypt, EVP_CIPHER_CTX_new(), NULL, (int)((size + 2 + block - 1) / block * block)};
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    double least = 0;

    work.mac = EVP_MAC_CTX_new(hmac);
    if (cipher && work.cipher && work.mac && EVP_CipherInit_ex(work.cipher, cipher, NULL, key, iv, encrypt) == 1 &&
        EVP_MAC_init(work.mac, key, 20, sha1) == 1) {
        EVP_CIPHER_CTX_set_padding(work.cipher, 0);
        least = least_of(&work);
    }
    EVP_MAC_CTX_free(work.mac);
    EVP_MAC_free(hmac);
    EVP_CIPHER_CTX_free(work.cipher);
    EVP_CIPHER_free(cipher);
    return least;
}

struct member {
    EVP_CIPHER_CTX *context; /* NULL: never drawn */
};

/* One context in so many, another one for each packet. */
static double measure_crowd(uint32_t count)
{
    static const uint8_t key[16] = {1, 2, 3};
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL);
    struct member *crowd = calloc(count, sizeof *crowd);
    static struct work turns[SAMPLE];
    uint64_t state = 1;
    double least = 0;

    for (uint32_t i = 0; crowd && i < SAMPLE; i++) {
        uint32_t which;
        state = state * 6364136223846793005u + 1442695040888963407u;
        which = (uint32_t)((state >> 32) * count >> 32);
        if (!crowd[which].context) {
            crowd[which].context = EVP_CIPHER_CTX_new();
            EVP_CipherInit_ex(crowd[which].context, cipher, NULL, key, iv, 1);
        }
        turns[i] = (struct work){GCM, true, crowd[which].context, NULL, 260};
    }
    for (uint32_t round = 0; crowd && round < ROUNDS; round++) {
        uint64_t begin = now_ns();
        double each;
        for (uint32_t i = 0; i < SAMPLE; i++)
            do_packet(&turns[i]);
        each = (double)(now_ns() - begin) / SAMPLE;
        least = round == 0 || each < least ? each : least;
    }
    for (uint32_t i = 0; crowd && i < count; i++)
        EVP_CIPHER_CTX_free(crowd[i].context);
    free(crowd);
    EVP_CIPHER_free(cipher);
    return least;
}

int main(void)
{
    static const uint32_t crowds[] = {1, 1000, 1000000};
    static const struct {
        const char *suite;
        const char *name;
        enum kind kind;
    } suites[] = {{"aes-gcm-128", "AES-128-GCM", GCM},
                  {"aes-gcm-256", "AES-256-GCM", GCM},
                  {"aes-cbc-128+sha1", "AES-128-CBC", CBC},
                  {"null+gmac-128", "AES-128-GCM", GMAC}};

    printf("{");
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        printf("%s\n  \"%s\": {", i ? "," : "", suites[i].suite);
        for (uint32_t n = 0; n < SIZES; n++)
            printf("%s\"%u\": {\"send\": %.0f, \"receive\": %.0f}", n ? ", " : "", (unsigned)sizes[n],
                   measure(suites[i].kind, suites[i].name, true, sizes[n]),
                   measure(suites[i].kind, suites[i].name, false, sizes[n]));
        printf("}");
    }
    printf(",\n  \"crowd\": {");
    for (size_t i = 0; i < sizeof crowds / sizeof crowds[0]; i++)
        printf("%s\"%u\": %.0f", i ? ", " : "", (unsigned)crowds[i], measure_crowd(crowds[i]));
    printf("}\n}\n");
    return 0;
}
