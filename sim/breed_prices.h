/* SPDX-License-Identifier: MIT */
/*
 * breed_prices: draws the prices of a new row, from its traits alone or by the recipes of a shape.
 */
#pragma once
#include "market.h"
#include "shape.h"

void prices_by_traits(struct model *m, struct rng *r);
void prices_by_recipes(struct model *m, const struct shape *sh, struct rng *r);
/* Instead of what it had: everything free, as a TRAIT_FREE variant says it. */
void prices_free(struct model *m);
