/* SPDX-License-Identifier: MIT */
/*
 * history: fill a database as a year of syncs would, without providers and without waiting.
 *
 *	bench_history fill URL DAYS MODELS SELLERS MINUTES SEED   from nothing
 *	bench_history quiet URL N SELLERS MINUTES                 N syncs more that find nothing new
 *	bench_history ask URL N SELLERS SEED DAYS                 history_ask.c
 *	bench_history states URL DIR SELLERS DAYS                 the catalogs of the last days as files
 *
 * What a sync writes goes through the functions that a sync uses, in its order: rows of last time,
 * batch, run, old runs.  Left out is what stands before that (fetching, reading) and the lease.
 * All syncs of an hour are one transaction, because a commit a sync, which is what keeps the real
 * one safe, would take a day of waiting for the disk here; what is in the tables is the same.
 */
#include "history.h"

#include "base/pack.h"
#include "store/expire.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

const char *database_url;

void check(bool ok, const struct err *e)
{
	if (ok)
		return;
	(void)fprintf(stderr, "bench_history: %s\n", e->text);
	exit(EXIT_FAILURE);
}

/* ---- runs ---- */

static void save_run(struct store *s, const struct seller *seller, const struct store_run *more)
{
	struct store_run run = *more;
	struct err e;

	run.provider_id = seller->id;
	run.ended_at_ms = run.started_at_ms + 150 + (int64_t)(seller->n / 16);
	run.attempts = run.attempts ? run.attempts : 1;
	check(store_save_run(s, &run, &e), &e);
	if (run.completeness == FETCH_COMPLETE)
		check(store_expire_runs(s, seller->id, run.started_at_ms, &e), &e);
}

static void sync_failed(struct store *s, const struct seller *seller, int64_t at_ms)
{
	save_run(s, seller,
		 &(struct store_run){ .started_at_ms = at_ms,
				      .completeness = FETCH_FAILED,
				      .http_status = 503,
				      .attempts = 3,
				      .error_kind = STR("http"),
				      .error = STR("list models: HTTP 503 after 3 attempts") });
}

static void sync_same(struct store *s, const struct seller *seller, const struct state *state,
		      int64_t at_ms)
{
	struct store_batch b = { .provider_id = seller->id,
				 .at_ms = at_ms,
				 .snapshot = state->hash,
				 .snapshot_models = state->models,
				 .snapshot_prices = state->prices };
	struct err e;

	check(store_apply(s, &b, &e), &e);
	save_run(s, seller,
		 &(struct store_run){ .started_at_ms = at_ms,
				      .completeness = FETCH_COMPLETE,
				      .http_status = 304,
				      .bytes = 312,
				      .fetched = state->models,
				      .transformed = state->models,
				      .unchanged = true,
				      .keep = KEEP_A_DAY });
}

/* ---- a sync that finds something ---- */

struct batch {
	struct arena arena;
	struct store_batch b;
	struct store_model_write *writes;
	int64_t *closes, *missing, *returned;
	struct store_price_open *opens;
	struct changes changes;
	bool adds;
};

static void begin_batch(struct batch *x, const struct seller *seller, int64_t at_ms, size_t moves)
{
	*x = (struct batch){ .b = { .provider_id = seller->id, .at_ms = at_ms } };
	x->writes = arena_array(&x->arena, moves, struct store_model_write);
	x->closes = arena_array(&x->arena, moves * OFFER_PRICES, int64_t);
	x->opens = arena_array(&x->arena, moves * OFFER_PRICES, struct store_price_open);
	x->missing = arena_array(&x->arena, moves, int64_t);
	x->returned = arena_array(&x->arena, moves, int64_t);
}

static void write_offer(struct batch *x, const struct offer *o, bool new_version)
{
	x->writes[x->b.n_writes++] =
		(struct store_model_write){ .id = o->id,
					    .model = &o->model,
					    .content = o->content,
					    .new_version = new_version,
					    .canonical_id = o->canonical_id,
					    .canonical_evidence = o->canonical_evidence };
}

