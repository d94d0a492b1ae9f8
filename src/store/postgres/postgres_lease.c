/*
 * postgres_lease: who does what just now.
 */
#include "store/postgres/postgres.h"
#include "store/postgres/postgres_bind.h"

/*
 * One statement, so that two who ask at once cannot both get it.  Each asking
 * uses up an id, taken or not.
 */
static const char take_sql[] =
	"INSERT INTO leases (name, host, pid, pid_started, taken_at, expires_at)"
	" VALUES ($1, $2, $3, $4, $5, $6)"
	" ON CONFLICT (name) DO UPDATE SET host = excluded.host, pid = excluded.pid,"
	" pid_started = excluded.pid_started, taken_at = excluded.taken_at,"
	" expires_at = excluded.expires_at"
	" WHERE leases.expires_at <= excluded.taken_at"
	" OR (leases.host, leases.pid, leases.pid_started)"
	"  = (excluded.host, excluded.pid, excluded.pid_started)"
	" OR (leases.host, leases.pid, leases.pid_started, leases.taken_at) = ($7, $8, $9, $10)";

static bool take(struct postgres_store *s, const struct store_lease *want,
		 const struct store_lease *dead, bool *ret_taken, struct err *e)
{
	/* A host of no name equals none. */
	static const struct store_lease nobody = { .taken_at_ms = CLOCK_NONE };
	struct params p = { 0 };
	uint64_t n;

	if (!dead)
		dead = &nobody;
	param_str(&p, want->name);
	param_str(&p, want->host);
	param_i64(&p, want->pid);
	param_i64(&p, want->pid_started);
	param_ms(&p, want->taken_at_ms);
	param_ms(&p, want->expires_at_ms);
	param_str(&p, dead->host);
	param_i64(&p, dead->pid);
	param_i64(&p, dead->pid_started);
	param_ms(&p, dead->taken_at_ms);
	if (!postgres_run(s, take_sql, &p, &n, e))
		return false;
	*ret_taken = n == 1;
	return true;
}

static const char holder_sql[] =
	"SELECT host, pid, pid_started, taken_at, expires_at FROM leases WHERE name = $1";

static void read_holder(const PGresult *r, struct str name, struct arena *a,
			struct store_lease *ret)
{
	*ret = (struct store_lease){ .name = name };
	if (PQntuples(r) == 0)
		return;
	ret->host = cell_copy(r, 0, 0, a);
	ret->pid = cell_i64(r, 0, 1);
	ret->pid_started = cell_i64(r, 0, 2);
	ret->taken_at_ms = cell_ms(r, 0, 3);
	ret->expires_at_ms = cell_ms(r, 0, 4);
}

static bool find_holder(struct postgres_store *s, struct str name, struct arena *a,
			struct store_lease *ret, struct err *e)
{
	struct params p = { 0 };

	param_str(&p, name);
	{
		RESULT_AUTO(r) = postgres_query(s, holder_sql, &p, e);

		if (!r)
			return false;
		read_holder(r, name, a, ret);
	}
	return true;
}

bool postgres_lease_find(struct store *base, struct str name, struct arena *a,
			 struct store_lease *ret, struct err *e)
{
	struct params p = { 0 };

	param_str(&p, name);
	{
		RESULT_AUTO(r) = postgres_read(postgres_of(base), holder_sql, &p, e);

		if (!r)
			return false;
		read_holder(r, name, a, ret);
	}
	return true;
}

bool postgres_lease_clock(struct store *base, int64_t *ret_ms, struct err *e)
{
	RESULT_AUTO(r) = postgres_read(
		postgres_of(base), "SELECT date_trunc('milliseconds', clock_timestamp())", NULL, e);

	if (!r)
		return false;
	*ret_ms = cell_ms(r, 0, 0);
	return true;
}

bool postgres_lease_take(struct store *base, const struct store_lease *want,
			 const struct store_lease *dead, struct arena *a, bool *ret_taken,
			 struct store_lease *ret_holder, struct err *e)
{
	struct postgres_store *s = postgres_of(base);

	if (!postgres_begin_with(s, NULL, e))
		return false;
	if (take(s, want, dead, ret_taken, e) &&
	    (*ret_taken || find_holder(s, want->name, a, ret_holder, e)) &&
	    postgres_commit(base, e))
		return true;
	postgres_rollback(base);
	return false;
}

static bool release(struct postgres_store *s, const struct store_lease *mine, struct err *e)
{
	struct params p = { 0 };

	param_str(&p, mine->name);
	param_str(&p, mine->host);
	param_i64(&p, mine->pid);
	param_i64(&p, mine->pid_started);
	return postgres_run(s,
			    "UPDATE leases SET expires_at = taken_at WHERE name = $1"
			    " AND host = $2 AND pid = $3 AND pid_started = $4",
			    &p, NULL, e);
}

bool postgres_lease_release(struct store *base, const struct store_lease *mine, struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	bool own;

	return postgres_write_begin(s, &own, e) &&
	       postgres_write_end(s, own, release(s, mine, e), e);
}
