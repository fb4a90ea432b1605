/* SPDX-License-Identifier: MIT */
/* Has functions of its own that are called what functions of the worker are called. */
#include "hostile.inc"

void device_lock(struct ov2_device *device);
void request_run(struct ov2_device *device);
void session_run(void);
void process_line(uint32_t n);

static int locked;

void device_lock(struct ov2_device *device)
{
    (void)device;
    locked++;
}

void request_run(struct ov2_device *device)
{
    device_lock(device);
    process_line(0xdeadbeefu);
}

void session_run(void)
{
    locked++;
}

void process_line(uint32_t n)
{
    locked += n == 0xdeadbeefu;
}

static void misbehave(struct ov2_device *device, struct ndis_oid_request *request)
{
    (void)request;
    locked = 0;
    session_run();
    request_run(device);
    if (locked != 3) {
        abort();
    }
}

static void hostile(struct ov2_adapter *adapter)
{
    (void)adapter;
    when_deleting = misbehave;
}
