/* SPDX-License-Identifier: MIT */
/* Lists: where each Next leads, how long an element is, where its members stand. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "ov2/ndis_ipsec.h"

static int failures;
static struct trace_line line;
static struct profile profile;

static void expect(int at, const char *text, const char *what, uint64_t got, uint64_t want)
{
    if (got == want)
        return;
    printf("list_test.c:%d: %s of %s: got %llu want %llu\n", at, what, text, (unsigned long long)got,
           (unsigned long long)want);
    failures++;
}

static void read_text(struct list *list, int at, const char *text)
{
    struct trace_error error;

    if (trace_parse(&line, &error, text, strlen(text)) != TRACE_REQUEST) {
        printf("list_test.c:%d: %s: got %s want a request\n", at, text, error.text);
        exit(1);
    }
    list_read(list, &line, &profile);
}

/* ---- Next ---- */

static const struct {
    int at;
    const char *text;
    uint32_t node;
    enum list_target target;
    uint32_t to;
    uint64_t value;
} links[] = {
    {__LINE__, "delete_sa a{}", 0, TARGET_NULL, 0, 0},
    {__LINE__, "delete_sa a{} b{}", 0, TARGET_NODE, 1, 0},
    {__LINE__, "delete_sa a{} b{}", 1, TARGET_NULL, 0, 0},
    {__LINE__, "delete_sa a{next=b} b{next=a}", 1, TARGET_NODE, 0, 0},
    {__LINE__, "delete_sa a{next=b+16} b{}", 0, TARGET_MIDDLE, 1, 16},
    {__LINE__, "delete_sa a{next=other}", 0, TARGET_OTHER, 0, 0},
    {__LINE__, "delete_sa a{next=null} b{}", 0, TARGET_NULL, 0, 0},
    {__LINE__, "delete_sa a{next=0x12} b{}", 0, TARGET_RAW, 0, 0x12},
    {__LINE__, "delete_sa a{next=freed}", 0, TARGET_FREED, 0, 0},
    {__LINE__, "delete_sa a{next=unmapped}", 0, TARGET_UNMAPPED, 0, 0},
    {__LINE__, "delete_sa a{next=noncanonical}", 0, TARGET_NONCANONICAL, 0, 0},
    /* runs */
    {__LINE__, "delete_sa a[3]{next=+}", 0, TARGET_NODE, 1, 0},
    {__LINE__, "delete_sa a[3]{next=+} b{}", 2, TARGET_NULL, 0, 0},
    {__LINE__, "delete_sa a[3]{next=+ last=b} b{}", 2, TARGET_NODE, 3, 0},
    {__LINE__, "delete_sa a[3]{next=+ last=a[1]}", 2, TARGET_NODE, 1, 0},
    {__LINE__, "delete_sa a[3]{next=+ last=a}", 2, TARGET_NODE, 0, 0},
    {__LINE__, "delete_sa a[3]{} b{}", 2, TARGET_NODE, 3, 0},
    {__LINE__, "delete_sa a[3]{next=a[2]}", 0, TARGET_NODE, 2, 0},
    {__LINE__, "delete_sa a[3]{next=a[3]}", 0, TARGET_OTHER, 0, 0},
    /* elements that are not there */
    {__LINE__, "delete_sa a[0]{} b{} c[0]{} d{}", 0, TARGET_NODE, 1, 0},
    {__LINE__, "delete_sa a[0]{} b{} c[0]{} d{} e[0]{}", 1, TARGET_NULL, 0, 0},
    {__LINE__, "delete_sa a{next=b} b[0]{}", 0, TARGET_OTHER, 0, 0},
    /* what stands in bytes that are given as they are, or are not there */
    {__LINE__, "delete_sa a{raw=80011800.4*00.8*00.8*00} b{}", 0, TARGET_NULL, 0, 0},
    {__LINE__, "delete_sa a{raw=80011800.4*00.21430000.4*00.8*00} b{}", 0, TARGET_RAW, 0, 0x4321},
    {__LINE__, "delete_sa a{raw=80011800.11*ff} b{}", 0, TARGET_NULL, 0, 0},
    {__LINE__, "delete_sa a{bytes=15} b{}", 0, TARGET_NULL, 0, 0},
    {__LINE__, "delete_sa a{bytes=16} b{}", 0, TARGET_NODE, 1, 0},
};

static void test_links(void)
{
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        struct list list;
        struct list_link link;
        read_text(&list, links[i].at, links[i].text);
        link = list_next(&list, links[i].node);
        expect(links[i].at, links[i].text, "target", link.target, links[i].target);
        if (link.target == TARGET_NODE || link.target == TARGET_MIDDLE)
            expect(links[i].at, links[i].text, "node", link.node, links[i].to);
        if (link.target == TARGET_RAW || link.target == TARGET_MIDDLE)
            expect(links[i].at, links[i].text, "value", link.value, links[i].value);
    }
}

