#include "base/zone_rule.h"

#include <ctype.h>

enum {
	MONTHS = 12,
	WEEK = 7,
	LAST_WEEK = 5,
	DAYS_MAX = 366,
	NAME_MIN = 3,
	HOURS_MAX = 167,
	MINUTES_MAX = 59,
	S_PER_MIN = 60,
	S_PER_HOUR = 3600,
	S_PER_DAY = 86400,
	AT_DEFAULT = 2 * S_PER_HOUR,
	EPOCH_WEEKDAY = 4, /* 1970-01-01 was a Thursday */
	EPOCH_YEAR = 1970,
	DAYS_OF_4_YEARS = 1461,
};

/* ---- reading ---- */

static bool take(struct str *s, char c)
{
	if (s->n == 0 || s->at[0] != c)
		return false;
	s->at++;
	s->n--;
	return true;
}

static bool take_number(struct str *s, int min, int max, int *ret)
{
	int value = 0;
	size_t digits = 0;

	for (; s->n && isdigit((unsigned char)s->at[0]) && value <= max; digits++) {
		value = value * 10 + (s->at[0] - '0');
		s->at++;
		s->n--;
	}
	*ret = value;
	return digits > 0 && value >= min && value <= max;
}

/* "CET", "<+0330>" */
static bool take_name(struct str *s)
{
	bool quoted = take(s, '<');
	size_t n = 0;

	while (n < s->n && (isalpha((unsigned char)s->at[n]) ||
			    (quoted && (isdigit((unsigned char)s->at[n]) || s->at[n] == '+' ||
					s->at[n] == '-'))))
		n++;
	s->at += n;
	s->n -= n;
	return n >= NAME_MIN && (!quoted || take(s, '>'));
}

/* "3", "-3:30", "167:59:59" */
static bool take_time(struct str *s, int32_t *ret_s)
{
	bool negative = take(s, '-');
	int parts[3] = { 0 };

	if (!negative)
		(void)take(s, '+');
	if (!take_number(s, 0, HOURS_MAX, &parts[0]))
		return false;
	for (size_t i = 1; i < 3 && take(s, ':'); i++)
		if (!take_number(s, 0, MINUTES_MAX, &parts[i]))
			return false;
	*ret_s = (parts[0] * S_PER_HOUR + parts[1] * S_PER_MIN + parts[2]) * (negative ? -1 : 1);
	return true;
}

static bool take_day(struct str *s, struct zone_change *ret)
{
	if (take(s, 'M')) {
		ret->day = ZONE_DAY_OF_WEEK;
		return take_number(s, 1, MONTHS, &ret->month) && take(s, '.') &&
		       take_number(s, 1, LAST_WEEK, &ret->week) && take(s, '.') &&
		       take_number(s, 0, WEEK - 1, &ret->n);
	}
	ret->day = take(s, 'J') ? ZONE_DAY_JULIAN : ZONE_DAY_OF_YEAR;
	return ret->day == ZONE_DAY_JULIAN ? take_number(s, 1, DAYS_MAX - 1, &ret->n)
					   : take_number(s, 0, DAYS_MAX - 1, &ret->n);
}

static bool take_change(struct str *s, struct zone_change *ret)
{
	ret->at_s = AT_DEFAULT;
	return take(s, ',') && take_day(s, ret) && (!take(s, '/') || take_time(s, &ret->at_s));
}

bool zone_rule_parse(struct str text, struct zone_rule *ret)
{
	struct zone_rule r = { 0 };
	int32_t west;

	if (!take_name(&text) || !take_time(&text, &west))
		return false;
	r.standard = -west;
	if (text.n > 0) {
		r.has_summer = true;
		r.summer = r.standard + S_PER_HOUR;
		if (!take_name(&text))
			return false;
		if (text.n && text.at[0] != ',') {
			if (!take_time(&text, &west))
				return false;
			r.summer = -west;
		}
		if (!take_change(&text, &r.begin) || !take_change(&text, &r.end) || text.n > 0)
			return false;
	}
	*ret = r;
	return true;
}

/* ---- the calendar ---- */

static bool is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_of(int64_t year, int month)
{
	static const int days[MONTHS] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Day number, since 1970, of 1 January. */
static int64_t first_day(int64_t year)
{
	int64_t y = year - 1;

	return 365 * (year - EPOCH_YEAR) + (y / 4 - y / 100 + y / 400) -
	       (1969 / 4 - 1969 / 100 + 1969 / 400);
}

static int64_t year_of(int64_t at_s)
{
	int64_t day = at_s / S_PER_DAY - (at_s % S_PER_DAY < 0);
	int64_t year = EPOCH_YEAR + day * 4 / DAYS_OF_4_YEARS;

	while (first_day(year + 1) <= day)
		year++;
	while (first_day(year) > day)
		year--;
	return year;
}

/* Of the week w the weekday n, as a day of its month, from 0. */
static int64_t day_of_month(int64_t first, const struct zone_change *c, int days)
{
	int64_t weekday = ((first + EPOCH_WEEKDAY) % WEEK + WEEK) % WEEK;
	int64_t day = (c->n - weekday + WEEK) % WEEK + (int64_t)(c->week - 1) * WEEK;

	return day < days ? day : day - WEEK;
}

static int64_t day_of(const struct zone_change *c, int64_t year)
{
	int64_t first = first_day(year);

	if (c->day == ZONE_DAY_OF_YEAR)
		return first + c->n;
	if (c->day == ZONE_DAY_JULIAN)
		return first + c->n - 1 + (is_leap(year) && c->n > 31 + 28);
	for (int month = 1; month < c->month; month++)
		first += days_of(year, month);
	return first + day_of_month(first, c, days_of(year, c->month));
}

/* ---- asking ---- */

int32_t zone_rule_offset(const struct zone_rule *r, int64_t at_s)
{
	int64_t year = year_of(at_s + r->standard);
	int64_t begin;
	int64_t end;

	if (!r->has_summer)
		return r->standard;
	begin = day_of(&r->begin, year) * S_PER_DAY + r->begin.at_s - r->standard;
	end = day_of(&r->end, year) * S_PER_DAY + r->end.at_s - r->summer;
	if (begin < end)
		return at_s >= begin && at_s < end ? r->summer : r->standard;
	return at_s >= end && at_s < begin ? r->standard : r->summer;
}
