/*
 * postgres_probe: what a probe remembers and whom it may ask: jobs, corrections of recipes, endpoints.
 */
#include "store/postgres/postgres.h"
#include "store/postgres/postgres_bind.h"

/* ---- jobs ---- */

bool postgres_load_job(struct store *base, const char *name, struct arena *a, struct str *ret_state,
		       struct err *e)
{
	struct params p = { 0 };

	param_text(&p, name);
	{
		RESULT_AUTO(r) = postgres_read(postgres_of(base),
					       "SELECT state FROM jobs WHERE name = $1", &p, e);

		if (!r)
			return false;
		*ret_state = PQntuples(r) ? cell_copy(r, 0, 0, a) : STR_NONE;
	}
	return true;
}

static bool upsert_job(struct postgres_store *s, const char *name, int64_t now_ms, struct str state,
		       struct str error, struct err *e)
{
	struct params p = { 0 };

	param_text(&p, name);
	param_ms(&p, now_ms);
	param_json(&p, state);
	param_str(&p, error);
	return postgres_run(s,
			    "INSERT INTO jobs (name, last_end, state, last_error)"
			    " VALUES ($1, $2, $3, $4) ON CONFLICT (name)"
			    " DO UPDATE SET last_end = excluded.last_end, state = excluded.state,"
			    " last_error = excluded.last_error",
			    &p, NULL, e);
}

bool postgres_save_job(struct store *base, const char *name, int64_t now_ms, struct str state,
		       struct str error, struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	bool own;

	return postgres_write_begin(s, &own, e) &&
	       postgres_write_end(s, own, upsert_job(s, name, now_ms, state, error, e), e);
}

/* ---- corrections ---- */

static bool read_correction(struct postgres_store *s, const PGresult *r, int row, struct arena *a,
			    struct store_correction *ret, struct err *e)
{
	*ret = (struct store_correction){
		.provider = cell_copy(r, row, 0, a),
		.provider_model_id = cell_copy(r, row, 1, a),
		.reason = cell_copy(r, row, 3, a),
		.learned_at_ms = cell_ms(r, row, 4),
	};
	if (recipe_parse(cell_copy(r, row, 2, a), a, &ret->recipe, e))
		return true;
	err_add_context(e, "%s: correction of %s at %s", s->name,
			err_quote(ret->provider_model_id.at, ret->provider_model_id.n),
			err_quote(ret->provider.at, ret->provider.n));
	return false;
}

bool postgres_load_corrections(struct store *base, struct arena *a, struct store_correction **ret,
			       size_t *ret_n, struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	RESULT_AUTO(r) = postgres_read(s,
				       "SELECT provider, provider_model_id, recipe, reason,"
				       " learned_at FROM recipe_corrections"
				       " ORDER BY provider, provider_model_id",
				       NULL, e);
	struct store_correction *list;

	if (!r)
		return false;
	list = arena_array(a, (size_t)PQntuples(r), struct store_correction);
	for (int i = 0; i < PQntuples(r); i++)
		if (!read_correction(s, r, i, a, &list[i], e))
			return false;
	*ret = list;
	*ret_n = (size_t)PQntuples(r);
	return true;
}

static bool upsert_correction(struct postgres_store *s, const struct store_correction *c,
			      struct str recipe, struct err *e)
{
	struct params p = { 0 };

	param_str(&p, c->provider);
	param_str(&p, c->provider_model_id);
	param_json(&p, recipe);
	param_str(&p, c->reason);
	param_ms(&p, c->learned_at_ms);
	return postgres_run(s,
			    "INSERT INTO recipe_corrections (provider, provider_model_id, recipe,"
			    " reason, learned_at) VALUES ($1, $2, $3, $4, $5)"
			    " ON CONFLICT (provider, provider_model_id) DO UPDATE SET"
			    " recipe = excluded.recipe, reason = excluded.reason,"
			    " learned_at = excluded.learned_at",
			    &p, NULL, e);
}

bool postgres_save_correction(struct store *base, const struct store_correction *c, struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	BUF_AUTO(recipe, SIZE_MAX);
	bool own;

	recipe_format(&c->recipe, &recipe);
	return postgres_write_begin(s, &own, e) &&
	       postgres_write_end(s, own, upsert_correction(s, c, buf_str(&recipe), e), e);
}

/* ---- endpoints ---- */

/* When one was last probed is the end of its entries in an index. */
static const char endpoints_sql[] =
	"SELECT m.id, p.slug, m.provider_model_id, m.canonical_id,"
	" m.metadata ->> '" MODEL_HUGGING_FACE_KEY "', m.modality, m.pricing_prompt::text,"
	" m.pricing_completion::text, m.context_length, x.at"
	" FROM providers p JOIN models m ON m.provider_id = p.id"
	" LEFT JOIN LATERAL (SELECT max(started_at) AS at FROM samples"
	"  WHERE provider = p.slug AND provider_model_id = m.provider_model_id) x ON TRUE"
	" WHERE p.is_active AND m.is_active AND m.missing_since IS NULL"
	" AND ($1 IS NULL OR p.slug = $1) ORDER BY p.slug, m.provider_model_id";

static void read_endpoint(const PGresult *r, int row, struct arena *a,
			  struct store_endpoint_row *ret)
{
	*ret = (struct store_endpoint_row){
		.model_id = cell_i64(r, row, 0),
		.provider = cell_copy(r, row, 1, a),
		.provider_model_id = cell_copy(r, row, 2, a),
		.canonical_id = cell_copy(r, row, 3, a),
		.hugging_face_id = cell_copy(r, row, 4, a),
		.modality = cell_copy(r, row, 5, a),
		.pricing_prompt = cell_copy(r, row, 6, a),
		.pricing_completion = cell_copy(r, row, 7, a),
		.context_length = cell_count(r, row, 8),
		.last_probed_ms = cell_ms(r, row, 9),
	};
}

bool postgres_load_endpoints(struct store *base, struct str provider, struct arena *a,
			     struct store_endpoint_row **ret, size_t *ret_n, struct err *e)
{
	struct store_endpoint_row *list;
	struct params p = { 0 };

	param_str(&p, provider);
	{
		RESULT_AUTO(r) = postgres_read(postgres_of(base), endpoints_sql, &p, e);

		if (!r)
			return false;
		list = arena_array(a, (size_t)PQntuples(r), struct store_endpoint_row);
		for (int i = 0; i < PQntuples(r); i++)
			read_endpoint(r, i, a, &list[i]);
		*ret_n = (size_t)PQntuples(r);
	}
	*ret = list;
	return true;
}
