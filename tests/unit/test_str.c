#include "unit.h"

#include "base/str.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define BYTES(s)                   \
	{                          \
		(s), sizeof(s) - 1 \
	}

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

/* Absent and empty are equal as bytes and yet not the same. */
static void test_absent(void **state)
{
	(void)state;
	assert_true(str_is_none(STR_NONE));
	assert_true(str_is_none(str_of(NULL)));
	assert_false(str_is_none(str_of("")));
	assert_true(str_eq(STR_NONE, STR("")));
	assert_false(str_same(STR_NONE, STR("")));
	assert_true(str_same(STR_NONE, STR_NONE));
	assert_true(str_same(STR(""), STR("")));
	assert_true(str_same(STR("a"), STR("a")));
	assert_false(str_same(STR("a"), STR("b")));
	assert_false(str_same(STR("a"), STR_NONE));
}

/* In this order, strictly: the order of SQL's BINARY. */
static const struct str ascending[] = {
	BYTES(""),     BYTES("\0"),   BYTES("\0\0"), BYTES("A"),  BYTES("B"),
	BYTES("a"),    BYTES("a\0"),  BYTES("a-b"),  BYTES("ab"), BYTES("b"),
	BYTES("\x7f"), BYTES("\x80"), BYTES("\xff"),
};

static void test_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(ascending); i++) {
		for (size_t k = 0; k < LENGTH(ascending); k++) {
			assert_int_equal(sign(str_cmp(ascending[i], ascending[k])),
					 (i > k) - (i < k));
			assert_int_equal(str_eq(ascending[i], ascending[k]), i == k);
		}
	}
	assert_int_equal(str_cmp(STR_NONE, STR("")), 0);
	assert_true(str_cmp(STR_NONE, STR("\0")) < 0);
}

static void test_no_case(void **state)
{
	(void)state;
	assert_true(str_eq_nocase(STR("GZip"), STR("gzIP")));
	assert_true(str_eq_nocase(STR(""), STR_NONE));
	assert_true(str_eq_nocase(STR("\xc3\xa4"), STR("\xc3\xa4")));
	assert_false(str_eq_nocase(STR("gzip"), STR("gzip ")));
	assert_false(str_eq_nocase(STR("gzip"), STR("gzi")));
	assert_false(str_eq_nocase(STR("\xc3\xa4"), STR("\xc3\x84"))); /* ASCII letters only */
	assert_false(str_eq_nocase(STR("@"), STR("`")));
	assert_false(str_eq_nocase(STR("["), STR("{")));
}

/* Slices may hold NUL: what stands behind it counts. */
static void test_no_case_behind_nul(void **state)
{
	(void)state;
	assert_true(str_eq_nocase(STR("a\0b"), STR("A\0B")));
	assert_false(str_eq_nocase(STR("a\0b"), STR("a\0c")));
}

static const struct {
	struct str s, part;
	bool starts, ends;
} affixes[] = {
	{ BYTES("abc"), BYTES(""), true, true },
	{ BYTES("abc"), BYTES("a"), true, false },
	{ BYTES("abc"), BYTES("ab"), true, false },
	{ BYTES("abc"), BYTES("abc"), true, true },
	{ BYTES("abc"), BYTES("bc"), false, true },
	{ BYTES("abc"), BYTES("b"), false, false },
	{ BYTES("abc"), BYTES("abcd"), false, false },
	{ BYTES("abc"), BYTES("zabc"), false, false },
	{ BYTES(""), BYTES(""), true, true },
	{ BYTES(""), BYTES("a"), false, false },
	{ BYTES("a\0b"), BYTES("a\0"), true, false },
	{ BYTES("a\0b"), BYTES("\0b"), false, true },
	{ BYTES("a\0b"), BYTES("a\0c"), false, false },
	{ { NULL, 0 }, BYTES("a"), false, false },
};

static void test_starts_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(affixes); i++) {
		assert_int_equal(str_starts(affixes[i].s, affixes[i].part), affixes[i].starts);
		assert_int_equal(str_ends(affixes[i].s, affixes[i].part), affixes[i].ends);
	}
}

/* Absent strings are bytes too; memcmp() must not see their pointer (UBSan). */
static void test_starts_ends_absent(void **state)
{
	(void)state;
	assert_true(str_starts(STR_NONE, STR("")));
	assert_true(str_starts(STR("a"), STR_NONE));
	assert_true(str_starts(STR_NONE, STR_NONE));
	assert_true(str_ends(STR_NONE, STR("")));
	assert_true(str_ends(STR("a"), STR_NONE));
	assert_true(str_ends(STR_NONE, STR_NONE));
}

