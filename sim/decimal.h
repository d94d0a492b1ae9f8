/* SPDX-License-Identifier: MIT */
/*
 * decimal: an exact price, mantissa × 10^-exp.
 *
 * The simulator judges a program's arithmetic, so it shares none of it: prices are born as integers
 * and are only ever printed.  No double, no parser.  Products are exact; the one division rounds
 * half to even.  What does not fit 128 bits is a bug of ours and aborts.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum {
	DECIMAL_EXP_MAX = 23, /* the longest fraction seen on OpenRouter's wire */
	DECIMAL_PLACES = 30,  /* fractional digits kept of a quotient */
	DECIMAL_TEXT = 64,
};

__extension__ typedef unsigned __int128 decimal_digits;

struct decimal {
	decimal_digits mantissa;
	unsigned exp;
};

/* Plain digits: no exponent, no trailing zeros, "0" for zero. */
void decimal_print(char out[DECIMAL_TEXT], struct decimal d);
/* Without trailing zeros, so that equal numbers have equal members. */
struct decimal decimal_trim(struct decimal d);
/* Without what lies beyond DECIMAL_EXP_MAX. */
struct decimal decimal_cut(struct decimal d);
/* Cut to so many places, but never to 0. */
struct decimal decimal_ticks(struct decimal d, unsigned places);
bool decimal_same(struct decimal a, struct decimal b);
/* d × numerator / 10^shift, exactly while it fits DECIMAL_EXP_MAX, else cut. */
struct decimal decimal_times(struct decimal d, unsigned numerator, unsigned shift);
struct decimal decimal_product(struct decimal a, struct decimal b); /* exact */
struct decimal decimal_shift(struct decimal d, int places);         /* d × 10^places, exact */
/* d / n to DECIMAL_PLACES, half to even; n > 0. */
struct decimal decimal_over(struct decimal d, uint64_t n);
/* d written out to so many significant digits, plus delta units of the last: what a binary float
 * leaves of a price.  d itself when it is longer than that or 0. */
struct decimal decimal_noisy(struct decimal d, unsigned digits, int delta);
/* d × percent / 100, as a market would set it: three significant digits when it was short, the
 * whole tail when it had one.  Never equal to d for 50 < percent < 200, percent != 100. */
struct decimal decimal_repriced(struct decimal d, unsigned percent);
/* Position of the first significant digit: 0.00012 → -3. */
int decimal_magnitude(struct decimal d);
