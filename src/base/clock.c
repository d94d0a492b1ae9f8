#include "base/clock.h"

#include <stdatomic.h>
#include <time.h>

static _Atomic int64_t frozen_ms = CLOCK_NONE;
static _Atomic int64_t ahead_ms;

int64_t clock_real_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_now_ms(void)
{
	int64_t frozen = atomic_load(&frozen_ms);

	return frozen != CLOCK_NONE ? frozen : clock_real_ms() + atomic_load(&ahead_ms);
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

void clock_shift(int64_t by_ms)
{
	atomic_store(&ahead_ms, by_ms);
}

bool clock_is_frozen(void)
{
	return atomic_load(&frozen_ms) != CLOCK_NONE;
}

/*
 * The civil date of a day number, for years 1970 to 9999: eras of 400 years that
 * begin on 1 March, so that the leap day comes last.
 */
static void civil_date(int64_t days, unsigned *ret_year, unsigned *ret_month, unsigned *ret_day)
{
	unsigned z = (unsigned)(days + 719468); /* days since 0000-03-01 */
	unsigned of_era = z % 146097;
	unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
	unsigned month = (5 * of_year + 2) / 153; /* from March */

	*ret_day = of_year - (153 * month + 2) / 5 + 1;
	*ret_month = month < 10 ? month + 3 : month - 9;
	*ret_year = year + z / 146097 * 400 + (*ret_month <= 2);
}

static char *put_digits(char *at, unsigned value, unsigned digits, char behind)
{
	for (unsigned i = digits; i-- > 0; value /= 10)
		at[i] = (char)('0' + value % 10);
	at[digits] = behind;
	return at + digits + 1;
}

/* By hand, because every row of every list has an instant or two. */
const char *clock_text(int64_t ms, char out[CLOCK_TEXT_MAX])
{
	unsigned of_day;
	unsigned year;
	unsigned month;
	unsigned day;
	char *at = out;

	if (ms < 0 || ms > CLOCK_LAST)
		ms = ms < 0 ? 0 : CLOCK_LAST;
	of_day = (unsigned)(ms % 86400000);
	civil_date(ms / 86400000, &year, &month, &day);
	at = put_digits(at, year, 4, '-');
	at = put_digits(at, month, 2, '-');
	at = put_digits(at, day, 2, 'T');
	at = put_digits(at, of_day / 3600000, 2, ':');
	at = put_digits(at, of_day / 60000 % 60, 2, ':');
	at = put_digits(at, of_day / 1000 % 60, 2, '.');
	at = put_digits(at, of_day % 1000, 3, 'Z');
	*at = '\0';
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
	if (ms < 0 || ms > CLOCK_LAST)
		return err_set(e, ERR_PARSE, "\"%s\" is not between 1970 and 9999",
			       err_quote(text.at, text.n));
	*ret_ms = ms;
	return true;
}
