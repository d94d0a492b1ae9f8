/* SPDX-License-Identifier: MIT */
#include "sums.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { DIGITS_MAX = 17, PLACES = 12, BASE = 10 };

/* A sum being read: where it stands in the text, and what was found. */
struct reading {
	const char *at;
	unsigned numbers;
	bool bad;
};

static sum_wide common(sum_wide a, sum_wide b)
{
	while (b) {
		sum_wide rest = a % b;

		a = b;
		b = rest;
	}
	return a < 0 ? -a : a;
}

static struct sum reduced(sum_wide over, sum_wide under)
{
	sum_wide by = common(over, under);

	if (under < 0)
		by = -by;
	return by ? (struct sum){ over / by, under / by } : (struct sum){ 0, 1 };
}

static void skip(struct reading *r)
{
	while (*r->at == ' ')
		r->at++;
}

static struct sum read_number(struct reading *r)
{
	struct sum s = { 0, 1 };
	unsigned digits = 0;
	bool places = false;

	for (;; r->at++) {
		if (*r->at == '.' && !places && isdigit((unsigned char)r->at[1])) {
			places = true;
			continue;
		}
		if (!isdigit((unsigned char)*r->at))
			break;
		s.over = s.over * BASE + (*r->at - '0');
		s.under *= places ? BASE : 1;
		digits++;
	}
	if (!digits || digits > DIGITS_MAX)
		r->bad = true;
	r->numbers++;
	return reduced(s.over, s.under);
}

static struct sum read_terms(struct reading *r);

static struct sum read_factor(struct reading *r)
{
	struct sum s;

	skip(r);
	if (*r->at != '(')
		return read_number(r);
	r->at++;
	s = read_terms(r);
	skip(r);
	if (*r->at == ')')
		r->at++;
	else
		r->bad = true;
	return s;
}

static struct sum multiplied(struct reading *r, struct sum a, struct sum b)
{
	sum_wide over, under;

	if (__builtin_mul_overflow(a.over, b.over, &over) ||
	    __builtin_mul_overflow(a.under, b.under, &under) || !under) {
		r->bad = true;
		return a;
	}
	return reduced(over, under);
}

static struct sum added(struct reading *r, struct sum a, struct sum b)
{
	sum_wide left, right, over, under;

	if (__builtin_mul_overflow(a.over, b.under, &left) ||
	    __builtin_mul_overflow(b.over, a.under, &right) ||
	    __builtin_add_overflow(left, right, &over) ||
	    __builtin_mul_overflow(a.under, b.under, &under)) {
		r->bad = true;
		return a;
	}
	return reduced(over, under);
}

/* An operator counts only when something to calculate with follows. */
static bool operator_is(struct reading *r, const char *which)
{
	const char *next;

	skip(r);
	if (!*r->at || !strchr(which, *r->at))
		return false;
	next = r->at + 1 + strspn(r->at + 1, " ");
	return isdigit((unsigned char)*next) || *next == '(';
}

static struct sum read_product(struct reading *r)
{
	struct sum s = read_factor(r);

	while (!r->bad && operator_is(r, "*/")) {
		bool over = *r->at++ == '/';
		struct sum by = read_factor(r);

		if (over)
			by = (struct sum){ by.under, by.over };
		s = multiplied(r, s, by);
	}
	return s;
}

static struct sum read_terms(struct reading *r)
{
	struct sum s = read_product(r);

	while (!r->bad && operator_is(r, "+-")) {
		bool minus = *r->at++ == '-';
		struct sum by = read_product(r);

		if (minus)
			by.over = -by.over;
		s = added(r, s, by);
	}
	return s;
}

bool sum_find(const char *text, struct sum *out)
{
	while (*text) {
		struct reading r = { .at = text };

		if (!isdigit((unsigned char)*text) && *text != '(') {
			text++;
			continue;
		}
		*out = read_terms(&r);
		if (!r.bad && r.numbers > 1)
			return true;
		text = r.at > text ? r.at : text + 1;
	}
	return false;
}

struct sum sum_plus(struct sum s, int n)
{
	return (struct sum){ s.over + n * s.under, s.under };
}

void sum_print(char out[SUM_TEXT], struct sum s)
{
	bool minus = s.over < 0;
	sum_wide over = minus ? -s.over : s.over, rest = over % s.under;
	char whole[SUM_TEXT / 2];
	size_t at = sizeof(whole) - 1;
	int n;

	whole[at] = '\0';
	over /= s.under;
	do {
		whole[--at] = (char)('0' + (int)(over % BASE));
		over /= BASE;
	} while (over && at);
	n = snprintf(out, SUM_TEXT, "%s%s%s", minus ? "-" : "", whole + at, rest ? "." : "");
	for (int place = 0; rest && place < PLACES; place++) {
		rest *= BASE;
		out[n++] = (char)('0' + (int)(rest / s.under));
		rest %= s.under;
	}
	out[n] = '\0';
}
