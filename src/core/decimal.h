/*
 * decimal: exact decimal numbers, for money.
 *
 * No double ever holds a price.  A number is sign, up to DEC_LIMBS base-10^9
 * limbs and a count of fractional digits, so what a provider writes is what we
 * hold.  Nothing here allocates, logs or knows what the number means.
 *
 * Limits, all of them errors and never a wrong number: a token has at most
 * DEC_DIGITS_MAX significant digits and its exponent lies in ±DEC_EXP_MAX; a
 * result has at most DEC_SCALE_MAX digits before and after the point.  A value that is
 * not zero never becomes zero by rounding (a price must not turn into "free").
 */
#pragma once
#include "base/err.h"
#include "base/str.h"

#include <stdint.h>

enum {
	DEC_DIGITS_MAX = 60, /* significant digits of a token */
	DEC_EXP_MAX = 60,    /* |exponent| of a token, and of its leading digit */
	DEC_SCALE_MAX = 30,  /* fractional digits of a converted amount */
	DEC_LIMBS = 20,      /* 180 digits: room for products on the way */
	DEC_TEXT_MAX = 136,  /* bytes that dec_print() may need, NUL included */
};

/*
 * value = (negative ? -1 : 1) * sum(limb[i] * 10^(9 i)) / 10^scale.
 * Normal form, which every function here returns: no leading zero limbs, no
 * trailing zero digit behind the point, scale >= 0, zero is never negative.
 */
struct dec {
	uint32_t limb[DEC_LIMBS]; /* base 10^9, least significant first; [0, n) are set */
	uint8_t n;                /* limbs in use; 0 for zero */
	uint8_t scale;            /* digits behind the point */
	bool negative;
};

/*
 * A number as JSON writes it, or a decimal string of the same grammar ("0.5",
 * "5e-07", "-1", "-0", "1E+2").  Tolerated besides: a leading '+', "1." and
 * ".5"; not: blanks, "1,5", "1_000", "$1", hex, "inf", "nan", the empty string.
 * ERR_PARSE for what is no number, ERR_DATA for one beyond the limits; significant
 * digits run from the first to the last that is not zero.
 */
bool dec_parse(struct str token, struct dec *ret, struct err *e);
void dec_from_u64(uint64_t value, struct dec *ret);

bool dec_is_zero(const struct dec *d);
int dec_cmp(const struct dec *a, const struct dec *b); /* -1, 0, 1 by value */

/*
 * Canonical text: no exponent, no sign on zero, no trailing zeros, no leading
 * zeros but the one before the point.  Equal values have equal text.  Returns
 * the length; `out` is NUL-terminated.
 */
size_t dec_print(const struct dec *d, char out[DEC_TEXT_MAX]);

/* Round half-even to `digits` significant digits (1..DEC_DIGITS_MAX). */
void dec_round_significant(struct dec *d, unsigned digits);

/* a * b, exactly.  ERR_DATA (and *ret undefined) when it leaves the limits of a token. */
bool dec_mul(const struct dec *a, const struct dec *b, struct dec *ret, struct err *e);

/* a + b, exactly.  ERR_DATA (and *ret undefined) when one is below zero, or as dec_mul(). */
bool dec_add(const struct dec *a, const struct dec *b, struct dec *ret, struct err *e);

/*
 * a * num / den, exactly, then rounded once, half-even, to DEC_SCALE_MAX
 * decimals.  ERR_DATA when den is zero, when the result is too large, or when
 * rounding would make a value that is not zero vanish.
 */
bool dec_mul_div(const struct dec *a, const struct dec *num, const struct dec *den, struct dec *ret,
		 struct err *e);

/*
 * a / b to `digits` significant digits, half-even: ratios of prices.  False
 * (ERR_DATA) when b is zero or the result leaves the limits.  The scale may
 * exceed DEC_SCALE_MAX here (up to DEC_EXP_MAX).
 */
bool dec_ratio(const struct dec *a, const struct dec *b, unsigned digits, struct dec *ret,
	       struct err *e);
