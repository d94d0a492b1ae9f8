#include "core/decimal.h"

#include <assert.h>

/*
 * A limb holds nine decimal digits, so reading, printing and moving the point
 * need no division of big numbers; only a divisor that is no power of ten does.
 * What is computed lives in a `struct wide` with room for the largest case of
 * the limits in the header, and every inexact result is rounded in one place,
 * wide_drop(): a division leaves at least one digit too many and a flag that
 * says whether anything not zero was behind it.
 */
enum { LIMB_DIGITS = 9, BASE = 1000000000, WIDE_LIMBS = 40 };

/*
 * The largest operand has DEC_EXP_MAX + 2 digits (9.99e60 rounded up) in 7 limbs
 * and 2 * DEC_EXP_MAX - 1 of them behind the point.  So a product has 14 limbs,
 * and the point moves by less than DEC_SCALE_MAX + 4 * DEC_EXP_MAX digits.
 */
_Static_assert(WIDE_LIMBS > 14 + 1 + (DEC_SCALE_MAX + 3 * DEC_EXP_MAX) / LIMB_DIGITS,
	       "a divided product fits");
_Static_assert(WIDE_LIMBS > 7 + 1 + (DEC_SCALE_MAX + 4 * DEC_EXP_MAX) / LIMB_DIGITS,
	       "a moved divisor fits");
_Static_assert(DEC_TEXT_MAX > 1 + 2 + 2 * DEC_EXP_MAX, "the smallest number can be printed");

struct wide {
	uint32_t limb[WIDE_LIMBS]; /* as in struct dec */
	unsigned n;
	int scale; /* any, also below zero */
};

static const uint32_t ten_to[LIMB_DIGITS + 1] = {
	1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000,
};

static unsigned limb_digits(uint32_t limb)
{
	unsigned digits = 1;

	while (digits < LIMB_DIGITS && limb >= ten_to[digits])
		digits++;
	return digits;
}

static unsigned count_digits(const uint32_t *limb, unsigned n)
{
	return n ? (n - 1) * LIMB_DIGITS + limb_digits(limb[n - 1]) : 0;
}

/* Reading */

/* Where the parts of a token are, before anything is computed from them. */
struct token {
	bool negative;
	bool zero;
	const char *first, *last; /* first and last digit that is not 0 */
	const char *point;        /* the point, or where it would stand */
	int exponent;             /* as written, or ±EXPONENT_FAR */
};

/* Far outside the limit, and far from overflowing an int. */
enum { EXPONENT_FAR = 1000000 };

static const char *skip_digits(const char *at, const char *end)
{
	while (at < end && *at >= '0' && *at <= '9')
		at++;
	return at;
}

static int read_exponent(const char *at, const char *end, bool negative)
{
	int value = 0;

	for (; at < end && value < EXPONENT_FAR; at++)
		value = value * 10 + (*at - '0');
	if (value > EXPONENT_FAR)
		value = EXPONENT_FAR;
	return negative ? -value : value;
}

/* What follows the digits: nothing, or an exponent up to the end. */
static bool scan_exponent(const char *at, const char *end, struct token *t)
{
	bool negative = false;

	t->exponent = 0;
	if (at == end)
		return true;
	if (*at != 'e' && *at != 'E')
		return false;
	at++;
	if (at < end && (*at == '-' || *at == '+'))
		negative = *at++ == '-';
	if (at == end || skip_digits(at, end) != end)
		return false;
	t->exponent = read_exponent(at, end, negative);
	return true;
}

static void find_significant(const char *first, const char *end, struct token *t)
{
	const char *last = end - 1;

	while (first < end && (*first == '0' || *first == '.'))
		first++;
	while (last > first && (*last == '0' || *last == '.'))
		last--;
	t->first = first;
	t->last = last;
	t->zero = first == end;
}

