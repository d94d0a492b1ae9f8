/* SPDX-License-Identifier: MIT */
#include "motion.h"

#include <stdlib.h>

#include "breed.h"
#include "providers.h"

enum {
	REMOVED_PER_STEP_MAX = 5,
	/* A token price beyond these moves back: the market wanders, it does not run away. */
	MAGNITUDE_LOW = -8,
	MAGNITUDE_HIGH = -1,
};

struct event {
	const char *kind;
	const struct model *model;
	const char *field;     /* NULL where the kind says it all */
	const char *old, *new; /* texts, NULL = null */
};

static void tell(struct buf *events, const struct market *m, const struct shop *s, struct event e)
{
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

static struct model *any(struct market *m, const struct shop *s)
{
	if (!s->offered.count)
		return NULL;
	return s->offered.models[rng_below(&m->rng, s->offered.count)];
}

static unsigned percent_for(struct market *m, struct decimal d)
{
	unsigned up = 106 + (unsigned)rng_below(&m->rng, 74);
	unsigned down = 55 + (unsigned)rng_below(&m->rng, 40);
	bool rise = rng_chance(&m->rng, 50);

	if (decimal_magnitude(d) <= MAGNITUDE_LOW)
		return up;
	if (decimal_magnitude(d) > MAGNITUDE_HIGH)
		return down;
	return rise ? up : down;
}

static void reprice(struct market *m, struct shop *s, struct model *model, struct price *p,
		    struct buf *events)
{
	char old[DECIMAL_TEXT], new[DECIMAL_TEXT], terms[64];

	decimal_print(old, p->amount);
	p->amount = decimal_repriced(p->amount, percent_for(m, p->amount));
	decimal_print(new, p->amount);
	terms_print(terms, &p->terms);

	char *field = sim_format("%s%s", meter_name(p->meter), terms);
	tell(events, m, s, (struct event){ "price", model, field, old, new });
	free(field);
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
		size_t at = i + rng_below(&m->rng, count - i);
		struct choice c = choices[at];

		choices[at] = choices[i];
		reprice(m, s, c.model, c.price, events);
	}
	free(choices);
	shop_changed(s);
}

void motion_remove(struct market *m, struct shop *s, size_t n, struct buf *events)
{
	for (; n && s->offered.count; n--) {
		struct model *gone = shelf_take(&s->offered, rng_below(&m->rng, s->offered.count));

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

void motion_shuffle(struct market *m, struct shop *s)
{
	for (size_t i = s->offered.count; i > 1; i--) {
		size_t at = rng_below(&m->rng, i);
		struct model *swap = s->offered.models[at];

		s->offered.models[at] = s->offered.models[i - 1];
		s->offered.models[i - 1] = swap;
	}
	shop_changed(s);
}

void motion_touch(struct market *m, struct shop *s)
{
	struct model *model = any(m, s);

	if (model)
		model->edits++;
	shop_changed(s);
}

static void change_context(struct market *m, struct shop *s, struct buf *events)
{
	struct model *model = any(m, s);

	if (!model || !model->context_length)
		return;
	bool grow = model->context_length < 65536 || rng_chance(&m->rng, 60);
	int64_t next = grow ? model->context_length * 2 : model->context_length / 2;
	char *old = sim_format("%jd", (intmax_t)model->context_length);
	char *new = sim_format("%jd", (intmax_t)next);

	model->context_length = next;
	tell(events, m, s, (struct event){ "context", model, "context_length", old, new });
	free(old);
	free(new);
}

static void change_capability(struct market *m, struct shop *s, struct buf *events)
{
	static const struct {
		enum param bit;
		const char *name;
	} capabilities[] = {
		{ PARAM_TOOLS, "function_calling" },
		{ PARAM_REASONING, "reasoning" },
		{ PARAM_STRUCTURED_OUTPUTS, "structured_outputs" },
	};
	struct model *model = any(m, s);
	size_t at = rng_below(&m->rng, 3);

	if (!model)
		return;
	model->params ^= capabilities[at].bit;
	bool now = model->params & capabilities[at].bit;
	tell(events, m, s,
	     (struct event){ "capability", model, capabilities[at].name, now ? "false" : "true",
			     now ? "true" : "false" });
}

static void change_name(struct market *m, struct shop *s, struct buf *events)
{
	struct model *model = any(m, s);

	if (!model)
		return;
	char *old = model->name;
	model->name = sim_format("%s, ed. %ju", old, (uintmax_t)m->tick);
	tell(events, m, s, (struct event){ "renamed", model, "name", old, model->name });
	free(old);
}

static void change_deprecation(struct market *m, struct shop *s, struct buf *events)
{
	struct model *model = any(m, s);

	if (!model || model->expires.year)
		return;
	model->expires = breed_date(&m->rng, 2);
	char *date = sim_format("%04d-%02d-%02dT00:00:00.000Z", model->expires.year,
				model->expires.month, model->expires.day);
	tell(events, m, s, (struct event){ "deprecated", model, "deprecated_at", NULL, date });
	free(date);
}

/* A pricing key appears on a row that had none. */
static void publish_price(struct market *m, struct shop *s, struct buf *events)
{
	struct model *model = any(m, s);
	const struct price *prompt = model ? model_price(model, METER_INPUT_TOKEN) : NULL;
	char amount[DECIMAL_TEXT];

	if (!prompt || prompt->state != PRICE_PRICED ||
	    model_price(model, METER_CACHED_INPUT_TOKEN))
		return;
	struct decimal d = decimal_times(prompt->amount, 25, 2);
	model_add_price(model, METER_CACHED_INPUT_TOKEN, (struct terms){ 0 }, d);
	decimal_print(amount, d);
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

	if (n > REMOVED_PER_STEP_MAX)
		n = REMOVED_PER_STEP_MAX;
	return n < tenth ? n : tenth;
}

static void shop_step(struct market *m, struct shop *s, struct buf *events)
{
	size_t count = s->offered.count, room = s->removed.count;

	motion_remove(m, s, removals(s), events);
	motion_reprice(m, s, share(count, 20), events);
	change_context(m, s, events);
	change_capability(m, s, events);
	change_name(m, s, events);
	change_deprecation(m, s, events);
	if (rng_chance(&m->rng, 30))
		publish_price(m, s, events);
	/* Only rows that were away before this step come back in it. */
	if (room && rng_chance(&m->rng, 50))
		give_back(m, s, rng_below(&m->rng, room), events);
	add_rows(m, s, share(count, 10), events);
	shop_changed(s);
}

void motion_step(struct market *m, struct buf *events)
{
	m->tick++;
	for (size_t i = 0; i < providers_count; i++)
		shop_step(m, &m->shops[i], events);
}
