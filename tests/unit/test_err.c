#include "unit.h"

#include "base/err.h"
#include "base/secret.h"
#include "base/utf8.h"

#include <errno.h>

static void fill(char *out, size_t n)
{
	memset(out, 'x', n);
	out[n] = '\0';
}

static void test_set(void **state)
{
	struct err e;

	(void)state;
	assert_false(err_set(&e, ERR_DATA, "%s is %d", "n", 5));
	assert_int_equal(e.kind, ERR_DATA);
	assert_string_equal(e.text, "n is 5");
}

static void test_errno(void **state)
{
	struct err e;

	(void)state;
	assert_false(err_errno(&e, ERR_IO, ENOENT, "/a/%s", "b"));
	assert_int_equal(e.kind, ERR_IO);
	assert_string_equal(e.text, "/a/b: No such file or directory");
	assert_false(err_errno(&e, ERR_IO, 99999, "x"));
	assert_string_equal(e.text, "x: Unknown error 99999");
}

static void test_wrap(void **state)
{
	struct err e;

	(void)state;
	(void)err_set(&e, ERR_PARSE, "not a number");
	assert_false(err_wrap(&e, "line %d", 3));
	assert_false(err_wrap(&e, "%s", "file"));
	assert_int_equal(e.kind, ERR_PARSE);
	assert_string_equal(e.text, "file: line 3: not a number");
	assert_false(err_wrap(&e, "%s", e.text)); /* its own words */
	assert_int_equal(e.kind, ERR_PARSE);
}

/* Cut at the end, never written behind it, whichever part is too long. */
static void test_cut(void **state)
{
	struct {
		struct err e;
		char behind[8];
	} box;
	char text[2 * ERR_TEXT_MAX + 1];

	(void)state;
	for (size_t n = ERR_TEXT_MAX - 9; n < 2 * ERR_TEXT_MAX;
	     n += n < ERR_TEXT_MAX + 4 ? 1 : 97) {
		fill(text, n);
		memset(&box, 'b', sizeof(box));
		(void)err_set(&box.e, ERR_DATA, "%s", text);
		assert_int_equal(strlen(box.e.text), n < ERR_TEXT_MAX ? n : ERR_TEXT_MAX - 1);
		(void)err_wrap(&box.e, "context");
		assert_int_equal(strlen(box.e.text), ERR_TEXT_MAX - 1);
		assert_memory_equal(box.e.text, "context: xxx", 12);
		(void)err_wrap(&box.e, "%s", text);
		assert_true(strlen(box.e.text) < ERR_TEXT_MAX);
		(void)err_errno(&box.e, ERR_IO, ENOENT, "%s", text);
		assert_true(strlen(box.e.text) < ERR_TEXT_MAX);
		assert_memory_equal(box.behind, "bbbbbbbb", 8);
	}
}

/* A sentence is UTF-8 also where it was cut. */
static void test_cut_keeps_utf8(void **state)
{
	char text[ERR_TEXT_MAX + 1];
	struct err e;

	(void)state;
	for (size_t n = ERR_TEXT_MAX - 8; n < ERR_TEXT_MAX; n++) {
		fill(text, n);
		(void)err_set(&e, ERR_DATA, "%s\xe2\x80\xa6\xf0\x9f\x98\x80", text);
		assert_true(utf8_is_clean(str_of(e.text)));
		fill(text, n - 5);
		(void)err_set(&e, ERR_DATA, "\xe2\x80\xa6\xf0\x9f\x98\x80");
		(void)err_wrap(&e, "%s", text);
		assert_true(utf8_is_clean(str_of(e.text)));
	}
}

static void test_kind_names(void **state)
{
	(void)state;
	for (int i = ERR_NONE; i <= ERR_CANCELLED; i++) {
		const char *name = err_kind_name((enum err_kind)i);

		assert_non_null(name);
		assert_true(name[0] != '\0');
		for (int k = ERR_NONE; k < i; k++)
			assert_string_not_equal(name, err_kind_name((enum err_kind)k));
	}
}

static void test_quote(void **state)
{
	(void)state;
	assert_string_equal(err_quote(NULL, 0), "");
	assert_string_equal(err_quote("", 0), "");
	assert_string_equal(err_quote("acme/model-1", 12), "acme/model-1");
	assert_string_equal(err_quote("a~ ", 3), "a~ ");
	assert_string_equal(err_quote("\0\n\r\t\x1b\x7f", 6), "\\x00\\x0a\\x0d\\x09\\x1b\\x7f");
	assert_string_equal(err_quote("\xc3\xa4\xff", 3), "\\xc3\\xa4\\xff");
}

static void test_quote_cuts(void **state)
{
	char text[200];
	char bytes[200];
	const char *quoted;

	(void)state;
	fill(text, 199);
	quoted = err_quote(text, 60);
	assert_int_equal(strlen(quoted), 60);
	quoted = err_quote(text, 61);
	assert_int_equal(strlen(quoted), 63);
	assert_string_equal(quoted + 60, "\xe2\x80\xa6");
	memset(bytes, 0xff, sizeof(bytes)); /* the longest there can be */
	quoted = err_quote(bytes, sizeof(bytes));
	assert_int_equal(strlen(quoted), 60 * 4 + 3);
}

/* Also one that the cut goes through, of which only the beginning would be seen. */
static void test_quote_hides_secrets(void **state)
{
	static const char said[] =
		"/m?key=sk-or-v1-"
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	struct str key = { said + 7, sizeof(said) - 8 };

	(void)state;
	secret_hide(key);
	assert_string_equal(err_quote(said, sizeof(said) - 1), "/m?key=[MASKED]");
	secret_forget(key);
	assert_int_equal(strlen(err_quote(said, sizeof(said) - 1)), 63);
}

/* Every byte there is, in one line of printable ASCII. */
static void test_quote_is_printable(void **state)
{
	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		char byte = (char)c;
		const char *quoted = err_quote(&byte, 1);

		for (const char *at = quoted; *at; at++)
			assert_true(*at >= 0x20 && *at < 0x7f);
		assert_int_equal(strlen(quoted), c >= 0x20 && c < 0x7f ? 1 : 4);
	}
}

static void test_quote_keeps_four(void **state)
{
	const char *first = err_quote("1", 1);
	const char *second = err_quote("2", 1);
	const char *third = err_quote("3", 1);
	const char *fourth = err_quote("4", 1);

	(void)state;
	assert_string_equal(first, "1");
	assert_string_equal(second, "2");
	assert_string_equal(third, "3");
	assert_string_equal(fourth, "4");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_errno),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_cut_keeps_utf8),
		cmocka_unit_test(test_kind_names),
		cmocka_unit_test(test_quote),
		cmocka_unit_test(test_quote_cuts),
		cmocka_unit_test(test_quote_hides_secrets),
		cmocka_unit_test(test_quote_is_printable),
		cmocka_unit_test(test_quote_keeps_four),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
