/*
 * postgres_migrate: the steps to the schema of this program, under an advisory lock.
 *
 * "Schema" has two meanings here: the namespace that our tables are in, and,
 * with a number, their shape.
 */
#include "store/migrate.h"
#include "store/postgres/postgres.h"
#include "store/postgres/postgres_bind.h"

enum { OLDEST_SERVER = 120000 }; /* generated columns */

/* ---- which schema ---- */

/* The next name of "a, \"B c\", $user", as the server reads it; false at the end. */
static bool next_name(struct str *path, struct arena *a, struct str *ret)
{
	char *out = arena_alloc(a, path->n + 1);
	bool quoted = false;
	size_t n = 0;

	*path = str_trim(*path);
	if (path->n == 0)
		return false;
	for (; path->n > 0 && (quoted || *path->at != ','); path->at++, path->n--) {
		char c = *path->at;

		if (c == '"' && quoted && path->n > 1 && path->at[1] == '"') {
			out[n++] = '"';
			path->at++, path->n--;
		} else if (c == '"') {
			quoted = !quoted;
		} else {
			out[n++] = !quoted && c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
		}
	}
	if (path->n > 0)
		path->at++, path->n--;
	*ret = str_trim((struct str){ out, n });
	out[(size_t)(ret->at - out) + ret->n] = '\0';
	return true;
}

static void array_of_names(struct str path, struct arena *a, struct array *names)
{
	struct str name;

	while (next_name(&path, a, &name))
		array_str(names, name);
}

static bool no_schema(struct postgres_store *s, struct err *e)
{
	return err_set(e, ERR_CONFIG, "%s: search_path names no schema to put tables in", s->name);
}

static bool read_path(struct postgres_store *s, struct arena *a, struct str *ret, struct err *e)
{
	RESULT_AUTO(r) = postgres_query(s, "SELECT current_setting('search_path')", NULL, e);

	if (r)
		*ret = cell_copy(r, 0, 0, a);
	return r != NULL;
}

/*
 * The first name, there or not yet: "assay, public" means assay even before that
 * exists.  "$user" counts only where there is such a schema.
 */
static bool find_first(struct postgres_store *s, struct array *names, struct err *e)
{
	struct params p = { 0 };

	param_array(&p, names);
	{
		RESULT_AUTO(r) = postgres_query(
			s,
			"SELECT CASE k.name WHEN '$user' THEN current_user::text ELSE k.name END"
			" FROM unnest($1) WITH ORDINALITY AS k (name, at)"
			" WHERE k.name <> '$user' OR EXISTS (SELECT FROM pg_catalog.pg_namespace n"
			"  WHERE n.nspname = current_user) ORDER BY k.at LIMIT 1",
			&p, e);

		if (!r)
			return false;
		if (PQntuples(r) == 0)
			return no_schema(s, e);
		free(s->schema);
		s->schema = strdup(PQgetvalue(r, 0, 0));
	}
	if (!s->schema)
		abort();
	return true;
}

bool postgres_schema_find(struct postgres_store *s, struct err *e)
{
	ARENA_AUTO(a);
	struct array names;
	struct str path;
	bool ok;

	if (!read_path(s, &a, &path, e))
		return false;
	array_init(&names, ARRAY_TEXT);
	array_of_names(path, &a, &names);
	ok = names.n ? find_first(s, &names, e) : no_schema(s, e);
	array_release(&names);
	return ok;
}

/* ---- what is in it ---- */

static bool query_with_schema(struct postgres_store *s, const char *sql, struct arena *a,
			      struct str *ret, struct err *e)
{
	struct params p = { 0 };

	param_text(&p, s->schema);
	{
		RESULT_AUTO(r) = postgres_query(s, sql, &p, e);

		if (!r)
			return false;
		*ret = PQntuples(r) ? cell_copy(r, 0, 0, a) : STR_NONE;
	}
	return true;
}

static bool is_ours(struct store *base, bool *ret, struct err *e)
{
	ARENA_AUTO(a);
	struct str columns;

	if (!query_with_schema(postgres_of(base),
			       "SELECT count(*)::text FROM pg_catalog.pg_attribute t"
			       " JOIN pg_catalog.pg_class c ON c.oid = t.attrelid"
			       " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
			       " WHERE n.nspname = $1 AND c.relname = 'schema_version'"
			       " AND t.attname IN ('version', 'name', 'applied_at')",
			       &a, &columns, e))
		return false;
	*ret = str_eq(columns, STR("3"));
	return true;
}

static bool is_free(struct store *base, struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	ARENA_AUTO(a);
	struct str names;

	if (!query_with_schema(s,
			       "SELECT string_agg(c.relname, ' and '"
			       "  ORDER BY c.relname = 'schema_version', c.relname DESC)"
			       " FROM pg_catalog.pg_class c"
			       " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
			       " WHERE n.nspname = $1"
			       " AND c.relname IN ('providers', 'models', 'schema_version')",
			       &a, &names, e))
		return false;
	if (str_is_none(names))
		return true;
	return err_set(e, ERR_CONFIG,
		       "%s: schema %s holds tables not made by assay (%.*s); nothing was changed:"
		       " give assay a schema of its own by ?options=-csearch_path%%3Dassay in the"
		       " URL",
		       s->name, s->schema, STR_FMT(names));
}

