/*
 * What every back end owes of the desk (store/desk.h): reviews, overrides, what is shown.
 */
#include "store/desk.h"

#include "store/kit.h"

struct fixture {
	KIT_FIXTURE;
	int64_t provider;
};

/* A sync of `slug`: one model with these prices, or none at all where input is NULL. */
static void sync_of(struct fixture *f, const char *slug, const char *id, const char *input,
		    int64_t at_ms)
{
	struct catalog c = { str_of(slug), arena_array(&f->a, 2, struct model), 1 };

	c.models[0] = contract_bare_model("zzz/another");
	if (input) {
		c.models[1] = c.models[0];
		c.models[0] = contract_model(&f->a, id, input, "0.000015");
		c.n = 2;
	}
	OK(contract_sync(f->store, &c, at_ms, NULL, &f->e));
}

static void sync_at(struct fixture *f, const char *input, int64_t at_ms)
{
	sync_of(f, "acme", "acme/large", input, at_ms);
}

static int setup(void **state)
{
	struct fixture *f;
	bool is_active;

	(void)kit_setup(state, sizeof(*f));
	f = *state;
	sync_at(f, "0.000003", T0);
	OK(store_provider_find(f->store, STR("acme"), &f->provider, &is_active, &f->e));
	return 0;
}

/* ---- reviews ---- */

static const struct store_review_open large = {
	.provider_model_id = { "acme/large", 10 },
	.meter = METER_INPUT_TOKEN,
	.condition = { "", 0 },
	.accepted = { "0.000003", 8 },
	.reason = { "20 times", 8 },
};

static bool save(struct fixture *f, struct store_review_batch b, int64_t at_ms)
{
	b.provider_id = f->provider;
	b.at_ms = at_ms;
	OK(store_begin(f->store, "acme", &f->e));
	if (store_save_reviews(f->store, &b, &f->e)) {
		OK(store_commit(f->store, &f->e));
		return true;
	}
	store_rollback(f->store);
	return false;
}

/* The input price moves at T0 + 1 day, and is held. */
static void hold(struct fixture *f)
{
	sync_at(f, "0.00006", T0 + DAY_MS);
	contract_exec(
		url, "UPDATE changes SET tags = '[\"suspect\",\"reverted\"]' WHERE kind = 'price'");
	contract_exec(url, "UPDATE prices SET suspect = '20 times'"
			   " WHERE meter = 'input_token' AND seen_to IS NULL");
	OK(save(f, (struct store_review_batch){ .opens = &large, .n_opens = 1 }, T0 + DAY_MS));
}

static struct store_review *load(struct fixture *f, enum store_review_scope scope, int64_t id,
				 size_t expected)
{
	struct store_review *list;
	size_t n;

	OK(store_load_reviews(f->store, scope, id, &f->a, &list, &n, &f->e));
	assert_int_equal(n, expected);
	return list;
}

static bool decide(struct fixture *f, int64_t id, enum review_decision decision, const char *by)
{
	const struct store_review_decide d = { id, decision, 7 };

	return save(f,
		    (struct store_review_batch){ .decides = &d, .n_decides = 1, .by = str_of(by) },
		    T0 + 9 * DAY_MS);
}

static void test_a_review_is_opened(void **state)
{
	struct fixture *f = *state;
	struct store_review *r;

	(void)load(f, REVIEWS_IN_FORCE, f->provider, 0);
	hold(f);
	r = load(f, REVIEWS_IN_FORCE, f->provider, 1);
	assert_str(r->provider, "acme");
	assert_str(r->provider_model_id, "acme/large");
	assert_int_equal(r->provider_id, f->provider);
	assert_str(r->canonical_id, NULL);
	assert_int_equal(r->price.meter, METER_INPUT_TOKEN);
	assert_str(r->price.condition, "");
	assert_int_equal(r->price.state, PRICE_PRICED);
	assert_str(r->price.amount, "0.00006");
	assert_str(r->price.currency, "USD");
	assert_str(r->accepted, "0.000003");
	assert_str(r->reason, "20 times");
	assert_int_equal(r->opened_at_ms, T0 + DAY_MS);
	assert_int_equal(r->decision, REVIEW_OPEN);
	assert_int_equal(r->decided_at_ms, CLOCK_NONE);
	assert_str(r->decided_by, NULL);
	assert_false(r->is_missing);
	assert_query("SELECT h.kind, h.field, c.amount FROM reviews r"
		     " JOIN changes h ON h.id = r.change_id JOIN prices c ON c.id = r.price_id",
		     "price|input_token|0.00006\n");
	assert_int_equal(load(f, REVIEWS_WAITING, 0, 1)->id, r->id);
	assert_int_equal(load(f, REVIEWS_ONE, r->id, 1)->price_id, r->price_id);
	(void)load(f, REVIEWS_ONE, r->id + 1, 0);
	(void)load(f, REVIEWS_IN_FORCE, f->provider + 1, 0);
}

