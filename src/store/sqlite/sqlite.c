/*
 * sqlite: the connection.
 *
 * A writer uses WAL, so that readers never wait for it nor it for them, and
 * synchronous=FULL, so that what was committed survives a power cut.  It takes
 * the write lock at BEGIN (IMMEDIATE): a transaction that reads first and
 * writes later fails at once when somebody else wrote in between, whatever the
 * time to wait.
 *
 * A reader of a WAL database needs the -wal and -shm files and would create
 * them.  When they are not there nobody is writing and the main file is whole,
 * so it is opened as immutable instead and nothing is created.  What that
 * cannot see is looked for before and after each reading (sqlite_read_begin).
 *
 * A new file gets SQLite's own mode, 0644 less the umask: it holds published
 * prices and no secret, and other accounts are meant to query it.
 */
#include "store/sqlite/sqlite.h"

#include "store/sqlite/sqlite_bind.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

enum {
	WAIT_MS = 10000,
	WAIT_STEP_US = 20000,
	PATH_ROOM = 4096,
};

/* ---- errors ---- */

/* The file system's reason, where SQLite's words leave it out. */
static void add_reason(sqlite3 *db, int code, struct err *e)
{
	char reason[128];
	int number = sqlite3_system_errno(db);
	size_t n = strlen(e->text);

	if (number != 0 && (code == SQLITE_CANTOPEN || code == SQLITE_IOERR || code == SQLITE_FULL))
		(void)snprintf(e->text + n, sizeof(e->text) - n, ": %s",
			       strerror_r(number, reason, sizeof(reason)));
}

bool sqlite_fail(struct sqlite_store *s, struct err *e)
{
	int code = sqlite3_errcode(s->db) & 0xff;

	if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
		return err_set(e, ERR_BUSY, "sqlite:%s: another program is writing to it (%s)",
			       s->path, sqlite3_errmsg(s->db));
	(void)err_set(e, ERR_DB, "sqlite:%s: %s", s->path, sqlite3_errmsg(s->db));
	add_reason(s->db, code, e);
	return false;
}

/* ---- statements ---- */

static sqlite3_stmt *prepare_new(struct sqlite_store *s, const char *sql, struct err *e)
{
	sqlite3_stmt *st;

	assert(s->n_cached < SQLITE_STORE_STATEMENTS);
	if (sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &st, NULL) != SQLITE_OK) {
		(void)sqlite_fail(s, e);
		return NULL;
	}
	s->cache[s->n_cached].sql = sql;
	s->cache[s->n_cached++].stmt = st;
	return st;
}

sqlite3_stmt *sqlite_prepare(struct sqlite_store *s, const char *sql, struct err *e)
{
	for (size_t i = 0; i < s->n_cached; i++)
		if (s->cache[i].sql == sql)
			return s->cache[i].stmt;
	return prepare_new(s, sql, e);
}

void sqlite_done(sqlite3_stmt **stmt)
{
	if (!*stmt)
		return;
	(void)sqlite3_reset(*stmt);
	(void)sqlite3_clear_bindings(*stmt);
}

bool sqlite_next(struct sqlite_store *s, sqlite3_stmt *st, bool *ret_row, struct err *e)
{
	int rc = sqlite3_step(st);

	*ret_row = rc == SQLITE_ROW;
	return rc == SQLITE_ROW || rc == SQLITE_DONE || sqlite_fail(s, e);
}

bool sqlite_run(struct sqlite_store *s, sqlite3_stmt *st, struct err *e)
{
	bool row;
	bool ok = sqlite_next(s, st, &row, e);

	(void)sqlite3_reset(st);
	return ok;
}

bool sqlite_exec(struct sqlite_store *s, const char *sql, struct err *e)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK || sqlite_fail(s, e);
}

/* ---- the file ---- */

/* `path` with everything escaped that a URI reads as something else. */
static bool uri_of(const char *path, const char *query, char out[PATH_ROOM], struct err *e)
{
	/* "./": neither ":memory:" nor "//host" can come of a relative path. */
	int at = snprintf(out, PATH_ROOM, "%s", *path == '/' ? "file://" : "file:./");

	for (; *path && at < PATH_ROOM - 64; path++)
		at += snprintf(out + at, 4, strchr("%?#", *path) ? "%%%02X" : "%c",
			       (unsigned char)*path);
	if (*path)
		return err_set(e, ERR_USAGE, "the path of the database is too long");
	(void)snprintf(out + at, PATH_ROOM - (size_t)at, "?%s", query);
	return true;
}

static bool connect_as(struct sqlite_store *s, int flags, const char *query, struct err *e)
{
	char uri[PATH_ROOM];

	if (!uri_of(s->path, query, uri, e))
		return false;
	flags |= SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	if (sqlite3_open_v2(uri, &s->db, flags, NULL) != SQLITE_OK)
		return sqlite_fail(s, e);
	sqlite_wait(s, WAIT_MS);
	return true;
}

