/* SPDX-License-Identifier: MIT */
/*
 * truth: the market as the judge of a reader sees it.
 *
 * JSON of GET /sim/truth: models sorted by id, prices by meter and condition, so that two equal
 * truths are equal bytes.  Amounts are canonical: USD per unit, no exponent, no trailing zeros.
 * It holds what the provider's documents say and no more: a price that is not listed is
 * unpublished, a capability that is not listed is neither said nor denied, null is not said.
 * The first list makes the offer: a row that only a further list has is not told.
 */
#pragma once
#include "buf.h"
#include "market.h"

void truth_write_model(struct buf *out, const struct shop *s, const struct model *m);
void truth_write(struct buf *out, const struct market *m, const struct shop *only /* or NULL */);
