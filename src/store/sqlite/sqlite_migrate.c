/*
 * sqlite_migrate: the steps to the schema of this program, in a file.
 */
#include "store/migrate.h"
#include "store/sqlite/sqlite.h"
#include "store/sqlite/sqlite_bind.h"

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

static bool is_ours(struct store *base, bool *ret, struct err *e)
{
	int columns;

	if (!query_int(sqlite_of(base),
		       "SELECT count(*) FROM pragma_table_info('schema_version')"
		       " WHERE name IN ('version', 'name', 'applied_at')",
		       &columns, e))
		return false;
	*ret = columns == 3;
	return true;
}

static bool is_free(struct store *base, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
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

static bool newest_step(struct store *base, int *ret, struct err *e)
{
	return query_int(sqlite_of(base), "SELECT max(version) FROM schema_version", ret, e);
}

/* ---- steps ---- */

static bool begin(struct store *base, struct err *e)
{
	return sqlite_exec(sqlite_of(base), "BEGIN IMMEDIATE", e);
}

static bool commit(struct store *base, struct err *e)
{
	return sqlite_exec(sqlite_of(base), "COMMIT", e);
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

static bool apply(struct store *base, const struct store_migration *m, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_exec(s, m->sql, e) && record_step(s, m, e);
}

static const struct migrate_tables tables = {
	.steps = store_sqlite_migrations,
	.n_steps = &store_sqlite_migrations_n,
	.is_ours = is_ours,
	.is_free = is_free,
	.newest = newest_step,
	.begin = begin,
	.commit = commit,
	.rollback = store_rollback,
	.apply = apply,
};

/* ---- the whole ---- */

int sqlite_schema_latest(void)
{
	return migrate_latest(&tables);
}

bool sqlite_schema_version(struct sqlite_store *s, int *ret, struct err *e)
{
	return migrate_version(&s->base, &tables, ret, e);
}

bool sqlite_schema_check(struct sqlite_store *s, struct err *e)
{
	int version;

	if (!sqlite_schema_version(s, &version, e))
		return false;
	if (version == 0)
		return err_set(e, ERR_CONFIG,
			       "sqlite:%s: holds no assay database yet: `assay sync`"
			       " or `assay migrate` makes one",
			       s->path);
	return migrate_is_current(&tables, version, e) || err_wrap(e, "sqlite:%s", s->path);
}

bool sqlite_migrate(struct sqlite_store *s, struct err *e)
{
	int version;

	if (!sqlite_schema_version(s, &version, e))
		return false;
	if (!migrate_is_not_newer(&tables, version, e))
		return err_wrap(e, "sqlite:%s", s->path);
	return migrate_run(&s->base, &tables, version, e);
}