static bool scan(struct str token, struct token *t)
{
	const char *at = token.at, *whole, *end, *digits_end;

	if (token.n == 0)
		return false;
	end = at + token.n;
	t->negative = *at == '-';
	if (*at == '-' || *at == '+')
		at++;

	whole = at;
	t->point = digits_end = skip_digits(whole, end);
	if (t->point - whole > 1 && *whole == '0')
		return false;
	if (t->point < end && *t->point == '.') {
		digits_end = skip_digits(t->point + 1, end);
		if (digits_end - whole == 1)
			return false;
	}
	if (digits_end == whole)
		return false;

	find_significant(whole, digits_end, t);
	return scan_exponent(digits_end, end, t);
}

/* The power of ten that a digit stands for, without the exponent. */
static ptrdiff_t place(const struct token *t, const char *digit)
{
	return digit < t->point ? t->point - digit - 1 : t->point - digit;
}

static bool spans_point(const struct token *t)
{
	return t->first < t->point && t->point < t->last;
}

static bool check_limits(const struct token *t, struct str token, struct err *e)
{
	ptrdiff_t leading;

	if (t->exponent < -DEC_EXP_MAX || t->exponent > DEC_EXP_MAX)
		goto too_far;
	if (t->zero)
		return true;
	leading = place(t, t->first) + t->exponent;
	if (leading < -DEC_EXP_MAX || leading > DEC_EXP_MAX)
		goto too_far;
	if (t->last - t->first + 1 - spans_point(t) > DEC_DIGITS_MAX)
		return err_set(e, ERR_DATA, "more than %d significant digits: \"%s\"",
			       DEC_DIGITS_MAX, err_quote(token.at, token.n));
	return true;
too_far:
	return err_set(e, ERR_DATA, "exponent beyond ±%d: \"%s\"", DEC_EXP_MAX,
		       err_quote(token.at, token.n));
}

/* The significant digits without the point; returns how many. */
static size_t copy_digits(const struct token *t, char *out)
{
	size_t all = (size_t)(t->last - t->first) + 1;
	size_t head = (size_t)(t->point - t->first);

	if (!spans_point(t)) {
		memcpy(out, t->first, all);
		return all;
	}
	memcpy(out, t->first, head);
	memcpy(out + head, t->point + 1, all - head - 1);
	return all - 1;
}

static uint32_t read_limb(const char *digit, size_t n)
{
	uint32_t limb = 0;

	for (size_t i = 0; i < n; i++)
		limb = limb * 10 + (uint32_t)(digit[i] - '0');
	return limb;
}

static void dec_from_digits(struct dec *d, const char *digit, size_t n)
{
	d->n = 0;
	while (n > 0) {
		size_t group = n < LIMB_DIGITS ? n : LIMB_DIGITS;

		n -= group;
		d->limb[d->n++] = read_limb(digit + n, group);
	}
}

static void set_zero(struct dec *d)
{
	d->n = 0;
	d->scale = 0;
	d->negative = false;
}

bool dec_parse(struct str token, struct dec *ret, struct err *e)
{
	char digits[DEC_EXP_MAX + 1];
	struct token t;
	ptrdiff_t lowest;
	size_t n;

	if (!scan(token, &t))
		return err_set(e, ERR_PARSE, "not a number: \"%s\"", err_quote(token.at, token.n));
	if (!check_limits(&t, token, e))
		return false;
	if (t.zero) {
		set_zero(ret);
		return true;
	}
	n = copy_digits(&t, digits);
	lowest = place(&t, t.last) + t.exponent;
	if (lowest > 0) {
		memset(digits + n, '0', (size_t)lowest);
		n += (size_t)lowest;
	}
	dec_from_digits(ret, digits, n);
	ret->scale = lowest < 0 ? (uint8_t)-lowest : 0;
	ret->negative = t.negative;
	return true;
}

