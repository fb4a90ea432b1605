/* SPDX-License-Identifier: MIT */
/* What a device may answer to requests about SAs: each law of model_request.c and its parts, broken and not. */
#define TEST_FILE "model_request_test.c"
#include "device_test.inc"

enum {
    RIGHT,
    ANSWERS, /* from here on: this status, as if everything had been done */
    ANSWERS_SUCCESS,
    ANSWERS_FAILURE,
    ANSWERS_INVALID_DATA,
    ANSWERS_INVALID_PARAMETER,
    ANSWERS_INDICATION_REQUIRED,
    ANSWERS_FIVE,
    ANSWERS_ABORTED,
    ANSWERS_NOT_SUPPORTED,
    ANSWERS_LAST,
    KEEPS_REVISION,
    READS_NOTHING,
    READS_TOO_MUCH,
    NEEDS_NOTHING,
    /* handles of ADD */
    GIVES_NULL,
    GIVES_ALL_ONE,
    GIVES_JUNK, /* to elements of a request that fails */
    LEAVES_HANDLE,
    GIVES_STRANGERS,
    DROPS_LAST, /* of a list it adds all but the last element */
    KEEPS_KEY,
};

static uint8_t *next_element(const uint8_t *element)
{
    uint8_t *next;

    memcpy(&next, element + LIST_NEXT_AT, sizeof next);
    return next;
}

static void set_handle(uint8_t *element, uint64_t handle)
{
    memcpy(element + offsetof(struct ipsec_offload_v2_add_sa, OffloadHandle), &handle, sizeof handle);
}

static uint64_t handle_of(const uint8_t *element)
{
    uint64_t handle;

    memcpy(&handle, element + offsetof(struct ipsec_offload_v2_add_sa, OffloadHandle), sizeof handle);
    return handle;
}

static void forget(struct ov2_device *device, uint8_t *element)
{
    struct toy_sa *sa = toy_find(device, handle_of(element));

    if (sa)
        memset(sa, 0, sizeof *sa);
    set_handle(element, 0);
}

static void spoil_handles(struct ov2_device *device, uint8_t *head)
{
    for (uint8_t *element = head; element; element = next_element(element)) {
        switch (script.wrong) {
        case GIVES_NULL:
            forget(device, element);
            break;
        case GIVES_ALL_ONE:
            set_handle(element, TOY_HANDLE + 16);
            break;
        case GIVES_JUNK:
            set_handle(element, 0x99);
            break;
        case LEAVES_HANDLE:
            forget(device, element);
            set_handle(element, 0x4444);
            break;
        case DROPS_LAST:
            if (!next_element(element) && element != head)
                forget(device, element);
            break;
        default:
            break;
        }
    }
    if (script.wrong == GIVES_STRANGERS)
        set_handle(head + 192, 0x77);
}

static void spoil_outputs(struct ndis_oid_request *request)
{
    switch (script.wrong) {
    case KEEPS_REVISION:
        request->SupportedRevision = 2;
        break;
    case READS_NOTHING:
        request->DATA.SET_INFORMATION.BytesRead = 0;
        break;
    case READS_TOO_MUCH:
        request->DATA.SET_INFORMATION.BytesRead = 9999;
        break;
    case NEEDS_NOTHING:
        request->DATA.SET_INFORMATION.BytesNeeded = 0;
        break;
    default:
        break;
    }
}

