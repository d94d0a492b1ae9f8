/* What a .env file may say, and what it may not. */
#include "conf/dotenv.h"

#include "unit.h"
#include <stdio.h>
#include <stdlib.h>

struct value_case {
	const char *line, *value;
};

/* Every line sets K. */
static const struct value_case accepted[] = {
	{ "K=value", "value" },
	{ "K=", "" },
	{ "K=\n", "" },
	{ "K=value\r\n", "value" },
	{ "  K=value", "value" },
	{ "export K=value", "value" },
	{ "export\tK=value", "value" },
	{ "K = value ", "value" },
	{ "K=two words", "two words" },
	{ "K=a=b=c", "a=b=c" },
	{ "K='single'", "single" },
	{ "K=\"double\"", "double" },
	{ "K=''", "" },
	{ "K=' kept '", " kept " },
	{ "K='a \"b\" c'", "a \"b\" c" },
	{ "K=\"it's\"", "it's" },
	{ "K='v' # note", "v" },
	{ "K=\"v\"\t# note", "v" },
	{ "K='a # b'", "a # b" },
	{ "K=value # note", "value" },
	{ "K= # note", "" },
	{ "K=val#ue", "val#ue" },
	{ "K=#value", "#value" },
	{ "K=$HOME/${X}", "$HOME/${X}" },
	{ "K=$(openssl rand -hex 32)", "$(openssl rand -hex 32)" },
	{ "K=\"$(id) \\n\"", "$(id) \\n" },
	{ "K=back\\slash", "back\\slash" },
	{ "K=it's", "it's" },
	{ "K=\xc3\xa9", "\xc3\xa9" },
	{ "\xef\xbb\xbfK=behind a mark", "behind a mark" },
	{ "# comment\n\n \t\n#K=no\nK=yes", "yes" },
	{ "K=first\nK=last", "last" },
	{ "export=1\nK=v", "v" },
};

struct refused_case {
	const char *text;
	int line;
};

static const struct refused_case refused[] = {
	{ "sesame", 1 },
	{ "A=1\nsesame\n", 2 },
	{ "A=1\r\n\r\n# c\r\nsesame", 4 },
	{ "=sesame", 1 },
	{ "1K=sesame", 1 },
	{ "K-Y=sesame", 1 },
	{ "K.Y=sesame", 1 },
	{ "export K sesame", 1 },
	{ "export", 1 },
	{ "K: sesame", 1 },
	{ "two words=sesame", 1 },
	{ "set K=sesame", 1 },
	{ "K='sesame", 1 },
	{ "K=\"sesame", 1 },
	{ "K=\"open\nsesame\"", 1 },
	{ "K='a'sesame", 1 },
	{ "K='a'#sesame", 1 },
	{ "K='a' sesame", 1 },
	{ "K=\"a\\\"sesame\"", 1 },
};

static void accepts_data(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
		ARENA_AUTO(a);
		struct dotenv d;
		struct err e = { 0 };

		if (!dotenv_parse(str_of(accepted[i].line), ".env", &a, &d, &e))
			fail_msg("%s: %s", accepted[i].line, e.text);
		assert_string_equal(dotenv_get(&d, STR("K")).at, accepted[i].value);
		assert_int_equal(dotenv_get(&d, STR("K")).n, strlen(accepted[i].value));
	}
}

static void refuses_and_never_quotes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		ARENA_AUTO(a);
		struct dotenv d = { .n = 77 };
		struct err e = { 0 };
		char where[32];

		if (dotenv_parse(str_of(refused[i].text), "x/.env", &a, &d, &e))
			fail_msg("accepted: %s", refused[i].text);
		(void)snprintf(where, sizeof(where), "x/.env: line %d: ", refused[i].line);
		assert_memory_equal(e.text, where, strlen(where));
		assert_int_equal(e.kind, ERR_CONFIG);
		assert_null(strstr(e.text, "sesame"));
		assert_int_equal(d.n, 77);
	}
}

static void refuses_a_nul_byte(void **state)
{
	ARENA_AUTO(a);
	struct dotenv d;
	struct err e = { 0 };

	(void)state;
	assert_false(dotenv_parse(STR("K=a\0b"), ".env", &a, &d, &e));
	assert_string_equal(e.text, ".env: line 1: a NUL byte");
}

static void tells_absent_from_empty(void **state)
{
	ARENA_AUTO(a);
	struct dotenv d;
	struct err e = { 0 };

	(void)state;
	assert_true(dotenv_parse(STR("K="), ".env", &a, &d, &e));
	assert_false(str_is_none(dotenv_get(&d, STR("K"))));
	assert_true(str_is_none(dotenv_get(&d, STR("KK"))));
	assert_true(dotenv_parse(STR(""), ".env", &a, &d, &e));
	assert_int_equal(d.n, 0);
}

static void a_default_file_may_be_missing(void **state)
{
	ARENA_AUTO(a);
	struct dotenv d = { .n = 77 };
	struct err e = { 0 };

	(void)state;
	assert_true(dotenv_read("/nonexistent/.env", false, &a, &d, &e));
	assert_int_equal(d.n, 0);
	assert_true(dotenv_read("/tmp", false, &a, &d, &e));
	assert_false(dotenv_read("/nonexistent/.env", true, &a, &d, &e));
	assert_int_equal(e.kind, ERR_IO);
	assert_non_null(strstr(e.text, "/nonexistent/.env"));
	assert_false(dotenv_read("/tmp", true, &a, &d, &e));
}

static void refuses_a_huge_file(void **state)
{
	ARENA_AUTO(a);
	struct dotenv d;
	struct err e = { 0 };

	(void)state;
	assert_false(dotenv_read("/dev/zero", false, &a, &d, &e));
	assert_non_null(strstr(e.text, "/dev/zero"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_data),
		cmocka_unit_test(refuses_and_never_quotes),
		cmocka_unit_test(refuses_a_nul_byte),
		cmocka_unit_test(tells_absent_from_empty),
		cmocka_unit_test(a_default_file_may_be_missing),
		cmocka_unit_test(refuses_a_huge_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
