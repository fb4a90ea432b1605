/* SPDX-License-Identifier: MIT */
#include "device_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader.h"
#include "race.h"

#define LOCK_TRIES   64u
#define OPTIONS_MAX  4096u
#define KEYWORDS_MAX 16u
#define SCAN_MAX     64u
#define LOG_SEARCHED 1024u

void device_lock(struct device *device)
{
    for (unsigned tries = 1; atomic_flag_test_and_set_explicit(&device->lock, memory_order_acquire); tries++) {
        if (tries % LOCK_TRIES == 0)
            race_yield(); /* who holds it may have lost the processor */
    }
}

void device_unlock(struct device *device)
{
    atomic_flag_clear_explicit(&device->lock, memory_order_release);
    if (device->race)
        race_yield(); /* in the midst of a call of the adapter: another thread's may meet it */
}

/* ---- Handles and keys ---- */

uint64_t device_handle(struct device *device, const struct trace_word *word, uint32_t index)
{
    struct device *owner = word->device < TRACE_DEVICES ? device->others[word->device] : NULL;

    if (word->base == BASE_NULL)
        return 0;
    if (word->base == BASE_RAW)
        return word->number;
    if (!owner) /* never opened, or in another process */
        return list_twist(0, word->twist);
    return list_twist(device_sa(owner, word->number + (word->base == BASE_RUN ? index : 0)), word->twist);
}

