/*
 * sqlite_probe: what a probe remembers and whom it may ask: jobs, corrections of recipes, endpoints.
 */
#include "store/sqlite/sqlite.h"
#include "store/sqlite/sqlite_bind.h"

/* ---- jobs ---- */

static bool load_job(struct sqlite_store *s, const char *name, struct arena *a,
		     struct str *ret_state, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s, "SELECT state FROM jobs WHERE name = ?1", e);
	bool row;

	if (!st)
		return false;
	bind_text(st, 1, name);
	if (!sqlite_next(s, st, &row, e))
		return false;
	*ret_state = row ? column_copy(st, 0, a) : STR_NONE;
	return true;
}

bool sqlite_load_job(struct store *base, const char *name, struct arena *a, struct str *ret_state,
		     struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) && sqlite_read_end(s, load_job(s, name, a, ret_state, e), e);
}

bool sqlite_save_job(struct store *base, const char *name, int64_t now_ms, struct str state,
		     struct str error, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	STMT_AUTO(st) = sqlite_prepare(s,
				       "INSERT INTO jobs (name, last_end, state, last_error)"
				       " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name)"
				       " DO UPDATE SET last_end = excluded.last_end,"
				       " state = excluded.state, last_error = excluded.last_error",
				       e);

	if (!st)
		return false;
	bind_text(st, 1, name);
	bind_i64(st, 2, now_ms);
	bind_str(st, 3, state);
	bind_str(st, 4, error);
	return sqlite_run(s, st, e);
}

/* ---- corrections ---- */

static bool parse_correction(struct sqlite_store *s, sqlite3_stmt *st, struct arena *a, void *item,
			     struct err *e)
{
	struct store_correction *ret = item;

	*ret = (struct store_correction){
		.provider = column_copy(st, 1, a),
		.provider_model_id = column_copy(st, 2, a),
		.reason = column_copy(st, 4, a),
		.learned_at_ms = sqlite3_column_int64(st, 5),
	};
	if (recipe_parse(column_copy(st, 3, a), a, &ret->recipe, e))
		return true;
	err_add_context(e, "sqlite:%s: correction of %s at %s", s->path,
			err_quote(ret->provider_model_id.at, ret->provider_model_id.n),
			err_quote(ret->provider.at, ret->provider.n));
	return false;
}

static const struct sqlite_list corrections = {
	"SELECT count(*) OVER (), provider, provider_model_id, recipe, reason, learned_at"
	" FROM recipe_corrections ORDER BY provider, provider_model_id",
	sizeof(struct store_correction),
	.parse = parse_correction,
};

bool sqlite_load_corrections(struct store *base, struct arena *a, struct store_correction **ret,
			     size_t *ret_n, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) &&
	       sqlite_read_end(s, sqlite_read_list(s, &corrections, 0, a, (void **)ret, ret_n, e),
			       e);
}

bool sqlite_save_correction(struct store *base, const struct store_correction *c, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	BUF_AUTO(recipe, SIZE_MAX);
	STMT_AUTO(st) = sqlite_prepare(s,
				       "INSERT INTO recipe_corrections (provider,"
				       " provider_model_id, recipe, reason, learned_at)"
				       " VALUES (?1, ?2, ?3, ?4, ?5)"
				       " ON CONFLICT (provider, provider_model_id) DO UPDATE SET"
				       " recipe = excluded.recipe, reason = excluded.reason,"
				       " learned_at = excluded.learned_at",
				       e);

	if (!st)
		return false;
	recipe_format(&c->recipe, &recipe);
	bind_str(st, 1, c->provider);
	bind_str(st, 2, c->provider_model_id);
	bind_str(st, 3, buf_str(&recipe));
	bind_str(st, 4, c->reason);
	bind_i64(st, 5, c->learned_at_ms);
	return sqlite_run(s, st, e);
}

/* ---- endpoints ---- */

/*
 * In the order of two indexes: nothing is sorted.  When an endpoint was last probed is the end of
 * its entries in a third.
 */
static const char endpoints_sql[] =
	"SELECT (SELECT count(*) FROM models), m.id, p.slug, m.provider_model_id, m.canonical_id,"
	" json_extract(m.metadata, '$." MODEL_HUGGING_FACE_KEY "'), m.modality, m.pricing_prompt,"
	" m.pricing_completion, m.context_length,"
	" (SELECT max(x.started_at) FROM samples x WHERE x.provider = p.slug"
	"  AND x.provider_model_id = m.provider_model_id)"
	" FROM providers p CROSS JOIN models m INDEXED BY models_baseline ON m.provider_id = p.id"
	" WHERE p.is_active = 1 AND m.is_active = 1 AND m.missing_since IS NULL"
	" AND (?1 IS NULL OR p.slug = ?1) ORDER BY p.slug, m.provider_model_id";

static void read_endpoint(sqlite3_stmt *st, struct arena *a, void *item)
{
	*(struct store_endpoint_row *)item = (struct store_endpoint_row){
		.model_id = sqlite3_column_int64(st, 1),
		.provider = column_copy(st, 2, a),
		.provider_model_id = column_copy(st, 3, a),
		.canonical_id = column_copy(st, 4, a),
		.hugging_face_id = column_copy(st, 5, a),
		.modality = column_copy(st, 6, a),
		.pricing_prompt = column_copy(st, 7, a),
		.pricing_completion = column_copy(st, 8, a),
		.context_length = column_count(st, 9),
		.last_probed_ms = column_ms(st, 10),
	};
}

static bool read_endpoints(struct sqlite_store *s, struct str provider, struct arena *a,
			   struct store_endpoint_row **ret, size_t *ret_n, struct err *e)
{
	static const struct sqlite_list endpoints = { endpoints_sql, sizeof(**ret), read_endpoint };
	STMT_AUTO(st) = sqlite_prepare(s, endpoints_sql, e);

	if (!st)
		return false;
	bind_str(st, 1, provider);
	return sqlite_read_rows(s, st, &endpoints, a, (void **)ret, ret_n, e);
}

bool sqlite_load_endpoints(struct store *base, struct str provider, struct arena *a,
			   struct store_endpoint_row **ret, size_t *ret_n, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) &&
	       sqlite_read_end(s, read_endpoints(s, provider, a, ret, ret_n, e), e);
}
