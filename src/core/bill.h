/*
 * bill: what one request costs by a model's prices, exactly, and why.  Pure
 * functions; who saw which price when is the caller's.
 *
 * The rules.  What a provider's list says of its prices is in the descriptors; how such
 * prices are charged is in no list.  Where no source stands, it is how vendors are
 * understood, and not verified:
 *
 *  - A threshold is a cliff: it asks for the input tokens of the whole request, read from
 *    a cache or not, and then prices every token of its meter.  [>N] is strict, [>=N] is
 *    not.  (Readers of Vercel's tiers: the bracket of the whole prompt sets the rate for the
 *    whole request, not progressively; one that charged progressively was wrong.)
 *  - A window holds when the instant of the request lies in it: half-open, in UTC
 *    (core/condition.h).  A tag or a time to live holds only when it was asked for, but
 *    [discount], which DeepInfra's list states for everybody, until a day.
 *  - A price whose stated validity leaves the instant out does not apply.
 *  - A price applies when all terms of its condition hold.  Of several the most special
 *    one does: that with more terms, then with the higher threshold.  If that does not tell
 *    them apart the first in the order of prices does, and the line names the other.  The price
 *    without a condition has no term: it applies where nothing else does.
 *  - A meter that no price applies to is charged as another one: tokens read from a cache
 *    and written to one as input, reasoning as output.  Not so where the price of a cache
 *    write only hangs on a time to live that nobody stated.
 *  - Anything else is unpublished, and the total says that it is one in part.
 *  - Each token counts once: input tokens are those that no other meter has.
 *
 * Nothing is rounded.  There is no rate between currencies.
 */
#pragma once
#include "base/arena.h"
#include "core/condition.h"
#include "core/decimal.h"
#include "core/model.h"

/* One request.  A count of 0 is no part of it; all of them together stay below 2^63. */
struct bill_use {
	uint64_t counts[METER_COUNT];
	int64_t at_ms;      /* CLOCK_NONE: at no certain time (core/condition.h) */
	struct str service; /* "batch", or absent */
	struct str ttl;     /* of cache writes, "5m", or absent */
};

/* Of a line; the total has the same but "free", and those below. */
enum bill_state {
	BILL_PRICED,
	BILL_FREE,        /* the provider says 0 */
	BILL_DYNAMIC,     /* decided at call time */
	BILL_UNPUBLISHED, /* no price that applies, and none to take instead */
	BILL_TOO_LARGE,   /* beyond what core/decimal.h holds */
	BILL_IN_PART,     /* total: of the lines that have an amount */
	BILL_MIXED,       /* total: amounts in two currencies, no sum */
};
extern const char *const bill_state_names[7];

struct bill_line {
	enum meter meter;
	uint64_t count;
	enum bill_state state;
	const struct price *price; /* that applies, NULL: none; of another meter: see above */
	const struct price *rival; /* applies with the same right, or NULL */
	bool needs_ttl;            /* unpublished for want of a time to live */
	struct dec amount;         /* count * price, 0 unless BILL_PRICED */
};

struct bill {
	struct bill_line lines[METER_COUNT]; /* in the order of meters */
	size_t n;
	struct condition_case request; /* what conditions were asked about */
	/*
	 * Without any amount: dynamic when a line is that, else too large, else unpublished.
	 * Free: nothing costs anything.
	 */
	enum bill_state state;
	struct dec amount;   /* 0 unless priced, free or in part */
	struct str currency; /* of the amount; absent where that is 0 */
};

/* Of the prices of a meter the one that applies, or NULL.  *ret_rival may be NULL itself. */
const struct price *bill_price(const struct price *prices, size_t n, enum meter meter,
			       const struct condition_case *request,
			       const struct price **ret_rival);

/* Prices in their order (core/model.h); the bill points into them. */
struct bill bill_of(const struct price *prices, size_t n, const struct bill_use *use);

/* In words which price a line takes, and why. */
struct str bill_why(const struct bill *b, const struct bill_line *line, const struct price *prices,
		    size_t n, struct arena *a);

/* Tokens that went in, whatever they are: what thresholds ask for. */
uint64_t bill_input_tokens(const struct bill_use *use);
