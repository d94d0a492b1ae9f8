/* SPDX-License-Identifier: MIT */
#include "life.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "breed.h"
#include "motion.h"
#include "providers.h"
#include "shape.h"
#include "truth.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum {
	BEGINS_S = 1787356800, /* LIFE_BEGINS */
	DAY_S = 86400,
	DAY_H = 24,
	YEAR_H = 365 * DAY_H,
	ROWS_OF_RATES = 400, /* which the rates are said of */
	TRIES = 20,          /* draws for a row that fits; then nothing happens */
	CONTEXT_LOW = 8192,
	CONTEXT_HIGH = 4194304,
};

/* What happens later because of something that happened. */
struct due {
	uint64_t hour;
	struct model *model;
	uint64_t outage; /* it comes back; 0 = from a removal of its own … */
	bool back;       /* … or else a price goes back: */
	enum meter meter;
	struct terms terms;
	struct price from, to; /* if it is still what it was moved to */
};

struct life {
	uint64_t hours;
	uint64_t outages, rollouts; /* the numbers given so far */
	struct due *dues;
	size_t due_count, due_room;
	enum meter rolling; /* the price that is being rolled out or taken back … */
	enum meter widely;  /* … and the last one that went to many */
	struct buf log;
};

/* One hour of one shop. */
struct moment {
	const struct market *market;
	struct shop *shop;
	struct life *life;
	struct buf *events;
};

struct event {
	const char *kind;
	const struct model *model; /* NULL: of the shop */
	const char *field, *old, *new, *cause;
	bool row;
};

/* --- telling --- */

static void write_member(struct buf *out, const char *key, const char *text)
{
	buf_printf(out, ",\"%s\":", key);
	buf_json(out, text, JSON_UTF8);
}

static void tell(struct moment *t, struct event e)
{
	struct buf json = { 0 };

	if (e.model && !model_is_offered(e.model))
		return;
	buf_printf(&json, "{\"hour\":%ju", (uintmax_t)t->life->hours);
	write_member(&json, "provider", t->shop->provider->slug);
	write_member(&json, "kind", e.kind);
	write_member(&json, "model", e.model ? e.model->id : NULL);
	write_member(&json, "field", e.field);
	write_member(&json, "old", e.old);
	write_member(&json, "new", e.new);
	write_member(&json, "cause", e.cause);
	if (e.row) {
		buf_str(&json, ",\"row\":");
		truth_write_model(&json, t->shop, e.model);
	}
	buf_char(&json, '}');
	buf_comma(&t->life->log);
	buf_add(&t->life->log, json.data, json.len);
	buf_comma(t->events);
	buf_add(t->events, json.data, json.len);
	buf_release(&json);
}

static void tell_share(struct moment *t, const char *kind, const char *field, const char *cause,
		       size_t n, size_t of)
{
	char *share = sim_format("%zu of %zu", n, of);

	tell(t, (struct event){ .kind = kind, .field = field, .new = share, .cause = cause });
	free(share);
}

static char *price_field(const struct price *p)
{
	char terms[TERMS_SIZE];

	terms_print(terms, &p->terms);
	return sim_format("%s%s", meter_name(p->meter), terms);
}

/* Every amount of the row that is not what was told last. */
static void tell_prices(struct moment *t, struct model *m, const char *cause)
{
	char old[DECIMAL_TEXT], new[DECIMAL_TEXT];

	for (size_t i = 0; i < m->price_count; i++) {
		struct price *p = &m->prices[i];
		char *field;

		if (p->state == PRICE_DYNAMIC || decimal_same(p->told, p->amount))
			continue;
		field = price_field(p);
		price_print(old, p, p->told);
		price_print(new, p, p->amount);
		p->told = p->amount;
		tell(t, (struct event){ "price", m, field, old, new, cause, false });
		free(field);
	}
}

static void tell_number(struct moment *t, const char *kind, const struct model *m,
			const char *field, int64_t old, int64_t new, const char *cause)
{
	char *before = old ? sim_format("%jd", (intmax_t)old) : NULL;
	char *after = new ? sim_format("%jd", (intmax_t) new) : NULL;

	tell(t, (struct event){ kind, m, field, before, after, cause, false });
	free(before);
	free(after);
}

