/* SPDX-License-Identifier: MIT */
/* Reading lines.  The vocabulary is in trace_keys.c, values are read in trace_value.c, lines printed in trace_print.c.
 */
#include "trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "names.h"
#include "trace_keys.h"
#include "trace_value.h"

/* A line that is being read; at and end point into its own storage. */
struct parser {
    struct trace_line *line;
    struct trace_error *error;
    const char *at;
    const char *end;
};

/* ---- errors ---- */

/* fail: describes what is wrong at this byte; returns false.  A "%.*s" takes shown() bytes of the line. */
__attribute__((format(printf, 3, 4))) static bool fail(struct parser *p, const char *at, const char *format, ...)
{
    char *text = p->error->text;
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof(p->error->text), format, arguments);
    va_end(arguments);
    for (; *text != '\0'; text++) {
        if (*text < ' ' || *text > '~') {
            *text = '?';
        }
    }
    p->error->column = (uint32_t)(at - p->line->storage) + 1;
    return false;
}

/* shown: how much of a word of len bytes an error message repeats. */
static int shown(size_t len)
{
    return len < 24 ? (int)len : 24;
}

static bool fail_unexpected(struct parser *p)
{
    unsigned char byte = (unsigned char)*p->at;

    if (byte <= ' ' || byte > '~') {
        return fail(p, p->at, "unexpected byte 0x%02x", byte);
    }
    return fail(p, p->at, "unexpected \"%c\"", byte);
}

static bool fail_verb(struct parser *p, const char *name, size_t len)
{
    char verbs[128] = "";
    size_t used = 0;

    for (int verb = 0; verb < VERB_COUNT && used < sizeof(verbs); verb++) {
        used += (size_t)snprintf(verbs + used, sizeof(verbs) - used, " %s", trace_verb_name((enum trace_verb)verb));
    }
    return fail(p, name, "unknown verb \"%.*s\"; known verbs:%s", shown(len), name, verbs);
}

/* fail_value: says what the value should have been; names the names if the key has any. */
static bool fail_value(struct parser *p, const struct trace_word *word, const struct trace_reader *reader)
{
    char names[72] = "";
    size_t used = 0;
    enum names_table table;

    if (!trace_key_names(&table, word->key)) {
        return fail(p, reader->at, "\"%.*s\" wants %s, not \"%.*s\"", shown(word->key_len), word->key_text,
                    reader->want, shown(word->text_len), word->text);
    }
    for (size_t n = 0; names_list(table, n) != NULL; n++) {
        const char *name = names_list(table, n);

        if (used + strlen(name) + sizeof(" ...") > sizeof(names)) {
            (void)snprintf(names + used, sizeof(names) - used, "... ");
            break;
        }
        used += (size_t)snprintf(names + used, sizeof(names) - used, "%s ", name);
    }
    return fail(p, word->text, "\"%.*s\" wants %sor %s, not \"%.*s\"", shown(word->key_len), word->key_text, names,
                reader->want, shown(word->text_len), word->text);
}

/* ---- words ---- */

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

/* is_plain: whether a byte may be part of an unquoted value; neither blanks, control characters nor braces. */
static bool is_plain(char byte)
{
    return (unsigned char)byte > ' ' && byte != '{' && byte != '}' && byte != 0x7F;
}

static void skip_blanks(struct parser *p)
{
    while (p->at != p->end && is_blank(*p->at)) {
        p->at++;
    }
}

/* skip_word: over what may be a verb, a key or the head of an element; returns its length. */
static size_t skip_word(struct parser *p)
{
    const char *first = p->at;

    while (p->at != p->end && is_plain(*p->at) && *p->at != '=' && *p->at != '"') {
        p->at++;
    }
    return (size_t)(p->at - first);
}

/* at_comment: a "#" that starts a word and is followed by a blank or nothing. */
static bool at_comment(const struct parser *p)
{
    return p->at != p->end && *p->at == '#' && (p->at + 1 == p->end || is_blank(p->at[1]));
}

