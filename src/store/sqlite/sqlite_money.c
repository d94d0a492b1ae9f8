/*
 * sqlite_money: what probes may cost and what they did.  Amounts are added in C
 * (store/purse.h): SQLite's own sum() is a REAL.
 */
#include "store/purse.h"
#include "store/sqlite/sqlite.h"
#include "store/sqlite/sqlite_bind.h"

/* ---- what was spent ---- */

/* Days that are settled, and what is still reserved. */
static const char spent_sql[] =
	"SELECT provider, amount FROM ledger_days WHERE day >= ?1 AND (?2 IS NULL OR provider = ?2)"
	" UNION ALL"
	" SELECT provider, amount FROM ledger INDEXED BY ledger_reserved"
	" WHERE state = 'reserved' AND at >= ?1 AND (?2 IS NULL OR provider = ?2)";

static bool load_spent(struct sqlite_store *s, struct str provider, int64_t since_ms,
		       struct purse *ret, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s, spent_sql, e);
	bool row;

	if (!st)
		return false;
	bind_i64(st, 1, purse_day(since_ms));
	bind_str(st, 2, provider);
	for (;;) {
		if (!sqlite_next(s, st, &row, e))
			return false;
		if (!row)
			return true;
		if (!purse_add_text(ret, column_str(st, 0), 0, column_str(st, 1), 0, e))
			return false;
	}
}

bool sqlite_spent(struct store *base, struct str provider, int64_t since_ms, struct dec *ret,
		  struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	ARENA_AUTO(a);
	struct purse spent = { .a = &a };

	return sqlite_read_begin(s, e) &&
	       sqlite_read_end(s, load_spent(s, provider, since_ms, &spent, e), e) &&
	       purse_sum(&spent, STR_NONE, ret, e);
}

/* ---- reserving ---- */

static bool insert_reservations(struct sqlite_store *s, int64_t now_ms, struct store_reservation *r,
				size_t n, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "INSERT INTO ledger (at, provider, amount, price_source,"
				       " state, reserved)"
				       " VALUES (?1, ?2, ?3, ?4, 'reserved', ?3)",
				       e);
	char amount[DEC_TEXT_MAX];

	if (!st)
		return false;
	bind_i64(st, 1, now_ms);
	for (size_t i = 0; i < n; i++) {
		if (!r[i].granted)
			continue;
		(void)dec_print(&r[i].amount, amount);
		bind_str(st, 2, r[i].provider);
		bind_text(st, 3, amount);
		bind_str(st, 4, purse_source(r[i].price_source));
		if (!sqlite_run(s, st, e))
			return false;
		r[i].id = sqlite3_last_insert_rowid(s->db);
	}
	return true;
}

static bool reserve(struct sqlite_store *s, const struct store_budget *b, int64_t now_ms,
		    struct store_reservation *r, size_t n, struct err *e)
{
	ARENA_AUTO(a);
	struct purse spent = { .a = &a };

	return load_spent(s, STR_NONE, b->day_begin_ms, &spent, e) &&
	       purse_grant(&spent, b, r, n, e) && insert_reservations(s, now_ms, r, n, e);
}

bool sqlite_reserve(struct store *base, const struct store_budget *b, int64_t now_ms,
		    struct store_reservation *r, size_t n, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);

	/* The lock is taken before anything is read: nobody else spends meanwhile. */
	if (sqlite_exec(s, "BEGIN IMMEDIATE", e) &&
	    sqlite_write_end(s, true, reserve(s, b, now_ms, r, n, e), e))
		return true;
	purse_revoke(r, n);
	return false;
}

static bool release(struct sqlite_store *s, const int64_t *ids, size_t n, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "UPDATE ledger SET state = 'released', amount = '0'"
				       " WHERE id = ?1 AND state = 'reserved'",
				       e);

	if (!st)
		return false;
	for (size_t i = 0; i < n; i++) {
		bind_i64(st, 1, ids[i]);
		if (!sqlite_run(s, st, e))
			return false;
	}
	return true;
}

bool sqlite_release_reservations(struct store *base, const int64_t *ids, size_t n, struct err *e)
{
	struct sqlite_store *s = sqlite_of(base);
	bool own;

	return sqlite_write_begin(s, &own, e) && sqlite_write_end(s, own, release(s, ids, n, e), e);
}

/* ---- settling ---- */

