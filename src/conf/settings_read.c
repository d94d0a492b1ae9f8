#include "conf/settings_parts.h"

#include "base/buf.h"
#include "base/clock.h"
#include "core/decimal.h"

#include <inttypes.h>

struct given {
	struct settings *s;
	const struct setting *row;
	struct str value;
	enum setting_origin origin;
};

static void *member(const struct given *g)
{
	return (char *)g->s + g->row->offset;
}

/* A URL may carry a password or a key even where none is expected. */
static bool may_show(const struct given *g)
{
	if (g->row->flags & SETTING_HIDDEN)
		return false;
	return g->row->type != SETTING_URL || !memchr(g->value.at, '@', g->value.n);
}

static bool refuse(const struct given *g, struct err *e, const char *expected)
{
	if (may_show(g))
		(void)err_set(e, ERR_USAGE, "%s is \"%s\": expected %s", g->row->name,
			      err_quote(g->value.at, g->value.n), expected);
	else
		(void)err_set(e, ERR_USAGE, "%s (value not shown): expected %s", g->row->name,
			      expected);
	if (g->origin == SETTING_FILE)
		(void)err_wrap(e, "%s", err_quote(g->s->env_file.at, g->s->env_file.n));
	return false;
}

static bool keep_text(const struct given *g, struct str value, struct err *e)
{
	const struct setting_form *form = g->row->form;

	if (form && !form->fits(value))
		return refuse(g, e, form->expected);
	*(struct str *)member(g) = arena_str(&g->s->arena, value);
	return true;
}

static bool read_string(const struct given *g, struct err *e)
{
	struct str value = g->row->form ? str_trim(g->value) : g->value;

	return keep_text(g, value, e);
}

static bool read_secret(const struct given *g, struct err *e)
{
	struct str value = str_trim(g->value);

	return value.n == 0 || keep_text(g, value, e);
}

static bool is_printable(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.at[i] < 0x20 || s.at[i] == 0x7f)
			return false;
	}
	return true;
}

static bool has_scheme(struct str url, const char *const schemes[])
{
	for (; *schemes; schemes++) {
		struct str scheme = str_of(*schemes);

		if (url.n > scheme.n && str_starts(url, scheme))
			return true;
	}
	return false;
}

static struct str without_trailing_slashes(struct str url)
{
	while (url.n > 1 && url.at[url.n - 1] == '/')
		url.n--;
	return url;
}

static bool read_url(const struct given *g, struct err *e)
{
	const char *const *schemes = g->row->schemes;
	struct str url = str_trim(g->value);
	char expected[128];

	/* Short of the scheme nothing must be left to cut: "https://" names no host. */
	if (g->row->flags & SETTING_PREFIX)
		url = without_trailing_slashes(url);
	(void)snprintf(expected, sizeof(expected), "something that begins with %s%s%s%s%s",
		       schemes[0], schemes[2] ? ", " : " or ", schemes[1], schemes[2] ? " or " : "",
		       schemes[2] ? schemes[2] : "");
	if (!is_printable(url) || !has_scheme(url, schemes))
		return refuse(g, e, expected);
	*(struct str *)member(g) = arena_str(&g->s->arena, url);
	return true;
}

static bool read_number(const struct given *g, int64_t *ret, struct err *e)
{
	const struct setting *row = g->row;
	char expected[128];

	if (str_to_i64(str_trim(g->value), row->min, row->max, ret))
		return true;
	(void)snprintf(expected, sizeof(expected),
		       "a whole number of %s from %" PRId64 " to %" PRId64, row->unit, row->min,
		       row->max);
	return refuse(g, e, expected);
}

static bool read_integer(const struct given *g, struct err *e)
{
	return read_number(g, member(g), e);
}

static bool read_duration(const struct given *g, struct err *e)
{
	int64_t value;

	if (!read_number(g, &value, e))
		return false;
	if (strcmp(g->row->unit, "seconds") == 0)
		value *= 1000;
	if (strcmp(g->row->unit, "minutes") == 0)
		value *= 60 * 1000;
	if (strcmp(g->row->unit, "hours") == 0)
		value *= 3600 * 1000;
	*(int64_t *)member(g) = value;
	return true;
}

