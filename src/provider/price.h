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

/* Of a token neither absent nor null.  *ret_is_price is false where it says nothing. */
bool price_make(const struct list *l, const struct price_field *f, yyjson_val *v,
		struct str condition, struct row_scratch *s, struct arena *a, struct price *ret,
		bool *ret_is_price, struct err *e);
/* Of the first of a field's places that says something. */
bool price_first(const struct list *l, const struct price_field *f, yyjson_val **slots,
		 struct str condition, struct row_scratch *s, struct arena *a, struct price *ret,
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
bool price_read(const struct list *l, const struct price_field *fields, size_t n,
		const struct price_field *f, yyjson_val **slots, struct str condition,
		struct row_scratch *s, struct arena *a, struct err *e);
