#include "base/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

static _Atomic int64_t frozen_ms = CLOCK_NONE;

int64_t clock_now_ms(void)
{
	int64_t frozen = atomic_load(&frozen_ms);
	struct timespec t;

	if (frozen != CLOCK_NONE)
		return frozen;
	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

uint64_t clock_mono_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

void clock_freeze(int64_t now_ms)
{
	atomic_store(&frozen_ms, now_ms);
}

bool clock_is_frozen(void)
{
	return atomic_load(&frozen_ms) != CLOCK_NONE;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

const char *clock_text(int64_t ms, char out[CLOCK_TEXT_MAX])
{
	time_t seconds = (time_t)floor_div(ms, 1000);
	struct tm t;

	if (!gmtime_r(&seconds, &t))
		t = (struct tm){ .tm_year = 70, .tm_mday = 1 };
	(void)snprintf(out, CLOCK_TEXT_MAX, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
		       (unsigned)(t.tm_year + 1900) % 10000, (unsigned)(t.tm_mon + 1) % 100,
		       (unsigned)t.tm_mday % 100, (unsigned)t.tm_hour % 100,
		       (unsigned)t.tm_min % 100, (unsigned)t.tm_sec % 100,
		       (unsigned)(ms - floor_div(ms, 1000) * 1000) % 1000);
	return out;
}

/* Exactly n digits off the front of *s, as a number. */
static bool take_digits(struct str *s, size_t n, int *ret)
{
	int value = 0;

	if (s->n < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s->at[i] < '0' || s->at[i] > '9')
			return false;
		value = value * 10 + (s->at[i] - '0');
	}
	s->at += n;
	s->n -= n;
	*ret = value;
	return true;
}

static bool take_char(struct str *s, const char *any_of)
{
	if (s->n == 0 || s->at[0] == '\0' || !strchr(any_of, s->at[0]))
		return false;
	s->at++;
	s->n--;
	return true;
}

/* ".123456" → 123; nothing there is 0. */
static bool take_fraction(struct str *s, int *ret_ms)
{
	int ms = 0;
	int digits = 0;

	if (take_char(s, ".")) {
		while (s->n > 0 && s->at[0] >= '0' && s->at[0] <= '9') {
			if (digits < 3)
				ms = ms * 10 + (s->at[0] - '0');
			digits++;
			s->at++;
			s->n--;
		}
		if (digits == 0)
			return false;
	}
	for (; digits < 3; digits++)
		ms *= 10;
	*ret_ms = ms;
	return true;
}

static bool take_offset(struct str *s, int *ret_minutes)
{
	bool west = s->n > 0 && s->at[0] == '-';
	int h;
	int m;

	*ret_minutes = 0;
	if (take_char(s, "Zz"))
		return true;
	if (!take_char(s, "+-") || !take_digits(s, 2, &h) || !take_char(s, ":") ||
	    !take_digits(s, 2, &m) || h > 23 || m > 59)
		return false;
	*ret_minutes = (h * 60 + m) * (west ? -1 : 1);
	return true;
}

static bool take_date(struct str *s, struct tm *t)
{
	if (!take_digits(s, 4, &t->tm_year) || !take_char(s, "-") ||
	    !take_digits(s, 2, &t->tm_mon) || !take_char(s, "-") || !take_digits(s, 2, &t->tm_mday))
		return false;
	t->tm_year -= 1900;
	t->tm_mon -= 1;
	return t->tm_year >= 70;
}

static bool take_time(struct str *s, struct tm *t, int *ret_ms, int *ret_offset)
{
	return take_char(s, "Tt ") && take_digits(s, 2, &t->tm_hour) && take_char(s, ":") &&
	       take_digits(s, 2, &t->tm_min) && take_char(s, ":") &&
	       take_digits(s, 2, &t->tm_sec) && t->tm_hour < 24 && t->tm_min < 60 &&
	       t->tm_sec <= 60 && take_fraction(s, ret_ms) && take_offset(s, ret_offset);
}

/* timegm() would carry 31 February over into March. */
static bool is_day(const struct tm *t)
{
	struct tm day = { .tm_year = t->tm_year, .tm_mon = t->tm_mon, .tm_mday = t->tm_mday };

	(void)timegm(&day);
	return t->tm_mon <= 11 && day.tm_mday == t->tm_mday && day.tm_mon == t->tm_mon;
}

bool clock_parse(struct str text, int64_t *ret_ms, struct err *e)
{
	static const int64_t last_ms = 253402300799999; /* the end of the year 9999 */
	struct str s = text;
	struct tm t = { 0 };
	int fraction = 0;
	int offset = 0;
	int64_t ms;

	if (!take_date(&s, &t) || (s.n > 0 && !take_time(&s, &t, &fraction, &offset)) || s.n > 0)
		return err_set(e, ERR_PARSE, "\"%s\" is not an RFC 3339 time",
			       err_quote(text.at, text.n));
	if (!is_day(&t))
		return err_set(e, ERR_PARSE, "\"%s\" is not a day of the calendar",
			       err_quote(text.at, text.n));
	ms = ((int64_t)timegm(&t) - (int64_t)offset * 60) * 1000 + fraction;
	if (ms < 0 || ms > last_ms)
		return err_set(e, ERR_PARSE, "\"%s\" is not between 1970 and 9999",
			       err_quote(text.at, text.n));
	*ret_ms = ms;
	return true;
}