static void wrong_request(struct ov2_device *device, struct ndis_oid_request **request, uint32_t *door,
                          uint32_t *status, uint32_t *times)
{
    static const uint32_t statuses[] = {
        [ANSWERS_SUCCESS] = NDIS_STATUS_SUCCESS,
        [ANSWERS_FAILURE] = NDIS_STATUS_FAILURE,
        [ANSWERS_INVALID_DATA] = NDIS_STATUS_INVALID_DATA,
        [ANSWERS_INVALID_PARAMETER] = NDIS_STATUS_INVALID_PARAMETER,
        [ANSWERS_INDICATION_REQUIRED] = NDIS_STATUS_INDICATION_REQUIRED,
        [ANSWERS_FIVE] = 5,
        [ANSWERS_ABORTED] = NDIS_STATUS_REQUEST_ABORTED,
        [ANSWERS_NOT_SUPPORTED] = NDIS_STATUS_NOT_SUPPORTED,
    };
    uint8_t *buffer = (*request)->DATA.SET_INFORMATION.InformationBuffer;

    (void)times;
    if (*door != OV2_DOOR_DIRECT)
        return;
    if ((*request)->DATA.SET_INFORMATION.Oid == OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA && buffer &&
        *status != NDIS_STATUS_BUFFER_TOO_SHORT)
        spoil_handles(device, buffer);
    if (script.wrong == KEEPS_KEY && (*request)->DATA.SET_INFORMATION.Oid == OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA &&
        buffer)
        memcpy(device->memory, buffer + offsetof(struct ipsec_offload_v2_add_sa, KeyData), 16);
    if (script.wrong > ANSWERS && script.wrong < ANSWERS_LAST) {
        *status = statuses[script.wrong];
        (*request)->SupportedRevision = 1;
        if ((*request)->RequestType == NDIS_REQUEST_SET_INFORMATION)
            (*request)->DATA.SET_INFORMATION.BytesRead = (*request)->DATA.SET_INFORMATION.InformationBufferLength;
    }
    if (script.wrong == GIVES_JUNK)
        *status = NDIS_STATUS_FAILURE;
    spoil_outputs(*request);
}

#define ROW(...) __LINE__, "", __VA_ARGS__
#define SET(...) __LINE__, __VA_ARGS__
#define ADD      "add_sa a{spi=0x1001}\n"
#define ADD_ESN  "add_sa a{spi=0x1001 esn}\n"
#define ADD2     "add_sa a{spi=0x1001} b{spi=0x1002}\n"
#define DELETE   "delete_sa a{handle=#1}\n"
#define UPDATE   "update_sa a{handle=#1 spi=0x1001 hi=1}\n"

