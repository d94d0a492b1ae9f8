/*
 * What every back end owes of values: what was applied comes back, in rows and lists.
 */
#include "store/market.h"

static int setup(void **state)
{
	return kit_setup(state, sizeof(struct fixture));
}

/* ---- observed is what was applied ---- */

static void assert_price(const struct price *is, const struct price *expected)
{
	assert_int_equal(price_cmp(is, expected), 0);
	assert_true(price_same(is, expected));
	assert_int_equal(is->state, expected->state);
	assert_true(str_same(is->amount, expected->amount));
	assert_true(str_same(is->condition, expected->condition));
	assert_true(str_same(is->currency, expected->currency));
}

/* The tracked part, by the canonical line that the hash is made of. */
static void assert_model(const struct model *is, const struct model *expected)
{
	BUF_AUTO(one, 1 << 20);
	BUF_AUTO(two, 1 << 20);

	snapshot_add_model(&one, is);
	snapshot_add_model(&two, expected);
	assert_string_equal(one.at, two.at);
	assert_true(str_same(is->name, expected->name));
	assert_true(str_same(is->modality, expected->modality));
	assert_int_equal(is->n_prices, expected->n_prices);
	for (size_t i = 0; i < is->n_prices; i++)
		assert_price(&is->prices[i], &expected->prices[i]);
}

static void assert_stored(struct fixture *f, const struct catalog *c)
{
	ARENA_AUTO(a);
	struct store_observed o;
	struct store_row *rows;
	size_t n, at = 0;

	OK(store_load_rows(f->store, market_provider(f, "chance"), &a, &rows, &n, &f->e));
	for (size_t i = 0; i < n; i++) {
		if (rows[i].missing_since_ms != CLOCK_NONE)
			continue;
		OK(store_load_observed(f->store, &rows[i].id, 1, &a, &o, &f->e));
		assert_int_equal(o.model_id, rows[i].id);
		assert_true(at < c->n);
		assert_model(&o.model, &c->models[at++]);
	}
	assert_int_equal(at, c->n);
}

static void test_observed_equals_what_was_applied(void **state)
{
	struct fixture *f = *state;
	struct contract_random r = { 20250803 };

	for (int round = 0; round < 4; round++) {
		ARENA_AUTO(a);
		struct catalog c = contract_random_catalog(&r, 100, &a);

		(void)market_sync(f, &c, T0 + round * 1000);
		assert_stored(f, &c);
	}
}

static void test_columns_of_prices_come_back(void **state)
{
	struct fixture *f = *state;
	struct catalog c = market_two(f);
	struct price *p = &c.models[0].prices[0];
	struct store_observed o;
	size_t n;

	p->raw = STR("3e-06");
	p->unit = STR("USD/1M");
	p->source = STR("models#/pricing/prompt");
	p->valid_from_ms = T0;
	p->valid_to_ms = T0 + DAY_MS;
	(void)market_sync(f, &c, T0);
	o = market_observed(f, market_rows(f, "acme", &n)[0].id);
	assert_true(str_same(o.model.prices[0].raw, p->raw));
	assert_true(str_same(o.model.prices[0].unit, p->unit));
	assert_true(str_same(o.model.prices[0].source, p->source));
	assert_int_equal(o.model.prices[0].valid_from_ms, T0);
	assert_int_equal(o.model.prices[0].valid_to_ms, T0 + DAY_MS);
	assert_true(str_is_none(o.model.description));
	assert_true(o.price_ids[0] > 0 && o.price_ids[0] != o.price_ids[1]);
}

static void test_money_is_kept_digit_for_digit(void **state)
{
	struct fixture *f = *state;
	struct catalog c = market_two(f);
	size_t n;

	(void)market_sync(f, &c, T0);
	assert_str(market_observed(f, market_rows(f, "acme", &n)[1].id).model.prices[0].amount,
		   "0.0000006000000000000001");
	assert_query("SELECT pricing_prompt, pricing_completion, pricing_image FROM models"
		     " ORDER BY id",
		     "0.000003|0.000015|-\n0.0000006000000000000001|0|-\n");
}

