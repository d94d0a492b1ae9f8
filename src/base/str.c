#include "base/str.h"

int str_order(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* Not strncasecmp(): that stops at a NUL and follows the locale. */
bool str_eq_nocase(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.at[i]) != lower(b.at[i]))
			return false;
	return true;
}

bool str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_eq((struct str){ s.at, prefix.n }, prefix);
}

bool str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n &&
	       (suffix.n == 0 || memcmp(s.at + s.n - suffix.n, suffix.at, suffix.n) == 0);
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
	while (s.n > 0 && is_space(s.at[0])) {
		s.at++;
		s.n--;
	}
	while (s.n > 0 && is_space(s.at[s.n - 1]))
		s.n--;
	return s;
}

bool str_cut(struct str *s, char separator, struct str *ret_head)
{
	const char *hit = s->n ? memchr(s->at, separator, s->n) : NULL;

	if (!hit) {
		*ret_head = *s;
		*s = (struct str){ s->at ? s->at + s->n : NULL, 0 };
		return false;
	}
	*ret_head = (struct str){ s->at, (size_t)(hit - s->at) };
	s->n -= ret_head->n + 1;
	s->at = hit + 1;
	return true;
}

bool str_to_i64(struct str s, int64_t min, int64_t max, int64_t *ret)
{
	bool negative = s.n > 0 && s.at[0] == '-';
	int64_t value = 0;

	if (negative) {
		s.at++;
		s.n--;
	}
	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		int digit = s.at[i] - '0';

		if (digit < 0 || digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_sub_overflow(value, digit, &value))
			return false;
	}
	if (!negative && __builtin_sub_overflow(0, value, &value))
		return false;
	if (value < min || value > max)
		return false;
	*ret = value;
	return true;
}
