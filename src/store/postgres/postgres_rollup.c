/*
 * postgres_rollup: old samples become hours; payloads of notices that were delivered long ago are emptied.
 */
#include "store/expire.h"
#include "store/postgres/postgres.h"
#include "store/postgres/postgres_bind.h"
#include "store/rollup.h"

/* ---- samples ---- */

static const char due_sql[] =
	"SELECT id, started_at, provider, provider_model_id, outcome, counted, duration_us,"
	" first_content_us, output_tokens, cost::text, agrees,"
	" EXISTS (SELECT 1 FROM csv_spool w WHERE w.sample_id = x.id) OR EXISTS"
	"  (SELECT 1 FROM csv_files f WHERE f.id = x.csv_file::bigint"
	"   AND f.batch IS NOT NULL AND f.done_at IS NULL)"
	" FROM samples x WHERE started_at >= $2 AND started_at < $1"
	" AND (started_at > $2 OR id > $3) ORDER BY started_at, id LIMIT $4";

static bool read_due(const PGresult *r, int row, struct arena *a, struct rollup_sample *ret,
		     struct err *e)
{
	*ret = (struct rollup_sample){
		.id = cell_i64(r, row, 0),
		.started_at_ms = cell_ms(r, row, 1),
		.provider = cell_copy(r, row, 2, a),
		.provider_model_id = cell_copy(r, row, 3, a),
		.counted = cell_bool(r, row, 5),
		.duration_us = cell_i64(r, row, 6),
		.first_content_us = cell_count(r, row, 7),
		.output_tokens = cell_count(r, row, 8),
		.cost = cell_copy(r, row, 9, a),
		.disagrees = !cell_is_null(r, row, 10) && !cell_bool(r, row, 10),
		.stays = cell_bool(r, row, 11),
	};
	return rollup_outcome(cell_str(r, row, 4), &ret->outcome, e);
}

static bool load_due(struct store *base, const struct store_expiry *x, struct arena *a,
		     struct rollup_due *ret, struct err *e)
{
	struct params p = { 0 };

	param_ms(&p, x->before_ms);
	param_ms(&p, x->after_ms);
	param_i64(&p, x->after_id);
	param_limit(&p, x->limit);
	{
		RESULT_AUTO(r) = postgres_query(postgres_of(base), due_sql, &p, e);

		if (!r)
			return false;
		ret->n = (size_t)PQntuples(r);
		ret->samples = arena_array(a, ret->n, struct rollup_sample);
		for (size_t i = 0; i < ret->n; i++)
			if (!read_due(r, (int)i, a, &ret->samples[i], e))
				return false;
	}
	return true;
}

static bool add_row(const PGresult *r, int row, struct rollup *rollups, struct arena *a,
		    struct err *e)
{
	const struct rollup_stored stored = {
		.samples = cell_u64(r, row, 1),
		.ok = cell_u64(r, row, 2),
		.disagreed = cell_u64(r, row, 3),
		.counted = cell_u64(r, row, 4),
		.well = cell_u64(r, row, 5),
		.output_tokens = cell_u64(r, row, 6),
		.cost = cell_str(r, row, 7),
		.digest = cell_str(r, row, 8),
	};

	return rollup_add(&rollups[cell_i64(r, row, 0) - 1], &stored, a, e);
}

static const char stored_sql[] =
	"SELECT u.nth, r.samples, r.ok, r.disagreed, r.counted, r.well, r.output_tokens,"
	" r.cost::text, r.digest FROM unnest($2, $3, $4) WITH ORDINALITY"
	"  AS u (provider, model, bucket, nth)"
	" JOIN sample_rollups r ON r.provider = u.provider AND r.provider_model_id = u.model"
	"  AND r.width_ms = $1 AND r.bucket = u.bucket";

static bool add_stored(struct store *base, struct rollup *rollups, size_t n, struct arena *a,
		       struct err *e)
{
	struct params p = { 0 };
	struct columns c;
	bool ok;

	columns_init(&c, "ttm");
	for (size_t i = 0; i < n; i++) {
		array_str(&c.at[0], rollups[i].provider);
		array_str(&c.at[1], rollups[i].provider_model_id);
		array_ms(&c.at[2], rollups[i].bucket_ms);
	}
	param_i64(&p, STORE_ROLLUP_MS);
	param_columns(&p, &c);
	{
		RESULT_AUTO(r) = postgres_query(postgres_of(base), stored_sql, &p, e);

		ok = r != NULL;
		for (int i = 0; ok && i < PQntuples(r); i++)
			ok = add_row(r, i, rollups, a, e);
	}
	columns_release(&c);
	return ok;
}