static bool newest_step(struct store *base, int *ret, struct err *e)
{
	RESULT_AUTO(r) = postgres_query(postgres_of(base),
					"SELECT max(version) FROM schema_version", NULL, e);

	if (r)
		*ret = (int)cell_i64(r, 0, 0);
	return r != NULL;
}

/* ---- steps ---- */

/* The schema itself, and that it is where our names lead. */
static bool make_schema(struct postgres_store *s, struct err *e)
{
	ARENA_AUTO(a);
	struct str there;
	char *quoted;
	bool ok;

	if (!query_with_schema(s,
			       "SELECT nspname::text FROM pg_catalog.pg_namespace"
			       " WHERE nspname = $1",
			       &a, &there, e))
		return false;
	if (str_is_none(there)) {
		quoted = PQescapeIdentifier(s->conn, s->schema, strlen(s->schema));
		if (!quoted)
			return postgres_fail(s, NULL, e);
		ok = postgres_exec(s, arena_printf(&a, "CREATE SCHEMA %s", quoted).at, e);
		PQfreemem(quoted);
		if (!ok)
			return false;
	}
	if (!query_with_schema(s, "SELECT $1 WHERE current_schema() = $1", &a, &there, e))
		return false;
	return !str_is_none(there) ||
	       err_set(e, ERR_CONFIG, "%s: this user may not use schema %s", s->name, s->schema);
}

static bool record_step(struct postgres_store *s, const struct store_migration *m, struct err *e)
{
	struct params p = { 0 };

	param_i64(&p, m->version);
	param_text(&p, m->name);
	param_ms(&p, clock_now_ms());
	return postgres_run(s,
			    "INSERT INTO schema_version (version, name, applied_at)"
			    " VALUES ($1, $2, $3)",
			    &p, NULL, e);
}

static bool begin(struct store *base, struct err *e)
{
	return postgres_begin_with(postgres_of(base), "migrate", e);
}

static bool apply(struct store *base, const struct store_migration *m, struct err *e)
{
	struct postgres_store *s = postgres_of(base);

	return make_schema(s, e) && postgres_exec(s, m->sql, e) && record_step(s, m, e);
}

static const struct migrate_tables tables = {
	.steps = store_postgres_migrations,
	.n_steps = &store_postgres_migrations_n,
	.is_ours = is_ours,
	.is_free = is_free,
	.newest = newest_step,
	.begin = begin,
	.commit = postgres_commit,
	.rollback = postgres_rollback,
	.apply = apply,
};

/* ---- the whole ---- */

int postgres_schema_latest(void)
{
	return migrate_latest(&tables);
}

bool postgres_schema_version(struct postgres_store *s, int *ret, struct err *e)
{
	return migrate_version(&s->base, &tables, ret, e);
}

static bool check_version(struct postgres_store *s, struct err *e)
{
	int version;

	if (!postgres_schema_version(s, &version, e))
		return false;
	if (version == 0)
		return err_set(e, ERR_IO,
			       "%s: there is no such database in schema %s; `assay sync` or"
			       " `assay migrate` creates it",
			       s->name, s->schema);
	return migrate_is_current(&tables, version, e) || err_wrap(e, "%s", s->name);
}

bool postgres_schema_check(struct postgres_store *s, struct err *e)
{
	return postgres_read_begin(s, e) && postgres_read_end(s, check_version(s, e), e);
}

/*
 * Models have names in every script.  A database of one script's letters would take
 * some providers and refuse others, by the day; SQL_ASCII takes bytes as they are.
 */
static bool check_encoding(struct postgres_store *s, struct err *e)
{
	const char *encoding = PQparameterStatus(s->conn, "server_encoding");

	if (!encoding || strcmp(encoding, "UTF8") == 0 || strcmp(encoding, "SQL_ASCII") == 0)
		return true;
	return err_set(e, ERR_CONFIG,
		       "%s: the database is encoded in %s, which lacks letters that models'"
		       " names have: give assay one made by CREATE DATABASE ... ENCODING 'UTF8'"
		       " TEMPLATE template0",
		       s->name, encoding);
}

bool postgres_migrate(struct postgres_store *s, struct err *e)
{
	int version = 0;

	if (PQserverVersion(s->conn) < OLDEST_SERVER)
		return err_set(e, ERR_CONFIG, "%s: PostgreSQL %d is too old: 12 or later is needed",
			       s->name, PQserverVersion(s->conn) / 10000);
	if (!check_encoding(s, e) || !postgres_read_begin(s, e) ||
	    !postgres_read_end(s, postgres_schema_version(s, &version, e), e))
		return false;
	if (!migrate_is_not_newer(&tables, version, e))
		return err_wrap(e, "%s", s->name);
	return migrate_run(&s->base, &tables, version, e);
}
