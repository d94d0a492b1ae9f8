/* SPDX-License-Identifier: MIT */
#include "motion.h"

#include <stdlib.h>
#include <string.h>

#include "breed.h"
#include "providers.h"
#include "shape.h"

enum {
	REMOVED_PER_STEP_MAX = 5,
	/* A token price beyond these moves back: the market wanders, it does not run away. */
	MAGNITUDE_LOW = -8,
	MAGNITUDE_HIGH = -1,
	MAGNITUDE_TOKEN = -4, /* USD 100 per million and a little more */
	FACTOR_LOW = -1,      /* likewise of a multiplier of a price */
	FACTOR_HIGH = 0,
};

struct event {
	const char *kind;
	const struct model *model;
	const char *field;     /* NULL where the kind says it all */
	const char *old, *new; /* texts, NULL = null */
};

static void tell(struct buf *events, const struct market *m, const struct shop *s, struct event e)
{
	if (!model_is_offered(e.model))
		return;
	if (events->len)
		buf_char(events, ',');
	buf_printf(events, "{\"tick\":%ju,\"kind\":\"%s\",\"provider\":\"%s\",\"model\":",
		   (uintmax_t)m->tick, e.kind, s->provider->slug);
	buf_json(events, e.model->id, JSON_UTF8);
	buf_str(events, ",\"field\":");
	buf_json(events, e.field, JSON_UTF8);
	buf_str(events, ",\"old\":");
	buf_json(events, e.old, JSON_UTF8);
	buf_str(events, ",\"new\":");
	buf_json(events, e.new, JSON_UTF8);
	buf_char(events, '}');
}

/* 0.5 % of 400 is 2; a share that rounds to nothing is one, if there is anything. */
static size_t share(size_t count, size_t per_mille)
{
	size_t n = count * per_mille / 1000;

	return n || !count ? n : 1;
}

static struct model *any(struct shop *s)
{
	if (!s->offered.count)
		return NULL;
	return s->offered.models[rng_below(&s->rng, s->offered.count)];
}

/* Within what a number wanders. */
struct band {
	int low, high;
};

static struct band band_of(const struct price *p)
{
	bool multiplier = p->how == HOW_TIMES_INPUT || p->how == HOW_TIMES_OUTPUT;

	if (multiplier)
		return (struct band){ FACTOR_LOW, FACTOR_HIGH };
	return (struct band){ MAGNITUDE_LOW, p->meter <= METER_CACHE_WRITE_TOKEN ? MAGNITUDE_TOKEN
										 : MAGNITUDE_HIGH };
}

static unsigned percent_for(struct shop *s, struct decimal d, struct band b)
{
	unsigned up = 106 + (unsigned)rng_below(&s->rng, 74);
	unsigned down = 55 + (unsigned)rng_below(&s->rng, 40);
	bool rise = rng_chance(&s->rng, 50);

	if (decimal_magnitude(d) <= b.low)
		return up;
	if (decimal_magnitude(d) > b.high)
		return down;
	return rise ? up : down;
}

/* What the rows of one model share moves in all of them; of those that are away nothing is told.
 * The first `offered` of the rows are not away.  To be freed: rows. */
struct sharers {
	struct model **rows;
	size_t count, offered;
};

static size_t gather(const struct shelf *shelf, const struct model *model, struct model **out)
{
	size_t n = 0;

	for (size_t i = 0; i < shelf->count; i++)
		if (!strcmp(shelf->models[i]->sold, model->sold))
			out[n++] = shelf->models[i];
	return n;
}

static struct sharers sharers_of(const struct shop *s, struct model *model, enum says what)
{
	struct sharers all = {
		.rows = sim_alloc((s->offered.count + s->removed.count + 1) * sizeof(*all.rows)),
		.count = 1,
		.offered = 1,
	};

	all.rows[0] = model;
	if (!model->sold || !(s->provider->shape->shared & what))
		return all;
	all.offered = gather(&s->offered, model, all.rows);
	all.count = all.offered + gather(&s->removed, model, all.rows + all.offered);
	return all;
}

struct decimal motion_publishable(const struct shop *s, struct decimal d, struct decimal old)
{
	const struct shape *sh = s->provider->shape;
	struct decimal cut = sh->places ? decimal_ticks(d, sh->places) : d;

