/*
 * What every back end owes of its schema: made, migrated, refused.
 */
#include "store/market.h"

#include "store/backend.h"

static int setup(void **state)
{
	return kit_setup(state, sizeof(struct fixture));
}

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
	struct catalog c = market_two(f);
	char *before, *after;

	(void)market_sync(f, &c, T0);
	before = market_dump();
	store_close(f->store);
	OK(store_open(&f->store, url, STORE_WRITE, &f->e));
	after = market_dump();
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
	struct catalog c = market_two(f);
	char *before, *after;

	(void)market_sync(f, &c, T0);
	before = market_dump();
	store_close(f->store);
	for (size_t i = 0; i < sizeof(back) / sizeof(back[0]); i++)
		contract_exec(url, back[i]);
	OK(store_open(&f->store, url, STORE_WRITE, &f->e));
	after = market_dump();
	assert_string_equal(before, after);
	assert_query("SELECT count(*) - max(version) FROM schema_version", "0\n");
	(void)market_sync(f, &c, T0 + DAY_MS);
	market_save_run(f, (struct store_run){ .completeness = FETCH_SUSPECT, .key = STR("a:b") });
	assert_str(market_state(f, "acme").suspect_key, "a:b");
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
	(void)market_sync(f, &(struct catalog){ STR("acme"), NULL, 0 }, T0);
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
	};

	return KIT_RUN("migration", tests);
}
