/*
 * What only PostgreSQL can get wrong: connections that die, locks between
 * sessions, schemas, types, and what users' own SQL meets.
 *
 * ASSAY_TEST_POSTGRES is the URL of a superuser in a database where this may do
 * as it likes; it works in schemas of its own, assay_unit and assay_unit_….
 */
#include "store/contract.h"
#include "store/postgres/postgres.h"

#include "unit.h"
#include <arpa/inet.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#define T0 1754200980123LL /* 2025-08-03T06:03:00.123Z */

static char server[512], url[640];

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
#define FAILS(call, expected)                                                                    \
	do {                                                                                     \
		assert_false(call);                                                              \
		if (f->e.kind != (expected))                                                     \
			fail_msg("%s: kind %s: %s", #call, err_kind_name(f->e.kind), f->e.text); \
		assert_null(strchr(f->e.text, '\n'));                                            \
	} while (0)
#define SAYS(words)                                                         \
	do {                                                                \
		if (!strstr(f->e.text, words))                              \
			fail_msg("\"%s\" is not in: %s", words, f->e.text); \
	} while (0)

/* The server's URL with one more parameter. */
static void url_with(char *out, size_t room, const char *parameter)
{
	(void)snprintf(out, room, "%s%c%s", server, strchr(server, '?') ? '&' : '?', parameter);
}

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

	postgres_lock_wait_ms = 10000;
	postgres_answer_wait_ms = 300000;
	store_close(f->store);
	arena_release(&f->a);
	free(f);
	contract_exec(server, "DROP SCHEMA IF EXISTS assay_unit CASCADE");
	return 0;
}

static struct catalog market(struct fixture *f, const char *slug, size_t n)
{
	struct catalog c = { str_of(slug), arena_array(&f->a, n, struct model), n };

	for (size_t i = 0; i < n; i++)
		c.models[i] = contract_model(&f->a, arena_printf(&f->a, "m%06zu", i).at,
					     "0.0000006000000000000001", "0.00001");
	return c;
}

static void sync_some(struct fixture *f, size_t n)
{
	struct catalog c = market(f, "acme", n);

	OK(contract_sync(f->store, &c, T0, NULL, &f->e));
}

static void assert_query(const char *sql, const char *expected)
{
	char *rows = contract_query(url, sql);

	assert_string_equal(rows, expected);
	free(rows);
}

static struct store_provider provider(const char *slug)
{
	return (struct store_provider){ str_of(slug),
					.name = str_of(slug),
					.supports_streaming = -1,
					.supports_function_calling = -1,
					.supports_vision = -1,
					.supports_image_generation = -1 };
}

static int64_t follow(struct store *s, const char *slug, struct err *e)
{
	struct store_provider p = provider(slug);
	bool is_active;
	int64_t id;

	return store_provider_follow(s, &p, T0, &id, &is_active, e) ? id : 0;
}

/* ---- schemas ---- */

static void test_foreign_tables_are_left_alone(void **state)
{
	struct fixture *f = *state;
	char *before, *after;
	static const char tables[] =
		"SELECT c.relname, c.relkind FROM pg_class c JOIN pg_namespace n"
		" ON n.oid = c.relnamespace WHERE n.nspname = 'assay_unit' ORDER BY 1";

	store_close(f->store);
	f->store = NULL;
	contract_wipe(url);
	contract_exec(url, "CREATE TABLE providers (x INT); CREATE VIEW models AS SELECT 1 AS y;"
			   "CREATE TABLE schema_version (installed_rank INT, script TEXT)");
	before = contract_query(url, tables);
	FAILS(store_open(&f->store, url, STORE_WRITE, &f->e), ERR_CONFIG);
	SAYS("assay_unit");
	SAYS("providers and models and schema_version");
	SAYS("search_path");
	FAILS(store_open(&f->store, url, STORE_READ, &f->e), ERR_CONFIG);
	after = contract_query(url, tables);
	assert_string_equal(before, after);
	free(before);
	free(after);
}

