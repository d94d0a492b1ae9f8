#include "unit.h"

#include "core/change.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static struct price price(enum meter meter, const char *condition, enum price_state state,
			  const char *amount)
{
	return (struct price){ .meter = meter,
			       .state = state,
			       .condition = str_of(condition),
			       .amount = str_of(amount),
			       .currency = STR("USD"),
			       .valid_from_ms = CLOCK_NONE,
			       .valid_to_ms = CLOCK_NONE };
}

static struct price input(const char *amount)
{
	return price(METER_INPUT_TOKEN, "", PRICE_PRICED, amount);
}

static struct model model(void)
{
	return (struct model){ .id = STR("acme/x"),
			       .context_length = MODEL_NO_COUNT,
			       .max_output_tokens = MODEL_NO_COUNT,
			       .deprecated_at_ms = CLOCK_NONE,
			       .created_ms = CLOCK_NONE };
}

/* NULL stands for absent, which is JSON null. */
static void assert_text(struct str got, const char *want)
{
	if (!str_same(got, str_of(want)))
		fail_msg("\"%.*s\", expected %s", STR_FMT(got), want ? want : "nothing");
}

static void assert_change(const struct change *c, enum change_kind kind, const char *field,
			  const char *old_value, const char *new_value, const char *ratio)
{
	assert_int_equal(c->kind, kind);
	assert_text(c->model, "acme/x");
	assert_text(c->field, field);
	assert_text(c->old_value, old_value);
	assert_text(c->new_value, new_value);
	assert_text(c->ratio, ratio);
}

static void assert_none(const struct model *before, const struct model *after)
{
	ARENA_AUTO(a);
	struct changes list = { 0 };

	changes_between(before, after, &a, &list);
	assert_int_equal(list.n, 0);
}

/* Exactly one change, and what it says. */
static void assert_one(const struct model *before, const struct model *after, enum change_kind kind,
		       const char *field, const char *old_value, const char *new_value,
		       const char *ratio)
{
	ARENA_AUTO(a);
	struct changes list = { 0 };

	changes_between(before, after, &a, &list);
	assert_int_equal(list.n, 1);
	assert_change(&list.items[0], kind, field, old_value, new_value, ratio);
}

static void assert_price(struct price before, struct price after, const char *field,
			 const char *old_value, const char *new_value, const char *ratio)
{
	struct model b = model();
	struct model m = model();

	b.prices = &before;
	b.n_prices = 1;
	m.prices = &after;
	m.n_prices = 1;
	assert_one(&b, &m, CHANGE_PRICE, field, old_value, new_value, ratio);
}

static void test_kind_names(void **state)
{
	(void)state;
	for (int i = 0; i < CHANGE_KINDS; i++) {
		assert_non_null(change_kind_names[i]);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(change_kind_names[i], change_kind_names[k]);
	}
	assert_string_equal(change_kind_names[CHANGE_PRICE], "price");
	assert_string_equal(change_kind_names[CHANGE_CORRECTED], "corrected");
}

static void test_nothing(void **state)
{
	struct model before = model();
	struct model after = model();
	struct price p = input("0.0000006");
	struct price q = p;

	(void)state;
	assert_none(&before, &after);
	before.prices = &p;
	after.prices = &q;
	before.n_prices = after.n_prices = 1;
	q.raw = STR("6e-07");
	q.unit = STR("USD per 1M tokens");
	q.source = STR("other#/x");
	assert_none(&before, &after);
	after.description = STR("words");
	after.architecture = STR("Acme");
	after.hugging_face_id = STR("acme/hf");
	after.created_ms = 1;
	after.metadata = STR("{}");
	assert_none(&before, &after);
}

