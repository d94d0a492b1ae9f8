#include "unit.h"

#include "core/shown.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* What is typed, and what is kept of it; NULL: refused. */
static const struct {
	const char *field, *typed, *kept;
} cases[] = {
	{ "model_name", "Quartz 9B \xc3\xa9", "Quartz 9B \xc3\xa9" },
	{ "model_name", "", NULL },
	{ "model_name", "\xff", NULL },
	{ "description", "a\nb", "a\nb" },
	{ "context_length", "131072", "131072" },
	{ "context_length", "0", "0" },
	{ "context_length", "1000000000000", "1000000000000" },
	{ "context_length", "1000000000001", NULL },
	{ "context_length", "-1", NULL },
	{ "context_length", "128k", NULL },
	{ "max_output_tokens", "8192.5", NULL },
	{ "modality", "text+image->text", "text+image->text" },
	{ "modality", "text->", NULL },
	{ "modality", "->text", NULL },
	{ "modality", "text", NULL },
	{ "modality", "text->te->xt", NULL },
	{ "modality", "Text->text", NULL },
	{ "quantization", "FP8", "fp8" },
	{ "quantization", "fp9", NULL },
	{ "pricing_prompt", "5e-07", "0.0000005" },
	{ "pricing_prompt", "0.50", "0.5" },
	{ "pricing_prompt", "0", "0" },
	{ "pricing_prompt", "0.000000000000000000000000000001",
	  "0.000000000000000000000000000001" },
	{ "pricing_prompt", "0.0000000000000000000000000000001", NULL },
	{ "pricing_completion", "-1", NULL },
	{ "pricing_image", "$1", NULL },
	{ "pricing_request", "free", NULL },
	{ "supports_vision", "yes", "yes" },
	{ "supports_streaming", "no", "no" },
	{ "supports_function_calling", "true", NULL },
	{ "deprecated_at", "2026-12-31", "2026-12-31T00:00:00.000Z" },
	{ "deprecated_at", "2026-12-31T02:00:00+02:00", "2026-12-31T00:00:00.000Z" },
	{ "deprecated_at", "soon", NULL },
	{ "replaced_by", "acme/newer", "acme/newer" },
	{ "canonical_id", "acme/newer", NULL },
	{ "is_active", "no", NULL },
	{ "pricing", "1", NULL },
};

static void test_what_is_typed(void **state)
{
	ARENA_AUTO(a);
	struct err e;

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct str kept = STR_NONE;
		bool ok =
			shown_parse(str_of(cases[i].field), str_of(cases[i].typed), &a, &kept, &e);

		if (ok != (cases[i].kept != NULL) || !str_same(kept, str_of(cases[i].kept)))
			fail_msg("%s %s: \"%.*s\"", cases[i].field, cases[i].typed, STR_FMT(kept));
		if (!ok)
			assert_int_equal(e.kind, ERR_USAGE);
	}
}

static void test_fields_are_named(void **state)
{
	struct err e;
	size_t n = 0;

	(void)state;
	assert_false(shown_check(STR("pricing"), &e));
	for (; shown_field(n); n++) {
		assert_non_null(strstr(e.text, shown_field(n)));
		assert_true(shown_check(str_of(shown_field(n)), &e) || !shown_field(n));
		(void)shown_check(STR("pricing"), &e);
	}
	assert_int_equal(n, 15);
}

static struct price price(enum meter meter, const char *condition, const char *amount)
{
	return (struct price){ .meter = meter,
			       .state = !amount ? PRICE_DYNAMIC : PRICE_PRICED,
			       .condition = str_of(condition),
			       .amount = str_of(amount),
			       .currency = STR("USD") };
}

static struct model a_model(struct price prices[3])
{
	prices[0] = price(METER_INPUT_TOKEN, "", "0.00002");
	prices[1] = price(METER_INPUT_TOKEN, "[batch]", "0.00001");
	prices[2] = price(METER_OUTPUT_TOKEN, "", NULL);
	return (struct model){ .id = STR("m"),
			       .name = STR("M"),
			       .context_length = 7,
			       .max_output_tokens = MODEL_NO_COUNT,
			       .deprecated_at_ms = CLOCK_NONE,
			       .prices = prices,
			       .n_prices = 3 };
}

static void test_nothing_laid_over(void **state)
{
	ARENA_AUTO(a);
	struct price prices[3];
	struct model m = a_model(prices);

	(void)state;
	assert_ptr_equal(shown_model(&m, NULL, 0, NULL, 0, &a), &m);
}

/* The operator's word is the last; what is observed stays as it is. */
static void test_held_and_laid_over(void **state)
{
	static const struct shown_price held[] = { { METER_INPUT_TOKEN, { "", 0 }, { "0", 1 } } };
	static const char *const values[][2] = {
		{ "pricing_prompt", "0.5" },
		{ "pricing_completion", "0" },
		{ "pricing_request", "0.25" },
		{ "context_length", "9" },
		{ "max_output_tokens", "3" },
		{ "model_name", "Mine" },
		{ "deprecated_at", "2026-12-31T00:00:00.000Z" },
		{ "supports_vision", "no" },
		{ "supports_streaming", "yes" },
		{ "quantization", "fp8" },
		{ "modality", "text->text" },
		{ "replaced_by", "m2" },
		{ "description", "text" },
		{ "of_a_newer_program", "1" },
	};
	ARENA_AUTO(a);
	struct shown_value list[LENGTH(values)];
	struct price prices[3];
	struct model m = a_model(prices);
	const struct model *shown = shown_model(&m, held, 1, NULL, 0, &a);

	(void)state;
	assert_int_equal(model_price(shown, METER_INPUT_TOKEN)->state, PRICE_FREE);
	assert_true(str_eq(shown->prices[1].amount, STR("0.00001")));
	assert_true(str_eq(shown_said(shown, STR("pricing_prompt"), &a), STR("0")));
	for (size_t i = 0; i < LENGTH(values); i++)
		list[i] = (struct shown_value){ str_of(values[i][0]), str_of(values[i][1]) };
	shown = shown_model(&m, held, 1, list, LENGTH(values), &a);
	for (size_t i = 0; i + 1 < LENGTH(values); i++)
		if (!str_same(shown_said(shown, list[i].field, &a), list[i].value))
			fail_msg("%s", values[i][0]);
	assert_true(str_eq(shown_said(&m, STR("pricing_prompt"), &a), STR("0.00002")));
	assert_true(str_is_none(shown_said(&m, STR("pricing_completion"), &a)));
	assert_true(str_is_none(shown_said(&m, STR("max_output_tokens"), &a)));
	assert_true(str_is_none(shown_said(&m, STR("supports_vision"), &a)));
	assert_true(str_eq(shown_said(&m, STR("context_length"), &a), STR("7")));
	assert_int_equal(m.n_prices, 3);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_typed),
		cmocka_unit_test(test_fields_are_named),
		cmocka_unit_test(test_nothing_laid_over),
		cmocka_unit_test(test_held_and_laid_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
