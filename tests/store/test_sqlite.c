/*
 * What only SQLite can get wrong: durability, files left behind, affinity of
 * money, and every way a file can be no database.
 */
#include "store/contract.h"
#include "store/sqlite/sqlite.h"

#include "unit.h"
#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define T0 1754200980123LL

static char dir[] = "/tmp/assay-sqlite-XXXXXX";
static char path[64], url[80];

struct fixture {
	struct store *store;
	struct arena a;
	struct err e;
};

#define OK(call)                                              \
	do {                                                  \
		if (!(call))                                  \
			fail_msg("%s: %s", #call, f->e.text); \
	} while (0)
#define FAILS(call, expected)                             \
	do {                                              \
		assert_false(call);                       \
		assert_int_equal(f->e.kind, expected);    \
		assert_non_null(strstr(f->e.text, path)); \
	} while (0)

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	*state = f;
	contract_wipe(url);
	OK(store_open(&f->store, url, STORE_WRITE, &f->e));
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	store_close(f->store);
	arena_release(&f->a);
	free(f);
	contract_wipe(url);
	return 0;
}

static void close_store(struct fixture *f)
{
	store_close(f->store);
	f->store = NULL;
}

static struct catalog market(struct fixture *f, size_t n)
{
	struct catalog c = { STR("acme"), arena_array(&f->a, n, struct model), n };

	for (size_t i = 0; i < n; i++)
		c.models[i] = contract_model(&f->a, arena_printf(&f->a, "m%06zu", i).at,
					     "0.0000006000000000000001", "0.00001");
	return c;
}

static void sync_some(struct fixture *f, size_t n)
{
	struct catalog c = market(f, n);

	OK(contract_sync(f->store, &c, T0, NULL, &f->e));
}

static void assert_query(const char *sql, const char *expected)
{
	char *rows = contract_query(url, sql);

	assert_string_equal(rows, expected);
	free(rows);
}

/* What our own connection says: pragmas are the connection's, not the file's. */
static void assert_pragma(struct fixture *f, const char *sql, const char *expected)
{
	sqlite3_stmt *st;

	assert_int_equal(sqlite3_prepare_v2(sqlite_of(f->store)->db, sql, -1, &st, NULL), 0);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(st, 0), expected);
	(void)sqlite3_finalize(st);
}

/* Names in our directory, in order, each behind a space. */
static void assert_files(const char *expected)
{
	struct dirent **names;
	char all[512] = "";
	int n = scandir(dir, &names, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		size_t at = strlen(all);

		if (*names[i]->d_name != '.')
			(void)snprintf(all + at, sizeof(all) - at, " %s", names[i]->d_name);
		free(names[i]);
	}
	free(names);
	assert_string_equal(all, expected);
}

/* ---- durability ---- */

static void test_pragmas(void **state)
{
	struct fixture *f = *state;

	assert_pragma(f, "PRAGMA synchronous", "2"); /* FULL */
	assert_pragma(f, "PRAGMA journal_mode", "wal");
	assert_pragma(f, "PRAGMA foreign_keys", "1");
	assert_pragma(f, "PRAGMA busy_timeout", "10000");
}

/* A VFS that is the system's, but counts what is synced to write-ahead logs. */
static struct {
	sqlite3_vfs vfs, *real;
	sqlite3_io_methods methods;
	const sqlite3_io_methods *real_methods;
	int syncs;
} shim;

static int shim_sync(sqlite3_file *file, int flags)
{
	shim.syncs++;
	return shim.real_methods->xSync(file, flags);
}

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
	int rc = shim.real->xOpen(shim.real, name, file, flags, out);

	(void)vfs;
	if (rc != SQLITE_OK || !(flags & SQLITE_OPEN_WAL))
		return rc;
	shim.real_methods = file->pMethods;
	shim.methods = *file->pMethods;
	shim.methods.xSync = shim_sync;
	file->pMethods = &shim.methods;
	return rc;
}

static void shim_install(void)
{
	shim.real = sqlite3_vfs_find(NULL);
	shim.vfs = *shim.real;
	shim.vfs.zName = "counting";
	shim.vfs.xOpen = shim_open;
	(void)sqlite3_vfs_register(&shim.vfs, 1);
}

