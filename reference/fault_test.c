/* SPDX-License-Identifier: MIT */
/*
 * Every fault can be seen through the contract.  A battery of requests and packets is run once clean and once with each
 * fault, in a process of its own; what it saw, or that it did not come to its end, must differ.
 */
#include "fault.h"
#include "testing_seen.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void battery_headers(void)
{
    static const struct ndis_object_header HEADERS[] = {{0x80, 1, 169}, {0x80, 1, 176}, {0x80, 1, 168}, {0x80, 2, 169},
                                                        {0x80, 2, 8},   {0x80, 0, 176}, {0x80, 1, 200}};
    struct ov2_device *device = open_device("");
    uint8_t *block = malloc(4);

    for (uint32_t i = 0; i < sizeof(HEADERS) / sizeof(HEADERS[0]); i++) {
        struct testing_add element = testing_gcm(0, 100 + i);
        element.sa.Header = HEADERS[i];
        add(device, &element);
        set(device, ADD, &element, 100);
        memcpy(block, &element, 4);
        set(device, ADD, block, 4);
    }
    set(device, ADD, block + 2, 2);
    free(block);
    set(device, 0xFC0302FFu, &host, 4);
    struct testing_add element = testing_gcm(0, 300);
    submit(device, ADD, NDIS_REQUEST_QUERY_INFORMATION, &element, testing_add_len(&element));
    struct ndis_oid_request request = testing_request(ADD, &element, testing_add_len(&element));
    uint32_t status = 0;
    request.Header.Size = NDIS_SIZEOF_OID_REQUEST_REVISION_2;
    request.Header.Revision = 2;
    request.RequestId = &request;
    testing_adapter()->request(device, &status, &request, OV2_DOOR_DIRECT);
    see(status);
    close_device(device);
}

static void battery_adds(void)
{
    struct ov2_device *device = open_device("capacity=4,esn=0,ipv6=0,enc=0x18");
    struct testing_add list[3];

    for (uint32_t i = 0; i < 3; i++)
        list[i] = testing_gcm(0, i + 1);
    list[0].sa.Next = &list[1].sa;
    list[1].sa.Next = &list[2].sa;
    list[2].sa.Next = &list[1].sa;
    see(set(device, ADD, &list[0], testing_add_len(&list[0])));
    list[2].sa.Next = NULL;
    list[1].sa.Header.Size = 8;
    see(set(device, ADD, &list[0], testing_add_len(&list[0])));
    list[1].sa.Header.Size = 169;
    list[1].sa.Flags = IPSEC_OFFLOAD_V2_IPv6;
    see(set(device, ADD, &list[0], testing_add_len(&list[0])));
    see(list[1].sa.OffloadHandle != NULL);
    list[1].sa.Flags = 0;
    list[1].sa.Next = NULL;
    list[1].sa.SecAssoc[0].Flags = IPSEC_OFFLOAD_V2_ESN_SA;
    add(device, &list[1]);
    list[1].sa.SecAssoc[0].Flags = 0;
    list[1].sa.SecAssoc[0].EncryptionAlgorithm.Identifier = IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_256;
    list[1].sa.SecAssoc[0].EncryptionAlgorithm.KeyLength = 36;
    list[1].sa.KeyLength = 36;
    add(device, &list[1]);
    list[1].sa.SecAssoc[0].EncryptionAlgorithm.Identifier = 0x18;
    list[1].sa.SecAssoc[0].EncryptionAlgorithm.KeyLength = 20;
    add(device, &list[1]);
    for (uint32_t i = 10; i < 14; i++)
        add_plain(device, 0, i);
    close_device(device);

    device = open_device("");
    struct testing_add element = testing_gcm(IPSEC_OFFLOAD_V2_IPv6, 1);
    add(device, &element);
    element.sa.Endpoints.IPv6Endpoints.DestAddr[15] = 1;
    add(device, &element);
    element.sa.Flags |= INBOUND;
    add(device, &element);
    close_device(device);
}

