/*
 * What every back end owes.  Written against store.h; other people's SQL goes
 * through contract.h and is SQL that all of them understand.
 */
#include "store/kit.h"

#include "store/backend.h"
#include "store/expire.h"
#include <pthread.h>
#include <unistd.h>

/* What a test has: a database made a moment ago, opened for writing. */
struct fixture {
	struct store *store;
	struct arena a;
	struct err e;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	*state = f;
	f->store = kit_open();
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	kit_close(f->store, &f->a);
	free(f);
	return 0;
}

/* ---- a small market ---- */

static struct catalog two_models(struct fixture *f)
{
	struct catalog c = { STR("acme"), arena_array(&f->a, 2, struct model), 2 };

	c.models[0] = contract_model(&f->a, "acme/large", "0.000003", "0.000015");
	c.models[1] = contract_model(&f->a, "acme/small", "0.0000006000000000000001", "0");
	return c;
}

static struct contract_counts sync_at(struct fixture *f, const struct catalog *c, int64_t at_ms)
{
	struct contract_counts n = { 0 };

	OK(contract_sync(f->store, c, at_ms, &n, &f->e));
	return n;
}

static int64_t provider_of(struct fixture *f, const char *slug)
{
	bool is_active;
	int64_t id;

	OK(store_provider_find(f->store, str_of(slug), &id, &is_active, &f->e));
	return id;
}

static struct store_row *rows_of(struct fixture *f, const char *slug, size_t *ret_n)
{
	struct store_row *rows;

	OK(store_load_rows(f->store, provider_of(f, slug), &f->a, &rows, ret_n, &f->e));
	return rows;
}

static struct store_state state_of(struct fixture *f, const char *slug)
{
	struct store_state state;

	OK(store_load_state(f->store, provider_of(f, slug), &f->a, &state, &f->e));
	return state;
}

static struct store_totals totals_of(struct fixture *f)
{
	struct store_totals t;

	OK(store_totals(f->store, &t, &f->e));
	return t;
}

static struct store_observed observed_of(struct fixture *f, int64_t id)
{
	struct store_observed o;

	OK(store_load_observed(f->store, &id, 1, &f->a, &o, &f->e));
	return o;
}

/* Everything a sync may write but the run and the snapshot. */
static char *dump_catalog(void)
{
	static const char *const tables[] = { "providers", "models", "model_versions", "prices",
					      "changes" };
	struct buf all = BUF_INIT(64 << 20);

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		char *rows = contract_dump(url, tables[i]);

		buf_printf(&all, "%s\n%s", tables[i], rows);
		free(rows);
	}
	return all.at;
}

static void save_run(struct fixture *f, struct store_run r)
{
	r.provider_id = provider_of(f, "acme");
	OK(store_begin(f->store, "acme", &f->e));
	OK(store_save_run(f->store, &r, &f->e));
	OK(store_commit(f->store, &f->e));
}

/* ---- migration ---- */

static void test_migrates_from_nothing(void **state)
{
	struct fixture *f = *state;
	int version, latest;

	OK(store_schema_version(f->store, &version, &latest, &f->e));
	assert_int_equal(version, latest);
	assert_true(version > 0);
}

static void test_migrating_again_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct catalog c = two_models(f);
	char *before, *after;

	(void)sync_at(f, &c, T0);
	before = dump_catalog();
	store_close(f->store);
	OK(store_open(&f->store, url, STORE_WRITE, &f->e));
	after = dump_catalog();
	assert_string_equal(before, after);
	assert_query("SELECT count(*) - max(version) FROM schema_version", "0\n");
	free(before);
	free(after);
}

/* From the newest schema back to the first. */
static const char *const back[] = {
	"DROP INDEX outbox_full",
	"DROP INDEX ledger_of_sample",
	"ALTER TABLE sample_rollups DROP COLUMN well",
	"ALTER TABLE sample_rollups DROP COLUMN counted",
	"DROP INDEX samples_of_provider",
	"DROP INDEX sync_runs_in_time",
	"DROP TABLE webhook_receipts",
	"DROP INDEX models_by_health",
	"DROP TABLE recipe_corrections",
	"DROP TABLE ledger_days",
	"DROP INDEX ledger_reserved",
	"ALTER TABLE ledger DROP COLUMN reserved",
	"ALTER TABLE ledger DROP COLUMN state",
	"DROP TABLE csv_spool",
	"DROP TABLE csv_files",
	"DROP INDEX samples_in_time",
	"ALTER TABLE samples DROP COLUMN provider_name",
	"ALTER TABLE samples DROP COLUMN via",
	"ALTER TABLE samples DROP COLUMN dns_us",
	"ALTER TABLE samples DROP COLUMN lateness_us",
	"ALTER TABLE samples DROP COLUMN total_us",
	"ALTER TABLE samples DROP COLUMN lag_us",
	"ALTER TABLE samples DROP COLUMN counted",
	"ALTER TABLE samples DROP COLUMN streamed",
	"ALTER TABLE samples DROP COLUMN reused",
	"ALTER TABLE samples DROP COLUMN chunks",
	"ALTER TABLE samples DROP COLUMN gaps",
	"ALTER TABLE samples DROP COLUMN gap_p50_us",
	"ALTER TABLE samples DROP COLUMN gap_p95_us",
	"ALTER TABLE samples DROP COLUMN gap_max_us",
	"ALTER TABLE samples DROP COLUMN finish",
	"ALTER TABLE samples DROP COLUMN expected",
	"ALTER TABLE samples DROP COLUMN price_source",
	"CREATE INDEX changes_of_model ON changes (provider_id, model, id)",
	"DROP INDEX changes_by_model",
	"CREATE INDEX IF NOT EXISTS changes_by_time ON changes (at)",
	"CREATE INDEX IF NOT EXISTS changes_of_provider ON changes (provider_id, id)",
	"DROP INDEX IF EXISTS changes_in_time",
	"ALTER TABLE changes DROP COLUMN model_id",
	"CREATE INDEX IF NOT EXISTS snapshots_by_hash ON snapshots (hash)",
	"DROP INDEX IF EXISTS snapshots_by_name",
	"DROP INDEX absences_pending",
	"DROP INDEX incidents_open",
	"DROP INDEX reviews_in_force",
	"ALTER TABLE reviews DROP COLUMN provider_id",
	"ALTER TABLE overrides DROP COLUMN said",
	"DROP INDEX outbox_owed",
	"ALTER TABLE webhook_endpoints DROP COLUMN url_print",
	"DROP INDEX sync_runs_kept",
	"ALTER TABLE sync_runs DROP COLUMN keep_days",
	"ALTER TABLE snapshots DROP COLUMN unheard",
	"DROP INDEX snapshots_in_force",
	"ALTER TABLE absences DROP COLUMN was_active",
	"ALTER TABLE absences DROP COLUMN removed_at",
	"ALTER TABLE absences DROP COLUMN incident_id",
	"ALTER TABLE sync_runs DROP COLUMN key_fingerprint",
	"DROP TABLE schema_drift",
	"DROP TABLE document_places",
	"DROP TABLE document_shapes",
	"DROP TABLE known_notes",
	"DROP INDEX models_unidentified",
	"ALTER TABLE models DROP COLUMN canonical_evidence",
	"DROP TABLE identity_bases",
	"DELETE FROM schema_version WHERE version > 1",
};

