/*
 * str: a slice of bytes that belong to somebody else (an arena, a literal, a
 * parsed document).  Not NUL-terminated, never freed, copied by value.  An
 * absent string is { NULL, 0 }; an empty one has a pointer and no length.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *at;
	size_t n;
};

#define STR(literal) ((struct str){ (literal), sizeof(literal) - 1 })
#define STR_NONE     ((struct str){ NULL, 0 })
/* For printf's "%.*s". */
#define STR_FMT(s) (int)(s).n, (s).at ? (s).at : ""

static inline struct str str_of(const char *text)
{
	return text ? (struct str){ text, strlen(text) } : STR_NONE;
}

static inline bool str_is_none(struct str s)
{
	return s.at == NULL;
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.at, b.at, a.n) == 0);
}

/* Bytewise order, a prefix before what it begins: the order of SQL's BINARY. */
static inline int str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.at, b.at, n) : 0;

	return c ? c : (a.n > b.n) - (a.n < b.n);
}

/* The same for qsort() and bsearch() over struct str. */
int str_order(const void *a, const void *b);

/* Equal, both absent, or both present with the same bytes. */
static inline bool str_same(struct str a, struct str b)
{
	return str_is_none(a) == str_is_none(b) && str_eq(a, b);
}

bool str_eq_nocase(struct str a, struct str b); /* ASCII letters only */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
struct str str_trim(struct str s); /* ASCII white space off both ends */

/*
 * Cut `s` at the first `separator`: *ret_head is what stands before it, `s`
 * becomes what follows.  False (and *ret_head = all of it) when there is none.
 */
bool str_cut(struct str *s, char separator, struct str *ret_head);

/* Decimal digits with an optional '-', nothing else around them, in range. */
bool str_to_i64(struct str s, int64_t min, int64_t max, int64_t *ret);
