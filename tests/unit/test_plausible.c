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

/* ---- moves ---- */

static struct price amount_of(const char *amount, const char *currency)
{
	enum price_state state = !amount                    ? PRICE_DYNAMIC
				 : strcmp(amount, "0") == 0 ? PRICE_FREE
							    : PRICE_PRICED;

	return (struct price){ .meter = METER_INPUT_TOKEN,
			       .state = state,
			       .condition = STR(""),
			       .amount = str_of(amount),
			       .currency = str_of(currency) };
}

/* NULL: it is credible.  The median is of 3 others, or nobody's (NULL). */
static const struct {
	const char *before, *now, *median, *why;
} moves[] = {
	/* ten times, to the last digit, up and down */
	{ "0.000001", "0.00001", NULL, "10 times the accepted 0.000001" },
	{ "0.000001", "0.000009999999999999999999999999", NULL, NULL },
	{ "0.00001", "0.000001", NULL, "0.1 times the accepted 0.00001" },
	{ "0.00001", "0.000001000000000000000000000001", NULL, NULL },
	{ "0.000003", "0.0000301", NULL, "10.0333333333 times the accepted 0.000003" },
	{ "0.000001", "0.0000015", NULL, NULL },
	/* free */
	{ "0.000001", "0", NULL, "free, accepted is 0.000001" },
	{ "0", "0.000001", NULL, "priced, accepted is free" },
	{ "0", "0", NULL, NULL },
	/* the band is inclusive */
	{ "0.0005", "0.001", NULL, NULL },
	{ "0.0005", "0.001000000000000000000000000001", NULL,
	  "above the band of its meter (0.000000001 to 0.001 USD per token)" },
	{ "0.000000002", "0.000000001", NULL, NULL },
	{ "0.000000002", "0.000000000999999999999999999999", NULL,
	  "below the band of its meter (0.000000001 to 0.001 USD per token)" },
	{ "0.002", "0.002", NULL, NULL }, /* what is in force is not judged */
	/* a hundred times the others', up and down */
	{ "0.000002", "0.00001", "0.0000001",
	  "100 times the median of 3 other providers, 0.0000001" },
	{ "0.000002", "0.000009999999999999999999999999", "0.0000001", NULL },
	{ "0.000002", "0.000001", "0.0001", "0.01 times the median of 3 other providers, 0.0001" },
	{ "0.000002", "0.000001000000000000000000000001", "0.0001", NULL },
	{ "0", "0.00001", "0.0000001",
	  "priced, accepted is free; 100 times the median of 3 other providers, 0.0000001" },
	{ "0.000002", "0", "0.0001", "free, accepted is 0.000002" },
	/* all at once */
	{ "0.000001", "0.1", "0.000001",
	  "100000 times the accepted 0.000001; above the band of its meter (0.000000001 to 0.001 "
	  "USD per token); 100000 times the median of 3 other providers, 0.000001" },
	/* nothing to compare with */
	{ NULL, "0.1", "0.000001", NULL },
	{ "0.000001", NULL, "0.000001", NULL },
	/* digits beyond what a product may have */
	{ "0.000000000000000000000000000001", "100000000000000000000000000000", NULL, "" },
};

static void test_moves(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	for (size_t i = 0; i < LENGTH(moves); i++) {
		struct price before = amount_of(moves[i].before, "USD");
		struct price now = amount_of(moves[i].now, "USD");
		struct price_elsewhere w = { str_of(moves[i].median), moves[i].median ? 3 : 0 };
		struct str why = price_move_implausible(&before, &now, &w, &a);

		if (moves[i].why && !*moves[i].why)
			assert_false(str_is_none(why));
		else if (!str_same(why, str_of(moves[i].why)))
			fail_msg("%zu: \"%.*s\"", i, STR_FMT(why));
	}
}

static void test_other_currencies(void **state)
{
	ARENA_AUTO(a);
	const struct price_elsewhere w = { STR("0.000001"), 1 };
	struct price euro = amount_of("0.000001", "EUR"), euros = amount_of("0.00002", "EUR");
	struct price dollars = amount_of("0.00002", "USD"), nothing = amount_of("0", "EUR");

	(void)state;
	assert_true(str_is_none(price_move_implausible(&euro, &dollars, &w, &a)));
	assert_true(str_eq(price_move_implausible(&euro, &euros, &w, &a),
			   STR("20 times the accepted 0.000001")));
	assert_false(str_is_none(price_move_implausible(&nothing, &dollars, &w, &a)));
	/* Neither band nor median are of this money. */
	euros.amount = STR("0.0000099");
	assert_true(str_is_none(price_move_implausible(&euro, &euros, &w, &a)));
	euro.amount = STR("4");
	euros.amount = STR("5");
	assert_true(str_is_none(price_move_implausible(&euro, &euros, &w, &a)));
}

static void test_one_provider(void **state)
{
	ARENA_AUTO(a);
	const struct price_elsewhere w = { STR("0.0000001"), 1 };
	struct price before = amount_of("0.000002", "USD"), now = amount_of("0.00001", "USD");

	(void)state;
	assert_true(str_eq(price_move_implausible(&before, &now, &w, &a),
			   STR("100 times the median of 1 other provider, 0.0000001")));
}

static void test_median(void **state)
{
	static const struct {
		const char *amounts[5];
		const char *median;
	} sets[] = {
		{ { NULL }, NULL },
		{ { "5" }, "5" },
		{ { "10", "9" }, "9.5" },
		{ { "0.0000001", "10", "2" }, "2" },
		{ { "0.3", "0.1", "0.2", "1000" }, "0.25" },
		{ { "0.000000000000000000000000000001", "0.000000000000000000000000000002" },
		  "0.0000000000000000000000000000015" },
		{ { "9", "80", "700", "6", "50" }, "50" },
	};
	ARENA_AUTO(a);

	(void)state;
	for (size_t i = 0; i < LENGTH(sets); i++) {
		struct str amounts[5];
		size_t n = 0;

		while (n < 5 && sets[i].amounts[n]) {
			amounts[n] = str_of(sets[i].amounts[n]);
			n++;
		}
		if (!str_same(price_median(amounts, n, &a), str_of(sets[i].median)))
			fail_msg("%zu", i);
	}
}

static void test_band_in_words(void **state)
{
	ARENA_AUTO(a);

	(void)state;
	assert_true(str_eq(price_band(METER_INPUT_TOKEN, &a),
			   STR("0.000000001 to 0.001 USD per token")));
	assert_true(str_eq(price_band(METER_INPUT_IMAGE, &a), STR("up to 10 USD per image")));
	assert_true(str_is_none(price_band(METER_IMAGE_PIXEL_STEP, &a)));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moves),         cmocka_unit_test(test_other_currencies),
		cmocka_unit_test(test_one_provider),  cmocka_unit_test(test_median),
		cmocka_unit_test(test_band_in_words), cmocka_unit_test(test_bands),
		cmocka_unit_test(test_every_bound),   cmocka_unit_test(test_not_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