/* A database of schema 1, as the program before this one left it, goes on. */
static void test_a_database_of_schema_1_is_migrated(void **state)
{
	struct fixture *f = *state;
	struct catalog c = two_models(f);
	char *before, *after;

	(void)sync_at(f, &c, T0);
	before = dump_catalog();
	store_close(f->store);
	for (size_t i = 0; i < sizeof(back) / sizeof(back[0]); i++)
		contract_exec(url, back[i]);
	OK(store_open(&f->store, url, STORE_WRITE, &f->e));
	after = dump_catalog();
	assert_string_equal(before, after);
	assert_query("SELECT count(*) - max(version) FROM schema_version", "0\n");
	(void)sync_at(f, &c, T0 + DAY_MS);
	save_run(f, (struct store_run){ .completeness = FETCH_SUSPECT, .key = STR("a:b") });
	assert_str(state_of(f, "acme").suspect_key, "a:b");
	free(before);
	free(after);
}

/* The steps before the one with that name, and what a user may have had by then. */
static void make_database_before(const char *name)
{
	bool sqlite = strncmp(url, "sqlite:", 7) == 0;
	const struct store_migration *m =
		sqlite ? store_sqlite_migrations : store_postgres_migrations;

	contract_wipe(url);
	for (; !strstr(m->name, name); m++) {
		char done[256];

		(void)snprintf(done, sizeof(done),
			       "INSERT INTO schema_version (version, name, applied_at)"
			       " VALUES (%d, '%s', %s)",
			       m->version, m->name, sqlite ? "0" : "to_timestamp(0)");
		contract_exec(url, m->sql);
		contract_exec(url, done);
	}
	contract_exec(url, "INSERT INTO providers (slug, name) VALUES ('acme', 'Acme')");
	contract_exec(url, "INSERT INTO models (provider_id, provider_model_id, model_name)"
			   " SELECT id, 'gpt-4o', 'GPT-4o' FROM providers");
}

static void test_models_of_an_older_database_are_looked_at(void **state)
{
	struct fixture *f = *state;
	struct store_identity_state *states;
	struct store_identity *rows;
	struct store *s;
	size_t n;

	store_close(f->store);
	f->store = NULL;
	make_database_before("_identity");
	FAILS(store_open(&s, url, STORE_READ, &f->e), ERR_CONFIG);
	OK(store_open(&f->store, url, STORE_WRITE, &f->e));
	OK(store_load_identity_states(f->store, &f->a, &states, &n, &f->e));
	assert_int_equal(n, 1);
	assert_true(states[0].has_new);
	assert_true(str_is_none(states[0].basis));
	OK(store_load_identities(f->store, states[0].provider_id, &f->a, &rows, &n, &f->e));
	assert_int_equal(n, 1);
	assert_str(rows[0].provider_model_id, "gpt-4o");
	assert_str(rows[0].canonical_id, NULL);
	assert_str(rows[0].canonical_evidence, NULL);
	(void)sync_at(f, &(struct catalog){ STR("acme"), NULL, 0 }, T0);
}

static void test_a_newer_schema_is_refused(void **state)
{
	struct fixture *f = *state;
	struct store *s;

	contract_exec(url,
		      "INSERT INTO schema_version (version, name, applied_at)"
		      " SELECT 9999, 'later', applied_at FROM schema_version WHERE version = 1");
	FAILS(store_open(&s, url, STORE_WRITE, &f->e), ERR_CONFIG);
	assert_non_null(strstr(f->e.text, "9999 is newer"));
	FAILS(store_open(&s, url, STORE_READ, &f->e), ERR_CONFIG);
	assert_non_null(strstr(f->e.text, "9999 is newer"));
}

static void test_a_reader_refuses_an_older_schema(void **state)
{
	struct fixture *f = *state;
	struct store *s;

	contract_exec(url, "DELETE FROM schema_version"
			   " WHERE version = (SELECT max(version) FROM schema_version)");
	FAILS(store_open(&s, url, STORE_READ, &f->e), ERR_CONFIG);
	assert_non_null(strstr(f->e.text, "assay migrate"));
}

static void test_a_reader_refuses_a_database_that_is_not_there(void **state)
{
	struct fixture *f = *state;
	struct store *s;

	store_close(f->store);
	f->store = NULL;
	contract_wipe(url);
	assert_false(store_open(&s, url, STORE_READ, &f->e));
	assert_non_null(strstr(f->e.text, "assay sync"));
}

static void test_foreign_tables_are_refused(void **state)
{
	struct fixture *f = *state;
	struct store *s;

	store_close(f->store);
	f->store = NULL;
	contract_wipe(url);
	contract_exec(url, "CREATE TABLE models (x INTEGER)");
	contract_exec(url, "CREATE TABLE providers (y INTEGER)");
	FAILS(store_open(&s, url, STORE_WRITE, &f->e), ERR_CONFIG);
	assert_non_null(strstr(f->e.text, "providers and models"));
	contract_exec(url, "INSERT INTO models (x) VALUES (1)"); /* still theirs */
	contract_exec(url, "DROP TABLE models");
	FAILS(store_open(&s, url, STORE_WRITE, &f->e), ERR_CONFIG);
	contract_exec(url, "DROP TABLE providers");
	OK(store_open(&f->store, url, STORE_WRITE, &f->e));
}

/* ---- batches ---- */

static void test_first_batch(void **state)
{
	struct fixture *f = *state;
	struct catalog c = two_models(f);
	struct contract_counts n = sync_at(f, &c, T0);
	struct store_state st = state_of(f, "acme");
	struct store_totals t = totals_of(f);
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
	struct catalog c = two_models(f);
	struct snapshot snapshot;
	struct store_row *rows;
	size_t n;

	(void)sync_at(f, &c, T0);
	snapshot_take(&c, &f->a, &snapshot);
	rows = rows_of(f, "acme", &n);
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
	struct catalog c = two_models(f);
	struct contract_counts n;
	struct store_state st;
	char *before, *after;

	(void)sync_at(f, &c, T0);
	before = dump_catalog();
	n = sync_at(f, &c, T0 + DAY_MS);
	assert_int_equal(n.written + n.opened + n.closed + n.missing + n.changes, 0);
	after = dump_catalog();
	assert_string_equal(before, after);
	st = state_of(f, "acme");
	assert_int_equal(st.snapshot_first_ms, T0);
	assert_int_equal(st.snapshot_last_ms, T0 + DAY_MS);
	assert_query("SELECT syncs, models, prices FROM snapshots", "2|2|4\n");
	free(before);
	free(after);
}

static void test_a_price_change_closes_one_row_and_opens_another(void **state)
{
	struct fixture *f = *state;
	struct catalog c = two_models(f);
	struct contract_counts n;

	(void)sync_at(f, &c, T0);
	c.models[0].prices[0].amount = STR("0.0000025");
	n = sync_at(f, &c, T0 + 1000);
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
	assert_int_equal(totals_of(f).versions, 2);
	assert_int_equal(totals_of(f).open_prices, 4);
	assert_int_equal(totals_of(f).snapshots, 2);
}

