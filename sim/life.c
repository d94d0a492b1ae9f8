/* SPDX-License-Identifier: MIT */
#include "life.h"

#include <stdlib.h>

#include "life_acts.h"
#include "providers.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum {
	DAY_H = 24,
	YEAR_H = 365 * DAY_H,
	ROWS_OF_RATES = 400, /* which the rates are said of */
};

/* --- the tables --- */

/* How often something befalls a catalog of 400 rows: times in a thousand days. */
static const struct habit {
	unsigned per_1000_days;
	void (*act)(struct moment *t);
} habits[] = {
	{ 1300, life_add_row },
	{ 750, life_remove_row },  /* what ends on its day comes on top */
	{ 2800, life_move_price }, /* what goes back comes on top */
	{ 1200, life_move_context },
	{ 150, life_move_max_output },
	{ 250, life_move_capability },
	{ 120, life_rename_row },
	{ 200, life_move_quantization },
	{ 100, life_move_replacement },
	{ 250, life_announce_end },
	{ 60, life_move_end },
	{ 50, life_take_end_back },
};

/* What happens once a year, on that day or one of so many after it. */
static const struct feast {
	unsigned day, spread;
	void (*act)(struct moment *t);
} feasts[] = {
	{ 12, 30, life_lose_some },  { 50, 10, life_publish_widely },
	{ 70, 35, life_lose_some },  { 115, 10, life_publish_partly },
	{ 135, 40, life_lose_some }, { 190, 10, life_withdraw_widely },
	{ 205, 40, life_lose_many }, { 260, 10, life_say_limits },
	{ 285, 50, life_lose_some }, { 345, 10, life_publish_widely },
};

static void keep_habits(struct moment *t)
{
	for (size_t i = 0; i < COUNT(habits); i++) {
		size_t odds = habits[i].per_1000_days * t->shop->offered.count;

		if (moment_below(t, (size_t)1000 * DAY_H * ROWS_OF_RATES) < odds)
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

	moment_tell_share(t, "recovery", "models", cause, back, t->shop->offered.count);
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
			life_row_back(t, &d);
		else
			life_price_back(t, &d);
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
	life_keep_dates(t);
	keep_habits(t);
	keep_feasts(t);
}

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