static void add_ex(struct ov2_device *device, uint32_t spi, uint32_t offset)
{
    struct testing_add plain = testing_gcm(0, spi);
    struct ipsec_offload_v2_add_sa_ex element;
    uint8_t image[200];

    memset(&element, 0, sizeof(element));
    element.Header = testing_header(NDIS_OBJECT_TYPE_DEFAULT, NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_EX_REVISION_1);
    element.NumExtHdrs = 1;
    element.SecAssoc[0] = plain.sa.SecAssoc[0];
    element.KeyLength = 20;
    element.KeyOffset = offset;
    memcpy(image, &element, NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_EX_REVISION_1);
    for (uint32_t i = 0; i < 20; i++)
        image[offset + i] = (uint8_t)i;
    set(device, ADD_EX, image, offset + 20);
    memcpy(&element, image, sizeof(element));
    struct frame frame = frame_of(spi, 0, 16);
    send_frame(device, &frame, (uintptr_t)element.OffloadHandle, 5);
}

static void battery_keys(void)
{
    static const uint32_t ROWS[][3] = {{20, 0, 8}, {20, 0, 17}, {20, 4, 0},          {21, 0, 0},
                                       {19, 0, 0}, {20, 5, 0},  {20, 0xFFFFFFF0u, 0}};
    struct ov2_device *device = open_device("");

    for (uint32_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        struct testing_add element = testing_gcm(0, i + 1);
        struct ipsec_offload_v2_algorithm_info *info = &element.sa.SecAssoc[0].EncryptionAlgorithm;
        element.sa.KeyLength = 24;
        for (uint32_t n = 0; n < 24; n++)
            testing_keys(&element)[n] = (uint8_t)n;
        info->KeyLength = ROWS[i][0];
        info->KeyOffsetBytes = ROWS[i][1];
        info->AdditionalInfo = ROWS[i][2];
        struct frame frame = frame_of(i + 1, 0, ROWS[i][2] == 8 ? 8 : 16);
        send_frame(device, &frame, add(device, &element), 5);
        element.sa.KeyLength = 26;
        set(device, ADD, &element, testing_add_len(&element) - 1);
    }
    add_ex(device, 50, 170);
    add_ex(device, 51, 177);
    struct testing_add element = testing_gcm(0, 60);
    uint8_t *block = malloc(188);
    memcpy(block, &element, 188);
    ((struct ipsec_offload_v2_add_sa *)(void *)block)->KeyLength = 40;
    ((struct ipsec_offload_v2_add_sa *)(void *)block)->SecAssoc[0].EncryptionAlgorithm.KeyOffsetBytes = 20;
    set(device, ADD, block, 188);
    free(block);
    close_device(device);
}

static uint64_t add_esn(struct ov2_device *device, uint32_t flags, uint32_t spi)
{
    struct testing_add element = testing_gcm(flags, spi);

    element.sa.SecAssoc[0].Flags = IPSEC_OFFLOAD_V2_ESN_SA;
    element.sa.SecAssoc[0].SequenceNumberHighOrder = 7;
    return add(device, &element);
}

static struct ipsec_offload_v2_update_sa_linked update_of(uint64_t handle, uint32_t operation, uint32_t spi)
{
    struct ipsec_offload_v2_update_sa_linked element;

    memset(&element, 0, sizeof(element));
    element.Header = testing_header(NDIS_OBJECT_TYPE_DEFAULT, OV2_SIZEOF_UPDATE_SA_LINKED_REVISION_1);
    element.OffloadHandle = (void *)(uintptr_t)handle;
    element.Operation = operation;
    put_be32((uint8_t *)&element.Spi, spi);
    element.SequenceNumberHighOrder = 0x101;
    return element;
}

static void battery_updates(void)
{
    struct ov2_device *device = open_device("UPDATE_LAYOUT=linked");
    uint64_t handles[3] = {add_esn(device, 0, 1), add_esn(device, 0, 2), add_plain(device, 0, 3)};
    struct ipsec_offload_v2_update_sa_linked list[2];

    for (uint32_t bad = 0; bad < 2; bad++) {
        list[0] = update_of(handles[0], IPSEC_OFFLOAD_V2_OPERATION_ESP, 1);
        list[1] = update_of(handles[1], IPSEC_OFFLOAD_V2_OPERATION_ESP + (1 - bad), 2);
        list[0].Next = &list[1];
        set(device, UPDATE, &list[0], sizeof(list[0]));
        list[1] = update_of(handles[2], IPSEC_OFFLOAD_V2_OPERATION_ESP, 3);
        set(device, UPDATE, &list[1], sizeof(list[1]));
        for (uint32_t i = 0; i < 3; i++) {
            struct frame frame = frame_of(i + 1, 0, 16);
            send_frame(device, &frame, handles[i], 5);
        }
    }
    close_device(device);

    device = open_device("");
    uint64_t handle = add_esn(device, 0, 1);
    struct ipsec_offload_v2_update_sa single;
    single.Header = testing_header(NDIS_OBJECT_TYPE_DEFAULT, NDIS_SIZEOF_IPSEC_OFFLOAD_V2_UPDATE_SA_REVISION_1);
    single.OffloadHandle = (void *)(uintptr_t)handle;
    single.Operation = IPSEC_OFFLOAD_V2_OPERATION_ESP;
    put_be32((uint8_t *)&single.Spi, 1);
    single.SequenceNumberHighOrder = 0x101;
    set(device, UPDATE, &single, 28);
    close_device(device);
}

