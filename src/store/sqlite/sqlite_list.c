/*
 * sqlite_list: reading, for commands.
 */
#include "store/sqlite/sqlite.h"
#include "store/sqlite/sqlite_bind.h"
#include "store/words.h"

/* ---- providers ---- */

static void read_provider(sqlite3_stmt *st, struct arena *a, void *item)
{
	struct store_provider_stat *ret = item;

	ret->slug = column_copy(st, 1, a);
	ret->name = column_copy(st, 2, a);
	ret->is_active = sqlite3_column_int(st, 3) != 0;
	ret->models = column_u64(st, 4);
	ret->active = column_u64(st, 5);
	ret->missing = column_u64(st, 6);
	ret->prices = column_u64(st, 7);
	ret->has_snapshot = column_hash(st, 8, &ret->snapshot);
	ret->last_complete_ms = column_ms(st, 9);
	ret->last_error = column_copy(st, 10, a);
}

static const struct sqlite_list providers = {
	"SELECT (SELECT count(*) FROM providers), p.slug, p.name, p.is_active, ifnull(m.n, 0),"
	" ifnull(m.active, 0), ifnull(m.missing, 0), ifnull(x.n, 0), s.hash, s.last_at, r.error"
	" FROM providers p"
	" LEFT JOIN (SELECT provider_id, count(*) AS n, sum(is_active) AS active,"
	"  count(missing_since) AS missing FROM models GROUP BY provider_id) m"
	"  ON m.provider_id = p.id"
	" LEFT JOIN (SELECT o.provider_id, count(*) AS n FROM prices c"
	"  JOIN models o ON o.id = c.model_id WHERE c.seen_to IS NULL GROUP BY o.provider_id) x"
	"  ON x.provider_id = p.id"
	" LEFT JOIN snapshots s"
	"  ON s.id = (SELECT max(id) FROM snapshots WHERE provider_id = p.id)"
	" LEFT JOIN sync_runs r"
	"  ON r.id = (SELECT max(id) FROM sync_runs WHERE provider_id = p.id)"
	"  AND r.completeness <> 'complete'"
	" ORDER BY p.slug",
	sizeof(struct store_provider_stat),
	read_provider,
};

bool sqlite_list_providers(struct store *base, struct arena *a, struct store_provider_stat **ret,
			   size_t *ret_n, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) &&
	       sqlite_read_end(s, sqlite_read_list(s, &providers, 0, a, (void **)ret, ret_n, e), e);
}

/* ---- models ---- */

#define MODELS_SQL                                                                               \
	"SELECT m.provider_slug, m.provider_model_id, m.model_name, m.modality, m.quantization," \
	" m.pricing_prompt, m.pricing_completion, m.pricing_image, m.pricing_request,"           \
	" m.context_length, m.max_output_tokens, m.missing_since, m.deprecated_at,"              \
	" m.first_seen_at, m.last_seen_at, m.is_active AND p.is_active, m.canonical_id"          \
	" FROM models_current m JOIN providers p ON p.id = m.provider_id"                        \
	" WHERE (?1 IS NULL OR instr(lower(m.provider_model_id), lower(?1)) > 0"                 \
	"  OR instr(lower(m.model_name), lower(?1)) > 0)"                                        \
	" AND (?2 IS NULL OR m.provider_slug = ?2)"                                              \
	" AND (?3 IS NULL OR m.modality = ?3)"                                                   \
	" ORDER BY "
#define TIES ", m.provider_slug, m.provider_model_id LIMIT ?4"

static const char *const models_sql[] = {
	[SORT_NAME] = MODELS_SQL "m.model_name" TIES,
	[SORT_PRICE] = MODELS_SQL "CAST(m.pricing_prompt AS REAL) NULLS LAST" TIES,
	[SORT_CONTEXT] = MODELS_SQL "m.context_length DESC NULLS LAST" TIES,
};

static void read_model(sqlite3_stmt *st, struct store_model_row *ret)
{
	ret->provider = column_str(st, 0);
	ret->provider_model_id = column_str(st, 1);
	ret->name = column_str(st, 2);
	ret->modality = column_str(st, 3);
	ret->quantization = column_str(st, 4);
	ret->pricing_prompt = column_str(st, 5);
	ret->pricing_completion = column_str(st, 6);
	ret->pricing_image = column_str(st, 7);
	ret->pricing_request = column_str(st, 8);
	ret->context_length = column_count(st, 9);
	ret->max_output_tokens = column_count(st, 10);
	ret->missing_since_ms = column_time(st, 11);
	ret->deprecated_at_ms = column_time(st, 12);
	ret->first_seen_ms = column_time(st, 13);
	ret->last_seen_ms = column_time(st, 14);
	ret->is_active = sqlite3_column_int(st, 15) != 0;
	ret->canonical_id = column_str(st, 16);
}

