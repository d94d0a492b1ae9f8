/*
 * postgres_verdict: what is known of samples only when others have ended, too.
 */
#include "store/postgres/postgres.h"
#include "store/postgres/postgres_bind.h"

static bool save_agreement(struct postgres_store *s, int64_t since_ms,
			   const struct store_agreement *row, struct err *e)
{
	struct params p = { 0 };

	param_bool(&p, row->agrees == 1);
	param_str(&p, row->provider);
	param_str(&p, row->provider_model_id);
	param_ms(&p, since_ms);
	param_str(&p, row->group_key);
	return postgres_run(s,
			    "UPDATE samples SET agrees = $1 WHERE provider = $2"
			    " AND provider_model_id = $3 AND started_at >= $4 AND group_key = $5"
			    " AND agrees IS NULL",
			    &p, NULL, e);
}

static bool discount(struct postgres_store *s, int64_t cycle_at_ms, int64_t since_ms, struct err *e)
{
	struct params p = { 0 };

	param_ms(&p, cycle_at_ms);
	param_ms(&p, since_ms);
	return postgres_run(s,
			    "UPDATE samples SET counted = false WHERE cycle_at = $1"
			    " AND started_at >= $2",
			    &p, NULL, e);
}

bool postgres_save_agreement(struct store *base, int64_t since_ms,
			     const struct store_agreement *rows, size_t n, struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	bool ok;

	if (!postgres_begin_with(s, NULL, e))
		return false;
	ok = true;
	for (size_t i = 0; ok && i < n; i++)
		ok = save_agreement(s, since_ms, &rows[i], e);
	ok = ok && postgres_commit(base, e);
	if (!ok)
		postgres_rollback(base);
	return ok;
}

bool postgres_discount_cycle(struct store *base, int64_t cycle_at_ms, int64_t since_ms,
			     struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	bool ok;

	if (!postgres_begin_with(s, NULL, e))
		return false;
	ok = discount(s, cycle_at_ms, since_ms, e) && postgres_commit(base, e);
	if (!ok)
		postgres_rollback(base);
	return ok;
}
