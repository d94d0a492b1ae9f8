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

unsigned similar_score(const struct similar *a, const struct similar *b)
{
	size_t i = 0, j = 0, common = 0;

	while (i < a->n && j < b->n) {
		common += a->pair[i] == b->pair[j];
		if (a->pair[i] == b->pair[j]) {
			i++;
			j++;
		} else if (a->pair[i] < b->pair[j]) {
			i++;
		} else {
			j++;
		}
	}
	return a->n + b->n ? (unsigned)(2 * SIMILAR_SAME * common / (a->n + b->n)) : 0;
}