/* ---- Bytes ---- */

#define NONE UINT32_MAX

static const struct {
    int at;
    const char *text;
    uint32_t len;
    uint32_t next_at;
    uint32_t handle_at;
} sizes[] = {
    {__LINE__, "add_sa a{}", 188, 8, 56},
    {__LINE__, "add_sa a{ah=ah-sha1}", 188, 8, 56},
    {__LINE__, "add_sa a{esp=aes-cbc-128+sha1 ah=ah-sha256}", 236, 8, 56},
    {__LINE__, "add_sa a{key=-}", 168, 8, 56},
    {__LINE__, "add_sa a{bytes=63}", 63, 8, NONE},
    {__LINE__, "add_sa a{bytes=64}", 64, 8, 56},
    {__LINE__, "add_sa a{bytes=15}", 15, NONE, NONE},
    {__LINE__, "add_sa a{size=300}", 300, 8, 56},
    {__LINE__, "add_sa a{size=300 bytes=188}", 188, 8, 56},
    {__LINE__, "add_sa a{size=0xFFFF}", 188, 8, 56},
    {__LINE__, "add_sa a{raw=00}", 1, NONE, NONE},
    {__LINE__, "add_sa a{raw=188*00}", 188, NONE, 56}, /* the device may write the handle of any element */
    {__LINE__, "add_sa_ex a{}", 196, NONE, 48},
    {__LINE__, "add_sa_ex a{key_at=200}", 220, NONE, 48},
    {__LINE__, "add_sa_ex a{key_at=170}", 190, NONE, 48},
    {__LINE__, "update_sa a{}", 28, NONE, 8},
    {__LINE__, "delete_sa a{}", 24, 8, 16},
    {__LINE__, "delete_sa a{bytes=0}", 0, NONE, NONE},
    {__LINE__, "delete_sa a{raw=24*00}", 24, NONE, 16},
};

static void test_sizes(void)
{
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint8_t bytes[LIST_NODE_BYTES];
        struct list list;
        uint32_t next_at;
        uint32_t handle_at;
        read_text(&list, sizes[i].at, sizes[i].text);
        expect(sizes[i].at, sizes[i].text, "length", list_encode(&list, 0, bytes, &next_at, &handle_at), sizes[i].len);
        expect(sizes[i].at, sizes[i].text, "next_at", next_at, sizes[i].next_at);
        expect(sizes[i].at, sizes[i].text, "handle_at", handle_at, sizes[i].handle_at);
    }
}

static void test_members(void)
{
    uint8_t bytes[LIST_NODE_BYTES];
    struct ipsec_offload_v2_add_sa add;
    struct ipsec_offload_v2_update_sa update;
    struct list list;

    read_text(&list, __LINE__, "add_sa a[2]{in spi=0x11223344 esn hi=7 udp=2 key=20*ab sa0.enc.info=12}");
    list_encode(&list, 1, bytes, NULL, NULL);
    memcpy(&add, bytes, offsetof(struct ipsec_offload_v2_add_sa, KeyData));
    expect(__LINE__, "add", "flags", add.Flags, IPSEC_OFFLOAD_V2_INBOUND);
    expect(__LINE__, "add", "SPI", memcmp(&add.SecAssoc[0].Spi, "\x11\x22\x33\x45", 4) == 0, true);
    expect(__LINE__, "add", "half", add.SecAssoc[0].SequenceNumberHighOrder, 7);
    expect(__LINE__, "add", "UDP", add.UdpEspEncapsulation, 2);
    expect(__LINE__, "add", "info", add.SecAssoc[0].EncryptionAlgorithm.AdditionalInfo, 12);
    expect(__LINE__, "add", "key length", add.KeyLength, 20);
    expect(__LINE__, "add", "key", bytes[168] == 0xab && bytes[187] == 0xab, true);
    profile.spi_host_order = true;
    profile.update_linked = true;
    read_text(&list, __LINE__, "update_sa a{op=ah spi=0x11223344 hi=9}");
    expect(__LINE__, "linked", "fixed", list_fixed(&list), OV2_SIZEOF_UPDATE_SA_LINKED_REVISION_1);
    expect(__LINE__, "linked", "linked", list.linked, true);
    profile.update_linked = false;
    read_text(&list, __LINE__, "update_sa a{op=ah spi=0x11223344 hi=9}");
    list_encode(&list, 0, bytes, NULL, NULL);
    memset(&update, 0, sizeof update);
    memcpy(&update, bytes, list_fixed(&list));
    expect(__LINE__, "update", "SPI", update.Spi, 0x11223344);
    expect(__LINE__, "update", "operation", update.Operation, IPSEC_OFFLOAD_V2_OPERATION_AH);
    profile.spi_host_order = false;
}

