/*
 * postgres_serve: what the service asks besides the catalog, and webhooks that were taken.
 */
#include "store/postgres/postgres.h"
#include "store/postgres/postgres_bind.h"
#include "store/receipt.h"
#include "store/view.h"
#include "store/words.h"

/* ---- moves of health ---- */

static void read_health(const PGresult *r, int row, struct arena *a, void *item)
{
	struct store_health_row *to = item;

	*to = (struct store_health_row){
		.id = cell_i64(r, row, 0),
		.at_ms = cell_ms(r, row, 1),
		.status = cell_copy(r, row, 2, a),
		.reason = cell_copy(r, row, 3, a),
	};
	if (!cell_f64(r, row, 4, &to->success_rate))
		to->success_rate = -1;
	if (!cell_f64(r, row, 5, &to->response_ms))
		to->response_ms = -1;
}

#define HEALTH_SQL(of)                                                                 \
	"SELECT id, at, status, reason, success_rate, response_ms FROM health_history" \
	" WHERE " of " AND ($2 IS NULL OR at >= $2) ORDER BY at DESC, id DESC LIMIT $3"

bool postgres_load_health(struct store *base, const struct store_health_query *q, struct arena *a,
			  struct store_health_row **ret, size_t *ret_n, struct err *e)
{
	/* No index knows IS NOT DISTINCT FROM. */
	static const struct postgres_list of_provider = {
		HEALTH_SQL("provider_id = $1 AND model_id IS NULL"),
		sizeof(**ret),
		read_health,
	};
	static const struct postgres_list of_model = {
		HEALTH_SQL("provider_id = (SELECT provider_id FROM models WHERE id = $1)"
			   " AND model_id = $1"),
		sizeof(**ret),
		read_health,
	};
	struct params p = { 0 };

	param_i64(&p, q->model_id ? q->model_id : q->provider_id);
	param_ms(&p, q->since_ms);
	param_limit(&p, q->limit);
	return postgres_read_list(base, q->model_id ? &of_model : &of_provider, &p, a, (void **)ret,
				  ret_n, e);
}

/* ---- runs ---- */

/* Without a condition on the provider where none is asked for, so that the newest are found at the end. */
#define RUNS_SQL(where)                                                                          \
	"SELECT r.id, p.slug, r.provider_id, r.started_at, r.ended_at, r.completeness,"          \
	" r.http_status, r.bytes, r.attempts, r.fetched, r.transformed, r.skipped, r.written,"   \
	" r.prices_written, r.added, r.changed, r.missing, r.returned, r.unchanged, r.snapshot," \
	" r.keep_days, r.error_kind, r.error, r.notes"                                           \
	" FROM (SELECT * FROM sync_runs" where " ORDER BY id DESC LIMIT $1 OFFSET $2) r"         \
	" JOIN providers p ON p.id = r.provider_id ORDER BY r.id DESC"

static void read_run(const PGresult *from, int row, struct arena *a, void *item)
{
	struct store_run_row *to = item;
	struct store_run *r = &to->run;
	uint64_t *const counts[] = { &r->fetched, &r->transformed,    &r->skipped,
				     &r->written, &r->prices_written, &r->added,
				     &r->changed, &r->missing,        &r->returned };

	*to = (struct store_run_row){
		.id = cell_i64(from, row, 0),
		.provider = cell_copy(from, row, 1, a),
	};
	r->provider_id = cell_i64(from, row, 2);
	r->started_at_ms = cell_ms(from, row, 3);
	r->ended_at_ms = cell_ms(from, row, 4);
	(void)words_completeness(cell_str(from, row, 5), &r->completeness);
	r->http_status = (int)cell_i64(from, row, 6);
	r->bytes = cell_u64(from, row, 7);
	r->attempts = (uint32_t)cell_u64(from, row, 8);
	for (int i = 0; i < (int)(sizeof(counts) / sizeof(counts[0])); i++)
		*counts[i] = cell_u64(from, row, 9 + i);
	r->unchanged = cell_bool(from, row, 18);
	r->has_snapshot = cell_hash(from, row, 19, &r->snapshot);
	r->keep = (enum store_keep)cell_i64(from, row, 20);
	r->error_kind = cell_copy(from, row, 21, a);
	r->error = cell_copy(from, row, 22, a);
	r->notes = cell_copy(from, row, 23, a);
}

