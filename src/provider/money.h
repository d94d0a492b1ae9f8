/*
 * money: an amount as an object, {"currencyCode": "USD", "units": "1", "nanos": 400000000}.
 */
#pragma once
#include "base/json.h"
#include "core/decimal.h"

/*
 * *ret_currency is absent where the object does not say.  ERR_DATA for anything
 * that is not just that: a member besides, one that stands twice, neither units
 * nor nanos (which is nothing, not zero).
 */
bool money_read(yyjson_val *v, struct dec *ret, struct str *ret_currency, struct err *e);

/* Three capital letters. */
bool money_is_currency(struct str s);
