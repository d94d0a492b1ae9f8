/* SPDX-License-Identifier: MIT */
/*
 * motion: everything that happens to the market after it was made.
 *
 * Each function changes the truth and reports what it did as JSON events appended to `events`
 * (objects, comma separated).  All chance comes from the shop's own generator, so the same
 * commands after the same seed give the same history, whatever happens to other shops.
 * What a provider publishes is moved, and every amount that follows from it: a multiplier, its
 * base, the size of an image.  A capability that is no longer said becomes null where the document
 * has no words for no.
 */
#pragma once
#include "buf.h"
#include "market.h"

enum { MOTION_STEPS_MAX = 1000 };

/* One step of an ordinary day, for every provider or for one.  At the default scale it holds at
 * least one price change, one addition and one removal each; removals stay below 5 rows and, but
 * for shops of less than ten rows, 10 %. */
void motion_step(struct market *m, struct shop *only /* or NULL */, struct buf *events);

/* Exactly n published numbers (or all there are), by a factor between 1/2 and 2. */
void motion_reprice(struct market *m, struct shop *s, size_t n, struct buf *events);
void motion_remove(struct market *m, struct shop *s, size_t n, struct buf *events);
void motion_restore(struct market *m, struct shop *s, struct buf *events);

/* These two change the document and not the truth. */
void motion_shuffle(struct shop *s);
void motion_touch(struct shop *s);

/* --- for life.h, which tells by itself --- */

/* The published number of a price, by a factor between 1/2 and 2; what follows is not worked out. */
void motion_wander(struct shop *s, struct price *p);
/* A number as the shop may publish it, other than the one it was. */
struct decimal motion_publishable(const struct shop *s, struct decimal d, struct decimal old);
