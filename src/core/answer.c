#include "core/answer.h"

/* No number that is read has more marks; looking no further keeps lists of digits linear. */
enum { GROUP = 3, MARKS_MAX = 24, TOKEN_MAX = 120, EXPONENT_DIGITS = 3 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static struct str rest_of(struct str s, size_t from)
{
	return (struct str){ s.at + from, s.n - from };
}

static size_t count_digits(struct str s)
{
	size_t n = 0;

	while (n < s.n && is_digit(s.at[n]))
		n++;
	return n;
}

/* ---- marks between digits ---- */

/* What may stand between two digits of one number; '\'' for all that can only part thousands. */
static const struct {
	struct str text;
	char mark;
} marks[] = {
	{ { ".", 1 }, '.' },
	{ { ",", 1 }, ',' },
	{ { "{,}", 3 }, ',' },
	{ { "'", 1 }, '\'' },
	{ { "\\,", 2 }, '\'' },
	{ { "\xc2\xa0", 2 }, '\'' },     /* no-break space */
	{ { "\xe2\x80\x89", 3 }, '\'' }, /* thin space */
	{ { "\xe2\x80\xaf", 3 }, '\'' }, /* narrow no-break space */
	{ { "\xe2\x80\x99", 3 }, '\'' }, /* right single quotation mark */
};

/* The mark at the beginning of `s`, if a digit follows it; 0: none.  *ret_n is its length. */
static char mark_at(struct str s, size_t *ret_n)
{
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		size_t n = marks[i].text.n;

		if (!str_starts(s, marks[i].text) || s.n == n || !is_digit(s.at[n]))
			continue;
		*ret_n = n;
		return marks[i].mark;
	}
	return 0;
}

/* Digits in groups with marks between them, as they stand there. */
struct run {
	size_t n;         /* bytes */
	size_t first;     /* digits of the first group */
	size_t last;      /* of the last one */
	size_t last_at;   /* where that begins */
	size_t n_marks;   /* all of them */
	char mark, final; /* that of the first, and the last, place */
	bool even;        /* all are `mark`, but for the last */
	bool thousands;   /* ... and all groups between first and last have three digits */
};

/* A quotation mark that does not part thousands closes a quotation. */
static bool may_follow(char mark, struct str behind)
{
	return mark != '\'' || count_digits(behind) == GROUP;
}

static void find_run(struct str s, size_t marks_max, struct run *r)
{
	size_t n_mark;
	char mark;

	*r = (struct run){ .n = count_digits(s), .even = true, .thousands = true };
	r->first = r->last = r->n;
	while (r->n_marks < marks_max && (mark = mark_at(rest_of(s, r->n), &n_mark)) &&
	       may_follow(mark, rest_of(s, r->n + n_mark))) {
		if (r->n_marks == 0) {
			r->mark = mark;
		} else {
			r->even = r->even && r->final == r->mark;
			r->thousands = r->thousands && r->even && r->last == GROUP;
		}
		r->final = mark;
		r->n_marks++;
		r->last_at = r->n + n_mark;
		r->last = count_digits(rest_of(s, r->last_at));
		r->n = r->last_at + r->last;
	}
}

enum reading { WHOLE, GROUPED, FRACTION, SEVERAL, NO_NUMBER };

/* What the marks mean. */
static enum reading reading_of(struct str s, const struct run *r)
{
	bool grouped = r->thousands && r->first <= GROUP && r->first > 0;

	if (r->n_marks == 0)
		return WHOLE;
	if (r->n_marks == 1 && r->mark == '.')
		return FRACTION;
	if (grouped && r->final == r->mark && r->last == GROUP && s.at[0] != '0')
		return GROUPED;
	if (r->n_marks == 1)
		return r->mark == ',' ? FRACTION : SEVERAL;
	if (grouped && r->final != r->mark && r->final != '\'')
		return FRACTION;
	return r->even && r->mark == '.' && r->final == '.' ? NO_NUMBER : SEVERAL;
}

/* ---- the exponent ---- */

static size_t skip(struct str s, size_t at, const char *const *words)
{
	for (; *words; words++)
		if (str_starts(rest_of(s, at), str_of(*words)))
			return at + strlen(*words);
	return at;
}

static size_t skip_blanks(struct str s, size_t at)
{
	while (at < s.n && s.at[at] == ' ')
		at++;
	return at;
}

/* "×10^" up to the exponent's sign or digit, or 0. */
static size_t skip_times_ten(struct str s)
{
	static const char *const times[] = { "\xc3\x97", "\\times", "\\cdot", "\xc2\xb7",
					     "*",        "x",       NULL };
	static const char *const ten[] = { "10^", NULL };
	static const char *const open[] = { "{", NULL };
	size_t at = skip_blanks(s, 0);
	size_t next = skip(s, at, times);

	if (next == at)
		return 0;
	at = skip_blanks(s, next);
	next = skip(s, at, ten);
	return next == at ? 0 : skip(s, next, open);
}