/* add_word: a zeroed word behind the options of the line, or behind all; NULL if the line is full. */
static struct trace_word *add_word(struct parser *p, bool in_element)
{
    struct trace_line *line = p->line;
    struct trace_word *word = &line->words[in_element ? line->word_count : line->option_count];

    if (line->word_count == TRACE_WORDS_MAX) {
        (void)fail(p, p->at, "a line has at most %u options", TRACE_WORDS_MAX);
        return NULL;
    }
    memmove(word + 1, word, (size_t)(line->words + line->word_count - word) * sizeof(*word));
    line->word_count++;
    line->option_count += in_element ? 0 : 1;
    memset(word, 0, sizeof(*word));
    return word;
}

/* read_key: which key this is, and of what type; whether it may stand here. */
static bool read_key(struct parser *p, struct trace_word *word, bool in_element)
{
    enum trace_verb verb = p->line->verb;
    const char *name = word->key_text;
    int len = shown(word->key_len);

    if (verb == VERB_OPEN) {
        word->key = KEY_OTHER;
        word->type = TYPE_TEXT;
        return true;
    }
    if (!trace_key_find(&word->key, name, word->key_len)) {
        return fail(p, name, "unknown key \"%.*s\"", len, name);
    }
    if (trace_key_type(&word->type, verb, in_element, word->key)) {
        return true;
    }
    if (trace_key_type(&word->type, verb, !in_element, word->key)) {
        return fail(p, name, "the key \"%.*s\" belongs %s an element", len, name, in_element ? "outside of" : "into");
    }
    if (in_element) {
        return fail(p, name, "no element may have the key \"%.*s\" in %s", len, name, trace_verb_name(verb));
    }
    return fail(p, name, "%s may not have the key \"%.*s\"", trace_verb_name(verb), len, name);
}

/* skip_quoted: over a text in quotes. */
static bool skip_quoted(struct parser *p)
{
    const char *first = p->at;

    for (p->at++; p->at != p->end; p->at++) {
        if (*p->at == '"') {
            p->at++;
            return true;
        }
        if (*p->at == '\\') {
            p->at++;
            if (p->at == p->end || (*p->at != '"' && *p->at != '\\')) {
                return fail(p, p->at - 1, "a backslash in quotes stands before \" or \\");
            }
        } else if (((unsigned char)*p->at < ' ' && *p->at != '\t') || *p->at == 0x7F) {
            return fail_unexpected(p);
        }
    }
    return fail(p, first, "a quote is not closed");
}

/* read_value: the text at the parser, as the word's type has it. */
static bool read_value(struct parser *p, struct trace_word *word)
{
    struct trace_reader reader;

    word->text = p->at;
    if (p->at != p->end && *p->at == '"') {
        if (!skip_quoted(p)) {
            return false;
        }
    } else {
        while (p->at != p->end && is_plain(*p->at)) {
            p->at++;
        }
    }
    word->text_len = (uint32_t)(p->at - word->text);
    word->device = p->line->device;
    if (word->key == KEY_BUFFER) {
        if (word->text_len == 4 && memcmp(word->text, "null", 4) == 0) {
            word->base = BASE_NULL;
            return true;
        }
        if (p->line->verb != VERB_OID) {
            return fail(p, word->text, "the buffer of %s is its list, or null", trace_verb_name(p->line->verb));
        }
    }
    return trace_value_read(word, &reader) || fail_value(p, word, &reader);
}