static void test_every_commit_is_synced(void **state)
{
	struct fixture *f = *state;
	struct catalog c;

	close_store(f);
	contract_wipe(url);
	shim_install();
	OK(store_open(&f->store, url, STORE_WRITE, &f->e));
	sync_some(f, 3);
	c = market(f, 3);
	for (int i = 1; i <= 5; i++) {
		int before = shim.syncs;

		/* Nothing changed: the smallest commit there is. */
		OK(contract_sync(f->store, &c, T0 + i, NULL, &f->e));
		assert_true(shim.syncs > before);
	}
	close_store(f);
	(void)sqlite3_vfs_unregister(&shim.vfs);
}

static void test_what_was_committed_survives_kill_9(void **state)
{
	struct fixture *f = *state;
	pid_t child;
	int status;

	close_store(f);
	child = fork();
	if (child == 0) {
		OK(store_open(&f->store, url, STORE_WRITE, &f->e));
		sync_some(f, 10);
		OK(store_begin(f->store, "acme", &f->e));
		(void)kill(getpid(), SIGKILL);
	}
	(void)waitpid(child, &status, 0);
	assert_true(WIFSIGNALED(status));
	OK(store_open(&f->store, url, STORE_READ, &f->e));
	{
		struct store_totals t;

		OK(store_totals(f->store, &t, &f->e));
		assert_int_equal(t.models, 10);
	}
}

static void test_many_may_create_it_at_once(void **state)
{
	enum { CHILDREN = 6 };
	struct fixture *f = *state;
	pid_t child[CHILDREN];
	int status;

	close_store(f);
	contract_wipe(url);
	for (int i = 0; i < CHILDREN; i++) {
		child[i] = fork();
		if (child[i] == 0) {
			bool ok = store_open(&f->store, url, STORE_WRITE, &f->e);

			if (!ok)
				(void)fprintf(stderr, "%s\n", f->e.text);
			_exit(ok ? 0 : 1);
		}
	}
	for (int i = 0; i < CHILDREN; i++) {
		(void)waitpid(child[i], &status, 0);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	assert_query("SELECT count(*) - max(version) FROM schema_version", "0\n");
}

/* ---- reading leaves nothing ---- */

static void test_a_reader_leaves_no_file(void **state)
{
	struct fixture *f = *state;
	struct store_totals t;

	sync_some(f, 3);
	close_store(f);
	assert_files(" t.db");
	OK(store_open(&f->store, url, STORE_READ, &f->e));
	assert_files(" t.db");
	OK(store_totals(f->store, &t, &f->e));
	assert_int_equal(t.models, 3);
	assert_files(" t.db");
	close_store(f);
	assert_files(" t.db");
}

static void test_a_reader_creates_no_database(void **state)
{
	struct fixture *f = *state;

	close_store(f);
	contract_wipe(url);
	FAILS(store_open(&f->store, url, STORE_READ, &f->e), ERR_IO);
	assert_files("");
}

static void test_a_reader_notices_a_writer_that_came_later(void **state)
{
	struct fixture *f = *state;
	struct store *reader;
	struct store_totals t;

	close_store(f);
	OK(store_open(&reader, url, STORE_READ, &f->e));
	OK(store_totals(reader, &t, &f->e));
	assert_int_equal(t.models, 0);
	OK(store_open(&f->store, url, STORE_WRITE, &f->e));
	sync_some(f, 3);
	OK(store_totals(reader, &t, &f->e)); /* it is still at work */
	assert_int_equal(t.models, 3);
	close_store(f);
	OK(store_totals(reader, &t, &f->e)); /* it is gone */
	assert_int_equal(t.models, 3);
	store_close(reader);
}

static bool write_meanwhile(void *arg, const struct store_model_row *row, struct err *e)
{
	struct store **writer = arg;

	(void)row;
	if (*writer)
		return true;
	if (!store_open(writer, url, STORE_WRITE, e))
		return false;
	contract_exec(url, "UPDATE models SET is_active = 0; PRAGMA wal_checkpoint");
	return true;
}

/* An immutable reader cannot be sure of what it saw when the file changed under it. */
static void test_a_torn_reading_is_not_passed_off(void **state)
{
	struct fixture *f = *state;
	struct store_model_query q = { .sort = SORT_NAME };
	struct store *reader;
	struct store_totals t;

	sync_some(f, 3);
	close_store(f);
	OK(store_open(&reader, url, STORE_READ, &f->e));
	FAILS(store_list_models(reader, &q, write_meanwhile, &f->store, &f->e), ERR_BUSY);
	OK(store_totals(reader, &t, &f->e)); /* asked again */
	store_close(reader);
}

static void test_a_log_without_its_index_is_not_ignored(void **state)
{
	struct fixture *f = *state;
	char command[512];

	sync_some(f, 3);
	/* A copy made while it was open, as backups do. */
	(void)snprintf(command, sizeof(command), "%s/copy.db", dir);
	{
		char *sql = sqlite3_mprintf("VACUUM INTO %Q", command);

		contract_exec(url, sql);
		sqlite3_free(sql);
	}
	(void)snprintf(command, sizeof(command), "%s/copy.db-wal", dir);
	{
		FILE *wal = fopen(command, "w");

		assert_non_null(wal);
		(void)fputs("not empty", wal);
		(void)fclose(wal);
	}
	(void)snprintf(command, sizeof(command), "sqlite:%s/copy.db", dir);
	{
		struct store *s;

		assert_false(store_open(&s, command, STORE_READ, &f->e));
		assert_non_null(strstr(f->e.text, "assay migrate"));
	}
	contract_wipe(command);
}

/* ---- files that are no database of ours ---- */

static void write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	(void)fputs(text, file);
	(void)fclose(file);
}

