#include "unit.h"

#include "core/quantization.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static void means(const char *said, const char *wanted)
{
	struct str word = quantization_parse(str_of(said));

	assert_true(str_eq(word, str_of(wanted)));
}

static void test_words(void **state)
{
	(void)state;
	means("fp8", "fp8");
	means("FP8", "fp8");
	means("bfloat16", "bf16");
	means("Float16", "fp16");
	means("nvfp4", "nvfp4");
	means("unknown", "unknown");
}

static void test_what_is_no_word_of_the_list(void **state)
{
	static const char *const refused[] = { "",   "fp",   "fp88",   " fp8",
					       "8",  "none", "fp8 ",   "FP16/8 (weights only)",
					       "q4", "4bit", "fp8,fp4" };

	(void)state;
	for (size_t i = 0; i < LENGTH(refused); i++)
		assert_true(str_is_none(quantization_parse(str_of(refused[i]))));
	assert_true(str_is_none(quantization_parse(STR_NONE)));
	assert_true(str_is_none(quantization_parse(STR("fp8\0"))));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_what_is_no_word_of_the_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
