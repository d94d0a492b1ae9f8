/*
 * plausible: is a price credible on its own?  Never a reason to refuse it, only
 * to mark it (prices.suspect) so that a person looks.
 */
#pragma once
#include "core/model.h"

/* Why it is not: a word or two; absent when it is.  A string literal. */
struct str price_implausible(const struct price *p);
