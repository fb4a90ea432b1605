/* SPDX-License-Identifier: MIT */
/* Lines of the trace language: rows of input and outcome, the limits, and the law that a printed line reads as the same
 * line, for the rows and for what chance makes of them. */
#include "trace_test.inc"

/* ---- rows ---- */

struct row {
    int line;
    const char *input;
    const char *want; /* the canonical line, "column: error", or nothing */
};

static const struct row rows[] = {
    {__LINE__, "", ""},
    {__LINE__, "   ", ""},
    {__LINE__, "\t", ""},
    {__LINE__, "#", ""},
    {__LINE__, "# add_sa", ""},
    {__LINE__, "#\tx", ""},
    {__LINE__, "< ok", ""},
    {__LINE__, "<", ""},
    {__LINE__, " <{", ""},
    {__LINE__, "\r", ""},
    {__LINE__, "# \x01\x7f", ""},
    {__LINE__, "caps", "caps"},
    {__LINE__, "> caps", "caps"},
    {__LINE__, "  >  caps  ", "caps"},
    {__LINE__, "dut caps", "caps"},
    {__LINE__, "dut3  caps # x", "dut3 caps"},
    {__LINE__, "> peer2 quit\r", "peer2 quit"},
    {__LINE__, "drain #", "drain"},
    {__LINE__, "delete_sa  a{handle=#1 next=b} b{ handle=#2\tnext=a }   # two-cycle",
     "delete_sa a{handle=#1 next=b} b{handle=#2 next=a}"},
    {__LINE__, "delete_sa a{handle=#1 next=b} b{handle=0xdead0000 size=8 at=guard}",
     "delete_sa a{handle=#1 next=b} b{handle=0xdead0000 size=8 at=guard}"},
    {__LINE__, "delete_sa a[1000000]{handle=#1+ next=+}", "delete_sa a[1000000]{handle=#1+ next=+}"},
    {__LINE__, "delete_sa a[0x10]{} b[1]{} c[0]{} d{}", "delete_sa a[16]{} b[1]{} c[0]{} d{}"},
    {__LINE__, "update_sa a{op=esp spi=0x1001 hi=7 hi=8}", "update_sa a{op=esp spi=0x1001 hi=7 hi=8}"},
    {__LINE__, "add_sa a{in} nowait b{esn} door=normal", "add_sa nowait door=normal a{in} b{esn}"},
    {__LINE__, "add_sa buffer=null length=0", "add_sa buffer=null length=0"},
    {__LINE__, "oid code=add-sa kind=method buffer=80.01", "oid code=add-sa kind=method buffer=80.01"},
    {__LINE__, "event hold nowait", "event hold nowait"},
    {__LINE__, "event event=hold", "event hold"},
    {__LINE__, "event 99", "event 99"},
    {__LINE__, "event", "event"},
    {__LINE__, "config ipsec=both encapsulation=on", "config ipsec=both encapsulation=on"},
    {__LINE__, "cancel id=7", "cancel id=7"},
    {__LINE__, "send a[3]{sa=#1 data=40*61} b{sa=#2 iv=8?1}", "send a[3]{sa=#1 data=40*61} b{sa=#2 iv=8?1}"},
    {__LINE__, "receive f{frame=$1 flip=icv+0.3} g{frame=$2 shorten=1}",
     "receive f{frame=$1 flip=icv+0.3} g{frame=$2 shorten=1}"},
    {__LINE__, "open GCM_KEY=key *IPsecOffloadV2=0 capacity=4", "open GCM_KEY=key *IPsecOffloadV2=0 capacity=4"},
    {__LINE__, "open a=\"x y{}#\\\"\\\\ z\" b= #c=d", "open a=\"x y{}#\\\"\\\\ z\" b= #c=d"},
    {__LINE__, "open spi=x\xc3\xa9", "open spi=x\xc3\xa9"},
    {__LINE__, "open a==b=", "open a==b="},
    {__LINE__, "open a=b # c", "open a=b"},
    {__LINE__, "delte_sa",
     "1: unknown verb \"delte_sa\"; known verbs: open close caps add_sa add_sa_ex update_sa delete_sa oid send receive "
     "config event cancel scan drain quit"},
    {__LINE__, "abcdefghijklmnopqrstuvwxyzabcdef",
     "1: unknown verb \"abcdefghijklmnopqrstuvwx\"; known verbs: open close caps add_sa add_sa_ex update_sa delete_sa "
     "oid send receive config event cancel scan drain quit"},
    {__LINE__, "dut5 caps",
     "1: unknown verb \"dut5\"; known verbs: open close caps add_sa add_sa_ex update_sa delete_sa oid send receive "
     "config event cancel scan drain quit"},
    {__LINE__, ">caps",
     "1: unknown verb \">caps\"; known verbs: open close caps add_sa add_sa_ex update_sa delete_sa oid send receive "
     "config event cancel scan drain quit"},
    {__LINE__, "> ", "3: a verb is missing"},
    {__LINE__, "peer", "5: a verb is missing"},
    {__LINE__, "peer # caps", "6: a verb is missing"},
    {__LINE__, "> # x", "3: a verb is missing"},
    {__LINE__, "\x01", "1: unexpected byte 0x01"},
    {__LINE__, "caps\x7f", "5: unexpected byte 0x7f"},
    {__LINE__, "caps=1", "5: unexpected \"=\""},
    {__LINE__, "dut=1", "4: unexpected \"=\""},
    {__LINE__, "add_sa{}", "7: unexpected \"{\""},
    {__LINE__, "drain x", "7: unknown key \"x\""},
    {__LINE__, "drain nowait", "7: drain may not have the key \"nowait\""},
    {__LINE__, "delete_sa #x", "11: unknown key \"#x\""},
    {__LINE__, "delete_sa a{# x}", "13: unknown key \"#\""},
    {__LINE__, "delete_sa a{spi=1}", "13: no element may have the key \"spi\" in delete_sa"},
    {__LINE__, "delete_sa spi=1", "11: delete_sa may not have the key \"spi\""},
    {__LINE__, "delete_sa handle=#1", "11: the key \"handle\" belongs into an element"},
    {__LINE__, "delete_sa a{door=normal}", "13: the key \"door\" belongs outside of an element"},
    {__LINE__, "add_sa a{in=1}", "12: \"in\" takes no value"},
    {__LINE__, "add_sa a{spi}", "13: \"spi\" wants a value"},
    {__LINE__, "open async", "11: \"async\" wants a value"},
    {__LINE__, "event event", "12: \"event\" wants a value"},
    {__LINE__, "event foo",
     "7: \"event\" wants pause restart reset low-power full-power link-down link-up ... or a number, not \"foo\""},
    {__LINE__, "add_sa buffer=00", "15: the buffer of add_sa is its list, or null"},
    {__LINE__, "oid a{}", "5: oid takes no elements"},
    {__LINE__, "add_sa null{}", "8: no element can be called \"null\", which is a place"},
    {__LINE__, "add_sa A{}", "8: an element's name is 1 to 31 of a-z, 0-9 and _, not \"A\""},
    {__LINE__, "add_sa {}", "8: an element's name is 1 to 31 of a-z, 0-9 and _, not \"\""},
    {__LINE__, "add_sa a-b{}", "9: unexpected \"-\" in an element's name"},
    {__LINE__, "add_sa a[]{}", "9: a run has a count in [], at most 4000000"},
    {__LINE__, "add_sa a[1{}", "9: a run has a count in [], at most 4000000"},
    {__LINE__, "add_sa a[1]x{}", "12: unexpected \"x\" in an element's name"},
    {__LINE__, "add_sa a{}b{}", "11: unexpected \"b\""},
    {__LINE__, "add_sa a{in}}", "13: unexpected \"}\""},
    {__LINE__, "add_sa a{b{", "10: unknown key \"b\""},
    {__LINE__, "add_sa a{in{", "12: unexpected \"{\""},
    {__LINE__, "add_sa }", "8: unexpected \"}\""},
    {__LINE__, "add_sa =", "8: unexpected \"=\""},
    {__LINE__, "add_sa a{", "9: the brace of \"a\" is not closed"},
    {__LINE__, "add_sa a{in", "9: the brace of \"a\" is not closed"},
    {__LINE__, "add_sa a{in  ", "9: the brace of \"a\" is not closed"},
    {__LINE__, "open a=\"", "8: a quote is not closed"},
    {__LINE__, "open a=\"b", "8: a quote is not closed"},
    {__LINE__, "open a=\"\\", "9: a backslash in quotes stands before \" or \\"},
    {__LINE__, "open a=\"\\n\"", "9: a backslash in quotes stands before \" or \\"},
    {__LINE__, "open a=\"\x02\"", "9: unexpected byte 0x02"},
    {__LINE__, "open a=\"b\"c", "11: unexpected \"c\""},
    {__LINE__, "open \"a\"=b", "6: unexpected \"\"\""},
    {__LINE__, "open a=b{c", "9: unexpected \"{\""},
    {__LINE__, "open a{}", "6: open takes no elements"},
    {__LINE__, "open a\xc3\xa9", "9: \"a?\?\" wants a value"},
};

