#include "unit.h"

#include "core/similar.h"

static unsigned score(const char *name, const char *typed)
{
	struct similar a, b;

	similar_read(&a, str_of(name));
	similar_read(&b, str_of(typed));
	return similar_score(&a, &b);
}

static void test_same_and_nothing(void **state)
{
	(void)state;
	assert_int_equal(score("qwen/qwen3-8b", "qwen/qwen3-8b"), SIMILAR_SAME);
	assert_int_equal(score("qwen/qwen3-8b", "Qwen qwen3_8B"), SIMILAR_SAME);
	assert_int_equal(score("qwen", "xyz"), 0);
	assert_int_equal(score("qwen", ""), 0);
	assert_int_equal(score("", "qwen"), 0);
	assert_int_equal(score("", ""), 0);
	assert_int_equal(score("-/-", "::"), 0);
}

/* What a typing error is meant for is nearer than anything else. */
static void test_order(void **state)
{
	(void)state;
	assert_true(score("meta-llama/llama-3.3-70b-instruct", "lama-3.3-70b-instruct") >
		    score("meta-llama/llama-3.1-8b-instruct", "lama-3.3-70b-instruct"));
	assert_true(score("deepseek-ai/deepseek-v3.1", "depseek-v3.1") >
		    score("deepseek-ai/deepseek-r1", "depseek-v3.1"));
	assert_true(score("halcyonic/saffron-core-4.1", "saffrn") > 450);
	assert_true(score("halcyonic/saffron-core-4.1", "gemini") < 450);
}

/* Names longer than the limit are read up to it. */
static void test_long(void **state)
{
	char text[4 * SIMILAR_PAIRS_MAX + 1];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(score(text, text), SIMILAR_SAME);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_and_nothing),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
