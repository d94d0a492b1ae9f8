/* SPDX-License-Identifier: MIT */
/*
 * sums: works out the arithmetic that a prompt asks for, exactly.
 *
 * Numbers with decimals, + - * / and brackets.  In rationals; what does not fit is no sum.
 */
#pragma once
#include <stdbool.h>

enum { SUM_TEXT = 96 };

__extension__ typedef __int128 sum_wide;

struct sum {
	sum_wide over, under; /* reduced; under > 0 */
};

/* The first thing in the text that is a sum: two numbers or more. */
bool sum_find(const char *text, struct sum *out);
struct sum sum_plus(struct sum s, int n);
/* Plain digits; twelve places when there is no end to them. */
void sum_print(char out[SUM_TEXT], struct sum s);
