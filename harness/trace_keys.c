/* SPDX-License-Identifier: MIT */
/* The tables of the trace language.  To add a key: its enumerator in trace.h, a row in keys, its place in by_name. */
#include "trace_keys.h"

#include <assert.h>
#include <string.h>

/* Where a key may stand. */
enum scope {
    ON_OPEN = 1u << 0,
    ON_REQUEST = 1u << 1, /* a line of the five verbs that submit an OID request */
    ON_OID = 1u << 2,
    ON_SEND = 1u << 3,
    ON_CONFIG = 1u << 4,
    ON_EVENT = 1u << 5,
    ON_CANCEL = 1u << 6,
    IN_LIST = 1u << 7, /* an element of a request's list: its header and its place */
    IN_ADD = 1u << 8,
    IN_EX = 1u << 9,
    IN_UPDATE = 1u << 10,
    IN_SEND = 1u << 11,
    IN_RECEIVE = 1u << 12,
    ON_SCAN = 1u << 13,
};

struct verb {
    const char *name;
    unsigned line;    /* the scopes of its options */
    unsigned element; /* the scopes of its elements' options; 0: it takes no elements */
};

static const struct verb verbs[VERB_COUNT] = {
    [VERB_OPEN] = {"open", ON_OPEN, 0},
    [VERB_CLOSE] = {"close", 0, 0},
    [VERB_CAPS] = {"caps", 0, 0},
    [VERB_ADD_SA] = {"add_sa", ON_REQUEST, IN_LIST | IN_ADD},
    [VERB_ADD_SA_EX] = {"add_sa_ex", ON_REQUEST, IN_LIST | IN_ADD | IN_EX},
    [VERB_UPDATE_SA] = {"update_sa", ON_REQUEST, IN_LIST | IN_UPDATE},
    [VERB_DELETE_SA] = {"delete_sa", ON_REQUEST, IN_LIST},
    [VERB_OID] = {"oid", ON_REQUEST | ON_OID, 0},
    [VERB_SEND] = {"send", ON_SEND, IN_SEND},
    [VERB_RECEIVE] = {"receive", 0, IN_RECEIVE},
    [VERB_CONFIG] = {"config", ON_CONFIG, 0},
    [VERB_EVENT] = {"event", ON_EVENT, 0},
    [VERB_CANCEL] = {"cancel", ON_CANCEL, 0},
    [VERB_SCAN] = {"scan", ON_SCAN, 0},
    [VERB_DRAIN] = {"drain", 0, 0},
    [VERB_QUIT] = {"quit", 0, 0},
};

static const char *const devices[TRACE_DEVICES] = {"dut", "dut2", "dut3", "dut4", "peer", "peer2"};

struct key {
    const char *name;
    enum trace_type type;
    unsigned scopes;
    bool named;
    enum names_table names;
};

enum {
    SA0 = KEY_SA_FIRST,
    SA1 = KEY_SA_FIRST + 12,
};