static void test_trim(void **state)
{
	static const struct {
		struct str s;
		const char *want;
	} cases[] = {
		{ BYTES(""), "" },
		{ BYTES(" "), "" },
		{ BYTES(" \t\r\n\v\f "), "" },
		{ BYTES("a"), "a" },
		{ BYTES(" a"), "a" },
		{ BYTES("a\n"), "a" },
		{ BYTES("\t a b \r\n"), "a b" },
		{ BYTES("\xc2\xa0x\xc2\xa0"), "\xc2\xa0x\xc2\xa0" }, /* no-break space stays */
		{ BYTES("\bx\b"), "\bx\b" },
		{ BYTES("\x1fx\x0e"), "\x1fx\x0e" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_true(str_eq(str_trim(cases[i].s), str_of(cases[i].want)));
	assert_true(str_eq(str_trim(STR("\0 ")), STR("\0")));
	assert_true(str_is_none(str_trim(STR_NONE)));
}

static void test_cut(void **state)
{
	struct str rest = STR("a,,b,");
	struct str head;

	(void)state;
	assert_true(str_cut(&rest, ',', &head));
	assert_true(str_eq(head, STR("a")) && str_eq(rest, STR(",b,")));
	assert_true(str_cut(&rest, ',', &head));
	assert_true(str_same(head, STR("")) && str_eq(rest, STR("b,")));
	assert_true(str_cut(&rest, ',', &head));
	assert_true(str_eq(head, STR("b")) && str_same(rest, STR("")));
	assert_false(str_cut(&rest, ',', &head));
	assert_true(str_same(head, STR("")) && str_same(rest, STR("")));

	rest = STR("whole");
	assert_false(str_cut(&rest, ',', &head));
	assert_true(str_eq(head, STR("whole")) && str_same(rest, STR("")));
	rest = STR_NONE;
	assert_false(str_cut(&rest, ',', &head));
	assert_true(str_is_none(head) && rest.n == 0);
	rest = STR("a\0b");
	assert_true(str_cut(&rest, '\0', &head));
	assert_true(str_eq(head, STR("a")) && str_eq(rest, STR("b")));
}

static const struct {
	const char *text;
	int64_t min, max, want;
} numbers[] = {
	{ "0", 0, 0, 0 },
	{ "-0", 0, 0, 0 },
	{ "007", 0, 10, 7 },
	{ "1", 1, 1000000000, 1 },
	{ "1000000000", 1, 1000000000, 1000000000 },
	{ "-5", -5, 5, -5 },
	{ "9223372036854775807", INT64_MIN, INT64_MAX, INT64_MAX },
	{ "-9223372036854775808", INT64_MIN, INT64_MAX, INT64_MIN },
	{ "-9223372036854775807", INT64_MIN, INT64_MAX, -INT64_MAX },
};

static const struct {
	struct str text;
	int64_t min, max;
} not_numbers[] = {
	{ BYTES(""), INT64_MIN, INT64_MAX },
	{ { NULL, 0 }, INT64_MIN, INT64_MAX },
	{ BYTES("-"), INT64_MIN, INT64_MAX },
	{ BYTES("+1"), INT64_MIN, INT64_MAX },
	{ BYTES("--1"), INT64_MIN, INT64_MAX },
	{ BYTES(" 1"), INT64_MIN, INT64_MAX },
	{ BYTES("1 "), INT64_MIN, INT64_MAX },
	{ BYTES("1\0"), INT64_MIN, INT64_MAX },
	{ BYTES("1.0"), INT64_MIN, INT64_MAX },
	{ BYTES("1e3"), INT64_MIN, INT64_MAX },
	{ BYTES("0x10"), INT64_MIN, INT64_MAX },
	{ BYTES("1/"), INT64_MIN, INT64_MAX },
	{ BYTES("1:"), INT64_MIN, INT64_MAX },
	{ BYTES("\xd9\xa1"), INT64_MIN, INT64_MAX }, /* a digit, but not a decimal one of ours */
	{ BYTES("9223372036854775808"), INT64_MIN, INT64_MAX },
	{ BYTES("-9223372036854775809"), INT64_MIN, INT64_MAX },
	{ BYTES("92233720368547758070"), INT64_MIN, INT64_MAX },
	{ BYTES("18446744073709551617"), INT64_MIN, INT64_MAX },
	{ BYTES("0"), 1, 10 },
	{ BYTES("11"), 1, 10 },
	{ BYTES("-1"), 0, INT64_MAX },
};

static void test_numbers(void **state)
{
	int64_t n;

	(void)state;
	for (size_t i = 0; i < LENGTH(numbers); i++) {
		n = 42;
		assert_true(
			str_to_i64(str_of(numbers[i].text), numbers[i].min, numbers[i].max, &n));
		assert_int_equal(n, numbers[i].want);
	}
	n = 42;
	for (size_t i = 0; i < LENGTH(not_numbers); i++) {
		if (str_to_i64(not_numbers[i].text, not_numbers[i].min, not_numbers[i].max, &n))
			fail_msg("accepted: %.*s", STR_FMT(not_numbers[i].text));
		assert_int_equal(n, 42);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_absent),      cmocka_unit_test(test_order),
		cmocka_unit_test(test_no_case),     cmocka_unit_test(test_no_case_behind_nul),
		cmocka_unit_test(test_starts_ends), cmocka_unit_test(test_starts_ends_absent),
		cmocka_unit_test(test_trim),        cmocka_unit_test(test_cut),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