static bool each_model(struct sqlite_store *s, const struct store_model_query *q,
		       store_model_fn *fn, void *arg, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s, models_sql[q->sort], e);
	struct store_model_row model;
	bool row;

	if (!st)
		return false;
	bind_str(st, 1, q->text);
	bind_str(st, 2, q->provider);
	bind_str(st, 3, q->modality);
	bind_limit(st, 4, q->limit);
	for (;;) {
		if (!sqlite_next(s, st, &row, e))
			return false;
		if (!row)
			return true;
		read_model(st, &model);
		if (!fn(arg, &model, e))
			return false;
	}
}

bool sqlite_list_models(struct store *base, const struct store_model_query *q, store_model_fn *fn,
			void *arg, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) && sqlite_read_end(s, each_model(s, q, fn, arg, e), e);
}

/* ---- changes ---- */

/* The newest `limit` of those that fit (or the oldest), told in the order they happened. */
#define CHANGES_BEGIN                                                                        \
	"SELECT c.id, c.at, p.slug, c.model, c.kind, c.field, c.old, c.new, c.ratio, c.tags" \
	" FROM (SELECT c.* FROM "
#define CHANGES_END(newest_first)                                                         \
	" AND (?4 IS NULL OR c.provider_id = (SELECT id FROM providers WHERE slug = ?4))" \
	" AND (?5 IS NULL OR c.model = ?5)"                                               \
	" AND (?6 IS NULL OR instr(?6, ',' || c.kind || ',') > 0)"                        \
	"  ORDER BY c.id" newest_first " LIMIT ?7) c"                                     \
	" JOIN providers p ON p.id = c.provider_id ORDER BY c.id"
#define EITHER_WAY(middle)                                                                      \
	{                                                                                       \
		CHANGES_BEGIN middle CHANGES_END(" DESC"), CHANGES_BEGIN middle CHANGES_END("") \
	}

/*
 * A day of a year is found by its time, provider by provider, or it is searched for: + keeps
 * the way along the ids shut.
 */
static const char *const changes_since_sql[] =
	EITHER_WAY("providers o CROSS JOIN changes c INDEXED BY changes_in_time"
		   " ON c.provider_id = o.id AND c.at >= ?1"
		   " WHERE +c.id > ?2 AND +c.id <= ?3");
static const char *const changes_all_sql[] =
	EITHER_WAY("changes c WHERE c.at >= ?1 AND c.id > ?2 AND c.id <= ?3");
/* Owed notices are few, and each is for a stretch of ids of one provider. */
static const char *const changes_owed_sql[] = EITHER_WAY(
	"changes c WHERE c.id IN (SELECT r.id FROM outbox o CROSS JOIN changes r NOT INDEXED"
	"  ON r.provider_id = o.provider_id AND r.id BETWEEN o.first_change AND o.last_change"
	"  WHERE o.done_at IS NULL AND o.first_change IS NOT NULL)"
	" AND c.at >= ?1 AND c.id > ?2 AND c.id <= ?3");

static const char *changes_sql(const struct store_change_query *q)
{
	if (q->undelivered)
		return changes_owed_sql[q->oldest];
	return (q->since_ms != CLOCK_NONE ? changes_since_sql : changes_all_sql)[q->oldest];
}

static bool read_change(struct sqlite_store *s, sqlite3_stmt *st, struct store_change_row *ret,
			struct err *e)
{
	struct str kind = column_str(st, 4);

	ret->id = sqlite3_column_int64(st, 0);
	ret->at_ms = sqlite3_column_int64(st, 1);
	ret->provider = column_str(st, 2);
	ret->change.model = column_str(st, 3);
	ret->change.field = column_str(st, 5);
	ret->change.old_value = column_str(st, 6);
	ret->change.new_value = column_str(st, 7);
	ret->change.ratio = column_str(st, 8);
	ret->change.tags = column_str(st, 9);
	if (words_change_kind(kind, &ret->change.kind))
		return true;
	return err_set(e, ERR_DB, "sqlite:%s: kind of change %lld: %s is none this program knows",
		       s->path, (long long)ret->id, err_quote(kind.at, kind.n));
}

