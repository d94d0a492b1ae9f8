/*
 * What every back end owes of a sync: batches, absences, operators, transactions.
 */
#include "store/market.h"

#include <pthread.h>
#include <unistd.h>

static int setup(void **state)
{
	return kit_setup(state, sizeof(struct fixture));
}

/* ---- batches ---- */

static void test_first_batch(void **state)
{
	struct fixture *f = *state;
	struct catalog c = market_two(f);
	struct contract_counts n = market_sync(f, &c, T0);
	struct store_state st = market_state(f, "acme");
	struct store_totals t = market_totals(f);
	struct snapshot snapshot;

	assert_int_equal(n.written, 2);
	assert_int_equal(n.opened, 4);
	snapshot_take(&c, &f->a, &snapshot);
	assert_true(st.has_snapshot);
	assert_memory_equal(&st.snapshot, &snapshot.hash, sizeof(st.snapshot));
	assert_int_equal(st.snapshot_first_ms, T0);
	assert_int_equal(st.snapshot_last_ms, T0);
	assert_int_equal(st.snapshot_models, 2);
	assert_int_equal(st.snapshot_prices, 4);
	assert_int_equal(t.providers, 1);
	assert_int_equal(t.models, 2);
	assert_int_equal(t.open_prices, 4);
	assert_int_equal(t.versions, 2);
	assert_int_equal(t.snapshots, 1);
	assert_int_equal(t.changes, 2);
	assert_int_equal(t.runs, 0);
}

static void test_rows_are_sorted_and_carry_the_content(void **state)
{
	struct fixture *f = *state;
	struct catalog c = market_two(f);
	struct snapshot snapshot;
	struct store_row *rows;
	size_t n;

	(void)market_sync(f, &c, T0);
	snapshot_take(&c, &f->a, &snapshot);
	rows = market_rows(f, "acme", &n);
	assert_int_equal(n, 2);
	for (size_t i = 0; i < n; i++) {
		assert_true(str_eq(rows[i].provider_model_id, c.models[i].id));
		assert_memory_equal(&rows[i].content, &snapshot.content[i], sizeof(struct hash));
		assert_int_equal(rows[i].missing_since_ms, CLOCK_NONE);
		assert_true(rows[i].id > 0);
	}
}

static void test_an_unknown_provider_has_nothing(void **state)
{
	struct fixture *f = *state;
	struct store_row *rows;
	struct store_state st;
	bool is_active = false;
	int64_t id = 9;
	size_t n;

	OK(store_provider_find(f->store, STR("nobody"), &id, &is_active, &f->e));
	assert_int_equal(id, 0);
	assert_true(is_active);
	OK(store_load_rows(f->store, 0, &f->a, &rows, &n, &f->e));
	assert_int_equal(n, 0);
	OK(store_load_state(f->store, 0, &f->a, &st, &f->e));
	assert_false(st.has_snapshot);
	assert_int_equal(st.n_documents, 0);
	assert_int_equal(st.n_suspect_missing, 0);
}

static void test_the_same_state_again_writes_one_snapshot_row(void **state)
{
	struct fixture *f = *state;
	struct catalog c = market_two(f);
	struct contract_counts n;
	struct store_state st;
	char *before, *after;

	(void)market_sync(f, &c, T0);
	before = market_dump();
	n = market_sync(f, &c, T0 + DAY_MS);
	assert_int_equal(n.written + n.opened + n.closed + n.missing + n.changes, 0);
	after = market_dump();
	assert_string_equal(before, after);
	st = market_state(f, "acme");
	assert_int_equal(st.snapshot_first_ms, T0);
	assert_int_equal(st.snapshot_last_ms, T0 + DAY_MS);
	assert_query("SELECT syncs, models, prices FROM snapshots", "2|2|4\n");
	free(before);
	free(after);
}

static void test_a_price_change_closes_one_row_and_opens_another(void **state)
{
	struct fixture *f = *state;
	struct catalog c = market_two(f);
	struct contract_counts n;

	(void)market_sync(f, &c, T0);
	c.models[0].prices[0].amount = STR("0.0000025");
	n = market_sync(f, &c, T0 + 1000);
	assert_int_equal(n.closed, 1);
	assert_int_equal(n.opened, 1);
	assert_int_equal(n.versions, 0);
	assert_query("SELECT amount, CASE WHEN seen_to IS NULL THEN 'open' ELSE 'closed' END"
		     " FROM prices WHERE meter = 'input_token' ORDER BY id",
		     "0.000003|closed\n0.0000006000000000000001|open\n0.0000025|open\n");
	assert_query("SELECT count(*) FROM prices a JOIN prices b ON a.seen_to = b.seen_from"
		     " AND a.model_id = b.model_id AND a.meter = b.meter",
		     "1\n");
	assert_query("SELECT pricing_prompt, pricing_completion FROM models"
		     " WHERE model_id = 'acme/large'",
		     "0.0000025|0.000015\n");
	assert_int_equal(market_totals(f).versions, 2);
	assert_int_equal(market_totals(f).open_prices, 4);
	assert_int_equal(market_totals(f).snapshots, 2);
}

