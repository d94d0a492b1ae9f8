/*
 * postgres_money: what probes may cost and what they did.  NUMERIC is exact; what is granted is
 * decided in C all the same (store/purse.h), by the same rule as in the other back end.
 */
#include "store/postgres/postgres.h"
#include "store/postgres/postgres_bind.h"
#include "store/purse.h"

#include <assert.h>
#include <stdlib.h>

/* ---- what was spent ---- */

/*
 * Days that are settled, and what is still reserved.  One statement, one state: what is settled
 * meanwhile is in the one or in the other.
 */
static const char spent_sql[] =
	"SELECT provider, amount::text FROM ledger_days"
	" WHERE day >= $1 AND ($2 IS NULL OR provider = $2)"
	" UNION ALL"
	" SELECT provider, sum(amount)::text FROM ledger"
	" WHERE state = 'reserved' AND at >= $1 AND ($2 IS NULL OR provider = $2) GROUP BY provider";

static bool load_spent(struct postgres_store *s, struct str provider, int64_t since_ms,
		       struct purse *ret, struct err *e)
{
	struct params p = { 0 };

	param_ms(&p, purse_day(since_ms));
	param_str(&p, provider);
	{
		RESULT_AUTO(r) = postgres_query(s, spent_sql, &p, e);

		if (!r)
			return false;
		for (int i = 0; i < PQntuples(r); i++)
			if (!purse_add_text(ret, cell_str(r, i, 0), 0, cell_str(r, i, 1), 0, e))
				return false;
	}
	return true;
}

bool postgres_spent(struct store *base, struct str provider, int64_t since_ms, struct dec *ret,
		    struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	ARENA_AUTO(a);
	struct purse spent = { .a = &a };

	return postgres_read_begin(s, e) &&
	       postgres_read_end(s, load_spent(s, provider, since_ms, &spent, e), e) &&
	       purse_sum(&spent, STR_NONE, ret, e);
}

/* ---- reserving ---- */

static const char reserve_sql[] =
	"INSERT INTO ledger (at, provider, amount, price_source, state, reserved)"
	" SELECT $1, u.provider, u.amount::numeric, u.source, 'reserved', u.amount::numeric"
	" FROM unnest($2, $3, $4) WITH ORDINALITY AS u (provider, amount, source, nth)"
	" ORDER BY u.nth RETURNING id";

