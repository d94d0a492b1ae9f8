/* SPDX-License-Identifier: MIT */
#include "decimal.h"

#include <string.h>

enum { LONG_DIGITS = 15 }; /* from here on mantissa × 200 could overflow 64 bits */

static unsigned digits_of(uint64_t n)
{
	unsigned digits = 1;

	while (n /= 10)
		digits++;
	return digits;
}

static struct decimal normal(struct decimal d)
{
	if (!d.mantissa)
		return (struct decimal){ 0, 0 };
	while (d.exp > DECIMAL_EXP_MAX) {
		d.mantissa /= 10;
		d.exp--;
	}
	while (d.exp && d.mantissa % 10 == 0) {
		d.mantissa /= 10;
		d.exp--;
	}
	return d;
}

void decimal_print(char out[DECIMAL_TEXT], struct decimal d)
{
	char digits[DECIMAL_TEXT];
	size_t at = sizeof(digits);

	d = normal(d);
	digits[--at] = '\0';
	for (unsigned place = 0; place <= d.exp || d.mantissa; place++) {
		if (place == d.exp && d.exp)
			digits[--at] = '.';
		digits[--at] = (char)('0' + d.mantissa % 10);
		d.mantissa /= 10;
	}
	memcpy(out, digits + at, sizeof(digits) - at);
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
	return normal((struct decimal){ d.mantissa * numerator, d.exp + shift });
}

struct decimal decimal_repriced(struct decimal d, unsigned percent)
{
	struct decimal next = { d.mantissa, d.exp };

	if (digits_of(d.mantissa) > LONG_DIGITS) {
		next.mantissa = d.mantissa / 100 * percent + d.mantissa % 100 * percent / 100;
		return normal(next);
	}
	next.mantissa = d.mantissa * percent;
	next.exp += 2;
	next = normal(next);
	while (digits_of(next.mantissa) > 3 && next.exp) {
		next.mantissa /= 10;
		next.exp--;
	}
	return normal(next);
}

int decimal_magnitude(struct decimal d)
{
	return (int)digits_of(d.mantissa) - (int)d.exp;
}
