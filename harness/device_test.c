/* SPDX-License-Identifier: MIT */
/* The laws that need no model: memory, completions, tags, keys; each broken and not. */
#define TEST_FILE "device_test.c"
#include "device_test.inc"

#include <signal.h>

enum {
    RIGHT,
    /* requests */
    COMPLETES_INLINE,
    COMPLETES_LATER, /* what it answered inline */
    COMPLETES_TWICE,
    COMPLETES_NEVER,
    COMPLETES_A_COPY,
    COMPLETES_PENDING,
    OTHER_DOOR,
    WRITES_REQUEST,
    WRITES_ELEMENT,
    WRITES_BUFFER_LATE,
    WRITES_REQUEST_LATE,
    RETURNS_KEY,
    /* sends */
    WRITES_DATA,
    WRITES_DATA_LATE,
    SENDS_PENDING,
    SENDS_TWICE,
    SENDS_NEVER,
    SENDS_OTHER_TAG,
    CHANGES_SLOT_1,
    CHANGES_SLOT_11,
    CHANGES_SLOT_12,
    CHANGES_CHECKSUM,
    /* the host's services */
    INDICATES_KEY,
    INDICATES,
    LOGS_KEY,
    LOGS,
    HAS_RULE,
    NO_RULE,
};

static struct ndis_oid_request *old_request;
static uint8_t *old_buffer;
static uint8_t *old_data;
static uint8_t key[32];
static struct ndis_oid_request copy;

static void spoil_request(struct ndis_oid_request *request)
{
    uint8_t *buffer = request->DATA.SET_INFORMATION.InformationBuffer;

    switch (script.wrong) {
    case WRITES_REQUEST:
        request->SourceReserved[0] ^= 1;
        break;
    case WRITES_ELEMENT:
        buffer[4] ^= 1;
        break;
    default:
        break;
    }
}

static void wrong_request(struct ov2_device *device, struct ndis_oid_request **request, uint32_t *door,
                          uint32_t *status, uint32_t *times)
{
    const uint8_t *element = (*request)->DATA.SET_INFORMATION.InformationBuffer;

    (void)device;
    if (script.wrong == RETURNS_KEY && (*request)->DATA.SET_INFORMATION.Oid == OID_TCP_OFFLOAD_PARAMETERS)
        memcpy((*request)->DATA.SET_INFORMATION.InformationBuffer, key, 16);
    if (*door != OV2_DOOR_DIRECT)
        return;
    old_request = *request;
    old_buffer = (*request)->DATA.SET_INFORMATION.InformationBuffer;
    if ((*request)->DATA.SET_INFORMATION.Oid == OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA)
        memcpy(key, element + offsetof(struct ipsec_offload_v2_add_sa, KeyData), 16);
    spoil_request(*request);
    *times = script.wrong == COMPLETES_INLINE || script.wrong == COMPLETES_TWICE ? *times + 1 : *times;
    *times = script.wrong == COMPLETES_NEVER ? 0 : *times;
    *status = script.wrong == COMPLETES_PENDING ? NDIS_STATUS_PENDING : *status;
    *door = script.wrong == OTHER_DOOR ? OV2_DOOR_NORMAL : *door;
    if (script.wrong == COMPLETES_A_COPY) {
        memcpy(&copy, *request, NDIS_SIZEOF_OID_REQUEST_REVISION_1);
        *request = &copy;
    }
}

static void wrong_frame(struct ov2_device *device, struct toy_packet *packet, const struct ov2_send *list,
                        uint32_t index)
{
    (void)device;
    (void)packet;
    old_data = list->packets[index].fragments[0].buffer;
    if (script.wrong == WRITES_DATA)
        old_data[20] ^= 1;
}

static void wrong_send(struct ov2_device *device, struct ov2_send *list, uint32_t *status, uint32_t *times)
{
    (void)device;
    *status = script.wrong == SENDS_PENDING ? NDIS_STATUS_PENDING : *status;
    *times = script.wrong == SENDS_TWICE ? 2 : script.wrong == SENDS_NEVER ? 0 : 1;
    list->tag ^= script.wrong == SENDS_OTHER_TAG;
    list->oob.ipsec ^= script.wrong == CHANGES_SLOT_1;
    list->oob.tunnel ^= script.wrong == CHANGES_SLOT_11;
    list->oob.header ^= script.wrong == CHANGES_SLOT_12;
    list->oob.checksum ^= script.wrong == CHANGES_CHECKSUM;
}

