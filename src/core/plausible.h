/*
 * plausible: is a price credible?  Never a reason to refuse it, only to mark it
 * (prices.suspect) and to hold it back until a person or time has confirmed it.
 * Exact: every bound is inclusive or not to the last digit.
 */
#pragma once
#include "base/arena.h"
#include "core/model.h"

/* A price that moves so many times up or down, or lies so far from others', is not credible at once. */
enum { PLAUSIBLE_MOVE = 10, PLAUSIBLE_ELSEWHERE = 100 };

/* Why it is not, on its own: a word or two; absent when it is.  A string literal. */
struct str price_implausible(const struct price *p);

/* "0.000000001 to 0.001 USD per token", "up to 10 USD per image"; absent: nothing is known of it. */
struct str price_band(enum meter meter, struct arena *a);

/* The same weights elsewhere: what others take for the same meter, unconditionally. */
struct price_elsewhere {
	struct str median; /* USD per one unit; absent: nobody else has a price */
	size_t providers;
};

/*
 * The exact median of positive amounts, canonical decimals, which it sorts; between two
 * in the middle what lies half way.  Absent for none.
 */
struct str price_median(struct str *amounts, size_t n, struct arena *a);

/*
 * Why a move from the price in force to another value is held: a sentence that names
 * how often the one goes into the other, the band and the median, each where it is a
 * reason.  Absent: it is credible.  Held is what moves PLAUSIBLE_MOVE times or more,
 * what crosses between priced and free, what lies outside its meter's band and what is
 * PLAUSIBLE_ELSEWHERE times or more away from the median.  Where either is dynamic or
 * the currency is another nothing can be compared, and nothing is held.
 */
struct str price_move_implausible(const struct price *in_force, const struct price *now,
				  const struct price_elsewhere *elsewhere, struct arena *a);
