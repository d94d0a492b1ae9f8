/* SPDX-License-Identifier: MIT */
#include "life_acts.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "breed.h"
#include "motion.h"
#include "providers.h"
#include "shape.h"

enum { DAY_S = 86400, DAY_H = 24 };

/* --- rows that come and go --- */

void life_add_row(struct moment *t)
{
	struct model *born = breed_next(t->market, t->shop);

	shelf_add(&t->shop->offered, born);
	moment_tell(t, (struct event){ .kind = "added", .model = born, .row = true });
}

/* How long the rows stay away that come back. */
static uint64_t hours_away(struct moment *t)
{
	size_t at = moment_below(t, 100);

	if (at < 5)
		return moment_between(t, 8, 13);
	if (at < 27)
		return moment_between(t, 14, 24);
	if (at < 66)
		return moment_between(t, 25, 7 * DAY_H);
	return moment_between(t, 10 * DAY_H, 60 * DAY_H);
}

void life_remove_row(struct moment *t)
{
	struct model *m = moment_any(t);

	if (!m)
		return;
	moment_take_off(t, m, NULL);
	if (moment_chance(t, 21))
		moment_remember(t->life, (struct due){ .hour = t->life->hours + hours_away(t),
						       .model = m,
						       .back = true });
}

/* Some come back at another price. */
void life_row_back(struct moment *t, const struct due *d)
{
	char *cause =
		d->outage ? sim_format("outage:%ju", (uintmax_t)d->outage) : sim_strdup("return");
	struct price *p = d->model->price_count ? &d->model->prices[0] : NULL;

	moment_put_back(t, d->model, cause);
	if (!d->outage && p && p->state == PRICE_PRICED && moment_chance(t, 20)) {
		struct price wanted = *p;

		motion_wander(t->shop, &wanted);
		life_set_price(d->model, p, &wanted);
		moment_tell_prices(t, d->model, cause);
	}
	free(cause);
}

/* --- the end of a row --- */

static struct date date_in(struct moment *t, size_t days)
{
	time_t at = (time_t)(moment_now_s(t) + (int64_t)days * DAY_S);
	struct tm tm;

	gmtime_r(&at, &tm);
	return (struct date){ tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
			      t->shop->provider->shape->instants ? (int)moment_below(t, DAY_S)
								 : 0 };
}

static void set_end(struct moment *t, struct model *m, struct date end)
{
	char before[DATE_SIZE], after[DATE_SIZE];
	bool had = model_deprecated(m);

	date_print(before, m->expires);
	date_print(after, end);
	m->expires = end;
	moment_tell(t, (struct event){ "deprecated", m, "deprecated_at", had ? before : NULL,
				       end.year ? after : NULL, NULL, false });
}

static bool is_undated(struct moment *t, const struct model *m)
{
	(void)t;
	return !m->expires.year;
}

static bool ends_later(struct moment *t, const struct model *m)
{
	return model_deprecated(m) && date_unix(m->expires) > moment_now_s(t) + DAY_S;
}

static struct model *any_ending(struct moment *t)
{
	size_t n = t->shop->offered.count, from = n ? moment_below(t, n) : 0;

	for (size_t i = 0; i < n; i++) {
		struct model *m = t->shop->offered.models[(from + i) % n];

		if (moment_may_move(t, m, SAYS_DEPRECATION) && ends_later(t, m))
			return m;
	}
	return NULL;
}

void life_announce_end(struct moment *t)
{
	struct model *m = moment_any_that(t, SAYS_DEPRECATION, is_undated);

	if (m)
		set_end(t, m, date_in(t, moment_between(t, 7, 60)));
}

void life_move_end(struct moment *t)
{
	struct model *m = any_ending(t);

	if (m)
		set_end(t, m, date_in(t, moment_between(t, 61, 120)));
}

void life_take_end_back(struct moment *t)
{
	struct model *m = any_ending(t);

	if (m)
		set_end(t, m, (struct date){ 0 });
}

/* Within days after its date a row goes, unless that was past before all this began. */
void life_keep_dates(struct moment *t)
{
	for (size_t i = t->shop->offered.count; i; i--) {
		struct model *m = t->shop->offered.models[i - 1];

		if (!model_deprecated(m) || !shop_says(t->shop, m, SAYS_DEPRECATION))
			continue;
		int64_t end = date_unix(m->expires);

		if (end >= LIFE_BEGINS_S && end <= moment_now_s(t) && moment_chance(t, 3))
			moment_take_off(t, m, "sunset");
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
	size_t count = t->shop->offered.count, from = moment_below(t, count);
	struct model **sorted = sim_alloc(2 * count * sizeof(struct model *));

	memcpy(sorted, t->shop->offered.models, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), by_id);
	memcpy(sorted + count, sorted, count * sizeof(*sorted));
	memmove(sorted, sorted + from, n * sizeof(*sorted));
	return sorted;
}

static uint64_t hours_of_outage(struct moment *t)
{
	return moment_chance(t, 25) ? 12 : moment_between(t, 13, 6 * DAY_H);
}

static void lose(struct moment *t, unsigned per_mille)
{
	struct life *l = t->life;
	size_t count = t->shop->offered.count, n = (count * per_mille + 999) / 1000;
	uint64_t hours = hours_of_outage(t);
	unsigned stay = moment_chance(t, 50) ? 0 : 6;

	if (n < 2)
		return;
	struct model **gone = neighbours(t, n);
	char *cause = sim_format("outage:%ju", (uintmax_t)++l->outages);

	moment_tell_share(t, "outage", "models", cause, n, count);
	for (size_t i = 0; i < n; i++) {
		moment_take_off(t, gone[i], cause);
		if (!moment_chance(t, stay))
			moment_remember(l, (struct due){ .hour = l->hours + hours,
							 .model = gone[i],
							 .outage = l->outages,
							 .back = true });
	}
	free(cause);
	free(gone);
}

void life_lose_some(struct moment *t)
{
	lose(t, (unsigned)moment_between(t, 33, 95));
}

void life_lose_many(struct moment *t)
{
	lose(t, (unsigned)moment_between(t, 110, 140));
}