static void test_not_a_database(void **state)
{
	struct fixture *f = *state;

	close_store(f);
	contract_wipe(url);
	write_file("This is a shopping list, and it is long enough to have a header of its own:"
		   " 100 bytes are what SQLite looks at before it makes up its mind.\n");
	FAILS(store_open(&f->store, url, STORE_WRITE, &f->e), ERR_DB);
	assert_non_null(strstr(f->e.text, "file is not a database"));
	FAILS(store_open(&f->store, url, STORE_READ, &f->e), ERR_DB);
}

static void test_a_corrupt_database(void **state)
{
	struct fixture *f = *state;
	struct store_row *rows;
	FILE *file;
	long end;
	size_t n;

	sync_some(f, 2000);
	close_store(f);
	file = fopen(path, "r+");
	assert_non_null(file);
	(void)fseek(file, 0, SEEK_END);
	end = ftell(file);
	(void)fseek(file, 4096L * 120,
		    SEEK_SET); /* behind the schema and the roots of its tables */
	while (ftell(file) < end)
		(void)fputc(0xA5, file);
	(void)fclose(file);
	OK(store_open(&f->store, url, STORE_WRITE, &f->e));
	FAILS(store_load_rows(f->store, 1, &f->a, &rows, &n, &f->e), ERR_DB);
	assert_non_null(strstr(f->e.text, "malformed"));
	store_rollback(f->store);
}

static void test_a_directory(void **state)
{
	struct fixture *f = *state;
	char other[96];
	struct store *s;

	(void)snprintf(other, sizeof(other), "sqlite:%s", dir);
	assert_false(store_open(&s, other, STORE_WRITE, &f->e));
	assert_int_equal(f->e.kind, ERR_DB);
	assert_non_null(strstr(f->e.text, dir));
	assert_false(store_open(&s, other, STORE_READ, &f->e));
	(void)snprintf(other, sizeof(other), "sqlite:%s/no/such/x.db", dir);
	assert_false(store_open(&s, other, STORE_WRITE, &f->e));
	assert_non_null(strstr(f->e.text, "No such file or directory"));
}

static void test_names_that_look_like_something_else(void **state)
{
	static const char *const names[] = { "a b.db", "100%.db",   "what?.db", "#1.db",
					     "%41.db", "file:x.db", "ü.db" };
	struct fixture *f = *state;
	char here[512];

	assert_non_null(getcwd(here, sizeof(here)));
	assert_int_equal(chdir(dir), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char other[96];
		struct store *s;

		(void)snprintf(other, sizeof(other), "sqlite:%s", names[i]);
		OK(store_open(&s, other, STORE_WRITE, &f->e));
		store_close(s);
		assert_int_equal(access(names[i], F_OK), 0);
		OK(store_open(&s, other, STORE_READ, &f->e));
		store_close(s);
		assert_int_equal(unlink(names[i]), 0);
	}
	assert_int_equal(chdir(here), 0);
}

