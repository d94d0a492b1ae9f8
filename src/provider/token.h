/*
 * token: what is published at a price's place → the number it says.  Used by
 * amount.c and price.c alone.
 */
#pragma once
#include "provider/row.h"

/* Is it of the field's type?  ERR_DATA with a sentence that names the place `at`. */
bool token_check(const struct price_field *f, struct str at, yyjson_val *v, struct err *e);

/*
 * The number as published, before scale and band, of a token of the field's type; JSON
 * numbers of a noisy field are rounded, strings never.  *ret_currency is absent but for
 * money that names one.  ERR_DATA: no number.
 */
bool token_number(const struct price_field *f, yyjson_val *v, struct dec *ret,
		  struct str *ret_currency, struct err *e);

/* Of a number that has no meaning of its own and is not 0: is it in its band?  Then by its scale. */
bool token_scale(const struct list *l, const struct price_field *f, yyjson_val **slots,
		 struct dec *value_io, struct err *e);

/* A number or numeric string beside a price, as it is.  ERR_DATA names the place `at`. */
bool token_plain(struct str at, yyjson_val *v, struct dec *ret, struct err *e);

/* As it is kept: digit for digit, money as JSON. */
struct str token_raw(yyjson_val *v, struct arena *a);

/* Nothing that has to be told of when no field reads it: 0 of anything. */
bool token_is_zero(yyjson_val *v);