static void open_price(struct batch *x, const struct price *p)
{
	x->opens[x->b.n_price_opens++] =
		(struct store_price_open){ .write = x->b.n_writes - 1, .price = p };
}

static void add_new(struct batch *x, const struct offer *o)
{
	write_offer(x, o, true);
	for (size_t i = 0; i < o->model.n_prices; i++)
		open_price(x, &o->model.prices[i]);
	x->adds = true;
}

static void add_change(struct batch *x, const struct offer *o, enum change_kind kind,
		       struct str tags)
{
	changes_add(&x->changes, &x->arena,
		    (struct change){ .kind = kind, .model = o->model.id, .tags = tags });
}

static void add_difference(struct batch *x, const struct store_observed *before,
			   const struct move *move)
{
	const struct offer *o = move->offer;
	size_t first = x->changes.n;

	write_offer(x, o, move->kind == MOVE_CONTEXT || move->kind == MOVE_CAPABILITY);
	for (size_t i = 0; i < o->model.n_prices; i++) {
		if (price_same_amount(&before->model.prices[i], &o->model.prices[i]))
			continue;
		x->closes[x->b.n_price_closes++] = before->price_ids[i];
		open_price(x, &o->model.prices[i]);
	}
	changes_between(&before->model, &o->model, &x->arena, &x->changes);
	for (size_t i = first; move->kind == MOVE_REVERT && i < x->changes.n; i++)
		x->changes.items[i].tags = STR("[\"reverted\"]");
}

static void add_move(struct store *s, struct market *m, struct batch *x, struct move *move)
{
	struct store_observed before = { 0 };
	struct err e;

	if (move->offer && move->offer->id)
		check(store_load_observed(s, &move->offer->id, 1, &x->arena, &before, &e), &e);
	if (!market_move(m, move))
		return;
	switch (move->kind) {
	case MOVE_ADD:
		add_new(x, move->offer);
		add_change(x, move->offer, CHANGE_ADDED, STR_NONE);
		break;
	case MOVE_GO:
		x->missing[x->b.n_missing++] = move->offer->id;
		add_change(x, move->offer, CHANGE_MISSING, STR_NONE);
		break;
	case MOVE_RETURN:
		x->returned[x->b.n_returned++] = move->offer->id;
		add_change(x, move->offer, CHANGE_RETURNED, STR_NONE);
		break;
	case MOVE_REMOVED:
		add_change(x, move->offer, CHANGE_REMOVED,
			   STR("[\"since:2025-11-03T06:05:00.000Z\",\"fetches:876\"]"));
		break;
	default:
		add_difference(x, &before, move);
	}
}

static void find_ids(struct store *s, struct seller *seller, struct arena *a)
{
	struct store_row *rows;
	struct err e;
	size_t n;

	check(store_load_rows(s, seller->id, a, &rows, &n, &e), &e);
	if (n != seller->n)
		abort();
	for (size_t i = 0; i < n; i++)
		seller->offers[i]->id = rows[i].id;
}

/* A body like those that providers send, as large for its models and as hard to pack. */
static void save_document(struct store *s, const struct seller *seller, int64_t at_ms)
{
	ARENA_AUTO(a);
	BUF_AUTO(body, SIZE_MAX / 2);
	struct store_document d = { .list = STR("models"),
				    .url = STR("https://api.gateway.example/v1/models"),
				    .encoding = STR("gzip"),
				    .etag = STR("W/\"6f1d2c-GX0aYH1Z0Kkq3o1b\""),
				    .reader_version = 1,
				    .fetched_at_ms = at_ms };
	struct err e;

	for (size_t i = 0; i < seller->n; i++) {
		const struct offer *o = seller->offers[i];

		if (o->listed)
			buf_printf(&body, "%.*s,{\"description\":\"%.*s\",\"more\":%.*s},\n",
				   STR_FMT(o->line), STR_FMT(o->model.description),
				   STR_FMT(o->model.metadata));
	}
	d.body_n = body.n;
	d.body = pack(buf_str(&body), &a);
	check(store_save_document(s, seller->id, &d, &e), &e);
}