static void test_foreign_tables_are_left_alone(void **state)
{
	struct fixture *f = *state;
	char *before, *after;

	close_store(f);
	contract_wipe(url);
	contract_exec(url, "CREATE TABLE Models (x); INSERT INTO Models VALUES (1);"
			   "CREATE TABLE schema_version (installed_rank INTEGER, script TEXT)");
	before = contract_query(url, "SELECT name, sql FROM sqlite_master");
	FAILS(store_open(&f->store, url, STORE_WRITE, &f->e), ERR_CONFIG);
	assert_non_null(strstr(f->e.text, "Models and schema_version"));
	after = contract_query(url, "SELECT name, sql FROM sqlite_master");
	assert_string_equal(before, after);
	assert_query("PRAGMA journal_mode", "delete\n"); /* not even that was changed */
	free(before);
	free(after);
}

/* ---- full disks ---- */

static void assert_untouched(struct fixture *f)
{
	struct store_totals t;

	store_rollback(f->store);
	OK(store_totals(f->store, &t, &f->e));
	assert_int_equal(t.models, 3);
	assert_int_equal(t.snapshots, 1);
	assert_int_equal(t.changes, 3);
	assert_query("PRAGMA integrity_check", "ok\n");
	assert_query("SELECT count(*) FROM prices", "6\n");
}

static void test_a_full_database_leaves_nothing_half_written(void **state)
{
	struct fixture *f = *state;
	struct catalog c = market(f, 5000);

	sync_some(f, 3);
	OK(sqlite_exec(sqlite_of(f->store), "PRAGMA max_page_count = 200", &f->e));
	FAILS(contract_sync(f->store, &c, T0 + 1, NULL, &f->e), ERR_DB);
	assert_non_null(strstr(f->e.text, "full"));
	assert_untouched(f);
	OK(sqlite_exec(sqlite_of(f->store), "PRAGMA max_page_count = 1000000", &f->e));
	OK(contract_sync(f->store, &c, T0 + 2, NULL, &f->e)); /* and it goes on */
}

static void test_a_file_that_cannot_grow_leaves_nothing_half_written(void **state)
{
	struct fixture *f = *state;
	struct catalog c = market(f, 20000);
	struct rlimit before, small = { .rlim_cur = 2 << 20 };

	sync_some(f, 3);
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)getrlimit(RLIMIT_FSIZE, &before);
	small.rlim_max = before.rlim_max;
	(void)setrlimit(RLIMIT_FSIZE, &small);
	assert_false(contract_sync(f->store, &c, T0 + 1, NULL, &f->e));
	(void)setrlimit(RLIMIT_FSIZE, &before);
	(void)signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(f->e.kind, ERR_DB);
	assert_non_null(strstr(f->e.text, path));
	assert_non_null(strstr(f->e.text, "File too large"));
	assert_untouched(f);
}

static void test_busy_is_said(void **state)
{
	struct fixture *f = *state;
	struct store *other;

	OK(store_open(&other, url, STORE_WRITE, &f->e));
	sqlite_wait(sqlite_of(other), 20);
	OK(store_begin(f->store, "acme", &f->e));
	FAILS(store_begin(other, "acme", &f->e), ERR_BUSY);
	store_rollback(f->store);
	OK(store_begin(other, "acme", &f->e));
	store_rollback(other);
	store_close(other);
}

/* ---- the schema ---- */

static void test_money_is_text(void **state)
{
	struct fixture *f = *state;

	sync_some(f, 1);
	assert_query("SELECT typeof(pricing_prompt), typeof(pricing_completion) FROM models",
		     "text|text\n");
	assert_query("SELECT DISTINCT typeof(amount) FROM prices", "text\n");
	/* Whoever writes a number writes text: the column decides. */
	contract_exec(url, "UPDATE models SET pricing_image = 0.5");
	assert_query("SELECT typeof(pricing_image), pricing_image FROM models", "text|0.5\n");
}

