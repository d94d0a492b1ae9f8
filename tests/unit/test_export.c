/* Which price a format is given, how an amount is written, and that no text breaks out of its cell or string. */
#include "unit.h"

#include "sink/export.h"
#include "sink/export_price.h"
#include "sink/export_words.h"

/* ---- conditions ---- */

static void test_conditions(void **state)
{
	static const struct {
		const char *text;
		int64_t above;
		bool inclusive, discount, hours, unknown;
		const char *ttl, *service;
	} cases[] = {
		{ "", EXPORT_ALWAYS },
		{ "[>200000]", 200000 },
		{ "[>=200000]", 200000, .inclusive = true },
		/* Counts are whole: written otherwise, it is the same. */
		{ "[>=200001]", 200000 },
		{ "[>=1][batch]", 0, .service = "batch" },
		{ "[>=0]", 0, .inclusive = true },
		{ "[1h][>200000][batch]", 200000, .ttl = "1h", .service = "batch" },
		{ "[5m]", EXPORT_ALWAYS, .ttl = "5m" },
		{ "[16:30-00:30Z]", EXPORT_ALWAYS, .hours = true },
		{ "[discount]", EXPORT_ALWAYS, .discount = true },
		{ "[batch][flex]", EXPORT_ALWAYS, .service = "batch", .unknown = true },
		{ "[>x]", EXPORT_ALWAYS, .unknown = true },
		{ "[]", EXPORT_ALWAYS, .unknown = true },
		{ "batch", EXPORT_ALWAYS, .unknown = true },
		{ "[batch", EXPORT_ALWAYS, .unknown = true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct export_when w = export_when(str_of(cases[i].text));

		assert_int_equal(w.above, cases[i].above);
		assert_int_equal(w.inclusive, cases[i].inclusive);
		assert_int_equal(w.discount, cases[i].discount);
		assert_int_equal(w.hours, cases[i].hours);
		assert_int_equal(w.unknown, cases[i].unknown);
		assert_true(str_same(w.ttl, str_of(cases[i].ttl)));
		assert_true(str_same(w.service, str_of(cases[i].service)));
	}
}

/* ---- prices ---- */

#define NOW INT64_C(1790000000000)

static struct price price_of(enum meter meter, const char *condition, const char *amount)
{
	return (struct price){ .meter = meter,
			       .state = PRICE_PRICED,
			       .condition = str_of(condition),
			       .amount = str_of(amount),
			       .currency = STR("USD"),
			       .valid_from_ms = CLOCK_NONE,
			       .valid_to_ms = CLOCK_NONE };
}

static void test_amounts(void **state)
{
	struct price p = price_of(METER_INPUT_TOKEN, "", "0.5");

	(void)state;
	assert_true(str_eq(export_amount(&p, NOW), STR("0.5")));
	p.currency = STR("EUR");
	assert_true(str_is_none(export_amount(&p, NOW)));
	p.state = PRICE_FREE;
	assert_true(str_eq(export_amount(&p, NOW), STR("0")));
	p.state = PRICE_DYNAMIC;
	assert_true(str_is_none(export_amount(&p, NOW)));

	p = price_of(METER_INPUT_TOKEN, "", "0.5");
	p.valid_to_ms = NOW;
	assert_true(str_is_none(export_amount(&p, NOW)));
	assert_false(str_is_none(export_amount(&p, NOW - 1)));
	p.valid_to_ms = CLOCK_NONE;
	p.valid_from_ms = NOW;
	assert_false(str_is_none(export_amount(&p, NOW)));
	assert_true(str_is_none(export_amount(&p, NOW - 1)));
}

static void assert_plain(const struct model *m, int64_t above, const char *want)
{
	assert_true(str_same(export_plain_amount(m, METER_CACHE_WRITE_TOKEN, above, NOW),
			     str_of(want)));
}

static void test_plain_amounts(void **state)
{
	struct price prices[] = {
		price_of(METER_CACHE_WRITE_TOKEN, "[1h]", "9"),
		price_of(METER_CACHE_WRITE_TOKEN, "[5m]", "2"),
		price_of(METER_CACHE_WRITE_TOKEN, "[>100]", "3"),
		price_of(METER_CACHE_WRITE_TOKEN, "[>=100]", "4"),
		price_of(METER_CACHE_WRITE_TOKEN, "[batch]", "8"),
		price_of(METER_CACHE_WRITE_TOKEN, "[discount]", "1"),
	};
	struct model m = { .prices = prices, .n_prices = 6 };

	(void)state;
	assert_plain(&m, EXPORT_ALWAYS, "1");
	assert_plain(&m, 99, "1");
	assert_plain(&m, 100, "3");
	m.n_prices = 5;
	assert_plain(&m, EXPORT_ALWAYS, "2");
	m.n_prices = 1;
	assert_plain(&m, EXPORT_ALWAYS, NULL);
}

static void test_numbers(void **state)
{
	static const struct {
		const char *amount;
		int shift;
		const char *want;
	} cases[] = {
		{ "0.0000006000000000000001", 6, "0.6000000000000001" },
		{ "0.0000006000000000000001", 0, "0.0000006000000000000001" },
		{ "0", 6, "0" },
		{ "0.000001", 6, "1" },
		{ "12.5", 6, "12500000" },
		{ "0.000000000000000000000000000001", -6,
		  "0.000000000000000000000000000000000001" },
		{ "120", -6, "0.00012" },
		/* What a database may hold that somebody wrote into by hand. */
		{ "1e-7", 0, "0.0000001" },
		{ "-1", 0, NULL },
		{ "1,5", 0, NULL },
		{ "\"}", 0, NULL },
		{ "", 0, NULL },
	};
	char text[DEC_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_true(str_same(export_number(str_of(cases[i].amount), cases[i].shift, text),
				     str_of(cases[i].want)));
	assert_true(str_is_none(export_number(STR_NONE, 0, text)));
}

/* ---- names ---- */

static void test_sides(void **state)
{
	(void)state;
	assert_true(export_has(STR("text+image->text"), EXPORT_IN, "image"));
	assert_false(export_has(STR("text+image->text"), EXPORT_OUT, "image"));
	assert_true(export_has(STR("text->audio+text"), EXPORT_OUT, "text"));
	assert_false(export_has(STR("text->textual"), EXPORT_OUT, "text"));
	assert_false(export_has(STR("text"), EXPORT_IN, "text"));
	assert_false(export_has(STR_NONE, EXPORT_IN, "text"));
}

/* ---- texts ---- */

static void write_one(enum export_format format, const struct model *m, struct buf *out)
{
	const struct export_provider providers[] = {
		{ .slug = STR("groq"), .name = STR("Groq \"the\" fast") },
		{ .slug = STR("google"), .name = STR("Google") },
	};
	struct export_model one = { .model = m, .canonical_id = STR_NONE };
	struct export_writer w;

	export_begin(&w, format, providers, 2, NOW, out);
	for (size_t i = 0; i < 2; i++) {
		export_open(&w, i);
		if (i == 0)
			export_add(&w, &one);
		export_close(&w);
	}
	export_end(&w);
}

/* An id may be anything: a quote, a comma, a line's end, a letter of a foreign script. */
static void test_hostile_texts(void **state)
{
	struct price prices[] = { price_of(METER_INPUT_TOKEN, "", "oops") };
	struct model m = {
		.id = STR("a\",\n\\b\xc3\xa9\x01"),
		.name = STR("=1+1"),
		.context_length = MODEL_NO_COUNT,
		.max_output_tokens = MODEL_NO_COUNT,
		.deprecated_at_ms = CLOCK_NONE,
		.created_ms = CLOCK_NONE,
		.prices = prices,
		.n_prices = 1,
	};

	(void)state;
	for (enum export_format f = 0; f < EXPORT_FORMATS; f++) {
		BUF_AUTO(out, 1 << 16);
		JSON_DOC_AUTO(doc);
		struct err e;

		write_one(f, &m, &out);
		if (f == EXPORT_CSV)
			assert_non_null(
				strstr(out.at, "\r\ngroq,\"a\"\",\n\\b\xc3\xa9\x01\",,=1+1,"));
		else if (!json_read(buf_str(&out), &doc, &e))
			fail_msg("%s: %s in %s", export_format_names[f], e.text, out.at);
		else
			assert_non_null(strstr(out.at, "a\\\",\\u000a\\\\b\xc3\xa9\\u0001"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conditions),    cmocka_unit_test(test_amounts),
		cmocka_unit_test(test_plain_amounts), cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_sides),         cmocka_unit_test(test_hostile_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