static uint32_t delete_list(struct ov2_device *device, const uint64_t *handles, uint32_t count, uint16_t last_size)
{
    struct ipsec_offload_v2_delete_sa list[4];

    for (uint32_t i = 0; i < count; i++) {
        list[i].Header = testing_header(NDIS_OBJECT_TYPE_DEFAULT, i + 1 < count ? sizeof(list[i]) : last_size);
        list[i].Next = i + 1 < count ? &list[i + 1] : NULL;
        list[i].OffloadHandle = (void *)(uintptr_t)handles[i];
    }
    return set(device, DELETE, list, sizeof(list[0]));
}

static void battery_deletes(void)
{
    struct ov2_device *device = open_device("A-06=fail-after"), *other = open_device("");
    uint64_t handles[3] = {add_plain(device, 0, 1), add_plain(device, 0, 2), add_plain(device, 0, 3)};
    uint64_t strange[2] = {handles[0] ^ 1ull << 40, add_plain(other, 0, 1)};
    struct ndis_offload_parameters parameters;
    see(delete_list(device, strange, 1, 24));
    see(delete_list(device, strange + 1, 1, 24));
    see(delete_list(device, handles, 2, 8));
    see(add_plain(device, 0, 1) == 0);
    handles[2] = handles[0];
    see(delete_list(device, handles, 3, 24));
    see(delete_list(device, handles + 1, 1, 24));
    memset(&parameters, 0, sizeof(parameters));
    parameters.Header = testing_header(NDIS_OBJECT_TYPE_DEFAULT, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_2);
    parameters.Header.Revision = 2;
    parameters.IPsecV2 = NDIS_OFFLOAD_PARAMETERS_IPSECV2_DISABLED;
    testing_submit(device, OID_TCP_OFFLOAD_PARAMETERS, &parameters, sizeof(parameters));
    see(delete_list(device, handles, 1, 24));
    close_device(other);
    close_device(device);
}

static void battery_waiting(void)
{
    static struct testing_add elements[4];
    struct ov2_device *device = open_device("");
    struct ndis_oid_request requests[4];
    uint32_t status = 0;

    happen(device, OV2_EVENT_HOLD);
    for (uint32_t i = 0; i < 4; i++) {
        elements[i] = testing_gcm(0, i + 1);
        requests[i] = testing_request(ADD, &elements[i], testing_add_len(&elements[i]));
        requests[i].RequestId = i < 2 ? NULL : (void *)1;
        memset(requests[i].SourceReserved, 0xAB, sizeof(requests[i].SourceReserved));
        testing_adapter()->request(device, &status, &requests[i], OV2_DOOR_DIRECT);
        see_bytes(requests[i].SourceReserved, sizeof(requests[i].SourceReserved));
    }
    testing_adapter()->cancel(device, 1, OV2_DOOR_DIRECT);
    see(host.completed);
    happen(device, OV2_EVENT_RELEASE);
    see(host.completed);
    happen(device, OV2_EVENT_PAUSE);
    add_plain(device, 0, 9);
    happen(device, OV2_EVENT_RESTART);
    happen(device, OV2_EVENT_SURPRISE_REMOVAL);
    elements[0] = testing_gcm(0, 20);
    set(device, ADD, &elements[0], testing_add_len(&elements[0]));
    close_device(device);
}