static void test_shown_prices_are_unconditional_and_in_dollars(void **state)
{
	struct fixture *f = *state;
	struct model m = contract_bare_model("m");
	struct price prices[] = {
		contract_price(METER_INPUT_IMAGE, "", "0.01"),
		contract_price(METER_INPUT_TOKEN, "[batch]", "0.1"),
		contract_price(METER_OUTPUT_TOKEN, "", "0"),
		contract_price(METER_REQUEST, "", "0.2"),
	};
	struct catalog c = { STR("acme"), &m, 1 };

	prices[2].state = PRICE_DYNAMIC;
	prices[2].amount = STR_NONE;
	prices[3].currency = STR("EUR");
	m.prices = prices;
	m.n_prices = 4;
	(void)market_sync(f, &c, T0);
	assert_query("SELECT model_name, pricing_prompt, pricing_completion, pricing_image,"
		     " pricing_request, supports_vision, context_length FROM models",
		     "m|-|-|0.01|-|-|-\n");
}

/* Stored as it stands, and handed out again beside what is tracked. */
static void test_what_has_no_column_is_metadata(void **state)
{
	struct fixture *f = *state;
	struct model m = contract_bare_model("m");
	struct catalog c = { STR("acme"), &m, 1 };
	struct store_observed o;
	struct store_row *rows;
	size_t n;

	m.description = STR("words");
	m.architecture = STR("Acme");
	m.metadata = STR("{\"hugging_face_id\":\"Acme/M\",\"n\":1.50}");
	(void)market_sync(f, &c, T0);
	assert_query("SELECT metadata FROM models",
		     "{\"hugging_face_id\":\"Acme/M\",\"n\":1.50}\n");
	rows = market_rows(f, "acme", &n);
	OK(store_load_observed(f->store, &rows[0].id, 1, &f->a, &o, &f->e));
	assert_true(str_eq(o.model.description, m.description));
	assert_true(str_eq(o.model.architecture, m.architecture));
	assert_true(str_eq(o.model.metadata, m.metadata));
}

static void test_ids_pass_2_to_the_31(void **state)
{
	struct fixture *f = *state;
	struct catalog c = market_two(f);
	struct store_observed o;
	struct store_row *rows;
	size_t n;

	contract_raise_ids(url);
	(void)market_sync(f, &c, T0);
	assert_true(market_provider(f, "acme") > INT64_C(1) << 31);
	rows = market_rows(f, "acme", &n);
	assert_int_equal(n, 2);
	assert_true(rows[1].id > INT64_C(1) << 31);
	o = market_observed(f, rows[1].id);
	assert_true(o.price_ids[1] > INT64_C(1) << 31);
	c.models[1].prices[1].amount = STR("0.7");
	c.models[1].prices[1].state = PRICE_PRICED;
	assert_int_equal(market_sync(f, &c, T0 + 1).closed, 1);
}

/* ---- lists ---- */

struct list {
	char text[2048];
	size_t n, stop_at;
};

static bool add_model_row(void *arg, const struct store_model_row *row, struct err *e)
{
	struct list *list = arg;
	size_t n = strlen(list->text);

	if (++list->n == list->stop_at)
		return err_set(e, ERR_CANCELLED, "enough");
	(void)snprintf(list->text + n, sizeof(list->text) - n, "%.*s/%.*s ", STR_FMT(row->provider),
		       STR_FMT(row->provider_model_id));
	return true;
}

static void assert_models(struct fixture *f, struct store_model_query q, const char *expected)
{
	struct list list = { 0 };

	OK(store_list_models(f->store, &q, add_model_row, &list, &f->e));
	assert_string_equal(list.text, expected);
}