static const struct key keys[KEY_COUNT] = {
    [KEY_OTHER] = {"", TYPE_TEXT, ON_OPEN, false, 0},
    /* a request */
    [KEY_DOOR] = {"door", TYPE_NUMBER, ON_REQUEST, true, NAMES_DOOR},
    [KEY_KIND] = {"kind", TYPE_NUMBER, ON_REQUEST, true, NAMES_KIND},
    [KEY_REVISION] = {"revision", TYPE_NUMBER, ON_REQUEST, false, 0},
    [KEY_ID] = {"id", TYPE_NUMBER, ON_REQUEST | ON_CANCEL, false, 0},
    [KEY_PORT] = {"port", TYPE_NUMBER, ON_REQUEST, false, 0},
    [KEY_TIMEOUT] = {"timeout", TYPE_NUMBER, ON_REQUEST, false, 0},
    [KEY_IRQL] = {"irql", TYPE_NUMBER, ON_REQUEST, false, 0},
    [KEY_LENGTH] = {"length", TYPE_NUMBER, ON_REQUEST, false, 0},
    [KEY_OUT] = {"out", TYPE_NUMBER, ON_REQUEST, false, 0},
    [KEY_BUFFER] = {"buffer", TYPE_BYTES, ON_REQUEST, false, 0},
    [KEY_CODE] = {"code", TYPE_NUMBER, ON_OID, true, NAMES_OID},
    [KEY_NOWAIT] = {"nowait", TYPE_FLAG, ON_REQUEST | ON_SEND | ON_CONFIG | ON_EVENT, false, 0},
    [KEY_FAIL] = {"fail", TYPE_NUMBER, ON_REQUEST, false, 0},
    [KEY_RACE] = {"race", TYPE_FLAG, ON_REQUEST, false, 0},
    /* an element's header and place */
    [KEY_TYPE] = {"type", TYPE_NUMBER, IN_LIST, false, 0},
    [KEY_REV] = {"rev", TYPE_NUMBER, IN_LIST, false, 0},
    [KEY_SIZE] = {"size", TYPE_NUMBER, IN_LIST, false, 0},
    [KEY_NEXT] = {"next", TYPE_PLACE, IN_LIST, false, 0},
    [KEY_LAST] = {"last", TYPE_PLACE, IN_LIST, false, 0},
    [KEY_AT] = {"at", TYPE_NUMBER, IN_LIST, true, NAMES_PLACEMENT},
    [KEY_BYTES] = {"bytes", TYPE_NUMBER, IN_LIST, false, 0},
    [KEY_RAW] = {"raw", TYPE_BYTES, IN_LIST, false, 0},
    [KEY_TWITCH] = {"twitch", TYPE_PLACE, IN_LIST, false, 0},
    [KEY_AFTER] = {"after", TYPE_NUMBER, IN_LIST, false, 0},
    [KEY_HANDLE] = {"handle", TYPE_HANDLE, IN_LIST, false, 0},
    /* UPDATE_SA */
    [KEY_OP] = {"op", TYPE_NUMBER, IN_UPDATE, true, NAMES_OPERATION},
    [KEY_SPI] = {"spi", TYPE_NUMBER, IN_UPDATE | IN_ADD, false, 0},
    [KEY_HI] = {"hi", TYPE_NUMBER, IN_UPDATE | IN_ADD, false, 0},
    /* ADD_SA, ADD_SA_EX */
    [KEY_IN] = {"in", TYPE_FLAG, IN_ADD, false, 0},
    [KEY_SRC] = {"src", TYPE_ADDRESS, IN_ADD | IN_SEND, false, 0},
    [KEY_DST] = {"dst", TYPE_ADDRESS, IN_ADD | IN_SEND, false, 0},
    [KEY_ESP] = {"esp", TYPE_NUMBER, IN_ADD, true, NAMES_SUITE_ESP},
    [KEY_AH] = {"ah", TYPE_NUMBER, IN_ADD, true, NAMES_SUITE_AH},
    [KEY_AH_SPI] = {"ah_spi", TYPE_NUMBER, IN_ADD, false, 0},
    [KEY_AH_HI] = {"ah_hi", TYPE_NUMBER, IN_ADD, false, 0},
    [KEY_ESN] = {"esn", TYPE_FLAG, IN_ADD, false, 0},
    [KEY_ICV] = {"icv", TYPE_NUMBER, IN_ADD, false, 0},
    [KEY_KEY] = {"key", TYPE_BYTES, IN_ADD | ON_SCAN, false, 0},
    [KEY_UDP] = {"udp", TYPE_NUMBER, IN_ADD, true, NAMES_UDP},
    [KEY_EXT] = {"ext", TYPE_NUMBER, IN_ADD, false, 0},
    [KEY_FLAGS] = {"flags", TYPE_NUMBER, IN_ADD, false, 0},
    [KEY_KEY_LEN] = {"key_len", TYPE_NUMBER, IN_ADD, false, 0},
    [KEY_KEY_AT] = {"key_at", TYPE_NUMBER, IN_EX, false, 0},
    [KEY_SWITCH] = {"switch", TYPE_NUMBER, IN_EX, false, 0},
    [KEY_VLAN] = {"vlan", TYPE_NUMBER, IN_EX, false, 0},
    [SA0 + SA_FLAGS] = {"sa0.flags", TYPE_NUMBER, IN_ADD, false, 0},
    [SA0 + SA_OP] = {"sa0.op", TYPE_NUMBER, IN_ADD, true, NAMES_OPERATION},
    [SA0 + SA_SPI] = {"sa0.spi", TYPE_NUMBER, IN_ADD, false, 0},
    [SA0 + SA_HI] = {"sa0.hi", TYPE_NUMBER, IN_ADD, false, 0},
    [SA0 + SA_AUTH] = {"sa0.auth", TYPE_NUMBER, IN_ADD, true, NAMES_AUTH},
    [SA0 + SA_AUTH_LEN] = {"sa0.auth.len", TYPE_NUMBER, IN_ADD, false, 0},
    [SA0 + SA_AUTH_OFF] = {"sa0.auth.off", TYPE_NUMBER, IN_ADD, false, 0},
    [SA0 + SA_AUTH_INFO] = {"sa0.auth.info", TYPE_NUMBER, IN_ADD, false, 0},
    [SA0 + SA_ENC] = {"sa0.enc", TYPE_NUMBER, IN_ADD, true, NAMES_ENC},
    [SA0 + SA_ENC_LEN] = {"sa0.enc.len", TYPE_NUMBER, IN_ADD, false, 0},
    [SA0 + SA_ENC_OFF] = {"sa0.enc.off", TYPE_NUMBER, IN_ADD, false, 0},
    [SA0 + SA_ENC_INFO] = {"sa0.enc.info", TYPE_NUMBER, IN_ADD, false, 0},
    [SA1 + SA_FLAGS] = {"sa1.flags", TYPE_NUMBER, IN_ADD, false, 0},
    [SA1 + SA_OP] = {"sa1.op", TYPE_NUMBER, IN_ADD, true, NAMES_OPERATION},
    [SA1 + SA_SPI] = {"sa1.spi", TYPE_NUMBER, IN_ADD, false, 0},
    [SA1 + SA_HI] = {"sa1.hi", TYPE_NUMBER, IN_ADD, false, 0},
    [SA1 + SA_AUTH] = {"sa1.auth", TYPE_NUMBER, IN_ADD, true, NAMES_AUTH},
    [SA1 + SA_AUTH_LEN] = {"sa1.auth.len", TYPE_NUMBER, IN_ADD, false, 0},
    [SA1 + SA_AUTH_OFF] = {"sa1.auth.off", TYPE_NUMBER, IN_ADD, false, 0},
    [SA1 + SA_AUTH_INFO] = {"sa1.auth.info", TYPE_NUMBER, IN_ADD, false, 0},
    [SA1 + SA_ENC] = {"sa1.enc", TYPE_NUMBER, IN_ADD, true, NAMES_ENC},
    [SA1 + SA_ENC_LEN] = {"sa1.enc.len", TYPE_NUMBER, IN_ADD, false, 0},
    [SA1 + SA_ENC_OFF] = {"sa1.enc.off", TYPE_NUMBER, IN_ADD, false, 0},
    [SA1 + SA_ENC_INFO] = {"sa1.enc.info", TYPE_NUMBER, IN_ADD, false, 0},
    /* send */
    [KEY_SA] = {"sa", TYPE_HANDLE, IN_SEND, false, 0},
    [KEY_TUNNEL] = {"tunnel", TYPE_HANDLE, IN_SEND, false, 0},
    [KEY_DATA] = {"data", TYPE_BYTES, IN_SEND, false, 0},
    [KEY_NH] = {"nh", TYPE_NUMBER, IN_SEND, false, 0},
    [KEY_SEQ] = {"seq", TYPE_NUMBER, IN_SEND, false, 0},
    [KEY_PAD] = {"pad", TYPE_NUMBER, IN_SEND, false, 0},
    [KEY_IV] = {"iv", TYPE_BYTES, IN_SEND, false, 0},
    [KEY_CUT] = {"cut", TYPE_NUMBER, IN_SEND | IN_RECEIVE, false, 0},
    [KEY_ROOM] = {"room", TYPE_NUMBER, IN_SEND | IN_RECEIVE, false, 0},
    [KEY_AH_OFFSET] = {"ah_offset", TYPE_NUMBER, IN_SEND, false, 0},
    [KEY_ESP_OFFSET] = {"esp_offset", TYPE_NUMBER, IN_SEND, false, 0},
    [KEY_READ_ONLY] = {"read_only", TYPE_FLAG, IN_SEND, false, 0},
    [KEY_FRAME] = {"frame", TYPE_FRAME, IN_SEND | IN_RECEIVE, false, 0},
    [KEY_OPTIONS] = {"options", TYPE_NUMBER, IN_SEND, false, 0},
    [KEY_HEADERS] = {"headers", TYPE_BYTES, IN_SEND, false, 0},
    [KEY_CHECKSUM] = {"checksum", TYPE_NUMBER, IN_SEND, false, 0},
    [KEY_INNER_SRC] = {"inner_src", TYPE_ADDRESS, IN_SEND, false, 0},
    [KEY_INNER_DST] = {"inner_dst", TYPE_ADDRESS, IN_SEND, false, 0},
    [KEY_TUNNEL_SEQ] = {"tunnel_seq", TYPE_NUMBER, IN_SEND, false, 0},
    [KEY_TUNNEL_PAD] = {"tunnel_pad", TYPE_NUMBER, IN_SEND, false, 0},
    [KEY_LSO] = {"lso", TYPE_NUMBER, IN_SEND, true, NAMES_LSO},
    [KEY_MSS] = {"mss", TYPE_NUMBER, IN_SEND, false, 0},
    [KEY_TCP_FLAGS] = {"tcp_flags", TYPE_NUMBER, IN_SEND, false, 0},
    [KEY_TCP_SEQ] = {"tcp_seq", TYPE_NUMBER, IN_SEND, false, 0},
    [KEY_TCP_OPTIONS] = {"tcp_options", TYPE_NUMBER, IN_SEND, false, 0},
    [KEY_IP_ID] = {"ip_id", TYPE_NUMBER, IN_SEND, false, 0},
    /* receive */
    [KEY_PLAIN] = {"plain", TYPE_BYTES, IN_RECEIVE, false, 0},
    [KEY_NH_PLAIN] = {"nh_plain", TYPE_NUMBER, IN_RECEIVE, false, 0},
    [KEY_FLIP] = {"flip", TYPE_EDIT, IN_SEND | IN_RECEIVE, false, 0},
    [KEY_SHORTEN] = {"shorten", TYPE_NUMBER, IN_RECEIVE, false, 0},
    [KEY_GROW] = {"grow", TYPE_NUMBER, IN_RECEIVE, false, 0},
    /* config, event */
    [KEY_IPSEC] = {"ipsec", TYPE_NUMBER, ON_CONFIG, true, NAMES_IPSEC},
    [KEY_ENCAPSULATION] = {"encapsulation", TYPE_NUMBER, ON_CONFIG, true, NAMES_SWITCH},
    [KEY_SEGMENTATION] = {"segmentation", TYPE_NUMBER, ON_CONFIG, true, NAMES_SWITCH},
    [KEY_EVENT] = {"event", TYPE_NUMBER, ON_EVENT, true, NAMES_EVENT},
};

