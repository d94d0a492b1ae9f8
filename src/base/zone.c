#include "base/zone.h"

#include "base/file.h"
#include "base/zone_rule.h"

#include <ctype.h>
#include <stdlib.h>

#define FOLDER "/usr/share/zoneinfo"

enum {
	FILE_MAX = 1 << 20,
	HEADER = 44,
	TYPE_SIZE = 6,
	LEAP_V1 = 8,
	LEAP_V2 = 12,
	AT_V1 = 4,
	AT_V2 = 8,
	MS_PER_S = 1000,
	S_PER_MIN = 60,
	S_PER_HOUR = 3600,
	S_PER_DAY = 86400,
	DAYS_LOOKED = 4, /* from the day before: one of them holds the answer */
};

struct zone {
	size_t n;
	const int64_t *at_s;    /* [n]: transitions, ascending */
	const int32_t *offsets; /* [n]: from then on */
	int32_t first;          /* before all of them */
	bool has_rule;          /* of all that comes after the last transition */
	struct zone_rule rule;
};

/* ---- the file (RFC 8536) ---- */

struct counts {
	size_t isut, isstd, leap, time, type, chars;
};

static uint32_t be32(const char *at)
{
	const unsigned char *b = (const unsigned char *)at;

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static int64_t be64(const char *at)
{
	return (int64_t)((uint64_t)be32(at) << 32 | be32(at + AT_V1));
}

static bool read_header(struct str *rest, char *ret_version, struct counts *ret)
{
	const char *at = rest->at;

	if (rest->n < HEADER || memcmp(at, "TZif", 4) != 0)
		return false;
	*ret_version = at[4];
	*ret = (struct counts){ be32(at + 20), be32(at + 24), be32(at + 28),
				be32(at + 32), be32(at + 36), be32(at + 40) };
	rest->at += HEADER;
	rest->n -= HEADER;
	return ret->time < FILE_MAX && ret->type < FILE_MAX && ret->chars < FILE_MAX &&
	       ret->leap < FILE_MAX && ret->isstd < FILE_MAX && ret->isut < FILE_MAX;
}

static size_t body_size(const struct counts *c, size_t at_size, size_t leap_size)
{
	return c->time * at_size + c->time + c->type * TYPE_SIZE + c->chars + c->leap * leap_size +
	       c->isstd + c->isut;
}

static bool read_transitions(struct str body, const struct counts *c, struct arena *a,
			     struct zone *z)
{
	int64_t *at_s = arena_array(a, c->time + 1, int64_t);
	int32_t *offsets = arena_array(a, c->time + 1, int32_t);
	const char *types = body.at + c->time * AT_V2;
	const char *infos = types + c->time;

	if (c->type == 0)
		return false;
	z->first = (int32_t)be32(infos);
	for (size_t i = 0; i < c->time; i++) {
		size_t type = (unsigned char)types[i];

		if (type >= c->type)
			return false;
		at_s[i] = be64(body.at + i * AT_V2);
		offsets[i] = (int32_t)be32(infos + type * TYPE_SIZE);
		if (i > 0 && at_s[i] <= at_s[i - 1])
			return false;
	}
	z->n = c->time;
	z->at_s = at_s;
	z->offsets = offsets;
	return true;
}

/* "\nCET-1CEST,M3.5.0,M10.5.0/3\n"; empty: nothing is known of what comes. */
static bool read_footer(struct str rest, struct zone *z)
{
	if (rest.n < 2 || rest.at[0] != '\n' || rest.at[rest.n - 1] != '\n')
		return false;
	rest = (struct str){ rest.at + 1, rest.n - 2 };
	z->has_rule = rest.n > 0;
	return !z->has_rule || zone_rule_parse(rest, &z->rule);
}

/* The second part alone: the first is for those that know 32 bits only. */
static bool read_file(struct str text, struct arena *a, struct zone *z)
{
	struct counts c;
	size_t size;
	char version;

	if (!read_header(&text, &version, &c) || version < '2')
		return false;
	size = body_size(&c, AT_V1, LEAP_V1);
	if (text.n < size)
		return false;
	text.at += size;
	text.n -= size;
	if (!read_header(&text, &version, &c))
		return false;
	size = body_size(&c, AT_V2, LEAP_V2);
	return text.n >= size && read_transitions(text, &c, a, z) &&
	       read_footer((struct str){ text.at + size, text.n - size }, z);
}

/* ---- by name ---- */

/* Letters, digits, "_+-" in words that '/' parts; so nothing leads out of the folder. */
static bool is_name(struct str name)
{
	char before = '/';

	for (size_t i = 0; i < name.n; i++) {
		char c = name.at[i];

		if (!isalnum((unsigned char)c) && !strchr("_+-/", c))
			return false;
		if (c == '/' && before == '/')
			return false;
		before = c;
	}
	return name.n > 0 && before != '/';
}

bool zone_load(struct str name, struct arena *a, struct zone **ret, struct err *e)
{
	const char *folder = getenv("TZDIR");
	struct zone *z = arena_new(a, struct zone);
	struct str text;
	const char *path;

	if (!is_name(name))
		return err_set(e, ERR_CONFIG, "\"%s\" is no name of a time zone",
			       err_quote(name.at, name.n));
	if (!str_eq(name, STR("UTC"))) {
		path = arena_printf(a, "%s/%.*s", folder && *folder ? folder : FOLDER,
				    STR_FMT(name))
			       .at;
		if (!file_read(path, FILE_MAX, a, &text, e))
			return err_wrap(e, "time zone");
		if (!read_file(text, a, z))
			return err_set(e, ERR_CONFIG, "%s is no time zone", path);
	}
	*ret = z;
	return true;
}

/* ---- asking ---- */

static int32_t offset_at(const struct zone *z, int64_t at_s)
{
	size_t low = 0;
	size_t high = z->n;

	if (z->has_rule && (z->n == 0 || at_s >= z->at_s[z->n - 1]))
		return zone_rule_offset(&z->rule, at_s);
	while (low < high) { /* the first one after it */
		size_t middle = (low + high) / 2;

		if (z->at_s[middle] <= at_s)
			low = middle + 1;
		else
			high = middle;
	}
	return low == 0 ? z->first : z->offsets[low - 1];
}

/* Also of instants before 1970. */
static int64_t floor_div(int64_t n, int64_t by)
{
	return n / by - (n % by < 0);
}

int zone_offset_s(const struct zone *z, int64_t at_ms)
{
	return offset_at(z, floor_div(at_ms, MS_PER_S));
}

/* In (low, high] the clocks there are changed once: when. */
static int64_t change_between(const struct zone *z, int64_t low, int64_t high)
{
	int32_t before = offset_at(z, low);

	while (high - low > 1) {
		int64_t middle = low + (high - low) / 2;

		if (offset_at(z, middle) == before)
			low = middle;
		else
			high = middle;
	}
	return high;
}

/* When clocks there show that; what they skip is when they skip it, what they show twice the first. */
static int64_t instant_of(const struct zone *z, int64_t local_s)
{
	int32_t before = offset_at(z, local_s - S_PER_DAY);
	int32_t after = offset_at(z, local_s + S_PER_DAY);
	int64_t by_before = local_s - before;
	int64_t by_after = local_s - after;

	if (offset_at(z, by_before) == before)
		return by_before;
	if (offset_at(z, by_after) == after)
		return by_after;
	return change_between(z, by_after, by_before);
}

int64_t zone_next(const struct zone *z, int64_t from_ms, int hour, int minute)
{
	int64_t from_s = floor_div(from_ms, MS_PER_S);
	int64_t day = floor_div(from_s + offset_at(z, from_s), S_PER_DAY) - 1;
	int64_t at_ms = 0;

	for (int i = 0; i < DAYS_LOOKED; i++, day++) {
		at_ms = MS_PER_S * instant_of(z, day * S_PER_DAY + (int64_t)hour * S_PER_HOUR +
							 (int64_t)minute * S_PER_MIN);
		if (at_ms >= from_ms)
			break;
	}
	return at_ms;
}