static void test_a_tracked_column_makes_a_version(void **state)
{
	struct fixture *f = *state;
	struct catalog c = two_models(f);
	struct contract_counts n;

	(void)sync_at(f, &c, T0);
	c.models[1].context_length = 8192;
	c.models[1].description = STR("not tracked");
	n = sync_at(f, &c, T0 + 1000);
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
	struct catalog c = two_models(f);
	struct contract_counts n;

	(void)sync_at(f, &c, T0);
	c.models[1].description = STR("only this");
	n = sync_at(f, &c, T0 + 1000);
	assert_int_equal(n.written, 1);
	assert_int_equal(n.versions, 0);
	assert_int_equal(totals_of(f).versions, 2);
	assert_int_equal(totals_of(f).snapshots, 1);
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
	struct catalog both = two_models(f), one = both;
	struct seen seen;

	one.n = 1;
	(void)sync_at(f, &both, T0);
	(void)sync_at(f, &both, T0 + 1000);
	seen = seen_of(f, "acme/small");
	assert_int_equal(seen.last_seen_ms, T0 + 1000);
	assert_int_equal(seen.missing_since_ms, CLOCK_NONE);

	assert_int_equal(sync_at(f, &one, T0 + 2000).missing, 1);
	(void)sync_at(f, &one, T0 + 3000);
	seen = seen_of(f, "acme/small");
	assert_int_equal(seen.missing_since_ms, T0 + 2000);
	assert_int_equal(seen.last_seen_ms, T0 + 1000); /* the fetch before it went */
	assert_int_equal(seen_of(f, "acme/large").last_seen_ms, T0 + 3000);
	assert_int_equal(totals_of(f).open_prices, 4); /* what it last said stays known */

	assert_int_equal(sync_at(f, &both, T0 + 4000).returned, 1);
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
	struct catalog c = two_models(f);
	struct store_row *rows;
	size_t n;

	(void)sync_at(f, &c, T0);
	c.n = 1;
	(void)sync_at(f, &c, T0 + 1234);
	rows = rows_of(f, "acme", &n);
	assert_int_equal(n, 2);
	assert_int_equal(rows[0].missing_since_ms, CLOCK_NONE);
	assert_int_equal(rows[1].missing_since_ms, T0 + 1234);
	/* What it said is still there to be compared with. */
	assert_int_equal(observed_of(f, rows[1].id).model.n_prices, 2);
}

/* ---- operators ---- */

static void test_an_operators_is_active_survives(void **state)
{
	struct fixture *f = *state;
	struct catalog c = two_models(f);

	(void)sync_at(f, &c, T0);
	assert_query("SELECT count(*) FROM models WHERE is_active", "2\n");
	contract_exec(url, "UPDATE models SET is_active = false WHERE model_id = 'acme/small'");
	(void)sync_at(f, &c, T0 + 1000);
	c.models[1].prices[0].amount = STR("0.5");
	c.models[1].context_length = 5;
	(void)sync_at(f, &c, T0 + 2000);
	c.n = 1;
	(void)sync_at(f, &c, T0 + 3000);
	c.n = 2;
	(void)sync_at(f, &c, T0 + 4000);
	assert_query("SELECT model_id FROM models WHERE NOT is_active", "acme/small\n");
}

static struct store_provider acme(void)
{
	return (struct store_provider){
		.slug = STR("acme"),
		.name = STR("Acme"),
		.base_url = STR("https://acme.test/v1"),
		.site_url = STR("https://acme.test"),
		.supports_streaming = 1,
		.supports_function_calling = 0,
		.supports_vision = -1,
		.supports_image_generation = -1,
	};
}

static void follow(struct fixture *f, const struct store_provider *p, int64_t now_ms)
{
	bool is_active;
	int64_t id;

	OK(store_begin(f->store, "acme", &f->e));
	OK(store_provider_follow(f->store, p, now_ms, &id, &is_active, &f->e));
	OK(store_commit(f->store, &f->e));
	assert_int_equal(id, provider_of(f, "acme"));
}

#define PROVIDER_SQL                                                     \
	"SELECT name, description, base_url, site_url,"                  \
	" CASE WHEN supports_streaming THEN 'yes' ELSE 'no' END,"        \
	" CASE WHEN supports_function_calling THEN 'yes' ELSE 'no' END," \
	" CASE WHEN supports_vision IS NULL THEN 'unsaid' ELSE 'said' END FROM providers"

static void test_a_provider_row_is_created_and_followed(void **state)
{
	struct fixture *f = *state;
	struct store_provider p = acme();
	char *before, *after;

	follow(f, &p, T0);
	assert_query(PROVIDER_SQL, "Acme|-|https://acme.test/v1|https://acme.test|yes|no|unsaid\n");
	before = contract_dump(url, "providers");
	follow(f, &p, T0 + 1000); /* says the same: not written, updated_at tells */
	after = contract_dump(url, "providers");
	assert_string_equal(before, after);
	free(before);
	free(after);

	p.description = STR("new");
	p.base_url = STR("https://api.acme.test/v2");
	p.site_url = STR_NONE;
	p.supports_vision = 1;
	p.supports_streaming = 0;
	follow(f, &p, T0 + 2000);
	assert_query(PROVIDER_SQL, "Acme|new|https://api.acme.test/v2|-|no|no|said\n");
}

static void test_an_operators_edit_of_a_provider_is_kept(void **state)
{
	struct fixture *f = *state;
	struct store_provider p = acme();

	follow(f, &p, T0);
	contract_exec(url, "UPDATE providers SET name = 'ACME (EU)', supports_streaming = NULL");
	p.name = STR("Acme Inc");
	p.supports_streaming = 0;
	p.description = STR("follows");
	follow(f, &p, T0 + 1000);
	assert_query("SELECT name, description, supports_streaming FROM providers",
		     "ACME (EU)|follows|-\n");
	/* The old value put back: the descriptor's again. */
	contract_exec(url, "UPDATE providers SET name = 'Acme'");
	follow(f, &p, T0 + 2000);
	assert_query("SELECT name FROM providers", "Acme Inc\n");
}

static void test_a_row_made_by_hand_is_filled_not_overwritten(void **state)
{
	struct fixture *f = *state;
	struct store_provider p = acme();
	bool is_active = true;
	int64_t id;

	contract_exec(url, "INSERT INTO providers (slug, name, is_active, metadata)"
			   " VALUES ('acme', 'Mine', false, '{\"team\": 7.50}')");
	follow(f, &p, T0);
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
	struct catalog c = two_models(f);
	struct store_model_write w = { 0, &c.models[0], { { 0 } }, true };
	struct store_price_open o = { 0, &c.models[0].prices[0], STR_NONE };
	struct store_batch b = {
		.at_ms = T0, .writes = &w, .n_writes = 1, .price_opens = &o, .n_price_opens = 1
	};
	struct store_provider p = acme();
	struct store_totals t;
	bool is_active;

	OK(store_begin(f->store, "acme", &f->e));
	OK(store_provider_follow(f->store, &p, T0, &b.provider_id, &is_active, &f->e));
	OK(store_apply(f->store, &b, &f->e));
	store_rollback(f->store);
	store_rollback(f->store); /* outside a transaction: nothing */
	t = totals_of(f);
	assert_int_equal(t.providers + t.models + t.open_prices + t.versions + t.snapshots, 0);
}

/* A batch that contradicts the database fails as a whole. */
static void test_a_batch_that_does_not_fit_is_refused(void **state)
{
	struct fixture *f = *state;
	struct catalog c = two_models(f);
	struct store_model_write known, twice = { 0, &c.models[0], { { 0 } }, true };
	struct store_batch b[4];
	const int64_t no_price = 999, no_model = 999;
	char *before, *after;
	size_t n;

	(void)sync_at(f, &c, T0);
	known = (struct store_model_write){
		rows_of(f, "acme", &n)[0].id, &c.models[1], { { 0 } }, true
	};
	for (size_t i = 0; i < 4; i++)
		b[i] = (struct store_batch){ .provider_id = provider_of(f, "acme"),
					     .at_ms = T0 + 1 };
	b[0].price_closes = &no_price, b[0].n_price_closes = 1;
	b[1].missing = &no_model, b[1].n_missing = 1;
	b[2].writes = &twice, b[2].n_writes = 1; /* there is one of that id */
	b[3].writes = &known, b[3].n_writes = 1; /* that row is another model's */
	before = dump_catalog();
	for (size_t i = 0; i < 4; i++) {
		OK(store_begin(f->store, "acme", &f->e));
		FAILS(store_apply(f->store, &b[i], &f->e), ERR_DB);
		store_rollback(f->store);
	}
	after = dump_catalog();
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
	struct catalog c = two_models(f);
	struct store_totals t;
	struct store *reader;
	struct store_provider p = acme();
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
	(void)sync_at(f, &c, T0);
	OK(store_totals(reader, &t, &f->e));
	assert_int_equal(t.models, 2);
	store_close(reader);
}

