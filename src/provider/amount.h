/*
 * amount: one published token → an exact amount per meter unit, or the finding
 * that it is no price.  Used by price.c alone.
 */
#pragma once
#include "provider/row.h"

/* What a token turned out to mean. */
enum meaning { MEANS_NOTHING, MEANS_PRICE, MEANS_NUMBER /* yet to be priced */ };

/*
 * The token `v` of a field, of the field's type: *ret is MEANS_PRICE, and
 * state, amount, currency, token and validity of *p are filled in, or MEANS_NOTHING.  Tests and
 * factors are read in the row, wherever the token stands.
 */
bool amount_read(const struct list *l, const struct price_field *f, yyjson_val *v,
		 struct row_scratch *s, struct arena *a, struct price *p, enum meaning *ret,
		 struct err *e);
