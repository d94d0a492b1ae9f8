#include "web/query.h"

#include "base/utf8.h"

enum { HEX = 16, NIBBLE = 4, NAMES_MAX = 1024, TEXT_DEFAULT_MAX = 1000 };

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= ' ';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Most are ASCII and stand for themselves. */
static bool is_plain(struct str s, bool plus)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.at[i] - 1U >= 0x7f || s.at[i] == '%' ||
		    (plus && s.at[i] == '+'))
			return false;
	return true;
}

bool query_decode(struct str s, bool plus, struct arena *a, struct str *ret)
{
	char *out;
	size_t n = 0;

	if (is_plain(s, plus)) {
		*ret = s;
		return true;
	}
	out = arena_alloc(a, s.n + 1);
	for (size_t i = 0; i < s.n; i++) {
		char c = s.at[i];

		if (c == '%') {
			int high = i + 2 < s.n ? digit(s.at[i + 1]) : -1;
			int low = i + 2 < s.n ? digit(s.at[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = (char)(high << NIBBLE | low);
			i += 2;
		} else if (plus && c == '+') {
			c = ' ';
		}
		out[n++] = c;
	}
	out[n] = '\0';
	*ret = (struct str){ out, n };
	return utf8_is_clean(*ret);
}

/* --- one parameter --- */

static const struct param *find(const struct route *route, struct str name)
{
	for (const struct param *p = route->params; p && p->name; p++)
		if (str_eq(str_of(p->name), name))
			return p;
	return NULL;
}

static size_t characters(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.at[i] & 0xc0) != 0x80;
	return n;
}

static bool check_text(const struct param *p, struct str v, struct http_reply *r)
{
	int64_t max = p->max ? p->max : TEXT_DEFAULT_MAX;

	if (characters(v) <= (size_t)max && characters(v) >= (size_t)p->min)
		return true;
	http_fail(r, HTTP_UNPROCESSABLE, "%s must have %lld to %lld characters", p->name,
		  (long long)p->min, (long long)max);
	return false;
}

static bool check_int(const struct param *p, struct str v, struct http_reply *r)
{
	int64_t n;

	if (str_to_i64(v, p->min, p->max, &n))
		return true;
	http_fail(r, HTTP_UNPROCESSABLE, "%s must be a whole number from %lld to %lld", p->name,
		  (long long)p->min, (long long)p->max);
	return false;
}

static bool check_bool(const struct param *p, struct str v, struct http_reply *r)
{
	if (str_eq_nocase(v, STR("true")) || str_eq_nocase(v, STR("false")) ||
	    str_eq(v, STR("1")) || str_eq(v, STR("0")))
		return true;
	http_fail(r, HTTP_UNPROCESSABLE, "%s must be true or false", p->name);
	return false;
}

static bool check_time(const struct param *p, struct str v, struct http_reply *r)
{
	int64_t ms;
	struct err e;

	if (clock_parse(v, &ms, &e))
		return true;
	http_fail(r, HTTP_UNPROCESSABLE,
		  "%s must be a time such as 2026-08-22T14:03:00Z, or a date", p->name);
	return false;
}

static bool check_word(const struct param *p, struct str v, struct http_reply *r)
{
	char names[NAMES_MAX] = "";
	size_t n = 0;

	for (const char *const *w = p->words; *w; w++) {
		if (str_eq(v, str_of(*w)))
			return true;
		int more = snprintf(names + n, sizeof(names) - n, "%s%s", n ? ", " : "", *w);
		n = n + (size_t)more < sizeof(names) ? n + (size_t)more : sizeof(names) - 1;
	}
	http_fail(r, HTTP_UNPROCESSABLE, "%s must be one of %s", p->name, names);
	return false;
}

static bool check_list(const struct param *p, struct str v, struct http_reply *r)
{
	struct str rest = v;
	bool more = true;

	while (p->words && more) {
		struct str one;

		more = str_cut(&rest, ',', &one);
		one = str_trim(one);
		if (one.n && !check_word(p, one, r))
			return false;
	}
	return check_text(p, v, r);
}

static bool check_value(const struct param *p, struct str v, struct http_reply *r)
{
	static bool (*const by_type[])(const struct param *, struct str, struct http_reply *) = {
		[PARAM_TEXT] = check_text, [PARAM_INT] = check_int,   [PARAM_BOOL] = check_bool,
		[PARAM_TIME] = check_time, [PARAM_WORD] = check_word, [PARAM_LIST] = check_list,
	};

	return by_type[p->type](p, v, r);
}

/* --- all of them --- */

static bool refuse_unknown(const struct route *route, struct str name, struct http_reply *r)
{
	char names[NAMES_MAX] = "";
	size_t n = 0;

	for (const struct param *p = route->params; p && p->name; p++) {
		int more = snprintf(names + n, sizeof(names) - n, "%s%s", n ? ", " : "", p->name);
		n = n + (size_t)more < sizeof(names) ? n + (size_t)more : sizeof(names) - 1;
	}
	http_fail(r, HTTP_UNPROCESSABLE, "there is no parameter %s here; %s%s",
		  err_quote(name.at, name.n), n ? "there are: " : "there is none", names);
	return false;
}

static bool add(const struct route *route, struct str name, struct str value,
		struct http_request *q, struct http_param *params, struct http_reply *r)
{
	const struct param *p = find(route, name);

	if (!p)
		return route->lets_pass || refuse_unknown(route, name, r);
	for (size_t i = 0; p->type != PARAM_LIST && i < q->n_params; i++)
		if (str_eq(params[i].name, name)) {
			http_fail(r, HTTP_UNPROCESSABLE, "%s came more than once", p->name);
			return false;
		}
	if (!check_value(p, value, r))
		return false;
	params[q->n_params++] = (struct http_param){ name, value };
	return true;
}

bool query_read(struct str query, const struct route *route, struct http_request *q,
		struct http_reply *r)
{
	struct http_param *params;
	size_t room = 1;
	bool more = query.n > 0;

	for (size_t i = 0; i < query.n; i++)
		room += query.at[i] == '&';
	params = arena_array(q->arena, room, struct http_param);
	q->params = params;
	while (more) {
		struct str pair;
		struct str name;

		more = str_cut(&query, '&', &pair);
		if (!pair.n)
			continue;
		if (!str_cut(&pair, '=', &name))
			pair = STR("");
		if (!query_decode(name, true, q->arena, &name) ||
		    !query_decode(pair, true, q->arena, &pair)) {
			if (route->lets_pass && !find(route, name))
				continue;
			http_fail(r, HTTP_UNPROCESSABLE,
				  "a parameter holds %%XX that stand for no text");
			return false;
		}
		if (!add(route, name, pair, q, params, r))
			return false;
	}
	return true;
}
