/*
 * What an attempt may cost at most, and what it did.  Prices are the catalog's, exact
 * (core/bill.h); where they say nothing of it, the assumed one.
 */
#include "base/clock.h"
#include "core/bill.h"
#include "task/probe_job.h"

#define ASSUMED STR("assumed")

enum { BODY_MAX = 1 << 20, DAY_MS = 24 * 60 * 60 * 1000 };

bool probe_has_budget(const struct prober *p)
{
	return p->store && (p->conf.budget.has_total || p->conf.budget.has_provider);
}

/* ---- amounts ---- */

static bool has_price(const struct probe_call *c, enum meter meter)
{
	for (size_t i = 0; i < c->n_prices; i++)
		if (c->prices[i].meter == meter)
			return true;
	return false;
}

static struct str source_of(const struct bill *b)
{
	struct str source = STR("catalog");

	for (size_t i = 0; i < b->n; i++)
		if (b->lines[i].price && b->lines[i].price->source.n)
			source = b->lines[i].price->source;
	return source;
}

/* False where the catalog's prices do not say it to the end, in dollars. */
static bool bill(const struct probe_call *c, struct bill_use *use, struct dec *ret,
		 struct str *ret_source)
{
	struct bill b;

	if (c->n_prices == 0)
		return false;
	use->at_ms = clock_now_ms();
	use->counts[METER_REQUEST] = has_price(c, METER_REQUEST);
	b = bill_of(c->prices, c->n_prices, use);
	if (b.state != BILL_PRICED && b.state != BILL_FREE)
		return false;
	if (b.state == BILL_PRICED && !str_eq(b.currency, STR("USD")))
		return false;
	*ret = b.amount;
	*ret_source = source_of(&b);
	return true;
}

static bool assumed(const struct prober *p, uint64_t tokens, struct dec *ret)
{
	struct dec n;
	struct err e;

	dec_from_u64(tokens, &n);
	return dec_mul(&n, &p->conf.assumed_price, ret, &e);
}

/*
 * No tokenizer makes more tokens than there are bytes.  What is put out may all be
 * reasoning, which may have a price of its own.
 */
static struct dec worst_case(const struct prober *p, const struct probe_call *c, size_t body_bytes,
			     struct str *ret_source)
{
	uint64_t out = recipe_limit(&c->recipe, c->max_tokens);
	struct bill_use text = {
		.counts = { [METER_INPUT_TOKEN] = body_bytes, [METER_OUTPUT_TOKEN] = out }
	};
	struct bill_use thought = {
		.counts = { [METER_INPUT_TOKEN] = body_bytes, [METER_REASONING_TOKEN] = out }
	};
	struct str source = STR_NONE;
	struct dec amount = { 0 };
	struct dec other = { 0 };

	if (!bill(c, &text, &amount, ret_source)) {
		*ret_source = ASSUMED;
		(void)assumed(p, body_bytes + out, &amount);
		return amount;
	}
	if (bill(c, &thought, &other, &source) && dec_cmp(&other, &amount) > 0)
		amount = other;
	return amount;
}

static uint64_t part(int64_t n, uint64_t of)
{
	return n > 0 && (uint64_t)n <= of ? (uint64_t)n : 0;
}

void probe_cost(const struct prober *p, const struct probe_call *c, struct arena *a,
		struct sample *s)
{
	struct bill_use use = { 0 };
	uint64_t cached;
	uint64_t thought;

	if (s->tokens.input < 0 || s->tokens.output < 0)
		return;
	cached = part(s->tokens.cached, (uint64_t)s->tokens.input);
	thought = part(s->tokens.reasoning, (uint64_t)s->tokens.output);
	use.counts[METER_INPUT_TOKEN] = (uint64_t)s->tokens.input - cached;
	use.counts[METER_CACHED_INPUT_TOKEN] = cached;
	use.counts[METER_OUTPUT_TOKEN] = (uint64_t)s->tokens.output - thought;
	use.counts[METER_REASONING_TOKEN] = thought;
	s->has_cost = bill(c, &use, &s->cost, &s->price_source);
	s->price_source = arena_str(a, s->price_source);
	if (s->has_cost || !probe_has_budget(p))
		return;
	s->has_cost = assumed(p, (uint64_t)s->tokens.input + (uint64_t)s->tokens.output, &s->cost);
	s->price_source = ASSUMED;
}

/* ---- reserving ---- */

struct reserving {
	struct prober *p;
	struct store_reservation *rows;
	size_t n;
	bool ok;
	struct err err;
	/* first attempts */
	struct probe_call *calls;
	prober_reserved_fn *done;
	void *arg;
	/* one more */
	struct probe_try *t;
	probe_granted_fn *granted;
};

static void fill_row(struct store_reservation *row, const struct prober *p,
		     const struct probe_call *c, size_t body_bytes)
{
	row->provider = c->provider;
	row->amount = worst_case(p, c, body_bytes, &row->price_source);
}

