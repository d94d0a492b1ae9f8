#include "unit.h"

#include "base/keyprint.h"

static void test_it_knows_its_key_and_no_other(void **state)
{
	ARENA_AUTO(a);
	struct str print = keyprint_make(STR("sk-first"), &a);

	(void)state;
	assert_int_equal(print.n, 32 + 1 + 64);
	assert_true(keyprint_matches(print, STR("sk-first")));
	assert_false(keyprint_matches(print, STR("sk-second")));
	assert_false(keyprint_matches(print, STR("sk-firs")));
	assert_false(keyprint_matches(print, STR_NONE));
}

static void test_one_key_has_many_prints(void **state)
{
	ARENA_AUTO(a);
	struct str one = keyprint_make(STR("sk-first"), &a);
	struct str other = keyprint_make(STR("sk-first"), &a);

	(void)state;
	assert_false(str_eq(one, other));
	assert_null(strstr(one.at, "sk-first"));
	assert_true(keyprint_matches(other, STR("sk-first")));
}

static void test_no_key_is_one_too(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_string_equal(keyprint_make(STR_NONE, &a).at, "none");
	assert_string_equal(keyprint_make(STR(""), &a).at, "none");
	assert_true(keyprint_matches(STR("none"), STR_NONE));
	assert_true(keyprint_matches(STR("none"), STR("")));
	assert_false(keyprint_matches(STR("none"), STR("none")));
	assert_false(keyprint_matches(STR("none"), STR("sk-first")));
}

/* HMAC-SHA256, from Python: hmac.new(b"00112233445566778899aabbccddeeff", b"sk-first", "sha256"). */
static void test_a_print_of_another_program(void **state)
{
	(void)state;
	assert_true(keyprint_matches(
		STR("00112233445566778899aabbccddeeff:"
		    "36b56fb2f0adb05fe1d18ede5a28718412ced9ee9702aa0c92e10c10f1e99210"),
		STR("sk-first")));
}

static void test_what_is_no_print(void **state)
{
	static const char *const texts[] = {
		"",
		":",
		"none:",
		"00112233445566778899aabbccddeeff",
		"00112233445566778899aabbccddeeff:",
		"00112233445566778899aabbccddeeff:00",
		"0011:0000000000000000000000000000000000000000000000000000000000000000",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(keyprint_matches(str_of(texts[i]), STR("sk-first")));
	assert_false(keyprint_matches(STR_NONE, STR("sk-first")));
	assert_false(keyprint_matches(STR_NONE, STR_NONE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_knows_its_key_and_no_other),
		cmocka_unit_test(test_one_key_has_many_prints),
		cmocka_unit_test(test_no_key_is_one_too),
		cmocka_unit_test(test_a_print_of_another_program),
		cmocka_unit_test(test_what_is_no_print),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