static void test_a_tracked_column_makes_a_version(void **state)
{
	struct fixture *f = *state;
	struct catalog c = market_two(f);
	struct contract_counts n;

	(void)market_sync(f, &c, T0);
	c.models[1].context_length = 8192;
	c.models[1].description = STR("not tracked");
	n = market_sync(f, &c, T0 + 1000);
	assert_int_equal(n.versions, 1);
	assert_int_equal(n.opened + n.closed, 0);
	assert_query(
		"SELECT context_length, CASE WHEN seen_to IS NULL THEN 'open' ELSE 'closed' END"
		" FROM model_versions ORDER BY id",
		"131072|open\n131072|closed\n8192|open\n");
	assert_query("SELECT context_length, description FROM models WHERE model_id = 'acme/small'",
		     "8192|not tracked\n");
}

static void test_an_untracked_column_makes_no_version(void **state)
{
	struct fixture *f = *state;
	struct catalog c = market_two(f);
	struct contract_counts n;

	(void)market_sync(f, &c, T0);
	c.models[1].description = STR("only this");
	n = market_sync(f, &c, T0 + 1000);
	assert_int_equal(n.written, 1);
	assert_int_equal(n.versions, 0);
	assert_int_equal(market_totals(f).versions, 2);
	assert_int_equal(market_totals(f).snapshots, 1);
}

/* ---- missing and returned ---- */

struct seen {
	struct str id;
	int64_t missing_since_ms, last_seen_ms, first_seen_ms;
};

static bool find_seen(void *arg, const struct store_model_row *row, struct err *e)
{
	struct seen *seen = arg;

	(void)e;
	if (!str_eq(row->provider_model_id, seen->id))
		return true;
	seen->missing_since_ms = row->missing_since_ms;
	seen->last_seen_ms = row->last_seen_ms;
	seen->first_seen_ms = row->first_seen_ms;
	return true;
}

static struct seen seen_of(struct fixture *f, const char *id)
{
	struct store_model_query q = { .sort = SORT_NAME };
	struct seen seen = { .id = str_of(id), .first_seen_ms = -1 };

	OK(store_list_models(f->store, &q, find_seen, &seen, &f->e));
	return seen;
}

static void test_missing_and_returned(void **state)
{
	struct fixture *f = *state;
	struct catalog both = market_two(f), one = both;
	struct seen seen;

	one.n = 1;
	(void)market_sync(f, &both, T0);
	(void)market_sync(f, &both, T0 + 1000);
	seen = seen_of(f, "acme/small");
	assert_int_equal(seen.last_seen_ms, T0 + 1000);
	assert_int_equal(seen.missing_since_ms, CLOCK_NONE);

	assert_int_equal(market_sync(f, &one, T0 + 2000).missing, 1);
	(void)market_sync(f, &one, T0 + 3000);
	seen = seen_of(f, "acme/small");
	assert_int_equal(seen.missing_since_ms, T0 + 2000);
	assert_int_equal(seen.last_seen_ms, T0 + 1000); /* the fetch before it went */
	assert_int_equal(seen_of(f, "acme/large").last_seen_ms, T0 + 3000);
	assert_int_equal(market_totals(f).open_prices, 4); /* what it last said stays known */

	assert_int_equal(market_sync(f, &both, T0 + 4000).returned, 1);
	seen = seen_of(f, "acme/small");
	assert_int_equal(seen.missing_since_ms, CLOCK_NONE);
	assert_int_equal(seen.last_seen_ms, T0 + 4000);
	assert_int_equal(seen.first_seen_ms, T0);
	assert_query("SELECT count(*), count(gone_to) FROM absences", "1|1\n");
	assert_query("SELECT kind, model FROM changes ORDER BY id",
		     "added|acme/large\nadded|acme/small\nmissing|acme/small\n"
		     "returned|acme/small\n");
}

static void test_missing_survives_in_the_baseline(void **state)
{
	struct fixture *f = *state;
	struct catalog c = market_two(f);
	struct store_row *rows;
	size_t n;

	(void)market_sync(f, &c, T0);
	c.n = 1;
	(void)market_sync(f, &c, T0 + 1234);
	rows = market_rows(f, "acme", &n);
	assert_int_equal(n, 2);
	assert_int_equal(rows[0].missing_since_ms, CLOCK_NONE);
	assert_int_equal(rows[1].missing_since_ms, T0 + 1234);
	/* What it said is still there to be compared with. */
	assert_int_equal(market_observed(f, rows[1].id).model.n_prices, 2);
}

