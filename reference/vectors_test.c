/* SPDX-License-Identifier: MIT */
/* The known answers of the primitives, cases/vectors/primitives.txt: what the devices are measured with is right.  Its
 * first lines say what a line of it is. */
#include "crypto.h"
#include "testing.h"

#define FILE_NAME "cases/vectors/primitives.txt"
#define LONGEST   8192
#define WORDS_MAX 10
#define BYTES_MAX 1024
#define VECTORS   808u

struct bytes {
    uint8_t data[BYTES_MAX];
    size_t len;
};

static const struct {
    const char *name;
    enum crypto_primitive primitive;
} ALGORITHMS[] = {
    {"des-cbc", PRIMITIVE_DES_CBC},         {"3des-cbc", PRIMITIVE_3DES_CBC},
    {"aes-128-cbc", PRIMITIVE_AES_128_CBC}, {"aes-192-cbc", PRIMITIVE_AES_192_CBC},
    {"aes-256-cbc", PRIMITIVE_AES_256_CBC}, {"aes-128-gcm", PRIMITIVE_AES_128_GCM},
    {"aes-192-gcm", PRIMITIVE_AES_192_GCM}, {"aes-256-gcm", PRIMITIVE_AES_256_GCM},
    {"hmac-md5", PRIMITIVE_HMAC_MD5},       {"hmac-sha1", PRIMITIVE_HMAC_SHA1},
    {"hmac-sha256", PRIMITIVE_HMAC_SHA256},
};

static uint32_t digit(char c)
{
    return c <= '9' ? (uint32_t)(c - '0') : (uint32_t)(c - 'a' + 10);
}

/* read: the bytes of a word; "-" is none. */
static bool read(struct bytes *out, const char *word)
{
    size_t len = strlen(word);

    out->len = 0;
    if (strcmp(word, "-") == 0)
        return true;
    if (len % 2 != 0 || len / 2 > BYTES_MAX)
        return false;
    for (size_t i = 0; i < len / 2; i++)
        out->data[i] = (uint8_t)(digit(word[2 * i]) << 4 | digit(word[2 * i + 1]));
    out->len = len / 2;
    return true;
}

static struct crypto *open_named(const char *name, const struct bytes *key, bool encrypt)
{
    for (size_t i = 0; i < sizeof(ALGORITHMS) / sizeof(ALGORITHMS[0]); i++)
        if (strcmp(ALGORITHMS[i].name, name) == 0)
            return crypto_open(ALGORITHMS[i].primitive, key->data, encrypt);
    return NULL;
}

static bool is_equal(const struct bytes *a, const struct bytes *b)
{
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* try_cipher: KEY IV TEXT CIPHERTEXT, both ways. */
static bool try_cipher(const char *name, const struct bytes *values, bool encrypt)
{
    struct crypto *crypto = open_named(name, &values[0], encrypt);
    struct bytes text = values[encrypt ? 2 : 3];
    bool done = crypto != NULL && crypto_chain(crypto, text.data, text.len, values[1].data);

    crypto_close(crypto);
    return done && is_equal(&text, &values[encrypt ? 3 : 2]);
}

/* try_seal: KEY NONCE AAD TEXT CIPHERTEXT TAG. */
static bool try_seal(const char *name, const struct bytes *values)
{
    struct crypto *crypto = open_named(name, &values[0], true);
    struct crypto_piece aad = {values[2].data, values[2].len};
    struct bytes text = values[3], tag = {.len = CRYPTO_TAG_MAX};
    bool done = crypto != NULL && crypto_seal(crypto, tag.data, text.data, text.len, values[1].data, &aad, 1);

    crypto_close(crypto);
    return done && is_equal(&text, &values[4]) && is_equal(&tag, &values[5]);
}

static bool try_unseal(const char *name, const struct bytes *values)
{
    struct crypto *crypto = open_named(name, &values[0], false);
    struct crypto_piece aad = {values[2].data, values[2].len};
    struct bytes text = values[4];
    bool done = crypto != NULL &&
                crypto_unseal(crypto, text.data, text.len, values[1].data, &aad, 1, values[5].data, values[5].len);

    crypto_close(crypto);
    return done && is_equal(&text, &values[3]);
}

/* try_mac: KEY MESSAGE TAG. */
static bool try_mac(const char *name, const struct bytes *values)
{
    struct crypto *crypto = open_named(name, &values[0], true);
    struct crypto_piece message = {values[1].data, values[1].len};
    uint8_t digest[CRYPTO_DIGEST_MAX];
    bool done = crypto != NULL && crypto_digest(crypto, digest, &message, 1);

    crypto_close(crypto);
    return done && memcmp(digest, values[2].data, values[2].len) == 0;
}

/* judge: whether the reference says of a vector what its source says. */
static bool judge(char *const *words, size_t count)
{
    static struct bytes values[WORDS_MAX];
    bool accept = strcmp(words[count - 1], "accept") == 0;
    const char *name = words[2];

    for (size_t i = 3; i + 1 < count; i++)
        if (!read(&values[i - 3], words[i]))
            return false;
    if (strcmp(words[0], "cipher") == 0)
        return count == 8 && try_cipher(name, values, true) == accept && try_cipher(name, values, false) == accept;
    if (strcmp(words[0], "aead") == 0)
        return count == 10 && try_seal(name, values) == accept && try_unseal(name, values) == accept;
    return strcmp(words[0], "mac") == 0 && count == 7 && try_mac(name, values) == accept;
}

static void judge_line(char *line)
{
    char *words[WORDS_MAX + 1] = {NULL};
    size_t count = 0;

    for (char *word = strtok(line, " \n"); word != NULL && count <= WORDS_MAX; word = strtok(NULL, " \n"))
        words[count++] = word;
    if (count >= 7 && count <= WORDS_MAX && judge(words, count))
        return;
    fprintf(stderr, "%s: not as published\n", count > 1 ? words[1] : "a line");
    testing_failures++;
}

int main(void)
{
    static char line[LONGEST];
    unsigned count = 0;
    FILE *file = fopen(FILE_NAME, "r");

    CHECK(file != NULL);
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (line[0] == '#')
            continue;
        judge_line(line);
        count++;
    }
    if (file != NULL)
        fclose(file);
    printf("%u known answers of primitives\n", count);
    CHECK(count == VECTORS);
    return testing_failures != 0;
}
