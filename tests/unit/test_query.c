#include "unit.h"

#include "base/query.h"

static void assert_set(const char *url, const char *name, const char *value, const char *want)
{
	ARENA_AUTO(a);

	assert_string_equal(query_set(str_of(url), str_of(name), str_of(value), &a).at, want);
}

static void test_set(void **state)
{
	(void)state;
	assert_set("https://a.test/m", "p", "1", "https://a.test/m?p=1");
	assert_set("https://a.test/m?", "p", "1", "https://a.test/m?p=1");
	assert_set("https://a.test/m?q=2", "p", "1", "https://a.test/m?q=2&p=1");
	assert_set("https://a.test/m?p=0&q=2", "p", "1", "https://a.test/m?p=1&q=2");
	assert_set("https://a.test/m?q=2&p=&pp=3", "p", "1", "https://a.test/m?q=2&p=1&pp=3");
	assert_set("https://a.test/m?p&q&p=5", "p", "1", "https://a.test/m?p=1&q");
	assert_set("https://a.test/m?&&q=2&", "p", "", "https://a.test/m?q=2&p=");
	assert_set("https://a.test/m?q=a?b#p=0", "p", "1", "https://a.test/m?q=a?b&p=1");
	assert_set("", "", "", "?=");
}

static void test_encoded(void **state)
{
	(void)state;
	assert_set("https://a.test/m", "p", "a+b/c=&?#% \xc3\xa9~-._Z9",
		   "https://a.test/m?p=a%2Bb%2Fc%3D%26%3F%23%25%20%C3%A9~-._Z9");
	assert_set("https://a.test/m?p=%2B", "p", "\n", "https://a.test/m?p=%0A");
}

static void test_encoded_already(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_string_equal(query_put(STR("https://a.test/m?b=1"), STR("p"), STR("x%2Fy,z"), &a).at,
			    "https://a.test/m?b=1&p=x%2Fy,z");
}

static void test_nul_is_a_byte(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_string_equal(query_encoded(STR("a\0b"), &a).at, "a%00b");
	assert_string_equal(query_encoded(STR_NONE, &a).at, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_encoded),
		cmocka_unit_test(test_encoded_already),
		cmocka_unit_test(test_nul_is_a_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
