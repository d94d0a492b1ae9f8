/*
 * postgres_list: reading, for commands.
 */
#include "store/postgres/postgres.h"
#include "store/postgres/postgres_bind.h"
#include "store/words.h"

/* ---- providers ---- */

static const char providers_sql[] =
	"SELECT p.slug, p.name, p.is_active, COALESCE(m.n, 0), COALESCE(m.active, 0),"
	" COALESCE(m.missing, 0), COALESCE(x.n, 0), s.hash, s.last_at, r.error"
	" FROM providers p"
	" LEFT JOIN (SELECT provider_id, count(*) AS n, count(*) FILTER (WHERE is_active) AS active,"
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
	" ORDER BY p.slug";

static void read_provider(const PGresult *r, int row, struct arena *a,
			  struct store_provider_stat *ret)
{
	ret->slug = cell_copy(r, row, 0, a);
	ret->name = cell_copy(r, row, 1, a);
	ret->is_active = cell_bool(r, row, 2);
	ret->models = cell_u64(r, row, 3);
	ret->active = cell_u64(r, row, 4);
	ret->missing = cell_u64(r, row, 5);
	ret->prices = cell_u64(r, row, 6);
	ret->has_snapshot = cell_hash(r, row, 7, &ret->snapshot);
	ret->last_complete_ms = cell_ms(r, row, 8);
	ret->last_error = cell_copy(r, row, 9, a);
}

bool postgres_list_providers(struct store *base, struct arena *a, struct store_provider_stat **ret,
			     size_t *ret_n, struct err *e)
{
	RESULT_AUTO(r) = postgres_read(postgres_of(base), providers_sql, NULL, e);
	struct store_provider_stat *list;

	if (!r)
		return false;
	list = arena_array(a, (size_t)PQntuples(r), struct store_provider_stat);
	for (int i = 0; i < PQntuples(r); i++)
		read_provider(r, i, a, &list[i]);
	*ret = list;
	*ret_n = (size_t)PQntuples(r);
	return true;
}

/* ---- rows one after another ---- */

#define FETCH "FETCH 2000 FROM assay_list"
enum { FETCHED = 2000 };

static bool fetch(struct postgres_store *s, postgres_row_fn *fn, void *each, bool *ret_more,
		  struct err *e)
{
	RESULT_AUTO(r) = postgres_query(s, FETCH, NULL, e);

	if (!r)
		return false;
	*ret_more = PQntuples(r) == FETCHED;
	for (int i = 0; i < PQntuples(r); i++)
		if (!fn(s, each, r, i, e))
			return false;
	return true;
}

bool postgres_walk(struct postgres_store *s, const char *sql, const struct params *p,
		   postgres_row_fn *fn, void *each, struct err *e)
{
	bool more = true, ok = postgres_run(s, sql, p, NULL, e);

	while (ok && more)
		ok = fetch(s, fn, each, &more, e);
	/* A write transaction goes on, and another list may be asked for in it. */
	if (s->writing && PQtransactionStatus(s->conn) == PQTRANS_INTRANS)
		ok = postgres_exec(s, "CLOSE assay_list", ok ? e : &(struct err){ 0 }) && ok;
	return ok;
}

/* ---- models ---- */

/*
 * Both sides of a search are put into lower case by the rules of the database's
 * own collation; names are put in order by their bytes.
 */
#define MODELS_SQL                                                                               \
	POSTGRES_CURSOR                                                                          \
	"SELECT m.provider_slug, m.provider_model_id, m.model_name, m.modality, m.quantization," \
	" m.pricing_prompt::text, m.pricing_completion::text, m.pricing_image::text,"            \
	" m.pricing_request::text, m.context_length, m.max_output_tokens, m.missing_since,"      \
	" m.deprecated_at, m.first_seen_at, m.last_seen_at, m.is_active AND p.is_active,"        \
	" m.canonical_id FROM models_current m JOIN providers p ON p.id = m.provider_id"         \
	" WHERE ($1 IS NULL"                                                                     \
	"  OR strpos(lower(m.provider_model_id COLLATE \"default\"), lower($1)) > 0"             \
	"  OR strpos(lower(m.model_name), lower($1)) > 0)"                                       \
	" AND ($2 IS NULL OR m.provider_slug = $2)"                                              \
	" AND ($3 IS NULL OR m.modality = $3)"                                                   \
	" ORDER BY "
#define TIES ", m.provider_slug, m.provider_model_id LIMIT $4"

static const char *const models_sql[] = {
	[SORT_NAME] = MODELS_SQL "m.model_name COLLATE \"C\"" TIES,
	[SORT_PRICE] = MODELS_SQL "m.pricing_prompt NULLS LAST" TIES,
	[SORT_CONTEXT] = MODELS_SQL "m.context_length DESC NULLS LAST" TIES,
};

