#include "unit.h"

#include "base/buf.h"
#include "base/sse.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define BYTES(s)                   \
	{                          \
		(s), sizeof(s) - 1 \
	}

/* Events as text: each in [], behind its name; one that is not complete ends with '~'. */
static void print_events(struct str body, struct buf *out)
{
	ARENA_AUTO(a);
	struct sse_event event;
	struct sse s;

	sse_begin(&s, body);
	while (sse_next(&s, &a, &event)) {
		assert_non_null(event.data.at);
		assert_in_range(event.end, 1, body.n);
		if (!str_is_none(event.name))
			buf_printf(out, "%.*s", STR_FMT(event.name));
		buf_add_char(out, '[');
		buf_add_str(out, event.data);
		buf_add_str(out, event.complete ? STR("]") : STR("~"));
	}
}

/* Examples of the standard, of the web platform's tests, and of providers. */
static const struct {
	struct str body, want;
} cases[] = {
	{ BYTES(""), BYTES("") },
	{ BYTES("\n\n\n"), BYTES("") },
	{ BYTES("data: This is the first message.\n\ndata: This is the second message, it\n"
		"data: has two lines.\n\ndata: This is the third message.\n\n"),
	  BYTES("[This is the first message.][This is the second message, it\nhas two lines.]"
		"[This is the third message.]") },
	{ BYTES("data: YHOO\ndata: +2\ndata: 10\n\n"), BYTES("[YHOO\n+2\n10]") },
	{ BYTES(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\n"
		"data:  third event\n\n"),
	  BYTES("[first event][second event][ third event]") },
	{ BYTES("data\n\ndata\ndata\n\ndata:"), BYTES("[][\n][~") },
	{ BYTES("data:test\n\ndata: test\n\n"), BYTES("[test][test]") },
	{ BYTES("event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\ndata: x\n\n"),
	  BYTES("add[73857293]remove[2153][x]") },
	{ BYTES("\xef\xbb\xbf"
		"data:1\n\n\xef\xbb\xbf"
		"data:2\n\ndata:3"),
	  BYTES("[1][3~") },
	{ BYTES("\xef\xbb\xbf\xef\xbb\xbf"
		"data:1\n\ndata:2\n\n"),
	  BYTES("[2]") },
	{ BYTES("data:test\r\ndata\ndata:test\r\n\r"), BYTES("[test\n\ntest]") },
	{ BYTES("data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\r"
		"data:\r\n data:32\ndata:4\n\n"),
	  BYTES("[\0\n 2\n1\n3\n\n4]") },
	{ BYTES("data:a\r\rdata:b\r\r"), BYTES("[a][b]") },
	{ BYTES("data:a\r\n\r\ndata:b\r\n\r\n"), BYTES("[a][b]") },
	{ BYTES("data:a\n\r\ndata:b\r\n\ndata:c\r\rdata:d\n\r"), BYTES("[a][b][c][d]") },
	{ BYTES("event: one\n\ndata: of no name\n\n"), BYTES("[of no name]") },
	{ BYTES("event: one\nevent: two\ndata: x\n\n"), BYTES("two[x]") },
	{ BYTES("event\ndata: x\n\n"), BYTES("[x]") },
	{ BYTES("retry: 1\nid: 2\nevent: none\n\n"), BYTES("") },
	{ BYTES(": OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\ndata: {}\n\n"),
	  BYTES("[{}]") },
	{ BYTES(":\ndata: x\n:data: y\n\n"), BYTES("[x]") },
	{ BYTES("data: {\"a\":\"b: c\"}\n\n"), BYTES("[{\"a\":\"b: c\"}]") },
	{ BYTES("data: x\ndata: y"), BYTES("[x\ny~") },
	{ BYTES("data: x\n"), BYTES("[x~") },
	{ BYTES("data: x\r\n"), BYTES("[x~") },
	{ BYTES("data: x\n\nda"), BYTES("[x]") },
	{ BYTES("data: x\nevent: e\nid"), BYTES("e[x~") },
	{ BYTES("{\"error\":\"no stream\"}\n\n"), BYTES("") },
	{ BYTES("data:\t x\n\n"), BYTES("[\t x]") },
	{ BYTES("data: \xff\xfe\n\n"), BYTES("[\xff\xfe]") },
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		BUF_AUTO(got, 4096);

		print_events(cases[i].body, &got);
		if (!str_eq(buf_str(&got), cases[i].want))
			fail_msg("case %zu: %.*s", i, STR_FMT(buf_str(&got)));
	}
}

/* ---- the standard's grammar a second time, byte after byte ---- */

struct reference {
	struct buf line, data, out, name;
	bool any, named, after_cr;
};

static void reference_line(struct reference *r)
{
	struct str line = buf_str(&r->line);
	struct str name;

	if (line.n == 0 && r->any)
		buf_printf(&r->out, "%.*s[%.*s]", STR_FMT(buf_str(&r->name)), (int)(r->data.n - 1),
			   r->data.at);
	if (line.n == 0) {
		r->any = r->named = false;
		buf_clear(&r->data);
		buf_clear(&r->name);
		return;
	}
	(void)str_cut(&line, ':', &name);
	if (line.n && line.at[0] == ' ')
		line = (struct str){ line.at + 1, line.n - 1 };
	if (str_eq(name, STR("event"))) {
		buf_clear(&r->name);
		buf_add_str(&r->name, line);
	} else if (str_eq(name, STR("data"))) {
		r->any = true;
		buf_add_str(&r->data, line);
		buf_add_char(&r->data, '\n');
	}
}

