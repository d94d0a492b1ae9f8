/*
 * sqlite_rollup: old samples become hours; payloads of notices that were delivered long ago are emptied.
 */
#include "store/expire.h"
#include "store/rollup.h"
#include "store/sqlite/sqlite.h"
#include "store/sqlite/sqlite_bind.h"

/* ---- samples ---- */

static bool parse_due(struct sqlite_store *s, sqlite3_stmt *st, struct arena *a, void *item,
		      struct err *e)
{
	struct rollup_sample *ret = item;

	(void)s;
	*ret = (struct rollup_sample){
		.id = sqlite3_column_int64(st, 1),
		.started_at_ms = sqlite3_column_int64(st, 2),
		.provider = column_copy(st, 3, a),
		.provider_model_id = column_copy(st, 4, a),
		.counted = sqlite3_column_int(st, 6) != 0,
		.duration_us = sqlite3_column_int64(st, 7),
		.first_content_us = column_count(st, 8),
		.output_tokens = column_count(st, 9),
		.cost = column_copy(st, 10, a),
		.disagrees = sqlite3_column_type(st, 11) != SQLITE_NULL &&
			     sqlite3_column_int(st, 11) == 0,
		.stays = sqlite3_column_int(st, 12) != 0,
	};
	return rollup_outcome(column_str(st, 5), &ret->outcome, e);
}

/* The limit stands inside: what is counted is what comes. */
static const struct sqlite_list due = {
	"SELECT count(*) OVER (), id, started_at, provider, provider_model_id, outcome, counted,"
	" duration_us, first_content_us, output_tokens, cost, agrees,"
	" EXISTS (SELECT 1 FROM csv_spool w WHERE w.sample_id = x.id) OR EXISTS"
	"  (SELECT 1 FROM csv_files f WHERE f.id = CAST(x.csv_file AS INTEGER)"
	"   AND f.batch IS NOT NULL AND f.done_at IS NULL)"
	" FROM (SELECT * FROM samples INDEXED BY samples_in_time WHERE started_at >= ?2"
	"  AND started_at < ?1 AND (started_at > ?2 OR id > ?3)"
	"  ORDER BY started_at, id LIMIT ?4) x ORDER BY started_at, id",
	sizeof(struct rollup_sample),
	.parse = parse_due,
};

static bool load_due(struct store *base, const struct store_expiry *x, struct arena *a,
		     struct rollup_due *ret, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	STMT_AUTO(st) = sqlite_prepare(s, due.sql, e);

	if (!st)
		return false;
	bind_i64(st, 1, x->before_ms);
	bind_i64(st, 2, x->after_ms);
	bind_i64(st, 3, x->after_id);
	bind_limit(st, 4, x->limit);
	return sqlite_read_rows(s, st, &due, a, (void **)&ret->samples, &ret->n, e);
}

static bool add_row(struct sqlite_store *s, struct rollup *r, struct arena *a, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "SELECT samples, ok, disagreed, counted, well,"
				       " output_tokens, cost, digest FROM sample_rollups"
				       " WHERE provider = ?1 AND provider_model_id = ?2"
				       " AND width_ms = ?3 AND bucket = ?4",
				       e);
	struct rollup_stored stored;
	bool row;

	if (!st)
		return false;
	bind_str(st, 1, r->provider);
	bind_str(st, 2, r->provider_model_id);
	bind_i64(st, 3, STORE_ROLLUP_MS);
	bind_i64(st, 4, r->bucket_ms);
	if (!sqlite_next(s, st, &row, e))
		return false;
	if (!row)
		return true;
	stored = (struct rollup_stored){
		.samples = column_u64(st, 0),
		.ok = column_u64(st, 1),
		.disagreed = column_u64(st, 2),
		.counted = column_u64(st, 3),
		.well = column_u64(st, 4),
		.output_tokens = column_u64(st, 5),
		.cost = column_str(st, 6),
		.digest = column_str(st, 7),
	};
	return rollup_add(r, &stored, a, e);
}

static bool add_stored(struct store *base, struct rollup *rollups, size_t n, struct arena *a,
		       struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (!add_row(sqlite_of(base), &rollups[i], a, e))
			return false;
	return true;
}

