#include "core/plausible.h"

#include "core/decimal.h"

static bool below(const struct dec *value, const char *bound)
{
	struct dec d;
	struct err e;

	return bound && dec_parse(str_of(bound), &d, &e) && dec_cmp(value, &d) < 0;
}

static bool above(const struct dec *value, const char *bound)
{
	struct dec d;
	struct err e;

	return bound && dec_parse(str_of(bound), &d, &e) && dec_cmp(value, &d) > 0;
}

struct str price_implausible(const struct price *p)
{
	const struct meter_info *m = &meters[p->meter];
	struct dec amount;
	struct err e;

	/* Bands are in dollars; nothing is known of other currencies. */
	if (p->state != PRICE_PRICED || !str_eq(p->currency, STR("USD")) ||
	    !dec_parse(p->amount, &amount, &e))
		return STR_NONE;
	if (below(&amount, m->low))
		return STR("below the band of its meter");
	if (above(&amount, m->high))
		return STR("above the band of its meter");
	return STR_NONE;
}
