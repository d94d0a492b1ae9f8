#include "core/condition.h"

#include <assert.h>

/*
 * The first byte of a term tells its kind, so kinds never overlap.  Builder and
 * check share kind_of(), which knows the one spelling of each term, and
 * insert(), which knows what may stand together; so what is built passes the
 * check, and what the check accepts could have been built.
 *
 * Terms are ordered as they stand in `struct condition`, without brackets.
 */
enum kind {
	KIND_NONE, /* not a term, or not its canonical spelling */
	KIND_THRESHOLD,
	KIND_WINDOW,
	KIND_TTL,
	KIND_TAG,
};

enum { DAY_MINUTES = 24 * 60, MINUTE_MS = 60 * 1000, TTL_DIGITS_MAX = 6 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static struct str rest_of(struct str s, size_t skip)
{
	return (struct str){ s.at + skip, s.n - skip };
}

/* A number without sign or leading zeros, at most `max`. */
static bool read_count(struct str s, int64_t max, int64_t *ret)
{
	if (s.n == 0 || !is_digit(s.at[0]) || (s.n > 1 && s.at[0] == '0'))
		return false;
	return str_to_i64(s, 0, max, ret);
}

/* ">200000", ">=200000".  Not ">=0": that is always, which is written as no term. */
static bool is_threshold(struct str term)
{
	bool inclusive = term.n > 1 && term.at[1] == '=';
	int64_t tokens;

	return read_count(rest_of(term, inclusive ? 2 : 1), INT64_MAX, &tokens) &&
	       !(inclusive && tokens == 0);
}

static bool is_clock(const char *at)
{
	if (!is_digit(at[0]) || !is_digit(at[1]) || at[2] != ':' || !is_digit(at[3]) ||
	    !is_digit(at[4]))
		return false;
	return (at[0] - '0') * 10 + at[1] - '0' < 24 && at[3] < '6';
}

/* "10:00-01:00Z" */
static bool is_window(struct str term)
{
	return term.n == 12 && is_clock(term.at) && term.at[5] == '-' && is_clock(term.at + 6) &&
	       term.at[11] == 'Z' && memcmp(term.at, term.at + 6, 5) != 0;
}

/* "30s", "5m", "24h" in the largest unit that is exact: "1h", not "60m". */
static bool is_ttl(struct str term)
{
	char unit = term.at[term.n - 1];
	int64_t count;

	if (term.n > TTL_DIGITS_MAX + 1 || (unit != 's' && unit != 'm' && unit != 'h'))
		return false;
	if (!read_count((struct str){ term.at, term.n - 1 }, INT64_MAX, &count) || count == 0)
		return false;
	return unit == 'h' || count % 60 != 0;
}

static bool is_tag(struct str term)
{
	for (size_t i = 1; i < term.n; i++) {
		if (!is_lower(term.at[i]) && !is_digit(term.at[i]) && term.at[i] != '-')
			return false;
	}
	return true;
}

static enum kind kind_of(struct str term)
{
	if (term.n == 0)
		return KIND_NONE;
	if (term.at[0] == '>')
		return is_threshold(term) ? KIND_THRESHOLD : KIND_NONE;
	if (is_lower(term.at[0]))
		return is_tag(term) ? KIND_TAG : KIND_NONE;
	if (is_window(term))
		return KIND_WINDOW;
	return is_ttl(term) ? KIND_TTL : KIND_NONE;
}

/* Only the first of its kind? */
static bool is_single(enum kind kind)
{
	return kind == KIND_THRESHOLD || kind == KIND_WINDOW;
}

static bool insert(struct condition *c, struct str term, struct err *e)
{
	enum kind kind = kind_of(term);
	size_t at = 0;

	assert(kind != KIND_NONE);
	for (size_t i = 0; i < c->n; i++) {
		int order = str_cmp(c->term[i], term);

		if (order == 0 || (is_single(kind) && kind_of(c->term[i]) == kind))
			return err_set(e, ERR_DATA, "condition [%s] beside [%s]",
				       err_quote(term.at, term.n),
				       err_quote(c->term[i].at, c->term[i].n));
		if (order < 0)
			at = i + 1;
	}
	if (c->n == CONDITION_TERMS_MAX)
		return err_set(e, ERR_DATA, "more than %d conditions", CONDITION_TERMS_MAX);
	memmove(&c->term[at + 1], &c->term[at], (c->n - at) * sizeof(c->term[0]));
	c->term[at] = term;
	c->n++;
	return true;
}

bool condition_add_above(struct condition *c, struct arena *a, int64_t tokens, bool inclusive,
			 struct err *e)
{
	if (tokens < 0 || (inclusive && tokens == 0))
		return err_set(e, ERR_DATA, "threshold of %lld tokens", (long long)tokens);
	return insert(c, arena_printf(a, ">%s%lld", inclusive ? "=" : "", (long long)tokens), e);
}

bool condition_add_window(struct condition *c, struct arena *a, int from_minute, int to_minute,
			  struct err *e)
{
	int from = from_minute % DAY_MINUTES, to = to_minute % DAY_MINUTES;

	/* From 0 to 1440 is always, which is written as no term. */
	if (from_minute < 0 || from_minute > DAY_MINUTES || to_minute < 0 ||
	    to_minute > DAY_MINUTES || from == to)
		return err_set(e, ERR_DATA, "window from minute %d to %d", from_minute, to_minute);
	return insert(
		c, arena_printf(a, "%02d:%02d-%02d:%02dZ", from / 60, from % 60, to / 60, to % 60),
		e);
}

bool condition_add_tag(struct condition *c, struct arena *a, struct str tag, struct err *e)
{
	enum kind kind = kind_of(tag);

	if (kind != KIND_TAG && kind != KIND_TTL)
		return err_set(e, ERR_DATA, "not a condition tag: \"%s\"",
			       err_quote(tag.at, tag.n));
	return insert(c, arena_str(a, tag), e);
}

struct str condition_text(const struct condition *c, struct arena *a)
{
	size_t n = 0;
	char *text, *at;

