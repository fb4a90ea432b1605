/* SPDX-License-Identifier: MIT */
/* The vocabulary of the trace language against a second list of it, and each key of each verb on a line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "trace.h"
#include "trace_keys.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static int failures;
static struct trace_line *line;
static struct trace_error error;

static void fail(int row, const char *got, const char *want)
{
    printf("trace_keys_test.c:%d: got %s want %s\n", row, got, want);
    failures++;
}

#define REQUEST_KEYS "door kind revision id port timeout irql length out buffer nowait fail race"
#define LIST_KEYS    "type rev size next last at bytes raw twitch after handle"
#define SA_KEYS(sa)                                                                                                    \
    sa ".flags " sa ".op " sa ".spi " sa ".hi " sa ".auth " sa ".auth.len " sa ".auth.off " sa ".auth.info " sa        \
       ".enc " sa ".enc.len " sa ".enc.off " sa ".enc.info"
#define ADD_KEYS                                                                                                       \
    LIST_KEYS                                                                                                          \
    " in src dst esp ah spi hi ah_spi ah_hi esn icv key udp ext flags key_len " SA_KEYS("sa0") " " SA_KEYS("sa1")

/* Which keys a line of a verb may have, and an element on it; NULL: no elements. */
static const struct {
    int line;
    const char *verb;
    const char *options;
    const char *fields;
} verbs[VERB_COUNT] = {
    [VERB_OPEN] = {__LINE__, "open", "", NULL},
    [VERB_CLOSE] = {__LINE__, "close", "", NULL},
    [VERB_CAPS] = {__LINE__, "caps", "", NULL},
    [VERB_ADD_SA] = {__LINE__, "add_sa", REQUEST_KEYS, ADD_KEYS},
    [VERB_ADD_SA_EX] = {__LINE__, "add_sa_ex", REQUEST_KEYS, ADD_KEYS " key_at switch vlan"},
    [VERB_UPDATE_SA] = {__LINE__, "update_sa", REQUEST_KEYS, LIST_KEYS " op spi hi"},
    [VERB_DELETE_SA] = {__LINE__, "delete_sa", REQUEST_KEYS, LIST_KEYS},
    [VERB_OID] = {__LINE__, "oid", REQUEST_KEYS " code", NULL},
    [VERB_SEND] = {__LINE__, "send", "nowait",
                   "sa tunnel data nh seq pad iv cut ah_offset esp_offset read_only frame options src dst "
                   "room headers checksum flip inner_src inner_dst tunnel_seq tunnel_pad lso mss tcp_flags tcp_seq "
                   "tcp_options ip_id"},
    [VERB_RECEIVE] = {__LINE__, "receive", "", "frame plain nh_plain flip shorten grow cut room"},
    [VERB_CONFIG] = {__LINE__, "config", "ipsec encapsulation segmentation nowait", NULL},
    [VERB_EVENT] = {__LINE__, "event", "event nowait", NULL},
    [VERB_CANCEL] = {__LINE__, "cancel", "id", NULL},
    [VERB_SCAN] = {__LINE__, "scan", "key", NULL},
    [VERB_DRAIN] = {__LINE__, "drain", "", NULL},
    [VERB_QUIT] = {__LINE__, "quit", "", NULL},
};

/* Values of each type; a flag has none. */
static const char *const samples[][4] = {
    [TYPE_FLAG] = {NULL},
    [TYPE_NUMBER] = {"=0", "=0x1f", "=18446744073709551615", NULL},
    [TYPE_BYTES] = {"=-", "=00FF.16*aa.32?7", NULL},
    [TYPE_ADDRESS] = {"=192.0.2.1", "=2001:db8::1", NULL},
    [TYPE_HANDLE] = {"=#1", "=peer#2+~low", "=null", NULL},
    [TYPE_PLACE] = {"=+", "=b[7]+16", "=freed", NULL},
    [TYPE_FRAME] = {"=$1", "=00.2*01", NULL},
    [TYPE_EDIT] = {"=icv", "=esp-seq+0x3.7", NULL},
    [TYPE_TEXT] = {"=", NULL},
};

/* has_word: whether a list of words parted by blanks has this one. */
static bool has_word(const char *list, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = list; (at = strstr(at, word)) != NULL; at += len) {
        if ((at == list || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0')) {
            return true;
        }
    }
    return false;
}

/* check_line: verb, key and value on a line are read, found and printed as they were written, or refused. */
static void check_line(int row, enum trace_verb verb, bool in_element, enum trace_key key, const char *value,
                       bool legal)
{
    char text[160];
    char got[160] = "";
    const struct trace_word *word;
    size_t len;
    bool alone = key == KEY_EVENT && value[0] == '='; /* what trace_print() does with it */

    (void)snprintf(text, sizeof(text), in_element ? "%s a{%s%s}" : "%s %s%s", trace_verb_name(verb),
                   alone ? "" : trace_key_name(key), alone ? value + 1 : value);
    len = strlen(text);
    if (trace_parse(line, &error, text, len) != TRACE_REQUEST) {
        if (legal) {
            fail(row, error.text, text);
        }
        return;
    }
    if (!legal) {
        fail(row, text, "an error");
    }
    word = in_element ? trace_field(line, &line->elements[0], key) : trace_option(line, key);
    if (word == NULL || word->key != key || trace_print(got, sizeof(got), line) != len || strcmp(got, text) != 0) {
        fail(row, got, text);
    }
}

