/* SPDX-License-Identifier: MIT */
/* OID requests through the contract: headers, lists, partial adds, both UPDATE layouts, and waiting for the hardware.
 */
#include "testing.h"

#define ADD    OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA
#define ADD_EX OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX
#define UPDATE OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA
#define DELETE OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA

typedef struct ipsec_offload_v2_delete_sa delete_element;

static struct ov2_host host;

static struct ov2_device *open_device(const char *options)
{
    testing_host(&host);
    return testing_open(&host, options);
}

static void close_device(struct ov2_device *device)
{
    testing_adapter()->close(device);
    CHECK(host.live == 0);
}

static uint32_t add(struct ov2_device *device, struct testing_add *element)
{
    return testing_submit(device, ADD, element, testing_add_len(element));
}

static void *add_plain(struct ov2_device *device, uint32_t spi)
{
    struct testing_add element = testing_gcm(0, spi);

    CHECK(add(device, &element) == NDIS_STATUS_SUCCESS);
    return element.sa.OffloadHandle;
}

static delete_element delete_of(void *handle, delete_element *next)
{
    delete_element element;

    element.Header = testing_header(NDIS_OBJECT_TYPE_DEFAULT, sizeof(element));
    element.Next = next;
    element.OffloadHandle = handle;
    return element;
}

static uint32_t delete_one(struct ov2_device *device, void *handle)
{
    delete_element element = delete_of(handle, NULL);

    return testing_submit(device, DELETE, &element, sizeof(element));
}

/* was_live: a handle that could be deleted, under A-06=fail-before; it is gone now. */
static bool was_live(struct ov2_device *device, void *handle)
{
    return delete_one(device, handle) == NDIS_STATUS_SUCCESS;
}

/* submit_exact: the first len bytes of a structure, alone in a block, so that a sanitizer sees one byte too many. */
static uint32_t submit_exact(struct ov2_device *device, uint32_t oid, const void *bytes, uint32_t len)
{
    uint8_t *block = malloc(len + 1);

    if (len > 0)
        memcpy(block + 1, bytes, len);
    uint32_t status = testing_submit(device, oid, block + 1, len);
    free(block);
    return status;
}

static void test_headers(void)
{
    static const struct {
        uint8_t type, revision;
        uint16_t size;
        uint32_t status;
    } ROWS[] = {
        {0x80, 1, 169, NDIS_STATUS_SUCCESS},      {0x80, 1, 176, NDIS_STATUS_SUCCESS},
        {0x80, 1, 0xFFFF, NDIS_STATUS_SUCCESS},   {0x80, 255, 169, NDIS_STATUS_SUCCESS},
        {0x80, 1, 168, NDIS_STATUS_INVALID_DATA}, {0x80, 0, 169, NDIS_STATUS_INVALID_DATA},
        {0x80, 2, 168, NDIS_STATUS_INVALID_DATA}, {0xA7, 1, 169, NDIS_STATUS_INVALID_DATA},
    };
    struct ov2_device *device = open_device(NULL);

    for (uint32_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        struct testing_add element = testing_gcm(0, 100 + i);
        element.sa.Header.Type = ROWS[i].type;
        element.sa.Header.Revision = ROWS[i].revision;
        element.sa.Header.Size = ROWS[i].size;
        CHECK(add(device, &element) == ROWS[i].status);
        if (ROWS[i].status != NDIS_STATUS_SUCCESS)
            CHECK(submit_exact(device, ADD, &element, 4) == ROWS[i].status);
    }
    struct testing_add element = testing_gcm(0, 200);
    for (uint32_t len = 0; len < testing_add_len(&element); len++)
        CHECK(submit_exact(device, ADD, &element, len) == NDIS_STATUS_BUFFER_TOO_SHORT);
    CHECK(submit_exact(device, ADD, &element, testing_add_len(&element)) == NDIS_STATUS_SUCCESS);
    CHECK(testing_submit(device, ADD, NULL, 500) == NDIS_STATUS_INVALID_DATA);
    close_device(device);
}

