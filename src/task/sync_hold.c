#include "task/sync_hold.h"

#include "core/plausible.h"
#include "task/desk.h"

#include <stdlib.h>

/* What the steps below share. */
struct judging {
	struct sync_job *job;
	struct sync_merge *m; /* NULL: only time passes */
	bool judge;
	struct sync_hold *h;
	struct store_elsewhere *elsewhere; /* sorted by canonical id */
	size_t n_elsewhere;
	bool knows_said;
	struct catalog said; /* what the documents of this fetch say by themselves */
};

/* ---- the reviews of before ---- */

static int by_price(const void *key, const void *item)
{
	int64_t id = *(const int64_t *)key, other = ((const struct store_review *)item)->price_id;

	return (id > other) - (id < other);
}

/* The review in force of the price that was open until now, or NULL. */
static struct store_review *review_of(const struct sync_hold *h, int64_t price_id)
{
	if (h->n_reviews == 0)
		return NULL;
	return bsearch(&price_id, h->reviews, h->n_reviews, sizeof(*h->reviews), by_price);
}

static void decide(struct sync_hold *h, const struct store_review *r, enum review_decision decision,
		   uint64_t sightings)
{
	h->decides[h->n_decides++] = (struct store_review_decide){ r->id, decision, sightings };
}

/* The provider does not say that any more.  What was refused stays so, as history. */
static void end_review(struct sync_hold *h, const struct store_review *r)
{
	if (r->decision == REVIEW_OPEN)
		decide(h, r, REVIEW_SUPERSEDED, r->sightings);
	h->done[r - h->reviews] = true;
}

static int id_order(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static bool has_id(const int64_t *ids, size_t n, int64_t id)
{
	for (size_t i = 0; i < n; i++)
		if (ids[i] == id)
			return true;
	return false;
}

/* Held prices that closed and have no successor. */
static void end_closed(struct judging *g)
{
	size_t n = g->m->n_price_closes;
	int64_t *closed;

	if (g->h->n_reviews == 0 || n == 0)
		return;
	closed = arena_array(&g->job->arena, n, int64_t);
	memcpy(closed, g->m->price_closes, n * sizeof(*closed));
	qsort(closed, n, sizeof(*closed), id_order);
	for (size_t i = 0; i < g->h->n_reviews; i++) {
		const struct store_review *r = &g->h->reviews[i];
		bool moved = false;

		for (size_t k = 0; k < g->h->n_moves; k++)
			moved = moved || g->h->moves[k].review_id == r->id;
		if (!g->h->done[i] && !moved &&
		    bsearch(&r->price_id, closed, n, sizeof(*closed), id_order))
			end_review(g->h, r);
	}
}

/* ---- moves ---- */

static const struct store_model_write *write_of(const struct judging *g, size_t i)
{
	return &g->m->writes[g->m->price_opens[i].write];
}

/* Can others' prices say something about it? */
static bool has_elsewhere(const struct judging *g, size_t i)
{
	const struct price *before = g->m->moves[i].before;
	const struct price *now = g->m->price_opens[i].price;

	return before && before->state != PRICE_DYNAMIC && now->state == PRICE_PRICED &&
	       str_eq(now->currency, STR("USD")) && !price_same_amount(before, now) &&
	       !str_is_none(write_of(g, i)->canonical_id);
}

static size_t each_once(struct str *ids, size_t n)
{
	size_t kept = 0;

	qsort(ids, n, sizeof(*ids), str_order);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || !str_eq(ids[kept - 1], ids[i]))
			ids[kept++] = ids[i];
	return kept;
}

/* One statement, and none for what did not move. */
static bool load_elsewhere(struct judging *g, struct store *s, struct err *e)
{
	struct arena *a = &g->job->arena;
	struct str *ids;
	size_t n = 0;

	if (!g->judge || g->m->n_price_opens == 0)
		return true;
	ids = arena_array(a, g->m->n_price_opens, struct str);
	for (size_t i = 0; i < g->m->n_price_opens; i++) {
		struct str id = write_of(g, i)->canonical_id;

		if (has_elsewhere(g, i))
			ids[n++] = id;
	}
	if (n == 0)
		return true;
	return store_load_elsewhere(s, ids, each_once(ids, n), a, &g->elsewhere, &g->n_elsewhere,
				    e);
}

static void tag_change(struct judging *g, size_t i)
{
	const struct price *p = g->m->price_opens[i].price;
	struct arena *a = &g->job->arena;
	struct str field = arena_printf(a, "%s%.*s", meters[p->meter].name, STR_FMT(p->condition));

	for (size_t k = g->m->moves[i].first_change; k < g->m->changes.n; k++) {
		struct change *c = &g->m->changes.items[k];

		if (c->kind != CHANGE_PRICE || !str_eq(c->model, write_of(g, i)->model->id) ||
		    !str_eq(c->field, field))
			continue;
		change_add_tag(c, str_of(review_decision_names[REVIEW_OPEN]), a);
		return;
	}
}

