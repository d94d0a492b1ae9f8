#include "unit.h"

#include "base/arena.h"
#include "core/model.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static struct price price(enum meter meter, const char *condition)
{
	return (struct price){ .meter = meter,
			       .state = PRICE_PRICED,
			       .condition = str_of(condition),
			       .amount = STR("1"),
			       .currency = STR("USD"),
			       .valid_from_ms = CLOCK_NONE,
			       .valid_to_ms = CLOCK_NONE };
}

/* In this order: by the meter's name, not its number; then the condition bytewise. */
static const struct {
	enum meter meter;
	const char *condition;
} ascending[] = {
	{ METER_AUDIO_SECOND, "" },
	{ METER_CACHE_WRITE_TOKEN, "" },
	{ METER_CACHE_WRITE_TOKEN, "[1h]" },
	{ METER_CACHE_WRITE_TOKEN, "[5m]" },
	{ METER_CACHED_INPUT_TOKEN, "" }, /* "_" comes before "d" */
	{ METER_INPUT_IMAGE, "" },
	{ METER_INPUT_IMAGE_TOKEN, "" },
	{ METER_INPUT_TOKEN, "" },
	{ METER_INPUT_TOKEN, "[10:00-01:00Z]" },
	{ METER_INPUT_TOKEN, "[>200000]" },
	{ METER_INPUT_TOKEN, "[>200000][batch]" },
	{ METER_INPUT_TOKEN, "[batch]" },
	{ METER_OUTPUT_TOKEN, "" },
	{ METER_REQUEST, "" },
	{ METER_WEB_SEARCH, "" },
};

static void test_price_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(ascending); i++) {
		for (size_t k = 0; k < LENGTH(ascending); k++) {
			struct price a = price(ascending[i].meter, ascending[i].condition);
			struct price b = price(ascending[k].meter, ascending[k].condition);
			int c = price_cmp(&a, &b);

			assert_int_equal((c > 0) - (c < 0), (i > k) - (i < k));
		}
	}
}

static void shuffle(unsigned *order, unsigned n, unsigned *seed)
{
	for (unsigned i = 0; i < n; i++)
		order[i] = i;
	for (unsigned i = n; i > 1; i--) {
		unsigned k;
		unsigned swap;

		*seed = *seed * 1103515245 + 12345;
		k = (*seed >> 16) % i;
		swap = order[i - 1];
		order[i - 1] = order[k];
		order[k] = swap;
	}
}

static const char *const ids[] = { "A/x", "a/x", "a/x-1", "a/x:free", "b", "b/y", "\xc3\xa4" };

static void test_catalog_sort(void **state)
{
	unsigned seed = 7;

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct price prices[LENGTH(ascending)];
		struct model models[LENGTH(ids)] = { { .id = { NULL, 0 } } };
		struct catalog c = { .models = models, .n = LENGTH(ids) };
		unsigned order[LENGTH(ascending)];

		shuffle(order, LENGTH(ascending), &seed);
		for (size_t i = 0; i < LENGTH(ascending); i++)
			prices[i] = price(ascending[order[i]].meter, ascending[order[i]].condition);
		shuffle(order, LENGTH(ids), &seed);
		for (size_t i = 0; i < LENGTH(ids); i++)
			models[i].id = str_of(ids[order[i]]);
		models[3].prices = prices;
		models[3].n_prices = LENGTH(prices);
		catalog_sort(&c);
		for (size_t i = 0; i < LENGTH(ids); i++)
			assert_true(str_eq(models[i].id, str_of(ids[i])));
		for (size_t i = 0; i < LENGTH(ascending); i++) {
			assert_int_equal(prices[i].meter, ascending[i].meter);
			assert_true(str_eq(prices[i].condition, str_of(ascending[i].condition)));
		}
	}
}

static void test_catalog_sort_of_little(void **state)
{
	struct model one = { .id = STR("only") };
	struct catalog none = { .models = NULL, .n = 0 };
	struct catalog single = { .models = &one, .n = 1 };

	(void)state;
	catalog_sort(&none);
	catalog_sort(&single);
	assert_true(str_eq(one.id, STR("only")));
	assert_int_equal(model_cmp(&one, &one), 0);
}

static void test_model_price(void **state)
{
	struct price prices[] = { price(METER_CACHE_WRITE_TOKEN, "[1h]"),
				  price(METER_INPUT_TOKEN, ""),
				  price(METER_INPUT_TOKEN, "[>200000]") };
	struct model m = { .prices = prices, .n_prices = LENGTH(prices) };

	(void)state;
	assert_ptr_equal(model_price(&m, METER_INPUT_TOKEN), &prices[1]);
	assert_null(model_price(&m, METER_CACHE_WRITE_TOKEN)); /* only under a condition */
	assert_null(model_price(&m, METER_OUTPUT_TOKEN));
	m.n_prices = 0;
	assert_null(model_price(&m, METER_INPUT_TOKEN));
}

static void test_price_same(void **state)
{
	struct price a = price(METER_INPUT_TOKEN, "");
	struct price b = a;

	(void)state;
	b.raw = STR("1.0");
	b.unit = STR("USD per 1M tokens");
	b.source = STR("list#/x");
	assert_true(price_same(&a, &b)); /* none of these counts */
	b.amount = STR("2");
	assert_false(price_same(&a, &b));
	b = a;
	b.state = PRICE_DYNAMIC;
	assert_false(price_same(&a, &b));
	b.amount = STR_NONE;
	assert_false(price_same(&a, &b));
	a = b;
	assert_true(price_same(&a, &b));
	b.currency = STR("EUR");
	assert_false(price_same(&a, &b));
	b = a;
	b.valid_from_ms = 0;
	assert_false(price_same(&a, &b));
	b = a;
	b.valid_to_ms = 0;
	assert_false(price_same(&a, &b));
}

static void test_state_names(void **state)
{
	(void)state;
	assert_string_equal(price_state_names[PRICE_PRICED], "priced");
	assert_string_equal(price_state_names[PRICE_FREE], "free");
	assert_string_equal(price_state_names[PRICE_DYNAMIC], "dynamic");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_price_order),
		cmocka_unit_test(test_catalog_sort),
		cmocka_unit_test(test_catalog_sort_of_little),
		cmocka_unit_test(test_model_price),
		cmocka_unit_test(test_price_same),
		cmocka_unit_test(test_state_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
