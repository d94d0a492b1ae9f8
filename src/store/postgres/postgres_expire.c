/*
 * postgres_expire: old runs become days.
 */
#include "store/expire.h"
#include "store/postgres/postgres.h"
#include "store/postgres/postgres_bind.h"

/* The newest runs with KEEP_A_DAY from the nth on. */
#define CROWD(keep, nth)                                                     \
	"(SELECT id FROM sync_runs WHERE " keep " = $4 AND provider_id = $1" \
	" AND keep_days = $4 ORDER BY id DESC LIMIT 1 OFFSET " nth ")"

/* One statement, so that a sync that has nothing to add up pays for one answer of the server. */
bool postgres_expire_runs(struct store *base, int64_t provider_id, int64_t now_ms, struct err *e)
{
	static const char sql[] =
		"WITH due AS ("
		" SELECT keep, until FROM (SELECT k AS keep, $2 - k * interval '1 day' AS until"
		"  FROM unnest(ARRAY[$4::bigint, $5::bigint]) k) v"
		" WHERE (SELECT started_at FROM sync_runs WHERE provider_id = $1"
		"   AND keep_days = keep ORDER BY id LIMIT 1)"
		"   <= until - $3 * interval '1 millisecond'"
		"  OR " CROWD(
			"keep",
			"$7") " IS NOT NULL),"
			      " gone AS (DELETE FROM sync_runs r USING due WHERE r.provider_id = $1"
			      "  AND r.keep_days = due.keep"
			      "  AND (r.started_at <= due.until OR r.id <= " CROWD(
				      "due.keep",
				      "$6") ")"
					    "  AND r.id < (SELECT id FROM sync_runs WHERE provider_id = $1"
					    "   AND completeness IN ('complete', 'suspect') ORDER BY id DESC LIMIT 1)"
					    "  RETURNING r.*)"
					    " INSERT INTO sync_days AS d (provider_id, day, runs, unchanged, bytes,"
					    " duration_ms, written, added, changed, missing, returned)"
					    " SELECT $1, date_trunc('day', started_at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC',"
					    " count(*), count(*) FILTER (WHERE unchanged), sum(bytes),"
					    " sum(extract(epoch FROM ended_at - started_at) * 1000), sum(written), sum(added),"
					    " sum(changed), sum(missing), sum(returned) FROM gone GROUP BY 2"
					    " ON CONFLICT (provider_id, day) DO UPDATE SET runs = d.runs + excluded.runs,"
					    " unchanged = d.unchanged + excluded.unchanged, bytes = d.bytes + excluded.bytes,"
					    " duration_ms = d.duration_ms + excluded.duration_ms,"
					    " written = d.written + excluded.written, added = d.added + excluded.added,"
					    " changed = d.changed + excluded.changed, missing = d.missing + excluded.missing,"
					    " returned = d.returned + excluded.returned";
	struct params p = { 0 };

	param_i64(&p, provider_id);
	param_ms(&p, now_ms);
	param_i64(&p, STORE_EXPIRE_EVERY_MS);
	param_i64(&p, KEEP_A_DAY);
	param_i64(&p, KEEP_A_MONTH);
	param_i64(&p, STORE_EXPIRE_QUIET_MAX);
	param_i64(&p, STORE_EXPIRE_QUIET_MAX + STORE_EXPIRE_QUIET_MORE);
	return postgres_run(postgres_of(base), sql, &p, NULL, e);
}