/* Every key but KEY_OTHER in the byte order of its name: trace_key_find() halves it.  (A line each, if clang-format had
 * its way.) */
/* clang-format off */
static const uint8_t by_name[KEY_COUNT - 1] = {
    KEY_AFTER, KEY_AH, KEY_AH_HI, KEY_AH_OFFSET, KEY_AH_SPI, KEY_AT, KEY_BUFFER, KEY_BYTES, KEY_CHECKSUM, KEY_CODE,
    KEY_CUT, KEY_DATA, KEY_DOOR, KEY_DST, KEY_ENCAPSULATION, KEY_ESN, KEY_ESP, KEY_ESP_OFFSET, KEY_EVENT, KEY_EXT,
    KEY_FAIL, KEY_FLAGS, KEY_FLIP, KEY_FRAME, KEY_GROW, KEY_HANDLE, KEY_HEADERS, KEY_HI, KEY_ICV, KEY_ID, KEY_IN,
    KEY_INNER_DST, KEY_INNER_SRC, KEY_IP_ID, KEY_IPSEC, KEY_IRQL, KEY_IV, KEY_KEY, KEY_KEY_AT, KEY_KEY_LEN, KEY_KIND,
    KEY_LAST, KEY_LENGTH, KEY_LSO, KEY_MSS, KEY_NEXT, KEY_NH, KEY_NH_PLAIN, KEY_NOWAIT, KEY_OP, KEY_OPTIONS, KEY_OUT,
    KEY_PAD, KEY_PLAIN, KEY_PORT, KEY_RACE, KEY_RAW, KEY_READ_ONLY, KEY_REV, KEY_REVISION, KEY_ROOM, KEY_SA,
    SA0 + SA_AUTH, SA0 + SA_AUTH_INFO, SA0 + SA_AUTH_LEN, SA0 + SA_AUTH_OFF, SA0 + SA_ENC, SA0 + SA_ENC_INFO,
    SA0 + SA_ENC_LEN, SA0 + SA_ENC_OFF, SA0 + SA_FLAGS, SA0 + SA_HI, SA0 + SA_OP, SA0 + SA_SPI, SA1 + SA_AUTH,
    SA1 + SA_AUTH_INFO, SA1 + SA_AUTH_LEN, SA1 + SA_AUTH_OFF, SA1 + SA_ENC, SA1 + SA_ENC_INFO, SA1 + SA_ENC_LEN,
    SA1 + SA_ENC_OFF, SA1 + SA_FLAGS, SA1 + SA_HI, SA1 + SA_OP, SA1 + SA_SPI, KEY_SEGMENTATION, KEY_SEQ, KEY_SHORTEN,
    KEY_SIZE, KEY_SPI, KEY_SRC, KEY_SWITCH, KEY_TCP_FLAGS, KEY_TCP_OPTIONS, KEY_TCP_SEQ, KEY_TIMEOUT, KEY_TUNNEL,
    KEY_TUNNEL_PAD, KEY_TUNNEL_SEQ, KEY_TWITCH, KEY_TYPE, KEY_UDP, KEY_VLAN,
};
/* clang-format on */