static void check_rows(void)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        enum trace_result result = run(rows[i].line, rows[i].input, strlen(rows[i].input));
        char got[sizeof(error.text) + 16] = "";

        if (result == TRACE_ERROR) {
            (void)snprintf(got, sizeof(got), "%u: %s", (unsigned)error.column, error.text);
        }
        if (strcmp(result == TRACE_REQUEST ? printed : got, rows[i].want) != 0) {
            fail(rows[i].line, result == TRACE_REQUEST ? printed : got, rows[i].want);
        }
    }
}

/* ---- limits ---- */

/* A text that is written piece by piece. */
struct text {
    char bytes[TEXT_MAX + 8192];
    size_t len;
};

static struct text text;

static void start(const char *piece)
{
    text.len = strlen(piece);
    memcpy(text.bytes, piece, text.len);
}

/* append: a piece, so many times. */
static void append(const char *piece, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        memcpy(text.bytes + text.len, piece, strlen(piece));
        text.len += strlen(piece);
    }
}

/* expect: what becomes of the text; NULL: a request. */
static void expect(int row, const char *want)
{
    const char *got = run(row, text.bytes, text.len) == TRACE_REQUEST ? NULL : error.text;

    if ((got == NULL) != (want == NULL) || (got != NULL && strcmp(got, want) != 0)) {
        fail(row, got != NULL ? got : "a request", want != NULL ? want : "a request");
    }
}