static void test_outputs(void)
{
    struct ov2_device *device = open_device(NULL);
    struct testing_add element = testing_gcm(0, 1);
    struct ndis_oid_request request = testing_request(ADD, &element, 100);
    uint32_t status = 0;

    element.sa.Header.Revision = 2;
    testing_adapter()->request(device, &status, &request, OV2_DOOR_DIRECT);
    CHECK(status == NDIS_STATUS_BUFFER_TOO_SHORT && request.DATA.SET_INFORMATION.BytesNeeded >= 188);
    request = testing_request(ADD, &element, sizeof(element));
    request.SupportedRevision = 0xEE;
    testing_adapter()->request(device, &status, &request, OV2_DOOR_DIRECT);
    CHECK(status == NDIS_STATUS_SUCCESS && request.SupportedRevision == 1);
    CHECK(request.DATA.SET_INFORMATION.BytesRead == 188 && element.sa.OffloadHandle != NULL);
    request.RequestType = NDIS_REQUEST_METHOD;
    testing_adapter()->request(device, &status, &request, OV2_DOOR_DIRECT);
    CHECK(status == NDIS_STATUS_NOT_SUPPORTED);
    request.RequestType = NDIS_REQUEST_SET_INFORMATION;
    testing_adapter()->request(device, &status, &request, OV2_DOOR_NORMAL);
    CHECK(status == NDIS_STATUS_NOT_SUPPORTED);
    close_device(device);
}

/* Three elements, the one in the middle bad, under each reading of A-04. */
static void test_partial(const char *options, uint32_t want, bool first, bool last)
{
    struct ov2_device *device = open_device(options);
    struct testing_add a = testing_gcm(0, 1), b = testing_gcm(0, 2), c = testing_gcm(0, 3);

    a.sa.Next = &b.sa;
    b.sa.Next = &c.sa;
    b.sa.NumExtHdrs = 3;
    b.sa.OffloadHandle = c.sa.OffloadHandle = &host;
    CHECK(add(device, &a) == want);
    CHECK((a.sa.OffloadHandle != NULL) == first && b.sa.OffloadHandle == NULL && (c.sa.OffloadHandle != NULL) == last);
    /* What was not added can be added now. */
    a.sa.Next = NULL;
    CHECK(add(device, &a) == (first ? NDIS_STATUS_INVALID_DATA : NDIS_STATUS_SUCCESS));
    CHECK(add(device, &c) == (last ? NDIS_STATUS_INVALID_DATA : NDIS_STATUS_SUCCESS));
    close_device(device);
}

static void test_add_lists(void)
{
    struct ov2_device *device = open_device("capacity=2");
    struct testing_add list[4];

    for (uint32_t i = 0; i < 4; i++) {
        list[i] = testing_gcm(0, i + 1);
        list[i].sa.Next = i < 3 ? &list[i + 1].sa : NULL;
        list[i].sa.OffloadHandle = &host;
    }
    CHECK(add(device, &list[0]) == NDIS_STATUS_SUCCESS);
    CHECK(list[1].sa.OffloadHandle != NULL && list[2].sa.OffloadHandle == NULL && list[3].sa.OffloadHandle == NULL);
    CHECK(add(device, &list[2]) == NDIS_STATUS_RESOURCES);
    close_device(device);

    device = open_device("A-50=both");
    list[3].sa.Next = &list[1].sa;
    CHECK(add(device, &list[0]) == NDIS_STATUS_INVALID_DATA);
    CHECK(list[0].sa.OffloadHandle == NULL && list[3].sa.OffloadHandle == NULL);
    list[3].sa.Next = NULL;
    list[2].sa.Header.Size = 8;
    CHECK(add(device, &list[0]) == NDIS_STATUS_INVALID_DATA && list[0].sa.OffloadHandle == NULL);
    CHECK(host.live == 1);
    close_device(device);
}

static void test_add_ex(void)
{
    struct ov2_device *device = open_device(NULL);
    uint8_t image[256] = {0};
    struct ipsec_offload_v2_add_sa_ex element;
    struct testing_add plain = testing_gcm(0, 5);

    memset(&element, 0, sizeof(element));
    element.Header = testing_header(NDIS_OBJECT_TYPE_DEFAULT, NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_EX_REVISION_1);
    element.NumExtHdrs = 1;
    element.SecAssoc[0] = plain.sa.SecAssoc[0];
    element.KeyLength = 20;
    for (uint32_t offset = 170; offset < 175; offset++) {
        element.KeyOffset = offset;
        element.SecAssoc[0].Spi = offset;
        memcpy(image, &element, NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_EX_REVISION_1);
        CHECK(submit_exact(device, ADD_EX, image, offset + 19) == NDIS_STATUS_BUFFER_TOO_SHORT);
        CHECK(submit_exact(device, ADD_EX, image, offset + 20) == NDIS_STATUS_SUCCESS);
    }
    element.KeyOffset = 0xFFFFFFF0u;
    memcpy(image, &element, NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_EX_REVISION_1);
    CHECK(submit_exact(device, ADD_EX, image, 200) == NDIS_STATUS_INVALID_DATA);
    element.KeyOffset = 4;
    memcpy(image, &element, NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_EX_REVISION_1);
    CHECK(submit_exact(device, ADD_EX, image, 200) == NDIS_STATUS_INVALID_DATA);
    close_device(device);

    device = open_device("ndis=6.20");
    CHECK(submit_exact(device, ADD_EX, image, 200) == NDIS_STATUS_NOT_SUPPORTED);
    close_device(device);
}

