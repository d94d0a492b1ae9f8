/*
 * Dates of a row.
 */
#include "provider/row.h"

#include <stdio.h>

/* Seconds or milliseconds since 1970, up to the year 9999. */
static bool parse_unix(struct str raw, int64_t unit_ms, int64_t *ret)
{
	static const int64_t last_ms = 253402300799999;
	int64_t n;

	if (!str_to_i64(raw, 0, last_ms / unit_ms, &n))
		return false;
	*ret = n * unit_ms;
	return true;
}

static enum date_format format_of(const struct date_field *f, yyjson_val *v)
{
	if (f->format == DATE_UNIX_OR_RFC3339)
		return yyjson_is_str(v) ? DATE_RFC3339 : DATE_UNIX;
	return f->format;
}

/* "2025-08-05 10:27:29.131", which is UTC. */
static bool parse_datetime(struct str text, int64_t *ret, struct err *e)
{
	enum { DAY = 10, ROOM = 32 };
	char rfc3339[ROOM + 1];

	if (text.n <= DAY || text.n >= ROOM || text.at[DAY] != ' ')
		return err_set(e, ERR_DATA, "\"%s\" is not a day and a time",
			       err_quote(text.at, text.n));
	memcpy(rfc3339, text.at, text.n);
	rfc3339[DAY] = 'T';
	rfc3339[text.n] = 'Z';
	return clock_parse((struct str){ rfc3339, text.n + 1 }, ret, e);
}

/* {"year": 2026, "month": 12, "day": 31}, each of them there. */
static bool parse_ymd(yyjson_val *v, int64_t *ret, struct err *e)
{
	static const struct {
		const char *name;
		int64_t max;
	} members[] = { { "year", 9999 }, { "month", 12 }, { "day", 31 } };
	char text[CLOCK_TEXT_MAX];
	int64_t n[3];

	for (size_t i = 0; i < 3; i++) {
		yyjson_val *member = yyjson_obj_get(v, members[i].name);

		if (!yyjson_is_raw(member) ||
		    !str_to_i64(json_raw(member), 1, members[i].max, &n[i]))
			return err_set(e, ERR_DATA, "%s is not the %s of a date",
				       member ? json_type(member) : "nothing", members[i].name);
	}
	(void)snprintf(text, sizeof(text), "%04d-%02d-%02d", (int)n[0], (int)n[1], (int)n[2]);
	return clock_parse(str_of(text), ret, e);
}

static bool parse_date(const struct date_field *f, yyjson_val *v, int64_t *ret, struct err *e)
{
	struct str raw = json_raw(v);

	switch (format_of(f, v)) {
	case DATE_UNIX_OR_RFC3339:
	case DATE_UNIX:
	case DATE_UNIX_MS:
		if (yyjson_is_raw(v) && parse_unix(raw, f->format == DATE_UNIX_MS ? 1 : 1000, ret))
			return true;
		return err_set(e, ERR_DATA, "%s is not a time since 1970",
			       yyjson_is_raw(v) ? err_quote(raw.at, raw.n) : json_type(v));
	case DATE_RFC3339:
	case DATE_DAY:
		if (yyjson_is_str(v))
			return clock_parse(raw, ret, e);
		break;
	case DATE_TIME:
		if (yyjson_is_str(v))
			return parse_datetime(raw, ret, e);
		break;
	case DATE_YMD:
		if (yyjson_is_obj(v))
			return parse_ymd(v, ret, e);
		break;
	}
	return err_set(e, ERR_DATA, "%s is not a date", json_type(v));
}

bool row_date(const struct list *l, const struct date_field *f, yyjson_val **slots, int64_t *ret,
	      struct err *e)
{
	unsigned slot;
	yyjson_val *v = row_at(&f->place, slots, &slot);

	*ret = CLOCK_NONE;
	if (!v || row_is_absent(f->absent, f->n_absent, v))
		return true;
	return parse_date(f, v, ret, e) || err_wrap(e, "%.*s", STR_FMT(list_pointer(l, slot)));
}

unsigned row_date_slot(const struct date_field *f, yyjson_val **slots)
{
	unsigned slot = f->place.slots[0];

	(void)row_at(&f->place, slots, &slot);
	return slot;
}
