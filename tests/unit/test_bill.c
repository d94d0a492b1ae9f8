#include "unit.h"

#include "core/bill.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define MINUTES(h, m) ((int64_t)((h)*60 + (m)) * 60000 + INT64_C(1787356800000)) /* 2026-08-22 */

enum { QUOTES_MAX = 8 };

struct quote {
	enum meter meter;
	const char *condition, *amount; /* "0": free, NULL: dynamic */
	const char *currency;           /* NULL: USD */
};

/* A model with a long context, batches, hours at night and a cache. */
static const struct quote rich[QUOTES_MAX] = {
	{ METER_CACHED_INPUT_TOKEN, "", "0.0000001", NULL },
	{ METER_INPUT_TOKEN, "", "0.000001", NULL },
	{ METER_INPUT_TOKEN, "[16:30-00:30Z]", "0.0000005", NULL },
	{ METER_INPUT_TOKEN, "[>200000]", "0.000002", NULL },
	{ METER_INPUT_TOKEN, "[>=1000000]", "0.000004", NULL },
	{ METER_INPUT_TOKEN, "[>200000][batch]", "0.0000015", NULL },
	{ METER_OUTPUT_TOKEN, "", "0.00001", NULL },
	{ METER_OUTPUT_TOKEN, "[>200000]", "0.00002", NULL },
};

static const struct quote plain[QUOTES_MAX] = {
	{ METER_CACHE_WRITE_TOKEN, "[1h]", "0.000004", NULL },
	{ METER_CACHE_WRITE_TOKEN, "[5m]", "0.000003", NULL },
	{ METER_INPUT_TOKEN, "", "0.0000020000000000000001", NULL },
	{ METER_OUTPUT_TOKEN, "[batch]", "0.000001", NULL },
	{ METER_REQUEST, "", "0", NULL },
	{ METER_WEB_SEARCH, "", NULL, NULL },
};

static const struct quote euros[QUOTES_MAX] = {
	{ METER_INPUT_TOKEN, "", "0", "USD" },
	{ METER_OUTPUT_TOKEN, "", "0.000001", "EUR" },
	{ METER_REQUEST, "", "0.01", "USD" },
};

static const struct quote huge[QUOTES_MAX] = {
	{ METER_INPUT_TOKEN, "", "123456789012345678901234567890123456789012345678901234567890",
	  NULL },
};

static size_t prices_of(const struct quote *quotes, struct price prices[QUOTES_MAX])
{
	size_t n = 0;

	for (; n < QUOTES_MAX && quotes[n].condition; n++) {
		const struct quote *q = &quotes[n];

		prices[n] = (struct price){
			.meter = q->meter,
			.state = !q->amount                    ? PRICE_DYNAMIC
				 : strcmp(q->amount, "0") == 0 ? PRICE_FREE
							       : PRICE_PRICED,
			.condition = str_of(q->condition),
			.amount = str_of(q->amount),
			.currency = q->currency ? str_of(q->currency) : STR("USD"),
			.valid_from_ms = CLOCK_NONE,
			.valid_to_ms = CLOCK_NONE,
		};
	}
	return n;
}

#define IN(n)    .counts[METER_INPUT_TOKEN] = (n)
#define OUT(n)   .counts[METER_OUTPUT_TOKEN] = (n)
#define READ(n)  .counts[METER_CACHED_INPUT_TOKEN] = (n)
#define WRITE(n) .counts[METER_CACHE_WRITE_TOKEN] = (n)
#define THINK(n) .counts[METER_REASONING_TOKEN] = (n)
#define CALL(n)  .counts[METER_REQUEST] = (n)
#define NOON     .at_ms = MINUTES(12, 0)
#define BATCH    .service = { "batch", 5 }