static bool read_level(const struct given *g, struct err *e)
{
	if (log_level_parse(str_trim(g->value), member(g)))
		return true;
	return refuse(g, e, "trace, debug, info, warn, error, fatal or silent");
}

/* "+3d", "-90m": the clock runs, but that much ahead or behind. */
static bool read_offset(struct str text, int64_t *ret_ms)
{
	static const struct {
		char unit;
		int64_t ms;
	} units[] = { { 's', 1000 }, { 'm', 60000 }, { 'h', 3600000 }, { 'd', 86400000 } };
	enum { OFFSET_MAX = 36500 };
	int64_t n;

	if (text.n < 3 || !strchr("+-", text.at[0]) ||
	    !str_to_i64((struct str){ text.at + 1, text.n - 2 }, 1, OFFSET_MAX, &n))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (text.at[text.n - 1] != units[i].unit)
			continue;
		*ret_ms = n * units[i].ms * (text.at[0] == '-' ? -1 : 1);
		return true;
	}
	return false;
}

static bool read_instant(const struct given *g, struct err *e)
{
	struct str value = str_trim(g->value);
	struct err detail;

	if (clock_parse(value, member(g), &detail) || read_offset(value, &g->s->now_offset_ms))
		return true;
	return refuse(g, e, "an RFC 3339 time such as 2026-08-22T14:03:00Z, or an offset: +3d");
}

static bool read_switch(const struct given *g, struct err *e)
{
	struct str value = str_trim(g->value);

	bool on = str_eq_nocase(value, STR("yes")) || str_eq_nocase(value, STR("on"));

	if (!on && !str_eq_nocase(value, STR("no")) && !str_eq_nocase(value, STR("off")))
		return refuse(g, e, "yes or no, on or off");
	*(bool *)member(g) = on;
	return true;
}

static bool read_word(const struct given *g, struct err *e)
{
	struct str value = str_trim(g->value);
	BUF_AUTO(expected, 256);

	for (int64_t i = 0; g->row->words[i]; i++) {
		buf_printf(&expected, "%s%s", i ? " or " : "", g->row->words[i]);
		if (!str_eq_nocase(value, str_of(g->row->words[i])))
			continue;
		*(int64_t *)member(g) = i;
		return true;
	}
	return refuse(g, e, expected.at);
}

static bool read_amount(const struct given *g, struct err *e)
{
	struct str value = str_trim(g->value);
	struct err detail;
	struct dec amount;

	if (!dec_parse(value, &amount, &detail) || amount.negative)
		return refuse(g, e, "a decimal number such as 2.50");
	*(struct str *)member(g) = arena_str(&g->s->arena, value);
	return true;
}

static bool (*const readers[SETTING_TYPES])(const struct given *g, struct err *e) = {
	[SETTING_STRING] = read_string,     [SETTING_PATH] = read_string,
	[SETTING_URL] = read_url,           [SETTING_INTEGER] = read_integer,
	[SETTING_DURATION] = read_duration, [SETTING_LEVEL] = read_level,
	[SETTING_INSTANT] = read_instant,   [SETTING_SECRET] = read_secret,
	[SETTING_SWITCH] = read_switch,     [SETTING_WORD] = read_word,
	[SETTING_AMOUNT] = read_amount,
};

static bool read_row(struct settings *s, size_t i, struct err *e)
{
	struct given g = { .s = s, .row = &settings_table[i] };

	g.value = settings_lookup(s, str_of(g.row->name), &g.origin);
	if (g.row->flags & SETTING_ENV_ONLY && g.origin == SETTING_FILE) {
		g.origin = SETTING_DEFAULT;
		g.value = STR_NONE;
	}
	s->origin[i] = (unsigned char)g.origin;
	if (str_is_none(g.value))
		g.value = str_of(g.row->default_text);
	return str_is_none(g.value) || readers[g.row->type](&g, e);
}

bool settings_read(struct settings *s, struct err *e)
{
	s->now_ms = CLOCK_NONE;
	for (size_t i = 0; i < settings_table_n; i++) {
		if (!read_row(s, i, e))
			return false;
	}
	return true;
}
