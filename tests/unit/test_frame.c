#include "unit.h"

#include "web/frame.h"

enum { HEADERS_ROOM = 16, ROOM = 512 };

/*
 * A head as the library leaves it: cut in place at each line's end, each colon and around the target, by its own
 * careless rules: "\n" ends a line, a NUL a value.
 */
struct cut {
	char bytes[ROOM];
	struct frame_header headers[HEADERS_ROOM];
	struct frame frame;
};

static char *cut_line(char **at, char *end)
{
	char *line = *at;
	char *lf = memchr(line, '\n', (size_t)(end - line));

	assert_non_null(lf);
	*lf = '\0';
	if (lf > line && lf[-1] == '\r')
		lf[-1] = '\0';
	*at = lf + 1;
	return line;
}

static void cut_header(struct cut *c, char *line)
{
	char *colon = strchr(line, ':');

	assert_non_null(colon);
	*colon++ = '\0';
	while (*colon == ' ' || *colon == '\t')
		colon++;
	c->headers[c->frame.n_headers++] = (struct frame_header){ str_of(line), str_of(colon) };
}

static void cut(struct cut *c, struct str head)
{
	char *at = c->bytes;
	char *line;

	memset(c, 0, sizeof(*c));
	memcpy(c->bytes, head.at, head.n);
	c->frame.headers = c->headers;
	line = cut_line(&at, c->bytes + head.n);
	c->frame.method = line;
	line = strchr(line, ' ');
	*line++ = '\0';
	char *space = memrchr(line, ' ', (size_t)(at - line));
	*space = '\0';
	c->frame.n_target = strlen(line);
	c->frame.version = space + 1;
	while (*(line = cut_line(&at, c->bytes + head.n)))
		cut_header(c, line);
	c->frame.n_head = (size_t)(at - c->frame.method);
}

#define GET "GET /a?b=c HTTP/1.1\r\n"

static void test_heads_that_are_in_order(void **state)
{
	static const struct str heads[] = {
		{ GET "\r\n", sizeof(GET "\r\n") - 1 },
		{ GET "Host: a\r\n\r\n", sizeof(GET "Host: a\r\n\r\n") - 1 },
		{ GET "A:\r\nB: \t b\r\nC:c \r\n\r\n",
		  sizeof(GET "A:\r\nB: \t b\r\nC:c \r\n\r\n") - 1 },
	};
	struct cut c;

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		cut(&c, heads[i]);
		assert_null(frame_check_layout(&c.frame));
		assert_null(frame_check_headers(&c.frame));
	}
}

static void test_heads_that_hide_something(void **state)
{
#define HEAD(s)                    \
	{                          \
		(s), sizeof(s) - 1 \
	}
	static const struct str heads[] = {
		HEAD("GET /a HTTP/1.1\n\r\n"),
		HEAD(GET "\n"),
		HEAD(GET "A: b\n\r\n"),
		HEAD(GET "A: b\r\n\n"),
		HEAD(GET "A: b\nC: d\r\n\r\n"),
		HEAD(GET "A: b\0c\r\n\r\n"),
		HEAD(GET "A: b\0\r\n\r\n"),
		HEAD(GET "A: b\0\0C: d\r\n\r\n"),
		HEAD(GET "A: b\r\n\0C: d\r\n\r\n"),
		HEAD("GET /a\0b HTTP/1.1\r\n\r\n"),
	};
	struct cut c;

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		cut(&c, heads[i]);
		if (!frame_check_layout(&c.frame))
			fail_msg("head %zu passes", i);
	}
}

/* The library appends a folded line to a copy of the name: such a name lies elsewhere. */
static void test_a_header_that_lies_elsewhere(void **state)
{
	struct cut c;

	(void)state;
	cut(&c, STR(GET "Host: a\r\nX: b\r\n\r\n"));
	assert_null(frame_check_layout(&c.frame));
	c.headers[1].name = STR("X");
	assert_non_null(frame_check_layout(&c.frame));
}

static void test_names_and_values(void **state)
{
	static const struct {
		const char *name, *value;
		bool ok;
	} cases[] = {
		{ "Host", "a", true },
		{ "X!#$%&'*+-.^_`|~9", "", true },
		{ "Content-Length", "0", true },
		{ "content-length", " 12 ", true },
		{ "X", "\tb\xe2\x98\x83", true },
		{ "", "a", false },
		{ "X ", "a", false },
		{ "X\t", "a", false },
		{ "\xc3\xa4", "a", false },
		{ "X(", "a", false },
		{ "X", "a\rb", false },
		{ "X", "a\x01", false },
		{ "X", "\x7f", false },
		{ "Content-Length", "", false },
		{ "Content-Length", "1,1", false },
		{ "Content-Length", "-1", false },
		{ "Content-Length", "+1", false },
		{ "Content-Length", "1 1", false },
		{ "Content-Length", "0x1", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct frame_header h = { str_of(cases[i].name), str_of(cases[i].value) };
		struct frame f = { .headers = &h, .n_headers = 1 };

		if (!frame_check_headers(&f) != cases[i].ok)
			fail_msg("%s: %s", cases[i].name, cases[i].value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heads_that_are_in_order),
		cmocka_unit_test(test_heads_that_hide_something),
		cmocka_unit_test(test_a_header_that_lies_elsewhere),
		cmocka_unit_test(test_names_and_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