/* ---- documents and runs ---- */

static struct hash hash_of(unsigned char byte)
{
	struct hash h;

	memset(&h, byte, sizeof(h));
	return h;
}

static void assert_document(const struct store_document *is, const struct store_document *expected)
{
	assert_true(str_same(is->list, expected->list));
	assert_true(str_same(is->url, expected->url));
	assert_true(str_same(is->encoding, expected->encoding));
	assert_true(str_same(is->etag, expected->etag));
	assert_true(str_same(is->last_modified, expected->last_modified));
	assert_int_equal(is->body_n, expected->body_n);
	assert_memory_equal(&is->body_hash, &expected->body_hash, sizeof(is->body_hash));
	assert_memory_equal(&is->descriptor_hash, &expected->descriptor_hash,
			    sizeof(is->descriptor_hash));
	assert_int_equal(is->reader_version, expected->reader_version);
	assert_int_equal(is->fetched_at_ms, expected->fetched_at_ms);
}

static void save_document(struct fixture *f, int64_t provider_id, const struct store_document *d)
{
	OK(store_begin(f->store, "acme", &f->e));
	OK(store_save_document(f->store, provider_id, d, &f->e));
	OK(store_commit(f->store, &f->e));
}

static void test_documents_come_back(void **state)
{
	struct fixture *f = *state;
	struct store_provider p = acme();
	struct store_document got, d = {
		.list = STR("models"),
		.url = STR("https://acme.test/v1/models"),
		.encoding = STR("gzip"),
		.body = { "\x1f\x8b\0\xff\0z", 6 },
		.body_n = 1ULL << 33,
		.body_hash = hash_of(0xab),
		.etag = STR("W/\"x\""),
		.descriptor_hash = hash_of(1),
		.reader_version = 3,
		.fetched_at_ms = T0,
	};
	struct store_state st;
	bool found;
	int64_t id;

	follow(f, &p, T0);
	id = provider_of(f, "acme");
	save_document(f, id, &d);
	d.list = STR("embeddings");
	save_document(f, id, &d);
	d.list = STR("models"); /* replaced */
	d.etag = STR_NONE;
	d.last_modified = STR("Sun, 03 Aug 2025 06:03:00 GMT");
	d.reader_version = 4;
	save_document(f, id, &d);

	st = state_of(f, "acme");
	assert_int_equal(st.n_documents, 2);
	assert_str(st.documents[0].list, "embeddings");
	assert_document(&st.documents[1], &d);
	assert_true(str_is_none(st.documents[1].body));

	OK(store_load_document(f->store, id, d.list, &f->a, &got, &found, &f->e));
	assert_true(found);
	assert_document(&got, &d);
	assert_true(str_same(got.body, d.body));
	OK(store_load_document(f->store, id, STR("none"), &f->a, &got, &found, &f->e));
	assert_false(found);
}

static void test_only_the_newest_run_is_suspect(void **state)
{
	struct fixture *f = *state;
	struct store_provider p = acme();
	const struct str ids[] = { STR("acme/\"a\""), STR("acme/größer"), STR("") };
	struct store_run suspect = { .started_at_ms = T0,
				     .ended_at_ms = T0 + 5,
				     .completeness = FETCH_SUSPECT,
				     .http_status = 200,
				     .error_kind = STR("suspect"),
				     .error = STR("short list"),
				     .suspect_missing = ids,
				     .n_suspect_missing = 3 };
	struct store_state st;

	follow(f, &p, T0);
	save_run(f, suspect);
	st = state_of(f, "acme");
	assert_int_equal(st.n_suspect_missing, 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(str_same(st.suspect_missing[i], ids[i]));
	save_run(f, (struct store_run){ .completeness = FETCH_FAILED, .http_status = -1 });
	save_run(f, (struct store_run){ .completeness = FETCH_PARTIAL, .http_status = 200 });
	assert_int_equal(state_of(f, "acme").n_suspect_missing, 3);
	save_run(f, (struct store_run){ .completeness = FETCH_COMPLETE, .http_status = 200 });
	assert_int_equal(state_of(f, "acme").n_suspect_missing, 0);
	suspect.n_suspect_missing = 1;
	save_run(f, suspect);
	assert_int_equal(state_of(f, "acme").n_suspect_missing, 1);
}

static void test_counts_are_of_the_newest_complete_run(void **state)
{
	struct fixture *f = *state;
	struct store_provider p = acme();
	struct store_state st;

	follow(f, &p, T0);
	st = state_of(f, "acme");
	assert_int_equal(st.fetched + st.transformed + st.skipped, 0);
	save_run(f, (struct store_run){ .completeness = FETCH_COMPLETE, .fetched = 9 });
	save_run(f, (struct store_run){ .completeness = FETCH_COMPLETE,
					.fetched = 29,
					.transformed = 19,
					.skipped = 10 });
	save_run(f, (struct store_run){ .completeness = FETCH_SUSPECT, .fetched = 5 });
	save_run(f, (struct store_run){ .completeness = FETCH_FAILED });
	st = state_of(f, "acme");
	assert_int_equal(st.fetched, 29);
	assert_int_equal(st.transformed, 19);
	assert_int_equal(st.skipped, 10);
}

/* The same state again, seen with this key. */
static void see_again(struct fixture *f, int64_t at_ms, struct str key)
{
	struct store_state st = state_of(f, "acme");
	struct store_batch b = { .provider_id = provider_of(f, "acme"),
				 .at_ms = at_ms,
				 .snapshot = st.snapshot,
				 .snapshot_models = st.snapshot_models,
				 .snapshot_prices = st.snapshot_prices,
				 .key = key };

	OK(store_begin(f->store, "acme", &f->e));
	OK(store_apply(f->store, &b, &f->e));
	OK(store_commit(f->store, &f->e));
}

static void test_the_key_of_a_state_and_of_a_suspicion(void **state)
{
	struct fixture *f = *state;
	struct catalog c = two_models(f);
	struct store_run suspect = { .started_at_ms = T0,
				     .completeness = FETCH_SUSPECT,
				     .key = STR("salt:of the suspect") };

	(void)sync_at(f, &c, T0);
	assert_true(str_is_none(state_of(f, "acme").key));
	see_again(f, T0 + DAY_MS, STR("salt:first"));
	assert_str(state_of(f, "acme").key, "salt:first");
	see_again(f, T0 + 2 * DAY_MS, STR("salt:second"));
	assert_str(state_of(f, "acme").key, "salt:second");
	assert_query("SELECT syncs, key_fingerprint FROM snapshots", "3|salt:second\n");
	c.n = 1;
	(void)sync_at(f, &c, T0 + 3 * DAY_MS);
	assert_query("SELECT key_fingerprint FROM snapshots ORDER BY id", "salt:second\n-\n");
	assert_true(str_is_none(state_of(f, "acme").suspect_key));
	save_run(f, suspect);
	assert_str(state_of(f, "acme").suspect_key, "salt:of the suspect");
	assert_int_equal(state_of(f, "acme").n_suspect_missing, 0);
	save_run(f, (struct store_run){ .completeness = FETCH_FAILED, .key = STR("x") });
	assert_str(state_of(f, "acme").suspect_key, "salt:of the suspect");
	save_run(f, (struct store_run){ .completeness = FETCH_COMPLETE });
	assert_true(str_is_none(state_of(f, "acme").suspect_key));
	suspect.key = STR_NONE;
	save_run(f, suspect);
	assert_true(str_is_none(state_of(f, "acme").suspect_key));
	assert_query("SELECT completeness, key_fingerprint FROM sync_runs ORDER BY id",
		     "suspect|salt:of the suspect\nfailed|-\ncomplete|-\nsuspect|-\n");
}

static void test_runs_are_kept_and_the_newest_speaks(void **state)
{
	struct fixture *f = *state;
	struct store_provider p = acme();
	struct store_provider_stat *list;
	struct store_run failed = {
		.started_at_ms = T0,
		.ended_at_ms = T0 + 250,
		.completeness = FETCH_FAILED,
		.http_status = 503,
		.bytes = 1ULL << 40,
		.attempts = 4,
		.error_kind = STR("http"),
		.error = STR("HTTP 503"),
		.notes = STR("[{\"id\":\"x\",\"reason\":\"no price\"}]"),
	};
	size_t n;

	follow(f, &p, T0);
	save_run(f, failed);
	assert_int_equal(totals_of(f).runs, 1);
	OK(store_list_providers(f->store, &f->a, &list, &n, &f->e));
	assert_int_equal(n, 1);
	assert_str(list[0].last_error, "HTTP 503");
	assert_query("SELECT completeness, http_status, bytes, attempts, error_kind, error"
		     " FROM sync_runs",
		     "failed|503|1099511627776|4|http|HTTP 503\n");
	save_run(f, (struct store_run){ .completeness = FETCH_COMPLETE,
					.http_status = 304,
					.unchanged = true,
					.has_snapshot = true,
					.snapshot = hash_of(0x12) });
	OK(store_list_providers(f->store, &f->a, &list, &n, &f->e));
	assert_str(list[0].last_error, NULL);
	assert_int_equal(totals_of(f).runs, 2);
}

/* ---- old runs become days ---- */

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS };

/* A run that took 250 ms and 1,000 bytes; one that is kept for a month changed 2 models. */
static struct store_run run_at(int64_t at_ms, enum store_keep keep)
{
	return (struct store_run){ .started_at_ms = at_ms,
				   .ended_at_ms = at_ms + 250,
				   .completeness = FETCH_COMPLETE,
				   .http_status = 200,
				   .bytes = 1000,
				   .unchanged = keep == KEEP_A_DAY,
				   .changed = keep == KEEP_A_DAY ? 0 : 2,
				   .keep = keep };
}

static void expire_at(struct fixture *f, int64_t now_ms)
{
	OK(store_begin(f->store, "acme", &f->e));
	OK(store_expire_runs(f->store, provider_of(f, "acme"), now_ms, &f->e));
	OK(store_commit(f->store, &f->e));
}

#define COUNT_KEPT "SELECT count(*), count(keep_days) FROM sync_runs"
#define SUM_DAYS                                                                                  \
	"SELECT count(*), sum(runs), sum(unchanged), sum(bytes), sum(duration_ms), sum(changed)," \
	" min(runs) FROM sync_days"
#define MIDNIGHT_MS (T0 - T0 % DAY_MS) /* 1754179200000 */

static void test_old_runs_become_days(void **state)
{
	struct fixture *f = *state;
	struct store_provider p = acme();
	int64_t first_ms = MIDNIGHT_MS + 22 * (int64_t)HOUR_MS;

	follow(f, &p, T0);
	/* Four hours across midnight, a change of the state an hour. */
	for (int i = 0; i < 48; i++)
		save_run(f, run_at(first_ms + i * 5 * (int64_t)MINUTE_MS,
				   i % 12 == 0 ? KEEP_A_MONTH : KEEP_A_DAY));
	expire_at(f, first_ms + 24 * (int64_t)HOUR_MS + 64 * MINUTE_MS);
	assert_query(COUNT_KEPT, "48|48\n"); /* none is an hour over its day */
	expire_at(f, first_ms + 24 * (int64_t)HOUR_MS + 65 * MINUTE_MS);
	assert_query(COUNT_KEPT, "36|36\n");
	expire_at(f, first_ms + 24 * (int64_t)HOUR_MS + 66 * MINUTE_MS);
	assert_query(SUM_DAYS, "1|12|12|12000|3000|0|12\n");
	expire_at(f, first_ms + 29 * (int64_t)HOUR_MS);
	assert_query(COUNT_KEPT, "5|5\n"); /* the month's, and the newest */
	assert_query(SUM_DAYS, "2|43|43|43000|10750|0|21\n");
	expire_at(f, first_ms + 40 * (int64_t)DAY_MS);
	assert_query(COUNT_KEPT, "1|1\n");
	assert_query(SUM_DAYS, "2|47|43|47000|11750|8|23\n");
	assert_query(
		strncmp(url, "sqlite:", 7) == 0
			? "SELECT day, runs FROM sync_days ORDER BY day"
			: "SELECT (extract(epoch FROM day) * 1000)::bigint, runs FROM sync_days"
			  " ORDER BY day",
		"1754179200000|24\n1754265600000|23\n");
	assert_int_equal(totals_of(f).runs, 48);
}

/* However often somebody syncs: of what says nothing, so many. */
static void test_quiet_runs_are_bounded(void **state)
{
	struct fixture *f = *state;
	struct store_provider p = acme();
	int n = STORE_EXPIRE_QUIET_MAX + STORE_EXPIRE_QUIET_MORE;
	char expected[64];

	follow(f, &p, T0);
	save_run(f, run_at(T0, KEEP_A_MONTH));
	for (int i = 0; i < n; i++)
		save_run(f, run_at(T0 + i, KEEP_A_DAY));
	expire_at(f, T0 + n);
	assert_query("SELECT count(*) FROM sync_days", "0\n");
	save_run(f, run_at(T0 + n, KEEP_A_DAY));
	expire_at(f, T0 + n);
	(void)snprintf(expected, sizeof(expected), "%d|%d\n", STORE_EXPIRE_QUIET_MAX + 1,
		       STORE_EXPIRE_QUIET_MORE + 1);
	assert_query("SELECT (SELECT count(*) FROM sync_runs), (SELECT sum(runs) FROM sync_days)",
		     expected);
	assert_int_equal(totals_of(f).runs, n + 2);
}