static const char save_sql[] =
	"INSERT INTO sample_rollups (provider, provider_model_id, width_ms, bucket, samples, ok,"
	" disagreed, counted, well, output_tokens, cost, digest, duration_p50, duration_p95,"
	" duration_p99, first_content_p50, first_content_p95)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)"
	" ON CONFLICT (provider, provider_model_id, width_ms, bucket) DO UPDATE SET"
	" samples = excluded.samples, ok = excluded.ok, disagreed = excluded.disagreed,"
	" counted = excluded.counted, well = excluded.well,"
	" output_tokens = excluded.output_tokens, cost = excluded.cost, digest = excluded.digest,"
	" duration_p50 = excluded.duration_p50, duration_p95 = excluded.duration_p95,"
	" duration_p99 = excluded.duration_p99,"
	" first_content_p50 = excluded.first_content_p50,"
	" first_content_p95 = excluded.first_content_p95";

static bool save_row(struct sqlite_store *s, const struct rollup *r, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s, save_sql, e);
	BUF_AUTO(digest, SIZE_MAX / 2);
	char cost[DEC_TEXT_MAX];
	const uint64_t counts[] = { r->samples, r->ok,   r->disagreed,
				    r->counted, r->well, r->output_tokens };
	int64_t percentiles[ROLLUP_PERCENTILES];

	if (!st)
		return false;
	bind_str(st, 1, r->provider);
	bind_str(st, 2, r->provider_model_id);
	bind_i64(st, 3, STORE_ROLLUP_MS);
	bind_i64(st, 4, r->bucket_ms);
	for (int i = 0; i < (int)(sizeof(counts) / sizeof(counts[0])); i++)
		bind_u64(st, 5 + i, counts[i]);
	if (r->has_cost)
		bind_str(st, 11, (struct str){ cost, dec_print(&r->cost, cost) });
	rollup_print_digest(r, &digest);
	bind_str(st, 12, buf_str(&digest));
	rollup_percentiles(r, percentiles);
	for (int i = 0; i < ROLLUP_PERCENTILES; i++)
		bind_count(st, 13 + i, percentiles[i]);
	return sqlite_run(s, st, e);
}

static bool save_rollups(struct store *base, const struct rollup *rollups, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (!save_row(sqlite_of(base), &rollups[i], e))
			return false;
	return true;
}

static bool run_of(struct sqlite_store *s, const char *sql, int64_t id, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s, sql, e);

	if (!st)
		return false;
	bind_i64(st, 1, id);
	return sqlite_run(s, st, e);
}

static bool take_away(struct store *base, const struct rollup_sample *samples, size_t n,
		      struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	for (size_t i = 0; i < n; i++)
		if (!run_of(s, "UPDATE ledger SET sample_id = NULL WHERE sample_id = ?1",
			    samples[i].id, e) ||
		    !run_of(s, "DELETE FROM samples WHERE id = ?1", samples[i].id, e))
			return false;
	return true;
}

static const struct rollup_tables tables = { load_due, add_stored, save_rollups, take_away };

bool sqlite_expire_samples(struct store *base, const struct store_expiry *x,
			   struct store_expired *ret, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	struct store_expired step;

	if (!sqlite_exec(s, "BEGIN IMMEDIATE", e) ||
	    !sqlite_write_end(s, true, rollup_step(base, &tables, x, &step, e), e))
		return false;
	*ret = step;
	return true;
}

/* ---- notices ---- */

bool sqlite_expire_payloads(struct store *base, int64_t before_ms, uint64_t limit, uint64_t *ret_n,
			    struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	STMT_AUTO(st) = sqlite_prepare(s,
				       "UPDATE outbox SET payload = '{}' WHERE id IN (SELECT id"
				       " FROM outbox INDEXED BY outbox_full WHERE done_at < ?1"
				       " AND given_up IS NULL AND payload <> '{}' LIMIT ?2)",
				       e);

	if (!st)
		return false;
	bind_i64(st, 1, before_ms);
	bind_limit(st, 2, limit);
	if (!sqlite_run(s, st, e))
		return false;
	*ret_n = (uint64_t)sqlite3_changes64(s->db);
	return true;
}