/* --- chance --- */

static size_t below(struct moment *t, size_t n)
{
	return rng_below(&t->shop->rng, n);
}

static size_t between(struct moment *t, size_t low, size_t high)
{
	return low + below(t, high - low + 1);
}

static bool chance(struct moment *t, unsigned percent)
{
	return rng_chance(&t->shop->rng, percent);
}

static struct model *any(struct moment *t)
{
	const struct shelf *offered = &t->shop->offered;

	return offered->count ? offered->models[below(t, offered->count)] : NULL;
}

/* What the hosts of one model share is left alone. */
static bool may_move(struct moment *t, const struct model *m, enum says what)
{
	return shop_says(t->shop, m, what) && !(t->shop->provider->shape->shared & what);
}

typedef bool fit_fn(struct moment *t, const struct model *m);

static struct model *any_that(struct moment *t, enum says what, fit_fn *fits)
{
	for (unsigned i = 0; i < TRIES; i++) {
		struct model *m = any(t);

		if (m && may_move(t, m, what) && (!fits || fits(t, m)))
			return m;
	}
	return NULL;
}

/* --- what is due --- */

static void remember(struct life *l, struct due d)
{
	if (l->due_count == l->due_room) {
		l->due_room = l->due_room ? l->due_room * 2 : 64;
		l->dues = realloc(l->dues, l->due_room * sizeof(*l->dues));
		if (!l->dues)
			abort();
	}
	l->dues[l->due_count++] = d;
}

static bool is_at(const struct shelf *s, const struct model *m, size_t *at)
{
	for (*at = 0; *at < s->count; ++*at)
		if (s->models[*at] == m)
			return true;
	return false;
}

static void take_off(struct moment *t, struct model *m, const char *cause)
{
	size_t at;

	if (!is_at(&t->shop->offered, m, &at))
		return;
	shelf_add(&t->shop->removed, shelf_take(&t->shop->offered, at));
	tell(t, (struct event){ .kind = "removed", .model = m, .cause = cause });
}

static void put_back(struct moment *t, struct model *m, const char *cause)
{
	size_t at;

	if (!is_at(&t->shop->removed, m, &at))
		return;
	shelf_add(&t->shop->offered, shelf_take(&t->shop->removed, at));
	tell(t, (struct event){ .kind = "returned", .model = m, .cause = cause, .row = true });
}

/* --- prices --- */

static struct price *price_of(struct model *m, enum meter meter, const struct terms *terms)
{
	for (size_t i = 0; i < m->price_count; i++)
		if (m->prices[i].meter == meter && terms_same(&m->prices[i].terms, terms))
			return &m->prices[i];
	return NULL;
}

static bool same_number(const struct price *a, const struct price *b)
{
	return a->state == b->state && decimal_same(a->amount, b->amount) &&
	       decimal_same(a->quoted, b->quoted);
}

/* Prices of one tag quote one number. */
static void set_price(struct model *m, struct price *p, const struct price *to)
{
	p->state = to->state;
	p->amount = to->amount;
	p->minus_zero = to->minus_zero;
	for (size_t i = 0; p->how != HOW_PLAIN && i < m->price_count; i++) {
		struct price *other = &m->prices[i];
		bool twin =
			p->terms.tag && other->terms.tag && !strcmp(p->terms.tag, other->terms.tag);

		if (other == p || twin)
			other->quoted = to->quoted;
	}
	model_settle(m);
}

static void go_back(struct moment *t, const struct due *d)
{
	struct price *p = price_of(d->model, d->meter, &d->terms);
	size_t at;

	if (!p || !is_at(&t->shop->offered, d->model, &at) || !same_number(p, &d->from))
		return;
	set_price(d->model, p, &d->to);
	tell_prices(t, d->model, "revert");
}

