/*
 * answer: the number in a text.  Pure, exact (core/decimal.h).
 *
 * Models write one number in many ways: 1771.2, 1771.20, 1,771.2, "1771,2", 1.771,2, 1'771.2,
 * 1771.2 with a narrow blank or LaTeX's "{,}" and "\," between thousands, 1.7712e3,
 * 1.7712 × 10^3, 1.7712 \times 10^{3}, inside $…$, **…** or \boxed{…}.  Each is read as one value:
 * a comma with exactly three digits behind it groups thousands ("1,771"), unless a zero stands in
 * front; any other single one, and the last mark of a number with marks of two kinds, is
 * the decimal mark.  "1,2,3" is three numbers, "1.2.3" none.
 */
#pragma once
#include "base/arena.h"
#include "base/str.h"
#include "core/decimal.h"

/* The next number at or behind *at, which is moved behind it; false: there are no more. */
bool answer_next(struct str text, size_t *at, struct dec *ret);

/*
 * What `text` gives as the answer: the expected value if it is anywhere in it, else its
 * last number; canonical, in the arena; absent when it has none.  *ret_right: it is the
 * expected one, or (expected absent) there is none to be.
 */
struct str answer_find(struct str text, struct str expected, struct arena *a, bool *ret_right);