/* A schema of its own is made, also where a later one of search_path is somebody else's. */
static void test_a_schema_of_its_own(void **state)
{
	struct fixture *f = *state;
	char own[640];

	store_close(f->store);
	f->store = NULL;
	contract_wipe(url);
	contract_exec(url, "CREATE TABLE providers (x INT)");
	contract_exec(server, "DROP SCHEMA IF EXISTS \"assay_unit \"\"2\" CASCADE");
	url_with(own, sizeof(own),
		 "options=-csearch_path%3D%22assay_unit%5C%20%22%222%22%2Cassay_unit");
	FAILS(store_open(&f->store, own, STORE_READ, &f->e), ERR_IO);
	SAYS("assay_unit \"2");
	OK(store_open(&f->store, own, STORE_WRITE, &f->e));
	sync_some(f, 3);
	assert_query("SELECT count(*) FROM \"assay_unit \"\"2\".models", "3\n");
	assert_query("SELECT count(*) FROM assay_unit.providers", "0\n");
	contract_exec(server, "DROP SCHEMA \"assay_unit \"\"2\" CASCADE");
}

/* Whether a server, a role or our URL says search_path, capitals count only between quotes. */
static void test_capitals_of_search_path(void **state)
{
	struct fixture *f = *state;
	char own[640];

	store_close(f->store);
	f->store = NULL;
	url_with(own, sizeof(own), "options=-csearch_path%3DAssay_Unit,public");
	OK(store_open(&f->store, own, STORE_READ, &f->e));
	assert_string_equal(postgres_of(f->store)->schema, "assay_unit");
}

/* Without a first name there is no place for tables, and none is made up. */
static void test_no_search_path(void **state)
{
	struct fixture *f = *state;
	char own[640];

	store_close(f->store);
	f->store = NULL;
	url_with(own, sizeof(own), "options=-csearch_path%3D");
	FAILS(store_open(&f->store, own, STORE_WRITE, &f->e), ERR_CONFIG);
	SAYS("search_path names no schema");
}

/* Rather all providers refused at once than one of them when it first has a name in Kanji. */
static void test_letters_that_a_database_lacks(void **state)
{
	struct fixture *f = *state;
	struct store *other = NULL;
	char own[640];

	contract_exec(server, "DROP DATABASE IF EXISTS assay_unit_latin1");
	contract_exec(server, "CREATE DATABASE assay_unit_latin1 TEMPLATE template0"
			      " ENCODING 'LATIN1' LOCALE 'C'");
	url_with(own, sizeof(own), "dbname=assay_unit_latin1");
	FAILS(store_open(&other, own, STORE_WRITE, &f->e), ERR_CONFIG);
	SAYS("LATIN1");
	contract_exec(server, "DROP DATABASE assay_unit_latin1");
}