static void test_what_was_not_accepted_stays_for_good(void **state)
{
	struct fixture *f = *state;
	struct store_provider p = acme();
	struct str lacking = STR("acme/gone");
	struct store_run suspect = { .started_at_ms = T0,
				     .completeness = FETCH_SUSPECT,
				     .suspect_missing = &lacking,
				     .n_suspect_missing = 1 };

	follow(f, &p, T0 - DAY_MS);
	save_run(f, run_at(T0 - DAY_MS, KEEP_A_DAY));
	save_run(f, suspect);
	save_run(f, (struct store_run){ .started_at_ms = T0, .completeness = FETCH_FAILED });
	save_run(f, (struct store_run){ .started_at_ms = T0, .completeness = FETCH_PARTIAL });
	expire_at(f, T0 + 400 * (int64_t)DAY_MS);
	assert_query("SELECT completeness FROM sync_runs ORDER BY id",
		     "suspect\nfailed\npartial\n");
	assert_int_equal(state_of(f, "acme").n_suspect_missing, 1);
	/* What settled the suspicion stays as long as nothing newer does. */
	save_run(f, run_at(T0 + DAY_MS, KEEP_A_DAY));
	save_run(f, (struct store_run){ .started_at_ms = T0 + 2 * (int64_t)DAY_MS,
					.completeness = FETCH_FAILED });
	expire_at(f, T0 + 400 * (int64_t)DAY_MS);
	assert_int_equal(state_of(f, "acme").n_suspect_missing, 0);
	save_run(f, run_at(T0 + 400 * (int64_t)DAY_MS, KEEP_A_DAY));
	expire_at(f, T0 + 401 * (int64_t)DAY_MS);
	assert_query("SELECT completeness FROM sync_runs ORDER BY id",
		     "suspect\nfailed\npartial\nfailed\ncomplete\n");
	assert_int_equal(state_of(f, "acme").n_suspect_missing, 0);
	assert_int_equal(totals_of(f).runs, 7);
}

static void test_each_providers_runs_are_its_own(void **state)
{
	struct fixture *f = *state;
	struct store_provider p = acme();
	struct store_run other = run_at(T0, KEEP_A_DAY);
	bool is_active;

	follow(f, &p, T0);
	p.slug = STR("other");
	OK(store_begin(f->store, "other", &f->e));
	OK(store_provider_follow(f->store, &p, T0, &other.provider_id, &is_active, &f->e));
	OK(store_commit(f->store, &f->e));
	for (int i = 0; i < 2; i++) {
		save_run(f, run_at(T0, KEEP_A_DAY));
		OK(store_begin(f->store, "other", &f->e));
		OK(store_save_run(f->store, &other, &f->e));
		OK(store_commit(f->store, &f->e));
	}
	expire_at(f, T0 + 2 * (int64_t)DAY_MS);
	assert_query("SELECT p.slug, count(*) FROM sync_runs r JOIN providers p"
		     " ON p.id = r.provider_id GROUP BY p.slug ORDER BY p.slug",
		     "acme|1\nother|2\n");
	assert_query(
		"SELECT p.slug, runs FROM sync_days d JOIN providers p ON p.id = d.provider_id",
		"acme|1\n");
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

	OK(store_load_rows(f->store, provider_of(f, "chance"), &a, &rows, &n, &f->e));
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

		(void)sync_at(f, &c, T0 + round * 1000);
		assert_stored(f, &c);
	}
}