/* A change that was folded away leaves a review without one; a price that is none leaves nothing. */
static void test_what_a_review_stands_on(void **state)
{
	struct fixture *f = *state;
	struct store_review_open other = large;

	other.condition = STR("[batch]");
	FAILS(save(f, (struct store_review_batch){ .opens = &other, .n_opens = 1 }, T0), ERR_DB);
	OK(save(f, (struct store_review_batch){ .opens = &large, .n_opens = 1 }, T0 + DAY_MS));
	assert_query("SELECT count(*), count(change_id) FROM reviews", "1|0\n");
	OK(decide(f, load(f, REVIEWS_WAITING, 0, 1)->id, REVIEW_ACCEPTED, "ada"));
}

/* Complete fetches since then in which the model was listed. */
static void test_sightings_are_counted_by_snapshots(void **state)
{
	static const struct {
		const char *input;
		unsigned sightings;
		bool is_missing;
	} days[] = {
		{ "0.00006", 1, false }, { "0.00006", 2, false }, { NULL, 2, true },
		{ NULL, 2, true },       { "0.00006", 3, false }, { "0.00006", 4, false },
	};
	struct fixture *f = *state;
	const struct store_review *r;

	hold(f);
	assert_int_equal(load(f, REVIEWS_WAITING, 0, 1)->sightings, 0);
	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		sync_at(f, days[i].input, T0 + (int64_t)(i + 2) * DAY_MS);
		r = load(f, REVIEWS_WAITING, 0, 1);
		assert_int_equal(r->sightings, days[i].sightings);
		assert_int_equal(r->is_missing, days[i].is_missing);
	}
	OK(decide(f, r->id, REVIEW_REFUSED, "ada"));
	assert_int_equal(load(f, REVIEWS_ALL, 0, 1)->sightings, 7);
}

static void test_a_decision_is_one(void **state)
{
	static const struct {
		enum review_decision decision;
		const char *word, *suspect, *by;
		size_t in_force;
	} cases[] = {
		{ REVIEW_ACCEPTED, "accepted", "-", "ada", 0 },
		{ REVIEW_AUTO, "auto", "-", NULL, 0 },
		{ REVIEW_REFUSED, "refused", "20 times", "ada", 1 },
		{ REVIEW_SUPERSEDED, "superseded", "20 times", NULL, 0 },
	};
	struct fixture *f = *state;
	struct store_review *r;

	hold(f);
	r = load(f, REVIEWS_WAITING, 0, 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char wanted[64];

		OK(decide(f, r->id, cases[i].decision, cases[i].by));
		FAILS(decide(f, r->id, REVIEW_REFUSED, "bob"), ERR_DB);
		(void)load(f, REVIEWS_WAITING, 0, 0);
		(void)load(f, REVIEWS_IN_FORCE, f->provider, cases[i].in_force);
		r = load(f, REVIEWS_ALL, 0, 1);
		assert_int_equal(r->decision, cases[i].decision);
		assert_int_equal(r->decided_at_ms, T0 + 9 * DAY_MS);
		assert_str(r->decided_by, cases[i].by);
		(void)snprintf(wanted, sizeof(wanted), "%s\n", cases[i].suspect);
		assert_query("SELECT suspect FROM prices WHERE meter = 'input_token'"
			     " AND seen_to IS NULL",
			     wanted);
		(void)snprintf(wanted, sizeof(wanted), "[\"%s\",\"reverted\"]\n", cases[i].word);
		assert_query("SELECT tags FROM changes WHERE kind = 'price'", wanted);
		contract_exec(url, "UPDATE reviews SET decision = NULL");
		contract_exec(
			url,
			"UPDATE changes SET tags = '[\"suspect\",\"reverted\"]' WHERE kind = 'price'");
		contract_exec(url, "UPDATE prices SET suspect = '20 times'"
				   " WHERE meter = 'input_token' AND seen_to IS NULL");
	}
}