static void test_delete(void)
{
    struct ov2_device *device = open_device(NULL);
    void *handles[3] = {add_plain(device, 1), add_plain(device, 2), add_plain(device, 3)};
    delete_element b = delete_of(handles[1], NULL);
    delete_element a = delete_of(handles[0], &b);

    /* A list that cannot be read deletes nothing. */
    b.Header.Size = 8;
    CHECK(testing_submit(device, DELETE, &a, sizeof(a)) == NDIS_STATUS_INVALID_DATA);
    CHECK(add_plain(device, 4) != NULL);
    b.Header.Size = 24;
    b.Next = &a;
    CHECK(testing_submit(device, DELETE, &a, sizeof(a)) == NDIS_STATUS_SUCCESS);
    CHECK(add_plain(device, 1) != handles[0] && add_plain(device, 2) != NULL);
    CHECK(delete_one(device, handles[0]) == NDIS_STATUS_SUCCESS && delete_one(device, NULL) == NDIS_STATUS_SUCCESS);
    for (uint32_t len = 0; len < sizeof(a); len++)
        CHECK(submit_exact(device, DELETE, &a, len) == NDIS_STATUS_BUFFER_TOO_SHORT);
    close_device(device);

    device = open_device("A-06=fail-before");
    handles[0] = add_plain(device, 1);
    a = delete_of(handles[0], &b);
    b = delete_of(handles[0], NULL);
    CHECK(testing_submit(device, DELETE, &a, sizeof(a)) == NDIS_STATUS_INVALID_PARAMETER);
    CHECK(was_live(device, handles[0]) && !was_live(device, handles[0]));
    CHECK(host.live == 1);
    close_device(device);
}

static uint32_t update(struct ov2_device *device, void *handle, uint32_t operation, uint32_t spi, uint32_t high)
{
    struct ipsec_offload_v2_update_sa element;

    element.Header = testing_header(NDIS_OBJECT_TYPE_DEFAULT, NDIS_SIZEOF_IPSEC_OFFLOAD_V2_UPDATE_SA_REVISION_1);
    element.OffloadHandle = handle;
    element.Operation = operation;
    put_be32((uint8_t *)&element.Spi, spi);
    element.SequenceNumberHighOrder = high;
    return submit_exact(device, UPDATE, &element, NDIS_SIZEOF_IPSEC_OFFLOAD_V2_UPDATE_SA_REVISION_1);
}

static void *add_esn(struct ov2_device *device, uint32_t spi)
{
    struct testing_add element = testing_gcm(0, spi);

    element.sa.SecAssoc[0].Flags = IPSEC_OFFLOAD_V2_ESN_SA;
    element.sa.SecAssoc[0].SequenceNumberHighOrder = 5;
    CHECK(add(device, &element) == NDIS_STATUS_SUCCESS);
    return element.sa.OffloadHandle;
}

static void test_update(void)
{
    struct ov2_device *device = open_device("A-35-lower=refuse");
    void *esn = add_esn(device, 7), *plain = add_plain(device, 8);

    CHECK(update(device, esn, IPSEC_OFFLOAD_V2_OPERATION_ESP, 7, 6) == NDIS_STATUS_SUCCESS);
    CHECK(update(device, esn, IPSEC_OFFLOAD_V2_OPERATION_ESP, 7, 5) == NDIS_STATUS_INVALID_PARAMETER);
    CHECK(update(device, esn, IPSEC_OFFLOAD_V2_OPERATION_ESP, 8, 7) == NDIS_STATUS_INVALID_PARAMETER);
    CHECK(update(device, esn, IPSEC_OFFLOAD_V2_OPERATION_AH, 7, 7) == NDIS_STATUS_INVALID_PARAMETER);
    CHECK(update(device, esn, 3, 7, 7) == NDIS_STATUS_INVALID_PARAMETER);
    CHECK(update(device, plain, IPSEC_OFFLOAD_V2_OPERATION_ESP, 8, 7) == NDIS_STATUS_INVALID_PARAMETER);
    CHECK(update(device, NULL, IPSEC_OFFLOAD_V2_OPERATION_ESP, 7, 7) == NDIS_STATUS_INVALID_PARAMETER);
    close_device(device);
}