static size_t body_bytes(const struct probe_call *c)
{
	const struct recipe_ask ask = { .model = c->provider_model_id,
					.prompt = c->prompt.text,
					.max_tokens = c->max_tokens,
					.stream = c->stream };
	BUF_AUTO(body, BODY_MAX);

	recipe_body(&c->recipe, &ask, &body);
	return body.n;
}

static void reserve(struct store *s, void *arg)
{
	struct reserving *r = arg;
	struct store_budget budget = r->p->conf.budget;
	int64_t now_ms = clock_now_ms();

	for (size_t i = 0; r->calls && i < r->n; i++)
		fill_row(&r->rows[i], r->p, &r->calls[i], body_bytes(&r->calls[i]));
	budget.day_begin_ms = now_ms - now_ms % DAY_MS;
	r->ok = store_reserve(s, &budget, now_ms, r->rows, r->n, &r->err);
}

static struct reserving *new_reserving(struct prober *p, size_t n)
{
	struct reserving *r = calloc(1, sizeof(*r));

	if (!r)
		abort();
	r->rows = calloc(n + 1, sizeof(*r->rows));
	if (!r->rows)
		abort();
	r->p = p;
	r->n = n;
	return r;
}

static void free_reserving(struct reserving *r)
{
	free(r->rows);
	free(r);
}

static void on_reserved(void *arg)
{
	struct reserving *r = arg;

	for (size_t i = 0; i < r->n; i++) {
		r->calls[i].reservation_id = r->rows[i].id;
		r->calls[i].denied = !r->ok || !r->rows[i].granted;
	}
	r->done(r->arg, r->ok ? NULL : &r->err);
	free_reserving(r);
}

static void on_nothing_to_reserve(void *arg)
{
	struct reserving *r = arg;

	r->done(r->arg, NULL);
	free_reserving(r);
}

void prober_reserve(struct prober *p, struct probe_call *calls, size_t n, prober_reserved_fn *done,
		    void *arg)
{
	bool has_budget = probe_has_budget(p);
	struct reserving *r = new_reserving(p, has_budget ? n : 0);

	r->calls = calls;
	r->done = done;
	r->arg = arg;
	for (size_t i = 0; i < n; i++)
		calls[i].denied = false;
	if (r->n)
		store_thread_post(p->store, reserve, on_reserved, r);
	else
		loop_post(p->loop, on_nothing_to_reserve, r);
}

static void on_reserved_again(void *arg)
{
	struct reserving *r = arg;
	bool granted = r->ok && r->rows[0].granted;

	/* Of the attempt before, what it may have cost stays reserved. */
	r->t->reservation_id = granted ? r->rows[0].id : r->t->reservation_id;
	r->granted(r->t, granted);
	free_reserving(r);
}

void probe_reserve_again(struct probe_try *t, probe_granted_fn *granted)
{
	struct reserving *r = new_reserving(t->p, 1);

	r->t = t;
	r->granted = granted;
	fill_row(&r->rows[0], t->p, &t->call, t->body.n);
	store_thread_post(t->p->store, reserve, on_reserved_again, r);
}

/* ---- giving back ---- */

/* What is given back in one round of the loop is one transaction: a stop gives back thousands. */
struct probe_releases {
	struct prober *p; /* NULL: it is gone */
	struct loop *loop;
	struct store_thread *store;
	int64_t *ids;
	size_t n, room;
};

static void release(struct store *s, void *arg)
{
	const struct probe_releases *r = arg;
	struct err e;

	/* On failure it stays reserved until the day ends: nobody spends more for it. */
	(void)store_release_reservations(s, r->ids, r->n, &e);
}

static void released(void *arg)
{
	struct probe_releases *r = arg;

	free(r->ids);
	free(r);
}

static void post_releases(void *arg)
{
	struct probe_releases *r = arg;

	probe_forget_releases(r->p);
	loop_release(r->loop);
	store_thread_post(r->store, release, released, r);
}

static struct probe_releases *new_releases(struct prober *p)
{
	struct probe_releases *r = calloc(1, sizeof(*r));

	if (!r)
		abort();
	r->p = p;
	r->loop = p->loop;
	r->store = p->store;
	loop_hold(p->loop);
	loop_post(p->loop, post_releases, r);
	return r;
}

void probe_forget_releases(struct prober *p)
{
	if (!p || !p->releases)
		return;
	p->releases->p = NULL;
	p->releases = NULL;
}

void probe_release(struct prober *p, int64_t reservation_id)
{
	struct probe_releases *r;

	if (!p->store || reservation_id == 0)
		return;
	if (!p->releases)
		p->releases = new_releases(p);
	r = p->releases;
	if (r->n == r->room) {
		r->room = r->room ? 2 * r->room : PROBE_BUCKETS;
		r->ids = realloc(r->ids, r->room * sizeof(*r->ids));
		if (!r->ids)
			abort();
	}
	r->ids[r->n++] = reservation_id;
}