static void test_texts(void **state)
{
	static const struct {
		enum change_kind kind;
		const char *field;
		size_t at;
	} cases[] = {
		{ CHANGE_RENAMED, "name", offsetof(struct model, name) },
		{ CHANGE_CAPABILITY, "modality", offsetof(struct model, modality) },
		{ CHANGE_QUANTIZATION, "quantization", offsetof(struct model, quantization) },
		{ CHANGE_REPLACED, "replaced_by", offsetof(struct model, replaced_by) },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct model before = model();
		struct model after = model();
		struct str *old_value = (struct str *)(void *)((char *)&before + cases[i].at);
		struct str *new_value = (struct str *)(void *)((char *)&after + cases[i].at);

		*new_value = STR("new");
		assert_one(&before, &after, cases[i].kind, cases[i].field, NULL, "new", NULL);
		*old_value = STR("old");
		assert_one(&before, &after, cases[i].kind, cases[i].field, "old", "new", NULL);
		*new_value = STR_NONE;
		assert_one(&before, &after, cases[i].kind, cases[i].field, "old", NULL, NULL);
		*new_value = STR("old");
		assert_none(&before, &after);
	}
}

static void test_counts(void **state)
{
	struct model before = model();
	struct model after = model();

	(void)state;
	after.context_length = 200000;
	assert_one(&before, &after, CHANGE_CONTEXT, "context_length", NULL, "200000", NULL);
	before.context_length = 128000;
	assert_one(&before, &after, CHANGE_CONTEXT, "context_length", "128000", "200000", NULL);
	after.context_length = 0;
	assert_one(&before, &after, CHANGE_CONTEXT, "context_length", "128000", "0", NULL);
	after.context_length = before.context_length;
	before.max_output_tokens = INT64_MAX;
	assert_one(&before, &after, CHANGE_CONTEXT, "max_output_tokens", "9223372036854775807",
		   NULL, NULL);
}

static void test_deprecated(void **state)
{
	struct model before = model();
	struct model after = model();

	(void)state;
	after.deprecated_at_ms = 1798675200000;
	assert_one(&before, &after, CHANGE_DEPRECATED, "deprecated_at", NULL,
		   "2026-12-31T00:00:00.000Z", NULL);
	before.deprecated_at_ms = 0;
	assert_one(&before, &after, CHANGE_DEPRECATED, "deprecated_at", "1970-01-01T00:00:00.000Z",
		   "2026-12-31T00:00:00.000Z", NULL);
}

static void test_capabilities(void **state)
{
	struct model before = model();
	struct model after = model();

	(void)state;
	capabilities_set(&before.capabilities, CAP_VISION, true);
	capabilities_set(&before.capabilities, CAP_REASONING, false);
	capabilities_set(&after.capabilities, CAP_VISION, true);
	capabilities_set(&after.capabilities, CAP_REASONING, true);
	assert_one(&before, &after, CHANGE_CAPABILITY, "capabilities", "!reasoning,vision",
		   "reasoning,vision", NULL);
	after.capabilities = before.capabilities;
	assert_none(&before, &after);
	after.capabilities.said &= ~(1U << CAP_REASONING);
	assert_one(&before, &after, CHANGE_CAPABILITY, "capabilities", "!reasoning,vision",
		   "vision", NULL);
}

/* As for every other field: nothing said is absent. */
static void test_capabilities_not_said(void **state)
{
	struct model before = model();
	struct model after = model();

	(void)state;
	capabilities_set(&after.capabilities, CAP_VISION, false);
	assert_one(&before, &after, CHANGE_CAPABILITY, "capabilities", NULL, "!vision", NULL);
	assert_one(&after, &before, CHANGE_CAPABILITY, "capabilities", "!vision", NULL, NULL);
}

/* ---- prices ---- */