static void test_models_are_listed(void **state)
{
	struct fixture *f = *state;
	struct catalog acme_models = { STR("acme"), arena_array(&f->a, 3, struct model), 3 };
	struct catalog zeta = { STR("zeta"), arena_array(&f->a, 1, struct model), 1 };
	struct list list = { .stop_at = 2 };
	struct store_model_query q = { .sort = SORT_NAME };

	acme_models.models[0] = contract_model(&f->a, "b", "0.0000100", "1");
	acme_models.models[0].prices[0].amount = STR("0.00001");
	acme_models.models[0].name = STR("Large 100%");
	acme_models.models[1] = contract_bare_model("c");
	acme_models.models[2] = contract_model(&f->a, "d", "0.000009", "1");
	acme_models.models[2].context_length = 4096;
	acme_models.models[2].modality = STR("text->image");
	zeta.models[0] = contract_model(&f->a, "b", "0.00001", "1");
	(void)market_sync(f, &acme_models, T0);
	(void)market_sync(f, &zeta, T0);

	assert_models(f, q, "acme/b zeta/b acme/c acme/d ");
	q.sort = SORT_PRICE; /* as numbers: 0.000009 is less than 0.00001 */
	assert_models(f, q, "acme/d acme/b zeta/b acme/c ");
	q.sort = SORT_CONTEXT;
	assert_models(f, q, "acme/b zeta/b acme/d acme/c ");
	q.limit = 2;
	assert_models(f, q, "acme/b zeta/b ");
	q = (struct store_model_query){ .text = STR("lARGE"), .sort = SORT_NAME };
	assert_models(f, q, "acme/b ");
	q.text = STR("%");
	assert_models(f, q, "acme/b ");
	q.text = STR("'");
	assert_models(f, q, "");
	q = (struct store_model_query){ .provider = STR("zeta"), .sort = SORT_PRICE };
	assert_models(f, q, "zeta/b ");
	q = (struct store_model_query){ .modality = STR("text->image"), .sort = SORT_PRICE };
	assert_models(f, q, "acme/d ");
	q = (struct store_model_query){ .sort = SORT_NAME };
	FAILS(store_list_models(f->store, &q, add_model_row, &list, &f->e), ERR_CANCELLED);
	assert_models(f, q, "acme/b zeta/b acme/c acme/d ");
}

static void test_providers_are_listed(void **state)
{
	struct fixture *f = *state;
	struct catalog c = market_two(f);
	struct store_provider_stat *list;
	size_t n;

	(void)market_sync(f, &c, T0);
	c.n = 1;
	(void)market_sync(f, &c, T0 + 1000);
	contract_exec(url, "UPDATE models SET is_active = false WHERE model_id = 'acme/large'");
	contract_exec(url, "INSERT INTO providers (slug, name, is_active)"
			   " VALUES ('aaa', 'By hand', false)");
	OK(store_list_providers(f->store, &f->a, &list, &n, &f->e));
	assert_int_equal(n, 2);
	assert_str(list[0].slug, "aaa");
	assert_false(list[0].is_active);
	assert_false(list[0].has_snapshot);
	assert_int_equal(list[0].last_complete_ms, CLOCK_NONE);
	assert_int_equal(list[0].models, 0);
	assert_str(list[1].slug, "acme");
	assert_true(list[1].has_snapshot);
	assert_int_equal(list[1].models, 2);
	assert_int_equal(list[1].active, 1);
	assert_int_equal(list[1].missing, 1);
	assert_int_equal(list[1].prices, 4);
	assert_int_equal(list[1].last_complete_ms, T0 + 1000);
	assert_str(list[1].last_error, NULL);
}

static bool add_change_row(void *arg, const struct store_change_row *row, struct err *e)
{
	struct list *list = arg;
	size_t n = strlen(list->text);

	(void)e;
	(void)snprintf(list->text + n, sizeof(list->text) - n, "%s %.*s %.*s %.*s>%.*s %.*s;",
		       change_kind_names[row->change.kind], STR_FMT(row->change.model),
		       STR_FMT(row->change.field), STR_FMT(row->change.old_value),
		       STR_FMT(row->change.new_value), STR_FMT(row->change.ratio));
	return true;
}