static void disconnect(struct sqlite_store *s)
{
	while (s->n_cached)
		(void)sqlite3_finalize(s->cache[--s->n_cached].stmt);
	(void)sqlite3_close(s->db);
	s->db = NULL;
}

void sqlite_wait(struct sqlite_store *s, int wait_ms)
{
	(void)sqlite3_busy_timeout(s->db, wait_ms);
}

/* ---- reading ---- */

static bool beside(const struct sqlite_store *s, const char *suffix, struct stat *ret)
{
	char path[PATH_ROOM];

	return snprintf(path, sizeof(path), "%s%s", s->path, suffix) < PATH_ROOM &&
	       stat(path, ret) == 0;
}

static bool connect_reader(struct sqlite_store *s, struct err *e)
{
	struct stat wal = { 0 }, shm;
	bool has_wal = beside(s, "-wal", &wal);

	if (stat(s->path, &s->seen) < 0 && errno == ENOENT)
		return err_set(e, ERR_IO,
			       "sqlite:%s: there is no such database; `assay sync` or"
			       " `assay migrate` creates it",
			       s->path);
	if (has_wal && beside(s, "-shm", &shm)) {
		s->immutable = false;
		return connect_as(s, SQLITE_OPEN_READONLY, "mode=ro", e);
	}
	/* Half a copy: the last commits are in the -wal, and reading it would create a -shm. */
	if (has_wal && wal.st_size > 0)
		return err_set(e, ERR_DB,
			       "sqlite:%s: was not closed properly (it has a -wal but"
			       " no -shm): `assay migrate` recovers it",
			       s->path);
	s->immutable = true;
	return connect_as(s, SQLITE_OPEN_READONLY, "mode=ro&immutable=1", e);
}

static bool open_reader(struct sqlite_store *s, struct err *e)
{
	return connect_reader(s, e) &&
	       sqlite_exec(s, "PRAGMA cache_size = -4096; PRAGMA temp_store = MEMORY", e) &&
	       sqlite_schema_check(s, e);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static bool still_same(struct sqlite_store *s)
{
	struct stat now;

	return beside(s, "", &now) && same_file(&s->seen, &now);
}

/* An immutable connection after whose opening somebody began to write. */
static bool renew(struct sqlite_store *s, struct err *e)
{
	struct stat wal;

	if (s->db && (!s->immutable || (!beside(s, "-wal", &wal) && still_same(s))))
		return true;
	disconnect(s);
	if (open_reader(s, e))
		return true;
	disconnect(s); /* the next reading tries again */
	return false;
}

static bool read_item(struct sqlite_store *s, sqlite3_stmt *st, const struct sqlite_list *l,
		      struct arena *a, void *item, struct err *e)
{
	if (l->parse)
		return l->parse(s, st, a, item, e);
	l->read(st, a, item);
	return true;
}

bool sqlite_read_rows(struct sqlite_store *s, sqlite3_stmt *st, const struct sqlite_list *l,
		      struct arena *a, void **ret, size_t *ret_n, struct err *e)
{
	char *items = NULL;
	size_t n = 0;
	bool row;

	for (;;) {
		if (!sqlite_next(s, st, &row, e))
			return false;
		if (!row)
			break;
		if (!items)
			items = arena_zalloc(a, (size_t)column_u64(st, 0), l->size);
		if (!read_item(s, st, l, a, items + l->size * n++, e))
			return false;
	}
	*ret = items;
	*ret_n = n;
	return true;
}

bool sqlite_read_list(struct sqlite_store *s, const struct sqlite_list *l, int64_t of,
		      struct arena *a, void **ret, size_t *ret_n, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s, l->sql, e);

	if (!st)
		return false;
	if (sqlite3_bind_parameter_count(st) > 0)
		bind_i64(st, 1, of);
	return sqlite_read_rows(s, st, l, a, ret, ret_n, e);
}

bool sqlite_read_begin(struct sqlite_store *s, struct err *e)
{
	if (s->db && !sqlite3_get_autocommit(s->db))
		return true;
	if (!renew(s, e) || !sqlite_exec(s, "BEGIN", e))
		return false;
	s->reading = true;
	return true;
}

bool sqlite_read_end(struct sqlite_store *s, bool ok, struct err *e)
{
	if (!s->reading)
		return ok;
	s->reading = false;
	store_rollback(&s->base); /* nothing was written */
	if (!ok || !s->immutable || still_same(s))
		return ok;
	return err_set(e, ERR_BUSY, "sqlite:%s: was written to while it was read: ask again",
		       s->path);
}

/* ---- writing ---- */