/* *batch is complete but for the state after it. */
static void apply(struct store *s, struct seller *seller, struct state *state, struct batch *x)
{
	struct store_run run = { .started_at_ms = x->b.at_ms,
				 .completeness = FETCH_COMPLETE,
				 .http_status = 200,
				 .bytes = 220 * seller->n };
	struct hash before = state->hash;
	struct err e;

	market_name(seller, &state->hash);
	market_count(seller, &state->models, &state->prices);
	x->b.writes = x->writes;
	x->b.price_closes = x->closes;
	x->b.price_opens = x->opens;
	x->b.missing = x->missing;
	x->b.returned = x->returned;
	x->b.changes = x->changes.items;
	x->b.n_changes = x->changes.n;
	x->b.snapshot = state->hash;
	x->b.snapshot_models = state->models;
	x->b.snapshot_prices = state->prices;
	check(store_apply(s, &x->b, &e), &e);
	if (x->adds)
		find_ids(s, seller, &x->arena);
	run.fetched = run.transformed = state->models;
	run.written = x->b.n_writes;
	run.prices_written = x->b.n_price_closes + x->b.n_price_opens;
	run.changed = x->b.n_changes;
	run.missing = x->b.n_missing;
	run.returned = x->b.n_returned;
	run.has_snapshot = !hash_eq(&before, &state->hash);
	run.snapshot = state->hash;
	run.keep = KEEP_A_MONTH;
	save_run(s, seller, &run);
}

static void sync_first(struct store *s, struct seller *seller, struct state *state, int64_t at_ms)
{
	struct store_provider p = { .slug = seller->slug,
				    .name = seller->slug,
				    .supports_streaming = -1,
				    .supports_function_calling = -1,
				    .supports_vision = -1,
				    .supports_image_generation = -1 };
	struct batch x;
	struct err e;
	bool active;

	check(store_provider_follow(s, &p, at_ms, &seller->id, &active, &e), &e);
	begin_batch(&x, seller, at_ms, seller->n);
	for (size_t i = 0; i < seller->n; i++)
		add_new(&x, seller->offers[i]);
	apply(s, seller, state, &x);
	save_document(s, seller, at_ms);
	arena_release(&x.arena);
}

/* Whether anything moved. */
static bool sync_moved(struct store *s, struct market *m, struct seller *seller,
		       struct state *state, struct move *moves, size_t n, int64_t at_ms)
{
	struct batch x;
	bool any;

	begin_batch(&x, seller, at_ms, n);
	for (size_t i = 0; i < n; i++) {
		if (moves[i].seller != seller)
			continue;
		moves[i].at_ms = at_ms;
		add_move(s, m, &x, &moves[i]);
	}
	any = x.changes.n > 0;
	if (any)
		apply(s, seller, state, &x);
	arena_release(&x.arena);
	return any;
}

/* ---- the year ---- */

static bool concerns(const struct seller *seller, const struct move *moves, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (moves[i].seller == seller)
			return true;
	return false;
}

/* Every seller once. */
static void sync_all(struct store *s, struct market *m, struct state *states, struct move *moves,
		     size_t n, int64_t at_ms)
{
	for (size_t i = 0; i < m->n_sellers; i++) {
		struct seller *seller = &m->sellers[i];

		if (concerns(seller, moves, n) &&
		    sync_moved(s, m, seller, &states[i], moves, n, at_ms))
			continue;
		if (market_below(m, 1000) == 0)
			sync_failed(s, seller, at_ms);
		else
			sync_same(s, seller, &states[i], at_ms);
	}
}

static void begin(struct store *s)
{
	struct err e;

	check(store_begin(s, "bench", &e), &e);
}

static void commit(struct store *s)
{
	struct err e;

	check(store_commit(s, &e), &e);
}

static void fill_day(struct store *s, struct market *m, struct state *states, int64_t from_ms,
		     int64_t step_ms)
{
	size_t n, first = 0;
	struct move *moves = market_day(m, from_ms, &n);

	for (int64_t at_ms = from_ms + step_ms; at_ms <= from_ms + MARKET_DAY_MS;
	     at_ms += step_ms) {
		size_t last = first;

		while (last < n && moves[last].at_ms <= at_ms)
			last++;
		if ((at_ms - step_ms) % 3600000 == 0)
			begin(s);
		sync_all(s, m, states, moves + first, last - first, at_ms);
		if (at_ms % 3600000 == 0)
			commit(s);
		first = last;
	}
}