bool postgres_load_runs(struct store *base, struct str provider, uint64_t limit, uint64_t offset,
			struct arena *a, struct store_run_row **ret, size_t *ret_n, struct err *e)
{
	static const struct postgres_list all = { RUNS_SQL(""), sizeof(**ret), read_run };
	static const struct postgres_list of_one = {
		RUNS_SQL(" WHERE provider_id = (SELECT id FROM providers WHERE slug = $3)"),
		sizeof(**ret),
		read_run,
	};
	struct params p = { 0 };

	param_limit(&p, limit);
	param_u64(&p, offset);
	if (!str_is_none(provider))
		param_str(&p, provider);
	return postgres_read_list(base, str_is_none(provider) ? &all : &of_one, &p, a, (void **)ret,
				  ret_n, e);
}

/* ---- visits ---- */

/* A run by itself, or a day of runs that found nothing new (store/expire.h). */
static const char visits_sql[] =
	"WITH visit AS (SELECT provider_id, started_at AS at, started_at AS last, 1 AS n,"
	"  unchanged::int AS unchanged,"
	"  snapshot IS NOT NULL AND coalesce(keep_days, 0) <> 1 AS moved FROM sync_runs"
	"  WHERE started_at >= $1 AND completeness = 'complete'"
	" UNION ALL SELECT d.provider_id, greatest(d.day, (SELECT min(first_at) FROM snapshots x"
	"   WHERE x.provider_id = d.provider_id)), d.day, d.runs, d.unchanged, false"
	"  FROM sync_days d WHERE d.day >= $1),"
	" first AS (SELECT provider_id, min(at) AS at FROM visit GROUP BY provider_id),"
	" sums AS (SELECT v.provider_id, sum(n)::bigint AS n,"
	"  count(*) FILTER (WHERE moved AND v.at > f.at) AS moved,"
	"  sum(unchanged)::bigint AS unchanged, f.at AS first, max(greatest(last, f.at)) AS last"
	"  FROM visit v JOIN first f ON f.provider_id = v.provider_id GROUP BY v.provider_id, f.at)"
	" SELECT p.slug, v.n, v.moved, v.unchanged, v.first, v.last,"
	" (SELECT started_at FROM sync_runs r WHERE r.provider_id = p.id ORDER BY id DESC LIMIT 1),"
	" (SELECT count(*) FROM sync_runs r WHERE r.provider_id = p.id AND r.id > coalesce("
	"  (SELECT id FROM sync_runs w WHERE w.provider_id = p.id"
	"   AND w.completeness IN ('complete', 'suspect') ORDER BY id DESC LIMIT 1), 0))"
	" FROM providers p LEFT JOIN sums v ON v.provider_id = p.id ORDER BY p.slug";

static void read_visit(const PGresult *r, int row, struct arena *a, void *item)
{
	*(struct store_visits *)item = (struct store_visits){
		.provider = cell_copy(r, row, 0, a),
		.visits = cell_u64(r, row, 1),
		.changed = cell_u64(r, row, 2),
		.cheap = cell_u64(r, row, 3),
		.first_ms = cell_ms(r, row, 4),
		.last_ms = cell_ms(r, row, 5),
		.last_run_ms = cell_ms(r, row, 6),
		.failures = cell_u64(r, row, 7),
	};
}

bool postgres_load_visits(struct store *base, int64_t since_ms, struct arena *a,
			  struct store_visits **ret, size_t *ret_n, struct err *e)
{
	static const struct postgres_list visits = { visits_sql, sizeof(**ret), read_visit };
	struct params p = { 0 };

	param_ms(&p, purse_day(since_ms));
	return postgres_read_list(base, &visits, &p, a, (void **)ret, ret_n, e);
}

/* ---- owed ---- */