static void test_sorting_by_price_uses_its_index(void **state)
{
	struct fixture *f = *state;
	char *plan;

	sync_some(f, 1);
	plan = contract_query(url, "EXPLAIN QUERY PLAN SELECT id FROM models"
				   " ORDER BY CAST(pricing_prompt AS REAL)");
	assert_non_null(strstr(plan, "models_by_prompt_price"));
	assert_null(strstr(plan, "TEMP B-TREE"));
	free(plan);
}

static void test_the_baseline_is_read_from_its_index_alone(void **state)
{
	struct fixture *f = *state;
	char *plan;

	(void)f;
	plan = contract_query(url, "EXPLAIN QUERY PLAN SELECT id, provider_model_id, content_hash,"
				   " missing_since FROM models WHERE provider_id = 1"
				   " ORDER BY provider_model_id");
	assert_non_null(strstr(plan, "COVERING INDEX models_baseline"));
	free(plan);
}

static void test_foreign_keys_hold(void **state)
{
	struct fixture *f = *state;
	struct err *e = &f->e;

	sync_some(f, 1);
	assert_false(sqlite_exec(sqlite_of(f->store), "DELETE FROM providers", e));
	assert_non_null(strstr(e->text, "FOREIGN KEY"));
	assert_query("PRAGMA foreign_key_check", "");
}

static void test_model_id_is_generated(void **state)
{
	struct fixture *f = *state;

	sync_some(f, 1);
	assert_query("SELECT model_id = provider_model_id FROM models", "1\n");
	assert_query("SELECT * FROM models_current WHERE 0", "");
}

/* Times in users' tables are RFC 3339 with milliseconds, those that the view makes up too. */
static void test_the_view_knows_when_a_model_was_last_seen(void **state)
{
	static const int64_t times[] = {
		T0, T0 + 1, T0 + 876, T0 + 877, T0 + 86400000 + 999, 4102444799999, 4102444800001
	};
	struct fixture *f = *state;
	struct catalog c = market(f, 1);

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		char expected[64], text[CLOCK_TEXT_MAX];

		OK(contract_sync(f->store, &c, times[i], NULL, &f->e));
		(void)snprintf(expected, sizeof(expected), "%s|0\n", clock_text(times[i], text));
		assert_query("SELECT last_seen_at, is_missing FROM models_current", expected);
	}
	assert_query("SELECT first_seen_at, last_seen_at FROM models",
		     "2025-08-03T06:03:00.123Z|2025-08-03T06:03:00.123Z\n");
}

static void test_the_database_is_whole(void **state)
{
	struct fixture *f = *state;
	struct contract_random r = { 7 };

	for (int round = 0; round < 3; round++) {
		struct catalog c = contract_random_catalog(&r, 60, &f->a);

		OK(contract_sync(f->store, &c, T0 + round, NULL, &f->e));
	}
	assert_query("PRAGMA integrity_check", "ok\n");
	assert_query("PRAGMA foreign_key_check", "");
}

/* ---- */

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_pragmas),
		TEST(test_every_commit_is_synced),
		TEST(test_what_was_committed_survives_kill_9),
		TEST(test_many_may_create_it_at_once),
		TEST(test_a_reader_leaves_no_file),
		TEST(test_a_reader_creates_no_database),
		TEST(test_a_reader_notices_a_writer_that_came_later),
		TEST(test_a_torn_reading_is_not_passed_off),
		TEST(test_a_log_without_its_index_is_not_ignored),
		TEST(test_not_a_database),
		TEST(test_a_corrupt_database),
		TEST(test_a_directory),
		TEST(test_names_that_look_like_something_else),
		TEST(test_foreign_tables_are_left_alone),
		TEST(test_a_full_database_leaves_nothing_half_written),
		TEST(test_a_file_that_cannot_grow_leaves_nothing_half_written),
		TEST(test_busy_is_said),
		TEST(test_money_is_text),
		TEST(test_sorting_by_price_uses_its_index),
		TEST(test_the_baseline_is_read_from_its_index_alone),
		TEST(test_foreign_keys_hold),
		TEST(test_model_id_is_generated),
		TEST(test_the_view_knows_when_a_model_was_last_seen),
		TEST(test_the_database_is_whole),
	};
	int failed;

	if (!mkdtemp(dir))
		return 1;
	(void)snprintf(path, sizeof(path), "%s/t.db", dir);
	(void)snprintf(url, sizeof(url), "sqlite:%s", path);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)rmdir(dir);
	return failed;
}