static void assert_changes(struct fixture *f, int64_t since_ms, const char *provider,
			   uint64_t limit, const char *expected)
{
	struct list list = { 0 };

	OK(store_list_changes(f->store,
			      &(struct store_change_query){ .since_ms = since_ms,
							    .provider = str_of(provider),
							    .limit = limit },
			      add_change_row, &list, &f->e));
	assert_string_equal(list.text, expected);
}

static void test_changes_are_listed(void **state)
{
	struct fixture *f = *state;
	struct catalog c = market_two(f);

	c.n = 1;
	(void)market_sync(f, &c, T0);
	c.models[0].prices[0].amount = STR("0.000006");
	(void)market_sync(f, &c, T0 + 1000);
	c.provider = STR("zeta");
	(void)market_sync(f, &c, T0 + 2000);
	assert_changes(f, CLOCK_NONE, "acme", 0,
		       "added acme/large  > ;"
		       "price acme/large input_token 0.000003>0.000006 2;");
	assert_changes(f, T0 + 1000, NULL, 0,
		       "price acme/large input_token 0.000003>0.000006 2;added acme/large  > ;");
	assert_changes(f, CLOCK_NONE, NULL, 1, "added acme/large  > ;");
	assert_changes(f, T0 + 9000, NULL, 0, "");
	assert_changes(f, CLOCK_NONE, "nobody", 0, "");
}

/* ---- URLs ---- */

static void test_urls_that_are_none(void **state)
{
	struct fixture *f = *state;
	static const char *const urls[] = {
		"",           "assay.db",       "mysql://x", "sqlite:", "sqlite://x.db",
		"sqlite:///", "sqlite::memory:"
	};
	struct store *s;

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
		FAILS(store_open(&s, urls[i], STORE_WRITE, &f->e), ERR_USAGE);
	/* What might be a password typed into the wrong place is not repeated. */
	FAILS(store_open(&s, "hunter2@db", STORE_WRITE, &f->e), ERR_USAGE);
	assert_null(strstr(f->e.text, "hunter2"));
}

static void test_passwords_are_not_shown(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *url, *shown;
	} cases[] = {
		{ "sqlite:assay.db", "sqlite:assay.db" },
		{ "sqlite:///var/a@b:c.db", "sqlite:///var/a@b:c.db" },
		{ "postgres://h/db", "postgres://h/db" },
		{ "postgresql://u@h/db", "postgresql://u@h/db" },
		{ "postgresql://u:secret@h:5432/db", "postgresql://u:***@h:5432/db" },
		{ "postgresql://u:se@cr/et?@h/db", "postgresql://u:***@h/db" },
		{ "postgresql://u:@h/db", "postgresql://u:***@h/db" },
		{ "postgresql://h/db?user=u&password=secret&sslmode=require",
		  "postgresql://h/db?user=u&password=***&sslmode=require" },
		{ "postgresql://h/db?PassWord=secret", "postgresql://h/db?PassWord=***" },
		{ "postgres:secret", "postgres:***" },
		{ "mysql://u:secret@h", "(neither sqlite: nor postgresql:)" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_str(store_url_redacted(cases[i].url, &f->a), cases[i].shown);
}

/* ---- */

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_observed_equals_what_was_applied),
		TEST(test_columns_of_prices_come_back),
		TEST(test_money_is_kept_digit_for_digit),
		TEST(test_shown_prices_are_unconditional_and_in_dollars),
		TEST(test_what_has_no_column_is_metadata),
		TEST(test_ids_pass_2_to_the_31),
		TEST(test_models_are_listed),
		TEST(test_providers_are_listed),
		TEST(test_changes_are_listed),
		TEST(test_urls_that_are_none),
		TEST(test_passwords_are_not_shown),
	};

	return KIT_RUN("columns", tests);
}