static void revert_later(struct moment *t, struct model *m, const struct price *before,
			 const struct price *now)
{
	bool soon = chance(t, 37);
	uint64_t hours = soon ? between(t, 12, 48) : between(t, 49, 40 * DAY_H);

	remember(t->life, (struct due){ .hour = t->life->hours + hours,
					.model = m,
					.back = false,
					.meter = now->meter,
					.terms = now->terms,
					.from = *now,
					.to = *before });
}

static bool crosses(struct moment *t, const struct price *p)
{
	return t->shop->provider->shape->crossings && p->how == HOW_PLAIN && !p->currency;
}

/* Free becomes paid, paid becomes free. */
static void cross_zero(struct moment *t, struct price *p)
{
	p->minus_zero = false;
	if (p->state == PRICE_PRICED) {
		p->state = PRICE_FREE;
		p->amount = (struct decimal){ 0, 0 };
	} else {
		p->state = PRICE_PRICED;
		p->amount = (struct decimal){ 2 + below(t, 300), 8 };
	}
}

/* Ten times or more, up or down. */
static void jump(struct moment *t, struct price *p)
{
	struct decimal *number = p->how == HOW_PLAIN ? &p->amount : &p->quoted;
	bool up = chance(t, 50);
	unsigned factor = up ? (unsigned)between(t, 10, 40) : (unsigned)between(t, 25, 99);

	*number = motion_publishable(t->shop, decimal_times(*number, factor, up ? 0 : 3), *number);
}

static void move_number(struct moment *t, struct model *m, struct price *p, bool far)
{
	struct price before = *p, wanted = *p;

	if (p->state == PRICE_FREE || (far && crosses(t, p) && chance(t, 65)))
		cross_zero(t, &wanted);
	else if (far)
		jump(t, &wanted);
	else
		motion_wander(t->shop, &wanted);
	set_price(m, p, &wanted);
	if (chance(t, far ? 50 : 16))
		revert_later(t, m, &before, p);
	tell_prices(t, m, NULL);
}

static bool is_priced(struct moment *t, const struct model *m)
{
	(void)t;
	for (size_t i = 0; i < m->price_count; i++)
		if (m->prices[i].state == PRICE_PRICED)
			return true;
	return false;
}

/* A number that ends in a tail is no multiple of ten times anything: it only wanders. */
static bool may_move_far(const struct model *m)
{
	return !(m->traits & (TRAIT_LONG_DIGITS | TRAIT_FLOAT_NOISE | TRAIT_THIRDS));
}

static void move_price(struct moment *t)
{
	bool far = rng_below(&t->shop->rng, 1000) < 50;
	struct model *m = any_that(t, SAYS_PRICES, is_priced);

	for (unsigned i = 0; m && i < TRIES; i++) {
		struct price *p = &m->prices[below(t, m->price_count)];
		bool free_moves = far && crosses(t, p) && p->state == PRICE_FREE;

		if (p->state != PRICE_PRICED && !free_moves)
			continue;
		move_number(t, m, p, far && may_move_far(m));
		return;
	}
}

/* --- rows that come and go --- */

static void add_row(struct moment *t)
{
	struct model *born = breed_next(t->market, t->shop);

	shelf_add(&t->shop->offered, born);
	tell(t, (struct event){ .kind = "added", .model = born, .row = true });
}

/* How long the rows stay away that come back. */
static uint64_t hours_away(struct moment *t)
{
	size_t at = below(t, 100);

	if (at < 5)
		return between(t, 8, 13);
	if (at < 27)
		return between(t, 14, 24);
	if (at < 66)
		return between(t, 25, 7 * DAY_H);
	return between(t, 10 * DAY_H, 60 * DAY_H);
}

static void remove_row(struct moment *t)
{
	struct model *m = any(t);

	if (!m)
		return;
	take_off(t, m, NULL);
	if (chance(t, 21))
		remember(t->life, (struct due){ .hour = t->life->hours + hours_away(t),
						.model = m,
						.back = true });
}