/* read_option: one option, of the line or of an element. */
static bool read_option(struct parser *p, bool in_element)
{
    struct trace_word *word = add_word(p, in_element);
    enum trace_key key;

    if (word == NULL) {
        return false;
    }
    word->key_text = p->at;
    word->key_len = (uint32_t)skip_word(p);
    if (word->key_len == 0) {
        return fail_unexpected(p);
    }
    if (p->at != p->end && *p->at == '=') {
        p->at++;
        if (!read_key(p, word, in_element)) {
            return false;
        }
        return word->type != TYPE_FLAG
                   ? read_value(p, word)
                   : fail(p, p->at - 1, "\"%.*s\" takes no value", shown(word->key_len), word->key_text);
    }
    if (p->line->verb == VERB_EVENT && !trace_key_find(&key, word->key_text, word->key_len)) {
        p->at = word->key_text;
        word->key = KEY_EVENT;
        word->type = TYPE_NUMBER;
        word->key_text = trace_key_name(KEY_EVENT);
        word->key_len = (uint32_t)strlen(word->key_text);
        return read_value(p, word);
    }
    if (!read_key(p, word, in_element)) {
        return false;
    }
    return word->type == TYPE_FLAG || fail(p, p->at, "\"%.*s\" wants a value", shown(word->key_len), word->key_text);
}

/* expect_gap: a word ends here. */
static bool expect_gap(struct parser *p, bool in_element)
{
    return p->at == p->end || is_blank(*p->at) || (in_element && *p->at == '}') || fail_unexpected(p);
}

/* ---- elements ---- */

/* read_head: "name" or "name[count]", which end before the parser. */
static bool read_head(struct parser *p, struct trace_element *element, const char *head)
{
    struct trace_reader reader = {head, p->at, NULL};
    size_t len = trace_name_len(&reader);
    uint64_t count = 1;

    if (len == 0 || len > TRACE_NAME_MAX) {
        return fail(p, head, "an element's name is 1 to %u of a-z, 0-9 and _, not \"%.*s\"", TRACE_NAME_MAX,
                    shown((size_t)(p->at - head)), head);
    }
    if (trace_name_is_place(head, len)) {
        return fail(p, head, "no element can be called \"%.*s\", which is a place", (int)len, head);
    }
    memcpy(element->name, head, len);
    element->name[len] = '\0';
    reader.at += len;
    element->is_run = reader.at != reader.end && *reader.at == '[';
    if (element->is_run) {
        reader.at++;
        if (!trace_number_read(&count, &reader) || reader.at == reader.end || *reader.at != ']' ||
            count > TRACE_RUN_MAX) {
            return fail(p, head + len, "a run has a count in [], at most %u", TRACE_RUN_MAX);
        }
        reader.at++;
    }
    element->count = (uint32_t)count;
    return reader.at == reader.end || fail(p, reader.at, "unexpected \"%c\" in an element's name", *reader.at);
}

/* read_element: from the "{" at the parser on; its head has been skipped. */
static bool read_element(struct parser *p, const char *head)
{
    struct trace_line *line = p->line;
    struct trace_element *element = &line->elements[line->element_count];
    uint32_t first = line->word_count;
    const char *brace = p->at;

    if (!trace_verb_takes_elements(line->verb)) {
        return fail(p, head, "%s takes no elements", trace_verb_name(line->verb));
    }
    if (line->element_count == TRACE_ELEMENTS_MAX) {
        return fail(p, head, "a line has at most %u elements", TRACE_ELEMENTS_MAX);
    }
    if (!read_head(p, element, head)) {
        return false;
    }
    p->at++;
    for (skip_blanks(p); p->at != p->end && *p->at != '}'; skip_blanks(p)) {
        if (!read_option(p, true) || !expect_gap(p, true)) {
            return false;
        }
    }
    if (p->at == p->end) {
        return fail(p, brace, "the brace of \"%s\" is not closed", element->name);
    }
    p->at++;
    element->first_word = first - line->option_count; /* read_line() adds them all */
    element->word_count = line->word_count - first;
    line->element_count++;
    return true;
}

/* ---- lines ---- */

