#include "store/purse.h"

#include <stdlib.h>

int64_t purse_day(int64_t at_ms)
{
	return at_ms - at_ms % PURSE_DAY_MS;
}

/* ---- entries ---- */

static struct purse_entry *find(const struct purse *p, struct str provider, int64_t day_ms)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->entries[i].day_ms == day_ms && str_eq(p->entries[i].provider, provider))
			return &p->entries[i];
	return NULL;
}

static struct purse_entry *add_entry(struct purse *p, struct str provider, int64_t day_ms)
{
	struct purse_entry *wider;

	if (p->n == p->room) {
		p->room = p->room ? 2 * p->room : 64;
		wider = arena_array(p->a, p->room, struct purse_entry);
		if (p->n)
			memcpy(wider, p->entries, p->n * sizeof(*wider));
		p->entries = wider;
	}
	p->entries[p->n] = (struct purse_entry){
		.provider = arena_str(p->a, provider),
		.day_ms = day_ms,
	};
	return &p->entries[p->n++];
}

bool purse_add(struct purse *p, struct str provider, int64_t day_ms, const struct dec *amount,
	       uint64_t requests, struct err *e)
{
	struct purse_entry *entry = find(p, provider, day_ms);
	struct dec sum;

	if (!entry)
		entry = add_entry(p, provider, day_ms);
	if (!dec_add(&entry->amount, amount, &sum, e))
		return false;
	entry->amount = sum;
	entry->requests += requests;
	return true;
}

bool purse_add_text(struct purse *p, struct str provider, int64_t day_ms, struct str amount,
		    uint64_t requests, struct err *e)
{
	struct dec d;

	return dec_parse(amount, &d, e) && purse_add(p, provider, day_ms, &d, requests, e);
}

static int entry_order(const void *a, const void *b)
{
	const struct purse_entry *x = a, *y = b;

	if (x->day_ms != y->day_ms)
		return x->day_ms < y->day_ms ? -1 : 1;
	return str_cmp(x->provider, y->provider);
}

void purse_sort(struct purse *p)
{
	if (p->n)
		qsort(p->entries, p->n, sizeof(*p->entries), entry_order);
}

bool purse_sum(const struct purse *p, struct str provider, struct dec *ret, struct err *e)
{
	struct dec sum = { 0 }, next;

	for (size_t i = 0; i < p->n; i++) {
		if (!str_is_none(provider) && !str_eq(p->entries[i].provider, provider))
			continue;
		if (!dec_add(&sum, &p->entries[i].amount, &next, e))
			return false;
		sum = next;
	}
	*ret = sum;
	return true;
}

/* ---- grants ---- */

/* *ret_sum is the sum with it. */
static bool fits(bool has_limit, const struct dec *limit, const struct dec *spent,
		 const struct dec *amount, struct dec *ret_sum, bool *ret_fits, struct err *e)
{
	if (!dec_add(spent, amount, ret_sum, e))
		return false;
	*ret_fits = !has_limit || dec_cmp(ret_sum, limit) <= 0;
	return true;
}

/* Each provider is one entry of day 0 here, so that its sum needs no walk. */
static bool grant(struct purse *p, const struct store_budget *b, struct dec *total,
		  struct store_reservation *r, struct err *e)
{
	const struct purse_entry *entry = find(p, r->provider, 0);
	const struct dec none = { 0 };
	struct dec in_all, of_provider;
	bool one, other;

	r->id = 0;
	r->granted = false;
	if (!fits(b->has_total, &b->total, total, &r->amount, &in_all, &one, e) ||
	    !fits(b->has_provider, &b->provider, entry ? &entry->amount : &none, &r->amount,
		  &of_provider, &other, e))
		return false;
	if (!one || !other)
		return true;
	r->granted = true;
	*total = in_all;
	return purse_add(p, r->provider, 0, &r->amount, 1, e);
}

bool purse_grant(struct purse *p, const struct store_budget *b, struct store_reservation *r,
		 size_t n, struct err *e)
{
	struct dec total;

	if (!purse_sum(p, STR_NONE, &total, e))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!grant(p, b, &total, &r[i], e))
			return false;
	return true;
}

void purse_revoke(struct store_reservation *r, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		r[i].granted = false;
		r[i].id = 0;
	}
}

/* ---- what a sample does to the ledger ---- */

enum purse_end purse_end_of(const struct store_sample *s)
{
	if (s->sample->attempts == 0)
		return s->reservation_id ? PURSE_UNSENT : PURSE_NOTHING;
	if (s->sample->has_cost)
		return PURSE_COST;
	return s->reservation_id ? PURSE_WORST : PURSE_NOTHING;
}

const char *purse_state(enum purse_end end)
{
	return end == PURSE_UNSENT ? "released" : "settled";
}

const char *purse_amount(const struct store_sample *s, enum purse_end end, char out[DEC_TEXT_MAX])
{
	const struct dec zero = { 0 };

	if (end == PURSE_WORST)
		return NULL;
	(void)dec_print(end == PURSE_UNSENT ? &zero : &s->sample->cost, out);
	return out;
}

struct str purse_source(struct str price_source)
{
	return str_is_none(price_source) ? STR("") : price_source;
}