static void check_length(void)
{
    start("open a=");
    append("x", TRACE_LINE_MAX - text.len);
    expect(__LINE__, NULL);
    append("x", 1);
    expect(__LINE__, "a line has at most 65536 bytes");
    start("< ");
    append("x", TRACE_LINE_MAX);
    if (run(__LINE__, text.bytes, text.len) != TRACE_NOTHING) {
        fail(__LINE__, "no answer", "an answer, however long");
    }
}

static void check_counts(void)
{
    start("add_sa");
    append(" nowait", TRACE_WORDS_MAX);
    expect(__LINE__, NULL);
    append(" nowait", 1);
    expect(__LINE__, "a line has at most 1024 options");
    start("add_sa a{");
    append("in ", TRACE_WORDS_MAX + 1);
    append("}", 1);
    expect(__LINE__, "a line has at most 1024 options");
    start("add_sa");
    append(" a{}", TRACE_ELEMENTS_MAX);
    expect(__LINE__, NULL);
    append(" a{}", 1);
    expect(__LINE__, "a line has at most 128 elements");
    start("add_sa ");
    append("n", TRACE_NAME_MAX);
    append("{}", 1);
    expect(__LINE__, NULL);
    start("add_sa ");
    append("n", TRACE_NAME_MAX + 1);
    append("{}", 1);
    expect(__LINE__, "an element's name is 1 to 31 of a-z, 0-9 and _, not \"nnnnnnnnnnnnnnnnnnnnnnnn\"");
    start("add_sa a[4000000]{}");
    expect(__LINE__, NULL);
    start("add_sa a[4000001]{}");
    expect(__LINE__, "a run has a count in [], at most 4000000");
    start("add_sa a[18446744073709551616]{}");
    expect(__LINE__, "a run has a count in [], at most 4000000");
}

static void check_bytes(void)
{
    start("send a{data=131072*00 iv=131072?1}");
    expect(__LINE__, NULL);
    start("send a{data=1*00");
    append(".1*00", 8191);
    append(".122880?1}", 1);
    expect(__LINE__, NULL);
    text.len--;
    append(".00}", 1);
    expect(__LINE__, "\"data\" wants at most 131072 bytes, not \"1*00.1*00.1*00.1*00.1*00\"");
    start("send a{data=");
    append("5a", 32000);
    append("}", 1);
    expect(__LINE__, NULL);
}