/* clang-format off */
static const struct row rows[] = {
    /* every answer */
    {ROW(RIGHT, 0, ADD_ESN UPDATE DELETE "add_sa_ex a{}\n", "")},
    {ROW(ANSWERS_INDICATION_REQUIRED, 0, DELETE, "OID-019 DEL-030")},
    {ROW(ANSWERS_FIVE, 0, DELETE, "OID-020 DEL-030")},
    {ROW(KEEPS_REVISION, 0, ADD, "HDR-016")},
    {ROW(KEEPS_REVISION, 0, "add_sa a{rev=2}\n", "HDR-017")},
    {ROW(KEEPS_REVISION, 0, "add_sa a{esn}\nupdate_sa a{handle=#1 spi=0x1001 hi=1}\n", "HDR-016 UPD-023")},
    {ROW(READS_NOTHING, 0, ADD, "HDR-019")},
    {ROW(READS_TOO_MUCH, 0, ADD, "HDR-019")},
    {ROW(READS_TOO_MUCH, 0, ADD_ESN UPDATE, "HDR-019 UPD-023")},
    {ROW(RIGHT, 0, "event hold\nadd_sa nowait a{}\nevent release\n", "")},
    {ROW(READS_NOTHING, 0, "event hold\nadd_sa nowait a{}\nevent release\n", "HDR-019")},
    {ROW(RIGHT, 0, "add_sa length=3 a{}\n", "")},
    {ROW(NEEDS_NOTHING, 0, "add_sa length=3 a{}\n", "HDR-018")},
    /* requests that must fail whatever they hold */
    {ROW(RIGHT, 0, "add_sa kind=query a{}\nadd_sa kind=method a{}\nadd_sa kind=5 a{}\nadd_sa buffer=null length=0 a{}\n", "")},
    {ROW(ANSWERS_SUCCESS, 0, "delete_sa kind=query a{handle=9}\n", "OID-022 HDR-019")},
    {ROW(ANSWERS_SUCCESS, 0, "delete_sa kind=stats a{handle=9}\n", "OID-022 HDR-019")},
    {ROW(ANSWERS_SUCCESS, 0, "delete_sa kind=method a{handle=9}\n", "OID-023 HDR-019")},
    {ROW(ANSWERS_SUCCESS, 0, "delete_sa kind=5 a{handle=9}\n", "OID-024 HDR-019")},
    {ROW(ANSWERS_SUCCESS, 0, "delete_sa length=3 a{handle=9}\n", "HDR-002")},
    {ROW(ANSWERS_SUCCESS, 0, "event surprise-removal\ndelete_sa a{handle=9}\n", "OID-030")},
    {ROW(RIGHT, 0, "event surprise-removal\n" DELETE, "")},
    {ROW(RIGHT, 0, "oid code=0xFC0302FF buffer=8*00\n", "")},
    {ROW(ANSWERS_SUCCESS, 0, "oid code=0xFC0302FF buffer=8*00\n", "OID-021")},
    /* ADD */
    {ROW(ANSWERS_SUCCESS, 0, "add_sa a{ext=0}\n", "ADD-011")},
    {ROW(GIVES_NULL, 0, ADD, "ADD-011")},
    {ROW(ANSWERS_FAILURE, 0, ADD, "ADD-010 ADD-001")},
    /* Its bytes delete the SA, but no symbol says so. */
    {ROW(RIGHT, 0, ADD_ESN "oid code=0xFC030203 buffer=80011800.4*00.8*00.101000000000117a\n" UPDATE DELETE, "")},
    {ROW(ANSWERS_NOT_SUPPORTED, 0, "add_sa_ex a{}\n", "ADD-010 ADD-002")},
    {ROW(RIGHT, 0, "add_sa a{ext=0} b{spi=5}\n", "")},
    {ROW(GIVES_ALL_ONE, 0, ADD2, "ADD-005")},
    {ROW(GIVES_ALL_ONE, 0, ADD ADD, "ADD-055")},
    {ROW(GIVES_ALL_ONE, 0, "add_sa a{ext=0}\n", "ADD-010")},
    {ROW(GIVES_JUNK, 0, ADD, "ADD-010 ADD-001")},
    {ROW(LEAVES_HANDLE, 0, "add_sa a{handle=0x4444}\n", "ADD-007")},
    {ROW(LEAVES_HANDLE, 0, "add_sa a{handle=0x4444} b{ext=0 handle=0x4444}\n", "ADD-013 ADD-010")},
    {ROW(RIGHT, 0, "add_sa a{handle=0x4444}\n" "add_sa a{handle=#1 spi=5}\n", "")},
    {ROW(DROPS_LAST, 0, ADD2, "ADD-001")},
    {ROW(GIVES_STRANGERS, 0, "add_sa a{at=packed next=null} b{at=packed}\n", "ADD-015")},
    {ROW(RIGHT, 0, "add_sa a{at=packed next=null} b{at=packed}\n", "")},
    {ROW(RIGHT, 0, "config ipsec=disabled\n" ADD, "")},
    {SET("*IPsecOffloadV2=0", RIGHT, 0, ADD, "")},
    {SET("*IPsecOffloadV2=1", RIGHT, 0, ADD, "CFG-001")},
    {SET("*IPsecOffloadV2=1", RIGHT, 0, "config ipsec=ah\n" ADD, "CFG-004")},
    {SET("*IPsecOffloadV2=3", RIGHT, 0, ADD, "")},
    {SET("*IPsecOffloadV2=3", ANSWERS_INVALID_DATA, 0, "add_sa a{ext=0}\n", "")},
    /* DELETE */
    {ROW(ANSWERS_FAILURE, 0, ADD2 DELETE, "ADD-010 ADD-001 DEL-030")},
    {ROW(RIGHT, FAILS_BUSY, ADD DELETE, "DEL-001")},
    {ROW(RIGHT, FAILS_BUSY | PENDS_REQUESTS, ADD DELETE, "DEL-010")},
    {ROW(ANSWERS_INVALID_PARAMETER, 0, "delete_sa a{handle=9}\n", "DEL-030")},
    {ROW(ANSWERS_ABORTED, 0, "delete_sa a{handle=9}\n", "")},
    {ROW(RIGHT, 0, "delete_sa a{handle=9 size=8}\n", "HDR-007")},
    {ROW(RIGHT, 0, "delete_sa a{handle=9} b{handle=9 size=8}\n", "DEL-016")},
    {ROW(ANSWERS_INVALID_DATA, 0, "delete_sa a{handle=9} b{handle=9 size=8}\n", "")},
    {ROW(RIGHT, 0, "delete_sa length=20 a{handle=9}\n", "DEL-017")},
    /* UPDATE */
    {ROW(RIGHT, FAILS_BUSY, ADD_ESN UPDATE, "UPD-001")},
    {ROW(ANSWERS_SUCCESS, 0, "update_sa a{handle=9}\n", "UPD-030")},
    {ROW(ANSWERS_FAILURE, 0, "update_sa a{handle=9}\n", "UPD-030")},
    {ROW(RIGHT, 0, "update_sa a{handle=9}\n", "")},
    {ROW(ANSWERS_SUCCESS, 0, ADD_ESN "update_sa a{handle=#1 op=7}\n", "UPD-010")},
    {ROW(ANSWERS_SUCCESS, 0, ADD_ESN "update_sa a{handle=#1 op=ah}\n", "UPD-011")},
    {ROW(ANSWERS_SUCCESS, 0, "update_sa length=20 a{handle=9}\n", "UPD-004")},
    {ROW(ANSWERS_SUCCESS, 0, "update_sa a{handle=9 size=20}\n", "HDR-007")},
    /* handles by their value */
    {ROW(RIGHT, COUNTS_HANDLES, ADD2 "delete_sa a{handle=#1~next}\nsend a{sa=#1 data=11} b{sa=#2 data=11}\n", "")},
    {ROW(RIGHT, COUNTS_HANDLES, ADD DELETE "add_sa a{spi=0x1001}\n" DELETE "send a{sa=#2 data=11}\n", "")},
    {ROW(RIGHT, COUNTS_HANDLES, ADD "delete_sa a{handle=1}\nsend a{sa=#1 data=11}\n", "")},
    {ROW(RIGHT, COUNTS_HANDLES, ADD "dut2 open\ndut2 add_sa a{spi=5}\ndelete_sa a{handle=dut2#1}\nsend a{sa=#1 data=11}\n", "")},
    {ROW(RIGHT, COUNTS_HANDLES, ADD "delete_sa a{raw=80011800.4*00.8*00.0100000000000000}\nsend a{sa=#1 data=11}\n", "")},
    /* cancelling */
    {ROW(RIGHT, 0, "event hold\nadd_sa nowait id=7 a{}\nadd_sa nowait id=8 a{spi=8}\ncancel id=7\nevent release\n", "")},
    {ROW(RIGHT, IGNORES_CANCEL, "event hold\nadd_sa nowait id=7 a{}\ncancel id=7\n", "OID-014")},
    {ROW(RIGHT, IGNORES_CANCEL, "event hold\nadd_sa nowait id=7 a{}\ncancel id=0\n", "")},
    {ROW(ANSWERS_ABORTED, 0, "event hold\ndelete_sa nowait id=5 a{handle=9}\nevent release\n", "OID-015")},
    {ROW(ANSWERS_ABORTED, PENDS_REQUESTS, "event hold\ndelete_sa nowait a{handle=9}\nevent reset\n", "")},
    {ROW(ANSWERS_ABORTED, PENDS_REQUESTS, "event hold\ndelete_sa nowait a{handle=9}\nclose\n", "")},
    {ROW(RIGHT, 0, "event hold\nadd_sa nowait id=7 a{handle=0x4444}\ncancel id=7\n", "")},
    {ROW(RIGHT, 0, "event hold\nadd_sa nowait a{}\ncancel\n", "")},
    /* keys that are left */
    {ROW(KEEPS_KEY, USES_MEMORY, ADD "scan key=16?1\n" DELETE "scan key=16?1\n", "KEY-016")},
    {ROW(RIGHT, USES_MEMORY, ADD DELETE "scan key=16?1\n", "")},
};
/* clang-format on */

int main(void)
{
    hooks = (struct toy_hooks){.request = wrong_request};
    return run_rows(rows, sizeof rows / sizeof rows[0]);
}
