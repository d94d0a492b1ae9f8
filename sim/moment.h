/* SPDX-License-Identifier: MIT */
/*
 * moment: one hour of a shop that lives (life.h), and what all that happens in it needs: chance,
 * telling, remembering what is to come of it.
 *
 * Only for life.c and the files life_*.c beside it.  What they do to a row they tell at once; a row
 * that is no offer is told nowhere.
 */
#pragma once
#include "life.h"

/* What happens later because of something that happened. */
struct due {
	uint64_t hour;
	struct model *model;
	bool back; /* the row comes back … */
	uint64_t
		outage; /* … from this one; 0 = from a removal of its own; else a price goes back: */
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

/* As life.h says; `row`: with the whole row. */
struct event {
	const char *kind;
	const struct model *model; /* NULL: of the shop */
	const char *field, *old, *new, *cause;
	bool row;
};

/* --- telling --- */

void moment_tell(struct moment *t, struct event e);
/* new: "n of of" */
void moment_tell_share(struct moment *t, const char *kind, const char *field, const char *cause,
		       size_t n, size_t of);
/* Every amount of the row that is not what was told last. */
void moment_tell_prices(struct moment *t, struct model *m, const char *cause);
/* 0 is null. */
void moment_tell_number(struct moment *t, const char *kind, const struct model *m,
			const char *field, int64_t old, int64_t new, const char *cause);

/* --- chance: the shop's own --- */

size_t moment_below(struct moment *t, size_t n);
size_t moment_between(struct moment *t, size_t low, size_t high); /* both inclusive */
bool moment_chance(struct moment *t, unsigned percent);
struct model *moment_any(struct moment *t); /* NULL: nothing is offered */
/* Whether that is said of the row, and of it alone: what hosts of one model share is left alone. */
bool moment_may_move(struct moment *t, const struct model *m, enum says what);

typedef bool fit_fn(struct moment *t, const struct model *m);
/* One that may move so and fits (NULL: any does); NULL when some draws found none. */
struct model *moment_any_that(struct moment *t, enum says what, fit_fn *fits);

/* --- what comes of it --- */

int64_t moment_now_s(const struct moment *t); /* since 1970 */
void moment_remember(struct life *l, struct due d);
/* Where the row stands there. */
bool shelf_finds(const struct shelf *s, const struct model *m, size_t *at);
/* Nothing when it is not there, or not away. */
void moment_take_off(struct moment *t, struct model *m, const char *cause);
void moment_put_back(struct moment *t, struct model *m, const char *cause);