static void reference_byte(struct reference *r, char c)
{
	if (c == '\n' && r->after_cr) {
		r->after_cr = false;
		return;
	}
	r->after_cr = c == '\r';
	if (c != '\r' && c != '\n') {
		buf_add_char(&r->line, c);
		return;
	}
	reference_line(r);
	buf_clear(&r->line);
}

/* What a reader that is fed byte by byte has said after each; the same form as above without '~'. */
static void reference_read(struct str body, struct buf *out)
{
	struct reference r = { BUF_INIT(4096), BUF_INIT(4096), BUF_INIT(4096), BUF_INIT(4096),
			       false,          false,          false };

	for (size_t i = 0; i < body.n; i++)
		reference_byte(&r, body.at[i]);
	buf_clear(out);
	buf_add_str(out, buf_str(&r.out));
	buf_release(&r.line);
	buf_release(&r.data);
	buf_release(&r.out);
	buf_release(&r.name);
}

static uint64_t seed = 0x9e3779b97f4a7c15U;

static size_t rnd(size_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (size_t)(seed >> 11) % below;
}

static const struct str pieces[] = {
	BYTES("\n"),     BYTES("\n\n"),   BYTES("\r"),      BYTES("\r\n"), BYTES("\r\n\r\n"),
	BYTES("data:"),  BYTES("data: "), BYTES("data"),    BYTES(":"),    BYTES(" "),
	BYTES("event:"), BYTES("event"),  BYTES("x"),       BYTES("yz"),   BYTES("id: 1"),
	BYTES(": c"),    BYTES("\n"),     BYTES("data: a"), BYTES("\n\n"), BYTES("\r\r"),
};

static void random_body(struct buf *out)
{
	buf_clear(out);
	for (size_t n = rnd(24); n > 0; n--)
		buf_add_str(out, pieces[rnd(LENGTH(pieces))]);
}

/* Only what is complete, in the reference's form. */
static void print_complete(struct str body, struct buf *out)
{
	ARENA_AUTO(a);
	struct sse_event event;
	struct sse s;

	buf_clear(out);
	sse_begin(&s, body);
	while (sse_next(&s, &a, &event) && event.complete)
		buf_printf(out, "%.*s[%.*s]", STR_FMT(event.name), STR_FMT(event.data));
}

/*
 * Random streams, and every beginning of each: the same events as by the standard, which also says
 * that `end` is right, since an event is there from that byte on and not one earlier.
 */
static void test_random(void **state)
{
	BUF_AUTO(body, 4096);
	BUF_AUTO(got, 4096);
	BUF_AUTO(want, 4096);

	(void)state;
	for (int i = 0; i < 3000; i++) {
		random_body(&body);
		for (size_t n = 0; n <= body.n; n++) {
			struct str beginning = { buf_str(&body).at, n };

			reference_read(beginning, &want);
			print_complete(beginning, &got);
			if (!str_eq(buf_str(&got), buf_str(&want)))
				fail_msg("%d.%zu of %.*s: %.*s, not %.*s", i, n,
					 STR_FMT(buf_str(&body)), STR_FMT(buf_str(&got)),
					 STR_FMT(buf_str(&want)));
		}
	}
}

static size_t count_complete(struct str body)
{
	ARENA_AUTO(a);
	struct sse_event event;
	struct sse s;
	size_t n = 0;

	sse_begin(&s, body);
	while (sse_next(&s, &a, &event) && event.complete)
		n++;
	return n;
}

/* `end` is the least number of bytes that show the event. */
static void check_ends(struct str body)
{
	ARENA_AUTO(a);
	struct sse_event event;
	struct sse s;
	size_t before = 0;
	size_t n = 0;

	sse_begin(&s, body);
	while (sse_next(&s, &a, &event)) {
		assert_true(event.end > before && event.end <= body.n);
		before = event.end;
		if (!event.complete) {
			assert_int_equal(event.end, body.n);
			continue;
		}
		n++;
		assert_int_equal(count_complete((struct str){ body.at, event.end }), n);
		assert_int_equal(count_complete((struct str){ body.at, event.end - 1 }), n - 1);
	}
}

static void test_ends(void **state)
{
	BUF_AUTO(body, 4096);

	(void)state;
	for (int i = 0; i < 3000; i++) {
		random_body(&body);
		check_ends(buf_str(&body));
	}
	for (size_t i = 0; i < LENGTH(cases); i++)
		if (!str_starts(cases[i].body, STR("\xef\xbb\xbf")))
			check_ends(cases[i].body);
}

/* A megabyte without a line's end, of line's ends, of comments, of one event: done at once. */
static void test_long(void **state)
{
	static const struct str fillers[] = {
		BYTES("x"),    BYTES("\r"),      BYTES("\n"),
		BYTES(":c\r"), BYTES("data:\n"), BYTES("\r\n"),
	};
	enum { LONG = 1 << 20 };

	(void)state;
	for (size_t i = 0; i < LENGTH(fillers); i++) {
		BUF_AUTO(body, LONG);
		ARENA_AUTO(a);
		struct sse_event event;
		struct sse s;

		while (body.n + fillers[i].n < LONG)
			buf_add_str(&body, fillers[i]);
		sse_begin(&s, buf_str(&body));
		while (sse_next(&s, &a, &event))
			assert_int_equal(event.data.n, body.n / 6 - 1);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