/* What was refused ends with its price. */
static void test_a_closed_price_is_history(void **state)
{
	struct fixture *f = *state;

	hold(f);
	OK(decide(f, load(f, REVIEWS_WAITING, 0, 1)->id, REVIEW_REFUSED, "ada"));
	(void)load(f, REVIEWS_IN_FORCE, f->provider, 1);
	sync_at(f, "0.00007", T0 + 2 * DAY_MS);
	(void)load(f, REVIEWS_IN_FORCE, f->provider, 0);
	(void)load(f, REVIEWS_ALL, 0, 1);
}

static void test_a_review_follows_its_price(void **state)
{
	struct fixture *f = *state;
	struct store_review_move move = { .provider_model_id = STR("acme/large"),
					  .meter = METER_OUTPUT_TOKEN,
					  .condition = STR("") };
	struct store_review *r;

	hold(f);
	r = load(f, REVIEWS_WAITING, 0, 1);
	move.review_id = r->id;
	OK(save(f, (struct store_review_batch){ .moves = &move, .n_moves = 1 }, T0 + DAY_MS));
	assert_str(load(f, REVIEWS_IN_FORCE, f->provider, 1)->price.amount, "0.000015");
	move.review_id++;
	FAILS(save(f, (struct store_review_batch){ .moves = &move, .n_moves = 1 }, T0), ERR_DB);
}

/* ---- elsewhere ---- */

static void test_elsewhere(void **state)
{
	static const struct str ids[] = { { "c/large", 7 }, { "c/other", 7 } };
	struct fixture *f = *state;
	struct store_elsewhere *list;
	size_t n;

	sync_of(f, "north", "n/large", "0.000004", T0);
	sync_of(f, "south", "s/large", "0", T0);
	sync_of(f, "west", "w/large", "0.000005", T0);
	sync_of(f, "west", "w/large", NULL, T0 + DAY_MS);
	hold(f);
	OK(store_load_elsewhere(f->store, ids, 2, &f->a, &list, &n, &f->e));
	assert_int_equal(n, 0);
	contract_exec(url, "UPDATE models SET canonical_id = 'c/large'"
			   " WHERE provider_model_id <> 'zzz/another'");
	contract_exec(url, "UPDATE prices SET currency = 'EUR' WHERE meter = 'output_token'"
			   " AND model_id IN (SELECT id FROM models"
			   "  WHERE provider_model_id = 'n/large')");
	OK(store_load_elsewhere(f->store, ids, 2, &f->a, &list, &n, &f->e));
	/* acme's two, one of them as accepted; north's dollars; south's that is not free. */
	assert_int_equal(n, 4);
	for (size_t i = 0; i < n; i++) {
		assert_str(list[i].canonical_id, "c/large");
		if (list[i].provider_id == f->provider && list[i].meter == METER_INPUT_TOKEN)
			assert_str(list[i].amount, "0.000003");
		else if (list[i].meter == METER_INPUT_TOKEN)
			assert_str(list[i].amount, "0.000004");
		else
			assert_str(list[i].amount, "0.000015");
		assert_true(i == 0 || list[i - 1].provider_id <= list[i].provider_id);
	}
	OK(store_load_elsewhere(f->store, ids + 1, 1, &f->a, &list, &n, &f->e));
	assert_int_equal(n, 0);
}

/* ---- what is shown ---- */

static int64_t model_of(struct fixture *f, const char *id)
{
	struct store_row *rows;
	size_t n;

	OK(store_load_rows(f->store, f->provider, &f->a, &rows, &n, &f->e));
	for (size_t i = 0; i < n; i++)
		if (str_eq(rows[i].provider_model_id, str_of(id)))
			return rows[i].id;
	fail_msg("no model %s", id);
	return 0;
}

static struct store_observed observed_of(struct fixture *f, int64_t id)
{
	struct store_observed o;

	OK(store_load_observed(f->store, &id, 1, &f->a, &o, &f->e));
	return o;
}