static struct ipsec_offload_v2_update_sa_linked linked_of(void *handle, uint32_t spi, uint32_t high)
{
    struct ipsec_offload_v2_update_sa_linked element;

    memset(&element, 0, sizeof(element));
    element.Header = testing_header(NDIS_OBJECT_TYPE_DEFAULT, OV2_SIZEOF_UPDATE_SA_LINKED_REVISION_1);
    element.OffloadHandle = handle;
    element.Operation = IPSEC_OFFLOAD_V2_OPERATION_ESP;
    put_be32((uint8_t *)&element.Spi, spi);
    element.SequenceNumberHighOrder = high;
    return element;
}

static void test_update_linked(void)
{
    struct ov2_device *device = open_device("UPDATE_LAYOUT=linked,A-35-lower=refuse");
    void *first = add_esn(device, 1), *second = add_esn(device, 2);
    struct ipsec_offload_v2_update_sa_linked a = linked_of(first, 1, 9), b = linked_of(second, 2, 9);
    uint32_t size = OV2_SIZEOF_UPDATE_SA_LINKED_REVISION_1;

    a.Next = &b;
    b.Next = &a;
    CHECK(testing_submit(device, UPDATE, &a, size) != NDIS_STATUS_SUCCESS);
    b.Next = NULL;
    b.Spi = 0;
    CHECK(testing_submit(device, UPDATE, &a, size) == NDIS_STATUS_INVALID_PARAMETER);
    /* Neither changed: a value below nine is still no step back. */
    b = linked_of(second, 2, 6);
    a = linked_of(first, 1, 6);
    a.Next = &b;
    CHECK(testing_submit(device, UPDATE, &a, size) == NDIS_STATUS_SUCCESS);
    CHECK(submit_exact(device, UPDATE, &a, 28) == NDIS_STATUS_BUFFER_TOO_SHORT);
    a.Header.Size = 28;
    CHECK(testing_submit(device, UPDATE, &a, size) == NDIS_STATUS_INVALID_DATA);
    close_device(device);
}

/* Three requests wait; the middle one is cancelled, the others come in order when the hardware answers again. */
static void test_hold(void)
{
    const struct ov2_adapter *adapter = testing_adapter();
    struct ov2_device *device = open_device(NULL);
    struct testing_add elements[3];
    struct ndis_oid_request requests[3];
    uint32_t status = 0;

    adapter->event(device, &status, OV2_EVENT_HOLD);
    for (uint32_t i = 0; i < 3; i++) {
        elements[i] = testing_gcm(0, i + 1);
        requests[i] = testing_request(ADD, &elements[i], testing_add_len(&elements[i]));
        requests[i].RequestId = &elements[i];
        CHECK(adapter->request(device, &status, &requests[i], OV2_DOOR_DIRECT) == OV2_OK);
        CHECK(status == NDIS_STATUS_PENDING);
    }
    adapter->drain(device);
    CHECK(host.completed == 0);
    adapter->cancel(device, (uintptr_t)&elements[1], OV2_DOOR_DIRECT);
    CHECK(host.completed == 1 && host.done[0] == &requests[1] && host.done_status[0] == NDIS_STATUS_REQUEST_ABORTED);
    adapter->cancel(device, (uintptr_t)&elements[1], OV2_DOOR_DIRECT);
    CHECK(host.completed == 1 && elements[1].sa.OffloadHandle == NULL);
    adapter->event(device, &status, OV2_EVENT_RELEASE);
    CHECK(host.completed == 3 && host.done[1] == &requests[0] && host.done[2] == &requests[2]);
    CHECK(host.done_status[2] == NDIS_STATUS_SUCCESS && elements[2].sa.OffloadHandle != NULL);
    CHECK(add_plain(device, 2) != NULL);

    adapter->event(device, &status, OV2_EVENT_HOLD);
    elements[1] = testing_gcm(0, 9);
    CHECK(adapter->request(device, &status, &requests[1], OV2_DOOR_DIRECT) == OV2_OK);
    adapter->event(device, &status, OV2_EVENT_RESET);
    CHECK(host.completed == 4 && host.done_status[3] == NDIS_STATUS_REQUEST_ABORTED);
    adapter->request(device, &status, &requests[1], OV2_DOOR_DIRECT);
    adapter->event(device, &status, OV2_EVENT_SURPRISE_REMOVAL);
    CHECK(host.completed == 5 && host.done_status[4] == NDIS_STATUS_NOT_ACCEPTED && host.live == 1);
    adapter->request(device, &status, &requests[1], OV2_DOOR_DIRECT);
    CHECK(status == NDIS_STATUS_NOT_ACCEPTED && host.completed == 5);
    close_device(device);
}

