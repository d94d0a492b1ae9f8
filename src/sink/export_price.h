/*
 * export_price: which of a model's prices a format is given, and how its amount is written.
 * Private to the sink's exports.
 */
#pragma once
#include "core/decimal.h"
#include "core/model.h"

/* A condition, taken apart. */
struct export_when {
	int64_t above;       /* more input tokens than that; EXPORT_ALWAYS: no threshold */
	bool inclusive;      /* ... or just as many */
	struct str ttl;      /* of a cache write, or absent */
	struct str service;  /* the tag asked for, or absent */
	bool discount;       /* for everybody, until the end that the provider states */
	bool hours, unknown; /* what no format but ours has a place for */
};
#define EXPORT_ALWAYS ((int64_t)-1)

struct export_when export_when(struct str condition);

/*
 * In USD per unit, "0" where it is free; absent: decided at call time, in another currency, or not valid at
 * that instant, as the provider states it.
 */
struct str export_amount(const struct price *p, int64_t at_ms);
/*
 * What a unit of that meter costs who asks for no service and no certain hour, with more than `above` input
 * tokens (EXPORT_ALWAYS: few).  A discount of today counts, and so does a cache write kept for five minutes where
 * no other is sold.  Absent as above, or unpublished.
 */
struct str export_plain_amount(const struct model *m, enum meter meter, int64_t above,
			       int64_t at_ms);

/* amount * 10^shift, exactly, as a JSON number; absent: there is no amount. */
struct str export_number(struct str amount, int shift, char to[DEC_TEXT_MAX]);
