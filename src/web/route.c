#include "web/route.h"

#include <assert.h>

/* Most patterns are told apart by their first letters, and each request goes through all of them. */
static bool begins_alike(const char *pattern, struct str path)
{
	for (size_t i = 0; pattern[i] && pattern[i] != '{'; i++)
		if (i == path.n || pattern[i] != path.at[i])
			return false;
	return true;
}

/* Does the pattern lead to the path?  *ret_literal: how many bytes before the first {…}, for who is nearer. */
static bool match(struct str pattern, struct str path, struct str pieces[HTTP_PIECES_MAX],
		  size_t *ret_literal)
{
	size_t n = 0;
	struct str whole = pattern;

	*ret_literal = whole.n;
	for (;;) {
		struct str want;
		struct str got;

		if (str_eq(pattern, STR("{*}"))) {
			*ret_literal = n ? *ret_literal : (size_t)(pattern.at - whole.at);
			pieces[n] = path;
			return path.n > 0;
		}
		bool more_wanted = str_cut(&pattern, '/', &want);
		bool more_got = str_cut(&path, '/', &got);
		if (want.n && want.at[0] == '{') {
			if (!got.n)
				return false;
			if (!n)
				*ret_literal = (size_t)(want.at - whole.at);
			assert(n < HTTP_PIECES_MAX);
			pieces[n++] = got;
		} else if (!str_eq(want, got)) {
			return false;
		}
		if (more_wanted != more_got)
			return false;
		if (!more_wanted)
			return true;
	}
}

const struct route *route_find(enum http_method method, struct str path,
			       struct str pieces[HTTP_PIECES_MAX], unsigned *ret_methods)
{
	const struct route *found = NULL;
	size_t best = 0;
	char second = path.n > 1 ? path.at[1] : '\0'; /* tells most apart without a call */

	*ret_methods = 0;
	for (size_t i = 0; i < routes_n; i++) {
		const struct route *r = &routes_table[i];
		struct str mine[HTTP_PIECES_MAX] = { 0 };
		size_t literal;

		if ((r->pattern[1] != second && r->pattern[1] != '{') ||
		    !begins_alike(r->pattern, path) ||
		    !match(str_of(r->pattern), path, mine, &literal))
			continue;
		if (literal > best) { /* nearer than all before: theirs do not count */
			best = literal;
			*ret_methods = 0;
			found = NULL;
		}
		if (literal < best)
			continue;
		*ret_methods |= 1U << r->method;
		if (r->method == method) {
			found = r;
			memcpy(pieces, mine, sizeof(mine));
		}
	}
	return found;
}
