/* SPDX-License-Identifier: MIT */
/* Faults are found by name and belong to one device.  That each can be seen is proved by its witness, not here. */
#include "fault.h"
#include "testing.h"

static const char *const NAMES[] = {
#ifndef OV2_NO_FAULTS
#define FAULT(id, requirements, text)      #id,
#define FAULT_ASAN(id, requirements, text) #id,
#include "faults.def"
#undef FAULT
#undef FAULT_ASAN
#endif
    NULL,
};

static void test_names(void)
{
    struct ov2_host host;
    char option[96];
    uint32_t count = 0;

    testing_host(&host);
    for (; NAMES[count] != NULL; count++) {
        CHECK(fault_find(NAMES[count], (uint32_t)strlen(NAMES[count])) == count + 1);
        snprintf(option, sizeof(option), "fault=%s", NAMES[count]);
        struct ov2_device *device = testing_open(&host, option);
        CHECK(device != NULL);
        testing_adapter()->close(device);
    }
    CHECK(fault_find("NO_SUCH", 7) == FAULT_NONE);
    CHECK(testing_open(&host, "fault=NO_SUCH") == NULL && testing_open(&host, "fault=") == NULL);
    CHECK(host.live == 0);
}

#ifndef OV2_NO_FAULTS
static uint32_t delete_unknown(struct ov2_device *device)
{
    struct ipsec_offload_v2_delete_sa element;

    memset(&element, 0, sizeof(element));
    element.Header = testing_header(NDIS_OBJECT_TYPE_DEFAULT, 20);
    return testing_submit(device, OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA, &element, sizeof(element));
}

static void test_devices(void)
{
    struct ov2_host host;

    testing_host(&host);
    struct ov2_device *clean = testing_open(&host, NULL), *faulty = testing_open(&host, "fault=ACCEPTS_ANY_SIZE");
    CHECK(delete_unknown(clean) == NDIS_STATUS_INVALID_DATA);
    CHECK(delete_unknown(faulty) == NDIS_STATUS_SUCCESS);
    CHECK(delete_unknown(clean) == NDIS_STATUS_INVALID_DATA);
    testing_adapter()->close(clean);
    testing_adapter()->close(faulty);
    CHECK(host.live == 0);
}
#else
static void test_devices(void)
{
}
#endif

int main(void)
{
    test_names();
    test_devices();
    return testing_failures != 0;
}