/* read_verb: device and verb. */
static bool read_verb(struct parser *p)
{
    const char *name = p->at;
    size_t len = at_comment(p) ? 0 : skip_word(p);

    if (trace_device_find(&p->line->device, name, len)) {
        if (!expect_gap(p, false)) {
            return false;
        }
        skip_blanks(p);
        name = p->at;
        len = at_comment(p) ? 0 : skip_word(p);
    }
    if (len == 0) {
        return p->at == p->end || at_comment(p) ? fail(p, p->at, "a verb is missing") : fail_unexpected(p);
    }
    return (trace_verb_find(&p->line->verb, name, len) || fail_verb(p, name, len)) && expect_gap(p, false);
}

static bool read_line(struct parser *p)
{
    struct trace_line *line = p->line;

    if (!read_verb(p)) {
        return false;
    }
    for (skip_blanks(p); p->at != p->end && !at_comment(p); skip_blanks(p)) {
        const char *word = p->at;
        bool ok;

        (void)skip_word(p);
        if (p->at != p->end && *p->at == '{') {
            ok = read_element(p, word);
        } else {
            p->at = word;
            ok = read_option(p, false);
        }
        if (!ok || !expect_gap(p, false)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < line->element_count; i++) {
        line->elements[i].first_word += line->option_count;
    }
    return true;
}

enum trace_result trace_parse(struct trace_line *line, struct trace_error *error, const char *text, size_t len)
{
    size_t skip = 0;
    struct parser p = {.line = line, .error = error};

    line->device = 0;
    line->word_count = 0;
    line->option_count = 0;
    line->element_count = 0;
    line->storage_len = 0;
    while (skip < len && is_blank(text[skip])) {
        skip++;
    }
    if (skip < len && text[skip] == '<') {
        return TRACE_NOTHING;
    }
    if (len > TRACE_LINE_MAX) {
        p.at = line->storage + TRACE_LINE_MAX;
        (void)fail(&p, p.at, "a line has at most %u bytes", TRACE_LINE_MAX);
        return TRACE_ERROR;
    }
    memcpy(line->storage, text, len);
    line->storage[len] = '\0';
    line->storage_len = (uint32_t)len;
    p.at = line->storage + skip;
    p.end = line->storage + len;
    if (p.at == p.end || at_comment(&p)) {
        return TRACE_NOTHING;
    }
    if (*p.at == '>' && p.at + 1 != p.end && is_blank(p.at[1])) {
        p.at++;
        skip_blanks(&p);
    }
    return read_line(&p) ? TRACE_REQUEST : TRACE_ERROR;
}

/* ---- what a line says ---- */

static const struct trace_word *last_of(const struct trace_word *words, uint32_t count, enum trace_key key)
{
    while (count > 0) {
        if (words[--count].key == key) {
            return &words[count];
        }
    }
    return NULL;
}

const struct trace_word *trace_option(const struct trace_line *line, enum trace_key key)
{
    return last_of(line->words, line->option_count, key);
}

const struct trace_word *trace_field(const struct trace_line *line, const struct trace_element *element,
                                     enum trace_key key)
{
    return last_of(line->words + element->first_word, element->word_count, key);
}

bool trace_text(char *out, size_t size, const struct trace_word *word)
{
    const char *text = word->text;
    const char *end = text + word->text_len;
    size_t len = 0;
    bool quoted = text != end && *text == '"';

    if (quoted) {
        text++;
        end--;
    }
    for (; text != end; text++) {
        if (quoted && *text == '\\') {
            text++;
        }
        if (len + 1 >= size) {
            return false;
        }
        out[len++] = *text;
    }
    if (size == 0) {
        return false;
    }
    out[len] = '\0';
    return true;
}

void trace_drop_word(struct trace_line *line, uint32_t word)
{
    memmove(line->words + word, line->words + word + 1, (line->word_count - word - 1) * sizeof *line->words);
    line->word_count--;
    if (word < line->option_count)
        line->option_count--;
    for (uint32_t i = 0; i < line->element_count; i++) {
        struct trace_element *element = &line->elements[i];
        if (word < element->first_word)
            element->first_word--;
        else if (word - element->first_word < element->word_count)
            element->word_count--;
    }
}
