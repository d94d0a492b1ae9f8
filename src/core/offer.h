/*
 * offer: what tokens cost at a provider, exactly, so that offers can be put in
 * order.  Pure functions over a model's prices.
 *
 * Of prices under conditions only thresholds of input tokens count, and only when
 * `tiers` is said: hours, service tags and times to live are the caller's choice.
 * A fee per request is no price of tokens and is left out.  What a request costs to the
 * last condition is core/bill.h's; which price applies is asked there.
 */
#pragma once
#include "base/arena.h"
#include "core/decimal.h"
#include "core/model.h"

struct offer_use {
	uint64_t input_tokens, output_tokens;
	bool tiers; /* of one request with so many input tokens */
};

#define OFFER_NOT_SAID   UINT64_MAX
#define OFFER_TOKENS_MAX INT64_C(1000000000000000)
/*
 * Of so many tokens, what is not said being 0; where neither is said, of a million of each, whose price is that
 * of no request.  False: both are 0, which costs nothing anywhere.
 */
bool offer_use_of(uint64_t input_tokens, uint64_t output_tokens, struct offer_use *ret);

/* From the best to compare to what cannot be compared. */
enum offer_state {
	OFFER_PRICED,   /* the whole use has a price */
	OFFER_IN_PART,  /* input or output has none published (an embedding has no output) */
	OFFER_DYNAMIC,  /* decided at call time */
	OFFER_UNPRICED, /* nothing published, or in two currencies */
};
extern const char *const offer_state_names[4];

struct offer_cost {
	enum offer_state state;
	struct dec amount;   /* of what has a price; 0 unless OFFER_PRICED or OFFER_IN_PART */
	struct str currency; /* "USD" when nothing says another */
};

struct offer_cost offer_cost(const struct model *m, const struct offer_use *use);

/* An amount per unit → per million units, exact, without trailing zeros; absent stays absent. */
struct str offer_per_million(struct str amount, struct arena *a);

/*
 * By state; then the free ones; then by currency (USD first, there is no rate
 * between them) and amount.
 */
int offer_cost_cmp(const struct offer_cost *a, const struct offer_cost *b);