static void test_bills(void **state)
{
	static const struct {
		const struct quote *prices;
		struct bill_use use;
		enum bill_state state;
		const char *amount;
	} cases[] = {
		{ rich, { IN(1000), OUT(10), NOON }, BILL_PRICED, "0.0011" },
		/* The cliff: of all tokens that went in, and for all that came out. */
		{ rich, { IN(200000), OUT(10), NOON }, BILL_PRICED, "0.2001" },
		{ rich, { IN(200001), OUT(10), NOON }, BILL_PRICED, "0.400202" },
		{ rich, { IN(1), READ(199999), OUT(10), NOON }, BILL_PRICED, "0.0201009" },
		{ rich, { IN(1), READ(200000), OUT(10), NOON }, BILL_PRICED, "0.020202" },
		{ rich, { IN(1), WRITE(200000), NOON }, BILL_PRICED, "0.400002" },
		{ rich,
		  { IN(1), .counts[METER_INPUT_IMAGE_TOKEN] = 200000, NOON },
		  BILL_IN_PART,
		  "0.000002" },
		{ rich, { IN(999999), NOON }, BILL_PRICED, "1.999998" },
		{ rich, { IN(1000000), NOON }, BILL_PRICED, "4" },
		/* More terms win against a higher threshold, and without one the list's price is there. */
		{ rich, { IN(1000000), NOON, BATCH }, BILL_PRICED, "1.5" },
		{ rich, { IN(1000), NOON, BATCH }, BILL_PRICED, "0.001" },
		/* Hours, across midnight and to the millisecond. */
		{ rich, { IN(1000), .at_ms = MINUTES(16, 30) - 1 }, BILL_PRICED, "0.001" },
		{ rich, { IN(1000), .at_ms = MINUTES(16, 30) }, BILL_PRICED, "0.0005" },
		{ rich, { IN(1000), .at_ms = MINUTES(24, 30) - 1 }, BILL_PRICED, "0.0005" },
		{ rich, { IN(1000), .at_ms = MINUTES(24, 30) }, BILL_PRICED, "0.001" },
		{ rich, { IN(1000), .at_ms = CLOCK_NONE }, BILL_PRICED, "0.001" },
		/* At night a long one: as many terms, the higher threshold. */
		{ rich, { IN(300000), .at_ms = MINUTES(23, 0) }, BILL_PRICED, "0.6" },
		/* Charged as something else. */
		{ rich, { IN(1000), WRITE(500), THINK(7), OUT(3), NOON }, BILL_PRICED, "0.0016" },
		{ plain, { READ(3), NOON }, BILL_PRICED, "0.0000060000000000000003" },
		{ plain, { WRITE(3), NOON }, BILL_UNPUBLISHED, "0" },
		{ plain, { IN(1), WRITE(3), NOON }, BILL_IN_PART, "0.0000020000000000000001" },
		{ plain, { WRITE(3), NOON, .ttl = { "5m", 2 } }, BILL_PRICED, "0.000009" },
		{ plain, { WRITE(3), NOON, .ttl = { "1h", 2 } }, BILL_PRICED, "0.000012" },
		/* A time to live that has no price: as with none at all. */
		{ plain,
		  { WRITE(1), NOON, .ttl = { "24h", 3 } },
		  BILL_PRICED,
		  "0.0000020000000000000001" },
		{ plain, { OUT(5), NOON }, BILL_UNPUBLISHED, "0" },
		{ plain, { OUT(5), NOON, BATCH }, BILL_PRICED, "0.000005" },
		{ plain, { THINK(5), NOON }, BILL_UNPUBLISHED, "0" },
		{ plain, { IN(1), OUT(5), NOON }, BILL_IN_PART, "0.0000020000000000000001" },
		{ plain, { CALL(1), NOON }, BILL_FREE, "0" },
		{ plain, { CALL(1), OUT(1), NOON }, BILL_IN_PART, "0" },
		{ plain, { .counts[METER_WEB_SEARCH] = 1, NOON }, BILL_DYNAMIC, "0" },
		{ plain, { .counts[METER_WEB_SEARCH] = 1, OUT(1), NOON }, BILL_DYNAMIC, "0" },
		{ plain,
		  { .counts[METER_WEB_SEARCH] = 1, IN(5), NOON },
		  BILL_IN_PART,
		  "0.0000100000000000000005" },
		{ euros, { IN(5), OUT(5), NOON }, BILL_PRICED, "0.000005" },
		{ euros, { IN(5), NOON }, BILL_FREE, "0" },
		{ euros, { OUT(5), CALL(1), NOON }, BILL_MIXED, "0" },
		{ huge, { IN(9), NOON }, BILL_TOO_LARGE, "0" },
		{ huge, { IN(9), OUT(1), NOON }, BILL_TOO_LARGE, "0" },
		{ rich, { NOON }, BILL_UNPUBLISHED, "0" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct price prices[QUOTES_MAX];
		size_t n = prices_of(cases[i].prices, prices);
		struct bill b = bill_of(prices, n, &cases[i].use);
		char text[DEC_TEXT_MAX];

		(void)dec_print(&b.amount, text);
		if (b.state != cases[i].state || strcmp(text, cases[i].amount) != 0)
			print_error("case %zu: %s %s\n", i, bill_state_names[b.state], text);
		assert_int_equal(b.state, cases[i].state);
		assert_string_equal(text, cases[i].amount);
	}
}

static void test_currency(void **state)
{
	static const struct bill_use out = { OUT(5), NOON }, both = { OUT(5), CALL(1), NOON },
				     none = { IN(5), NOON };
	struct price prices[QUOTES_MAX];
	size_t n = prices_of(euros, prices);

	(void)state;
	assert_true(str_eq(bill_of(prices, n, &out).currency, STR("EUR")));
	assert_true(str_is_none(bill_of(prices, n, &both).currency));
	assert_true(str_is_none(bill_of(prices, n, &none).currency));
}

/* A discount is for everybody, from the instant stated until before the other. */
static void test_validity(void **state)
{
	static const struct quote q[QUOTES_MAX] = {
		{ METER_INPUT_TOKEN, "", "0.000001", NULL },
		{ METER_INPUT_TOKEN, "[discount]", "0.0000005", NULL },
	};
	static const struct {
		int64_t at_ms;
		bool discount;
	} cases[] = {
		{ MINUTES(10, 0) - 1, false }, { MINUTES(10, 0), true },
		{ MINUTES(12, 0) - 1, true },  { MINUTES(12, 0), false },
		{ CLOCK_NONE, false },
	};
	struct price prices[QUOTES_MAX];
	size_t n = prices_of(q, prices);

	(void)state;
	prices[1].valid_from_ms = MINUTES(10, 0);
	prices[1].valid_to_ms = MINUTES(12, 0);
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct bill_use use = { IN(1), .at_ms = cases[i].at_ms };
		struct bill b = bill_of(prices, n, &use);

		assert_ptr_equal(b.lines[0].price, &prices[cases[i].discount]);
	}
	prices[0].valid_to_ms = MINUTES(11, 0);
	{
		struct bill b = bill_of(prices, 1, &(struct bill_use){ IN(1), NOON });
		ARENA_AUTO(a);

		assert_int_equal(b.state, BILL_UNPUBLISHED);
		assert_string_equal(arena_cstr(&a, bill_why(&b, &b.lines[0], prices, 1, &a)),
				    "input_token has no valid price");
	}
}