struct each_model {
	store_model_fn *fn;
	void *arg;
};

static bool read_model(struct postgres_store *s, void *each, const PGresult *r, int row,
		       struct err *e)
{
	const struct each_model *m = each;
	const struct store_model_row model = {
		.provider = cell_str(r, row, 0),
		.provider_model_id = cell_str(r, row, 1),
		.name = cell_str(r, row, 2),
		.modality = cell_str(r, row, 3),
		.quantization = cell_str(r, row, 4),
		.pricing_prompt = cell_str(r, row, 5),
		.pricing_completion = cell_str(r, row, 6),
		.pricing_image = cell_str(r, row, 7),
		.pricing_request = cell_str(r, row, 8),
		.context_length = cell_count(r, row, 9),
		.max_output_tokens = cell_count(r, row, 10),
		.missing_since_ms = cell_ms(r, row, 11),
		.deprecated_at_ms = cell_ms(r, row, 12),
		.first_seen_ms = cell_ms(r, row, 13),
		.last_seen_ms = cell_ms(r, row, 14),
		.is_active = cell_bool(r, row, 15),
		.canonical_id = cell_str(r, row, 16),
	};

	(void)s;
	return m->fn(m->arg, &model, e);
}

bool postgres_list_models(struct store *base, const struct store_model_query *q, store_model_fn *fn,
			  void *arg, struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	struct each_model each = { fn, arg };
	struct params p = { 0 };

	param_str(&p, q->text);
	param_str(&p, q->provider);
	param_str(&p, q->modality);
	param_limit(&p, q->limit);
	return postgres_read_begin(s, e) &&
	       postgres_read_end(s, postgres_walk(s, models_sql[q->sort], &p, read_model, &each, e),
				 e);
}

/* ---- changes ---- */

/* The newest `limit` of those that fit (or the oldest), told in the order they happened. */
#define CHANGES_BEGIN                                                                 \
	POSTGRES_CURSOR                                                               \
	"SELECT c.id, c.at, p.slug, c.model, c.kind, c.field, c.old, c.new, c.ratio," \
	" c.tags::text FROM (SELECT c.* FROM changes c WHERE "
#define CHANGES_END(order)                                                                \
	" AND ($4 IS NULL OR c.provider_id = (SELECT id FROM providers WHERE slug = $4))" \
	" AND ($5 IS NULL OR c.model = $5)"                                               \
	" AND ($6 IS NULL OR strpos($6, ',' || c.kind || ',') > 0)"                       \
	" ORDER BY " order " LIMIT $7) c JOIN providers p ON p.id = c.provider_id ORDER BY c.id"
#define EITHER_WAY(where, key)                                                                     \
	{                                                                                          \
		CHANGES_BEGIN where CHANGES_END(key " DESC"), CHANGES_BEGIN where CHANGES_END(key) \
	}

/*
 * A cursor is planned for a quick first row, which would be a walk along the ids
 * through all there is: + 0 shuts that way, and a day of a year is found by its time.
 */
static const char *const changes_since_sql[] =
	EITHER_WAY("c.at >= $1 AND c.id + 0 > $2 AND c.id + 0 <= $3", "c.id + 0");
static const char *const changes_all_sql[] =
	EITHER_WAY("($1 IS NULL OR c.at >= $1) AND c.id > $2 AND c.id <= $3", "c.id");
/* Owed notices are few, and each is for a stretch of ids of one provider. */
static const char *const changes_owed_sql[] = EITHER_WAY(
	"c.id IN (SELECT r.id FROM outbox o JOIN changes r"
	"  ON r.provider_id = o.provider_id AND r.id BETWEEN o.first_change AND o.last_change"
	"  WHERE o.done_at IS NULL AND o.first_change IS NOT NULL)"
	" AND ($1 IS NULL OR c.at >= $1) AND c.id > $2 AND c.id <= $3",
	"c.id + 0");

static const char *changes_sql(const struct store_change_query *q)
{
	if (q->undelivered)
		return changes_owed_sql[q->oldest];
	return (q->since_ms != CLOCK_NONE ? changes_since_sql : changes_all_sql)[q->oldest];
}

struct each_change {
	store_change_fn *fn;
	void *arg;
};