/* Some come back at another price. */
static void come_back(struct moment *t, const struct due *d)
{
	char *cause =
		d->outage ? sim_format("outage:%ju", (uintmax_t)d->outage) : sim_strdup("return");
	struct price *p = d->model->price_count ? &d->model->prices[0] : NULL;

	put_back(t, d->model, cause);
	if (!d->outage && p && p->state == PRICE_PRICED && chance(t, 20)) {
		struct price wanted = *p;

		motion_wander(t->shop, &wanted);
		set_price(d->model, p, &wanted);
		tell_prices(t, d->model, cause);
	}
	free(cause);
}

/* --- facts --- */

static bool has_context(struct moment *t, const struct model *m)
{
	(void)t;
	return m->context_length != 0;
}

static void move_context(struct moment *t)
{
	struct model *m = any_that(t, SAYS_CONTEXT, has_context);

	if (!m)
		return;
	int64_t old = m->context_length;
	bool grow = old < 2 * CONTEXT_LOW || (old <= CONTEXT_HIGH / 2 && chance(t, 55));

	m->context_length = grow ? old * 2 : old / 2;
	tell_number(t, "context", m, "context_length", old, m->context_length, NULL);
}

static bool has_max_output(struct moment *t, const struct model *m)
{
	(void)t;
	return m->max_output != 0;
}

static void move_max_output(struct moment *t)
{
	struct model *m = any_that(t, SAYS_MAX_OUTPUT, has_max_output);

	if (!m)
		return;
	int64_t old = m->max_output;

	m->max_output = old <= 4096 || chance(t, 50) ? old * 2 : old / 2;
	tell_number(t, "context", m, "max_output_tokens", old, m->max_output, NULL);
}

static void move_capability(struct moment *t)
{
	const struct shape *sh = t->shop->provider->shape;
	struct model *m = any_that(t, SAYS_ABLE, NULL);
	uint32_t left = sh->toggles;

	if (!left || !m)
		return;
	for (size_t n = below(t, (size_t)__builtin_popcount(left)); n; n--)
		left &= left - 1;
	uint32_t bit = left & -left;
	const struct kind_row *k = shape_kind(sh, m->kind);
	const char *no = sh->yes_no & bit ? "false" : NULL;

	if (k && !(k->able & bit))
		return;
	m->able ^= bit;
	bool now = m->able & bit;

	tell(t, (struct event){ "capability", m, able_name((unsigned)__builtin_ctz(bit)),
				now ? no : "true", now ? "true" : no, NULL, false });
}

/* "X", "X, ed. 2", "X, ed. 3", … and now and then "X" again. */
static void rename_row(struct moment *t)
{
	struct model *m = any_that(t, SAYS_NAME, NULL);

	if (!m)
		return;
	char *old = m->name;
	const char *edition = strstr(old, ", ed. ");
	size_t n = edition ? (size_t)(edition - old) : strlen(old);
	uint64_t next = edition ? strtoull(edition + strlen(", ed. "), NULL, 10) + 1 : 2;

	m->name = edition && chance(t, 30)
			  ? sim_format("%.*s", (int)n, old)
			  : sim_format("%.*s, ed. %ju", (int)n, old, (uintmax_t)next);
	tell(t, (struct event){ "renamed", m, "name", old, m->name, NULL, false });
	free(old);
}

static void move_quantization(struct moment *t)
{
	struct model *m = any_that(t, SAYS_QUANTIZATION, NULL);
	const char *new = m ? breed_quantization(t->shop->provider->shape, &t->shop->rng) : NULL;
	const char *old = m ? quantization_meaning(m->quantization) : NULL;

	if (!m || (old && !strcmp(old, quantization_meaning(new))))
		return;
	m->quantization = new;
	tell(t, (struct event){ "quantization", m, "quantization", old, quantization_meaning(new),
				NULL, false });
}

static void move_replacement(struct moment *t)
{
	struct model *m = any_that(t, SAYS_REPLACEMENT, NULL);
	const struct model *heir = m ? any(t) : NULL;
	char *old = m ? m->replaced_by : NULL;

	if (!heir || heir == m || (old && !strcmp(old, heir->id)))
		return;
	m->replaced_by = old && chance(t, 30) ? NULL : sim_strdup(heir->id);
	tell(t, (struct event){ "replaced", m, "replaced_by", old, m->replaced_by, NULL, false });
	free(old);
}