	if (sh->places && decimal_same(cut, old)) {
		cut = decimal_shift(cut, (int)sh->places);
		cut.mantissa++;
		cut = decimal_shift(cut, -(int)sh->places);
	}
	return cut;
}

void motion_wander(struct shop *s, struct price *p)
{
	struct decimal *number = p->how == HOW_PLAIN ? &p->amount : &p->quoted;
	unsigned percent = percent_for(s, *number, band_of(p));

	*number = motion_publishable(s, decimal_repriced(*number, percent), *number);
}

/* One published number moves, and with it every amount that follows from it. */
static void reprice(struct shop *s, struct model *model, struct price *p)
{
	motion_wander(s, p);
	for (size_t i = 0; p->terms.tag && p->how != HOW_PLAIN && i < model->price_count; i++) {
		const char *tag = model->prices[i].terms.tag;

		if (tag && !strcmp(tag, p->terms.tag))
			model->prices[i].quoted = p->quoted;
	}
	model_settle(model);
}

/* Events speak of amounts, whatever moved them. */
static void tell_price(struct market *m, struct shop *s, struct model *model, struct price *p,
		       struct buf *events)
{
	char old[DECIMAL_TEXT], new[DECIMAL_TEXT], terms[TERMS_SIZE];

	if (decimal_same(p->told, p->amount))
		return;
	price_print(old, p, p->told);
	price_print(new, p, p->amount);
	terms_print(terms, &p->terms);
	p->told = p->amount;

	char *field = sim_format("%s%s", meter_name(p->meter), terms);
	tell(events, m, s, (struct event){ "price", model, field, old, new });
	free(field);
}

static void tell_prices(struct market *m, struct shop *s, struct buf *events)
{
	for (size_t i = 0; i < s->offered.count; i++)
		for (size_t j = 0; j < s->offered.models[i]->price_count; j++)
			tell_price(m, s, s->offered.models[i], &s->offered.models[i]->prices[j],
				   events);
}

struct choice {
	struct model *model;
	struct price *price;
};

static size_t priced(const struct shop *s, struct choice *out)
{
	size_t n = 0;

	for (size_t i = 0; i < s->offered.count; i++) {
		struct model *model = s->offered.models[i];

		for (size_t j = 0; j < model->price_count; j++) {
			if (model->prices[j].state != PRICE_PRICED)
				continue;
			if (out)
				out[n] = (struct choice){ model, &model->prices[j] };
			n++;
		}
	}
	return n;
}

void motion_reprice(struct market *m, struct shop *s, size_t n, struct buf *events)
{
	size_t count = priced(s, NULL);
	struct choice *choices = sim_alloc(count * sizeof(*choices));

	priced(s, choices);
	for (size_t i = 0; i < n && i < count; i++) {
		size_t at = i + rng_below(&s->rng, count - i);
		struct choice c = choices[at];

		choices[at] = choices[i];
		choices[i] = c;
		reprice(s, c.model, c.price);
	}
	for (size_t i = 0; i < n && i < count; i++)
		tell_price(m, s, choices[i].model, choices[i].price, events);
	tell_prices(m, s, events);
	free(choices);
	shop_changed(s);
}

void motion_remove(struct market *m, struct shop *s, size_t n, struct buf *events)
{
	for (; n && s->offered.count; n--) {
		struct model *gone = shelf_take(&s->offered, rng_below(&s->rng, s->offered.count));

		shelf_add(&s->removed, gone);
		tell(events, m, s, (struct event){ .kind = "removed", .model = gone });
	}
	shop_changed(s);
}

static void give_back(struct market *m, struct shop *s, size_t at, struct buf *events)
{
	struct model *back = shelf_take(&s->removed, at);

	shelf_add(&s->offered, back);
	tell(events, m, s, (struct event){ .kind = "returned", .model = back });
}

void motion_restore(struct market *m, struct shop *s, struct buf *events)
{
	while (s->removed.count)
		give_back(m, s, 0, events);
	shop_changed(s);
}

void motion_shuffle(struct shop *s)
{
	for (size_t i = s->offered.count; i > 1; i--) {
		size_t at = rng_below(&s->rng, i);
		struct model *swap = s->offered.models[at];

		s->offered.models[at] = s->offered.models[i - 1];
		s->offered.models[i - 1] = swap;
	}
	shop_changed(s);
}