static void test_many_may_create_it_at_once(void **state)
{
	enum { CHILDREN = 6 };
	struct fixture *f = *state;
	pid_t child[CHILDREN];
	int status;

	store_close(f->store);
	f->store = NULL;
	contract_exec(server, "DROP SCHEMA assay_unit CASCADE");
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

static void test_a_failed_migration_leaves_nothing(void **state)
{
	struct fixture *f = *state;

	store_close(f->store);
	f->store = NULL;
	contract_wipe(url);
	contract_exec(url, "CREATE TABLE prices (x INT)"); /* in the way of the third table */
	FAILS(store_open(&f->store, url, STORE_WRITE, &f->e), ERR_DB);
	SAYS("migration 0001_init");
	SAYS("\"prices\" already exists");
	assert_query("SELECT count(*) FROM information_schema.tables"
		     " WHERE table_schema = 'assay_unit'",
		     "1\n");
}

/* ---- locks ---- */

static void test_busy_is_said(void **state)
{
	struct fixture *f = *state;
	struct store *other;

	OK(store_open(&other, url, STORE_WRITE, &f->e));
	OK(store_begin(f->store, "acme", &f->e));
	postgres_lock_wait_ms = 20;
	FAILS(store_begin(other, "acme", &f->e), ERR_BUSY);
	SAYS("somebody else keeps it locked");
	/* Another provider is nobody's business, and the store works on. */
	OK(store_begin(other, "zeta", &f->e));
	store_rollback(other);
	store_rollback(f->store);
	OK(store_begin(other, "acme", &f->e));
	store_rollback(other);
	store_close(other);
}

static bool count_row(void *arg, const struct store_model_row *row, struct err *e)
{
	(void)row;
	(void)e;
	++*(size_t *)arg;
	return true;
}

/* An operator who keeps even readers out, until store_rollback(). */
static struct store *lock_tables(struct fixture *f)
{
	struct store *owner;

	OK(store_open(&owner, url, STORE_WRITE, &f->e));
	OK(store_begin(owner, "other", &f->e));
	OK(postgres_exec(postgres_of(owner),
			 "LOCK TABLE models, providers, schema_version IN ACCESS EXCLUSIVE MODE",
			 &f->e));
	return owner;
}

static void test_a_table_locked_against_readers_is_busy(void **state)
{
	struct fixture *f = *state;
	struct store_provider_stat *providers;
	struct store_model_query q = { .sort = SORT_NAME };
	struct store_totals totals;
	struct store *owner, *late = NULL;
	bool is_active;
	int64_t id;
	size_t n;

	sync_some(f, 2);
	postgres_lock_wait_ms = 20;
	owner = lock_tables(f);
	FAILS(store_provider_find(f->store, STR("acme"), &id, &is_active, &f->e), ERR_BUSY);
	FAILS(store_list_models(f->store, &q, count_row, &n, &f->e), ERR_BUSY);
	FAILS(store_list_providers(f->store, &f->a, &providers, &n, &f->e), ERR_BUSY);
	FAILS(store_totals(f->store, &totals, &f->e), ERR_BUSY);
	FAILS(store_open(&late, url, STORE_READ, &f->e), ERR_BUSY);
	FAILS(store_open(&late, url, STORE_WRITE, &f->e), ERR_BUSY);
	store_rollback(owner);
	OK(store_provider_find(f->store, STR("acme"), &id, &is_active, &f->e));
	store_close(owner);
}

/* The server's own limit on statements ends the wait sooner: that is no other failure. */
static void test_a_wait_cut_short_is_busy_too(void **state)
{
	struct fixture *f = *state;
	char impatient[640];
	struct store *other;

	url_with(impatient, sizeof(impatient),
		 "options=-csearch_path%3Dassay_unit%20-cstatement_timeout%3D1500");
	OK(store_open(&other, impatient, STORE_WRITE, &f->e));
	OK(store_begin(f->store, "acme", &f->e));
	FAILS(store_begin(other, "acme", &f->e), ERR_BUSY);
	store_rollback(f->store);
	store_close(other);
}

static void test_a_row_that_an_operator_holds_is_busy(void **state)
{
	struct fixture *f = *state;
	struct store *operator;
	struct catalog c = market(f, "acme", 2);

	sync_some(f, 2);
	postgres_lock_wait_ms = 20;
	OK(store_open(&operator, url, STORE_WRITE, &f->e));
	OK(store_begin(operator, "other", &f->e));
	OK(postgres_exec(postgres_of(operator), "UPDATE models SET is_active = FALSE", &f->e));
	c.models[0].context_length = 7;
	FAILS(contract_sync(f->store, &c, T0 + 1, NULL, &f->e), ERR_BUSY);
	store_rollback(operator);
	OK(contract_sync(f->store, &c, T0 + 1, NULL, &f->e));
	store_close(operator);
}

struct rival {
	struct store *store;
	struct catalog c;
	struct err e;
	bool ok;
	pthread_t thread;
};

static void *sync_rival(void *arg)
{
	struct rival *r = arg;

	r->ok = contract_sync(r->store, &r->c, T0 + 5, NULL, &r->e);
	return NULL;
}

/* Who wrote changes first commits first, however long that takes. */
static void test_ids_of_changes_ascend_in_the_order_of_commits(void **state)
{
	struct fixture *f = *state;
	struct rival r = { .c = market(f, "zeta", 2) };
	const struct change change = { .kind = CHANGE_ADDED, .model = STR("slow") };
	struct store_batch b = { .at_ms = T0, .changes = &change, .n_changes = 1 };

	OK(store_open(&r.store, url, STORE_WRITE, &f->e));
	OK(store_begin(f->store, "acme", &f->e));
	b.provider_id = follow(f->store, "acme", &f->e);
	OK(store_apply(f->store, &b, &f->e));
	assert_int_equal(pthread_create(&r.thread, NULL, sync_rival, &r), 0);
	(void)usleep(200000);
	assert_query("SELECT count(*) FROM changes", "0\n"); /* the rival waits */
	OK(store_commit(f->store, &f->e));
	(void)pthread_join(r.thread, NULL);
	assert_true(r.ok);
	store_close(r.store);
	assert_query("SELECT model FROM changes ORDER BY id", "slow\nm000000\nm000001\n");
}

/* ---- connections that die ---- */

static void kill_connection(struct store *s)
{
	char sql[128];

	(void)snprintf(sql, sizeof(sql), "SELECT pg_terminate_backend(%d, 60000)",
		       PQbackendPID(postgres_of(s)->conn));
	contract_exec(server, sql);
}

static void test_a_connection_lost_in_mid_transaction(void **state)
{
	struct fixture *f = *state;
	struct catalog c = market(f, "acme", 3);
	struct store_totals t;
	struct store_batch b = { .at_ms = T0 };

	OK(store_begin(f->store, "acme", &f->e));
	b.provider_id = follow(f->store, "acme", &f->e);
	kill_connection(f->store);
	FAILS(store_apply(f->store, &b, &f->e), ERR_DB);
	SAYS("connection");
	/* It is not made again behind the transaction's back. */
	FAILS(store_apply(f->store, &b, &f->e), ERR_DB);
	FAILS(store_totals(f->store, &t, &f->e), ERR_DB);
	store_rollback(f->store);
	store_rollback(f->store);
	OK(store_totals(f->store, &t, &f->e));
	assert_int_equal(t.providers, 0);
	OK(contract_sync(f->store, &c, T0, NULL, &f->e));
}

static void test_a_server_says_why_it_hangs_up(void **state)
{
	struct fixture *f = *state;

	OK(store_begin(f->store, "acme", &f->e));
	FAILS(postgres_exec(postgres_of(f->store), "SELECT pg_terminate_backend(pg_backend_pid())",
			    &f->e),
	      ERR_DB);
	SAYS("due to administrator command");
	store_rollback(f->store);
	/* Also when what was said before went well. */
	OK(store_begin(f->store, "acme", &f->e));
	FAILS(postgres_exec(postgres_of(f->store),
			    "SELECT 1; SELECT pg_terminate_backend(pg_backend_pid())", &f->e),
	      ERR_DB);
	store_rollback(f->store);
}

static void test_a_connection_lost_between_transactions_is_made_again(void **state)
{
	struct fixture *f = *state;
	struct catalog c = market(f, "acme", 3);
	struct store_state st;
	struct store_totals t;

	kill_connection(f->store);
	OK(contract_sync(f->store, &c, T0, NULL, &f->e));
	kill_connection(f->store);
	OK(store_totals(f->store, &t, &f->e));
	assert_int_equal(t.models, 3);
	kill_connection(f->store);
	OK(store_load_state(f->store, 1, &f->a, &st, &f->e));
	assert_true(st.has_snapshot);
}

static void test_a_lost_commit_is_said_to_be_unknown(void **state)
{
	struct fixture *f = *state;

	OK(store_begin(f->store, "acme", &f->e));
	assert_true(follow(f->store, "acme", &f->e) > 0);
	kill_connection(f->store);
	FAILS(store_commit(f->store, &f->e), ERR_DB);
	SAYS("unknown");
	store_rollback(f->store);
	OK(store_begin(f->store, "acme", &f->e));
	store_rollback(f->store);
}

/* As when the server's process is stopped: it holds the connection and says nothing. */
static void test_a_server_that_is_silent_is_given_up(void **state)
{
	struct fixture *f = *state;
	struct store_totals totals;

	sync_some(f, 3);
	OK(store_begin(f->store, "acme", &f->e));
	postgres_answer_wait_ms = 1000;
	FAILS(postgres_exec(postgres_of(f->store), "SELECT pg_sleep(4)", &f->e), ERR_DB);
	SAYS("no answer within 1 s");
	postgres_answer_wait_ms = 300000;
	FAILS(store_commit(f->store, &f->e), ERR_DB);
	OK(store_begin(f->store, "zeta", &f->e));
	store_rollback(f->store);
	OK(store_totals(f->store, &totals, &f->e));
	assert_int_equal(totals.models, 3);
}

static void test_a_failed_transaction_does_not_commit(void **state)
{
	struct fixture *f = *state;

	OK(store_begin(f->store, "acme", &f->e));
	assert_true(follow(f->store, "acme", &f->e) > 0);
	FAILS(postgres_exec(postgres_of(f->store), "SELECT 1 / 0", &f->e), ERR_DB);
	SAYS("division by zero");
	FAILS(store_commit(f->store, &f->e), ERR_DB);
	assert_query("SELECT count(*) FROM providers", "0\n");
	OK(store_begin(f->store, "acme", &f->e));
	OK(store_commit(f->store, &f->e));
}

static void test_nobody_there_is_said_at_once(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_in address = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t n = sizeof(address);
	uint64_t began = clock_mono_us();
	struct store *s;
	char nobody[128];

	/* A port that is taken, but on which nobody listens. */
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, n), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &n), 0);
	(void)snprintf(nobody, sizeof(nobody), "postgres://me:geheim99@127.0.0.1:%d/db",
		       ntohs(address.sin_port));
	FAILS(store_open(&s, nobody, STORE_WRITE, &f->e), ERR_DB);
	SAYS("postgresql://me@127.0.0.1:");
	SAYS("/db: ");
	SAYS("Connection refused");
	assert_null(strstr(f->e.text, "geheim99"));
	assert_true(clock_mono_us() - began < 9000000); /* the others try for ten seconds */
	(void)close(fd);
}