/* ---- operators ---- */

static void test_an_operators_is_active_survives(void **state)
{
	struct fixture *f = *state;
	struct catalog c = market_two(f);

	(void)market_sync(f, &c, T0);
	assert_query("SELECT count(*) FROM models WHERE is_active", "2\n");
	contract_exec(url, "UPDATE models SET is_active = false WHERE model_id = 'acme/small'");
	(void)market_sync(f, &c, T0 + 1000);
	c.models[1].prices[0].amount = STR("0.5");
	c.models[1].context_length = 5;
	(void)market_sync(f, &c, T0 + 2000);
	c.n = 1;
	(void)market_sync(f, &c, T0 + 3000);
	c.n = 2;
	(void)market_sync(f, &c, T0 + 4000);
	assert_query("SELECT model_id FROM models WHERE NOT is_active", "acme/small\n");
}

#define PROVIDER_SQL                                                     \
	"SELECT name, description, base_url, site_url,"                  \
	" CASE WHEN supports_streaming THEN 'yes' ELSE 'no' END,"        \
	" CASE WHEN supports_function_calling THEN 'yes' ELSE 'no' END," \
	" CASE WHEN supports_vision IS NULL THEN 'unsaid' ELSE 'said' END FROM providers"

static void test_a_provider_row_is_created_and_followed(void **state)
{
	struct fixture *f = *state;
	struct store_provider p = market_acme();
	char *before, *after;

	market_follow(f, &p, T0);
	assert_query(PROVIDER_SQL, "Acme|-|https://acme.test/v1|https://acme.test|yes|no|unsaid\n");
	before = contract_dump(url, "providers");
	market_follow(f, &p, T0 + 1000); /* says the same: not written, updated_at tells */
	after = contract_dump(url, "providers");
	assert_string_equal(before, after);
	free(before);
	free(after);

	p.description = STR("new");
	p.base_url = STR("https://api.acme.test/v2");
	p.site_url = STR_NONE;
	p.supports_vision = 1;
	p.supports_streaming = 0;
	market_follow(f, &p, T0 + 2000);
	assert_query(PROVIDER_SQL, "Acme|new|https://api.acme.test/v2|-|no|no|said\n");
}

static void test_an_operators_edit_of_a_provider_is_kept(void **state)
{
	struct fixture *f = *state;
	struct store_provider p = market_acme();

	market_follow(f, &p, T0);
	contract_exec(url, "UPDATE providers SET name = 'ACME (EU)', supports_streaming = NULL");
	p.name = STR("Acme Inc");
	p.supports_streaming = 0;
	p.description = STR("follows");
	market_follow(f, &p, T0 + 1000);
	assert_query("SELECT name, description, supports_streaming FROM providers",
		     "ACME (EU)|follows|-\n");
	/* The old value put back: the descriptor's again. */
	contract_exec(url, "UPDATE providers SET name = 'Acme'");
	market_follow(f, &p, T0 + 2000);
	assert_query("SELECT name FROM providers", "Acme Inc\n");
}

static void test_a_row_made_by_hand_is_filled_not_overwritten(void **state)
{
	struct fixture *f = *state;
	struct store_provider p = market_acme();
	bool is_active = true;
	int64_t id;

	contract_exec(url, "INSERT INTO providers (slug, name, is_active, metadata)"
			   " VALUES ('acme', 'Mine', false, '{\"team\": 7.50}')");
	market_follow(f, &p, T0);
	assert_query("SELECT name, site_url FROM providers", "Mine|https://acme.test\n");
	OK(store_provider_find(f->store, STR("acme"), &id, &is_active, &f->e));
	assert_false(is_active);
	{
		char *row = contract_query(url, "SELECT metadata FROM providers");

		assert_non_null(strstr(row, "\"team\""));
		assert_non_null(strstr(row, "7.50"));
		free(row);
	}
}

/* ---- transactions ---- */

static void test_a_rollback_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct catalog c = market_two(f);
	struct store_model_write w = { 0, &c.models[0], { { 0 } }, true };
	struct store_price_open o = { 0, &c.models[0].prices[0], STR_NONE };
	struct store_batch b = {
		.at_ms = T0, .writes = &w, .n_writes = 1, .price_opens = &o, .n_price_opens = 1
	};
	struct store_provider p = market_acme();
	struct store_totals t;
	bool is_active;

	OK(store_begin(f->store, "acme", &f->e));
	OK(store_provider_follow(f->store, &p, T0, &b.provider_id, &is_active, &f->e));
	OK(store_apply(f->store, &b, &f->e));
	store_rollback(f->store);
	store_rollback(f->store); /* outside a transaction: nothing */
	t = market_totals(f);
	assert_int_equal(t.providers + t.models + t.open_prices + t.versions + t.snapshots, 0);
}

