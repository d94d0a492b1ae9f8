/*
 * sqlite_verdict: what is known of samples only when others have ended, too.
 */
#include "store/sqlite/sqlite.h"
#include "store/sqlite/sqlite_bind.h"

static bool save_agreement(struct sqlite_store *s, int64_t since_ms,
			   const struct store_agreement *row, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "UPDATE samples SET agrees = ?1 WHERE provider = ?2"
				       " AND provider_model_id = ?3 AND started_at >= ?4"
				       " AND group_key = ?5 AND agrees IS NULL",
				       e);

	if (!st)
		return false;
	bind_i64(st, 1, row->agrees);
	bind_str(st, 2, row->provider);
	bind_str(st, 3, row->provider_model_id);
	bind_i64(st, 4, since_ms);
	bind_str(st, 5, row->group_key);
	return sqlite_run(s, st, e);
}

static bool discount(struct sqlite_store *s, int64_t cycle_at_ms, int64_t since_ms, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "UPDATE samples SET counted = 0 WHERE cycle_at = ?1"
				       " AND started_at >= ?2",
				       e);

	if (!st)
		return false;
	bind_i64(st, 1, cycle_at_ms);
	bind_i64(st, 2, since_ms);
	return sqlite_run(s, st, e);
}

static bool save_all(struct sqlite_store *s, int64_t since_ms, const struct store_agreement *rows,
		     size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (!save_agreement(s, since_ms, &rows[i], e))
			return false;
	return true;
}

bool sqlite_save_agreement(struct store *base, int64_t since_ms, const struct store_agreement *rows,
			   size_t n, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	bool own;

	return sqlite_write_begin(s, &own, e) &&
	       sqlite_write_end(s, own, save_all(s, since_ms, rows, n, e), e);
}

bool sqlite_discount_cycle(struct store *base, int64_t cycle_at_ms, int64_t since_ms, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	bool own;

	return sqlite_write_begin(s, &own, e) &&
	       sqlite_write_end(s, own, discount(s, cycle_at_ms, since_ms, e), e);
}