static const char owed_sql[] =
	"SELECT (SELECT count(*) FROM outbox WHERE done_at IS NULL AND kind = 'hook'),"
	" (SELECT count(*) FROM outbox WHERE done_at IS NULL AND kind = 'webhook'),"
	" (SELECT min(at) FROM outbox WHERE done_at IS NULL),"
	" (SELECT coalesce(sum(row_count), 0)::bigint FROM csv_files WHERE done_at IS NULL)"
	"  + (SELECT count(*) FROM csv_spool),"
	" (SELECT count(*) FROM csv_files WHERE batch IS NOT NULL AND done_at IS NULL)";

bool postgres_load_owed(struct store *base, struct store_owed *ret, struct err *e)
{
	RESULT_AUTO(r) = postgres_read(postgres_of(base), owed_sql, NULL, e);

	if (!r)
		return false;
	*ret = (struct store_owed){
		.outbox = { [NOTICE_HOOK] = cell_u64(r, 0, 0),
			    [NOTICE_WEBHOOK] = cell_u64(r, 0, 1) },
		.outbox_oldest_ms = cell_ms(r, 0, 2),
		.csv_rows = cell_u64(r, 0, 3),
		.batches = cell_u64(r, 0, 4),
	};
	return true;
}

/* ---- audit ---- */

static void read_audit(const PGresult *r, int row, struct arena *a, void *item)
{
	*(struct store_audit_row *)item = (struct store_audit_row){
		.id = cell_i64(r, row, 0),
		.at_ms = cell_ms(r, row, 1),
		.actor = cell_copy(r, row, 2, a),
		.action = cell_copy(r, row, 3, a),
		.object = cell_copy(r, row, 4, a),
		.detail = cell_copy(r, row, 5, a),
	};
}

bool postgres_load_audit(struct store *base, uint64_t limit, uint64_t offset, struct arena *a,
			 struct store_audit_row **ret, size_t *ret_n, struct err *e)
{
	static const struct postgres_list audit = {
		"SELECT id, at, actor, action, object, detail FROM audit_log"
		" ORDER BY id DESC LIMIT $1 OFFSET $2",
		sizeof(**ret),
		read_audit,
	};
	struct params p = { 0 };

	param_limit(&p, limit);
	param_u64(&p, offset);
	return postgres_read_list(base, &audit, &p, a, (void **)ret, ret_n, e);
}

/* ---- webhooks that were taken ---- */

static bool drop_old_receipts(struct postgres_store *s, int64_t before_ms, struct err *e)
{
	struct params p = { 0 };

	param_ms(&p, before_ms);
	return postgres_run(s, "DELETE FROM webhook_receipts WHERE at < $1", &p, NULL, e);
}

static bool add_receipt(struct postgres_store *s, struct str provider, struct str id, int64_t at_ms,
			bool *ret_new, struct err *e)
{
	struct params p = { 0 };
	uint64_t n;

	param_str(&p, provider);
	param_str(&p, id);
	param_ms(&p, at_ms);
	if (!postgres_run(s,
			  "INSERT INTO webhook_receipts (provider, webhook_id, at)"
			  " VALUES ($1, $2, $3) ON CONFLICT (provider, webhook_id) DO NOTHING",
			  &p, &n, e))
		return false;
	*ret_new = n == 1;
	return true;
}

bool postgres_take_receipt(struct store *base, struct str provider, struct str id, int64_t at_ms,
			   int64_t keep_ms, bool *ret_new, struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	bool own, is_new = false;

	if (!postgres_write_begin(s, &own, e) ||
	    !postgres_write_end(s, own,
				drop_old_receipts(s, at_ms - keep_ms, e) &&
					add_receipt(s, provider, id, at_ms, &is_new, e),
				e))
		return false;
	*ret_new = is_new;
	return true;
}

static bool drop_receipt(struct postgres_store *s, struct str provider, struct str id,
			 struct err *e)
{
	struct params p = { 0 };

	param_str(&p, provider);
	param_str(&p, id);
	return postgres_run(s,
			    "DELETE FROM webhook_receipts WHERE provider = $1 AND webhook_id = $2",
			    &p, NULL, e);
}

bool postgres_drop_receipt(struct store *base, struct str provider, struct str id, struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	bool own;

	return postgres_write_begin(s, &own, e) &&
	       postgres_write_end(s, own, drop_receipt(s, provider, id, e), e);
}