/* A batch that contradicts the database fails as a whole. */
static void test_a_batch_that_does_not_fit_is_refused(void **state)
{
	struct fixture *f = *state;
	struct catalog c = market_two(f);
	struct store_model_write known, twice = { 0, &c.models[0], { { 0 } }, true };
	struct store_batch b[4];
	const int64_t no_price = 999, no_model = 999;
	char *before, *after;
	size_t n;

	(void)market_sync(f, &c, T0);
	known = (struct store_model_write){
		market_rows(f, "acme", &n)[0].id, &c.models[1], { { 0 } }, true
	};
	for (size_t i = 0; i < 4; i++)
		b[i] = (struct store_batch){ .provider_id = market_provider(f, "acme"),
					     .at_ms = T0 + 1 };
	b[0].price_closes = &no_price, b[0].n_price_closes = 1;
	b[1].missing = &no_model, b[1].n_missing = 1;
	b[2].writes = &twice, b[2].n_writes = 1; /* there is one of that id */
	b[3].writes = &known, b[3].n_writes = 1; /* that row is another model's */
	before = market_dump();
	for (size_t i = 0; i < 4; i++) {
		OK(store_begin(f->store, "acme", &f->e));
		FAILS(store_apply(f->store, &b[i], &f->e), ERR_DB);
		store_rollback(f->store);
	}
	after = market_dump();
	assert_string_equal(before, after);
	free(before);
	free(after);
}

struct rival {
	struct store *store;
	struct err e;
	bool ok;
	pthread_t thread;
};

static void *begin_and_commit(void *arg)
{
	struct rival *r = arg;

	r->ok = store_begin(r->store, "acme", &r->e) && store_commit(r->store, &r->e);
	return NULL;
}

static void test_a_second_writer_waits(void **state)
{
	struct fixture *f = *state;
	struct rival r = { 0 };

	OK(store_open(&r.store, url, STORE_WRITE, &f->e));
	OK(store_begin(f->store, "acme", &f->e));
	assert_int_equal(pthread_create(&r.thread, NULL, begin_and_commit, &r), 0);
	(void)usleep(100000);
	OK(store_commit(f->store, &f->e));
	(void)pthread_join(r.thread, NULL);
	assert_true(r.ok);
	store_close(r.store);
}

static void test_a_reader_sees_commits_and_nothing_else(void **state)
{
	struct fixture *f = *state;
	struct catalog c = market_two(f);
	struct store_totals t;
	struct store *reader;
	struct store_provider p = market_acme();
	bool is_active;
	int64_t id;

	OK(store_open(&reader, url, STORE_READ, &f->e));
	OK(store_begin(f->store, "acme", &f->e));
	OK(store_provider_follow(f->store, &p, T0, &id, &is_active, &f->e));
	OK(store_totals(reader, &t, &f->e)); /* does not wait */
	assert_int_equal(t.providers, 0);
	OK(store_commit(f->store, &f->e));
	OK(store_totals(reader, &t, &f->e));
	assert_int_equal(t.providers, 1);
	(void)market_sync(f, &c, T0);
	OK(store_totals(reader, &t, &f->e));
	assert_int_equal(t.models, 2);
	store_close(reader);
}

/* ---- */

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_first_batch),
		TEST(test_rows_are_sorted_and_carry_the_content),
		TEST(test_an_unknown_provider_has_nothing),
		TEST(test_the_same_state_again_writes_one_snapshot_row),
		TEST(test_a_price_change_closes_one_row_and_opens_another),
		TEST(test_a_tracked_column_makes_a_version),
		TEST(test_an_untracked_column_makes_no_version),
		TEST(test_missing_and_returned),
		TEST(test_missing_survives_in_the_baseline),
		TEST(test_an_operators_is_active_survives),
		TEST(test_a_provider_row_is_created_and_followed),
		TEST(test_an_operators_edit_of_a_provider_is_kept),
		TEST(test_a_row_made_by_hand_is_filled_not_overwritten),
		TEST(test_a_rollback_leaves_nothing),
		TEST(test_a_batch_that_does_not_fit_is_refused),
		TEST(test_a_second_writer_waits),
		TEST(test_a_reader_sees_commits_and_nothing_else),
	};

	return KIT_RUN("contract", tests);
}