/* ---- what a session is left like ---- */

static void assert_own(struct fixture *f, const char *sql, const char *expected)
{
	PGresult *r = PQexec(postgres_of(f->store)->conn, sql);

	assert_int_equal(PQresultStatus(r), PGRES_TUPLES_OK);
	assert_string_equal(PQgetvalue(r, 0, 0), expected);
	PQclear(r);
}

static void test_nothing_is_left_in_the_session(void **state)
{
	struct fixture *f = *state;
	struct store_model_query q = { .sort = SORT_NAME };
	struct store_lease lease = { STR("sync:acme"), STR("h"), 1, 1, T0, T0 + 1 }, holder;
	size_t n = 0;
	bool taken;

	sync_some(f, 10);
	OK(store_lease_take(f->store, &lease, NULL, &f->a, &taken, &holder, &f->e));
	OK(store_list_models(f->store, &q, count_row, &n, &f->e));
	assert_own(f, "SELECT count(*) FROM pg_prepared_statements", "0");
	assert_own(f, "SELECT count(*) FROM pg_cursors WHERE name <> ''", "0");
	assert_own(f,
		   "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
		   " AND pid = pg_backend_pid()",
		   "0");
	assert_own(f, "SHOW lock_timeout", "0");
	assert_own(f, "SHOW application_name", "assay");
	assert_own(f, "SHOW client_encoding", "UTF8");
}