static void wrong_drain(struct ov2_device *device)
{
    static const uint8_t nothing[16] = {1};

    switch (script.wrong) {
    case COMPLETES_LATER:
        if (old_request)
            device->ops->request_completed(device->host, old_request, OV2_DOOR_DIRECT, NDIS_STATUS_SUCCESS);
        old_request = NULL;
        break;
    case WRITES_BUFFER_LATE:
        old_buffer[0] = 1;
        break;
    case WRITES_REQUEST_LATE:
        old_request->Timeout = 1;
        break;
    case WRITES_DATA_LATE:
        old_data[0] = 1;
        break;
    case INDICATES_KEY:
    case INDICATES:
        device->ops->status_indicated(device->host, NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG,
                                      script.wrong == INDICATES ? nothing : key, 16);
        break;
    case LOGS_KEY:
        device->ops->log(device->host, (const char *)key);
        break;
    case LOGS:
        device->ops->log(device->host, "nothing");
        break;
    case HAS_RULE:
        device->ops->violated(device->host, "IrqlTest", "too high");
        break;
    case NO_RULE:
        device->ops->violated(device->host, NULL, NULL);
        break;
    default:
        break;
    }
}

#define ROW(...) __LINE__, "", __VA_ARGS__
#define TEXTKEY  "add_sa a{spi=0x1001 key=6162636465666768696a6b6c6d6e6f7071727374}\n"
#define DELETE   "delete_sa a{handle=#1}\n"
#define CONFIG   "oid code=0xFC01020C door=normal kind=query buffer=80021600.18*00\n"

