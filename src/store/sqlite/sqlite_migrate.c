/*
 * sqlite_migrate: from whatever is there to the schema of this program.
 *
 * Steps are numbered, go forward only, and each is one transaction together
 * with its row in schema_version.  Nothing is written to a database that is
 * not ours or newer than we are.
 */
#include "store/sqlite/sqlite.h"
#include "store/sqlite/sqlite_bind.h"

int sqlite_schema_latest(void)
{
	return store_sqlite_migrations[store_sqlite_migrations_n - 1].version;
}

static bool query_text(struct sqlite_store *s, const char *sql, struct arena *a, struct str *ret,
		       struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s, sql, e);
	bool row;

	if (!st || !sqlite_next(s, st, &row, e))
		return false;
	*ret = row ? column_copy(st, 0, a) : STR_NONE;
	return true;
}

static bool query_int(struct sqlite_store *s, const char *sql, int *ret, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s, sql, e);
	bool row;

	if (!st || !sqlite_next(s, st, &row, e))
		return false;
	*ret = row ? sqlite3_column_int(st, 0) : 0;
	return true;
}

/* Ours is told by the shape of schema_version: it survives a dump and a restore. */
static bool is_ours(struct sqlite_store *s, bool *ret, struct err *e)
{
	int columns;

	if (!query_int(s,
		       "SELECT count(*) FROM pragma_table_info('schema_version')"
		       " WHERE name IN ('version', 'name', 'applied_at')",
		       &columns, e))
		return false;
	*ret = columns == 3;
	return true;
}

/* Tables that would be in our way. */
static bool check_free(struct sqlite_store *s, struct err *e)
{
	ARENA_AUTO(a);
	struct str names;

	if (!query_text(s,
			"SELECT group_concat(name, ' and ') FROM (SELECT name FROM sqlite_master"
			" WHERE name COLLATE NOCASE IN ('providers', 'models', 'schema_version')"
			" ORDER BY name = 'schema_version', name DESC)",
			&a, &names, e))
		return false;
	if (str_is_none(names))
		return true;
	return err_set(e, ERR_CONFIG,
		       "sqlite:%s: holds tables not made by assay (%.*s); nothing was"
		       " changed: give assay a file of its own",
		       s->path, STR_FMT(names));
}

bool sqlite_schema_version(struct sqlite_store *s, int *ret, struct err *e)
{
	struct err ignored;
	bool ours;

	if (!is_ours(s, &ours, e))
		return false;
	/* Two statements: another process may have made its schema, which is ours, between them. */
	if (!ours && !check_free(s, e) && (!is_ours(s, &ours, &ignored) || !ours))
		return false;
	if (ours)
		return query_int(s, "SELECT max(version) FROM schema_version", ret, e);
	*ret = 0;
	return true;
}

static bool too_new(struct sqlite_store *s, int version, struct err *e)
{
	return err_set(e, ERR_CONFIG,
		       "sqlite:%s: schema %d is newer than this program, which knows"
		       " %d: use the assay that wrote it, or a later one",
		       s->path, version, sqlite_schema_latest());
}

bool sqlite_schema_check(struct sqlite_store *s, struct err *e)
{
	int version;

	if (!sqlite_schema_version(s, &version, e))
		return false;
	if (version > sqlite_schema_latest())
		return too_new(s, version, e);
	if (version == 0)
		return err_set(e, ERR_CONFIG,
			       "sqlite:%s: holds no assay database yet: `assay sync`"
			       " or `assay migrate` makes one",
			       s->path);
	if (version < sqlite_schema_latest())
		return err_set(e, ERR_CONFIG,
			       "sqlite:%s: schema %d is older than this program's %d:"
			       " run `assay migrate` (every writing command does)",
			       s->path, version, sqlite_schema_latest());
	return true;
}

static bool record_step(struct sqlite_store *s, const struct store_migration *m, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "INSERT INTO schema_version (version, name, applied_at)"
				       " VALUES (?1, ?2, ?3)",
				       e);

	if (!st)
		return false;
	bind_i64(st, 1, m->version);
	bind_text(st, 2, m->name);
	bind_i64(st, 3, clock_now_ms());
	return sqlite_run(s, st, e);
}

/* Under the lock: somebody else may have done it while we waited for it. */
static bool step_locked(struct sqlite_store *s, const struct store_migration *m, struct err *e)
{
	int version;

	if (!sqlite_schema_version(s, &version, e))
		return false;
	if (version >= m->version)
		return true;
	return sqlite_exec(s, m->sql, e) && record_step(s, m, e);
}

static bool step(struct sqlite_store *s, const struct store_migration *m, struct err *e)
{
	if (!sqlite_exec(s, "BEGIN IMMEDIATE", e))
		return false;
	if (step_locked(s, m, e) && sqlite_exec(s, "COMMIT", e))
		return true;
	store_rollback(&s->base);
	return err_wrap(e, "migration %s", m->name);
}

bool sqlite_migrate(struct sqlite_store *s, struct err *e)
{
	int version;

	if (!sqlite_schema_version(s, &version, e))
		return false;
	if (version > sqlite_schema_latest())
		return too_new(s, version, e);
	for (int i = 0; i < store_sqlite_migrations_n; i++)
		if (store_sqlite_migrations[i].version > version &&
		    !step(s, &store_sqlite_migrations[i], e))
			return false;
	return true;
}