static const char save_sql[] =
	"INSERT INTO sample_rollups (width_ms, provider, provider_model_id, bucket, samples, ok,"
	" disagreed, counted, well, output_tokens, cost, digest, duration_p50, duration_p95,"
	" duration_p99, first_content_p50, first_content_p95)"
	" SELECT $1, u.provider, u.model, u.bucket, u.samples, u.ok, u.disagreed, u.counted,"
	" u.well, u.output_tokens, u.cost::numeric, u.digest, u.d50, u.d95, u.d99, u.f50, u.f95"
	" FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"
	"  AS u (provider, model, bucket, samples, ok, disagreed, counted, well, output_tokens,"
	"  cost, digest, d50, d95, d99, f50, f95)"
	" ON CONFLICT (provider, provider_model_id, width_ms, bucket) DO UPDATE SET"
	" samples = excluded.samples, ok = excluded.ok, disagreed = excluded.disagreed,"
	" counted = excluded.counted, well = excluded.well,"
	" output_tokens = excluded.output_tokens, cost = excluded.cost, digest = excluded.digest,"
	" duration_p50 = excluded.duration_p50, duration_p95 = excluded.duration_p95,"
	" duration_p99 = excluded.duration_p99,"
	" first_content_p50 = excluded.first_content_p50,"
	" first_content_p95 = excluded.first_content_p95";

static void add_columns(struct columns *c, const struct rollup *r)
{
	const uint64_t counts[] = { r->samples, r->ok,   r->disagreed,
				    r->counted, r->well, r->output_tokens };
	int64_t percentiles[ROLLUP_PERCENTILES];
	BUF_AUTO(digest, SIZE_MAX / 2);
	struct array *at = c->at;
	char cost[DEC_TEXT_MAX];

	array_str(at++, r->provider);
	array_str(at++, r->provider_model_id);
	array_ms(at++, r->bucket_ms);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		array_i64(at++, (int64_t)counts[i]);
	if (r->has_cost)
		array_str(at++, (struct str){ cost, dec_print(&r->cost, cost) });
	else
		array_null(at++);
	rollup_print_digest(r, &digest);
	array_str(at++, buf_str(&digest));
	rollup_percentiles(r, percentiles);
	for (size_t i = 0; i < ROLLUP_PERCENTILES; i++)
		array_count(at++, percentiles[i]);
}

static bool save_rollups(struct store *base, const struct rollup *rollups, size_t n, struct err *e)
{
	struct params p = { 0 };
	struct columns c;
	bool ok;

	columns_init(&c, "ttmiiiiiitjiiiii");
	for (size_t i = 0; i < n; i++)
		add_columns(&c, &rollups[i]);
	param_i64(&p, STORE_ROLLUP_MS);
	param_columns(&p, &c);
	ok = postgres_run(postgres_of(base), save_sql, &p, NULL, e);
	columns_release(&c);
	return ok;
}

static bool take_ids(struct postgres_store *s, struct columns *ids, uint64_t *ret_n, struct err *e)
{
	struct params p = { 0 };

	param_columns(&p, ids);
	return postgres_run(s, "UPDATE ledger SET sample_id = NULL WHERE sample_id = ANY ($1)", &p,
			    NULL, e) &&
	       postgres_run(s, "DELETE FROM samples WHERE id = ANY ($1)", &p, ret_n, e);
}

static bool take_away(struct store *base, const struct rollup_sample *samples, size_t n,
		      struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	struct columns ids;
	uint64_t gone = 0;
	bool ok;

	columns_init(&ids, "i");
	for (size_t i = 0; i < n; i++)
		array_i64(&ids.at[0], samples[i].id);
	ok = take_ids(s, &ids, &gone, e);
	columns_release(&ids);
	return ok && (gone == n ||
		      err_set(e, ERR_DB, "%s: samples went while they were added up", s->name));
}

static const struct rollup_tables tables = { load_due, add_stored, save_rollups, take_away };

/* Under a lock of its own: of two who add to one row each would else write over what the other added. */
bool postgres_expire_samples(struct store *base, const struct store_expiry *x,
			     struct store_expired *ret, struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	struct store_expired step;

	if (!postgres_begin_with(s, "expire", e) ||
	    !postgres_write_end(s, true, rollup_step(base, &tables, x, &step, e), e))
		return false;
	*ret = step;
	return true;
}

/* ---- notices ---- */

static bool empty_payloads(struct postgres_store *s, int64_t before_ms, uint64_t limit,
			   uint64_t *ret_n, struct err *e)
{
	struct params p = { 0 };

	param_ms(&p, before_ms);
	param_limit(&p, limit);
	return postgres_run(s,
			    "UPDATE outbox SET payload = '{}' WHERE id IN (SELECT id FROM outbox"
			    " WHERE done_at < $1 AND given_up IS NULL AND payload::text <> '{}'"
			    " LIMIT $2)",
			    &p, ret_n, e);
}

bool postgres_expire_payloads(struct store *base, int64_t before_ms, uint64_t limit,
			      uint64_t *ret_n, struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	uint64_t n = 0;
	bool own;

	if (!postgres_write_begin(s, &own, e) ||
	    !postgres_write_end(s, own, empty_payloads(s, before_ms, limit, &n, e), e))
		return false;
	*ret_n = n;
	return true;
}
