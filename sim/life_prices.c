/* SPDX-License-Identifier: MIT */
#include "life_acts.h"

#include <stdlib.h>
#include <string.h>

#include "motion.h"
#include "providers.h"
#include "shape.h"

enum { DAY_H = 24, TRIES = 20 };

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
void life_set_price(struct model *m, struct price *p, const struct price *to)
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

void life_price_back(struct moment *t, const struct due *d)
{
	struct price *p = price_of(d->model, d->meter, &d->terms);
	size_t at;

	if (!p || !shelf_finds(&t->shop->offered, d->model, &at) || !same_number(p, &d->from))
		return;
	life_set_price(d->model, p, &d->to);
	moment_tell_prices(t, d->model, "revert");
}

static void revert_later(struct moment *t, struct model *m, const struct price *before,
			 const struct price *now)
{
	bool soon = moment_chance(t, 37);
	uint64_t hours = soon ? moment_between(t, 12, 48) : moment_between(t, 49, 40 * DAY_H);

	moment_remember(t->life, (struct due){ .hour = t->life->hours + hours,
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
		p->amount = (struct decimal){ 2 + moment_below(t, 300), 8 };
	}
}

/* Ten times or more, up or down. */
static void jump(struct moment *t, struct price *p)
{
	struct decimal *number = p->how == HOW_PLAIN ? &p->amount : &p->quoted;
	bool up = moment_chance(t, 50);
	unsigned factor =
		up ? (unsigned)moment_between(t, 10, 40) : (unsigned)moment_between(t, 25, 99);

	*number = motion_publishable(t->shop, decimal_times(*number, factor, up ? 0 : 3), *number);
}

static void move_number(struct moment *t, struct model *m, struct price *p, bool far)
{
	struct price before = *p, wanted = *p;

	if (p->state == PRICE_FREE || (far && crosses(t, p) && moment_chance(t, 65)))
		cross_zero(t, &wanted);
	else if (far)
		jump(t, &wanted);
	else
		motion_wander(t->shop, &wanted);
	life_set_price(m, p, &wanted);
	if (moment_chance(t, far ? 50 : 16))
		revert_later(t, m, &before, p);
	moment_tell_prices(t, m, NULL);
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

void life_move_price(struct moment *t)
{
	bool far = rng_below(&t->shop->rng, 1000) < 50;
	struct model *m = moment_any_that(t, SAYS_PRICES, is_priced);

	for (unsigned i = 0; m && i < TRIES; i++) {
		struct price *p = &m->prices[moment_below(t, m->price_count)];
		bool free_moves = far && crosses(t, p) && p->state == PRICE_FREE;

		if (p->state != PRICE_PRICED && !free_moves)
			continue;
		move_number(t, m, p, far && may_move_far(m));
		return;
	}
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
	moment_tell(t, (struct event){ "price", m, meter_name(meter), "unpublished", amount, cause,
				       false });
	return true;
}

static bool withdraw(struct moment *t, struct model *m, const char *cause)
{
	struct price *p = model_price(m, t->life->rolling);
	char amount[DECIMAL_TEXT];
	size_t at;

	if (!p || p->state == PRICE_DYNAMIC || !shelf_finds(&t->shop->offered, m, &at))
		return false;
	price_print(amount, p, p->amount);
	moment_tell(t, (struct event){ "price", m, meter_name(p->meter), amount, "unpublished",
				       cause, false });
	*p = m->prices[--m->price_count];
	return true;
}

static bool say_max_output(struct moment *t, struct model *m, const char *cause)
{
	if (m->max_output || !m->context_length || !moment_may_move(t, m, SAYS_MAX_OUTPUT))
		return false;
	m->max_output = 16384;
	moment_tell_number(t, "context", m, "max_output_tokens", 0, m->max_output, cause);
	return true;
}

/* As many rows as can, up to so many per thousand, from a random one on. */
static void roll_out(struct moment *t, const char *field, rollout_fn *fn, unsigned per_mille)
{
	size_t count = t->shop->offered.count, n = 0, from = count ? moment_below(t, count) : 0;
	char *cause = sim_format("rollout:%ju", (uintmax_t)++t->life->rollouts);

	for (size_t i = 0; i < count && n < count * per_mille / 1000; i++)
		n += fn(t, t->shop->offered.models[(from + i) % count], cause);
	moment_tell_share(t, "rollout", field, cause, n, count);
	free(cause);
}

/* One of the prices that the provider's documents have words for on any row of chat. */
static bool draw_meter(struct moment *t)
{
	uint32_t left = t->shop->provider->shape->rollouts;

	if (!left)
		return false;
	for (size_t n = moment_below(t, (size_t)__builtin_popcount(left)); n; n--)
		left &= left - 1;
	t->life->rolling = (enum meter)__builtin_ctz(left);
	return true;
}

void life_publish_widely(struct moment *t)
{
	if (!draw_meter(t))
		return;
	t->life->widely = t->life->rolling;
	roll_out(t, meter_name(t->life->rolling), publish, (unsigned)moment_between(t, 280, 400));
}

/* So few that it is still the business of each row. */
void life_publish_partly(struct moment *t)
{
	if (draw_meter(t))
		roll_out(t, meter_name(t->life->rolling), publish,
			 (unsigned)moment_between(t, 80, 130));
}

/* What was published for many goes from all of them. */
void life_withdraw_widely(struct moment *t)
{
	if (!t->shop->provider->shape->rollouts)
		return;
	t->life->rolling = t->life->widely;
	roll_out(t, meter_name(t->life->rolling), withdraw, 1000);
}

void life_say_limits(struct moment *t)
{
	roll_out(t, "max_output_tokens", say_max_output, 1000);
}