static bool each_change(struct sqlite_store *s, const struct store_change_query *q,
			store_change_fn *fn, void *arg, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s, changes_sql(q), e);
	BUF_AUTO(kinds, WORDS_KINDS_MAX);
	struct store_change_row change;
	bool row;

	if (!st)
		return false;
	bind_i64(st, 1, q->since_ms); /* CLOCK_NONE is before everything */
	bind_i64(st, 2, q->after_id);
	bind_i64(st, 3, q->up_to_id ? q->up_to_id : INT64_MAX);
	bind_str(st, 4, q->provider);
	bind_str(st, 5, q->model);
	bind_str(st, 6, words_change_kinds(q->kinds, &kinds));
	bind_limit(st, 7, q->limit);
	for (;;) {
		if (!sqlite_next(s, st, &row, e))
			return false;
		if (!row)
			return true;
		if (!read_change(s, st, &change, e) || !fn(arg, &change, e))
			return false;
	}
}

bool sqlite_list_changes(struct store *base, const struct store_change_query *q,
			 store_change_fn *fn, void *arg, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) && sqlite_read_end(s, each_change(s, q, fn, arg, e), e);
}

static bool read_newest(struct sqlite_store *s, int64_t *ret, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s, "SELECT max(id) FROM changes", e);
	bool row;

	if (!st || !sqlite_next(s, st, &row, e))
		return false;
	*ret = sqlite3_column_int64(st, 0);
	return true;
}

bool sqlite_newest_change(struct store *base, int64_t *ret, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) && sqlite_read_end(s, read_newest(s, ret, e), e);
}

/* ---- drift ---- */

static const char drift_sql[] =
	"SELECT d.id, d.at, p.slug, d.list, d.path, d.kind, d.closed, d.old_types, d.new_types,"
	" d.stood_in, d.of_rows, d.example"
	" FROM schema_drift d JOIN providers p ON p.id = d.provider_id"
	" WHERE ?1 IS NULL OR p.slug = ?1 ORDER BY d.id DESC LIMIT ?2";

static void read_drift(sqlite3_stmt *st, struct store_drift_row *ret)
{
	ret->id = sqlite3_column_int64(st, 0);
	ret->at_ms = sqlite3_column_int64(st, 1);
	ret->provider = column_str(st, 2);
	ret->drift = (struct store_drift){
		.list = column_str(st, 3),
		.path = column_str(st, 4),
		.kind = column_str(st, 5),
		.closed = sqlite3_column_int(st, 6) != 0,
		.before = column_str(st, 7),
		.after = column_str(st, 8),
		.rows = column_u64(st, 9),
		.of = column_u64(st, 10),
		.example = column_str(st, 11),
	};
}

static bool each_drift(struct sqlite_store *s, struct str provider, uint64_t limit,
		       store_drift_fn *fn, void *arg, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s, drift_sql, e);
	struct store_drift_row drift;
	bool row;

	if (!st)
		return false;
	bind_str(st, 1, provider);
	bind_limit(st, 2, limit);
	for (;;) {
		if (!sqlite_next(s, st, &row, e))
			return false;
		if (!row)
			return true;
		read_drift(st, &drift);
		if (!fn(arg, &drift, e))
			return false;
	}
}

bool sqlite_list_drift(struct store *base, struct str provider, uint64_t limit, store_drift_fn *fn,
		       void *arg, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) &&
	       sqlite_read_end(s, each_drift(s, provider, limit, fn, arg, e), e);
}

/* ---- totals ---- */

static bool read_totals(struct sqlite_store *s, struct store_totals *ret, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "SELECT (SELECT count(*) FROM providers),"
				       " (SELECT count(*) FROM models),"
				       " (SELECT count(*) FROM prices WHERE seen_to IS NULL),"
				       " (SELECT count(*) FROM model_versions),"
				       " (SELECT count(*) FROM snapshots),"
				       " (SELECT count(*) FROM changes),"
				       " (SELECT count(*) FROM sync_runs)"
				       " + (SELECT ifnull(sum(runs), 0) FROM sync_days)",
				       e);
	bool row;

	if (!st || !sqlite_next(s, st, &row, e))
		return false;
	*ret = (struct store_totals){
		.providers = column_u64(st, 0),
		.models = column_u64(st, 1),
		.open_prices = column_u64(st, 2),
		.versions = column_u64(st, 3),
		.snapshots = column_u64(st, 4),
		.changes = column_u64(st, 5),
		.runs = column_u64(st, 6),
	};
	return true;
}

bool sqlite_totals(struct store *base, struct store_totals *ret, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) && sqlite_read_end(s, read_totals(s, ret, e), e);
}