static void test_price_moves(void **state)
{
	static const struct {
		const char *before, *after, *ratio;
	} cases[] = {
		{ "0.0000006", "0.0000003", "0.5" },
		{ "0.0000003", "0.0000006", "2" },
		{ "0.000003", "0.000001", "0.333333333333" }, /* twelve significant digits */
		{ "0.000001", "0.000003", "3" },
		{ "3", "2", "0.666666666667" },
		{ "7", "1000000", "142857.142857" },
		{ "0.000000000001", "1000000", "1000000000000000000" },
		{ "1000000", "0.000000000001", "0.000000000000000001" },
		{ "1", "1.0000000000001", "1" }, /* rounded; the amounts tell */
		{ "0.0000006000000000000001", "0.0000006", "1" },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_price(input(cases[i].before), input(cases[i].after), "input_token",
			     cases[i].before, cases[i].after, cases[i].ratio);
}

/*
 * "$1 per 1024x1024" and "$1 per 512x512" as amounts per pixel: published the
 * same, four times the price.
 */
static void test_price_of_another_size(void **state)
{
	assert_price(price(METER_IMAGE_PIXEL_STEP, "", PRICE_PRICED, "0.00000095367431640625"),
		     price(METER_IMAGE_PIXEL_STEP, "", PRICE_PRICED, "0.000003814697265625"),
		     "image_pixel_step", "0.00000095367431640625", "0.000003814697265625", "4");
	(void)state;
}

static void test_price_states(void **state)
{
	const struct price priced = input("0.5");
	const struct price free_of_charge = price(METER_INPUT_TOKEN, "", PRICE_FREE, "0");
	const struct price dynamic = price(METER_INPUT_TOKEN, "", PRICE_DYNAMIC, NULL);

	(void)state;
	assert_price(priced, free_of_charge, "input_token", "0.5", "0", NULL);
	assert_price(free_of_charge, priced, "input_token", "0", "0.5", NULL);
	assert_price(priced, dynamic, "input_token", "0.5", "dynamic", NULL);
	assert_price(dynamic, priced, "input_token", "dynamic", "0.5", NULL);
	assert_price(dynamic, free_of_charge, "input_token", "dynamic", "0", NULL);
	assert_price(free_of_charge, dynamic, "input_token", "0", "dynamic", NULL);
}

static void test_price_appears_and_vanishes(void **state)
{
	struct price tier = price(METER_INPUT_TOKEN, "[>200000]", PRICE_PRICED, "0.25");
	struct price nothing_asked = price(METER_REQUEST, "", PRICE_FREE, "0");
	struct price dynamic = price(METER_WEB_SEARCH, "", PRICE_DYNAMIC, NULL);
	struct model none = model();
	struct model one = model();

	(void)state;
	one.n_prices = 1;
	one.prices = &tier;
	assert_one(&none, &one, CHANGE_PRICE, "input_token[>200000]", "unpublished", "0.25", NULL);
	assert_one(&one, &none, CHANGE_PRICE, "input_token[>200000]", "0.25", "unpublished", NULL);
	one.prices = &nothing_asked;
	assert_one(&none, &one, CHANGE_PRICE, "request", "unpublished", "0", NULL);
	assert_one(&one, &none, CHANGE_PRICE, "request", "0", "unpublished", NULL);
	one.prices = &dynamic;
	assert_one(&none, &one, CHANGE_PRICE, "web_search", "unpublished", "dynamic", NULL);
	assert_one(&one, &none, CHANGE_PRICE, "web_search", "dynamic", "unpublished", NULL);
}

/* Between currencies there is no ratio. */
static void test_price_currency(void **state)
{
	struct price before = input("1");
	struct price after = input("7");

	(void)state;
	after.currency = STR("CNY");
	assert_price(before, after, "input_token", "1", "7", NULL);
}

/* Every price of two lists that overlap, in key order. */
static void test_price_lists(void **state)
{
	ARENA_AUTO(a);
	struct price old_prices[] = { price(METER_CACHE_WRITE_TOKEN, "[1h]", PRICE_PRICED, "4"),
				      price(METER_CACHED_INPUT_TOKEN, "", PRICE_PRICED, "1"),
				      price(METER_INPUT_TOKEN, "", PRICE_PRICED, "2"),
				      price(METER_OUTPUT_TOKEN, "", PRICE_PRICED, "8") };
	struct price new_prices[] = { price(METER_CACHE_WRITE_TOKEN, "[5m]", PRICE_PRICED, "4"),
				      price(METER_INPUT_TOKEN, "", PRICE_PRICED, "3"),
				      price(METER_INPUT_TOKEN, "[>200000]", PRICE_PRICED, "6"),
				      price(METER_OUTPUT_TOKEN, "", PRICE_PRICED, "8"),
				      price(METER_REQUEST, "", PRICE_FREE, "0") };
	struct model before = model();
	struct model after = model();
	struct changes list = { 0 };

	(void)state;
	before.prices = old_prices;
	before.n_prices = LENGTH(old_prices);
	after.prices = new_prices;
	after.n_prices = LENGTH(new_prices);
	changes_between(&before, &after, &a, &list);
	assert_int_equal(list.n, 6);
	assert_change(&list.items[0], CHANGE_PRICE, "cache_write_token[1h]", "4", "unpublished",
		      NULL);
	assert_change(&list.items[1], CHANGE_PRICE, "cache_write_token[5m]", "unpublished", "4",
		      NULL);
	assert_change(&list.items[2], CHANGE_PRICE, "cached_input_token", "1", "unpublished", NULL);
	assert_change(&list.items[3], CHANGE_PRICE, "input_token", "2", "3", "1.5");
	assert_change(&list.items[4], CHANGE_PRICE, "input_token[>200000]", "unpublished", "6",
		      NULL);
	assert_change(&list.items[5], CHANGE_PRICE, "request", "unpublished", "0", NULL);
}

/* All at once come in the order of struct model. */
static void test_order(void **state)
{
	static const char *const fields[] = {
		"name",         "context_length", "max_output_tokens", "modality",   "capabilities",
		"quantization", "deprecated_at",  "replaced_by",       "input_token"
	};
	ARENA_AUTO(a);
	struct price p = input("1");
	struct model before = model();
	struct model after = model();
	struct changes list = { 0 };

	(void)state;
	after.name = after.modality = after.quantization = after.replaced_by = STR("x");
	after.context_length = after.max_output_tokens = 1;
	capabilities_set(&after.capabilities, CAP_VISION, true);
	after.deprecated_at_ms = 0;
	after.prices = &p;
	after.n_prices = 1;
	changes_between(&before, &after, &a, &list);
	assert_int_equal(list.n, LENGTH(fields));
	for (size_t i = 0; i < LENGTH(fields); i++)
		assert_text(list.items[i].field, fields[i]);
}

static void test_list_grows(void **state)
{
	ARENA_AUTO(a);
	struct changes list = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		changes_add(&list, &a,
			    (struct change){ .kind = CHANGE_ADDED,
					     .model = arena_printf(&a, "%d", i) });
	assert_int_equal(list.n, 1000);
	for (int i = 0; i < 1000; i++)
		assert_text(list.items[i].model, arena_printf(&a, "%d", i).at);
}

static void test_tags(void **state)
{
	ARENA_AUTO(a);
	struct change c = { .kind = CHANGE_PRICE };
	struct str tags[2];

	(void)state;
	assert_int_equal(change_tags(&c, &a, tags, 2), 0);
	change_add_tag(&c, STR("suspect"), &a);
	assert_text(c.tags, "[\"suspect\"]");
	change_add_tag(&c, STR("a \"b\""), &a);
	change_add_tag(&c, STR("incident:12"), &a);
	assert_text(c.tags, "[\"suspect\",\"a \\\"b\\\"\",\"incident:12\"]");
	assert_text(change_find_tag(&c, STR("incident:"), &a), "incident:12");
	assert_text(change_find_tag(&c, STR("since:"), &a), NULL);
	assert_int_equal(change_tags(&c, &a, tags, 2), 2);
	assert_text(tags[1], "a \"b\"");
	c.tags = STR("[]");
	change_add_tag(&c, STR("reverted"), &a);
	assert_text(c.tags, "[\"reverted\"]");
	c.tags = STR("no JSON");
	assert_int_equal(change_tags(&c, &a, tags, 2), 0);
}

static void test_what_is_drift(void **state)
{
	struct change c = { .kind = CHANGE_SCHEMA, .field = STR("models#/pricing/x") };

	(void)state;
	assert_true(change_is_drift(&c));
	c.field = STR("input_token[>200000]");
	assert_false(change_is_drift(&c));
	c = (struct change){ .kind = CHANGE_ADDED, .model = STR("a#/b") };
	assert_false(change_is_drift(&c));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kind_names),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_deprecated),
		cmocka_unit_test(test_capabilities),
		cmocka_unit_test(test_capabilities_not_said),
		cmocka_unit_test(test_price_moves),
		cmocka_unit_test(test_price_of_another_size),
		cmocka_unit_test(test_price_states),
		cmocka_unit_test(test_price_appears_and_vanishes),
		cmocka_unit_test(test_price_currency),
		cmocka_unit_test(test_price_lists),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_list_grows),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_what_is_drift),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