	for (size_t i = 0; i < c->n; i++)
		n += c->term[i].n + 2;
	text = at = arena_alloc(a, n + 1);
	for (size_t i = 0; i < c->n; i++) {
		*at++ = '[';
		memcpy(at, c->term[i].at, c->term[i].n);
		at += c->term[i].n;
		*at++ = ']';
	}
	*at = '\0';
	return (struct str){ text, n };
}

/* Cut "[term]" off the front of `text`. */
static bool next_term(struct str *text, struct str *ret)
{
	if (text->at[0] != '[')
		return false;
	*text = rest_of(*text, 1);
	return str_cut(text, ']', ret);
}

bool condition_add_text(struct condition *c, struct arena *a, struct str text, struct err *e)
{
	struct str term;

	if (!condition_check(text, e))
		return false;
	while (text.n > 0 && next_term(&text, &term))
		if (!insert(c, arena_str(a, term), e))
			return false;
	return true;
}

bool condition_check(struct str text, struct err *e)
{
	struct condition c = { .n = 0 };
	struct str left = text, term;

	while (left.n > 0) {
		if (!next_term(&left, &term) || kind_of(term) == KIND_NONE)
			return err_set(e, ERR_PARSE, "not a condition: \"%s\"",
				       err_quote(text.at, text.n));
		if (c.n > 0 && str_cmp(c.term[c.n - 1], term) > 0)
			return err_set(e, ERR_PARSE, "condition not sorted: \"%s\"",
				       err_quote(text.at, text.n));
		if (!insert(&c, term, e)) {
			e->kind = ERR_PARSE;
			return false;
		}
	}
	return true;
}

/* ---- which one holds ---- */

/* The fewest input tokens of a threshold. */
static bool threshold_from(struct str term, int64_t *ret)
{
	bool inclusive = term.at[1] == '=';
	int64_t tokens;

	if (!str_to_i64(rest_of(term, inclusive ? 2 : 1), 0, INT64_MAX - 1, &tokens))
		return false;
	*ret = tokens + !inclusive;
	return true;
}

static int minute_at(const char *at)
{
	return ((at[0] - '0') * 10 + at[1] - '0') * 60 + (at[3] - '0') * 10 + at[4] - '0';
}

static int minute_of(int64_t at_ms)
{
	return (int)(at_ms / MINUTE_MS % DAY_MINUTES);
}

static bool is_open(struct str window, int64_t at_ms)
{
	int minute = minute_of(at_ms), from = minute_at(window.at), to = minute_at(window.at + 6);

	if (from < to)
		return from <= minute && minute < to;
	return minute >= from || minute < to;
}

static bool is_reached(struct str threshold, uint64_t tokens, uint64_t *ret_from)
{
	int64_t from;

	if (!threshold_from(threshold, &from) || tokens < (uint64_t)from)
		return false;
	*ret_from = (uint64_t)from;
	return true;
}

/* Tags of prices that are for everybody. */
static bool is_unasked(struct str tag)
{
	return str_eq(tag, STR("discount"));
}

static bool term_holds(struct str term, const struct condition_case *c, uint64_t *from)
{
	switch (kind_of(term)) {
	case KIND_THRESHOLD:
		return is_reached(term, c->input_tokens, from);
	case KIND_WINDOW:
		return c->at_ms != CLOCK_NONE && is_open(term, c->at_ms);
	case KIND_TTL:
		return c->any_ttl || (c->ttl.n > 0 && str_eq(term, c->ttl));
	case KIND_TAG:
		return str_eq(term, c->service) || (is_unasked(term) && c->at_ms != CLOCK_NONE);
	case KIND_NONE:
		break;
	}
	return false;
}

bool condition_holds(struct str text, const struct condition_case *c, struct condition_fit *ret)
{
	struct condition_fit fit = { 0 };
	struct str term;

	while (text.n > 0) {
		if (!next_term(&text, &term) || !term_holds(term, c, &fit.from))
			return false;
		fit.terms++;
	}
	*ret = fit;
	return true;
}

int condition_fit_cmp(const struct condition_fit *a, const struct condition_fit *b)
{
	if (a->terms != b->terms)
		return a->terms < b->terms ? -1 : 1;
	return (a->from > b->from) - (a->from < b->from);
}

static struct str term_why(struct str term, const struct condition_case *c, struct arena *a)
{
	int minute = minute_of(c->at_ms);

	switch (kind_of(term)) {
	case KIND_THRESHOLD:
		return arena_printf(a, "[%.*s] for %llu input tokens", STR_FMT(term),
				    (unsigned long long)c->input_tokens);
	case KIND_WINDOW:
		return arena_printf(a, "[%.*s] at %02d:%02dZ", STR_FMT(term), minute / 60,
				    minute % 60);
	default:
		return arena_printf(a, "[%.*s] %s", STR_FMT(term),
				    is_unasked(term) ? "for everybody" : "as asked");
	}
}

struct str condition_why(struct str text, const struct condition_case *c, struct arena *a)
{
	struct str why = STR_NONE, term;

	while (text.n > 0 && next_term(&text, &term)) {
		struct str more = term_why(term, c, a);

		why = str_is_none(why) ? more
				       : arena_printf(a, "%.*s, %.*s", STR_FMT(why), STR_FMT(more));
	}
	return why;
}