void motion_touch(struct shop *s)
{
	struct model *model = any(s);

	if (model)
		model->edits++;
	shop_changed(s);
}

static void change_context(struct market *m, struct shop *s, struct buf *events)
{
	struct model *model = any(s);

	if (!model || !model->context_length || !shop_says(s, model, SAYS_CONTEXT))
		return;
	bool grow = model->context_length < 65536 || rng_chance(&s->rng, 60);
	int64_t next = grow ? model->context_length * 2 : model->context_length / 2;
	char *old = sim_format("%jd", (intmax_t)model->context_length);
	char *new = sim_format("%jd", (intmax_t)next);

	struct sharers all = sharers_of(s, model, SAYS_CONTEXT);

	for (size_t i = 0; i < all.count; i++) {
		all.rows[i]->context_length = next;
		if (i < all.offered)
			tell(events, m, s,
			     (struct event){ "context", all.rows[i], "context_length", old, new });
	}
	free(all.rows);
	free(old);
	free(new);
}

static bool may_toggle(const struct shop *s, const struct model *model, uint32_t bit)
{
	const struct kind_row *k = shape_kind(s->provider->shape, model->kind);

	return shop_says(s, model, SAYS_ABLE) && (!k || k->able & bit);
}

static void change_capability(struct market *m, struct shop *s, struct buf *events)
{
	const struct shape *sh = s->provider->shape;
	uint32_t left = sh->toggles;

	if (!left)
		return;
	struct model *model = any(s);

	for (size_t n = rng_below(&s->rng, (size_t)__builtin_popcount(left)); n; n--)
		left &= left - 1;
	uint32_t bit = left & -left;
	const char *no = sh->yes_no & bit ? "false" : NULL;

	if (!model || !may_toggle(s, model, bit))
		return;
	struct sharers all = sharers_of(s, model, SAYS_ABLE);
	const char *field = able_name((unsigned)__builtin_ctz(bit));

	for (size_t i = 0; i < all.count; i++) {
		all.rows[i]->able ^= bit;
		bool now = all.rows[i]->able & bit;

		if (i < all.offered)
			tell(events, m, s,
			     (struct event){ "capability", all.rows[i], field, now ? no : "true",
					     now ? "true" : no });
	}
	free(all.rows);
}

/* Any row, if the documents of this shop say such a thing at all; NULL when they do not say it of
 * the one that was drawn. */
static struct model *any_saying(struct shop *s, enum says what)
{
	if (!(s->provider->shape->says & what))
		return NULL;
	struct model *model = any(s);

	return model && shop_says(s, model, what) ? model : NULL;
}

static void change_name(struct market *m, struct shop *s, struct buf *events)
{
	struct model *model = any_saying(s, SAYS_NAME);

	if (!model)
		return;
	char *old = sim_strdup(model->name);
	struct sharers all = sharers_of(s, model, SAYS_NAME);

	for (size_t i = 0; i < all.count; i++) {
		struct model *one = all.rows[i];

		free(one->name);
		one->name = sim_format("%s, ed. %ju", old, (uintmax_t)m->tick);
		if (i < all.offered)
			tell(events, m, s,
			     (struct event){ "renamed", one, "name", old, one->name });
	}
	free(all.rows);
	free(old);
}

static void change_deprecation(struct market *m, struct shop *s, struct buf *events)
{
	struct model *model = any_saying(s, SAYS_DEPRECATION);
	char date[DATE_SIZE];

	if (!model || model->expires.year)
		return;
	model->expires = breed_date(&s->rng, 2);
	if (s->provider->shape->instants)
		model->expires.second = (int)rng_below(&s->rng, 86400);
	date_print(date, model->expires);
	tell(events, m, s, (struct event){ "deprecated", model, "deprecated_at", NULL, date });
}

static void change_replacement(struct market *m, struct shop *s, struct buf *events)
{
	struct model *model = any_saying(s, SAYS_REPLACEMENT);
	const struct model *heir = model ? any(s) : NULL;
	char *old = model ? model->replaced_by : NULL;

	if (!heir || heir == model || (old && !strcmp(old, heir->id)))
		return;
	model->replaced_by = sim_strdup(heir->id);
	tell(events, m, s, (struct event){ "replaced", model, "replaced_by", old, heir->id });
	free(old);
}