void dec_from_u64(uint64_t value, struct dec *ret)
{
	set_zero(ret);
	for (; value > 0; value /= BASE)
		ret->limb[ret->n++] = (uint32_t)(value % BASE);
}

/* Printing */

static void print_limb(char *out, uint32_t limb, unsigned digits)
{
	while (digits-- > 0) {
		out[digits] = (char)('0' + limb % 10);
		limb /= 10;
	}
}

static unsigned print_digits(const struct dec *d, char *out)
{
	unsigned head = limb_digits(d->limb[d->n - 1]);
	char *at = out + head;

	print_limb(out, d->limb[d->n - 1], head);
	for (unsigned i = d->n - 1; i-- > 0; at += LIMB_DIGITS)
		print_limb(at, d->limb[i], LIMB_DIGITS);
	return (unsigned)(at - out);
}

size_t dec_print(const struct dec *d, char out[DEC_TEXT_MAX])
{
	char digits[DEC_LIMBS * LIMB_DIGITS], *at = out;
	unsigned n, whole, fraction;

	if (dec_is_zero(d)) {
		memcpy(out, "0", 2);
		return 1;
	}
	n = print_digits(d, digits);
	whole = n > d->scale ? n - d->scale : 0;
	fraction = n - whole;
	assert(whole + d->scale + 4U <= DEC_TEXT_MAX);

	if (d->negative)
		*at++ = '-';
	if (whole == 0)
		*at++ = '0';
	memcpy(at, digits, whole);
	at += whole;
	if (d->scale > 0) {
		*at++ = '.';
		memset(at, '0', d->scale - fraction);
		at += d->scale - fraction;
		memcpy(at, digits + whole, fraction);
		at += fraction;
	}
	*at = '\0';
	return (size_t)(at - out);
}

/* Wide numbers */

static void wide_trim(struct wide *w)
{
	while (w->n > 0 && w->limb[w->n - 1] == 0)
		w->n--;
}

static void wide_load(struct wide *w, const struct dec *d)
{
	w->n = d->n;
	w->scale = d->scale;
	memcpy(w->limb, d->limb, d->n * sizeof(d->limb[0]));
}

static void wide_multiply(struct wide *w, const struct dec *a, const struct dec *b)
{
	w->n = (unsigned)a->n + b->n;
	w->scale = a->scale + b->scale;
	assert(w->n <= WIDE_LIMBS);
	memset(w->limb, 0, b->n * sizeof(w->limb[0]));
	for (unsigned i = 0; i < a->n; i++) {
		uint64_t carry = 0;

		for (unsigned j = 0; j < b->n; j++) {
			carry += w->limb[i + j] + (uint64_t)a->limb[i] * b->limb[j];
			w->limb[i + j] = (uint32_t)(carry % BASE);
			carry /= BASE;
		}
		w->limb[i + b->n] = (uint32_t)carry;
	}
	wide_trim(w);
}

/* Append `digits` zeros to the integer; the scale is the caller's business. */
static void wide_append_zeros(struct wide *w, unsigned digits)
{
	unsigned limbs = digits / LIMB_DIGITS;
	uint32_t factor = ten_to[digits % LIMB_DIGITS];
	uint64_t above = 0;

	if (digits == 0 || w->n == 0)
		return;
	assert(w->n + limbs < WIDE_LIMBS);
	for (unsigned i = w->n; i-- > 0;) {
		uint64_t product = (uint64_t)w->limb[i] * factor;

		/* No carry: the low part ends in zeros where the next high part has digits. */
		w->limb[i + limbs + 1] = (uint32_t)(above + product / BASE);
		above = product % BASE;
	}
	w->limb[limbs] = (uint32_t)above;
	memset(w->limb, 0, limbs * sizeof(w->limb[0]));
	w->n += limbs + 1;
	wide_trim(w);
}

/*
 * The last `digits` (> 0) digits, and something behind them if `more`, against
 * half a unit of the digit before them: -1, 0, 1.
 */