static void fill(struct store *s, char **argv)
{
	int64_t days = strtoll(argv[0], NULL, 10), step_ms = strtoll(argv[3], NULL, 10) * 60000;
	struct state *states;
	struct market m;

	market_open(&m, strtoull(argv[4], NULL, 10), strtoull(argv[2], NULL, 10),
		    strtoull(argv[1], NULL, 10));
	states = arena_array(&m.arena, m.n_sellers, struct state);
	begin(s);
	for (size_t i = 0; i < m.n_sellers; i++)
		sync_first(s, &m.sellers[i], &states[i], YEAR_BEGINS_MS);
	commit(s);
	for (int64_t day = 0; day < days; day++) {
		int64_t from_ms = YEAR_BEGINS_MS + day * MARKET_DAY_MS;

		fill_day(s, &m, states, from_ms, step_ms);
		if (day % 30 != 0)
			continue;
		(void)fprintf(stderr, "day %" PRId64 " of %" PRId64 "\n", day, days);
		begin(s);
		for (size_t i = 0; i < m.n_sellers; i++)
			save_document(s, &m.sellers[i], from_ms);
		commit(s);
	}
	market_close(&m);
}

/* ---- nothing new ---- */

struct seller *find_sellers(struct store *s, size_t n, struct state *states, struct arena *a)
{
	struct seller *sellers = arena_array(a, n, struct seller);
	struct store_state state;
	struct err e;
	bool active;

	for (size_t i = 0; i < n; i++) {
		sellers[i].slug = arena_printf(a, "gateway-%02zu", i + 1);
		check(store_provider_find(s, sellers[i].slug, &sellers[i].id, &active, &e), &e);
		check(store_load_state(s, sellers[i].id, a, &state, &e), &e);
		states[i] = (struct state){ state.snapshot, state.snapshot_models,
					    state.snapshot_prices, state.snapshot_last_ms };
	}
	return sellers;
}

static int64_t newest(const struct state *states, size_t n)
{
	int64_t last_ms = 0;

	for (size_t i = 0; i < n; i++)
		if (states[i].last_ms > last_ms)
			last_ms = states[i].last_ms;
	return last_ms;
}

static void quiet(struct store *s, char **argv)
{
	ARENA_AUTO(a);
	size_t wanted = strtoull(argv[0], NULL, 10), n = strtoull(argv[1], NULL, 10), done = 0;
	int64_t step_ms = strtoll(argv[2], NULL, 10) * 60000, at_ms;
	struct state *states = arena_array(&a, n, struct state);
	struct seller *sellers = find_sellers(s, n, states, &a);

	for (at_ms = newest(states, n) + step_ms; done < wanted; at_ms += 12 * step_ms) {
		begin(s);
		for (int64_t k = 0; k < 12; k++)
			for (size_t i = 0; i < n && done < wanted; i++, done++)
				sync_same(s, &sellers[i], &states[i], at_ms + k * step_ms);
		commit(s);
	}
}

static const struct verb {
	const char *name;
	int arguments;
	enum store_mode mode;
	void (*run)(struct store *s, char **argv);
} verbs[] = {
	{ "fill", 5, STORE_WRITE, fill },
	{ "quiet", 3, STORE_WRITE, quiet },
	{ "ask", 4, STORE_READ, ask },
	{ "states", 3, STORE_READ, states },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 2 && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		struct store *s;
		struct err e;

		if (strcmp(argv[1], verbs[i].name) != 0 || argc != verbs[i].arguments + 3)
			continue;
		database_url = argv[2];
		check(store_open(&s, argv[2], verbs[i].mode, &e), &e);
		verbs[i].run(s, argv + 3);
		store_close(s);
		return EXIT_SUCCESS;
	}
	(void)fputs("usage: see bench/history.c\n", stderr);
	return EXIT_FAILURE;
}