static void battery_packets(void)
{
    struct ov2_device *device = open_device("ipv4opts=0");
    uint64_t out = add_plain(device, 0, 1);
    struct frame frame = frame_of(1, 0, 16);

    add_plain(device, INBOUND, 1);
    send_frame(device, &frame, out, 5);
    send_frame(device, &frame, out, 20);
    loop(device, 0, 0);
    loop(device, host.frame_len - 1, 1);
    loop(device, host.frame_len - 1, 0);
    happen(device, OV2_EVENT_SA_PRESSURE);
    loop(device, 40, 1);
    loop(device, 20, 0x20); /* MF */
    send_frame(device, &frame, out + 1, 5);
    frame.bytes[44 + 12 + 4] = 200; /* pad length */
    send_frame(device, &frame, out, 5);
    loop(device, 0, 0);
    frame = frame_of(1, 0, 0);
    receive_frame(device, &frame);
    frame = frame_of(1, 4, 16);
    send_frame(device, &frame, out, 6);
    receive_frame(device, &frame);
    close_device(device);
}

static void battery_life(void)
{
    struct ov2_device *device = open_device("");
    uint64_t out = add_esn(device, 0, 1);
    struct frame frame = frame_of(1, 0, 16);
    struct ndis_offload_encapsulation off;

    add_esn(device, INBOUND, 1);
    send_frame(device, &frame, out, 5);
    loop(device, 0, 0);
    happen(device, OV2_EVENT_RESET);
    send_frame(device, &frame, out, 5);
    memset(&off, 0, sizeof(off));
    off.Header = testing_header(NDIS_OBJECT_TYPE_OFFLOAD_ENCAPSULATION, sizeof(off));
    off.IPv4.Enabled = off.IPv6.Enabled = NDIS_OFFLOAD_SET_OFF;
    testing_submit(device, OID_OFFLOAD_ENCAPSULATION, &off, sizeof(off));
    loop(device, 0, 0);
    happen(device, OV2_EVENT_PAUSE);
    send_frame(device, &frame, out, 5);
    happen(device, OV2_EVENT_RESTART);
    happen(device, OV2_EVENT_LOW_POWER);
    send_frame(device, &frame, out, 5);
    close_device(device);
}

static uint64_t run_battery(void)
{
    seen = 1;
    testing_host(&host);
    battery_headers();
    battery_adds();
    battery_keys();
    battery_updates();
    battery_deletes();
    battery_waiting();
    battery_packets();
    battery_life();
    return seen;
}

/* digest_of: what a process with this fault saw; false if it did not come to its end. */
static bool digest_of(uint64_t *digest, const char *fault, int patience_ms)
{
    int ends[2];
    bool ok = pipe(ends) == 0;
    pid_t child = ok ? fork() : -1;

    CHECK(child >= 0);
    if (child == 0) {
        snprintf(fault_option, sizeof(fault_option), "%s%s", fault != NULL ? ",fault=" : "",
                 fault != NULL ? fault : "");
        close(STDERR_FILENO);
        uint64_t mine = run_battery();
        _exit(write(ends[1], &mine, sizeof(mine)) == (ssize_t)sizeof(mine) ? 0 : 1);
    }
    close(ends[1]);
    struct pollfd waiting = {ends[0], POLLIN, 0};
    ok = poll(&waiting, 1, patience_ms) == 1 && read(ends[0], digest, sizeof(*digest)) == (ssize_t)sizeof(*digest);
    close(ends[0]);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return ok;
}

struct entry {
    const char *name;
    bool sanitizer;
};

static const struct entry FAULTS[] = {
#ifndef OV2_NO_FAULTS
#define FAULT(id, requirement, text)      {#id, false},
#define FAULT_ASAN(id, requirement, text) {#id, true},
#include "faults.def"
#undef FAULT
#undef FAULT_ASAN
#endif
    {NULL, false},
};

#if defined(__has_feature)
#define HAS_FEATURE(feature) __has_feature(feature)
#else
#define HAS_FEATURE(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || HAS_FEATURE(address_sanitizer)
#define SANITIZED true
#else
#define SANITIZED false
#endif

int main(void)
{
    uint64_t clean = 0, again = 0, faulty = 0;

    CHECK(digest_of(&clean, NULL, 10000) && digest_of(&again, NULL, 10000) && clean == again);
    for (const struct entry *entry = FAULTS; entry->name != NULL; entry++) {
        if (entry->sanitizer && !SANITIZED)
            continue;
        if (digest_of(&faulty, entry->name, 300) && faulty == clean) {
            fprintf(stderr, "fault.c: %s cannot be seen\n", entry->name);
            testing_failures++;
        }
    }
    return testing_failures != 0;
}