/* --- the end of a row --- */

static int64_t now_s(const struct moment *t)
{
	return BEGINS_S + (int64_t)t->life->hours * 3600;
}

static struct date date_in(struct moment *t, size_t days)
{
	time_t at = (time_t)(now_s(t) + (int64_t)days * DAY_S);
	struct tm tm;

	gmtime_r(&at, &tm);
	return (struct date){ tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
			      t->shop->provider->shape->instants ? (int)below(t, DAY_S) : 0 };
}

static void set_end(struct moment *t, struct model *m, struct date end)
{
	char before[DATE_SIZE], after[DATE_SIZE];
	bool had = model_deprecated(m);

	date_print(before, m->expires);
	date_print(after, end);
	m->expires = end;
	tell(t, (struct event){ "deprecated", m, "deprecated_at", had ? before : NULL,
				end.year ? after : NULL, NULL, false });
}

static bool is_undated(struct moment *t, const struct model *m)
{
	(void)t;
	return !m->expires.year;
}

static bool ends_later(struct moment *t, const struct model *m)
{
	return model_deprecated(m) && date_unix(m->expires) > now_s(t) + DAY_S;
}

static struct model *any_ending(struct moment *t)
{
	size_t n = t->shop->offered.count, from = n ? below(t, n) : 0;

	for (size_t i = 0; i < n; i++) {
		struct model *m = t->shop->offered.models[(from + i) % n];

		if (may_move(t, m, SAYS_DEPRECATION) && ends_later(t, m))
			return m;
	}
	return NULL;
}

static void announce_end(struct moment *t)
{
	struct model *m = any_that(t, SAYS_DEPRECATION, is_undated);

	if (m)
		set_end(t, m, date_in(t, between(t, 7, 60)));
}

static void move_end(struct moment *t)
{
	struct model *m = any_ending(t);

	if (m)
		set_end(t, m, date_in(t, between(t, 61, 120)));
}

static void take_end_back(struct moment *t)
{
	struct model *m = any_ending(t);

	if (m)
		set_end(t, m, (struct date){ 0 });
}

/* Within days after its date a row goes, unless that was past before all this began. */
static void keep_dates(struct moment *t)
{
	for (size_t i = t->shop->offered.count; i; i--) {
		struct model *m = t->shop->offered.models[i - 1];

		if (!model_deprecated(m) || !shop_says(t->shop, m, SAYS_DEPRECATION))
			continue;
		int64_t end = date_unix(m->expires);

		if (end >= BEGINS_S && end <= now_s(t) && chance(t, 3))
			take_off(t, m, "sunset");
	}
}

/* --- part of the catalog is away --- */

static int by_id(const void *a, const void *b)
{
	const struct model *const *x = a, *const *y = b;

	return strcmp((*x)->id, (*y)->id);
}

/* Neighbours by id: the rows of a vendor or two.  To be freed. */
static struct model **neighbours(struct moment *t, size_t n)
{
	size_t count = t->shop->offered.count, from = below(t, count);
	struct model **sorted = sim_alloc(2 * count * sizeof(struct model *));

	memcpy(sorted, t->shop->offered.models, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), by_id);
	memcpy(sorted + count, sorted, count * sizeof(*sorted));
	memmove(sorted, sorted + from, n * sizeof(*sorted));
	return sorted;
}

static uint64_t hours_of_outage(struct moment *t)
{
	return chance(t, 25) ? 12 : between(t, 13, 6 * DAY_H);
}

static void lose(struct moment *t, unsigned per_mille)
{
	struct life *l = t->life;
	size_t count = t->shop->offered.count, n = (count * per_mille + 999) / 1000;
	uint64_t hours = hours_of_outage(t);
	unsigned stay = chance(t, 50) ? 0 : 6;

	if (n < 2)
		return;
	struct model **gone = neighbours(t, n);
	char *cause = sim_format("outage:%ju", (uintmax_t)++l->outages);

	tell_share(t, "outage", "models", cause, n, count);
	for (size_t i = 0; i < n; i++) {
		take_off(t, gone[i], cause);
		if (!chance(t, stay))
			remember(l, (struct due){ .hour = l->hours + hours,
						  .model = gone[i],
						  .outage = l->outages,
						  .back = true });
	}
	free(cause);
	free(gone);
}

