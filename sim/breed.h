/* SPDX-License-Identifier: MIT */
/*
 * breed: makes the rows of the market.
 *
 * Base rows are numbered per shop (serial); a row is a pure function of market seed, provider slug
 * and serial, but for what the hosts of one model share, and no id is ever made twice.  Ids depend on the serial alone, so that several
 * providers sell the same models at their own prices.  The first serials are *specimens* of the
 * provider's shape: they guarantee every peculiarity of the wire even in a small market.  All others
 * draw theirs.
 */
#pragma once
#include "market.h"
#include "shape.h"

struct model *breed_next(const struct market *m, struct shop *s);

/* A day in 2027 or in one of the years after it, `years` in all. */
struct date breed_date(struct rng *r, size_t years);
/* One of the words that the provider has for it; static text. */
const char *breed_quantization(const struct shape *sh, struct rng *r);
