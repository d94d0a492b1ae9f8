#include "unit.h"

#include "core/offer.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define MILLION       ((struct offer_use){ 1000000, 1000000, false })

struct quote {
	enum meter meter;
	const char *condition, *amount; /* "0": free, NULL: dynamic */
	const char *currency;           /* NULL: USD */
};

enum { QUOTES_MAX = 6 };

static struct model model_of(const struct quote *quotes, struct price prices[QUOTES_MAX])
{
	struct model m = { .prices = prices };

	for (; m.n_prices < QUOTES_MAX && quotes[m.n_prices].condition; m.n_prices++) {
		const struct quote *q = &quotes[m.n_prices];

		prices[m.n_prices] = (struct price){
			.meter = q->meter,
			.state = !q->amount                    ? PRICE_DYNAMIC
				 : strcmp(q->amount, "0") == 0 ? PRICE_FREE
							       : PRICE_PRICED,
			.condition = str_of(q->condition),
			.amount = str_of(q->amount),
			.currency = q->currency ? str_of(q->currency) : STR("USD"),
		};
	}
	return m;
}

static struct offer_cost cost_of(const struct quote *quotes, struct offer_use use)
{
	struct price prices[QUOTES_MAX];
	struct model m = model_of(quotes, prices);
	struct offer_cost c = offer_cost(&m, &use);

	c.currency = str_eq(c.currency, STR("EUR")) ? STR("EUR") : STR("USD");
	return c;
}

static void check(const struct quote *quotes, struct offer_use use, enum offer_state state,
		  const char *amount, const char *currency)
{
	struct offer_cost c = cost_of(quotes, use);
	char text[DEC_TEXT_MAX];

	(void)dec_print(&c.amount, text);
	assert_int_equal(c.state, state);
	assert_string_equal(text, amount);
	assert_true(str_eq(c.currency, str_of(currency)));
}

static void test_both_prices(void **state)
{
	static const struct quote q[QUOTES_MAX] = {
		{ METER_INPUT_TOKEN, "", "0.0000006000000000000001", NULL },
		{ METER_OUTPUT_TOKEN, "", "0.0000024", NULL },
		{ METER_REQUEST, "", "0.01", NULL },
	};

	(void)state;
	check(q, MILLION, OFFER_PRICED, "3.0000000000000001", "USD");
	check(q, (struct offer_use){ 1000, 10, true }, OFFER_PRICED, "0.0006240000000000001",
	      "USD");
	check(q, (struct offer_use){ 1000, 0, true }, OFFER_PRICED, "0.0006000000000000001", "USD");
}

static void test_tiers(void **state)
{
	static const struct quote q[QUOTES_MAX] = {
		{ METER_INPUT_TOKEN, "", "0.000001", NULL },
		{ METER_INPUT_TOKEN, "[>200000]", "0.000002", NULL },
		{ METER_INPUT_TOKEN, "[>=1000000]", "0.000004", NULL },
		{ METER_INPUT_TOKEN, "[batch]", "0.0000001", NULL },
		{ METER_OUTPUT_TOKEN, "", "0.00001", NULL },
		{ METER_OUTPUT_TOKEN, "[>200000]", "0.00002", NULL },
	};

	(void)state;
	check(q, MILLION, OFFER_PRICED, "11", "USD"); /* the list's price, whatever the tier */
	check(q, (struct offer_use){ 200000, 100, true }, OFFER_PRICED, "0.201", "USD");
	check(q, (struct offer_use){ 200001, 100, true }, OFFER_PRICED, "0.402002", "USD");
	check(q, (struct offer_use){ 999999, 0, true }, OFFER_PRICED, "1.999998", "USD");
	check(q, (struct offer_use){ 1000000, 100, true }, OFFER_PRICED, "4.002", "USD");
	/* Output alone: the tier is that of the input. */
	check(q, (struct offer_use){ 0, 1000000, true }, OFFER_PRICED, "10", "USD");
}

