/*
 * sqlite_serve: what the service asks besides the catalog, and webhooks that were taken.
 */
#include "store/receipt.h"
#include "store/sqlite/sqlite.h"
#include "store/sqlite/sqlite_bind.h"
#include "store/view.h"
#include "store/words.h"

/* ---- moves of health ---- */

static void read_health(sqlite3_stmt *st, struct arena *a, void *item)
{
	struct store_health_row *row = item;

	*row = (struct store_health_row){
		.id = sqlite3_column_int64(st, 1),
		.at_ms = sqlite3_column_int64(st, 2),
		.status = column_copy(st, 3, a),
		.reason = column_copy(st, 4, a),
	};
	if (!column_real(st, 5, &row->success_rate))
		row->success_rate = -1;
	if (!column_real(st, 6, &row->response_ms))
		row->response_ms = -1;
}

static bool read_moves(struct sqlite_store *s, const struct store_health_query *q, struct arena *a,
		       struct store_health_row **ret, size_t *ret_n, struct err *e)
{
	/* The limit stands inside: what is counted is what comes. */
	static const struct sqlite_list moves = {
		"SELECT count(*) OVER (), * FROM (SELECT id, at, status, reason, success_rate,"
		" response_ms FROM health_history WHERE provider_id ="
		"  iif(?2 = 0, ?1, (SELECT provider_id FROM models WHERE id = ?2))"
		" AND model_id IS nullif(?2, 0) AND at >= ?3 ORDER BY at DESC, id DESC LIMIT ?4)",
		sizeof(**ret),
		read_health,
	};
	STMT_AUTO(st) = sqlite_prepare(s, moves.sql, e);

	if (!st)
		return false;
	bind_i64(st, 1, q->provider_id);
	bind_i64(st, 2, q->model_id);
	bind_i64(st, 3, q->since_ms);
	bind_limit(st, 4, q->limit);
	return sqlite_read_rows(s, st, &moves, a, (void **)ret, ret_n, e);
}

bool sqlite_load_health(struct store *base, const struct store_health_query *q, struct arena *a,
			struct store_health_row **ret, size_t *ret_n, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) && sqlite_read_end(s, read_moves(s, q, a, ret, ret_n, e), e);
}

/* ---- runs ---- */

/* Without a condition on the provider where none is asked for, so that the newest are found at the end. */
#define RUNS_SQL(where)                                                                              \
	"SELECT count(*) OVER (), * FROM (SELECT r.id, p.slug, r.provider_id, r.started_at,"         \
	" r.ended_at, r.completeness, r.http_status, r.bytes, r.attempts, r.fetched, r.transformed," \
	" r.skipped, r.written, r.prices_written, r.added, r.changed, r.missing, r.returned,"        \
	" r.unchanged, r.snapshot, r.keep_days, r.error_kind, r.error, r.notes"                      \
	" FROM sync_runs r CROSS JOIN providers p ON p.id = r.provider_id" where                     \
	" ORDER BY r.id DESC LIMIT ?2 OFFSET ?3)"

static void read_run(sqlite3_stmt *st, struct arena *a, void *item)
{
	struct store_run_row *row = item;
	struct store_run *r = &row->run;
	uint64_t *const counts[] = { &r->fetched, &r->transformed,    &r->skipped,
				     &r->written, &r->prices_written, &r->added,
				     &r->changed, &r->missing,        &r->returned };

	*row = (struct store_run_row){
		.id = sqlite3_column_int64(st, 1),
		.provider = column_copy(st, 2, a),
	};
	r->provider_id = sqlite3_column_int64(st, 3);
	r->started_at_ms = sqlite3_column_int64(st, 4);
	r->ended_at_ms = sqlite3_column_int64(st, 5);
	(void)words_completeness(column_str(st, 6), &r->completeness);
	r->http_status = sqlite3_column_int(st, 7);
	r->bytes = column_u64(st, 8);
	r->attempts = (uint32_t)column_u64(st, 9);
	for (int i = 0; i < (int)(sizeof(counts) / sizeof(counts[0])); i++)
		*counts[i] = column_u64(st, 10 + i);
	r->unchanged = sqlite3_column_int(st, 19) != 0;
	r->has_snapshot = column_hash(st, 20, &r->snapshot);
	r->keep = (enum store_keep)sqlite3_column_int(st, 21);
	r->error_kind = column_copy(st, 22, a);
	r->error = column_copy(st, 23, a);
	r->notes = column_copy(st, 24, a);
}