static void test_a_commit_is_durable_whatever_the_role_says(void **state)
{
	struct fixture *f = *state;
	static const char *const said[][2] = { { "off", "on" },
					       { "local", "on" },
					       { "on", "on" },
					       { "remote_apply", "remote_apply" } };

	for (size_t i = 0; i < 4; i++) {
		char lax[640], option[128];

		store_close(f->store);
		(void)snprintf(option, sizeof(option),
			       "options=-csearch_path%%3Dassay_unit%%20-csynchronous_commit%%3D%s",
			       said[i][0]);
		url_with(lax, sizeof(lax), option);
		OK(store_open(&f->store, lax, STORE_WRITE, &f->e));
		OK(store_begin(f->store, "acme", &f->e));
		assert_own(f, "SHOW synchronous_commit", said[i][1]);
		assert_own(f, "SHOW transaction_isolation", "read committed");
		store_rollback(f->store);
		assert_own(f, "SHOW synchronous_commit", said[i][0]);
	}
}

/* As documented: whoever wants to can compute it. */
static void test_the_key_of_a_lock(void **state)
{
	struct fixture *f = *state;
	char expected[32];

	(void)snprintf(expected, sizeof(expected), "%lld",
		       (long long)postgres_lock_key("public", "sync:acme"));
	assert_own(f,
		   "SELECT ('x' || left(encode(sha256('assay:public:sync:acme'), 'hex'), 16))"
		   "::bit(64)::bigint",
		   expected);
	assert_true(postgres_lock_key("public", "sync:acme") !=
		    postgres_lock_key("x", "sync:acme"));
}

/* ---- passwords ---- */