/* What the stack asks for unless a line says otherwise: one that RFC 8221 demands and that authenticates (P-ALG-009,
 * P-ALG-010), and extended numbers for no cipher and no MAC by itself (P-ALG-011, P-ESN-011). */
static void test_defaults(void)
{
    static const char *const suites[] = {"", "esp=des-cbc+md5", "esp=3des-cbc+sha1", "esp=aes-gcm-256", "ah=ah-sha1"};
    uint8_t bytes[LIST_NODE_BYTES];
    struct ipsec_offload_v2_add_sa add;
    struct list list;
    char text[64];

    read_text(&list, __LINE__, "add_sa a{}");
    list_encode(&list, 0, bytes, NULL, NULL);
    memcpy(&add, bytes, offsetof(struct ipsec_offload_v2_add_sa, KeyData));
    expect(__LINE__, "add", "operations", add.NumExtHdrs, 1);
    expect(__LINE__, "add", "operation", add.SecAssoc[0].Operation, IPSEC_OFFLOAD_V2_OPERATION_ESP);
    expect(__LINE__, "add", "cipher", add.SecAssoc[0].EncryptionAlgorithm.Identifier,
           IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_128);
    expect(__LINE__, "add", "ICV", add.SecAssoc[0].EncryptionAlgorithm.AdditionalInfo, 16);
    for (size_t i = 0; i < 2 * sizeof suites / sizeof suites[0]; i++) {
        bool esn = i % 2;
        snprintf(text, sizeof text, "add_sa a{%s %s}", suites[i / 2], esn ? "esn hi=7" : "");
        read_text(&list, __LINE__, text);
        list_encode(&list, 0, bytes, NULL, NULL);
        memcpy(&add, bytes, offsetof(struct ipsec_offload_v2_add_sa, KeyData));
        expect(__LINE__, text, "flags", add.SecAssoc[0].Flags, esn ? IPSEC_OFFLOAD_V2_ESN_SA : 0);
        expect(__LINE__, text, "half", add.SecAssoc[0].SequenceNumberHighOrder, esn ? 7 : 0);
    }
}

/* Equal lines give equal keys, and each element of a run has one of its own. */
static void test_keys(void)
{
    uint8_t bytes[3][LIST_NODE_BYTES];
    struct list list;

    read_text(&list, __LINE__, "add_sa a[2]{} b{}");
    for (uint32_t i = 0; i < 3; i++)
        list_encode(&list, i, bytes[i], NULL, NULL);
    expect(__LINE__, "a and b", "keys", memcmp(bytes[0] + 168, bytes[2] + 168, 20) == 0, true);
    expect(__LINE__, "a and a[1]", "keys", memcmp(bytes[0] + 168, bytes[1] + 168, 20) == 0, false);
}

static void test_places(void)
{
    static const char *const names[] = {"a", "b", "b", "b", "d"};
    struct list list;
    uint32_t index;

    read_text(&list, __LINE__, "delete_sa a{at=guard} b[3]{} c[0]{} d{at=scattered}");
    expect(__LINE__, "list", "nodes", list.node_count, 5);
    for (uint32_t i = 0; i < 5; i++)
        expect(__LINE__, names[i], "name", strcmp(list_element(&list, i, &index)->name, names[i]) == 0, true);
    list_element(&list, 3, &index);
    expect(__LINE__, "b[2]", "index", index, 2);
    expect(__LINE__, "a", "placement", list_placement_of(&list, &line.elements[0]), PLACEMENT_GUARD);
    expect(__LINE__, "b", "placement", list_placement_of(&list, &line.elements[1]), PLACEMENT_PACKED);
    expect(__LINE__, "d", "placement", list_placement_of(&list, &line.elements[3]), PLACEMENT_SCATTERED);
    expect(__LINE__, "high", "twist", list_twist(5, TWIST_HIGH), 5ull | 1ull << 45);
    expect(__LINE__, "top", "twist", list_twist(5, TWIST_TOP), 5ull | 1ull << 63);
    expect(__LINE__, "next", "twist", list_twist(5, TWIST_NEXT), 6);
    expect(__LINE__, "low", "twist", list_twist(0x700000005, TWIST_LOW), 5);
    expect(__LINE__, "none", "twist", list_twist(5, TWIST_NONE), 5);
}

int main(void)
{
    test_links();
    test_sizes();
    test_members();
    test_defaults();
    test_keys();
    test_places();
    return failures > 0;
}