/* The first line of such a bill, in words. */
static void check_why(const struct quote *quotes, struct bill_use use, const char *wanted)
{
	struct price prices[QUOTES_MAX];
	size_t n = prices_of(quotes, prices);
	struct bill b = bill_of(prices, n, &use);
	ARENA_AUTO(a);

	assert_true(b.n > 0);
	assert_string_equal(arena_cstr(&a, bill_why(&b, &b.lines[0], prices, n, &a)), wanted);
}

static void test_why(void **state)
{
	static const struct quote twice[QUOTES_MAX] = {
		{ METER_INPUT_TOKEN, "[10:00-12:01Z]", "0.000001", NULL },
		{ METER_INPUT_TOKEN, "[batch]", "0.000002", NULL },
	};

	(void)state;
	check_why(rich, (struct bill_use){ READ(1), NOON }, "its one price");
	check_why(rich, (struct bill_use){ OUT(1), NOON }, "of [>200000] none applies");
	check_why(rich, (struct bill_use){ IN(300000), NOON }, "[>200000] for 300000 input tokens");
	check_why(rich, (struct bill_use){ IN(300000), NOON, BATCH },
		  "[>200000] for 300000 input tokens, [batch] as asked");
	check_why(rich, (struct bill_use){ READ(1), NOON, BATCH },
		  "no price for [batch]; its one price");
	check_why(rich, (struct bill_use){ WRITE(1), .at_ms = MINUTES(23, 5) },
		  "no price of cache_write_token applies, so charged as input_token; "
		  "[16:30-00:30Z] at 23:05Z");
	check_why(plain, (struct bill_use){ WRITE(1), NOON },
		  "cache_write_token has a price by the time to live alone: [1h], [5m]");
	check_why(plain, (struct bill_use){ OUT(1), NOON },
		  "output_token has a price under [batch] alone");
	check_why(euros, (struct bill_use){ .counts[METER_OUTPUT_IMAGE] = 1, NOON },
		  "output_image has no published price");
	check_why(twice, (struct bill_use){ IN(1), NOON, BATCH },
		  "[10:00-12:01Z] at 12:00Z; [batch] applies with the same right");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bills),
		cmocka_unit_test(test_currency),
		cmocka_unit_test(test_validity),
		cmocka_unit_test(test_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