static int id_order(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Ids were drawn in the order of the rows, whatever order they are told in. */
static void give_ids(const PGresult *r, struct store_reservation *reservations, size_t n,
		     struct arena *a)
{
	size_t n_ids = (size_t)PQntuples(r), at = 0;
	int64_t *ids = arena_array(a, n_ids, int64_t);

	for (size_t i = 0; i < n_ids; i++)
		ids[i] = cell_i64(r, (int)i, 0);
	qsort(ids, n_ids, sizeof(*ids), id_order);
	for (size_t i = 0; i < n; i++)
		if (reservations[i].granted && at < n_ids)
			reservations[i].id = ids[at++];
}

static bool insert_granted(struct postgres_store *s, int64_t now_ms, struct columns *c,
			   struct store_reservation *r, size_t n, struct arena *a, struct err *e)
{
	struct params p = { 0 };

	if (c->at[0].n == 0)
		return true;
	param_ms(&p, now_ms);
	param_columns(&p, c);
	{
		RESULT_AUTO(result) = postgres_query(s, reserve_sql, &p, e);

		if (!result)
			return false;
		give_ids(result, r, n, a);
	}
	return true;
}

static bool insert_reservations(struct postgres_store *s, int64_t now_ms,
				struct store_reservation *r, size_t n, struct arena *a,
				struct err *e)
{
	char amount[DEC_TEXT_MAX];
	struct columns c;
	bool ok;

	columns_init(&c, "ttt");
	for (size_t i = 0; i < n; i++) {
		if (!r[i].granted)
			continue;
		(void)dec_print(&r[i].amount, amount);
		array_str(&c.at[0], r[i].provider);
		array_str(&c.at[1], str_of(amount));
		array_str(&c.at[2], purse_source(r[i].price_source));
	}
	ok = insert_granted(s, now_ms, &c, r, n, a, e);
	columns_release(&c);
	return ok;
}

static bool reserve(struct postgres_store *s, const struct store_budget *b, int64_t now_ms,
		    struct store_reservation *r, size_t n, struct err *e)
{
	ARENA_AUTO(a);
	struct purse spent = { .a = &a };

	return load_spent(s, STR_NONE, b->day_begin_ms, &spent, e) &&
	       purse_grant(&spent, b, r, n, e) && insert_reservations(s, now_ms, r, n, &a, e);
}

bool postgres_reserve(struct store *base, const struct store_budget *b, int64_t now_ms,
		      struct store_reservation *r, size_t n, struct err *e)
{
	struct postgres_store *s = postgres_of(base);

	/* Who holds this lock is alone between reading what was spent and spending more. */
	if (postgres_begin_with(s, "budget", e) &&
	    postgres_write_end(s, true, reserve(s, b, now_ms, r, n, e), e))
		return true;
	purse_revoke(r, n);
	return false;
}

static bool release(struct postgres_store *s, const int64_t *ids, size_t n, struct err *e)
{
	struct params p = { 0 };
	struct columns c;
	bool ok;

	columns_init(&c, "i");
	for (size_t i = 0; i < n; i++)
		array_i64(&c.at[0], ids[i]);
	param_columns(&p, &c);
	ok = postgres_run(s,
			  "UPDATE ledger SET state = 'released', amount = 0"
			  " WHERE id = ANY($1) AND state = 'reserved'",
			  &p, NULL, e);
	columns_release(&c);
	return ok;
}

bool postgres_release_reservations(struct store *base, const int64_t *ids, size_t n, struct err *e)
{
	struct postgres_store *s = postgres_of(base);
	bool own;

	return n == 0 || (postgres_write_begin(s, &own, e) &&
			  postgres_write_end(s, own, release(s, ids, n, e), e));
}

/* ---- settling ---- */

struct settling {
	struct postgres_store *s;
	const struct store_sample *samples;
	const int64_t *sample_ids;
	size_t n;
	bool *done; /* [n]: its reservation was open */
	struct purse settled;
};

static const char settle_sql[] =
	"UPDATE ledger l SET sample_id = u.sample, state = u.state,"
	" amount = COALESCE(u.amount::numeric, l.amount),"
	" price_source = COALESCE(u.source, l.price_source)"
	" FROM unnest($1, $2, $3, $4, $5, $6) AS u (id, sample, state, amount, source, nth)"
	" WHERE l.id = u.id AND l.state = 'reserved'"
	" RETURNING u.nth, l.at, l.provider, l.amount::text";

static bool note_settled(struct settling *g, const PGresult *r, struct err *e)
{
	for (int i = 0; i < PQntuples(r); i++) {
		size_t nth = (size_t)cell_u64(r, i, 0);

		g->done[nth] = true;
		if (purse_end_of(&g->samples[nth]) != PURSE_UNSENT &&
		    !purse_add_text(&g->settled, cell_str(r, i, 2), purse_day(cell_ms(r, i, 1)),
				    cell_str(r, i, 3), 1, e))
			return false;
	}
	return true;
}

static bool run_settle(struct settling *g, struct columns *c, struct err *e)
{
	struct params p = { 0 };

	if (c->at[0].n == 0)
		return true;
	param_columns(&p, c);
	{
		RESULT_AUTO(r) = postgres_query(g->s, settle_sql, &p, e);

		return r && note_settled(g, r, e);
	}
}

static bool settle_reserved(struct settling *g, struct err *e)
{
	char amount[DEC_TEXT_MAX];
	struct columns c;
	bool ok;

	columns_init(&c, "iittti");
	for (size_t i = 0; i < g->n; i++) {
		const struct store_sample *w = &g->samples[i];
		enum purse_end end = purse_end_of(w);

		if (!w->reservation_id || end == PURSE_NOTHING)
			continue;
		array_i64(&c.at[0], w->reservation_id);
		array_i64(&c.at[1], g->sample_ids[i]);
		array_str(&c.at[2], str_of(purse_state(end)));
		array_str(&c.at[3], str_of(purse_amount(w, end, amount)));
		array_str(&c.at[4], w->sample->price_source);
		array_i64(&c.at[5], (int64_t)i);
	}
	ok = run_settle(g, &c, e);
	columns_release(&c);
	return ok;
}

static bool run_insert(struct settling *g, const char *sql, struct columns *c, struct err *e)
{
	struct params p = { 0 };

	if (c->at[0].n == 0)
		return true;
	param_columns(&p, c);
	return postgres_run(g->s, sql, &p, NULL, e);
}

static bool add_row(struct settling *g, size_t i, struct columns *c, struct err *e)
{
	const struct sample *x = g->samples[i].sample;
	char amount[DEC_TEXT_MAX];

	(void)dec_print(&x->cost, amount);
	array_ms(&c->at[0], x->started_at_ms);
	array_i64(&c->at[1], g->sample_ids[i]);
	array_str(&c->at[2], x->provider);
	array_str(&c->at[3], str_of(amount));
	array_str(&c->at[4], purse_source(x->price_source));
	return purse_add(&g->settled, x->provider, purse_day(x->started_at_ms), &x->cost, 1, e);
}

/* What was not reserved and has a cost. */
static bool insert_settled(struct settling *g, struct err *e)
{
	struct columns c;
	bool ok = true;

	columns_init(&c, "mittt");
	for (size_t i = 0; ok && i < g->n; i++)
		if (!g->done[i] && purse_end_of(&g->samples[i]) == PURSE_COST)
			ok = add_row(g, i, &c, e);
	ok = ok && run_insert(g,
			      "INSERT INTO ledger (at, sample_id, provider, amount, price_source,"
			      " state) SELECT u.at, u.sample, u.provider, u.amount::numeric,"
			      " u.source, 'settled' FROM unnest($1, $2, $3, $4, $5)"
			      " AS u (at, sample, provider, amount, source) ORDER BY u.sample",
			      &c, e);
	columns_release(&c);
	return ok;
}

/* In order, so that two who settle at once wait for each other and not in a circle. */
static bool add_to_days(struct settling *g, struct err *e)
{
	char amount[DEC_TEXT_MAX];
	struct columns c;
	bool ok;

	purse_sort(&g->settled);
	columns_init(&c, "tmti");
	for (size_t i = 0; i < g->settled.n; i++) {
		const struct purse_entry *entry = &g->settled.entries[i];

		(void)dec_print(&entry->amount, amount);
		array_str(&c.at[0], entry->provider);
		array_ms(&c.at[1], entry->day_ms);
		array_str(&c.at[2], str_of(amount));
		array_i64(&c.at[3], (int64_t)entry->requests);
	}
	ok = run_insert(g,
			"INSERT INTO ledger_days (provider, day, amount, requests)"
			" SELECT u.provider, u.day, u.amount::numeric, u.requests"
			" FROM unnest($1, $2, $3, $4) AS u (provider, day, amount, requests)"
			" ORDER BY u.day, u.provider"
			" ON CONFLICT (day, provider) DO UPDATE SET"
			" amount = ledger_days.amount + excluded.amount,"
			" requests = ledger_days.requests + excluded.requests",
			&c, e);
	columns_release(&c);
	return ok;
}

bool postgres_settle(struct postgres_store *s, const struct store_sample *samples,
		     const int64_t *sample_ids, size_t n, struct err *e)
{
	ARENA_AUTO(a);
	struct settling g = { .s = s,
			      .samples = samples,
			      .sample_ids = sample_ids,
			      .n = n,
			      .done = arena_array(&a, n, bool),
			      .settled = { .a = &a } };

	return settle_reserved(&g, e) && insert_settled(&g, e) && add_to_days(&g, e);
}