static bool read_change(struct postgres_store *s, void *each, const PGresult *r, int row,
			struct err *e)
{
	const struct each_change *c = each;
	struct str kind = cell_str(r, row, 4);
	struct store_change_row change = {
		.id = cell_i64(r, row, 0),
		.at_ms = cell_ms(r, row, 1),
		.provider = cell_str(r, row, 2),
		.change = {
			.model = cell_str(r, row, 3),
			.field = cell_str(r, row, 5),
			.old_value = cell_str(r, row, 6),
			.new_value = cell_str(r, row, 7),
			.ratio = cell_str(r, row, 8),
			.tags = cell_str(r, row, 9),
		},
	};

	if (!words_change_kind(kind, &change.change.kind))
		return err_set(e, ERR_DB, "%s: kind of change %lld: %s is none this program knows",
			       s->name, (long long)change.id, err_quote(kind.at, kind.n));
	return c->fn(c->arg, &change, e);
}

bool postgres_list_changes(struct store *base, const struct store_change_query *q,
			   store_change_fn *fn, void *arg, struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	struct each_change each = { fn, arg };
	BUF_AUTO(kinds, WORDS_KINDS_MAX);
	struct params p = { 0 };

	param_ms(&p, q->since_ms);
	param_i64(&p, q->after_id);
	param_i64(&p, q->up_to_id ? q->up_to_id : INT64_MAX);
	param_str(&p, q->provider);
	param_str(&p, q->model);
	param_str(&p, words_change_kinds(q->kinds, &kinds));
	param_limit(&p, q->limit);
	return postgres_read_begin(s, e) &&
	       postgres_read_end(s, postgres_walk(s, changes_sql(q), &p, read_change, &each, e), e);
}

bool postgres_newest_change(struct store *base, int64_t *ret, struct err *e)
{
	RESULT_AUTO(r) = postgres_read(postgres_of(base), "SELECT max(id) FROM changes", NULL, e);

	if (!r)
		return false;
	*ret = cell_i64(r, 0, 0);
	return true;
}

/* ---- drift ---- */

static const char drift_sql[] =
	POSTGRES_CURSOR "SELECT d.id, d.at, p.slug, d.list, d.path, d.kind, d.closed, d.old_types,"
			" d.new_types, d.stood_in, d.of_rows, d.example"
			" FROM schema_drift d JOIN providers p ON p.id = d.provider_id"
			" WHERE $1 IS NULL OR p.slug = $1 ORDER BY d.id DESC LIMIT $2";

struct each_drift {
	store_drift_fn *fn;
	void *arg;
};

static bool read_drift(struct postgres_store *s, void *each, const PGresult *r, int row,
		       struct err *e)
{
	const struct each_drift *d = each;
	const struct store_drift_row drift = {
		.id = cell_i64(r, row, 0),
		.at_ms = cell_ms(r, row, 1),
		.provider = cell_str(r, row, 2),
		.drift = {
			.list = cell_str(r, row, 3),
			.path = cell_str(r, row, 4),
			.kind = cell_str(r, row, 5),
			.closed = cell_bool(r, row, 6),
			.before = cell_str(r, row, 7),
			.after = cell_str(r, row, 8),
			.rows = cell_u64(r, row, 9),
			.of = cell_u64(r, row, 10),
			.example = cell_str(r, row, 11),
		},
	};

	(void)s;
	return d->fn(d->arg, &drift, e);
}

bool postgres_list_drift(struct store *base, struct str provider, uint64_t limit,
			 store_drift_fn *fn, void *arg, struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	struct each_drift each = { fn, arg };
	struct params p = { 0 };

	param_str(&p, provider);
	param_limit(&p, limit);
	return postgres_read_begin(s, e) &&
	       postgres_read_end(s, postgres_walk(s, drift_sql, &p, read_drift, &each, e), e);
}

/* ---- totals ---- */

bool postgres_totals(struct store *base, struct store_totals *ret, struct err *e)
{
	RESULT_AUTO(r) = postgres_read(postgres_of(base),
				       "SELECT (SELECT count(*) FROM providers),"
				       " (SELECT count(*) FROM models),"
				       " (SELECT count(*) FROM prices WHERE seen_to IS NULL),"
				       " (SELECT count(*) FROM model_versions),"
				       " (SELECT count(*) FROM snapshots),"
				       " (SELECT count(*) FROM changes),"
				       " (SELECT count(*) FROM sync_runs)"
				       " + (SELECT coalesce(sum(runs), 0)::bigint FROM sync_days)",
				       NULL, e);

	if (!r)
		return false;
	*ret = (struct store_totals){
		.providers = cell_u64(r, 0, 0),
		.models = cell_u64(r, 0, 1),
		.open_prices = cell_u64(r, 0, 2),
		.versions = cell_u64(r, 0, 3),
		.snapshots = cell_u64(r, 0, 4),
		.changes = cell_u64(r, 0, 5),
		.runs = cell_u64(r, 0, 6),
	};
	return true;
}
