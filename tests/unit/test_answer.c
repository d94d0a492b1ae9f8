#include "unit.h"

#include "core/answer.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* All numbers of a text, canonical, parted by blanks. */
static struct str numbers(const char *text, struct arena *a)
{
	struct str all = STR("");
	size_t at = 0;
	struct dec d;

	while (answer_next(str_of(text), &at, &d)) {
		char out[DEC_TEXT_MAX];

		(void)dec_print(&d, out);
		all = arena_printf(a, "%.*s%s%s", STR_FMT(all), all.n ? " " : "", out);
	}
	return all;
}

static const struct {
	const char *text, *want;
} cases[] = {
	{ "", "" },
	{ "no number", "" },
	{ "1771.2", "1771.2" },
	{ "1771.20", "1771.2" },
	{ "1,771.2", "1771.2" },
	{ "1.771,2", "1771.2" },
	{ "1771,2", "1771.2" },
	{ "1771,200", "1771.2" },
	{ "1'771.2", "1771.2" },
	{ "1\xe2\x80\x99"
	  "771.2",
	  "1771.2" },
	{ "1\xc2\xa0"
	  "771,2",
	  "1771.2" },
	{ "1\xe2\x80\xaf"
	  "771.2 and 1\xe2\x80\x89"
	  "771",
	  "1771.2 1771" },
	{ "1{,}771.2", "1771.2" },
	{ "1\\,771.2", "1771.2" },
	{ "1.7712e3", "1771.2" },
	{ "1.7712E+03", "1771.2" },
	{ "17712e-1", "1771.2" },
	{ "1.7712 \xc3\x97 10^3", "1771.2" },
	{ "1.7712 \\times 10^{3}", "1771.2" },
	{ "1.7712*10^3", "1771.2" },
	{ "17712 \\cdot 10^{-1}", "1771.2" },
	{ "\\boxed{1771.2}", "1771.2" },
	{ "**1771.2**", "1771.2" },
	{ "$1771.2$", "1771.2" },
	{ "$$1{,}771.2$$", "1771.2" },
	{ "'1771.2'", "1771.2" },
	{ "The answer is 1771.2.", "1771.2" },
	{ "1771.2, I think", "1771.2" },
	{ "1771.2\xe2\x80\x99s", "1771.2" },
	{ "1,771", "1771" },
	{ "0,125", "0.125" },
	{ "12,34", "12.34" },
	{ "1,234,567", "1234567" },
	{ "1.234.567", "1234567" },
	{ "1,234,567.89", "1234567.89" },
	{ "1.234.567,89", "1234567.89" },
	{ "1234,567", "1234.567" },
	{ "1.771", "1.771" },
	{ ".5 and 0.5", "0.5 0.5" },
	{ "..5", "5" },
	{ "1,2,3", "1 2.3" },
	{ "1, 2, 3", "1 2 3" },
	{ "61.5,196.8,1771.2", "61.5 196.8 1771.2" },
	{ "version 1.2.3", "" },
	{ "10.0.0.1 or 7", "7" },
	{ "12'", "12" },
	{ "1'77", "1 77" },
	{ "-5", "-5" },
	{ "= -1771.2", "-1771.2" },
	{ "\xe2\x88\x92"
	  "5",
	  "-5" },
	{ "7-5", "7 5" },
	{ "(7)-5", "7 5" },
	{ "GPT-4", "4" },
	{ "--5", "5" },
	{ "123/2*3.2*9 = 61.5*3.2*9 = 196.8*9 = 1771.2", "123 2 3.2 9 61.5 3.2 9 196.8 9 1771.2" },
	{ "196.8 \\times 9 = 1771.2", "196.8 9 1771.2" },
	{ "9 * 10", "9 10" },
	{ "9 * 10^", "9 10" },
	{ "2e", "2" },
	{ "2e1234", "2 1234" },
	{ "2x", "2" },
	{ "1e999", "" },
	{ "007", "7" },
	{ ".5,5", "0.5 5" },
	{ ".5.5", "0.5 0.5" },
	{ "1.2,3.4", "1.2 3.4" },
	{ "1'234'567", "1234567" },
	{ "0", "0" },
	{ "-0", "0" },
	{ "1 771.2", "1 771.2" },
};

static void test_numbers(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_string_equal(arena_cstr(&a, numbers(cases[i].text, &a)), cases[i].want);
}

static void assert_answer(const char *text, const char *expected, const char *want, bool right)
{
	ARENA_AUTO(a);
	bool got;
	struct str s = answer_find(str_of(text), str_of(expected), &a, &got);

	if (!str_same(s, str_of(want)) || got != right)
		fail_msg("%s: %.*s, %d", text, STR_FMT(s), got);
}

static void test_answer(void **state)
{
	(void)state;
	assert_answer("61.5, then 196.8, so 1771.2", "1771.2", "1771.2", true);
	assert_answer("**1,771.20**\n\nTell me if you have 2 more.", "1771.2", "1771.2", true);
	assert_answer("1771.2 (about 1771)", "1771.2", "1771.2", true);
	assert_answer("123/2*3.2*9 is 1771", "1771.2", "1771", false);
	assert_answer("-1771.2", "1771.2", "-1771.2", false);
	assert_answer("17712", "1771.2", "17712", false);
	assert_answer("1771.2000000000000000000000001", "1771.2", "1771.2000000000000000000000001",
		      false);
	assert_answer("I cannot say", "1771.2", NULL, false);
	assert_answer("", "1771.2", NULL, false);
	assert_answer("any", NULL, NULL, true);
	assert_answer("any of 7 or 8.50", NULL, "8.5", true);
	assert_answer("5", "not a number", "5", false);
}

/* Lists that never become a number, digits that never end: in time that grows with their length alone. */
static void test_long(void **state)
{
	static const char *const fillers[] = { "1,", "1.", "1",  ".",    "1'",
					       "1 ", "-",  "1e", "1.1,", "{,}" };
	enum { LONG = 1 << 17 };

	(void)state;
	for (size_t i = 0; i < LENGTH(fillers); i++) {
		ARENA_AUTO(a);
		char *text = arena_alloc(&a, LONG);
		size_t n = strlen(fillers[i]);
		bool right;

		for (size_t at = 0; at < LONG; at++)
			text[at] = fillers[i][at % n];
		(void)answer_find((struct str){ text, LONG }, STR("5"), &a, &right);
		assert_false(right);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