static int tail_against_half(const struct wide *w, unsigned digits, bool more)
{
	unsigned limbs = (digits - 1) / LIMB_DIGITS;
	uint32_t unit = ten_to[(digits - 1) % LIMB_DIGITS + 1];
	uint32_t tail = limbs < w->n ? w->limb[limbs] % unit : 0;

	if (tail != unit / 2)
		return tail < unit / 2 ? -1 : 1;
	for (unsigned i = 0; i < limbs && !more; i++)
		more = w->limb[i] != 0;
	return more ? 1 : 0;
}

static void wide_cut(struct wide *w, unsigned digits)
{
	unsigned limbs = digits / LIMB_DIGITS, rest = digits % LIMB_DIGITS;
	uint32_t divisor = ten_to[rest], factor = ten_to[LIMB_DIGITS - rest];

	if (limbs >= w->n) {
		w->n = 0;
		return;
	}
	w->n -= limbs;
	for (unsigned i = 0; i < w->n; i++) {
		uint32_t above = i + 1 < w->n ? w->limb[i + limbs + 1] : 0;

		w->limb[i] = w->limb[i + limbs] / divisor + above % divisor * factor;
	}
	wide_trim(w);
}

static void wide_increment(struct wide *w)
{
	for (unsigned i = 0; i < w->n; i++) {
		if (++w->limb[i] < BASE)
			return;
		w->limb[i] = 0;
	}
	w->limb[w->n++] = 1;
}

/* Give up the last `digits` digits, rounding half-even.  THE rounding of this file. */
static void wide_drop(struct wide *w, unsigned digits, bool more)
{
	int half = tail_against_half(w, digits, more);
	bool odd;

	wide_cut(w, digits);
	w->scale -= (int)digits;
	odd = w->n > 0 && w->limb[0] % 2 == 1;
	if (half > 0 || (half == 0 && odd))
		wide_increment(w);
}

static unsigned trailing_zeros(const struct wide *w)
{
	unsigned i = 0, zeros = 0;

	while (w->limb[i] == 0)
		i++;
	for (uint32_t limb = w->limb[i]; limb % 10 == 0; limb /= 10)
		zeros++;
	return i * LIMB_DIGITS + zeros;
}

/* Into normal form.  The caller has seen that it fits: n > 0, few digits before the point. */
static void wide_store(struct wide *w, bool negative, struct dec *ret)
{
	unsigned zeros;

	if (w->scale < 0) {
		wide_append_zeros(w, (unsigned)-w->scale);
		w->scale = 0;
	}
	zeros = w->scale > 0 ? trailing_zeros(w) : 0;
	if (zeros > (unsigned)w->scale)
		zeros = (unsigned)w->scale;
	if (zeros > 0) {
		wide_cut(w, zeros);
		w->scale -= (int)zeros;
	}
	assert(w->n <= DEC_LIMBS);
	memcpy(ret->limb, w->limb, w->n * sizeof(w->limb[0]));
	ret->n = (uint8_t)w->n;
	ret->scale = (uint8_t)w->scale;
	ret->negative = negative;
}

static int whole_digits(const struct wide *w)
{
	return (int)count_digits(w->limb, w->n) - w->scale;
}

/* Division */

/* w /= divisor; returns the remainder. */
static uint32_t divide_by_limb(struct wide *w, uint32_t divisor)
{
	uint64_t rest = 0;

	for (unsigned i = w->n; i-- > 0;) {
		rest = rest * BASE + w->limb[i];
		w->limb[i] = (uint32_t)(rest / divisor);
		rest %= divisor;
	}
	wide_trim(w);
	return (uint32_t)rest;
}

/* limb[0..n] = limb[0..n) * factor, one limb longer also when that limb is 0. */
static void scale_limbs(uint32_t *limb, unsigned n, uint32_t factor)
{
	uint64_t carry = 0;

	for (unsigned i = 0; i < n; i++) {
		carry += (uint64_t)limb[i] * factor;
		limb[i] = (uint32_t)(carry % BASE);
		carry /= BASE;
	}
	limb[n] = (uint32_t)carry;
}