static void test_what_is_shown_is_no_more_than_that(void **state)
{
	static const char rest[] = "SELECT content_hash, metadata, canonical_id, is_active,"
				   " first_seen_at FROM models WHERE model_name <> 'Shown'"
				   " OR model_name = 'Shown' ORDER BY id";
	struct fixture *f = *state;
	int64_t id = model_of(f, "acme/large");
	struct store_observed o = observed_of(f, id);
	struct store_shown row = { id, &o.model };
	char *before = contract_query(url, rest);

	o.model.name = STR("Shown");
	o.model.context_length = 77;
	o.model.prices[0].amount = STR("0.5");
	capabilities_set(&o.model.capabilities, CAP_VISION, false);
	o.model.deprecated_at_ms = T0;
	OK(store_begin(f->store, "acme", &f->e));
	OK(store_save_shown(f->store, f->provider, T0 + DAY_MS, &row, 1, &f->e));
	OK(store_commit(f->store, &f->e));
	assert_query("SELECT context_length, pricing_prompt, pricing_completion FROM models"
		     " WHERE model_name = 'Shown' AND supports_vision = false"
		     " AND deprecated_at IS NOT NULL",
		     "77|0.5|0.000015\n");
	assert_query(rest, before);
	free(before);
	o = observed_of(f, id);
	assert_str(o.model.prices[0].amount, "0.000003");
	assert_int_equal(o.model.context_length, 131072);
	row.shown = &o.model;
	OK(store_begin(f->store, "acme", &f->e));
	FAILS(store_save_shown(f->store, f->provider + 1, T0, &row, 1, &f->e), ERR_DB);
	store_rollback(f->store);
}

/* Columns come out of `shown`, versions and prices out of `model`. */
static void test_a_write_shows_something_else(void **state)
{
	struct fixture *f = *state;
	struct model said = contract_model(&f->a, "acme/new", "0.000001", "0.000002");
	struct model shown = contract_model(&f->a, "acme/new", "0.000009", "0.000002");
	const struct store_model_write w = { .model = &said, .shown = &shown, .new_version = true };
	const struct store_price_open p = { 0, &said.prices[0], STR_NONE };
	const struct store_batch b = { .provider_id = f->provider,
				       .at_ms = T0 + DAY_MS,
				       .writes = &w,
				       .n_writes = 1,
				       .price_opens = &p,
				       .n_price_opens = 1 };

	said.metadata = STR("{\"a\":1}");
	shown.name = STR("Shown");
	OK(store_begin(f->store, "acme", &f->e));
	OK(store_apply(f->store, &b, &f->e));
	OK(store_commit(f->store, &f->e));
	assert_query("SELECT m.model_name, m.pricing_prompt, c.amount FROM models m"
		     " JOIN prices c ON c.model_id = m.id WHERE provider_model_id = 'acme/new'",
		     "Shown|0.000009|0.000001\n");
	assert_query("SELECT count(*) FROM models WHERE metadata IS NOT NULL", "1\n");
	assert_query("SELECT count(*) FROM model_versions WHERE name = 'Shown'", "0\n");
}

/* ---- overrides ---- */

static void lay(struct fixture *f, const char *field, const char *value, const char *said,
		int64_t at_ms)
{
	const struct store_override_write w = { .provider_id = f->provider,
						.at_ms = at_ms,
						.provider_model_id = STR("acme/large"),
						.field = str_of(field),
						.value = str_of(value),
						.reason = STR("why"),
						.set_by = STR("ada"),
						.said = str_of(said) };

	OK(store_begin(f->store, "acme", &f->e));
	OK(store_save_override(f->store, &w, &f->e));
	OK(store_commit(f->store, &f->e));
}

static struct store_override *overrides_of(struct fixture *f, int64_t provider_id, size_t expected)
{
	struct store_override *list;
	size_t n;

	OK(store_load_overrides(f->store, provider_id, &f->a, &list, &n, &f->e));
	assert_int_equal(n, expected);
	return list;
}