/* *ret_found false: it is no open reservation.  What it was, with its amount, goes into the purse. */
static bool find_reserved(struct sqlite_store *s, const struct store_sample *w, enum purse_end end,
			  struct purse *settled, bool *ret_found, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "SELECT at, provider, amount FROM ledger"
				       " WHERE id = ?1 AND state = 'reserved'",
				       e);
	int64_t day;

	if (!st)
		return false;
	bind_i64(st, 1, w->reservation_id);
	if (!sqlite_next(s, st, ret_found, e))
		return false;
	if (!*ret_found || end == PURSE_UNSENT)
		return true;
	day = purse_day(sqlite3_column_int64(st, 0));
	if (end == PURSE_COST)
		return purse_add(settled, column_str(st, 1), day, &w->sample->cost, 1, e);
	return purse_add_text(settled, column_str(st, 1), day, column_str(st, 2), 1, e);
}

/* Two statements: RETURNING would take more time than both of them. */
static bool settle_reserved(struct sqlite_store *s, const struct store_sample *w, int64_t sample_id,
			    enum purse_end end, struct purse *settled, bool *ret_found,
			    struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "UPDATE ledger SET sample_id = ?2, state = ?3,"
				       " amount = ifnull(?4, amount),"
				       " price_source = ifnull(?5, price_source) WHERE id = ?1",
				       e);
	char amount[DEC_TEXT_MAX];

	if (!st || !find_reserved(s, w, end, settled, ret_found, e))
		return false;
	if (!*ret_found)
		return true;
	bind_i64(st, 1, w->reservation_id);
	bind_i64(st, 2, sample_id);
	bind_text(st, 3, purse_state(end));
	bind_text(st, 4, purse_amount(w, end, amount));
	bind_str(st, 5, w->sample->price_source);
	return sqlite_run(s, st, e);
}

static bool insert_settled(struct sqlite_store *s, const struct store_sample *w, int64_t sample_id,
			   struct purse *settled, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "INSERT INTO ledger (at, sample_id, provider, amount,"
				       " price_source, state)"
				       " VALUES (?1, ?2, ?3, ?4, ?5, 'settled')",
				       e);
	const struct sample *x = w->sample;
	char amount[DEC_TEXT_MAX];

	if (!st)
		return false;
	(void)dec_print(&x->cost, amount);
	bind_i64(st, 1, x->started_at_ms);
	bind_i64(st, 2, sample_id);
	bind_str(st, 3, x->provider);
	bind_text(st, 4, amount);
	bind_str(st, 5, purse_source(x->price_source));
	return sqlite_run(s, st, e) &&
	       purse_add(settled, x->provider, purse_day(x->started_at_ms), &x->cost, 1, e);
}

bool sqlite_settle(struct sqlite_store *s, const struct store_sample *w, int64_t sample_id,
		   struct purse *settled, struct err *e)
{
	enum purse_end end = purse_end_of(w);
	bool found = false;

	if (end == PURSE_NOTHING)
		return true;
	if (w->reservation_id && !settle_reserved(s, w, sample_id, end, settled, &found, e))
		return false;
	return found || end != PURSE_COST || insert_settled(s, w, sample_id, settled, e);
}

/* ---- days ---- */

static bool load_day(struct sqlite_store *s, const struct purse_entry *entry, struct dec *ret,
		     struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "SELECT amount FROM ledger_days"
				       " WHERE day = ?1 AND provider = ?2",
				       e);
	bool row;

	*ret = (struct dec){ 0 };
	if (!st)
		return false;
	bind_i64(st, 1, entry->day_ms);
	bind_str(st, 2, entry->provider);
	return sqlite_next(s, st, &row, e) && (!row || dec_parse(column_str(st, 0), ret, e));
}

static bool add_to_day(struct sqlite_store *s, const struct purse_entry *entry, struct err *e)
{
	STMT_AUTO(st) = sqlite_prepare(s,
				       "INSERT INTO ledger_days (provider, day, amount, requests)"
				       " VALUES (?1, ?2, ?3, ?4) ON CONFLICT (day, provider)"
				       " DO UPDATE SET amount = excluded.amount,"
				       " requests = requests + excluded.requests",
				       e);
	char amount[DEC_TEXT_MAX];
	struct dec before, sum;

	if (!st || !load_day(s, entry, &before, e) || !dec_add(&before, &entry->amount, &sum, e))
		return false;
	(void)dec_print(&sum, amount);
	bind_str(st, 1, entry->provider);
	bind_i64(st, 2, entry->day_ms);
	bind_text(st, 3, amount);
	bind_u64(st, 4, entry->requests);
	return sqlite_run(s, st, e);
}

bool sqlite_add_to_days(struct sqlite_store *s, const struct purse *settled, struct err *e)
{
	for (size_t i = 0; i < settled->n; i++)
		if (!add_to_day(s, &settled->entries[i], e))
			return false;
	return true;
}