static void test_columns_of_prices_come_back(void **state)
{
	struct fixture *f = *state;
	struct catalog c = two_models(f);
	struct price *p = &c.models[0].prices[0];
	struct store_observed o;
	size_t n;

	p->raw = STR("3e-06");
	p->unit = STR("USD/1M");
	p->source = STR("models#/pricing/prompt");
	p->valid_from_ms = T0;
	p->valid_to_ms = T0 + DAY_MS;
	(void)sync_at(f, &c, T0);
	o = observed_of(f, rows_of(f, "acme", &n)[0].id);
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
	struct catalog c = two_models(f);
	size_t n;

	(void)sync_at(f, &c, T0);
	assert_str(observed_of(f, rows_of(f, "acme", &n)[1].id).model.prices[0].amount,
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
	(void)sync_at(f, &c, T0);
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
	(void)sync_at(f, &c, T0);
	assert_query("SELECT metadata FROM models",
		     "{\"hugging_face_id\":\"Acme/M\",\"n\":1.50}\n");
	rows = rows_of(f, "acme", &n);
	OK(store_load_observed(f->store, &rows[0].id, 1, &f->a, &o, &f->e));
	assert_true(str_eq(o.model.description, m.description));
	assert_true(str_eq(o.model.architecture, m.architecture));
	assert_true(str_eq(o.model.metadata, m.metadata));
}

static void test_ids_pass_2_to_the_31(void **state)
{
	struct fixture *f = *state;
	struct catalog c = two_models(f);
	struct store_observed o;
	struct store_row *rows;
	size_t n;

	contract_raise_ids(url);
	(void)sync_at(f, &c, T0);
	assert_true(provider_of(f, "acme") > INT64_C(1) << 31);
	rows = rows_of(f, "acme", &n);
	assert_int_equal(n, 2);
	assert_true(rows[1].id > INT64_C(1) << 31);
	o = observed_of(f, rows[1].id);
	assert_true(o.price_ids[1] > INT64_C(1) << 31);
	c.models[1].prices[1].amount = STR("0.7");
	c.models[1].prices[1].state = PRICE_PRICED;
	assert_int_equal(sync_at(f, &c, T0 + 1).closed, 1);
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
	(void)sync_at(f, &acme_models, T0);
	(void)sync_at(f, &zeta, T0);

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
	struct catalog c = two_models(f);
	struct store_provider_stat *list;
	size_t n;

	(void)sync_at(f, &c, T0);
	c.n = 1;
	(void)sync_at(f, &c, T0 + 1000);
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
	struct catalog c = two_models(f);

	c.n = 1;
	(void)sync_at(f, &c, T0);
	c.models[0].prices[0].amount = STR("0.000006");
	(void)sync_at(f, &c, T0 + 1000);
	c.provider = STR("zeta");
	(void)sync_at(f, &c, T0 + 2000);
	assert_changes(f, CLOCK_NONE, "acme", 0,
		       "added acme/large  > ;"
		       "price acme/large input_token 0.000003>0.000006 2;");
	assert_changes(f, T0 + 1000, NULL, 0,
		       "price acme/large input_token 0.000003>0.000006 2;added acme/large  > ;");
	assert_changes(f, CLOCK_NONE, NULL, 1, "added acme/large  > ;");
	assert_changes(f, T0 + 9000, NULL, 0, "");
	assert_changes(f, CLOCK_NONE, "nobody", 0, "");
}

/* ---- URLs, which no database is needed for ---- */

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

/* ---- leases ---- */

static struct store_lease lease_of(int64_t pid, int64_t taken_at_ms)
{
	return (struct store_lease){
		.name = STR("sync:acme"),
		.host = STR("scales"),
		.pid = pid,
		.pid_started = 5000000000,
		.taken_at_ms = taken_at_ms,
		.expires_at_ms = taken_at_ms + 1000,
	};
}

static bool takes(struct fixture *f, struct store_lease want, const struct store_lease *dead,
		  struct store_lease *ret_holder)
{
	bool taken;

	OK(store_lease_take(f->store, &want, dead, &f->a, &taken, ret_holder, &f->e));
	return taken;
}

static void assert_lease(const struct store_lease *found, const struct store_lease *expected)
{
	assert_true(str_eq(found->name, expected->name));
	assert_true(str_eq(found->host, expected->host));
	assert_int_equal(found->pid, expected->pid);
	assert_int_equal(found->pid_started, expected->pid_started);
	assert_int_equal(found->taken_at_ms, expected->taken_at_ms);
	assert_int_equal(found->expires_at_ms, expected->expires_at_ms);
}

static void test_a_lease_is_held_until_it_is_released(void **state)
{
	struct fixture *f = *state;
	struct store_lease mine = lease_of(1, T0), holder, other = lease_of(2, T0 + 1);

	assert_true(takes(f, mine, NULL, &holder));
	assert_false(takes(f, other, NULL, &holder));
	assert_lease(&holder, &mine);
	/* Not the other's to give back. */
	OK(store_lease_release(f->store, &other, &f->e));
	assert_false(takes(f, other, NULL, &holder));
	/* A reused pid is another process. */
	other.pid = 1;
	other.pid_started++;
	assert_false(takes(f, other, NULL, &holder));
	OK(store_lease_release(f->store, &mine, &f->e));
	assert_true(takes(f, other, NULL, &holder));
	assert_query("SELECT count(*) FROM leases", "1\n");
}

static void test_a_lease_runs_out_and_is_renewed(void **state)
{
	struct fixture *f = *state;
	struct store_lease mine = lease_of(1, T0), holder;

	assert_true(takes(f, mine, NULL, &holder));
	assert_true(takes(f, lease_of(1, T0 + 500), NULL, &holder));
	assert_false(takes(f, lease_of(2, T0 + 1499), NULL, &holder));
	assert_true(takes(f, lease_of(2, T0 + 1500), NULL, &holder));
}

static void test_a_dead_holders_lease_is_free(void **state)
{
	struct fixture *f = *state;
	struct store_lease mine = lease_of(1, T0), found, holder;

	assert_true(takes(f, mine, NULL, &holder));
	assert_false(takes(f, lease_of(2, T0 + 1), NULL, &found));
	/* Somebody was quicker: the lease is not the dead one's any more. */
	assert_true(takes(f, lease_of(3, T0 + 2), &found, &holder));
	assert_false(takes(f, lease_of(2, T0 + 3), &found, &holder));
	assert_int_equal(holder.pid, 3);
}

static void test_a_release_is_part_of_its_transaction(void **state)
{
	struct fixture *f = *state;
	struct store_lease mine = lease_of(1, T0), holder;

	assert_true(takes(f, mine, NULL, &holder));
	OK(store_begin(f->store, "acme", &f->e));
	OK(store_lease_release(f->store, &mine, &f->e));
	store_rollback(f->store);
	assert_false(takes(f, lease_of(2, T0 + 1), NULL, &holder));
	OK(store_begin(f->store, "acme", &f->e));
	OK(store_lease_release(f->store, &mine, &f->e));
	OK(store_commit(f->store, &f->e));
	assert_true(takes(f, lease_of(2, T0 + 1), NULL, &holder));
}

/* ---- identity ---- */

static struct store_identity_state identity_state_of(struct fixture *f, const char *slug)
{
	struct store_identity_state *states;
	size_t n;

	OK(store_load_identity_states(f->store, &f->a, &states, &n, &f->e));
	for (size_t i = 0; i < n; i++)
		if (str_eq(states[i].provider, str_of(slug)))
			return states[i];
	fail_msg("no provider %s", slug);
	return states[0];
}

static struct store_identity *identities_of(struct fixture *f, const char *slug, size_t *ret_n)
{
	struct store_identity *rows;

	OK(store_load_identities(f->store, provider_of(f, slug), &f->a, &rows, ret_n, &f->e));
	return rows;
}

static bool save_identities(struct fixture *f, const char *slug, const struct store_identity *rows,
			    size_t n, const char *basis)
{
	OK(store_begin(f->store, slug, &f->e));
	if (store_save_identities(f->store, provider_of(f, slug), T0 + DAY_MS, rows, n,
				  str_of(basis), &f->e) &&
	    store_commit(f->store, &f->e))
		return true;
	store_rollback(f->store);
	return false;
}

/* Everything about a model but which weights it is. */
static const char unnamed_sql[] =
	"SELECT id, provider_id, provider_model_id, model_name, context_length, pricing_prompt,"
	" content_hash, first_seen_at, last_seen_at, is_active FROM models ORDER BY id";

static void test_identities_are_saved_and_nothing_else(void **state)
{
	static const char *const tables[] = { "providers", "model_versions", "prices",
					      "changes",   "snapshots",      "absences" };
	enum { TABLES = sizeof(tables) / sizeof(tables[0]) };
	struct fixture *f = *state;
	struct catalog c = two_models(f);
	char *before[TABLES + 1], *after;
	struct store_identity *rows;
	size_t n;

	c.models[0].metadata = STR("{\"a\":1,\"hugging_face_id\":\"Acme/Large\"}");
	c.models[1].metadata = STR("{\"a\":1}");
	(void)sync_at(f, &c, T0);
	assert_true(identity_state_of(f, "acme").has_new);
	assert_true(str_is_none(identity_state_of(f, "acme").basis));
	assert_true(str_is_none(state_of(f, "acme").identity_basis));
	for (size_t i = 0; i < TABLES; i++)
		before[i] = contract_dump(url, tables[i]);
	before[TABLES] = contract_query(url, unnamed_sql);

	rows = identities_of(f, "acme", &n);
	assert_int_equal(n, 2);
	assert_str(rows[0].hugging_face_id, "Acme/Large");
	assert_str(rows[1].hugging_face_id, NULL);
	assert_str(rows[1].canonical_evidence, NULL);
	rows[0].canonical_id = STR("acme/large-1");
	rows[0].canonical_evidence = STR("hugging face id \"größer\"");
	rows[1].canonical_evidence = STR("none: no reason");
	assert_true(save_identities(f, "acme", rows, 2, "1 abc"));

	assert_query("SELECT provider_model_id, canonical_id, canonical_evidence FROM models"
		     " ORDER BY id",
		     "acme/large|acme/large-1|hugging face id \"größer\"\n"
		     "acme/small|-|none: no reason\n");
	assert_false(identity_state_of(f, "acme").has_new);
	assert_str(identity_state_of(f, "acme").basis, "1 abc");
	assert_str(state_of(f, "acme").identity_basis, "1 abc");
	rows = identities_of(f, "acme", &n);
	assert_str(rows[0].canonical_id, "acme/large-1");
	assert_str(rows[1].canonical_id, NULL);
	for (size_t i = 0; i < TABLES; i++) {
		after = contract_dump(url, tables[i]);
		assert_string_equal(before[i], after);
		free(after);
		free(before[i]);
	}
	after = contract_query(url, unnamed_sql);
	assert_string_equal(before[TABLES], after);
	free(after);
	free(before[TABLES]);
}

static void test_a_basis_is_one_row_a_provider(void **state)
{
	struct fixture *f = *state;
	struct catalog c = two_models(f);
	char *before, *after;
	struct store_identity *rows, foreign = { .canonical_evidence = STR("x") };
	size_t n;

	(void)sync_at(f, &c, T0);
	c.provider = STR("other");
	(void)sync_at(f, &c, T0);
	before = contract_dump(url, "models");
	assert_true(save_identities(f, "acme", NULL, 0, "1"));
	assert_true(save_identities(f, "acme", NULL, 0, "2"));
	assert_true(save_identities(f, "other", NULL, 0, "3"));
	after = contract_dump(url, "models");
	assert_string_equal(before, after);
	assert_query("SELECT basis FROM identity_bases ORDER BY basis", "2\n3\n");
	/* A row of another provider is none of this one's. */
	rows = identities_of(f, "other", &n);
	foreign.model_id = rows[0].model_id;
	assert_false(save_identities(f, "acme", &foreign, 1, "4"));
	assert_int_equal(f->e.kind, ERR_DB);
	assert_query("SELECT basis FROM identity_bases ORDER BY basis", "2\n3\n");
	free(before);
	free(after);
}

/* A row that a sync writes says which weights it is, or that nobody looked. */
static void test_a_write_carries_the_identity(void **state)
{
	struct fixture *f = *state;
	struct catalog c = two_models(f);
	struct store_model_write w = { .model = &c.models[0] };
	struct store_batch b = { .at_ms = T0 + 1, .writes = &w, .n_writes = 1 };
	size_t n;

	(void)sync_at(f, &c, T0);
	w.id = rows_of(f, "acme", &n)[0].id;
	w.canonical_id = STR("acme/large-1");
	w.canonical_evidence = STR("id \"acme/large\"");
	for (int i = 0; i < 2; i++) {
		OK(store_begin(f->store, "acme", &f->e));
		b.provider_id = provider_of(f, "acme");
		OK(store_apply(f->store, &b, &f->e));
		OK(store_commit(f->store, &f->e));
		assert_query("SELECT canonical_id, canonical_evidence FROM models"
			     " WHERE provider_model_id = 'acme/large'",
			     i == 0 ? "acme/large-1|id \"acme/large\"\n" : "-|-\n");
		w.canonical_id = w.canonical_evidence = STR_NONE;
	}
}

static void test_open_aliases_are_loaded(void **state)
{
	struct fixture *f = *state;
	struct catalog c = two_models(f);
	struct store_alias *list;
	size_t n;

	OK(store_load_aliases(f->store, &f->a, &list, &n, &f->e));
	assert_int_equal(n, 0);
	(void)sync_at(f, &c, T0);
	/* applied_at: an instant as either database writes it. */
	contract_exec(url, "INSERT INTO aliases (alias, provider_id, canonical_id, added_at)"
			   " SELECT 'Large', p.id, 'qwen/qwen3-8b', v.applied_at"
			   " FROM providers p, schema_version v WHERE v.version = 1");
	contract_exec(url, "INSERT INTO aliases (alias, canonical_id, added_at, ended_at)"
			   " SELECT 'old', 'qwen/qwen3-8b', applied_at, applied_at"
			   " FROM schema_version WHERE version = 1");
	contract_exec(url,
		      "INSERT INTO aliases (alias, canonical_id, added_at)"
		      " SELECT 'größer', '', applied_at FROM schema_version WHERE version = 1");
	OK(store_load_aliases(f->store, &f->a, &list, &n, &f->e));
	assert_int_equal(n, 2);
	assert_str(list[0].alias, "Large");
	assert_str(list[0].provider, "acme");
	assert_str(list[0].canonical_id, "qwen/qwen3-8b");
	assert_str(list[1].alias, "größer");
	assert_str(list[1].provider, NULL);
	assert_str(list[1].canonical_id, "");
	assert_true(list[0].id < list[1].id);
}

static void test_names_are_sorted(void **state)
{
	struct fixture *f = *state;
	struct catalog c = two_models(f);
	struct store_name *names;
	size_t n;

	OK(store_load_names(f->store, &f->a, &names, &n, &f->e));
	assert_int_equal(n, 0);
	c.models[0].id = STR("acme/Zebra"); /* by bytes, not as people sort */
	c.provider = STR("zeta");
	(void)sync_at(f, &c, T0);
	c.provider = STR("acme");
	(void)sync_at(f, &c, T0);
	contract_exec(url, "UPDATE models SET canonical_id = 'a/b' WHERE provider_model_id ="
			   " 'acme/small'");
	OK(store_load_names(f->store, &f->a, &names, &n, &f->e));
	assert_int_equal(n, 4);
	for (size_t i = 0; i < n; i++) {
		assert_str(names[i].provider, i < 2 ? "acme" : "zeta");
		assert_str(names[i].provider_model_id, i % 2 ? "acme/small" : "acme/Zebra");
		assert_str(names[i].canonical_id, i % 2 ? "a/b" : NULL);
		assert_true(names[i].model_id > 0);
	}
}

static void test_offers_come_in_the_order_asked(void **state)
{
	struct fixture *f = *state;
	struct catalog c = two_models(f), one = two_models(f);
	struct store_offer offers[2];
	struct store_row *rows;
	int64_t ids[2];
	size_t n;

	(void)sync_at(f, &c, T0);
	one.n = 1;
	(void)sync_at(f, &one, T0 + DAY_MS);
	contract_exec(url,
		      "UPDATE models SET canonical_evidence = 'why' WHERE missing_since IS NULL");
	contract_exec(url, "UPDATE prices SET suspect = 'too low' WHERE amount = '0'"
			   " OR suspect = 'none'");
	rows = rows_of(f, "acme", &n);
	ids[0] = rows[1].id;
	ids[1] = rows[0].id;
	OK(store_load_offers(f->store, ids, 2, &f->a, offers, &f->e));
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(offers[i].observed.model_id, ids[i]);
		assert_int_equal(offers[i].observed.model.n_prices, 2);
		assert_str(offers[i].provider, "acme");
		assert_true(offers[i].is_active);
	}
	assert_str(offers[0].observed.model.id, "acme/small");
	assert_int_equal(offers[0].missing_since_ms, T0 + DAY_MS);
	assert_int_equal(offers[1].missing_since_ms, CLOCK_NONE);
	assert_str(offers[0].canonical_evidence, NULL);
	assert_str(offers[1].canonical_evidence, "why");
	assert_str(offers[0].observed.suspect[0], NULL);
	assert_str(offers[0].observed.suspect[1], "too low");
	assert_str(offers[1].observed.suspect[1], NULL);
	contract_exec(url, "UPDATE providers SET is_active = false");
	OK(store_load_offers(f->store, ids, 1, &f->a, offers, &f->e));
	assert_false(offers[0].is_active);
	OK(store_load_offers(f->store, ids, 0, &f->a, offers, &f->e));
	ids[0] = 999;
	FAILS(store_load_offers(f->store, ids, 1, &f->a, offers, &f->e), ERR_DB);
}