/* check_values: every sample of the key's type, every name of its table. */
static void check_values(int row, enum trace_verb verb, bool in_element, enum trace_key key, enum trace_type type)
{
    enum names_table table;
    char value[64];

    if (key == KEY_BUFFER) {
        check_line(row, verb, in_element, key, "=null", true);
    }
    if (type == TYPE_FLAG) {
        check_line(row, verb, in_element, key, "", true);
        check_line(row, verb, in_element, key, "=1", false);
    } else {
        check_line(row, verb, in_element, key, "", false);
    }
    for (size_t i = 0; samples[type][i] != NULL; i++) {
        check_line(row, verb, in_element, key, samples[type][i], key != KEY_BUFFER || verb == VERB_OID);
    }
    for (size_t n = 0; trace_key_names(&table, key) && names_list(table, n) != NULL; n++) {
        (void)snprintf(value, sizeof(value), "=%s", names_list(table, n));
        check_line(row, verb, in_element, key, value, true);
    }
}

static void check_place(enum trace_verb verb, bool in_element)
{
    const char *list = in_element ? verbs[verb].fields : verbs[verb].options;

    for (int i = KEY_OTHER + 1; i < KEY_COUNT; i++) {
        enum trace_key key = (enum trace_key)i;
        enum trace_type type;
        bool known = trace_key_type(&type, verb, in_element, key);

        if (known != (list != NULL && has_word(list, trace_key_name(key)))) {
            fail(verbs[verb].line, trace_key_name(key), known ? "a key that is not there" : "it");
        }
        if (known) {
            check_values(verbs[verb].line, verb, in_element, key, type);
        } else if (verb != VERB_OPEN) {
            check_line(verbs[verb].line, verb, in_element, key, type == TYPE_FLAG ? "" : samples[type][0], false);
        }
    }
}

static void check_verb(enum trace_verb verb)
{
    const char *name = trace_verb_name(verb);
    enum trace_verb found = VERB_COUNT;
    char text[64];

    if (strcmp(name, verbs[verb].verb) != 0 || !trace_verb_find(&found, name, strlen(name)) || found != verb) {
        fail(verbs[verb].line, name, verbs[verb].verb);
    }
    (void)snprintf(text, sizeof(text), "%s a{}", name);
    if ((trace_parse(line, &error, text, strlen(text)) == TRACE_REQUEST) != (verbs[verb].fields != NULL)) {
        fail(verbs[verb].line, text, verbs[verb].fields != NULL ? "an element" : "no element");
    }
    check_place(verb, false);
    check_place(verb, true);
}

/* check_find: each name leads to its key; what only starts like it, or goes on behind it, does not. */
static void check_find(void)
{
    for (int i = KEY_OTHER + 1; i < KEY_COUNT; i++) {
        const char *name = trace_key_name((enum trace_key)i);
        size_t len = strlen(name);
        enum trace_key key = KEY_COUNT;
        char longer[32];

        if (!trace_key_find(&key, name, len) || (int)key != i) {
            fail(__LINE__, "another key", name);
        }
        (void)snprintf(longer, sizeof(longer), "%s!", name);
        if (trace_key_find(&key, longer, len + 1) || trace_key_find(&key, name, len + 1)) {
            fail(__LINE__, longer, "no key");
        }
        (void)snprintf(longer, sizeof(longer), "%.*s!", (int)len - 1, name);
        if (trace_key_find(&key, longer, len)) {
            fail(__LINE__, longer, "no key");
        }
    }
}

static void check_devices(void)
{
    static const char *const names[TRACE_DEVICES] = {"dut", "dut2", "dut3", "dut4", "peer", "peer2"};

    for (uint32_t i = 0; i < TRACE_DEVICES; i++) {
        uint32_t device = TRACE_DEVICES;

        if (strcmp(trace_device_name(i), names[i]) != 0 || !trace_device_find(&device, names[i], strlen(names[i])) ||
            device != i) {
            fail(__LINE__, trace_device_name(i), names[i]);
        }
        if ((strncmp(names[i], "peer", 4) == 0) != (i >= TRACE_FIRST_PEER)) {
            fail(__LINE__, names[i], "a peer from TRACE_FIRST_PEER on");
        }
    }
}

int main(void)
{
    enum trace_type type;

    line = malloc(sizeof(*line));
    if (line == NULL) {
        abort();
    }
    for (int verb = 0; verb < VERB_COUNT; verb++) {
        check_verb((enum trace_verb)verb);
        if (trace_key_type(&type, (enum trace_verb)verb, false, KEY_OTHER) != (verb == VERB_OPEN) ||
            trace_key_type(&type, (enum trace_verb)verb, true, KEY_OTHER) || type != TYPE_TEXT) {
            fail(__LINE__, "KEY_OTHER", "on open lines only");
        }
    }
    check_find();
    check_devices();
    free(line);
    return failures != 0;
}
