/* SPDX-License-Identifier: MIT */
/*
 * decimal: an exact price, mantissa × 10^-exp.
 *
 * The simulator judges a program's arithmetic, so it shares none of it: prices are born as integers
 * and are only ever printed.  No double, no parser.
 */
#pragma once
#include <stdint.h>

enum {
	DECIMAL_EXP_MAX = 23, /* the longest fraction seen on OpenRouter's wire */
	DECIMAL_TEXT = 64,
};

struct decimal {
	uint64_t mantissa;
	unsigned exp;
};

/* Plain digits: no exponent, no trailing zeros, "0" for zero. */
void decimal_print(char out[DECIMAL_TEXT], struct decimal d);
/* d × numerator / 10^shift, exactly while it fits DECIMAL_EXP_MAX, else cut. */
struct decimal decimal_times(struct decimal d, unsigned numerator, unsigned shift);
/* d × percent / 100, as a market would set it: three significant digits when it was short, the
 * whole tail when it had one.  Never equal to d for 50 < percent < 200, percent != 100. */
struct decimal decimal_repriced(struct decimal d, unsigned percent);
/* Position of the first significant digit: 0.00012 → -3. */
int decimal_magnitude(struct decimal d);
