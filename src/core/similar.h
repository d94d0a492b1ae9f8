/*
 * similar: how alike two names look, for "did you mean".  Letters' case and
 * separators do not count; which pairs of neighbours they have in common does.
 */
#pragma once
#include "base/str.h"

#include <stdint.h>

enum { SIMILAR_PAIRS_MAX = 128, SIMILAR_SAME = 1000 };

struct similar {
	uint16_t pair[SIMILAR_PAIRS_MAX]; /* sorted */
	size_t n;
};

/* What is beyond the limit of pairs does not count. */
void similar_read(struct similar *s, struct str name);
/*
 * 0: nothing in common … SIMILAR_SAME.  Half of it is how much of what was typed the
 * name has, for a part of a name is often all that is typed.
 */
unsigned similar_score(const struct similar *name, const struct similar *typed);
