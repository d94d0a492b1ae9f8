/*
 * price: one field of a row's prices → a price, or the finding that there is none.
 * Used by row_prices.c alone.
 */
#pragma once
#include "provider/row.h"

/* Does something but null stand at a field's place?  `slots`: of the row, or of an entry. */
bool price_stands(const struct price_field *f, yyjson_val **slots);
/* ... or at one of those that are read where that says nothing? */
bool price_any_stands(const struct price_field *f, yyjson_val **slots);

/* Has this row such a price at all? */
bool price_applies(const struct list *l, const struct price_field *f, struct row_scratch *s,
		   bool *ret, struct err *e);

/* Where a price is read, and under which condition. */
struct pricing {
	const struct list *l;
	struct row_scratch *s;
	struct arena *a;
	yyjson_val **slots;   /* of the row, or of the entry in it that the fields' tokens are in */
	struct str condition; /* the field's own, and the entry's */
};

/* Of a token neither absent nor null.  *ret_is_price is false where it says nothing. */
bool price_make(const struct pricing *in, const struct price_field *f, yyjson_val *v,
		struct price *ret, bool *ret_is_price, struct err *e);
/* Of the first of a field's places that says something. */
bool price_first(const struct pricing *in, const struct price_field *f, struct price *ret,
		 bool *ret_is_price, struct err *e);

/*
 * Into s->prices.  Of entries later ones win (`replaces`); elsewhere two of one key
 * are ERR_DATA, for one of them must be wrong.
 */
bool price_put(struct row_scratch *s, const struct price *p, bool replaces, struct err *e);

/*
 * One of n `fields` that stand together, of which something is there: read and put,
 * or told where no field of this row's kind takes it.
 */
bool price_read(const struct pricing *in, const struct price_field *fields, size_t n,
		const struct price_field *f, struct err *e);