/* check_order: the options of a line come first, however late they stand, and all keep their order. */
static void check_order(void)
{
    start("add_sa id=1 a{spi=1 spi=2} id=2 b{} id=3 c{spi=3} id=4");
    expect(__LINE__, NULL);
    for (uint32_t i = 0; i < 7; i++) {
        if (line->words[i].number != (i < 4 ? i + 1 : i - 3)) {
            fail(__LINE__, "another order", printed);
        }
    }
    if (line->option_count != 4 || line->elements[1].first_word != 6 || line->elements[2].first_word != 6 ||
        trace_option(line, KEY_ID)->number != 4 || trace_option(line, KEY_FAIL) != NULL ||
        trace_field(line, &line->elements[0], KEY_SPI)->number != 2 ||
        trace_field(line, &line->elements[1], KEY_SPI) != NULL ||
        trace_field(line, &line->elements[2], KEY_SPI)->number != 3) {
        fail(__LINE__, "other words", printed);
    }
    start("add_sa");
    append(" a{in in in in in in}", 80);
    append(" nowait", 500);
    expect(__LINE__, NULL);
}

/* ---- chance ---- */

static uint64_t state = 1;

/* draw: a number below n; splitmix64, so that every run of this test is the same. */
static size_t draw(size_t n)
{
    uint64_t z = state += 0x9E3779B97F4A7C15u;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (size_t)((z ^ z >> 31) % n);
}

/* replace: puts a piece in the place of cut bytes of the text. */
static void replace(size_t at, size_t cut, const char *piece, size_t len)
{
    if (text.len - cut + len > 2048) {
        return;
    }
    memmove(text.bytes + at + len, text.bytes + at + cut, text.len - at - cut);
    memcpy(text.bytes + at, piece, len);
    text.len += len - cut;
}

static void mutate(void)
{
    static const char *const pieces[] = {
        " ",         "{",       "}",     "=",           "\"",
        "\\",        "#",       "+",     "~low",        "[",
        "]",         "[3]",     "null",  " nowait",     "a{}",
        " in",       "0x",      "#1",    "$1",          "99999999999999999999",
        "32?7",      "16*aa",   "-",     ".",           "::",
        "1.2.3.4",   "icv+0.3", "freed", "door=direct", " spi=1",
        " next=b+8", "open ",   "peer ", "> ",          "< ",
        "\t",        "\x7f",    "\xff",  "4000000",     "131072*00",
    };
    const char *other = rows[draw(COUNT_OF(rows))].input;
    const char *piece = pieces[draw(COUNT_OF(pieces))];
    size_t at = draw(text.len + 1);
    size_t rest = text.len - at;
    char byte = (char)draw(256);

    switch (draw(6)) {
    case 0:
        replace(at, rest > 0 ? 1 : 0, &byte, 1);
        break;
    case 1:
        replace(at, draw((rest < 8 ? rest : 8) + 1), "", 0);
        break;
    case 2:
        replace(at, 0, piece, strlen(piece));
        break;
    case 3:
        replace(at, draw((rest < 8 ? rest : 8) + 1), piece, strlen(piece));
        break;
    case 4:
        replace(at, 0, other, draw(strlen(other) + 1));
        break;
    default:
        text.len = at;
        break;
    }
}

static void check_mutations(void)
{
    uint32_t outcomes[3] = {0, 0, 0};

    for (uint32_t i = 0; i < 200000; i++) {
        start(rows[draw(COUNT_OF(rows))].input);
        for (size_t n = draw(4); n > 0; n--) {
            mutate();
        }
        outcomes[run(__LINE__, text.bytes, text.len)]++;
    }
    for (int i = TRACE_REQUEST; i <= TRACE_ERROR; i++) {
        if (outcomes[i] < 10000) {
            fail(__LINE__, "an outcome that is too rare", "some of each");
        }
    }
}

int main(void)
{
    where = "trace_test.c";
    line = allocate(sizeof(*line));
    again = allocate(sizeof(*again));
    check_rows();
    check_length();
    check_counts();
    check_bytes();
    check_order();
    check_mutations();
    free(line);
    free(again);
    return failures != 0;
}
