/*
 * postgres_verdict: what is known of samples only when others have ended, too.
 */
#include "store/postgres/postgres.h"
#include "store/postgres/postgres_bind.h"

static const char agreement_sql[] =
	"UPDATE samples x SET agrees = u.agrees"
	" FROM unnest($2, $3, $4, $5) AS u (agrees, provider, model, group_key)"
	" WHERE x.provider = u.provider AND x.provider_model_id = u.model AND x.started_at >= $1"
	" AND x.group_key = u.group_key AND x.agrees IS NULL";

static bool save_agreement(struct postgres_store *s, int64_t since_ms,
			   const struct store_agreement *rows, size_t n, struct err *e)
{
	struct params p = { 0 };
	struct columns c;
	bool ok;

	if (n == 0)
		return true;
	columns_init(&c, "bttt");
	for (size_t i = 0; i < n; i++) {
		array_flag(&c.at[0], rows[i].agrees);
		array_str(&c.at[1], rows[i].provider);
		array_str(&c.at[2], rows[i].provider_model_id);
		array_str(&c.at[3], rows[i].group_key);
	}
	param_ms(&p, since_ms);
	param_columns(&p, &c);
	ok = postgres_run(s, agreement_sql, &p, NULL, e);
	columns_release(&c);
	return ok;
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
	bool own;

	return postgres_write_begin(s, &own, e) &&
	       postgres_write_end(s, own, save_agreement(s, since_ms, rows, n, e), e);
}

bool postgres_discount_cycle(struct store *base, int64_t cycle_at_ms, int64_t since_ms,
			     struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	bool own;

	return postgres_write_begin(s, &own, e) &&
	       postgres_write_end(s, own, discount(s, cycle_at_ms, since_ms, e), e);
}