/* clang-format off */
static const struct row rows[] = {
    {ROW(RIGHT, 0, TEXTKEY DELETE CONFIG "drain\n", "")},
    {ROW(RIGHT, PENDS_REQUESTS, TEXTKEY DELETE CONFIG, "")},
    /* completions */
    {ROW(COMPLETES_INLINE, 0, TEXTKEY, "OID-008")},
    {ROW(COMPLETES_LATER, 0, TEXTKEY "drain\n", "OID-008")},
    {ROW(COMPLETES_TWICE, PENDS_REQUESTS, TEXTKEY, "OID-007")},
    {ROW(COMPLETES_NEVER, PENDS_REQUESTS, TEXTKEY, "OID-007")},
    {ROW(COMPLETES_NEVER, 0, TEXTKEY, "")},
    {ROW(COMPLETES_A_COPY, PENDS_REQUESTS, TEXTKEY, "OID-011 OID-007")},
    {ROW(COMPLETES_PENDING, PENDS_REQUESTS, TEXTKEY, "OID-009")},
    {ROW(OTHER_DOOR, PENDS_REQUESTS, TEXTKEY, "OID-010")},
    {ROW(RIGHT, PENDS_REQUESTS, "add_sa nowait a{}\nadd_sa a{spi=5}\n", "")},
    {ROW(COMPLETES_NEVER, PENDS_REQUESTS, "add_sa nowait a{}\n", "OID-007")}, /* not before it is closed */
    {ROW(RIGHT, 0, "event hold\nadd_sa nowait id=7 a{}\ncancel id=7\n", "")},
    {ROW(RIGHT, 0, "event hold\nadd_sa nowait id=7 a{}\ncancel id=8\nevent release\n", "")},
    /* memory of requests */
    {ROW(WRITES_REQUEST, 0, TEXTKEY, "OID-026")},
    {ROW(WRITES_REQUEST, PENDS_REQUESTS, TEXTKEY, "OID-026")},
    {ROW(WRITES_ELEMENT, 0, TEXTKEY, "HDR-013")},
    {ROW(WRITES_ELEMENT, 0, "add_sa a{at=packed} b{at=packed spi=9}\n", "HDR-013")},
    {ROW(WRITES_ELEMENT, 0, "update_sa a{handle=0x99}\n", "UPD-024")},
    {ROW(WRITES_ELEMENT, 0, "delete_sa a{handle=0x99}\n", "DEL-029")},
    {ROW(WRITES_BUFFER_LATE, 0, TEXTKEY "drain\n", "OID-012")},
    {ROW(WRITES_BUFFER_LATE, PENDS_REQUESTS, TEXTKEY "drain\n", "OID-012")},
    {ROW(WRITES_REQUEST_LATE, 0, TEXTKEY "drain\n", "OID-012")},
    {ROW(RETURNS_KEY, 0, TEXTKEY CONFIG, "KEY-017")},
    /* sends */
    {ROW(RIGHT, 0, "send a{data=32?1 read_only}\nsend a{data=32?1 cut=3}\n", "")},
    {ROW(WRITES_DATA, 0, "send a{data=32?1 read_only}\n", "TX-019")},
    {ROW(WRITES_DATA, 0, "send a{data=32?1}\n", "TX-040")},
    {ROW(WRITES_DATA_LATE, 0, "send a{data=32?1}\ndrain\n", "TX-018")},
    {ROW(SENDS_PENDING, 0, "send a{data=32?1}\n", "TX-018")},
    {ROW(SENDS_TWICE, 0, "send a{data=32?1}\n", "TX-018")},
    {ROW(SENDS_NEVER, 0, "send a{data=32?1}\n", "TX-018")},
    {ROW(SENDS_NEVER, PENDS_SENDS, "event hold\nsend a{data=32?1}\n", "TX-018")}, /* when it is closed */
    {ROW(SENDS_OTHER_TAG, 0, "send a{data=32?1}\n", "TX-018")},
    {ROW(CHANGES_SLOT_1, 0, "send a{data=32?1}\n", "TX-035")},
    {ROW(CHANGES_SLOT_11, 0, "send a{data=32?1}\n", "TX-035")},
    {ROW(CHANGES_SLOT_12, 0, "send a{data=32?1}\n", "TX-035")},
    {ROW(CHANGES_CHECKSUM, 0, "send a{data=32?1}\n", "")},
    /* services */
    {ROW(INDICATES_KEY, 0, TEXTKEY "drain\n", "KEY-017")},
    {ROW(INDICATES, 0, TEXTKEY "drain\n", "")},
    {ROW(LOGS_KEY, 0, TEXTKEY "drain\n", "KEY-017")},
    {ROW(LOGS, 0, TEXTKEY "drain\n", "")},
    {ROW(HAS_RULE, 0, "drain\n", "IrqlTest")},
    {ROW(NO_RULE, 0, "drain\n", "?")},
    {ROW(RIGHT, HALF_REGISTERED, "", "OID-001")},
};
/* clang-format on */

/* Writes to input fault once; guard.h notes them. */
static void on_fault(int number, siginfo_t *info, void *context)
{
    bool step = false;

    (void)context;
    if (!guard_on_fault(&step, (uintptr_t)info->si_addr, true, 0)) {
        signal(number, SIG_DFL);
        raise(number);
    }
}

static void test_leaks(void)
{
    static const struct session_config config = {.dut = &toy_dut, .one_thread = true};

    for (uint32_t leaks = 0; leaks < 2; leaks++) {
        struct session *session = session_open(&config);
        script = (struct script){0, USES_MEMORY | (leaks ? LEAKS_MEMORY : 0)};
        session_run(session, row_answer, "open", 4);
        session_run(session, row_answer, "close", 5);
        if (!strstr(row_answer, leaks ? "leaks=1 leaked=100" : "leaks=0 leaked=0")) {
            printf("%s:%d: got %s want leaks=%u\n", TEST_FILE, __LINE__, row_answer, (unsigned)leaks);
            failures++;
        }
        session_run(session, row_answer, "open", 4);
        session_close(session, row_answer);
        if (strcmp(row_answer, leaks ? "end open=1 leaks=1 leaked=100" : "end open=1") != 0) {
            printf("%s:%d: got %s want the leak\n", TEST_FILE, __LINE__, row_answer);
            failures++;
        }
    }
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};

    sigaction(SIGSEGV, &action, NULL);
    hooks =
        (struct toy_hooks){.request = wrong_request, .frame = wrong_frame, .send = wrong_send, .drain = wrong_drain};
    if (run_rows(rows, sizeof rows / sizeof rows[0]))
        return 1;
    test_leaks();
    return failures > 0;
}
