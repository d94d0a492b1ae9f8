#include "unit.h"

#include "core/plausible.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static struct str verdict(enum meter meter, const char *amount, const char *currency)
{
	struct price p = { .meter = meter,
			   .state = PRICE_PRICED,
			   .condition = STR(""),
			   .amount = str_of(amount),
			   .currency = str_of(currency) };

	return price_implausible(&p);
}

/* Bands are inclusive: the bound itself is fine, the next digit outside is not. */
static const struct {
	enum meter meter;
	const char *amount;
	char why; /* '-' below, '+' above, ' ' fine */
} cases[] = {
	{ METER_INPUT_TOKEN, "0.000000001", ' ' },
	{ METER_INPUT_TOKEN, "0.001", ' ' },
	{ METER_INPUT_TOKEN, "0.0000006", ' ' },
	{ METER_INPUT_TOKEN, "0.000000000999999999999999999999", '-' },
	{ METER_INPUT_TOKEN, "0.000000000000000000000000000001", '-' },
	{ METER_INPUT_TOKEN, "0.001000000000000000000000000001", '+' },
	{ METER_INPUT_TOKEN, "0.6", '+' }, /* per 1M, taken for per token */
	{ METER_OUTPUT_TOKEN, "0.001", ' ' },
	{ METER_OUTPUT_TOKEN, "0.0010000001", '+' },
	{ METER_INPUT_IMAGE, "0.000000000001", ' ' }, /* images have no lower end */
	{ METER_INPUT_IMAGE, "10", ' ' },
	{ METER_INPUT_IMAGE, "10.000001", '+' },
	{ METER_OUTPUT_IMAGE, "100", ' ' },
	{ METER_OUTPUT_IMAGE, "100.1", '+' },
	{ METER_REQUEST, "10", ' ' },
	{ METER_REQUEST, "11", '+' },
	{ METER_AUDIO_SECOND, "0.0000001", ' ' },
	{ METER_AUDIO_SECOND, "0.00000009", '-' },
	{ METER_AUDIO_SECOND, "0.1", ' ' },
	{ METER_AUDIO_SECOND, "0.11", '+' },
	{ METER_IMAGE_PIXEL_STEP, "0.000000000000000000000000000001", ' ' }, /* nothing known */
	{ METER_IMAGE_PIXEL_STEP, "1000000", ' ' },
};

static void test_bands(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct str why = verdict(cases[i].meter, cases[i].amount, "USD");
		const char *word = cases[i].why == '-' ? "below" : "above";

		if (cases[i].why == ' ' ? !str_is_none(why) : !str_starts(why, str_of(word)))
			fail_msg("%s: \"%.*s\"", cases[i].amount, STR_FMT(why));
	}
}

/* Both ends of every band of the table. */
static void test_every_bound(void **state)
{
	(void)state;
	for (int i = 0; i < METER_COUNT; i++) {
		enum meter m = (enum meter)i;

		if (meters[i].low)
			assert_true(str_is_none(verdict(m, meters[i].low, "USD")));
		if (meters[i].high)
			assert_true(str_is_none(verdict(m, meters[i].high, "USD")));
		assert_int_equal(str_is_none(verdict(m, "1000000000", "USD")), !meters[i].high);
		assert_int_equal(str_is_none(verdict(m, "0.00000000000000000001", "USD")),
				 !meters[i].low);
	}
}

static void test_not_judged(void **state)
{
	struct price p = { .meter = METER_INPUT_TOKEN,
			   .condition = STR(""),
			   .currency = STR("USD"),
			   .amount = STR("0"),
			   .state = PRICE_FREE };

	(void)state;
	assert_true(str_is_none(price_implausible(&p)));
	p.state = PRICE_DYNAMIC;
	p.amount = STR_NONE;
	assert_true(str_is_none(price_implausible(&p)));
	/* The bands are in dollars. */
	assert_true(str_is_none(verdict(METER_INPUT_TOKEN, "5", "CNY")));
	assert_false(str_is_none(verdict(METER_INPUT_TOKEN, "5", "USD")));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bands),
		cmocka_unit_test(test_every_bound),
		cmocka_unit_test(test_not_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