static void test_no_error_holds_a_password(void **state)
{
	static const char *const urls[] = {
		"postgresql://u:geh@eim/99@127.0.0.1:1/db",
		"postgresql://u:geheim/99@127.0.0.1:1/db",
		"postgresql://u:ge:geheim99@127.0.0.1:1/db",
		"postgresql://u:a?geheim99@127.0.0.1:1/db",
		"postgresql://u:geheim99%zz@127.0.0.1:1/db",
		"postgresql://u:geheim99%00@127.0.0.1:1/db",
		"postgresql://u:geheim99@h@127.0.0.1:1/db",
		"postgresql://u@127.0.0.1:1/db?password=geheim99",
		"postgresql://u@127.0.0.1:geheim99/db",
		"postgresql://u@127.0.0.1:1/db?geheim99",
		"postgresql:geheim99",
		"postgres:///db?host=127.0.0.1&port=1&password=geheim99&nonsense=geheim99",
	};
	struct fixture *f = *state;
	struct store *s;

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		assert_false(store_open(&s, urls[i], STORE_WRITE, &f->e));
		assert_true(f->e.kind == ERR_USAGE || f->e.kind == ERR_DB);
		if (strstr(f->e.text, "geheim") || strstr(f->e.text, "99"))
			fail_msg("%s\n%s", urls[i], f->e.text);
		assert_null(strchr(f->e.text, '\n'));
	}
}

/* ---- types ---- */

static void test_money_is_exact(void **state)
{
	static const char *const amounts[] = {
		"0.123456789012345678901234567891",
		"0.000000000000000000000000000001",
		"123456789012345678901234567890",
		"0.5",
		"100000000",
	};
	struct fixture *f = *state;
	struct catalog c = market(f, "acme", 1);
	struct store_observed o;

	for (size_t i = 0; i < sizeof(amounts) / sizeof(amounts[0]); i++) {
		char row[128];
		const int64_t id = 1;

		c.models[0].prices[0].amount = str_of(amounts[i]);
		OK(contract_sync(f->store, &c, T0 + (int64_t)i, NULL, &f->e));
		(void)snprintf(row, sizeof(row), "%s|%s\n", amounts[i], amounts[i]);
		assert_query("SELECT m.pricing_prompt, p.amount FROM models m JOIN prices p"
			     " ON p.model_id = m.id AND p.seen_to IS NULL"
			     " AND p.meter = 'input_token'",
			     row);
		OK(store_load_observed(f->store, &id, 1, &f->a, &o, &f->e));
		assert_true(str_eq(o.model.prices[0].amount, str_of(amounts[i])));
	}
}

static void test_the_view_knows_when_a_model_was_last_seen(void **state)
{
	static const int64_t times[] = {
		T0, T0 + 1, T0 + 876, T0 + 877, T0 + 86400000 + 999, 4102444799999, CLOCK_LAST
	};
	struct fixture *f = *state;
	struct catalog c = market(f, "acme", 1);

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		char expected[64], text[CLOCK_TEXT_MAX];

		OK(contract_sync(f->store, &c, times[i], NULL, &f->e));
		(void)snprintf(expected, sizeof(expected), "%s|0\n", clock_text(times[i], text));
		assert_query("SELECT last_seen_at, is_missing FROM models_current", expected);
	}
	assert_query("SELECT first_seen_at, last_seen_at FROM models",
		     "2025-08-03T06:03:00.123Z|2025-08-03T06:03:00.123Z\n");
}

/* A model asked for twice, in no order, is answered so. */
static void test_observed_in_the_order_asked(void **state)
{
	const int64_t ids[] = { 3, 1, 3, 2 };
	struct fixture *f = *state;
	struct store_observed o[4];
	char id[32];

	sync_some(f, 3);
	OK(store_load_observed(f->store, ids, 4, &f->a, o, &f->e));
	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(id, sizeof(id), "m%06lld", (long long)ids[i] - 1);
		assert_int_equal(o[i].model_id, ids[i]);
		assert_true(str_eq(o[i].model.id, str_of(id)));
		assert_int_equal(o[i].model.n_prices, 2);
	}
	FAILS(store_load_observed(f->store, (const int64_t[]){ 1, 99 }, 2, &f->a, o, &f->e),
	      ERR_DB);
	SAYS("no model 99");
}

