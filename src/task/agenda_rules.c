#include "task/agenda.h"

enum { MS_PER_S = 1000, HOUR_MAX = 23, MINUTE_MAX = 59, TIME_N = 5 };

/* ---- "openrouter=21600,*=86400" ---- */

static bool read_slug(struct str typed, const struct registry *known, struct arena *a,
		      struct str *ret, struct err *e)
{
	const struct descriptor *d = registry_find(known, typed);

	if (!d && !str_eq(typed, STR("*")))
		return err_set(e, ERR_USAGE, "unknown provider \"%s\"; known are: %s",
			       err_quote(typed.at, typed.n), registry_slugs(known, a).at);
	*ret = d ? d->slug : STR("*");
	return true;
}

static bool read_one(struct str part, const struct registry *known, struct arena *a,
		     struct agenda_fixed *ret, struct err *e)
{
	struct str whole = part;
	struct str slug;
	int64_t seconds;

	if (!str_cut(&part, '=', &slug) ||
	    !str_to_i64(str_trim(part), 1, AGENDA_SECONDS_MAX, &seconds))
		return err_set(e, ERR_USAGE,
			       "\"%s\": expected PROVIDER=SECONDS or *=SECONDS, from 1 to %d",
			       err_quote(whole.at, whole.n), AGENDA_SECONDS_MAX);
	ret->every_ms = seconds * MS_PER_S;
	return read_slug(str_trim(slug), known, a, &ret->slug, e);
}

bool agenda_read_fixed(struct str text, const struct registry *known, struct arena *a,
		       struct agenda_rules *ret, struct err *e)
{
	struct agenda_fixed *fixed = arena_array(a, text.n / 2 + 1, struct agenda_fixed);
	size_t n = 0;
	struct str part;

	while (text.n > 0) {
		(void)str_cut(&text, ',', &part);
		if (!read_one(str_trim(part), known, a, &fixed[n], e))
			return false;
		for (size_t i = 0; i < n; i++)
			if (str_eq(fixed[i].slug, fixed[n].slug))
				return err_set(e, ERR_USAGE, "\"%s\" is there twice",
					       err_quote(fixed[n].slug.at, fixed[n].slug.n));
		n++;
	}
	ret->fixed = fixed;
	ret->n_fixed = n;
	return true;
}

/* ---- "02:00-04:00 Europe/Berlin" ---- */

static bool read_time(struct str text, struct agenda_time *ret)
{
	struct str hour;
	int64_t h;
	int64_t m;

	if (text.n != TIME_N || !str_cut(&text, ':', &hour) || !str_to_i64(hour, 0, HOUR_MAX, &h) ||
	    !str_to_i64(text, 0, MINUTE_MAX, &m))
		return false;
	*ret = (struct agenda_time){ (int)h, (int)m };
	return true;
}

bool agenda_read_hours(struct str text, struct arena *a, struct agenda_rules *ret, struct err *e)
{
	struct str place = str_trim(text);
	struct zone *zone;
	struct str hours;
	struct str from;

	if (text.n == 0) {
		ret->zone = NULL;
		return true;
	}
	ret->hours = arena_str(a, place);
	(void)str_cut(&place, ' ', &hours);
	place = str_trim(place);
	if (!str_cut(&hours, '-', &from) || !read_time(from, &ret->from) ||
	    !read_time(hours, &ret->to) ||
	    (ret->from.hour == ret->to.hour && ret->from.minute == ret->to.minute))
		return err_set(e, ERR_USAGE,
			       "\"%s\": expected two times of a day and a time zone, as "
			       "02:00-04:00 Europe/Berlin",
			       err_quote(text.at, text.n));
	if (!zone_load(place.n ? place : STR("UTC"), a, &zone, e)) {
		e->kind = ERR_USAGE;
		return false;
	}
	ret->zone = zone;
	return true;
}
