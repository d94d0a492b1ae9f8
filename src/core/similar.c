#include "core/similar.h"

#include <stdlib.h>

static bool is_counted(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (unsigned char)c >= 0x80;
}

static unsigned char folded(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static int pair_order(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

void similar_read(struct similar *s, struct str name)
{
	unsigned before = 0;

	s->n = 0;
	for (size_t i = 0; i < name.n && s->n < SIMILAR_PAIRS_MAX; i++) {
		if (!is_counted(name.at[i]))
			continue;
		s->pair[s->n++] = (uint16_t)(before << 8 | folded(name.at[i]));
		before = folded(name.at[i]);
	}
	if (s->n)
		qsort(s->pair, s->n, sizeof(s->pair[0]), pair_order);
}

static size_t count_common(const struct similar *a, const struct similar *b)
{
	size_t i = 0, j = 0, common = 0;

	while (i < a->n && j < b->n) {
		int c = (a->pair[i] > b->pair[j]) - (a->pair[i] < b->pair[j]);

		common += c == 0;
		i += c <= 0;
		j += c >= 0;
	}
	return common;
}

unsigned similar_score(const struct similar *name, const struct similar *typed)
{
	size_t common = count_common(name, typed);

	if (typed->n == 0)
		return 0;
	return (unsigned)(SIMILAR_SAME * common / (name->n + typed->n) +
			  SIMILAR_SAME * common / (2 * typed->n));
}
