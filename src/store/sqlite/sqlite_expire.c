/*
 * sqlite_expire: old runs become days.
 */
#include "store/expire.h"
#include "store/sqlite/sqlite.h"
#include "store/sqlite/sqlite_bind.h"

/* The newest runs with KEEP_A_DAY from the ?4th on. */
#define CROWD                                                                           \
	"(SELECT id FROM sync_runs WHERE ?2 = 1 AND provider_id = ?1 AND keep_days = 1" \
	" ORDER BY id DESC LIMIT 1 OFFSET ?4)"

/* ?1 the provider, ?2 how many days they are kept, ?3 the instant until which they are over. */
#define OVER                                                         \
	" FROM sync_runs WHERE provider_id = ?1 AND keep_days = ?2"  \
	" AND (started_at <= ?3 OR id <= " CROWD ")"                 \
	" AND id < (SELECT id FROM sync_runs WHERE provider_id = ?1" \
	" AND completeness IN ('complete', 'suspect') ORDER BY id DESC LIMIT 1)"

static sqlite3_stmt *prepare_over(struct sqlite_store *s, const char *sql, int64_t provider_id,
				  int64_t keep_days, int64_t until_ms, int64_t crowd, struct err *e)
{
	sqlite3_stmt *st = sqlite_prepare(s, sql, e);

	if (!st)
		return NULL;
	bind_i64(st, 1, provider_id);
	bind_i64(st, 2, keep_days);
	bind_i64(st, 3, until_ms);
	bind_i64(st, 4, crowd);
	return st;
}

/* Two looks into an index: ids ascend with time. */
static bool find_due(struct sqlite_store *s, int64_t provider_id, int64_t keep_days,
		     int64_t until_ms, bool *ret, struct err *e)
{
	static const char sql[] = "SELECT started_at <= ?3 OR " CROWD " IS NOT NULL"
				  " FROM sync_runs WHERE provider_id = ?1 AND keep_days = ?2"
				  " ORDER BY id LIMIT 1";
	STMT_AUTO(st) = prepare_over(s, sql, provider_id, keep_days, until_ms,
				     STORE_EXPIRE_QUIET_MAX + STORE_EXPIRE_QUIET_MORE, e);
	bool row;

	if (!st || !sqlite_next(s, st, &row, e))
		return false;
	*ret = row && sqlite3_column_int(st, 0);
	return true;
}

static bool add_up(struct sqlite_store *s, int64_t provider_id, int64_t keep_days, int64_t until_ms,
		   struct err *e)
{
	static const char sql[] =
		"INSERT INTO sync_days (provider_id, day, runs, unchanged, bytes, duration_ms,"
		" written, added, changed, missing, returned)"
		" SELECT provider_id, started_at - started_at % 86400000, count(*), sum(unchanged),"
		" sum(bytes), sum(ended_at - started_at), sum(written), sum(added), sum(changed),"
		" sum(missing), sum(returned)" OVER " GROUP BY 2"
		" ON CONFLICT (provider_id, day) DO UPDATE SET runs = runs + excluded.runs,"
		" unchanged = unchanged + excluded.unchanged, bytes = bytes + excluded.bytes,"
		" duration_ms = duration_ms + excluded.duration_ms,"
		" written = written + excluded.written, added = added + excluded.added,"
		" changed = changed + excluded.changed, missing = missing + excluded.missing,"
		" returned = returned + excluded.returned";
	STMT_AUTO(st) =
		prepare_over(s, sql, provider_id, keep_days, until_ms, STORE_EXPIRE_QUIET_MAX, e);

	return st && sqlite_run(s, st, e);
}

static bool take_away(struct sqlite_store *s, int64_t provider_id, int64_t keep_days,
		      int64_t until_ms, struct err *e)
{
	STMT_AUTO(st) = prepare_over(s, "DELETE" OVER, provider_id, keep_days, until_ms,
				     STORE_EXPIRE_QUIET_MAX, e);

	return st && sqlite_run(s, st, e);
}

bool sqlite_expire_runs(struct store *base, int64_t provider_id, int64_t now_ms, struct err *e)
{
	static const enum store_keep keeps[] = { KEEP_A_DAY, KEEP_A_MONTH };
	struct sqlite_store *s = sqlite_of(base);

	for (size_t i = 0; i < sizeof(keeps) / sizeof(keeps[0]); i++) {
		int64_t until_ms = now_ms - keeps[i] * (int64_t)86400000;
		bool due;

		if (!find_due(s, provider_id, keeps[i], until_ms - STORE_EXPIRE_EVERY_MS, &due, e))
			return false;
		if (due && (!add_up(s, provider_id, keeps[i], until_ms, e) ||
			    !take_away(s, provider_id, keeps[i], until_ms, e)))
			return false;
	}
	return true;
}