/* A digit of the quotient, at most one too large: from the top limbs alone. */
static uint64_t estimate(const uint32_t *top, const uint32_t *divisor_top)
{
	uint64_t head = (uint64_t)top[0] * BASE + top[-1];
	uint64_t digit = head / divisor_top[0], rest = head % divisor_top[0];

	while (digit >= BASE || digit * divisor_top[-1] > rest * BASE + top[-2]) {
		digit--;
		rest += divisor_top[0];
		if (rest >= BASE)
			break;
	}
	return digit;
}

/* at[0..n] -= divisor[0..n) * digit; true when that went below zero (modulo BASE^(n+1)). */
static bool subtract_product(uint32_t *at, const uint32_t *divisor, unsigned n, uint64_t digit)
{
	uint64_t carry = 0;
	int64_t left;

	for (unsigned i = 0; i < n; i++) {
		carry += digit * divisor[i];
		left = (int64_t)at[i] - (int64_t)(carry % BASE);
		carry = carry / BASE + (left < 0);
		at[i] = (uint32_t)(left < 0 ? left + BASE : left);
	}
	left = (int64_t)at[n] - (int64_t)carry;
	at[n] = (uint32_t)(left < 0 ? left + BASE : left);
	return left < 0;
}

static void add_back(uint32_t *at, const uint32_t *divisor, unsigned n)
{
	uint32_t carry = 0;

	for (unsigned i = 0; i < n; i++) {
		uint32_t sum = at[i] + divisor[i] + carry;

		carry = sum >= BASE;
		at[i] = carry ? sum - BASE : sum;
	}
	at[n] = (at[n] + carry) % BASE;
}

/* w /= divisor of two limbs or more; true when a remainder is left.  Knuth 4.3.1 D. */
static bool divide_long(struct wide *w, struct wide *divisor)
{
	uint32_t factor = BASE / (divisor->limb[divisor->n - 1] + 1);
	unsigned n = divisor->n, dividend_n = w->n;
	uint32_t quotient[WIDE_LIMBS]; /* [0, dividend_n - n] are set */
	bool left = false;

	if (dividend_n < n) {
		left = dividend_n > 0;
		w->n = 0;
		return left;
	}
	assert(dividend_n < WIDE_LIMBS && n < WIDE_LIMBS);
	scale_limbs(w->limb, dividend_n, factor);
	scale_limbs(divisor->limb, n, factor);
	for (unsigned j = dividend_n - n + 1; j-- > 0;) {
		uint64_t digit = estimate(&w->limb[j + n], &divisor->limb[n - 1]);

		if (subtract_product(&w->limb[j], divisor->limb, n, digit)) {
			add_back(&w->limb[j], divisor->limb, n);
			digit--;
		}
		quotient[j] = (uint32_t)digit;
	}
	for (unsigned i = 0; i < n && !left; i++)
		left = w->limb[i] != 0;
	w->n = dividend_n - n + 1;
	/* cppcheck-suppress uninitvar ; the loop above has set as many as are copied */
	memcpy(w->limb, quotient, w->n * sizeof(quotient[0]));
	wide_trim(w);
	return left;
}

/* w = w / d, cut off after `scale` digits behind the point; true when more would follow. */
static bool wide_divide(struct wide *w, const struct dec *d, int scale)
{
	int shift = scale + d->scale - w->scale;
	struct wide divisor;

	wide_load(&divisor, d);
	if (shift > 0)
		wide_append_zeros(w, (unsigned)shift);
	else
		wide_append_zeros(&divisor, (unsigned)-shift);
	w->scale = scale;
	if (divisor.n == 1)
		return divide_by_limb(w, divisor.limb[0]) != 0;
	return divide_long(w, &divisor);
}