static bool read_runs(struct sqlite_store *s, struct str provider, uint64_t limit, uint64_t offset,
		      struct arena *a, struct store_run_row **ret, size_t *ret_n, struct err *e)
{
	static const struct sqlite_list all = { RUNS_SQL(""), sizeof(**ret), read_run };
	static const struct sqlite_list of_one = {
		RUNS_SQL(" WHERE r.provider_id = (SELECT id FROM providers WHERE slug = ?1)"),
		sizeof(**ret),
		read_run,
	};
	const struct sqlite_list *list = str_is_none(provider) ? &all : &of_one;
	STMT_AUTO(st) = sqlite_prepare(s, list->sql, e);

	if (!st)
		return false;
	bind_str(st, 1, provider);
	bind_limit(st, 2, limit);
	bind_u64(st, 3, offset);
	return sqlite_read_rows(s, st, list, a, (void **)ret, ret_n, e);
}

bool sqlite_load_runs(struct store *base, struct str provider, uint64_t limit, uint64_t offset,
		      struct arena *a, struct store_run_row **ret, size_t *ret_n, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) &&
	       sqlite_read_end(s, read_runs(s, provider, limit, offset, a, ret, ret_n, e), e);
}

/* ---- visits ---- */

/* A run by itself, or a day of runs that found nothing new (store/expire.h). */
static const char visits_sql[] =
	"WITH visit AS (SELECT provider_id, started_at AS at, started_at AS last, 1 AS n, unchanged,"
	"  snapshot IS NOT NULL AND ifnull(keep_days, 0) <> 1 AS moved FROM sync_runs"
	"  WHERE started_at >= ?1 AND completeness = 'complete'"
	" UNION ALL SELECT d.provider_id, max(d.day, ifnull((SELECT min(first_at) FROM snapshots x"
	"   WHERE x.provider_id = d.provider_id), d.day)), d.day, d.runs, d.unchanged, 0 FROM sync_days d"
	"  WHERE d.day >= ?1),"
	" first AS (SELECT provider_id, min(at) AS at FROM visit GROUP BY provider_id),"
	" sums AS (SELECT v.provider_id, sum(n) AS n, sum(moved AND v.at > f.at) AS moved,"
	"  sum(unchanged) AS unchanged, f.at AS first, max(max(last, f.at)) AS last FROM visit v"
	"  JOIN first f ON f.provider_id = v.provider_id GROUP BY v.provider_id)"
	" SELECT count(*) OVER (), p.slug, ifnull(v.n, 0), ifnull(v.moved, 0),"
	" ifnull(v.unchanged, 0), v.first, v.last,"
	" (SELECT started_at FROM sync_runs r WHERE r.provider_id = p.id ORDER BY id DESC LIMIT 1),"
	" (SELECT count(*) FROM sync_runs r WHERE r.provider_id = p.id AND r.id > ifnull("
	"  (SELECT id FROM sync_runs w WHERE w.provider_id = p.id"
	"   AND w.completeness IN ('complete', 'suspect') ORDER BY id DESC LIMIT 1), 0))"
	" FROM providers p LEFT JOIN sums v ON v.provider_id = p.id ORDER BY p.slug";

static void read_visit(sqlite3_stmt *st, struct arena *a, void *item)
{
	*(struct store_visits *)item = (struct store_visits){
		.provider = column_copy(st, 1, a),
		.visits = column_u64(st, 2),
		.changed = column_u64(st, 3),
		.cheap = column_u64(st, 4),
		.first_ms = column_ms(st, 5),
		.last_ms = column_ms(st, 6),
		.last_run_ms = column_ms(st, 7),
		.failures = column_u64(st, 8),
	};
}

bool sqlite_load_visits(struct store *base, int64_t since_ms, struct arena *a,
			struct store_visits **ret, size_t *ret_n, struct err *e)
{
	static const struct sqlite_list visits = { visits_sql, sizeof(**ret), read_visit };
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) &&
	       sqlite_read_end(s,
			       sqlite_read_list(s, &visits, purse_day(since_ms), a, (void **)ret,
						ret_n, e),
			       e);
}

/* ---- owed ---- */

static const char owed_sql[] =
	"SELECT (SELECT count(*) FROM outbox WHERE done_at IS NULL AND kind = 'hook'),"
	" (SELECT count(*) FROM outbox WHERE done_at IS NULL AND kind = 'webhook'),"
	" (SELECT min(at) FROM outbox WHERE done_at IS NULL),"
	" (SELECT ifnull(sum(row_count), 0) FROM csv_files WHERE done_at IS NULL)"
	"  + (SELECT count(*) FROM csv_spool),"
	" (SELECT count(*) FROM csv_files WHERE batch IS NOT NULL AND done_at IS NULL)";