static bool set_wal(struct sqlite_store *s, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s, "PRAGMA journal_mode = WAL", e);
	bool row;

	if (!st || !sqlite_next(s, st, &row, e))
		return false;
	if (row && strcmp((const char *)sqlite3_column_text(st, 0), "wal") == 0)
		return true;
	return err_set(e, ERR_DB, "sqlite:%s: no write-ahead log is possible on this file system",
		       s->path);
}

/* SQLite does not wait for a lock here by itself: two programs may be creating the file at once. */
static bool set_wal_patiently(struct sqlite_store *s, struct err *e)
{
	uint64_t until = clock_mono_us() + WAIT_MS * 1000ULL;

	while (!set_wal(s, e)) {
		if (e->kind != ERR_BUSY || clock_mono_us() > until)
			return false;
		(void)usleep(WAIT_STEP_US);
	}
	return true;
}

static bool open_writer(struct sqlite_store *s, struct err *e)
{
	/*
	 * cache_size: pages changed by one transaction beyond it are spilled into
	 * the -wal early, which costs nothing a commit would not; measured, 4 MB
	 * is as fast as 64.  journal_size_limit: a large sync must not leave a
	 * large -wal behind for good.  secure_delete: Debian builds SQLite to
	 * overwrite what is freed, twice the writing for each replaced document.
	 */
	static const char pragmas[] = "PRAGMA synchronous = FULL;"
				      "PRAGMA foreign_keys = ON;"
				      "PRAGMA cache_size = -4096;"
				      "PRAGMA temp_store = MEMORY;"
				      "PRAGMA secure_delete = OFF;"
				      "PRAGMA journal_size_limit = 16777216;";
	int version;

	if (!connect_as(s, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, "mode=rwc", e))
		return false;
	if (sqlite3_db_readonly(s->db, "main") == 1)
		return err_set(e, ERR_DB, "sqlite:%s: may be read but not written", s->path);
	/* Who it belongs to is asked before anything is changed in it. */
	return sqlite_schema_version(s, &version, e) &&
	       (version <= sqlite_schema_latest() || sqlite_schema_check(s, e)) &&
	       sqlite_exec(s, pragmas, e) && set_wal_patiently(s, e) && sqlite_migrate(s, e);
}

bool sqlite_write_begin(struct sqlite_store *s, bool *ret_own, struct err *e)
{
	*ret_own = sqlite3_get_autocommit(s->db) != 0;
	return !*ret_own || sqlite_exec(s, "BEGIN IMMEDIATE", e);
}

bool sqlite_write_end(struct sqlite_store *s, bool own, bool ok, struct err *e)
{
	if (!own)
		return ok;
	if (ok && sqlite_exec(s, "COMMIT", e))
		return true;
	store_rollback(&s->base);
	return false;
}

/* ---- the back end ---- */

/* What follows "sqlite:": a path, or "//" and an absolute one.  NULL: neither. */
static const char *path_of(const char *url, struct err *e)
{
	const char *path = url + strlen("sqlite:");

	if (strncmp(path, "//", 2) == 0 && path[2] != '/') {
		(void)err_set(e, ERR_USAGE, "%s: write sqlite:PATH or sqlite:///ABSOLUTE/PATH",
			      url);
		return NULL;
	}
	while (path[0] == '/' && path[1] == '/')
		path++;
	if (*path == '\0' || strcmp(path, "/") == 0 || strcmp(path, ":memory:") == 0) {
		(void)err_set(e, ERR_USAGE, "%s: names no file: write sqlite:PATH", url);
		return NULL;
	}
	return path;
}

static void sqlite_close(struct store *base)
{
	struct sqlite_store *s = sqlite_of(base);

	disconnect(s);
	free(s->path);
	free(s);
}