static void test_pended(void)
{
    const struct ov2_adapter *adapter = testing_adapter();
    struct ov2_device *device = open_device("complete=pended,events=pended");
    struct testing_add element = testing_gcm(0, 1);
    struct ndis_oid_request request = testing_request(ADD, &element, testing_add_len(&element));
    uint32_t status = 0;

    adapter->request(device, &status, &request, OV2_DOOR_DIRECT);
    CHECK(status == NDIS_STATUS_PENDING && element.sa.OffloadHandle == NULL);
    adapter->event(device, &status, OV2_EVENT_PAUSE);
    CHECK(status == NDIS_STATUS_PENDING && host.events == 0);
    adapter->drain(device);
    CHECK(host.completed == 1 && host.done_status[0] == NDIS_STATUS_SUCCESS && element.sa.OffloadHandle != NULL);
    CHECK(host.events == 1);
    adapter->request(device, &status, &request, OV2_DOOR_DIRECT);
    adapter->close(device);
    CHECK(host.completed == 2 && host.done_status[1] == NDIS_STATUS_REQUEST_ABORTED && host.live == 0);
}

static void test_configuration(void)
{
    struct ov2_device *device = open_device(NULL);
    struct ndis_offload_parameters parameters;
    uint32_t size = NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_2;

    memset(&parameters, 0, sizeof(parameters));
    parameters.Header = testing_header(NDIS_OBJECT_TYPE_DEFAULT, size);
    parameters.Header.Revision = 2;
    parameters.IPsecV2 = NDIS_OFFLOAD_PARAMETERS_IPSECV2_DISABLED;
    CHECK(testing_submit(device, OID_TCP_OFFLOAD_PARAMETERS, &parameters, size) == NDIS_STATUS_SUCCESS);
    CHECK(host.status_code == NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG && host.offload.IPsecV2.Esp == 0);
    struct testing_add element = testing_gcm(0, 1);
    CHECK(add(device, &element) == NDIS_STATUS_INVALID_DATA);
    parameters.IPsecV2 = 5;
    CHECK(testing_submit(device, OID_TCP_OFFLOAD_PARAMETERS, &parameters, size) == NDIS_STATUS_INVALID_DATA);
    parameters.IPsecV2 = NDIS_OFFLOAD_PARAMETERS_IPSECV2_ESP_ENABLED;
    CHECK(testing_submit(device, OID_TCP_OFFLOAD_PARAMETERS, &parameters, size) == NDIS_STATUS_SUCCESS);
    CHECK(host.statuses == 2 && host.offload.IPsecV2.Esp == 1 && host.offload.IPsecV2.Ah == 0);
    CHECK(add(device, &element) == NDIS_STATUS_SUCCESS);
    CHECK(submit_exact(device, OID_TCP_OFFLOAD_PARAMETERS, &parameters, 21) == NDIS_STATUS_BUFFER_TOO_SHORT);
    close_device(device);

    testing_host(&host);
    CHECK(testing_open(&host, "capacity=0") == NULL && testing_open(&host, "colour=red") == NULL);
    CHECK(testing_open(&host, "fault=NO_SUCH") == NULL && testing_open(&host, "A-06=never") == NULL);
    CHECK(host.logged == 4 && host.live == 0);
    close_device(testing_open(&host, "ELSEWHERE=1,capacity=5,A-06=fail-after"));
}

/* Every allocation of an add fails once, and nothing is left behind. */
static void test_shortage(void)
{
    struct ov2_device *device = open_device(NULL);
    struct testing_add element = testing_gcm(0, 1);

    for (int64_t n = 0; n < 3; n++) {
        host.fail_after = n;
        CHECK(add(device, &element) == NDIS_STATUS_RESOURCES && host.live == 1);
    }
    host.fail_after = -1;
    CHECK(add(device, &element) == NDIS_STATUS_SUCCESS);
    close_device(device);
}

int main(void)
{
    test_headers();
    test_outputs();
    test_partial(NULL, NDIS_STATUS_SUCCESS, true, true);
    test_partial("A-04=stop", NDIS_STATUS_SUCCESS, true, false);
    test_partial("A-04=all-or-nothing", NDIS_STATUS_INVALID_DATA, false, false);
    test_add_lists();
    test_add_ex();
    test_delete();
    test_update();
    test_update_linked();
    test_hold();
    test_pended();
    test_configuration();
    test_shortage();
    return testing_failures != 0;
}