/* Is the integer a power of ten?  Then *ret_zeros says which. */
static bool is_power_of_ten(const struct dec *d, int *ret_zeros)
{
	uint32_t head = d->limb[d->n - 1];
	unsigned digits = limb_digits(head);

	if (head != ten_to[digits - 1])
		return false;
	for (unsigned i = 0; i + 1 < d->n; i++) {
		if (d->limb[i] != 0)
			return false;
	}
	*ret_zeros = (int)((d->n - 1U) * LIMB_DIGITS + digits - 1);
	return true;
}

/* What the header offers */

bool dec_is_zero(const struct dec *d)
{
	return d->n == 0;
}

static int sign(const struct dec *d)
{
	return dec_is_zero(d) ? 0 : d->negative ? -1 : 1;
}

static int cmp_limbs(const uint32_t *a, const uint32_t *b, unsigned n)
{
	while (n-- > 0) {
		if (a[n] != b[n])
			return a[n] < b[n] ? -1 : 1;
	}
	return 0;
}

/* Of two values not zero. */
static int cmp_magnitude(const struct dec *a, const struct dec *b)
{
	int a_whole = (int)count_digits(a->limb, a->n) - a->scale;
	int b_whole = (int)count_digits(b->limb, b->n) - b->scale;
	struct wide w;

	if (a_whole != b_whole)
		return a_whole < b_whole ? -1 : 1;
	if (a->scale == b->scale)
		return cmp_limbs(a->limb, b->limb, a->n);
	if (a->scale > b->scale)
		return -cmp_magnitude(b, a);
	/* As many digits before the point and now as many behind it: as many limbs. */
	wide_load(&w, a);
	wide_append_zeros(&w, (unsigned)(b->scale - a->scale));
	return cmp_limbs(w.limb, b->limb, b->n);
}

int dec_cmp(const struct dec *a, const struct dec *b)
{
	int sa = sign(a), sb = sign(b);

	if (sa != sb)
		return sa < sb ? -1 : 1;
	return sa == 0 ? 0 : sa * cmp_magnitude(a, b);
}

void dec_round_significant(struct dec *d, unsigned digits)
{
	unsigned have = count_digits(d->limb, d->n);
	struct wide w;

	assert(digits >= 1 && digits <= DEC_DIGITS_MAX);
	if (have <= digits)
		return;
	wide_load(&w, d);
	wide_drop(&w, have - digits, false);
	wide_store(&w, d->negative, d);
}

static bool refuse(struct err *e, const struct dec *a, const struct dec *num, const struct dec *den,
		   const char *why)
{
	char texts[3][DEC_TEXT_MAX] = { "", "1", "" };

	(void)dec_print(a, texts[0]);
	if (num)
		(void)dec_print(num, texts[1]);
	(void)dec_print(den, texts[2]);
	return err_set(e, ERR_DATA, "%s: %s * %s / %s", why, texts[0], texts[1], texts[2]);
}

bool dec_mul_div(const struct dec *a, const struct dec *num, const struct dec *den, struct dec *ret,
		 struct err *e)
{
	bool more = false;
	struct wide w;
	int zeros;

	if (dec_is_zero(den))
		return refuse(e, a, num, den, "division by zero");
	if (dec_is_zero(a) || dec_is_zero(num)) {
		set_zero(ret);
		return true;
	}
	wide_multiply(&w, a, num);
	if (is_power_of_ten(den, &zeros))
		w.scale += zeros - den->scale;
	else
		more = wide_divide(&w, den, DEC_SCALE_MAX + 1);
	if (w.scale > DEC_SCALE_MAX)
		wide_drop(&w, (unsigned)(w.scale - DEC_SCALE_MAX), more);
	if (w.n == 0)
		return refuse(e, a, num, den, "not zero, but rounded it would be");
	if (whole_digits(&w) > DEC_SCALE_MAX)
		return refuse(e, a, num, den, "result too large");
	wide_store(&w, a->negative ^ num->negative ^ den->negative, ret);
	return true;
}