static void test_more_rows_than_one_statement_takes(void **state)
{
	struct fixture *f = *state;
	struct catalog c = market(f, "acme", 5001);
	struct contract_counts n;

	OK(contract_sync(f->store, &c, T0, &n, &f->e));
	assert_int_equal(n.opened, 10002);
	for (size_t i = 0; i < c.n; i++)
		c.models[i].prices[1].amount = STR("0.5");
	OK(contract_sync(f->store, &c, T0 + 1, &n, &f->e));
	assert_int_equal(n.closed, 5001);
	assert_query("SELECT count(*), count(seen_to), count(DISTINCT id) FROM prices",
		     "15003|5001|15003\n");
	assert_query("SELECT count(*) FROM models m JOIN model_versions v ON v.model_id = m.id"
		     " WHERE pricing_completion = 0.5 AND model_name = v.name",
		     "5001\n");
}

/* Longer than one FETCH, and twice inside one transaction. */
static void test_a_long_list(void **state)
{
	struct store_model_query q = { .sort = SORT_PRICE };
	struct fixture *f = *state;
	size_t n = 0;

	sync_some(f, 4500);
	OK(store_list_models(f->store, &q, count_row, &n, &f->e));
	assert_int_equal(n, 4500);
	OK(store_begin(f->store, "acme", &f->e));
	for (int i = 0; i < 2; i++)
		OK(store_list_models(f->store, &q, count_row, &n, &f->e));
	OK(store_commit(f->store, &f->e));
	assert_int_equal(n, 3 * 4500);
}

static void test_the_baseline_is_read_from_its_index_alone(void **state)
{
	struct fixture *f = *state;
	char *plan;

	sync_some(f, 3000);
	contract_exec(url, "VACUUM ANALYZE models");
	plan = contract_query(url, "EXPLAIN SELECT id, provider_model_id, content_hash,"
				   " missing_since FROM models WHERE provider_id = 1"
				   " ORDER BY provider_model_id");
	assert_non_null(strstr(plan, "Index Only Scan using models_baseline"));
	free(plan);
}

/* ---- users' own SQL ---- */

static void test_rows_put_in_by_hand(void **state)
{
	struct fixture *f = *state;

	contract_exec(url, "INSERT INTO providers (slug, name) VALUES ('own', 'Mine');"
			   "INSERT INTO models (provider_id, provider_model_id, model_name)"
			   " SELECT id, 'x', 'X' FROM providers");
	assert_query("SELECT model_id, is_active, health_status,"
		     " created_at > now() - interval '1 minute', first_seen_at = last_seen_at"
		     " FROM models_current",
		     "x|1|unknown|1|1\n");
	(void)f;
}

static void test_the_users_statements(void **state)
{
	struct fixture *f = *state;
	struct catalog c = { STR("openrouter"), arena_array(&f->a, 2, struct model), 2 };

	c.models[0] = contract_model(&f->a, "openai/gpt-4-turbo", "0.00001", "0.00003");
	c.models[0].name = STR("OpenAI: GPT-4 Turbo");
	capabilities_set(&c.models[0].capabilities, CAP_VISION, true);
	c.models[1] = contract_model(&f->a, "x/gro\xC3\x9F", "0.0000006", "0");
	c.models[1].name = STR("GRO\xC3\x84\xC3\x9F"
			       "E");
	OK(contract_sync(f->store, &c, T0, NULL, &f->e));
	assert_query(
		"SELECT\n"
		"    p.slug as provider,\n"
		"    m.model_name,\n"
		"    m.provider_model_id as api_name,\n"
		"    m.context_length,\n"
		"    ROUND(m.pricing_prompt::numeric * 1000000, 2) as price_per_1m_input_tokens,\n"
		"    ROUND(m.pricing_completion::numeric * 1000000, 2) as "
		"price_per_1m_output_tokens\n"
		"FROM models m\n"
		"JOIN providers p ON m.provider_id = p.id\n"
		"WHERE p.slug = 'openrouter'\n"
		"  AND m.is_active = true\n"
		"ORDER BY m.model_name\n"
		"LIMIT 10;\n",
		"openrouter|GRO\xC3\x84\xC3\x9F"
		"E|x/gro\xC3\x9F|131072|0.60|0.00\n"
		"openrouter|OpenAI: GPT-4 Turbo|openai/gpt-4-turbo|131072|10.00|30.00\n");
	assert_query("SELECT model_name, provider_model_id as api_name\n"
		     "FROM models\n"
		     "WHERE model_name ILIKE '%gpt-4%'\n"
		     "  AND is_active = true;\n",
		     "OpenAI: GPT-4 Turbo|openai/gpt-4-turbo\n");
	assert_query("SELECT model_name, provider_model_id as api_name\n"
		     "FROM models\n"
		     "WHERE supports_vision = true\n"
		     "  AND is_active = true;\n",
		     "OpenAI: GPT-4 Turbo|openai/gpt-4-turbo\n");
	assert_query("SELECT\n"
		     "    p.name as provider,\n"
		     "    COUNT(m.id) as total_models,\n"
		     "    COUNT(CASE WHEN m.is_active THEN 1 END) as active_models\n"
		     "FROM providers p\n"
		     "LEFT JOIN models m ON p.id = m.provider_id\n"
		     "GROUP BY p.id, p.name\n"
		     "ORDER BY total_models DESC;\n",
		     "openrouter|2|2\n");
	contract_exec(url, "UPDATE models SET is_active = false WHERE provider_id = 1;\n");
	assert_query("SELECT COUNT(*) FROM models WHERE is_active = false;\n", "2\n");
	contract_exec(url, "UPDATE models SET is_active = true WHERE provider_id = 1;\n");
	assert_query("SELECT COUNT(*) FROM models WHERE is_active = false;\n", "0\n");
}