static void lose_some(struct moment *t)
{
	lose(t, (unsigned)between(t, 33, 95));
}

static void lose_many(struct moment *t)
{
	lose(t, (unsigned)between(t, 110, 140));
}

/* --- something is published for many rows at once --- */

typedef bool rollout_fn(struct moment *t, struct model *m, const char *cause);

/* A row that is priced by the token and has no such price. */
static bool publish(struct moment *t, struct model *m, const char *cause)
{
	const struct shape *sh = t->shop->provider->shape;
	enum meter meter = t->life->rolling;
	const struct price *input = model_price(m, METER_INPUT_TOKEN);
	char amount[DECIMAL_TEXT];

	if (m->kind != KIND_CHAT || !input || input->state != PRICE_PRICED || model_price(m, meter))
		return false;
	const char *currency = input->currency;
	struct decimal d = decimal_times(input->amount, 125, 2);
	struct price *p = model_add_price(m, meter, (struct terms){ 0 }, d);

	p->how = sh->cached;
	p->quoted = (struct decimal){ 125, 2 };
	p->currency = currency;
	model_settle(m);
	p->told = p->amount;
	price_print(amount, p, p->amount);
	tell(t,
	     (struct event){ "price", m, meter_name(meter), "unpublished", amount, cause, false });
	return true;
}

static bool withdraw(struct moment *t, struct model *m, const char *cause)
{
	struct price *p = model_price(m, t->life->rolling);
	char amount[DECIMAL_TEXT];
	size_t at;

	if (!p || p->state == PRICE_DYNAMIC || !is_at(&t->shop->offered, m, &at))
		return false;
	price_print(amount, p, p->amount);
	tell(t, (struct event){ "price", m, meter_name(p->meter), amount, "unpublished", cause,
				false });
	*p = m->prices[--m->price_count];
	return true;
}

static bool say_max_output(struct moment *t, struct model *m, const char *cause)
{
	if (m->max_output || !m->context_length || !may_move(t, m, SAYS_MAX_OUTPUT))
		return false;
	m->max_output = 16384;
	tell_number(t, "context", m, "max_output_tokens", 0, m->max_output, cause);
	return true;
}

/* As many rows as can, up to so many per thousand, from a random one on. */
static void roll_out(struct moment *t, const char *field, rollout_fn *fn, unsigned per_mille)
{
	size_t count = t->shop->offered.count, n = 0, from = count ? below(t, count) : 0;
	char *cause = sim_format("rollout:%ju", (uintmax_t)++t->life->rollouts);

	for (size_t i = 0; i < count && n < count * per_mille / 1000; i++)
		n += fn(t, t->shop->offered.models[(from + i) % count], cause);
	tell_share(t, "rollout", field, cause, n, count);
	free(cause);
}

/* One of the prices that the provider's documents have words for on any row of chat. */
static bool draw_meter(struct moment *t)
{
	uint32_t left = t->shop->provider->shape->rollouts;

	if (!left)
		return false;
	for (size_t n = below(t, (size_t)__builtin_popcount(left)); n; n--)
		left &= left - 1;
	t->life->rolling = (enum meter)__builtin_ctz(left);
	return true;
}

static void publish_widely(struct moment *t)
{
	if (!draw_meter(t))
		return;
	t->life->widely = t->life->rolling;
	roll_out(t, meter_name(t->life->rolling), publish, (unsigned)between(t, 280, 400));
}

/* So few that it is still the business of each row. */
static void publish_partly(struct moment *t)
{
	if (draw_meter(t))
		roll_out(t, meter_name(t->life->rolling), publish, (unsigned)between(t, 80, 130));
}

/* What was published for many goes from all of them. */
static void withdraw_widely(struct moment *t)
{
	if (!t->shop->provider->shape->rollouts)
		return;
	t->life->rolling = t->life->widely;
	roll_out(t, meter_name(t->life->rolling), withdraw, 1000);
}

