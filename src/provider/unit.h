/*
 * unit: the declared unit of a published price, and the exact step from it to
 * currency per one meter unit.
 *
 *	[AMOUNT ]CURRENCY per [QUANTITY ]NOUN
 *
 *	USD per token                 0.01 USD per token      (US cents)
 *	USD per 1M tokens             0.0001 USD per 1M tokens
 *	USD per minute                1e-10 USD per token
 *
 * CURRENCY is an ISO 4217 code; QUANTITY a decimal, with K or M for a thousand
 * or a million; NOUN the unit noun of the price's meter (core/meter.h), singular
 * or plural, or minute/hour where the meter counts seconds.  A unit is a fact
 * written down in a descriptor; nothing here ever looks at a magnitude.
 */
#pragma once
#include "core/decimal.h"
#include "core/meter.h"

struct unit {
	struct str text; /* as declared */
	struct str currency;
	struct dec num, den; /* amount per meter unit = published * num / den */
};

bool unit_parse(struct str text, enum meter meter, struct unit *ret, struct err *e);