static void open_review(struct judging *g, size_t i, const struct price *in_force,
			struct str reason)
{
	const struct store_price_open *o = &g->m->price_opens[i];
	struct sync_hold *h = g->h;

	h->opens_of[h->n_opens] = o->write;
	h->opens[h->n_opens++] = (struct store_review_open){
		.provider_model_id = write_of(g, i)->model->id,
		.meter = o->price->meter,
		.condition = o->price->condition,
		.accepted = in_force->amount,
		.reason = reason,
	};
}

/* The price in force until now, of a key that had one. */
static struct price in_force(const struct price *before, const struct store_review *r)
{
	struct price p = *before;

	if (r) {
		p.amount = r->accepted;
		p.state = str_eq(r->accepted, STR("0")) ? PRICE_FREE : PRICE_PRICED;
	}
	return p;
}

static void judge_move(struct judging *g, size_t i, const struct store_review *r)
{
	struct store_price_open *o = &g->m->price_opens[i];
	struct price before = in_force(g->m->moves[i].before, r);
	struct price_elsewhere elsewhere = { 0 };
	struct arena *a = &g->job->arena;
	struct str reason;

	if (g->n_elsewhere && has_elsewhere(g, i))
		elsewhere =
			desk_elsewhere(g->elsewhere, g->n_elsewhere, write_of(g, i)->canonical_id,
				       g->job->provider_id, o->price->meter, a);
	reason = price_move_implausible(&before, o->price, &elsewhere, a);
	if (!str_is_none(reason)) {
		o->suspect = reason;
		open_review(g, i, &before, reason);
	} else if (price_same_amount(&before, o->price)) {
		/* Back to what was accepted, wherever that lies. */
		o->suspect = STR_NONE;
	}
}

/* The same amount, for which the provider states another time: what was found of it stands. */
static void go_on(struct judging *g, size_t i, const struct store_review *r)
{
	struct store_price_open *o = &g->m->price_opens[i];

	o->suspect = g->m->moves[i].before_suspect;
	if (r)
		g->h->moves[g->h->n_moves++] =
			(struct store_review_move){ r->id, write_of(g, i)->model->id,
						    o->price->meter, o->price->condition };
}

static void settle_move(struct judging *g, size_t i)
{
	struct store_price_open *o = &g->m->price_opens[i];
	const struct sync_move *move = &g->m->moves[i];
	const struct store_review *r = move->before ? review_of(g->h, move->before_id) : NULL;

	if (move->before && price_same_amount(move->before, o->price)) {
		go_on(g, i, r);
		return;
	}
	if (r)
		end_review(g->h, r);
	if (g->judge && move->before && move->before->state != PRICE_DYNAMIC)
		judge_move(g, i, r);
	if (!str_is_none(o->suspect))
		tag_change(g, i);
}

/* ---- time passes ---- */

/* Was the model in this fetch? */
static bool is_seen(const struct judging *g, const struct store_review *r)
{
	if (!g->m)
		return !r->is_missing;
	return r->is_missing ? has_id(g->m->returned, g->m->n_returned, r->model_id)
			     : !has_id(g->m->missing, g->m->n_missing, r->model_id);
}

static bool is_written(const struct judging *g, int64_t model_id)
{
	for (size_t i = 0; g->m && i < g->m->n_writes; i++)
		if (g->m->writes[i].id == model_id)
			return true;
	return false;
}

/* Of the same bodies as last time it is read anew, which is why nobody asks before he must. */
static bool find_said(struct judging *g, struct store *s, struct err *e)
{
	struct reading again = { 0 };
	bool found;

	if (g->knows_said)
		return true;
	g->knows_said = true;
	if (g->m) {
		g->said = g->job->reading.catalog;
		return true;
	}
	/* What cannot be read again repeats nothing. */
	if (!sync_reread(s, g->job, &again, &found, e))
		return e->kind != ERR_DB && e->kind != ERR_BUSY;
	if (found)
		g->said = again.catalog;
	return true;
}

static int by_id(const void *id, const void *model)
{
	return str_cmp(*(const struct str *)id, ((const struct model *)model)->id);
}

/* What is only carried over, for a row or a list could not be read, was not seen again. */
static bool is_said(const struct judging *g, const struct store_review *r)
{
	const struct model *m = g->said.n ? bsearch(&r->provider_model_id, g->said.models,
						    g->said.n, sizeof(*m), by_id)
					  : NULL;

	for (size_t i = 0; m && i < m->n_prices; i++)
		if (m->prices[i].meter == r->price.meter &&
		    str_eq(m->prices[i].condition, r->price.condition))
			return true;
	return false;
}

static bool is_due(const struct judging *g, const struct store_review *r)
{
	return !g->h->done[r - g->h->reviews] && r->decision == REVIEW_OPEN && is_seen(g, r) &&
	       r->sightings + 1 >= g->job->conf->accept_after;
}