static void test_what_is_not_said(void **state)
{
	static const struct quote input[QUOTES_MAX] = {
		{ METER_INPUT_TOKEN, "", "0.000001", NULL },
	};
	static const struct quote dynamic[QUOTES_MAX] = {
		{ METER_INPUT_TOKEN, "", "0.000001", NULL },
		{ METER_OUTPUT_TOKEN, "", NULL, NULL },
	};
	static const struct quote batch[QUOTES_MAX] = {
		{ METER_INPUT_TOKEN, "[batch]", "0.000001", NULL },
		{ METER_OUTPUT_TOKEN, "[10:00-01:00Z]", "0.000001", NULL },
	};
	static const struct quote nothing[QUOTES_MAX] = { { 0 } };

	(void)state;
	check(input, MILLION, OFFER_IN_PART, "1", "USD");
	check(input, (struct offer_use){ 1000000, 0, true }, OFFER_PRICED, "1", "USD");
	check(input, (struct offer_use){ 0, 1000000, true }, OFFER_UNPRICED, "0", "USD");
	check(dynamic, MILLION, OFFER_DYNAMIC, "0", "USD");
	check(batch, MILLION, OFFER_UNPRICED, "0", "USD");
	check(nothing, MILLION, OFFER_UNPRICED, "0", "USD");
}

static void test_currencies(void **state)
{
	static const struct quote euros[QUOTES_MAX] = {
		{ METER_INPUT_TOKEN, "", "0", NULL },
		{ METER_OUTPUT_TOKEN, "", "0.000001", "EUR" },
	};
	static const struct quote mixed[QUOTES_MAX] = {
		{ METER_INPUT_TOKEN, "", "0.000001", "EUR" },
		{ METER_OUTPUT_TOKEN, "", "0.000001", NULL },
	};
	static const struct quote huge[QUOTES_MAX] = {
		{ METER_INPUT_TOKEN, "",
		  "123456789012345678901234567890123456789012345678901234567890", NULL },
		{ METER_OUTPUT_TOKEN, "", "0.000001", NULL },
	};

	(void)state;
	check(euros, MILLION, OFFER_PRICED, "1", "EUR");
	check(mixed, MILLION, OFFER_UNPRICED, "0", "USD");
	check(huge, MILLION, OFFER_UNPRICED, "0", "USD");
}

/* Each is cheaper than the next. */
static void test_order(void **state)
{
	static const struct quote sorted[][QUOTES_MAX] = {
		{ { METER_INPUT_TOKEN, "", "0", "EUR" }, { METER_OUTPUT_TOKEN, "", "0", "EUR" } },
		{ { METER_INPUT_TOKEN, "", "0.000001", NULL },
		  { METER_OUTPUT_TOKEN, "", "0", NULL } },
		{ { METER_INPUT_TOKEN, "", "0.0000010000000000000000001", NULL },
		  { METER_OUTPUT_TOKEN, "", "0", NULL } },
		{ { METER_INPUT_TOKEN, "", "0.0000001", "EUR" },
		  { METER_OUTPUT_TOKEN, "", "0", NULL } },
		{ { METER_INPUT_TOKEN, "", "0", NULL } },
		{ { METER_INPUT_TOKEN, "", "0.00000001", NULL } },
		{ { METER_OUTPUT_TOKEN, "", "0.00000002", NULL } },
		{ { METER_INPUT_TOKEN, "", NULL, NULL }, { METER_OUTPUT_TOKEN, "", "0", NULL } },
		{ { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(sorted); i++)
		for (size_t k = 0; k < LENGTH(sorted); k++) {
			struct offer_cost a = cost_of(sorted[i], MILLION),
					  b = cost_of(sorted[k], MILLION);

			assert_int_equal(offer_cost_cmp(&a, &b), (i > k) - (i < k));
		}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_prices),
		cmocka_unit_test(test_tiers),
		cmocka_unit_test(test_what_is_not_said),
		cmocka_unit_test(test_currencies),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