/* Bytes of an exponent at the beginning of `s`, 0: none; its text is appended to `token`. */
static size_t take_exponent(struct str s, char *token, size_t *n)
{
	bool letter = s.n > 0 && (s.at[0] == 'e' || s.at[0] == 'E');
	size_t from = letter ? 1 : skip_times_ten(s);
	size_t at = from;
	size_t digits;

	if (from == 0)
		return 0;
	if (at < s.n && (s.at[at] == '-' || s.at[at] == '+'))
		at++;
	digits = count_digits(rest_of(s, at));
	if (digits == 0 || digits > EXPONENT_DIGITS)
		return 0;
	token[(*n)++] = 'e';
	memcpy(token + *n, s.at + from, at + digits - from);
	*n += at + digits - from;
	return at + digits;
}

/* ---- numbers ---- */

static void add_digits(char *token, size_t *n, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (is_digit(s.at[i]))
			token[(*n)++] = s.at[i];
}

/* "007" is a number here, though not to dec_parse(). */
static size_t count_needless_zeros(struct str s)
{
	size_t n = 0;

	while (n + 1 < s.n && s.at[n] == '0' && is_digit(s.at[n + 1]))
		n++;
	return n;
}

/* The run at the beginning of `s`; how many bytes it took.  *ret_ok: it is a number. */
static size_t take_number(struct str s, bool negative, struct dec *ret, bool *ret_ok)
{
	char token[TOKEN_MAX];
	struct run r;
	enum reading reading;
	size_t zeros = count_needless_zeros(s);
	size_t n = 0;
	struct err e;

	find_run(s, s.at[0] == '.' ? 1 : MARKS_MAX, &r);
	reading = reading_of(s, &r);
	if (reading == SEVERAL) {
		find_run(s, r.mark == '.', &r);
		reading = reading_of(s, &r);
	}
	*ret_ok = reading != NO_NUMBER && r.n < TOKEN_MAX - 2 * GROUP - 2;
	if (!*ret_ok)
		return r.n;
	if (negative)
		token[n++] = '-';
	if (reading == FRACTION) {
		add_digits(token, &n, (struct str){ s.at + zeros, r.last_at - zeros });
		token[n++] = '.';
		add_digits(token, &n, (struct str){ s.at + r.last_at, r.last });
	} else {
		add_digits(token, &n, (struct str){ s.at + zeros, r.n - zeros });
	}
	r.n += take_exponent(rest_of(s, r.n), token, &n);
	*ret_ok = dec_parse((struct str){ token, n }, ret, &e);
	return r.n;
}

/* A minus, also the typographic one, that has nothing before it to be subtracted from. */
static bool is_negative(struct str text, size_t at)
{
	static const struct str minus[] = { { "-", 1 }, { "\xe2\x88\x92", 3 } };

	for (size_t i = 0; i < 2; i++) {
		size_t n = minus[i].n;
		char before;

		if (at < n || memcmp(text.at + at - n, minus[i].at, n) != 0)
			continue;
		before = at > n ? text.at[at - n - 1] : ' ';
		return !is_digit(before) && !is_letter(before) && before != ')' && before != '-';
	}
	return false;
}

/* ".5" begins with its point. */
static bool begins_number(struct str text, size_t i)
{
	return is_digit(text.at[i]) ||
	       (text.at[i] == '.' && i + 1 < text.n && is_digit(text.at[i + 1]) &&
		(i == 0 || text.at[i - 1] != '.'));
}

bool answer_next(struct str text, size_t *at, struct dec *ret)
{
	bool ok = false;

	while (!ok && *at < text.n) {
		if (begins_number(text, *at))
			*at += take_number(rest_of(text, *at), is_negative(text, *at), ret, &ok);
		else
			(*at)++;
	}
	return ok;
}

struct str answer_find(struct str text, struct str expected, struct arena *a, bool *ret_right)
{
	struct dec want, d, last;
	char out[DEC_TEXT_MAX];
	struct err e;
	bool wanted = dec_parse(expected, &want, &e);
	bool right = str_is_none(expected);
	bool any = false;
	size_t at = 0;

	while (!(wanted && right) && answer_next(text, &at, &d)) {
		last = d;
		any = true;
		right = right || (wanted && dec_cmp(&d, &want) == 0);
	}
	*ret_right = right;
	if (!any)
		return STR_NONE;
	return arena_str(a, (struct str){ out, dec_print(&last, out) });
}