bool device_has_key(const struct device *device, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;

    for (size_t i = 0; i + DEVICE_MARK <= len; i++) {
        for (uint32_t mark = 0; mark < device->mark_count; mark++) {
            if (at[i] == device->marks[mark][0] && memcmp(at + i, device->marks[mark], DEVICE_MARK) == 0)
                return true;
        }
    }
    return false;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool device_spells_key(const struct device *device, const char *text)
{
    uint8_t bytes[2][LOG_SEARCHED] = {{0}}; /* the digits in pairs, beginning with the first and with the second */
    size_t digits = 0;

    for (; *text && digits / 2 < LOG_SEARCHED - 1; text++) {
        int digit = digit_of(*text);
        if (digit >= 0) {
            for (size_t from = 0; from < 2 && digits >= from; from++) {
                size_t at = digits - from;
                bytes[from][at / 2] |= (uint8_t)(digit << (at % 2 == 0 ? 4 : 0));
            }
            digits++;
        } else if (*text != ' ' && *text != ':' && *text != '-') {
            digits += digits % 2; /* a new number begins */
        }
    }
    return device_has_key(device, bytes[0], (digits + 1) / 2) || device_has_key(device, bytes[1], digits / 2);
}

/* ---- Life ---- */

struct device *device_new(const struct ov2_adapter *adapter, struct device *const others[TRACE_DEVICES],
                          bool one_thread)
{
    struct device *device = device_recall();

    if (!device)
        return NULL;
    device->adapter = adapter;
    device->others = others;
    device->has_threads = !one_thread && (adapter->flags & OV2_CONCURRENT) != 0;
    device->host.device = device;
    atomic_flag_clear(&device->lock);
    /* Large and mostly never touched: malloc gives it without filling it. */
    device->outcome = malloc(sizeof *device->outcome);
    device->returned = malloc(sizeof *device->returned);
    device->ledger = ledger_open();
    if (device->outcome && device->returned && device->ledger) {
        outcome_reset(device->outcome);
        return device;
    }
    ledger_close(device->ledger);
    free(device->outcome);
    free(device->returned);
    device_retire(device);
    return NULL;
}

static void close_device(struct device *device)
{
    struct outcome *outcome;
    uint64_t bytes = 0;

    device->is_closing = true;
    device_disarm(device);
    device->adapter->close(device->handle);
    device_leave(device);
    device->handle = NULL;
    device->is_held = false;
    device->is_undrained = false;
    request_settle(device, false);
    transfer_settle(device, false);
    device_lock(device);
    outcome = device->outcome;
    outcome->allocations = ledger_live(device->ledger, &bytes);
    outcome->allocated_bytes = bytes;
    outcome->status = NDIS_STATUS_SUCCESS;
    device_unlock(device);
    ledger_close(device->ledger);
    device->ledger = ledger_open();
    device->handle_count = 0;
    memset(device->offloads, 0, sizeof device->offloads);
    device->mark_count = 0;
    device->is_closing = false;
}

void device_free(struct device *device)
{
    if (!device)
        return;
    if (device->handle)
        device->adapter->close(device->handle);
    device_leave(device);
    request_free_all(device);
    transfer_free_all(device);
    ledger_close(device->ledger);
    free(device->handles);
    free(device->outcome);
    free(device->returned);
    device_retire(device);
}

bool device_is_open(const struct device *device)
{
    return device->handle != NULL;
}

const struct profile *device_profile(const struct device *device)
{
    return &device->profile;
}

/* The words of an open line that are not the host's own: registry keywords, and the options of the adapter. */
static bool read_options(char *options, size_t size, struct ov2_keyword *keywords, char names[][64], uint32_t *count,
                         const struct trace_line *line)
{
    size_t used = 0;

    *count = 0;
    options[0] = '\0';
    for (uint32_t i = 0; i < line->option_count; i++) {
        const struct trace_word *word = &line->words[i];
        char value[256];
        if (profile_is_host_word(word))
            continue;
        if (!trace_text(value, sizeof value, word))
            return false;
        if (word->key_text[0] == '*') {
            if (*count == KEYWORDS_MAX || word->key_len >= 64)
                return false;
            memcpy(names[*count], word->key_text, word->key_len);
            names[*count][word->key_len] = '\0';
            keywords[*count].name = names[*count];
            keywords[*count].value = (uint32_t)strtoul(value, NULL, 0);
            keywords[(*count)++].reserved = 0;
            continue;
        }
        used += (size_t)snprintf(options + used, size - used, "%s%.*s=%s", used ? "," : "", (int)word->key_len,
                                 word->key_text, value);
        if (used >= size)
            return false;
    }
    return true;
}

static uint32_t set_encapsulation(struct device *device, uint32_t enabled)
{
    struct ndis_offload_encapsulation encapsulation;
    struct ndis_offload_encapsulation_family family = {enabled, NDIS_ENCAPSULATION_IEEE_802_3,
                                                       device->profile.media_header};

    memset(&encapsulation, 0, sizeof encapsulation);
    encapsulation.Header =
        (struct ndis_object_header){NDIS_OBJECT_TYPE_OFFLOAD_ENCAPSULATION, NDIS_OFFLOAD_ENCAPSULATION_REVISION_1,
                                    NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1};
    encapsulation.IPv4 = family;
    encapsulation.IPv6 = family;
    return request_flat(device, OID_OFFLOAD_ENCAPSULATION, OV2_DOOR_NORMAL, &encapsulation, sizeof encapsulation);
}

static uint32_t set_parameters(struct device *device, uint32_t ipsec, uint32_t segmentation)
{
    struct ndis_offload_parameters parameters;
    static const uint8_t large[] = {
        [NDIS_OFFLOAD_SET_NO_CHANGE] = NDIS_OFFLOAD_PARAMETERS_NO_CHANGE,
        [NDIS_OFFLOAD_SET_ON] = NDIS_OFFLOAD_PARAMETERS_LSOV2_ENABLED,
        [NDIS_OFFLOAD_SET_OFF] = NDIS_OFFLOAD_PARAMETERS_LSOV2_DISABLED,
    };

    memset(&parameters, 0, sizeof parameters);
    parameters.Header = (struct ndis_object_header){NDIS_OBJECT_TYPE_DEFAULT, NDIS_OFFLOAD_PARAMETERS_REVISION_3,
                                                    NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_3};
    parameters.IPsecV2 = (uint8_t)ipsec;
    parameters.IPsecV2IPv4 = (uint8_t)ipsec;
    parameters.LsoV1 = segmentation < sizeof large ? large[segmentation] : (uint8_t)segmentation;
    parameters.LsoV2IPv4 = parameters.LsoV1;
    parameters.LsoV2IPv6 = parameters.LsoV1;
    return request_flat(device, OID_TCP_OFFLOAD_PARAMETERS, OV2_DOOR_NORMAL, &parameters,
                        NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_3);
}

/* A refusal of the line itself: the device is not in the state that it needs. */
static void refuse(struct device *device, const char *why)
{
    device_lock(device);
    device->outcome->result = OV2_BROKEN;
    device_log(device->outcome, why);
    device_unlock(device);
}

static void open_device(struct device *device, const struct trace_line *line)
{
    static const char *const unreadable = "the open line has a word that is too long";
    struct ov2_keyword keywords[KEYWORDS_MAX];
    char names[KEYWORDS_MAX][64];
    char options[OPTIONS_MAX];
    char error[160];
    struct ov2_config config = {0};
    struct outcome *outcome = device->outcome;

    outcome->result = OV2_BROKEN;
    if (!profile_read(&device->profile, error, sizeof error, line)) {
        device_log(outcome, error);
        return;
    }
    if (!read_options(options, sizeof options, keywords, names, &config.keyword_count, line)) {
        device_log(outcome, unreadable);
        return;
    }
    config.size = sizeof config;
    config.system_ndis_version = device->profile.system_ndis;
    config.media_header_len = device->profile.media_header;
    config.keywords = keywords;
    config.ops = &device_host_ops;
    config.host = &device->host;
    config.options = options[0] ? options : NULL;
    device->is_hosted = true;
    outcome->result = device->adapter->open(&device->handle, &config);
    if (outcome->result == OV2_OK && !device->handle)
        refuse(device, "open() has succeeded and given no device");
    if (outcome->result != OV2_OK) {
        device_leave(device);
        device->handle = NULL;
        return;
    }
    outcome->status = NDIS_STATUS_SUCCESS;
    device_read_registration(device);
    if (!device->profile.no_bring_up && device->handle)
        outcome->status = set_encapsulation(device, NDIS_OFFLOAD_SET_ON);
}

/* ---- One act ---- */

void device_drain(struct device *device)
{
    device_race_join(device);
    device->is_undrained = false;
    if (device->adapter->drain(device->handle) != OV2_OK) {
        device_lock(device);
        device->outcome->result = OV2_BROKEN;
        device_unlock(device);
    }
}

static void run_event(struct device *device, const struct trace_line *line)
{
    const struct trace_word *event = trace_option(line, KEY_EVENT);
    uint32_t status = NDIS_STATUS_SUCCESS;
    ov2_result result = OV2_UNSUPPORTED;

    device_race_go(device);
    if (event && device->adapter->event)
        result = device->adapter->event(device->handle, &status, (uint32_t)event->number);
    device_lock(device);
    device->outcome->result = result;
    device->outcome->status = status;
    device->outcome->pended = status == NDIS_STATUS_PENDING;
    if (result == OV2_OK && event->number == OV2_EVENT_HOLD)
        device->is_held = true;
    if (result == OV2_OK && event->number == OV2_EVENT_RELEASE)
        device->is_held = false;
    device_unlock(device);
    if (result == OV2_OK && !trace_option(line, KEY_NOWAIT))
        device_drain(device);
}

static void run_config(struct device *device, const struct trace_line *line)
{
    const struct trace_word *ipsec = trace_option(line, KEY_IPSEC);
    const struct trace_word *encapsulation = trace_option(line, KEY_ENCAPSULATION);
    const struct trace_word *segmentation = trace_option(line, KEY_SEGMENTATION);
    uint32_t status = NDIS_STATUS_SUCCESS;

    if (ipsec || segmentation)
        status = set_parameters(device, ipsec ? (uint32_t)ipsec->number : NDIS_OFFLOAD_PARAMETERS_NO_CHANGE,
                                segmentation ? (uint32_t)segmentation->number : NDIS_OFFLOAD_SET_NO_CHANGE);
    if (encapsulation && status == NDIS_STATUS_SUCCESS)
        status = set_encapsulation(device, (uint32_t)encapsulation->number);
    device_lock(device);
    device->outcome->status = status;
    device_unlock(device);
}

/* Where the driver holds these bytes.  One that takes its memory elsewhere cannot be searched. */
static void run_scan(struct device *device, const struct trace_line *line)
{
    const struct trace_word *key = trace_option(line, KEY_KEY);
    struct outcome *outcome = device->outcome;
    uint8_t bytes[SCAN_MAX];
    size_t len = 0;

    if (!key || !trace_bytes(bytes, sizeof bytes, &len, key) || len == 0) {
        refuse(device, "scan needs key= with 1 to 64 bytes");
        return;
    }
    device_lock(device);
    if (!ledger_is_used(device->ledger))
        outcome->result = OV2_UNSUPPORTED;
    else if (ledger_find(device->ledger, bytes, len, false) || loader_find(device->adapter, bytes, len))
        outcome->found = OUTCOME_FOUND_LIVE;
    else if (ledger_find(device->ledger, bytes, len, true))
        outcome->found = OUTCOME_FOUND_RELEASED;
    device_unlock(device);
}

static void run_open_device(struct device *device, const struct trace_line *line, const struct prepared *prepared)
{
    switch (line->verb) {
    case VERB_ADD_SA:
    case VERB_ADD_SA_EX:
    case VERB_UPDATE_SA:
    case VERB_DELETE_SA:
    case VERB_OID:
        request_run(device, line);
        break;
    case VERB_SEND:
        transfer_send(device, line, prepared);
        break;
    case VERB_RECEIVE:
        transfer_receive(device, line, prepared);
        break;
    case VERB_CONFIG:
        run_config(device, line);
        break;
    case VERB_EVENT:
        run_event(device, line);
        break;
    case VERB_CANCEL:
        device->is_cancelling = true;
        device_race_go(device);
        device->outcome->result = device->adapter->cancel(
            device->handle, trace_option(line, KEY_ID) ? trace_option(line, KEY_ID)->number : 0, OV2_DOOR_DIRECT);
        device_drain(device);
        device->is_cancelling = false;
        break;
    case VERB_SCAN:
        run_scan(device, line);
        break;
    case VERB_CAPS:
        device_tell_offloads(device);
        break;
    case VERB_DRAIN:
        device_drain(device);
        break;
    default:
        break;
    }
}

static void settle(struct device *device, const struct trace_line *line)
{
    struct guard_write writes[16];
    size_t count = guard_writes(writes, sizeof writes / sizeof writes[0]);
    bool may_wait = device->is_held || device->is_undrained || trace_option(line, KEY_NOWAIT) ||
                    line->verb == VERB_CANCEL || trace_option(line, KEY_RACE);

    request_settle(device, may_wait);
    transfer_settle(device, may_wait);
    device_lock(device);
    for (size_t i = 0; i < count; i++) {
        if (!request_blame_write(device, &writes[i]))
            transfer_blame_write(device, &writes[i]);
    }
    device->outcome->allocations = ledger_live(device->ledger, &device->outcome->allocated_bytes);
    device_unlock(device);
}

const struct outcome *device_run(struct device *device, const struct trace_line *line, const struct prepared *prepared)
{
    struct outcome *collected;

    if (line->verb == VERB_OPEN) {
        if (device->handle)
            refuse(device, "the device is open already");
        else
            open_device(device, line);
    } else if (!device->handle) {
        refuse(device, "the device is not open");
    } else if (line->verb == VERB_CLOSE) {
        close_device(device);
    } else {
        if (!trace_option(line, KEY_RACE))
            device_race_begin(device);
        run_open_device(device, line, prepared);
        device_race_join(device);
        device->is_undrained = device->is_undrained || device->has_raced;
        /* What an earlier line did not wait for is waited for now. */
        if (trace_option(line, KEY_NOWAIT))
            device->is_undrained = true;
        else if (device->is_undrained)
            device_drain(device);
        if (device->has_raced)
            device_race_sort(device);
    }
    if (device->handle)
        settle(device, line);
    device_check_contract(device, line->verb);
    device_lock(device);
    collected = device->outcome;
    device->outcome = device->returned;
    device->returned = collected;
    outcome_reset(device->outcome);
    device_unlock(device);
    return collected;
}

bool device_describe(char *out, size_t size, const struct device *device, uintptr_t address)
{
    uint32_t id;
    int64_t offset;

    if (!guard_find(&id, &offset, address))
        return false;
    return request_describe(out, size, device, id, offset) || transfer_describe(out, size, device, id, offset);
}