static bool read_owed(struct sqlite_store *s, struct store_owed *ret, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s, owed_sql, e);
	bool row;

	if (!st || !sqlite_next(s, st, &row, e))
		return false;
	*ret = (struct store_owed){
		.outbox = { [NOTICE_HOOK] = column_u64(st, 0),
			    [NOTICE_WEBHOOK] = column_u64(st, 1) },
		.outbox_oldest_ms = column_ms(st, 2),
		.csv_rows = column_u64(st, 3),
		.batches = column_u64(st, 4),
	};
	return true;
}

bool sqlite_load_owed(struct store *base, struct store_owed *ret, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) && sqlite_read_end(s, read_owed(s, ret, e), e);
}

/* ---- audit ---- */

static void read_audit_row(sqlite3_stmt *st, struct arena *a, void *item)
{
	*(struct store_audit_row *)item = (struct store_audit_row){
		.id = sqlite3_column_int64(st, 1),
		.at_ms = sqlite3_column_int64(st, 2),
		.actor = column_copy(st, 3, a),
		.action = column_copy(st, 4, a),
		.object = column_copy(st, 5, a),
		.detail = column_copy(st, 6, a),
	};
}

static bool read_audit(struct sqlite_store *s, uint64_t limit, uint64_t offset, struct arena *a,
		       struct store_audit_row **ret, size_t *ret_n, struct err *e)
{
	static const struct sqlite_list audit = {
		"SELECT count(*) OVER (), * FROM (SELECT id, at, actor, action, object, detail"
		" FROM audit_log ORDER BY id DESC LIMIT ?1 OFFSET ?2)",
		sizeof(**ret),
		read_audit_row,
	};
	STMT_AUTO(st) = sqlite_prepare(s, audit.sql, e);

	if (!st)
		return false;
	bind_limit(st, 1, limit);
	bind_u64(st, 2, offset);
	return sqlite_read_rows(s, st, &audit, a, (void **)ret, ret_n, e);
}

bool sqlite_load_audit(struct store *base, uint64_t limit, uint64_t offset, struct arena *a,
		       struct store_audit_row **ret, size_t *ret_n, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return sqlite_read_begin(s, e) &&
	       sqlite_read_end(s, read_audit(s, limit, offset, a, ret, ret_n, e), e);
}

/* ---- webhooks that were taken ---- */

static bool drop_old_receipts(struct sqlite_store *s, int64_t before_ms, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s, "DELETE FROM webhook_receipts WHERE at < ?1", e);

	if (!st)
		return false;
	bind_i64(st, 1, before_ms);
	return sqlite_run(s, st, e);
}

static bool add_receipt(struct sqlite_store *s, struct str provider, struct str id, int64_t at_ms,
			bool *ret_new, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "INSERT INTO webhook_receipts (provider, webhook_id, at)"
				       " VALUES (?1, ?2, ?3)"
				       " ON CONFLICT (provider, webhook_id) DO NOTHING",
				       e);

	if (!st)
		return false;
	bind_str(st, 1, provider);
	bind_str(st, 2, id);
	bind_i64(st, 3, at_ms);
	if (!sqlite_run(s, st, e))
		return false;
	*ret_new = sqlite3_changes64(s->db) == 1;
	return true;
}

bool sqlite_take_receipt(struct store *base, struct str provider, struct str id, int64_t at_ms,
			 int64_t keep_ms, bool *ret_new, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	bool own, is_new = false;

	if (!sqlite_write_begin(s, &own, e) ||
	    !sqlite_write_end(s, own,
			      drop_old_receipts(s, at_ms - keep_ms, e) &&
				      add_receipt(s, provider, id, at_ms, &is_new, e),
			      e))
		return false;
	*ret_new = is_new;
	return true;
}

static bool drop_receipt(struct sqlite_store *s, struct str provider, struct str id, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(
		s, "DELETE FROM webhook_receipts WHERE provider = ?1 AND webhook_id = ?2", e);

	if (!st)
		return false;
	bind_str(st, 1, provider);
	bind_str(st, 2, id);
	return sqlite_run(s, st, e);
}

bool sqlite_drop_receipt(struct store *base, struct str provider, struct str id, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	bool own;

	return sqlite_write_begin(s, &own, e) &&
	       sqlite_write_end(s, own, drop_receipt(s, provider, id, e), e);
}