static void test_overrides_are_laid_and_taken_away(void **state)
{
	struct fixture *f = *state;
	struct store_override *list;

	(void)overrides_of(f, 0, 0);
	lay(f, "quantization", "fp8", NULL, T0);
	lay(f, "context_length", "10", NULL, T0);
	lay(f, "context_length", "20", NULL, T0 + DAY_MS);
	list = overrides_of(f, f->provider, 2);
	assert_str(list[0].field, "context_length");
	assert_str(list[0].value, "20");
	assert_str(list[0].provider, "acme");
	assert_str(list[0].provider_model_id, "acme/large");
	assert_str(list[0].reason, "why");
	assert_str(list[0].set_by, "ada");
	assert_int_equal(list[0].set_at_ms, T0 + DAY_MS);
	assert_int_equal(list[0].model_id, model_of(f, "acme/large"));
	assert_str(list[1].field, "quantization");
	(void)overrides_of(f, 0, 2);
	(void)overrides_of(f, f->provider + 1, 0);
	lay(f, "context_length", NULL, NULL, T0 + 2 * DAY_MS);
	assert_str(overrides_of(f, 0, 1)->field, "quantization");
	assert_query("SELECT value, unset_at IS NULL FROM overrides WHERE field = 'quantization'"
		     " OR unset_at > set_at ORDER BY id",
		     "fp8|1\n10|0\n20|0\n");
}

/* The one column that no other table keeps. */
static void test_a_description_lies_under_its_override(void **state)
{
	struct fixture *f = *state;
	struct store_said said = { STR("acme/large"), STR("newer") };
	int64_t id = model_of(f, "acme/large");

	contract_exec(url, "UPDATE models SET description = 'shown'");
	assert_str(observed_of(f, id).model.description, "shown");
	lay(f, "description", "shown", "said", T0);
	assert_str(observed_of(f, id).model.description, "said");
	OK(store_begin(f->store, "acme", &f->e));
	OK(store_save_said(f->store, f->provider, &said, 1, &f->e));
	OK(store_commit(f->store, &f->e));
	assert_str(observed_of(f, id).model.description, "newer");
	said.description = STR_NONE;
	OK(store_begin(f->store, "acme", &f->e));
	OK(store_save_said(f->store, f->provider, &said, 1, &f->e));
	OK(store_commit(f->store, &f->e));
	assert_str(observed_of(f, id).model.description, NULL);
	assert_str(observed_of(f, model_of(f, "zzz/another")).model.description, "shown");
	lay(f, "description", NULL, NULL, T0);
	assert_str(observed_of(f, id).model.description, "shown");
}

/* ---- operator's columns ---- */

static void activate(struct fixture *f, int64_t model_id, bool is_active)
{
	const struct store_active w = { f->provider, model_id, T0 + DAY_MS, is_active };

	OK(store_begin(f->store, "acme", &f->e));
	OK(store_save_active(f->store, &w, &f->e));
	OK(store_commit(f->store, &f->e));
}

static void test_rows_are_switched_off_and_on(void **state)
{
	struct fixture *f = *state;
	int64_t id = model_of(f, "acme/large");

	activate(f, id, false);
	assert_query("SELECT model_id FROM models WHERE NOT is_active", "acme/large\n");
	assert_query("SELECT count(*) FROM models WHERE updated_at > created_at", "1\n");
	assert_query("SELECT count(*) FROM providers WHERE is_active", "1\n");
	activate(f, id, true);
	assert_query("SELECT count(*) FROM models WHERE NOT is_active", "0\n");
	activate(f, 0, false);
	assert_query("SELECT count(*) FROM models WHERE NOT is_active", "0\n");
	assert_query("SELECT slug FROM providers WHERE NOT is_active", "acme\n");
}

/* What it had is kept with its absence, and is what was said last. */
static void test_a_removed_model_comes_back_as_was_said(void **state)
{
	struct fixture *f = *state;
	int64_t id = model_of(f, "acme/large");
	struct store_batch b = {
		.provider_id = f->provider,
		.at_ms = T0 + 1000,
		.missing = &id,
		.n_missing = 1,
		.removed = &id,
		.n_removed = 1,
	};

	OK(store_begin(f->store, "acme", &f->e));
	OK(store_apply(f->store, &b, &f->e));
	OK(store_commit(f->store, &f->e));
	assert_query("SELECT model_id FROM models WHERE NOT is_active", "acme/large\n");
	activate(f, id, false);
	b = (struct store_batch){
		.provider_id = f->provider, .at_ms = T0 + 2000, .returned = &id, .n_returned = 1
	};
	OK(store_begin(f->store, "acme", &f->e));
	OK(store_apply(f->store, &b, &f->e));
	OK(store_commit(f->store, &f->e));
	assert_query("SELECT model_id FROM models WHERE NOT is_active AND missing_since IS NULL",
		     "acme/large\n");
}

