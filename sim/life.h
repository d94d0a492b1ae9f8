/* SPDX-License-Identifier: MIT */
/*
 * life: what happens to a shop in the long run, at the rates of a real catalog.
 *
 * Where motion.h does something at once, life lets the hours pass: rows come, go and come back, prices
 * wander, jump, cross zero and return to what they were, lifecycle dates are set, moved, taken back and
 * kept, part of the catalog is away for a while, a pricing key comes to many rows at once and leaves
 * them again.  How often stands in the tables of life.c, per day and 400 rows.
 *
 * A shop lives hour by hour: the steps in which time is turned do not change what happens.  All chance
 * is the shop's own (its generator; mass events follow from seed, slug and year alone).  Each hour has
 * one moment, its end: hour 12 is twelve hours after the beginning, LIFE_BEGINS, by which dates are set.
 *
 * The log holds every change of the truth since then and replays from the first truth to the last, as
 * far as nothing but life moved the shop:
 *   {"hour":12,"provider":…,"kind":…,"model":…,"field":…,"old":…,"new":…,"cause":…[,"row":{…}]}
 * kinds are those of motion.h; `field` is never null but for added, removed and returned.  `row`: the
 * whole row as in the truth, of added and returned.  cause: null for an ordinary event, or
 *   "revert"     back to what it was
 *   "return"     a row that was taken off comes back, or moves as it does
 *   "sunset"     a row goes because its day has come
 *   "outage:N"   part of the catalog is away
 *   "rollout:N"  many rows at once publish something, or no longer do
 * Events of the kinds "outage", "recovery" and "rollout" have no model, change nothing and say in `new`
 * how many rows it was, of how many.
 */
#pragma once
#include <stdint.h>

#include "buf.h"
#include "market.h"

#define LIFE_BEGINS   "2026-08-22T00:00:00.000Z"
#define LIFE_BEGINS_S 1787356800

enum { LIFE_HOURS_MAX = 100 * 366 * 24 };

struct life;

/* Lets the hours pass and appends what happened to `events` too. */
void life_pass(const struct market *m, struct shop *s, uint64_t hours, struct buf *events);
uint64_t life_hours(const struct shop *s); /* since the beginning */
/* Everything since then, comma separated; "" for a shop that never lived. */
const char *life_log(const struct shop *s);
void life_destroy(struct life *l); /* NULL is fine */