/* More digits than a token may have. */
static bool check_result(const struct dec *d, const char *what, struct err *e)
{
	if (d->scale <= DEC_EXP_MAX && count_digits(d->limb, d->n) <= DEC_DIGITS_MAX)
		return true;
	return err_set(e, ERR_DATA, "a %s of more than %d digits before or behind the point", what,
		       DEC_DIGITS_MAX);
}

bool dec_mul(const struct dec *a, const struct dec *b, struct dec *ret, struct err *e)
{
	bool negative = a->negative ^ b->negative;
	struct wide w;

	if (dec_is_zero(a) || dec_is_zero(b)) {
		set_zero(ret);
		return true;
	}
	wide_multiply(&w, a, b);
	wide_store(&w, negative, ret);
	return check_result(ret, "product", e);
}

/* Both with as many digits behind the point. */
static void wide_align(struct wide *a, struct wide *b)
{
	struct wide *shorter = a->scale < b->scale ? a : b;
	int scale = a->scale < b->scale ? b->scale : a->scale;

	wide_append_zeros(shorter, (unsigned)(scale - shorter->scale));
	shorter->scale = scale;
}

static void wide_add(struct wide *w, const struct wide *more)
{
	unsigned n = w->n > more->n ? w->n : more->n;
	uint32_t carry = 0;

	assert(n < WIDE_LIMBS);
	for (unsigned i = 0; i < n; i++) {
		uint32_t sum =
			carry + (i < w->n ? w->limb[i] : 0) + (i < more->n ? more->limb[i] : 0);

		w->limb[i] = sum % BASE;
		carry = sum / BASE;
	}
	w->limb[n] = carry;
	w->n = n + 1;
	wide_trim(w);
}

bool dec_add(const struct dec *a, const struct dec *b, struct dec *ret, struct err *e)
{
	struct wide sum, more;

	if (a->negative || b->negative)
		return err_set(e, ERR_DATA, "a sum of numbers below zero");
	if (dec_is_zero(a) || dec_is_zero(b)) {
		*ret = dec_is_zero(a) ? *b : *a;
		return true;
	}
	wide_load(&sum, a);
	wide_load(&more, b);
	wide_align(&sum, &more);
	wide_add(&sum, &more);
	wide_store(&sum, false, ret);
	return check_result(ret, "sum", e);
}

bool dec_ratio(const struct dec *a, const struct dec *b, unsigned digits, struct dec *ret,
	       struct err *e)
{
	int scale;
	bool more;
	struct wide w;
	struct dec rounded;

	assert(digits >= 1 && digits <= DEC_DIGITS_MAX);
	if (dec_is_zero(b))
		return refuse(e, a, NULL, b, "division by zero");
	if (dec_is_zero(a)) {
		set_zero(ret);
		return true;
	}
	wide_load(&w, a);
	/* So many that the quotient has one or two digits more than wanted. */
	scale = (int)(digits + 1 + count_digits(b->limb, b->n) - count_digits(a->limb, a->n));
	more = wide_divide(&w, b, scale + a->scale - b->scale);
	wide_drop(&w, count_digits(w.limb, w.n) - digits, more);
	if (whole_digits(&w) > DEC_SCALE_MAX)
		return refuse(e, a, NULL, b, "ratio too large");
	/* Trailing zeros do not count: the limit is looked at in normal form. */
	if (w.scale > DEC_EXP_MAX + DEC_DIGITS_MAX)
		return refuse(e, a, NULL, b, "ratio too small");
	wide_store(&w, a->negative ^ b->negative, &rounded);
	if (rounded.scale > DEC_EXP_MAX)
		return refuse(e, a, NULL, b, "ratio too small");
	*ret = rounded;
	return true;
}