/* Counting its memory costs SQLite a lock per allocation, and nobody asks for the count. */
static void configure(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static bool sqlite_open(struct store **ret, const char *url, enum store_mode mode, struct err *e)
{
	const char *path = path_of(url, e);
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct sqlite_store *s;

	if (!path)
		return false;
	(void)pthread_once(&once, configure);
	s = calloc(1, sizeof(*s));
	if (!s || !(s->path = strdup(path)))
		abort();
	s->base.backend = &store_sqlite;
	s->mode = mode;
	if (!(mode == STORE_READ ? open_reader(s, e) : open_writer(s, e))) {
		sqlite_close(&s->base);
		return false;
	}
	*ret = &s->base;
	return true;
}

static bool sqlite_version(struct store *base, int *ret, int *latest, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	*latest = sqlite_schema_latest();
	return sqlite_read_begin(s, e) && sqlite_read_end(s, sqlite_schema_version(s, ret, e), e);
}

static bool sqlite_begin(struct store *base, const char *slug, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	(void)slug; /* the lock is on the whole database */
	assert(s->mode == STORE_WRITE);
	return sqlite_exec(s, "BEGIN IMMEDIATE", e);
}

static bool sqlite_commit(struct store *base, struct err *e)
{
	return sqlite_exec(sqlite_of(base), "COMMIT", e);
}

static void sqlite_rollback(struct store *base)
{
	sqlite3 *db = sqlite_of(base)->db;

	/* A full disk has already rolled back by itself; nothing is left to fail for. */
	if (!sqlite3_get_autocommit(db))
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
}

const struct store_backend store_sqlite = {
	.name = "sqlite",
	.open = sqlite_open,
	.close = sqlite_close,
	.schema_version = sqlite_version,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.provider_follow = sqlite_provider_follow,
	.provider_find = sqlite_provider_find,
	.load_state = sqlite_load_state,
	.load_document = sqlite_load_document,
	.load_rows = sqlite_load_rows,
	.load_observed = sqlite_load_observed,
	.apply = sqlite_apply,
	.save_document = sqlite_save_document,
	.save_run = sqlite_save_run,
	.expire_runs = sqlite_expire_runs,
	.expire_samples = sqlite_expire_samples,
	.expire_payloads = sqlite_expire_payloads,
	.load_shapes = sqlite_load_shapes,
	.save_shapes = sqlite_save_shapes,
	.lease_clock = sqlite_lease_clock,
	.lease_find = sqlite_lease_find,
	.lease_take = sqlite_lease_take,
	.lease_release = sqlite_lease_release,
	.load_identity_states = sqlite_load_identity_states,
	.load_identities = sqlite_load_identities,
	.save_identities = sqlite_save_identities,
	.load_aliases = sqlite_load_aliases,
	.load_names = sqlite_load_names,
	.load_offers = sqlite_load_offers,
	.load_reviews = sqlite_load_reviews,
	.load_elsewhere = sqlite_load_elsewhere,
	.save_reviews = sqlite_save_reviews,
	.save_shown = sqlite_save_shown,
	.load_overrides = sqlite_load_overrides,
	.save_override = sqlite_save_override,
	.save_said = sqlite_save_said,
	.save_active = sqlite_save_active,
	.edit_provider = sqlite_edit_provider,
	.save_audit = sqlite_save_audit,
	.save_notice = sqlite_save_notice,
	.next_notice = sqlite_next_notice,
	.save_delivery = sqlite_save_delivery,
	.load_endpoint = sqlite_load_endpoint,
	.save_endpoint = sqlite_save_endpoint,
	.load_changes_at = sqlite_load_changes_at,
	.list_providers = sqlite_list_providers,
	.list_models = sqlite_list_models,
	.list_changes = sqlite_list_changes,
	.newest_change = sqlite_newest_change,
	.list_drift = sqlite_list_drift,
	.totals = sqlite_totals,
	.load_pending = sqlite_load_pending,
	.load_absences = sqlite_load_absences,
	.load_fetches = sqlite_load_fetches,
	.load_previous = sqlite_load_previous,
	.load_incidents = sqlite_load_incidents,
	.open_incident = sqlite_open_incident,
	.step_incident = sqlite_step_incident,
	.list_snapshots = sqlite_list_snapshots,
	.load_past = sqlite_load_past,
	.load_moves = sqlite_load_moves,
	.load_past_model = sqlite_load_past_model,
	.save_samples = sqlite_save_samples,
	.list_samples = sqlite_list_samples,
	.open_csv_file = sqlite_open_csv_file,
	.save_csv_file = sqlite_save_csv_file,
	.load_batches = sqlite_load_batches,
	.load_strays = sqlite_load_strays,
	.load_spool = sqlite_load_spool,
	.unspool = sqlite_unspool,
	.load_job = sqlite_load_job,
	.save_job = sqlite_save_job,
	.reserve = sqlite_reserve,
	.release_reservations = sqlite_release_reservations,
	.spent = sqlite_spent,
	.load_corrections = sqlite_load_corrections,
	.save_correction = sqlite_save_correction,
	.load_endpoints = sqlite_load_endpoints,
	.update_health = sqlite_update_health,
	.save_agreement = sqlite_save_agreement,
	.discount_cycle = sqlite_discount_cycle,
	.load_shown_providers = sqlite_load_shown_providers,
	.list_shown = sqlite_list_shown,
	.mark = sqlite_mark,
	.load_health = sqlite_load_health,
	.load_runs = sqlite_load_runs,
	.load_visits = sqlite_load_visits,
	.load_owed = sqlite_load_owed,
	.load_audit = sqlite_load_audit,
	.take_receipt = sqlite_take_receipt,
	.drop_receipt = sqlite_drop_receipt,
};