static void change_quantization(struct market *m, struct shop *s, struct buf *events)
{
	struct model *model = any_saying(s, SAYS_QUANTIZATION);
	const char *old = model ? model->quantization : NULL;
	const char *new = model ? breed_quantization(s->provider->shape, &s->rng) : NULL;

	if (!model || (old && !strcmp(old, new)))
		return;
	model->quantization = new;
	tell(events, m, s,
	     (struct event){ "quantization", model, "quantization", quantization_meaning(old),
			     quantization_meaning(new) });
}

/* Another default size: what the document says per image is now said of other pixels.  The price
 * is told with the others. */
static void change_size(struct shop *s)
{
	for (size_t i = 0; i < s->offered.count; i++) {
		struct model *model = s->offered.models[i];

		if (!model_price(model, METER_IMAGE_PIXEL_STEP) || rng_chance(&s->rng, 80))
			continue;
		model->size.width = model->size.width == 1024 ? 1536 : 1024;
		model->size.steps += rng_chance(&s->rng, 50);
		model_settle(model);
	}
}

/* A pricing key appears on a row that had none. */
static void publish_price(struct market *m, struct shop *s, struct buf *events)
{
	const struct shape *sh = s->provider->shape;
	struct model *model = any(s);
	const struct price *prompt = model ? model_price(model, METER_INPUT_TOKEN) : NULL;
	char amount[DECIMAL_TEXT];

	if (!sh->publishes || !prompt || prompt->state != PRICE_PRICED ||
	    model->kind != KIND_CHAT || model_price(model, METER_CACHED_INPUT_TOKEN))
		return;
	/* A price that is added may move the others. */
	const char *currency = prompt->currency;
	struct decimal d = decimal_times(prompt->amount, 25, 2);
	struct price *p = model_add_price(model, METER_CACHED_INPUT_TOKEN, (struct terms){ 0 }, d);

	p->amount = sh->places ? decimal_ticks(d, sh->places) : d;
	p->how = sh->cached;
	p->quoted = (struct decimal){ 25, 2 };
	p->currency = currency;
	model_settle(model);
	p->told = p->amount;
	price_print(amount, p, p->amount);
	tell(events, m, s,
	     (struct event){ "price", model, meter_name(METER_CACHED_INPUT_TOKEN), "unpublished",
			     amount });
}

static void add_rows(struct market *m, struct shop *s, size_t n, struct buf *events)
{
	for (; n; n--) {
		struct model *born = breed_next(m, s);

		shelf_add(&s->offered, born);
		tell(events, m, s, (struct event){ .kind = "added", .model = born });
	}
}

static size_t removals(const struct shop *s)
{
	size_t n = share(s->offered.count, 5), tenth = s->offered.count / 10;

	if (!tenth && s->provider->rows_min)
		tenth = 1; /* a shop that is small by nature loses rows too */
	if (n > REMOVED_PER_STEP_MAX)
		n = REMOVED_PER_STEP_MAX;
	return n < tenth ? n : tenth;
}

static void shop_step(struct market *m, struct shop *s, struct buf *events)
{
	size_t count = s->offered.count, room = s->removed.count;

	motion_remove(m, s, removals(s), events);
	change_size(s);
	motion_reprice(m, s, share(count, 20), events);
	change_context(m, s, events);
	change_capability(m, s, events);
	change_name(m, s, events);
	change_deprecation(m, s, events);
	change_replacement(m, s, events);
	change_quantization(m, s, events);
	if (rng_chance(&s->rng, 30))
		publish_price(m, s, events);
	/* Only rows that were away before this step come back in it. */
	if (room && rng_chance(&s->rng, 50))
		give_back(m, s, rng_below(&s->rng, room), events);
	add_rows(m, s, share(count, 10), events);
	shop_changed(s);
}

void motion_step(struct market *m, struct shop *only, struct buf *events)
{
	m->tick++;
	for (size_t i = 0; i < providers_count; i++)
		if (!only || only == &m->shops[i])
			shop_step(m, &m->shops[i], events);
}