/* What has been repeated often enough, this fetch included. */
static bool age(struct judging *g, struct store *s, struct err *e)
{
	struct sync_hold *h = g->h;

	for (size_t i = 0; i < h->n_reviews; i++) {
		const struct store_review *r = &h->reviews[i];

		if (!is_due(g, r))
			continue;
		if (!find_said(g, s, e))
			return false;
		if (!is_said(g, r))
			continue;
		decide(h, r, REVIEW_AUTO, r->sightings + 1);
		h->done[i] = true;
		if (!is_written(g, r->model_id) && !has_id(h->accepted, h->n_accepted, r->model_id))
			h->accepted[h->n_accepted++] = r->model_id;
	}
	return true;
}

/* ---- what is shown ---- */

/* The prices of one model that are held from now on. */
static size_t held_of(const struct judging *g, size_t write, struct shown_price *ret)
{
	const struct sync_hold *h = g->h;
	size_t n = 0;

	for (size_t i = 0; i < h->n_reviews; i++) {
		const struct store_review *r = &h->reviews[i];

		if (!h->done[i] && r->model_id == g->m->writes[write].id)
			ret[n++] = (struct shown_price){ r->price.meter, r->price.condition,
							 r->accepted };
	}
	for (size_t i = 0; i < h->n_opens; i++)
		if (h->opens_of[i] == write)
			ret[n++] = (struct shown_price){ h->opens[i].meter, h->opens[i].condition,
							 h->opens[i].accepted };
	return n;
}

static void keep_said(struct sync_hold *h, const struct model *m,
		      const struct store_override *overrides, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(overrides[i].field, STR("description")))
			h->said[h->n_said++] = (struct store_said){ m->id, m->description };
}

static void show(struct judging *g)
{
	struct sync_hold *h = g->h;
	struct arena *a = &g->job->arena;
	struct shown_price *held;

	if (h->n_reviews + h->n_opens + h->n_overrides == 0)
		return;
	held = arena_array(a, h->n_reviews + h->n_opens, struct shown_price);
	h->said = arena_array(a, h->n_overrides, struct store_said);
	for (size_t i = 0; i < g->m->n_writes; i++) {
		struct store_model_write *w = &g->m->writes[i];
		const struct store_override *overrides;
		size_t n_overrides, n_held = held_of(g, i, held);

		overrides =
			desk_overrides_of(h->overrides, h->n_overrides, w->model->id, &n_overrides);
		w->shown = desk_shown(w->model, held, n_held, overrides, n_overrides, a);
		keep_said(h, w->model, overrides, n_overrides);
	}
}

/* ---- both steps ---- */

static bool load(struct store *s, const struct judging *g, struct err *e)
{
	struct sync_hold *h = g->h;
	struct arena *a = &g->job->arena;
	size_t n_opens = g->m ? g->m->n_price_opens : 0;

	if (!store_load_reviews(s, REVIEWS_IN_FORCE, g->job->provider_id, a, &h->reviews,
				&h->n_reviews, e))
		return false;
	if (g->m && g->m->n_writes &&
	    !store_load_overrides(s, g->job->provider_id, a, &h->overrides, &h->n_overrides, e))
		return false;
	h->done = arena_array(a, h->n_reviews, bool);
	h->decides = arena_array(a, h->n_reviews, struct store_review_decide);
	h->accepted = arena_array(a, h->n_reviews, int64_t);
	h->moves = arena_array(a, h->n_reviews, struct store_review_move);
	h->opens = arena_array(a, n_opens, struct store_review_open);
	h->opens_of = arena_array(a, n_opens, size_t);
	return true;
}

bool sync_hold_find(struct store *s, struct sync_job *job, struct sync_merge *m, bool judge,
		    struct sync_hold *ret, struct err *e)
{
	struct sync_hold h = { 0 };
	struct judging g = { .job = job, .m = m, .judge = judge, .h = &h };

	if (!load(s, &g, e))
		return false;
	if (m) {
		if (!load_elsewhere(&g, s, e))
			return false;
		for (size_t i = 0; i < m->n_price_opens; i++)
			settle_move(&g, i);
		end_closed(&g);
	}
	if (judge && !age(&g, s, e))
		return false;
	if (m)
		show(&g);
	*ret = h;
	return true;
}

bool sync_hold_save(struct store *s, struct sync_job *job, const struct sync_hold *h, int64_t at_ms,
		    struct err *e)
{
	const struct store_review_batch b = {
		.provider_id = job->provider_id,
		.at_ms = at_ms,
		.moves = h->moves,
		.n_moves = h->n_moves,
		.decides = h->decides,
		.n_decides = h->n_decides,
		.opens = h->opens,
		.n_opens = h->n_opens,
	};

	if (b.n_moves + b.n_decides + b.n_opens > 0 && !store_save_reviews(s, &b, e))
		return false;
	if (h->n_said > 0 && !store_save_said(s, job->provider_id, h->said, h->n_said, e))
		return false;
	return h->n_accepted == 0 ||
	       desk_show(s, job->provider_id, at_ms, h->accepted, h->n_accepted, &job->arena, e);
}