/* ILIKE knows letters beyond A to Z where the database's locale does. */
static void test_ilike_follows_the_locale(void **state)
{
	struct fixture *f = *state;
	struct store_model_query q = { .text = STR("gr\xC3\xB6ss"), .sort = SORT_NAME };
	struct catalog c = market(f, "acme", 1);
	char *knows = contract_query(url, "SELECT lower('\xC3\x96') = '\xC3\xB6'");
	size_t n = 0;

	c.models[0].name = STR("GR\xC3\x96SSE");
	OK(contract_sync(f->store, &c, T0, NULL, &f->e));
	assert_query("SELECT count(*) FROM models WHERE model_name ILIKE '%gr\xC3\xB6sse%'",
		     knows[0] == '1' ? "1\n" : "0\n");
	OK(store_list_models(f->store, &q, count_row, &n, &f->e));
	assert_int_equal(n, knows[0] == '1');
	free(knows);
}

/* ---- */

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_foreign_tables_are_left_alone),
		TEST(test_a_schema_of_its_own),
		TEST(test_capitals_of_search_path),
		TEST(test_no_search_path),
		TEST(test_letters_that_a_database_lacks),
		TEST(test_many_may_create_it_at_once),
		TEST(test_a_failed_migration_leaves_nothing),
		TEST(test_busy_is_said),
		TEST(test_a_table_locked_against_readers_is_busy),
		TEST(test_a_wait_cut_short_is_busy_too),
		TEST(test_a_row_that_an_operator_holds_is_busy),
		TEST(test_ids_of_changes_ascend_in_the_order_of_commits),
		TEST(test_a_connection_lost_in_mid_transaction),
		TEST(test_a_server_says_why_it_hangs_up),
		TEST(test_a_connection_lost_between_transactions_is_made_again),
		TEST(test_a_lost_commit_is_said_to_be_unknown),
		TEST(test_a_server_that_is_silent_is_given_up),
		TEST(test_a_failed_transaction_does_not_commit),
		TEST(test_nobody_there_is_said_at_once),
		TEST(test_nothing_is_left_in_the_session),
		TEST(test_a_commit_is_durable_whatever_the_role_says),
		TEST(test_the_key_of_a_lock),
		TEST(test_no_error_holds_a_password),
		TEST(test_money_is_exact),
		TEST(test_the_view_knows_when_a_model_was_last_seen),
		TEST(test_observed_in_the_order_asked),
		TEST(test_more_rows_than_one_statement_takes),
		TEST(test_a_long_list),
		TEST(test_the_baseline_is_read_from_its_index_alone),
		TEST(test_rows_put_in_by_hand),
		TEST(test_the_users_statements),
		TEST(test_ilike_follows_the_locale),
	};
	const char *given = getenv("ASSAY_TEST_POSTGRES");

	if (!given || !*given) {
		(void)fprintf(stderr, "ASSAY_TEST_POSTGRES is not set: it names a database of"
				      " PostgreSQL that this test may do anything in\n");
		return 1;
	}
	(void)snprintf(server, sizeof(server), "%s", given);
	url_with(url, sizeof(url), "options=-csearch_path%3Dassay_unit");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