static bool edit(struct fixture *f, const char *slug, const struct store_column *columns, size_t n,
		 struct store_column *before)
{
	const struct store_provider_edit w = { str_of(slug), T0 + DAY_MS, columns, n };
	bool found;

	OK(store_begin(f->store, "acme", &f->e));
	if (!store_edit_provider(f->store, &w, &f->a, before, &found, &f->e)) {
		store_rollback(f->store);
		return false;
	}
	OK(store_commit(f->store, &f->e));
	assert_int_equal(found, strcmp(slug, "acme") == 0);
	return true;
}

static void follow(struct fixture *f, const char *name)
{
	const struct store_provider p = { .slug = STR("acme"),
					  .name = str_of(name),
					  .site_url = STR("https://acme.test"),
					  .supports_streaming = 1,
					  .supports_function_calling = -1,
					  .supports_vision = -1,
					  .supports_image_generation = -1 };
	bool is_active;
	int64_t id;

	OK(store_begin(f->store, "acme", &f->e));
	OK(store_provider_follow(f->store, &p, T0, &id, &is_active, &f->e));
	OK(store_commit(f->store, &f->e));
}

static void test_columns_of_a_provider_are_an_operators_until_given_back(void **state)
{
	const struct store_column mine[] = { { STR("name"), STR("O'Hara") },
					     { STR("supports_streaming"), STR("0") } };
	const struct store_column back[] = { { STR("name"), STR_NONE },
					     { STR("supports_streaming"), STR_NONE } };
	struct store_column before[2];
	struct fixture *f = *state;

	follow(f, "Acme");
	OK(edit(f, "acme", mine, 2, before));
	assert_str(before[0].value, "Acme");
	assert_str(before[1].name, "supports_streaming");
	assert_str(before[1].value, "1");
	follow(f, "Acme Inc");
	assert_query("SELECT name, site_url FROM providers WHERE NOT supports_streaming",
		     "O'Hara|https://acme.test\n");
	OK(edit(f, "acme", back, 2, before));
	assert_str(before[0].value, "O'Hara");
	follow(f, "Acme Inc");
	assert_query("SELECT name FROM providers WHERE supports_streaming", "Acme Inc\n");
	OK(edit(f, "nobody", mine, 2, before));
}

static void test_other_columns_of_a_provider_are_refused(void **state)
{
	const struct store_column slug = { STR("slug"), STR("other") };
	const struct store_column flag = { STR("supports_vision"), STR("perhaps") };
	struct store_column before;
	struct fixture *f = *state;

	FAILS(edit(f, "acme", &slug, 1, &before), ERR_USAGE);
	assert_non_null(strstr(f->e.text, "status_page_url"));
	FAILS(edit(f, "acme", &flag, 1, &before), ERR_USAGE);
	assert_query("SELECT slug FROM providers WHERE supports_vision IS NULL", "acme\n");
}

static void test_audit(void **state)
{
	const struct store_audit row = { T0, STR("ada"), STR("review.accept"), STR("acme:large"),
					 STR("{\"before\":\"1\"}") };
	struct fixture *f = *state;

	OK(store_begin(f->store, "acme", &f->e));
	OK(store_save_audit(f->store, &row, &f->e));
	OK(store_commit(f->store, &f->e));
	assert_query("SELECT actor, action, object, detail FROM audit_log",
		     "ada|review.accept|acme:large|{\"before\":\"1\"}\n");
}

/* ---- */

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_a_review_is_opened),
		TEST(test_what_a_review_stands_on),
		TEST(test_sightings_are_counted_by_snapshots),
		TEST(test_a_decision_is_one),
		TEST(test_a_closed_price_is_history),
		TEST(test_a_review_follows_its_price),
		TEST(test_elsewhere),
		TEST(test_what_is_shown_is_no_more_than_that),
		TEST(test_a_write_shows_something_else),
		TEST(test_overrides_are_laid_and_taken_away),
		TEST(test_a_description_lies_under_its_override),
		TEST(test_rows_are_switched_off_and_on),
		TEST(test_a_removed_model_comes_back_as_was_said),
		TEST(test_columns_of_a_provider_are_an_operators_until_given_back),
		TEST(test_other_columns_of_a_provider_are_refused),
		TEST(test_audit),
	};

	return KIT_RUN("desk", tests);
}
