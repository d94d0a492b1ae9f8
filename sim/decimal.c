/* SPDX-License-Identifier: MIT */
#include "decimal.h"

#include <assert.h>
#include <string.h>

enum { LONG_DIGITS = 15 }; /* from here on mantissa × 200 could overflow 64 bits */

static unsigned digits_of(decimal_digits n)
{
	unsigned digits = 1;

	while (n /= 10)
		digits++;
	return digits;
}

static decimal_digits tenfold(decimal_digits n)
{
	assert(n <= ~(decimal_digits)0 / 10);
	return n * 10;
}

struct decimal decimal_trim(struct decimal d)
{
	if (!d.mantissa)
		return (struct decimal){ 0, 0 };
	while (d.exp && d.mantissa % 10 == 0) {
		d.mantissa /= 10;
		d.exp--;
	}
	return d;
}

struct decimal decimal_cut(struct decimal d)
{
	while (d.exp > DECIMAL_EXP_MAX) {
		d.mantissa /= 10;
		d.exp--;
	}
	return decimal_trim(d);
}

bool decimal_same(struct decimal a, struct decimal b)
{
	a = decimal_trim(a);
	b = decimal_trim(b);
	return a.mantissa == b.mantissa && a.exp == b.exp;
}

void decimal_print(char out[DECIMAL_TEXT], struct decimal d)
{
	char digits[DECIMAL_TEXT];
	size_t at = sizeof(digits);

	d = decimal_trim(d);
	digits[--at] = '\0';
	for (unsigned place = 0; place <= d.exp || d.mantissa; place++) {
		if (place == d.exp && d.exp)
			digits[--at] = '.';
		digits[--at] = (char)('0' + (int)(d.mantissa % 10));
		d.mantissa /= 10;
	}
	memcpy(out, digits + at, sizeof(digits) - at);
}

struct decimal decimal_ticks(struct decimal d, unsigned places)
{
	for (; d.exp > places; d.exp--)
		d.mantissa /= 10;
	return d.mantissa ? decimal_trim(d) : (struct decimal){ 1, places };
}

struct decimal decimal_times(struct decimal d, unsigned numerator, unsigned shift)
{
	if (digits_of(d.mantissa) > LONG_DIGITS) {
		/* Long tails are noise by nature: give up the last digits, not the exactness of
		 * what is then printed. */
		for (unsigned i = 0; i < 4; i++)
			d.mantissa /= 10;
		d.exp -= 4;
	}
	return decimal_cut((struct decimal){ d.mantissa * numerator, d.exp + shift });
}

struct decimal decimal_product(struct decimal a, struct decimal b)
{
	a = decimal_trim(a);
	b = decimal_trim(b);
	assert(!b.mantissa || a.mantissa <= ~(decimal_digits)0 / b.mantissa);
	return decimal_trim((struct decimal){ a.mantissa * b.mantissa, a.exp + b.exp });
}

struct decimal decimal_shift(struct decimal d, int places)
{
	for (; places > 0; places--) {
		if (d.exp)
			d.exp--;
		else
			d.mantissa = tenfold(d.mantissa);
	}
	d.exp += (unsigned)-places;
	return decimal_trim(d);
}

struct decimal decimal_over(struct decimal d, uint64_t n)
{
	assert(n && d.exp <= DECIMAL_PLACES);
	for (; d.exp < DECIMAL_PLACES; d.exp++)
		d.mantissa = tenfold(d.mantissa);

	decimal_digits quotient = d.mantissa / n, twice = d.mantissa % n * 2;

	if (twice > n || (twice == n && quotient % 2))
		quotient++;
	return decimal_trim((struct decimal){ quotient, DECIMAL_PLACES });
}

struct decimal decimal_noisy(struct decimal d, unsigned digits, int delta)
{
	if (!d.mantissa || digits_of(d.mantissa) > digits)
		return d;
	while (digits_of(d.mantissa) < digits) {
		d.mantissa = tenfold(d.mantissa);
		d.exp++;
	}
	d.mantissa += (decimal_digits)delta; /* unsigned: a negative one wraps around rightly */
	return decimal_trim(d);
}

struct decimal decimal_repriced(struct decimal d, unsigned percent)
{
	struct decimal next = { d.mantissa, d.exp };

	if (digits_of(d.mantissa) > LONG_DIGITS) {
		next.mantissa = d.mantissa / 100 * percent + d.mantissa % 100 * percent / 100;
		return decimal_cut(next);
	}
	next.mantissa = d.mantissa * percent;
	next.exp += 2;
	next = decimal_cut(next);
	while (digits_of(next.mantissa) > 3 && next.exp) {
		next.mantissa /= 10;
		next.exp--;
	}
	return decimal_cut(next);
}

int decimal_magnitude(struct decimal d)
{
	return (int)digits_of(d.mantissa) - (int)d.exp;
}