static void say_limits(struct moment *t)
{
	roll_out(t, "max_output_tokens", say_max_output, 1000);
}

/* --- the tables --- */

/* How often something befalls a catalog of 400 rows: times in a thousand days. */
static const struct habit {
	unsigned per_1000_days;
	void (*act)(struct moment *t);
} habits[] = {
	{ 1300, add_row },      { 750, remove_row }, /* what ends on its day comes on top */
	{ 2800, move_price },                        /* what goes back comes on top */
	{ 1200, move_context }, { 150, move_max_output },   { 250, move_capability },
	{ 120, rename_row },    { 200, move_quantization }, { 100, move_replacement },
	{ 250, announce_end },  { 60, move_end },           { 50, take_end_back },
};

/* What happens once a year, on that day or one of so many after it. */
static const struct feast {
	unsigned day, spread;
	void (*act)(struct moment *t);
} feasts[] = {
	{ 12, 30, lose_some },       { 50, 10, publish_widely }, { 70, 35, lose_some },
	{ 115, 10, publish_partly }, { 135, 40, lose_some },     { 190, 10, withdraw_widely },
	{ 205, 40, lose_many },      { 260, 10, say_limits },    { 285, 50, lose_some },
	{ 345, 10, publish_widely },
};

static void keep_habits(struct moment *t)
{
	for (size_t i = 0; i < COUNT(habits); i++) {
		size_t odds = habits[i].per_1000_days * t->shop->offered.count;

		if (below(t, (size_t)1000 * DAY_H * ROWS_OF_RATES) < odds)
			habits[i].act(t);
	}
}

static void keep_feasts(struct moment *t)
{
	uint64_t year = t->life->hours / YEAR_H, hour = t->life->hours % YEAR_H;

	for (size_t i = 0; i < COUNT(feasts); i++) {
		struct rng r = rng_from(t->market->seed ^ 0x666561737473u, t->shop->provider->slug,
					year * COUNT(feasts) + i);
		size_t day = feasts[i].day + rng_below(&r, feasts[i].spread);

		if (hour == day * DAY_H + rng_below(&r, DAY_H))
			feasts[i].act(t);
	}
}

static void tell_recovery(struct moment *t, uint64_t outage, size_t back)
{
	char *cause = sim_format("outage:%ju", (uintmax_t)outage);

	tell_share(t, "recovery", "models", cause, back, t->shop->offered.count);
	free(cause);
}

static void settle_dues(struct moment *t)
{
	struct life *l = t->life;
	size_t kept = 0, back = 0;
	uint64_t over = 0;

	for (size_t i = 0; i < l->due_count; i++) {
		struct due d = l->dues[i];

		if (d.hour > l->hours) {
			l->dues[kept++] = d;
			continue;
		}
		if (d.back)
			come_back(t, &d);
		else
			go_back(t, &d);
		over = d.outage ? d.outage : over;
		back += d.outage != 0;
	}
	l->due_count = kept;
	if (over)
		tell_recovery(t, over, back);
}

static void live_an_hour(struct moment *t)
{
	t->life->hours++;
	settle_dues(t);
	keep_dates(t);
	keep_habits(t);
	keep_feasts(t);
}

/* --- the interface --- */

void life_pass(const struct market *m, struct shop *s, uint64_t hours, struct buf *events)
{
	if (!s->life)
		s->life = sim_alloc(sizeof(*s->life));
	struct moment t = { m, s, s->life, events };
	size_t told = s->life->log.len;

	while (hours--)
		live_an_hour(&t);
	if (s->life->log.len != told)
		shop_changed(s);
}

uint64_t life_hours(const struct shop *s)
{
	return s->life ? s->life->hours : 0;
}

const char *life_log(const struct shop *s)
{
	return s->life && s->life->log.len ? s->life->log.data : "";
}

void life_destroy(struct life *l)
{
	if (!l)
		return;
	free(l->dues);
	buf_release(&l->log);
	free(l);
}
