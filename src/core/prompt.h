/*
 * prompt: what is asked, and what the answer is.  Pure.
 */
#pragma once
#include "base/arena.h"
#include "base/str.h"

enum prompt_kind { PROMPT_ARITHMETIC, PROMPT_RANDOM_ARITHMETIC };

struct prompt {
	struct str text;     /* "Solve this: 123/2*3.2*9" */
	struct str expected; /* "1771.2", canonical decimal */
};
/* The standard one; or one drawn from `seed`, whose result ends after at most 4 decimals. */
struct prompt prompt_make(enum prompt_kind kind, uint64_t seed, struct arena *a);

/*
 * Answers of one group: agrees[i] = 1 where answers[i] is what more than half of those that
 * gave one say (by value), 0 where not, -1 without an answer, or with fewer than two of them, or no majority.
 */
void prompt_agreement(const struct str *answers, size_t n, int *agrees);