/* ---- */

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_migrates_from_nothing),
		TEST(test_migrating_again_changes_nothing),
		TEST(test_a_database_of_schema_1_is_migrated),
		TEST(test_models_of_an_older_database_are_looked_at),
		TEST(test_a_newer_schema_is_refused),
		TEST(test_a_reader_refuses_an_older_schema),
		TEST(test_a_reader_refuses_a_database_that_is_not_there),
		TEST(test_foreign_tables_are_refused),
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
		TEST(test_documents_come_back),
		TEST(test_only_the_newest_run_is_suspect),
		TEST(test_counts_are_of_the_newest_complete_run),
		TEST(test_the_key_of_a_state_and_of_a_suspicion),
		TEST(test_runs_are_kept_and_the_newest_speaks),
		TEST(test_old_runs_become_days),
		TEST(test_quiet_runs_are_bounded),
		TEST(test_what_was_not_accepted_stays_for_good),
		TEST(test_each_providers_runs_are_its_own),
		TEST(test_observed_equals_what_was_applied),
		TEST(test_columns_of_prices_come_back),
		TEST(test_money_is_kept_digit_for_digit),
		TEST(test_shown_prices_are_unconditional_and_in_dollars),
		TEST(test_what_has_no_column_is_metadata),
		TEST(test_ids_pass_2_to_the_31),
		TEST(test_models_are_listed),
		TEST(test_providers_are_listed),
		TEST(test_changes_are_listed),
		TEST(test_a_lease_is_held_until_it_is_released),
		TEST(test_a_lease_runs_out_and_is_renewed),
		TEST(test_a_dead_holders_lease_is_free),
		TEST(test_a_release_is_part_of_its_transaction),
		TEST(test_identities_are_saved_and_nothing_else),
		TEST(test_a_basis_is_one_row_a_provider),
		TEST(test_a_write_carries_the_identity),
		TEST(test_open_aliases_are_loaded),
		TEST(test_names_are_sorted),
		TEST(test_offers_come_in_the_order_asked),
		TEST(test_urls_that_are_none),
		TEST(test_passwords_are_not_shown),
	};

	return KIT_RUN("contract", tests);
}