/* equals: whether the terminated name is these len bytes, which may hold anything. */
static bool equals(const char *name, const char *text, size_t len)
{
    return strncmp(name, text, len) == 0 && strlen(name) == len;
}

bool trace_verb_find(enum trace_verb *verb, const char *name, size_t len)
{
    for (int i = 0; i < VERB_COUNT; i++) {
        if (equals(verbs[i].name, name, len)) {
            *verb = (enum trace_verb)i;
            return true;
        }
    }
    return false;
}

bool trace_device_find(uint32_t *device, const char *name, size_t len)
{
    for (uint32_t i = 0; i < TRACE_DEVICES; i++) {
        if (equals(devices[i], name, len)) {
            *device = i;
            return true;
        }
    }
    return false;
}

/* compare: as strcmp() would, were the bytes terminated. */
static int compare(const char *name, const char *text, size_t len)
{
    size_t name_len = strlen(name);
    int order = memcmp(name, text, name_len < len ? name_len : len);

    if (order != 0) {
        return order;
    }
    return (name_len > len) - (name_len < len);
}

bool trace_key_find(enum trace_key *key, const char *name, size_t len)
{
    size_t low = 0;
    size_t high = sizeof(by_name);

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(keys[by_name[middle]].name, name, len);

        if (order == 0) {
            *key = (enum trace_key)by_name[middle];
            return true;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

bool trace_verb_takes_elements(enum trace_verb verb)
{
    return verbs[verb].element != 0;
}

bool trace_key_names(enum names_table *table, enum trace_key key)
{
    *table = keys[key].names;
    return keys[key].named;
}

const char *trace_verb_name(enum trace_verb verb)
{
    assert((unsigned)verb < VERB_COUNT);
    return verbs[verb].name;
}

const char *trace_device_name(uint32_t device)
{
    assert(device < TRACE_DEVICES);
    return devices[device];
}

const char *trace_key_name(enum trace_key key)
{
    assert((unsigned)key < KEY_COUNT);
    return keys[key].name;
}

bool trace_key_type(enum trace_type *type, enum trace_verb verb, bool in_element, enum trace_key key)
{
    assert((unsigned)verb < VERB_COUNT && (unsigned)key < KEY_COUNT);
    *type = keys[key].type;
    return (keys[key].scopes & (in_element ? verbs[verb].element : verbs[verb].line)) != 0;
}
