/*
 * sqlite_lease: who does what just now.
 */
#include "store/sqlite/sqlite.h"
#include "store/sqlite/sqlite_bind.h"

/* One statement, so that two who ask at once cannot both get it. */
static const char take_sql[] =
	"INSERT INTO leases (name, host, pid, pid_started, taken_at, expires_at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
	" ON CONFLICT (name) DO UPDATE SET host = excluded.host, pid = excluded.pid,"
	" pid_started = excluded.pid_started, taken_at = excluded.taken_at,"
	" expires_at = excluded.expires_at"
	" WHERE leases.expires_at <= excluded.taken_at"
	" OR (leases.host, leases.pid, leases.pid_started)"
	"  = (excluded.host, excluded.pid, excluded.pid_started)"
	" OR (leases.host, leases.pid, leases.pid_started, leases.taken_at) = (?7, ?8, ?9, ?10)";

static bool take(struct sqlite_store *s, const struct store_lease *want,
		 const struct store_lease *dead, bool *ret_taken, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s, take_sql, e);

	if (!st)
		return false;
	bind_str(st, 1, want->name);
	bind_str(st, 2, want->host);
	bind_i64(st, 3, want->pid);
	bind_i64(st, 4, want->pid_started);
	bind_i64(st, 5, want->taken_at_ms);
	bind_i64(st, 6, want->expires_at_ms);
	if (dead) {
		bind_str(st, 7, dead->host);
		bind_i64(st, 8, dead->pid);
		bind_i64(st, 9, dead->pid_started);
		bind_i64(st, 10, dead->taken_at_ms);
	}
	if (!sqlite_run(s, st, e))
		return false;
	*ret_taken = sqlite3_changes64(s->db) == 1;
	return true;
}

static bool find_holder(struct sqlite_store *s, struct str name, struct arena *a,
			struct store_lease *ret, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "SELECT host, pid, pid_started, taken_at, expires_at"
				       " FROM leases WHERE name = ?1",
				       e);
	bool row;

	*ret = (struct store_lease){ .name = name };
	if (!st)
		return false;
	bind_str(st, 1, name);
	if (!sqlite_next(s, st, &row, e))
		return false;
	if (row)
		*ret = (struct store_lease){
			.name = name,
			.host = column_copy(st, 0, a),
			.pid = sqlite3_column_int64(st, 1),
			.pid_started = sqlite3_column_int64(st, 2),
			.taken_at_ms = sqlite3_column_int64(st, 3),
			.expires_at_ms = sqlite3_column_int64(st, 4),
		};
	return true;
}

bool sqlite_lease_clock(struct store *base, int64_t *ret_ms, struct err *e)
{
	(void)base;
	(void)e;
	*ret_ms = clock_real_ms();
	return true;
}

bool sqlite_lease_find(struct store *base, struct str name, struct arena *a,
		       struct store_lease *ret, struct err *e)
{
	return find_holder(sqlite_of(base), name, a, ret, e);
}

bool sqlite_lease_take(struct store *base, const struct store_lease *want,
		       const struct store_lease *dead, struct arena *a, bool *ret_taken,
		       struct store_lease *ret_holder, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	return take(s, want, dead, ret_taken, e) &&
	       (*ret_taken || find_holder(s, want->name, a, ret_holder, e));
}

bool sqlite_lease_release(struct store *base, const struct store_lease *mine, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	STMT_AUTO(st) = sqlite_prepare(s,
				       "UPDATE leases SET expires_at = taken_at WHERE name = ?1"
				       " AND host = ?2 AND pid = ?3 AND pid_started = ?4",
				       e);

	if (!st)
		return false;
	bind_str(st, 1, mine->name);
	bind_str(st, 2, mine->host);
	bind_i64(st, 3, mine->pid);
	bind_i64(st, 4, mine->pid_started);
	return sqlite_run(s, st, e);
}
